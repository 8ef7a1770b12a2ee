"""IAM of the sandbox: who may do what by which binding, asked by the real clients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import iam_admin_v1, run_v2
from google.cloud.devtools import cloudbuild_v1
from google.iam.v1 import iam_policy_pb2, policy_pb2
from google.longrunning import operations_pb2
from google.type import expr_pb2  # type: ignore[import-untyped]  # it ships no types

from app.setup.google_steps import PERMISSIONS
from gcp import named_jobs
from gcp.cloud import Google
from sandbox.google.access import Access
from sandbox.google.errors import Refusal
from sandbox.google.roles import PREDEFINED
from sandbox.google.server import GoogleSandbox
from tests.setting_up import REGION, set_up
from tests.test_sandbox_google import QuickBuilder, QuickRunner

PROJECT, ACCOUNT = "demo", "ci@demo.iam.gserviceaccount.com"
ME = f"serviceAccount:{ACCOUNT}"
HOME = f"projects/{PROJECT}"
BUCKET, SECRET = f"{HOME}/buckets/sources", f"{HOME}/secrets/db-url"
REPOSITORY = f"{HOME}/locations/{REGION}/repositories/servergem"


@dataclass(frozen=True)
class Row:
    """One way to hold a permission, or not to."""

    what: str
    bound: tuple[tuple[str, str, str], ...]
    resource: str
    permission: str
    held: bool
    member: str = ME
    denied: tuple[str, str] = ("", "")


READ, PUSH = "storage.objects.get", "artifactregistry.repositories.uploadArtifacts"
VIEWER, WRITER = "roles/storage.objectViewer", "roles/artifactregistry.writer"
OWNER, EDITOR, ACCESSOR = "roles/owner", "roles/editor", "roles/secretmanager.secretAccessor"
ACCESS_SECRET, ACT_AS = "secretmanager.versions.access", "iam.serviceAccounts.actAs"
ADA = "user:ada@acme.example"
EDITORS, NEW = f"projectEditor:{PROJECT}", f"{HOME}/serviceAccounts/new"
LIST, MAKER = "storage.buckets.list", "roles/iam.serviceAccountAdmin"
ROWS = (
    Row("on the bucket itself", ((BUCKET, VIEWER, ME),), BUCKET, READ, True),
    Row("on another bucket", ((f"{HOME}/buckets/forks", VIEWER, ME),), BUCKET, READ, False),
    Row("on a bucket whose name begins alike", ((f"{BUCKET}-2", VIEWER, ME),), BUCKET, READ, False),
    Row("by the project", ((HOME, VIEWER, ME),), BUCKET, READ, True),
    Row("by another project", (("projects/other", VIEWER, ME),), BUCKET, READ, False),
    Row("by the folder", (("folders/12", VIEWER, ME),), BUCKET, READ, True),
    Row("by the organisation", (("organizations/1", VIEWER, ME),), BUCKET, READ, True),
    Row("not upwards", ((BUCKET, VIEWER, ME),), HOME, READ, False),
    Row("by a tag's repository", ((REPOSITORY, WRITER, ME),), f"{REPOSITORY}/packages/a/tags/b", PUSH, True),
    Row("on another repository", ((f"{REPOSITORY}-forks", WRITER, ME),), REPOSITORY, PUSH, False),
    Row("a role that is too small", ((REPOSITORY, "roles/artifactregistry.reader", ME),), REPOSITORY, PUSH, False),
    Row("by a group", ((BUCKET, VIEWER, "group:ops@acme.example"),), BUCKET, READ, True),
    Row("by a group in a group", ((BUCKET, VIEWER, "group:all@acme.example"),), BUCKET, READ, True),
    Row("by a group without it", ((BUCKET, VIEWER, "group:sales@acme.example"),), BUCKET, READ, False),
    Row("a person by the domain", ((BUCKET, VIEWER, "domain:acme.example"),), BUCKET, READ, True, ADA),
    Row("no account by a domain", ((BUCKET, VIEWER, "domain:demo.iam.gserviceaccount.com"),), BUCKET, READ, False),
    Row("everybody", ((BUCKET, VIEWER, "allUsers"),), BUCKET, READ, True),
    Row("an editor by the bucket's own", ((HOME, EDITOR, ME), (BUCKET, VIEWER, EDITORS)), BUCKET, READ, True),
    Row("no editor by the bucket's own", ((BUCKET, VIEWER, EDITORS),), BUCKET, READ, False),
    Row("an editor reads no secret", ((HOME, EDITOR, ME),), SECRET, ACCESS_SECRET, False),
    Row("on the secret itself", ((SECRET, ACCESSOR, ME),), f"{SECRET}/versions/1", ACCESS_SECRET, True),
    Row("who makes accounts acts as none", ((HOME, MAKER, ME),), NEW, ACT_AS, False),
    Row("an editor acts as all", ((HOME, EDITOR, ME),), NEW, ACT_AS, True),
    Row("denied above all roles", ((HOME, OWNER, ME),), BUCKET, LIST, False, ME, (HOME, LIST)),
    Row("denied elsewhere", ((HOME, OWNER, ME),), HOME, LIST, True, ME, ("projects/other", LIST)),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
def test_a_permission_is_held_by_a_binding_that_reaches(row: Row) -> None:
    """On the thing or above it, by oneself or by what stands for one; a denial is above all roles."""
    above = {HOME: "folders/12", "folders/12": "organizations/1"}
    access = Access(lambda: 0.0, lambda name: above.get(name, ""), RLock())
    access.groups = {
        "ops@acme.example": {ME},
        "all@acme.example": {"group:ops@acme.example"},
        "sales@acme.example": {ADA},
    }
    for resource, role, member in row.bound:
        access.bind(resource, role, member)
    if row.denied[0]:
        access.deny(row.denied[0], row.denied[1], member=row.member)
    assert bool(access.held(row.resource, [row.permission], row.member)) is row.held


@pytest.mark.parametrize(("role", "member"), [("roles/no.such", ME), ("roles/viewer", "ci@demo.example")])
def test_a_binding_names_what_there_is(role: str, member: str) -> None:
    """A role that nobody has defined, or a member without its kind, is refused."""
    with pytest.raises(Refusal, match=r"does not exist|unknown type"):
        Access(lambda: 0.0, lambda _: "", RLock()).bind(HOME, role, member)


def test_no_predefined_role_opens_a_service_but_the_administrators() -> None:
    """run.developer deploys and does not make public; only a service's administrator or the project's owner does."""
    open_it = {role for role, held in PREDEFINED.items() if "run.services.setIamPolicy" in held}
    assert open_it == {"roles/run.admin", "roles/owner"}


# At the wire


@pytest.fixture
def google(tmp_path: Path) -> Iterator[GoogleSandbox]:
    """A project that `servergem setup google` has set up, asked by its deployer."""
    sandbox = GoogleSandbox(tmp_path, QuickRunner(), QuickBuilder())
    sandbox.start()
    sandbox.provisioned_project(PROJECT)
    set_up(sandbox, PROJECT)
    yield sandbox
    sandbox.stop()


@pytest.fixture
def clients(google: GoogleSandbox) -> Google:
    return Google(google.grpc_address, google.storage_url)


def bucket_of(google: GoogleSandbox, ending: str = "") -> str:
    return f"servergem-{google.projects.known(PROJECT).number}-{REGION}{ending}"


def submit(
    clients: Google,
    google: GoogleSandbox,
    account: str,
    ending: str = "",
    into: str = "servergem",
    named_in: str = PROJECT,
) -> str:
    """Build as this account from this bucket into this repository; the build's id."""
    blob = clients.storage.bucket(bucket_of(google, ending)).blob("src.tar.gz")
    blob.upload_from_string("hello")
    options = cloudbuild_v1.BuildOptions(logging=cloudbuild_v1.BuildOptions.LoggingMode.CLOUD_LOGGING_ONLY)
    build = cloudbuild_v1.Build(
        source={"storage_source": {"bucket": bucket_of(google, ending), "object_": "src.tar.gz"}},
        steps=[cloudbuild_v1.BuildStep(name="docker", args=["build"])],
        images=[f"{REGION}-docker.pkg.dev/{PROJECT}/{into}/hello:v1"],
        service_account=f"projects/{named_in}/serviceAccounts/{account}@{PROJECT}.iam.gserviceaccount.com"
        if account
        else "",
        options=options if account else None,
    )
    request = cloudbuild_v1.CreateBuildRequest(
        parent=f"{HOME}/locations/{REGION}", project_id=PROJECT, build=build
    )
    return str(clients.builds.create_build(request=request).metadata.build.id)


def ended(google: GoogleSandbox, build: str) -> cloudbuild_v1.Build:
    google.builds.stop()
    return next(each for each in google.builds.all() if each.id == build)


@pytest.mark.parametrize(
    ("account", "ending", "into"),
    [
        ("servergem-build", "", "servergem"),
        ("servergem-preview-build", "-previews", "servergem-previews"),
        ("servergem-fork-build", "-forks", "servergem-forks"),
    ],
)
def test_each_builder_builds_in_its_own_yard(
    google: GoogleSandbox, clients: Google, account: str, ending: str, into: str
) -> None:
    """What `setup google` grants is enough to fetch, push and log there."""
    build = ended(google, submit(clients, google, account, ending, into))
    assert build.status.name == "SUCCESS", build.status_detail
    assert "DONE" in said(clients)


def test_a_builder_is_named_in_its_own_project(google: GoogleSandbox, clients: Google) -> None:
    """An account of this project is not found under another one's name."""
    google.project("elsewhere")
    with pytest.raises(exceptions.PermissionDenied, match="act as service account servergem-build@"):
        submit(clients, google, "servergem-build", named_in="elsewhere")


def test_where_nobody_builds_by_default_a_build_names_its_account(
    google: GoogleSandbox, clients: Google
) -> None:
    """The refusal names the three policies that leave no account."""
    google.projects.known(PROJECT).builder = ""
    with pytest.raises(
        exceptions.InvalidArgument, match=r"(?s)service_account must be specified.*useComputeService"
    ):
        submit(clients, google, "")
    assert submit(clients, google, "servergem-build")


def said(clients: Google) -> list[str]:
    """What the builds of the project have printed, as the deployer may read it."""
    return [each.text_payload for each in clients.logging.list_log_entries({"resource_names": [HOME]})]


@pytest.mark.parametrize("account", ["servergem-preview-build", "servergem-fork-build"])
def test_no_builder_reads_productions_sources(google: GoogleSandbox, clients: Google, account: str) -> None:
    """The refusal names the account that lacks the right, and the right."""
    with pytest.raises(exceptions.InvalidArgument, match=f"{account}@.* does not have storage.objects.get"):
        submit(clients, google, account)


@pytest.mark.parametrize("account", ["servergem-preview-build", "servergem-fork-build"])
def test_no_builder_pushes_into_productions_images(
    google: GoogleSandbox, clients: Google, account: str
) -> None:
    """A build that names production's repository ends at its push."""
    ending = "-previews" if "preview" in account else "-forks"
    build = ended(google, submit(clients, google, account, ending))
    assert build.failure_info.type_.name == "PUSH_NOT_AUTHORIZED"
    assert "artifactregistry.repositories.uploadArtifacts" in build.status_detail


def test_a_builder_that_may_not_log_prints_nothing(google: GoogleSandbox, clients: Google) -> None:
    """The build succeeds, and nobody can read what it did."""
    member = f"serviceAccount:servergem-build@{PROJECT}.iam.gserviceaccount.com"
    google.projects.access.unbind(HOME, "roles/logging.logWriter", member)
    assert ended(google, submit(clients, google, "servergem-build")).status.name == "SUCCESS"
    assert not said(clients)


@dataclass(frozen=True)
class Default:
    """Who builds where nobody is named, and with which roles."""

    what: str
    legacy: bool
    role: str
    builds: bool


DEFAULTS = (
    Default("compute account as an editor", False, EDITOR, True),
    Default("compute account without a role", False, "", False),
    Default("compute account as a builder", False, "roles/cloudbuild.builds.builder", True),
    Default("legacy account as a builder", True, "roles/cloudbuild.builds.builder", True),
    Default("legacy account without a role", True, "", False),
)


@pytest.mark.parametrize("default", DEFAULTS, ids=lambda each: each.what)
def test_the_default_account_builds_with_what_it_has(
    google: GoogleSandbox, clients: Google, default: Default
) -> None:
    """Editor comes by itself only in old projects, and the legacy account only where an organisation keeps it."""
    project = google.projects.known(PROJECT)
    project.builder = project.legacy_builder if default.legacy else None
    member = f"serviceAccount:{project.builds_as()}"
    google.projects.access.unbind(HOME, "roles/cloudbuild.builds.builder", member)
    if default.role:
        google.projects.access.bind(HOME, default.role, member)
    try:
        build = ended(google, submit(clients, google, ""))
    except exceptions.InvalidArgument as refused:
        assert not default.builds
        assert project.builds_as() in refused.message
    else:
        assert default.builds
        assert build.status.name == "SUCCESS"


class Clock:
    """A clock that stands until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def granted(clients: Google, change: Callable[[policy_pb2.Policy], None]) -> policy_pb2.Policy:
    """The project's policy, read as version 3, changed and written."""
    read = clients.projects.get_iam_policy(
        request=iam_policy_pb2.GetIamPolicyRequest(resource=HOME, options={"requested_policy_version": 3})
    )
    change(read)
    request = iam_policy_pb2.SetIamPolicyRequest(resource=HOME, policy=read)
    return clients.projects.set_iam_policy(request=request)


@pytest.fixture
def owner(google: GoogleSandbox) -> GoogleSandbox:
    """The same project, asked by somebody who owns it."""
    google.projects.caller = ADA
    google.projects.access.bind(HOME, OWNER, ADA)
    return google


def bind(role: str, member: str, expression: str = "") -> Callable[[policy_pb2.Policy], None]:
    def change(policy: policy_pb2.Policy) -> None:
        condition = expr_pb2.Expr(expression=expression) if expression else None
        policy.bindings.append(policy_pb2.Binding(role=role, members=[member], condition=condition))
        policy.version = 3 if expression else 1

    return change


def test_a_new_binding_counts_after_a_while(owner: GoogleSandbox, clients: Google) -> None:
    """Written and read at once, held only once everybody has heard of it."""
    clock = owner.behaviour.clock = Clock()
    owner.behaviour.access_lag = 60.0
    granted(clients, bind("roles/logging.viewer", ME))
    read = owner.projects.access.policy(HOME)
    assert any(each.role == "roles/logging.viewer" and ME in each.members for each in read.bindings)
    asked = (owner.projects.known(PROJECT), HOME, ["logging.logEntries.list"], ME)
    assert not owner.projects.tested(*asked)
    clock.now = 60.0
    assert owner.projects.tested(*asked)


def test_a_policy_that_somebody_else_has_changed_is_not_overwritten(
    owner: GoogleSandbox, clients: Google
) -> None:
    """The etag of an older reading is ABORTED, and the other's binding stays."""

    def change(policy: policy_pb2.Policy) -> None:
        owner.projects.access.bind(HOME, "roles/viewer", ADA)
        bind("roles/browser", ME)(policy)

    with pytest.raises(exceptions.Aborted, match="concurrent policy changes"):
        granted(clients, change)
    assert not any(each.role == "roles/browser" for each in owner.projects.access.policy(HOME).bindings)


def test_a_condition_takes_version_3(owner: GoogleSandbox, clients: Google) -> None:
    """A policy with a condition is written as version 3 or not at all; the binding with it grants nothing here."""
    granted(clients, bind("roles/run.viewer", ME, "request.time < timestamp('2020-01-01T00:00:00Z')"))
    assert owner.projects.access.policy(HOME).version == 3
    assert not owner.projects.tested(owner.projects.known(PROJECT), HOME, ["run.services.get"], ME)
    with pytest.raises(exceptions.InvalidArgument, match="version 3"):
        granted(clients, bind("roles/browser", ME))


def test_a_job_may_be_run_by_one_more_beside_conditions(owner: GoogleSandbox, clients: Google) -> None:
    """Whatever is in a job's policy stays, conditions too, when an account is let run it; twice is as good as once."""
    job = f"{HOME}/locations/{REGION}/jobs/nightly"
    shape = run_v2.TaskTemplate(containers=[run_v2.Container(image="gcr.io/cloudrun/hello")])
    wanted = run_v2.Job(template=run_v2.ExecutionTemplate(template=shape))
    made: Any = clients.jobs.create_job(parent=job.rpartition("/jobs/")[0], job_id="nightly", job=wanted)
    made.result()
    policy = policy_pb2.Policy(etag=owner.projects.access.policy(job).etag)
    bind("roles/run.viewer", ADA, "request.time < timestamp('2020-01-01T00:00:00Z')")(policy)
    clients.jobs.set_iam_policy(request=iam_policy_pb2.SetIamPolicyRequest(resource=job, policy=policy))
    for _ in range(2):
        named_jobs.let_run(clients, PROJECT, REGION, "nightly", ME.removeprefix("serviceAccount:"))
    told = {each.role: bool(each.condition.expression) for each in owner.projects.access.policy(job).bindings}
    assert told == {"roles/run.viewer": True, named_jobs.INVOKER: False}


def account_made(clients: Google) -> str:
    made = clients.accounts.create_service_account(
        request=iam_admin_v1.CreateServiceAccountRequest(name=HOME, account_id="new")
    )
    return str(made.email)


def service(account: str) -> run_v2.CreateServiceRequest:
    container = run_v2.Container(image=f"{REGION}-docker.pkg.dev/{PROJECT}/servergem/hello:v1")
    template = run_v2.RevisionTemplate(service_account=account, containers=[container])
    return run_v2.CreateServiceRequest(
        parent=f"{HOME}/locations/{REGION}",
        service_id="hello",
        service=run_v2.Service(template=template),
        validate_only=True,
    )


def test_whoever_makes_an_account_may_not_act_as_it(google: GoogleSandbox, clients: Google) -> None:
    """The repair role makes one, and Cloud Run refuses to run as it until somebody says so on the account."""
    account = account_made(clients)
    with pytest.raises(exceptions.PermissionDenied, match=r"iam.serviceaccounts.actAs.*may not exist"):
        clients.services.create_service(service(account))
    resource = f"{HOME}/serviceAccounts/{account}"
    google.projects.access.bind(resource, "roles/iam.serviceAccountUser", google.projects.caller)
    clients.services.create_service(service(account))


def test_a_new_account_is_known_after_a_while(owner: GoogleSandbox, clients: Google) -> None:
    """Its maker gets it at once; Cloud Run has not heard of it, even for an owner."""
    clock = owner.behaviour.clock = Clock()
    owner.behaviour.access_lag = 60.0
    account = account_made(clients)
    with pytest.raises(exceptions.PermissionDenied, match="may not exist"):
        clients.services.create_service(service(account))
    clock.now = 60.0
    clients.services.create_service(service(account))


def test_a_missing_account_is_a_denial_under_the_wildcard(google: GoogleSandbox, clients: Google) -> None:
    """403 under projects/-, 404 under its own project, for whoever may look."""
    google.projects.access.bind(HOME, "roles/viewer", google.projects.caller)
    nobody = f"nobody@{PROJECT}.iam.gserviceaccount.com"
    with pytest.raises(exceptions.PermissionDenied, match="may not exist"):
        clients.accounts.get_service_account(name=f"projects/-/serviceAccounts/{nobody}")
    with pytest.raises(exceptions.NotFound):
        clients.accounts.get_service_account(name=f"{HOME}/serviceAccounts/{nobody}")


def test_the_deployer_holds_its_role_and_nothing_beside(google: GoogleSandbox, clients: Google) -> None:
    """All of the role on the project; no project policy, no secret's value, and no account of its own making."""
    asked = [*PERMISSIONS, "resourcemanager.projects.setIamPolicy", ACCESS_SECRET, ACT_AS]
    held = clients.projects.test_iam_permissions(resource=HOME, permissions=asked)
    assert set(held.permissions) == set(PERMISSIONS)


def became(clients: Google, google: GoogleSandbox) -> operations_pb2.Operation:
    """A service with a secret, deployed as the runtime account: how that ended."""
    google.secrets.put(PROJECT, "db-url", "postgres://db")
    asked = service(f"servergem-run@{PROJECT}.iam.gserviceaccount.com")
    asked.validate_only = False
    container = asked.service.template.containers[0]
    google.registry.push(container.image, f"sha256:{'a' * 64}")
    key = run_v2.SecretKeySelector(secret="db-url", version="latest")
    container.env = [run_v2.EnvVar(name="DB", value_source=run_v2.EnvVarSource(secret_key_ref=key))]
    begun = clients.services.create_service(asked).operation.name
    raw = clients.services.wait_operation(operations_pb2.WaitOperationRequest(name=begun))
    return operations_pb2.Operation.FromString(raw) if isinstance(raw, bytes) else raw


RUNS_AS = f"serviceAccount:servergem-run@{PROJECT}.iam.gserviceaccount.com"


@pytest.mark.parametrize(("on", "held"), [(SECRET, True), (HOME, True), (f"{HOME}/secrets/other", False)])
def test_a_revisions_own_account_reads_its_secrets(
    google: GoogleSandbox, clients: Google, on: str, held: bool
) -> None:
    """On the secret or above it; what `setup google` makes reads none until somebody says so."""
    google.projects.access.bind(on, ACCESSOR, RUNS_AS)
    ended = became(clients, google)
    assert ended.HasField("response") is held, ended.error
    assert held or "Permission denied on secret" in ended.error.message


def test_cloud_run_pulls_with_its_own_agent(google: GoogleSandbox, clients: Google) -> None:
    """Without the agent's role no image is read, whatever deployer and service may do."""
    google.projects.access.bind(SECRET, ACCESSOR, RUNS_AS)
    agent = google.projects.known(PROJECT).run_agent
    google.projects.access.unbind(HOME, "roles/run.serviceAgent", f"serviceAccount:{agent}")
    assert f"{agent} must have permission to read the image" in became(clients, google).error.message
