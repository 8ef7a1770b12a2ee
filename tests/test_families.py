"""Families of messages: each message has a sample on which it is the one that speaks, and its advice is shown whole."""

from __future__ import annotations

import re

from app.diagnosis.envelope import open_envelope
from app.diagnosis.families import Family
from app.diagnosis.quoting import LONGEST_WORDS
from app.diagnosis.rules import rows
from app.diagnosis.rules.docker.reading_frontend import ASIDE, FRONTEND, SHELL
from app.diagnosis.rules.google.reading_cloud import CLOUD
from app.diagnosis.rules.javascript.reading_data_codes import DATA
from app.diagnosis.rules.javascript.reading_managers import COREPACK, RUNTIMES, YARN
from app.diagnosis.rules.javascript.reading_next_codes import LESSER, SITES
from app.diagnosis.rules.javascript.reading_node_codes import NODE
from app.diagnosis.rules.javascript.reading_npm_codes import NPM
from app.diagnosis.rules.javascript.reading_settings import SETTINGS
from tests.samples import FOLDERS, samples

FAMILIES: tuple[Family, ...] = (
    ASIDE, FRONTEND, SHELL, CLOUD, DATA, COREPACK, RUNTIMES, YARN, LESSER, SITES, NODE, NPM,
)  # fmt: skip


TABLES_OF_FAMILIES = ("docker.frontend", "google.cloud", "javascript.codes", "javascript.node_codes")
CODES = {row.rule.code for row in rows() if row.table in TABLES_OF_FAMILIES}


def test_each_message_of_a_family_has_a_sample() -> None:
    """A message that no log of ours has is one that nobody has seen at work."""
    heard = [sample for sample in samples(*FOLDERS) if sample.code in CODES]
    lines = {
        line for sample in heard for section in open_envelope(sample.log).sections for line in section.lines
    }
    said = [each.said for family in FAMILIES for each in family.known] + [each for each, _, _ in SETTINGS]
    assert not [pattern for pattern in said if not any(map(re.compile(pattern).search, lines))]


def test_the_advice_of_a_family_is_short_enough_to_be_shown_whole() -> None:
    """What is longer is cut in the middle of what to type."""
    fixes = [each.fix for family in FAMILIES for each in family.known]
    assert max(map(len, fixes)) <= LONGEST_WORDS
