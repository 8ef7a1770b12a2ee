"""Node: what ended a process and no other row knows."""

from __future__ import annotations

import re

from app.diagnosis.javascript.image import ran_place
from app.diagnosis.javascript.stacks import before, thrown_at
from app.diagnosis.places import CODE, anywhere
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_modules import ANY
from app.diagnosis.rules.javascript.reading_uncaught import thrown, uncaught

RULES: tuple[Rule, ...] = (
    Rule(
        code="node-uncaught",
        only=ANY,
        pattern=r"^(?:npm (?:ERR!|error) )?(?:Uncaught |\[UnhandledPromiseRejection: )?(?P<kind>(?:[A-Z]\w*)?(?:Error|Exception|Rejection))(?: \[\w+\])?: (?P<said>.+)",
        read=uncaught,
        place=thrown_at,
        rank=Rank.ROOT,
        title="{file} line {at}: {said}",
        message="{kind}: {said} ({file} line {at}{code}).",
        fix="Correct line {at} of {file}. {hint}",
    ),
    Rule(
        code="node-thrown",
        only=ANY,
        pattern=r"(?:^|[\s:(])(?P<kind>(?:[A-Z]\w*)?(?:Error|Exception)): (?P<said>.+)",
        read=thrown,
        place=thrown_at,
        title="{file} line {at}: {said}",
        message="{kind}: {said} ({file} line {at}{code}).",
        fix="Correct line {at} of {file}. {hint}",
    ),
    Rule(
        code="node-rejection",
        pattern=r"This error originated either by throwing inside of an async function without a catch block, .*reason \"?(?P<said>.*?)\"?\.?\]?$",
        place=lambda hit: thrown_at(hit) or anywhere(r"Promise\.reject|\breject\(", *CODE[1:9])(hit),
        title="An unhandled rejection: {said}",
        message="UnhandledPromiseRejection: a promise was rejected with {said}, and nothing caught it.",
        fix="Catch it (await in try/catch, or .catch()), and reject with an Error so that the stack is shown.",
    ),
    Rule(
        code="node-crashed",
        pattern=r"\[nodemon\] app crashed|\[ERROR\] \d\d:\d\d:\d\d (?:⨯|Error)|^Node\.js v\d+\.\d+\.\d+$|\[PM2\].*(?:exited with code \[1\]|too many unstable restarts)",
        read=lambda hit: {
            "told": next((line.strip() for line in before(hit, 30) if re.match(r"^\w*Error\b", line)), "")
            or next((line.strip() for line in before(hit, 30) if re.match(r"^[A-Z✖⨯✘]\S* .{12}", line)), "")
        },
        place=ran_place,
        rank=Rank.SYMPTOM,
        title="The Node program ended: {told}",
        message="The program ended with an error. {told}",
        fix="Read the error above this line.",
    ),
)
