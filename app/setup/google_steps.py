"""What a Google Cloud project needs once, step by step: APIs, accounts, buckets, registries, and what each may do.

No key is made. Whatever builds reaches one bucket and one registry and no more; on the project it may only write logs.

What each role holds is read off the table in `app.trust.rights`: https://cloud.google.com/iam/docs/understanding-roles
"""

from __future__ import annotations

from dataclasses import dataclass

from app.setup.step import GIVEN, Step, asking_for_number
from app.trust.accounts import KEEP_DAYS, PREVIEW_ACCOUNT, PREVIEW_BUILDER, bucket_name
from app.trust.rights import permissions

ROLE = "servergemDeployer"
REPAIR_ROLE = "servergemRepair"
DEPLOYER, BUILDER, RUNTIME = "servergem-deployer", "servergem-build", "servergem-run"
# Whoever makes an account may not act as it yet, so the one of previews is made here and not by the first of them.
PREVIEWS = PREVIEW_ACCOUNT
FORKS, FORK_BUILDER = "servergem-fork", "servergem-fork-build"
# As `gcp.storage` gives it to a bucket that a deployment makes.
OLD_SOURCES = f'{{"age": {KEEP_DAYS}, "matchesPrefix": ["sources/"]}}'
LIFECYCLE = f'{{"rule": [{{"action": {{"type": "Delete"}}, "condition": {OLD_SOURCES}}}]}}'
APIS = (
    "artifactregistry.googleapis.com",
    "cloudbilling.googleapis.com",
    "cloudbuild.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "cloudscheduler.googleapis.com",
    "iam.googleapis.com",
    "logging.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "serviceusage.googleapis.com",
    "storage.googleapis.com",
)
GEMINI_API = "aiplatform.googleapis.com"
PERMISSIONS = permissions(repairs=False)
# What repairs take; deployments work without it once everything is there.
REPAIRS = permissions(repairs=True)


@dataclass(frozen=True)
class Yard:
    """Where one kind of source is built: by which account, from which bucket, into which registry."""

    what: str
    builder: str
    bucket_ending: str
    repository: str


# As `app.trust.accounts` and the settings' defaults have them.
YARDS = (
    Yard("production", BUILDER, "", "servergem"),
    Yard("previews", PREVIEW_BUILDER, "-previews", "servergem-previews"),
    Yard("forks", FORK_BUILDER, "-forks", "servergem-forks"),
)


def steps(project: str, region: str, *, gemini: bool = False, deployer: str = "") -> tuple[Step, ...]:
    """Everything in order; each may be run again.

    `gemini`: also what asking a model takes. `deployer`: the account of another project that ServerGem runs as
    already; without it this project gets one of its own.
    """
    return (
        *_apis(project, (GEMINI_API,) if gemini else ()),
        *(step for name, step in _accounts(project).items() if name != DEPLOYER or not deployer),
        *_roles(project, permissions(repairs=False, gemini=gemini)),
        *_bindings(project, deployer or email(DEPLOYER, project)),
        *(() if deployer else (_identity(project),)),
        _number(project),
        *(step for yard in YARDS for step in _yard(project, region, yard)),
        _taken_back(project),
    )


def _apis(project: str, more: tuple[str, ...]) -> list[Step]:
    names = sorted((*APIS, *more))
    return [
        Step(
            "The APIs that deployments use", ("gcloud", "services", "enable", *names, f"--project={project}")
        )
    ]


def _accounts(project: str) -> dict[str, Step]:
    purposes = {
        DEPLOYER: ("The account that ServerGem runs as", "ServerGem deployer"),
        BUILDER: ("The account that builds run as", "ServerGem builds"),
        RUNTIME: (
            "The account that services run as; it may do nothing until you say so",
            "ServerGem services",
        ),
        PREVIEWS: ("The account that previews run as, which has no roles", "ServerGem previews"),
        PREVIEW_BUILDER: ("The account that builds previews", "ServerGem builds of previews"),
        FORKS: ("The account that approved forks run as, which has no roles", "ServerGem forks"),
        FORK_BUILDER: ("The account that builds approved forks", "ServerGem builds of forks"),
    }
    create = ("gcloud", "iam", "service-accounts", "create")
    return {
        name: Step(why, (*create, name, f"--display-name={title}", f"--project={project}"))
        for name, (why, title) in purposes.items()
    }


def _roles(project: str, deploying: tuple[str, ...]) -> list[Step]:
    return [
        _role(
            project, ROLE, "ServerGem deployer", deploying, "Exactly what deploying calls, and nothing else"
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
    """The role with exactly these permissions: made, or one of an earlier set-up brought up to date."""
    said = (
        name,
        f"--title={title}",
        "--stage=GA",
        f"--permissions={','.join(permissions)}",
        f"--project={project}",
    )
    roles = ("gcloud", "iam", "roles")
    # https://cloud.google.com/sdk/gcloud/reference/iam/roles/update: --permissions are all that the role then has.
    return Step(why, (*roles, "create", *said), update=(*roles, "update", *said, "--quiet"))


def _bindings(project: str, deployer: str) -> list[Step]:
    found = [
        _on_project(project, deployer, f"projects/{project}/roles/{ROLE}", "The deployer gets its role"),
        _on_project(project, deployer, f"projects/{project}/roles/{REPAIR_ROLE}", "…and that for repairs"),
    ]
    for name, why in (
        (BUILDER, "The deployer may build as the build account"),
        (RUNTIME, "…and run as this one"),
        (PREVIEWS, "…and previews as this one"),
        (PREVIEW_BUILDER, "…and build previews as this one"),
        (FORKS, "…and forks as this one"),
        (FORK_BUILDER, "…and build forks as this one"),
    ):
        command = ("gcloud", "iam", "service-accounts", "add-iam-policy-binding", email(name, project))
        member = (
            f"--member=serviceAccount:{deployer}",
            "--role=roles/iam.serviceAccountUser",
            f"--project={project}",
        )
        found.append(Step(why, (*command, *member)))
    return found


def _identity(project: str) -> Step:
    """A federated deployer has IAM make the token with which it asks a private service whether it answers.

    https://cloud.google.com/iam/docs/create-short-lived-credentials-direct#sa-credentials-oidc
    """
    deployer = email(DEPLOYER, project)
    return Step(
        "The deployer may show private services who it is",
        (
            *("gcloud", "iam", "service-accounts", "add-iam-policy-binding", deployer),
            f"--member=serviceAccount:{deployer}",
            "--role=roles/iam.serviceAccountOpenIdTokenCreator",
            f"--project={project}",
        ),
    )


def _number(project: str) -> Step:
    return Step(
        "The project's number, which the names of its buckets hold", asking_for_number(project), tells=True
    )


def _yard(project: str, region: str, yard: Yard) -> list[Step]:
    """A bucket and a registry, and an account that may read the one, write the other, and write logs.

    https://cloud.google.com/build/docs/securing-builds/configure-user-specified-service-accounts
    """
    account = f"--member=serviceAccount:{email(yard.builder, project)}"
    bucket = f"gs://{bucket_name(f'{{number of {project}}}', region, yard.bucket_ending)}"
    buckets = ("gcloud", "storage", "buckets")
    repositories = ("gcloud", "artifacts", "repositories")
    here = (f"--location={region}", f"--project={project}")
    private = ("--uniform-bucket-level-access", "--public-access-prevention")
    return [
        Step(f"The bucket for sources of {yard.what}", (*buckets, "create", bucket, *here, *private)),
        Step(
            f"…which keeps them for {KEEP_DAYS} days",
            (*buckets, "update", bucket, f"--lifecycle-file={GIVEN}"),
            given=LIFECYCLE,
        ),
        Step(
            f"The repository for images of {yard.what}",
            (*repositories, "create", yard.repository, "--repository-format=docker", *here),
        ),
        Step(
            f"Builds of {yard.what} read that bucket",
            (*buckets, "add-iam-policy-binding", bucket, account, "--role=roles/storage.objectViewer"),
        ),
        Step(
            "…push to that repository",
            (
                *(*repositories, "add-iam-policy-binding", yard.repository, *here),
                *(account, "--role=roles/artifactregistry.writer"),
            ),
        ),
        _on_project(project, email(yard.builder, project), "roles/logging.logWriter", "…and write their log"),
    ]


def _taken_back(project: str) -> Step:
    command = ("gcloud", "projects", "remove-iam-policy-binding", project)
    return Step(
        "What an earlier set-up let builds do in the whole project is taken back",
        (
            *command,
            f"--member=serviceAccount:{email(BUILDER, project)}",
            "--role=roles/run.builder",
            "--condition=None",
        ),
        again=("not found",),
    )


def _on_project(project: str, account: str, role: str, why: str) -> Step:
    command = ("gcloud", "projects", "add-iam-policy-binding", project, f"--member=serviceAccount:{account}")
    return Step(why, (*command, f"--role={role}", "--condition=None"))


def email(name: str, project: str) -> str:
    return f"{name}@{project}.iam.gserviceaccount.com"
