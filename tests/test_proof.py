"""A stop needs proof: the cloud checks asked directly, on the real clients, without a deployment around them."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from rich.console import Console

from app.cli import looking, offline
from app.cli.commands import _without_github
from app.cli.looking import Looked
from app.cli.offline import Source
from app.diagnosis import Files
from app.model import Ending, Finding, Preview, Row, RowState, Weight
from app.report import check_run, ended
from app.settings import load
from app.store import Store
from app.trust.accounts import bucket_name
from app.world import World
from gcp.iam import home
from sandbox.world import PROJECT, Sandbox
from tests.setting_up import runs_as, take_from_builder
from tests.test_report import ROWS, RUNNING

SERVICE, REGION = "hello", "europe-west1"
TEXTS = Path(__file__).parent / "texts"
DOCKERFILE = 'FROM python:3.12-slim\nCMD ["python", "-m", "http.server", "8080"]\n'
SECRET = f"services:\n  {SERVICE}:\n    secrets: {{DB: db-url}}\n"


@dataclass
class Desk:
    """Somebody who asks what a deployment would stumble over."""

    sandbox: Sandbox
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def source(self, configuration: str = "") -> Source:
        files = Files.of(
            {"Dockerfile": DOCKERFILE} | ({"servergem.yml": configuration} if configuration else {})
        )
        return offline.source_of(files, SERVICE, PROJECT, REGION)

    def look(self, configuration: str = "", *, preview: bool = False, fix: bool = True) -> Looked:
        source = self.source(configuration)
        if preview:
            source = replace(source, targets=tuple(replace(t, preview=Preview(7)) for t in source.targets))
        environment = _without_github() | {
            "GOOGLE_CLOUD_PROJECT": PROJECT,
            "GOOGLE_ENDPOINT": self.sandbox.google.grpc_address,
            "STORAGE_EMULATOR_HOST": self.sandbox.google.storage_url,
            "SERVERGEM_DATA": str(self.folder),
        }
        store = Store.open(self.folder)
        world = World.build(load(environment | self.settings), store)
        try:
            [looked] = looking.preflight(
                world, source, looking.nowhere(self.folder), fix=fix, tell=lambda _row: None
            )
        finally:
            world.outbox.close()
            store.close()
        return looked


@pytest.fixture
def desk(world: Sandbox, tmp_path: Path) -> Desk:
    """Beside a project in which somebody has deployed before."""
    world.google.provisioned_project(PROJECT)
    world.google.projects.known(PROJECT).apis["secretmanager.googleapis.com"] = 0.0
    (tmp_path / "data").mkdir()
    return Desk(world, tmp_path / "data")


def stops(looked: Looked) -> dict[str, Finding]:
    return {each.code: each for each in looked.findings if each.weight is Weight.STOP}


def warnings(looked: Looked) -> dict[str, Finding]:
    return {each.code: each for each in looked.findings if each.weight is not Weight.STOP}


def state_of(looked: Looked, check: str) -> RowState:
    return next(row.state for row in looked.rows if row.title == check)


# -- whose the bucket is


def bucket_of(world: Sandbox, project: str) -> None:
    """The bucket with our project's number in its name, in this project."""
    number = world.google.projects.known(PROJECT).number
    world.google.storage.put_bucket(world.google.project(project), bucket_name(number, REGION))


def test_a_bucket_that_only_the_list_shows_is_ours(desk: Desk) -> None:
    """Without storage.buckets.get the project's list of buckets proves whose it is."""
    bucket_of(desk.sandbox, PROJECT)
    desk.sandbox.google.revoke(PROJECT, "storage.buckets.get")
    looked = desk.look()
    assert not stops(looked)
    assert state_of(looked, "Source bucket") is RowState.SKIPPED


def test_nothing_is_written_to_a_bucket_whose_owner_cannot_be_told(desk: Desk) -> None:
    """Neither the bucket nor the list may be read: somebody else may have taken the name, so this is a stop."""
    bucket_of(desk.sandbox, PROJECT)
    for permission in ("storage.buckets.get", "storage.buckets.list"):
        desk.sandbox.google.revoke(PROJECT, permission)
    assert set(stops(desk.look())) == {"bucket-owner-unknown"}


@pytest.mark.parametrize("closed", [False, True])
def test_a_bucket_of_somebody_else_is_told_from_ours(desk: Desk, closed: bool) -> None:
    """Also where its owner lets nobody look at it: it is not in our list."""
    bucket_of(desk.sandbox, "somebody-else")
    if closed:
        desk.sandbox.google.revoke("somebody-else", "storage.buckets.get")
    assert set(stops(desk.look())) == {"bucket-in-another-project"}


# -- who builds, and whether it can


def test_the_legacy_account_is_the_one_that_is_judged(desk: Desk) -> None:
    """Where Cloud Build says that the legacy account builds, nothing is said of the Compute Engine one's roles."""
    project = desk.sandbox.google.projects.known(PROJECT)
    project.builder = f"{project.number}@cloudbuild.gserviceaccount.com"
    looked = desk.look()
    assert not stops(looked)
    assert project.builder in warnings(looked)["build-account-powerless"].fix


def test_a_project_without_a_default_builder_is_told_what_to_name(desk: Desk) -> None:
    """Cloud Build's own word that nobody builds is proof; an account that the operator names is enough."""
    desk.sandbox.google.projects.known(PROJECT).builder = ""
    assert "BUILD_SERVICE_ACCOUNT" in stops(desk.look())["build-account-not-named"].fix
    desk.settings["BUILD_SERVICE_ACCOUNT"] = f"servergem-build@{PROJECT}.iam.gserviceaccount.com"
    assert not stops(desk.look())


def without_roles(desk: Desk) -> None:
    """The account that builds has no role on the project."""
    take_from_builder(desk.sandbox.google, PROJECT)
    google = desk.sandbox.google
    compute = google.projects.known(PROJECT).compute_account
    google.projects.access.unbind(
        f"projects/{PROJECT}", "roles/secretmanager.secretAccessor", f"serviceAccount:{compute}"
    )


@pytest.mark.parametrize(("parent", "proved"), [("", True), ("folders/12", False)])
def test_a_builder_without_a_role_stops_only_where_none_can_come_from_above(
    desk: Desk, parent: str, proved: bool
) -> None:
    """A project of nobody's organisation shows all that its accounts have; one in a folder does not."""
    project = desk.sandbox.google.projects.known(PROJECT)
    project.parent = parent
    without_roles(desk)
    looked = desk.look()
    told = stops(looked) if proved else warnings(looked)
    assert "roles/cloudbuild.builds.builder" in told["build-account-powerless"].fix
    assert bool(stops(looked)) is proved


def test_a_bucket_policy_that_cannot_be_read_proves_nothing(desk: Desk) -> None:
    """The builder may have its role on the bucket alone."""
    project = desk.sandbox.google.projects.known(PROJECT)
    project.parent = ""
    without_roles(desk)
    assert stops(desk.look())
    desk.sandbox.google.revoke(PROJECT, "storage.buckets.getIamPolicy")
    looked = desk.look()
    assert not stops(looked)
    assert "build-account-powerless" in warnings(looked)


# -- who reads a secret


@pytest.mark.parametrize(("parent", "proved"), [("", True), ("organizations/1", False)])
def test_a_closed_secret_stops_only_where_no_role_can_come_from_above(
    desk: Desk, parent: str, proved: bool
) -> None:
    """The account has no role on the secret and none on the project; a folder's are not seen."""
    desk.sandbox.google.secrets.put(PROJECT, "db-url", "postgres://db")
    project = desk.sandbox.google.projects.known(PROJECT)
    desk.settings["RUNTIME_SERVICE_ACCOUNT"] = runs_as(desk.sandbox.google, PROJECT, "runs")
    assert "secret-not-readable" not in stops(desk.look(SECRET)) | warnings(desk.look(SECRET))
    project.parent = parent
    desk.sandbox.google.projects.access.unbind(
        project.name,
        "roles/secretmanager.secretAccessor",
        f"serviceAccount:{desk.settings['RUNTIME_SERVICE_ACCOUNT']}",
    )
    looked = desk.look(SECRET)
    told = stops(looked) if proved else warnings(looked)
    assert (
        f"--member=serviceAccount:runs@{PROJECT}.iam.gserviceaccount.com" in told["secret-not-readable"].fix
    )
    assert ("secret-not-readable" in stops(looked)) is proved


# -- the account of previews


def without_preview_account(desk: Desk) -> None:
    """A project that was set up before previews had an account of their own."""
    google, account = desk.sandbox.google, f"servergem-preview@{PROJECT}.iam.gserviceaccount.com"
    google.projects.known(PROJECT).service_accounts.discard(account)
    google.projects.access.forget(f"projects/{PROJECT}/serviceAccounts/{account}")


def test_the_account_of_previews_is_made_and_waited_for(desk: Desk) -> None:
    """Google knows a new account only after a while; the specification is asked again until it does."""
    without_preview_account(desk)
    google = desk.sandbox.google
    google.projects.access.bind(f"projects/{PROJECT}", "roles/iam.serviceAccountUser", google.projects.caller)
    google.behaviour.access_lag = 1.0
    looked = desk.look(preview=True)
    assert not stops(looked)
    account = f"servergem-preview@{PROJECT}.iam.gserviceaccount.com"
    assert account in google.projects.known(PROJECT).service_accounts
    assert state_of(looked, "Specification") is RowState.DONE


def test_whoever_makes_an_account_may_not_act_as_it(desk: Desk) -> None:
    """With the roles of `setup google` alone the account is made, and the command that opens it is told at once."""
    without_preview_account(desk)
    found = stops(desk.look(preview=True))
    assert "roles/iam.serviceAccountUser" in found["act-as-missing"].fix
    assert f"servergem-preview@{PROJECT}" in found["act-as-missing"].fix


def test_an_account_that_may_not_be_made_is_named(desk: Desk) -> None:
    """Without iam.serviceAccounts.create the account is missing, which is a finding and no fault of Google's."""
    without_preview_account(desk)
    desk.sandbox.google.revoke(PROJECT, "iam.serviceAccounts.create")
    found = stops(desk.look(preview=True))
    assert "gcloud iam service-accounts create servergem-preview" in found["service-account-missing"].fix


def test_a_project_with_as_many_accounts_as_there_may_be_is_told_so_at_once(desk: Desk) -> None:
    """Google asks to be asked again in a day; nobody waits for that, and it is no trouble that passes."""
    without_preview_account(desk)
    google = desk.sandbox.google
    accounts = google.projects.known(PROJECT).service_accounts
    accounts |= {f"a{number}@{PROJECT}.iam.gserviceaccount.com" for number in range(100)}
    found = stops(desk.look(preview=True))
    assert google.calls["IAM.CreateServiceAccount"] == 1
    assert "service accounts" in found["google-quota"].message


def test_looking_makes_no_account(desk: Desk) -> None:
    """Without --fix the account is only said to be made later."""
    without_preview_account(desk)
    before = set(desk.sandbox.google.projects.known(PROJECT).service_accounts)
    looked = desk.look(preview=True, fix=False)
    assert desk.sandbox.google.projects.known(PROJECT).service_accounts == before
    assert any("will be created" in note for note in looked.notes)


def test_a_deleted_default_account_is_told_as_such(desk: Desk) -> None:
    """Nobody can create Google's own account by name: the operator names another one, or brings it back."""
    project = desk.sandbox.google.projects.known(PROJECT)
    project.service_accounts.clear()
    finding = stops(desk.look())["default-account-missing"]
    assert "service-accounts create" not in finding.fix
    assert "servergem setup google" in finding.fix


@pytest.mark.parametrize(
    ("account", "project"),
    [
        ("api@shop.iam.gserviceaccount.com", "shop"),
        ("api@shop.example.com.iam.gserviceaccount.com", "example.com:shop"),
        ("123-compute@developer.gserviceaccount.com", "123"),
        ("shop@appspot.gserviceaccount.com", "shop"),
        ("123@cloudbuild.gserviceaccount.com", ""),
    ],
)
def test_an_accounts_address_tells_where_it_lives(account: str, project: str) -> None:
    """Its project is asked by name, since a wildcard hides what is not there."""
    assert home(account) == project


# -- waiting for what was switched on


def fresh(desk: Desk) -> None:
    """All APIs of deploying are off, and take a moment once they are on."""
    desk.sandbox.google.behaviour.propagation = 1.5
    for api in ("run", "cloudbuild", "artifactregistry"):
        desk.sandbox.google.disable(PROJECT, f"{api}.googleapis.com")


def test_cloud_build_is_waited_for_like_the_others(desk: Desk) -> None:
    """Its API answers before a build is asked for, though everything else answered earlier."""
    fresh(desk)
    looked = desk.look()
    assert not stops(looked)
    assert state_of(looked, "Build account") is RowState.DONE
    assert desk.sandbox.google.calls["CloudBuild.GetDefaultServiceAccount"] > 1


def test_what_nobody_switched_on_is_not_waited_for(desk: Desk) -> None:
    """A new project has neither Resource Manager nor Billing: both are asked once, and the deployment goes on."""
    fresh(desk)
    for api in ("cloudresourcemanager", "cloudbilling"):
        desk.sandbox.google.disable(PROJECT, f"{api}.googleapis.com")
    looked = desk.look()
    assert not stops(looked)
    for title in ("Project", "Billing"):
        assert state_of(looked, title) is RowState.SKIPPED
    for method in ("Projects.GetProject", "CloudBilling.GetProjectBillingInfo"):
        assert desk.sandbox.google.calls[method] == 1, method


@pytest.mark.parametrize("refused", [False, True])
def test_waiting_asks_once_a_pause(desk: Desk, refused: bool) -> None:
    """1.5 s of propagation are looks at 0, 0.25, 0.75 and 1.75 s, also when another check has refused meanwhile."""
    fresh(desk)
    if refused:
        desk.sandbox.google.revoke(PROJECT, "cloudbuild.builds.create")
    assert bool(stops(desk.look())) is refused
    for method in ("ArtifactRegistry.GetRepository", "CloudBuild.GetDefaultServiceAccount"):
        assert desk.sandbox.google.calls[method] <= 5, method


# -- what a person reads


def untimed(text: str) -> str:
    """Times are of this machine, and every text is of the same project."""
    return re.sub(r"\d+\.\d s", "0.0 s", text)


def everything_wrong(world: Sandbox) -> None:
    world.google.set_billing(PROJECT, False)
    world.google.revoke(PROJECT, "run.services.update")
    take_from_builder(world.google, PROJECT)


def nothing_wrong(_world: Sandbox) -> None:
    """As after a first deployment."""


@pytest.mark.parametrize(
    ("name", "arrange", "status"),
    [("preflight-refused", everything_wrong, 1), ("preflight-passed", nothing_wrong, 0)],
)
def test_preflight_reads_as_its_file(
    desk: Desk, name: str, arrange: Callable[[Sandbox], None], status: int
) -> None:
    """The table, the notes and the findings, worst first, to the letter; WRITE_TEXTS=1 writes them anew."""
    bucket_of(desk.sandbox, PROJECT)
    arrange(desk.sandbox)
    paper = io.StringIO()
    console = Console(file=paper, highlight=False, soft_wrap=True, width=100)
    configuration = "" if status == 0 else SECRET
    looked = desk.look(configuration)
    assert looking.show([looked], desk.source(configuration), console) == status
    insist(f"{name}.txt", untimed(paper.getvalue()))


def test_preflights_findings_read_as_their_file_in_the_check_run(desk: Desk) -> None:
    """The same findings as their owner meets them on the commit."""
    bucket_of(desk.sandbox, PROJECT)
    everything_wrong(desk.sandbox)
    found = desk.look(SECRET).findings
    rows = (ROWS[0], Row("Check Google Cloud", RowState.FAILED, 1000.1, 1001.3))
    payload = check_run(ended(replace(RUNNING, rows=rows), Ending.FAILED, found[0].title, found))
    insist("preflight-check-run.md", f"# {payload.title}\n\n{payload.summary}\n")


def insist(name: str, said: str) -> None:
    """What a person reads is kept whole; WRITE_TEXTS=1 writes it anew."""
    told = "\n".join(line.rstrip() for line in said.splitlines()) + "\n"
    path = TEXTS / name
    if os.environ.get("WRITE_TEXTS"):
        path.write_text(told)
    assert told == path.read_text()
