"""A bean that Spring does not find: what the repository has for it, and what that lacks."""

from __future__ import annotations

import re

from app.diagnosis.rule import Hit
from app.diagnosis.rules.jvm.reading_code import sources

_STEREOTYPE = r"^\s*@(?:Service|Component|Repository|Configuration|Controller|RestController)\b"
_CONDITION = r"^\s*@(?:Conditional\w*|Profile)\b"
_SPRING_DATA = r"(?:Jpa|Crud|Mongo|PagingAndSorting|ReactiveCrud|ListCrud)Repository\b"
MOST_SOURCES = 3000


def missing_bean(hit: Hit, wanted: str) -> str:
    """What to do about the bean of this type, as far as the repository shows it."""
    simple = re.escape(re.split(r"[.$]", wanted)[-1])
    own = _with(hit, rf"\binterface\s+{simple}\b")
    if own and hit.files.search(own, _SPRING_DATA):
        return (
            f"{own} is a repository that Spring Data makes: put it below the package of @SpringBootApplication (or name "
            "its package in @EnableJpaRepositories), and see that the starter of its database is in the build."
        )
    if own and hit.files.search(own, r"^\s*@Mapper\b"):
        return (
            f'{own} is a mapper: for MapStruct @Mapper(componentModel = "spring") with mapstruct-processor among the '
            "annotation processors, for MyBatis @MapperScan with its package."
        )
    made = _with(hit, rf"\bclass\s+{simple}\b") or _with(
        hit, rf"\bclass\s+\w+.*(?:\bimplements\b|\bextends\b|:).*\b{simple}\b"
    )
    if made and hit.files.search(made, _STEREOTYPE):
        return _left_aside(hit, made)
    return f"Annotate {made or f'an implementation of {wanted}'} with @Component, @Service or @Repository in a scanned package, or define it in a @Configuration."


def _left_aside(hit: Hit, path: str) -> str:
    """A class that is annotated, and no bean all the same."""
    if line := hit.files.search(path, _CONDITION):
        condition = hit.files.lines(path)[line - 1].strip()[:120]
        return (
            f"{path} is that bean, and only under {condition}: set for the service what it asks for (the property as a "
            "variable, SPRING_PROFILES_ACTIVE), or take the condition away."
        )
    return (
        f"{path} is that bean, and its package is not scanned: put it below the package of @SpringBootApplication, or "
        "name its package in scanBasePackages."
    )


def _with(hit: Hit, pattern: str) -> str:
    """The first source with a line that matches; empty where none has."""
    return next((path for path in sources(hit)[:MOST_SOURCES] if hit.files.search(path, pattern)), "")
