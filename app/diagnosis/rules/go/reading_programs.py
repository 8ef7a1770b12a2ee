"""Go's programs: a panic or a fatal line, and the code that said it."""

from __future__ import annotations

import re
from collections.abc import Mapping

import re2

from app.diagnosis.instructions import linear
from app.diagnosis.lost_client import lost_client
from app.diagnosis.paths import repository_path
from app.diagnosis.places import anywhere, variable
from app.diagnosis.rule import Hit, once_per_log
from app.diagnosis.rules.go.reading_modules import CHATTER, UNREACHED
from app.diagnosis.rules.go.reading_packages import TRACE, sources
from app.diagnosis.rules.machine.reading_thrown import asked_by
from app.model import Place


def panic(hit: Hit) -> Mapping[str, str] | None:
    said = re.sub(r" \[recovered.*\]$", "", hit["said"] or hit["said2"])
    stack = hit.find_after(r"^goroutine \d+.* \[|^\[signal |^\s+/\S+\.go:\d+", 30)
    if (not stack and not TRACE.deepest(hit)) or lost_client(said, hit.after(40)):
        return None
    if "nil pointer dereference" in said:
        fix = "Check that the pointer on this line is not nil: what should have set it returned an error or was never called."
    elif "index out of range" in said or "slice bounds out of range" in said:
        fix = "Check the length before this line takes an element or a part: the list is shorter than the code expects."
    elif "assignment to entry in nil map" in said:
        fix = "Make the map first: make(map[…]…)."
    elif "all goroutines are asleep" in said:
        fix = "Something waits here for a channel, a lock or a WaitGroup that nobody serves: close or send to it in another goroutine."
    elif "concurrent map" in said:
        fix = "Guard the map with a sync.Mutex, or use sync.Map."
    elif re.search(
        r"pattern matches no files|no such file or directory|\bfile (?:was )?not found|Config File .* Not Found",
        said,
    ):
        fix = "COPY the file into the image that runs, at the path that the program opens (WORKDIR counts), or embed it."
    elif "http: multiple registrations" in said or "conflicts with" in said:
        fix = "Register each pattern once: remove one of the two."
    elif match := re.search(r"flag redefined: (\S+)", said):
        fix = f"Define the flag {match[1]} once."
    elif name := _variable_in(said):
        fix = f"Set {name} on the service, or give it a default where it is read."
    else:
        asked = asked_by(hit, said, TRACE.deepest(hit))
        fix = f"{asked or f'Give the program what it asks for at that line, or handle the case there: {said[:120]}'}."
    return {"said": said, "fix": fix, "name": _variable_in(said)}


def _variable_in(said: str) -> str:
    match = re.search(r"\b([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)\b", said)
    return match[1] if match else ""


@once_per_log
def _own_words(hit: Hit) -> tuple[tuple[re2._Regexp[str], str, int, bool], ...]:
    """Every message that the repository's Go code may end with: (pattern, path, line, whether it ends the program)."""
    found = []
    call = re.compile(
        r"(?P<call>\w*(?:Fatal|Panic|panic|Exit|Error|New|Wrap|Printf|Println|Errorf)\w*)\((?:[^\"`]{0,60})[\"`](?P<text>[^\"`]{5,})[\"`]"
    )
    for path in sources(hit):
        if path.endswith("test.go"):
            continue
        lines = hit.files.lines(path)
        for number, line in enumerate(lines, 1):
            if "(" in line and (match := call.search(line[:500])):
                if "Print" in match["call"] and not any(
                    "os.Exit(" in each for each in lines[number : number + 4]
                ):
                    continue
                parts = [part.strip() for part in re.split(r"%[+#.\d]*[a-zA-Z]|\\n|\\t", match["text"])]
                words = linear(".*".join(re2.escape(part) for part in parts if part))
                if words and max(map(len, parts)) >= 5:
                    ends = match["call"].lower().startswith(("fatal", "panic"))
                    found.append((words, path, number, ends))
    return tuple(sorted(found, key=lambda each: not each[3]))


def said_by(hit: Hit) -> Place | None:
    line = hit.line[:600]
    for pattern, path, number, _ in _own_words(hit):
        if pattern.search(line):
            return hit.files.place(path, number)
    return None


def fatal(hit: Hit) -> Mapping[str, str] | None:
    if re.match(r"Default STARTUP|Container called|Starting new instance", hit.line):
        return None
    place = fatal_place(hit)
    if place is None:
        return None
    said = re.sub(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d+)? (?:\S+\.go:\d+: )?", "", hit.line).strip()
    if _variable_in(said) and _NO_VALUE.search(said):
        return None  # a variable without a value is told by the rules of start-up
    if match := re.search(r"open (\S+): no such file", said):
        fix = f"COPY {match[1]} into the image that runs, or correct the path."
    elif "connection refused" in said or "no such host" in said:
        fix = "Give the service the address of a server it can reach; localhost in a container is the container."
    else:
        fix = f"The program ends itself at {place.path} line {place.line}: give it what it asks for there."
    return {"said": said, "fix": fix}


_NO_VALUE = re.compile(r"(?i)missing|required|not set|unset|undefined|must be set|empty|not defined")


def fatal_place(hit: Hit) -> Place | None:
    if match := re.match(
        r"(?:\d{4}/\d\d/\d\d )?(?:\d\d:\d\d:\d\d(?:\.\d+)? )?(\S+\.go):(\d{1,7}): ", hit.line
    ):
        path = repository_path(hit.files, match[1], hit)
        if path and (place := hit.files.place(path, int(match[2]))):
            return place
    if not sources(hit):
        return None
    if place := said_by(hit):
        return place
    if match := re.search(r"open ([\w./-]+): no such file", hit.line):
        pattern = rf'"[./]*{re.escape(match[1].rpartition("/")[2])}"|"[^"]*/{re.escape(match[1].rpartition("/")[2])}"'
        return anywhere(pattern, ".go")(hit)
    return None


def env_tag(hit: Hit) -> Place | None:
    if not hit["name"]:
        return None
    name = re.escape(hit["name"])
    return (
        anywhere(rf'(?:env|envconfig|mapstructure|split_words|conf):"{name}[",]', ".go")(hit)
        or variable()(hit)
        or anywhere(rf'"{name}"', ".go")(hit)
    )


def _command(hit: Hit) -> Mapping[str, str] | None:
    said = hit["said"]
    if CHATTER.match(said) or re.search(UNREACHED, said) or said.startswith("errors parsing"):
        return None
    more = " ".join(line.strip() for line in hit.after(4) if line.startswith(("\t", "  ")))
    return {"more": more}


@once_per_log
def is_go(hit: Hit) -> bool:
    return bool(hit.files.named("go.mod")) or any(p.endswith(".go") for p in hit.files.paths)


def other_rule(hit: Hit) -> bool:
    said = hit["said"]
    return "standard_init_linux" in hit["path"] or bool(
        re.match(r"no required module|package \S+ is not in (?:std|GOROOT)|cannot find (?:package|module providing)|"
                 r"module \S+ (?:found|provides)|ambiguous import|missing go\.sum|running \"", said)
    )  # fmt: skip


def mod_fix(said: str, line: str) -> str:
    if match := re.search(r"invalid go version '?([\d.]+)", said):
        short = ".".join(match[1].split(".")[:2])
        return f"Write go {short} on line {line} of go.mod, or build with Go 1.21 or newer, which reads versions such as {match[1]}."
    if match := re.search(r"unknown (?:directive|block type): (\w+)", said):
        return f"Remove {match[1]} from go.mod, or build with a Go that knows it (toolchain 1.21, tool 1.24)."
    return f"Correct line {line} of go.mod: {said}."


def command_line(hit: Hit) -> Mapping[str, str] | None:
    if hit["said2"]:
        return {"said": hit["said2"], "more": ""} if hit.find(r"usage: go ") else None
    if re.match(r"errors parsing|\S+@\S+|go\.mod:|updates to|inconsistent vendoring", hit["said"]):
        return None
    return _command(hit)
