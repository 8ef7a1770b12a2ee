"""Rust's build scripts and linkers: what they lack, and who brings it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import failing_instruction, packages_line
from app.diagnosis.places import whole_file
from app.diagnosis.rule import Hit
from app.diagnosis.rules.rust.reading_crates import crate_place, own_place
from app.model import Place

# A compiler or a tool that the script starts comes first: the library which it was to build is not what lacks.
_SYSTEM = (
    (r"Is `\S*musl-(?:gcc|g\+\+)` installed|\bmusl-(?:gcc|g\+\+)[\"'`]?: (?:command )?not found|\bmusl-(?:gcc|g\+\+)\b.*No such file", "musl-gcc", "apt-get install -y musl-tools (on Alpine: apk add build-base)"),
    (r"[Ff]ailed to find tool\. Is `([^`]+)` installed", "", "apt-get install -y build-essential (apk add build-base)"),
    (r"Can't locate (?:FindBin|IPC/Cmd|File/\w+|Text/Template)\.pm|[\"'`]?perl[\"'`]?: (?:command )?not found", "perl", "apt-get install -y perl (apk add perl; on Red Hat's images perl-core)"),
    (r"[\"'`]?\bg?make[\"'`]?: (?:command )?not found", "make", "apt-get install -y build-essential (apk add build-base)"),
    (r"OpenSSL|openssl", "openssl", "apt-get install -y pkg-config libssl-dev, or use rustls"),
    (r"google/protobuf/\w+\.proto: File not found|google/protobuf/\w+\.proto.{0,4} was not found", "protobuf's own .proto files", "apt-get install -y libprotobuf-dev (apk add protobuf-dev); protobuf-compiler alone does not bring them"),
    (r"`?protoc`?\b", "protoc", "apt-get install -y protobuf-compiler (apk add protoc)"),
    (r"libclang", "libclang", "apt-get install -y clang libclang-dev (apk add clang-dev)"),
    (r"is `?cmake`? not installed|Missing dependency: cmake|`cmake` is required", "cmake", "apt-get install -y cmake"),
    (r"pkg-config command could not be found|Could not run `.*pkg-config|pkg_config", "pkg-config", "apt-get install -y pkg-config"),
    (r"libpq", "libpq", "apt-get install -y libpq-dev"),
    (r"mysqlclient", "mysqlclient", "apt-get install -y default-libmysqlclient-dev"),
    (r"sqlite3", "sqlite3", "apt-get install -y libsqlite3-dev, or use the feature bundled"),
    (r"alsa", "alsa", "apt-get install -y libasound2-dev"),
    (r"libudev", "libudev", "apt-get install -y libudev-dev"),
    (r"\bperl\b", "perl", "apt-get install -y perl"),
)  # fmt: skip


def build_script(hit: Hit) -> Mapping[str, str] | None:
    crate, _, version = hit["name"].partition(" v")
    version = version.partition(" ")[0]
    if "(/" in hit["name"] and "registry" not in hit["name"]:
        own_panic = hit.find_after(r"panicked at (?:'.*', )?(?P<path>[\w./-]*build\.rs):(?P<line>\d+)", 60)
        if own_panic and own_place(hit, own_panic["path"], own_panic["line"]):
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
        "fix": f"Install what {crate} needs before cargo runs: {install}."
        if install
        else f"Install what the build script of {crate} asks for before cargo runs: {told[:160]}",
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


def build_place(hit: Hit) -> Place | None:
    return packages_line(hit) or crate_place(hit, hit["crate"])


# Linking

# Debian's package of a linker for another machine or C library; every other one comes with the compiler itself.
_CROSS = (
    (r"musl", "musl-tools"),
    (r"^aarch64-linux-gnu", "gcc-aarch64-linux-gnu"),
    (r"^x86_64-linux-gnu", "gcc-x86-64-linux-gnu"),
    (r"^arm-linux-gnueabihf", "gcc-arm-linux-gnueabihf"),
    (r"^(?:clang|lld|ld\.lld|rust-lld|mold)", "clang lld mold"),
)


def linker(hit: Hit) -> Mapping[str, str]:
    package = next((package for pattern, package in _CROSS if re.search(pattern, hit["name"])), "")
    if package:
        return {"package": package, "other": ", or name another linker in .cargo/config.toml"}
    return {"package": "build-essential", "other": ", or use the rust image"}


def linking(hit: Hit) -> Mapping[str, str]:
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


def linking_place(hit: Hit) -> Place | None:
    return failing_instruction(hit) or whole_file("build.rs")(hit)
