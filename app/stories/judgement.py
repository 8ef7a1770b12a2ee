"""Judge: what GitHub says of a pull request becomes the previews that are to run, and a rule for each that is not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from app import config, previews
from app.config import Config
from app.configuration import configuration_of_pull, decided
from app.github import Listing
from app.model import Finding, LookAtPullRequest, PullRequest, Skip, Stop, Target
from app.previews import Verdict
from app.telemetry import trace
from app.text.escaping import in_code, in_markdown
from app.trust import allowance
from app.trust.approval import Terms, terms_of
from app.world import World


@dataclass(frozen=True)
class Chosen:
    """A preview that is to run. `home` is where the merge will deploy the same service, None for a fork.

    `why` is the rule that chose it; empty where a person did.
    """

    target: Target
    home: Target | None = None
    why: str = ""


@dataclass(frozen=True)
class Judgement:
    """What a pull request means. `pull` is None when GitHub no longer shows it to us.

    `terms` is what a fork's asks for, None for any other.
    """

    pull: PullRequest | None
    verdict: Verdict
    chosen: tuple[Chosen, ...] = ()
    skips: tuple[Skip, ...] = ()
    findings: tuple[Finding, ...] = ()
    comment: bool = True
    terms: Terms | None = None

    @property
    def lanes(self) -> frozenset[str]:
        return frozenset(each.target.lane for each in self.chosen)

    @property
    def told(self) -> str:
        """All of it in a few lines of Markdown, for `/explain`; rules hold patterns, labels and names from outside."""
        lines = [f"{in_markdown(self.verdict.rule)}."]
        lines += [
            f"{in_code(each.target.source_name)} changed: deployed as {in_code(each.target.name)}."
            for each in self.chosen
        ]
        lines += [f"{in_code(skip.target.source_name)}: {in_markdown(skip.rule)}." for skip in self.skips]
        lines += [f"servergem.yml: {in_markdown(finding.title)}." for finding in self.findings]
        return "\n".join(f"- {line}" for line in lines)


GONE = Judgement(None, Verdict(False, "GitHub no longer shows this pull request to ServerGem", ended=True))


def judge(world: World, job: LookAtPullRequest) -> Judgement:
    """Ask GitHub and decide. A fork's own configuration is never read."""
    pull = world.github.pull_request(job.repository, job.number)
    if pull is None:
        return GONE
    settings, store = world.settings, world.store
    wishes = replace(
        store.pull_requests.wishes(job.repository.id, job.number),
        approved=store.approvals.approved(job.repository.id, job.number),
    )
    possible = bool(settings.fork_service_account and settings.fork_build_service_account)
    if not pull.open:
        return Judgement(pull, previews.decide(pull, config.Previews(), wishes, forks_possible=possible))
    with ThreadPoolExecutor(1, thread_name_prefix="head") as beside:
        head = beside.submit(trace.here(world.github.commit), pull.repository, pull.head_sha)
        try:
            read, listing = configuration_of_pull(world, pull)
            most = _most_previews(world, pull, read)
        except Stop as stop:
            return Judgement(pull, Verdict(False, stop.finding.title), findings=stop.findings)
    told = head.result()
    terms = terms_of(pull, read) if pull.fork else None
    verdict = previews.decide(
        pull,
        read.previews,
        wishes,
        forks_possible=possible,
        message=told.message if told else "",
        terms=terms,
    )
    judgement = _at_most(most, _choose(world, job, pull, read, verdict, listing))
    return replace(judgement, comment=read.previews.comment, terms=terms)


def _most_previews(world: World, pull: PullRequest, read: Config) -> int:
    """How many this pull request may have. Raises Stop when its repository may not deploy what it has written."""
    allowance.project_of(world.settings, pull.repository)
    allowed = allowance.of(world.allow, pull.repository)
    allowance.insist_on_few(allowed, read)
    return min(allowed.previews_per_pull_request, allowed.previews or world.settings.previews_limit)


def _at_most(most: int, found: Judgement) -> Judgement:
    """The first of its previews, in the order of servergem.yml; each of the others says why it is none."""
    rule = f"A pull request may have {most} previews here, and others come before it"
    left_out = tuple(Skip(each.target, rule) for each in found.chosen[most:])
    return replace(found, chosen=found.chosen[:most], skips=(*found.skips, *left_out))


def _choose(
    world: World, job: LookAtPullRequest, pull: PullRequest, read: Config, verdict: Verdict, listing: Listing
) -> Judgement:
    homes = _at_home(world, read, pull)
    after_merge = _at_home(world, read.own or read, pull)
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
                decided(world, pull.head, target, listing),
                None if pull.fork else after_merge[target.source_name],
                "" if target.source_name in job.only else config.because(target, paths),
            )
            for target in wanted
        ),
        skips=tuple(Skip(target, rule) for target in every if (rule := rules[target.name]) is not None),
    )


def _at_home(world: World, read: Config, pull: PullRequest) -> dict[str, Target]:
    """Where this configuration deploys each service at home, by its name."""
    repository, settings = pull.repository, world.settings
    found = config.targets_at_home(
        read,
        repository.default_branch,
        project=settings.project_for(repository.full_name, repository.id),
        region=settings.region,
        owner=repository.id,
    )
    return {target.name: target for target in found}
