"""Packages of others that are loaded lightly: less is there, and nothing is missed."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PACKAGES = (
    "google.cloud.artifactregistry_v1",
    "google.cloud.billing_v1",
    "google.cloud.devtools.cloudbuild_v1",
    "google.cloud.iam_admin_v1",
    "google.cloud.resourcemanager_v3",
    "google.cloud.run_v2",
    "google.cloud.scheduler_v1",
    "google.cloud.secretmanager_v1",
    "google.cloud.service_usage_v1",
)
LOOK = """
import ast, json, sys
from importlib import import_module
from pathlib import Path
from app.light_packages import load_lightly

load_lightly()
package = import_module(sys.argv[1])
at_first = [name for name in sys.modules if name.startswith(sys.argv[1] + ".")]
tree = ast.parse(Path(package.__file__).read_text())
listed = next(ast.literal_eval(each.value) for each in tree.body
    if isinstance(each, ast.Assign) and each.targets[0].id == "__all__")
missed = [name for name in listed if getattr(package, name, None) is None]
print(json.dumps({"at_first": at_first, "listed": len(listed), "missed": missed}))
"""


@pytest.mark.parametrize("package", PACKAGES)
def test_each_name_of_a_package_is_found_when_it_is_asked_for(package: str) -> None:
    """Nothing of it is loaded before, and all that it lists is there."""
    told = subprocess.run([sys.executable, "-c", LOOK, package], capture_output=True, text=True, check=True)
    found = json.loads(told.stdout)
    assert found["at_first"] == [] and found["listed"] and found["missed"] == []


def test_the_requester_of_pygithub_comes_alone() -> None:
    """Of its hundred and seventy modules five are loaded."""
    code = (
        "import sys; from app.light_packages import load_lightly; load_lightly(); import app.github\n"
        "print(sum(name.partition('.')[0] == 'github' for name in sys.modules))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(told.stdout) < 10
