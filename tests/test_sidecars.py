"""Containers beside a service's own: what servergem.yml says of them, what Cloud Run refuses, and a story."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from urllib.request import Request, urlopen

import pytest
from google.cloud import run_v2

from app import config
from app.config.granting import granted
from app.conversation.gate import Gate, untested
from app.model import PullRequest, Repository, SecretRef, Stop, Target
from app.previews import targets as copies
from app.settings import Settings
from app.trust.allowance import Allowance, beyond
from app.trust.images import not_ours
from gcp.cloud import Google
from gcp.service_specification import shape, specification
from gcp.sidecars import sidecars_of
from gcp.wanted_service import WantedService
from sandbox.google.errors import Refusal
from sandbox.google.run_rules import check_service
from sandbox.ports import free_port
from sandbox.world import PROJECT
from tests.conftest import House
from tests.test_brought_images import image_of
from tests.test_previews import SAMPLE
from tests.test_run_keys import API, WHOLE, service, specified

IMAGE = "europe-docker.pkg.dev/p/r/proxy:v1"
PROXY = f"    containers:\n      proxy:\n        image: {IMAGE}\n"
STARTED = "        probes: {startup: {tcp: true, port: 5432}}\n"
# An image of ServerGem's own, of another repository.
THEIRS = "europe-west1-docker.pkg.dev/p/servergem/8/api:v1"


def read(text: str) -> Target:
    found = config.read(API + text, repository_name="shop")
    (target,) = config.targets(found, branch="main", project="p", region="r", default_branch="main", owner=7)
    return target


FAULTS = [
    ("    containers:\n      proxy: {}\n", 4, "image is missing"),
    ("    containers:\n      proxy: {image: 'nginx:1'}\n", 4, "is not an image"),
    ("    containers:\n      proxy: {image: 'docker.io/library/nginx:1'}\n", 4, "outside Artifact Registry"),
    (f"    containers:\n      main: {{image: '{IMAGE}'}}\n", 3, "main, which is the service's own"),
    (f"    containers:\n      Proxy: {{image: '{IMAGE}'}}\n", 4, "a container's name"),
    (
        "    containers:\n" + "".join(f"      c{n}: {{image: '{IMAGE}'}}\n" for n in range(10)),
        3,
        "9 are the most",
    ),
    (PROXY + "        prot: 1\n", 6, "Unknown key prot"),
    (PROXY + "        cpu: 4\n", 6, "2048Mi of memory"),
    (PROXY + "        probes: {startup: {tcp: true}}\n", 6, "names no port"),
    (PROXY + "        probes: {liveness: {tcp: true, port: 1}}\n", 6, "http or grpc"),
    (PROXY + "        probes: {readiness: {http: /r, port: 1}}\n", 6, "Unknown key readiness"),
    (PROXY + "        volumes: {logs: /logs}\n", 6, "no volume of this service"),
    (PROXY + "        env: {A: b}\n        secrets: {A: s}\n", 7, "in env and in secrets"),
    (PROXY + "        after: [cache]\n", 6, "no container"),
    (PROXY + "        after: [main]\n", 6, "main, which has no startup probe"),
    (PROXY + "    after: [proxy]\n", 6, "proxy, which has no startup probe"),
    (PROXY + STARTED + "        after: [proxy]\n", 7, "after itself"),
    (
        PROXY + STARTED + "        after: [main]\n    after: [proxy]\n    probes: {startup: {tcp: true}}\n",
        8,
        "main starts after itself",
    ),
    (PROXY + "        cpu: 0.2\n    cpu: 0.2\n", 7, "Less than one CPU"),
]


@pytest.mark.parametrize(("text", "line", "word"), FAULTS)
def test_each_fault_has_its_line(text: str, line: int, word: str) -> None:
    """A fault names its line and what is wrong, before anything is built."""
    with pytest.raises(Stop) as caught:
        service(text)
    finding = caught.value.findings[0]
    assert finding.place is not None and finding.place.line == line, finding
    assert word in finding.title + finding.message + finding.fix


def test_cpus_are_counted_together() -> None:
    """A fraction beside a whole CPU, or two halves, serve as many requests as one does."""
    two = service(PROXY + "        cpu: 0.5\n    cpu: 0.5\n")
    assert (two.cpu, two.containers[0].cpu, two.concurrency) == ("0.5", "0.5", 80)


def _ports(made: run_v2.Service) -> None:
    made.template.containers[1].ports = [run_v2.ContainerPort(container_port=81)]


def _no_probe(made: run_v2.Service) -> None:
    del made.template.containers[1].startup_probe


def _twice(made: run_v2.Service) -> None:
    made.template.containers[1].name = "main"


def _many(made: run_v2.Service) -> None:
    made.template.containers.extend(run_v2.Container(name=f"c{n}", image="i") for n in range(8))


def _stranger(made: run_v2.Service) -> None:
    made.template.containers[1].depends_on = ["nobody"]


def _round(made: run_v2.Service) -> None:
    made.template.containers[1].depends_on = ["main"]


def _small(made: run_v2.Service) -> None:
    for each in made.template.containers:
        each.resources.limits["cpu"] = "0.1"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (_ports, "exactly one container with an exposed port"),
        (_no_probe, "Dependent container 'proxy' must have startup probe specified"),
        (_twice, "must be unique"),
        (_many, "at most 10"),
        (_stranger, "'nobody' not found"),
        (_round, "cycle"),
        (_small, "Total cpu < 1"),
    ],
)
def test_the_sandbox_refuses_what_cloud_run_refuses(
    change: Callable[[run_v2.Service], None], word: str
) -> None:
    """Of several containers too: see docs/sandbox.md for the sources."""
    made = specified(WHOLE[2])
    check_service("api", made, "CreateServiceRequest")
    change(made)
    with pytest.raises(Refusal, match=word):
        check_service("api", made, "CreateServiceRequest")


def test_a_port_is_a_variable_like_any_other_beside_the_service() -> None:
    """Cloud Run tells its port to the one container that is sent requests, and takes the name from that alone."""
    text = PROXY + STARTED + "        env: {PORT: '5432'}\n"
    made = specified(text)
    check_service("api", made, "CreateServiceRequest")
    made.template.containers[0].env.append(run_v2.EnvVar(name="PORT", value="1"))
    with pytest.raises(Refusal, match="reserved env names"):
        check_service("api", made, "CreateServiceRequest")
    with pytest.raises(Stop, match="set by Cloud Run itself"):
        service("    env: {PORT: '5432'}\n")


def test_the_default_branch_decides_on_containers() -> None:
    """Images, secrets and files are theirs to say; a newcomer has none."""
    deciding = config.read(API + PROXY, repository_name="shop")
    own = config.read(
        API + PROXY.replace("proxy:", "leak:") + "        secrets: {A: s}\n" + f"  other:\n{PROXY}",
        repository_name="shop",
    )
    given = granted(own, deciding)
    assert [[each.name for each in one.containers] for one in given.services] == [["proxy"], []]
    assert given.later == ("services.api.containers", "services.other.containers")


def test_a_copy_has_them_without_what_leads_to_production() -> None:
    """No secret, no way to data and no volume but in memory; what they do without is said."""
    text = WHOLE[2].replace("env: {A: b}", "env: {A: b, DATABASE_URL: x}")
    found = config.read(API + text, repository_name="shop")
    home = Target("p", "r", "production", found.services[0])
    shop = Repository(1, "acme", "shop", 1)
    pull = PullRequest(shop, 1, True, False, False, (), "a" * 40, "topic", 1, "main", "b" * 40)
    (copy,) = copies(found, {"api": home}, pull)
    proxy, cache = copy.service.containers
    assert (proxy.secrets, proxy.env, proxy.volumes) == ((), (("A", "b"),), (("logs", "/var/log/shop"),))
    assert cache.after == ("main", "proxy") and copy.service.after == ("proxy",)
    assert copy.preview and {"secret B of proxy", "variable DATABASE_URL of proxy"} <= set(
        copy.preview.left_out
    )
    (of_fork,) = copies(found, {"api": home}, replace(pull, head_repository=2))
    assert all(not (each.env or each.secrets) for each in of_fork.service.containers)
    assert of_fork.preview and "variable A of proxy" in of_fork.preview.left_out


def test_what_they_have_counts_for_the_operator() -> None:
    """Their secrets, their memory, and an image that another repository had built, each on its line."""
    target = read(f"{PROXY}        secrets: {{A: 's:2'}}\n    memory: 1Gi\n")
    assert target.secrets_read == (("containers.proxy.secrets.A", SecretRef("s", "2")),)
    found = beyond(Allowance(memory="1Gi", secrets=("other",)), target, frozenset())
    assert [(each.title, each.place and each.place.line) for each in found] == [
        ("It may not read the secret s", 6),
        ("It may have 1Gi of memory, not 1536Mi", 3),
    ]


def test_an_image_of_another_repository_is_not_taken() -> None:
    """What ServerGem built for somebody else runs beside nobody."""
    settings = Settings(
        github_app_id="1", github_private_key="key", github_webhook_secret="signed", google_project="p"
    )
    target = read(PROXY.replace(IMAGE, THEIRS))
    (finding,) = not_ours(settings, target)
    assert finding.code == "image-not-ours" and finding.place and finding.place.line == 5
    assert not list(not_ours(settings, replace(target, owner=8)))


def test_a_tag_is_deployed_by_its_digest_and_read_back_as_the_tag() -> None:
    """So that a merge plan tells no change; what somebody has changed by hand is told as what it is."""
    wanted = service(PROXY)
    by_digest = IMAGE.replace(":v1", f"@sha256:{'a' * 64}")
    named = WantedService("p", "r", "api", "image", "api-1", "v-1", wanted, pinned=((IMAGE, by_digest),))
    made = specification(named)
    assert made.template.containers[1].image == by_digest
    assert sidecars_of(made.template) == wanted.containers
    made.template.containers[1].image = by_digest.replace("a" * 64, "b" * 64)
    assert sidecars_of(made.template)[0].image.endswith("b" * 64)


def test_a_tag_beside_a_service_goes_past_no_environment() -> None:
    """`/deploy` takes what servergem.yml names, which may be another image than the one that serves before it."""
    gate, target = Gate("production", after="staging"), read(PROXY)
    assert IMAGE in untested(gate, (target,), operator=False)
    pinned = read(PROXY.replace(":v1", f"@sha256:{'a' * 64}"))
    assert untested(gate, (pinned,), operator=False) == ""


# At the wire

SIDE = """\
import http.server, os
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(os.environ["WORD"].encode())
http.server.HTTPServer(("127.0.0.1", int(os.environ["AT"])), Answer).serve_forever()
"""
MAIN = """\
import http.server, os, urllib.request
side = urllib.request.urlopen("http://127.0.0.1:" + os.environ["AT"]).read()
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"from beside: " + side)
http.server.HTTPServer(("", int(os.environ["PORT"])), Answer).serve_forever()
"""


def test_a_container_beside_the_service_runs_with_it(house: House) -> None:
    """It starts before the service that waits for it, and answers it; what is changed by hand is named; a tag that is
    not there is said before a build.
    """
    google, work = house.world.google, house.repository(SAMPLE)
    alone = {
        "side.py": SIDE,
        "main.py": MAIN.replace("side =", "side = b'' #"),
        "servergem.yml": WITH_ITS_BASE,
    }
    first = work.push("Side", **alone)
    assert house.ended(first)["ending"] == "live", house.log_tail()
    google.registry.push(
        shelf := f"{image_of(house).partition('@')[0]}:side", image_of(house).partition("@")[2]
    )
    port = free_port()
    text = f"""\
services:
  {SAMPLE}:
    env: {{AT: '{port}'}}
    after: [side]
    containers:
      side:
        image: {shelf}
        command: [python3, side.py]
        env: {{AT: '{port}', WORD: hello}}
        cpu: 0.5
        probes: {{startup: {{tcp: true, port: {port}, period: 1s, failure_threshold: 60}}}}
"""
    sha = work.push("Beside", **{"servergem.yml": text, "main.py": MAIN})
    run = house.ended(sha)
    assert run["ending"] == "live", house.log_tail()
    assert _said(house) == "from beside: hello"

    services = Google(google.grpc_address).services
    made = services.get_service(name=f"projects/{PROJECT}/locations/europe-west1/services/{SAMPLE}")
    assert [each.name for each in made.template.containers] == ["main", "side"]
    made.template.containers[1].resources.limits["memory"] = "1Gi"
    made.template.containers[1].env[1].value, made.template.revision = "by hand", ""
    services.update_service(service=made)
    sha = work.push("Again", **{"servergem.yml": text.replace("WORD: hello", "WORD: again")})
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    summary = unescape(house.check_run(SAMPLE, sha)["output"]["summary"])
    assert "Undone: containers: side" in summary and "env WORD of side: a value -&gt; a value" not in summary
    assert "memory 1Gi" in summary and "by hand" not in json.dumps(house.check_run(SAMPLE, sha)["output"])

    builds = google.calls["CloudBuild.CreateBuild"]
    sha = work.push("Gone", **{"servergem.yml": text.replace(":side\n", ":gone\n")})
    assert house.ended(sha)["ending"] == "failed", house.log_tail()
    output = house.check_run(SAMPLE, sha)["output"]
    assert "There is no image" in output["title"] + output["summary"]
    assert google.calls["CloudBuild.CreateBuild"] == builds
    elsewhere = "docker.io/library/nginx@sha256:" + "a" * 64
    sha = work.push("Elsewhere", **{"servergem.yml": text.replace(shelf, elsewhere)})
    house.ended(sha)
    output = house.check_run(SAMPLE, sha)["output"]
    assert output["title"] == "The sandbox on this machine cannot run this; Cloud Run can"
    assert "from beside: again" in _said(house)


# Beside a service runs what brings its own base.
WITH_ITS_BASE = f"services: {{{SAMPLE}: {{automatic_updates: false}}}}\n"
CHAIN = """\
services:
  {name}:
    containers:
      side: {{image: '{image}', command: [python3, side.py], env: {{AT: '{port}', WORD: hello}}}}
environments:
  staging: {{branch: main}}
  production: {{branch: none, after: staging}}
"""


def test_what_was_verified_beside_a_service_is_what_is_promoted(house: House) -> None:
    """A tag that was moved after staging took it is another image for nobody; and it is compared by its own name."""
    google, work = house.world.google, house.repository(SAMPLE)
    first = work.push("Side", **{"side.py": SIDE, "servergem.yml": WITH_ITS_BASE})
    assert house.ended(first)["ending"] == "live", house.log_tail()
    path, _, verified = image_of(house).partition("@")
    google.registry.push(f"{path}:side", verified)
    chain = CHAIN.format(name=SAMPLE, image=f"{path}:side", port=free_port())
    sha = work.push("Chain", **{"servergem.yml": chain, "n.txt": "1"})
    run = house.check_run(work.name, sha, f"ServerGem / {SAMPLE} (staging)")
    assert run["conclusion"] == "success", run["output"]
    staging = _service(house, SAMPLE)
    own, side = staging.template.containers
    assert side.image == f"{path}@{verified}" != own.image
    assert f"{path}:side" in dict(shape(staging))["containers"]
    google.registry.push(f"{path}:side", own.image.partition("@")[2])

    house.world.github.press_button(run["id"], "promote")
    there = f"{SAMPLE}-production"
    done = house.check_run(work.name, sha, f"ServerGem / {SAMPLE} (production)")
    assert done["conclusion"] == "success", done["output"]
    promoted = _service(house, there)
    assert [each.image for each in promoted.template.containers] == [own.image, side.image]
    assert dict(shape(promoted))["containers"] == dict(shape(staging))["containers"]


def _service(house: House, name: str) -> run_v2.Service:
    services = Google(house.world.google.grpc_address).services
    return services.get_service(name=f"projects/{PROJECT}/locations/europe-west1/services/{name}")


def _said(house: House) -> str:
    asked = Request(house.world.runner.address, headers={"Host": f"{SAMPLE}.localhost"})
    with urlopen(asked) as answer:
        return str(answer.read().decode())
