"""Vertex AI's publisher models over HTTP: what may ask, what a question looks like, and answers as they are scripted.

https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference,
https://cloud.google.com/vertex-ai/docs/general/iam-permissions (aiplatform.endpoints.predict)
"""

from __future__ import annotations

import re
from collections import deque
from typing import Any

from sandbox.google.errors import Code, Refusal, invalid
from sandbox.google.http_calls import HttpCalls, read_json
from sandbox.google.state import Projects
from sandbox.google.storage_words import Answer, Asked

API = "aiplatform.googleapis.com"
GENERATE = "PredictionService.GenerateContent"
MODELS = frozenset({"gemini-2.5-flash", "gemini-2.5-flash-lite", "gemini-2.5-pro"})
PATH = re.compile(
    r"/v1/(?P<parent>projects/(?P<project>[^/]+)/locations/[^/]+)/publishers/google/models/(?P<model>[^/:]+):generateContent"
)
# The request's fields, and those of generationConfig, as the reference above lists them.
FIELDS = {
    "contents",
    "systemInstruction",
    "tools",
    "toolConfig",
    "safetySettings",
    "generationConfig",
    "labels",
}
CONFIG = {
    "temperature", "topP", "topK", "candidateCount", "maxOutputTokens", "stopSequences", "presencePenalty",
    "frequencyPenalty", "responseMimeType", "responseSchema", "seed", "responseLogprobs", "logprobs", "thinkingConfig",
}  # fmt: skip
MOST_TOKENS = 65_536  # of what gemini-2.5 writes


class VertexAi:
    """`answers` are what the model writes next, in order; `asked` is what came, whole."""

    def __init__(self, projects: Projects, http: HttpCalls) -> None:
        self._projects, self._http = projects, http
        self.answers: deque[str] = deque()
        self.asked: list[dict[str, Any]] = []

    def is_asked(self, asked: Asked) -> bool:
        """Whether this is a question to a model, by its path alone: no other API has one like it."""
        return asked.method == "POST" and PATH.fullmatch(asked.path) is not None

    def answer(self, asked: Asked) -> Answer | None:
        """None for a connection that is to be lost."""
        named = PATH.fullmatch(asked.path)
        assert named is not None
        return self._http.carried_out(GENERATE, asked, lambda body: self._generated(named, body))

    def _generated(self, named: re.Match[str], body: bytes) -> dict[str, Any]:
        resource = f"{named['parent']}/endpoints/{named['model']}"
        self._projects.admit(f"projects/{named['project']}", API, "aiplatform.endpoints.predict", resource)
        if named["model"] not in MODELS:
            words = f"Publisher Model `{named['model']}` was not found or your project does not have access to it."
            raise Refusal(Code.NOT_FOUND, words)
        question = _read(body)
        self.asked.append(question)
        text = self.answers.popleft() if self.answers else ""
        content = {"role": "model", "parts": [{"text": text}]}
        return {"candidates": [{"content": content, "finishReason": "STOP"}], "modelVersion": named["model"]}


def _read(body: bytes) -> dict[str, Any]:
    """The question, if it is one that Google would take."""
    question = read_json(body)
    config = question.get("generationConfig", {})
    for name in (*(question.keys() - FIELDS), *(config.keys() - CONFIG)):
        raise invalid(f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.')
    parts = [part for content in question.get("contents", []) for part in content.get("parts", [])]
    if not parts or not all(part.get("text") for part in parts):
        raise invalid("Unable to submit request because it must have a text parameter.")
    if any(content.get("role") not in ("user", "model") for content in question["contents"]):
        raise invalid("Please use a valid role: user, model.")
    if not 0 < config.get("maxOutputTokens", 1) <= MOST_TOKENS:
        raise invalid(f"maxOutputTokens must be within 1 and {MOST_TOKENS}.")
    if "responseSchema" in config and config.get("responseMimeType") != "application/json":
        raise invalid(
            "Unable to submit request because responseSchema needs responseMimeType application/json."
        )
    return dict(question)
