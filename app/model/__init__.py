"""The words: frozen data that every other room passes around; nothing here acts or imports ours.

Each word survives a restart: it holds names (a digest, a revision, a generation), never a path, a
client or an open file, and pydantic can write it to JSON and read it back.
"""

from app.model.beside import TargetJob, TargetWorker
from app.model.domain_name import DOMAIN
from app.model.findings import Blame, Button, Finding, Place, Remedy, Stop, Superseded, Weight
from app.model.github import Commit, Delivery, Person, PullRequest, Repository
from app.model.image_name import ImageName, Shelf, same_image
from app.model.job_config import JobConfig
from app.model.jobs import (
    RERUN,
    BringImage,
    Deploy,
    DeployRelease,
    EndSessions,
    HearComment,
    Ignore,
    Job,
    LeaveRepository,
    LookAtPullRequest,
    LookAtRepository,
    PressButton,
    ReportToQueue,
)
from app.model.made import STARTER, Bundle, Image, Live, Revision, Serving, Source, Traffic
from app.model.notice import Happening, Notify
from app.model.report import Ending, Report, Row, RowState
from app.model.service import (
    Build,
    BuildPlan,
    Instances,
    Probe,
    Probes,
    SecretRef,
    Sidecar,
    Volume,
    Vpc,
    told,
)
from app.model.service_config import ServiceConfig
from app.model.target import (
    Preview,
    Sibling,
    Skip,
    Target,
    check_name,
    service_and_environment,
)
from app.model.worker_config import WorkerConfig

__all__ = [
    "DOMAIN",
    "RERUN",
    "STARTER",
    "Blame",
    "BringImage",
    "Build",
    "BuildPlan",
    "Bundle",
    "Button",
    "Commit",
    "Delivery",
    "Deploy",
    "DeployRelease",
    "EndSessions",
    "Ending",
    "Finding",
    "Happening",
    "HearComment",
    "Ignore",
    "Image",
    "ImageName",
    "Instances",
    "Job",
    "JobConfig",
    "LeaveRepository",
    "Live",
    "LookAtPullRequest",
    "LookAtRepository",
    "Notify",
    "Person",
    "Place",
    "PressButton",
    "Preview",
    "Probe",
    "Probes",
    "PullRequest",
    "Remedy",
    "Report",
    "ReportToQueue",
    "Repository",
    "Revision",
    "Row",
    "RowState",
    "SecretRef",
    "ServiceConfig",
    "Serving",
    "Shelf",
    "Sibling",
    "Sidecar",
    "Skip",
    "Source",
    "Stop",
    "Superseded",
    "Target",
    "TargetJob",
    "TargetWorker",
    "Traffic",
    "Volume",
    "Vpc",
    "Weight",
    "WorkerConfig",
    "check_name",
    "same_image",
    "service_and_environment",
    "told",
]
