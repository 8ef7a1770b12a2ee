"""An advice as the repository can take it: in the words of its package manager, for its base image, for its files.

A rule knows its message and gives the advice of the usual repository. What this one shows otherwise is put right here,
once for all rules: tests/test_advice.py holds each of these for every sample.
"""

from __future__ import annotations

import re

from app.diagnosis.alpine import in_apk
from app.diagnosis.followed import followed
from app.diagnosis.foreign import not_ours, not_there
from app.diagnosis.instructions import stage_image
from app.diagnosis.javascript.managers import LOCK_FILES, in_words_of, manager
from app.diagnosis.rule import Hit
from app.diagnosis.transcript import Kind

# Official images that stand for a language, and what has it.
_LANGUAGES = {
    "golang": "Go",
    "rust": "Rust",
    "node": "Node",
    "python": "Python",
    "ruby": "Ruby",
    "php": "PHP",
}
_NAMED = re.compile(rf"\b(?P<image>{'|'.join(_LANGUAGES)}):(?P<version>\d[\d.]*) or newer in FROM")
# An advice whose object no line named: an order without what is to be done.
_HOLE = re.compile(
    r"^(?:Correct|Add|Install|Raise|Commit|COPY|Remove|Set|Start)\s*[.,;:](?:\s|$)|\b(?:of|version of|line)  "
)
# What a build asks for is not given to it by what the service is told, which is made from it later.
_FOR_THE_SERVICE = re.compile(
    r"^Set (?P<name>[A-Z][A-Z0-9]*_[A-Z0-9_]+) (?:for|on) the service(?: \(env[^)]*\))?(?=[,;.])"
)
_FOR_THE_BUILD = (
    r"Give the build \g<name>: ARG \g<name> and ENV \g<name>=$\g<name> above this line, "
    r"or a placeholder for this RUN alone (RUN \g<name>=… command)"
)
# A dependency that changes its group changes the lock file too, and a frozen install refuses the old one.
_MOVED = re.compile(r"\b[Mm]ove \S+ (?:from devDependencies )?to dependencies\b")
_NPM = re.compile(r"\bnp[mx] |package-lock\.json")


def fitted(hit: Hit, fix: str) -> str:
    """What to type, for this repository."""
    fix = followed(hit, not_ours(hit, not_there(fix)))
    if _HOLE.search(fix):
        return "Correct what that line names; what was printed around it stands below."
    if hit.section.kind is Kind.INSTRUCTION and not hit.transcript.started:
        fix = _FOR_THE_SERVICE.sub(_FOR_THE_BUILD, fix)
    if _MOVED.search(fix) and "lock file" not in fix and hit.files.named(*LOCK_FILES):
        fix = f"{fix} Moving one changes the lock file: commit it anew, since a frozen install refuses the old one."
    if _NPM.search(fix):
        fix = in_words_of(manager(hit), fix)
    if "apt-get" in fix and "alpine" in stage_image(hit):
        fix = in_apk(fix)
    return _NAMED.sub(lambda found: _of_base(hit, found), fix)


def _of_base(hit: Hit, found: re.Match[str]) -> str:
    """The language's own image, where the stage begins with it or nobody knows; else what it begins with, newer."""
    image = stage_image(hit)
    bare = image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    if not bare or "$" in image or bare == found["image"]:
        return found[0]
    language = f"{_LANGUAGES[found['image']]} {found['version']}"
    return f"a release of {image} with {language} or newer in FROM (or build in {found['image']}:{found['version']})"
