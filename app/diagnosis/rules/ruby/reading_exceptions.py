"""Ruby's exceptions: where one was raised, and what it means there."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.rule import Hit
from app.diagnosis.rules.machine.reading_thrown import asked_by
from app.diagnosis.rules.ruby.reading_syntax import FILE
from app.diagnosis.traces import Trace
from app.model import Place

TRACE = Trace(
    frame=re.compile(r"(?:^|\s|from |# |\()(?P<path>" + FILE + r"):(?P<line>\d+)(?::in |\)?$|:)"),
    foreign=re.compile(r"/bundle/|^/usr/|^<"),
    reach=80,
    behind=6,
    of_the_call=re.compile(r"wrong number of arguments"),
)


def gem_of_frame(hit: Hit) -> Place | None:
    """The Gemfile's line of the gem that the exception came out of."""
    for line in (hit.line, *hit.after(8)):
        for name in re.findall(r"/gems/([\w-]+?)-\d[\w.]*/", line):
            if place := dependency_line(hit, "ruby", name):
                return place
    return None


def _source(hit: Hit) -> str:
    place = TRACE.deepest(hit)
    return hit.files.lines(place.path)[place.line - 1] if place else ""


def _exception(hit: Hit) -> Mapping[str, str] | None:
    where = TRACE.where(hit, hit["path"] or "a gem")
    error = re.sub(r"#<([\w:]+)[^>]*>", r"\1", hit["error"])
    meant = ""
    for line in hit.after(12):
        if match := re.match(r"\s*Did you mean\?\s+(\S+)", line):
            meant = match[1]
            break
    return {
        "where": where,
        "error": error,
        "advice": (_gem_of_initializer(hit, error) if not meant else "")
        or _advice(error, meant, where)
        or asked_by(hit, error, TRACE.deepest(hit))
        or f"Correct {where}, or set what it needs: {hit['klass']} is raised there",
    }


def _gem_of_initializer(hit: Hit, error: str) -> str:
    """An initializer sets up the gem whose name it has: config/initializers/paper_trail.rb, PaperTrail."""
    place = TRACE.deepest(hit)
    named = re.match(r"uninitialized constant ([A-Z]\w*)", error)
    if place is None or named is None or not hit.files.paths & {"Gemfile", "Gemfile.lock"}:
        return ""
    stem = place.path.rpartition("/")[2].removesuffix(".rb")
    alike = {each.replace("_", "").lower() for each in (stem, named[1])}
    if "config/initializers/" not in place.path or len(alike) > 1:
        return ""
    asked = rf"(?i)^\s*gem\s*\(?\s*[\"']{stem.replace('_', '[-_]?')}[\"']|^\s*{stem.replace('_', '[-_]?')} "
    if any(hit.files.search(path, asked) for path in ("Gemfile", "Gemfile.lock") if path in hit.files.paths):
        return (
            f"Load the gem that has {named[1]} in this environment: take it out of a group of the Gemfile that "
            "production leaves out, or away from require: false; and build the image anew"
        )
    return (
        f'Add the gem that has {named[1]}: write `gem "{stem}"` into the Gemfile, run bundle install and commit '
        f"Gemfile.lock; or remove {place.path}"
    )


def _advice(error: str, meant: str, where: str) -> str:
    if meant:
        return f"Write {meant} in {where}"
    if match := re.search(r"undefined method [`'](\S+?)' for (nil|\S+)", error):
        if match[2].startswith("nil"):
            return f"In {where} the value is nil before .{match[1]} is called: set it, or write &.{match[1]}"
        return f"Define {match[1]}, or call a method that {match[2]} has, in {where}"
    if match := re.search(r"undefined local variable or method [`'](\S+?)'", error):
        return f"Define {match[1]} or correct the name in {where}"
    if match := re.search(r"uninitialized constant (\S+)", error):
        return f"Require or define {match[1]} before {where}, or correct the name"
    if match := re.search(r"wrong number of arguments \((.*)\)", error):
        return f"Change the call or the definition at {where}: {match[1]}"
    if match := re.search(r"No such file or directory @ \w+ - (\S+)", error):
        return f"Add {match[1]} to the image (COPY it, and look into .dockerignore) or change the path in {where}"
    if match := re.search(r"Permission denied @ \w+ - (\S+)", error):
        return (
            f"Let the container's user write {match[1]} (chown in the Dockerfile), or write below /tmp, in "
            f"{where}"
        )
    return ""


def uncaught(hit: Hit) -> Mapping[str, str] | None:
    if hit["klass"] in ("SyntaxError", "SystemExit", "Interrupt"):
        return None
    return _exception(hit)


_HEADS = re.compile(
    r"aborted!|failed to load command:|Unable to load application|Exiting|exited|Worker.*boot|"
    r"error occurred while loading|terminated with exception"
)


def headed_words(hit: Hit) -> Mapping[str, str] | None:
    """`NameError: …` alone on a line is the failure only under a headline, or over a backtrace of Ruby's."""
    headed = any(_HEADS.search(line) for line in hit.before(4))
    traced = hit.find_after(r"^\s*(?:from )?" + FILE + r":\d+:in [`']", 12)
    return _exception(hit) if (headed and (traced or _HEADS.search(hit.before(1)[0]))) or traced else None


def variable_words(hit: Hit) -> Mapping[str, str] | None:
    """A missing key is a missing variable where ENV is read."""
    around = _source(hit) + hit.line
    return {} if "ENV" in around or (hit["name"].isupper() and not _source(hit)) else None


def load_error(hit: Hit) -> Mapping[str, str] | None:
    said = []
    for line in hit.after(20):
        if re.match(r"\s*# ", line) or line.startswith("An error occurred"):
            break
        if line.strip() and not re.match(r"\s+rspec \./|Failure/Error", line):
            said.append(line.strip())
    error = " ".join(said)[:240]
    if match := re.search(r"cannot load such file -- (\S+)", error):
        near = hit.files.nearest(
            match[1], [p.rpartition("/")[2].removesuffix(".rb") for p in hit.files.paths], 0.7
        )
        return {
            "line": "1",
            "error": error,
            "advice": f"Require {near or match[1]} by its right name in {hit['path']}",
        }
    return {"line": "1", "error": error, "advice": f"Correct what {hit['path']} loads"}
