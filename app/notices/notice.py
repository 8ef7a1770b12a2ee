"""What is told of a deployment's end to a webhook or to Slack, and whether anything is; pure."""

from __future__ import annotations

import hashlib
import hmac
import json

from app.model import Ending, Happening, Notify, Report
from app.text.escaping import in_slack, one_line, slack_link

SIGNATURE = "X-ServerGem-Signature-256"
HAPPENED = {
    Ending.LIVE: Happening.LIVE,
    Ending.FAILED: Happening.FAILED,
    Ending.NOT_YOURS: Happening.FAILED,
    Ending.ROLLED_BACK: Happening.ROLLED_BACK,
}
FAILED = (Ending.FAILED.value, Ending.NOT_YOURS.value)


def happenings(ending: Ending | None, before: str) -> tuple[Happening, ...]:
    """What this ending is, the most telling first; `before` is how the one before it ended there, as its row says."""
    found = HAPPENED.get(ending) if ending else None
    if found is Happening.LIVE and before in FAILED:
        return (Happening.RECOVERED, Happening.LIVE)
    return (found,) if found else ()


def wanted(notify: Notify, happened: tuple[Happening, ...]) -> Happening | None:
    """The one of these that the receiver asked for; one notice of one ending."""
    return next((each for each in happened if each.value in notify.on), None)


def body(notify: Notify, happened: Happening, report: Report, page: str) -> str:
    """The whole body of the POST, as it is signed."""
    told = _for_slack(happened, report, page) if notify.slack else _for_a_program(happened, report, page)
    return json.dumps(told, ensure_ascii=False)


def signature(text: str, key: str) -> str:
    """As GitHub signs: HMAC-SHA256 over the body's bytes."""
    return "sha256=" + hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def _for_a_program(happened: Happening, report: Report, page: str) -> dict[str, object]:
    commit = report.commit
    return {
        "event": happened.value,
        "repository": commit.repository.full_name,
        "repository_id": commit.repository.id,
        "commit": commit.sha,
        "branch": one_line(commit.branch),
        "check": one_line(report.check_name),
        "environment": one_line(report.environment),
        "title": one_line(_title(report)),
        "url": report.url,
        "deployment": report.deployment_id,
        "page": page,
    }


def _for_slack(happened: Happening, report: Report, page: str) -> dict[str, object]:
    """https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks"""
    commit, what = report.commit, in_slack(report.check_name.removeprefix("ServerGem / "))
    title = f": {in_slack(_title(report))}" if _title(report) else ""
    head = f"*{what}* of {in_slack(commit.repository.full_name)}: {happened.value}{title}"
    at = f"{in_slack(commit.short)} on {in_slack(commit.branch)}"
    return {"text": f"{head}\n{at} · {slack_link('what happened', page)}"}


def _title(report: Report) -> str:
    return report.findings[0].title if report.findings else report.ending_note
