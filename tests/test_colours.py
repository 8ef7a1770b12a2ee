"""Colours of a log: kept as eight names, folded prefixes beside them, and never a way for markup or a secret."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pages.printed_line import Printed, of, prefix
from app.redaction import Stream
from app.text import colours
from tests.conftest import House, web

BITS = [
    "\x1b[31m",
    "\x1b[0m",
    "\x1b[1;38;5;42m",
    "\x1b]0;title\x07",
    "\x1b",
    "[3",
    "<b>",
    "&",
    "a",
    " ",
    "\\u001b[1m",
]
SAID = re.compile("<[^>]*>")


def shown(line: str) -> str:
    """The line as a page has it, after all that it goes through on its way."""
    text = Stream().line(line)
    coloured = colours.kept(text, line)
    return str(Printed(1, text, coloured if colours.uncoloured(coloured) == text else "").html())


@pytest.mark.parametrize(
    ("codes", "classes"),
    [
        ("31", "red"),
        ("1;32", "green bold"),
        ("1", "bold"),
        ("2", "soft"),
        ("90", "soft"),
        ("30", "soft"),
        ("97", ""),
        ("94", "blue"),
        ("38;5;9", "red"),
        ("38;5;196", "red"),
        ("38;5;46", "green"),
        ("38:5:51", "cyan"),
        ("38;5;240", "soft"),
        ("38;5;252", ""),
        ("38;2;255;0;255", "magenta"),
        ("38;2;255;200;0;1", "yellow bold"),
        ("41", ""),
        ("48;5;1", ""),
        ("48;2;1;31;1", ""),
        ("5;31", "red"),
        ("31;0", ""),
        ("31;39", ""),
        ("1;22", ""),
        ("38", ""),
        ("38;5", "soft"),
        ("99999999999", ""),
        ("", ""),
    ],
)
def test_each_colour_has_a_name_that_can_be_read(codes: str, classes: str) -> None:
    """Sixteen, 256 and all become eight, bold beside them; what paints the ground or blinks does nothing."""
    [(named, text)] = colours.pieces(f"\x1b[{codes}mword\x1b[0m")
    assert (named, text) == (classes, "word")


def test_a_line_keeps_its_colours() -> None:
    """What is plain stays without a mark, and what ends is ended."""
    assert '<span>a <span class="red bold">b</span> c</span>' in shown("a \x1b[1;31mb\x1b[0m c")
    assert colours.kept("a b", "a \x1b[31mb") == "a \x1b[0;31mb\x1b[0m"
    assert colours.kept("plain", "plain") == "plain"


def test_a_prefix_is_apart_and_keeps_no_colour_from_the_line() -> None:
    """Cloud Build's and BuildKit's, with the time; a line of the same step says that it repeats it."""
    line = 'Step #0 - "build": #12 3.456 \x1b[31mnpm ERR!\x1b[0m'
    assert (
        '<span class="prefix">Step #0 - &#34;build&#34;: #12 3.456 </span><span class="red">npm ERR!</span>'
        in shown(line)
    )
    assert 'class="prefix again">#12 4.0 </span>next' in str(Printed(2, "#12 4.0 next", again=True).html())
    assert (
        of('Step #0 - "build": #12 3.456 a')
        == of('Step #0 - "build": #12 9.1 b')
        == 'Step #0 - "build": #12 '
    )
    for line in ("#include <x>", "Step by step", "# 12 apples", "1.5 s", "Finished Step #0", "#12"):
        assert prefix(line) == ""


def test_a_secret_is_hidden_with_its_colours() -> None:
    """A colour in the middle of it saves none of it."""
    line = "password=\x1b[31mhun\x1b[32mter2"
    assert shown(line) == str(Printed(1, "password=[hidden]").html())
    assert colours.kept("password=[hidden]", line) == "password=[hidden]"


@given(st.lists(st.sampled_from(BITS)).map("".join) | st.text())
def test_no_line_is_markup_or_a_terminals_escape(line: str) -> None:
    """Whatever is printed: what the page says is the text, escaped, and no escape is left that is not ours."""
    written = shown(line)
    assert set(re.findall("<([a-z/]+)", written)) <= {"div", "a", "span", "/a", "/span", "/div"}
    text = Stream().line(line)
    kept = colours.kept(text, line)
    if kept != text:
        assert colours.uncoloured(kept) == text
        assert set(re.findall("\x1b\\[([^m]*)m", kept)) <= {
            ";".join(filter(None, ("0", bold, str(code) if code else "")))
            for bold in ("", "1")
            for code in (0, *colours.CODES.values())
        }


def test_a_builds_colours_come_to_the_page_and_to_the_file(house: House) -> None:
    """A red line of a Dockerfile's own is red on the page, in the file that is taken along, and plain to programs."""
    work = house.repository("hello-docker")
    painted = "RUN printf '\\033[1;31mred <b>\\033[0m as it was\\n'\nWORKDIR /app\n"
    dockerfile = (work.path / "Dockerfile").read_text().replace("WORKDIR /app\n", painted)
    deployment = house.ended(work.push("Print red", Dockerfile=dockerfile))
    assert deployment["ending"] == "live", house.log_tail()
    at = f"{house.address}/deployments/{deployment['id']}"
    assert '<span class="red bold">red &lt;b&gt;</span> as it was' in web.get(at).text
    assert '<span class="prefix again">' in web.get(at).text
    assert '<span class="red bold">red &lt;b&gt;</span> as it was' in web.get(f"{at}/lines?from=1").text
    assert "\x1b[0;1;31mred <b>\x1b[0m as it was\n" in web.get(f"{at}/log.txt?colours").text
    plain = web.get(f"{at}/log.txt").text
    assert "red <b> as it was\n" in plain and "\x1b" not in plain
