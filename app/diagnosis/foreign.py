"""A file that no commit of this repository can change: what is said instead of sending somebody there to correct it."""

from __future__ import annotations

import re

from app.diagnosis.rule import Hit

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


_A_LINE = re.compile(
    r"Correct (?:line \d+ of (?P<path>[\w./@+-]+\.\w+)|(?P<other>[\w./@+-]+\.\w+) line \d+)\b.*", re.DOTALL
)
# Above what it compiles of a module go says which one it is.
_MODULE = re.compile(r"^# (?P<module>[\w-]+\.[\w.-]+/\S+?/[^\s/]+)")


def not_ours(hit: Hit, fix: str) -> str:
    """The advice as it is, unless it sends to a line of a file by whose name the repository has none at all."""
    found = _A_LINE.match(fix)
    path = (found["path"] or found["other"]) if found else ""
    name = path.rpartition("/")[2]
    if not path or not hit.files.paths or any(p.rpartition("/")[2] == name for p in hit.files.paths):
        return fix
    module = next((m["module"] for line in hit.before() if (m := _MODULE.match(line))), "")
    raised = f"raise it (go get {module}@latest)" if module else "raise that package or pin another version"
    return (
        f"No file of this repository is called {name}: it is of {module or 'a package'}, or the build made it. "
        f"{raised[0].upper()}{raised[1:]}, so that it goes with the base image and its compiler."
    )
