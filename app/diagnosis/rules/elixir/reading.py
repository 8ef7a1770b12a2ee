"""What Elixir's rows read in other lines and in the repository: syntax, stacks, mix's own reports."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.paths import repository_path
from app.diagnosis.rule import Hit
from app.diagnosis.rules.machine.reading_thrown import asked_by
from app.diagnosis.traces import Trace
from app.model import Place

_FILE = r"[\w./-]+\.(?:exs?|erl|hrl|heex|eex|leex)"

_POINTER = re.compile(r"└─ (" + _FILE + r"):(\d+)")


def _located(hit: Hit) -> tuple[str, str]:
    """(path, line) that a diagnostic of Elixir 1.15 and later ends with."""
    for line in hit.after(40):
        if match := _POINTER.search(line):
            return match[1], match[2]
        if re.match(r"\s*(?:error|warning):", line):
            break
    return "", ""


def diagnostic(hit: Hit) -> Mapping[str, str] | None:
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


def _application(hit: Hit) -> str:
    for path in hit.files.named("mix.exs"):
        if match := re.search(r"app:\s*:(\w+)", hit.files.text(path)):
            return match[1]
    return ""


def _source_of_frame(hit: Hit, frame: re.Match[str]) -> str:
    """A frame of a dependency names its application."""
    if frame["application"] and frame["application"] != _application(hit):
        return ""
    path = repository_path(hit.files, frame["path"], hit)
    return "" if "deps/" in path else path


TRACE = Trace(
    frame=re.compile(r"^\s+(?:\((?P<application>\w+) [\w.-]+\) )?(?P<path>" + _FILE + r"):(?P<line>\d+):"),
    source=_source_of_frame,
)


_CORRECT = "Find the call that gave it what it does not take: the line above names it"

# What a release has not: mix is a tool of the build.
_BUILD_ONLY = {
    "Mix.env/0": "Write config_env() instead of Mix.env() in config/runtime.exs (elsewhere a value of config): a release has no Mix",
    "Mix.target/0": "Write config_target() instead of Mix.target(): a release has no Mix",
}


def raised(hit: Hit) -> Mapping[str, str] | None:
    if re.search(
        r"^\*\* \((?:CompileError|SyntaxError|TokenMissingError|MismatchedDelimiterError|Mix)\)", hit.line
    ):
        return None
    if hit["klass"] == "EXIT" and hit.find_after(r"Kernel pid terminated", 400):
        return None  # why one process ended; what ended the program is told below
    where = TRACE.where(hit)
    error = hit["error"]
    advice = asked_by(hit, error, TRACE.deepest(hit)) or (
        f"Correct {where}" if where != "the program" else _CORRECT
    )
    if match := re.search(r"function (Mix\.\S+) is undefined", error):
        advice = _BUILD_ONLY.get(
            match[1], f"Take {match[1]} out of what runs: mix belongs to the build, a release has no Mix"
        )
    elif match := re.search(r"function (\S+) is undefined or private|function (\S+) is undefined", error):
        near = hit.find_after(r"^\s+\* (\w+[?!]?/\d+)", 12)
        advice = (
            f"Call {near[1]} instead, in {where}"
            if near
            else f"Define {match[1] or match[2]}, or correct its name in {where}"
        )
    elif "connection refused" in error or "econnrefused" in error or "nxdomain" in error:
        advice = "Point DATABASE_URL at the real database (config/runtime.exs): on Cloud Run the socket /cloudsql/PROJECT:REGION:INSTANCE"
    return {"where": where, "advice": advice}


def missing_variable(hit: Hit) -> Mapping[str, str] | None:
    return {"name": hit["name"] or hit["name2"] or hit["name3"]}


def warnings(hit: Hit) -> Mapping[str, str] | None:
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


def dependency_named(hit: Hit) -> Mapping[str, str] | None:
    names = [hit["name"]] if hit["name"] else []
    for line in (*hit.after(12), *hit.before(12)):
        if match := re.match(r"\* (\w+) \(", line):
            names.append(match[1])
    return {"name": names[0] if names else "", "told": ", ".join(dict.fromkeys(names))}


def hex_words(hit: Hit) -> Mapping[str, str] | None:
    told = " ".join(line.strip() for line in (hit.line, *hit.after(8)) if line.strip())[:280]
    for name in [
        hit["name"],
        *re.findall(r"[\"“](\w+)(?: [~><=][^\"”]*)?[\"”]", told),
        *re.findall(r"\b(\w+) [~><=]+ ?\d", told),
    ]:
        if name and dependency_line(hit, "elixir", name):
            return {"name": name, "told": told}
    return {"name": hit["name"], "told": told}


def exunit(hit: Hit) -> Mapping[str, str] | None:
    told = []
    for line in hit.after(30):
        if re.match(r"\s{2,}\d+\) test ", line) or re.match(r"\s+stacktrace:|Finished in", line):
            break
        if line.strip() and not re.match(r"\s+\S+\.exs:\d+$", line):
            told.append(line.strip())
    return {"error": " ".join(told)[:260]} if told else None


def exunit_place(hit: Hit) -> Place | None:
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


def unformatted(hit: Hit) -> Mapping[str, str] | None:
    match = hit.find_after(r"^\s+\* (\S+\.(?:exs?|heex))", 12)
    return {"path": match[1] if match else "", "line": "1"}


def native_missing(hit: Hit) -> Mapping[str, str] | None:
    asked = "error: :enoent" if hit["tool3"] else "Error 127|not found"  # make's hint follows every failure
    if (hit["tool3"] or hit.line.startswith("You need")) and not hit.find(asked):
        return None
    return {"name": hit["tool"] or hit["tool3"] or "make"}


def only_boot(hit: Hit) -> Mapping[str, str] | None:
    told = [
        line.strip()
        for line in (*hit.before(12), *hit.after(6))
        if re.search(r"(?i)error|failed|missing|not ", line)
    ]
    return {"told": told[0][:220] if told else hit.line.strip()[:220]}


def task(hit: Hit) -> Mapping[str, str] | None:
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
        for m in re.findall(r"(?<![\w.])([\w.]+)[\"']?:\s*\[", hit.files.text(path))
    ]
    near = hit.files.nearest(hit["name"], [*known, *aliases], 0.7)
    return {"near": near if near != hit["name"] else "",
    "advice": f"Write mix {near}" if near and near != hit["name"] else
            f"Add the dependency or the alias that brings mix {hit['name']} to mix.exs (for this MIX_ENV too)"}  # fmt: skip
