"""Reasons: what a failed build or a dead container printed, with the source at that commit, becomes Findings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from app import config
from app.diagnosis import Diagnosis, Files, diagnose
from app.diagnosis.facts import Facts, filled
from app.diagnosis.limits import sandbox_limit
from app.diagnosis.printed import REVISION_LOG
from app.gemini import unexplained, with_opinion
from app.github import GitHub, GitHubError
from app.inspection import wanted
from app.model import Blame, Build, Commit, Finding, Place, Revision, Target
from app.scene import InLane
from app.source.archive import Passing
from app.text.titles import fitting
from app.trust.accounts import accounts
from gcp import cloud_logging
from gcp.cloud_build import BuildState
from gcp.cloud_logging import QUIET, Log
from gcp.cloud_run import RevisionFailed

# What a Dockerfile says whose container is started from the Procfile after all.
PROCFILE_READ = re.compile(r"Procfile|\b(?:honcho|foreman|goreman|hivemind|overmind)\b")
# These endings are Cloud Build's own doing: no line that was printed says more.
# https://cloud.google.com/build/docs/api/reference/rest/v1/projects.builds#status
ITS_OWN_WORD = frozenset({"TIMEOUT", "INTERNAL_ERROR", "EXPIRED", "CANCELLED"})
LAST_LINES = 15
STREAMS = frozenset({"stdout", "stderr", "system"})


def of_build(scene: InLane, commit: Commit, target: Target, ended: BuildState) -> tuple[Finding, ...]:
    """Why a build failed: by its status where that is Cloud Build's own word, else from what it printed."""
    detail = ended.failure_detail
    if limit := sandbox_limit(detail):
        return (limit,)
    facts = replace(
        _facts(scene, target, accounts(scene.world.settings, target).build_account), build=ended.id
    )
    lines = scene.world.store.deployments.log_lines(scene.run.id)
    if ended.status in ITS_OWN_WORD:
        return (filled(_by_status(ended, list(lines)), facts),)
    files = files_of(scene, commit)
    found = diagnose("\n".join([*lines, detail]), files)
    if found.known:
        told = tuple(filled(finding, facts) for finding in _counted(found))
        return with_opinion(scene, target, told, files) if unexplained(found) else told
    own = found.findings[0]
    said = own.title if own.excerpt else f"The build of {target.name} ended with {ended.status}"
    own = replace(own, title=said, message=f"{own.message} {detail}".strip())
    return with_opinion(scene, target, (own,), files)


def _by_status(ended: BuildState, lines: list[str]) -> Finding:
    """What a status alone proves, whatever was printed before it; of a build that took too long, its last lines."""
    [finding] = diagnose(f'completed with status "{ended.status}"', Files.of({})).findings
    said = [line for line in lines if line.strip()][-LAST_LINES:] if ended.status == "TIMEOUT" else []
    return replace(
        finding, excerpt="\n".join(said), message=f"{finding.message} {ended.failure_detail}".strip()
    )


def _facts(scene: InLane, target: Target, account: str = "") -> Facts:
    caller = f"serviceAccount:{account}" if "@" in account else ""
    google, own = scene.world.google, accounts(scene.world.settings, target)
    return Facts(
        target.project, target.region, google.member, caller, account or own.runtime_account, target.name
    )


def of_revision(scene: InLane, commit: Commit, target: Target, failed: RevisionFailed) -> tuple[Finding, ...]:
    """Why a revision did not become ready, from its own log where it left one."""
    if limit := sandbox_limit(failed.message):
        _shown_log(scene, target, failed.revision)
        return (limit,)
    lines = _shown_log(scene, target, failed.revision)
    told = [failed.message, "", f"--- logs of revision {failed.revision} ---", *lines]
    files = files_of(scene, commit)
    found = diagnose("\n".join(told if lines else [failed.message]), files)
    if found.known:
        here = _told_here(scene, target, found)
        return with_opinion(scene, target, here, files) if unexplained(found) else here
    return with_opinion(scene, target, (_not_ready(target, failed, lines),), files)


def of_answers(
    scene: InLane, commit: Commit, target: Target, revision: Revision, own: Finding
) -> tuple[Finding, ...]:
    """`own`, which says what a running revision answered, and after it the reason that its log gives."""
    lines = _shown_log(scene, target, revision.name)
    if not lines:
        return (own,)
    found = diagnose("\n".join([REVISION_LOG, *lines]), files_of(scene, commit))
    if not found.known:
        return (own,)
    reasons = _told_here(scene, target, found)
    return (_named_after(own, reasons[0]), *reasons)


def of_command(
    scene: InLane, commit: Commit, target: Target, own: Finding, told: Iterable[str], ending: str
) -> tuple[Finding, ...]:
    """`own`, which says that a command failed, named after the reason that it printed, and then the reason.

    `ending` is what Cloud Run says of it: no reason where the command said something itself, unless it proves one.
    """
    lines, files = list(told), files_of(scene, commit)
    printed = "\n".join(
        line for line in lines if "Container called exit(" not in line
    )  # Cloud Run's own words
    found = diagnose("\n".join([*lines, ending]), files)
    if printed.strip() and unexplained(found):
        found = diagnose(printed, files)
    reason = found.findings[0]
    if not found.known and not reason.excerpt:
        return (own,)
    named = replace(
        own, title=fitting(f"Release command: {reason.title}"), message=f"{own.title}. {own.message}"
    )
    if not found.known:
        return with_opinion(scene, target, (named,), files)
    return (replace(named, excerpt=""), *_told_here(scene, target, found))


def _told_here(scene: InLane, target: Target, found: Diagnosis) -> tuple[Finding, ...]:
    """The findings with the service, and the line of servergem.yml, that they are about."""
    facts = _facts(scene, target)
    return tuple(filled(_placed(finding, target), facts) for finding in _counted(found))


def _named_after(own: Finding, reason: Finding) -> Finding:
    """`own` under the title of the reason, where that names a line: whoever reads one title reads what to mend."""
    own = replace(own, fix=f"Mend what its log says, which comes next. {own.fix}")
    if reason.place is None:
        return own
    where = f"{reason.place.path.rpartition('/')[2]} line {reason.place.line}"
    said = reason.title if where in reason.title else f"{where}: {reason.title}"
    return replace(own, title=fitting(said), message=f"{own.title}. {own.message}")


def files_of(scene: InLane, commit: Commit) -> Files:
    """The service's own files at this commit; what is too large to be source is known by name only."""
    try:
        return own_files(files_at(scene.world.github, commit), scene.run.target)
    except GitHubError as error:
        scene.note(f"could not read the source for the diagnosis: {error}"[:200])
        return Files.of({})


def own_files(files: Files, target: Target) -> Files:
    """What this service is made of: no failure of it may point into another service of the repository."""
    unread = _unread_procfile(files, target)
    return files.only(lambda path: path != unread and _belongs(path, target))


def _unread_procfile(files: Files, target: Target) -> str:
    """The Procfile beside a Dockerfile that is what is built: no place of a fault, as nothing in the image reads it."""
    service = target.service
    top = "" if service.path == "." else f"{service.path}/"
    recipe = files.text(top + service.build.dockerfile)
    if service.build.kind is not Build.DOCKERFILE or PROCFILE_READ.search(recipe):
        return ""
    return f"{top}Procfile"


def _belongs(path: str, target: Target) -> bool:
    service = target.service
    if service.path == "." or path == target.config_path or path.startswith(f"{service.path}/"):
        return True
    return bool(service.watch) and config.changed(target, (path,)) is None


def files_at(github: GitHub, commit: Commit) -> Files:
    """The files of a commit, read while its archive passes."""
    source = Passing(wanted, others=True)
    with github.tarball(commit) as (chunks, _):
        for chunk in chunks:
            source.feed(chunk)
    return Files.passed(source, commit.repository.name)


def _shown_log(scene: InLane, target: Target, revision: str) -> list[str]:
    """The container's own lines, also for whoever reads the check run."""
    lines = _revision_log(scene, target, revision)
    for line in lines:
        scene.log_line(line, of=f"Container log of {revision}")
    return lines


def _revision_log(scene: InLane, target: Target, revision: str) -> list[str]:
    """The container's lines in order, once the program itself has spoken and no more come."""
    settings = scene.world.settings
    question = cloud_logging.of_revision(target.region, target.name, revision)
    log = Log(scene.world.google, target.project, question)
    patience = settings.log_patience
    found = log.to_the_end(patience=patience, quiet=patience * QUIET, interval=settings.log_interval)
    lines = sorted((line for line in found if line.stream in STREAMS), key=lambda line: line.time)
    if log.trouble:
        scene.note(log.trouble)
    return [line.text for line in lines]


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
    """A finding without a place is put on the line of servergem.yml that it is about, if there is one."""
    if finding.place is not None or finding.blame is not Blame.YOU:
        return finding
    key = {"memory": "memory", "port": "port", "secret": "secrets"}
    about = next((k for word, k in key.items() if word in finding.code), "")
    return replace(finding, place=target.place(about)) if about else finding


def _not_ready(target: Target, failed: RevisionFailed, lines: list[str]) -> Finding:
    place: Place | None = target.place("port")
    return Finding(
        code="revision-not-ready",
        title=fitting(f"The new revision of {target.name} did not become ready"),
        message=failed.message,
        fix=f"Have the program listen on 0.0.0.0 and the port in $PORT ({target.service.port}); "
        "the end of its own log is below.",
        blame=Blame.UNKNOWN,
        place=place,
        excerpt="\n".join(lines[-15:]),
        link="https://cloud.google.com/run/docs/troubleshooting#container-failed-to-start",
    )
