"""Images that somebody else has built: their names, whose words bring one, and a story at the wire."""

from __future__ import annotations

import json

import pytest

import handlers
from app import config
from app.config.granting import granted
from app.model import BringImage, DeployRelease, Ignore, ImageName, Repository, Shelf, Stop, same_image
from app.talk import image_in
from sandbox.world import PROJECT
from tests.conftest import OWNER, House, Work, eventually
from tests.test_conversation import answer, say
from tests.test_handlers import delivery
from tests.test_previews import SAMPLE

DIGEST, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64
PATH = "europe-west1-docker.pkg.dev/acme-images/apps/team/api"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (PATH, ImageName(PATH, "latest")),
        (f"{PATH}:v1.2", ImageName(PATH, "v1.2")),
        (f"{PATH}@{DIGEST}", ImageName(PATH, "", DIGEST)),
        (f"{PATH}:v1@{DIGEST}", ImageName(PATH, "", DIGEST)),
        ("registry.example.com:5000/api:v1", ImageName("registry.example.com:5000/api", "v1")),
        ("api:v1", None),
        (f"{PATH}:v1\n", None),
        (f"{PATH}@sha256:abc", None),
        (f"https://{PATH}", None),
        (f"{PATH}{'/x' * 300}", None),
        ("", None),
    ],
)
def test_an_image_is_named_as_docker_names_it(text: str, name: ImageName | None) -> None:
    """A path, and a tag or a digest; latest where neither is said."""
    assert ImageName.parse(text) == name


def test_a_shelf_is_where_artifact_registry_has_it() -> None:
    """Project, place, repository and the name inside it; no other registry has one."""
    assert ImageName(PATH, "v1").shelf == Shelf("acme-images", "europe-west1", "apps", "team/api")
    old = ImageName("us-docker.pkg.dev/example.com/shop/apps/api", "v1").shelf
    assert old == Shelf("example.com:shop", "us", "apps", "api")
    assert ImageName("ghcr.io/acme/api", "v1").shelf is None


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        (f"{PATH}:v2", f"{PATH}:v2"),
        (f"{PATH}@{DIGEST}", f"{PATH}@{DIGEST}"),
        (DIGEST, f"{PATH}@{DIGEST}"),
        (f"{PATH}x:v2", f"{PATH}:v1"),
        ("docker.io/library/nginx:1", f"{PATH}:v1"),
        ("", f"{PATH}:v1"),
    ],
)
def test_only_another_version_of_the_image_comes_in(wanted: str, taken: str) -> None:
    """Whoever may send a word chooses a version, and never an image."""
    assert same_image(f"{PATH}:v1", wanted) == taken
    assert same_image("", wanted) == ""


def test_elsewhere_an_image_is_named_by_its_digest() -> None:
    """A tag that ServerGem cannot look up is refused on its line, and so is an image that is to be built."""
    written = "services:\n  api:\n    image: {}\n"
    kept = config.read(written.format(f"ghcr.io/acme/api@{DIGEST}"), repository_name="shop")
    assert kept.services[0].image == f"ghcr.io/acme/api@{DIGEST}"
    for text, title in (
        ("ghcr.io/acme/api:v1", "services.api.image is a tag outside Artifact Registry; write NAME@sha256:…"),
        (f"{PATH}\n    build: buildpacks", "image and build are both there"),
    ):
        with pytest.raises(Stop) as caught:
            config.read(written.format(text), repository_name="shop")
        (finding,) = caught.value.findings
        assert finding.title == title and finding.place and finding.place.line == 3


def test_the_default_branch_decides_the_image() -> None:
    """A branch that names another one gets it after the merge, and a new service gets none before."""
    read = [
        config.read(f"services: {{api: {{image: '{PATH}:{tag}'}}, {more}}}", repository_name="shop")
        for tag, more in (("v2", f"new: {{image: '{PATH}:v1'}}"), ("v1", ""))
    ]
    given = granted(*read)
    assert [service.image for service in given.services] == [f"{PATH}:v1", ""]
    assert given.later == ("services.api.image", "services.new.image")


REPOSITORY = {"id": 7, "full_name": "acme/hello", "default_branch": "main"}
REST = {"repository": REPOSITORY, "sender": {"login": "ada"}, "installation": {"id": 42}}
ACME = Repository(7, "acme", "hello", 42, "main")


def test_a_dispatch_brings_an_image() -> None:
    """Only of the type deploy; what is missing in it is said to whoever looks at the delivery."""
    wish = {"image": f"{PATH}:v2", "service": "api", "environment": "production"}
    sent = delivery("repository_dispatch", "deploy", client_payload=wish, **REST)
    assert handlers.route(sent) == (BringImage(ACME, "api", "production", f"{PATH}:v2", "ada", "72d3162e"),)
    other = delivery("repository_dispatch", "rebuild", client_payload={}, **REST)
    assert handlers.route(other) == (
        Ignore("ServerGem acts on repository_dispatch of the type deploy only."),
    )
    (empty,) = handlers.route(delivery("repository_dispatch", "deploy", client_payload={}, **REST))
    assert isinstance(empty, Ignore) and "client_payload with image" in empty.reason


def test_a_release_is_told_of_once_it_is_published() -> None:
    """A draft, an edit and a deletion are nothing to deploy."""
    for action, job in (
        ("published", DeployRelease(ACME, "v1", "ada", "72d3162e")),
        ("edited", Ignore("ServerGem does not act on release.edited.")),
    ):
        assert handlers.route(delivery("release", action, release={"tag_name": "v1"}, **REST)) == (job,)


@pytest.mark.parametrize(
    ("words", "image"),
    [
        ((f"api@{DIGEST}",), ("api", DIGEST)),
        ((f"api@{DIGEST}", "x"), None),
        (("api@sha256:abc",), None),
        ((f"{PATH}@{DIGEST}",), None),
        ((), None),
    ],
)
def test_a_comment_names_a_service_and_a_digest(
    words: tuple[str, ...], image: tuple[str, str] | None
) -> None:
    """Where the image is, is not for a comment to say."""
    assert image_in(words) == image


# At the wire

READER, REVIEWER = "roles/artifactregistry.reader", "roles/iam.securityReviewer"
CHECK = f"ServerGem / {SAMPLE} (production)"


def image_of(house: House) -> str:
    """What was released last, once it has all of the traffic."""
    (service,) = (each for each in house.world.google.run.services.values() if "-pr-" not in each.name)
    newest = service.latest_created_revision.rpartition("/")[2]
    all_of_it = house.world.runner.traffic(SAMPLE).get(newest) == 100
    return str(service.template.containers[0].image) if all_of_it else ""


def attempt(house: House, work: Work, sha: str, words: str) -> str:
    """What the newest attempt on this commit says, once it says these words."""

    def look() -> str:
        runs = house.world.github.check_runs(f"{OWNER}/{work.name}", sha)
        texts = [json.dumps(run["output"]) for run in runs if run["status"] == "completed"]
        return next((text for text in texts if words in text), "")

    return str(eventually(look, f"{words!r} on {sha[:7]}", house.log_tail))


def test_an_image_that_is_there_is_deployed_by_its_digest(house: House) -> None:
    """By its tag, by a dispatch, by a comment: nothing is built, no other image comes in, and closed doors are told."""
    google, work = house.world.google, house.repository(SAMPLE)
    digests = []
    for number in range(2):
        sha = work.push(f"Version {number}", **{"n.txt": str(number)})
        assert house.ended(sha)["ending"] == "live", house.log_tail()
        digests.append(image_of(house).partition("@")[2])
    google.provisioned_project("acme-images", repository="apps")
    for number, digest in enumerate(digests):
        google.registry.push(f"{PATH}:v{number}", digest)
    builds = google.calls["CloudBuild.CreateBuild"]
    sha = work.push("An image", **{"servergem.yml": f"services: {{{SAMPLE}: {{image: '{PATH}:v0'}}}}\n"})
    run = house.check_run(work.name, sha, CHECK)
    assert "--project=acme-images --member=serviceAccount:" in json.dumps(run["output"])

    access, shelf = google.projects.access, google.registry.repository_of(PATH)
    access.bind(shelf, READER, google.projects.caller)
    access.bind(google.projects.known("acme-images").name, REVIEWER, google.projects.caller)
    house.world.github.rerequest(run["id"])
    agent = google.projects.known(PROJECT).run_agent
    assert "gcloud artifacts repositories add-iam-policy-binding apps" in attempt(house, work, sha, agent)

    access.bind(shelf, READER, f"serviceAccount:{agent}")
    house.world.github.rerequest(run["id"])
    eventually(lambda: image_of(house) == f"{PATH}@{digests[0]}", "the image", house.log_tail)
    assert google.calls["CloudBuild.CreateBuild"] == builds

    name = f"{OWNER}/{work.name}"
    house.world.github.dispatch(name, "deploy", {"service": SAMPLE, "image": f"{PATH}:v1"})
    eventually(lambda: image_of(house) == f"{PATH}@{digests[1]}", "the other one", house.log_tail)
    stranger = "europe-west1-docker.pkg.dev/acme-images/apps/other:v1"
    house.world.github.dispatch(name, "deploy", {"image": stranger})
    attempt(house, work, sha, "The image was not deployed")

    work.git("checkout", "-q", "-B", "idea")
    work.push("An idea", branch="idea", **{"idea.txt": "1"})
    number = house.world.github.open_pull_request(name, "idea")
    say(house, work, number, f"/deploy production {SAMPLE}@{digests[0]}")
    assert answer(house, work, number, "live at http://")
    assert image_of(house) == f"{PATH}@{digests[0]}"
    assert google.calls["CloudBuild.CreateBuild"] == builds
