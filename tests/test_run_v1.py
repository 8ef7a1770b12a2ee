"""Cloud Run's first version is the second in other words: what it says comes back, what it cannot say is refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.cloud import run_v2

from sandbox.google.errors import Refusal
from sandbox.google.knative_given import service_of_v1
from sandbox.google.knative_shapes import Service, read
from sandbox.google.knative_told import v1_of_configuration, v1_of_route, v1_of_service
from sandbox.google.run_rules import fill_in
from sandbox.google.server import GoogleSandbox
from tests.conftest import web
from tests.test_run_keys import WHOLE, specified
from tests.test_sandbox_google import (
    PROJECT,
    REGION,
    Clients,
    QuickBuilder,
    QuickRunner,
    built,
    wanted,
)

SERVING = f"/apis/serving.knative.dev/v1/namespaces/{PROJECT}"
PARENT = f"projects/{PROJECT}/locations/{REGION}"


def filled(text: str) -> run_v2.Service:
    """A service with these keys of servergem.yml, as Cloud Run has it."""
    service = specified(text)
    service.name = "projects/p/locations/r/services/api"
    fill_in(service, "compute@p")
    return service


def bound(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if "binary_authorization" not in line)


@pytest.mark.parametrize("text", WHOLE)
def test_what_v1_tells_can_be_written_back(text: str) -> None:
    """Every key that it has a word for comes back as it was, so that only a change of somebody's is one."""
    service = filled(bound(text))
    again = read(Service, v1_of_service(service).json_form())
    back = service_of_v1(again, service.name)
    assert v1_of_service(back) == v1_of_service(service)
    assert back.template.containers == service.template.containers
    assert (back.template.volumes, back.scaling) == (service.template.volumes, service.scaling)


def test_a_base_image_is_an_annotation_and_a_class() -> None:
    """gcloud writes both and takes both away; one without the other is refused."""
    service = filled(bound(WHOLE[0]))
    service.template.containers[0].base_image_uri = "python314"
    spec = v1_of_service(service).json_form()["spec"]["template"]
    assert list(json.loads(spec["metadata"]["annotations"]["run.googleapis.com/base-images"]).values()) == [
        "python314"
    ]
    assert spec["spec"]["runtimeClassName"] == "run.googleapis.com/linux-base-image-update"
    again = read(Service, v1_of_service(service).json_form())
    assert service_of_v1(again, service.name).template.containers == service.template.containers
    form = v1_of_service(service).json_form()
    del form["spec"]["template"]["spec"]["runtimeClassName"]
    with pytest.raises(Refusal, match="runtimeClassName"):
        service_of_v1(read(Service, form), service.name)


def test_what_v1_has_no_word_for_is_refused_by_its_name() -> None:
    """Who writes a service back would else take away what was never told."""
    with pytest.raises(Refusal, match="binaryAuthorization"):
        v1_of_service(filled(WHOLE[0]))
    several = filled(bound(WHOLE[0]))
    several.template.containers[0].source_code = run_v2.SourceCode(cloud_storage_source={"bucket": "b"})
    with pytest.raises(Refusal, match=r"template\.containers"):
        v1_of_service(several)


class Desk:
    """Cloud Run's regional endpoint, as gcloud calls it, beside the real clients of v2."""

    def __init__(self, google: GoogleSandbox) -> None:
        self.google = google
        self.clients = Clients(google)
        self.image = built(self.clients)

    def asked(
        self, verb: str, path: str, body: Any = None, *, host: str = f"{REGION}-run"
    ) -> tuple[int, Any]:
        """The status and the JSON of the answer."""
        headers = {"host": f"{host}.googleapis.com"}
        answer = web.request(verb, f"{self.google.rest_url}{path}", json=body, headers=headers)
        return answer.status_code, answer.json()

    def error(self, verb: str, path: str, body: Any = None) -> tuple[int, str]:
        status, told = self.asked(verb, path, body)
        return status, told["error"]["message"]

    def create(self, name: str, **env: str) -> None:
        service = wanted(self.image, f"{name}-one", **env)
        self.clients.wait(self.clients.run.create_service(parent=PARENT, service=service, service_id=name))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    google = GoogleSandbox(tmp_path, QuickRunner(), QuickBuilder())
    google.start()
    google.provisioned_project(PROJECT)
    made = Desk(google)
    yield made
    made.clients.channel.close()
    google.stop()


def test_both_versions_have_one_state(desk: Desk) -> None:
    """A service that v2 made is moved on by v1, by the etag that it was read with, and once only."""
    desk.create("hello")
    _, service = desk.asked("GET", f"{SERVING}/services/hello")
    variable = {"name": "COLOUR", "value": "blue"}
    template = service["spec"]["template"]
    template["metadata"]["name"] = "hello-two"
    template["spec"]["containers"][0]["env"] = [variable]
    status, answer = desk.asked("PUT", f"{SERVING}/services/hello", service)
    assert (status, answer["metadata"]["generation"]) == (200, 2)
    made = desk.clients.run.get_service(name=f"{PARENT}/services/hello")
    assert made.template.containers[0].env[0].value == "blue"
    status, words = desk.error("PUT", f"{SERVING}/services/hello", service)
    assert (status, "current version" in words) == (409, True)


def test_a_dry_run_leaves_nothing(desk: Desk) -> None:
    """A new service is judged as it would be, and is not there."""
    desk.create("hello")
    _, service = desk.asked("GET", f"{SERVING}/services/hello")
    service["metadata"] = {"name": "other"}
    service["spec"]["template"]["metadata"].pop("name")
    assert desk.asked("POST", f"{SERVING}/services?dryRun=all", service)[0] == 200
    assert desk.error("GET", f"{SERVING}/services/other")[0] == 404
    assert desk.asked("POST", f"{SERVING}/services", service)[0] == 200
    assert desk.asked("GET", f"{SERVING}/services/other")[0] == 200


def test_lists_are_chosen_by_label_and_come_in_pages(desk: Desk) -> None:
    """Revisions of one service; all services of all regions at the endpoint that has none."""
    for name in ("hello", "other"):
        desk.create(name)
    selector = "labelSelector=serving.knative.dev/service%20=%20other"
    _, chosen = desk.asked("GET", f"{SERVING}/revisions?{selector}")
    assert [each["metadata"]["name"] for each in chosen["items"]] == ["other-one"]
    _, first = desk.asked("GET", f"{SERVING}/services?limit=1")
    _, second = desk.asked("GET", f"{SERVING}/services?limit=1&continue={first['metadata']['continue']}")
    assert [page["items"][0]["metadata"]["name"] for page in (first, second)] == ["hello", "other"]
    assert second["metadata"] == {}
    _, everywhere = desk.asked("GET", f"/v1/projects/{PROJECT}/locations/-/services", host="run")
    assert len(everywhere["items"]) == 2


def test_what_v2_forbids_v1_forbids(desk: Desk) -> None:
    """The same permission is asked for, and named."""
    desk.create("hello")
    desk.google.revoke(PROJECT, "run.services.update")
    _, service = desk.asked("GET", f"{SERVING}/services/hello")
    status, words = desk.error("PUT", f"{SERVING}/services/hello", service)
    assert (status, "run.services.update" in words) == (403, True)


def test_why_a_revision_is_not_ready_is_one_word(desk: Desk) -> None:
    """Of the service, of its configuration and of the revision."""
    desk.create("hello", CRASH="1")
    _, revision = desk.asked("GET", f"{SERVING}/revisions/hello-one")
    ready = revision["status"]["conditions"][0]
    assert (ready["status"], ready["reason"]) == ("False", "HealthCheckContainerError")
    _, configuration = desk.asked("GET", f"{SERVING}/configurations/hello")
    assert configuration["status"]["conditions"][0]["status"] == "False"


def test_a_service_is_a_configuration_and_a_route() -> None:
    """Each has its half of what the service is to be, and nothing of the other's."""
    service = filled(bound(WHOLE[1]))
    service.traffic = [run_v2.TrafficTarget(type_=1, percent=100)]
    service.terminal_condition = run_v2.Condition(type_="Ready")
    assert set(v1_of_configuration(service).spec) == {"template"}
    assert v1_of_route(service).spec == {"traffic": [{"latestRevision": True, "percent": 100}]}


WRONG: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("spec", {"runLatest": {}}, '"runLatest"'),
    ("metadata", {"name": "other"}, "metadata.name"),
    ("metadata", {"annotations": {"run.googleapis.com/secrets": "a:b"}}, "run.googleapis.com/secrets"),
    ("metadata", {"annotations": {"run.googleapis.com/minScale": "few"}}, "few"),
    ("spec", {"traffic": [{"percent": 100}]}, "latestRevision"),
)


@pytest.mark.parametrize(("part", "change", "word"), WRONG)
def test_what_cannot_be_carried_is_refused_by_its_name(
    desk: Desk, part: str, change: dict[str, Any], word: str
) -> None:
    """A field, a name, an annotation: nothing is passed over that somebody has asked for."""
    desk.create("hello")
    _, service = desk.asked("GET", f"{SERVING}/services/hello")
    service[part] |= change
    status, words = desk.error("PUT", f"{SERVING}/services/hello", service)
    assert (status, word in words) == (400, True), words


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/services?pageSize=1", "pageSize"),
        ("/services?limit=many", "many"),
        ("/revisions?labelSelector=a%20in%20(b)", "a in (b)"),
    ],
)
def test_a_question_that_is_not_known_is_refused(desk: Desk, path: str, word: str) -> None:
    """Nobody takes all there is for what they have asked for."""
    status, words = desk.error("GET", f"{SERVING}{path}")
    assert (status, word in words) == (400, True), words


@pytest.mark.parametrize(("checksum", "status"), [(1, 400), (0x8A9136AA, 200)])
def test_a_secret_that_was_damaged_on_its_way_is_refused(desk: Desk, checksum: int, status: int) -> None:
    """CRC32C, as who sends it has made it; who sends the right one is told that it was looked at."""
    home, host = f"/v1/projects/{PROJECT}/secrets", "secretmanager"
    desk.google.projects.known(PROJECT).apis["secretmanager.googleapis.com"] = 0.0
    desk.asked("POST", f"{home}?secretId=s", {"replication": {"automatic": {}}}, host=host)
    # 32 bytes of zero, and what RFC 3720, B.4 says that their checksum is.
    payload = {"data": base64.b64encode(bytes(32)).decode(), "dataCrc32c": str(checksum)}
    found, answer = desk.asked("POST", f"{home}/s:addVersion", {"payload": payload}, host=host)
    assert (found, answer.get("clientSpecifiedPayloadChecksum", False)) == (status, status == 200)
