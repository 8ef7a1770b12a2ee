"""Erlang's rebar3 and Hex' registry: packages that are not there, a registry that does not answer, releases that lack one."""

from __future__ import annotations

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.places import at, first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.elixir.reading_rebar import unreached, where_it_points
from app.model import Blame

RULES: tuple[Rule, ...] = (
    Rule(
        code="mix-hex-unreached",
        pattern=r"^Failed to fetch record for '?(?:hexpm/)?(?P<name>\w+)'? from registry",
        read=unreached,
        nowhere=True,
        blame=Blame.UNKNOWN,
        rank=Rank.ROOT,
        title="Hex' registry (repo.hex.pm) did not answer",
        message="Failed to fetch record for {name} from registry: {said}. What mix says afterwards of unknown packages follows from it.",
        fix="Run it again; in a build behind a proxy set HTTPS_PROXY, or HEX_HTTP_CONCURRENCY=1 and HEX_HTTP_TIMEOUT=120 for a slow line.",
        link="https://hex.pm/docs/self_hosting",
    ),
    Rule(
        code="rebar-no-package",
        pattern=r"Package not found in any repo: (?P<name>\w+)(?: (?P<version>\S+))?|Failed to fetch and copy dep: \{(?:pkg,<<\"|git,\")(?P<name2>[\w./:@-]+)",
        read=lambda hit: {"name": hit["name"] or hit["name2"]},
        place=first(matching(r"\b{name}\b", "rebar.config", "rebar.lock"), whole_file("rebar.config")),
        rank=Rank.ROOT,
        title="rebar3 finds no {name} {version}",
        message="Package not found in any repo: {name} {version}.",
        fix="Correct the name or the version in rebar.config, then run rebar3 upgrade {name} and commit rebar.lock.",
        link="https://rebar3.org/docs/configuration/dependencies/",
    ),
    Rule(
        code="rebar-compile",
        pattern=r"^===> Compiling (?P<path>\S+\.[ehy]rl) failed",
        read=where_it_points,
        place=at(),
        rank=Rank.ROOT,
        title="{path} line {line}: {said}",
        message="rebar3: compiling {path} failed: {said} (line {line}).",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="rebar-release",
        pattern=r"Application needed for release not found: (?P<name>\w+)",
        place=first(
            matching(r"\b{name}\b", "rebar.config"), matching(r"\{relx", "rebar.config"), failing_instruction
        ),
        rank=Rank.ROOT,
        title="The release asks for {name}, which is no application here",
        message="Application needed for release not found: {name}.",
        fix="Correct {name} in relx of rebar.config, add it to deps, or COPY apps/{name} into the image before rebar3 runs.",
        link="https://rebar3.org/docs/deployment/releases/",
    ),
)
