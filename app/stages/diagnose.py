"""Diagnose: what a failed build or a dead container printed, with the source at that commit, becomes Findings."""

from __future__ import annotations

import time
from dataclasses import replace

from app.archive import Passing
from app.deployment import Scene
from app.diagnosis import Diagnosis, Files, diagnose
from app.github import GitHub
from app.model import Blame, Commit, Finding, Place, Target
from gcp import cloud_logging
from gcp.cloud_run import RevisionFailed
from gcp.errors import GoogleError

STREAMS = frozenset({"stdout", "stderr", "system"})


def of_build(scene: Scene, commit: Commit, target: Target, ending: str, detail: str) -> tuple[Finding, ...]:
    """Why a build failed. `ending` is Cloud Build's status, `detail` what it says itself."""
    log = "\n".join([*scene.world.store.log_lines(scene.run.id), detail])
    found = diagnose(log, files_of(scene, commit))
    if found.known:
        return _counted(found)
    own = found.findings[0]
    said = own.title if own.excerpt else f"The build of {target.name} ended with {ending}"
    return (replace(own, title=said, message=f"{own.message} {detail}".strip()),)


def of_revision(scene: Scene, commit: Commit, target: Target, failed: RevisionFailed) -> tuple[Finding, ...]:
    """Why a revision did not become ready, from its own log where it left one."""
    lines = _revision_log(scene, target, failed.revision)
    for line in lines:
        scene.log_line(line)
    told = [failed.message, "", f"--- logs of revision {failed.revision} ---", *lines]
    found = diagnose("\n".join(told if lines else [failed.message]), files_of(scene, commit))
    if found.known:
        return tuple(_placed(finding, target) for finding in _counted(found))
    return (_not_ready(target, failed, lines),)


def files_of(scene: Scene, commit: Commit) -> Files:
    """The repository at this commit; what is too large to be source is known by name only."""
    return files_at(scene.world.github, commit)


def files_at(github: GitHub, commit: Commit) -> Files:
    """The files of a commit, read while its archive passes."""
    source = Passing(lambda _path: True)
    with github.tarball(commit) as (chunks, _):
        for chunk in chunks:
            source.feed(chunk)
    return Files(source.paths, lambda path: source.texts.get(path, ""))


def _revision_log(scene: Scene, target: Target, revision: str) -> list[str]:
    """The container's lines, once they no longer become more; entries lag behind what they tell."""
    google, settings = scene.world.google, scene.world.settings
    until = time.monotonic() + settings.log_patience
    lines: list[str] = []
    while True:
        try:
            found = cloud_logging.revision_lines(google, target.project, target.region, target.name, revision)
        except GoogleError as error:
            scene.note(f"could not read the revision's log: {error.message}"[:200])
            return lines
        fresh = [line.text for line in found if line.stream in STREAMS]
        if (fresh and fresh == lines) or time.monotonic() > until:
            return fresh
        lines = fresh
        time.sleep(settings.log_interval)


def _counted(found: Diagnosis) -> tuple[Finding, ...]:
    """The findings; the last one says how many are not shown."""
    if not found.more:
        return found.findings
    *others, last = found.findings
    return (
        *others,
        replace(last, message=f"{last.message} {found.more} more like it are not shown.".strip()),
    )


def _placed(finding: Finding, target: Target) -> Finding:
    """What the code does not show is put on the line of servergem.yml that it is about, if there is one."""
    if finding.place is not None or finding.blame is not Blame.YOU:
        return finding
    key = {"memory": "memory", "port": "port", "secret": "secrets"}
    about = next((k for word, k in key.items() if word in finding.code), "")
    return replace(finding, place=target.place(about)) if about else finding


def _not_ready(target: Target, failed: RevisionFailed, lines: list[str]) -> Finding:
    place: Place | None = target.place("port")
    return Finding(
        code="revision-not-ready",
        title=f"The new revision of {target.name} did not become ready"[:80],
        message=failed.message,
        fix=f"Have the program listen on 0.0.0.0 and the port in $PORT ({target.service.port}); "
        "the end of its own log is below.",
        blame=Blame.UNKNOWN,
        place=place,
        excerpt="\n".join(lines[-15:]),
        link="https://cloud.google.com/run/docs/troubleshooting#container-failed-to-start",
    )
