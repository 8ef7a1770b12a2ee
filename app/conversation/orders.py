"""Orders: commands that change something. Pure: all that they need to know is in the Hearing."""

from __future__ import annotations

import re
from dataclasses import replace

from app import config, talk
from app.conversation.buttons import DAY, LONGEST_REASON, extended
from app.conversation.gate import Gate, refusal, untested
from app.conversation.hearing import Brought, Hearing, Standing, place, where
from app.conversation.outcome import Approve, Extend, Outcome, Pardon, RunNow, Switch, Unlock, asked
from app.model import Commit, LookAtPullRequest, PullRequest, Target
from app.report import moment
from app.scene import Run
from app.start import Rollback
from app.store.traffic import Lock, Shift
from app.talk import Command, Scope
from app.text.escaping import in_code, in_markdown, typed

DURATION = re.compile(r"(\d{1,4})([mhd])")
SECONDS = {"m": 60, "h": 3600, "d": 86_400}
COMMIT = re.compile(r"[0-9a-fA-F]{7,40}")
LONGEST_LOCK = 30 * DAY


def deploy(hearing: Hearing, command: Command) -> Outcome:
    """The head as its author saw it, or named it, as a preview or to an environment."""
    if brought := next((each for each in hearing.brought if each.words == command.words), None):
        return _bring(brought)
    pull, named = hearing.pull, _scope(hearing, command.words)
    commit = named.rest[0].lower() if len(named.rest) == 1 and COMMIT.fullmatch(named.rest[0]) else ""
    if named.rest and not commit:
        return _unknown_word(hearing, named.rest[0])
    if commit and not pull.head_sha.startswith(commit):
        return Outcome(f"The head is not {commit}: it is {pull.head_sha}.")
    if commit != pull.head_sha and not _saw_the_head(hearing):
        return _not_the_head_that_was_seen(hearing, command, named)
    if not pull.open:
        return Outcome("This pull request is closed, so there is nothing to deploy.")
    if not named.environment:
        return _preview_here(hearing, named)
    if pull.fork:
        return _nowhere_else(pull)
    return _to_environment(hearing, named, whole=commit == pull.head_sha)


def rollback(hearing: Hearing, command: Command) -> Outcome:
    """The traffic of each service that is named goes back, or to the commit that is named."""
    words, to = command.words, ""
    if "to" in words:
        at = words.index("to")
        words, to = words[:at], (*words, "")[at + 1]
        if not COMMIT.fullmatch(to):
            return Outcome("Write a commit after `to`, with at least seven letters of it.")
    named = _scope(hearing, words)
    if named.rest:
        return _unknown_word(hearing, named.rest[0])
    there = hearing.at(named.services, named.environment)
    return sum((_back(hearing, each, to) for each in there), Outcome())


def run(hearing: Hearing, command: Command) -> Outcome:
    """The job that is named is run now, as it was made with the last deployment; the preview's where it has one."""
    name, named = "".join(command.words[:1]), _scope(hearing, command.words[1:])
    if named.rest:
        return _unknown_word(hearing, named.rest[0])
    found = hearing.jobs_called(name, named.environment)
    wishes = tuple(RunNow(target, job, hearing.made) for target, job in found)
    if not wishes:
        there = (job for each in hearing.at((), named.environment) for job in each.target.jobs)
        known = ", ".join(in_code(job.config.name) for job in there)
        jobs = f"`/run` takes one of: {known}." if known else "servergem.yml names no `jobs:`."
        return Outcome(f"There is no job {in_code(name[:40])}. {jobs}" if name else jobs)
    return Outcome(wishes=wishes)


def preview(hearing: Hearing, command: Command) -> Outcome:
    """The previews of this pull request go, come, or stay another day."""
    review = LookAtPullRequest(hearing.repository, hearing.number, hearing.delivery_id)
    match " ".join(command.words).lower():
        case "off":
            words = "The previews of this pull request are removed; `/preview on` brings them back."
            return Outcome(words, looks=(review,), wishes=(Switch(hearing.number, on=False),))
        case "on":
            review = replace(review, answer=hearing.answer)
            words = "This pull request gets previews."
            return Outcome(words, looks=(review,), wishes=(Switch(hearing.number, on=True),))
        case "extend":
            return _extend(hearing)
    return Outcome("Write `/preview off`, `/preview on` or `/preview extend`.")


def lock(hearing: Hearing, command: Command) -> Outcome:
    """Deployments wait, for a day or for as long as is said, a month at most: a forgotten lock ends by itself."""
    named = _scope(hearing, command.words)
    words, seconds = named.rest, DAY
    if len(words) > 1 and words[0] == "for" and (found := DURATION.fullmatch(words[1])):
        seconds, words = int(found[1]) * float(SECONDS[found[2]]), words[2:]
    until, reason = hearing.now + min(seconds, LONGEST_LOCK), " ".join(words)[:LONGEST_REASON]
    there = hearing.at(named.services, named.environment)
    return Outcome(
        f"Locked {where(there)} until {moment(until)}. Deployments wait, and `/unlock` lets the newest go.",
        wishes=tuple(Lock(each.target.lane, hearing.author, reason, hearing.link, until) for each in there),
    )


def unlock(hearing: Hearing, command: Command) -> Outcome:
    """The newest deployment that waits goes on."""
    named = _scope(hearing, command.words)
    if named.rest:
        return _unknown_word(hearing, named.rest[0])
    there = hearing.at(named.services, named.environment)
    closed = tuple(each for each in there if each.lock)
    words = f"Unlocked {where(closed)}." if closed else f"{where(there)} was not locked."
    return Outcome(words, wishes=tuple(Unlock(each.target.lane) for each in there))


def _bring(brought: Brought) -> Outcome:
    """What somebody else has built goes there, whatever this pull request is."""
    if not brought.runs:
        return Outcome(brought.refused)
    targets = [run.target for run in brought.runs]
    there = place(targets[0].environment, targets)
    return Outcome(
        f"Deploying {in_code(targets[0].service.image)} to {there}.",
        deployments=brought.runs,
        wishes=tuple(Pardon(run.target.lane, run.commit.sha) for run in brought.runs),
    )


def _nowhere_else(pull: PullRequest) -> Outcome:
    whose = "A bot's pull request" if pull.bot else "A fork"
    return Outcome(f"{whose} is deployed as a preview and nowhere else.")


def _preview_here(hearing: Hearing, named: Scope) -> Outcome:
    """Of a fork it is an approval of this head; of a branch of ours, the wish for previews."""
    pull, number, mark = hearing.pull, hearing.number, hearing.delivery_id
    services = named.services or hearing.services
    return Outcome(
        f"Deploying a preview of {pull.head_sha[:7]}.",
        looks=(LookAtPullRequest(hearing.repository, number, mark, mark, services, hearing.answer),),
        wishes=(Approve(number, hearing.terms) if hearing.terms else Switch(number, on=True),),
    )


def _saw_the_head(hearing: Hearing) -> bool:
    """Whether the head is the one that could be seen when the comment was written; a short name of it is no proof.

    Seven letters of a commit are easily met by another: only the whole name says which one is meant.
    """
    if not hearing.pull.fork:
        return not hearing.moved
    return hearing.terms is not None and hearing.judged == hearing.terms


def _not_the_head_that_was_seen(hearing: Hearing, command: Command, named: Scope) -> Outcome:
    """A fork's author can push at any moment, so there the answer is to name the commit."""
    pull, short = hearing.pull, hearing.pull.head_sha[:7]
    if not pull.fork:
        return Outcome(
            f"The head became {short} after this comment: look at it, then write {typed(command.text)} again."
        )
    if named.environment:
        return _nowhere_else(pull)
    again = typed(" ".join(("/deploy", *named.services, pull.head_sha)))
    return Outcome(
        f"When this was written ServerGem had not yet seen {short} with the base branch and the configuration that it "
        f"has now: look at it, then write {again}."
    )


def _name_the_commit(hearing: Hearing, named: Scope) -> Outcome:
    """An operator answers for one commit: a branch may be pushed to at any moment, also back to an old commit."""
    head = hearing.pull.head_sha
    again = typed(" ".join(("/deploy", *named.services, named.environment, head)))
    return Outcome(
        f"Only an operator may deploy {head[:7]} to {in_markdown(named.environment)}, and names the whole commit: "
        f"look at it, then write {again}."
    )


def _to_environment(hearing: Hearing, named: Scope, *, whole: bool) -> Outcome:
    """What the environment takes; past that an operator's word goes, for a commit that is named `whole`."""
    commit = replace(hearing.pull.head, pull_request=0)
    gates = {each.environment: each for each in hearing.gates}
    gate = gates.get(named.environment, Gate(named.environment))
    targets = [each.target for each in hearing.at(named.services, named.environment)]
    services = tuple(dict.fromkeys(target.source_name for target in targets))
    refused = refusal(gate, commit, services, operator=False) or untested(gate, targets, operator=False)
    if refused and not hearing.operator:
        return Outcome(refused)
    if refused and not whole:
        return _name_the_commit(hearing, named)
    commit = replace(commit, within=gate.within)
    row = asked(f"Asked for by {hearing.author}", hearing.now)
    onward = [each.target for each in hearing.at((), gate.onward)] if gate.onward else []

    def run(target: Target) -> Run:
        id_ = f"{hearing.delivery_id}-{target.mark}"
        following = config.counterpart(target, onward)
        author, answer = hearing.author, hearing.answer
        return Run(id_, commit, target, row, author, answer, home=following, by_id=hearing.author_id)

    return Outcome(
        f"Deploying {commit.short} to {place(named.environment, targets)}.",
        deployments=tuple(run(target) for target in targets),
        wishes=tuple(Pardon(target.lane, commit.sha) for target in targets),
    )


def _back(hearing: Hearing, standing: Standing, to: str) -> Outcome:
    newest, there = standing.newest, place(standing.environment, [standing.target])
    there = f"{in_markdown(standing.service)} in {there}"
    if newest is None:
        return Outcome(f"ServerGem has not deployed {there} yet.")
    return Outcome(
        f"Rolling {there} back from {newest.sha[:7]}.",
        rollbacks=(Rollback(_run_back(hearing, standing.target, newest), to),),
    )


def _run_back(hearing: Hearing, target: Target, newest: Shift) -> Run:
    commit = Commit(hearing.repository, newest.sha, hearing.repository.default_branch)
    row = asked(f"Rollback asked for by {hearing.author}", hearing.now)
    id_ = f"rollback-{hearing.delivery_id}-{target.mark}"
    return Run(id_, commit, target, row, hearing.author, hearing.answer, by_id=hearing.author_id)


def _extend(hearing: Hearing) -> Outcome:
    rows = [each.row for each in hearing.previews]
    if not rows:
        return Outcome("There is no preview to extend; `/preview on` asks for one.")
    wishes = tuple(Extend(row.lane, extended(row, hearing.now), row.deployment_id) for row in rows)
    until = max(wish.until for wish in wishes)
    return Outcome(f"The preview stays until {moment(until)}.", renews=(hearing.number,), wishes=wishes)


def _scope(hearing: Hearing, words: tuple[str, ...]) -> Scope:
    return talk.scope(words, hearing.services, hearing.environments)


def _unknown_word(hearing: Hearing, word: str) -> Outcome:
    services = ", ".join(map(in_code, hearing.services))
    environments = ", ".join(map(in_code, hearing.environments))
    shown = in_markdown(word[:40])
    return Outcome(
        f"{shown} is neither a service nor an environment. Services: {services}. Environments: {environments}."
    )
