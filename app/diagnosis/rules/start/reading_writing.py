"""What the user of a container may not write, and which line of the Dockerfile made it so."""

from __future__ import annotations

from collections.abc import Mapping

from app.diagnosis.instructions import failing_dockerfile, workdir
from app.diagnosis.rule import Hit
from app.model import Place

_ROOT = frozenset({"root", "0", "0:0", "root:root"})


def _runs_as(hit: Hit) -> tuple[str, Place] | None:
    """The user whom the last stage gives the container to, and the line that says so; None for root."""
    if (found := failing_dockerfile(hit)) is None:
        return None
    path, parsed = found
    said = [each for each in parsed.of("USER") if each.stage == len(parsed.stages) - 1]
    if not said or said[-1].value.strip() in _ROOT:
        return None
    place = hit.files.place(path, said[-1].line, said[-1].end)
    return (said[-1].value.strip(), place) if place else None


def unwritable(hit: Hit) -> Mapping[str, str] | None:
    """Only where a USER of the Dockerfile is the reason: without one, who knows the language says more."""
    path = next((hit[f"path{n}"] for n in ("", "2", "3", "4", "5", "6", "7", "8") if hit[f"path{n}"]), "")
    runs_as = _runs_as(hit)
    if runs_as is None or not path or hit.transcript.failed_instruction:
        return None
    user, place = runs_as
    folder = _to_own(workdir(hit), path)
    return {
        "path": path,
        "user": user,
        "advice": f"Above USER {user} (line {place.line}) write RUN mkdir -p {folder} && chown -R {user} {folder}, "
        f"or COPY --chown={user}; what need not last belongs below /tmp",
    }


def _to_own(workdir: str, path: str) -> str:
    """The folder that the user needs: the one right below the WORKDIR, or the one that holds the file."""
    full = path if path.startswith("/") else f"{workdir.rstrip('/')}/{path.removeprefix('./')}"
    if full.startswith(f"{workdir.rstrip('/')}/"):
        below = full[len(workdir.rstrip("/")) + 1 :].split("/")[0]
        return f"{workdir.rstrip('/')}/{below}"
    return full.rpartition("/")[0] if full.count("/") > 1 else full


def user_place(hit: Hit) -> Place | None:
    runs_as = _runs_as(hit)
    return runs_as[1] if runs_as else None
