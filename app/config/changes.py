"""Whether what changed belongs to a service, and by which rule; pure."""

from __future__ import annotations

from app.config import patterns
from app.config.patterns import Pattern
from app.model import Target

# Where the configuration may be; one of them.
PATHS = ("servergem.yml", "servergem.yaml")


def changed(target: Target, paths: tuple[str, ...] | None) -> str | None:
    """None when the service is to be deployed; else the rule that leaves it alone. `paths` None: all changed.

    A service's own folder counts, and what it watches; the last pattern that fits a path decides. At the
    root everything counts, unless `watch` names what does.
    """
    if paths is None or _configuration(target, paths) or _own(target, paths):
        return None
    folder, watched = _folder(target), _watched(target)
    named = [f"{folder}**"] if folder else []
    named += [each.text for each in watched if not each.excludes]
    left_out = [each.text.removeprefix("!") for each in watched if each.excludes]
    told = f"Nothing changed under {' or '.join(named)}" if named else "Nothing changed"
    return told + (f" but for {' or '.join(left_out)}" if left_out else "")


def because(target: Target, paths: tuple[str, ...] | None) -> str:
    """The rule by which a service that `changed` is deployed, as a sentence with names in Markdown's code."""
    service = target.source_name
    if paths is None:
        alone = target.service.path == "." and not target.service.watch
        return (
            f"All of the repository is {service}'s."
            if alone
            else f"There is no earlier commit to compare it with, so all of {service} counts as changed."
        )
    own = _own(target, paths)
    if not own:
        named = _configuration(target, paths)
        return f"`{named}` changed, which counts for every service."
    more = f" and {len(own) - 1} more of its files" if len(own) > 1 else ""
    return f"`{own[0]}`{more} changed{_place(target, own[0])}."


def _place(target: Target, path: str) -> str:
    """What made this path the service's."""
    naming = [each for each in _watched(target) if not each.excludes and each.fits(path)]
    if naming:
        return f", which its `watch` names: `{naming[-1].text}`"
    folder = _folder(target)
    return f", in its folder `{folder}`" if folder else ""


def _configuration(target: Target, paths: tuple[str, ...]) -> str:
    """The configuration's own path among these; a fork's own is never read."""
    counts = not (target.preview and target.preview.fork)
    return next((path for path in paths if counts and path in PATHS), "")


def _own(target: Target, paths: tuple[str, ...]) -> list[str]:
    """What among these is in the service's folder, or named by what it watches."""
    folder, watched = _folder(target), _watched(target)
    everything = target.service.path == "." and all(each.excludes for each in watched)
    return [
        path
        for path in paths
        if patterns.chosen(path, watched, otherwise=everything or bool(folder and path.startswith(folder)))
    ]


def _folder(target: Target) -> str:
    return "" if target.service.path == "." else f"{target.service.path}/"


def _watched(target: Target) -> list[Pattern]:
    return [patterns.of_paths(each) for each in target.service.watch]
