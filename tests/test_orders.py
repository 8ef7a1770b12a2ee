"""What each command leads to where it is said, in words and wishes: tables, and no process."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, get_type_hints

import pytest
from pydantic import TypeAdapter

from app import talk
from app.conversation import Ear, _see
from app.conversation.commands import help_text, obey
from app.conversation.gate import Gate
from app.conversation.hearing import Hearing, PreviewLog, ShownPreview, Standing
from app.conversation.outcome import Approve, Extend, Outcome, Pardon, RunNow, Switch, Unlock, Wish
from app.model import Finding, JobConfig, PullRequest, Repository, ServiceConfig, Skip, Target, TargetJob
from app.previews import Verdict
from app.store.previews import PreviewRow
from app.store.traffic import Lock, Shift
from app.stories.judgement import Judgement
from app.trust.approval import Terms

NOW = 1_790_000_000.0  # 21 September 2026, 14:13 UTC
HOME = Repository(7, "acme", "shop", 42)
HEAD, OLD = "a1b2c3d" + "0" * 33, "b2c3d4e" + "0" * 33
PULL = PullRequest(HOME, 12, True, False, False, (), HEAD, "idea", 7, "main", "c" * 40)
FORK = replace(PULL, head_repository=8)


NIGHTLY = TargetJob("nightly", JobConfig("nightly", "api"))


def target(service: str, environment: str = "production") -> Target:
    name = service if environment == "production" else f"{service}-{environment}"
    jobs = (NIGHTLY,) if service == "api" else ()
    return Target("p", "r", environment, ServiceConfig(name), of=service, owner=7, jobs=jobs)


def lane(service: str, environment: str = "production") -> str:
    return target(service, environment).lane


def closed(service: str, holder: str = "ada", reason: str = "sale", until: float = NOW + 60) -> Lock:
    return Lock(lane(service), holder, reason, "https://github.example/c/1", until)


SERVED = Shift("run-1", lane("api"), OLD, "api-b2c3d4e-00001", "https://api.example", (), NOW - 60)
API, WEB = Standing(target("api"), SERVED), Standing(target("web"))
STAGING = tuple(Standing(target(service, "staging")) for service in ("api", "web"))
ROW = PreviewRow(
    "7/p/r/api-pr-12",
    7,
    "acme",
    "shop",
    42,
    12,
    "api",
    "api-pr-12",
    "p",
    "r",
    False,
    HEAD,
    deployment_id="pr-1",
)
HEARD = Hearing(
    repository=HOME,
    number=12,
    author="ada",
    link="https://github.example/c/9",
    delivery_id="d",
    now=NOW,
    writer=True,
    answer=99,
    found=PULL,
    services=("api", "web"),
    environments=("production", "staging"),
    home="production",
    standings=(API, WEB, *STAGING),
    previews=(ShownPreview(replace(ROW, expires=NOW + 3600, changed=NOW), "https://pr.example"),),
    verdict="- `api` changed.",
    looked_at=HEAD,
    gates=(Gate("staging", "develop", contains=True), Gate("production", "main")),
)
TERMS = Terms(HEAD, "main", "configured")
OF_FORK = replace(HEARD, found=FORK, terms=TERMS, judged=TERMS)
UNSEEN = (
    "When this was written ServerGem had not yet seen a1b2c3d with the base branch and the configuration that it has "
    "now: "
    f"look at it, then write <code>/deploy {HEAD}</code>."
)
LOCKED = replace(HEARD, standings=(replace(API, lock=closed("api")), WEB))
DAY = 86_400.0
NOT_MERGED = (
    "production takes what is on main, and a1b2c3d is not there: merge it to main, and that push deploys it. "
    "An operator of this ServerGem may deploy it at once."
)


@dataclass(frozen=True)
class Said:
    """A comment, where it is made, and what it leads to. `begun`: services and environments, by kind of story."""

    comment: str
    words: str
    wishes: tuple[Wish, ...] = ()
    heard: Hearing = HEARD
    begun: dict[str, list[Any]] = field(default_factory=dict)


SAID = {
    "a deploy without a place is a preview": Said(
        "/deploy",
        "Deploying a preview of a1b2c3d.",
        (Switch(12, on=True),),
        begun={"looks": [("api", "web")]},
    ),
    "a preview of one service": Said(
        "/deploy web",
        "Deploying a preview of a1b2c3d.",
        (Switch(12, on=True),),
        begun={"looks": [("web",)]},
    ),
    "of a fork it approves what was known when it was written": Said(
        "/deploy",
        "Deploying a preview of a1b2c3d.",
        (Approve(12, TERMS),),
        OF_FORK,
        {"looks": [("api", "web")]},
    ),
    "of a fork it does not approve what nobody had looked at": Said(
        "/deploy", UNSEEN, heard=replace(OF_FORK, judged=None)
    ),
    "of a fork it does not approve a head that came since": Said(
        "/deploy", UNSEEN, heard=replace(OF_FORK, judged=replace(TERMS, head=OLD))
    ),
    "of a fork it does not approve another base": Said(
        "/deploy", UNSEEN, heard=replace(OF_FORK, judged=replace(TERMS, base="internal"))
    ),
    "of a fork it does not approve another configuration": Said(
        "/deploy", UNSEEN, heard=replace(OF_FORK, judged=replace(TERMS, configuration="other"))
    ),
    "of a fork a commit that is named whole is approved": Said(
        f"/deploy web {HEAD}",
        "Deploying a preview of a1b2c3d.",
        (Approve(12, TERMS),),
        replace(OF_FORK, judged=None),
        {"looks": [("web",)]},
    ),
    "of a fork seven letters are no name": Said(
        f"/deploy {HEAD[:7]}", UNSEEN, heard=replace(OF_FORK, judged=None)
    ),
    "of a fork seven letters of what was known will do": Said(
        f"/deploy {HEAD[:7]}",
        "Deploying a preview of a1b2c3d.",
        (Approve(12, TERMS),),
        OF_FORK,
        {"looks": [("api", "web")]},
    ),
    "of a fork another commit is not the head": Said(
        f"/deploy {OLD}", f"The head is not {OLD}: it is {HEAD}.", heard=OF_FORK
    ),
    "a head that is named is deployed, whenever it came": Said(
        f"/deploy {HEAD}",
        "Deploying a preview of a1b2c3d.",
        (Switch(12, on=True),),
        replace(HEARD, moved=True),
        {"looks": [("api", "web")]},
    ),
    "another commit of our own is not the head": Said(
        f"/deploy staging {OLD}", f"The head is not {OLD}: it is {HEAD}."
    ),
    "a deploy to an environment": Said(
        "/deploy api staging",
        "Deploying a1b2c3d to staging.",
        (Pardon(lane("api", "staging"), HEAD),),
        begun={"deployments": [("api", "staging")]},
    ),
    "an environment takes what its branch contains": Said("/deploy production", NOT_MERGED),
    "an operator's word past the branch is for a commit that is named whole": Said(
        "/deploy api production",
        "Only an operator may deploy a1b2c3d to production, and names the whole commit: look at it, then write "
        f"<code>/deploy api production {HEAD}</code>.",
        heard=replace(HEARD, operator=True),
    ),
    "an operator may deploy before the merge": Said(
        f"/deploy api production {HEAD}",
        "Deploying a1b2c3d to production.",
        (Pardon(lane("api"), HEAD),),
        replace(HEARD, operator=True),
        {"deployments": [("api", "production")]},
    ),
    "a pattern takes a branch that it fits": Said(
        "/deploy staging",
        "staging takes what is on release/&#42;, and a1b2c3d is not there: push it to a branch that release/&#42; "
        "fits, and that push deploys it. An operator of this ServerGem may deploy it at once.",
        heard=replace(HEARD, gates=(Gate("staging", "release/*"),)),
    ),
    "what the default branch does not name takes nothing": Said(
        "/deploy staging",
        "servergem.yml on main names no environment staging, so nothing is deployed there.",
        heard=replace(HEARD, gates=()),
    ),
    "a bot's branch goes nowhere else": Said(
        "/deploy production",
        "A bot's pull request is deployed as a preview and nowhere else.",
        heard=replace(HEARD, found=replace(PULL, bot=True)),
    ),
    "a fork goes nowhere else": Said(
        "/deploy production",
        "A fork is deployed as a preview and nowhere else.",
        heard=OF_FORK,
    ),
    "a head that came later is not deployed": Said(
        "/deploy api",
        "The head became a1b2c3d after this comment: look at it, then write <code>/deploy api</code> again.",
        heard=replace(HEARD, moved=True),
    ),
    "a closed pull request has nothing to deploy": Said(
        "/deploy",
        "This pull request is closed, so there is nothing to deploy.",
        heard=replace(HEARD, found=replace(PULL, open=False)),
    ),
    "an unknown word begins nothing": Said(
        "/deploy [x](http://e)",
        "&#91;x&#93;(http&#58;//e) is neither a service nor an environment. "
        "Services: `api`, `web`. Environments: `production`, `staging`.",
    ),
    "a rollback names what is left": Said(
        "/rollback api", "Rolling api in production back from b2c3d4e.", begun={"rollbacks": [("api", "")]}
    ),
    "a rollback to a commit": Said(
        "/rollback api to ABCDEF0",
        "Rolling api in production back from b2c3d4e.",
        begun={"rollbacks": [("api", "ABCDEF0")]},
    ),
    "a rollback to no commit": Said(
        "/rollback api to yesterday", "Write a commit after `to`, with at least seven letters of it."
    ),
    "a rollback to nothing": Said(
        "/rollback to", "Write a commit after `to`, with at least seven letters of it."
    ),
    "a rollback where nothing served": Said(
        "/rollback",
        "Rolling api in production back from b2c3d4e.\n\nServerGem has not deployed web in production yet.",
        begun={"rollbacks": [("api", "")]},
    ),
    "previews go": Said(
        "/preview off",
        "The previews of this pull request are removed; `/preview on` brings them back.",
        (Switch(12, on=False),),
        begun={"looks": [()]},
    ),
    "previews come": Said(
        "/preview ON",
        "This pull request gets previews.",
        (Switch(12, on=True),),
        begun={"looks": [()]},
    ),
    "a preview stays another day from when it would have gone": Said(
        "/preview extend",
        "The preview stays until 22 September 2026, 15:13 UTC.",
        (Extend(ROW.lane, NOW + 3600 + DAY, "pr-1"),),
        begun={"renews": [12]},
    ),
    "no preview stays": Said(
        "/preview extend",
        "There is no preview to extend; `/preview on` asks for one.",
        heard=replace(HEARD, previews=()),
    ),
    "a preview is not asked for anything else": Said(
        "/preview", "Write `/preview off`, `/preview on` or `/preview extend`."
    ),
    "a job is run as it was last made": Said(
        "/run nightly staging",
        "",
        (RunNow(STAGING[0].target, NIGHTLY, NOW - 5),),
        heard=replace(HEARD, made=NOW - 5),
    ),
    "a job that there is not": Said(
        "/run hourly", "There is no job `hourly`. `/run` takes one of: `nightly`."
    ),
    "no job at all": Said(
        "/run x",
        "There is no job `x`. servergem.yml names no `jobs:`.",
        heard=replace(HEARD, standings=(WEB,)),
    ),
    "a lock is of a day": Said(
        "/lock api sale",
        "Locked `api` in production until 22 September 2026, 14:13 UTC. "
        "Deployments wait, and `/unlock` lets the newest go.",
        (Lock(lane("api"), "ada", "sale", "https://github.example/c/9", NOW + DAY),),
    ),
    "a lock for two hours of an environment": Said(
        "/lock staging for 2h the sale",
        "Locked `api`, `web` in staging until 21 September 2026, 16:13 UTC. "
        "Deployments wait, and `/unlock` lets the newest go.",
        tuple(
            Lock(lane(each, "staging"), "ada", "the sale", "https://github.example/c/9", NOW + 7200)
            for each in ("api", "web")
        ),
    ),
    "a lock ends within a month": Said(
        "/lock api for 9999d for ever",
        "Locked `api` in production until 21 October 2026, 14:13 UTC. "
        "Deployments wait, and `/unlock` lets the newest go.",
        (Lock(lane("api"), "ada", "for ever", "https://github.example/c/9", NOW + 30 * DAY),),
    ),
    "what is closed is opened": Said(
        "/unlock",
        "Unlocked `api` in production.",
        (Unlock(lane("api")), Unlock(lane("web"))),
        LOCKED,
    ),
    "what is open stays so, also for a lock that was said before and is heard later": Said(
        "/unlock web", "`web` in production was not locked.", (Unlock(lane("web")),), LOCKED
    ),
    "a slip of the fingers": Said(
        "/rolback", f"There is no `/rolback`; did you mean `/rollback`?\n\n{help_text()}"
    ),
    "a reader is not obeyed, and what they typed is no markup": Said(
        "/preview @team ![x](https://e/i.png)",
        "<code>/preview &#64;&#8203;team !&#91;x&#93;(https&#58;//e/i.png)</code> takes write permission to acme/shop.",
        heard=replace(HEARD, writer=False, found=None),
    ),
    "a reader may ask": Said(
        "/explain", "At a1b2c3d:\n\n- `api` changed.", heard=replace(HEARD, writer=False, found=None)
    ),
    "nothing was looked at yet": Said(
        "/explain",
        "ServerGem has not looked at this pull request yet.",
        heard=replace(HEARD, verdict="", looked_at=""),
    ),
    "what serves where, and what is closed": Said(
        "/status",
        "| Service | Where | Commit | Since | Lock |\n|---|---|---|---|---|\n"
        "| api | [production](https://api.example) | `b2c3d4e` | 21 September 2026, 14:12 UTC "
        "| [Locked by ada: sale](https://github.example/c/1), until 21 September 2026, 14:14 UTC |\n"
        "| web | production | nothing yet |  |  |\n"
        "| api | [preview](https://pr.example) | `a1b2c3d` | 21 September 2026, 14:13 UTC | |",
        heard=LOCKED,
    ),
    "the end of a log": Said(
        "/logs api",
        "The last lines of `api`:\n\n```text\nready\n```",
        heard=replace(HEARD, logs=(PreviewLog("api", ("ready",)), PreviewLog("web", ("no",)))),
    ),
    "a log that Google does not show": Said(
        "/logs",
        "Google does not show the log of `api`: not &#42;now&#42;\n\n`web` has not started yet.",
        heard=replace(HEARD, logs=(PreviewLog("api", (), "not *now*"), PreviewLog("web", started=False))),
    ),
    "no log of that name": Said(
        "/logs db", "No preview of that name runs for this pull request; `/status` lists those that do."
    ),
    "several commands in their order": Said(
        "/unlock web\n/rollback web",
        "`web` in production was not locked.\n\nServerGem has not deployed web in production yet.",
        (Unlock(lane("web")),),
    ),
    "nothing is obeyed where nothing can be known": Said(
        "/preview off",
        "GitHub no longer shows this pull request to ServerGem.",
        heard=replace(HEARD, deaf="GitHub no longer shows this pull request to ServerGem."),
    ),
}


STANDS_ON = {
    "what was just locked can be unlocked": (
        "/lock web\n/unlock web",
        "Unlocked `web` in production.",
        [Lock, Unlock],
    ),
    "what was just unlocked is open": (
        "/unlock api\n/unlock api",
        "`api` in production was not locked.",
        [Unlock, Unlock],
    ),
    "a status shows the lock of a line before": ("/lock web sale\n/status", "Locked by ada: sale", [Lock]),
}


@pytest.mark.parametrize("claim", STANDS_ON)
def test_each_command_stands_on_those_before_it(claim: str) -> None:
    """A comment of several commands reads as if each had been said alone after the one before."""
    comment, told, wishes = STANDS_ON[claim]
    outcome = obey(LOCKED, talk.commands(comment))
    assert told in outcome.words
    assert [type(wish) for wish in outcome.wishes] == wishes


@pytest.mark.parametrize("claim", SAID)
def test_a_command_leads_to_its_words_and_wishes(claim: str) -> None:
    """Each row: what is said, where, and all that comes of it."""
    said = SAID[claim]
    outcome = obey(said.heard, talk.commands(said.comment))
    assert outcome.words == said.words
    assert outcome.wishes == said.wishes
    assert begun(outcome) == said.begun


def begun(outcome: Outcome) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {
        "looks": [review.only for review in outcome.looks],
        "deployments": [(run.target.source_name, run.target.environment) for run in outcome.deployments],
        "rollbacks": [(back.run.target.source_name, back.to) for back in outcome.rollbacks],
        "renews": list(outcome.renews),
    }
    return {kind: jobs for kind, jobs in found.items() if jobs}


@pytest.mark.parametrize("comment", ["/deploy", "/deploy staging", "/rollback", "/preview on"])
def test_what_a_comment_begins_is_followed_by_its_answer(comment: str) -> None:
    """The answer is kept current with it, and it is named after the comment's delivery."""
    outcome = obey(HEARD, talk.commands(comment))
    runs = [*outcome.deployments, *(back.run for back in outcome.rollbacks)]
    assert all(run.answer == 99 and run.by == "ada" and "d" in run.id for run in runs)
    assert all(review.answer == 99 for review in outcome.looks)
    assert runs or outcome.looks


def test_the_journal_of_before_is_read() -> None:
    """An outcome that was written down before there were wishes is one without; a comment was only seen."""
    old = {"words": "w", "pushes": [], "reviews": [], "deployments": [], "rollbacks": [], "renews": [3]}
    adapter = TypeAdapter(Outcome)
    assert adapter.validate_python(old) == Outcome("w", renews=(3,))
    seen = TypeAdapter(get_type_hints(_see)["return"])
    assert [seen.validate_python(each) for each in (None, "reader")] == [None, Ear.READER]
    whole = obey(HEARD, talk.commands("/deploy\n/rollback\n/deploy staging"))
    kept = replace(whole, wishes=())
    assert adapter.validate_python(adapter.dump_python(kept, mode="json")) == kept


def test_what_explain_shows_of_others_is_no_markup() -> None:
    """Labels, patterns and keys stand in the rules as their authors wrote them, and mention nobody."""
    evil = "@team ![x](https://e/i.png)"
    told = Judgement(
        PULL,
        Verdict(False, evil),
        skips=(Skip(target("api"), evil),),
        findings=(Finding("unknown-key", evil, "Remove it"),),
    ).told
    assert told.count("&#64;&#8203;team !&#91;x&#93;") == 3
    assert not set("@[") & set(told)
