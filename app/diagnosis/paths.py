"""From a path that a container or a build machine printed to the repository's own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.diagnosis.files import Files
from app.diagnosis.instructions import failing_dockerfile, workdir
from app.diagnosis.rule import Hit
from app.dockerfile import Dockerfile, Instruction, joined
from app.source.build_context import context_of, glob

# Where images and buildpacks usually put a repository.
ROOTS = (
    "/workspace/",
    "/app/",
    "/usr/src/app/",
    "/src/",
    "/code/",
    "/srv/",
    "/opt/app/",
    "/home/node/app/",
    "/layers/",
)

NOT_THE_REPOSITORY = re.compile(
    r"(?:^|/)(?:site-packages|dist-packages|node_modules|\.venv|venv|\.cargo/registry|rustlib|pkg/mod|usr/local/go|"
    r"usr/lib|usr/include|vendor/bundle|gems/[\w.-]+-\d)(?:/|$)|^<|^node:|^internal/|^/root/\.|^/usr/local/lib/|^/tmp/"
)


def repository_path(files: Files, path: str, hit: Hit | None = None) -> str:
    """The repository's path of a file that a container or a build machine named; empty when it is none of ours."""
    path = path.strip().strip("\"'`").removeprefix("file://").replace("\\", "/")
    path = re.sub(r"^(?:webpack|rollup|vite)://[^/]*/", "", path)
    if not path or len(path) > 1000 or NOT_THE_REPOSITORY.search(path):
        return ""
    bare = path.removeprefix("./")
    if hit is not None and (mapped := _through_dockerfile(files, path, hit)):
        return mapped
    if bare in files.paths and not _in_a_subdirectory(files, hit):
        return bare
    return _by_ending(files, bare, _service_directory(files, hit))


def _through_dockerfile(files: Files, path: str, hit: Hit) -> str:
    """Follow COPY backwards: which file of the build context came to stand at `path`?"""
    found = failing_dockerfile(hit)
    if found is None:
        return ""
    where, parsed = found
    context = context_of(files, where, parsed)
    directory = workdir(hit)
    absolute = joined(directory, path)
    best, best_length = "", -1
    for copy in parsed.of("COPY", "ADD"):
        if "from" in copy.flags or copy.heredoc:
            continue
        for source, target, is_folder in copies(files, parsed, copy, context):
            candidate = ""
            if is_folder and (absolute + "/").startswith(target.rstrip("/") + "/"):
                candidate = f"{source}/{absolute[len(target.rstrip('/')) + 1 :]}"
            elif not is_folder and absolute == target:
                candidate = source
            candidate = joined("/", candidate)[1:] if candidate else ""
            if candidate in files.paths and len(target) > best_length:
                best, best_length = candidate, len(target)
    return best


def copies(
    files: Files, parsed: Dockerfile, copy: Instruction, context: str
) -> Iterator[tuple[str, str, bool]]:
    """(repository path, container path, whether it is a folder) for each source of a COPY."""
    *sources, destination = copy.arguments or ("",)
    target = joined(parsed.workdir_at(copy), destination)
    for source in sources:
        clean = joined("/", source)[1:]
        inside = f"{context}/{clean}".strip("/")
        if any(character in source for character in "*?["):
            pattern = glob(inside)
            for path in files.paths:
                if pattern is not None and pattern.fullmatch(path):
                    yield path, f"{target.rstrip('/')}/{path.rpartition('/')[2]}", False
        elif inside in files.paths:
            whole = f"{target.rstrip('/')}/{inside.rpartition('/')[2]}"
            yield inside, whole if destination.endswith(("/", ".")) or len(sources) > 1 else target, False
        else:
            yield inside, target, True


def _in_a_subdirectory(files: Files, hit: Hit | None) -> bool:
    return bool(_service_directory(files, hit))


def _service_directory(files: Files, hit: Hit | None) -> str:
    """The folder that this log's service lives in; empty for the root, or when that cannot be told."""
    if hit is None or (found := failing_dockerfile(hit)) is None:
        return ""
    return context_of(files, *found)


def _by_ending(files: Files, path: str, near: str) -> str:
    """The one path of the repository that ends as `path` does, as long an ending as possible, `near` first."""
    for root in ROOTS:
        if path.startswith(root):
            path = path[len(root) :]
            break
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    if not parts:
        return ""
    last = parts[-1]
    candidates = [each for each in files.paths if each.rpartition("/")[2] == last]
    if not candidates:
        return ""

    def score(candidate: str) -> tuple[int, bool, int, str]:
        own = candidate.split("/")
        same = 0
        while same < min(len(own), len(parts)) and own[-1 - same] == parts[-1 - same]:
            same += 1
        return (-same, not (near and candidate.startswith(near + "/")), len(own), candidate)

    best = min(candidates, key=score)
    # A bare common name (index.js) of some library's deep path is not ours.
    same = -score(best)[0]
    return (
        best
        if same == len(parts) or same >= 2 or same == len(best.split("/")) or len(candidates) == 1
        else ""
    )


def nearest_first(hit: Hit, paths: tuple[str, ...]) -> tuple[str, ...]:
    """The files of the service that this log is about before the others."""
    near = _service_directory(hit.files, hit)
    return tuple(sorted(paths, key=lambda p: not p.startswith(near + "/"))) if near else paths
