"""What comes from outside as it may be shown: one function for each form; pure.

Every one of them hides secrets first, and lets no character through that is not seen: a control character, or one
that turns the direction of writing (CVE-2021-42574). Pages escape by their template engine, on top of `plain`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import Any
from urllib.parse import quote, urlsplit

from app.redaction import redact
from app.text.legible import INSTEAD, legible, without_escapes

# What somebody typed is shown so that they know it again, and not for its own sake.
MOST_TYPED = 200
# https://github.github.com/gfm/#entity-and-numeric-character-references: an entity is text and never markup.
IN_MARKDOWN = {ord(character): f"&#{ord(character)};" for character in "\\`*_{}[]<>|#@~&"}
# GitHub looks for mentions and for numbers of issues in the text that it has rendered, after entities; a character
# of no width between is what keeps it from them, as Renovate and Dependabot do it.
APART = "&#8203;"
NO_WIDTH = "\N{WORD JOINER}"
MENTION = re.compile(r"(?<![A-Za-z0-9])&#64;(?=[A-Za-z0-9])")
ISSUE = re.compile(r"&#35;(?=\d)|\b(?i:GH)-(?=\d)")
# Addresses become links by themselves: https://github.github.com/gfm/#autolinks-extension-
AUTOLINK = re.compile(r"://|\b(?i:www)\.|\b(?i:mailto|xmpp):")
# All other characters that are not seen: `without_escapes` has taken a terminal's colours and titles out.
# What joins letters and emoji, and chooses their look, stays; of the rest Unicode calls these ignorable by default:
# https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Ours to send people to: their own words, and none that a repository can put there.
OUR_LINKS = frozenset(
    {
        "cloud.google.com",
        "docs.cloud.google.com",
        "console.cloud.google.com",
        "console.developers.google.com",
        "status.cloud.google.com",
        "docs.github.com",
        "www.githubstatus.com",
        # Registries and what the rules of diagnosis name.
        "www.dockerstatus.com",
        "hub.docker.com",
        "packages.debian.org",
        "pkgs.alpinelinux.org",
        "pypi.org",
        "www.npmjs.com",
        "www.nuget.org",
        "pkg.go.dev",
        "rubygems.org",
        "packagist.org",
        "crates.io",
        "central.sonatype.com",
        "plugins.gradle.org",
        "learn.microsoft.com",
        "download.pytorch.org",
        "support.google.com",
        "www.googleapis.com",
    }
)
TICKS_OR_LINK = re.compile(r"(`+)|(https://[A-Za-z0-9.-]+(?:/[A-Za-z0-9._~/?&=%#-]*[A-Za-z0-9/])?)")


def plain(words: str) -> str:
    """Text that is shown as text: titles, annotations, a page. Its lines stay."""
    return seen(redact(words))


def seen(words: str) -> str:
    """The same of text that is redacted already: a log is, as a whole."""
    words = LINE_ENDS.sub("\n", without_escapes(legible(words)))
    return UNSEEN.sub(INSTEAD, words)


def plain_data(data: Any) -> Any:
    """Every text in what becomes JSON as it may be shown."""
    if isinstance(data, str):
        return plain(data)
    if isinstance(data, dict):
        return {key: plain_data(value) for key, value in data.items()}
    return [plain_data(each) for each in data] if isinstance(data, list | tuple) else data


def one_line(words: str) -> str:
    """The same on one line."""
    return " ".join(plain(words).split())


def in_markdown(words: str) -> str:
    """Text within a line of Markdown: no markup, mention, issue, link or table cell of its own."""
    shown = AUTOLINK.sub(_no_link, one_line(words)).translate(IN_MARKDOWN)
    shown = shown.replace(BROKEN, "&#58;//").replace(BROKEN_DOT, "&#46;").replace(BROKEN_COLON, "&#58;")
    return ISSUE.sub(lambda sign: f"{sign[0]}{APART}", MENTION.sub(f"&#64;{APART}", shown))


# Stand for what becomes an entity, while the rest is made into entities; no text from outside has them (`plain`).
BROKEN, BROKEN_DOT, BROKEN_COLON = "\x01", "\x02", "\x03"


def _no_link(match: re.Match[str]) -> str:
    words = match[0]
    if words == "://":
        return BROKEN
    return words[:-1] + (BROKEN_DOT if words.endswith(".") else BROKEN_COLON)


def in_code(words: str) -> str:
    """Text within a line of Markdown as code: a path, a branch, a name."""
    shown = one_line(words)
    if not shown:
        return ""
    return (
        f"<code>{in_markdown(shown)}</code>"
        if "`" in shown or "|" in shown or "\\" in shown
        else f"`{shown}`"
    )


def in_slack(words: str) -> str:
    """Text within a line of Slack's: no link, mention or channel of its own.

    Addresses become links there by themselves too, unless a sign of no width is in them:
    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    shown = one_line(words).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return AUTOLINK.sub(lambda match: f"{match[0][:-1]}{NO_WIDTH}{match[0][-1]}", shown)


def slack_link(words: str, address: str) -> str:
    """Our own words as a link of Slack's."""
    return f"<{web_address(address).replace('&', '&amp;')}|{in_slack(words)}>"


def typed(words: str) -> str:
    """What somebody typed, as code: GitHub makes nothing of it, neither a mention nor a link."""
    return f"<code>{in_markdown(words[:MOST_TYPED])}</code>"


def advice(words: str) -> str:
    """Our own sentences with words from outside in them: code stays code, and links only lead where we send people."""
    forms = {Said.PROSE: _prose, Said.CODE: in_code, Said.LINK: _our_link}
    return "".join(forms[said](piece) for said, piece in said_in(plain(words))).strip()


class Said(Enum):
    """What a piece of a sentence of ours is."""

    PROSE, CODE, LINK = "prose", "code", "link"


def said_in(words: str) -> Iterator[tuple[Said, str]]:
    """The pieces of our own sentences, in time that follows their length. Code is between two runs of as many
    backticks, of which the second is the next of that length.
    """
    found, at = list(TICKS_OR_LINK.finditer(words)), 0
    closing = _closing(found)
    for number, match in enumerate(found):
        last = closing.get(number)
        if match.start() < at or (match[1] and last is None):
            continue
        yield Said.PROSE, words[at : match.start()]
        yield (Said.CODE, words[match.end() : last.start()]) if last else (Said.LINK, match[2])
        at = (last or match).end()
    yield Said.PROSE, words[at:]


def _closing(found: list[re.Match[str]]) -> dict[int, re.Match[str]]:
    """For each run of backticks, by its number among `found`, the next one of its length."""
    closing: dict[int, re.Match[str]] = {}
    next_of_length: dict[int, re.Match[str]] = {}
    for number in range(len(found) - 1, -1, -1):
        if ticks := found[number][1]:
            if len(ticks) in next_of_length:
                closing[number] = next_of_length[len(ticks)]
            next_of_length[len(ticks)] = found[number]
    return closing


def _prose(words: str) -> str:
    """`in_markdown` with the blanks at both ends."""
    if not words.strip():
        return " " if words else ""
    before, after = words[:1].isspace(), words[-1:].isspace()
    return f"{' ' * before}{in_markdown(words)}{' ' * after}"


def _our_link(address: str) -> str:
    return address if urlsplit(address).hostname in OUR_LINKS else in_markdown(address)


def fenced(words: str) -> str:
    """A code block that its own content cannot close: the fence is longer than any run of backticks in it."""
    words = plain(words)
    longest = max((len(run) for run in re.findall("`+", words)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{words}\n{fence}"


def link(words: str, address: str) -> str:
    """A link of Markdown; where the address is none that a browser opens, its words alone."""
    target = web_address(address)
    shown = target if words == address else in_markdown(words)
    return f"[{shown}]({target})" if target else shown


def web_address(address: str) -> str:
    """An http(s) address that cannot end its link or become markup; empty when it is none."""
    address = "".join(plain(address).split())
    try:
        scheme = urlsplit(address).scheme
    except ValueError:
        return ""
    if scheme not in ("http", "https"):
        return ""
    begin, _, rest = address.partition("://")
    # An address within it would be a link of its own.
    return f"{begin}://" + quote(rest.replace("://", "%3A//"), safe="/:?#@!$&'+,;=%-._~")
