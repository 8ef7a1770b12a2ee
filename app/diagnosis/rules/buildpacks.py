"""Cloud Native Buildpacks, Google's and Paketo's: detection, entry points, runtime versions, functions, launch."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.envelope import Kind
from app.diagnosis.places import anywhere, dependency, first, manifest, matching, whole_file
from app.diagnosis.rule import Find, Hit, Rank, Rule
from app.model import Blame, Place

_LANGUAGE_FILES = (
    "requirements.txt", "pyproject.toml", "package.json", "go.mod", "pom.xml", "build.gradle",
    "build.gradle.kts", "Gemfile",
    "composer.json", "project.clj", "pubspec.yaml",
)  # fmt: skip


def _detected(hit: Hit) -> Mapping[str, str] | None:
    """What the repository has that a buildpack would have liked at its root."""
    deeper = [p for p in hit.files.named(*_LANGUAGE_FILES) if "/" in p]
    top = [p for p in hit.files.named(*_LANGUAGE_FILES) if "/" not in p]
    python = [p for p in hit.files.paths if p.endswith(".py") and "/" not in p]
    if top:
        advice = (
            f"The root has {top[0]}: check that the build's --path (or dir:) is the folder with it, and "
            f"that it is committed"
        )
    elif deeper:
        folder = deeper[0].rpartition("/")[0]
        advice = (
            f"Build the folder {folder} ({deeper[0]} is there): --path {folder}, or dir: {folder} in "
            f"cloudbuild.yaml"
        )
    elif python:
        advice = "Add requirements.txt next to main.py: without it no Python buildpack takes part"
    elif any(p.endswith("Dockerfile") for p in hit.files.paths):
        advice = (
            "There is a Dockerfile: build with docker build (gcr.io/cloud-builders/docker) instead of pack"
        )
    else:
        advice = (
            "Add the manifest of your language (requirements.txt, package.json, go.mod, pom.xml …) at "
            "the root, or a Dockerfile"
        )
    return {"advice": advice, "seen": (top or deeper or python or [""])[0]}


def _seen(hit: Hit) -> Place | None:
    lines = anywhere(
        r"--path|gcr\.io/k8s-skaffold/pack|buildpacks/builder", "cloudbuild.yaml", "cloudbuild.yml"
    )(hit)
    return lines or (hit.files.place(hit["seen"], 1) if hit["seen"] else None)


_SETTINGS = ("project.toml", "cloudbuild.yaml", "cloudbuild.yml", "app.yaml", "servergem.yml", "Makefile")


def _setting(name: str) -> Find:
    return matching(name, *_SETTINGS)


def _version_language(hit: Hit) -> Mapping[str, str] | None:
    language = (hit["language"] or "").strip()
    if not language:
        head = hit.find_before(r"=== (\S+) - Runtime|google\.(\w+)\.runtime", 60)
        language = (head[1] or head[2] or "") if head else ""
    version = hit["version"].strip().rstrip(".").removesuffix(".*.*").removesuffix(".*")
    return {"language": language, "version": version}


_VERSION_PLACE = first(
    matching(
        r"{version}",
        ".python-version",
        "runtime.txt",
        ".ruby-version",
        ".nvmrc",
        ".node-version",
        "project.toml",
        "global.json",
    ),
    matching(r"\"node\"\s*:|\"php\"\s*:", "package.json", "composer.json"),
    matching(r"^go \d|requires-python|^ruby ", "go.mod", "pyproject.toml", "Gemfile"),
    _setting(r"GOOGLE_RUNTIME_VERSION"),
    whole_file(".python-version", "runtime.txt"),
)


def _function(hit: Hit) -> Mapping[str, str] | None:
    return {"name": hit["name"] or hit["name2"]}


def _functions_like(hit: Hit) -> Place | None:
    return first(
        anywhere(r"(?:def|func|function|class)\s+{name}\b|exports\.{name}\b|http\([\"']{name}", ".py", ".js",
        ".ts", ".go", ".java", ".rb", ".php"),
        whole_file("main.py", "index.js", "function.js", "function.go", "app.rb", "index.php"),
        manifest("node"),
    )(hit)  # fmt: skip


def _processes(hit: Hit) -> Mapping[str, str] | None:
    return {"found": hit["found"] or "none"}


def _several(hit: Hit) -> Mapping[str, str] | None:
    names = re.findall(r"[\w./-]+\.(?:cs|fs|vb)proj", hit["found"])
    return {"first": names[0] if names else "", "found": ", ".join(names) or hit["found"]}


def _python_entry(hit: Hit) -> Mapping[str, str] | None:
    near = [p for p in hit.files.paths if p.endswith(".py") and p.count("/") <= 2]
    apps = sorted(
        (
            p
            for p in near
            if re.search(r"=\s*(?:Flask|FastAPI|Starlette|Sanic|Bottle|Quart)\(", hit.files.text(p))
        ),
        key=lambda p: (p.count("/"), p),
    )
    if apps:
        module = apps[0].removesuffix(".py").replace("/", ".")
        fast = re.search(r"(?:FastAPI|Starlette|Quart)\(", hit.files.text(apps[0]))
        command = (
            f"uvicorn {module}:app --host 0.0.0.0 --port $PORT"
            if fast
            else f"gunicorn --bind :$PORT {module}:app"
        )
        return {
            "app": apps[0],
            "advice": f"Write a Procfile with web: {command} (the application is in {apps[0]})",
        }
    wsgi = next((p for p in sorted(hit.files.paths) if p.endswith("wsgi.py")), "")
    if wsgi:
        module = wsgi.removesuffix(".py").replace("/", ".")
        return {
            "app": wsgi,
            "advice": f"Write a Procfile with web: gunicorn --bind :$PORT {module}:application",
        }
    return {
        "app": sorted(near)[0] if near else "",
        "advice": "Write a Procfile with web: gunicorn --bind :$PORT MODULE:app, or name the file main.py",
    }


def _python_place(hit: Hit) -> Place | None:
    app = hit.files.place(hit["app"], hit.files.search(hit["app"], r"=\s*\w+\(") or 1) if hit["app"] else None
    return first(whole_file("Procfile"), lambda _: app, whole_file("requirements.txt", "pyproject.toml"))(hit)


RULES: tuple[Rule, ...] = (
    Rule(
        code="buildpacks-python-entrypoint",
        pattern=r"for Python, (?P<told>(?:an entrypoint must be manually set|provide a main\.py(?: or "
        r"app\.py)? file or set an entrypoint).*)",
        read=_python_entry,
        place=_python_place,
        rank=Rank.ROOT,
        title="The buildpack finds no entrypoint: no main.py, app.py or Procfile",
        message="for Python, {told} (GOOGLE_ENTRYPOINT or a Procfile): nothing at the root says how to start.",
        fix="{advice}.",
        link="https://cloud.google.com/docs/buildpacks/python#application_entrypoint",
    ),
    Rule(
        code="buildpacks-procfile-web",
        pattern=r"web process not found in Procfile(?:, found processes: (?P<found>.*))?",
        read=_processes,
        place=whole_file("Procfile"),
        rank=Rank.ROOT,
        title="The Procfile has no web process",
        message="web process not found in Procfile, found processes: {found}.",
        fix="Write a line web: COMMAND in the Procfile (the command listens on 0.0.0.0 and $PORT).",
    ),
    Rule(
        code="buildpacks-procfile-syntax",
        pattern=r"(?:could not parse|failed to parse|invalid) [Pp]rocfile",
        place=whole_file("Procfile"),
        rank=Rank.ROOT,
        title="The Procfile cannot be read",
        message="The buildpack could not parse the Procfile.",
        fix="Write one process a line: web: COMMAND.",
    ),
    Rule(
        code="buildpacks-no-entrypoint",
        pattern=r"(?i)(?:unable to infer entrypoint|no entrypoint (?:was )?(?:found|specified|could be)|could "
        r"not (?:find|determine) (?:an? |the )?entrypoint|"
        r"set the \"?GOOGLE_ENTRYPOINT\"? (?:env|environment))",
        place=first(
            whole_file("Procfile"),
            manifest("node"),
            whole_file("config.ru", "Gemfile", "composer.json", "index.php"),
        ),
        title="The buildpack finds no entrypoint",
        message="The buildpack could not infer an entrypoint: neither a Procfile nor GOOGLE_ENTRYPOINT says "
        "how to start.",
        fix="Write a Procfile with web: COMMAND at the root of what is built, or set GOOGLE_ENTRYPOINT.",
    ),
    Rule(
        code="buildpacks-runtime-version",
        pattern=r"invalid (?P<language>[\w.#+]*) ?version specified: (?:.*(?:matching|satisf\w+)[: "
        r"]+\[?\"?(?P<version>[^\s\]\"]+?)\"?\]?(?:[.,]? |\.?$)|"
        r"(?P<other>.+))",
        read=_version_language,
        place=_VERSION_PLACE,
        rank=Rank.ROOT,
        title="The builder has no {language} {version}",
        message="invalid {language} version specified: failed to resolve version matching: {version}{other}. "
        "This builder's system does not have it.",
        fix="Ask for a version that the builder has (GOOGLE_RUNTIME_VERSION, .python-version, engines in "
        "package.json, go.mod), or take another builder "
        "(gcr.io/buildpacks/builder:google-22, :latest).",
        link="https://cloud.google.com/docs/buildpacks/builders",
    ),
    Rule(
        code="buildpacks-runtime-missing",
        pattern=r"Runtime version (?P<version>\S+) does not exist at (?P<url>\S+)",
        place=_VERSION_PLACE,
        rank=Rank.ROOT,
        title="The runtime version {version} does not exist",
        message="Runtime version {version} does not exist at {url}. It is set with GOOGLE_RUNTIME_VERSION or "
        "in the language's own version file.",
        fix="Ask for a version that exists ({version} does not).",
    ),
    Rule(
        code="buildpacks-version-constraint",
        pattern=r"failed to satisfy \"(?P<name>[\w-]+)\" dependency(?: version constraint)? "
        r"\"(?P<version>[^\"]+)\": no compatible versions",
        place=first(
            matching(r"\"{name}\"\s*:", "package.json"),
            _VERSION_PLACE,
            matching(r"version|BP_", "project.toml", "buildpack.yml"),
        ),
        rank=Rank.ROOT,
        title="The builder has no {name} {version}",
        message='failed to satisfy "{name}" dependency version constraint "{version}": no compatible versions '
        "on this stack.",
        fix="Ask for a version of {name} that the message lists as supported (engines, BP_NODE_VERSION …), or "
        "take a newer builder.",
    ),
    Rule(
        code="buildpacks-java-version",
        pattern=r"no valid dependencies for (?P<name>\w+), (?P<version>[^,]+), and",
        place=first(
            _setting(r"BP_JVM_VERSION"),
            matching(
                r"java\.version|sourceCompatibility|<release>|languageVersion",
                "pom.xml",
                "build.gradle",
                "build.gradle.kts",
            ),
        ),
        rank=Rank.ROOT,
        title="The builder has no {name} {version}",
        message="Paketo: no valid dependencies for {name}, {version} on this stack.",
        fix="Set BP_JVM_VERSION to a version that the builder has, or take a newer builder.",
    ),
    Rule(
        code="buildpacks-function-source",
        pattern=r"missing main\.py and GOOGLE_FUNCTION_SOURCE not specified|GOOGLE_FUNCTION_SOURCE specified "
        r"file '?(?P<name>[\w./-]+)'? but it does not exist",
        place=first(_setting(r"GOOGLE_FUNCTION_SOURCE"), whole_file("requirements.txt")),
        rank=Rank.ROOT,
        title="The function's file main.py is not there",
        message="missing main.py and GOOGLE_FUNCTION_SOURCE not specified: the buildpack does not find the "
        "function's source {name}.",
        fix="Put the function into main.py at the root, or set GOOGLE_FUNCTION_SOURCE to the file that has it.",
    ),
    Rule(
        code="buildpacks-function-target",
        pattern=r"build succeeded but did not produce the class \"(?P<name>[^\"]+)\"|[Ff]unction "
        r"'(?P<name2>[\w.$-]+)' is not defined in the provided module",
        read=_function,
        place=_functions_like,
        rank=Rank.ROOT,
        title="The function {name} is not in the source",
        message="GOOGLE_FUNCTION_TARGET is {name}, but the source does not define it: Function '{name}' is "
        "not defined in the provided module.",
        fix="Define and export {name}, or deploy with --function / --entry-point set to the name that the "
        "source has.",
    ),
    Rule(
        code="buildpacks-function-file",
        pattern=r"^(?:Failure: \(ID: \w+\) "
        r")?(?P<name>(?:function|index)\.js|main\.go|go\.mod|app\.rb|index\.php) does not exist$",
        place=first(manifest("node"), whole_file("go.mod", "Gemfile", "composer.json")),
        rank=Rank.ROOT,
        title="The function's file {name} is not there",
        message="The buildpack looks for the function in {name}: {name} does not exist.",
        fix="Put the function into {name} at the root, or name its file in package.json under main "
        "(GOOGLE_FUNCTION_SOURCE).",
    ),
    Rule(
        code="buildpacks-go-module-path",
        pattern=r"the module path in the function's go\.mod must contain a dot in the first path element "
        r"before a slash.*found: (?P<name>\S+)",
        place=matching(r"^module\s", "go.mod"),
        rank=Rank.ROOT,
        title="The function's module path {name} has no dot",
        message="the module path in the function's go.mod must contain a dot in the first path element before "
        "a slash, found: {name}.",
        fix="Write module example.com/{name} in go.mod.",
    ),
    Rule(
        code="buildpacks-java-function",
        pattern=r"function has neither pom\.xml nor already-built jar file",
        place=whole_file("build.gradle", "build.gradle.kts", "settings.gradle"),
        rank=Rank.ROOT,
        title="The function has neither pom.xml nor a jar",
        message="function has neither pom.xml nor already-built jar file at the root of what is built.",
        fix="Deploy the folder that has pom.xml, or build the jar before.",
    ),
    Rule(
        code="buildpacks-java-jar",
        pattern=r"(?:did not find|no|unable to find|expected (?:one|a)) (?:any |an? |single )?(?:executable "
        r"|runnable )?(?:jars? files?|JAR|jar file).*(?:Main-Class|found|in )",
        place=first(
            matching(r"spring-boot-maven-plugin|maven-jar-plugin|<packaging>|<build>", "pom.xml"),
            matching(r"mainClass|application|jar\s*\{", "build.gradle", "build.gradle.kts"),
            whole_file("pom.xml", "build.gradle"),
        ),
        title="The build made no jar that can be started",
        message="The buildpack did not find any jar files with a Main-Class manifest entry.",
        fix="Add spring-boot-maven-plugin (or maven-jar-plugin with mainClass) to pom.xml, or set "
        "GOOGLE_BUILDABLE to the module to start.",
    ),
    Rule(
        code="buildpacks-dotnet-projects",
        pattern=r"multiple project files found: (?P<found>.*?),? please use "
        r"GOOGLE_BUILDABLE|(?:expected|found) (?P<other>multiple) \.NET project files",
        read=_several,
        place=first(_setting(r"GOOGLE_BUILDABLE"), lambda hit: hit.files.place(hit["first"], 1)),
        rank=Rank.ROOT,
        title="More than one project: GOOGLE_BUILDABLE is not set",
        message="multiple project files found: {found}; please use GOOGLE_BUILDABLE to specify which project "
        "to build.",
        fix="Set GOOGLE_BUILDABLE to the folder or project to start (for example {first}).",
    ),
    Rule(
        code="buildpacks-gemfile-lock",
        pattern=r"Could not find (?P<name>Gemfile\.lock|gems\.locked) file in your app",
        place=whole_file("Gemfile", "gems.rb"),
        rank=Rank.ROOT,
        title="{name} is not committed",
        message="Could not find {name} file in your app. Please make sure your bundle is up to date before "
        "deploying.",
        fix="Run bundle install and commit {name} (take it out of .gitignore and .gcloudignore).",
    ),
    Rule(
        code="buildpacks-next-version",
        pattern=r"unsupported version of next (?P<version>\S+)",
        place=dependency("node", "next"),
        read=lambda hit: {"next": "next"},
        rank=Rank.ROOT,
        title="next {version} is too old for this builder",
        message="unsupported version of next {version}.",
        fix="Raise next in package.json, run npm install and commit package-lock.json.",
    ),
    Rule(
        code="buildpacks-no-lockfile",
        pattern=r"No lock file found, please run npm install to generate one",
        place=manifest("node"),
        rank=Rank.ROOT,
        title="package-lock.json is not committed",
        message="No lock file found, please run npm install to generate one.",
        fix="Run npm install and commit package-lock.json.",
    ),
    Rule(
        code="buildpacks-package-manager",
        pattern=r"(?P<told>multiple lock files? found.*|more than one lock ?file.*|finding "
        r"(?P<tool>Yarn|pnpm|npm) version that matched \"(?P<version>[^\"]*)\".*)",
        place=first(matching(r"\"packageManager\"|\"engines\"", "package.json"), whole_file("package.json")),
        title="package.json asks for a package manager that is not there",
        message="{told}",
        fix="Keep one lock file, and write a version that exists under engines or packageManager in package.json.",
    ),
    Rule(
        code="buildpacks-no-start-script",
        pattern=r"(?i)no (?:\"?start\"? )script (?:in|found in|defined in) package\.json|package\.json does "
        r"not (?:contain|have) a \"?start\"? script|"
        r"expects? \"scripts\.start\"",
        place=first(matching(r"\"scripts\"", "package.json"), whole_file("package.json")),
        rank=Rank.ROOT,
        title="package.json has no start script",
        message="No start script in package.json: the buildpack does not know how to start.",
        fix='Write "start": "node server.js" under scripts in package.json, or a Procfile with web: node server.js.',
    ),
    Rule(
        code="buildpacks-no-go-main",
        pattern=r"Application directory doesn't contain (?P<name>main\.go|a main package)|"
        r"(?:Unable to find|no) (?:Go )?(?:main )?package main|could not find any buildable Go package|no "
        r"buildable Go (?:package|source files) in (?P<path>\S+)",
        place=first(_setting(r"GOOGLE_BUILDABLE"), anywhere(r"^func main\(", ".go"), whole_file("go.mod")),
        title="The root has no Go package main",
        message="The buildpack builds the root: Application directory doesn't contain main.go (package main).",
        fix="Set GOOGLE_BUILDABLE to the folder with func main (for example ./cmd/server).",
    ),
    Rule(
        code="buildpacks-buildable",
        pattern=r"GOOGLE_BUILDABLE[^\n]*?(?:points to|specifies|set "
        r"to)[^\n]*?(?P<name>[\w./-]+)[^\n]*?(?:does not exist|not found|nonexistent)",
        place=_setting(r"GOOGLE_BUILDABLE"),
        title="GOOGLE_BUILDABLE names what is not there",
        message="GOOGLE_BUILDABLE points to {name}, which does not exist.",
        fix="Set GOOGLE_BUILDABLE to the folder that has the program.",
    ),
    Rule(
        code="buildpacks-launch-process",
        only=frozenset({Kind.STEP, Kind.CONTAINER}),
        pattern=r"failed to launch: (?P<error>determine start command: when there is no default process a "
        r"command is required|path lookup: .*|direct exec: .*|bash exec: .*)",
        place=first(
            whole_file("Procfile"),
            _setting(r"GOOGLE_ENTRYPOINT|entrypoint:"),
            manifest("node"),
            whole_file("requirements.txt", "go.mod", "pom.xml"),
        ),
        rank=Rank.ROOT,
        title="The image has no process to start",
        message="The buildpack's launcher: failed to launch: {error}.",
        fix="Write a Procfile with web: COMMAND at the root, or correct the command that it names.",
    ),
    Rule(
        code="buildpacks-no-match",
        pattern=r"No buildpack groups passed detection|failed to detect: no buildpacks participating|unable "
        r"to detect (?:a|any) buildpack|"
        r"No default language could be detected",
        read=_detected,
        place=_seen,
        title="No buildpack suits this source",
        message="ERROR: No buildpack groups passed detection. The folder that was built has nothing that a "
        "buildpack knows.",
        fix="{advice}.",
        link="https://cloud.google.com/docs/buildpacks/overview",
    ),
    Rule(
        code="buildpacks-builder-image",
        pattern=r"(?:failed to (?:fetch builder image|get builder)|invalid builder) '(?P<name>[^'\s]+)'|"
        r"failed to fetch builder image (?P<name2>[^'\s]+[^'\s:])",
        read=lambda hit: {"name": hit["name"] or hit["name2"]},
        place=first(
            anywhere(r"{name}", "cloudbuild.yaml", "cloudbuild.yml", "project.toml", ".sh", "Makefile"),
            _setting(r"builder"),
        ),
        title="The builder {name} cannot be used",
        message="pack: failed to fetch builder image '{name}'.",
        fix="Write a builder that exists: gcr.io/buildpacks/builder:latest.",
    ),
    Rule(
        code="buildpacks-stack-mixins",
        pattern=r"validating stack mixins: (?P<error>.*)|buildpack (?P<name>\S+) does not support stack "
        r"(?P<stack>\S+)",
        place=_setting(r"pack|builder"),
        blame=Blame.UNKNOWN,
        title="This pack does not suit the builder",
        message="{error} buildpack {name} does not support stack {stack}: the pack in use is older than the "
        "builder.",
        fix="Take a newer pack (gcr.io/k8s-skaffold/pack), or a builder of the same age.",
    ),
    Rule(
        code="buildpacks-failed",
        pattern=r"failed to build: (?:executing lifecycle: failed with status code: (?P<status>\d+)|exit "
        r"status (?P<exit>\d+))|"
        r"^(?:Failure: \(ID: \w+\) ?|failed to build: \(error ID: \w+\):)(?P<told>.*)$",
        read=lambda hit: {
            "told": hit["told"] or next((line.strip() for line in hit.after(3) if line.strip(" -")), "")
        },
        place=first(whole_file(*_LANGUAGE_FILES)),
        rank=Rank.SYMPTOM,
        title="The buildpack could not build the source: {told}",
        message="ERROR: failed to build: {told} (status {status}{exit}).",
        fix="Correct what the lines above say: the last command that the buildpack ran failed.",
    ),
)
