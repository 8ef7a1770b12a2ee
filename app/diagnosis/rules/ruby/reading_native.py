"""A gem's native part: what it did not find, and the package of Debian that brings it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.rule import Hit

_NATIVE = (
    (r"can't find header files for ruby", "ruby-dev"),
    (r"libpq-fe\.h|pg_config|PostgreSQL client library", "libpq-dev"),
    (r"mysql client is missing|mysql\.h|mysql_config|libmysqlclient|mariadb", "default-libmysqlclient-dev"),
    (r"sqlite3\.h|sqlite3_libversion|SQLite3", "libsqlite3-dev"),
    (r"yaml\.h|libyaml", "libyaml-dev"),
    (r"libxml2 is missing|xmlversion\.h|libxml/", "libxml2-dev libxslt1-dev"),
    (r"libxslt is missing", "libxslt1-dev"),
    (r"zlib is missing|zlib\.h", "zlib1g-dev"),
    (r"libffi|ffi\.h", "libffi-dev"),
    (r"MagickWand|ImageMagick|Magick-config|MagickCore", "libmagickwand-dev"),
    (r"libcurl|curl/curl\.h|curl-config", "libcurl4-openssl-dev"),
    (r"openssl/ssl\.h|OpenSSL library|openssl/opensslv", "libssl-dev"),
    (r"idn\.h|libidn", "libidn11-dev"),
    (r"ldap\.h", "libldap2-dev"),
    (r"sasl\.h", "libsasl2-dev"),
    (r"libgit2|cmake.*(?:not found|required)|CMake is required", "cmake pkg-config"),
    (r"vips/vips", "libvips-dev"),
    (r"icu|unicode/", "libicu-dev"),
    (r"gmp\.h", "libgmp-dev"),
    (r"readline/", "libreadline-dev"),
    (r"libclang", "libclang-dev"),
    (r"rustc|cargo", "rustc cargo"),
    (r"compiler failed to generate an executable|development tools first|make: not found|gcc: not found|"
     r"make failed|make\b.*No such file|g\+\+: not found|No such file or directory - make", "build-essential"),
)  # fmt: skip


def native(hit: Hit) -> Mapping[str, str] | None:
    """Which library's headers a gem's native part did not find."""
    lines = [hit.line, *hit.after(70), *hit.before(45)]
    built = [
        line for line in lines if not re.search(r"^Gem files will remain|^Results logged|mkmf\.log", line)
    ]
    gem = _gem_of(hit, lines)
    reason, wanted = _lacking(built)
    told = reason or next(
        (each.strip() for each in built if re.search(r"(?i)\berror\b:|missing|not found", each)), ""
    )
    return {
        "gem": gem or "a gem",
        "told": told[:200],
        "package": wanted or "a library",
        "advice": _advice(gem, wanted),
    }


_GEM = (
    r"An error occurred while installing ([\w-]+) \(([\w.]+)\)",
    r"ERROR:\s+Error installing ([\w-]+):",
    r"/gems/([\w-]+?)-(\d[\w.]*?)(?:-[\w-]+)?(?:/| for inspection)",
)


def _gem_of(hit: Hit, lines: list[str]) -> str:
    """The gem of the Hit, or else the first that a line names."""
    found = (match[1] for line in lines for pattern in _GEM if (match := re.search(pattern, line)))
    return hit["gem"] or next(found, "")


def _lacking(built: list[str]) -> tuple[str, str]:
    """The line that says what is lacking, and the package that brings it."""
    told = [line for line in built if not re.search(r"\.\.\. yes$|^current directory|--with", line)]
    for pattern, package in _NATIVE:
        if found := next((line for line in told if re.search(pattern, line)), ""):
            return found.strip(), package
    return "", ""


def _advice(gem: str, wanted: str) -> str:
    if not wanted:
        return (
            f"Install what {gem}'s extconf.rb asks for before bundle install, or take a version of {gem} "
            f"that suits this Ruby"
        )
    what, packages = ("it", f"build-essential {wanted}")
    if wanted == "build-essential":
        what, packages = "compilers", wanted
    return (
        f"Install {what} before bundle install in the Dockerfile: RUN apt-get update && apt-get install -y "
        f"{packages}"
    )


def only_without_native(hit: Hit) -> Mapping[str, str] | None:
    """Bundler's last line repeats what a native extension's own error said before."""
    return (
        None if hit.find_before(r"Failed to build gem native extension", 120) else {"told": _before_told(hit)}
    )


def _before_told(hit: Hit) -> str:
    return next(
        (line.strip() for line in hit.before(12) if re.search(r"(?i)error|denied|fail|require", line)), ""
    )
