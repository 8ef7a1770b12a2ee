"""The API: who may ask, what it answers, and that each answer is as described. A real server beside the sandbox."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from app.api.description import description
from app.api.endpoints import STATES
from app.pages.access import Bearer
from sandbox.world import Sandbox
from tests.test_pages import KEY_LINE, Site, a_service, site

API = "/api/v1"


def program(pages: Site, login: str, *scopes: str) -> httpx.Client:
    """A program with a classic token of this person."""
    client = pages.browser()
    client.headers["authorization"] = f"Bearer {pages.world.github.personal_token(login, *scopes)}"
    return client


def strict(schema: Any) -> Any:
    """The description, with no field allowed that it does not name."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {"additionalProperties": False} if "properties" in schema else {}
    return {key: strict(value) for key, value in schema.items()} | closed


DESCRIBED = description("http://gem.example")


def held(answer: httpx.Response) -> Any:
    """The JSON of an answer, once it is what the description says of this address and status."""
    path = answer.request.url.path
    [template] = [each for each in DESCRIBED["paths"] if re.fullmatch(re.sub(r"{\w+}", "[^/]+", each), path)]
    operation = DESCRIBED["paths"][template][answer.request.method.lower()]
    content = operation["responses"][str(answer.status_code)]["content"]
    kind = answer.headers["content-type"].partition(";")[0]
    if kind == "text/plain":
        assert kind in content
        return answer.text
    schema = content[kind]["schema"] | {"components": strict(DESCRIBED["components"])}
    jsonschema.validate(answer.json(), schema, jsonschema.Draft202012Validator)
    return answer.json()


def test_the_description_is_an_openapi_document(world: Sandbox, tmp_path: Path) -> None:
    """Anybody may read it; each schema of it is one, and each path of it is there."""
    with site(world, tmp_path) as pages:
        told = pages.browser().get(f"{API}/openapi.json")
        assert told.status_code == 200 and told.json()["openapi"] == "3.1.0"
        assert told.json()["servers"] == [{"url": pages.url}]
        for schema in told.json()["components"]["schemas"].values():
            jsonschema.Draft202012Validator.check_schema(schema)
        reader = program(pages, "ada", "repo")
        for path, operations in told.json()["paths"].items():
            [verb] = operations
            there = reader.request(verb, path.replace("{id}", "shop-run").replace("{press}", "none"))
            assert there.status_code in (200, 202, 404) and "no such address" not in there.text, path
        names = [each["operationId"] for path in told.json()["paths"].values() for each in path.values()]
        assert len(set(names)) == len(names) == 7


def test_programs_read_what_their_person_may_read(world: Sandbox, tmp_path: Path) -> None:
    """By a token or by the session of the pages: the same answers, and each as it is described."""
    with site(world, tmp_path, a_service) as pages:
        world.github.set_permission("acme/shop", "grace", "read")
        for reader in (program(pages, "grace", "repo"), pages.browser("grace")):
            reader.get("/")
            every = held(reader.get(f"{API}/deployments"))
            assert [each["id"] for each in every["deployments"]] == ["bad", "good", "shop-run"]
            bad = held(reader.get(f"{API}/deployments/bad"))
            assert (bad["state"], bad["environment"], bad["service"]) == ("failed", "production", "api")
            [found] = bad["findings"]
            assert found["place"] == {"path": "a b.py", "line": 4, "last_line": 4}
            assert [stage["title"] for stage in bad["stages"]] == ["Build image", "Verify"]
            assert bad["log_lines"] == 1000
            [service] = held(reader.get(f"{API}/services"))["services"]
            assert service["serves"]["sha"] == "b" * 40 and service["lock"]["by"] == "ada"
            assert service["newest"]["id"] == "bad"
            block = held(reader.get(f"{API}/deployments/bad/log?from=705&lines=3"))
            assert len(block.splitlines()) == 3 and KEY_LINE not in block
            assert len(held(reader.get(f"{API}/deployments/bad/log")).splitlines()) == 1000


def test_deployments_are_filtered_and_come_in_pages(world: Sandbox, tmp_path: Path) -> None:
    """Each filter leaves out what does not fit, and the pages together are all of it, once."""
    with site(world, tmp_path, a_service) as pages:
        reader = program(pages, "ada", "repo")

        def ids(query: str) -> list[str]:
            return [each["id"] for each in held(reader.get(f"{API}/deployments?{query}"))["deployments"]]

        assert ids("state=failed") == ["bad"] and ids("state=running") == ["blog-run", "shop-run"]
        assert ids("environment=production") == ["bad", "good"] and ids("environment=%25") == []
        assert ids("repository=ACME/blog") == ["blog-run"] and ids("before=none") == []
        first = held(reader.get(f"{API}/deployments?limit=3"))
        assert [first["next"], len(first["deployments"])] == [first["deployments"][-1]["id"], 3]
        rest = held(reader.get(f"{API}/deployments?limit=3&before={first['next']}"))
        both = [each["id"] for each in first["deployments"] + rest["deployments"]]
        assert sorted(both) == ["bad", "blog-run", "good", "shop-run"] and rest["next"] == ""
        assert (
            "failed" in held(reader.get(f"{API}/deployments?state=broken"))["reason"] and "failed" in STATES
        )
        assert held(reader.get(f"{API}/services?environment=staging")) == {"services": []}


def test_what_may_not_be_read_is_as_what_is_not_there(world: Sandbox, tmp_path: Path) -> None:
    """A stranger is asked who it is; for everybody else a hidden thing and an absent one have the same answer."""
    with site(world, tmp_path, OPERATORS="Olga") as pages:
        world.github.set_permission("acme/shop", "grace", "read")
        world.github.set_permission("acme/blog", "olga", "none")
        for path in ("/deployments", "/deployments/shop-run", "/deployments/shop-run/log", "/services"):
            for stranger in (pages.browser(), program(pages, "grace", "repo")):
                if "authorization" in stranger.headers:
                    stranger.headers["authorization"] = "Bearer ghp_nobodys"
                answer = stranger.get(f"{API}{path}")
                assert answer.status_code == 401 and "acme" not in answer.text and held(answer)
                assert answer.headers["www-authenticate"] == "Bearer"
                assert answer.headers["x-content-type-options"] == "nosniff"
                assert answer.headers["cache-control"] == "no-store"
        reader = program(pages, "grace", "repo")
        for path in ("deployments/{}-run", "deployments/{}-run/log", "deployments?repository=acme/{}"):
            hidden, absent = (reader.get(f"{API}/{path.format(each)}") for each in ("blog", "none"))
            assert (hidden.status_code, hidden.text) == (404, absent.text) and held(hidden)
        assert [each["id"] for each in reader.get(f"{API}/deployments").json()["deployments"]] == ["shop-run"]
        assert program(pages, "olga", "repo").get(f"{API}/deployments").json()["deployments"] == []
        assert reader.get("/api/v2").status_code == reader.get("/api/v1/none").status_code == 404
        assert reader.get("/").status_code == 303  # a token is for programs, and opens no page


@pytest.mark.parametrize(
    "header", ["Basic Z3JhY2U6eA==", "Bearer", "Bearer a b", "Bearer \xe9", "Bearer " + "a" * 2000]
)
def test_what_is_no_token_is_not_sent_to_github(world: Sandbox, tmp_path: Path, header: str) -> None:
    """It is refused here, also where the same browser has a session."""
    with site(world, tmp_path) as pages:
        reader = pages.browser("ada")
        reader.get("/")
        answer = reader.get(f"{API}/deployments", headers=[(b"authorization", header.encode("latin-1"))])
        assert answer.status_code == 401


def test_a_token_opens_no_more_here_than_at_github(world: Sandbox, tmp_path: Path) -> None:
    """One without the scope `repo` reads nothing private, whoever it belongs to; and no token is ever shown."""
    with site(world, tmp_path) as pages:
        world.github.set_permission("acme/shop", "grace", "admin")
        for scopes in ((), ("public_repo",), ("read:user",)):
            weak = program(pages, "grace", *scopes)
            assert held(weak.get(f"{API}/deployments"))["deployments"] == []
            assert weak.get(f"{API}/deployments/shop-run").status_code == 404
            assert weak.post(f"{API}/deployments/shop-run/rollback").status_code == 404
    assert "ghp_" not in repr(Bearer("ghp_secret"))


def test_rolling_back_takes_a_token_that_may_write(world: Sandbox, tmp_path: Path) -> None:
    """No cookie is enough, from whatever page; a reader is told what it takes, and an App's token cannot prove it."""
    with site(world, tmp_path, a_service) as pages:
        world.github.set_permission("acme/shop", "grace", "read")
        world.github.set_permission("acme/shop", "ada", "write")
        path = f"{API}/deployments/good/rollback"
        browser = pages.browser("ada")
        browser.get("/")
        for headers in ({}, {"origin": pages.url}, {"origin": "https://evil.example"}):
            refused = browser.post(path, headers=headers)
            assert refused.status_code == 401 and held(refused)
        refused = program(pages, "grace", "repo").post(path)
        assert refused.status_code == 403 and "write permission to acme/shop" in held(refused)["reason"]
        app = pages.browser()
        app.headers["authorization"] = f"Bearer {world.github.hub.tokens.people.give('ada')}"
        refused = app.post(path)
        assert refused.status_code == 403 and "gh auth token" in held(refused)["reason"]
        writer = program(pages, "ada", "repo")
        assert writer.post(f"{API}/deployments/none/rollback").status_code == 404
        pressed = held(writer.post(path))
        asked = f"{API}/deployments/good/rollbacks/{pressed['id']}"
        assert held(writer.get(asked))["id"] == pressed["id"]
        assert writer.get(f"{API}/deployments/good/rollbacks/another").status_code == 404
