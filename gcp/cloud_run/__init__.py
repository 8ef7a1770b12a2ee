"""Cloud Run: services and revisions; what a service is to be, releasing without traffic, moving traffic."""

from gcp.cloud_run.changes import delete_service, set_labels, set_traffic, test_permissions
from gcp.cloud_run.revision import (
    OWN_TAG,
    MadeRevision,
    RevisionFailed,
    commit_of,
    images_of,
    make_revision,
    validate,
)
from gcp.cloud_run.state import MANAGED_BY, ServiceState, full_name, read, service, services

__all__ = [
    "MANAGED_BY",
    "OWN_TAG",
    "MadeRevision",
    "RevisionFailed",
    "ServiceState",
    "commit_of",
    "delete_service",
    "full_name",
    "images_of",
    "make_revision",
    "read",
    "service",
    "services",
    "set_labels",
    "set_traffic",
    "test_permissions",
    "validate",
]
