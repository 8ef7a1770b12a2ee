"""Everything that a ServerGem loads sooner or later, for the process that all others are forked from."""

from __future__ import annotations

import gc
from importlib import import_module

# As `servergem serve` does, before anything else is loaded.
from app.light_packages import load_lightly

load_lightly()

from google.cloud import (  # noqa: E402
    artifactregistry_v1,
    billing_v1,
    iam_admin_v1,
    resourcemanager_v3,
    run_v2,
    scheduler_v1,
    secretmanager_v1,
    service_usage_v1,
)
from google.cloud.devtools import cloudbuild_v1  # noqa: E402
from google.cloud.logging_v2.services import logging_service_v2  # noqa: E402

from app.call import Record, _answer_of  # noqa: E402
from app.conversation.outcome import Outcome  # noqa: E402
from app.diagnosis import Files, diagnose  # noqa: E402
from app.durable.written import Written, adapter_of  # noqa: E402
from app.stages.shift import restore  # noqa: E402
from app.store.previews import PreviewRow  # noqa: E402
from app.stories import STORIES  # noqa: E402
from app.stories.judgement import Judgement  # noqa: E402
from app.stories.plan import Reading  # noqa: E402
from app.stories.preview import _Plan  # noqa: E402
from app.trusted import authorities  # noqa: E402

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
# What a light package has is loaded by asking for it; each of these brings the types that it takes and gives.
for client in (
    artifactregistry_v1.ArtifactRegistryClient,
    billing_v1.CloudBillingClient,
    cloudbuild_v1.CloudBuildClient,
    iam_admin_v1.IAMClient,
    logging_service_v2.LoggingServiceV2Client,
    resourcemanager_v3.ProjectsClient,
    run_v2.ExecutionsClient,
    run_v2.JobsClient,
    run_v2.RevisionsClient,
    run_v2.ServicesClient,
    scheduler_v1.CloudSchedulerClient,
    secretmanager_v1.SecretManagerServiceClient,
    service_usage_v1.ServiceUsageClient,
):
    assert client

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
authorities()
# The tables of diagnosis and their patterns, which the first failure builds.
diagnose("make: *** [Makefile:1: all] Error 1", Files.of({}))
# What is here stays here: a collection in each process would look at all of it, and copy the pages that it lies on.
gc.collect()
gc.freeze()
