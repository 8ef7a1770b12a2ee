"""Vertex AI: one question to a Gemini model, one answer in a form that the question gives.

By plain HTTP: it is one POST of one JSON, for which the client library would bring retries and transports of its own,
where a question that is paid for is to be asked once.
https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
from pydantic import BaseModel, ValidationError

from app.retry import Policy
from gcp.errors import Denial, GoogleError, ask
from gcp.later import later
from gcp.rest import line_to_google

if TYPE_CHECKING:
    from google.api_core import exceptions as api
else:
    api = later("google.api_core.exceptions")

METHOD = "PredictionService.GenerateContent"
SECONDS = 20.0  # from the question to the last byte of the answer
MOST_BYTES = 256 * 1024
# What a model may write, with what it thinks before, which counts as well:
# https://cloud.google.com/vertex-ai/generative-ai/docs/thinking
MOST_TOKENS = 4096
ONCE = Policy(attempts=1)


@dataclass(frozen=True)
class Model:
    """A model of Google's, as a project may ask it in a region."""

    project: str
    region: str
    name: str

    @property
    def address(self) -> str:
        """https://cloud.google.com/vertex-ai/generative-ai/docs/learn/locations: `global` has a host without region."""
        host = "" if self.region == "global" else f"{self.region}-"
        return f"https://{host}aiplatform.googleapis.com"

    @property
    def path(self) -> str:
        place = f"projects/{self.project}/locations/{self.region}"
        return f"/v1/{place}/publishers/google/models/{self.name}:generateContent"


class _Part(BaseModel):
    text: str = ""
    thought: bool = False


class _Content(BaseModel):
    parts: tuple[_Part, ...] = ()


class _Candidate(BaseModel):
    content: _Content = _Content()


class _Answered(BaseModel):
    candidates: tuple[_Candidate, ...] = ()


def generate(
    endpoint: str, model: Model, words: str, form: Mapping[str, Any], seconds: float = SECONDS
) -> str:
    """What the model writes within `seconds`; a stand-in at `endpoint` knows no credentials. Asked once.

    Raises GoogleError.
    """
    body = {
        "contents": [{"role": "user", "parts": [{"text": words}]}],
        "generationConfig": {
            "temperature": 0,
            "candidateCount": 1,
            "maxOutputTokens": MOST_TOKENS,
            "responseMimeType": "application/json",
            "responseSchema": form,
        },
    }
    raw = ask(ONCE, METHOD, lambda: _asked(endpoint, model, body, seconds))
    try:
        answered = _Answered.model_validate_json(raw)
    except ValidationError as error:
        raise GoogleError(Denial("INTERNAL", "an answer that cannot be read", METHOD)) from error
    parts = [part for each in answered.candidates[:1] for part in each.content.parts]
    return "".join(part.text for part in parts if not part.thought)


def _asked(endpoint: str, model: Model, body: Mapping[str, Any], seconds: float) -> bytes:
    until = time.monotonic() + seconds
    with line_to_google(endpoint, SECONDS) as line:
        answer = line.post(
            (endpoint or model.address) + model.path,
            json=body,
            timeout=seconds,
            allow_redirects=False,
            stream=True,
        )
        with answer:
            if answer.status_code != requests.codes.ok:
                raise api.from_http_response(answer)  # type: ignore[no-untyped-call]  # it has no types
            return _whole(answer, until)


def _whole(answer: requests.Response, until: float) -> bytes:
    """The answer's bytes, unless they come too slowly or never end."""
    found = b""
    for chunk in answer.iter_content(16 * 1024):
        found += chunk
        if len(found) > MOST_BYTES or time.monotonic() > until:
            raise GoogleError(Denial("DEADLINE_EXCEEDED", "an answer without an end", METHOD))
    return found
