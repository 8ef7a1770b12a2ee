"""Docker's daemon and registries that are not Google's: pushes that are denied, clients that are too old."""

from __future__ import annotations

from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.docker.reading_pushing import pushed

RULES: tuple[Rule, ...] = (
    Rule(
        code="docker-push-denied",
        pattern=r"failed to push (?P<image>[\w./:@-]+): (?P<said>.*(?:denied|403 Forbidden|401 Unauthorized|insufficient_scope).*)|^(?P<said2>denied: requested access to the resource is denied)$|unexpected status from (?:POST|PUT|HEAD) request to https://(?P<host>[\w.-]+)/v2/(?P<path>\S+?)/blobs/\S*: (?P<said3>40[13] \w+)",
        read=pushed,
        nowhere=True,
        rank=Rank.ROOT,
        title="{registry} does not let the image be pushed: {short}",
        message="The push to {where} was denied: {told}.",
        fix="{advice}.",
        link="https://docs.docker.com/reference/cli/docker/login/",
    ),
    Rule(
        code="docker-api-version",
        pattern=r"client version (?P<have>[\d.]+) is too old\. Minimum supported API version is (?P<want>[\d.]*\d)",
        nowhere=True,
        rank=Rank.ROOT,
        title="The Docker client is too old for the daemon: API {have}, {want} is needed",
        message="client version {have} is too old: since Docker 29 the daemon answers from API {want} on.",
        fix="Update the docker client (in CI the image or action that brings it: docker:29-cli, Testcontainers, Traefik, act), and unset DOCKER_API_VERSION where it says {have}; on the daemon's side DOCKER_MIN_API_VERSION={have} allows it for a while.",
        link="https://docs.docker.com/engine/release-notes/29/",
    ),
)
