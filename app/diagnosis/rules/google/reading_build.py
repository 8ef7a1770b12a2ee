"""What the rows of build.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.paths import repository_path
from app.diagnosis.rule import Hit
from app.model import Place

IMAGES_NOT_BUILT = (
    r"failed to find one or more images after execution of build steps: \[?\"?(?P<image>[^\]]+)|"
    r"PUSH_IMAGE_NOT_FOUND|An image does not exist locally with the tag: (?P<image2>\S+)"
)


def refused_push(hit: Hit) -> Mapping[str, str] | None:
    """Nothing to add, where there was an image to push at all: no retry brings one that no step made."""
    return None if any(re.search(IMAGES_NOT_BUILT, line) for line in hit.elsewhere()) else {}


def images(hit: Hit) -> Mapping[str, str]:
    return {"image": (hit["image"] or hit["image2"]).split('"')[0]}


def config_words(hit: Hit) -> Mapping[str, str]:
    said = hit["said"] or hit["said2"]
    return {"said": said, "told": "there is no such field" if said == "unused" else said}


def named_key(hit: Hit) -> Place | None:
    """The line with the key that Cloud Build does not know."""
    key = re.split(r"[.\[\]]+", hit["where"])[-1]
    path = repository_path(hit.files, hit["path"], hit)
    line = hit.files.search(path, rf"^[\s-]*{re.escape(key)}\s*:") if path and key else 0
    return hit.files.place(path, line or 1) if path else None


def ended(hit: Hit) -> Mapping[str, str] | None:
    """A bare status is Cloud Build's own only as the log's last word, or before its own ERROR."""
    if not hit.line.isupper():
        return {}
    following = next((line for line in hit.after(3) if line.strip()), "ERROR")
    return {} if following.startswith("ERROR") else None


def substitution(written: str, unmatched: str) -> Mapping[str, str]:
    name = written or unmatched
    if written and not written.startswith("_"):
        return {
            "name": name,
            "advice": f"Name it _{name} in cloudbuild.yaml, in the trigger and where it is used: a substitution of your own begins with an underscore.",
        }
    return {
        "name": name,
        "advice": f"Use ${{{name}}} in a step, take it out of the substitutions, or write $${name} where the shell is to read it (options: substitutionOption: ALLOW_LOOSE lets unused ones pass).",
    }


def pushed_to(hit: Hit) -> Mapping[str, str]:
    """The registry that was pushed to, as this line or docker above it says."""
    above = hit.find_before(r"push refers to (?:a )?repository \[(?P<host>[\w.-]+)/", 60)
    return {"host": hit["host"] or (above["host"] if above else "gcr.io")}
