"""Families of messages in JavaScript: npm's, Yarn's, Bun's, Prisma's and the frameworks' own, by their codes."""

from __future__ import annotations

from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_data_codes import DATA
from app.diagnosis.rules.javascript.reading_managers import COREPACK, OF_NODE, RUNTIMES, YARN
from app.diagnosis.rules.javascript.reading_next_codes import LESSER, SITES
from app.diagnosis.rules.javascript.reading_npm_codes import NPM
from app.diagnosis.rules.javascript.reading_settings import PATTERN, setting, setting_place
from app.diagnosis.transcript import Kind

_ANY = frozenset(Kind)

RULES: tuple[Rule, ...] = (
    Rule(
        code="npm-code",
        only=_ANY,
        pattern=NPM.pattern,
        read=NPM.read,
        place=NPM.place,
        rank=Rank.ROOT,
        title="{title}",
        message="{told}.",
        fix="{advice}",
    ),
    Rule(
        code="yarn-code",
        only=_ANY,
        pattern=YARN.pattern,
        read=YARN.read,
        place=YARN.place,
        rank=Rank.ROOT,
        title="{title}",
        message="{told}.",
        fix="{advice}",
        link="https://yarnpkg.com/advanced/error-codes",
    ),
    Rule(
        code="corepack-code",
        only=_ANY,
        pattern=COREPACK.pattern,
        read=COREPACK.read,
        place=COREPACK.place,
        rank=Rank.ROOT,
        title="{title}",
        message="{told}.",
        fix="{advice}",
    ),
    Rule(
        code="runtime-code",
        only=_ANY,
        pattern=RUNTIMES.pattern,
        read=lambda hit: None if OF_NODE.search(hit.line) else RUNTIMES.read(hit),
        place=RUNTIMES.place,
        rank=Rank.ROOT,
        title="{title}",
        message="{told}.",
        fix="{advice}",
    ),
    Rule(
        code="node-setting",
        only=_ANY,
        pattern=PATTERN,
        read=setting,
        place=setting_place,
        rank=Rank.ROOT,
        title="{what} {state}{when}: {who} needs it",
        message="{told}: the value comes from an environment variable{also} that {state}.",
        fix="{advice}.",
    ),
    Rule(
        code="prisma-code",
        only=_ANY,
        pattern=DATA.pattern,
        read=DATA.read,
        place=DATA.place,
        rank=Rank.ROOT,
        title="{title}",
        message="{told}.",
        fix="{advice}",
    ),
    Rule(
        code="site-code",
        only=_ANY,
        pattern=SITES.pattern,
        read=SITES.read,
        place=SITES.place,
        rank=Rank.ROOT,
        title="{title}",
        message="{told}.",
        fix="{advice}",
    ),
    Rule(
        code="site-code",
        only=_ANY,
        pattern=LESSER.pattern,
        read=LESSER.read,
        place=LESSER.place,
        title="{title}",
        message="{told}.",
        fix="{advice}",
    ),
)
