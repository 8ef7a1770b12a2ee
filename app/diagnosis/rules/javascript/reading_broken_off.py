"""What the rows of broken_off.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import base_image, failing_dockerfile, failing_instruction, find_instruction
from app.diagnosis.javascript.packages import dependency_place, list_place, packages
from app.diagnosis.javascript.paths import source_of
from app.diagnosis.javascript.stacks import after, before
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Hit
from app.dockerfile import joined
from app.model import Place


def killed(hit: Hit) -> Mapping[str, str]:
    told = next(
        (line.strip() for line in before(hit, 16) if re.match(r"\W*\w*Error: ", line)), "A command failed"
    )
    return {"told": re.sub(r"^\W*\w*Error: ", "", told)[:160]}


def requiring(hit: Hit) -> Mapping[str, str]:
    said = hit.find_after(r"^Node\.js v(\d+\.\d+)", 40)
    place, found = base_image(hit), failing_dockerfile(hit)
    written = (
        re.search(r"node:(\d+[.\d]*)", hit.files.lines(found[0])[place.line - 1]) if place and found else None
    )
    return {"have": said[1] if said else written[1] if written else "of this image"}


def library_place(hit: Hit) -> Place | None:
    return dependency_place(hit, hit["name"]) or base_image(hit) or list_place(hit)


def standalone(hit: Hit) -> Mapping[str, str] | None:
    """Only for the server that Next writes: server.js asked for it, and the configuration has output: standalone."""
    asked = any(re.search(r"^- /\S*server\.js$", line.strip()) for line in after(hit, 4))
    return {} if asked and _configured(hit) else None


def _configured(hit: Hit) -> Place | None:
    return matching(r"standalone", "next.config.js", "next.config.mjs", "next.config.ts")(hit)


def standalone_place(hit: Hit) -> Place | None:
    return first(matching(r"^\s*COPY.*standalone", "Dockerfile"), _configured)(hit)


def source_package(hit: Hit) -> Mapping[str, str] | None:
    """The workspace's package of that name; None for a package of the registry."""
    own = next((each for each in packages(hit) if each.name == hit["name"]), None)
    return {"path": own.path} if own else None


def source_package_place(hit: Hit) -> Place | None:
    path, inside = hit["path"], re.escape(hit["inside"])
    line = hit.files.search(path, inside) or hit.files.search(path, r'"(?:exports|main|module)"\s*:')
    return hit.files.place(path, line or 1)


def not_compiled(hit: Hit) -> Mapping[str, str] | None:
    """A file that the source has, with the very name that the built file asks for."""
    asking = next((line.strip()[2:] for line in after(hit, 3) if re.match(r"\s*- /", line)), "")
    built = re.search(r"/(dist|build|out|lib)/", asking)
    source = source_of(hit, asking) if built else ""
    if not built or not source:
        return None
    bare = joined("/", f"{source.rpartition('/')[0]}/{hit['name']}")[1:].removesuffix(".js")
    file = next((path for end in (".ts", ".tsx", "/index.ts") if (path := bare + end) in hit.files.paths), "")
    if not file:
        return None
    stale = next((p for p in sorted(hit.files.paths) if p.endswith(".tsbuildinfo")), "")
    advice = (
        f"Take {stale} out of git and write *.tsbuildinfo into .dockerignore: with it tsc believes that the file was built before"
        if stale
        else f"See that include, files and rootDir of tsconfig.json reach {file}, that nothing deletes {built[1]} after the build, and write *.tsbuildinfo into .dockerignore (an incremental build skips what it believes built)"
    )
    return {"file": file, "built": built[1], "stale": stale, "advice": advice}


def not_compiled_place(hit: Hit) -> Place | None:
    return first(
        matching(r'"(?:incremental|composite|tsBuildInfoFile)"', "tsconfig.json", "tsconfig.build.json"),
        whole_file("tsconfig.build.json", "tsconfig.json"),
        failing_instruction,
    )(hit)


def denied(hit: Hit) -> Mapping[str, str]:
    """Whose folder it is: another user's home, or one that root made before USER."""
    path = hit["path"]
    if path.startswith("/root/"):
        return {
            "why": "the build looks into the home of root, where this user may not go: WORKDIR is another user's home, or HOME is root's",
            "advice": "Build in a folder of its own (WORKDIR /app) instead of a home folder such as /home/node, and set HOME where USER is not root",
            "in": "", "at": "",
        }  # fmt: skip
    found = failing_dockerfile(hit)
    ran = find_instruction(found[1], hit.section.instruction, hit.section.stage) if found else None
    users = (
        [u for u in found[1].of("USER") if ran and u.stage == ran.stage and u.line < ran.line]
        if found
        else []
    )
    user = users[-1].value.strip() if users else ""
    return {
        "why": f"USER {user} does not own the folder, which WORKDIR or COPY made for root" if user else "the folder belongs to another user than the one that builds",
        "advice": f"Write RUN chown -R {user} on the WORKDIR above USER {user}, with COPY --chown={user}; or build as root and write USER after the build"
        if user
        else "Write COPY --chown and RUN chown for the user that builds, or build as root",
        "in": found[0] if users and found else "", "at": str(users[-1].line) if users else "",
    }  # fmt: skip
