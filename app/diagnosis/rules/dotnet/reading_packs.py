"""The SDK's own packs (apphost, runtime, AOT compiler), which it asks NuGet for by itself: no project names them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import base_image
from app.diagnosis.rule import Hit
from app.model import Place

_PACK = re.compile(
    r"(?P<pack>(?:Microsoft\.(?:NETCore|AspNetCore)\.App\.(?:Host|Runtime(?:\.\w+)?|Crossgen2)|"
    r"(?:runtime\.)?Microsoft\.DotNet\.ILCompiler|runtime))\.(?P<runtime>[a-z][\w.]*-[\w-]+)"
)
# The runtimes that Microsoft makes packs for; a distribution's own (alpine.3.22-x64, debian.13-x64) is not one.
_PORTABLE = re.compile(
    r"(?:linux|linux-musl|linux-bionic|osx|win|maccatalyst|browser|wasi|ios\w*|tvos\w*|android)-\w+"
)


def pack(hit: Hit) -> Mapping[str, str] | None:
    """What to do about a pack of a runtime that Microsoft makes none for."""
    found = _PACK.search(hit["said"])
    if hit["code"] not in ("NU1101", "NU1102") or found is None or _PORTABLE.fullmatch(found["runtime"]):
        return None
    musl = "-musl" if found["runtime"].startswith("alpine") else ""
    return {
        "name": found[0],
        "advice": f"No project names it: the SDK asks for it because it was built for {found['runtime']}, which nuget.org has no packs for. "
        f"Take mcr.microsoft.com/dotnet/sdk in FROM, or a release of the distribution whose SDK brings its own pack; else -r linux{musl}-x64, or -p:UseAppHost=false.",
    }


def pack_place(hit: Hit) -> Place | None:
    return base_image(hit) if pack(hit) else None
