"""Attacks by text: files, answers, addresses and requests that somebody else wrote, and what they must not lead to."""

from __future__ import annotations

import io
import json
import re
import socket
import tarfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from app import talk
from app.cli.commands import main
from app.conversation.commands import obey
from app.conversation.gate import Gate, untested
from app.conversation.hearing import Hearing
from app.importing import NotRead, imported
from app.importing.report import report
from app.notices.outside import Refused, is_public, post
from app.source.bundle import bundled
from tests.test_brought_images import DIGEST, PATH
from tests.test_orders import API, HEAD, HEARD

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
ESCAPES = "\x1b]0;own\x07\x1b[2J\u202e"

# Files that `servergem import` is given

ENDLESS = {
    "brackets": "[" * 200_000,
    "braces": "a: " + "{a: " * 60_000,
    "dashes": "- " * 60_000,
    "a merge of itself": "a: &a {<<: *a}\n",
    "merges that double": "a: &a {}\n"
    + "".join(f"a{n}: &a{n + 1} {{<<: [*a{n or ''}, *a{n or ''}]}}\n" for n in range(60)),
    "aliases that double": "a: &a [x]\n"
    + "".join(f"b{n}: &a{n + 1} [*a{n or ''}, *a{n or ''}]\n" for n in range(60)),
    "an alias of itself": "a: &a [*a]\n",
    "a dotted key": ".".join("a" * 120_000) + " = 1\n",
    "a dotted name": "x" + " . x" * 40_000 + "\n",
    "an integer": "a = " + "9" * 100_000,
    "a hexadecimal": "a = 0x" + "f" * 100_000,
    "more than a page": "a: b\n" * 60_000,
}


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
def test_a_hostile_file_is_no_file_to_bring_over(text: str) -> None:
    """Nested, doubled, dotted, long: it is refused in a sentence, and neither ends the process nor holds it."""
    with pytest.raises(NotRead):
        imported(text, path="compose.yaml", repository_name="shop")


STEP = "on: push\njobs:\n  a:\n    steps:\n      - run: "
LABORIOUS = {
    ".github/workflows/unclosed.yml": f"{STEP}gcloud run deploy a --image {'${{' * 30_000}\n",
    ".github/workflows/one-word.yml": f"{STEP}gcloud run deploy a --labels {'a' * 99_000}\n",
    ".github/workflows/one-line.yml": f"{STEP}gcloud {'run deploy ' * 8_000}\n",
    ".github/workflows/jobs.yml": "on: push\njobs:\n"
    + "".join(f"  j{n}:\n    steps:\n      - run: gcloud run deploy s\n" for n in range(1_300)),
    "render.yaml": "services:\n" + "  - {type: web, name: s, runtime: python}\n" * 1_900,
    "compose.yaml": "services:\n  a:\n    build: .\n    environment:\n"
    + "".join(f"      A{n}: b\n" for n in range(3_900)),
}
SECONDS = 10.0  # of a busy machine; an idle one takes one


@pytest.mark.parametrize("path", LABORIOUS)
def test_no_file_takes_more_than_its_length_to_bring_over(path: str) -> None:
    """Expressions that nobody closes, one word or line of it all, a thousand jobs of one name: moments each."""
    began = time.process_time()
    imported(LABORIOUS[path], path=path, repository_name="shop")
    assert time.process_time() - began < SECONDS


COMPOSE = """services:
  "api\\nstolen: {public: true} #\\e[2J":
    build: .
    ports: ["80:8080"]
    environment:
      "$(touch /tmp/pwned)_TOKEN": hunter2hunter2
      "X\\"; id; \\"_SECRET": hunter2hunter2
      "`id`_PASSWORD": hunter2hunter2
      "A\\e]0;own\\aB_PASSWORD": hunter2hunter2
      "A.B-C_TOKEN": hunter2hunter2
      API_TOKEN: hunter2hunter2
"""


def test_a_command_to_paste_holds_no_word_of_a_stranger() -> None:
    """A variable may be called anything in the file; a command is printed for what a shell takes for a name."""
    made = imported(COMPOSE, path="compose.yaml", repository_name="shop")
    told = report(made, "compose.yaml", "servergem.yml")
    commands = [line.strip() for line in told.splitlines() if "gcloud" in line]
    assert len(commands) == 1 and '"$API_TOKEN" |' in commands[0]
    assert "hunter2" not in told + made.text
    assert CONTROL.search(told + made.text) is None
    [service] = yaml.safe_load(made.text)["services"].values()
    assert "public" not in service


def test_what_is_written_stays_in_the_folder(tmp_path: Path) -> None:
    """A servergem.yml that is a link, also to nothing yet, is there already; an endless file is too large."""
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    inside.mkdir()
    (inside / "fly.toml").write_text('app = "shop"\n[http_service]\ninternal_port = 8080\n')
    for name in ("servergem.yml", "servergem.yaml"):
        (inside / name).symlink_to(outside)
        for command in (["init", str(inside)], ["import", str(inside / "fly.toml"), str(inside)]):
            done = CliRunner().invoke(main, command)
            assert done.exit_code == 1 and "is there already" in done.output, done.output
        (inside / name).unlink()
    assert not outside.exists() and [each.name for each in inside.iterdir()] == ["fly.toml"]
    endless = CliRunner().invoke(main, ["import", "/dev/zero", str(inside)])
    assert endless.exit_code == 2 and not (inside / "servergem.yml").exists()


# Answers that a terminal is given

SAID: dict[str, Any] = {
    "id": f"run{ESCAPES}",
    "repository": f"acme/shop{ESCAPES}",
    "service": ESCAPES,
    "environment": ESCAPES,
    "state": "failed",
    "title": f"It stopped{ESCAPES}",
    "commit": {"sha": "a" * 40, "branch": ESCAPES, "subject": ESCAPES, "author": ESCAPES, "pull_request": 0},
    "started": "2026-11-29T09:00:00Z",
    "ended": "2026-11-29T09:01:00Z",
    "url": "",
    "revision": "",
    "page": ESCAPES,
    "stages": [{"title": ESCAPES, "state": "failed", "seconds": 1.0, "notes": [], "parts": []}],
    "findings": [],
    "remarks": [],
    "log_lines": 1,
    "no_log": ESCAPES,
}


@contextmanager
def hostile() -> Iterator[str]:
    """A ServerGem that hides nothing of what others have written."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/api/v1/deployments?"):
                body = json.dumps({"deployments": [SAID], "next": ""})
            elif "/log?" in self.path:
                body = f"line{ESCAPES}\n" if "from=1&" in self.path else ""
            elif "refused" in self.path:
                body = json.dumps({"reason": f"No{ESCAPES}"})
            else:
                body = json.dumps(SAID)
            self.send_response(400 if "refused" in self.path else 200)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_words: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_terminal_obeys_nothing_that_others_have_written() -> None:
    """A log, a table, one deployment, a refusal: without what clears the screen, names the window or turns the text."""
    with hostile() as url:
        for words in (
            ["deployments"],
            ["deployments", "--json"],
            ["deployments", "run"],
            ["deployments", "refused"],
            ["logs", "run"],
            ["logs", "run", "--follow"],
        ):
            done = CliRunner().invoke(main, [*words, "--url", url], env={"GITHUB_TOKEN": "ghp_1"})
            assert done.output.strip() and CONTROL.search(done.output) is None, (words, done.output)


# Addresses of receivers

LOCAL = (
    *(
        "::127.0.0.1",
        "::a9fe:a9fe",
        "::ffff:0:127.0.0.1",
        "64:ff9b:1::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
    ),
    *("fec0::1", "fe80::1", "fd20:ce::254", "5f00::1", "4000::1", "::", "::1", "ff0e::1", "2001:db8::1"),
    *("0.0.0.0", "192.0.0.8", "192.0.0.192", "192.88.99.1", "198.18.0.1", "240.0.0.1", "255.255.255.255"),
)


@pytest.mark.parametrize("address", LOCAL)
def test_an_address_that_is_nobodys_on_the_internet_is_not_reached(address: str) -> None:
    """Whatever stands for an address of version 4 in one of version 6, and whatever is not given out."""
    assert not is_public(ip_address(address))


def test_a_receiver_that_trickles_holds_nobody() -> None:
    """A byte now and then is no answer: the time is for all of it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def trickle() -> None:
        connection, _ = listener.accept()
        gone = threading.Event()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
            while not gone.wait(0.02):
                try:
                    connection.sendall(b"a")
                except OSError:
                    gone.set()

    thread = threading.Thread(target=trickle, daemon=True)
    thread.start()
    with listener, pytest.raises(Refused, match="did not answer within") as refused:
        post(f"http://127.0.0.1:{listener.getsockname()[1]}/", "{}", {}, loopback=True, within=0.5)
    assert not refused.value.final


# Archives that become a bundle

SOURCE = (
    *("api/main.py", "api/../../etc/passwd", "api//root", "/api/root", "api/./.servergem/start"),
    *(
        "api/x/../.servergem/start",
        "api//.servergem/start",
        "api/.servergem/site-packages/flask.py",
        "api/.servergem",
        "apix/b",
    ),
)
INSTALLED = (
    "./.servergem/site-packages/flask.py",
    ".servergem/site-packages/../../main.py",
    ".servergem/start",
    "/etc/passwd",
)


def archive(names: Iterable[str]) -> bytes:
    """A file under each of these names, and beside it one of each kind that is no file."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name in names:
            tar.addfile(tarfile.TarInfo(name), io.BytesIO())
            for kind in (tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE):
                odd = tarfile.TarInfo(f"{name}.odd")
                odd.type, odd.linkname = kind, "../../etc/passwd"
                tar.addfile(odd)
    return made.getvalue()


def test_nothing_of_a_source_comes_where_only_ours_may_be() -> None:
    """By no way up, back to the root or around; and no device, pipe or hard link comes along."""
    bundle = b"".join(bundled([archive(SOURCE)], "api", [archive(INSTALLED)], "exec true\n"))
    with tarfile.open(fileobj=io.BytesIO(bundle)) as tar:
        names = tar.getnames()
        assert names == ["main.py", ".servergem/site-packages/flask.py", ".servergem/start"]
        start = tar.extractfile(".servergem/start")
        assert start is not None and start.read() == b"exec true\n"


# Images behind a chain

AFTER = Gate("production", "none", after="staging", serving=("api",))
TAGGED = replace(API.target, service=replace(API.target.service, image=f"{PATH}:latest"))
PINNED = replace(TAGGED, service=replace(TAGGED.service, image=f"{PATH}@{DIGEST}"))


def heard(operator: bool) -> Hearing:
    return replace(HEARD, gates=(AFTER,), standings=(replace(API, target=TAGGED),), operator=operator)


def test_a_tag_is_no_way_past_the_environment_before() -> None:
    """The commit serves in staging, and its tag may stand for another image by now: only Promote takes it along."""
    [command] = talk.commands("/deploy api production")
    refused = obey(heard(operator=False), (command,))
    assert not refused.deployments and "press Promote on the check run in staging" in refused.words
    [named] = talk.commands(f"/deploy api production {HEAD}")
    by_operator = obey(heard(operator=True), (named,))
    assert [run.commit.sha for run in by_operator.deployments] == [HEAD]
    assert untested(AFTER, (PINNED,), operator=False) == ""
    assert untested(replace(AFTER, after=""), (TAGGED,), operator=False) == ""
