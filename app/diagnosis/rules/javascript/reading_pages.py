"""What a page does while next build runs: the data that it fetches, and the types that it declares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.javascript.stacks import after, before
from app.diagnosis.rule import Hit
from app.diagnosis.rules.javascript.reading_sites import page_place
from app.model import Place

_PRERENDERED = re.compile(
    r"Error occurred prerendering page \"([^\"]+)\"|Failed to collect (?:page data|configuration) for (\S+?)[\]\s]|"
    r"\.next/server/app/(\S+?)/(?:page|route)\.js|\.next/server/pages/(\S+?)\.js|\(src/app/(\S+?)/page\.[jt]sx?:"
)


def fetched_in_build(hit: Hit) -> Mapping[str, str] | None:
    """The page and the host, when it is next build that collects data or renders pages here."""
    around = [hit.line, *after(hit, 30), *before(hit, 60)]
    if not any(
        re.search(r"next build|Collecting page data|Generating static pages|▲ Next\.js", line)
        for line in around
    ):
        return None
    if any(re.search(r"fonts\.g(?:oogleapis|static)\.com|next/font", line) for line in around[:31]):
        return None  # next/font's own case
    page = _page(around)
    host = next(
        (
            found[1]
            for line in around[:31]
            if (found := re.search(r"(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT) ([\w.:-]+)", line))
        ),
        "",
    )
    return {
        "page": page or "a page",
        "host": host or "an address that does not answer",
        "said": hit["said"].strip(),
    }


def _page(lines: list[str]) -> str:
    for line in lines:
        if found := _PRERENDERED.search(line + " "):
            return "/" + next(each for each in found.groups() if each).strip("/")
    return ""


def fetched_place(hit: Hit) -> Place | None:
    """The line of the page that asks: its generateStaticParams, its fetch; else what ran."""
    place = (
        page_place(replace(hit, words={**hit.words, "page": hit["page"]}))
        if hit["page"] != "a page"
        else None
    )
    if place is None:
        return failing_instruction(hit)
    asks = hit.files.search(place.path, r"generateStaticParams|getStaticProps|getStaticPaths|\bfetch\(")
    return hit.files.place(place.path, asks or place.line)


def page_types(hit: Hit) -> Mapping[str, str] | None:
    """The file of ours that stands alone on the line above."""
    above = next((line.strip() for line in before(hit, 3) if line.strip()), "")
    named = re.match(r"(?:\./)?(?P<path>[^:]+\.[jt]sx?)(?::\d+:\d+)?$", above)
    path = hit["named"] or (named["path"] if named else "")
    if hit.find_after(r"is not a valid \w+ export field", 2):
        return None
    return {"path": re.sub(r"^\.next/types/(.*)\.ts$", r"\1.tsx", path)} if path else None


def route_export(hit: Hit) -> Mapping[str, str] | None:
    """The route that the line above names, and the line of it that exports the name."""
    named = hit.find_before(r"(?:Route|Page|Layout) \"(?P<path>[^\"]+)\" ", 3)
    if named is None:
        return None
    path = re.sub(r"^\.next/types/(.*)\.ts$", r"\1.tsx", named["path"])
    known = next(
        (each for each in (path, path.removesuffix("x"), f"src/{path}") if each in hit.files.paths), ""
    )
    line = hit.files.search(known, rf"export\b.*\b{re.escape(hit['name'])}\b") if known else 0
    return {"path": known or path, "line": str(line or 1)}


def page_types_place(hit: Hit) -> Place | None:
    for path in (hit["path"], hit["path"].removesuffix("x")):
        for known in (path, f"src/{path}"):
            if known in hit.files.paths:
                line = hit.files.search(known, r"\b(?:params|searchParams)\b") or hit.files.search(
                    known, r"export default"
                )
                return hit.files.place(known, line or 1)
    return failing_instruction(hit)
