"""What a valid configuration probably does not mean, seen beside the commit's files: warnings, on their lines."""

from __future__ import annotations

from collections.abc import Iterator, Set

from app.config import patterns
from app.config.faults import remark
from app.model import Finding, Target

# Beyond this a listing may have been cut, and what was not read is not judged.
MOST_PATHS = 50_000
MOST_LOOKED_AT = 20


def remarks(target: Target, paths: Set[str]) -> tuple[Finding, ...]:
    """Warnings about one service; `paths` are the files of the commit."""
    return (*_reserved_path(target), *_names_of_previews(target), *_watches_nothing(target, paths))


def counts_later(target: Target, default_branch: str) -> tuple[Finding, ...]:
    """What this commit's servergem.yml says and may not decide: warnings, on the lines of its keys."""
    return tuple(
        remark(
            "counts-after-the-merge",
            f"Counts only after the merge to {default_branch}: {key}",
            f"Nothing has to be done here; merge it to {default_branch} to have it count.",
            target.place_of(key),
            f"Who may be what (branches of environments, regions, accounts, secrets, release commands, who may call, "
            "databases, networks, volumes, GPUs, keys, what previews get) "
            f"is decided by servergem.yml on {default_branch}, and {key} is not the same there.",
        )
        for key in target.later
    )


def _reserved_path(target: Target) -> Iterator[Finding]:
    health = target.service.health
    if health.partition("?")[0].endswith("z"):
        yield remark(
            "reserved-path",
            f"{health} may never reach {target.source_name}",
            "Answer at a path such as /health, and write `health: /health`.",
            target.place("health"),
            "Cloud Run keeps some paths that end with z for itself and does not say which ones.",
            "https://cloud.google.com/run/docs/known-issues#reserved-url-paths",
        )


def _names_of_previews(target: Target) -> Iterator[Finding]:
    if target.preview is None and target.environment == "preview":
        yield remark(
            "environment-preview",
            "The environment preview shares its check runs' name with previews",
            "Give the environment another name, such as trial.",
            target.place("path"),
            f"A pull request's check run is called {target.check_name} too.",
        )


def _watches_nothing(target: Target, paths: Set[str]) -> Iterator[Finding]:
    if not 0 < len(paths) < MOST_PATHS:
        return
    for number, text in enumerate(target.service.watch[:MOST_LOOKED_AT]):
        pattern = patterns.of_paths(text)
        if any(map(pattern.fits, paths)):
            continue
        deeper = f"{text.rstrip('/')}/**"
        helps = pattern.text.endswith("*") and any(map(patterns.of_paths(deeper).fits, paths))
        yield remark(
            "watch-fits-nothing",
            f"No file of this commit fits `watch: {text}`",
            f"Write '{deeper}'."
            if helps
            else "Write it from the repository's root, such as libs/**, or remove it.",
            target.place(f"watch.{number}"),
            "A pattern is written from the repository's root: * stays in its folder, ** goes on into folders.",
        )
