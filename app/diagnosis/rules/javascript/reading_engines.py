"""Versions that a package wants of Node, and of the package manager."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import base_image, failing_instruction
from app.diagnosis.javascript.image import command_place
from app.diagnosis.javascript.packages import list_place, package, packages, split_spec
from app.diagnosis.javascript.stacks import after, bare
from app.diagnosis.places import first, matching
from app.diagnosis.rule import Hit
from app.diagnosis.rules.javascript.reading_dependencies import dependency
from app.model import Place


def engine(hit: Hit) -> Mapping[str, str] | None:
    text = "\n".join((hit.line, *after(hit, 14)))
    told = re.search(r"(?:Required|wanted): *\{([^}]*)\}", text)
    actual = re.search(r"(?:Actual|current): *\{([^}]*)\}", text)
    want = (
        hit["want"]
        or _engine_of(told[1] if told else "")
        or one_said(r"(?:Expected version|requires at least Node\.js|your pnpm):? ?v?([^\n\"]+)", text)
    )
    if not want and "error Found incompatible" in hit.line:
        return None  # an operating system or a processor is asked for as well
    have = (
        hit["have"]
        or _engine_of(actual[1] if actual else "")
        or one_said(r"(?:Got|current version of Node\.js is|Your node version is):? ?(v?[\d.]+)", text)
    )
    spec = hit["spec"] or one_said(
        r"(?:version of node/npm|engine for|Incompatible module|Your Node version is incompatible with \")[: ]*\"?(@?[\w./-]+@[\w.-]+)",
        text,
    )
    name, version = split_spec(spec) if spec else ("", "")
    if tool := re.search(
        r"version of (pnpm) requires|^(?:ERROR: )?(npm) v\S+ (?:is known|does not)", bare(hit.line)
    ):
        name = tool[1] or tool[2]
    own = name in {"", package(hit).name} or (not package(hit).name and not _dependency_named(hit, name))
    return {
        "name": name or package(hit).name or "The project",
        "version": version,
        "own": "yes" if own else "",
        "want": want.strip(" \"'"),
        "have": have.strip(" \"'"),
        "instead": _instead(name if not own else "", have.strip(" \"'")),
    }


def _instead(package_name: str, have: str) -> str:
    """The other way out: a package in another version, or the project's own demand."""
    runs = f" runs on Node {have.lstrip('v')}" if have else " runs on the image's Node"
    if package_name:
        return f"take a version of {package_name} that{runs}"
    return f'widen "engines" in package.json, if the project{runs}'


def _dependency_named(hit: Hit, name: str) -> bool:
    return any(each.group_of(name) for each in packages(hit))


def one_said(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else ""


def _engine_of(words: str) -> str:
    return one_said(r'"node"\s*:\s*"([^"]*)"', words) or one_said(
        r'"(?:npm|pnpm|yarn)"\s*:\s*"([^"]*)"', words
    )


def engine_place(hit: Hit) -> Place | None:
    if hit["own"]:
        return first(
            matching(r'^\s*"(?:node|npm|pnpm|yarn)"\s*:\s*"[\^~<>=\d]', "package.json"),
            matching(r'"engines"\s*:', "package.json"),
            base_image,
        )(hit)
    return dependency(hit) or command_place(hit, hit["name"]) or base_image(hit) or list_place(hit)


MANAGER = matching(r'"packageManager"\s*:', "package.json")


_INSTALLING = re.compile(r"\b(npm|pnpm|yarn|bun)\b(?: -[\w=-]+)*(?: (?:ci|i|install|add)\b|$)")


def other_manager(hit: Hit) -> Mapping[str, str]:
    """The package manager that the project asks for, and whether the install is another's or only another version's."""
    # Yarn 1 writes its own name before any other manager's.
    want = re.sub(r"^yarn@(?=\w+@)", "", hit["want"]) or str(package(hit).held.get("packageManager") or "")
    ran = hit.section.instruction or hit.transcript.failed_instruction
    used, named = _INSTALLING.search(ran), want.partition("@")[0]
    fix = f'Run corepack enable before the install, and use the manager that "packageManager" names{f": {want}" if want else ""}'
    if used and named and used[1] != named:
        fix = f"Write {named} instead of {used[1]} in this instruction, with RUN corepack enable above it; its lock file is that of {named}"
    elif used and named:
        fix = f'Write RUN corepack enable above this instruction: it brings {want}, as "packageManager" asks (or pin {want} yourself)'
    return {
        "said": bare(hit.line).strip(),
        "want": want or "pnpm, yarn or npm",
        "ran": ran if used and named else "",
        "fix": fix,
    }


def other_manager_place(hit: Hit) -> Place | None:
    """The instruction that installs."""
    return failing_instruction(hit) if hit["ran"] else None
