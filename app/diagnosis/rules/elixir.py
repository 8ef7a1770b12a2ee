"""Elixir and Erlang: the compiler in its old and new wording, Mix and Hex, releases, Phoenix, ExUnit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from app.diagnosis.envelope import Kind
from app.diagnosis.places import (
    anywhere,
    at,
    base_image,
    dependency,
    dependency_line,
    failing_instruction,
    first,
    instruction,
    matching,
    repository_path,
    variable,
    whole_file,
)
from app.diagnosis.rule import Hit, Rank, Rule
from app.diagnosis.unclosed import bare_code, misplaced
from app.model import Place

_FILE = r"[\w./-]+\.(?:exs?|erl|hrl|heex|eex|leex)"
_POINTER = re.compile(r"└─ (" + _FILE + r"):(\d+)")
_FRAME = re.compile(r"^\s+(?:\((\w+) [\w.-]+\) )?(" + _FILE + r"):(\d+):")


def _located(hit: Hit) -> tuple[str, str]:
    """(path, line) that a diagnostic of Elixir 1.15 and later ends with."""
    for line in hit.after(40):
        if match := _POINTER.search(line):
            return match[1], match[2]
        if re.match(r"\s*(?:error|warning):", line):
            break
    return "", ""


def _diagnostic(hit: Hit) -> Mapping[str, str] | None:
    path, line = _located(hit)
    if not path:
        return None
    told = hit["error"]
    for each in hit.after(6):
        if re.match(r"\s+(?:│|\d+ │|└─)", each):
            break
        if each.strip():
            told += " " + each.strip()
    return {
        "path": path,
        "line": line,
        "error": re.sub(r" \(expected .*", "", told)[:220],
        "told": told[:260],
    }


def _counts(line: str) -> tuple[int, int]:
    code = bare_code(line)
    opens = len(re.findall(r"\bdo\b(?!:)", code)) + len(re.findall(r"\bfn\b", code))
    return opens, len(re.findall(r"(?<![.:\w@])end\b(?!:)", code))


def _syntax(hit: Hit) -> Mapping[str, str] | None:
    """The line that has to change: the opener that nothing ends, when the compiler or the indentation tells it."""
    path = repository_path(hit.files, hit["path"], hit)
    around = " ".join((hit.line, *hit.after(16)))
    number = int(hit["line"])
    error = hit["error"].strip() or next(
        (re.sub(r"^\s*(?:error|\|):?\s*", "", line).strip() for line in hit.after(3) if line.strip()), ""
    )
    change, advice = number, ""
    lines = hit.files.lines(path) if path else ()
    hint = re.search(r"it looks like the \"?(\w+)\"? on line (\d+) does not have a matching", around)
    if match := re.search(r"The \"(.)\" at line (\d+) is missing terminator \"(.)\"", around):
        change, advice = int(match[2]), f"Close the {match[1]} of line {match[2]} with {match[3]}"
    elif "mismatched delimiter" in around and (
        match := re.search(r"(\d+) │ .{0,300}?└ unclosed delimiter", around)
    ):
        change, advice = int(match[1]), f"Close what line {match[1]} of {path} opens"
    elif hint:
        change, advice = int(hint[2]), f"Add the missing end for the {hint[1]} on line {hint[2]}"
    elif "missing terminator: end" in around or 'expected "end"' in around:
        opened, _ = misplaced(lines, _counts)
        if opened:
            change, advice = opened, f"Add the missing end for what line {opened} of {path} opens"
    elif match := re.search(r"missing terminator: (\S+) \(for .* starting at line (\d+)\)", around):
        change, advice = int(match[2]), f"Close what begins on line {match[2]} with {match[1]}"
    elif re.search(r"unexpected reserved word: end|syntax error before: '?end", around):
        above = _line_above(lines, number)
        _, surplus = misplaced(lines, _counts)
        if above and re.search(r"[-+*/=|<>,.(]$|\b(?:and|or|not|when)$", lines[above - 1].rstrip()):
            change, advice = above, f"Complete line {above} of {path}"
        elif surplus:
            change, advice = surplus, f"Remove the end on line {surplus} of {path}"
    elif (match := re.search(r"syntax error before: ('?\S+)", around)) and lines and number <= len(lines):
        above = _line_above(lines, number)
        if (
            above
            and re.search(r"[-+*/=|<>,(]$", lines[above - 1].rstrip())
            and lines[number - 1].strip().startswith(match[1].strip("'"))
        ):
            change = above
    name = path or hit["path"]
    return {
        "file": name, "change": str(change), "error": error[:220],
        "advice": advice or f"Correct line {change} of {name}",
        "noticed": f"Elixir noticed it on line {number}." if change != number else "",
    }  # fmt: skip


def _line_above(lines: tuple[str, ...], number: int) -> int:
    return next((n for n in range(min(number - 1, len(lines)), 0, -1) if lines[n - 1].strip()), 0)


def _at_change(hit: Hit) -> Place | None:
    path = repository_path(hit.files, hit["path"], hit)
    return hit.files.place(path, int(hit["change"])) if path else None


def _frames(hit: Hit, count: int = 40) -> Iterator[tuple[str, int]]:
    """Every (path, line) of a stack that is ours; a frame of a dependency names its application."""
    own = _application(hit)
    for line in (hit.line, *hit.after(count)):
        if (match := _FRAME.match(line)) and (not match[1] or match[1] == own):
            path = repository_path(hit.files, match[2], hit)
            if path and "deps/" not in path and hit.files.has_line(path, int(match[3])):
                yield path, int(match[3])


def _application(hit: Hit) -> str:
    for path in hit.files.named("mix.exs"):
        if match := re.search(r"app:\s*:(\w+)", hit.files.text(path)):
            return match[1]
    return ""


def _deepest(hit: Hit) -> Place | None:
    return next((hit.files.place(path, line) for path, line in _frames(hit)), None)


def _raised(hit: Hit) -> Mapping[str, str] | None:
    if re.search(
        r"^\*\* \((?:CompileError|SyntaxError|TokenMissingError|MismatchedDelimiterError|Mix)\)", hit.line
    ):
        return None
    place = _deepest(hit)
    where = f"{place.path} line {place.line}" if place else "the program"
    error = hit["error"]
    advice = f"Correct {where}"
    if match := re.search(r"function (\S+) is undefined or private|function (\S+) is undefined", error):
        near = hit.find_after(r"^\s+\* (\w+[?!]?/\d+)", 12)
        advice = (
            f"Call {near[1]} instead, in {where}"
            if near
            else f"Define {match[1] or match[2]}, or correct its name in {where}"
        )
    elif "connection refused" in error or "econnrefused" in error or "nxdomain" in error:
        advice = (
            "Point DATABASE_URL at the real database (config/runtime.exs): on Cloud Run the socket "
            "/cloudsql/PROJECT:REGION:INSTANCE"
        )
    return {"where": where, "advice": advice}


def _missing_variable(hit: Hit) -> Mapping[str, str] | None:
    return {"name": hit["name"] or hit["name2"] or hit["name3"]}


def _warnings(hit: Hit) -> Mapping[str, str] | None:
    """--warnings-as-errors: the first warning above is what failed it."""
    lines = hit.before(200)[::-1]
    for index, line in enumerate(lines):
        match = re.match(r"\s*warning: (.*)$", line)
        if match is None:
            continue
        for each in lines[index + 1 : index + 25]:
            found = _POINTER.search(each) or re.match(r"\s+(" + _FILE + r"):(\d+)", each)
            if found and "deps/" not in found[1]:
                return {"error": match[1], "path": found[1], "line": found[2]}
            if re.match(r"\s*warning:", each):
                break
    return {"error": "", "path": "", "line": "1"}


def _dependency_named(hit: Hit) -> Mapping[str, str] | None:
    names = [hit["name"]] if hit["name"] else []
    for line in (*hit.after(12), *hit.before(12)):
        if match := re.match(r"\* (\w+) \(", line):
            names.append(match[1])
    return {"name": names[0] if names else "", "told": ", ".join(dict.fromkeys(names))}


def _hex(hit: Hit) -> Mapping[str, str] | None:
    told = " ".join(line.strip() for line in (hit.line, *hit.after(8)) if line.strip())[:280]
    for name in [
        hit["name"],
        *re.findall(r"[\"“](\w+)(?: [~><=][^\"”]*)?[\"”]", told),
        *re.findall(r"\b(\w+) [~><=]+ ?\d", told),
    ]:
        if name and dependency_line(hit, "elixir", name):
            return {"name": name, "told": told}
    return {"name": hit["name"], "told": told}


def _exunit(hit: Hit) -> Mapping[str, str] | None:
    told = []
    for line in hit.after(30):
        if re.match(r"\s{2,}\d+\) test ", line) or re.match(r"\s+stacktrace:|Finished in", line):
            break
        if line.strip() and not re.match(r"\s+\S+\.exs:\d+$", line):
            told.append(line.strip())
    return {"error": " ".join(told)[:260]} if told else None


def _exunit_place(hit: Hit) -> Place | None:
    for line in hit.after(60):
        if re.match(r"\s{2,}\d+\) test ", line):
            break
        match = re.match(r"\s+(?:\(\w+ [\w.-]+\) )?(" + _FILE + r"):(\d+): ", line)
        path = repository_path(hit.files, match[1], hit) if match else ""
        if match and path and "deps/" not in path:
            return hit.files.place(path, int(match[2]))
    found = hit.find_after(r"^\s+(\S+\.exs):(\d+)$", 3)
    path = repository_path(hit.files, found[1], hit) if found else ""
    return hit.files.place(path, int(found[2])) if found and path else None


def _unformatted(hit: Hit) -> Mapping[str, str] | None:
    match = hit.find_after(r"^\s+\* (\S+\.(?:exs?|heex))", 12)
    return {"path": match[1] if match else "", "line": "1"}


def _native_missing(hit: Hit) -> Mapping[str, str] | None:
    return {"package": "build-essential", "name": hit["tool"] or "make"}


def _only_boot(hit: Hit) -> Mapping[str, str] | None:
    told = [
        line.strip()
        for line in (*hit.before(12), *hit.after(6))
        if re.search(r"(?i)error|failed|missing|not ", line)
    ]
    return {"told": told[0][:220] if told else hit.line.strip()[:220]}


def _task(hit: Hit) -> Mapping[str, str] | None:
    known = (
        "phx.digest",
        "assets.deploy",
        "assets.build",
        "ecto.migrate",
        "ecto.setup",
        "release",
        "compile",
        "deps.get",
        "test",
        "phx.server",
    )
    aliases = [
        m
        for path in hit.files.named("mix.exs")
        for m in re.findall(r"[\"']?([\w.]+)[\"']?:\s*\[", hit.files.text(path))
    ]
    near = hit.files.nearest(hit["name"], [*known, *aliases], 0.7)
    return {"near": near if near != hit["name"] else "",
    "advice": f"Write mix {near}" if near and near != hit["name"] else
            f"Add the dependency or the alias that brings mix {hit['name']} to mix.exs (for this MIX_ENV too)"}  # fmt: skip


RULES: tuple[Rule, ...] = (
    Rule(
        code="elixir-syntax",
        pattern=r"\*\* \((?:SyntaxError|TokenMissingError|MismatchedDelimiterError)\) (?:(?:invalid syntax "
        r"found|token missing|mismatched delimiter found) on )?"
        r"(?P<path>[\w./-]+\.(?:exs?|heex|eex)):(?P<line>\d+)(?::\d+)?:\s*(?P<error>.*)$",
        read=_syntax,
        place=_at_change,
        rank=Rank.ROOT,
        title="{file} line {change}: {error}",
        message="{file} does not parse: {error}. {noticed}",
        fix="{advice}.",
    ),
    Rule(
        code="elixir-compile",
        pattern=r"\*\* \((?:CompileError|ArgumentError|UndefinedFunctionError)\) "
        r"(?P<path>[\w./-]+\.exs?):(?P<line>\d+)(?::\d+)?: (?P<error>.*)$",
        place=at(),
        rank=Rank.ROOT,
        title="{path} line {line}: {error}",
        message="Compilation error in file {path}: {error}.",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="elixir-compile-error",
        pattern=r"^\s*error: (?P<error>.+)$",
        read=_diagnostic,
        place=at(),
        rank=Rank.ROOT,
        many=True,
        title="{path} line {line}: {error}",
        message="Elixir: error: {told} ({path}:{line}).",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="elixir-warnings-as-errors",
        pattern=r"Compilation failed due to warnings while using the --warnings-as-errors option",
        read=_warnings,
        place=at(),
        title="{path} line {line}: {error}",
        message="Compilation failed due to warnings while using the --warnings-as-errors option: {error}.",
        fix="Remove the cause of the warning on line {line} of {path}.",
    ),
    Rule(
        code="elixir-variable-missing",
        pattern=r"environment variable (?P<name>[A-Z][A-Z0-9_]+) is missing|could not fetch environment "
        r"variable \"(?P<name2>\w+)\" because it is not set|"
        r"System\.EnvError.*\"(?P<name3>[A-Z]\w+)\"",
        read=_missing_variable,
        place=first(variable("name"), _deepest),
        rank=Rank.ROOT,
        title="The environment variable {name} is not set",
        message="environment variable {name} is missing: the configuration raises without it.",
        fix="Set {name} for the service (env in servergem.yml, a secret for SECRET_KEY_BASE: mix "
        "phx.gen.secret); what only the run needs is read "
        "in config/runtime.exs, not while compiling.",
    ),
    Rule(
        code="mix-dependencies-unavailable",
        pattern=r"Unchecked dependencies for environment (?P<env>\w+):|\*\* \(Mix\) Can't continue due to "
        r"errors on dependencies",
        read=_dependency_named,
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
        read=_dependency_named,
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
            _hex(hit)
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
        read=_task,
        title="mix has no task {name}",
        message='** (Mix) The task "{name}" could not be found {near}.',
        fix="{advice}.",
    ),
    Rule(
        code="mix-native-tool",
        pattern=r"\*\* \(Mix\) \"(?P<tool>make|nmake|gcc|cc|cmake)\" not found in the path|could not compile "
        r"dependency.*(?P<tool2>make): not found",
        read=_native_missing,
        place=failing_instruction,
        rank=Rank.ROOT,
        title="{name} is not in the image",
        message='** (Mix) "{name}" not found in the path: a dependency has native code.',
        fix="Write RUN apt-get update && apt-get install -y build-essential git in the build stage before mix "
        "deps.compile.",
    ),
    Rule(
        code="mix-dependency-compile",
        pattern=r"could not compile dependency :(?P<name>\w+), \"(?P<command>[^\"]+)\" failed",
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
        read=_unformatted,
        place=at(),
        title="{path} is not formatted",
        message="mix format failed due to --check-formatted. {path} is not formatted.",
        fix="Run mix format and commit.",
    ),
    Rule(
        code="exunit-failure",
        pattern=r"^\s{2,}\d+\) (?P<name>(?:test|doctest|property) .+)$",
        read=_exunit,
        place=_exunit_place,
        many=True,
        rank=Rank.ROOT,
        title="{name} fails",
        message="ExUnit: {name}: {error}",
        fix="Correct the code until the test passes, or the assertion where it is wrong.",
    ),
    Rule(
        code="elixir-application-start",
        pattern=r"\*\* \(Mix\) Could not start application (?P<name>\w+): (?P<error>.*)",
        place=first(_deepest, matching(r"mod:\s*\{", "mix.exs"), anywhere(r"children\s*=", ".ex")),
        title="The application {name} does not start: {error}",
        message="** (Mix) Could not start application {name}: {error}",
        fix="Correct what its supervisor starts: {error}",
    ),
    Rule(
        code="elixir-child-missing",
        pattern=r"The module (?P<name>[\w.]+) was given as a child to a supervisor\s+but it does not exist",
        place=anywhere(r"\b{name}\b", ".ex"),
        rank=Rank.ROOT,
        title="{name} is started, but there is no such module",
        message="The module {name} was given as a child to a supervisor but it does not exist.",
        fix="Define {name} or correct its name in the supervisor's children.",
    ),
    Rule(
        code="elixir-static-manifest",
        pattern=r"Could not find static manifest at \"?(?P<path>[^\"\s]+)\"?",
        place=first(
            anywhere(r"mix (?:phx\.digest|assets\.deploy)", "Dockerfile"),
            matching(r"cache_static_manifest", "prod.exs"),
            instruction("RUN"),
        ),
        title="The assets were not digested into the image",
        message='Could not find static manifest at {path}. Run "mix phx.digest" after building your static files.',
        fix="Write RUN mix assets.deploy in the Dockerfile before mix release.",
    ),
    Rule(
        code="elixir-database",
        pattern=r"(?:Postgrex|MyXQL|Tds)\.Protocol.*failed to connect: \*\* \((?P<klass>[\w.]+)\) (?P<error>.*)$",
        place=first(matching(r"url:|hostname:|socket", "runtime.exs", "prod.exs"), variable("name")),
        title="The database could not be reached: {error}",
        message="Postgrex failed to connect: ** ({klass}) {error}",
        fix="Point DATABASE_URL at the real database (config/runtime.exs): on Cloud Run the socket "
        "/cloudsql/PROJECT:REGION:INSTANCE.",
    ),
    Rule(
        code="elixir-exception",
        pattern=r"\*\* \((?P<klass>[A-Z]\w*(?:\.\w+)*|exit)\) (?P<error>.+)$",
        read=_raised,
        place=_deepest,
        title="{where}: {error}",
        message="** ({klass}) {error} ({where}).",
        fix="{advice}.",
    ),
    Rule(
        code="erlang-compile",
        pattern=r"^(?P<path>[\w./-]+\.[eh]rl):(?P<line>\d+)(?::\d+)?: (?P<error>(?:syntax error|function "
        r"|undefined|variable|head mismatch|unterminated|can't find|record |illegal|unbound|type ).*)$",
        place=at(),
        rank=Rank.ROOT,
        many=True,
        title="{path} line {line}: {error}",
        message="Erlang: {error} ({path}:{line}).",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="elixir-boot",
        pattern=r"Runtime terminating during boot|Kernel pid terminated|init terminating in do_boot|Crash "
        r"dump is being written to|ERROR! Config provider",
        read=_only_boot,
        place=first(_deepest, whole_file("runtime.exs")),
        rank=Rank.SYMPTOM,
        title="The release ended while booting: {told}",
        message="The Erlang machine ended while booting (Crash dump is being written): {told}",
        fix="Correct what the lines above name; mostly config/runtime.exs or a child of the supervisor.",
        only=frozenset({Kind.STEP, Kind.CONTAINER, Kind.INSTRUCTION}),
    ),
)
