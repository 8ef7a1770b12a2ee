"""Escaping: hostile names pass through every form that a person reads, and come out as text; tables."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from markdown_it import MarkdownIt

from app.comment import Line, answer, state_of, sticky
from app.conversation.hearing import Standing, where
from app.github import GitHub
from app.github.bodies import status
from app.model import (
    Blame,
    Commit,
    Ending,
    Finding,
    Place,
    Report,
    Repository,
    Row,
    RowState,
    ServiceConfig,
    Serving,
    Target,
    Traffic,
)
from app.pages import site
from app.pages.guard import Guard
from app.report import check_run, ended, last_word, title
from app.retry import Policy
from app.settings import load
from app.store import Store
from app.text.escaping import advice, fenced, in_code, in_markdown, link, plain, typed, web_address
from app.text.legible import legible
from tests.test_settings import GOOD

HOSTILE = {
    "mention": "hi @victim and @acme/team",
    "issue": "fixes #1 and acme/shop#2 and GH-3",
    "image": "![x](https://victim.example/x.png)",
    "link": "[log in](https://victim.example)",
    "reference": "[x][y]\n\n[y]: https://victim.example",
    "autolink": "see https://victim.example/a and www.victim.example or <https://victim.example>",
    "html": '<img src="https://victim.example/x"><script>alert(1)</script><a href="javascript:1">x</a>',
    "comment": "<!-- servergem:preview --> --> <!--",
    "fence": "```\n````\n~~~\n# Heading",
    "ticks": "a ` b `` c ```",
    "half code": "`code` and ` @victim `` https://victim.example",
    "table": "a | b\n|---|---|\n| c | d",
    "heading": "# big\n## bigger\n- list\n> quote",
    "entity": "&#64;victim &lt;img src=x&gt; &commat;victim",
    "control": "a\x00b\x07c\x1b[31mred\x1b]0;title\x07d\x9be",
    "bidi": "a\u202eb\u2066c\u200bd\u2028e",
    "fillers": "a\u180eb\u115fc\u3164d\ufff9e\u034ff\uffa0g\U000e0100h",
    "lines": "a\r\nb\rc\nd\x0be",
    "template": "{{ 7*7 }} {% if 1 %}",
    "scheme": "javascript:alert(1)",
    "break out of a link": "https://x.example/)<img src=x>[y](https://victim.example",
    "half": "\ud800",
}
COMMIT = Commit(Repository(1, "acme", "hello", 2), "a1b2c3d" + "0" * 33, "main")
OURS = "https://gem.example/deployments/1"


class Reader(HTMLParser):
    """What a browser makes of it: elements, targets of links, and the text where GitHub looks for mentions."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.targets: list[str] = []
        self.text = ""
        self.code = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.code += tag in ("code", "a")
        self.targets += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_endtag(self, tag: str) -> None:
        self.code -= tag in ("code", "a")

    def handle_data(self, data: str) -> None:
        if not self.code:
            self.text += data


PLAIN_TAGS = {
    "p", "strong", "em", "code", "pre", "table", "thead", "tbody", "tr", "th", "td", "h3", "ul", "li", "br", "a",
    "html", "head", "meta", "title", "link", "body", "h1", "h2",
}  # fmt: skip


def unseen(words: str) -> list[str]:
    kinds = ("Cc", "Cf", "Cs")
    fillers = "\u115f\u3164\u034f\uffa0\U000e0100"
    return [c for c in words if c in fillers or (unicodedata.category(c) in kinds and c not in "\n\t\u200b")]


def harmless(markdown: str, *, linked: tuple[str, ...] = ()) -> None:
    """No element, link, mention or issue that somebody outside has written."""
    read = Reader(MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(markdown))
    assert set(read.tags) <= PLAIN_TAGS, read.tags
    strange = [
        target for target in read.targets if not target.startswith(linked or ("https://gem.example/",))
    ]
    assert not strange, strange
    text = re.sub(r"https://gem\.example/\S*", "", read.text)  # a service's own address is a link by itself
    assert not re.search(r"(?<![A-Za-z0-9])@[A-Za-z0-9]", text), text
    assert not re.search(r"#\d|\bGH-\d", text), text
    bare = re.sub(
        r"`+[^`]*`+|\[[^\]]*\]\([^)]*\)|https://gem\.example/\S*",
        "",
        re.sub(r"(?s)^(`{3,})text\n.*?\n\1$", "", markdown, flags=re.M),
    )
    assert not re.search(r"(?:://|www\.)victim", bare), bare
    assert not unseen(markdown)


def report(words: str) -> Report:
    """Every text of a report is theirs."""
    findings = (
        Finding(
            code="x", title=words, message=words, fix=f"Write {words}, or `{words}`.", blame=Blame.YOU,
            place=Place(words, 3), excerpt=words, link=f"https://gem.example/{words}",
        ),
    )  # fmt: skip
    rows = (Row(words, RowState.FAILED, 1.0, 2.0, notes=(words,), parts=(Row(words),)),)
    shown = Report(
        replace(COMMIT, message=words), f"ServerGem / {words} (production)", rows=rows, environment=words
    )
    shown = replace(
        shown, deployment_id="1", remarks=(words,), merge=(f"`x` is deployed: `{words}` runs first",), made=(words,),
        log_of=words, log_tail=(words, words), revision=words, serving=Serving(words, words, f"https://gem.example/{words}"),
    )  # fmt: skip
    return ended(shown, Ending.FAILED, words, findings)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_check_run_says_nothing_of_theirs(name: str) -> None:
    """Title, summary, text and annotations; failed, live, rolled back, removed, under way."""
    base = report(HOSTILE[name])
    address = f"https://gem.example/{HOSTILE[name]}"
    split = (Traffic(HOSTILE[name], 60), Traffic("b", 40))
    for each in (
        base,
        replace(base, ending=Ending.LIVE, url=address, expires=1.0),
        replace(base, ending=Ending.ROLLED_BACK, url=address, split=split),
        replace(base, gone=HOSTILE[name]),
        replace(base, ending=None, rows=(Row(HOSTILE[name], RowState.RUNNING, 1.0),)),
        replace(base, serving=Serving(HOSTILE[name], "", address, asked=False)),
    ):
        payload = check_run(each)
        harmless(payload.summary)
        harmless(payload.text)
        assert "\n" not in payload.title and not unseen(payload.title)
        for annotation in payload.annotations:
            assert "\n" not in annotation.title
            assert not unseen(annotation.title + annotation.message + annotation.raw_details)
    harmless(last_word(base, HOSTILE[name]).summary)
    assert not unseen(status("failure", "", "", title(base))["description"])


@pytest.mark.parametrize("name", HOSTILE)
def test_a_comment_says_nothing_of_theirs(name: str) -> None:
    """The sticky comment, an answer, and what an answer is made of."""
    words = HOSTILE[name]
    live = replace(report(words), ending=Ending.LIVE, url=f"https://gem.example/{words}")
    for each in (report(words), live, replace(live, gone=words), replace(report(words), ending=None)):
        harmless(
            sticky((Line(words, each, OURS, 1.0, 2.0), Line(words, None, OURS, 1.0, 2.0)), "", head=words)
        )
        harmless(answer("Done.", ((each, OURS),)))
        harmless(state_of(each))
    harmless(sticky((), words, head="a"))


@pytest.mark.parametrize("name", HOSTILE)
def test_every_form_holds(name: str) -> None:
    """Each function alone, at the beginning of a line and within one."""
    words = HOSTILE[name]
    for form in (in_markdown, in_code, typed, advice):
        harmless(form(words))
        harmless(f"It is {form(words)} here")
        harmless(f"| a | {form(words)} |\n|---|---|\n| b | {form(words)} |")
        assert "\n" not in form(words)
    harmless(fenced(words))
    harmless(link(words, f"https://gem.example/{words}"))
    assert link(words, words).count("](") <= (1 if web_address(words) else 0)
    assert not unseen(plain(words))


HERE = "http://localhost:8080"
LANE = "1/p/europe-west1/hello"
# Where our own links lead: our pages, GitHub, Google's console, and the addresses that the report itself may name.
LED_TO = (
    "/", "#", "?", "https://github.com/acme/hello", "https://console.cloud.google.com/", "https://gem.example/",
    "https://x.example/",
)  # fmt: skip


@pytest.fixture(scope="module")
def key() -> str:
    """A private key as GitHub gives one."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def pages(tmp_path: Path, key: str) -> Iterator[tuple[Store, Guard]]:
    """The pages, open to whoever looks, over a store of their own."""
    store = Store.open(tmp_path)
    settings = load(GOOD | {"PAGES": "open", "GITHUB_PRIVATE_KEY": key, "SERVERGEM_PUBLIC_URL": HERE})
    github = GitHub(settings.github_app_id, settings.github_private_key, settings.github_api_url, Policy())
    yield store, site(settings, store, github)
    github.close()
    store.close()


async def texts_of(pages: Guard, words: str) -> list[str]:
    """Each page that shows the deployment, one that does not find what these words name, and what they say as a log."""
    paths = (
        "/",
        "/deployments/1",
        f"/services/{quote(LANE)}",
        f"/deployments/{quote(words, errors='replace')}",
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(pages), base_url=HERE) as client:
        asked = [await client.get(path) for path in paths]
        asked.append(await client.post("/explain", data={"log": legible(words)}, headers={"origin": HERE}))
    return [answer.text for answer in asked]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_page_says_nothing_of_theirs(name: str, pages: tuple[Store, Guard]) -> None:
    """The home, one deployment, its service, one that is not there, and a log: what they write is text."""
    words, (store, site_) = HOSTILE[name], pages
    shown = replace(report(words), url=words)
    store.deployments.opened("1", shown, LANE)
    store.deployments.ended("1", shown)
    store.deployments.add_log_line("1", words)
    for text in asyncio.run(texts_of(site_, words)):
        read = Reader(text)
        body = read.tags[read.tags.index("main") :]
        assert len(body) > 3, text
        assert not {"img", "script"} & set(body), body
        assert not [to for to in read.targets if to and not to.startswith(LED_TO)], read.targets
        assert not unseen(text)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Write `requests==2.32.3` on line 3.", "Write `requests==2.32.3` on line 3."),
        ("See https://docs.github.com/rest, it says so.", "See https://docs.github.com/rest, it says so."),
        ("See https://docs.github.com.victim.example/", "See https&#58;//docs.github.com.victim.example/"),
        ("Run `npm i @acme/web`.", "Run `npm i @acme/web`."),
        ("Write to build@acme.dev", "Write to build&#64;acme.dev"),
        ("a `b | c` d", "a <code>b &#124; c</code> d"),
    ],
)
def test_our_advice_stays_readable(words: str, shown: str) -> None:
    """Code stays code, and our own links stay links."""
    assert advice(words) == shown


def test_where_a_command_is_heard_is_text() -> None:
    """Names of services and environments in an answer."""
    for words in HOSTILE.values():
        target = Target("p", "r", words, ServiceConfig(words))
        harmless(where((Standing(target),)))
