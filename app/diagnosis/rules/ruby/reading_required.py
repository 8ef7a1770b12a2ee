"""What Ruby code requires: whose it is, and which gem or library brings it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.instructions import failing_dockerfile
from app.diagnosis.paths import nearest_first
from app.diagnosis.places import matching
from app.diagnosis.rule import Hit
from app.diagnosis.rules.ruby.reading_exceptions import TRACE
from app.model import Place

_GEMS = {
    "active_support": "activesupport", "active_record": "activerecord", "action_controller": "actionpack",
    "action_cable": "actioncable", "bundler/setup": "bundler", "rspec/core": "rspec",
    "google/apis": "google-apis-core",
    "sidekiq/web": "sidekiq", "sinatra/base": "sinatra", "sinatra/json": "sinatra-contrib", "dotenv/load": "dotenv",
    "sinatra/reloader": "sinatra-contrib", "sinatra/activerecord": "sinatra-activerecord",
    "rack/handler/puma": "puma",
    "rails/all": "rails", "net/smtp": "net-smtp", "net/imap": "net-imap", "net/pop": "net-pop", "net/ftp": "net-ftp",
    "functions_framework": "functions_framework", "oauth": "oauth", "redis/connection/hiredis": "redis",
}  # fmt: skip

_NO_LONGER_STANDARD = frozenset({
    "base64", "bigdecimal", "csv", "drb", "mutex_m", "observer", "abbrev", "getoptlong", "nkf", "syslog", "rinda",
    "resolv-replace", "ostruct", "logger", "fiddle", "irb", "reline", "rexml", "rss", "webrick", "matrix", "prime",
    "racc", "sorted_set", "tracer", "rdoc", "pstore", "benchmark", "win32ole", "net/smtp", "net/imap", "net/pop",
    "net/ftp", "readline", "tsort",
})  # fmt: skip


# What a gem has beside its own name: `rubocop/rake_task` is of rubocop.
_PART = re.compile(r"/(?:setup|rake_task|tasks?|railtie|engine|version|autorun|core|all|rails|cli|minitest)$")


def _wanted(hit: Hit) -> tuple[str, str]:
    """(the repository's file that was meant, the gem that provides it); one of them is empty."""
    name = hit["name"].strip()
    base = name.removesuffix(".rb")
    own = [path for path in hit.files.paths if path.endswith(".rb")]
    by_path = ("/" in name and name[0] in "./") or "require_relative" in hit.line
    wanted = base.split("/")[-1]
    same = sorted(
        (p for p in own if p.endswith(f"/{base.lstrip('./')}.rb") or p == f"{base.lstrip('./')}.rb"), key=len
    )
    if same:
        return same[0], ""
    if by_path:
        bare = base.lstrip("./") + ".rb"
        return hit.files.nearest(bare, own, 0.75) or hit.files.nearest(
            wanted, [p.rpartition("/")[2].removesuffix(".rb") for p in own], 0.75
        ) or "?", ""
    close = hit.files.nearest(wanted, [p.rpartition("/")[2].removesuffix(".rb") for p in own], 0.85)
    if close and name not in _NO_LONGER_STANDARD:
        return close, ""
    return "", _GEMS.get(name) or next(
        (gem for key, gem in _GEMS.items() if name.startswith(key + "/")), ""
    ) or _PART.sub("", name).replace("/", "-")


def missing_file(hit: Hit) -> Mapping[str, str] | None:
    meant, _ = _wanted(hit)
    if not meant:
        return None
    name = repository_like(hit["name"])
    where = TRACE.where(hit, "the require line")
    if meant == "?":
        advice = (
            f"Add {name}.rb to the repository (and to the image: look into .dockerignore), or correct "
            f"the path in {where}"
        )
    else:
        advice = (
            f"The repository has {meant}: correct the path in {where}, with require_relative for a file "
            f"of your own"
        )
    return {"name": name, "where": where, "advice": advice}


def repository_like(name: str) -> str:
    """A container's path as a repository would name it."""
    return re.sub(r"^/(?:app|workspace|usr/src/app|rails|code|srv|src|myapp)/", "", name.strip())


def _misspelt(hit: Hit, name: str) -> bool:
    """Whether the repository has a file whose name is nearly this one."""
    stems = [path.rpartition("/")[2].removesuffix(".rb") for path in hit.files.paths if path.endswith(".rb")]
    return bool(difflib.get_close_matches(name, stems, 1, 0.85))


def missing_gem(hit: Hit) -> Mapping[str, str] | None:
    meant, gem = _wanted(hit)
    if meant or not gem or ".so" in hit["name"] or _misspelt(hit, gem):
        return None
    if line := dependency_line(hit, "ruby", gem):
        group = group_of(hit, line)
        if group:
            return {
                "gem": gem,
                "advice": f'Move gem "{gem}" out of the {group} group in {line.path}, where the image has it',
            }
        return {
            "gem": gem,
            "advice": f"The Gemfile has {gem}: run bundle install in the Dockerfile and start with bundle exec",
        }
    standard = hit["name"].strip() in _NO_LONGER_STANDARD
    why = "; it is no longer part of Ruby itself" if standard else ""
    return {
        "gem": gem,
        "advice": f'Add gem "{gem}" to the Gemfile, run bundle install and commit Gemfile.lock{why}',
    }


def group_of(hit: Hit, place: Place) -> str:
    lines = hit.files.lines(place.path)
    if match := re.search(r"group:?s?\s*(?:=>)?\s*\[?:(development|test)", lines[place.line - 1]):
        return match[1]
    for line in reversed(lines[: place.line - 1]):
        if re.match(r"end\b", line):
            return ""
        if match := re.match(r"group\s+:(development|test)", line):
            return match[1]
    return ""


def gemfile_end(hit: Hit) -> Place | None:
    """The last line of the Gemfile's list, where one more gem is written."""
    for path in nearest_first(hit, hit.files.named("Gemfile", "gems.rb")):
        lines = hit.files.lines(path)
        gems = [number for number, line in enumerate(lines, 1) if re.match(r"gem\b", line)]
        if place := hit.files.place(path, gems[-1] if gems else 1):
            return place
    return None


def shared_library(hit: Hit) -> Mapping[str, str] | None:
    packages = {
        "libpq": "libpq5", "libmysqlclient": "default-libmysqlclient-dev", "libmariadb": "libmariadb3",
        "libsqlite3": "libsqlite3-0", "libxml2": "libxml2", "libvips": "libvips42", "libyaml": "libyaml-0-2",
        "libjemalloc": "libjemalloc2", "libMagick": "imagemagick", "libcurl": "libcurl4", "libffi": "libffi8",
        "libgeos": "libgeos-c1v5", "libssl": "libssl3", "libcrypto": "libssl3", "libidn": "libidn12",
    }  # fmt: skip
    library = hit["library"]
    if made := re.match(r"libruby(?:-\w+)?\.so\.(\d+\.\d+)", library):
        advice = (
            f"The gems were built with Ruby {made[1]}, and another Ruby runs them: take the same ruby image in both stages, "
            "and no vendor/bundle of another machine or version"
        )
        return {"advice": advice}
    package = next((value for key, value in packages.items() if library.startswith(key)), "")
    if not package:
        return {
            "advice": f"Install the package that has {library} in the final stage: https://packages.debian.org/search?searchon=contents&keywords={library} names it"
        }
    return {
        "advice": f"Install {package} in the final stage of the Dockerfile: RUN apt-get update && apt-get install -y {package}"
    }


def bundle_place(hit: Hit) -> Place | None:
    """Where the gems come from the other Ruby; None where a library alone is missing."""
    if not hit["library"].startswith("libruby"):
        return None
    return matching(r"^COPY\s.*--from=.*(?:bundle|gems)", "Dockerfile")(hit)


def final_stage(hit: Hit) -> Place | None:
    """The last apt-get or apk line of the final stage, or its FROM."""
    if (found := failing_dockerfile(hit)) is None:
        return None
    path, parsed = found
    last = len(parsed.stages) - 1
    for each in parsed.of("RUN"):
        if each.stage == last and re.search(r"apt-get install|apk add", each.value):
            return hit.files.place(path, each.line, each.end)
    return hit.files.place(path, parsed.stages[-1].line) if parsed.stages else None
