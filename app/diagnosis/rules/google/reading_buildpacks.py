"""What the rows of buildpacks.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.dependencies import manifest
from app.diagnosis.named import named_in
from app.diagnosis.places import anywhere, first, matching, whole_file
from app.diagnosis.rule import Find, Hit
from app.diagnosis.telling import most_telling
from app.model import Place
from app.source.services_below import services_below
from app.source.services_to_write import instead_of_the_root
from app.start_command import start_command
from app.start_command.installed import also_needed

LANGUAGE_FILES = (
    "requirements.txt", "pyproject.toml", "package.json", "go.mod", "pom.xml", "build.gradle",
    "build.gradle.kts", "Gemfile",
    "composer.json", "project.clj", "pubspec.yaml",
)  # fmt: skip


def detected(hit: Hit) -> Mapping[str, str] | None:
    """What the repository has that a buildpack would have liked at its root."""
    deeper = [p for p in hit.files.named(*LANGUAGE_FILES) if "/" in p]
    top = [p for p in hit.files.named(*LANGUAGE_FILES) if "/" not in p]
    python = [p for p in hit.files.paths if p.endswith(".py") and "/" not in p]
    if top:
        advice = (
            f"The root has {top[0]}: check that the build's --path (or dir:) is the folder with it, and "
            f"that it is committed"
        )
    elif (below := services_below(hit.files)) and not hit.files.named("cloudbuild.yaml", "cloudbuild.yml"):
        advice = instead_of_the_root(hit.files, below)
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


def seen(hit: Hit) -> Place | None:
    lines = anywhere(
        r"--path|gcr\.io/k8s-skaffold/pack|buildpacks/builder", "cloudbuild.yaml", "cloudbuild.yml"
    )(hit)
    return lines or (hit.files.place(hit["seen"], 1) if hit["seen"] else None)


_SETTINGS = ("project.toml", "cloudbuild.yaml", "cloudbuild.yml", "app.yaml", "servergem.yml", "Makefile")


def setting(name: str) -> Find:
    return matching(name, *_SETTINGS)


def version_language(hit: Hit) -> Mapping[str, str] | None:
    language = (hit["language"] or "").strip()
    if not language:
        head = hit.find_before(r"=== (\S+) - Runtime|google\.(\w+)\.runtime", 60)
        language = (head[1] or head[2] or "") if head else ""
    version = (hit["version"] or hit["version2"]).strip().rstrip(".").removesuffix(".*.*").removesuffix(".*")
    return {"language": language, "version": version}


def said_file(hit: Hit) -> Place | None:
    """What the words name, or the language's own file where the log speaks of it: any other line would be invented."""
    spoken = [name for name in LANGUAGE_FILES if any(name in line for line in hit.elsewhere())]
    return named_in(hit, hit["told"]) or whole_file(*spoken)(hit)


def failure(hit: Hit) -> Mapping[str, str]:
    """What the buildpack itself said, on this line or before it; else what its command said, else what is below."""
    said = (re.match(r"Failure: \(ID: \w+\) ?(\S.*)", line) for line in hit.elsewhere())
    own = next((match[1] for match in said if match), "")
    own = own or _between_dashes(hit)
    below = next((line.strip() for line in hit.after(3) if line.strip(" -")), "")
    status = hit["status"] or hit["exit"]
    ended = f" (status {status})" if status else ""
    step, advice = _PHASES.get(hit["status"][:1] if len(hit["status"]) == 2 else "", _BUILDING)
    return {
        "told": hit["told"].strip() or own or told_most(hit) or below,
        "ended": ended,
        "step": step,
        "advice": advice,
    }


_BUILDING = (
    "The buildpack could not build the source",
    "Correct what the lines above say: the last command that the buildpack ran failed.",
)
# The tens of the lifecycle's status say in which phase it ended: https://github.com/buildpacks/spec/blob/main/platform.md
_PHASES = {
    "2": ("No buildpack takes the source", "Add the file by which a buildpack knows the language (package.json, requirements.txt, go.mod, pom.xml) where the build begins, or a Dockerfile."),
    "3": ("The buildpacks could not look at the last image", "Run it again; if it stays, give the build's account access to the registry that the lines above name."),
    "4": ("The buildpacks could not restore their cache", "Run it again without the cache; the source is not at fault."),
    "6": ("The buildpacks could not save the image", "The source was built. Run it again; if it stays, give the build's account access to the registry that the lines above name."),
}  # fmt: skip


def function(hit: Hit) -> Mapping[str, str] | None:
    return {"name": hit["name"] or hit["name2"]}


def functions_like(hit: Hit) -> Place | None:
    return first(
        anywhere(r"(?:def|func|function|class)\s+{name}\b|exports\.{name}\b|http\([\"']{name}", ".py", ".js",
        ".ts", ".go", ".java", ".rb", ".php"),
        whole_file("main.py", "index.js", "function.js", "function.go", "app.rb", "index.php"),
        manifest("node"),
    )(hit)  # fmt: skip


def processes(hit: Hit) -> Mapping[str, str] | None:
    return {"found": hit["found"] or "none"}


def several(hit: Hit) -> Mapping[str, str] | None:
    names = re.findall(r"[\w./-]+\.(?:cs|fs|vb)proj", hit["found"])
    return {"first": names[0] if names else "", "found": ", ".join(names) or hit["found"]}


def python_entry(hit: Hit) -> Mapping[str, str] | None:
    if below := services_below(hit.files):
        return {"app": "", "advice": instead_of_the_root(hit.files, below)}
    if start := start_command(hit.files):
        where = f" ({start.origin})" if start.place else ""
        path = start.place.path if start.place else ""
        added = also_needed(hit.files, "", start)
        return {"app": path, "advice": f"Write a Procfile with the line {start.procfile}{where}{added}"}
    near = sorted(p for p in hit.files.paths if p.endswith(".py") and p.count("/") <= 2)
    return {
        "app": near[0] if near else "",
        "advice": "Write a Procfile with web: gunicorn --bind :$PORT MODULE:app, or name the file main.py",
    }


def ruby_entry(hit: Hit) -> Mapping[str, str] | None:
    start = start_command(hit.files)
    bundled = any(path in hit.files.paths for path in ("Gemfile", "gems.rb"))
    line = start.procfile if start else "web: bundle exec COMMAND"
    gems = "" if bundled else ", and a Gemfile that names the gems: nothing is installed without one"
    return {"advice": f"Write a Procfile with the line {line}{gems}"}


def ruby_place(hit: Hit) -> Place | None:
    near = sorted(path for path in hit.files.paths if path.endswith(".rb") and "/" not in path)
    return hit.files.place(near[0], 1) if near else None


def python_place(hit: Hit) -> Place | None:
    app = hit.files.place(hit["app"], hit.files.search(hit["app"], r"=\s*\w+\(") or 1) if hit["app"] else None
    return first(whole_file("Procfile"), lambda _: app, whole_file("requirements.txt", "pyproject.toml"))(hit)


_OF_THE_BUILDER = re.compile(r"^(?:===|Running \"|Done \"|ERROR: failed to build|Timer:|-+$)")


def _between_dashes(hit: Hit) -> str:
    """Google's buildpacks frame the reason of a failure with dashes, before they say that they are sorry."""
    before = hit.before(30)
    sorry = next((n for n, line in enumerate(before) if line.startswith("Sorry your project")), -1)
    framed = [line.strip() for line in before[sorry + 1 : sorry + 12] if line.strip()] if sorry >= 0 else []
    if not framed or framed[0].strip("-"):
        return ""
    told: list[str] = []
    for line in framed[1:]:
        if not line.strip("-"):
            return told[-1] if told else ""
        if not line.startswith("failed to build:"):
            told.append(line)
    return ""


def absent_runtime(hit: Hit) -> Mapping[str, str]:
    """The language in its own words, with the version where the log tells it."""
    name = {"canonicaljdk": "Java", "openjdk": "Java", "nodejs": "Node", "aspnetcore": ".NET"}.get(
        hit["runtime"], hit["runtime"].capitalize()
    )
    wanted = hit.find_before(
        r"[Uu]sing (?:requested )?runtime (?:feature )?version:? \[?(?P<want>[\d.]+\d)", 20
    )
    return {"language": f"{name} {wanted['want']}" if wanted else name}


def told_most(hit: Hit) -> str:
    """The line that tells most of what the last command of the buildpack printed."""
    spoken = [
        line.strip() for line in hit.before(80)[::-1] if line.strip() and not _OF_THE_BUILDER.match(line)
    ]
    return spoken[most_telling(spoken)] if spoken else ""


def function_source(hit: Hit) -> Mapping[str, str]:
    """The file that has the function, where one of the repository's has it."""
    file = _of_functions(hit)
    return {"to": f"={file}" if file else " to the file that has it"}


def function_place(hit: Hit) -> Place | None:
    return hit.files.place(file, 1) if (file := _of_functions(hit)) else None


def _of_functions(hit: Hit) -> str:
    python = (path for path in sorted(hit.files.paths, key=len) if path.endswith(".py"))
    return next((path for path in python if hit.files.search(path, r"@functions_framework\.")), "")
