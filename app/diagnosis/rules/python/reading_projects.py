"""What the rows of projects.py read in the repository: which COPY leaves a file out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from app.diagnosis.instructions import failing_dockerfile, failing_instruction, find_instruction
from app.diagnosis.rule import Hit
from app.model import Place


def _beside(hit: Hit) -> str:
    """The path of tool.uv.sources that leads out of the repository, where it is this one."""
    last = hit["path"].rstrip("/").rpartition("/")[2]
    for manifest in hit.files.named("pyproject.toml"):
        told = re.search(
            rf"path\s*=\s*[\"'](?P<path>\.\./[^\"']*{re.escape(last)})/?[\"']", hit.files.text(manifest)
        )
        if told and told["path"].count("../") > manifest.count("/"):
            return told["path"]
    return ""


def source_or_copy(hit: Hit) -> Place | None:
    """The line of pyproject.toml that leads out of the repository; else the COPY that leaves the folder out."""
    outside = _beside(hit)
    for path in hit.files.named("pyproject.toml") if outside else ():
        if line := hit.files.search(path, re.escape(outside)):
            return hit.files.place(path, line)
    return copy_before(hit)


def copied_later(hit: Hit) -> Mapping[str, str]:
    """The path as the repository has it, and what to do about it."""
    if outside := _beside(hit):
        return {
            "path": outside,
            "advice": f"{outside} lies outside of what is built: take a published version or a git address of it (tool.uv.sources), or begin the build's context at the folder that holds both",
        }
    path = hit["path"].lstrip("/")
    tails = [path.split("/", cut)[-1] for cut in range(path.count("/") + 1)]
    known = next((t for t in tails if any(p == t or p.startswith(f"{t}/") for p in hit.files.paths)), "")
    advice = (
        f"COPY {known} into the image before this instruction, and see that .dockerignore does not leave it out"
        if known
        else f"Commit {tails[-1]}, or take it out of pyproject.toml"
    )
    return {"path": known or tails[-1], "advice": advice}


def broken_toml(hit: Hit) -> Mapping[str, str] | None:
    """The file, which the line above names, and what its parser said, which stands below the pointer."""
    named = hit.find_before(r"[`'\" ](?P<path>[\w./-]*(?:\.toml|uv\.lock|Cargo\.lock))\b", 4)
    if named is None:
        return None
    said = [line.strip() for line in hit.after(8) if line.strip() and not re.match(r"^\s*(?:\d+ )?\|", line)]
    return {"path": named["path"], "said": said[0] if said else "see the line below"}


def copy_before(hit: Hit) -> Place | None:
    """The last COPY before the failing instruction, in its stage: that one leaves the file out."""
    found = failing_dockerfile(hit)
    if found is None:
        return None
    path, parsed = found
    ran = find_instruction(
        parsed, hit.section.instruction or hit.transcript.failed_instruction, hit.section.stage
    )
    copies = [
        each
        for each in parsed.of("COPY", "ADD")
        if ran and each.stage == ran.stage and each.line < ran.line and "from" not in each.flags
    ]
    return hit.files.place(path, copies[-1].line, copies[-1].end) if copies else failing_instruction(hit)


def version_from_git(hit: Hit) -> Mapping[str, str] | None:
    """The project of this repository, not a package that is built in a folder of pip's own."""
    return None if re.search(r"/(?:tmp|site-packages|pip-|cache)", hit["path"]) else {}


def python_range(hit: Hit) -> Mapping[str, str] | None:
    """What poetry prints below, once for each version that it tried: the last one is the newest."""
    below = "\n".join(hit.after(400))
    asked = re.findall(r"- (\S+) requires Python (\S.*?), so it will not be", below)
    if not asked:
        return None
    name, wanted = asked[-1]
    narrower = re.findall(rf'For {re.escape(name)}, .*`python` property to "([^"]+)"', below)
    return {"name": name, "wanted": wanted, "narrower": narrower[-1] if narrower else wanted}


def unnumbered_path(hit: Hit) -> Mapping[str, str]:
    """The folder of `-e ./libs/common`, as the repository has it."""
    path = (hit["path"] or hit["path2"]).removeprefix("./")
    words = copied_later(replace(hit, words={"path": path}))
    return {**words, "advice": words["advice"].replace("pyproject.toml", "the requirements file")}
