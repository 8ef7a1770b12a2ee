"""REST, for check runs: made, updated and listed within the limits that GitHub holds them to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sandbox.github import check_events
from sandbox.github.answers import Answer, Call, Refused, malformed, not_found
from sandbox.github.records import CheckRun, Suite
from sandbox.github.words import Json, now

MOST_BYTES = 65535
MOST_ANNOTATIONS = 50
MOST_ACTIONS = 3
MOST_OF_ONE_NAME = 1000
ANNOTATION_BYTES, ANNOTATION_TITLE = 64 * 1024, 255
ACTION_LENGTHS = {"label": 20, "description": 40, "identifier": 20}
STATUSES = ("queued", "in_progress", "completed")
CONCLUSIONS = ("action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out")
LEVELS = ("notice", "warning", "failure")

Fault = tuple[str, str]


def create(call: Call) -> Answer:
    for name in ("name", "head_sha"):
        if not call.body.get(name):
            raise malformed(f'"{name}" wasn\'t supplied.')
    _insist(call.body, creating=True)
    sha = str(call.body["head_sha"])
    git = call.hub.replicas.git(call.repo, "POST check-runs")
    if not re.fullmatch(r"[0-9a-f]{40}", sha) or git.resolve(sha) is None:
        raise Refused(422, f"No commit found for SHA: {sha}")
    with call.hub.lock:
        suite = call.hub.suite_of(call.repo, sha)
        run = CheckRun(call.hub.new_id(), suite, str(call.body["name"]))
        _apply(run, call.body)
        call.hub.runs[run.id] = run
        same = [other for other in call.hub.runs_of(call.repo, sha) if other.name == run.name]
        for old in same[MOST_OF_ONE_NAME:]:
            del call.hub.runs[old.id]
    check_events.tell(call.actor, run, "created")
    if run.status == "completed":
        check_events.tell(call.actor, run, "completed")
    return Answer(201, call.shapes.check_run(run), {"location": call.shapes.check_run(run)["url"]})


def update(call: Call) -> Answer:
    run = _run(call)
    _insist(call.body, creating=False)
    with call.hub.lock:
        was = run.status
        _apply(run, call.body)
    if run.status == "completed" and was != "completed":
        check_events.tell(call.actor, run, "completed")
    return Answer(200, call.shapes.check_run(run))


def get(call: Call) -> Answer:
    return Answer(200, call.shapes.check_run(_run(call)))


def rerequest(call: Call) -> Answer:
    run = _run(call)
    if run.status != "completed":
        raise Refused(422, "This check run is not rerequestable")
    check_events.rerequest(call.actor, run)
    return Answer(201, {})


def rerequest_suite(call: Call) -> Answer:
    check_events.rerequest_suite(call.actor, _suite(call))
    return Answer(201, {})


def annotations_of_run(call: Call) -> Answer:
    run = _run(call)
    page, links = call.page(run.annotations)
    return Answer(200, [call.shapes.annotation(run, each) for each in page], links)


def runs_of_commit(call: Call) -> Answer:
    return _listed(call, call.hub.runs_of(call.repo, call.commit(call.params["ref"])))


def runs_of_suite(call: Call) -> Answer:
    wanted = call.number("check_suite_id")
    return _listed(call, [run for run in call.hub.runs_of(call.repo) if run.suite.id == wanted])


def suites_of_commit(call: Call) -> Answer:
    found = [call.hub.suite_of(call.repo, call.commit(call.params["ref"]))]
    return Answer(
        200, {"total_count": len(found), "check_suites": [call.shapes.suite(each) for each in found]}
    )


def suite(call: Call) -> Answer:
    return Answer(200, call.shapes.suite(_suite(call)))


def _listed(call: Call, runs: list[CheckRun]) -> Answer:
    """Newest first; `filter=latest`, the default, shows one run of each name."""
    query = call.query
    if query.get("app_id", str(call.hub.app.id)) != str(call.hub.app.id):
        runs = []
    if query.get("filter", "latest") == "latest":
        newest: dict[tuple[int, str], CheckRun] = {}
        for run in runs:
            newest.setdefault((run.suite.id, run.name), run)
        runs = list(newest.values())
    if name := query.get("check_name"):
        runs = [run for run in runs if run.name == name]
    if status := query.get("status"):
        runs = [run for run in runs if run.status == status]
    page, links = call.page(runs)
    told = {"total_count": len(runs), "check_runs": [call.shapes.check_run(run) for run in page]}
    return Answer(200, told, links)


def _suite(call: Call) -> Suite:
    found = call.hub.suites.get(call.number("check_suite_id"))
    if found is None or found.repo is not call.repo:
        raise not_found()
    return found


def _run(call: Call) -> CheckRun:
    run = call.hub.runs.get(call.number("check_run_id"))
    if run is None or run.suite.repo is not call.repo:
        raise not_found()
    return run


def _apply(run: CheckRun, body: Json) -> None:
    """What GitHub makes of a body that is in order. Annotations are added to those that are there."""
    run.suite.rerequested = False
    run.name = str(body.get("name") or run.name)
    run.external_id = str(body.get("external_id", run.external_id) or "")
    run.details_url = str(body.get("details_url", run.details_url) or "")
    run.started_at = body.get("started_at") or run.started_at
    status = "completed" if body.get("conclusion") else body.get("status")
    if status == "completed":
        run.status, run.conclusion = "completed", str(body["conclusion"])
        run.started_at = run.started_at or now()
        run.completed_at = body.get("completed_at") or now()
    elif status:
        run.status, run.conclusion, run.completed_at = str(status), None, None
        run.started_at = run.started_at or now()
    run.started_at = run.started_at or now()
    if (output := body.get("output")) is not None:
        run.title = output.get("title", run.title)
        run.summary, run.text = output.get("summary"), output.get("text")
        run.annotations.extend(output.get("annotations") or ())
    if "actions" in body:
        run.actions = list(body["actions"] or ())


def _insist(body: Json, *, creating: bool) -> None:
    """Everything that GitHub would say 422 to, all at once."""
    if (status := body.get("status")) is not None and status not in STATUSES:
        raise malformed(f'"{status}" is not a member of {list(STATUSES)}.')
    if (conclusion := body.get("conclusion")) is not None and conclusion not in CONCLUSIONS:
        raise malformed(f'"{conclusion}" is not a member of {list(CONCLUSIONS)}.')
    if (status == "completed" or body.get("completed_at")) and not conclusion:
        raise malformed('"conclusion" wasn\'t supplied.')
    url = body.get("details_url")
    faults: list[Fault] = []
    if url and not re.match(r"https?://[^\s/]+", str(url)):
        faults.append(("details_url", "details_url must use http or https scheme"))
    faults += _output_faults(body.get("output"), creating=creating)
    _insist_on_actions(body.get("actions") or [])
    if faults:
        errors = [{"resource": "CheckRun", "field": f, "code": "custom", "message": m} for f, m in faults]
        raise Refused(422, "Validation Failed", errors=errors)


def _output_faults(output: Json | None, *, creating: bool) -> Iterator[Fault]:
    if output is None:
        return
    for name in ("title", "summary") if creating else ("summary",):
        if not output.get(name):
            raise malformed(f'"{name}" wasn\'t supplied.')
    for name in ("summary", "text"):
        text = output.get(name) or ""
        if len(text) > MOST_BYTES:
            raise malformed(f"Only {MOST_BYTES} characters are allowed; {len(text)} were supplied.")
        if len(text.encode()) > MOST_BYTES:
            yield name, f"{name} exceeds a maximum bytesize of {MOST_BYTES}"
    given = output.get("annotations") or []
    if len(given) > MOST_ANNOTATIONS:
        raise malformed(f"No more than {MOST_ANNOTATIONS} items are allowed; {len(given)} were supplied.")
    for annotation in given:
        yield from _annotation_faults(annotation)


def _annotation_faults(annotation: Json) -> Iterator[Fault]:
    for name in ("path", "start_line", "end_line", "annotation_level", "message"):
        if annotation.get(name) in (None, ""):
            raise malformed(f'"{name}" wasn\'t supplied.')
    first, last = annotation["start_line"], annotation["end_line"]
    if annotation["annotation_level"] not in LEVELS:
        raise malformed(f'"{annotation["annotation_level"]}" is not a member of {list(LEVELS)}.')
    if not isinstance(first, int) or not isinstance(last, int):
        raise malformed(f"{first!r} is not an integer.")
    if first < 1 or last < first:
        yield "annotations", "start_line and end_line begin at 1 and end_line is not before start_line"
    columns = [
        annotation[name] for name in ("start_column", "end_column") if annotation.get(name) is not None
    ]
    if columns and first != last:
        yield "annotations", "start_column and end_column are only allowed when start_line equals end_line"
    if len(annotation.get("title") or "") > ANNOTATION_TITLE:
        yield "annotations", f"title is too long (maximum is {ANNOTATION_TITLE} characters)"
    for name in ("message", "raw_details"):
        if len((annotation.get(name) or "").encode()) > ANNOTATION_BYTES:
            yield "annotations", f"{name} exceeds a maximum bytesize of {ANNOTATION_BYTES}"


def _insist_on_actions(actions: list[Json]) -> None:
    if len(actions) > MOST_ACTIONS:
        raise malformed(f"No more than {MOST_ACTIONS} items are allowed; {len(actions)} were supplied.")
    for action in actions:
        for name, longest in ACTION_LENGTHS.items():
            if not action.get(name):
                raise malformed(f'"{name}" wasn\'t supplied.')
            if len(action[name]) > longest:
                raise malformed(f"Only {longest} characters are allowed; {len(action[name])} were supplied.")
