"""Claims of the first hour that stand in no other file: whose file is named, and what Google adds to its refusal."""

from __future__ import annotations

from google.api_core import exceptions as api
from google.rpc import error_details_pb2

from app.fault import with_details
from app.model import Finding
from gcp.errors import from_exception
from tests.conftest import House

PAIR = """services:
  api: {path: services/api}
  web: {path: services/web}
"""
BROKEN = "import os\n\nprint(os.environ['DATABASE_URL'])\n"


def test_a_failure_of_one_service_names_no_file_of_another(house: House) -> None:
    """Two services with files of the same names, of which one fails: each check run knows its own folder alone."""
    work = house.repository("hello-python")
    serves = {name: (work.path / name).read_text() for name in ("main.py", "Procfile")}
    for name in ("api", "web"):
        (work.path / "services" / name).mkdir(parents=True)
    files = {f"services/{folder}/{name}": text for folder in ("api", "web") for name, text in serves.items()}
    sha = work.push(
        "Two", **files | {"servergem.yml": PAIR, "services/web/main.py": BROKEN, "main.py": BROKEN}
    )
    ended = {
        name: house.check_run("hello-python", sha, f"ServerGem / {name} (production)")
        for name in ("api", "web")
    }
    assert {name: run["conclusion"] for name, run in ended.items()} == {"api": "success", "web": "failure"}
    said = {name: str(run["output"]) for name, run in ended.items()}
    assert "services/web" not in said["api"]
    assert "services/web/main.py" in said["web"]
    assert "services/api" not in said["web"]


def test_what_google_adds_to_its_refusal_is_shown() -> None:
    """The page that it sends to is the finding's link, and each field that it names stands in the message."""
    details = [
        error_details_pb2.Help(
            links=[{"url": "https://cloud.google.com/run/quotas"}, {"url": "https://g.example/2"}]
        ),
        error_details_pb2.BadRequest(
            field_violations=[{"field": "template.timeout", "description": "is too long"}]
        ),
    ]
    error = from_exception(api.InvalidArgument("invalid", details=details), "Services.UpdateService")  # type: ignore[no-untyped-call]  # it ships no types
    told = with_details(Finding("google-error", "Refused", "Read it.", message="invalid"), error.denial)
    assert told.link == "https://cloud.google.com/run/quotas"
    assert told.message == "invalid template.timeout: is too long https://g.example/2"


def test_a_check_run_shows_what_google_adds_to_its_refusal(house: House) -> None:
    """At the wire too: the field that Cloud Run names, its words about it, and the page that it sends to."""
    work = house.repository("hello-python")
    page = "https://cloud.google.com/run/docs/configuring/services/memory-limits"
    house.world.faults.add(
        "Services.CreateService",
        9,
        status="INVALID_ARGUMENT",
        message="The request has errors",
        details=(
            error_details_pb2.ErrorInfo(reason="BAD_VALUE", domain="run.googleapis.com"),
            error_details_pb2.Help(links=[{"description": "Memory limits", "url": page}]),
            error_details_pb2.BadRequest(
                field_violations=[{"field": "template.containers", "description": "memory is too small"}]
            ),
        ),
    )
    sha = work.push("Say hello")
    house.ended(sha)
    summary = house.check_run("hello-python", sha)["output"]["summary"]
    assert "The request has errors template.containers: memory is too small" in summary
    assert f"[Read more]({page})" in summary
