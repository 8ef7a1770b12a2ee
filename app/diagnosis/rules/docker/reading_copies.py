"""A COPY whose source is not there: what keeps it out, what was meant, and the line to change."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from app.diagnosis.instructions import failing_dockerfile, failing_instruction
from app.diagnosis.left_out import hidden_by
from app.diagnosis.rule import Hit
from app.diagnosis.rules.docker.reading_outputs import not_standalone, written
from app.diagnosis.unversioned import unversioned
from app.dockerfile import Instruction
from app.model import Place

BUILT = frozenset(
    {"dist", "build", "target", "out", ".next", ".output", "node_modules", "_site", "standalone"}
)

# The lock file of each package manager, and what writes it.
LOCKS = {
    "package-lock.json": "npm install", "npm-shrinkwrap.json": "npm shrinkwrap", "yarn.lock": "yarn install", "pnpm-lock.yaml": "pnpm install",
    "bun.lock": "bun install", "bun.lockb": "bun install", "deno.lock": "deno install", "poetry.lock": "poetry lock", "uv.lock": "uv lock",
    "Pipfile.lock": "pipenv lock", "pdm.lock": "pdm lock", "Gemfile.lock": "bundle install", "composer.lock": "composer update", "Cargo.lock": "cargo build",
    "go.sum": "go mod tidy", "mix.lock": "mix deps.get", "pubspec.lock": "dart pub get",
}  # fmt: skip


def source(hit: Hit) -> Mapping[str, str] | None:
    """What a COPY asks for, why it is not there, and what to do."""
    name = next((hit[k] for k in ("name", "name2", "name3", "name4") if hit[k]), "").strip("\"'")
    if not name or name.endswith(("Dockerfile", ".dockerignore")):
        return None
    bare = name.strip("/")
    head = f"{name} is not there to be copied"
    if (comment := _commented(hit, bare)) is not None:
        words = comment.value.partition(" #")[2].strip()
        return {
            "name": name, "bare": bare, "head": f"Docker takes the comment behind {comment.keyword} for files",
            "fix": f"Write the comment (# {words}) on a line of its own above {comment.keyword}: only a line that begins with # is one.",
        }  # fmt: skip
    return {
        "name": name,
        "bare": bare,
        "head": head,
        "fix": _outer_reason(hit, name, bare) or _missing(hit, bare),
    }


def _commented(hit: Hit, bare: str) -> Instruction | None:
    """The COPY with words behind a #, of which this is one."""
    if (found := failing_dockerfile(hit)) is None:
        return None
    return next(
        (e for e in found[1].of("COPY", "ADD") if bare in ("#", *e.value.partition(" #")[2].split())), None
    )


def _outer_reason(hit: Hit, name: str, bare: str) -> str:
    """What to do where the path is out of reach, hidden, or an earlier stage's; empty where it is none of these."""
    if outside := _outside(hit):
        return f"{outside} lies outside of the build context, where COPY cannot reach: build from the folder above (docker build -f {_own_path(hit)} .) and write the paths from there."
    if lacking := hidden_by(hit, bare):
        return f"{lacking.advice}."
    if image := _image_of_copy(hit, name):
        own = next((path for part, path in _IN_IMAGES.items() if part in image), "")
        return f"{image} is an image, and it has no {name}: " + (
            f"write COPY --from={image} {own}."
            if own and own != name
            else f"name a path that it has (docker run --rm --entrypoint ls {image} -l / shows them)."
        )
    if _stage_copy(hit, name):
        return f"Copy a path that the earlier stage really makes, instead of {name}{written(hit)}."
    if ignored := _ignored(hit, bare):
        return f"Take {bare} out of {ignored}, or do not copy it."
    return ""


def _missing(hit: Hit, bare: str) -> str:
    """What to do about a file that the context has not got."""
    last = bare.rpartition("/")[2]
    if last in BUILT and not bare.startswith("src/"):
        return f"{bare} is what a build makes, and git does not bring it: build it in this Dockerfile (RUN npm run build or your tool's command in an earlier stage, then COPY --from=STAGE)."
    if (near := _near(hit, bare)) and near != bare:
        return f"Write {near} instead of {bare}."
    if bare in hit.files.paths or bare in hit.files.folders:
        return f"The repository has {bare}, and the build is given another folder: end docker build with the one that the path is written from (dockerfile: and path: in servergem.yml), or correct the COPY."
    if unknown := unversioned(hit, bare):
        return f"{unknown.advice}."
    if last in LOCKS:
        return f"The repository has no {bare}: run {LOCKS[last]} and commit it (git may ignore it), or take it out of the COPY and install without a lock file."
    return f"Add {bare} to the repository (git may ignore it), or correct the COPY."


def _near(hit: Hit, bare: str) -> str:
    """The path that is meant: the only file of that name, or one whose name is another spelling of it."""
    last = bare.rpartition("/")[2]
    if len(same := hit.files.named(last)) == 1:
        return same[0]
    near = hit.files.nearest(bare)
    alike = difflib.SequenceMatcher(None, last.lower(), near.rpartition("/")[2].lower()).ratio()
    return near if last not in LOCKS and alike > 0.75 else ""


def _ignored(hit: Hit, bare: str) -> str:
    """The .dockerignore that has just this pattern."""
    patterns = (bare, "/" + bare, bare.split("/")[0], "**")
    for path in hit.files.named(".dockerignore"):
        if any(line.strip().rstrip("/") in patterns for line in hit.files.lines(path) if line.strip()):
            return path
    return ""


def _outside(hit: Hit) -> str:
    """The source of the failing COPY that climbs out of the context; empty where none does."""
    words = (hit.section.instruction or hit.transcript.failed_instruction).split()[1:-1]
    return next((word for word in words if word.startswith("../")), "")


def _own_path(hit: Hit) -> str:
    found = failing_dockerfile(hit)
    return found[0] if found else "Dockerfile"


def _stage_copy(hit: Hit, name: str) -> bool:
    found = failing_dockerfile(hit)
    return (
        bool(found)
        and any("from" in each.flags and name in each.value for each in found[1].of("COPY", "ADD"))
        if found
        else False
    )


# Where images that are only copied from have what is wanted of them.
_IN_IMAGES = {"composer": "/usr/bin/composer", "astral-sh/uv": "/uv", "busybox": "/bin/busybox"}


def _image_of_copy(hit: Hit, name: str) -> str:
    """The image that the COPY of this path takes from; empty where it is a stage's, or the context's."""
    if (found := failing_dockerfile(hit)) is None:
        return ""
    stages = {stage.name.lower() for stage in found[1].stages}
    named = (each.flags.get("from", "") for each in found[1].of("COPY") if name in each.arguments[:-1])
    return next(
        (n for n in named if n and not n.isdecimal() and "$" not in n and n.lower() not in stages), ""
    )


def copy_line(hit: Hit) -> Place | None:
    """The COPY that asks for it, or the line elsewhere that keeps it away."""
    found = failing_dockerfile(hit)
    if found is None:
        return None
    path, parsed = found
    if hit["name"].endswith(".next/standalone") and (place := not_standalone(hit)):
        return place
    if comment := _commented(hit, hit["bare"]):
        return hit.files.place(path, comment.line, comment.end)
    if lacking := hidden_by(hit, hit["bare"]):
        return lacking.place
    bare = hit["bare"].rstrip("/")
    same = [
        each
        for each in parsed.of("COPY", "ADD")
        if any(s.strip("./").rstrip("/") == bare.strip("./") for s in each.arguments[:-1])
    ]
    same = same or [each for each in parsed.of("COPY", "ADD") if bare in each.value]
    if len(same) == 1 or (same and not failing_instruction(hit)):
        return hit.files.place(path, same[0].line, same[0].end)
    return failing_instruction(hit)
