"""What a person reads of a check run in the terminal and on the sandbox's page, and is told to type."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from sandbox import next_steps
from sandbox.demo import Demo, _body, _what_is_live
from sandbox.following import Outcome
from sandbox.github.site import _shown_as_html


def test_a_terminal_shows_letters() -> None:
    """The demo's terminal shows DATABASE_URL where Markdown needs a reference for its underscore."""
    assert _body({"output": {"summary": "DATABASE&#95;URL is not set"}}) == "DATABASE_URL is not set\n"


def test_what_is_typed_from_a_terminal_has_nothing_unseen_in_it() -> None:
    """GitHub needs a mark of no width after an @ that is no mention; a shell would look for a package with it."""
    assert _body({"output": {"summary": "move &#64;&#8203;nestjs/cli"}}) == "move @nestjs/cli\n"


def test_a_cell_has_lines() -> None:
    """The sandbox's page breaks a line at <br>, as GitHub does, and lets no other tag through."""
    shown = _shown_as_html("| a |\n|---|\n| one<br>two <script>x</script> |\n")
    assert "one<br>two" in shown
    assert "<script>" not in shown


def test_each_proposal_changes_something() -> None:
    """A pull request without a change gets no preview, so that none of those printed is empty."""
    assert "--allow-empty" not in next_steps.TEXT


WARNED = """**http://api.localhost:1** runs commit `1a2b3c4`.

### Google&#39;s buildpacks will not find what starts api — `main.py`, line 1

Without a Procfile they choose the start command themselves.

**What to do now:** Write Procfile.

| | Stage | Time | |
|---|---|---:|---|
| ✓ | Build image | 1.0 s | |"""


def test_what_only_warns_is_told_in_the_terminal_too() -> None:
    """A service that is live shows its warnings, whole and without the table of stages, before its address."""
    run = {"name": "ServerGem / api", "output": {"summary": WARNED}}
    quiet = {
        "name": "ServerGem / web",
        "output": {"summary": "**http://web** runs.\n\n| | Stage |\n|---|---|"},
    }
    live = Outcome(({"url": "http://api.localhost:1"}, {"url": "http://web.localhost:1"}), (run, quiet))
    assert "\n".join(_what_is_live(live)) == (
        "\nServerGem / api is live, with a warning:\n\n"
        "Google's buildpacks will not find what starts api — `main.py`, line 1\n\n"
        "Without a Procfile they choose the start command themselves.\n\n"
        "**What to do now:** Write Procfile.\n\n"
        "Live:       http://api.localhost:1\nLive:       http://web.localhost:1"
    )


def test_an_empty_folder_starts_nothing(tmp_path: Path) -> None:
    """--push of a folder without a file that git would take says so before anything is started."""
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "a.js").write_text("")
    said = io.StringIO()
    assert Demo(tmp_path, once=True, console=Console(file=said, soft_wrap=True)).run() == 1
    assert said.getvalue() == f"{tmp_path} holds no file that git would take.\n"
