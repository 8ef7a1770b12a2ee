"""YAML as repositories hold it: what a file says, or the line that no parser reads; pure and bounded.

A file of its own, because most looks at a repository end before anybody asks for YAML, and its parser is slow to load.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

MOST_ALIASES, MOST_KEYS = 100, 1_000  # merges of merges (`<<`) double with each line
LONGEST_PLAIN = 10_000  # letters; a number to base 60 costs their square
DEEPEST = 100  # the loader in C goes down without looking at the stack, and a thousand levels end the process


def yaml_value(text: str) -> Any:
    """What it says; ValueError where it does not parse or says more than is read."""
    try:
        return _yaml(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def first_fault(text: str) -> tuple[int, str] | None:
    """The line and the words of the first fault; syntax alone: several documents, tags and anchors are none of ours."""
    try:
        for _ in _shallow(text):
            pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return (mark.line + 1 if mark else 1), error.problem or "it cannot be read"
    except (yaml.YAMLError, RecursionError):
        return None
    return None


def _yaml(text: str) -> Any:
    """Raises ValueError or YAMLError; aliases are counted before any of them is followed."""
    aliases = 0
    for event in _shallow(text):
        aliases += isinstance(event, yaml.AliasEvent)
        if aliases > MOST_ALIASES:
            raise ValueError("more aliases than are read")
        if isinstance(event, yaml.ScalarEvent) and event.implicit[0] and len(event.value) > LONGEST_PLAIN:
            raise ValueError("a word that is longer than any number")
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - made of a safe one


def _shallow(text: str) -> Iterator[yaml.Event]:
    """The parser's events; YAMLError where they go deeper than anybody writes."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise yaml.YAMLError("deeper than is read")
        yield event


class _Loader(yaml.CSafeLoader):
    """Gives up where merging makes more keys than anybody writes."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        super().flatten_mapping(node)
        if len(node.value) > MOST_KEYS:
            raise yaml.YAMLError("more keys than are read")
