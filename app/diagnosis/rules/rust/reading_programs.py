"""Rust's programs: a panic or an error that ended one, and the code that said it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import replace

from app.diagnosis.paths import nearest_first
from app.diagnosis.places import anywhere
from app.diagnosis.rule import Hit, once_per_log
from app.diagnosis.rules.rust.reading_cargo import causes
from app.diagnosis.rules.rust.reading_compiler import quoted
from app.diagnosis.rules.rust.reading_crates import REGISTRY, is_rust, own_place
from app.diagnosis.traces import Trace
from app.model import Place


def panic(hit: Hit) -> Mapping[str, str] | None:
    said, path, line = hit["said"], hit["path"], hit["line"]
    if not path:
        for number, each in enumerate(hit.after(30)):
            if match := re.search(r"', (?P<path>[^\s']+\.rs):(?P<line>\d+)(?::\d+)?", each):
                path, line = match["path"], match["line"]
                said = " ".join([said, *(part.strip() for part in hit.after(30)[: number + 1])]).partition("', ")[0]  # fmt: skip
                break
    if not said:
        told = []
        for each in hit.after(5):
            if re.match(r"note: |stack backtrace|\s*\d+: |$", each.strip()):
                break
            told.append(each.strip())
        said = " ".join(told)
    place = (own_place(hit, path, line) if path else None) or TRACE.deepest(hit)
    if place is None and "main" not in hit["thread"]:
        return None
    source = hit.files.lines(place.path)[place.line - 1] if place else ""
    name = re.search(r"(?:env::var|env!|var_os|dotenv::var|env)\w*\(\s*\"(\w+)\"", source)
    return {
        "said": f"{said} ({name[1]})" if name and name[1] not in said else said,
        "at": f"{place.path}:{place.line}" if place else f"{path}:{line}",
        "who": "" if hit["thread"] in ("main", "") else hit["thread"],
        "fix": _panic_fix(said, name[1] if name else "", hit["thread"])
        if place or not path
        else f"The panic is in {path}, which is not in this repository: read what was asked of that program above, and raise its version.",
    }


def _panic_fix(said: str, name: str, thread: str) -> str:
    if name or "NotPresent" in said:
        return f"Set {name or 'the variable'} on the service, or give it a default instead of unwrap() or expect()."
    if said.startswith("assertion"):
        return f"Correct the code so that {thread or 'the assertion'} holds, or what the test expects."
    if "NotFound" in said and "code: 2" in said:
        return "COPY the file into the image that runs, at the path that this line opens (WORKDIR counts)."
    if "AddrInUse" in said or "ConnectionRefused" in said:
        return "Give the program an address it can use: 0.0.0.0 and $PORT to listen on, the server's own name to connect to."
    if "index out of bounds" in said:
        return "Check the length before this line indexes, or use get()."
    return "Handle this case instead of unwrap(), expect() or the index on this line."


# Under a panic with RUST_BACKTRACE set: `at ./src/main.rs:12:5`.
TRACE = Trace(
    frame=re.compile(r"^\s+at (?P<path>\S+\.rs):(?P<line>\d{1,7})"),
    foreign=re.compile(r"/rustc/|" + REGISTRY.pattern.replace("?P<name>", "?:").replace("?P<version>", "?:")),
    reach=120,
)


def panic_place(hit: Hit) -> Place | None:
    path, _, line = hit["at"].rpartition(":")
    return hit.files.place(path, int(line)) if line.isdecimal() else None


_ERRORS = r"(?:context|anyhow!|bail!|expect|wrap_err|error|eprintln!|panic!|ok_or|map_err|Err)\W{1,6}(?:\|\w*\| ?)?(?:\w+!?\()?\"(?P<text>[^\"]{5,})\""


def ended(hit: Hit) -> Mapping[str, str] | None:
    if not is_rust(hit) or hit["said"].startswith("("):
        return None
    place = ended_place(hit)
    name = re.search(r"\b([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)\b", hit["said"])
    fix = (
        f"Set {name[1]} on the service."
        if name
        else "Give main what it asks for there, or handle the error before it ends the program."
    )
    return (
        {"fix": fix, "more": causes(hit, 6) if hit.find_after(r"^Caused by:", 3) else ""} if place else None
    )


def ended_place(hit: Hit) -> Place | None:
    sources = sorted((p for p in hit.files.paths if p.endswith(".rs")), key=lambda p: (p.count("/"), p))
    told = f"{hit['said']} {causes(hit, 6)}"
    for path in nearest_first(hit, tuple(sources[:2000])):
        for number, line in enumerate(hit.files.lines(path), 1):
            if '"' in line and (match := re.search(_ERRORS, line[:400])):
                parts = [part.strip() for part in re.split(r"\{[^}]*\}", match["text"])]
                if max(map(len, parts)) >= 5 and all(part in told for part in parts):
                    return hit.files.place(path, number)
    if "NotPresent" in told or "environment variable not found" in told:
        return anywhere(r"env::var\(.*\?", ".rs")(hit)
    return None


def command(hit: Hit) -> Mapping[str, str] | None:
    said = hit["said"]
    if re.match(r"could not compile|aborting due|process didn't|test failed|failed to|linking with|no matching|\d+ target|doctest failed", said):  # fmt: skip
        return None
    if not hit.find(
        r"^\s+(?:Compiling|Updating|Downloaded|Running|Finished) |cargo|rustup|rustc"
    ) and not _is_cargo(hit):
        return None
    options = [line.strip() for line in hit.after(12) if line.startswith("    ")]
    named = quoted(said)
    similar = hit.find_after(r"similar (?:name|argument|command) exists: [`'](?P<a>[^`']+)[`']", 4)
    near = [similar["a"]] if similar else difflib.get_close_matches(named, options, 1) if named else []
    if said.startswith("no such command"):
        fix = f"Install it before this line: cargo install cargo-{named} --locked."
    elif near:
        fix = f"Write {near[0]} instead of {named}."
    elif "find `Cargo.toml`" in said or "manifest path" in said:
        fix = "COPY Cargo.toml to WORKDIR before this cargo command, or run it in the crate's folder."
    elif options:
        fix = f"Name one of: {', '.join(options[:5])}."
    else:
        fix = f"Correct what this command asks cargo for: {said}."
    return {"fix": fix, "name": named, "more": " ".join(options[:5])}


@once_per_log
def _is_cargo(hit: Hit) -> bool:
    ran = f"{hit.section.instruction} {hit.transcript.failed_instruction}"
    return "cargo" in ran or "rustup" in ran or "rustc" in ran or is_rust(hit)


def with_versions(hit: Hit) -> Hit:
    line = hit.line
    want = re.search(r"requires rustc ([\d.]+)", line)
    have = re.search(r"active rustc version is ([\d.]+)|^error: rustc ([\d.]+)", line)
    name = re.search(r"package `([^`]+)`", line)
    return replace(
        hit,
        words={
            "want": want[1].rstrip(".") if want else "",
            "have": (have[1] or have[2]).rstrip(".") if have else "",
            "name": name[1] if name else "",
        },
    )
