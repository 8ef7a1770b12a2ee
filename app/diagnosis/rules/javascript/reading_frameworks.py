"""Nest, native binaries, options and other runtimes: what a Node framework means."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import base_image, final_image
from app.diagnosis.javascript.image import command_place, install_without_dev, ran_place
from app.diagnosis.javascript.packages import dependency_place, list_place, package
from app.diagnosis.javascript.paths import spot
from app.diagnosis.javascript.stacks import after, bare, before
from app.diagnosis.places import anywhere, matching
from app.diagnosis.rule import Hit
from app.model import Place


def nest(hit: Hit) -> Mapping[str, str] | None:
    missing = (
        hit["dependency"]
        or (re.search(r"argument (?:\"?(\w+)\"?|at) ", hit.line) or ["", ""])[1]
        or "a dependency"
    )
    return {"dependency": missing, "said": re.sub(r"^.*?(?=Nest can't)", "", hit.line).strip()}


def nest_place(hit: Hit) -> Place | None:
    """The providers (else the imports) of the module that lacks it, or the class that asks for it."""
    module = hit["module"] or hit["name"].replace("Service", "Module").replace("Controller", "Module")
    declared = anywhere(rf"export class {re.escape(module)}\b", ".ts")(hit) if module else None
    if declared is None:
        return anywhere(r"export class {name}\b", ".ts")(hit)
    for list_of in ("providers", "imports"):
        line = hit.files.search(declared.path, rf"^\s*(?:@Module\(\{{\s*)?{list_of}\s*:")
        if line and line < declared.line:
            return hit.files.place(declared.path, line)
    return declared


def ossl(hit: Hit) -> Place | None:
    for name in (
        "react-scripts",
        "webpack",
        "@vue/cli-service",
        "next",
        "nuxt",
        "gatsby",
        "@angular-devkit/build-angular",
    ):
        if place := dependency_place(hit, name):
            return place
    return base_image(hit)


def production(hit: Hit) -> Mapping[str, str] | None:
    tool = (
        "next"
        if ".next" in hit.line or "next" in hit.line
        else "nuxt"
        if "nuxt" in hit.line.lower()
        else "the"
    )
    return {"tool": tool, "said": re.sub(r"^.*?Error: ", "", bare(hit.line)).strip()}


def native_binary(hit: Hit) -> Mapping[str, str] | None:
    if re.search(r"\blib(?:ssl|crypto)\.so", hit.line):
        return None  # OpenSSL is a package of the system
    text = "\n".join((hit.line, *after(hit, 12), *before(hit, 6)))
    named = re.search(
        r"node_modules/(?:\.pnpm/[^/]+/node_modules/)?((?:@[\w.-]+/)?[\w.-]+)", text
    ) or re.search(r"the \"(\w[\w-]*)\" module", text)
    name = (
        named[1]
        if named
        else ("sharp" if "sharp" in text else "esbuild" if "esbuild" in text else "a native package")
    )
    owner = (
        name
        if package(hit).group_of(name)
        else next(
            (
                each
                for each in (name.split("/")[0].lstrip("@"), "sharp", "esbuild", "prisma")
                if package(hit).group_of(each)
            ),
            name,
        )
    )
    return {"name": owner, "said": bare(hit.line).strip()}


def optional_native(hit: Hit) -> Mapping[str, str]:
    """Which package looks for its native part: the one whose file threw, or that the module's name begins with."""
    text = "\n".join((*after(hit, 6), *before(hit, 4)))
    named = re.search(r"node_modules/((?:@[\w.-]+/)?[\w-]+)/", text)
    name = (
        "rollup" if "@rollup/" in hit.line else hit["wanted"] or (named[1] if named else "a native package")
    )
    return {"name": name, "said": bare(hit.line).strip().removeprefix("Error: ")[:160]}


def native_place(hit: Hit) -> Place | None:
    ignored = any(
        "node_modules" in line for path in hit.files.named(".dockerignore") for line in hit.files.lines(path)
    )
    if (
        re.search(r"invalid ELF|another platform|wrong ELF|for another platform", hit.line)
        and not ignored
        and (copy := command_copy(hit))
    ):
        return copy
    if "GLIBC" in hit.line and (image := final_image(hit)):
        return image  # the stage that runs has an older libc than the one that built
    return dependency_place(hit, hit["name"]) or base_image(hit) or list_place(hit)


def command_copy(hit: Hit) -> Place | None:
    """`COPY . .`, which brings the machine's own node_modules along."""
    return matching(r"^\s*(?:COPY|ADD)\s+(?:--\S+\s+)*\./?\s", "Dockerfile")(hit)


def option(hit: Hit) -> Place | None:
    return (
        matching(r"{name}", "package.json", "Dockerfile", ".npmrc", "cloudbuild.yaml", "Procfile")(hit)
        or command_place(hit, hit["name"])
        or ran_place(hit)
    )


def extension(hit: Hit) -> Place | None:
    base = re.escape(hit["path"].rpartition("/")[2])
    return (
        matching(rf'"[\w:-]+"\s*:\s*"[^"]*{base}', "package.json")(hit)
        or matching(rf"^\s*(?:CMD|ENTRYPOINT|RUN).*{base}", "Dockerfile")(hit)
        or ran_place(hit)
    )


def without_dev(hit: Hit) -> Place | None:
    return install_without_dev(hit) or dependency_place(hit, hit["name"]) or ran_place(hit)


def bun(hit: Hit) -> Mapping[str, str] | None:
    for line in after(hit, 12):
        if found := re.search(r"at (?:\w[\w. ]* \()?(/[\w@./-]+\.\w+):(\d+)(?::\d+)?\)?$", line):
            place = spot(hit, found[1], found[2])
            if place:
                return {"file": place.path, "at": str(place.line), "path": found[1], "line": found[2]}
    return None


def is_javascript(hit: Hit) -> bool:
    """Whether what printed this is JavaScript, as far as the repository tells."""
    return bool(hit.files.named("package.json")) and not hit.files.named(
        "manage.py", "pom.xml", "go.mod", "Gemfile"
    )


def prisma(hit: Hit) -> Mapping[str, str] | None:
    if "Unable to require" in hit.line and hit.find_after(r"lib(?:ssl|crypto)\.so", 6):
        return None  # generated, and without OpenSSL: prisma-openssl's case
    target = hit["target"]
    name = next(
        (each for each in ("@prisma/client", "prisma") if package(hit).group_of(each)), "@prisma/client"
    )
    said = re.sub(r"^.*?Error: ", "", bare(hit.line)).strip()
    if target:
        return {
            "said": said,
            "engine": "missing",
            "name": name,
            "what": f"The Prisma client has no engine for {target}",
            "fix": f'Write binaryTargets = ["native", "{target}"] in the generator block of schema.prisma, and run prisma generate.',
        }
    return {
        "said": said,
        "target": "prisma generate did not run",
        "name": name,
        "what": "prisma generate did not run in this image",
        "fix": 'RUN npx prisma generate after COPY of prisma/ (or "postinstall": "prisma generate"), in the stage whose node_modules the container has.',
    }
