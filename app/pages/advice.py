"""Our own sentences with words from outside in them, as HTML: links lead only where we send people."""

from __future__ import annotations

from urllib.parse import urlsplit

from markupsafe import Markup, escape

from app.text.escaping import OUR_LINKS, Said, plain, said_in


def advised(words: str) -> Markup:
    """What `app.text.escaping.advice` is in Markdown; every piece of it is escaped here."""
    forms = {Said.PROSE: escape, Said.CODE: _code, Said.LINK: _link}
    return Markup("").join(forms[said](piece) for said, piece in said_in(plain(words)))


def _code(words: str) -> Markup:
    return Markup("<code>{}</code>").format(words)


def _link(address: str) -> Markup:
    if urlsplit(address).hostname not in OUR_LINKS:
        return escape(address)
    return Markup('<a href="{0}">{0}</a>').format(address)
