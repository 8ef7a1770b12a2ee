"""Our own sentences with words from outside in them, as HTML: links lead only where we send people."""

from __future__ import annotations

from urllib.parse import urlsplit

from markupsafe import Markup, escape

from app.text.escaping import CODE_OR_LINK, OUR_LINKS, plain


def advised(words: str) -> Markup:
    """What `app.text.escaping.advice` is in Markdown; every piece of it is escaped here."""
    words = plain(words)
    shown, at = [], 0
    for match in CODE_OR_LINK.finditer(words):
        shown.append(escape(words[at : match.start()]))
        shown.append(_code(match[2]) if match[1] else _link(match[3]))
        at = match.end()
    shown.append(escape(words[at:]))
    return Markup("").join(shown)


def _code(words: str) -> Markup:
    return Markup("<code>{}</code>").format(words)


def _link(address: str) -> Markup:
    if urlsplit(address).hostname not in OUR_LINKS:
        return escape(address)
    return Markup('<a href="{0}">{0}</a>').format(address)
