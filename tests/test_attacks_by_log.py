"""Attacks by log: a secret that is printed in a form of its own, which no pattern sees and every person reads."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from app.redaction import Stream, redact_lines
from app.text.escaping import fenced, in_markdown, plain

SECRET = "hunter22xyz"
URL = f"postgres://user:{SECRET}@db/shop"
PRINTED = {
    "name and value in colours": f"\x1b[36mpassword\x1b[0m=\x1b[35m{SECRET}\x1b[0m",
    "a colour within it": "ghp_ABCDEFGHIJ\x1b[0mKLMNOPQRSTUVWXYZ0123456789",
    "colours as JSON writes them": json.dumps(f"\x1b[36mDB_PASSWORD\x1b[0m=\x1b[35m{SECRET}\x1b[0m"),
    "colours as a pager writes them": f"^[[36mDB_PASSWORD^[[0m=^[[35m{SECRET}^[[0m",
    "a terminal's title before it": f"\x1b]0;x\x07DB_PASSWORD\x1b]0;y\x07={SECRET}",
    "name and value apart": json.dumps({"name": "DB_PASSWORD", "value": SECRET}),
    "the same within a text of JSON": json.dumps(json.dumps({"name": "DB_PASSWORD", "value": SECRET})),
    "the value one level below": json.dumps({"password": {"value": SECRET}}),
    "an address in an address": f"?next={quote(URL, safe='')}",
    "an assignment in an address": f"?env=DB_PASSWORD%3D{SECRET}%26A%3D1",
    "an address as PHP writes it in JSON": json.dumps({"dsn": URL}).replace("/", "\\/"),
    "the same in a text of JSON": json.dumps(json.dumps({"dsn": URL}).replace("/", "\\/")),
    "a signed address as Go writes it in JSON": f'"https://x.example/?a=1\\u0026X-Goog-Signature={SECRET}abcdef0123456789"',
    "a tag": f"<db-password>{SECRET}</db-password>",
}


@pytest.mark.parametrize("printed", PRINTED.values(), ids=PRINTED)
def test_a_secret_in_a_form_of_its_own_is_hidden(printed: str) -> None:
    """In a text, in a log's lines as they come, and in all of them at once."""
    for shown in (
        plain(printed),
        in_markdown(printed),
        fenced(printed),
        Stream().line(printed),
        *redact_lines([printed]),
    ):
        assert SECRET not in shown and "KLMNOPQRSTUVWXYZ" not in shown, shown
        assert "hidden" in shown, shown


def test_what_stands_around_it_stays() -> None:
    """The name, the next variable, and a name and value that are no secret's."""
    assert plain(PRINTED["an assignment in an address"]) == "?env=DB_PASSWORD%3D[hidden]%26A%3D1"
    assert plain(PRINTED["a tag"]) == "<db-password>[hidden]</db-password>"
    for innocent in (
        json.dumps({"name": "PORT", "value": "8080"}),
        json.dumps({"name": "DB_PASSWORD", "value": "projects/1/secrets/db/versions/latest"}),
        json.dumps({"name": "DB_PASSWORD", "value": "${DB_PASSWORD}"}),
        "https%3A%2F%2Fexample.com%2F%40team",
    ):
        assert plain(innocent) == innocent
