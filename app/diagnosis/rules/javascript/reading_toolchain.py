"""What the rows of toolchain.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import base_image, failing_dockerfile
from app.diagnosis.javascript.stacks import after, before
from app.diagnosis.rule import Hit

# Since which Node something is there: https://nodejs.org/api ("Added in"), https://node.green for the language.
SINCE = {
    "crypto.hash": "20.12",
    "styleText": "20.12",
    "parseEnv": "20.12",
    "loadEnvFile": "20.12",
    "register": "18.19",
    "parseArgs": "18.3",
    "getRandomValues": "18",
    "crypto": "20",
    "webidl.util.markAsUncloneable": "20.18",
    "node:sqlite": "22.13",
    "node:test": "18",
    "node:sea": "20",
    "File": "20",
    "fetch": "18",
    "Headers": "18",
    "FormData": "18",
    "ReadableStream": "18",
    "CustomEvent": "19",
    "WebSocket": "22",
    "structuredClone": "17",
    "toSorted": "20",
    "toReversed": "20",
    "toSpliced": "20",
    "URL.canParse": "18.17",
    "Object.groupBy": "21",
    "Promise.withResolvers": "22",
    "Array.fromAsync": "22",
}

# Long-term lines that still get fixes: https://nodejs.org/en/about/previous-releases
SUPPORTED = (20, 22, 24)


def too_old(hit: Hit) -> Mapping[str, str] | None:
    name = hit["name"] or hit["name2"] or hit["name3"] or hit["name4"]
    want = hit["want"] or hit["want2"].removeprefix(">=").strip() or hit["want3"] or SINCE.get(name, "")
    if hit["name2"] and not (hit.find_after("node_modules/") or hit.find_before("node_modules/", 12)):
        return None  # the program's own use of a browser's word
    have = hit["have"] or hit["have2"] or _node_of(hit)
    if name and have and _older(want, have):
        return None  # that Node has it: something else is wrong
    return {
        "have": have or "of this image",
        "want": want,
        "what": hit["tool"] or hit["tool2"] or ("Next.js" if hit["want2"] else name),
        "said": re.sub(r"^.*?│\s*|\s*│.*$", "", hit.line).strip(" ."),
        "image": _newer_image(hit, want),
    }


# The Node that a package asks for whose native part an older one leaves out without a word: "engines" on npmjs.com.
NATIVE_SINCE = {
    "oxc-parser": "20.19",
    "oxc-transform": "20.19",
    "oxc-minify": "20.19",
    "oxc-resolver": "20.19",
    "rolldown": "20.19",
}


def native_of_newer(hit: Hit) -> Mapping[str, str] | None:
    """A native part that was not installed because its package asks for a newer Node than the image has."""
    around = "\n".join((hit.line, *after(hit, 40), *before(hit, 10)))
    found = re.search(r"\b(oxc-(?:parser|transform|minify|resolver)|rolldown)\b", around)
    have = _node_of(hit)
    if found is None or not have:
        return None
    want = _of_lock(hit, found[1]) or NATIVE_SINCE[found[1]]
    if _older(want, have):
        return None
    return {"name": found[1], "have": have, "want": want}


def _of_lock(hit: Hit, name: str) -> str:
    """The least Node that npm's lock file says the native part of a package asks for."""
    for path in hit.files.named("package-lock.json"):
        held = hit.files.json(path)
        packages = held.get("packages") if isinstance(held, dict) else None
        for key, each in packages.items() if isinstance(packages, dict) else ():
            if f"{name}/binding-linux" in key and isinstance(each, dict):
                engines = each.get("engines")
                asked = re.search(r"\d+\.\d+", str(engines.get("node") if isinstance(engines, dict) else ""))
                return asked[0] if asked else ""
    return ""


def _node_of(hit: Hit) -> str:
    said = hit.find(r"Node\.js v(\d+\.\d+\.\d+)|node[@: /]v(\d+\.\d+\.\d+)")
    if said:
        return said[1] or said[2]
    written = re.search(r"node:(\d+(?:\.\d+)*)", _from(hit))
    return written[1] if written else ""


def _from(hit: Hit) -> str:
    place, found = base_image(hit), failing_dockerfile(hit)
    return hit.files.lines(found[0])[place.line - 1] if place and found else ""


def _older(one: str, other: str) -> bool:
    """Whether version `one` is reached by `other`."""
    return _numbers(one) <= _numbers(other)


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:2]]


def _newer_image(hit: Hit, want: str) -> str:
    least = (_numbers(want) or [20])[0]
    line = next((number for number in SUPPORTED if number > least), SUPPORTED[-1])
    variant = re.search(r"node:[\d.]+(-[\w.-]+)?", _from(hit))
    return f"node:{line}{(variant[1] or '') if variant else ''}"
