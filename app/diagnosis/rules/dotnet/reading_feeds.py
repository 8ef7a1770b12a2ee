"""A feed of NuGet that cannot be read: who refuses, who does not answer, and what each of them asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.rule import Hit

_STATUS = r"NU1301:.*?Response status code does not indicate success: (\d{3})|\b(\d{3}) \((?:Unauthorized|Forbidden|Not Found)\)"
_NO_ANSWER = (
    r"Name or service not known|Name does not resolve|Connection refused|timed out|Temporary failure|"
    r"Resource temporarily unavailable|SSL connection could not be established|Network is unreachable"
)


def feed(hit: Hit) -> Mapping[str, str]:
    """The feed's address, and what its answer asks for: the reason stands on this line or on one below."""
    named = re.search(r"https?://[^\s'\"]+", hit["said"]) or hit.find(r"https?://[^\s'\"]+/index\.json")
    source = named[0].rstrip(".") if named else ""
    host = source.partition("://")[2].partition("/")[0]
    title, advice = _answer(hit, host)
    return {"source": source, "title": title, "advice": advice}


def _answer(hit: Hit, host: str) -> tuple[str, str]:
    told = re.search(_STATUS, hit.line) or hit.find_after(_STATUS, 8)
    status = next((each for each in told.groups() if each), "") if told else ""
    shown = host or "a NuGet feed"
    if host == "api.nuget.org":
        return (
            "nuget.org was not reached",
            "Run it again: nuget.org did not answer; this is not in your change",
        )
    if status in ("401", "403"):
        return (
            f"{shown} answers {status}: the build has no credentials for it",
            f"Give the restore a token as a build secret (RUN --mount=type=secret,id=nuget,env=NuGetPackageSourceCredentials_NAME dotnet restore, NAME as "
            f"{host or 'the feed'} is called in nuget.config; it holds a user name and the token)",
        )
    if status == "404":
        return (
            f"{shown} has no feed at this address",
            "Correct its address in nuget.config: the feed ends with /v3/index.json",
        )
    if re.search(_NO_ANSWER, hit.line) or hit.find_after(_NO_ANSWER, 8):
        return (
            f"{shown} was not reached from the build",
            f"Run it again; if it stays so, {shown} is not open to the internet: build in a private pool with a way to it, or take the packages from a feed that is",
        )
    return (
        f"The NuGet feed {host} cannot be read".replace("  ", " "),
        "Give the build its credentials (nuget.config with %VARIABLE%, a build secret), or correct its address; run it again when it is nuget.org",
    )
