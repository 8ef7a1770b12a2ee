"""Judge: what GitHub says of a pull request becomes the previews that are to run, and a rule for each that is not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from app import config, previews
from app.config import Config
from app.deployment import World
from app.github import Listing
from app.model import Finding, PullRequest, Review, Skip, Stop, Target
from app.previews import Verdict
from app.stages.configure import CONFIG_PATH, decided


@dataclass(frozen=True)
class Chosen:
    """A preview that is to run. `home` is where the merge will deploy the same service, None for a fork."""

    target: Target
    home: Target | None = None


@dataclass(frozen=True)
class Judgement:
    """What a pull request means. `pull` is None when GitHub no longer shows it to us."""

    pull: PullRequest | None
    verdict: Verdict
    chosen: tuple[Chosen, ...] = ()
    skips: tuple[Skip, ...] = ()
    findings: tuple[Finding, ...] = ()
    comment: bool = True

    @property
    def lanes(self) -> frozenset[str]:
        return frozenset(each.target.lane for each in self.chosen)

    @property
    def told(self) -> str:
        """All of it in a few lines, for `/explain`."""
        lines = [f"{self.verdict.rule}."]
        lines += [
            f"`{each.target.source_name}` changed: deployed as `{each.target.name}`." for each in self.chosen
        ]
        lines += [f"`{skip.target.source_name}`: {skip.rule}." for skip in self.skips]
        lines += [f"servergem.yml: {finding.title}." for finding in self.findings]
        return "\n".join(f"- {line}" for line in lines)


GONE = Judgement(None, Verdict(False, "GitHub no longer shows this pull request to ServerGem", ended=True))


def judge(world: World, job: Review) -> Judgement:
    """Ask GitHub and decide. A fork's own configuration is never read."""
    pull = world.github.pull_request(job.repository, job.number)
    if pull is None:
        return GONE
    settings, store = world.settings, world.store
    wishes = store.previews.wishes(job.repository.id, job.number)
    possible = bool(settings.fork_service_account and settings.fork_build_service_account)
    if not pull.open:
        return Judgement(pull, previews.decide(pull, config.Previews(), wishes, forks_possible=possible))
    with ThreadPoolExecutor(1, thread_name_prefix="listing") as beside:
        listing = beside.submit(world.github.listing, pull.head)
        text = world.github.file(pull.base if pull.fork else pull.head, CONFIG_PATH)
    try:
        read = config.read(text, path=CONFIG_PATH, repository_name=job.repository.name)
    except Stop as stop:
        return Judgement(pull, Verdict(False, "servergem.yml is not valid"), findings=stop.findings)
    verdict = previews.decide(pull, read.previews, wishes, forks_possible=possible)
    judgement = _choose(world, job, pull, read, verdict, listing.result())
    return replace(judgement, comment=read.previews.comment)


def _choose(
    world: World, job: Review, pull: PullRequest, read: Config, verdict: Verdict, listing: Listing
) -> Judgement:
    project = world.settings.project_for(job.repository.full_name)
    homes = {
        target.name: target
        for target in config.targets_at_home(
            read, pull.repository.default_branch, project=project, region=world.settings.region
        )
    }
    every = previews.targets(read, homes, pull)
    if not verdict.deploy:
        return Judgement(pull, verdict, skips=tuple(Skip(target, verdict.rule) for target in every))
    paths = world.github.changed_by(pull)
    rules = {t.name: None if t.source_name in job.only else config.changed(t, paths) for t in every}
    wanted = previews.with_siblings((target for target in every if rules[target.name] is None), every)
    return Judgement(
        pull,
        verdict,
        chosen=tuple(
            Chosen(
                decided(world, pull.head, target, listing), None if pull.fork else homes[target.source_name]
            )
            for target in wanted
        ),
        skips=tuple(Skip(target, rule) for target in every if (rule := rules[target.name]) is not None),
    )
