"""Attacks by payload: what a file, a dispatch, a comment or a header says, at the wire, and that nothing came of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sandbox.world import Sandbox
from tests.conftest import OWNER, House, answer_of
from tests.test_attacks import STRANGER, VICTIM, deliver, last, settled
from tests.test_metrics import TOKEN, read
from tests.test_previews import live, opened, preview, services

# Of servergem.yml: each names its fault on the commit, and production serves on.
FILES = {
    "a tag that calls": "services: !!python/object/apply:os.system ['touch {mark}']\n",
    "a tag of one's own": "services: !shell touch {mark}\n",
    "an alias of itself": "services: &a [*a]\n",
    "a merge": "a: &a {{port: 80}}\nservices: {{hello-python: {{<<: *a}}}}\n",
    "a tab": "services:\n\thello-python: {{}}\n",
    "two documents": "services: {{}}\n---\nservices: {{hello-python: {{public: true}}}}\n",
    "the same key twice": "services: {{hello-python: {{}}}}\nservices: {{hello-python: {{}}}}\n",
    "a scalar without end": "services: {{hello-python: {{env: {{A: '" + "x" * 300_000 + "'}}}}}}\n",
    "another environment of itself": "environments: {{production: {{branch: main, after: production}}}}\n",
    "a circle of environments": "environments: {{production: {{branch: main, after: b}}, b: {{branch: none, "
    "after: production}}}}\n",
    "a pattern of branches to backtrack": "environments: {{staging: {{branch: '" + "(a+)+" * 60 + "$'}}}}\n",
    "a health page elsewhere": "services: {{hello-python: {{health: 'http://169.254.169.254/'}}}}\n",
    "a receiver inside": "notify: [{{webhook: 'https://metadata@169.254.169.254/'}}]\n",
}
WISHES: dict[str, Any] = {
    "no object": [1, 2],
    "an image that is a list": {"image": ["a"]},
    "an image with a line of its own": {"image": "europe-docker.pkg.dev/p/r/i:v1\nservices: {}"},
    "a service that is a path": {"service": "../toy", "image": "sha256:" + "a" * 64},
    "an environment that is a path": {"environment": "../production", "image": "sha256:" + "a" * 64},
    "a service that is built": {"service": VICTIM, "image": "sha256:" + "a" * 64},
    "markup": {"service": "`</code><h1>@everyone", "image": "x" * 5_000},
}
ORDERS = ("/run nightly", "/deploy production", "/lock production", "/unlock", "/preview off", "/logs")


def test_hostile_words_change_nothing(world: Sandbox, tmp_path: Path) -> None:
    """Files, dispatches, a reader's commands and headers: each answered or ignored, and what serves is what served."""
    house = House(world, tmp_path, settings={"METRICS_TOKEN": TOKEN})
    house.start()
    try:
        victim = live(house, VICTIM)
        url, mark = house.deployments()[0]["url"], tmp_path / "mark"
        number, sha = opened(house, victim)
        assert preview(house, victim, sha)["conclusion"] == "success", house.log_tail()
        name, github = f"{OWNER}/{VICTIM}", world.github
        before, said, builds = (
            services(house),
            answer_of(url).text,
            world.google.calls["CloudBuild.CreateBuild"],
        )
        for wish in WISHES.values():
            if isinstance(wish, dict):
                github.dispatch(name, "deploy", wish)
        github.set_permission(name, STRANGER, "read")
        for order in ORDERS:
            github.comment(name, number, STRANGER, order)
        settled(house)
        told = last(house, "repository_dispatch", "deploy")
        for wish in WISHES.values():
            assert deliver(house, "repository_dispatch", told | {"client_payload": wish}).status_code < 500
        for event in ("owned", "x" * 64, "repository_dispatch_"):
            assert deliver(house, event, told).status_code < 500
        settled(house)
        assert services(house) == before
        assert world.google.calls["CloudBuild.CreateBuild"] == builds
        counted = read(house)
        assert "owned" not in counted and "x" * 64 not in counted and VICTIM not in counted
        for comment in github.comments_on(name, number):
            assert "<h1>" not in comment["body"] and "@everyone" not in comment["body"]
        victim.git("checkout", "-q", "main")
        for what, text in FILES.items():
            pushed = victim.push(what, **{"servergem.yml": text.format(mark=mark)})
            run = house.check_run(VICTIM, pushed)
            assert run["conclusion"] == "failure", (what, run["output"])
            assert "servergem.yml" in json.dumps(run["output"]), what
            assert answer_of(url).text == said and not mark.exists(), what
        assert services(house) == before and world.google.calls["CloudBuild.CreateBuild"] == builds
    finally:
        house.stop()
