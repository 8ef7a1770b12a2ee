"""Values as other tools have them: each is refused on its line, with how servergem.yml writes the same."""

from __future__ import annotations

import pytest

from app import config
from app.model import Stop

HEAD = "services:\n  api:\n"
MEANT = [
    ("memory: 512", "memory: 512Mi"),
    ("memory: 512M", "memory: 512Mi"),
    ("memory: 512 MB", "memory: 512Mi"),
    ("memory: 1.5g", "memory: 1536Mi"),
    ("memory: 2GiB", "memory: 2Gi"),
    ("memory: 524288k", "memory: 512Mi"),
    ("memory: 536870912", "memory: 512Mi"),
    ("cpu: 500m", "cpu: 0.5"),
    ("cpu: 2000m", "cpu: 2"),
    ("cpu: 2 vCPU", "cpu: 2"),
    ("public: yes", "public: true"),
    ("public: 'false'", "public: false"),
    ("public: 0", "public: false"),
    ("timeout: 5 minutes", "timeout: 5m"),
    ("timeout: 1m30s", "timeout: 90s"),
    ("timeout: PT1M", ""),
    ("region: europe-west1-b", "region: europe-west1"),
    ("region: Europe-West1", "region: europe-west1"),
    ("health: up", "health: /up"),
    ("health: http://localhost:8080/up", "health: /up"),
    ("health: healthz", "health: /health"),
    ("health: /healthz", "health: /health"),
    ("path: /apps/api", "path: apps/api"),
    # What it would come to is no value either, or nobody knows what was meant.
    ("memory: 64Mi", ""),
    ("memory: 1T", ""),
    ("cpu: 3000m", ""),
    ("cpu: many", ""),
    ("public: perhaps", ""),
    ("timeout: soon", ""),
    ("region: nearby", ""),
    ("path: ../api", ""),
]


@pytest.mark.parametrize(("line", "meant"), MEANT)
def test_what_is_meant_is_said_as_it_is_written_here(line: str, meant: str) -> None:
    """The fix can be pasted, and is accepted; where nothing fits the line is named and nothing is made up."""
    with pytest.raises(Stop) as caught:
        config.read(f"{HEAD}    {line}\n", repository_name="shop")
    fix = caught.value.findings[0].fix
    assert fix == (
        f"Write `{meant}` on line 3." if meant else f"Change `{line.partition(':')[0]}` on line 3."
    )
    if meant:
        config.read(f"{HEAD}    {meant}\n    concurrency: 1\n", repository_name="shop")


def test_a_branch_is_written_without_its_folder() -> None:
    """As GitHub's own files have it, and as servergem.yml does."""
    with pytest.raises(Stop) as caught:
        config.read("environments:\n  production: {branch: refs/heads/main}\n", repository_name="shop")
    assert caught.value.finding.fix == "Write `branch: main` on line 2."
