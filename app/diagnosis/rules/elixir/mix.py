"""Elixir: what mix and Hex say of dependencies and tasks."""

from __future__ import annotations

from app.diagnosis.dependencies import dependency
from app.diagnosis.instructions import base_image, failing_instruction
from app.diagnosis.places import anywhere, at, first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.elixir.reading import dependency_named, hex_words, native_missing, task, unformatted
from app.diagnosis.transcript import Kind

RULES: tuple[Rule, ...] = (
    Rule(
        code="mix-dependencies-unavailable",
        pattern=r"Unchecked dependencies for environment (?P<env>\w+):|\*\* \(Mix\) Can't continue due to "
        r"errors on dependencies",
        read=dependency_named,
        place=first(dependency("elixir", "name"), whole_file("mix.lock"), whole_file("mix.exs")),
        title="Dependencies are not there: {told}",
        message="Unchecked dependencies for environment {env}: {told}. The dependency is not available or its "
        "lock does not fit.",
        fix="Run mix deps.get --only prod before this step in the Dockerfile, with the same MIX_ENV, and "
        "commit mix.lock.",
    ),
    Rule(
        code="mix-lock",
        pattern=r"Your mix\.lock is out of date and must be updated without the --check-locked flag|lock "
        r"mismatch: the dependency is out of date",
        read=dependency_named,
        place=first(dependency("elixir", "name"), whole_file("mix.lock"), whole_file("mix.exs")),
        rank=Rank.ROOT,
        title="mix.lock does not fit mix.exs",
        message="Your mix.lock is out of date (lock mismatch {told}).",
        fix="Run mix deps.get and commit mix.lock.",
    ),
    Rule(
        code="mix-hex-missing",
        pattern=r"Could not find Hex, which is needed to build dependency|Could not find an SCM for "
        r"dependency :(?P<name>\w+)|Could not find \"?rebar3?\"?, which is needed",
        place=first(failing_instruction, dependency("elixir", "name")),
        title="Hex or rebar is not installed",
        message="Mix: Could not find Hex (or rebar), which is needed to build dependency :{name}.",
        fix="Write RUN mix local.hex --force && mix local.rebar --force in the Dockerfile before mix deps.get.",
    ),
    Rule(
        code="mix-hex-no-package",
        pattern=r"No package with name (?P<name>\w+) \(from: mix\.exs\) in registry",
        read=lambda hit: (
            None if hit.find_before(r"^:timeout|:closed|Unknown CA|:econnrefused|:nxdomain", 60) else {}
        ),
        place=dependency("elixir", "name"),
        rank=Rank.ROOT,
        title="There is no Hex package {name}",
        message="No package with name {name} (from: mix.exs) in registry.",
        fix="Correct the name in mix.exs, then run mix deps.get and commit mix.lock.",
    ),
    Rule(
        code="mix-hex-no-version",
        pattern=r"No matching version for (?P<name>\w+) (?P<version>.*?) \(from: mix\.exs\) in registry",
        place=dependency("elixir", "name"),
        rank=Rank.ROOT,
        title="{name} has no version {version}",
        message="No matching version for {name} {version} (from: mix.exs) in registry.",
        fix="Ask for a version of {name} that exists in mix.exs, then run mix deps.get and commit mix.lock.",
    ),
    Rule(
        code="mix-hex-conflict",
        pattern=r"Failed to use \"(?P<name>\w+)\"|^Because .*(?:your app|the lock|\").*|\*\* \(Mix\) Hex "
        r"dependency resolution failed",
        read=lambda hit: (
            hex_words(hit)
            if hit.find(r"\*\* \(Mix\)|Resolving Hex dependencies|Hex dependency resolution")
            else None
        ),
        place=first(dependency("elixir", "name"), whole_file("mix.exs")),
        title="The versions in mix.exs do not agree: {name}",
        message="Hex dependency resolution failed: {told}",
        fix="Change the version of {name} in mix.exs so that all sides agree, then run mix deps.get and "
        "commit mix.lock.",
    ),
    Rule(
        code="mix-elixir-version",
        pattern=r"You're trying to run :(?P<app>\w+) on Elixir v(?P<have>[\w.-]+) but it has declared in its "
        r"mix\.exs file it supports only Elixir (?P<wanted>.+)$",
        place=first(matching(r"elixir:", "Dockerfile"), matching(r"elixir:\s*\"", "mix.exs"), base_image),
        rank=Rank.ROOT,
        title="The image has Elixir {have}, mix.exs asks for {wanted}",
        message="You're trying to run :{app} on Elixir v{have} but it has declared in its mix.exs file it "
        "supports only Elixir {wanted}.",
        fix="Take an image with Elixir {wanted} (FROM elixir:… or hexpm/elixir:…), or loosen elixir: in mix.exs.",
    ),
    Rule(
        code="mix-unknown-task",
        pattern=r"\*\* \(Mix\) The task \"(?P<name>[^\"]+)\" could not be found",
        read=task,
        title="mix has no task {name}",
        message='** (Mix) The task "{name}" could not be found {near}.',
        fix="{advice}.",
    ),
    Rule(
        code="mix-native-tool",
        pattern=r"\*\* \(Mix\) \"(?P<tool>make|nmake|gcc|cc|cmake)\" not found in the path|could not compile "
        r"dependency.*(?P<tool2>make): not found|lib/system\.ex:\d+: System\.cmd\(\"(?P<tool3>make|gcc|cc|cmake)\"|"
        r"^You need to have gcc and make installed",
        read=native_missing,
        place=failing_instruction,
        rank=Rank.ROOT,
        title="{name} is not in the image",
        message='"{name}" not found in the path: a dependency has native code.',
        fix="Write RUN apt-get update && apt-get install -y build-essential git (Alpine: RUN apk add build-base git) "
        "in the build stage before mix deps.compile.",
    ),
    Rule(
        code="mix-colocated",
        pattern=r"(?:Could not resolve|Can't resolve) ['\"](?P<name>phoenix-colocated/[\w./-]+)['\"]",
        only=frozenset({Kind.INSTRUCTION, Kind.STEP}),
        place=failing_instruction,
        rank=Rank.ROOT,
        title="{name} is what mix compile makes, and it has not run yet",
        message="Could not resolve {name}: LiveView writes the colocated hooks and styles into _build while it compiles.",
        fix="Write RUN mix compile above the line with mix assets.deploy in the Dockerfile, with the same MIX_ENV.",
        link="https://hexdocs.pm/phoenix_live_view/Phoenix.LiveView.ColocatedHook.html",
    ),
    Rule(
        code="mix-not-compiled",
        pattern=r"Cannot execute task because the project was not yet compiled",
        rank=Rank.ROOT,
        title="The project is not compiled when its release is made",
        message="The project was not yet compiled, and build_embedded in mix.exs forbids this task to do it.",
        fix="Write RUN mix compile before this line in the Dockerfile, with the same MIX_ENV.",
    ),
    Rule(
        code="mix-config-missing",
        pattern=r"\*\* \((?:Mix\.Config\.LoadError|File\.Error|Code\.LoadError)\) could not (?:load config|read file|load) "
        r"\"?(?:\S*/)?config/(?P<name>[\w.-]+\.exs)",
        place=first(anywhere(r"import_config\W+{name}", ".exs"), whole_file("config.exs")),
        rank=Rank.ROOT,
        title="config/{name} is imported and is not in the image",
        message="config/{name} is not there: git or .dockerignore leaves it out, or no COPY brings it.",
        fix="Take import_config for {name} out and read its secrets with System.fetch_env! in config/runtime.exs; "
        "a file without secrets belongs into git and into COPY config.",
        link="https://hexdocs.pm/elixir/config-and-releases.html",
    ),
    Rule(
        code="mix-dependency-compile",
        pattern=r"[Cc]ould not compile dependency :(?P<name>\w+), \"(?P<command>.+?)\"+ (?:command )?failed",
        place=dependency("elixir", "name"),
        rank=Rank.SYMPTOM,
        title="The dependency {name} does not compile",
        message='could not compile dependency :{name}, "{command}" failed.',
        fix="Take a version of {name} that suits this Elixir and OTP (mix deps.update {name}), or install "
        "what its native code needs.",
    ),
    Rule(
        code="mix-format",
        pattern=r"mix format failed due to --check-formatted",
        read=unformatted,
        place=at(),
        title="{path} is not formatted",
        message="mix format failed due to --check-formatted. {path} is not formatted.",
        fix="Run mix format and commit.",
    ),
)
