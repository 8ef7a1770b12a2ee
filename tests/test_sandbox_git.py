"""git itself at the sandbox's door: a clone of one commit, what is fetched later, and what is pushed from it."""

from __future__ import annotations

import logging
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.test_sandbox_github import NAME, Desk, desk

__all__ = ["desk"]


def test_a_shallow_clone_is_deepened_and_pushed_from(desk: Desk, tmp_path: Path) -> None:
    """One commit comes without what is before it, the rest when it is asked for, and a push from it is delivered."""
    first = desk.push("One", one_txt="1")
    second = desk.push("Two", two_txt="2")
    address, shallow = desk.github.clone_url(NAME), tmp_path / "shallow"
    desk.git("clone", "-q", "--depth", "1", address, str(shallow), cwd=tmp_path)
    assert desk.git("rev-list", "HEAD", cwd=shallow).split() == [second]
    assert (shallow / "one.txt").read_text() == "1"
    third = desk.push("Three", three_txt="3")
    desk.git("fetch", "-q", "--depth", "1", "origin", "main", cwd=shallow)
    assert desk.git("rev-list", "FETCH_HEAD", cwd=shallow).split() == [third]
    desk.git("checkout", "-q", "-B", "idea", "FETCH_HEAD", cwd=shallow)
    desk.git("commit", "-q", "--allow-empty", "-m", "From a shallow clone", cwd=shallow)
    desk.git("push", "-q", "origin", "idea", cwd=shallow)
    desk.github.deliveries.settle()
    pushed = desk.receiver.payloads[-1]
    assert (pushed["ref"], pushed["head_commit"]["message"]) == ("refs/heads/idea", "From a shallow clone")
    desk.git("fetch", "-q", "--unshallow", "origin", "main", cwd=shallow)
    assert first in desk.git("rev-list", "FETCH_HEAD", cwd=shallow).split()


def test_one_commit_is_fetched_by_its_sha(desk: Desk, tmp_path: Path) -> None:
    """As CI does it: an empty repository, one commit by name, without its history."""
    desk.push("One", one_txt="1")
    second = desk.push("Two", two_txt="2")
    desk.push("Three", three_txt="3")
    here = tmp_path / "here"
    desk.git("init", "-q", str(here), cwd=tmp_path)
    desk.git("fetch", "-q", "--depth", "1", desk.github.clone_url(NAME), second, cwd=here)
    assert desk.git("rev-list", "FETCH_HEAD", cwd=here).split() == [second]


def test_a_push_that_its_git_gives_up_is_no_fault_of_the_door(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """Half of a pack and then nobody, as from a clone that lacks objects: git says why, and the door only stops."""
    address = urlsplit(desk.github.clone_url(NAME))
    with socket.create_connection((address.hostname or "", address.port or 80)) as line:
        asked = f"POST {address.path}/git-receive-pack HTTP/1.1\r\nHost: {address.netloc}\r\n"
        line.sendall(f"{asked}Content-Length: 1000\r\n\r\n0000".encode())
        line.shutdown(socket.SHUT_WR)
        while line.recv(4096):
            pass
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]
    desk.push("What follows is taken", one_txt="1")
