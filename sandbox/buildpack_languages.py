"""Go, Java, Ruby and PHP as Google's buildpacks build them, where this machine has the toolchain."""

from __future__ import annotations

import json
from pathlib import Path

from sandbox import machine
from sandbox.buildpack_room import OTHER_VERSION, Language, Launch, Room
from sandbox.work import Beyond, StepFailed

NO_RUBY_ENTRY = (
    'for Ruby, an entrypoint must be manually set, either with "GOOGLE_ENTRYPOINT" env var or by creating a '
    '"Procfile" file'
)
# https://github.com/GoogleCloudPlatform/buildpacks/blob/main/cmd/ruby/bundle/main.go
NO_GEMS_LOCKED = (
    "Could not find Gemfile.lock file in your app. "
    "Please make sure your bundle is up to date before deploying."
)


def _run(room: Room, language: str, words: list[str], env: dict[str, str] | None = None) -> None:
    """A toolchain's command; what fails only for the toolchain's age is not the repository's fault."""
    heard: list[str] = []
    try:
        room.run(words, env or {}, heard=heard)
    except StepFailed:
        if any(OTHER_VERSION.search(line) for line in heard):
            raise Beyond(
                f"the sandbox's {language} is not the version that this asks for; Cloud Build has it"
            ) from None
        raise


def _go(room: Room) -> Launch:
    """cmd/go/build: the one main package, else the root's, as /layers/bin/main."""
    (room.files / "layers/bin").mkdir(parents=True)
    main = room.env.get("GOOGLE_BUILDABLE") or _main_package(room.app)
    out = str(room.files / "layers/bin/main")
    _run(room, "Go", ["go", "build", "-o", out, main], {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local"})
    return Launch(("/layers/bin/main",))


def _main_package(app: Path) -> str:
    folders = {
        file.parent
        for file in app.rglob("*.go")
        if not file.name.endswith("_test.go")
        and "vendor" not in file.parts
        and any(
            line.split("//")[0].strip() == "package main"
            for line in file.read_text(errors="replace").splitlines()
        )
    }
    if len(folders) != 1:
        return "."
    inside = folders.pop().relative_to(app).as_posix()
    return "." if inside == "." else f"./{inside}"


def _java(room: Room) -> Launch:
    """cmd/java/maven and gradle, then `java -jar` of the one executable jar."""
    app = room.app
    if (app / "pom.xml").exists():
        tool = "./mvnw" if (app / "mvnw").exists() and not machine.tool("mvn") else "mvn"
        if tool == "mvn" and not machine.tool("mvn"):
            raise Beyond("the sandbox cannot build a pom.xml without Maven; Cloud Build can")
        _run(
            room,
            "Java",
            [tool, "clean", "package", "--batch-mode", "-DskipTests", "-Dhttp.keepAlive=false", "--quiet"],
        )
        found = sorted(app.glob("target/*.jar")) + sorted(app.glob("*/target/*.jar"))
    elif (app / "build.gradle").exists() or (app / "build.gradle.kts").exists():
        tool = "gradle" if machine.tool("gradle") else "./gradlew" if (app / "gradlew").exists() else ""
        if not tool:
            raise Beyond("the sandbox cannot build a build.gradle without Gradle; Cloud Build can")
        _run(room, "Java", [tool, "clean", "assemble", "-x", "test", "--build-cache", "--no-daemon"])
        found = sorted(app.glob("build/libs/*.jar"))
    else:
        found = sorted(app.glob("*.jar"))
    jars = [jar for jar in found if not jar.name.endswith(("-plain.jar", "-sources.jar", "-javadoc.jar"))]
    if not jars:
        return Launch(
            missing="finding executable jar: did not find any jar files with a Main-Class manifest entry"
        )
    return Launch(("java", "-jar", f"/workspace/{jars[0].relative_to(app).as_posix()}"))


def _ruby(room: Room) -> Launch:
    if (room.app / "Gemfile").exists():
        if not machine.tool("bundle"):
            raise Beyond("the sandbox cannot build a Gemfile without Bundler; Cloud Build can")
        if not (room.app / "Gemfile.lock").exists():
            room.say(NO_GEMS_LOCKED)
            room.fail()
        where = {"BUNDLE_PATH": str(room.files / "layers/bundle"), "BUNDLE_WITHOUT": "development:test"}
        _run(room, "Ruby", ["bundle", "install"], where)
    return Launch(
        (),
        {"BUNDLE_PATH": "/layers/bundle", "RAILS_ENV": "production", "RACK_ENV": "production"},
        NO_RUBY_ENTRY,
    )


def _php(room: Room) -> Launch:
    """Google serves with nginx and php-fpm; here PHP's own server does, with the same front controller."""
    if (room.app / "composer.json").exists() and json.loads((room.app / "composer.json").read_text()).get(
        "require"
    ):
        if not machine.tool("composer"):
            raise Beyond("the sandbox cannot build a composer.json without Composer; Cloud Build can")
        _run(room, "PHP", ["composer", "install", "--no-dev", "--no-progress", "--no-interaction"])
    root = room.env.get("GOOGLE_PHP_DOCUMENT_ROOT") or (
        "public" if (room.app / "public/index.php").exists() else "."
    )
    return Launch(("/bin/sh", "-c", f"exec php -S 0.0.0.0:$PORT -t {root}"))


def _has_go(app: Path) -> bool:
    return (app / "go.mod").exists() or any(app.glob("*.go"))


def _has_java(app: Path) -> bool:
    return any((app / name).exists() for name in ("pom.xml", "build.gradle", "build.gradle.kts")) or any(
        app.glob("*.jar")
    )


def _has_ruby(app: Path) -> bool:
    return (app / "Gemfile").exists() or any(app.glob("*.rb"))


def _has_php(app: Path) -> bool:
    return (app / "composer.json").exists() or any(app.glob("*.php"))


GO = Language("go", "Go", _has_go, _go, "go", "a Go toolchain")
JAVA = Language("java", "Java", _has_java, _java, "java", "a Java runtime")
RUBY = Language("ruby", "Ruby", _has_ruby, _ruby, "ruby", "Ruby")
PHP = Language("php", "PHP", _has_php, _php, "php", "PHP")
