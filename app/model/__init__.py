"""The words: frozen data that every other room passes around; nothing here acts or imports ours.

Each word survives a restart: it holds names (a digest, a revision, a generation), never a path, a
client or an open file, and pydantic can write it to JSON and read it back.

A file is loaded when one of its words is asked for first: a diagnosis of a log needs findings, and no targets.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.model.findings import Blame, Button, Finding, Place, Remedy, Stop, Superseded, Weight
    from app.model.github import Commit, Delivery, PullRequest, Repository
    from app.model.job_config import JobConfig
    from app.model.jobs import RERUN, Deploy, Farewell, Group, Ignore, Job, Press, Review, Said, Welcome
    from app.model.made import Image, Live, Revision, Serving, Source, Traffic
    from app.model.notice import Happening, Notify
    from app.model.report import Ending, Report, Row, RowState
    from app.model.service import Build, BuildPlan, Instances, Probe, Probes, SecretRef, Volume, Vpc, told
    from app.model.service_config import ServiceConfig
    from app.model.target import (
        Preview,
        Sibling,
        Skip,
        Target,
        TargetJob,
        check_name,
        service_and_environment,
    )

_FILES = (
    "findings",
    "github",
    "service",
    "service_config",
    "job_config",
    "notice",
    "target",
    "made",
    "report",
    "jobs",
)


def __getattr__(name: str) -> object:
    """A word, once: from the first file that has it."""
    for file in _FILES if name in __all__ else ():
        words = vars(import_module(f"{__name__}.{file}"))
        if name in words:
            globals()[name] = words[name]
            return words[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "RERUN",
    "Blame",
    "Build",
    "BuildPlan",
    "Button",
    "Commit",
    "Delivery",
    "Deploy",
    "Ending",
    "Farewell",
    "Finding",
    "Group",
    "Happening",
    "Ignore",
    "Image",
    "Instances",
    "Job",
    "JobConfig",
    "Live",
    "Notify",
    "Place",
    "Press",
    "Preview",
    "Probe",
    "Probes",
    "PullRequest",
    "Remedy",
    "Report",
    "Repository",
    "Review",
    "Revision",
    "Row",
    "RowState",
    "Said",
    "SecretRef",
    "ServiceConfig",
    "Serving",
    "Sibling",
    "Skip",
    "Source",
    "Stop",
    "Superseded",
    "Target",
    "TargetJob",
    "Traffic",
    "Volume",
    "Vpc",
    "Weight",
    "Welcome",
    "check_name",
    "service_and_environment",
    "told",
]
