"""Questions: commands that change nothing. Pure: the answers are made of what the Hearing knows."""

from __future__ import annotations

from app.conversation.hearing import Hearing, PreviewLog, Standing
from app.conversation.outcome import Outcome
from app.redaction import redact_lines
from app.report import moment
from app.store.traffic import Lock
from app.talk import Command
from app.text.escaping import fenced, in_code, in_markdown, link

LOG_LINES = 30


def status(hearing: Hearing, _command: Command) -> Outcome:
    """What serves where, and which locks there are; from our own rows, without a question to Google."""
    lines = ["| Service | Where | Commit | Since | Lock |", "|---|---|---|---|---|"]
    lines += [_standing(each) for each in hearing.standings]
    for each in hearing.previews:
        place = link("preview", each.url) if each.url else "preview"
        row = each.row
        lines.append(f"| {in_markdown(row.service)} | {place} | `{row.sha[:7]}` | {moment(row.changed)} | |")
    return Outcome("\n".join(lines))


def logs(hearing: Hearing, command: Command) -> Outcome:
    """What the preview's container wrote; secrets hidden as everywhere."""
    chosen = [log for log in hearing.logs if not command.words or log.service in command.words]
    if not chosen:
        return Outcome("No preview of that name runs for this pull request; `/status` lists those that do.")
    return sum((_log(each) for each in chosen), Outcome())


def explain(hearing: Hearing, _command: Command) -> Outcome:
    """Why the head that was looked at last was or was not deployed."""
    if not hearing.verdict:
        return Outcome("ServerGem has not looked at this pull request yet.")
    return Outcome(f"At {hearing.looked_at[:7]}:\n\n{hearing.verdict}")


def _standing(standing: Standing) -> str:
    newest, lock = standing.newest, standing.lock
    serving = f"`{newest.sha[:7] or newest.revision}`" if newest else "nothing yet"
    place = link(standing.target.where, newest.url if newest else "")
    since = moment(newest.time) if newest else ""
    return f"| {in_markdown(standing.service)} | {place} | {serving} | {since} | {_closed(lock) if lock else ''} |"


def _closed(lock: Lock) -> str:
    """Who closed it and why, with the comment that said so, and for how long."""
    return f"{link(lock.sentence, lock.link)}, until {moment(lock.expires)}"


def _log(log: PreviewLog) -> Outcome:
    if not log.started:
        return Outcome(f"{in_code(log.service)} has not started yet.")
    if log.trouble and not log.lines:
        return Outcome(f"Google does not show the log of {in_code(log.service)}: {in_markdown(log.trouble)}")
    lines = "\n".join(redact_lines(log.lines)[-LOG_LINES:])
    return Outcome(f"The last lines of {in_code(log.service)}:\n\n{fenced(lines or 'nothing yet')}")
