"""The port that a Dockerfile exposes beside the one that Cloud Run asks at; a warning at most. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.diagnosis.files import Files
from app.dockerfile import Dockerfile, Instruction
from app.inspection.base_port import Listening, listening
from app.inspection.stages import lineage
from app.inspection.to_write import to_write
from app.model import Finding, Place, Target, Weight
from app.text.titles import fitting

# Cloud Run ends TLS itself and speaks HTTP to the container: https://cloud.google.com/run/docs/container-contract#tls
ENCRYPTED = ("443", "8443")
_READS = re.compile(r"\$(?:PORT\b|\{PORT\b)")
_RANGE = re.compile(r"(\d{1,5})-(\d{1,5})")


def exposed(parsed: Dockerfile, stage: str = "") -> tuple[tuple[str, Instruction], ...]:
    """What the image exposes as it is written, without the protocol; TLS only where it exposes nothing else.

    An EXPOSE counts in the stage that is built (the last, without a name) and in those that it is FROM.
    """
    stages = lineage(parsed, stage)
    all_of_them = tuple(
        (word.partition("/")[0], each)
        for each in parsed.of("EXPOSE")
        if each.stage in stages
        for word in each.arguments
        if not word.lower().endswith("/udp")
    )
    return tuple(told for told in all_of_them if told[0] not in ENCRYPTED) or all_of_them


def port(files: Files, inside: str, target: Target, path: str, parsed: Dockerfile) -> Iterator[Finding]:
    """EXPOSE is only a remark, but one that contradicts `port` is usually the truth; else what the base image does."""
    told = exposed(parsed, target.service.build.target)
    if not told:
        yield from _by_itself(listening(files, inside, path, parsed, target.service.build.target), target)
        return
    ports = [(number, each) for number, each in told if number.isascii() and number.isdecimal()]
    if not ports or any("$" in number or _spans(number, target.service.port) for number, _ in told):
        return
    if _follows(parsed, target.service.build.target):
        return
    number, each = ports[-1]
    yield Finding(
        code="port-differs",
        weight=Weight.WARN,
        title=fitting(f"The Dockerfile exposes {number}, Cloud Run asks at {target.service.port}"),
        message=f"Cloud Run sends requests to $PORT, which is {target.service.port} for {target.name}.",
        fix=f"Listen on $PORT, or write {to_write(target, f'port: {number}')}.",
        place=Place(path, each.line, each.end),
        link="https://cloud.google.com/run/docs/container-contract#port",
    )


def _by_itself(found: Listening | None, target: Target) -> Iterator[Finding]:
    """What listens whatever $PORT says."""
    if found is None or found.port == target.service.port:
        return
    yield Finding(
        code="port-differs",
        weight=Weight.WARN,
        title=fitting(f"{found.who} listens at {found.port}, Cloud Run asks at {target.service.port}"),
        message=f"Nothing here leads {found.who} to $PORT, which is {target.service.port} for {target.name}, so the "
        "first request of Cloud Run finds nobody.",
        fix=f"Write {to_write(target, f'port: {found.port}')}, or have it listen at {target.service.port}.",
        place=found.place,
        link="https://cloud.google.com/run/docs/container-contract#port",
    )


def _spans(number: str, asked: int) -> bool:
    """Whether it is the port that is asked at, or a range around it."""
    if found := _RANGE.fullmatch(number):
        return int(found[1]) <= asked <= int(found[2])
    return number == str(asked)


def _follows(parsed: Dockerfile, stage: str) -> bool:
    """Whether the image says that it goes by $PORT: a default for it, which Cloud Run replaces, or a use of it."""
    stages = lineage(parsed, stage)
    here = [each for each in parsed.of("ENV", "CMD", "ENTRYPOINT", "HEALTHCHECK") if each.stage in stages]
    return any(
        _sets_port(each) if each.keyword == "ENV" else _READS.search(each.value) is not None for each in here
    )


def _sets_port(each: Instruction) -> bool:
    words = each.arguments
    return bool(words) and (words[0] == "PORT" or any(word.startswith("PORT=") for word in words))
