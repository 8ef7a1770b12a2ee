"""A .python-version that Google's Python buildpack cannot read: it takes the whole file for one version. Pure.

https://github.com/GoogleCloudPlatform/buildpacks/blob/main/pkg/python/python.go, `versionFromFile`
"""

from __future__ import annotations

from collections.abc import Iterator

from app.diagnosis.files import Files
from app.model import Finding, Place, Weight
from app.source.text import is_utf16
from app.text.titles import fitting

LINK = "https://cloud.google.com/docs/buildpacks/python#specifying_the_python_version"


def python_version(files: Files, inside: str, weight: Weight) -> Iterator[Finding]:
    """Silent where project.toml may name the version: then the file is not looked at."""
    path = inside + ".python-version"
    if not files.was_read(path) or "GOOGLE_" in files.text(inside + "project.toml"):
        return
    text = files.text(path)
    said = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if is_utf16(text) or (len(said) == 1 and not said[0][1].lstrip().startswith("#")):
        return
    number, why = _flaw(said)
    yield Finding(
        code="python-version-file",
        weight=weight,
        title=fitting(f"{path} {why}"),
        message="Google's Python buildpack takes the whole file for one version, comments and further lines too, and "
        "ends the build.",
        fix=f"Leave one line in {path}, the version alone, such as 3.13; or set GOOGLE_PYTHON_VERSION in project.toml.",
        place=Place(path, number),
        link=LINK,
    )


def _flaw(said: list[tuple[int, str]]) -> tuple[int, str]:
    remark = next((number for number, line in said if line.lstrip().startswith("#")), 0)
    if remark:
        return remark, "has a comment, which is read as a part of the version"
    return (said[1][0], "names more than one version") if said else (1, "names no version")
