"""The conversation: what people say to ServerGem on GitHub, with a button or a comment, and what it answers."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from app import config, deploy, durable, log, talk
from app.config import Config
from app.deploy import RUN, Rollback, Story, begin, keep
from app.deployment import Run, World
from app.model import (
    RERUN,
    Button,
    Commit,
    Deploy,
    Ending,
    Press,
    PullRequest,
    Report,
    Review,
    Row,
    RowState,
    Said,
    Stop,
    Target,
)
from app.redaction import redact
from app.report import fenced, in_markdown, moment
from app.stages.configure import CONFIG_PATH, decided
from app.stages.repair import repair
from app.stages.tell import tell_answer, tell_pull_request
from app.store.previews import PreviewRow
from app.store.talks import Begun, Pressed
from app.store.traffic import Lock
from app.talk import Command
from gcp import cloud_logging
from gcp.errors import GoogleError

DAY = 86_400.0
AGAIN = "-again-"
LOG_LINES = 30
DURATION = re.compile(r"(\d{1,4})([mhd])")
SECONDS = {"m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True)
class Outcome:
    """What a press or a comment leads to: words for the person, and the stories that begin."""

    words: str = ""
    pushes: tuple[Deploy, ...] = ()
    reviews: tuple[Review, ...] = ()
    deployments: tuple[Run, ...] = ()
    rollbacks: tuple[Rollback, ...] = ()

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            "\n\n".join(words for words in (self.words, other.words) if words),
            self.pushes + other.pushes,
            self.reviews + other.reviews,
            self.deployments + other.deployments,
            self.rollbacks + other.rollbacks,
        )


def press(world: World, job: Press) -> None:
    """A button: its presser is asked for at GitHub, it is recorded, and it answers on the check run itself."""
    log.about(delivery=job.delivery_id, repository=job.repository.full_name, commit=job.sha)
    outcome = durable.step("press", partial(_pressed, world, job), Outcome)
    log.fact("button.pressed", button=job.button, sender=job.sender, outcome=outcome.words)
    _start(world, outcome, job.delivery_id)


def said(world: World, job: Said) -> None:
    """A comment: a face at once, then one answer, which is kept current with what it began."""
    log.about(delivery=job.delivery_id, repository=job.repository.full_name, pull_request=str(job.number))
    durable.step("see", partial(world.github.react, job.repository, job.comment_id, "eyes"), type(None))
    answer = durable.step("answer", partial(_begin_answer, world, job), int)
    outcome = durable.step("obey", partial(_obeyed, world, job, answer), Outcome)
    log.fact("comment.obeyed", author=job.author, outcome=outcome.words)
    _start(world, outcome, job.delivery_id)
    durable.step("tell", partial(_finish_answer, world, job, answer, outcome.words), type(None))


def _start(world: World, outcome: Outcome, mark: str) -> None:
    for number, job in enumerate(outcome.pushes):
        durable.start("push", f"{mark}:push:{number}", job)
    for number, review in enumerate(outcome.reviews):
        durable.start("review", f"{mark}:review:{number}", review)
    for run in outcome.deployments:
        begin(world, "deploy", run)
    for rollback in outcome.rollbacks:
        run = rollback.run
        durable.step(f"keep {run.id}"[:100], partial(keep, world, "rollback", run), type(None))
        durable.start("rollback", run.id, rollback)


# Buttons


def _pressed(world: World, job: Press) -> Outcome:
    if job.button == RERUN:
        return _again(world, job)  # GitHub shows it to those who may write, and to nobody else
    allowed = world.github.may_write(job.repository, job.sender)
    do = BUTTONS.get(job.button)
    report = world.store.report(job.run_id)
    if do is None or report is None:
        outcome = Outcome(f"{job.sender} pressed {job.button}, which ServerGem does not know")
    elif not allowed:
        outcome = Outcome(f"{job.sender} pressed {job.button}, which takes write permission")
    else:
        outcome = do(world, job, report)
    world.store.talks.pressed(Pressed(job.delivery_id, job.run_id, job.button, job.sender, outcome.words))
    remark = f"{outcome.words} ({moment(time.time())})"
    world.outbox.amend(job.run_id, lambda shown: replace(shown, remarks=(*shown.remarks, remark)))
    return outcome


def _again(world: World, job: Press) -> Outcome:
    """One check run, or every one of the commit, as a new attempt."""
    talks = world.store.talks
    run_ids = [job.run_id] if job.run_id else talks.runs_of(job.repository.id, job.sha)
    if not run_ids:
        return _push_again(job, job.check_name)
    total = Outcome()
    for run_id in run_ids:
        begun = talks.run(run_id)
        report = world.store.report(run_id)
        name = report.check_name if report else job.check_name
        if begun is not None and begun.story == "deploy":
            total += Outcome(deployments=(_attempt(world, begun, job),))
        elif (number := (report.commit.pull_request if report else 0)) > 0:
            only = (begun.service,) if begun else ()
            total += Outcome(
                reviews=(Review(job.repository, number, job.delivery_id, job.delivery_id, only),)
            )
        else:
            total += _push_again(job, name)
    return total


def _push_again(job: Press, check_name: str) -> Outcome:
    """Where nothing was begun, as with a broken configuration: the commit as if it were pushed now."""
    if not job.branch:
        return Outcome(f"{job.sha[:7]} is on no branch that ServerGem could deploy")
    commit = Commit(job.repository, job.sha, job.branch)
    return Outcome(pushes=(Deploy(commit, delivery_id=job.delivery_id, only=check_name, by=job.sender),))


def _attempt(world: World, begun: Begun, job: Press) -> Run:
    """The same deployment once more; what was rolled back is wanted after all."""
    run = RUN.validate_json(begun.run)
    world.store.traffic.pardon(run.target.lane, run.commit.sha)
    return replace(run, id=f"{run.id.partition(AGAIN)[0]}{AGAIN}{job.delivery_id}", by=job.sender, answer=0)


def _retry(world: World, job: Press, _report: Report) -> Outcome:
    return Outcome(f"{job.sender} pressed Retry") + _again(world, job)


def _extend(world: World, job: Press, _report: Report) -> Outcome:
    row = _preview_of(world, job.run_id)
    if row is None:
        return Outcome(f"{job.sender} pressed Extend, but the preview is gone")
    until = _extended(world, row)
    world.outbox.amend(job.run_id, lambda shown: replace(shown, expires=until))
    tell_pull_request(world, job.repository, row.number)
    return Outcome(f"{job.sender} extended the preview to {moment(until)}")


def _approve(world: World, job: Press, report: Report) -> Outcome:
    """Bound to the pull request and to the commit that was looked at."""
    number = report.commit.pull_request
    pull = world.github.pull_request(job.repository, number)
    if pull is None or not pull.open or pull.head_sha != report.commit.sha:
        return Outcome(f"{job.sender} approved {report.commit.short}, which is no longer the head")
    world.store.previews.approve(job.repository.id, number, report.commit.sha, job.sender)
    review = Review(job.repository, number, job.delivery_id, job.delivery_id)
    return Outcome(f"{job.sender} approved {report.commit.short}", reviews=(review,))


def _roll_back(world: World, job: Press, report: Report) -> Outcome:
    begun = world.store.talks.run(job.run_id)
    if begun is None:
        return Outcome(f"{job.sender} pressed Roll back, but nothing is known of this deployment")
    run = RUN.validate_json(begun.run)
    newest = next(iter(world.store.traffic.shifts(run.target.lane, 1)), None)
    if newest is None or newest.revision != report.revision:
        return Outcome(f"{job.sender} pressed Roll back, but something else serves by now")
    return Outcome(
        f"{job.sender} pressed Roll back",
        rollbacks=(_rollback_of(run.commit, run.target, job.sender, job.delivery_id),),
    )


def _promote(world: World, job: Press, report: Report) -> Outcome:
    begun = world.store.talks.run(job.run_id)
    run = RUN.validate_json(begun.run) if begun else None
    if run is None or run.home is None or report.ending is not Ending.LIVE:
        return Outcome(f"{job.sender} pressed Promote, but there is nothing to promote")
    home = run.home
    promoted = Run(
        f"{job.delivery_id}-{home.name}-{home.environment}",
        run.commit,
        home,
        _asked(f"Promoted from {run.target.environment} by {job.sender}"),
        job.sender,
    )
    return Outcome(f"{job.sender} promoted this image to {home.environment}", deployments=(promoted,))


def _repair(world: World, job: Press, report: Report) -> Outcome:
    """Only what the finding named and the operator allows; then the deployment is run again."""
    if job.button not in world.settings.repairs:
        return Outcome(f"{job.sender} pressed {job.button}, which this ServerGem's operator does not allow")
    remedies = tuple(f.remedy for f in report.findings if f.remedy and f.remedy.button == job.button)
    try:
        done = repair(world, remedies)
    except GoogleError as refused:
        return Outcome(f"{job.sender} pressed {job.button}, and Google refused: {refused.message}")
    return Outcome(f"{job.sender} {done}") + _again(world, job)


BUTTONS: dict[str, Callable[[World, Press, Report], Outcome]] = {
    Button.RETRY: _retry,
    Button.EXTEND: _extend,
    Button.APPROVE: _approve,
    Button.ROLL_BACK: _roll_back,
    Button.PROMOTE: _promote,
    Button.ENABLE_API: _repair,
    Button.GRANT_ROLE: _repair,
}


# Comments


@dataclass(frozen=True)
class Hearing:
    """One comment with what is known where it was made."""

    world: World
    job: Said
    pull: PullRequest
    config: Config
    answer: int
    moved: bool = False
    environments: tuple[str, ...] = field(default=())

    @property
    def services(self) -> tuple[str, ...]:
        return tuple(service.name for service in self.config.services)

    @property
    def project(self) -> str:
        return self.world.settings.project_for(self.job.repository.full_name)

    def targets(self, services: tuple[str, ...], environment: str) -> tuple[Target, ...]:
        """These services, or all of them, in an environment, or at home."""
        branch = self.job.repository.default_branch
        every = config.environments(self.config, branch)
        home = config.home_of(every, branch)
        chosen = next((each for each in every if each.name == environment), home)
        return tuple(
            config.target_in(
                self.config,
                chosen,
                service,
                project=self.project,
                region=self.world.settings.region,
                at_home=chosen == home,
            )
            for service in self.config.services
            if not services or service.name in services
        )


def _begin_answer(world: World, job: Said) -> int:
    said = ", ".join(f"`{command.text}`" for command in talk.commands(job.text))
    return world.github.create_comment(
        job.repository, job.number, _marker(job), f"@{job.author} {said}: ServerGem is at it."
    )


def _finish_answer(world: World, job: Said, answer: int, words: str) -> None:
    # A table begins on a line of its own.
    space = "\n\n" if "\n" in words else " "
    text = f"@{job.author}{space}{words}"
    world.store.talks.answered(answer, job.repository.id, job.number, _marker(job), text)
    tell_answer(world, job.repository, answer)


def _marker(job: Said) -> str:
    return f"answer-{job.comment_id}"


def _obeyed(world: World, job: Said, answer: int) -> Outcome:
    """Every command of the comment, in order."""
    pull = world.github.pull_request(job.repository, job.number)
    if pull is None:
        return Outcome("This pull request is gone.")
    asked = talk.commands(job.text)
    writer = any(each.verb and each.verb.changes for each in asked) and world.github.may_write(
        job.repository, job.author
    )
    try:
        hearing = _hearing(world, job, pull, answer)
    except Stop as stop:
        return Outcome(f"servergem.yml at {pull.head_sha[:7]} is not valid: {stop.finding.title}.")
    total = Outcome()
    for command in asked:
        total += _obey(hearing, command, writer=writer)
    return total


def _hearing(world: World, job: Said, pull: PullRequest, answer: int) -> Hearing:
    """The configuration of the head, of the base for a fork; and whether the head came after the comment."""
    text = world.github.file(pull.base if pull.fork else pull.head, CONFIG_PATH)
    read = config.read(text, path=CONFIG_PATH, repository_name=job.repository.name)
    names = tuple(each.name for each in config.environments(read, job.repository.default_branch))
    moved = world.github.came_at(pull.head) > job.at
    return Hearing(world, job, pull, read, answer, moved, names)


def _obey(hearing: Hearing, command: Command, *, writer: bool) -> Outcome:
    verb = command.verb
    if verb is None:
        return Outcome(
            f"There is no `/{command.name}`; did you mean `/{command.near}`?\n\n{talk.help_text()}"
        )
    if verb.changes and not writer:
        return Outcome(f"`{command.text}` takes write permission to {hearing.job.repository.full_name}.")
    return VERBS[command.name](hearing, command)


def _help(_hearing: Hearing, _command: Command) -> Outcome:
    return Outcome(talk.help_text())


def _deploy(hearing: Hearing, command: Command) -> Outcome:
    world, job, pull = hearing.world, hearing.job, hearing.pull
    named = talk.scope(command.words, hearing.services, hearing.environments)
    short = pull.head_sha[:7]
    if named.rest:
        return _unknown_word(hearing, named.rest[0])
    if hearing.moved:
        return Outcome(
            f"The head became {short} after this comment: look at it, and say `{command.text}` again."
        )
    if not pull.open:
        return Outcome("This pull request is closed, so there is nothing to deploy.")
    if not named.environment:
        if pull.fork:
            world.store.previews.approve(job.repository.id, job.number, pull.head_sha, job.author)
        else:
            world.store.previews.switch(job.repository.id, job.number, on_by=job.author)
        review = Review(
            job.repository,
            job.number,
            job.delivery_id,
            job.delivery_id,
            named.services or hearing.services,
            hearing.answer,
        )
        return Outcome(f"Deploying a preview of {short}.", reviews=(review,))
    if pull.fork:
        return Outcome("A fork is deployed as a preview and nowhere else.")
    commit = replace(pull.head, pull_request=0)
    listing = world.github.listing(commit)
    runs = tuple(
        Run(
            f"{job.delivery_id}-{target.name}-{target.environment}",
            commit,
            decided(world, commit, target, listing),
            _asked(f"Asked for by {job.author}"),
            job.author,
            hearing.answer,
        )
        for target in hearing.targets(named.services, named.environment)
    )
    for run in runs:
        world.store.traffic.pardon(run.target.lane, commit.sha)
    return Outcome(f"Deploying {short} to {named.environment}.", deployments=runs)


def _rollback(hearing: Hearing, command: Command) -> Outcome:
    words = list(command.words)
    to = ""
    if "to" in words:
        at = words.index("to")
        to, words = (words[at + 1] if at + 1 < len(words) else ""), words[:at]
        if not re.fullmatch(r"[0-9a-fA-F]{7,40}", to):
            return Outcome("`to` is followed by a commit, of seven letters at least.")
    named = talk.scope(tuple(words), hearing.services, hearing.environments)
    if named.rest:
        return _unknown_word(hearing, named.rest[0])
    total = Outcome()
    for target in hearing.targets(named.services, named.environment):
        newest = next(iter(hearing.world.store.traffic.shifts(target.lane, 1)), None)
        where = f"{target.source_name} in {target.environment}"
        if newest is None:
            total += Outcome(f"ServerGem has not deployed {where} yet.")
            continue
        commit = Commit(hearing.job.repository, newest.sha, hearing.job.repository.default_branch)
        back = _rollback_of(
            commit,
            target,
            hearing.job.author,
            f"{hearing.job.delivery_id}-{target.name}",
            to=to,
            answer=hearing.answer,
        )
        total += Outcome(f"Rolling {where} back from {newest.sha[:7]}.", rollbacks=(back,))
    return total


def _status(hearing: Hearing, _command: Command) -> Outcome:
    """From our own rows: no call to Google."""
    store = hearing.world.store
    lines = ["| Service | Where | Commit | Since | Lock |", "|---|---|---|---|---|"]
    for environment in hearing.environments:
        for target in hearing.targets((), environment):
            newest = next(iter(store.traffic.shifts(target.lane, 1)), None)
            lock = store.traffic.lock_of(target.lane)
            serving = f"`{newest.sha[:7] or newest.revision}`" if newest else "nothing yet"
            where = f"[{environment}]({newest.url})" if newest else environment
            closed = f"{in_markdown(lock.sentence)}, until {moment(lock.expires)}" if lock else ""
            since = moment(newest.time) if newest else ""
            lines.append(f"| {target.source_name} | {where} | {serving} | {since} | {closed} |")
    for row in store.previews.of(hearing.job.repository.id, hearing.job.number):
        report = store.report(row.run_id)
        url = report.url if report else ""
        where = f"[preview]({url})" if url else "preview"
        lines.append(f"| {row.service} | {where} | `{row.sha[:7]}` | {moment(row.changed)} | |")
    return Outcome("\n".join(lines))


def _logs(hearing: Hearing, command: Command) -> Outcome:
    """What the preview's container wrote; secrets hidden as everywhere."""
    world, job = hearing.world, hearing.job
    rows = world.store.previews.of(job.repository.id, job.number)
    chosen = [row for row in rows if not command.words or row.service in command.words]
    if not chosen:
        return Outcome("No preview of that name runs for this pull request.")
    return sum((_log_of(world, row) for row in chosen), Outcome())


def _log_of(world: World, row: PreviewRow) -> Outcome:
    report = world.store.report(row.run_id)
    if report is None or not report.revision:
        return Outcome(f"{row.service} has not started yet.")
    try:
        found = cloud_logging.revision_lines(world.google, row.project, row.region, row.name, report.revision)
    except GoogleError as error:
        return Outcome(f"Google does not show the log of {row.service}: {in_markdown(error.message)}")
    lines = "\n".join(redact(line.text) for line in found[-LOG_LINES:])
    return Outcome(f"The last lines of `{row.service}`:\n\n{fenced(lines or 'nothing yet')}")


def _explain(hearing: Hearing, _command: Command) -> Outcome:
    told = hearing.world.store.previews.verdict(hearing.job.repository.id, hearing.job.number)
    if not told:
        return Outcome("ServerGem has not looked at this pull request yet.")
    return Outcome(f"At {hearing.pull.head_sha[:7]}:\n\n{told}")


def _preview(hearing: Hearing, command: Command) -> Outcome:
    world, job = hearing.world, hearing.job
    wish = command.words[0].lower() if command.words else ""
    review = Review(job.repository, job.number, job.delivery_id)
    if wish == "off":
        world.store.previews.switch(job.repository.id, job.number, off_by=job.author)
        return Outcome("The previews of this pull request go, until `/preview on`.", reviews=(review,))
    if wish == "on":
        world.store.previews.switch(job.repository.id, job.number, on_by=job.author)
        return Outcome("This pull request gets previews.", reviews=(replace(review, answer=hearing.answer),))
    if wish == "extend":
        rows = world.store.previews.of(job.repository.id, job.number)
        if not rows:
            return Outcome("There is no preview to extend.")
        until = max(_extended(world, row) for row in rows)
        tell_pull_request(world, job.repository, job.number)
        return Outcome(f"The preview stays until {moment(until)}.")
    return Outcome("Say `/preview off`, `/preview on` or `/preview extend`.")


def _lock(hearing: Hearing, command: Command) -> Outcome:
    job = hearing.job
    named = talk.scope(command.words, hearing.services, hearing.environments)
    words, seconds = list(named.rest), DAY
    if len(words) > 1 and words[0] == "for" and (found := DURATION.fullmatch(words[1])):
        seconds, words = int(found[1]) * float(SECONDS[found[2]]), words[2:]
    until, targets = time.time() + seconds, hearing.targets(named.services, named.environment)
    for target in targets:
        hearing.world.store.traffic.lock(
            Lock(target.lane, job.author, " ".join(words)[:200], job.link, until)
        )
    return Outcome(
        f"Locked {_where(targets)} until {moment(until)}. Deployments wait, and `/unlock` lets the newest go."
    )


def _unlock(hearing: Hearing, command: Command) -> Outcome:
    named = talk.scope(command.words, hearing.services, hearing.environments)
    if named.rest:
        return _unknown_word(hearing, named.rest[0])
    targets = hearing.targets(named.services, named.environment)
    opened = [target for target in targets if hearing.world.store.traffic.unlock(target.lane)]
    return Outcome(f"Unlocked {_where(tuple(opened))}." if opened else f"{_where(targets)} was not locked.")


VERBS: dict[str, Callable[[Hearing, Command], Outcome]] = {
    "help": _help,
    "deploy": _deploy,
    "rollback": _rollback,
    "status": _status,
    "logs": _logs,
    "explain": _explain,
    "preview": _preview,
    "lock": _lock,
    "unlock": _unlock,
}


def _where(targets: tuple[Target, ...]) -> str:
    names = ", ".join(f"`{target.source_name}`" for target in targets)
    return f"{names} in {targets[0].environment}" if targets else "nothing"


def _unknown_word(hearing: Hearing, word: str) -> Outcome:
    services = ", ".join(f"`{name}`" for name in hearing.services)
    environments = ", ".join(f"`{name}`" for name in hearing.environments)
    shown = in_markdown(word[:40])
    return Outcome(
        f"{shown} is neither a service nor an environment. Services: {services}. Environments: {environments}."
    )


def _preview_of(world: World, run_id: str) -> PreviewRow | None:
    begun = world.store.talks.run(run_id)
    if begun is None:
        return None
    row = world.store.previews.one(RUN.validate_json(begun.run).target.lane)
    return row if row and row.run_id == run_id and row.state == "wanted" else None


def _extended(world: World, row: PreviewRow) -> float:
    until = max(time.time(), row.expires) + DAY
    world.store.previews.extended(row.lane, until)
    return until


def _rollback_of(
    commit: Commit, target: Target, by: str, mark: str, *, to: str = "", answer: int = 0
) -> Rollback:
    row = _asked(f"Rollback asked for by {by}")
    return Rollback(Run(f"rollback-{mark}", commit, target, row, by, answer), to)


def _asked(words: str) -> Row:
    return Row(words, RowState.DONE, time.time(), time.time())


def stories(world: World) -> dict[str, tuple[Story, type]]:
    """Every story by the name under which it is journalled, with what it is started with."""
    return deploy.stories(world) | {
        "press": (partial(press, world), Press),
        "said": (partial(said, world), Said),
    }
