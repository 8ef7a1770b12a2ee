"""What is wrong with a servergem.yml, as Findings on their lines."""

from __future__ import annotations

from app.model import Finding, Place, Weight
from app.text.titles import fitting


def fault(
    path: str,
    line: int,
    title: str,
    fix: str,
    *,
    code: str = "bad-configuration",
    message: str = "",
    link: str = "",
) -> Finding:
    """A fault in the file, which ends the deployment."""
    return Finding(code, fitting(title), fix, message=message, place=Place(path, line), link=link)


def remark(code: str, title: str, fix: str, place: Place | None, message: str, link: str = "") -> Finding:
    """Something that is probably not meant, and that may be."""
    return Finding(code, fitting(title), fix, weight=Weight.WARN, message=message, place=place, link=link)


def not_yaml(path: str, line: int, problem: str, fix: str = "") -> Finding:
    """A fault that the parser met."""
    title = f"{path} is not YAML: {problem}"
    return fault(path, line, title, fix or f"Look at line {line} and the one above it.", code="not-yaml")


def not_read(path: str, line: int, problem: str, fix: str) -> Finding:
    """YAML, and more of it than a servergem.yml takes."""
    return fault(path, line, f"{path} cannot be read: {problem}", fix, code="not-yaml")


def duplicate_key(path: str, line: int, dotted: str, name: str) -> Finding:
    """One key, written twice: nobody knows which one counts."""
    return fault(
        path, line, f"{dotted} stands here twice", f"Remove one `{fitting(name)}:`.", code="duplicate-key"
    )
