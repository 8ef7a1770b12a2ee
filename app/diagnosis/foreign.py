"""A file that no commit of this repository can change: what is said instead of sending somebody there to correct it."""

from __future__ import annotations

import re

# Where packages, compilers and distributions keep their own files; `name` is whose it is.
_ELSEWHERE = (
    r"node_modules/(?:\.pnpm/[^/\s]+/node_modules/)?(?P<node>(?:@[\w.-]+/)?[\w.-]+)/",
    r"(?:site|dist)-packages/(?P<python>[\w.-]+?)(?:\.py|/)",
    r"/gems/(?P<gem>[\w-]+?)-\d",
    r"/pkg/mod/(?P<go>[^@\s]+)@",
    r"\.cargo/registry/src/[^/\s]+/(?P<crate>[\w-]+?)-\d",
    r"/pear/temp/(?P<pecl>[\w-]+?)(?:-\d[^/\s]*)?/",
    r"/usr/share/php/(?P<pear>\w+)",
    r"/usr/(?:local/)?(?:lib|include)/(?P<system>[\w+.-]+?)/",
)

_SENT = re.compile(
    r"Correct (?:line \d+ of )?(?P<path>\S*(?:"
    + "|".join(_ELSEWHERE)
    + r")\S*?)(?: line \d+)?(?=[.,;](?:\s|$)|$).*",
    re.DOTALL,
)


def not_there(fix: str) -> str:
    """The advice as it is, unless it sends to a file of a package: then to the package's version."""
    found = _SENT.match(fix)
    if found is None:
        return fix
    name = next(word for key, word in found.groupdict().items() if key != "path" and word)
    return (
        f"{found['path']} is a file of {name}, not of this repository: take a version of {name} that goes with "
        f"the others (the language, the compiler, the packages that call it), or raise those to what {name} needs."
    )
