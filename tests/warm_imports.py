"""Everything that a ServerGem loads sooner or later, for the process that all others are forked from."""

from __future__ import annotations

import gc
from importlib import import_module

from app.call import Record, _answer_of
from app.conversation.outcome import Outcome
from app.diagnosis import Files, diagnose
from app.durable.written import Written, adapter_of
from app.stages.shift import restore
from app.store.previews import PreviewRow
from app.stories import STORIES
from app.stories.judgement import Judgement
from app.stories.plan import Reading
from app.stories.preview import _Plan

EVERYTHING = (
    "anyio._backends._asyncio",
    "app.rounds.abandoned",
    "app.api",
    "app.api.endpoints",
    "app.cli",
    "app.conversation",
    "app.diagnosis",
    "app.durable",
    "app.process.listening",
    "app.main",
    "app.pages",
    "app.store.database",
    "app.store.intake_postgres",
    "app.store.reach",
    "app.rounds.open_checks",
    "app.rounds.sweep",
    "app.telemetry.trace_export",
    "app.setup.tunnel",
    "dbos._sys_db_postgres",
    "dbos._sys_db_sqlite",
    "google.cloud.artifactregistry_v1",
    "google.cloud.billing_v1",
    "google.cloud.devtools.cloudbuild_v1",
    "google.cloud.iam_admin_v1",
    "google.cloud.logging_v2.services.logging_service_v2",
    "google.cloud.resourcemanager_v3",
    "google.cloud.run_v2",
    "google.cloud.secretmanager_v1",
    "google.cloud.service_usage_v1",
    "google.cloud.storage",
    "grpc",
    "grpc._interceptor",
    "h11",
    "httpcore",
    "netrc",
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.sdk.trace",
    "prometheus_client",
    "sandbox.world",
    "tests.warm",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
)
for name in EVERYTHING:
    import_module(name)

# What is built at first use and then kept: how each story's argument and each stage's answer are written down.
WRITTEN = (
    Written,
    Record,
    tuple[Record, Record],
    Outcome,
    Judgement,
    Reading,
    _Plan,
    list[PreviewRow],
)
for story in STORIES.values():
    adapter_of(story.job)
    for stage in story.road:
        _answer_of(stage)
for type_ in WRITTEN:
    adapter_of(type_)
_answer_of(restore)
# The tables of diagnosis and their patterns, which the first failure builds.
diagnose("make: *** [Makefile:1: all] Error 1", Files.of({}))
# What is here stays here: a collection in each process would look at all of it, and copy the pages that it lies on.
gc.collect()
gc.freeze()
