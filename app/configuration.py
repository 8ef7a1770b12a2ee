"""The configuration of a commit: its servergem.yml as GitHub has it, fetched and read here and nowhere else.

What a commit may not decide by itself is taken from the head of the default branch: app.config.granting says what.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from app import config
from app.config import Config
from app.github import Listing
from app.model import Build, Commit, Finding, PullRequest, Repository, Stop, Target
from app.source.content import content_of
from app.telemetry import trace
from app.text.titles import fitting
from app.world import World


def configuration_for(world: World, commit: Commit) -> tuple[Config, Listing]:
    """What counts for a commit that was pushed, and what is in it; Stop with every fault and its line."""
    if is_on_default_branch(commit):
        return _own(world, commit, commit)
    return _beside_deciding(world, commit, commit)


def configuration_now(world: World, commit: Commit) -> tuple[Config, Listing]:
    """What counts for a commit that is deployed once more: the default branch decides as it is now, not as it was."""
    return _beside_deciding(world, commit, commit)


def configuration_of_pull(world: World, pull: PullRequest) -> tuple[Config, Listing]:
    """What counts for a pull request, and what is in its head. A fork's own file is never read."""
    shaping = pull.base if pull.fork else pull.head
    if pull.fork and pull.base_branch == pull.repository.default_branch:
        with ThreadPoolExecutor(1, thread_name_prefix="listing") as beside:
            listing = beside.submit(trace.here(world.github.listing), pull.head)
            decided_there = deciding(world, pull.repository)
        return decided_there, listing.result()
    return _beside_deciding(world, shaping, pull.head)


def written(world: World, commit: Commit) -> Config:
    """What the commit's own servergem.yml says, or its servergem.yaml, whether it may decide that or not."""
    return _read(world, commit, None)


def deciding(world: World, repository: Repository) -> Config:
    """What the default branch says now; Stop with one finding, which points at no line of another commit."""
    branch = repository.default_branch
    # By its sha: a tag of the same name would be taken for the branch.
    sha = world.github.branch_head(repository, branch)
    if sha is None:
        return config.read(None, repository_name=repository.name)
    head = Commit(repository, sha, branch)
    if (known := world.decided.recall(head)) is not None:
        return known
    try:
        read = _read(world, head, None)
    except Stop as stop:
        raise Stop((_cannot_decide(branch, stop.finding),)) from stop
    world.decided.keep(head, read)
    return read


def seems_to_lead_nowhere(world: World, commit: Commit) -> bool:
    """Whether no environment had this branch when its repository's default branch was last read.

    Nothing is decided by it but the order in which GitHub is asked: most pushes are to such branches.
    """
    if commit.tag or commit.pull_request or is_on_default_branch(commit):
        return False
    last = world.decided.last(commit.repository)
    if last is None:
        return False
    there = config.environments(last, commit.repository.default_branch)
    return config.environment_of(there, commit.branch) is None


def is_on_default_branch(commit: Commit) -> bool:
    """Whether its own configuration decides. A pull request's head never is, whatever its branch is called.

    Nor is what a tag names: anybody may put one on a commit of long ago.
    """
    return not (commit.pull_request or commit.tag) and commit.branch == commit.repository.default_branch


def _beside_deciding(world: World, shaping: Commit, source: Commit) -> tuple[Config, Listing]:
    home = shaping.repository
    with ThreadPoolExecutor(1, thread_name_prefix="deciding") as beside:
        decided_there = beside.submit(trace.here(deciding), world, home)
        own, listing = _own(world, shaping, source)
    decides = decided_there.result()
    read = config.granted(own, decides)
    config.insist_on_names(read, home.default_branch, region=world.settings.region, beside=decides)
    return read, listing


def _own(world: World, commit: Commit, source: Commit) -> tuple[Config, Listing]:
    """What it says itself, and the files of the `source` that is to be built by it, asked for side by side.

    The listing of the same commit spares a question, and shows two files for one.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="listing") as beside:
        listing = beside.submit(trace.here(world.github.listing), source)
        if source == commit and seems_to_lead_nowhere(world, commit):
            listing.exception()  # nobody is in a hurry, and it may show that there is no file to ask for
        read = _read(world, commit, listing if source == commit else None)
    return read, listing.result()


def _read(world: World, commit: Commit, listing: Future[Listing] | None) -> Config:
    usual, other = config.PATHS
    path = usual
    without = listing is not None and listing.done() and not _may_have(listing.result(), usual)
    text = None if without else world.github.file(commit, usual)
    listed = listing.result() if listing else None
    if listed:
        config.insist_on_one(listed.files)
    if text is None and (listed is None or _may_have(listed, other)):
        text, path = world.github.file(commit, other), other
    repository = commit.repository
    read = config.read(
        text, path=path, repository_name=repository.name, default_branch=repository.default_branch
    )
    config.insist_on_names(read, repository.default_branch, region=world.settings.region)
    return read


def _may_have(listing: Listing, path: str) -> bool:
    return not listing.complete or path in listing.files


def decided(world: World, commit: Commit, target: Target, listing: Listing) -> Target:
    """The Target with what decides its image, and `auto` replaced by what that has."""
    service = target.service
    if service.image:
        return target
    target = replace(target, content=content_of(listing, service))
    if service.build.kind is not Build.AUTO:
        return target
    path = f"{service.path}/{service.build.dockerfile}".removeprefix("./")
    there = path in listing.files
    if not there and not listing.complete:
        there = world.github.file(commit, path) is not None
    # What is not sure to run without a build is built with buildpacks: app/source/unbuilt.py.
    without = Build.SOURCE if world.settings.without_build else Build.BUILDPACKS
    kind = Build.DOCKERFILE if there else without
    return replace(target, service=replace(service, build=replace(service.build, kind=kind)))


def _cannot_decide(branch: str, found: Finding) -> Finding:
    line = f" on line {found.place.line}" if found.place else ""
    return Finding(
        code="default-branch-not-valid",
        title=fitting(f"servergem.yml on {branch} is not valid, and nothing else may decide"),
        message=f"{found.title}{line}. Who may be what is decided there, so that no other commit can be deployed.",
        fix=f"Mend servergem.yml on {branch}, then run this again: {found.fix}",
    )
