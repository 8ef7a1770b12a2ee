"""git over HTTP: `git http-backend` as a CGI program, so that a clone and a push are git's own."""

from __future__ import annotations

import base64
import binascii
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from starlette.requests import Request

from sandbox.github.git import ENVIRONMENT, SITE

_CHUNK = 1 << 16


@dataclass(frozen=True)
class GitAnswer:
    """What http-backend said: its status and headers, and the rest as it comes."""

    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]


def serve(
    folder: Path,
    site: str,
    rest: str,
    method: str,
    query: str,
    headers: Mapping[str, str],
    body: IO[bytes],
    length: int,
) -> GitAnswer:
    """One request for the repository in `folder`, seen at `site`; `rest` is what follows its address."""
    environment = ENVIRONMENT | {
        "GIT_PROJECT_ROOT": str(folder.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{folder.name}/{rest}",
        "REQUEST_METHOD": method,
        "QUERY_STRING": query,
        "CONTENT_TYPE": headers.get("content-type", ""),
        "CONTENT_LENGTH": str(length),
        "HTTP_CONTENT_ENCODING": headers.get("content-encoding", ""),
        "GIT_PROTOCOL": headers.get("git-protocol", ""),
        "REMOTE_ADDR": "127.0.0.1",
        SITE: site,
    }
    process = subprocess.Popen(["git", "http-backend"], env=environment, stdin=body, stdout=subprocess.PIPE)
    assert process.stdout is not None
    told = dict(_headers(process.stdout))
    status = int(told.pop("status", "200").split()[0])
    return GitAnswer(status, told, _chunks(process, process.stdout))


def _headers(output: IO[bytes]) -> Iterator[tuple[str, str]]:
    while line := output.readline().strip():
        name, _, value = line.decode("latin-1").partition(":")
        yield name.strip().lower(), value.strip()


def _chunks(process: subprocess.Popen[bytes], output: IO[bytes]) -> Iterator[bytes]:
    with process:
        while chunk := output.read(_CHUNK):
            yield chunk


async def spool(request: Request, body: IO[bytes]) -> int:
    """Write what is sent into `body`; how many bytes that is."""
    length = 0
    chunks: AsyncIterator[bytes] = request.stream()
    async for chunk in chunks:
        length += len(chunk)
        body.write(chunk)
    return length


def base_of(request: Request) -> str:
    """The address under which we were called."""
    return f"http://{request.headers['host']}"


def basic(header: str) -> tuple[str, str]:
    """User and password of an `Authorization` header, both empty where it has none."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password
