"""Facts: a command in a fix has the project, region and service that ServerGem knows."""

from __future__ import annotations

import pytest

from app.diagnosis import Files, diagnose
from app.diagnosis.facts import Facts, filled
from app.model import Finding

HERE = Facts("lime-shop", "europe-west1", service="api", build="1f2e")
WHERE = "--region=europe-west1 --project=lime-shop"
PRISMA = """--- logs of revision api-1 ---
PrismaClientInitializationError: error: Environment variable not found: DATABASE_URL.
"""


def fix_of(finding: Finding, facts: Facts = HERE) -> str:
    return filled(finding, facts).fix


@pytest.mark.parametrize(
    ("fix", "told"),
    [
        (
            "gcloud run services update --update-env-vars A=1",
            f"gcloud run services update api {WHERE} --update-env-vars A=1",
        ),
        ("(gcloud run services update SERVICE --memory 1Gi)", f"(gcloud run services update api {WHERE} --memory 1Gi)"),
        ("gcloud run services logs read SERVICE shows", f"gcloud run services logs read api {WHERE} shows"),
        ("gcloud run services update other --region=x", "gcloud run services update other --region=x"),
        ("Set SERVICE and REGION in the environment", "Set SERVICE and REGION in the environment"),
    ],
)  # fmt: skip
def test_a_command_on_the_service_is_complete(fix: str, told: str) -> None:
    """What names no service gets this one; a command that is complete and words of the program stay."""
    assert fix_of(Finding("start-variable", "A title", fix)) == told
    assert fix_of(Finding("start-variable", "A title", fix), Facts()) == fix


def test_a_missing_variable_is_set_by_a_command_that_runs() -> None:
    """The title names the variable, and the command this service at its place."""
    found = diagnose(PRISMA, Files.of({"package.json": "{}", "index.js": ""})).findings[0]
    assert "DATABASE_URL" in found.title
    assert f"gcloud run services update api {WHERE} --update-env-vars DATABASE_URL=" in fix_of(found)
