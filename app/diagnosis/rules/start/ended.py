"""A start that ended, or never answered: nothing better is known."""

from __future__ import annotations

from app.diagnosis.places import anywhere, first
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.start.reading_binding import at_binding, command_place
from app.diagnosis.rules.start.reading_ended import bare_place, exited, mentioned, silent, slow
from app.diagnosis.rules.start.reading_lacking import STARTED, probe_path
from app.model import Blame

# Where the program binds it; of an image made elsewhere, where the service's description names it.
_AT_PORT = first(bare_place, at_binding, anywhere(r"^\s*-?\s*containerPort:\s*{wanted}\b", ".yaml", ".yml"))

RULES: tuple[Rule, ...] = (
    Rule(
        code="start-http-probe",
        only=STARTED,
        pattern=r"(?i)(?:startup|liveness) (?P<kind>http|grpc) probe failed.* on port (?P<port>\d+)(?: path "
        r"\"?(?P<path>/[^\s\".]*)\"?)?(?P<rest>.*)",
        read=lambda hit: {"why": hit["rest"].strip(" .") or "no answer"},
        place=probe_path,
        rank=Rank.SYMPTOM,
        title="The startup probe on {path} (port {port}) failed",
        message="Cloud Run's startup {kind} probe failed on port {port} path {path}: {why}.",
        fix="Answer {path} with 200 as soon as the server listens on 0.0.0.0 and $PORT, or correct the "
        "probe's path, or give it more "
        "failureThreshold and periodSeconds.",
    ),
    Rule(
        code="start-too-slow",
        only=STARTED,
        pattern=r"(?i)startup tcp probe failed|Startup probes? timed out|failed to become healthy",
        read=slow,
        place=first(anywhere(r"startupProbe", ".yaml", ".yml"), command_place),
        rank=Rank.SYMPTOM,
        title="The server is not ready on port {wanted} in time: too slow",
        message="The start was too slow: the startup probe on port {wanted} failed before the server was "
        "ready. It said: "
        "{heard}.",
        fix="Listen on 0.0.0.0 and $PORT first and load afterwards; or give it time: startupProbe "
        "failureThreshold × periodSeconds up to 240 s, "
        "--cpu-boost, fewer things at the start.",
    ),
    Rule(
        code="start-exit",
        only=STARTED,
        pattern=r"Container called exit\((?P<code>-?\d+)\)",
        read=exited,
        place=first(mentioned, command_place, bare_place),
        rank=Rank.SYMPTOM,
        title="{head}",
        message="Container called exit({code}): {why}. Its last words: {last}",
        fix="{advice}.",
    ),
    Rule(
        code="start-never-listens",
        only=STARTED,
        pattern=r"(?i)startup tcp probe failed|Startup probes? timed out|failed to become healthy",
        read=silent,
        place=_AT_PORT,
        rank=Rank.SYMPTOM,
        title="{told}",
        message="The startup probe failed: the container runs, but nothing in it listens on 0.0.0.0 port "
        "{wanted} (PORT={wanted}).",
        fix="{advice}; a worker that serves no requests belongs into a Cloud Run job or worker pool.",
    ),
    Rule(
        code="start-signal",
        only=STARTED,
        pattern=r"Uncaught signal: (?P<signal>\d+)|Container terminated on signal (?P<signal2>\d+)",
        read=lambda hit: {"signal": hit["signal"] or hit["signal2"]},
        place=command_place,
        rank=Rank.SYMPTOM,
        title="The program was ended by signal {signal}",
        message="Uncaught signal: {signal} (11 is a segmentation fault, 6 an abort, 9 a kill for memory).",
        fix="Run the image on your machine to see where it breaks; look for native libraries built for "
        "another image (musl, glibc, processor).",
    ),
    Rule(
        code="start-failed",
        only=STARTED,
        pattern=r"failed to start and (?:then )?listen on the port|failed the configured startup "
        r"probe|Container failed to start\b|Container Healthcheck failed|"
        r"Application exec likely failed",
        read=silent,
        place=_AT_PORT,
        rank=Rank.SYMPTOM,
        blame=Blame.UNKNOWN,
        title="The container did not start and listen on port {wanted}",
        message="Cloud Run: the user-provided container failed to start and listen on the port defined by "
        "PORT={wanted}. The log of the revision says why.",
        fix="{advice}; gcloud run services logs read SERVICE shows what the container printed.",
        link="https://cloud.google.com/run/docs/troubleshooting#container-failed-to-start",
    ),
)
