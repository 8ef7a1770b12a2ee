"""What a Google Cloud project needs once, step by step: APIs, three accounts, what each may do. No key is made.

The permissions are those that the stages and checks call: https://cloud.google.com/iam/docs/understanding-roles
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

ROLE = "servergemDeployer"
REPAIR_ROLE = "servergemRepair"
DEPLOYER, BUILDER, RUNTIME = "servergem-deployer", "servergem-build", "servergem-run"
APIS = (
    "artifactregistry.googleapis.com",
    "cloudbilling.googleapis.com",
    "cloudbuild.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "iam.googleapis.com",
    "logging.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "serviceusage.googleapis.com",
    "storage.googleapis.com",
)
PERMISSIONS = (
    "artifactregistry.dockerimages.get",
    "artifactregistry.repositories.downloadArtifacts",
    "artifactregistry.repositories.get",
    "artifactregistry.tags.get",
    "artifactregistry.tags.list",
    "cloudbuild.builds.create",
    "cloudbuild.builds.get",
    "cloudbuild.builds.list",
    "cloudbuild.builds.update",
    "iam.serviceAccounts.get",
    "logging.logEntries.list",
    "resourcemanager.projects.get",
    "resourcemanager.projects.getIamPolicy",
    "run.jobs.create",
    "run.jobs.delete",
    "run.jobs.get",
    "run.jobs.run",
    "run.operations.get",
    "run.revisions.get",
    "run.revisions.list",
    "run.routes.invoke",
    "run.services.create",
    "run.services.delete",
    "run.services.get",
    "run.services.getIamPolicy",
    "run.services.list",
    "run.services.setIamPolicy",
    "run.services.update",
    "secretmanager.secrets.getIamPolicy",
    "secretmanager.versions.get",
    "serviceusage.services.get",
    "serviceusage.services.list",
    "serviceusage.services.use",
    "storage.buckets.get",
    "storage.objects.create",
    "storage.objects.get",
)
# What repairs take; deployments work without it once everything is there.
REPAIRS = (
    "artifactregistry.repositories.create",
    "serviceusage.services.enable",
    "storage.buckets.create",
    "storage.buckets.update",
)


@dataclass(frozen=True)
class Step:
    """One command and why it is needed. `again` is in the error of a command whose work was done before."""

    why: str
    command: tuple[str, ...]
    again: str = "already exists"

    def __str__(self) -> str:
        return shlex.join(self.command)


def steps(project: str, region: str) -> tuple[Step, ...]:
    """Everything in order; each may be run again."""
    return (*_apis(project), *_accounts(project), *_roles(project), *_bindings(project, region))


def keyless(project: str) -> str:
    """How ServerGem becomes the deployer without a downloaded key."""
    account = _email(DEPLOYER, project)
    return (
        "ServerGem runs as the deployer without any key:\n"
        f"  on Cloud Run       gcloud run deploy servergem … --service-account {account}\n"
        "  on GKE             Workload Identity: bind the pod's account to it\n"
        "  outside Google     Workload Identity Federation: write its configuration to a file and name that file in\n"
        "                     GOOGLE_APPLICATION_CREDENTIALS\n"
        "                     https://cloud.google.com/iam/docs/workload-identity-federation\n"
        "Settings for ServerGem:\n"
        f"  GOOGLE_CLOUD_PROJECT={project}\n"
        f"  BUILD_SERVICE_ACCOUNT={_email(BUILDER, project)}\n"
        f"  RUNTIME_SERVICE_ACCOUNT={_email(RUNTIME, project)}"
    )


def _apis(project: str) -> list[Step]:
    return [
        Step("The APIs that deployments use", ("gcloud", "services", "enable", *APIS, f"--project={project}"))
    ]


def _accounts(project: str) -> list[Step]:
    purposes = {
        DEPLOYER: ("The account that ServerGem runs as", "ServerGem deployer"),
        BUILDER: ("The account that builds run as", "ServerGem builds"),
        RUNTIME: (
            "The account that services run as; it may do nothing until you say so",
            "ServerGem services",
        ),
    }
    return [
        Step(
            why,
            (
                "gcloud",
                "iam",
                "service-accounts",
                "create",
                name,
                f"--display-name={title}",
                f"--project={project}",
            ),
        )
        for name, (why, title) in purposes.items()
    ]


def _roles(project: str) -> list[Step]:
    return [
        _role(
            project, ROLE, "ServerGem deployer", PERMISSIONS, "Exactly what deploying calls, and nothing else"
        ),
        _role(
            project,
            REPAIR_ROLE,
            "ServerGem repairs",
            REPAIRS,
            "What repairs take; leave it out to do them by hand",
        ),
    ]


def _role(project: str, name: str, title: str, permissions: tuple[str, ...], why: str) -> Step:
    listed = ",".join(permissions)
    command = (
        "gcloud",
        "iam",
        "roles",
        "create",
        name,
        f"--title={title}",
        "--stage=GA",
        f"--permissions={listed}",
    )
    return Step(why, (*command, f"--project={project}"))


def _bindings(project: str, region: str) -> list[Step]:
    deployer, builder = _email(DEPLOYER, project), _email(BUILDER, project)
    found = [
        _on_project(project, deployer, f"projects/{project}/roles/{ROLE}", "The deployer gets its role"),
        _on_project(project, deployer, f"projects/{project}/roles/{REPAIR_ROLE}", "…and that for repairs"),
        _on_project(
            project, builder, "roles/run.builder", "Builds read the source, write the log, push the image"
        ),
    ]
    for name, why in (
        (BUILDER, "The deployer may build as the build account"),
        (RUNTIME, "…and run as this one"),
    ):
        command = ("gcloud", "iam", "service-accounts", "add-iam-policy-binding", _email(name, project))
        member = (
            f"--member=serviceAccount:{deployer}",
            "--role=roles/iam.serviceAccountUser",
            f"--project={project}",
        )
        found.append(Step(why, (*command, *member)))
    found.append(
        Step(
            "The repository for images",
            ("gcloud", "artifacts", "repositories", "create", "servergem", "--repository-format=docker",
             f"--location={region}", f"--project={project}"),
        )
    )  # fmt: skip
    return found


def _on_project(project: str, account: str, role: str, why: str) -> Step:
    command = ("gcloud", "projects", "add-iam-policy-binding", project, f"--member=serviceAccount:{account}")
    return Step(why, (*command, f"--role={role}", "--condition=None"))


def _email(name: str, project: str) -> str:
    return f"{name}@{project}.iam.gserviceaccount.com"
