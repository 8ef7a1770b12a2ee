"""A servergem.yml that we write: what is written is read back to the same values, whatever they are."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.config.document import NOT_TEXT, Document
from app.config.draft import Block, Draft, Said, Value
from app.config.file import File
from app.config.part import Part
from app.config.reference import CHAPTERS
from app.config.settling import settled
from app.config.writing import text

LETTERS = st.text(max_size=30)
TEXTS = st.one_of(
    LETTERS.filter(lambda said: not NOT_TEXT.search(said)),
    st.sampled_from(
        ["yes", "1.10", "0123", "null", "~", "", " a", "a: b", "- a", "#", "a #b", "{{ x }}", "*a", "12:30"]
    ),
    st.sampled_from(
        [
            "&a",
            "!b",
            "%c",
            "@d",
            "`e`",
            "a\nb",
            '"',
            "'",
            "\\",
            "\t",
            "[",
            "a, b",
            "\x85",
            "\u2028",
            "=",
            "<<",
        ]
    ),
)
NAMES = st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True)


def value(said: Any) -> Value:
    """Plain data as a draft has it."""
    if isinstance(said, dict):
        return Block(tuple(Said(str(key), value(each)) for key, each in said.items()))
    return tuple(map(value, said)) if isinstance(said, list) else said


def draft(said: dict[str, Any]) -> Draft:
    block = value(said)
    assert isinstance(block, Block)
    return Draft(block, ("A file: written # by a test",))


def words(part: Part) -> dict[str, Any]:
    """What is said of a part, under the names of the file."""
    names = {name: key for key, name in part.keys().items()}
    return {names[name]: _word(getattr(part, name)) for name in part.model_fields_set}


def _word(said: Any) -> Any:
    if isinstance(said, Part):
        return words(said)
    if isinstance(said, dict):
        return {str(name): _word(each) for name, each in said.items()}
    return [_word(each) for each in said] if isinstance(said, list) else said


def read(written: str) -> File:
    return File.model_validate(Document.parse(written, "servergem.yml").value)


def examples(part: type[Part]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of the keys of a part, each with one of the values that the reference shows."""
    known = {key: part.model_fields[name].examples or [] for key, name in part.keys().items()}
    return st.fixed_dictionaries(
        {}, optional={key: st.sampled_from(shown) for key, shown in known.items() if shown}
    )


def shape(title: str) -> st.SearchStrategy[dict[str, Any]]:
    return examples(dict(CHAPTERS)[title])


FILES = st.fixed_dictionaries(
    {
        "services": st.dictionaries(
            st.sampled_from(["api", "web", "on"]),
            st.builds(
                lambda part, env: part | {"env": env}, shape("services.NAME"), st.dictionaries(NAMES, TEXTS)
            ),
            max_size=2,
        ),
        "environments": st.dictionaries(
            st.sampled_from(["production", "no"]),
            shape("environments.NAME").map(lambda part: {"branch": "main"} | part),
            max_size=2,
        ),
        "previews": shape("previews"),
        "jobs": st.dictionaries(st.sampled_from(["nightly"]), shape("jobs.NAME")),
    },
    optional={"notify": st.lists(shape("notify"), max_size=2)},
)


@given(FILES)
def test_what_is_written_is_read_back_to_the_same_values(said: dict[str, Any]) -> None:
    """A file of any shape, written, read, and written of what was read, is the same file."""
    said = {
        **said,
        "services": {
            n: {k: v for k, v in p.items() if k != "env" or "PORT" not in v}
            for n, p in said["services"].items()
        },
    }
    first = read(text(draft(said)))
    assert read(text(draft(words(first)))) == first
    kept = {name: part.get("env", {}) for name, part in said["services"].items()}
    assert {name: (part.env if part else {}) for name, part in first.services.items()} == kept


@given(
    st.dictionaries(
        TEXTS.filter(bool), st.one_of(TEXTS, st.booleans(), st.integers(0, 10**6), st.lists(TEXTS))
    )
)
def test_every_reader_of_yaml_reads_the_same(said: dict[str, Any]) -> None:
    """PyYAML's, which follows another version of YAML, has the same texts, numbers and lists."""
    assert yaml.safe_load(text(draft(said))) == (said or None)


def test_a_remark_is_no_key() -> None:
    """What is off stands there to be taken up, and says nothing until it is."""
    off = Said("b", Block((Said("c", 1, "why"),)), off=True)
    written = text(Draft(Block((Said("a", Block((Said("x", 1), off))),))))
    assert written == "a:\n  x: 1\n  # b:\n  #   c: 1  # why\n"


def test_what_the_reader_refuses_is_taken_out_with_its_reason() -> None:
    """Key by key, also what only two values together make wrong; the rest stays."""
    api = {
        "port": 3000,
        "memory": "64Mi",
        "cpu": "4",
        "env": {"A": "b", "K_SERVICE": "c"},
        "health": "/healthz",
    }
    found = settled(draft({"services": {"api": api}}), repository_name="shop")
    assert not found.faults
    assert text(found.draft).endswith("services:\n  api:\n    port: 3000\n    env:\n      A: b\n")
    refused = {each.keys[-1]: each.why for each in found.refused}
    assert refused.keys() == {"memory", "cpu", "K_SERVICE", "health"}
    assert "128Mi" in refused["memory"] and "2048Mi" in refused["cpu"]
