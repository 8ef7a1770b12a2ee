"""Alpine's way to install what an advice names as Debian calls it: apk, and the names of its packages."""

from __future__ import annotations

import re

# Debian's package and Alpine's: https://pkgs.alpinelinux.org/packages
_APK = {
    "build-essential": "build-base",
    "gcc": "gcc musl-dev",
    "g++": "g++",
    "make": "make",
    "cmake": "cmake",
    "git": "git",
    "curl": "curl",
    "perl": "perl",
    "unzip": "unzip",
    "cargo": "cargo",
    "pkg-config": "pkgconf",
    "python3": "python3",
    "python3-dev": "python3-dev",
    "protobuf-compiler": "protoc",
    "libprotobuf-dev": "protobuf-dev",
    "clang": "clang",
    "libclang-dev": "clang-dev",
    "libssl-dev": "openssl-dev openssl-libs-static",
    "libpq-dev": "libpq-dev",
    "libffi-dev": "libffi-dev",
    "libc6-dev": "musl-dev",
    "default-libmysqlclient-dev": "mariadb-connector-c-dev",
    "libsqlite3-dev": "sqlite-dev",
    "libasound2-dev": "alsa-lib-dev",
    "libudev-dev": "eudev-dev",
    "libxml2-dev": "libxml2-dev",
    "libxslt1-dev": "libxslt-dev",
    "libjpeg-dev": "jpeg-dev",
    "zlib1g-dev": "zlib-dev",
    "libcurl4-openssl-dev": "curl-dev",
    "libldap2-dev": "openldap-dev",
    "libsasl2-dev": "cyrus-sasl-dev",
    "libyaml-dev": "yaml-dev",
    "libgmp-dev": "gmp-dev",
    "libcairo2-dev": "cairo-dev",
    "libgdal-dev": "gdal-dev",
    "libgeos-dev": "geos-dev",
    "unixodbc-dev": "unixodbc-dev",
    "librdkafka-dev": "librdkafka-dev",
    "libhdf5-dev": "hdf5-dev",
    "libmagic1": "libmagic",
    "libmagic-dev": "file-dev",
    "libkrb5-dev": "krb5-dev",
    "libsndfile1": "libsndfile",
    "libgomp1": "libgomp",
    "libpq5": "libpq",
    "ffmpeg": "ffmpeg",
    "libvips": "vips",
    "libvips-dev": "vips-dev",
}
_INSTALL = re.compile(
    r"(?:apt-get update && )?apt-get install -y (?:--no-install-recommends )?(?P<words>[\w.+ -]+)"
)


def in_apk(fix: str) -> str:
    """The advice with apk for apt-get, where Alpine's names are known; one that names both stays as it is."""
    return fix if "apk add" in fix else _INSTALL.sub(_translated, fix)


def _translated(found: re.Match[str]) -> str:
    words = found["words"].split(" ")
    known = next((n for n, word in enumerate(words) if word not in _APK), len(words))
    if not known:
        return found[0]
    names = " ".join(dict.fromkeys(_APK[word] for word in words[:known]))
    return " ".join([f"apk add --no-cache {names}", *words[known:]])
