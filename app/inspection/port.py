"""The port that a Dockerfile exposes beside the one that Cloud Run asks at; a warning at most. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from app.dockerfile import Dockerfile
from app.model import Finding, Place, Target, Weight
from app.titles import fitting

# Cloud Run ends TLS itself and speaks HTTP to the container: https://cloud.google.com/run/docs/container-contract#tls
ENCRYPTED = ("443", "8443")


def port(target: Target, path: str, parsed: Dockerfile) -> Iterator[Finding]:
    """EXPOSE is only a remark, but one that contradicts `port` is usually the truth."""
    exposed = [(word.partition("/")[0], each) for each in parsed.of("EXPOSE") for word in each.arguments]
    exposed = [(number, each) for number, each in exposed if number not in ENCRYPTED] or exposed
    ports = {number for number, _ in exposed if number.isdecimal()}
    if not ports or str(target.service.port) in ports or any("$" in number for number, _ in exposed):
        return
    number, each = next((number, each) for number, each in reversed(exposed) if number.isdecimal())
    yield Finding(
        code="port-differs",
        weight=Weight.WARN,
        title=fitting(f"The Dockerfile exposes {number}, Cloud Run asks at {target.service.port}"),
        message=f"Cloud Run sends requests to $PORT, which is {target.service.port} for {target.name}.",
        fix=f"Listen on $PORT, or write `port: {number}` for {target.name} in servergem.yml.",
        place=Place(path, each.line, each.end),
        link="https://cloud.google.com/run/docs/container-contract#port",
    )
