"""TypeScript: tsc in both of its layouts, and whoever shows its errors (webpack, Next, Vue, Svelte, Angular, ts-node)."""

from __future__ import annotations

import re

from app.diagnosis.javascript.packages import unnumbered
from app.diagnosis.javascript.stacks import bare
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_tsconfig import config_place, config_words
from app.diagnosis.rules.javascript.reading_typescript import (
    above,
    below,
    checker,
    cra,
    error,
    next_words,
    place_place,
    svelte,
    webpack,
)
from app.diagnosis.transcript import Kind

ANY = frozenset(Kind)

FILE = r"(?P<path>[\w@./ ()\[\]$+-]*?[\w)\]]\.(?:[cm]?tsx?|[cm]?jsx?|vue|svelte|astro|html|json))"

# Who printed it, where several packages build at once: `packages/api build: ` of pnpm, `@shop/api:build: ` of turbo.
BEFORE = r"^(?:(?P<where>@?[\w./-]+)(?: [a-z][\w:-]*|:[a-z][\w:-]*): )?(?:npm (?:ERR!|error) |Error: |\s+|\[[\w-]+\] (?:ERROR in )?|ERROR in |❌ |✖ )?"

CONFIG_CODES = "TS(?:5\\d\\d\\d|18003|6046|6053|6059|6305|6306|6310|2688|17004|6504|2318|18002)"

SHOWN = {
    "title": "{code}: {said}",
    "message": "{file} line {at}: error {code}: {said} {more}{source}",
    "fix": "{fix}",
}

RULES: tuple[Rule, ...] = (
    Rule(
        code="typescript-config",
        pattern=rf"^(?:\[[\w-]+\] )?(?:(?P<path>[\w@./-]*tsconfig[\w.-]*\.json)[(:](?P<line>\d+)[,:]\d+\)?:? (?:- )?)?error (?P<code>{CONFIG_CODES}): (?P<said>.+)",
        only=ANY,
        read=config_words,
        place=config_place,
        rank=Rank.ROOT,
        title="{code}: {said}",
        message="error {code}: {said}",
        fix="{fix}",
        link="https://www.typescriptlang.org/tsconfig/",
    ),
    Rule(
        code="typescript-error",
        pattern=BEFORE + FILE + r"\((?P<line>\d+),\d+\): error (?P<code>TS-?\d+): (?P<said>.+)",
        read=error,
        place=place_place,
        many=True,
        rank=Rank.ROOT,
        title="{code}: {said}",
        message=SHOWN["message"],
        fix="{fix}",
    ),
    Rule(
        code="typescript-error",
        pattern=BEFORE + FILE + r":(?P<line>\d+):\d+ - error (?P<code>(?:TS|NG)-?\d+): (?P<said>.+)",
        read=error,
        place=place_place,
        many=True,
        rank=Rank.ROOT,
        title="{code}: {said}",
        message=SHOWN["message"],
        fix="{fix}",
    ),
    Rule(
        code="typescript-error",
        pattern=r"^(?:\[[\w-]+\] )?(?:ERROR in )?(?P<path>[\w@./ \[\]-]+\.[cm]?tsx?)\((?P<line>\d+),\d+\)(?::? ?)$",
        read=webpack,
        place=place_place,
        many=True,
        rank=Rank.ROOT,
        title="{code}: {said}",
        message=SHOWN["message"],
        fix="{fix}",
    ),
    Rule(
        code="typescript-error",
        pattern=r"^TypeScript error in (?P<path>[\w@./ \[\]-]+\.[cm]?tsx?)\((?P<line>\d+),\d+\):",
        read=cra,
        place=place_place,
        many=True,
        rank=Rank.ROOT,
        title="{code}: {said}",
        message=SHOWN["message"],
        fix="{fix}",
    ),
    Rule(
        code="typescript-error",
        pattern=r"^(?:\[tsl\] )?\s*(?P<code>TS\d+): (?P<said>.+)",
        read=above,
        place=place_place,
        many=True,
        rank=Rank.ROOT,
        title="{code}: {said}",
        message=SHOWN["message"],
        fix="{fix}",
    ),
    Rule(
        code="typescript-error",
        pattern=r"(?:\[ERROR\]|@rollup/plugin-typescript|error) (?P<code>(?:TS|NG)-?\d+): (?P<said>.+)",
        read=lambda hit: (
            None if re.search(r"\.[cm]?[jt]sx?\S*\d+\)?:? (?:- )?error ", hit.line) else below(hit)
        ),
        place=place_place,
        many=True,
        rank=Rank.ROOT,
        title="{code}: {said}",
        message=SHOWN["message"],
        fix="{fix}",
    ),
    Rule(
        code="typescript-error",
        pattern=r"^\s*ERROR\(TypeScript\)\s+(?P<said>.+)",
        read=checker,
        place=place_place,
        many=True,
        rank=Rank.ROOT,
        title="{code}: {said}",
        message=SHOWN["message"],
        fix="{fix}",
    ),
    Rule(
        code="next-build",
        only=ANY,
        pattern=r"^Type error: (?P<said>.+)",
        read=next_words,
        place=place_place,
        rank=Rank.ROOT,
        title="{file} line {at}: {said}",
        message="{file} line {at}: Type error: {said} {more}{source}",
        fix="{fix}",
        link="https://nextjs.org/docs/app/api-reference/config/typescript",
    ),
    Rule(
        code="typescript-svelte",
        only=ANY,
        pattern=r"^(?P<path>[\w@./ ()\[\]$+-]+\.(?:svelte|[cm]?[jt]s)):(?P<line>\d+):\d+$",
        read=svelte,
        place=place_place,
        many=True,
        rank=Rank.ROOT,
        title="{file} line {at}: {said}",
        message="{file} line {at}: {said} {more}{source} (svelte-check)",
        fix="{fix}",
    ),
    Rule(
        code="typescript-svelte",
        pattern=r"^\d+ ERROR \"(?P<path>[^\"]+)\" (?P<line>\d+):\d+ \"(?P<said>.+)\"$",
        read=error,
        place=place_place,
        many=True,
        rank=Rank.ROOT,
        title="{file} line {at}: {said}",
        message="{file} line {at}: {said}{source} (svelte-check)",
        fix="{fix}",
    ),
    Rule(
        code="typescript-found-errors",
        pattern=r"^Found (?P<count>\d+) errors?(?: in |\.|$)|found (?P<count2>[1-9]\d*) errors? and \d+ warnings?",
        read=unnumbered(lambda hit: {"told": bare(hit.line).strip()}),
        rank=Rank.SYMPTOM,
        title="TypeScript found {count} errors",
        message="{told}",
        fix="Correct the errors that are listed above.",
    ),
)
