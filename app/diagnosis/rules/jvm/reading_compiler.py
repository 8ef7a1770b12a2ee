"""Java's compilers: what an error means, and how to correct it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from app.diagnosis.rule import Hit, once_per_log
from app.diagnosis.rules.jvm.reading_code import sources


def compile_words(hit: Hit) -> Mapping[str, str] | None:
    said = hit["said"].strip()
    if re.match(r"warning:|\[?(?:unchecked|deprecation)\]?|Note:|w: ", said):
        return None
    details: list[str] = []
    for line in hit.after(6):
        bare = re.sub(r"^\[(?:ERROR|error)\]\s*", "", line).strip()
        if re.match(r"(?:symbol|location|required|found|reason): ", bare + " "):
            details.append(" ".join(bare.split()))
    symbol = next((d.removeprefix("symbol: ") for d in details if d.startswith("symbol:")), "")
    head = f"{said}: {symbol}" if symbol else said
    words = {"said": said, "more": " ".join(details), "head": head, "symbol": symbol}
    return {**words, "fix": _compile_fix(hit, said, symbol)}


def _compile_fix(hit: Hit, said: str, symbol: str) -> str:
    where = f"line {hit['line']} of {hit['path'].rpartition('/')[2]}"
    if match := re.search(r"package ([\w.]+) does not exist", said):
        if any(match[1].replace(".", "/") in p for p in sources(hit)):
            return f"Correct the package {match[1]} on {where}, or build the module that has it first."
        return f"Add the dependency that has {match[1]} to pom.xml or build.gradle, or correct the import on {where}."
    name = re.search(r"(?:class|method|variable|interface) (\w+)", symbol) or re.search(
        r"(?:nresolved reference|not found: \w+|Not found: value)[: ]+[`']?(\w+)", said
    )
    if name:
        near = difflib.get_close_matches(name[1], sorted(_names(hit) - {name[1]}), 1, 0.7)
        if near:
            return f"Write {near[0]} instead of {name[1]} on {where}."
        return f"Import or define {name[1]}, or correct its name on {where}."
    if "';' expected" in said or "expected" in said:
        return f"Correct the syntax on {where}: {said}."
    if match := re.search(r"unreported exception (\w+)", said):
        return f"Catch {match[1]} on {where}, or declare it with throws."
    return f"Correct {where}: {said}."


_COMMON = frozenset({"println", "print", "printf", "String", "Integer", "List", "Map", "Set", "Optional", "ArrayList", "HashMap"})  # fmt: skip


@once_per_log
def _names(hit: Hit) -> frozenset[str]:
    """What the repository's own sources declare."""
    found = set(_COMMON)
    declared = re.compile(
        r"(?:class|interface|enum|record|object|fun|def|val|var|[\w>\]]+)\s+(\w+)\s*(?:[({=;:]|extends|implements)"
    )
    for path in sources(hit)[:500]:
        for line in hit.files.lines(path):
            found.update(declared.findall(line[:300]))
    return frozenset(found)
