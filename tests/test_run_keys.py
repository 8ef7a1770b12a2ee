"""All of Cloud Run in servergem.yml: what each key becomes, what is refused on its line, and what is left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from google.cloud import run_v2

from app import config
from app.config.granting import granted
from app.model import Bundle, PullRequest, Repository, ServiceConfig, Stop, Target
from app.previews import targets as copies
from app.trust.allowance import Allowance, beyond
from gcp.cloud import Google
from gcp.service_specification import shape, specification
from gcp.wanted_service import WantedService
from sandbox.google.errors import Refusal
from sandbox.google.run_rules import check_service
from sandbox.world import PROJECT
from tests.conftest import House
from tests.test_previews import SAMPLE

API = "services:\n  api:\n"
KEY = "projects/p/locations/r/keyRings/k/cryptoKeys/c"
CONNECTOR = "projects/p/locations/r/connectors/c"
GPU = "    gpu: nvidia-l4\n    cpu: 4\n    memory: 16Gi\n    cpu_always: true\n"
# Between them they say every key; a service has one way into a network, and one kind of probe at a time.
WHOLE = (
    f"""\
    command: [a]
    args: [b]
    cloudsql: ['p:r:i']
    vpc: {{network: n, subnet: s, tags: [t], egress: all-traffic}}
    volumes:
      a: {{path: /a, secret: 's:3', file: f}}
      b: {{path: /b, bucket: bucket, options: [o=1], read_only: true}}
      c: {{path: /c, memory: 128Mi}}
      d: {{path: /d, nfs: '10.0.0.2:/x', read_only: true}}
    probes:
      startup: {{http: /s, port: 81, initial_delay: 1s, period: 2s, timeout: 2s, failure_threshold: 9}}
      liveness: {{grpc: true, grpc_service: s, port: 82}}
      readiness: {{http: /r}}
    execution: gen2
    session_affinity: true
    labels: {{team: shop}}
    encryption_key: {KEY}
    env: {{A: b}}
    secrets: {{B: s}}
    instances: {{min: 1}}
    binary_authorization: default
    iap: true
{GPU}""",
    f"""\
    vpc: {{connector: {CONNECTOR}}}
    probes: {{startup: {{tcp: true, port: 81}}}}
    http2: true
    manual_instances: 3
    binary_authorization: projects/p/platforms/cloudRun/x
    ingress: internal
""",
    """\
    volumes: {logs: {path: /logs, memory: 128Mi}}
    probes: {startup: {http: /s}}
    after: [proxy]
    containers:
      proxy:
        image: p-docker.pkg.dev/p/r/proxy:v1
        command: [/proxy]
        args: [--fast]
        env: {A: b}
        secrets: {B: 's:2'}
        cpu: 0.5
        memory: 256Mi
        probes: {startup: {tcp: true, port: 5432, period: 1s}, liveness: {http: /x, port: 9090}}
        volumes: {logs: /var/log/shop}
      cache: {image: 'p-docker.pkg.dev/p/r/cache:v1', after: [main, proxy]}
""",
)
# Source on a base image, in place of an image.
BUNDLE = Bundle("bucket", "bundles/1/api/0.tar.gz", 7, "python314")
# What Cloud Run's API has beside that, and why servergem.yml has no key for it.
TOLD_BY_GOOGLE = {
    "Service": "name uid generation create_time update_time delete_time expire_time creator last_modifier urls "
    "observed_generation terminal_condition conditions latest_ready_revision latest_created_revision "
    "traffic_statuses uri satisfies_pzs threat_detection_enabled reconciling etag",
    "Container": "build_info",
}
LEFT_OUT = {
    "Service.description": "nobody reads it but in the console, which shows the labels too",
    "Service.annotations": "free text for tools; labels are what a service is found by",
    "Service.client": "a note about who calls, not about the service",
    "Service.client_version": "a note about who calls, not about the service",
    "Service.launch_stage": "says which stage the API may use, and ServerGem uses what is general",
    "Service.traffic": "ServerGem moves it: `rollout`",
    "Service.default_uri_disabled": "a revision is asked at its own address before it serves",
    "Service.multi_region_settings": "a service is in one region; another region is another environment",
    "Service.custom_audiences": "needs a domain that is mapped outside servergem.yml",
    "Service.build_config": "ServerGem builds: `build`",
    "ServiceScaling.max_instance_count": "the bound of each revision is what `instances.max` says",
    "RevisionScaling.min_instance_count": "held for every old revision too; `instances.min` is the service's",
    "RevisionTemplate.service_mesh": "a preview of Google's",
    "RevisionTemplate.encryption_key_revocation_action": "Google's default stops new instances, which is the safe one",
    "RevisionTemplate.encryption_key_shutdown_duration": "only for an action that is not the default",
    "RevisionTemplate.health_check_disabled": "a revision that nobody asks is never known to be well",
    "Container.working_dir": "the image says it",
    "VolumeMount.sub_path": "a volume is mounted whole",
    "SecretVolumeSource.default_mode": "Google's 0444: the container may read it",
    "VersionToPath.mode": "Google's 0444: the container may read it",
    "HTTPGetAction.http_headers": "a probe that needs headers asks for more than whether it is well",
    "BinaryAuthorization.breakglass_justification": "going round the policy is for a person, at the console",
}


def service(text: str) -> ServiceConfig:
    return config.read(API + text, repository_name="shop").services[0]


def specified(text: str, bundle: Bundle | None = None) -> run_v2.Service:
    wanted, labels = service(text), (("commit", "1"),)
    return specification(
        WantedService("p", "r", "api", "image", "api-1", "v-1", wanted, "a@b", labels, bundle=bundle)
    )


def fields_set(message: Any) -> Iterator[str]:
    """Each field that is said, as Message.field, down to the last."""
    for field, value in message.ListFields():
        yield f"{message.DESCRIPTOR.name}.{field.name}"
        if field.message_type and not field.message_type.GetOptions().map_entry:
            for each in value if field.is_repeated else [value]:
                if each.DESCRIPTOR.full_name.startswith("google.cloud.run"):
                    yield from fields_set(each)


def fields_there(kind: Any, seen: set[str]) -> Iterator[str]:
    """Each field that Cloud Run's API has below a service, but for what is left out with all below it."""
    if kind.full_name in seen or not kind.full_name.startswith("google.cloud.run"):
        return
    seen.add(kind.full_name)
    skipped = TOLD_BY_GOOGLE.get(kind.name, "").split()
    for field in kind.fields:
        if field.name in skipped:
            continue
        yield f"{kind.name}.{field.name}"
        inside = field.message_type if f"{kind.name}.{field.name}" not in LEFT_OUT else None
        if inside and not inside.GetOptions().map_entry:
            yield from fields_there(inside, seen)


def test_all_of_cloud_run_is_reached_or_left_out_for_a_reason() -> None:
    """A field that a newer library has is red here until it has a key or a reason; a reason that is stale is too."""
    made = [*map(specified, WHOLE), specified(WHOLE[0], BUNDLE)]
    said = {name for each in made for name in fields_set(run_v2.Service.pb(each))}
    there = set(fields_there(run_v2.Service.pb(run_v2.Service()).DESCRIPTOR, set()))
    assert there - said == LEFT_OUT.keys()


@pytest.mark.parametrize(
    ("text", "bundle"), [*((text, None) for text in WHOLE), *((text, BUNDLE) for text in WHOLE[:2])]
)
def test_what_is_told_is_read_back(text: str, bundle: Bundle | None) -> None:
    """Nothing has changed where nobody changed anything, and Cloud Run takes it all."""
    wanted, made = service(text), specified(text, bundle)
    check_service("api", made, "CreateServiceRequest")
    found = dict(shape(made))
    for key in ("command", "args", "cloudsql", "labels", "after"):
        assert found[key].split(", ") == [
            "=".join(x) if isinstance(x, tuple) else x for x in getattr(wanted, key)
        ] or [""]
    assert (found["vpc"], found["probes"]) == (str(wanted.vpc), str(wanted.probes))
    for key in ("volumes", "containers"):
        assert found[key] == ", ".join(map(str, getattr(wanted, key)))
    assert found["ingress"] == wanted.ingress


FAULTS = [
    ("    command: node server.js\n", 3, "a list"),
    ("    cloudsql: [main]\n", 3, "not an instance such as"),
    ("    vpc: {}\n", 3, "needs a network or subnet, or a connector"),
    (f"    vpc:\n      network: n\n      connector: {CONNECTOR}\n", 3, "not both"),
    (f"    vpc: {{tags: [t], connector: {CONNECTOR}}}\n", 3, "only direct egress"),
    ("    vpc:\n      network: n\n      egress: some\n", 5, "all-traffic"),
    ("    vpc:\n      netwrok: n\n", 4, "did you mean network"),
    ("    vpc:\n      connector: main\n", 4, "projects/PROJECT/locations"),
    ("    volumes:\n      a: {secret: s}\n", 4, "path is missing"),
    ("    volumes:\n      a: {path: /a}\n", 4, "one of secret, bucket"),
    ("    volumes:\n      a: {path: /a, secret: s, bucket: bucket}\n", 4, "one of secret, bucket"),
    ("    volumes:\n      a:\n        path: /proc/x\n        memory: 1Gi\n", 5, "keeps for itself"),
    ("    volumes:\n      a: {path: /cloudsql, memory: 1Gi}\n", 4, "keeps for itself"),
    ("    volumes:\n      a: {path: /data/../dev, memory: 1Gi}\n", 4, "each folder by its name"),
    ("    volumes:\n      a: {path: //proc, memory: 1Gi}\n", 4, "each folder by its name"),
    ("    volumes:\n      a: {path: /./sys, memory: 1Gi}\n", 4, "each folder by its name"),
    ("    volumes:\n      a: {path: 'a:b', memory: 1Gi}\n", 4, "without a colon"),
    ("    volumes:\n      A: {path: /a, memory: 1Gi}\n", 4, "a volume's name"),
    ("    volumes:\n      a: {path: /a, memory: 1Gi}\n      b: {path: /a/, memory: 1Gi}\n", 5, "both at /a"),
    ("    volumes:\n      a: {path: /a, memory: 1Gi, read_only: true}\n", 4, "a bucket's or a share's"),
    ("    execution: gen1\n    volumes: {a: {path: /a, bucket: bucket}}\n", 3, "gen1 cannot mount a"),
    ("    probes:\n      startup: {period: 5s}\n", 4, "one of http, grpc and tcp"),
    ("    probes:\n      startup: {tcp: true, timeout: 11s}\n", 4, "longer than its period"),
    ("    probes:\n      startup: {tcp: true, failure_threshold: 25}\n", 3, "more than 240s"),
    ("    probes:\n      liveness: {tcp: true}\n", 3, "takes http or grpc"),
    ("    probes:\n      startup:\n        http: ready\n", 5, "begins with /"),
    ("    http2: true\n    probes:\n      startup: {http: /s}\n", 5, "HTTP/1"),
    ("    execution: gen3\n", 3, "gen1"),
    ("    execution: gen2\n    cpu: 0.5\n    concurrency: 1\n", 3, "whole CPU"),
    ("    cpu_always: true\n    cpu: 0.5\n    concurrency: 1\n", 3, "whole CPU"),
    ("    cpu_always: true\n    memory: 256Mi\n", 3, "512Mi"),
    ("    gpu: nvidia-l4\n    cpu_always: true\n", 3, "4 CPUs and 16Gi"),
    ("    gpu: nvidia-l4\n    cpu: 4\n    memory: 16Gi\n", 3, "cpu_always"),
    (f"    execution: gen1\n{GPU}", 3, "gen1 has no nvidia-l4"),
    ("    gpu: h100\n", 3, "nvidia-l4"),
    ("    ingress: private\n", 3, "internal"),
    ("    manual_instances: 1001\n", 3, "1000"),
    ("    labels:\n      Team: a\n", 4, "label's name"),
    ("    labels:\n      commit: a\n", 4, "ServerGem itself sets"),
    ("    labels:\n      team: A b\n", 4, "label's value"),
    ("    binary_authorization: mine\n", 3, "default, or projects"),
    ("    encryption_key: mine\n", 3, "cryptoKeys"),
    ("    iap: yes\n", 3, "true or false"),
]


@pytest.mark.parametrize(("text", "line", "word"), FAULTS)
def test_each_fault_has_its_line(text: str, line: int, word: str) -> None:
    """A fault names its line and what is wrong, before anything is built."""
    with pytest.raises(Stop) as caught:
        service(text)
    finding = caught.value.findings[0]
    assert finding.place is not None and finding.place.line == line
    assert word in finding.title + finding.message + finding.fix


def test_a_service_may_be_called_like_a_key() -> None:
    """Keys below it are still a service's."""
    with pytest.raises(Stop) as caught:
        config.read("services:\n  vpc:\n    prot: 1\n", repository_name="shop")
    assert "did you mean port" in caught.value.finding.title


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda made: setattr(made.template, "execution_environment", 1), "second generation"),
        (
            lambda made: setattr(made.template.containers[0].resources, "cpu_idle", True),
            "GPU requires cpu always",
        ),
        (lambda made: setattr(made.template.vpc_access, "connector", CONNECTOR), "one and only one"),
        (
            lambda made: setattr(made.template.containers[0].volume_mounts[0], "mount_path", "/dev/x"),
            "not allowed",
        ),
        (
            lambda made: setattr(made.template.containers[0].startup_probe, "failure_threshold", 121),
            "at most 240",
        ),
        (
            lambda made: setattr(made.template.containers[0].startup_probe, "timeout_seconds", 3),
            "period_seconds",
        ),
    ],
)
def test_the_sandbox_refuses_what_cloud_run_refuses(change: Any, word: str) -> None:
    """What servergem.yml's own rules keep out is kept out at the wire too."""
    made = specified(WHOLE[0])
    change(made)
    with pytest.raises(Refusal, match=word):
        check_service("api", made, "CreateServiceRequest")


def test_a_commit_elsewhere_reaches_nothing() -> None:
    """Databases, networks, files, GPUs and what stands before a service are the default branch's word."""
    deciding = config.read("services: {api: {ingress: internal, iap: true}}", repository_name="shop")
    own = config.read(API + WHOLE[0] + "  other: {cloudsql: ['p:r:i']}\n", repository_name="shop")
    api, other = granted(own, deciding).services
    assert (api.cloudsql, api.volumes, bool(api.vpc), api.gpu, api.encryption_key) == ((), (), False, "", "")
    assert api.command == ("a",) and api.probes.startup
    assert (other.ingress, other.iap, other.cloudsql) == ("internal", True, ())


def test_a_preview_gets_nothing_of_productions() -> None:
    """Only a folder in memory is left of its volumes; what it does without is said, and a fork has no GPU."""
    read = config.read(API + WHOLE[0], repository_name="shop")
    home = Target("p", "r", "production", read.services[0])
    shop = Repository(1, "acme", "shop", 1)
    pull = PullRequest(shop, 1, True, False, False, (), "a" * 40, "topic", 1, "main", "b" * 40)
    (copy,) = copies(read, {"api": home}, pull)
    assert [each.name for each in copy.service.volumes] == ["c"]
    assert not copy.service.cloudsql and not copy.service.vpc and copy.service.gpu
    assert copy.service.iap and copy.preview
    assert {"Cloud SQL p:r:i", "the network", "volume a"} <= set(copy.preview.left_out)
    (forked,) = copies(read, {"api": home}, replace(pull, head_repository=2))
    assert not forked.service.gpu


def test_an_operator_decides_on_gpus_and_on_secrets_in_files() -> None:
    """Beyond what a repository may have is a Stop on the key's line."""
    read = config.read(API + WHOLE[0], repository_name="shop")
    (target,) = config.targets(read, branch="main", project="p", region="r", default_branch="main")
    found = beyond(Allowance(gpu=False, secrets=("other",)), target, frozenset())
    titles = [finding.title for finding in found]
    assert any("GPU" in title for title in titles) and sum("secret s" in title for title in titles) == 2
    assert all(finding.place for finding in found)


KEYS = (
    "command: [python3]", "args: [main.py]", "labels: {team: shop}", "ingress: internal", "cpu_always: true",
    "session_affinity: true", "execution: gen2", "probes: {startup: {tcp: true, period: 1s, failure_threshold: 60}}",
    "volumes: {certs: {path: /etc/certs, secret: tls-key}}",
)  # fmt: skip


def test_one_deployment_with_a_handful_of_keys(house: House) -> None:
    """Cloud Run has them all, nobody is asked who cannot answer, and what is taken back by hand is named by its key."""
    house.world.google.secrets.put(PROJECT, "tls-key", "key")
    work = house.repository(SAMPLE)
    text = "\n".join([f"services:\n  {SAMPLE}:", *(f"    {line}" for line in KEYS), ""])
    first = work.push("Say it all", **{"servergem.yml": text})
    assert house.ended(first)["ending"] == "live", house.log_tail()
    assert "ingress is internal" in unescape(house.check_run(SAMPLE, first)["output"]["summary"])
    services = Google(house.world.google.grpc_address).services
    made = services.get_service(name=f"projects/{PROJECT}/locations/europe-west1/services/{SAMPLE}")
    container = made.template.containers[0]
    assert (list(container.command), list(container.args)) == (["python3"], ["main.py"])
    assert (made.labels["team"], made.template.session_affinity) == ("shop", True)
    assert not container.resources.cpu_idle and container.startup_probe.failure_threshold == 60
    made.template.session_affinity, made.template.revision = False, ""
    services.update_service(service=made)
    second = work.push("Say more", **{"n.txt": "1"})
    assert house.ended(second)["ending"] == "live", house.log_tail()
    summary = unescape(house.check_run(SAMPLE, second)["output"]["summary"])
    assert "session_affinity: false -> true" in summary
    assert summary.count("Undone:") == 1


def test_a_secret_that_a_volume_names_has_to_be_there(house: House) -> None:
    """Before a build, on the volume's line."""
    text = f"services:\n  {SAMPLE}:\n    volumes:\n      certs: {{path: /etc/certs, secret: tls-key}}\n"
    sha = house.repository(SAMPLE).push("Say hello", **{"servergem.yml": text})
    assert house.ended(sha)["ending"] == "failed", house.log_tail()
    run = house.check_run(SAMPLE, sha)["output"]
    assert "There is no secret tls-key" in unescape(run["summary"])
