"""The API's description of itself: OpenAPI 3.1, whose schemas are made of `app/api/shapes.py`; pure.

https://spec.openapis.org/oas/v3.1.0. A test holds each answer against it, and each route against its paths.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.api.shapes import DeploymentPage, InsightShape, PressShape, Refused, ServiceList, WholeDeployment
from app.insight import DAYS, PARTS
from app.model import Ending

MOST_DEPLOYMENTS = 100
SHAPES: tuple[type[BaseModel], ...] = (
    DeploymentPage,
    WholeDeployment,
    ServiceList,
    InsightShape,
    PressShape,
    Refused,
)
SCHEMAS = "#/components/schemas/"
REFUSALS = {
    400: "A word that is not understood.",
    401: "Nobody has signed in, and no GitHub token was sent.",
    403: "It takes write permission, and a token that has it.",
    404: "It is not there, or you may not read its repository at GitHub.",
    429: "Too many unknown tokens came within a minute.",
    503: "GitHub cannot be asked what you may do.",
}
READ, PRESS = (401, 404, 429, 503), (401, 403, 404, 429, 503)
Json = dict[str, Any]


def description(public_url: str) -> Json:
    """The whole document; `public_url` is where this ServerGem is."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ServerGem",
            "version": "1",
            "description": "Deployments of the repositories that you may read at GitHub, at this moment.",
        },
        "servers": [{"url": public_url}],
        "security": [{"token": []}, {"session": []}],
        "paths": _paths(),
        "components": {"schemas": _schemas(), "securitySchemes": _schemes()},
    }


def _paths() -> Json:
    repository, environment = _query("repository", "OWNER/REPO."), _query("environment", "As in production.")
    listed = (
        repository,
        environment,
        _query("state", "How it ended.", {"enum": ["running", *Ending]}),
        _query("before", "Older than this one, by its id: `next` of the page before."),
        _query("limit", "How many.", _whole(25, MOST_DEPLOYMENTS)),
    )
    every = _operation("listDeployments", "The newest first.", _json(DeploymentPage), (400, *READ), listed)
    serving = _operation(
        "listServices", "What serves now.", _json(ServiceList), READ, (repository, environment)
    )
    days = _query("days", "How long a time.", {"type": "integer", "enum": list(PARTS), "default": DAYS})
    counted = _operation(
        "getInsight",
        "DORA's four numbers, builds and findings.",
        _json(InsightShape),
        (400, *READ),
        (repository, environment, days),
    )
    return {
        "/api/v1/deployments": {"get": every},
        **_paths_of_one(),
        "/api/v1/services": {"get": serving},
        "/api/v1/insight": {"get": counted},
    }


def _paths_of_one() -> Json:
    one, named, pressed = "/api/v1/deployments/{id}", _path("id"), _path("press")
    part = (
        named,
        _query("from", "The first line, from 1.", _whole(1)),
        _query("lines", "How many.", _whole(5000, 5000)),
    )
    whole = _operation("getDeployment", "With stages and findings.", _json(WholeDeployment), READ, (named,))
    log = _operation("getLog", "Its log, all or some lines of it.", _text(), READ, part)
    back = _operation(
        "rollBack", "Give the traffic back as it was.", _json(PressShape), PRESS, (named,), good=202
    ) | {"security": [{"token": []}]}
    outcome = _operation("getRollback", "What came of it.", _json(PressShape), READ, (named, pressed))
    return {
        one: {"get": whole},
        f"{one}/log": {"get": log},
        f"{one}/rollback": {"post": back},
        f"{one}/rollbacks/{{press}}": {"get": outcome},
    }


def _operation(
    name: str,
    summary: str,
    content: Json,
    refusals: tuple[int, ...],
    parameters: tuple[Json, ...],
    good: int = 200,
) -> Json:
    answers = {str(good): {"description": summary, "content": content}}
    answers |= {
        str(status): {"description": REFUSALS[status], "content": _json(Refused)} for status in refusals
    }
    return {"operationId": name, "summary": summary, "parameters": list(parameters), "responses": answers}


def _json(shape: type[BaseModel]) -> Json:
    return {"application/json": {"schema": {"$ref": f"{SCHEMAS}{shape.__name__}"}}}


def _text() -> Json:
    return {"text/plain": {"schema": {"type": "string"}}}


def _query(name: str, meaning: str, schema: Json | None = None) -> Json:
    return {
        "name": name,
        "in": "query",
        "description": meaning,
        "schema": {"type": "string"} if schema is None else schema,
    }


def _path(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _whole(otherwise: int, most: int | None = None) -> Json:
    schema = {"type": "integer", "minimum": 1, "default": otherwise}
    return schema | ({"maximum": most} if most else {})


def _schemas() -> Json:
    named = [(shape, "serialization") for shape in SHAPES]
    _, whole = models_json_schema(named, ref_template=f"{SCHEMAS}{{model}}")  # type: ignore[arg-type]
    schemas: Json = whole["$defs"]
    return schemas


def _schemes() -> Json:
    return {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of yours at GitHub, as `gh auth token` prints one.",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "__Host-servergem-session",
            "description": "What signing in to the pages gives a browser; it reads alone.",
        },
    }
