"""Go: what its compiler, its modules, its tests and its programs say, from Go 1.11 on."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from app.diagnosis.envelope import Kind
from app.diagnosis.places import (
    anywhere,
    base_image,
    dependency_line,
    failing_dockerfile,
    failing_instruction,
    first,
    in_instruction,
    manifest,
    matching,
    nearest_first,
    repository_path,
    variable,
    whole_file,
)
from app.diagnosis.rule import Hit, Rank, Rule, once_per_log
from app.model import Blame, Place

BUILD = frozenset({Kind.STEP, Kind.INSTRUCTION})
MOST_SOURCES = 2000


# Packages and their folders


@once_per_log
def _modules(hit: Hit) -> tuple[tuple[str, str], ...]:
    """(module path, folder) of every go.mod, the longest module path first."""
    found = []
    for path in hit.files.named("go.mod"):
        for line in hit.files.lines(path):
            if match := re.match(r"\s*module\s+\"?([^\s\"]+)", line):
                found.append((match[1], path.rpartition("/")[0]))
                break
    return tuple(sorted(found, key=lambda each: -len(each[0])))


def _folder_of(hit: Hit, package: str) -> str | None:
    """The repository's folder of an import path of its own; None for somebody else's."""
    for module, folder in _modules(hit):
        if package == module or package.startswith(module + "/"):
            inside = package[len(module) :].strip("/")
            return "/".join(part for part in (folder, inside) if part)
    return None


def _sources(hit: Hit) -> tuple[str, ...]:
    paths = sorted((p for p in hit.files.paths if p.endswith(".go")), key=lambda p: (p.count("/"), p))
    return nearest_first(hit, tuple(paths[:MOST_SOURCES]))


def _package_above(hit: Hit) -> str:
    """The package whose errors these are: `# example.com/app/store`, or `FAIL example.com/app/store` further on."""
    for line in hit.before(60):
        if match := re.match(r"# ([\w./-]+)(?: \[([\w./-]+?)(?:\.test)?\])?$", line):
            return match[1]
    return ""


def _package_below(hit: Hit) -> str:
    match = hit.find_after(r"^(?:FAIL|ok  )\s+([\w./-]+)\s+(?:[\d.]+s|\(cached\)|\[)", 400)
    return match[1] if match else ""


def _path(hit: Hit) -> str:
    name = hit["path"].removeprefix("./")
    bare = name.rpartition("/")[2]
    package = _package_below(hit) if hit.line.startswith((" ", "\t")) else _package_above(hit)
    folder = _folder_of(hit, package) if package else None
    if folder is not None:
        inside = f"{folder}/{bare}".strip("/")
        if inside in hit.files.paths:
            return inside
    return repository_path(hit.files, f"./{name}" if name.startswith("internal/") else hit["path"], hit)


def _at(hit: Hit) -> Place | None:
    path = _path(hit)
    return hit.files.place(path, int(hit["line"])) if path and len(hit["line"]) < 8 else None


def _frames(lines: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    for line in lines:
        if match := re.match(r"\s+(\S+\.go):(\d{1,7})(?: \+0x[0-9a-f]+)?\s*$", line):
            yield match[1], int(match[2])


def _frame(hit: Hit) -> Place | None:
    """The deepest call that is the repository's own."""
    for path, line in _frames(hit.after(160)):
        if "/" not in path:
            continue
        found = repository_path(hit.files, path, hit)
        if found and (place := hit.files.place(found, line)):
            return place
    return None


def _import(hit: Hit) -> Place | None:
    """Where the package is imported."""
    name = hit["name"]
    if not name:
        return None
    pattern = rf'"{re.escape(name)}(?:/[^"]*)?"'
    for path in _sources(hit):
        if line := hit.files.search(path, pattern):
            return hit.files.place(path, line)
    return None


def _go_line(hit: Hit) -> Place | None:
    return matching(r"^\s*go\s+\d", "go.mod")(hit)


_go_image = matching(r"(?i)^\s*FROM\s+(?:--platform=\S+\s+)?\S*golang", "Dockerfile")


def _required(hit: Hit) -> Place | None:
    """The module's line in go.mod, also when only a package inside of it is named."""
    name = hit["name"]
    while name.count("/") >= 1:
        if place := dependency_line(hit, "go", name):
            return place
        name = name.rpartition("/")[0]
    return None


# The compiler


_NEWER = {
    "slices": "1.21", "maps": "1.21", "cmp": "1.21", "log/slog": "1.21", "testing/slogtest": "1.21", "iter": "1.23",
    "unique": "1.23", "structs": "1.23", "math/rand/v2": "1.22", "go/version": "1.22", "net/netip": "1.18",
    "embed": "1.16", "io/fs": "1.16", "weak": "1.24", "crypto/hkdf": "1.24", "crypto/sha3": "1.24",
    "testing/synctest": "1.25", "arena": "1.20", "crypto/ecdh": "1.20",
}  # fmt: skip
_UNUSED = re.compile(
    r"\"(?P<a>[^\"]+)\" imported (?:as \w+ )?and not used|imported and not used: \"(?P<b>[^\"]+)\""
)
_UNUSED_NAME = re.compile(r"declared and not used: (?P<a>\w+)|(?P<b>\w+) declared (?:and|but) not used")


def _compile_error(hit: Hit) -> Mapping[str, str] | None:
    said = hit["said"]
    if said.startswith(("too many errors", "other declaration of", "note: ", "warning: ")):
        return None
    more = " ".join(
        line.strip()
        for line in hit.after(3)
        if re.match(r"\t\s*(?:have|want|\(missing|\(wrong|\(but|\S+ .*other declaration)", line)
    )
    note = ""
    if "/pkg/mod/" in hit["path"] and (found := hit.find_after(r"^note: .*module requires Go [\d.]+")):
        note = found[0]
    return {
        "more": f"{more} {note}",
        "note": note,
        "fix": _compile_fix(hit, said),
        "short": said.partition(" (")[0] if len(said) > 76 else said,
    }


def _compile_fix(hit: Hit, said: str) -> str:
    if match := re.search(r"/pkg/mod/(\S+?@[^/]+)", hit["path"]):
        return f"{match[1]} does not build with this Go: use a newer golang image in FROM, or another version of the module (go get {match[1].partition('@')[0]}@latest)."
    where = f"line {hit['line']} of {hit['path'].removeprefix('./')}"
    if match := _UNUSED.search(said):
        return f'Remove the import "{match["a"] or match["b"]}" on {where}, or use it.'
    if match := _UNUSED_NAME.search(said):
        name = match["a"] or match["b"]
        return f"Use {name} or remove it ({where}); an assignment to _ drops a value."
    if "no matching files found" in said or "cannot embed" in said:
        return f"Add the files that the go:embed pattern on {where} names (git or .dockerignore may leave them out), or build them before go build."
    if match := re.match(r"undefined: ([\w.]+)$", said):
        return _undefined_fix(hit, match[1], where)
    if match := re.search(r"but does have (?:method |field )?(\w+)", said):
        return f"Write {match[1]} on {where}."
    if "missing return" in said:
        return f"Return a value at the end of the function that ends on {where}."
    if said.startswith("syntax error"):
        return f"Correct the syntax on {where} or just above it: {said.removeprefix('syntax error: ')}."
    if "build constraints exclude all Go files" in said:
        return "Build with the platform or the CGO_ENABLED=1 that this package needs, or do not import it."
    if match := re.search(r"\((\w+)\)$", said):
        return f"Correct {where}; {match[1]} is the linter that says so."
    return f"Correct {where}: {said}."


def _undefined_fix(hit: Hit, name: str, where: str) -> str:
    bare = name.rpartition(".")[2]
    if other := _defined_beside(hit, bare):
        return f"Build the whole package (go build . instead of single files): {bare} is defined in {other}."
    near = difflib.get_close_matches(bare, sorted(_names(hit) - {bare}), 1, 0.75)
    return (
        f"Write {near[0]} instead of {bare} on {where}."
        if near
        else f"Define {name}, import what defines it, or correct its name on {where}."
    )


@once_per_log
def _names(hit: Hit) -> frozenset[str]:
    """What the repository's own Go code defines at its top level."""
    found: set[str] = set()
    for path in _sources(hit):
        for line in hit.files.lines(path):
            if (match := re.match(r"(?:func(?: \([^)]{0,80}\))?|type|var|const)\s+(\w+)", line)) or (
                match := re.match(r"\s{0,8}(\w+)\s*:?=", line)
            ):
                found.add(match[1])
    return frozenset(found)


def _defined_beside(hit: Hit, name: str) -> str:
    """The file of the same package that defines it, when the build was given single files."""
    if _package_above(hit) != "command-line-arguments":
        return ""
    own = _path(hit)
    folder = own.rpartition("/")[0]
    for path in _sources(hit):
        if (
            path != own
            and path.rpartition("/")[0] == folder
            and hit.files.search(path, rf"^(?:func|type|var|const)\s+{re.escape(name)}\b")
        ):
            return path
    return ""


def _compile_place(hit: Hit) -> Place | None:
    if match := re.search(r"/pkg/mod/(?:cache/)?([^@]+)@", hit["path"]):
        words = {**hit.words, "name": re.sub(r"!(\w)", lambda m: m[1].upper(), match[1])}
        return _toolchain_place(hit) if hit["note"] else _required(replace(hit, words=words))
    if (match := re.match(r"undefined: (\w+)$", hit["said"])) and _defined_beside(hit, match[1]):
        return failing_instruction(hit) or _at(hit)
    return _at(hit)


# Packages that are not there


def _missing(hit: Hit) -> Mapping[str, str] | None:
    name = next((hit[f"name{n}"] for n in ("", 2, 3, 4, 5) if hit[f"name{n}"]), "").rstrip(":;,.")
    said = hit["said"] or hit.line.strip()
    if not name:
        return None
    return {"name": name, "said": said.rstrip(":;. "), "fix": _missing_fix(hit, name)}


def _missing_fix(hit: Hit, name: str) -> str:
    if wanted := _NEWER.get(name):
        return f"Use golang:{wanted} or newer in FROM: {name} is in the standard library since Go {wanted}."
    if name.endswith(".go") or name.startswith("."):
        return f"{name} is not there when go runs: COPY the sources before it, or correct the path in the command."
    folder = _folder_of(hit, name)
    if folder is not None:
        near = hit.files.nearest(folder, {p.rpartition("/")[0] for p in _sources(hit)})
        return f"Import the folder that is there: {near or 'see the paths of the .go files'} instead of {folder}."
    own = next((m for m, f in _modules(hit) if name.split("/")[0] == m.rpartition("/")[2]), "")
    if own:
        return f"Import it by the module's own path: {own}/{name.partition('/')[2]}."
    if "." not in name.split("/")[0]:
        folders = {p.rpartition("/")[0] for p in _sources(hit)}
        if name in folders and _modules(hit):
            return f"Import {_modules(hit)[0][0]}/{name}: the path starts with the module of go.mod."
        return f"Correct the import {name}: it is no package of the standard library, and the first part of a module's path has a dot."
    return f"Run go get {name} (or go mod tidy) and commit go.mod and go.sum."


def _missing_place(hit: Hit) -> Place | None:
    name = hit["name"]
    if name.endswith(".go") or name.startswith((".", "/")):
        return failing_instruction(hit) or _go_line(hit)
    return (_at(hit) if hit["path"] else None) or _import(hit) or failing_instruction(hit)


# Modules


_UNREACHED = r"dial tcp|no such host|i/o timeout|connection refused|connection reset|TLS handshake timeout|unexpected EOF|context deadline exceeded|503 Service|502 Bad|500 Internal"
_CHATTER = re.compile(
    r"(?:downloading|finding|extracting|found|added|upgraded|downgraded|removed|creating|to add|warning:|copying|"
    r"updating|writing|using|trying|no module dependencies|matched no packages)\b|\"?\./\.\.\.\"? matched"
)


def _module(hit: Hit) -> Mapping[str, str] | None:
    said = hit["said"]
    if _CHATTER.match(said) or re.search(_UNREACHED, said):
        return None
    if re.search(r"go\.sum|checksum mismatch|requires go >=", hit.line):
        return None
    asked = hit.find_before(r"^go: (\S+?)@\S+ requires$|^go: (\S+) imports$", 4)
    if hit.line.startswith("\t") and not asked:
        return None
    more = " ".join(line.strip() for line in hit.after(6) if line.startswith(("\t", " ")))[:600]
    whole = f"{said} {more}"
    if "replaced by" in hit["note"] or "in " in hit["note"]:
        whole += f" {hit['note']}"
    name, version = hit["name"], hit["version"]
    return {
        "name": name,
        "said": said if asked is None else f"{said} (required by {asked[1] or asked[2]})",
        "asked": (asked[1] or "") if asked else "",
        "more": more,
        "at": f"{name}@{version}".rstrip("@"),
        "fix": _module_fix(whole, name, version),
    }


def _module_fix(said: str, name: str, version: str) -> str:
    if match := re.search(r"declares its path as: (\S+)", said):
        return f"Require {match[1]} instead of {name} in go.mod and in the imports, then run go mod tidy."
    if match := re.search(r"module path must match major version \(\"([^\"]+)\"\)", said):
        return (
            f"Write {match[1]} in go.mod and in the imports: from v2 on the path ends in the major version."
        )
    if re.search(r"could not read Username|terminal prompts disabled|Permission denied \(publickey\)|Repository not found|Authentication failed", said):  # fmt: skip
        return f"{name} is private (or its path is wrong): set GOPRIVATE={name.rpartition('/')[0] or name} and give the build git credentials, or run go mod vendor and commit vendor/."
    if "unknown revision" in said or "no matching versions" in said:
        return f"{version} is no tag of {name}: write one that exists, such as go get {name}@latest, and commit go.mod and go.sum."
    if "replaced by" in said or "no such file or directory" in said:
        return f"Take the replace of {name} out of go.mod, or COPY the folder it points to into the image before go runs."
    return (
        f"Correct {name} in go.mod (go get {name}@latest), then run go mod tidy and commit go.mod and go.sum."
    )


def _module_place(hit: Hit) -> Place | None:
    if "replaced by" in hit["note"] or "replacement directory" in hit["said"]:
        local = matching(r"^\s*(?:replace\s+)?{name}\s.*=>|^\s*replace\s+{name}\b", "go.mod")(hit)
        if local:
            return local
    place = failing_instruction(hit)
    if place and hit["name"] and hit["name"] in (hit.section.instruction or ""):
        return in_instruction("name")(hit)
    return _required(hit) or dependency_line(hit, "go", hit["asked"]) or _import(hit)


def _sum(hit: Hit) -> Mapping[str, str] | None:
    name = hit["name"] or hit["name2"] or hit["name3"]
    version = hit["version"] or hit["version2"]
    offers = next((line.strip() for line in hit.after(3) if line.startswith("\tgo ")), "")
    return {"name": name, "version": version, "offer": offers or "go mod tidy", "said": hit.line.strip()}


def _sum_place(hit: Hit) -> Place | None:
    asks = re.search(r"imported by ([^\s);]+)", hit.line)
    asking = replace(hit, words={**hit.words, "name": asks[1] if asks else ""})
    return (
        _required(hit)
        or (_at(hit) if hit["path"] else None)
        or _import(hit)
        or _required(asking)
        or whole_file("go.mod")(hit)
    )


def _inconsistent(hit: Hit) -> Mapping[str, str] | None:
    match = hit.find_after(r"^\s+([\w./-]+)@(\S+): (.+)", 6)
    return {
        "name": match[1] if match else "",
        "version": match[2] if match else "",
        "why": match[3] if match else "",
    }


def _toolchain(hit: Hit) -> Mapping[str, str] | None:
    want = hit["want"] or hit["want2"] or hit["want3"]
    have = hit["have"] or hit["have2"]
    if not have and (found := hit.find(r"running go ([\d.]+)|go version go([\d.]+)|golang:([\d.]+)")):
        have = found[1] or found[2] or found[3]
    who = hit["name"] or "go.mod"
    minor = ".".join(want.split(".")[:2])
    fix = f"Use golang:{minor} or newer in FROM"
    fix += (
        f", or require an older {who}."
        if hit["name"]
        else f", or write go {'.'.join(have.split('.')[:2])} in go.mod."
        if have
        else "."
    )
    return {"want": want, "have": have or "an older one", "who": who, "fix": fix, "said": hit.line.strip()}


def _toolchain_place(hit: Hit) -> Place | None:
    ran = hit.section.instruction or hit.transcript.failed_instruction
    name = hit["name"].partition("@")[0]
    if name and name in ran:
        return failing_instruction(hit)
    return _go_image(hit) or _go_line(hit) or base_image(hit)


def _cycle(hit: Hit) -> Mapping[str, str] | None:
    above = hit.line.strip().partition(": import cycle")[0].removeprefix("imports ").partition(" from ")[0]
    chain = [
        match[1]
        for line in reversed(hit.before(20))
        if (match := re.match(r"\s*(?:package|imports) ([\w./-]+)", line))
    ]
    if not above or " " in above or above.startswith("import cycle"):
        chain = [
            m[1] for line in hit.after(20) if (m := re.match(r"\s*(?:package|imports) ([\w./-]+)", line))
        ]
        above = chain.pop() if chain else ""
    importer = chain[-1] if chain else ""
    return (
        {"name": above, "importer": importer, "chain": " -> ".join([*chain[-6:], above])} if above else None
    )


def _cycle_place(hit: Hit) -> Place | None:
    folder = _folder_of(hit, hit["importer"])
    pattern = rf'"{re.escape(hit["name"])}"'
    for path in _sources(hit):
        if path.rpartition("/")[0] == folder and (line := hit.files.search(path, pattern)):
            return hit.files.place(path, line)
    return _import(hit)


def _packages_place(hit: Hit) -> Place | None:
    for name in (hit["second"], hit["first"]):
        path = repository_path(hit.files, f"{hit['folder'].rstrip('/')}/{name}", hit)
        if path and (line := hit.files.search(path, r"^\s*package\s")):
            return hit.files.place(path, line)
    return None


# Tests


def _test(hit: Hit) -> Mapping[str, str] | None:
    name = _failed_test(hit)
    if name is None or not (place := _at(hit)):
        return None
    source = hit.files.lines(place.path)[place.line - 1]
    if re.search(r"\.(?:Log|Logf|Skip|Skipf)\(", source):
        return None
    said = hit["said"].strip()
    details = [line.strip() for line in hit.after(30) if line.startswith((" " * 6, "\t"))]
    if not said:
        said = _testify(details)
    elif said.endswith((":", "(")):
        said = f"{said} {' '.join(details[:3])}"
    return {"test": name, "said": said or "the test failed"}


def _testify(details: list[str]) -> str:
    """testify's table of Error, expected, actual and Messages as a sentence."""
    kept: list[str] = []
    for line in details:
        bare = re.sub(r"^(?:Error|Messages):\s*", "", line)
        if re.match(r"(?:Test|Diff):|--- |\+\+\+ |@@", bare):
            if kept:
                break
            continue
        if not bare.startswith("Error Trace:") and not re.match(r"/?\S+\.go:\d+$", bare):
            kept.append(" ".join(bare.split()))
    return " ".join(kept[:6])


def _failed_test(hit: Hit) -> str | None:
    """The failed test that this line belongs to: named above it, or under it with -v; None when it passed."""
    for line in hit.before(200):
        match = re.match(r"\s*(--- FAIL: |=== (?:RUN|CONT|NAME|FAIL:?)\s+)(?:[\w./-]+/\S* )?(\S+)", line)
        if match is None:
            if re.match(r"\s*--- (?:PASS|SKIP): |ok  \t", line):
                return None
            continue
        if match[1].startswith(("--- FAIL", "=== FAIL")):
            return match[2]
        wanted = re.escape(match[2])
        return match[2] if hit.find(rf"^\s*--- FAIL: {wanted}(?: |$)") else None
    return None


def _test_function(hit: Hit) -> Place | None:
    folder = _folder_of(hit, _package_below(hit) or "")
    name = hit["test"].partition("/")[0]
    for path in _sources(hit):
        if path.endswith("_test.go") and (folder is None or path.rpartition("/")[0] == folder):
            line = hit.files.search(path, rf"^func(?: \([^)]*\))? {re.escape(name)}\(")
            if line:
                return hit.files.place(path, line)
    return None


def _test_alone(hit: Hit) -> Mapping[str, str] | None:
    if not _test_function(hit):
        return None
    lines = [line.strip() for line in hit.after(8) if line.strip()]
    stop = next((n for n, line in enumerate(lines) if line.startswith(("FAIL", "---", "==="))), len(lines))
    return {"said": " ".join(lines[:stop])[:200] or "FAIL"}


# Programs


def _panic(hit: Hit) -> Mapping[str, str] | None:
    said = re.sub(r" \[recovered.*\]$", "", hit["said"] or hit["said2"])
    stack = hit.find_after(r"^goroutine \d+.* \[|^\[signal |^\s+/\S+\.go:\d+", 30)
    if not stack and not _frame(hit):
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
    elif "pattern matches no files" in said or "no such file or directory" in said:
        fix = "COPY the file into the image that runs, at the path that the program opens (WORKDIR counts), or embed it."
    elif "http: multiple registrations" in said or "conflicts with" in said:
        fix = "Register each pattern once: remove one of the two."
    elif match := re.search(r"flag redefined: (\S+)", said):
        fix = f"Define the flag {match[1]} once."
    elif name := _variable_in(said):
        fix = f"Set {name} on the service, or give it a default where it is read."
    else:
        fix = f"Handle this case where it panics: {said[:120]}."
    return {"said": said, "fix": fix, "name": _variable_in(said)}


def _variable_in(said: str) -> str:
    match = re.search(r"\b([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)\b", said)
    return match[1] if match else ""


@once_per_log
def _own_words(hit: Hit) -> tuple[tuple[re.Pattern[str], str, int, bool], ...]:
    """Every message that the repository's Go code may end with: (pattern, path, line, whether it ends the program)."""
    found = []
    call = re.compile(
        r"(?P<call>\w*(?:Fatal|Panic|panic|Exit|Error|New|Wrap|Printf|Println|Errorf)\w*)\((?:[^\"`]{0,60})[\"`](?P<text>[^\"`]{5,})[\"`]"
    )
    for path in _sources(hit):
        if path.endswith("_test.go"):
            continue
        lines = hit.files.lines(path)
        for number, line in enumerate(lines, 1):
            if "(" in line and (match := call.search(line[:500])):
                if "Print" in match["call"] and not any(
                    "os.Exit(" in each for each in lines[number : number + 4]
                ):
                    continue
                parts = [
                    re.escape(part.strip()) for part in re.split(r"%[+#.\d]*[a-zA-Z]|\\n|\\t", match["text"])
                ]
                if max(map(len, parts)) >= 5:
                    ends = match["call"].lower().startswith(("fatal", "panic"))
                    found.append((re.compile(".{0,400}?".join(p for p in parts if p)), path, number, ends))
    return tuple(sorted(found, key=lambda each: not each[3]))


def _said_by(hit: Hit) -> Place | None:
    line = hit.line[:600]
    for pattern, path, number, _ in _own_words(hit):
        if pattern.search(line):
            return hit.files.place(path, number)
    return None


def _fatal(hit: Hit) -> Mapping[str, str] | None:
    if re.match(r"Default STARTUP|Container called|Starting new instance", hit.line):
        return None
    place = _fatal_place(hit)
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


def _fatal_place(hit: Hit) -> Place | None:
    if match := re.match(
        r"(?:\d{4}/\d\d/\d\d )?(?:\d\d:\d\d:\d\d(?:\.\d+)? )?(\S+\.go):(\d{1,7}): ", hit.line
    ):
        path = repository_path(hit.files, match[1], hit)
        if path and (place := hit.files.place(path, int(match[2]))):
            return place
    if not _sources(hit):
        return None
    if place := _said_by(hit):
        return place
    if match := re.search(r"open ([\w./-]+): no such file", hit.line):
        pattern = rf'"[./]*{re.escape(match[1].rpartition("/")[2])}"|"[^"]*/{re.escape(match[1].rpartition("/")[2])}"'
        return anywhere(pattern, ".go")(hit)
    return None


def _env_tag(hit: Hit) -> Place | None:
    if not hit["name"]:
        return None
    name = re.escape(hit["name"])
    return (
        anywhere(rf'(?:env|envconfig|mapstructure|split_words|conf):"{name}[",]', ".go")(hit)
        or variable()(hit)
        or anywhere(rf'"{name}"', ".go")(hit)
    )


def _final_image(hit: Hit) -> Place | None:
    found = failing_dockerfile(hit)
    if found is None or not found[1].stages:
        return None
    return hit.files.place(found[0], found[1].stages[-1].line)


def _command(hit: Hit) -> Mapping[str, str] | None:
    said = hit["said"]
    if _CHATTER.match(said) or re.search(_UNREACHED, said) or said.startswith("errors parsing"):
        return None
    more = " ".join(line.strip() for line in hit.after(4) if line.startswith(("\t", "  ")))
    return {"more": more}


@once_per_log
def _is_go(hit: Hit) -> bool:
    return bool(hit.files.named("go.mod")) or any(p.endswith(".go") for p in hit.files.paths)


RULES: tuple[Rule, ...] = (
    Rule(
        code="go-missing-package",
        pattern=(
            r"^(?:build \S+: cannot load \S+: |can't load package: (?:package \S+: )?)?"
            r"(?:(?P<path>[\w./@-]+\.go):(?P<line>\d+):\d+: )?"
            r"(?P<said>no required module provides package (?P<name>[^\s;:]+)"
            r"|package (?P<name2>\S+) is not in (?:std|GOROOT)"
            r"|cannot find (?:package|module providing package) \"?(?P<name3>[^\s\":]+)"
            r"|module \S+ (?:found|provides).* (?:does not contain|but does not contain) package (?P<name4>\S+)"
            r"|ambiguous import: found package (?P<name5>\S+) in multiple modules).*"
        ),
        read=_missing,
        place=_missing_place,
        rank=Rank.ROOT,
        many=True,
        title="{said}",
        message="{path} {line}: {said}.",
        fix="{fix}",
        link="https://go.dev/doc/modules/managing-dependencies",
    ),
    Rule(
        code="go-error",
        pattern=r"^(?:vet: |wire: )?(?P<path>[\w./@-]+\.go):(?P<line>\d+)(?::(?P<column>\d+))?: (?P<said>(?:\S+ is not |\S).+)",
        read=lambda hit: None if _other_rule(hit) else _compile_error(hit),
        place=_compile_place,
        many=True,
        rank=Rank.ROOT,
        title="{short}",
        message="{path}:{line}: {said} {more}",
        fix="{fix}",
    ),
    Rule(
        code="go-mod",
        pattern=r"^(?:go: )?(?:errors parsing \S+:\s*)?(?P<path>\S*go\.(?:mod|work)):(?P<line>\d+)(?::\d+)?: (?P<said>.+)",
        place=lambda hit: (
            hit.files.place(repository_path(hit.files, hit["path"], hit), int(hit["line"]))
            or whole_file("go.mod")(hit)
        ),
        rank=Rank.ROOT,
        read=lambda hit: {"fix": _mod_fix(hit["said"], hit["line"])},
        title="go.mod line {line}: {said}",
        message="errors parsing go.mod: {path}:{line}: {said}",
        fix="{fix}",
        link="https://go.dev/doc/modules/gomod-ref#go",
    ),
    Rule(
        code="go-toolchain",
        pattern=(
            r"go: (?:\S+@\S+: )?(?:module )?(?:(?P<name>[^\s@]+@\S+?)|go\.mod|\S*go\.work|module \S+ listed in go\.work file) requires go >= (?P<want>[\w.]+)"
            r"(?: \(running go (?P<have>[\w.]+)|, but go\.work)"
            r"|note: (?:imported by a )?module (?:that )?requires [Gg]o (?P<want2>[\d.]+)"
            r"|go: download go(?P<want3>[\w.]+) for \S+: toolchain not available"
        ),
        read=_toolchain,
        place=_toolchain_place,
        rank=Rank.ROOT,
        title="{who} requires Go {want}; the image has {have}",
        message="{said}: {who} requires go >= {want} and the build runs go {have}.",
        fix="{fix}",
        link="https://go.dev/doc/toolchain",
    ),
    Rule(
        code="go-network",
        pattern=r"(?:proxy\.golang\.org|sum\.golang\.org|goproxy\.\w+)\S*\"?:.*(?:dial tcp|no such host|i/o timeout|connection re|TLS handshake timeout|EOF|deadline exceeded|50\d )|(?:50[023] [A-Z]\w+).*golang\.org",
        nowhere=True,
        blame=Blame.UNKNOWN,
        rank=Rank.ROOT,
        title="The Go module proxy could not be reached",
        message="proxy.golang.org did not answer (a network failure); it is not in your change.",
        fix="Run it again; with a private network, set GOPROXY or commit vendor/.",
    ),
    Rule(
        code="go-sum",
        pattern=(
            r"^(?:go: )?(?:(?P<path>[\w./@-]+\.go):(?P<line>\d+):\d+: )?(?:(?P<name>[^\s@]+)@(?P<version>\S+?)(?: requires\b.*)?: )?"
            r"(?:missing go\.sum entry(?: for (?:module providing package (?P<name2>\S+)|go\.mod file|module))?"
            r"|updates to go\.(?:mod|sum) needed|updating go\.(?:mod|sum): .*"
            r"|verifying (?P<name3>[^\s@]+)@(?P<version2>[^\s/:]+)\S*: checksum mismatch|checksum mismatch)"
        ),
        read=_sum,
        place=_sum_place,
        rank=Rank.ROOT,
        title="go.sum does not fit go.mod: {name}",
        message="{said} ({name} {version}): go.mod and go.sum have to be brought up to date.",
        fix="Run {offer} (then go mod tidy) and commit go.mod and go.sum.",
        link="https://go.dev/ref/mod#go-sum-files",
    ),
    Rule(
        code="go-vendor",
        pattern=r"^go: (?P<said>inconsistent vendoring in \S+)|^(?:go: )?(?P<said2>.*(?:is explicitly required in go\.mod, but vendor/modules\.txt|not marked as explicit in vendor/modules\.txt|cannot find (?:module|package) .*-mod=vendor).*)",
        read=lambda hit: {**(_inconsistent(hit) or {}), "said": hit["said"] or hit["said2"].strip()},
        place=first(_required, whole_file("modules.txt"), whole_file("go.mod")),
        rank=Rank.ROOT,
        title="vendor/ does not fit go.mod: {name} {version}",
        message="{said}: {name}@{version} {why}",
        fix="Run go mod vendor and commit vendor/ with go.mod and go.sum (or take vendor/ out of the repository).",
    ),
    Rule(
        code="go-module",
        pattern=r"^(?:go: |go get: |go install: |go mod \w+: |\t)(?:module )?(?P<name>[\w.~/-]+/[\w.~/-]+)(?:@(?P<version>[^\s:]+))?(?: \((?P<note>[^)]*)\))?: (?P<said>.+)",
        read=_module,
        place=_module_place,
        rank=Rank.ROOT,
        title="{at}: {said}",
        message="go: {at}: {said} {more}",
        fix="{fix}",
    ),
    Rule(
        code="go-cycle",
        pattern=r"import cycle not allowed",
        read=_cycle,
        place=_cycle_place,
        rank=Rank.ROOT,
        title="import cycle not allowed: {importer} imports {name}",
        message="import cycle not allowed: {chain}.",
        fix="Move what both packages need into a third one that imports neither, or drop the import of {name}.",
    ),
    Rule(
        code="go-two-packages",
        pattern=r"found packages (?P<one>\w+) \((?P<first>[^)]+)\) and (?P<two>\w+) \((?P<second>[^)]+)\) in (?P<folder>\S+)",
        place=_packages_place,
        rank=Rank.ROOT,
        title="Two packages in one folder: {one} and {two}",
        message="found packages {one} ({first}) and {two} ({second}) in {folder}: a folder holds one package.",
        fix="Write the same package name in {first} and {second}, or move one of them to its own folder.",
    ),
    Rule(
        code="go-no-files",
        pattern=r"(?:^|: )(?P<said>(?:no (?:non-test )?Go files in|no Go source files|cannot find package \"\.\" in|stat \S+: directory not found|directory \S+ is contained in a module that is not one|directory \S+ outside (?:main module|available modules|modules listed)|pattern \S+: directory prefix \S+ does not contain|no packages to (?:test|build|vet)|named files must (?:all be in one directory|be \.go files)|lstat \S+: no such file or directory|directory not found).*)",
        read=lambda hit: {"said": hit["said"].rstrip(":")} if _is_go(hit) else None,
        rank=Rank.ROOT,
        only=BUILD,
        title="{said}",
        message="go: {said}: the folder that go was given has no package to build.",
        fix="Give go build the folder of package main (./cmd/…, seen from WORKDIR), and COPY the sources before it.",
    ),
    Rule(
        code="go-no-module",
        pattern=r"(?P<said>(?:go\.mod file not found in current directory or any parent directory|cannot find main module|working directory is not part of a module|go: no modules were found in the current workspace|version is required when current directory is not in a module|'go get' is no longer supported outside a module).*)",
        place=lambda hit: failing_instruction(hit) or whole_file("go.mod", "main.go")(hit),
        rank=Rank.ROOT,
        title="There is no go.mod where go runs",
        message="{said}",
        fix="COPY go.mod (and go.sum) to WORKDIR before this instruction; if the repository has none, run go mod init and commit it.",
    ),
    Rule(
        code="go-work",
        pattern=r"go: cannot load module (?P<name>\S+) listed in go\.work file: (?P<said>.+)",
        place=matching(r"^\s*(?:use\s+)?(?:\./)?{name}\s*(?://.*)?$", "go.work"),
        rank=Rank.ROOT,
        title="go.work lists {name}, which is not there",
        message="go: cannot load module {name} listed in go.work file: {said}",
        fix="COPY {name} into the image too, leave go.work out (GOWORK=off), or take {name} out of go.work.",
    ),
    Rule(
        code="go-cgo-compiler",
        pattern=r"C compiler \"(?P<name>[^\"]+)\" not found|^(?:go: |# \S+: )?(?:cgo: )?exec: \"(?P<name2>gcc|g\+\+|clang|cc)\": executable file not found in \$PATH|^cgo: exec (?P<name3>\S+): exec:",
        read=lambda hit: {"name": hit["name"] or hit["name2"] or hit["name3"]},
        rank=Rank.ROOT,
        only=BUILD,
        title="cgo needs {name}, which is not in the image",
        message='cgo: C compiler "{name}" not found: exec: "{name}": executable file not found in $PATH.',
        fix="Build with CGO_ENABLED=0, or install the compiler before this line (apk add build-base, apt-get install -y gcc libc6-dev).",
    ),
    Rule(
        code="go-cgo-library",
        pattern=r"^Package (?P<name>[\w.+-]+) was not found in the pkg-config search path|^pkg-config: exec: \"(?P<name2>pkg-config)\"|^(?:go build \S+: )?exec: \"(?P<name3>pkg-config)\": executable file not found",
        read=lambda hit: (
            {"name": hit["name"] or "pkg-config"}
            if hit.find(r"^# pkg-config|go build|\.go:\d+|^go: downloading") or _is_go(hit)
            else None
        ),
        rank=Rank.ROOT,
        only=BUILD,
        title="cgo needs {name}, which is not in the image",
        message="Package {name} was not found in the pkg-config search path.",
        fix="Install {name}'s -dev package and pkg-config before this line (apt-get install -y pkg-config lib{name}-dev; apk add pkgconf {name}-dev).",
    ),
    Rule(
        code="go-generate",
        pattern=r"^(?P<path>[\w./-]+\.go):(?P<line>\d+): running \"(?P<name>[^\"]+)\": (?P<said>.+)",
        place=_at,
        rank=Rank.ROOT,
        only=BUILD,
        title="go generate cannot run {name}",
        message='{path}:{line}: running "{name}": {said}',
        fix="Install {name} before go generate (go install …@version), or commit what it generates.",
    ),
    Rule(
        code="go-no-main",
        pattern=r"function main is undeclared in the main package|(?:package|go run: cannot run non-main package) ?(?P<name>\S*) is not a main package|go run: cannot run non-main package",
        place=first(anywhere(r"^\s*package main\b", ".go"), failing_instruction),
        rank=Rank.ROOT,
        title="There is no func main in the package that is built",
        message="function main is undeclared in the main package.",
        fix="Write func main() in package main, or build the folder that has it.",
    ),
    Rule(
        code="go-cache",
        pattern=r"(?:failed to initialize build cache at|build cache is required, but could not be located|could not create module cache|go: could not create).*(?P<said>permission denied|read-only|not defined|neither .*)",
        rank=Rank.ROOT,
        title="Go cannot write its cache: {said}",
        message="failed to initialize build cache: {said}.",
        fix="Set HOME or GOCACHE and GOMODCACHE to a folder that this USER may write, or build before USER.",
    ),
    Rule(
        code="go-killed",
        pattern=r"(?:/tool/linux_\w+/(?:compile|link)|go build [\w./-]+|^\S+): signal: killed",
        rank=Rank.ROOT,
        only=BUILD,
        title="The Go compiler was killed: the build machine is out of memory",
        message="compile: signal: killed (out of memory).",
        fix="Use a build machine with more memory (options: machineType: E2_HIGHCPU_8), or build with -p 1.",
    ),
    Rule(
        code="go-test",
        pattern=r"^\s+(?P<path>[\w./-]+\.go):(?P<line>\d+):(?: (?P<said>.*))?$",
        read=_test,
        place=_at,
        many=True,
        rank=Rank.ROOT,
        title="{test}: {said}",
        message="{test} failed at {path}:{line}: {said}",
        fix="Correct the code so that {test} holds, or the test if it expects the wrong thing.",
    ),
    Rule(
        code="go-test",
        pattern=r"^\s*--- FAIL: (?P<test>\S+)",
        read=_test_alone,
        place=_test_function,
        rank=Rank.SYMPTOM,
        title="{test} failed",
        message="--- FAIL: {test} {said}",
        fix="Correct the code so that {test} holds, or the test.",
    ),
    Rule(
        code="go-race",
        pattern=r"^WARNING: DATA RACE",
        read=lambda hit: {} if _frame(hit) else None,
        place=_frame,
        rank=Rank.ROOT,
        title="DATA RACE: two goroutines use the same variable",
        message="WARNING: DATA RACE: race detected during execution.",
        fix="Guard the variable on this line with a sync.Mutex, or pass it through a channel.",
    ),
    Rule(
        code="go-panic",
        pattern=r"^\s*panic: (?P<said>.+)|^fatal error: (?P<said2>.+)",
        read=_panic,
        place=lambda hit: _frame(hit) or _env_tag(hit) or _said_by(hit),
        title="panic: {said}",
        message="panic: {said}",
        fix="{fix}",
    ),
    Rule(
        code="go-sqlite-cgo",
        pattern=r"Binary was compiled with 'CGO_ENABLED=0', (?P<name>\S+) requires cgo",
        place=first(matching(r"CGO_ENABLED=0", "Dockerfile"), manifest("go")),
        rank=Rank.ROOT,
        title="{name} needs cgo; the binary was built with CGO_ENABLED=0",
        message="Binary was compiled with 'CGO_ENABLED=0', {name} requires cgo to work. This is a stub.",
        fix="Build with CGO_ENABLED=1 (gcc in the build stage, glibc in the image that runs), or use modernc.org/sqlite.",
    ),
    Rule(
        code="go-certificates",
        pattern=r"(?:tls: failed to verify certificate: )?x509: (?:certificate signed by unknown authority|failed to load system roots)",
        read=lambda hit: {} if _is_go(hit) else None,
        place=lambda hit: (
            _final_image(hit) if hit.section.kind is Kind.CONTAINER else failing_instruction(hit)
        ),
        title="The image has no CA certificates",
        message="x509: certificate signed by unknown authority.",
        fix="COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ (or install ca-certificates, or use gcr.io/distroless/static).",
    ),
    Rule(
        code="go-time-zone",
        pattern=r"unknown time zone (?P<name>[\w/+-]+)",
        read=lambda hit: {} if _is_go(hit) else None,
        place=first(anywhere(r'"{name}"', ".go"), _final_image),
        title="The image does not know the time zone {name}",
        message="unknown time zone {name}: the image has no tzdata.",
        fix='Install tzdata in the image that runs, or import _ "time/tzdata".',
    ),
    Rule(
        code="go-fatal",
        pattern=(
            r"(?i)\b(?:fatal|error|missing|required|not set|must be|cannot|can't|could not|couldn't|failed|unable|invalid|"
            r"no such file|refused|not found|denied|undefined|empty|unset|timeout|unknown|unsupported|not configured|is not|panic)\b"
        ),
        read=lambda hit: _fatal(hit) if _is_go(hit) else None,
        place=_fatal_place,
        rank=Rank.CAUSE,
        only=frozenset({Kind.CONTAINER}),
        last=True,
        title="{said}",
        message="The program ended with: {said}",
        fix="{fix}",
    ),
    Rule(
        code="go-command",
        pattern=r"^go(?: (?:build|get|install|run|test|mod \w+|vet|generate|list|work \w+))?: (?P<said>.+)|^(?P<said2>flag provided but not defined: .+)",
        read=lambda hit: None if hit["said"].startswith("warning: ") else _command_line(hit),
        place=lambda hit: failing_instruction(hit),
        only=BUILD,
        title="go: {said}",
        message="go: {said} {more}",
        fix="Correct what the go command is given: {said}.",
    ),
)


def _other_rule(hit: Hit) -> bool:
    said = hit["said"]
    return bool(
        re.match(r"no required module|package \S+ is not in (?:std|GOROOT)|cannot find (?:package|module providing)|"
                 r"module \S+ (?:found|provides)|ambiguous import|missing go\.sum|running \"", said)
    )  # fmt: skip


def _mod_fix(said: str, line: str) -> str:
    if match := re.search(r"invalid go version '?([\d.]+)", said):
        short = ".".join(match[1].split(".")[:2])
        return f"Write go {short} on line {line} of go.mod, or build with Go 1.21 or newer, which reads versions such as {match[1]}."
    if match := re.search(r"unknown (?:directive|block type): (\w+)", said):
        return f"Remove {match[1]} from go.mod, or build with a Go that knows it (toolchain 1.21, tool 1.24)."
    return f"Correct line {line} of go.mod: {said}."


def _command_line(hit: Hit) -> Mapping[str, str] | None:
    if hit["said2"]:
        return {"said": hit["said2"], "more": ""} if hit.find(r"usage: go ") else None
    if re.match(r"errors parsing|\S+@\S+|go\.mod:|updates to|inconsistent vendoring", hit["said"]):
        return None
    return _command(hit)
