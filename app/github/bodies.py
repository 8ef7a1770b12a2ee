"""Our words as GitHub's JSON, within its limits; pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.model import Commit
from app.report import Annotation, CheckRunPayload
from app.text.escaping import one_line

# https://docs.github.com/rest/checks/runs#update-a-check-run
ANNOTATIONS_PER_REQUEST = 50
# https://docs.github.com/rest/deployments/deployments and .../statuses
DESCRIPTION_CHARACTERS = 140

Body = dict[str, Any]


def new_check_run(payload: CheckRunPayload) -> Body:
    """A check run with as many of its annotations as one request takes."""
    body = check_run(payload)
    if payload.annotations:
        first = payload.annotations[:ANNOTATIONS_PER_REQUEST]
        body["output"]["annotations"] = [_annotation(each) for each in first]
    return body


def check_run(payload: CheckRunPayload) -> Body:
    """A check run's state without its annotations: in an update those append."""
    output = {"title": payload.title, "summary": payload.summary}
    body: Body = {"status": payload.status, "output": output}
    if payload.text:
        output["text"] = payload.text
    if payload.started_at:
        body["started_at"] = _time(payload.started_at)
    if payload.conclusion:
        body["conclusion"] = payload.conclusion
    if payload.completed_at:
        body["completed_at"] = _time(payload.completed_at)
    if payload.conclusion:
        body["actions"] = [
            {"label": action.label, "description": action.description, "identifier": action.identifier}
            for action in payload.actions
        ]
    return body


def annotated(title: str, summary: str, text: str, batch: tuple[Annotation, ...]) -> Body:
    """At most 50 annotations, with the output that they belong to."""
    output: Body = {"title": title, "summary": summary, "annotations": [_annotation(each) for each in batch]}
    return {"output": output | ({"text": text} if text else {})}


def github_deployment(commit: Commit, environment: str, description: str, transient: bool, key: str) -> Body:
    """`required_contexts` and `auto_merge` are given because their defaults refuse our own check run, or merge."""
    return {
        "ref": commit.sha,
        "task": "deploy",
        "auto_merge": False,
        "required_contexts": [],
        "payload": {"servergem": key},
        "environment": environment,
        "description": _description(description),
        "transient_environment": transient,
    }


def comment(text: str, marker: str) -> str:
    """A comment with the mark by which we find it again."""
    return f"{hidden(marker)}\n\n{text}"


def hidden(marker: str) -> str:
    """What GitHub keeps and does not show."""
    return f"<!-- servergem:{marker} -->"


def status(state: str, log_url: str, environment_url: str, description: str) -> Body:
    body = {"state": state, "description": _description(description)}
    if log_url:
        body["log_url"] = log_url
    if environment_url:
        body["environment_url"] = environment_url
    return body


def _annotation(annotation: Annotation) -> Body:
    body: Body = {
        "path": annotation.path,
        "start_line": annotation.start_line,
        "end_line": annotation.end_line,
        "annotation_level": annotation.annotation_level,
        "message": annotation.message,
    }
    if annotation.title:
        body["title"] = annotation.title
    if annotation.raw_details:
        body["raw_details"] = annotation.raw_details
    return body


def _description(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= DESCRIPTION_CHARACTERS else text[: DESCRIPTION_CHARACTERS - 1] + "…"


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
