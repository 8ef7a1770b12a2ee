"""Keyless: how ServerGem becomes the deployer that `servergem setup google` makes, without a downloaded key."""

from __future__ import annotations

from app.setup.google_steps import BUILDER, DEPLOYER, FORK_BUILDER, FORKS, PREVIEWS, RUNTIME, email
from app.trust.accounts import PREVIEW_BUILDER, PROJECT


def keyless(project: str) -> str:
    """How ServerGem becomes the deployer without a downloaded key."""
    account = email(DEPLOYER, project)
    return (
        "ServerGem runs as the deployer without any key:\n"
        f"  on Cloud Run       gcloud run deploy servergem … --service-account {account} \\\n"
        "                       --no-cpu-throttling --min-instances 1 --max-instances 1\n"
        "                     It works between requests, so its CPU stays on; its database is a Postgres that\n"
        "                     DATABASE_URL names, and with one of these more instances are welcome.\n"
        "                     https://cloud.google.com/run/docs/configuring/billing-settings\n"
        "  on GKE             Workload Identity: bind the pod's account to it\n"
        "  outside Google     Workload Identity Federation: write its configuration to a file and name that file in\n"
        "                     GOOGLE_APPLICATION_CREDENTIALS\n"
        "                     https://cloud.google.com/iam/docs/workload-identity-federation\n"
        "Settings for ServerGem:\n"
        f"  GOOGLE_CLOUD_PROJECT={project}\n"
        f"{_accounts(project)}"
    )


def one_more(project: str, deployer: str) -> str:
    """What a ServerGem that runs as `deployer` is told so that it deploys into this project too."""
    return (
        f"ServerGem goes on as {deployer}, which may deploy into {project} now.\n"
        "Settings for ServerGem, which name the accounts of each project at once:\n"
        f"{_accounts(PROJECT)}\n"
        f"and which repository deploys into {project}, beside those that are named already:\n"
        f"  SERVERGEM_PROJECTS=OWNER/REPOSITORY={project}\n"
        f"Where only an environment of a repository does, servergem.yml says `project: {project}` there, and\n"
        f"ALLOW_FILE has `projects: [{project}]` for that repository."
    )


def _accounts(project: str) -> str:
    return (
        f"  BUILD_SERVICE_ACCOUNT={email(BUILDER, project)}\n"
        f"  RUNTIME_SERVICE_ACCOUNT={email(RUNTIME, project)}\n"
        f"  PREVIEW_SERVICE_ACCOUNT={email(PREVIEWS, project)}\n"
        f"  PREVIEW_BUILD_SERVICE_ACCOUNT={email(PREVIEW_BUILDER, project)}\n"
        "and, where forks may be deployed once somebody approves it:\n"
        f"  FORK_SERVICE_ACCOUNT={email(FORKS, project)}\n"
        f"  FORK_BUILD_SERVICE_ACCOUNT={email(FORK_BUILDER, project)}"
    )
