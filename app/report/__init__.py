"""What a person sees of a deployment: a Report becomes a check run and a GitHub deployment."""

from app.report.check_run import annotated, check_run, github_deployment_state, last_word
from app.report.markdown import MAX_TEXT_BYTES, duration, moment, within
from app.report.payload import (
    LOG_TAIL_LINES,
    MAX_ANNOTATION_TITLE,
    Action,
    Annotation,
    CheckRunPayload,
)
from app.report.rows import BUILD, FORETOLD, built, ended, placed, worked
from app.report.silence import silence
from app.report.summary import BLAMES, MARKS, finding_in_markdown, summary, title

__all__ = [
    "BLAMES",
    "BUILD",
    "FORETOLD",
    "LOG_TAIL_LINES",
    "MARKS",
    "MAX_ANNOTATION_TITLE",
    "MAX_TEXT_BYTES",
    "Action",
    "Annotation",
    "CheckRunPayload",
    "annotated",
    "built",
    "check_run",
    "duration",
    "ended",
    "finding_in_markdown",
    "github_deployment_state",
    "last_word",
    "moment",
    "placed",
    "silence",
    "summary",
    "title",
    "within",
    "worked",
]
