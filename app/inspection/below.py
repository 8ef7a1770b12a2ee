"""Services below a root that is none: each with the line of servergem.yml that makes it one. Pure."""

from __future__ import annotations

from app.diagnosis.files import Files
from app.inspection.languages import languages
from app.inspection.workspaces import with_dockerfiles
from app.model import Finding, Target, Weight
from app.source.services_below import SHOWN, needing_others
from app.source.services_to_write import configuration


def below_the_root(files: Files, target: Target, below: tuple[str, ...]) -> Finding:
    """A stop where nothing can be built at the root; buildpacks may see a language in a folder, and then try."""
    return Finding(
        code="services-below",
        weight=Weight.WARN if languages(files, "") else Weight.STOP,
        title="The services are in folders of their own, not at the root",
        message=f"What is built is the repository's root, which has no Dockerfile and nothing that starts; "
        f"{_listed(below)} {'have' if len(below) > 1 else 'has'} what is needed.",
        fix=f"{_written(files, target, below)}, {_rest(below)}leave out what answers no requests."
        f"{_beside(needing_others(files)[:SHOWN], target.source_name)}",
        place=target.place("path"),
    )


def _written(files: Files, target: Target, below: tuple[str, ...]) -> str:
    """`servergem init` writes the first one only."""
    line = configuration(files, below, target.source_name)
    if target.config_path:
        return f"Write servergem.yml with `{line}`"
    return f"Type `servergem init`, or write servergem.yml with `{line}`"


def _listed(below: tuple[str, ...]) -> str:
    more = len(below) - SHOWN
    return ", ".join(below[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _rest(below: tuple[str, ...]) -> str:
    return "add the others in the same way, and " if len(below) > SHOWN else "and "


def _beside(needing: tuple[str, ...], otherwise: str) -> str:
    """What else starts there, and is no service by its folder alone."""
    if not needing:
        return ""
    one = len(needing) == 1
    return (
        f" {', '.join(needing)} {'needs' if one else 'need'} other packages of the repository: with a Dockerfile that "
        f"copies them, `{with_dockerfiles(needing, otherwise)}`."
    )
