"""Rails: its database, its secrets, its assets."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.paths import nearest_first, repository_path
from app.diagnosis.places import anywhere, first, matching, whole_file
from app.diagnosis.rule import Hit
from app.diagnosis.rules.ruby.reading_exceptions import TRACE
from app.diagnosis.transcript import Kind
from app.model import Place


def yaml_file(hit: Hit) -> Mapping[str, str] | None:
    match = re.search(r"at line (\d+)", " ".join((hit.line, *hit.after(2))))
    return {"line": match[1] if match else "1"}


def defined_where(hit: Hit) -> Mapping[str, str] | None:
    path = repository_path(hit.files, hit["path"], hit)
    return {"line": "1", "file": path or hit["path"]}


def secret_build(hit: Hit) -> Mapping[str, str] | None:
    ran = hit.section.instruction or hit.transcript.failed_instruction
    if hit.section.kind is Kind.CONTAINER or not ran:
        advice = "Give the service SECRET_KEY_BASE (from Secret Manager) or RAILS_MASTER_KEY"
    else:
        advice = (
            "Write RUN SECRET_KEY_BASE_DUMMY=1 bin/rails assets:precompile (before Rails 7.1, set "
            "SECRET_KEY_BASE to any word in this RUN)"
        )
    return {"advice": advice}


def unreached(hit: Hit) -> Mapping[str, str]:
    """What the driver said: behind the name of the error, before it in brackets, or on the next line."""
    before = re.search(r"'?: (?P<said>[^()]{12,}) \([A-Z]\w+(?:::\w+)+\)$", hit.line)
    below = " ".join(line for line in hit.after(1) if not line.startswith("Container called"))
    return {"error": hit["error"] or (before["said"].rstrip(". ") if before else below) or "no answer"}


# What only starts Rails: behind these lines stands the one that asks.
_STARTS = ("config/environment.rb", "config/application.rb", "config/boot.rb", "Rakefile")


def asking_line(hit: Hit) -> Place | None:
    """The deepest line of ours that needed the database."""
    frames = (frame for frame in TRACE.frames(hit) if not frame[0].endswith(_STARTS))
    found = next(frames, None)
    return hit.files.place(*found) if found else None


def asked_in_build(hit: Hit) -> Mapping[str, str] | None:
    if hit.transcript.started:
        return None
    ran, place = hit.section.instruction.removeprefix("RUN "), asking_line(hit)
    if re.search(r"\bdb:\w+", ran):
        advice = "Take the migration out of the Dockerfile: run it as the release command, when the service's database is there"
    elif place:
        advice = f"Let {place.path} line {place.line} ask the database only when it is called (a method, a memoised block), not while Rails loads it"
    else:
        advice = "Find what asks the database while Rails loads (an initializer, a class body, a route constraint) and let it ask when it is called"
    return {**unreached(hit), "ran": ran, "advice": advice}


def database_line(hit: Hit) -> Place | None:
    """Where config/database.yml says production's host; what stands before `production:` is of other environments."""
    for path in nearest_first(hit, hit.files.named("database.yml")):
        begins = hit.files.search(path, r"^production:") or 1
        for number, line in enumerate(hit.files.lines(path)[begins - 1 :], begins):
            if re.match(r"\s+(?:url|host|socket):", line):
                return hit.files.place(path, number)
        return hit.files.place(path, begins)
    return None


def not_configured(hit: Hit) -> Mapping[str, str]:
    """A whole environment that database.yml lacks, or one of the databases of an environment that it has."""
    environment = hit["environment"]
    if environment in ("", hit["name"]):
        return {
            "within": "",
            "advice": f"Add a section {hit['name']}: to config/database.yml, or set RAILS_ENV to one that is there",
        }
    return {
        "within": f" under {environment}",
        "advice": f"Add {hit['name']}: under {environment}: in config/database.yml (with migrations_paths: db/{hit['name']}_migrate), or point what asks for it (config/cable.yml, cache.yml, queue.yml: connects_to) to a database that is there",
    }


def of_environment(hit: Hit) -> Place | None:
    section = matching(r"^{environment}:", "database.yml")
    return first(section, matching(r"^{name}:", "database.yml"), whole_file("database.yml"))(hit)


def rails_line(hit: Hit) -> Place | None:
    return dependency_line(hit, "ruby", "rails")


def asset_line(hit: Hit) -> Place | None:
    return anywhere(r"{name}", ".css", ".scss", ".js", ".erb", ".rb", ".haml")(hit)


def sass(hit: Hit) -> Mapping[str, str] | None:
    match = re.search(r"on line (\d+)(?::\d+)? of (\S+)", " ".join((hit.line, *hit.after(3))))
    return (
        {"path": match[2], "line": match[1], "error": hit["error"].partition(" on line ")[0]}
        if match
        else None
    )
