"""What the rows of haskell.py read in other lines."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import base_image, failing_instruction
from app.diagnosis.places import anywhere, first, matching, whole_file
from app.diagnosis.rule import Hit
from app.diagnosis.rules.machine.reading_native import PACKAGES
from app.model import Place


def wanted(hit: Hit) -> Mapping[str, str]:
    """The dependency that the snapshot has not, or not in this version, and what stack itself recommends."""
    offered = hit.find_after(rf"^\s+- ({re.escape(hit['name'])}-[\d.]+(?:@\S+)?)", 40)
    line = f"- {offered[1]}" if offered else f"- {hit['name']}-VERSION"
    return {"line": line.partition("@")[0]}


wanted_place = first(
    anywhere(r"^\s*(?:-\s*|build-depends:.*|,\s*){name}\b", ".cabal", "package.yaml"),
    matching(r"^(?:resolver|snapshot|extra-deps)\s*:", "stack.yaml"),
    whole_file("stack.yaml"),
)


def compiler(hit: Hit) -> Mapping[str, str]:
    want = hit["want"] or hit["want2"]
    return {"want": want, "have": hit["have"] or "none", "image": f"haskell:{'.'.join(want.split('.')[:2])}"}


def compiler_place(hit: Hit) -> Place | None:
    return base_image(hit) or matching(r"^(?:resolver|snapshot)\s*:", "stack.yaml")(hit)


def library(hit: Hit) -> Mapping[str, str]:
    """The libraries, and the Debian packages with their headers."""
    names = re.findall(r"[\w+-]+", hit["names"])
    packages = [PACKAGES.get(name.lower(), f"lib{name}-dev") for name in names]
    who = re.match(r"([\w-]+?)\s*>", hit.line)
    return {
        "package": " ".join(packages),
        "names": ", ".join(names),
        "who": who[1] if who else "A dependency",
    }


def built(hit: Hit) -> Mapping[str, str]:
    """The package that stack was building, and its own last complaint."""
    name = hit["name"]
    said = next(
        (
            line.partition(">")[2].strip()
            for line in hit.before(80)
            if re.match(
                rf"{re.escape(name.rpartition('-')[0])}\s*>.*(?:[Ee]rror|rror:|not found|Missing)", line
            )
        ),
        "",
    )
    return {"said": said or "its own lines above say why"}


built_place = failing_instruction
