"""What the rows of native.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from app.diagnosis.instructions import failing_instruction, stage_image
from app.diagnosis.paths import repository_path
from app.diagnosis.rule import Hit
from app.model import Place

# Which Debian package has it, where the name does not say; https://packages.debian.org ("search the contents").
PACKAGES = {
    "ssl": "libssl-dev", "crypto": "libssl-dev", "openssl": "libssl-dev", "z": "zlib1g-dev", "zlib": "zlib1g-dev",
    "curl": "libcurl4-openssl-dev", "libcurl": "libcurl4-openssl-dev", "pq": "libpq-dev", "postgresql": "libpq-dev",
    "mysqlclient": "default-libmysqlclient-dev", "sqlite3": "libsqlite3-dev", "boost": "libboost-all-dev",
    "threads": "build-essential", "protobuf": "libprotobuf-dev protobuf-compiler", "ffi": "libffi-dev",
    "xml2": "libxml2-dev", "libxml-2.0": "libxml2-dev", "png": "libpng-dev", "jpeg": "libjpeg-dev",
    "python3": "python3-dev", "stdc++": "g++", "uuid": "uuid-dev", "opencv": "libopencv-dev", "eigen3": "libeigen3-dev",
    "bz2": "libbz2-dev", "lzma": "liblzma-dev", "ncurses": "libncurses-dev", "readline": "libreadline-dev",
    "gtest": "libgtest-dev", "nlohmann_json": "nlohmann-json3-dev", "spdlog": "libspdlog-dev", "fmt": "libfmt-dev",
}  # fmt: skip


_HEADER = re.compile(r"(?P<header>[\w./+-]+\.h(?:pp)?): No such file")


# What musl hid from 1.2.4 on: https://git.musl-libc.org/cgit/musl/tree/WHATSNEW
_MUSL = re.compile(
    r"['‘](?:pread64|pwrite64|off64_t|lseek64|fstat64|stat64|ftruncate64|open64|mmap64|ino64_t)['’]"
)
# What only glibc has, or only a newer one: objects that ask for it were made on such a system.
_GLIBC = re.compile(
    r"^(?:__isoc23_\w+|fcntl64|backtrace(?:_symbols)?|__\w+_chk|__res_\w+|gnu_get_libc_version|_dl_find_object|__libc_single_threaded|arc4random\w*)$"
)


def undefined_advice(hit: Hit) -> Mapping[str, str]:
    """Where the name comes from: the C library that the object was made for, or a target of this project."""
    image, name = stage_image(hit), hit["name"]
    if _GLIBC.match(name):
        newer = "a newer Debian or Ubuntu in FROM (trixie, 24.04), the one that runs it too"
        advice = f"What is linked was built for {'another C library' if 'alpine' in image else 'a newer glibc'}: write {'a Debian image of the language (no alpine)' if 'alpine' in image else newer} in FROM, or take that library from source."
    elif re.search(
        r"/pkg/mod/|\.cargo/registry|/node_modules/|/usr/l|site-packages", hit.line + "".join(hit.before(3))
    ):
        advice = f"A package is linked here that asks for {name}: install the library that has it (its -dev package) before this step, in a version that fits the package."
    else:
        advice = f"Add the source file or library that defines {name} to the target (add_executable, target_link_libraries, -l…)."
    return {"advice": advice}


def compiled_advice(hit: Hit) -> str:
    """A header that is missing is its package's to bring; anything else is to be corrected where it stands."""
    if _MUSL.search(hit["said"]):
        return "musl 1.2.4 (Alpine 3.18) no longer has this name: raise the package that uses it (go get github.com/mattn/go-sqlite3@latest), or set CFLAGS (CGO_CFLAGS) to -D_LARGEFILE64_SOURCE, or build on a Debian image."
    if (found := _HEADER.search(hit["said"])) is None:
        return f"Correct line {hit['line']} of {hit['path']}."
    stem = found["header"].split("/")[0].removesuffix(".h").lower()
    known = next(
        (
            PACKAGES[key]
            for key in (stem, *PACKAGES)
            if key in PACKAGES and len(key) > 3 and stem.startswith(key)
        ),
        "",
    )
    package = known or f"the -dev package that has {found['header']}"
    return f"Install {package} before this step (RUN apt-get update && apt-get install -y …; on Alpine apk add its -dev package), or COPY {found['header']} where it is of the repository."


def _install(name: str) -> str:
    package = PACKAGES.get(name.lower(), f"lib{name.lower().removeprefix('lib')}-dev")
    return f"Write RUN apt-get update && apt-get install -y {package} before it (on Alpine apk add the -dev package)."


def of_a_python_package(hit: Hit) -> bool:
    """Sources that pip unpacked and builds are not this repository's to correct."""
    return not repository_path(hit.files, hit["path"], hit) and (
        hit.find_before(
            r"Building wheel|running build_ext|Getting requirements to build|Preparing metadata|pip install",
            400,
        )
        is not None
    )


def library(hit: Hit) -> Mapping[str, str]:
    name = (hit["name"] or hit["name2"]).rstrip(":")
    return {"name": name, "advice": _install(name)}


def linked(hit: Hit) -> Place | None:
    name = re.escape(hit["name"])
    for path in hit.files.named("CMakeLists.txt", "Makefile", "meson.build", "build.rs"):
        if line := hit.files.search(
            path, rf"-l{name}\b|target_link_libraries[^)]*\b{name}\b|link-lib=\w*=?{name}\b"
        ):
            return hit.files.place(path, line)
    return None


def submodule(hit: Hit) -> Mapping[str, str] | None:
    """The submodule that the folder above the line is; None where the repository has none there."""
    above = hit.find_before(r"^\s+(/\S+)$", 3) or hit.find_after(r"^\s+(/\S+)$", 3)
    folder = above[1].rpartition("/")[2] if above else ""
    line = hit.files.search(".gitmodules", rf"path\s*=\s*\S*{re.escape(folder)}\s*$") if folder else 0
    if not line:
        return None
    name = hit.files.lines(".gitmodules")[line - 1].partition("=")[2].strip()
    return {"name": name, "path": ".gitmodules", "line": str(line)}


def cmake(hit: Hit) -> Mapping[str, str] | None:
    """What the indented lines below say; None where they name a package or a version, which other rows know."""
    said = " ".join(line.strip() for line in hit.after(6) if line.startswith("  "))[:200]
    return (
        None
        if submodule(hit)
        or re.search(
            r"able to compile a simple test|Could (?:NOT|not) find|not providing \"Find|CMake < |or higher is required",
            said,
        )
        else {"said": said, "advice": _advice(hit)}
    )


def _advice(hit: Hit) -> str:
    """A module of CMake itself is nobody's to correct."""
    if "/share/cmake" in hit["path"] or "/Modules/" in hit["path"]:
        return "Install what the message asks for, or correct the call in CMakeLists.txt that the call stack names."
    return f"Correct {hit['path']} line {hit['line']}, or install what it looks for."


def cmake_package(hit: Hit) -> Mapping[str, str] | None:
    if not hit["name5"] and not hit.find(r"CMake|cmake"):
        return None
    name = next(hit[word] for word in ("name", "name2", "name3", "name4", "name5") if hit[word])
    return {"name": name, "tool": "Meson" if hit["name5"] else "CMake", "advice": _install(name)}


def makefile(hit: Hit) -> Place | None:
    for path in hit.files.named("Makefile"):
        return hit.files.place(path, 1)
    return None


def recipe(hit: Hit) -> Place | None:
    """The recipe's line that make names below: `make: *** [Makefile:2: app] Error 1`."""
    told = hit.find_after(r"\*\*\* \[([\w./-]*[Mm]akefile[\w.]*):(\d+): ", 12)
    path = repository_path(hit.files, told[1], hit) if told else ""
    return hit.files.place(path, int(told[2])) if told and path else None


def undefined(hit: Hit) -> Place | None:
    name = re.escape(hit["name"].partition("(")[0])
    sources = sorted(p for p in hit.files.paths if p.endswith((".c", ".cc", ".cpp", ".cxx")))
    defining = [p for p in sources if hit.files.search(p, rf"^\w[\w\s*]*\b{name}\s*\([^;]*$")]
    lists = hit.files.named("CMakeLists.txt", "Makefile")
    if defining:
        for path in lists:
            if line := hit.files.search(path, r"add_executable|add_library|^\w+\s*:=?|OBJS|SRCS"):
                return hit.files.place(path, line)
    for path in sources:
        if line := hit.files.search(path, rf"\b{name}\s*\("):
            return hit.files.place(path, line)
    return failing_instruction(hit)


def asking_old_cmake(hit: Hit) -> Mapping[str, str]:
    """Whose CMakeLists.txt asks for a CMake that is given up: the repository's own, or that of what it builds."""
    told = hit.find_before(r"CMake Error at (\S+):(\d+) \(cmake_minimum_required\)", 3)
    words = {"file": told[1] if told else "A CMakeLists.txt", "line": told[2] if told else "1"}
    if asking_old_cmake_place(replace(hit, words={**hit.words, **words})) == failing_instruction(hit):
        advice = f"It is not yours to correct: ENV CMAKE_POLICY_VERSION_MINIMUM={hit['oldest']} before this line (or -DCMAKE_POLICY_VERSION_MINIMUM={hit['oldest']} for cmake) has it read all the same, or take a newer version of what is built"
    else:
        advice = f"Write cmake_minimum_required(VERSION {hit['oldest']}...4.0) in {words['file']}"
    return {**words, "advice": advice}


def asking_old_cmake_place(hit: Hit) -> Place | None:
    """That line, where it is the repository's own."""
    own = repository_path(hit.files, hit["file"], hit) if "/_deps/" not in hit["file"] else ""
    line = hit.files.search(own, r"(?i)^\s*cmake_minimum_required") if own else 0
    return hit.files.place(own, line) if line else failing_instruction(hit)
