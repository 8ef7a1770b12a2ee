"""What the rows of angular.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.javascript.image import install_without_dev
from app.diagnosis.javascript.packages import dependency_place, list_place, package, package_name
from app.diagnosis.left_out import left_out
from app.diagnosis.places import anywhere, first, matching, whole_file
from app.diagnosis.rule import Hit
from app.diagnosis.rules.javascript.reading_monorepo import placed
from app.model import Place


def workspace(hit: Hit) -> Mapping[str, str]:
    """Whether angular.json is somewhere else, or did not come into the image."""
    known = next(iter(hit.files.named("angular.json")), "")
    lost = left_out(hit, known) if known else None
    if lost:
        return {"advice": lost.advice, "in": lost.place.path, "at": str(lost.place.line)}
    folder = known.rpartition("/")[0]
    if folder:
        return {"advice": f"Run it in {folder}, where angular.json is (WORKDIR, or cd {folder})"}
    return {
        "advice": "COPY angular.json (and tsconfig.json) beside package.json before this line"
        if known
        else "Commit angular.json, without which there is no Angular project"
    }


def workspace_place(hit: Hit) -> Place | None:
    at = hit.files.place(hit["in"], int(hit["at"])) if hit["at"] else None
    return at or failing_instruction(hit)


def builder(hit: Hit) -> Mapping[str, str]:
    """The package that has the builder, and why the image has it not."""
    name = package_name(hit["name"].partition(":")[0])
    group = package(hit).group_of(name)
    if group == "devDependencies" and install_without_dev(hit):
        advice = f"Install development dependencies for the build: {name} is one of them (npm ci without --omit=dev, no NODE_ENV=production before it)"
    elif group:
        advice = f"Run npm ci in this stage before the build, and keep node_modules in .dockerignore: package.json asks for {name}"
    else:
        advice = f"Run npm install --save-dev {name} (of the major version of @angular/core) and commit the lock file"
    return {"package": name, "advice": advice, "without": "yes" if "development" in advice else ""}


def builder_place(hit: Hit) -> Place | None:
    if hit["without"]:
        return install_without_dev(hit)
    asked = dependency_place(hit, hit["package"])
    return (failing_instruction(hit) if asked else list_place(hit)) or asked


def versions(hit: Hit) -> Mapping[str, str]:
    found = hit.find_after(r"but Angular version (\d+)\S* was found", 3)
    return {"found": found[1] if found else "another major"}


def node_of(hit: Hit) -> Mapping[str, str]:
    """The Node that the line above names."""
    above = hit.find_before(r"Node\.js version v(\d+\.\d+)\S* detected", 3)
    numbers = [int(each) for each in re.findall(r"v(\d+)\.", hit["want"])]
    return {"have": above[1] if above else "of this image", "image": f"node:{max(numbers, default=22)}"}


# Angular gives an address without a host this one while it renders on the server.
_RENDERED_AT = re.compile(r"^https?://(?:ng-)?localhost(?::\d+)?(?=/)")


def routes_asked(hit: Hit) -> Mapping[str, str] | None:
    """The address of the program itself that it asked while its routes were rendered, as its code writes it."""
    found = hit.find_after(r"(?P<said>Http failure response for (?P<url>\S+): .+)", 6)
    if found is None or not _RENDERED_AT.match(found["url"]):
        return None
    return {"said": found["said"].strip(), "url": _RENDERED_AT.sub("", found["url"])}


asked_place = first(
    anywhere(r"[\"'`]{url}(?:[\"'`?/]|\$\{)", ".ts"),
    matching(
        r"provideAppInitializer|APP_INITIALIZER", "app.config.ts", "app.config.server.ts", "app.module.ts"
    ),
    failing_instruction,
)

bootstrap_place = first(matching(r"bootstrapApplication\(", "main.server.ts"), whole_file("main.server.ts"))

prerendered_place = first(
    matching(r"RenderMode\.Prerender|getPrerenderParams", "app.routes.server.ts"),
    whole_file("app.routes.server.ts"),
    anywhere(r"path:\s*['\"]{route}['\"]", ".ts"),
    failing_instruction,
)


# What a template uses and its component does not import: an element, a pipe; and how the class declares it.
_DECLARED_AS = {
    "NG8001": r"selector:\s*[\"'`][^\"'`]*\b{name}\b",
    "NG8004": r"name:\s*[\"'`]{name}[\"'`]",
}


def of_template(hit: Hit) -> Mapping[str, str] | None:
    """An error in a template, with the class that has to be imported for what it uses."""
    words = placed(hit)
    if words is None:
        return None
    name = (re.search(r"['\"]([\w-]+)['\"]", hit["said"]) or ["", ""])[1]
    usual = f"Correct line {words['line']} of {words['path']}: import the component or module there that declares what it uses."
    said = words["said"].removesuffix(":")
    return {**words, "said": said, "fix": _imported(hit, name) or usual}


def _imported(hit: Hit, name: str) -> str:
    code = hit["code"].replace("-99", "").replace("-", "")
    if code not in _DECLARED_AS or not name:
        return ""
    user = hit.find_after(r"in the template of component (\w+)", 14)
    where = f"imports of {user[1]}'s @Component" if user else "imports of the component's @Component"
    place = anywhere(_DECLARED_AS[code].format(name=re.escape(name)), ".ts")(hit)
    if place is None:
        return (
            f"Nothing in this repository declares {name}: correct the name, or add the class of the package that "
            f"has it to {where} (to imports of its NgModule, where the component is not standalone)."
        )
    lines = hit.files.lines(place.path)[place.line - 1 : place.line + 30]
    made = next((found[1] for line in lines if (found := re.search(r"\bclass (\w+)", line))), "its class")
    return (
        f"Add {made} ({place.path}) to {where}; where that component is not standalone, declare both in one NgModule, "
        "or import the one that exports it."
    )
