"""Which image may be taken for which: nothing that production did not review decides what production runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.github import Listing
from app.model import BuildPlan, Preview, ServiceConfig, Target
from app.settings import Settings
from app.source.content import content_of
from app.trust.accounts import Accounts, accounts, trusts_previews
from sandbox.world import PROJECT, Sandbox
from tests.conftest import OWNER, House, Work, eventually
from tests.setting_up import set_up
from tests.test_conversation import PRODUCTION
from tests.test_previews import SAMPLE, gone, image, live, opened, preview

BUILDER, PREVIEW_BUILDER = (
    f"{name}@{PROJECT}.iam.gserviceaccount.com" for name in ("servergem-build", "servergem-preview-build")
)

API = ServiceConfig("api", path="services/api")
AT_THE_ROOT = ServiceConfig("api", build=BuildPlan(dockerfile="Dockerfile.web"))
LISTING = Listing(
    files=frozenset(),
    trees={"": "root", "services": "above", "services/api": "tree", "services/api/lib": "below"},
    blobs={"services/api/.gitattributes": "1", "README.md": "2"},
)


def listed(**blobs: str) -> Listing:
    named = {path.replace("__", "/").replace("_", "."): blob for path, blob in blobs.items()}
    return replace(LISTING, blobs={**LISTING.blobs, **named})


DECIDE = {
    "attributes at the root": listed(_gitattributes="3"),
    "attributes between the root and the folder": replace(
        LISTING, blobs={**LISTING.blobs, "services/.gitattributes": "3"}
    ),
    "what a build leaves out": listed(_dockerignore="3"),
    "what an upload leaves out": listed(_gcloudignore="3"),
    "what git leaves out": listed(_gitignore="3"),
    "what buildpacks are told": replace(LISTING, blobs={**LISTING.blobs, "project.toml": "3"}),
    "the folder itself": replace(LISTING, trees={**LISTING.trees, "services/api": "other"}),
}


@pytest.mark.parametrize("listing", DECIDE.values(), ids=DECIDE)
def test_whatever_decides_an_image_is_in_its_key(listing: Listing) -> None:
    """Each file that the archive or the build obeys makes another content of the same folder."""
    assert content_of(listing, API) not in ("", content_of(LISTING, API))


@pytest.mark.parametrize("path", ["README.md", "other/.gitattributes", "services/web/.dockerignore"])
def test_what_does_not_decide_changes_nothing(path: str) -> None:
    """A change elsewhere leaves the image as it is, so that it is not built again."""
    assert content_of(replace(LISTING, blobs={**LISTING.blobs, path: "9"}), API) == "tree"


@pytest.mark.parametrize(
    ("listing", "service"),
    [
        (replace(LISTING, complete=False), API),
        (replace(LISTING, links=frozenset({"services/api/Dockerfile"})), API),
        (replace(LISTING, links=frozenset({"services/api/.dockerignore"})), API),
        (replace(LISTING, links=frozenset({"Dockerfile.web"})), AT_THE_ROOT),
        (LISTING, replace(API, path="services/linked")),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_never_taken(listing: Listing, service: ServiceConfig) -> None:
    """A listing that was cut, or a recipe that is a link to somewhere else: there is no content to go by."""
    assert content_of(listing, service) == ""


HERE = Target("p", "europe-west1", "production", API, owner=7)
COPY = replace(HERE, environment="preview/pr-1", preview=Preview(1))
OWN = "servergem-preview@p.iam.gserviceaccount.com"
OWN_BUILDER = "servergem-preview-build@p.iam.gserviceaccount.com"
NAMED = {
    "nothing": ({}, Accounts("", OWN, "servergem-previews", "-previews"), True),
    "a build account": (
        {"build_service_account": "b@p"},
        Accounts(OWN_BUILDER, OWN, "servergem-previews", "-previews"),
        False,
    ),
    "one for previews": (
        {"build_service_account": "b@p", "preview_build_service_account": "c@p", "preview_repository": "r"},
        Accounts("c@p", OWN, "r", "-previews"),
        False,
    ),
    "only one for previews": (
        {"preview_build_service_account": "c@p"},
        Accounts("c@p", OWN, "servergem-previews", "-previews"),
        False,
    ),
    "the same for both": (
        {"build_service_account": "b@p", "preview_build_service_account": "b@p"},
        Accounts("b@p", OWN, "servergem-previews", "-previews"),
        True,
    ),
}


@pytest.mark.parametrize(("named", "expected", "trusted"), NAMED.values(), ids=NAMED)
def test_previews_build_apart(named: dict[str, str], expected: Accounts, trusted: bool) -> None:
    """A bucket, a registry with its cache, and an account of their own; trusted only where the account is the same."""
    known = Settings(
        github_app_id="1",
        github_private_key="key",
        github_webhook_secret="signed",
        google_project="p",
        **named,  # type: ignore[arg-type]  # of text alone
    )
    assert accounts(known, COPY) == expected
    assert trusts_previews(known, "p") is trusted
    production = accounts(known, HERE)
    assert (production.repository, production.bucket_ending) == ("servergem", "")


def test_an_account_may_be_one_of_each_project() -> None:
    """Where ServerGem deploys into several projects, `{project}` is the one of the service."""
    known = Settings(
        github_app_id="1",
        github_private_key="key",
        github_webhook_secret="signed",
        google_project="p",
        build_service_account="b@{project}.iam.gserviceaccount.com",
        runtime_service_account="r@{project}.iam.gserviceaccount.com",
    )
    found = accounts(known, replace(HERE, project="elsewhere"))
    assert found.build_account == "b@elsewhere.iam.gserviceaccount.com"
    assert found.runtime_account == "r@elsewhere.iam.gserviceaccount.com"


def container_image(house: House, service: str) -> str:
    path = f"projects/{PROJECT}/locations/europe-west1/services/{service}"
    found: str = house.world.google.run.services[path].template.containers[0].image
    return found


def merged(house: House, work: Work, number: int) -> str:
    """The merge's answer, once production serves it."""
    sha = house.world.github.merge_pull_request(f"{OWNER}/{work.name}", number)
    assert house.ended(sha, "production")["ending"] == "live", house.log_tail()
    return sha


def test_a_stranger_cannot_poison_what_is_reviewed(house: House) -> None:
    """Attributes at the root, in a pull request that nobody reads, take a file out of the same tree: it is built apart.

    https://git-scm.com/docs/gitattributes#_creating_an_archive
    """
    work = house.repository(SAMPLE, "shop")
    service = work.path / "api"
    service.mkdir()
    for name in ("main.py", "Procfile", "requirements.txt"):
        if (work.path / name).exists():
            (work.path / name).rename(service / name)
    (work.path / "servergem.yml").write_text("services:\n  api: {path: api}\n")
    assert house.ended(work.push("Say hello"))["ending"] == "live", house.log_tail()
    change = {"api/extra.txt": "reviewed"}
    check = "ServerGem / api (preview)"
    evil, sha = proposed(house, work, "evil", change | {".gitattributes": "api/extra.txt export-ignore\n"})
    assert preview(house, work, sha, check)["conclusion"] == "success"
    good, sha = proposed(house, work, "good", change)
    told = preview(house, work, sha, check)
    assert told["conclusion"] == "success"
    assert "reused" not in told["output"]["summary"]
    commit = merged(house, work, good)
    run = preview(house, work, commit, "ServerGem / api (production)")
    assert f"reused from pull request {evil}" not in run["output"]["summary"]
    assert f"reused from pull request {good}" in run["output"]["summary"]


def proposed(house: House, work: Work, branch: str, files: dict[str, str]) -> tuple[int, str]:
    """A pull request of main with these files; its number and head."""
    work.git("checkout", "-q", "-B", branch, "main")
    sha = work.push(branch, branch=branch, **files)
    work.git("checkout", "-q", "main")
    return house.world.github.open_pull_request(f"{OWNER}/{work.name}", branch), sha


def test_the_same_content_of_another_pull_request_is_built_again(house: House) -> None:
    """Two pull requests propose the same; the merge of one takes its own image, which stays."""
    work = live(house)
    first, sha = proposed(house, work, "first", {"idea.txt": "same"})
    assert preview(house, work, sha)["conclusion"] == "success"
    second, sha = proposed(house, work, "second", {"idea.txt": "same"})
    assert preview(house, work, sha)["conclusion"] == "success"
    commit = merged(house, work, second)
    run = preview(house, work, commit, PRODUCTION)
    assert f"reused from pull request {second}" in run["output"]["summary"]
    house.world.github.close_pull_request(f"{OWNER}/{work.name}", first)
    gone(house, f"{SAMPLE}-pr-{first}")
    gone(house, f"{SAMPLE}-pr-{second}")
    assert image(house, sha), "what production runs is still in the registry"
    assert container_image(house, SAMPLE).endswith(str(image(house, sha)))


@pytest.fixture
def parted(world: Sandbox, tmp_path: Path) -> Iterator[House]:
    """A ServerGem whose operator has named the account that builds for production."""
    set_up(world.google, PROJECT)
    house = House(world, tmp_path, settings={"BUILD_SERVICE_ACCOUNT": BUILDER})
    house.start()
    yield house
    house.stop()


def test_a_merge_is_built_by_productions_own_account(parted: House) -> None:
    """A preview has account, bucket, registry and cache of its own, and what it built goes nowhere else."""
    work = live(parted)
    number, sha = opened(parted, work)
    run = preview(parted, work, sha)
    assert run["conclusion"] == "success", run["output"]
    build = parted.world.google.builds.newest()
    words = " ".join(argument for step in build.steps for argument in step.args)
    assert build.service_account.endswith(PREVIEW_BUILDER)
    assert build.source.storage_source.bucket.endswith("-previews")
    assert "/servergem/" not in words
    commit = merged(parted, work, number)
    again = parted.world.google.builds.newest()
    assert again.id != build.id
    assert again.service_account.endswith(BUILDER)
    assert "reused" not in preview(parted, work, commit, PRODUCTION)["output"]["summary"]
    eventually(lambda: "/servergem/" in container_image(parted, SAMPLE), "its image", parted.log_tail)
