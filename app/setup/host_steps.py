"""What it takes to run ServerGem on Cloud Run for good: its image, its secrets, its Postgres, and itself, always on.

The image is built, and ServerGem runs, with accounts and places that `servergem setup google` has made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.setup.google_steps import BUILDER, DEPLOYER, PREVIEWS, RUNTIME, YARDS, email
from app.setup.step import GIVEN, Step, asking_for_number
from app.trust.accounts import PREVIEW_BUILDER, bucket_name

NAME = "servergem"
# https://cloud.google.com/sql/docs/postgres/machine-series-overview: the smallest
TIER = "db-f1-micro"
# How a shell takes the password out of DATABASE_URL, into the form of gcloud's file of flags.
PASSWORD_TYPED = (
    """printf %s "$DATABASE_URL" | sed -E 's|^[^:]*://[^:]*:([^@]*)@.*$|{"--password": "\\1"}|'"""
)
# Settings that are secrets on Cloud Run, and what they are called in Secret Manager.
SECRETS = {
    "GITHUB_PRIVATE_KEY": "servergem-private-key",
    "GITHUB_WEBHOOK_SECRET": "servergem-webhook-secret",
    "GITHUB_CLIENT_SECRET": "servergem-client-secret",
    "DATABASE_URL": "servergem-database-url",
}
# Settings of a set-up's file that are about the place where it was made.
NOT_HERE = {"GITHUB_PRIVATE_KEY_FILE", "SERVERGEM_PUBLIC_URL", *SECRETS}


@dataclass(frozen=True)
class Host:
    """Where ServerGem is to run, and what it is to run with. `source` is a clone of ServerGem.

    `settings` are those of the file of `servergem setup github`, the key itself and DATABASE_URL among them.
    """

    project: str
    region: str
    source: Path
    settings: Mapping[str, str]
    there: frozenset[str] = frozenset()
    """The settings that this project's Secret Manager holds already."""

    @property
    def makes_database(self) -> bool:
        """Whether its Postgres is the one that these steps make."""
        return self.instance in self.settings["DATABASE_URL"]

    @property
    def number(self) -> str:
        """The project's number, as steps name it before they know it."""
        return f"{{number of {self.project}}}"

    @property
    def address(self) -> str:
        """https://cloud.google.com/run/docs/triggering/https-request#deterministic"""
        return f"https://{NAME}-{self.number}.{self.region}.run.app"

    @property
    def instance(self) -> str:
        return instance(self.project, self.region)

    @property
    def image(self) -> str:
        return f"{self.region}-docker.pkg.dev/{self.project}/{YARDS[0].repository}/servergem-itself"


def instance(project: str, region: str) -> str:
    """How Cloud Run names the Postgres that these steps make."""
    return f"{project}:{region}:{NAME}"


def database_at(instance: str, password: str) -> str:
    """The address of ServerGem's database in this Postgres.

    https://cloud.google.com/sql/docs/postgres/connect-run: below /cloudsql Cloud Run puts the instance's socket.
    """
    return f"postgresql://{NAME}:{password}@/{NAME}?host=/cloudsql/{instance}"


def _password_in(database_url: str) -> str:
    return database_url.partition("//")[2].partition("@")[0].partition(":")[2]


def steps(host: Host) -> tuple[Step, ...]:
    """Everything in order; each may be run again."""
    return (
        Step("The project's number, which the address holds", asking_for_number(host.project), tells=True),
        _apis(host),
        *(_database(host) if host.makes_database else ()),
        *(step for name in _secrets(host) for step in _secret(host, name)),
        _image(host),
        _service(host),
    )


def _apis(host: Host) -> Step:
    apis = ("secretmanager.googleapis.com", *(("sqladmin.googleapis.com",) if host.makes_database else ()))
    return Step(
        "The APIs that only the host takes",
        ("gcloud", "services", "enable", *apis, f"--project={host.project}"),
    )


def _database(host: Host) -> list[Step]:
    here = f"--project={host.project}"
    sql = ("gcloud", "sql")
    made = (
        *(
            "--database-version=POSTGRES_16",
            "--edition=enterprise",
            f"--tier={TIER}",
            f"--region={host.region}",
        ),
        *("--storage-auto-increase", "--backup-start-time=03:00", "--enable-point-in-time-recovery"),
    )
    password = f"--flags-file={GIVEN}"
    user = (*sql, "users", "create", NAME, f"--instance={NAME}", password, here)
    again = (*sql, "users", "set-password", NAME, f"--instance={NAME}", password, here)
    return [
        Step(
            "A Postgres with daily backups; it takes some ten minutes",
            (*sql, "instances", "create", NAME, *made, here),
        ),
        Step("…in it the database", (*sql, "databases", "create", NAME, f"--instance={NAME}", here)),
        Step(
            "…and its user, with a password that only Secret Manager holds",
            user,
            update=again,
            given=json.dumps({"--password": _password_in(host.settings["DATABASE_URL"])}),
            typed=PASSWORD_TYPED,
        ),
        Step(
            "ServerGem may connect to it",
            (
                *("gcloud", "projects", "add-iam-policy-binding", host.project),
                f"--member=serviceAccount:{email(DEPLOYER, host.project)}",
                *("--role=roles/cloudsql.client", "--condition=None"),
            ),
        ),
    ]


def _secrets(host: Host) -> dict[str, str]:
    """Those that have a value: Secret Manager keeps no empty one."""
    return {name: secret for name, secret in SECRETS.items() if host.settings.get(name)}


def _secret(host: Host, name: str) -> list[Step]:
    """The secret with this value, or one more version of it; and who may read it."""
    readable = Step(
        f"{name} in Secret Manager, which ServerGem may read"
        if name in host.there
        else "…which ServerGem may read",
        (
            *("gcloud", "secrets", "add-iam-policy-binding", SECRETS[name]),
            f"--member=serviceAccount:{email(DEPLOYER, host.project)}",
            *("--role=roles/secretmanager.secretAccessor", f"--project={host.project}"),
        ),
    )
    if name in host.there:
        return [readable]
    return [secret_step(host.project, name, host.settings[name]), readable]


def secret_step(project: str, name: str, value: str) -> Step:
    """A setting as a secret, or as one more version of it."""
    secret, here, told = SECRETS[name], f"--project={project}", ("gcloud", "secrets")
    of_a_file = name == "GITHUB_PRIVATE_KEY"
    return Step(
        f"{name} in Secret Manager",
        (*told, "create", secret, "--replication-policy=automatic", f"--data-file={GIVEN}", here),
        update=(*told, "versions", "add", secret, f"--data-file={GIVEN}", here),
        given=value,
        typed='cat "$GITHUB_PRIVATE_KEY_FILE"' if of_a_file else f'printf %s "${name}"',
    )


def _image(host: Host) -> Step:
    """Built as everything of this project is: with the build account, from the bucket that it may read.

    https://cloud.google.com/build/docs/securing-builds/configure-user-specified-service-accounts: then logs go to
    Cloud Logging alone.
    """
    bucket = bucket_name(host.number, host.region, YARDS[0].bucket_ending)
    build = {
        "steps": [
            {
                "name": "gcr.io/cloud-builders/docker",
                "args": ["build", "--tag", host.image, "."],
                "env": ["DOCKER_BUILDKIT=1"],
            }
        ],
        "images": [host.image],
        "serviceAccount": f"projects/{host.project}/serviceAccounts/{email(BUILDER, host.project)}",
        "options": {"logging": "CLOUD_LOGGING_ONLY"},
    }
    return Step(
        "ServerGem's image, from this clone",
        (
            *("gcloud", "builds", "submit", str(host.source), f"--config={GIVEN}", f"--region={host.region}"),
            f"--gcs-source-staging-dir=gs://{bucket}/sources/servergem-itself",
            f"--project={host.project}",
        ),
        given=json.dumps(build),
    )


def _service(host: Host) -> Step:
    """Always with its CPU, since it works after it has answered; open to GitHub, which signs what it sends."""
    given = ",".join(f"{name}={secret}:latest" for name, secret in _secrets(host).items())
    # Values may hold commas: https://cloud.google.com/sdk/gcloud/reference/topic/escaping
    variables = "^|^" + "|".join(f"{name}={value}" for name, value in _variables(host).items())
    database = (f"--set-cloudsql-instances={host.instance}",) if host.makes_database else ()
    return Step(
        "ServerGem itself",
        (
            *("gcloud", "run", "deploy", NAME, f"--image={host.image}", f"--region={host.region}"),
            f"--service-account={email(DEPLOYER, host.project)}",
            *("--no-cpu-throttling", "--min-instances=1", "--max-instances=1", "--memory=1Gi", "--cpu=1"),
            *("--allow-unauthenticated", "--execution-environment=gen2", *database),
            f"--set-secrets={given}",
            f"--set-env-vars={variables}",
            f"--project={host.project}",
        ),
    )


def _variables(host: Host) -> dict[str, str]:
    accounts = {
        "BUILD_SERVICE_ACCOUNT": BUILDER,
        "RUNTIME_SERVICE_ACCOUNT": RUNTIME,
        "PREVIEW_SERVICE_ACCOUNT": PREVIEWS,
        "PREVIEW_BUILD_SERVICE_ACCOUNT": PREVIEW_BUILDER,
    }
    found = {name: email(account, host.project) for name, account in accounts.items()}
    found |= {"GOOGLE_CLOUD_PROJECT": host.project, "SERVERGEM_REGION": host.region}
    found |= {name: value for name, value in host.settings.items() if name not in NOT_HERE and value}
    return found | {"SERVERGEM_PUBLIC_URL": host.address}
