"""What `servergem setup google` does, done to the sandbox: each of its gcloud commands by what it means."""

from __future__ import annotations

from collections.abc import Iterable

from app.setup.google_steps import DEPLOYER, email, steps
from app.setup.step import Step
from sandbox.google.server import GoogleSandbox

REGION = "europe-west1"
# Steps that leave the project as empty as it was, and only say who may do what in it.
RIGHTS = ("iam", "projects")
# A gcloud that does nothing: it tells the project's number; what a file of flags or data held is written down too.
GCLOUD = """#!/usr/bin/env bash
here=$(dirname "$0")
echo "gcloud $*" >> "$here/calls"
for word in "$@"; do
  case "$word" in *=*servergem-given.json) cat "${word#*=}" >> "$here/given"; echo >> "$here/given";; esac
done
case "$*" in *" describe "*) echo 4711;; esac
"""


def set_up(google: GoogleSandbox, project: str, region: str = REGION, *, deployer: str = "") -> None:
    """The whole set-up; from now on the sandbox is asked by the deployer that it makes, with that one's roles alone.

    `deployer`: one of another project, that this project is one more for.
    """
    _carry_out(google, project, steps(project, region, deployer=deployer), deployer)


def give_rights(google: GoogleSandbox, project: str, *, deployer: str = "") -> None:
    """Only who may do what: there is no bucket and no repository, and of APIs only those that saying so takes.

    Beside it what an operator gives by hand who names no accounts: to act as the project's default one. `deployer`:
    as above.
    """
    for api in ("iam", "cloudresourcemanager", "cloudbilling"):
        google.projects.known(project).apis[f"{api}.googleapis.com"] = 0.0
    told = [step for step in steps(project, REGION, deployer=deployer) if step.command[1] in RIGHTS]
    _carry_out(google, project, told, deployer)
    compute = f"projects/{project}/serviceAccounts/{google.projects.known(project).compute_account}"
    google.projects.access.bind(compute, "roles/iam.serviceAccountUser", google.projects.caller)


def _carry_out(google: GoogleSandbox, project: str, told: Iterable[Step], deployer: str = "") -> None:
    number = str(google.projects.known(project).number)
    for step in told:
        _do(google, project, *step.numbered(number).command)
    google.projects.caller = f"serviceAccount:{deployer or email(DEPLOYER, project)}"


def _do(google: GoogleSandbox, project: str, *command: str) -> None:
    """One command of gcloud; one that is not known here is a fault of this file."""
    words = [word for word in command[1:] if not word.startswith("--")]
    options = dict(word[2:].split("=", 1) for word in command if word.startswith("--") and "=" in word)
    access = google.projects.access
    match words:
        case ["services", "enable", *apis]:
            google.projects.known(project).apis |= dict.fromkeys(apis, 0.0)
        case ["iam", "service-accounts", "create", name]:
            google.service_account(project, name)
        case ["iam", "roles", "create", name]:
            access.define(f"projects/{project}/roles/{name}", options["permissions"].split(","))
        case ["projects", "describe", _] | ["storage", "buckets", "update", _]:
            pass
        case ["storage", "buckets", "create", address]:
            google.storage.put_bucket(google.projects.known(project), address[5:], options["location"])
        case ["artifacts", "repositories", "create", name]:
            google.registry.put_repository(_repository(project, options["location"], name))
        case ["projects", "remove-iam-policy-binding", _]:
            access.unbind(f"projects/{project}", options["role"], options["member"])
        case [*kind, "add-iam-policy-binding", name]:
            access.bind(_resource(project, options, kind, name), options["role"], options["member"])
        case _:
            raise AssertionError(f"what does {command} mean?")


def _resource(project: str, options: dict[str, str], kind: list[str], name: str) -> str:
    """What a binding is on."""
    match kind:
        case ["projects"]:
            return f"projects/{name}"
        case ["iam", "service-accounts"]:
            return f"projects/{project}/serviceAccounts/{name}"
        case ["storage", "buckets"]:
            return f"projects/{project}/buckets/{name[5:]}"
        case ["artifacts", "repositories"]:
            return _repository(project, options["location"], name)
    raise AssertionError(f"what is {kind}?")


def _repository(project: str, region: str, name: str) -> str:
    return f"projects/{project}/locations/{region}/repositories/{name}"


def take_from_builder(google: GoogleSandbox, project: str) -> None:
    """The project's default account has no role to build with any more."""
    compute = f"serviceAccount:{google.projects.known(project).compute_account}"
    google.projects.access.unbind(f"projects/{project}", "roles/cloudbuild.builds.builder", compute)


def give_from_above(google: GoogleSandbox, project: str, role: str) -> None:
    """The default account has the role by what the project is in, and not on the project itself."""
    home = google.projects.known(project)
    compute = f"serviceAccount:{home.compute_account}"
    google.projects.access.unbind(home.name, role, compute)
    google.projects.access.bind(home.parent, role, compute)


def may_grant(google: GoogleSandbox, project: str) -> None:
    """What an operator gives by hand who allows the button that grants roles."""
    google.projects.access.bind(
        f"projects/{project}", "roles/resourcemanager.projectIamAdmin", google.projects.caller
    )


def runs_as(google: GoogleSandbox, project: str, name: str) -> str:
    """An account of somebody's own that reads secrets, and that the deployer may run services as; its address."""
    account = google.service_account(project, name, "roles/secretmanager.secretAccessor")
    resource = f"projects/{project}/serviceAccounts/{account}"
    google.projects.access.bind(resource, "roles/iam.serviceAccountUser", google.projects.caller)
    return account


def builds_anywhere(google: GoogleSandbox, project: str, name: str) -> str:
    """An account that may build from every bucket into every repository of the project; its address."""
    may = ("roles/storage.objectViewer", "roles/artifactregistry.writer", "roles/logging.logWriter")
    return google.service_account(project, name, *may)
