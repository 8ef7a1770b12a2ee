"""Rust: what rustc, cargo and its build scripts, tests and programs say, in the wordings of all editions."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
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
    matching,
    nearest_first,
    repository_path,
    whole_file,
)
from app.diagnosis.rule import Hit, Rank, Rule, once_per_log
from app.model import Blame, Place

BUILD = frozenset({Kind.STEP, Kind.INSTRUCTION})
_ARROW = re.compile(r"\s*--> (?P<path>[^\s:]+):(?P<line>\d{1,7})(?::\d+)?$")
_REGISTRY = re.compile(
    r"/(?:registry/src/[^/]+|git/checkouts)/(?P<name>[\w-]+?)-(?P<version>\d[\w.+-]*|[0-9a-f]{16})/"
)


def _manifests(hit: Hit) -> tuple[str, ...]:
    return nearest_first(hit, hit.files.named("Cargo.toml"))


@once_per_log
def _is_rust(hit: Hit) -> bool:
    return bool(hit.files.named("Cargo.toml")) or any(p.endswith(".rs") for p in hit.files.paths)


def _arrow(hit: Hit) -> re.Match[str] | None:
    """The ` --> src/main.rs:1:5` under an error, before the next error begins."""
    for line in hit.after(30):
        if match := _ARROW.match(line):
            return match
        if re.match(r"(?:error|warning)(?:\[E\d+\])?: |\s+(?:Compiling|Checking) ", line):
            return None
    return None


def _own(hit: Hit, path: str, line: str) -> Place | None:
    found = repository_path(hit.files, path, hit)
    return hit.files.place(found, int(line)) if found else None


def _locked(hit: Hit) -> Place | None:
    """Where Cargo.lock names the crate."""
    return matching(r'^name = "{name}"', "Cargo.lock")(hit)


def _crate(hit: Hit, name: str) -> Place | None:
    words = {**hit.words, "name": name}
    return (
        dependency_line(hit, "rust", name)
        or dependency_line(hit, "rust", name.replace("_", "-"))
        or _locked(replace(hit, words=words))
    )


# The compiler


def _error(hit: Hit) -> Mapping[str, str] | None:
    said = hit["said"]
    if re.match(r"could not compile|aborting due to|process didn't exit|test failed|\d+ target", said):
        return None
    arrow = _arrow(hit)
    if arrow is None:
        return None
    labels = [
        match[1].strip()
        for line in hit.after(14)
        if (match := re.search(r"\|.*?[\^-] ([^\^\-|`=].*|`.*)$", line)) and not line.strip().startswith("=")
    ]
    said_help = next(
        (m[1] for line in hit.after(30) if (m := re.match(r"\s*(?:= )?help: (.+)", line))),
        "",
    )
    place = _own(hit, arrow["path"], arrow["line"])
    return {
        "path": arrow["path"],
        "line": arrow["line"],
        "code": hit["code"],
        "head": f"{hit['code']}: {said}" if hit["code"] else said,
        "more": "; ".join(dict.fromkeys(labels[:3])),
        "fix": _error_fix(hit, said, arrow, said_help, place),
        "variable": _quoted(said) if "not defined at compile time" in said else "",
    }


def _quoted(words: str) -> str:
    match = re.search(r"`([^`]+)`", words)
    return match[1] if match else ""


_MISSING_CRATE = re.compile(
    r"(?:unresolved import|use of (?:undeclared|unresolved) (?:crate or module|module or unlinked crate|type or module)|"
    r"failed to resolve: (?:use of (?:undeclared|unresolved) \D*?|maybe a missing crate )|can't find crate for|"
    r"cannot find (?:module or crate|crate)|maybe a missing crate) ?`(?P<name>[\w:]+)`"
)
_DERIVES = {"serde": 'serde = { version = "1", features = ["derive"] }', "tokio": 'tokio = { version = "1", features = ["full"] }'}  # fmt: skip


def _error_fix(hit: Hit, said: str, arrow: re.Match[str], said_help: str, place: Place | None) -> str:
    where = f"line {arrow['line']} of {arrow['path']}"
    if match := _REGISTRY.search(arrow["path"]):
        name = match["name"]
        return f"{name} {match['version']} does not build with this Rust: cargo update -p {name} and commit Cargo.lock, or pin another rust image in FROM."
    if match := _MISSING_CRATE.search(said):
        name = match["name"].split("::")[0]
        if name not in ("crate", "self", "super", "std", "core", "alloc") and not _is_module(hit, name):
            entry = _DERIVES.get(name, f'{name} = "…"')
            return f"Add {entry} to [dependencies] of Cargo.toml (cargo add {name}) and commit Cargo.lock."
    if "similar name exists" in said_help or "did you mean" in said_help:
        wanted = _suggested(hit)
        if wanted:
            return f"Write {wanted} on {where}."
    if match := re.search(r"environment variable `(\w+)` not defined at compile time", said):
        return f"Give the build {match[1]} (ARG and ENV {match[1]} in the Dockerfile), or read it when the program starts."
    if "cargo sqlx prepare" in said or "no cached data for this query" in said or "DATABASE_URL" in said:
        return "Run cargo sqlx prepare, commit .sqlx, and build with SQLX_OFFLINE=true."
    if match := re.search(r"couldn't read `?([^`:]+)`?:", said):
        return f"Add {match[1]} to the repository and COPY it before cargo build."
    if "file not found for module" in said:
        return (
            f"Create the file of module {_quoted(said)}, or remove its mod line ({where}); COPY all of src/."
        )
    if hit.find_after(r"implied by `(?:-D|#\[deny|#!\[deny)", 20) or "unused" in said:
        return f"Remove or use it on {where} (a leading underscore keeps a variable); warnings are errors in this build."
    if said_help and len(said_help) < 200:
        return f"On {where}: {said_help}."
    told = f"; rustc --explain {hit['code']} tells more" if hit["code"] else ""
    return f"Correct {where}{told}."


def _suggested(hit: Hit) -> str:
    lines = hit.after(24)
    for line in lines:
        if match := re.search(
            r"similar name exists[^:]*: `([^`]+)`|did you mean(?: to write)?:? `([^`]+)`", line
        ):
            return match[1] or match[2]
    after_help = next((n for n, line in enumerate(lines) if "similar name exists" in line), 0)
    return next(
        (m[1].strip() for line in lines[after_help:] if (m := re.match(r"\s*\d+\s*[+|]\s(.+)$", line))),
        "",
    )


def _is_module(hit: Hit, name: str) -> bool:
    return any(p.endswith((f"/{name}.rs", f"/{name}/mod.rs")) for p in hit.files.paths)


def _error_place(hit: Hit) -> Place | None:
    if place := _own(hit, hit["path"], hit["line"]):
        return place
    if match := _REGISTRY.search(hit["path"]):
        return _crate(hit, match["name"])
    return None


# Cargo


_POPULAR = (
    "serde", "serde_json", "serde_yaml", "tokio", "axum", "actix-web", "rocket", "warp", "hyper", "reqwest", "tower",
    "tower-http", "tracing", "tracing-subscriber", "anyhow", "thiserror", "clap", "chrono", "time", "uuid", "rand",
    "regex", "sqlx", "diesel", "sea-orm", "redis", "mongodb", "tonic", "prost", "futures", "async-trait", "bytes",
    "once_cell", "lazy_static", "log", "env_logger", "dotenv", "dotenvy", "config", "base64", "sha2", "jsonwebtoken",
    "itertools", "rayon", "parking_lot", "dashmap", "url", "http", "askama", "tera", "lettre", "openssl", "rustls",
)  # fmt: skip


def _dependency(hit: Hit) -> Mapping[str, str] | None:
    name = next((hit[f"name{n}"] for n in ("", 2, 3, 4) if hit[f"name{n}"]), "")
    if not name:
        return None
    lines = [line.strip() for line in hit.after(30)]
    more = " ".join(
        line
        for line in lines[:24]
        if re.match(r"candidate versions|versions that meet|required by|perhaps you meant|the package `|package `|help: |.*did not match", line)
    )  # fmt: skip
    meant = re.search(r"perhaps you meant:?\s+`?([\w-]+)|a package with a similar name exists: `([\w-]+)`", " ".join(lines[:10]))  # fmt: skip
    versions = re.search(r"(?:candidate versions found which didn't match|versions that meet the requirements `[^`]*` are): ([\d.]+)", more)  # fmt: skip
    wanted = re.search(r"requirement `[\w-]+ = \"([^\"]+)\"`", hit.line)
    feature = re.search(r"with features?:? `([^`]+)`|feature `([^`]+)`", more)
    if meant:
        fix = f"Write {meant[1] or meant[2]} instead of {name} in Cargo.toml."
    elif feature:
        fix = f"Take the feature {feature[1] or feature[2]} from {name} in Cargo.toml, or write one that {name} has."
    elif versions and wanted:
        fix = f'Write {name} = "{versions[1]}" in Cargo.toml instead of {wanted[1]}, and commit Cargo.lock.'
    elif near := difflib.get_close_matches(name, _POPULAR, 1, 0.8):
        fix = f"Write {near[0]} instead of {name} in Cargo.toml."
    elif "offline mode" in " ".join(lines[:6]):
        fix = f"Build without --offline, or vendor {name} (cargo vendor)."
    else:
        fix = (
            f"Correct {name} in Cargo.toml (cargo search {name} shows what there is), and commit Cargo.lock."
        )
    said = hit.line.removeprefix("error: ").strip()
    if said.startswith("searched package name"):
        said = f"no matching package named `{name}` found"
    return {"name": name, "more": more, "said": said, "fix": fix}


def _dependency_place(hit: Hit) -> Place | None:
    return dependency_line(hit, "rust", hit["name"]) or _locked(hit) or failing_instruction(hit)


def _causes(hit: Hit, count: int = 14) -> str:
    """What stands under `Caused by:`, as one sentence."""
    told: list[str] = []
    for line in hit.after(count):
        if re.match(r"error(?:\[E\d+\])?: |warning: |#\d", line):
            break
        bare = line.strip()
        if bare and bare != "Caused by:" and not bare.startswith("note: "):
            told.append(bare)
    return "; ".join(told)


def _manifest(hit: Hit) -> Mapping[str, str] | None:
    said = _causes(hit)
    line = re.search(r"TOML parse error at line (\d+)", said)
    missing = re.search(r"feature `?(edition\d+)`? is required|older than the `(\d+)` edition", said)
    registry = _REGISTRY.search(hit["path"])
    if "no targets specified" in said:
        fix = "Add src/main.rs or src/lib.rs, and COPY src before this cargo command (or make a dummy src/main.rs there)."
    elif missing:
        who = f"{registry['name']} {registry['version']}" if registry else "this package"
        fix = f"Use a newer rust image in FROM: {who} needs the {missing[1] or missing[2]} edition."
    else:
        fix = f"Correct {hit['path'].rpartition('/')[2]}: {said[:160]}."
    return {"said": said, "at": line[1] if line else "", "fix": fix}


def _manifest_place(hit: Hit) -> Place | None:
    said = hit["said"]
    if match := _REGISTRY.search(hit["path"]):
        return base_image(hit) or _crate(hit, match["name"])
    path = repository_path(hit.files, hit["path"], hit)
    if "no targets specified" in said:
        has_source = any(p.endswith(("src/main.rs", "src/lib.rs")) for p in hit.files.paths)
        return (failing_instruction(hit) if has_source else None) or hit.files.place(path, 1)
    if not path:
        return None
    if hit["at"]:
        return hit.files.place(path, int(hit["at"]))
    for pattern in _manifest_words(said):
        if line := hit.files.search(path, pattern):
            return hit.files.place(path, line)
    return hit.files.place(path, 1)


def _manifest_words(said: str) -> list[str]:
    if "edition" in said:
        return [r"^\s*edition\b", r"^cargo-features"]
    words = re.findall(r"`([\w./@-]+)`", said) + re.findall(r"for key `[\w-]+\.([\w-]+)`", said)
    return [rf"\b{re.escape(word.rpartition('.')[2])}\b" for word in words]


def _lock(hit: Hit) -> Mapping[str, str] | None:
    missing = _not_locked(hit)
    name = missing[1] if missing else ""
    said = hit.line.strip().removeprefix("error: ")
    return {
        "said": said,
        "name": f": {name} is not in it" if name else "",
        "fix": "Run cargo build (or cargo update --workspace) and commit Cargo.lock."
        + (
            ""
            if hit.files.named("Cargo.lock")
            else " It is not in the repository: take it out of .gitignore."
        ),
    }


def _not_locked(hit: Hit) -> tuple[Place, str] | None:
    """The dependency of Cargo.toml that Cargo.lock does not have."""
    locked: set[str] = set()
    for path in hit.files.named("Cargo.lock"):
        locked |= {m[1] for line in hit.files.lines(path) if (m := re.match(r'name = "([^"]+)"', line))}
    if not locked:
        return None
    for path in _manifests(hit):
        inside = False
        for number, line in enumerate(hit.files.lines(path), 1):
            if line.startswith("["):
                inside = "dependencies]" in line
            elif inside and (m := re.match(r"([\w-]+)(?:\.\w+)?\s*=", line)):
                renamed = re.search(r"package\s*=\s*\"([^\"]+)\"", line)
                name = renamed[1] if renamed else m[1]
                if name not in locked and (place := hit.files.place(path, number)):
                    return place, name
    return None


def _lock_place(hit: Hit) -> Place | None:
    missing = _not_locked(hit)
    if missing:
        return missing[0]
    if not hit.files.named("Cargo.lock"):
        return failing_instruction(hit) or whole_file("Cargo.toml")(hit)
    return whole_file("Cargo.lock")(hit)


def _lock_format(hit: Hit) -> Mapping[str, str]:
    said = _causes(hit)
    version = re.search(r"lock file version `?(\d+)`?", said)
    line = re.search(r"at line (\d+)", said)
    return {
        "said": said,
        "at": line[1] if line else "",
        "version": version[1] if version else "",
        "fix": "Use a newer rust image in FROM (version 4 needs Rust 1.78 or newer), or write the lock file with the older cargo."
        if version
        else "Run cargo generate-lockfile and commit a Cargo.lock without conflict marks.",
    }


def _lock_format_place(hit: Hit) -> Place | None:
    if hit["version"]:
        return matching(r"^version\s*=", "Cargo.lock")(hit) or base_image(hit)
    path = next(iter(nearest_first(hit, hit.files.named("Cargo.lock"))), "")
    return hit.files.place(path, int(hit["at"] or 1)) if path else None


def _failed_dependency(hit: Hit) -> Mapping[str, str] | None:
    said = _causes(hit, 30)
    if re.search(_UNREACHED, said):
        return None
    path = re.search(r"failed to read `([^`]+)`", said)
    if path and (near := _own_manifest(hit, path[1].removesuffix("Cargo.toml"))):
        fix = f"COPY {near.rpartition('/')[0]} into the image too: it is not where Cargo.toml looks for it."
    elif path:
        fix = f"Correct the path of {hit['name']} in Cargo.toml: {path[1]} is not there (COPY it into the image, or publish it)."
    elif "authenticat" in said or "git" in said:
        fix = f"Give the build the right to fetch {hit['name']}'s repository (net.git-fetch-with-cli and credentials), or correct its url and revision in Cargo.toml."
    else:
        fix = f"Correct {hit['name']} in Cargo.toml."
    return {"said": said, "fix": fix}


_UNREACHED = r"ould not resolve host|Couldn't resolve host|onnection refused|onnection reset|timed out|imeout was reached|SSL connect error|(?:got|code) 50\d|failed to connect to|spurious network"


def _member(hit: Hit) -> Mapping[str, str]:
    said = _causes(hit)
    folder = hit["path"].rstrip("/")
    known = [p for p in hit.files.paths if p.endswith(f"{folder.rpartition('/')[2]}/Cargo.toml")]
    name = "/".join(known[0].split("/")[:-1]) if known else folder.rpartition("/")[2]
    fix = (
        f"COPY {name} into the image before cargo runs; the workspace lists it as a member."
        if known
        else f"Take {name} out of members in Cargo.toml, or add its Cargo.toml."
    )
    return {"said": said, "name": folder.rpartition("/")[2], "fix": fix}


def _own_manifest(hit: Hit, folder: str) -> str:
    """The repository's Cargo.toml of that very folder."""
    found = repository_path(hit.files, folder.rstrip("/") + "/Cargo.toml", hit)
    return found if found.endswith(f"{folder.rstrip('/').rpartition('/')[2]}/Cargo.toml") else ""


def _member_place(hit: Hit) -> Place | None:
    own = _own_manifest(hit, hit["path"])
    if own and "No such file" not in hit["said"]:
        return hit.files.place(own, 1)
    named = matching(r"[\"/]{name}\"", "Cargo.toml")(hit) or matching(r"^\s*members\b", "Cargo.toml")(hit)
    return (failing_instruction(hit) if own else None) or named


def _old_rust(hit: Hit) -> Mapping[str, str] | None:
    want, have, who = hit["want"], hit["have"], hit["name"]
    for line in hit.after(6):
        if match := re.match(r"\s+(\S+) requires rustc ([\d.]+)", line):
            who, want = who or match[1], want or match[2]
    if not want:
        return None
    who = who.partition(" (")[0]
    return {
        "want": want,
        "have": have or "an older one",
        "who": who or "this package",
        "said": hit.line.removeprefix("error: ").strip(),
        "fix": f"Use rust:{'.'.join(want.split('.')[:2])} or newer in FROM (or rust-toolchain.toml), or an older {re.split('[ @]', who)[0] or 'version'} (cargo update -p … --precise …).",
    }


_rust_image = matching(r"(?i)^\s*FROM\s+(?:--platform=\S+\s+)?\S*(?:rust|cargo-chef)", "Dockerfile")


def _old_rust_place(hit: Hit) -> Place | None:
    ran = hit.section.instruction
    if "cargo install" in ran:
        return failing_instruction(hit)
    return first(
        _rust_image,
        matching(r"channel", "rust-toolchain.toml"),
        whole_file("rust-toolchain"),
        matching(r"^rust-version", "Cargo.toml"),
        lambda each: _crate(each, re.split("[ @]", each["who"])[0]),
    )(hit)


# Build scripts


_SYSTEM = (
    (r"OpenSSL|openssl", "openssl", "apt-get install -y pkg-config libssl-dev, or use rustls"),
    (r"`?protoc`?\b", "protoc", "apt-get install -y protobuf-compiler (apk add protoc)"),
    (r"libclang", "libclang", "apt-get install -y clang libclang-dev (apk add clang-dev)"),
    (r"is `?cmake`? not installed|Missing dependency: cmake|`cmake` is required", "cmake", "apt-get install -y cmake"),
    (r"pkg-config command could not be found|Could not run `.*pkg-config|pkg_config", "pkg-config", "apt-get install -y pkg-config"),
    (r"[Ff]ailed to find tool\. Is `([^`]+)` installed", "", "apt-get install -y build-essential (apk add build-base)"),
    (r"libpq", "libpq", "apt-get install -y libpq-dev"),
    (r"mysqlclient", "mysqlclient", "apt-get install -y default-libmysqlclient-dev"),
    (r"sqlite3", "sqlite3", "apt-get install -y libsqlite3-dev, or use the feature bundled"),
    (r"alsa", "alsa", "apt-get install -y libasound2-dev"),
    (r"libudev", "libudev", "apt-get install -y libudev-dev"),
    (r"\bperl\b", "perl", "apt-get install -y perl"),
)  # fmt: skip


def _build_script(hit: Hit) -> Mapping[str, str] | None:
    crate, _, version = hit["name"].partition(" v")
    version = version.partition(" ")[0]
    if "(/" in hit["name"] and "registry" not in hit["name"]:
        own_panic = hit.find_after(r"panicked at (?:'.*', )?(?P<path>[\w./-]*build\.rs):(?P<line>\d+)", 60)
        if own_panic and _own(hit, own_panic["path"], own_panic["line"]):
            return None
    said = "\n".join(hit.after(80))
    library = re.search(r"system library `([^`]+)` required by crate", said)
    missing, install = "", ""
    for pattern, name, how in _SYSTEM:
        if match := re.search(pattern, said):
            missing = name or (match[1] if match.groups() else "")
            install = how
            break
    if library:
        missing, install = (
            library[1],
            f"apt-get install -y pkg-config and the -dev package of {library[1]}"
            if not install
            else f"{install} ({library[1]})",
        )
    told = _telling(hit)
    return {
        "crate": crate,
        "version": version,
        "missing": f": {missing} is missing" if missing else "",
        "said": told,
        "fix": f"Install what {crate} needs before this line: {install}."
        if install
        else f"Install what the build script of {crate} asks for before this line: {told[:160]}",
    }


def _telling(hit: Hit) -> str:
    stderr = False
    told: list[str] = []
    for line in hit.after(90):
        bare = line.strip()
        if bare.startswith("--- stderr"):
            stderr = True
            continue
        if re.match(r"error(?:\[|:)", line) and not stderr:
            break
        if re.search(r"(?i)could not|couldn't|unable|not found|failed|missing|cannot|not installed|panicked|error|no such file|is `?\w+`? installed", bare) and not re.match(r"process didn't|cargo:|running|note:", bare):  # fmt: skip
            told.append(bare)
    return " ".join(dict.fromkeys(told[:6]))[:280]


def _build_place(hit: Hit) -> Place | None:
    return failing_instruction(hit) or _crate(hit, hit["crate"])


# Linking


def _linking(hit: Hit) -> Mapping[str, str]:
    told = "\n".join(line[-2000:] for line in hit.after(40))
    libraries = re.findall(
        r"(?:cannot find|unable to find library) -l([\w+.-]+)|library not found for -l(\w+)", told
    )
    names = list(dict.fromkeys(a or b for a, b in libraries))
    undefined = re.findall(r"undefined (?:reference to|symbol:?) [`']?([\w:.<>]+)", told)
    if names:
        said, fix = (
            f"cannot find -l{', -l'.join(names[:4])}",
            f"Install the -dev packages of {', '.join(names[:4])} before cargo build (apt-get install -y lib{names[0]}-dev).",
        )
    elif "crti.o" in told or "crt1.o" in told:
        said, fix = "cannot find crti.o", "Install the C library's headers before cargo build: apk add musl-dev (or apt-get install -y libc6-dev)."  # fmt: skip
    elif undefined:
        said = f"undefined reference to {undefined[0]}"
        fix = f"Link the library that has {undefined[0]} (a build.rs with cargo:rustc-link-lib), and install its -dev package."
    elif "Killed" in told or "signal 9" in told:
        said, fix = "killed", "Use a build machine with more memory, or CARGO_BUILD_JOBS=1."
    else:
        said = next((line.strip() for line in hit.after(40) if re.search(r"\b(?:ld|lld|collect2|cc|clang)\S*: ", line)), "")[:200]  # fmt: skip
        fix = "Install the linker and the libraries it asks for before cargo build."
    return {"said": said, "fix": fix, "symbol": undefined[0] if undefined else ""}


def _linking_place(hit: Hit) -> Place | None:
    return failing_instruction(hit) or whole_file("build.rs")(hit)


# Tests and programs


def _panic(hit: Hit) -> Mapping[str, str] | None:
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
    place = (_own(hit, path, line) if path else None) or _backtrace(hit)
    if place is None and "main" not in hit["thread"]:
        return None
    source = hit.files.lines(place.path)[place.line - 1] if place else ""
    name = re.search(r"(?:env::var|env!|var_os|dotenv::var|env)\w*\(\s*\"(\w+)\"", source)
    return {
        "said": f"{said} ({name[1]})" if name and name[1] not in said else said,
        "at": f"{place.path}:{place.line}" if place else f"{path}:{line}",
        "who": "" if hit["thread"] in ("main", "") else hit["thread"],
        "fix": _panic_fix(said, name[1] if name else "", hit["thread"]),
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


def _backtrace(hit: Hit) -> Place | None:
    for line in hit.after(120):
        if match := re.match(r"\s+at (\S+\.rs):(\d{1,7})", line):
            if "/rustc/" in match[1] or _REGISTRY.search(match[1]):
                continue
            if place := _own(hit, match[1], match[2]):
                return place
    return None


def _panic_place(hit: Hit) -> Place | None:
    path, _, line = hit["at"].rpartition(":")
    return hit.files.place(path, int(line)) if line.isdecimal() else None


_ERRORS = r"(?:context|anyhow!|bail!|expect|wrap_err|error|eprintln!|panic!|ok_or|map_err|Err)\W{1,6}(?:\|\w*\| ?)?(?:\w+!?\()?\"(?P<text>[^\"]{5,})\""


def _ended(hit: Hit) -> Mapping[str, str] | None:
    if not _is_rust(hit) or hit["said"].startswith("("):
        return None
    place = _ended_place(hit)
    name = re.search(r"\b([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)\b", hit["said"])
    fix = (
        f"Set {name[1]} on the service."
        if name
        else "Give main what it asks for there, or handle the error before it ends the program."
    )
    return (
        {"fix": fix, "more": _causes(hit, 6) if hit.find_after(r"^Caused by:", 3) else ""} if place else None
    )


def _ended_place(hit: Hit) -> Place | None:
    sources = sorted((p for p in hit.files.paths if p.endswith(".rs")), key=lambda p: (p.count("/"), p))
    told = f"{hit['said']} {_causes(hit, 6)}"
    for path in nearest_first(hit, tuple(sources[:2000])):
        for number, line in enumerate(hit.files.lines(path), 1):
            if '"' in line and (match := re.search(_ERRORS, line[:400])):
                parts = [part.strip() for part in re.split(r"\{[^}]*\}", match["text"])]
                if max(map(len, parts)) >= 5 and all(part in told for part in parts):
                    return hit.files.place(path, number)
    if "NotPresent" in told or "environment variable not found" in told:
        return anywhere(r"env::var\(.*\?", ".rs")(hit)
    return None


def _command(hit: Hit) -> Mapping[str, str] | None:
    said = hit["said"]
    if re.match(r"could not compile|aborting due|process didn't|test failed|failed to|linking with|no matching|\d+ target|doctest failed", said):  # fmt: skip
        return None
    if not hit.find(
        r"^\s+(?:Compiling|Updating|Downloaded|Running|Finished) |cargo|rustup|rustc"
    ) and not _is_cargo(hit):
        return None
    options = [line.strip() for line in hit.after(12) if line.startswith("    ")]
    named = _quoted(said)
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
    return "cargo" in ran or "rustup" in ran or "rustc" in ran or _is_rust(hit)


def _final_image(hit: Hit) -> Place | None:
    found = failing_dockerfile(hit)
    if found is None or not found[1].stages:
        return None
    return hit.files.place(found[0], found[1].stages[-1].line)


RULES: tuple[Rule, ...] = (
    Rule(
        code="rust-error",
        pattern=r"^error(?:\[(?P<code>E\d+)\])?: (?P<said>.+)",
        read=_error,
        place=_error_place,
        many=True,
        rank=Rank.ROOT,
        title="{head}",
        message="error[{code}]: {said} ({path}:{line}) {more}",
        fix="{fix}",
        link="https://doc.rust-lang.org/error_codes/error-index.html",
    ),
    Rule(
        code="rust-target",
        pattern=r"^error\[E0463\]: can't find crate for `(?P<name>std|core)`",
        read=lambda hit: (
            {
                "target": match[1]
                if (match := hit.find_after(r"the `([^`]+)` target may not be installed", 8))
                else "this"
            }
        ),
        rank=Rank.ROOT,
        title="E0463: the target {target} is not installed",
        message="error[E0463]: can't find crate for `{name}`: the `{target}` target may not be installed.",
        fix="Add RUN rustup target add {target} before this line, or targets = [...] in rust-toolchain.toml.",
    ),
    Rule(
        code="rust-dependency",
        pattern=(
            r"^(?:error: )?(?:no matching package (?:named )?(?:`(?P<name>[\w-]+)`(?: found)?|found)"
            r"|failed to select a version for (?:the requirement )?`(?P<name2>[\w-]+))"
            r"|^searched package name: `(?P<name3>[\w-]+)`"
            r"|^error: the package `[\w-]+` depends on `(?P<name4>[\w-]+)`, with features"
        ),
        read=_dependency,
        place=_dependency_place,
        rank=Rank.ROOT,
        title="{said}",
        message="{said} {more}",
        fix="{fix}",
        link="https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html",
    ),
    Rule(
        code="rust-network",
        pattern=r"(?:\[(?:6|7|28|35)\] (?:Could not|Couldn't|Timeout|SSL)|failed to (?:download|fetch) .*(?:crates\.io|static\.rust-lang)|download of config\.json failed|(?:index|static)\.crates\.io.*(?:resolve|timed out|50\d))",
        read=lambda hit: (
            {}
            if re.search(_UNREACHED, " ".join([hit.line, *hit.after(20)]))
            and not hit.line.startswith("warning: spurious")
            else None
        ),
        nowhere=True,
        blame=Blame.UNKNOWN,
        rank=Rank.ROOT,
        title="crates.io could not be reached",
        message="cargo could not download from crates.io (a network failure); it is not in your change.",
        fix="Run it again.",
    ),
    Rule(
        code="rust-path-dependency",
        pattern=r"^error: failed to (?:get|load source for dependency) `(?P<name>[\w-]+)`(?: as a dependency of package)?",
        read=_failed_dependency,
        place=_dependency_place,
        rank=Rank.ROOT,
        title="cargo cannot get {name}",
        message="failed to get `{name}` as a dependency: {said}",
        fix="{fix}",
    ),
    Rule(
        code="rust-member",
        pattern=r"^error: failed to (?:load manifest for workspace member|read) `(?P<path>[^`]+?)(?:/Cargo\.toml)?`",
        read=_member,
        place=_member_place,
        rank=Rank.ROOT,
        title="The workspace member {name} is not there",
        message="failed to load manifest for workspace member {path}: {said}",
        fix="{fix}",
    ),
    Rule(
        code="rust-manifest",
        pattern=r"^(?:error: |\s+)failed to parse manifest at `(?P<path>[^`]+)`",
        read=_manifest,
        place=_manifest_place,
        rank=Rank.ROOT,
        title="Cargo.toml: {said}",
        message="failed to parse manifest at {path}: {said}",
        fix="{fix}",
        link="https://doc.rust-lang.org/cargo/reference/manifest.html",
    ),
    Rule(
        code="rust-lock",
        pattern=r"the lock file \S+ needs to be updated but --(?:locked|frozen) was passed|cannot (?:update|create) the lock file \S+ because --(?:locked|frozen) was passed",
        read=_lock,
        place=_lock_place,
        rank=Rank.ROOT,
        title="Cargo.lock does not fit Cargo.toml{name}",
        message="{said}{name}.",
        fix="{fix}",
    ),
    Rule(
        code="rust-lock",
        pattern=r"^error: failed to parse lock file at: (?P<path>\S+)",
        read=_lock_format,
        place=_lock_format_place,
        rank=Rank.ROOT,
        title="Cargo.lock cannot be read: {said}",
        message="failed to parse lock file at {path}: {said}",
        fix="{fix}",
    ),
    Rule(
        code="rust-version",
        pattern=(
            r"^(?:error: )?(?:package `(?P<name>[^`]+)` cannot be (?:built|compiled) because it requires rustc (?P<want>[\d.]+) or newer(?:, while the currently active rustc version is (?P<have>[\d.]+))?"
            r"|cannot install package `[^`]+`, it requires rustc [\d.]+ or newer"
            r"|rustc (?:[\d.]+\S*) is not supported by the following packages?:)"
        ),
        read=lambda hit: _old_rust(_with_versions(hit)),
        place=_old_rust_place,
        rank=Rank.ROOT,
        title="{who} needs Rust {want}; the image has {have}",
        message="{said} {who} requires rustc {want}.",
        fix="{fix}",
    ),
    Rule(
        code="rust-build-script",
        pattern=r"^error: failed to run custom build command for `(?P<name>[^`]+)`",
        read=_build_script,
        place=_build_place,
        rank=Rank.ROOT,
        title="{crate} {version} does not build{missing}",
        message="failed to run custom build command for {crate} v{version}{missing}. {said}",
        fix="{fix}",
    ),
    Rule(
        code="rust-linker-missing",
        pattern=r"^error: linker `(?P<name>[^`]+)` not found",
        rank=Rank.ROOT,
        title="linker {name} not found",
        message="error: linker `{name}` not found: No such file or directory. Rust needs a C linker.",
        fix="Install it before cargo build: apt-get install -y build-essential (apk add build-base musl-dev), or use the rust image.",
    ),
    Rule(
        code="rust-linking",
        pattern=r"^error: linking with `(?P<name>[^`]+)` failed: (?P<exit>.+)",
        read=_linking,
        place=_linking_place,
        rank=Rank.ROOT,
        title="linking with {name} failed: {said}",
        message="linking with `{name}` failed: {exit} {said}",
        fix="{fix}",
    ),
    Rule(
        code="rust-toolchain",
        pattern=(
            r"^error: (?P<said>(?:toolchain '(?P<name>[^']+)' is not (?:installed|installable)|could not download nonexistent rust version `(?P<name2>[^`]+)`"
            r"|invalid (?:toolchain name|value).*'(?P<name3>[^']+)'|override toolchain '(?P<name4>[^']+)' is not installed|component '(?P<name5>[^']+)' .*is unavailable"
            r"|'(?P<name6>[\w-]+)' is not installed for the toolchain|no override and no default toolchain set|rustup could not choose a version of \w+ to run"
            r"|no release found for '(?P<name7>[^']+)').*)"
        ),
        place=first(
            matching(r"channel|components", "rust-toolchain.toml"),
            whole_file("rust-toolchain"),
            failing_instruction,
        ),
        rank=Rank.ROOT,
        title="{said}",
        message="error: {said}",
        fix="Write a Rust version that exists in rust-toolchain.toml (channel), or add the component: rustup component add.",
    ),
    Rule(
        code="rust-killed",
        pattern=r"process didn't exit successfully: `.*rustc.*\(signal: 9, SIGKILL: kill\)|rustc-LLVM ERROR: out of memory",
        rank=Rank.ROOT,
        title="rustc was killed: the build machine is out of memory",
        message="process didn't exit successfully: rustc (signal: 9, SIGKILL: kill).",
        fix="Use a build machine with more memory (options: machineType: E2_HIGHCPU_8), or CARGO_BUILD_JOBS=1.",
    ),
    Rule(
        code="rust-format",
        pattern=r"^Diff in (?P<path>\S+?\.rs)(?:(?: at line |:)(?P<line>\d+))?:?",
        place=lambda hit: _own(hit, hit["path"], hit["line"] or "1"),
        many=True,
        rank=Rank.ROOT,
        title="{path} is not formatted as rustfmt does",
        message="cargo fmt --check: Diff in {path} at line {line}.",
        fix="Run cargo fmt and commit.",
    ),
    Rule(
        code="rust-panic",
        pattern=r"thread '(?P<thread>[^']*)' (?:\(\d+\) )?panicked at (?:'(?P<said>.*?)(?:', |$))?(?:(?P<path>[^\s':]+\.rs):(?P<line>\d+)(?::\d+)?:?)?$",
        read=_panic,
        place=_panic_place,
        title="{who} panicked: {said}",
        message="thread panicked at {at}: {said} {who}",
        fix="{fix}",
    ),
    Rule(
        code="rust-ended",
        pattern=r"^Error: (?P<said>.+)",
        read=_ended,
        place=_ended_place,
        only=frozenset({Kind.CONTAINER}),
        title="{said}",
        message="Error: {said} {more}",
        fix="{fix}",
    ),
    Rule(
        code="rust-cargo",
        pattern=r"^error: (?P<said>(?:no such (?:sub)?command|no (?:bin|example|test|bench) target|package ID specification|could not find `Cargo\.toml`|manifest path|the package '|a bin target must|`cargo run` could not|none of the selected packages|there is nothing to install|could not find `[\w-]+` in|unexpected argument|Found argument|the `-Z|the option `Z|package `[\w-]+` not found|profile `[\w-]+` is not defined|invalid character|binary `[\w-]+` already exists|specified package|current package believes|multiple workspace roots|target [`']|cannot specify).*)",
        read=_command,
        place=lambda hit: in_instruction("name")(hit) or whole_file("Cargo.toml")(hit),
        rank=Rank.ROOT,
        only=BUILD,
        title="cargo: {said}",
        message="error: {said} {more}",
        fix="{fix}",
    ),
    Rule(
        code="binary-glibc",
        pattern=r"libc\.so\.6: version [`'](?P<name>GLIBC_[\d.]+)' not found|libstdc\+\+\.so\.6: version [`'](?P<name2>GLIBCXX_[\d.]+)' not found",
        read=lambda hit: {"name": hit["name"] or hit["name2"]},
        place=_final_image,
        rank=Rank.ROOT,
        only=frozenset(Kind),
        title="{name} not found: the image that runs is older than the one that built",
        message="version {name} not found: the program was linked with a newer C library than the last FROM has.",
        fix="Use the same Debian release in both stages (rust:1-bookworm and debian:bookworm-slim), or link statically.",
    ),
    Rule(
        code="binary-library",
        pattern=r"error while loading shared libraries: (?P<name>[^\s:]+): cannot open shared object file",
        read=lambda hit: (
            {} if not any(p.endswith((".py", "package.json")) for p in hit.files.paths) else None
        ),
        place=_final_image,
        rank=Rank.ROOT,
        title="{name} is not in the image",
        message="error while loading shared libraries: {name}: cannot open shared object file: No such file or directory.",
        fix="Install the package of {name} in the last stage (libssl.so.3: apt-get install -y libssl3; libpq.so.5: libpq5), or link it statically.",
    ),
)


def _with_versions(hit: Hit) -> Hit:
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
