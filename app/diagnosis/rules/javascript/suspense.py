"""Next: a component that reads the address while the page is rendered at build, without a Suspense around it."""

from __future__ import annotations

from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_suspense import component, component_place

RULES: tuple[Rule, ...] = (
    Rule(
        code="next-suspense",
        pattern=r"(?P<hook>use\w+)\(\) should be wrapped in a suspense boundary at page \"(?P<page>[^\"]+)\"",
        read=component,
        place=component_place,
        rank=Rank.ROOT,
        title="{name} calls {hook}() without a Suspense around it",
        message="{hook}() should be wrapped in a suspense boundary at page {page}: {file} line {at} calls it, and next build renders that page without an address.",
        fix="Wrap what uses {file} in <Suspense fallback={{null}}> where it is rendered (for a page of its own: move its inside into a component, and return it in Suspense).",
        link="https://nextjs.org/docs/messages/missing-suspense-with-csr-bailout",
    ),
)
