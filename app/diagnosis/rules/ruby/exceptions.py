"""Ruby: exceptions that nobody caught."""

from __future__ import annotations

from app.diagnosis.places import anywhere, first
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.ruby.reading_exceptions import TRACE, gem_of_frame, headed_words, uncaught

_ERROR = (
    r"(?:[A-Z]\w*::)*[A-Z]\w*(?:Error|Exception|Invalid|NotFound|Unavailable|Missing\w*|Interrupt|ENOENT|"
    r"EACCES)"
)

_IN_CODE = first(TRACE.deepest, gem_of_frame)

RULES: tuple[Rule, ...] = (
    Rule(
        code="ruby-redis-unreachable",
        pattern=r"(?P<error>.*?) "
        r"?\((?P<klass>Redis(?:Client)?::CannotConnectError)\)|"
        r"(?P<klass2>Redis(?:Client)?::CannotConnectError): (?P<error2>.*)",
        read=lambda hit: {"error": (hit["error"] or hit["error2"]).strip()},
        place=first(
            anywhere(r"(?i)redis.*url|redis://|REDIS", ".rb", "redis.yml", "cable.yml"), TRACE.deepest
        ),
        title="Redis could not be reached: {error}",
        message="Redis::CannotConnectError: {error}",
        fix="Set REDIS_URL to the real Redis (Memorystore, through a VPC connector): there is none on "
        "127.0.0.1 in the container.",
    ),
    Rule(
        code="ruby-uncaught",
        pattern=r"^(?P<path>\S+?):(?P<line>\d+):in [`'](?P<method>.*?)': (?P<error>.+) "
        r"\((?P<klass>[A-Z]\w*(?:::\w+)*)\)$",
        read=uncaught,
        place=_IN_CODE,
        title="{where}: {error}",
        message="{klass}: {error} ({where}).",
        fix="{advice}.",
    ),
    Rule(
        code="ruby-exception",
        pattern=r"^(?:! Unable to load application: )?(?P<klass>" + _ERROR + r"): (?P<error>\S.*)$",
        read=headed_words,
        place=_IN_CODE,
        title="{where}: {error}",
        message="{klass}: {error} ({where}).",
        fix="{advice}.",
    ),
    Rule(
        code="ruby-failed-to-load",
        pattern=r"bundler: failed to load command: (?P<name>\S+)|! Unable to load application: (?P<error>.*)|"
        r"^(?:rake|rails|bin/rails) aborted!",
        rank=Rank.SYMPTOM,
        read=lambda hit: {"error": hit["error"] or " ".join(hit.after(2))},
        place=_IN_CODE,
        title="The Ruby program did not load: {error}",
        message="{name} stopped while it loaded the program: {error}",
        fix="Correct what the lines below this one in the log name.",
    ),
)
