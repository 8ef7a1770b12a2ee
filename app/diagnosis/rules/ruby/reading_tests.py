"""Ruby's tests and tasks: which one failed, and where."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.left_out import left_out
from app.diagnosis.paths import repository_path
from app.diagnosis.rule import Hit
from app.model import Place


def spec(hit: Hit) -> Mapping[str, str] | None:
    said: list[str] = []
    for line in hit.after(40):
        if re.match(r"\s{2,}\d+\) ", line) or line.startswith("Finished in"):
            break
        if re.match(r"\s+# \S+:\d+", line):
            break
        if line.strip():
            said.append(line.strip())
    if not any(line.startswith("Failure/Error:") for line in said):
        return None
    return {"error": " ".join(said)[:280]}


def spec_place(hit: Hit) -> Place | None:
    for line in hit.after(60):
        if re.match(r"\s{2,}\d+\) ", line):
            break
        if (match := re.match(r"\s+# (\S+?):(\d+)", line)) and (
            path := repository_path(hit.files, match[1], hit)
        ):
            return hit.files.place(path, int(match[2]))
    return None


def minitest_error(hit: Hit) -> Mapping[str, str] | None:
    if not any(re.match(r"\s*(?:\d+\) )?(?:Error|Failure):", line) for line in hit.before(2)):
        return None
    said = [line.strip() for line in hit.after(3) if line.strip()]
    return {"error": " ".join(said)[:240]}


def task(hit: Hit) -> Mapping[str, str] | None:
    tasks: list[str] = []
    for path in hit.files.paths:
        if path.endswith((".rake", "Rakefile")):
            tasks += re.findall(r"(?m)^[^\S\n]*task[^\S\n]*\(?[:'\"]?([\w:]+)", hit.files.text(path))
    of_rails = ("assets:precompile", "db:migrate", "db:prepare", "spec", "test")
    if hit["name"] in of_rails and not any("rails" in hit.files.text(p) for p in hit.files.named("Gemfile")):
        return {
            "advice": f"Take the line out: {hit['name']} is a task of Rails or of a gem, and the Gemfile asks for none that has it"
        }
    if hit["name"] in of_rails:
        return {
            "advice": f"Load the application in the Rakefile (require_relative 'config/application' and Rails.application.load_tasks), COPY config before, and keep the gem with {hit['name']} in every group (assets: sprockets-rails or propshaft)"
        }
    near = hit.files.nearest(hit["name"], [*tasks, *of_rails], 0.7)
    return {
        "advice": f"Write {near}"
        if near
        else f"Define the task {hit['name']} in the Rakefile, or call one that `rake -T` shows"
    }


def no_rakefile(hit: Hit) -> Mapping[str, str]:
    known = next(iter(hit.files.named("Rakefile", "rakefile", "rakefile.rb")), "")
    lost = left_out(hit, known) if known else None
    if lost:
        return {"advice": lost.advice, "in": lost.place.path, "at": str(lost.place.line)}
    return {
        "advice": f"Run it where {known} is (WORKDIR)" if known else "Commit a Rakefile, or take the line out"
    }


def no_rakefile_place(hit: Hit) -> Place | None:
    return (hit.files.place(hit["in"], int(hit["at"])) if hit["at"] else None) or failing_instruction(hit)
