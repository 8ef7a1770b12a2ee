"""Which release of a distribution has which library: an image of another release cannot install it."""

from __future__ import annotations

import re

# The sonames that changed from one Debian to the next, and the releases (by number) that have each:
# https://packages.debian.org/, searched by file.
_IN_DEBIAN = {
    "libssl.so.3": (12, 13), "libcrypto.so.3": (12, 13), "libssl.so.1.1": (9, 11), "libcrypto.so.1.1": (9, 11),
    "libffi.so.8": (12, 13), "libffi.so.7": (11, 11), "libicuuc.so.67": (11, 11), "libicuuc.so.72": (12, 12),
    "libicuuc.so.76": (13, 13), "libicui18n.so.67": (11, 11), "libicui18n.so.72": (12, 12), "libicui18n.so.76": (13, 13),
}  # fmt: skip
_NAMES = {"stretch": 9, "buster": 10, "bullseye": 11, "bookworm": 12, "trixie": 13}
_DEBIAN = re.compile(r"(?:^|/)debian:(9|1\d)\b|(?:debian|-)(1[0-3])(?:[:-]|$)")


def release_of(image: str) -> int:
    """The Debian that an image is made of, as its name says; 0 where it does not say."""
    if named := next((number for name, number in _NAMES.items() if name in image), 0):
        return named
    found = _DEBIAN.search(image) if "debian" in image else None
    return int(found[1] or found[2]) if found else 0


def other_release(image: str, library: str) -> str:
    """The release to take instead, where the one of this image has not this very library; empty otherwise."""
    first, last = _IN_DEBIAN.get(library, (0, 0))
    have = release_of(image)
    if not first or not have or first <= have <= last:
        return ""
    wanted = first if have < first else last
    return next(name for name, number in _NAMES.items() if number == wanted)
