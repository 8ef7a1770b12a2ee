"""Node: files that do not parse."""

from __future__ import annotations

from app.diagnosis.javascript.packages import unnumbered
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_modules import ANY
from app.diagnosis.rules.javascript.reading_syntax import broken_json, syntax, syntax_place

RULES: tuple[Rule, ...] = (
    Rule(
        code="node-json",
        only=ANY,
        pattern=r"SyntaxError: (?P<path>/\S+\.json): (?P<said>.+)|Error \[ERR_INVALID_PACKAGE_CONFIG\]: Invalid package config (?P<path2>/\S+package\.json)|"
        r"Error parsing (?P<path3>/?\S+\.json)[:.]? ?(?P<said3>.*)",
        read=unnumbered(broken_json),
        place=lambda hit: hit.files.place(hit["file"], int(hit["line"])) if hit["file"] else None,
        rank=Rank.ROOT,
        title="{path} line {line} is not valid JSON",
        message="SyntaxError in {path}, line {line}: {said}",
        fix="Correct line {line} of {path}: JSON has no comments and no comma before a closing bracket.",
    ),
    Rule(
        code="node-syntax",
        only=ANY,
        pattern=r"^(?:npm (?:ERR!|error) |\[?\w*\]? ?)?(?:Uncaught )?SyntaxError(?: \[\w+\])?: (?P<said>.+)",
        read=syntax,
        place=syntax_place,
        rank=Rank.ROOT,
        title="{file} line {at}: {said}",
        message="SyntaxError: {said} in {file} line {at}{code}.{hint}",
        fix="Correct line {at} of {file}.{hint}",
    ),
)
