"""Pull requests at the wire: each gets a copy of its own, safely, and it is gone when it should be."""

from __future__ import annotations

from typing import Any

from sandbox.github.state import FOUNDER
from sandbox.world import PROJECT
from tests.conftest import OWNER, House, Work, answer_of, eventually, web
from tests.kept import check_run_text, conversation_text, insist
from tests.setting_up import runs_as

SAMPLE = "hello-python"
CHECK = f"ServerGem / {SAMPLE} (preview)"


def live(house: House, sample: str = SAMPLE) -> Work:
    """A repository whose main branch serves."""
    work = house.repository(sample)
    assert house.ended(work.push("Say hello"))["ending"] == "live", house.log_tail()
    return work


def opened(house: House, work: Work, branch: str = "idea", **files: str) -> tuple[int, str]:
    """A pull request with one more commit; its number and head."""
    work.git("checkout", "-q", "-B", branch)
    sha = work.push("An idea", branch=branch, **(files or {"idea.txt": branch}))
    number = house.world.github.open_pull_request(f"{OWNER}/{work.name}", branch)
    return number, sha


def services(house: House) -> set[str]:
    """The names of everything that runs at Google."""
    return {name.rpartition("/")[2] for name in house.world.google.run.services}


def preview(house: House, work: Work, sha: str, check_name: str = CHECK) -> dict[str, Any]:
    """The preview's check run of a commit, completed."""
    return house.check_run(work.name, sha, check_name)


def sticky(house: House, work: Work, number: int) -> list[str]:
    """What ServerGem says in its own comment."""
    said = house.world.github.comments_on(f"{OWNER}/{work.name}", number)
    return [each["body"] for each in said if "<!-- servergem:preview -->" in each["body"]]


def told_live(house: House, work: Work, number: int) -> None:
    eventually(lambda: "[live](" in "".join(sticky(house, work, number)), "a live preview", house.log_tail)


def gone(house: House, name: str) -> None:
    eventually(lambda: name not in services(house), f"the end of {name}", house.log_tail)


def test_a_pull_request_gets_a_copy_of_its_own(house: House) -> None:
    """The head runs under its own address, production is untouched, and the check run and the comment say where."""
    work = live(house)
    before = answer_of(house.deployments()[0]["url"]).text
    number, sha = opened(house, work, **{"main.py": HELLO.format(words="from an idea")})
    run = preview(house, work, sha)
    assert run["conclusion"] == "success", run["output"]
    deployment = house.ended(sha)
    assert "from an idea" in answer_of(deployment["url"]).text
    assert answer_of(house.deployments()[-1]["url"]).text == before
    assert services(house) == {SAMPLE, f"{SAMPLE}-pr-{number}"}
    (comment,) = eventually(lambda: sticky(house, work, number), "a comment", house.log_tail)
    eventually(
        lambda: deployment["url"] in sticky(house, work, number)[0], "the address in it", house.log_tail
    )
    assert sha[:7] in comment
    told_live(house, work, number)
    became = f'Every pull request gets a preview: <a href="/deployments/{deployment["id"]}">'
    assert became in web.get(f"{house.address}/deliveries").text
    insist("preview-live", check_run_text(house.world, run), conversation_text(house.world, SAMPLE, number))


def test_closing_a_pull_request_leaves_nothing(house: House) -> None:
    """Service, image, GitHub deployment and comment end with it, and main serves on with its own image."""
    work = live(house)
    main = work.git("rev-parse", "HEAD")
    number, sha = opened(house, work)
    assert preview(house, work, sha)["conclusion"] == "success"
    assert image(house, sha) and image(house, main)
    house.world.github.close_pull_request(f"{OWNER}/{work.name}", number)
    gone(house, f"{SAMPLE}-pr-{number}")
    eventually(
        lambda: "runs no preview" in sticky(house, work, number)[0], "the comment's end", house.log_tail
    )
    (environment,) = [
        each
        for each in house.world.github.github_deployments(f"{OWNER}/{work.name}")
        if each["environment"] == f"preview/pr-{number}"
    ]
    eventually(lambda: github_state(house, work, environment["id"]) == "inactive", "inactive", house.log_tail)
    eventually(lambda: image(house, sha) is None, "the end of its image", house.log_tail)
    assert services(house) == {SAMPLE}
    assert image(house, main)


def image(house: House, sha: str) -> str | None:
    """The digest of what was built from a commit, for production or a preview, while it is in the registry."""
    repo = house.world.github.hub.find(OWNER, SAMPLE)
    assert repo is not None, "the sample's repository is there"
    host = f"europe-west1-docker.pkg.dev/{PROJECT}"
    found = (
        house.world.google.registry.digest(f"{host}/{registry}/{repo.id}/{SAMPLE}:{sha}-python314")
        for registry in ("servergem", "servergem-previews")
    )
    return next(filter(None, found), None)


def test_closing_a_pull_request_ends_its_build(house: House) -> None:
    """A build that is under way is cancelled, nothing is deployed, and the check run says what happened instead."""
    work = live(house)
    house.world.google.behaviour.queue_time = 5.0
    builds = house.world.google.calls["CloudBuild.CreateBuild"]
    number, sha = opened(house, work)
    eventually(lambda: house.world.google.calls["CloudBuild.CreateBuild"] > builds, "a build", house.log_tail)
    house.world.github.close_pull_request(f"{OWNER}/{work.name}", number)
    title = "Stopped before it took traffic: the pull request is closed"

    def stopped() -> dict[str, Any] | None:
        """Its own check run, beside which that of the removal may stand by now."""
        runs = house.world.github.check_runs(f"{OWNER}/{work.name}", sha)
        return next((run for run in runs if run["output"]["title"] == title), None)

    assert eventually(stopped, title, house.log_tail)["conclusion"] == "neutral"
    assert house.world.google.calls["CloudBuild.CancelBuild"] == 1
    assert services(house) == {SAMPLE}


def test_githubs_trouble_is_no_red_cross_on_a_pull_request(house: House) -> None:
    """When GitHub does not give the source away, whatever is tried, its preview ends neutral and says whose it is."""
    work = live(house)
    house.world.faults.add("GET /repos/{owner}/{repo}/tarball/{ref}", 50, status="503")
    _, sha = opened(house, work)
    run = preview(house, work, sha)
    assert run["conclusion"] == "neutral", run["output"]
    assert "GitHub answered 503" in run["output"]["title"]


def github_state(house: House, work: Work, deployment_id: int) -> str:
    found = house.world.github.github_deployments(f"{OWNER}/{work.name}")
    return str(next(each["states"][-1] for each in found if each["id"] == deployment_id))


def test_a_reopened_pull_request_runs_again(house: House) -> None:
    """The same head is deployed once more after its removal."""
    work = live(house)
    number, sha = opened(house, work)
    assert preview(house, work, sha)["conclusion"] == "success"
    house.world.github.close_pull_request(f"{OWNER}/{work.name}", number)
    gone(house, f"{SAMPLE}-pr-{number}")
    house.world.github.reopen_pull_request(f"{OWNER}/{work.name}", number)
    eventually(lambda: f"{SAMPLE}-pr-{number}" in services(house), "its return", house.log_tail)


def test_a_push_to_a_pull_request_moves_its_preview(house: House) -> None:
    """One service, one comment, and the newer commit in both."""
    work = live(house)
    number, first = opened(house, work)
    assert preview(house, work, first)["conclusion"] == "success"
    second = work.push("Better", branch="idea", **{"idea.txt": "better"})
    assert preview(house, work, second)["conclusion"] == "success"
    assert len(sticky(house, work, number)) == 1
    eventually(lambda: second[:7] in sticky(house, work, number)[0], "the newer commit", house.log_tail)
    assert services(house) == {SAMPLE, f"{SAMPLE}-pr-{number}"}


def test_a_merge_deploys_without_building(house: House) -> None:
    """The merged tree was built for the pull request: production takes that image and says so."""
    work = live(house)
    number, sha = opened(house, work)
    assert preview(house, work, sha)["conclusion"] == "success"
    builds = house.world.google.calls["CloudBuild.CreateBuild"]
    merged = house.world.github.merge_pull_request(f"{OWNER}/{work.name}", number)
    assert house.ended(merged)["ending"] == "live", house.log_tail()
    run = preview(house, work, merged, f"ServerGem / {SAMPLE} (production)")
    assert f"reused from pull request {number}" in run["output"]["summary"]
    assert house.world.google.calls["CloudBuild.CreateBuild"] == builds
    gone(house, f"{SAMPLE}-pr-{number}")


def test_a_draft_waits_until_it_is_ready(house: House) -> None:
    """A draft's check run is skipped and names the rule; ready for review, it runs."""
    work = live(house)
    work.git("checkout", "-q", "-B", "idea")
    sha = work.push("An idea", branch="idea", **{"idea.txt": "1"})
    name = f"{OWNER}/{work.name}"
    number = house.world.github.open_pull_request(name, "idea", draft=True)
    run = preview(house, work, sha)
    assert run["conclusion"] == "skipped"
    assert "draft" in run["output"]["title"]
    house.world.github.ready_for_review(name, number)
    eventually(lambda: f"{SAMPLE}-pr-{number}" in services(house), "the preview", house.log_tail)


def test_nothing_of_productions_reaches_a_preview(house: House) -> None:
    """Secrets, database addresses and the account stay behind, and the check run lists them."""
    house.world.google.secrets.put(PROJECT, "db-url", "postgres://prod")
    work = house.repository(SAMPLE)
    account = runs_as(house.world.google, PROJECT, "api")
    (work.path / "servergem.yml").write_text(WITH_SECRETS.format(name=SAMPLE, account=account))
    assert house.ended(work.push("Say hello"))["ending"] == "live", house.log_tail()
    more_memory = WITH_SECRETS.format(name=SAMPLE, account=account) + "    memory: 1Gi\n"
    number, sha = opened(house, work, **{"servergem.yml": more_memory})
    run = preview(house, work, sha)
    assert run["conclusion"] == "success", run["output"]
    told_live(house, work, number)
    insist("merge-plan", check_run_text(house.world, run), conversation_text(house.world, SAMPLE, number))
    assert "previews.env or previews.secrets" in run["output"]["summary"]
    for left_out in ("secret DATABASE_URL", "variable REDIS_URL", f"service account {account}"):
        assert left_out in run["output"]["summary"].replace("&#95;", "_").replace("&#64;", "@")
    service = house.world.google.run.services[
        f"projects/{PROJECT}/locations/europe-west1/services/{SAMPLE}-pr-{number}"
    ]
    container = service.template.containers[0]
    variables = {each.name: each.value for each in container.env}
    assert "DATABASE_URL" not in variables
    assert "REDIS_URL" not in variables
    assert variables["LOG_LEVEL"] == "debug"
    assert variables["SERVERGEM_PULL_REQUEST"] == str(number)
    assert service.template.service_account.startswith("servergem-preview@")


def test_siblings_find_each_others_previews(house: House) -> None:
    """Both services change: each preview calls the other's preview, not production's."""
    work = live(house, "shop")
    callers = {f"{name}/main.py": CALLER.replace("OTHER", other) for name, other in SIBLINGS}
    number, sha = opened(house, work, **callers)
    for name in ("web", "api"):
        assert preview(house, work, sha, f"ServerGem / {name} (preview)")["conclusion"] == "success"
    for name, other in SIBLINGS:
        copy = house.world.runner.url(PROJECT, "europe-west1", f"{name}-pr-{number}")
        assert answer_of(f"{copy}/sibling").text.startswith(f"it is {other}-pr-{number}-")


def test_a_service_that_did_not_change_reports_as_skipped(house: House) -> None:
    """A required check never waits for ever."""
    work = live(house, "shop")
    _, sha = opened(house, work, **{"web/note.txt": "idea"})
    assert preview(house, work, sha, "ServerGem / web (preview)")["conclusion"] == "success"
    run = preview(house, work, sha, "ServerGem / api (preview)")
    assert run["conclusion"] == "skipped"
    assert "Nothing changed under" in run["output"]["title"]


def test_extend_keeps_a_preview_for_another_day(house: House) -> None:
    """The button moves the end, and the check run says who pressed it and until when."""
    work = live(house)
    _, sha = opened(house, work)
    run = preview(house, work, sha)
    assert [action["label"] for action in buttons(house, run)] == ["Extend 24 h"]
    house.world.github.press_button(run["id"], "extend")
    shown = eventually(lambda: remark(house, work, sha, f"{FOUNDER} extended"), "an answer", house.log_tail)
    assert "extended the preview to" in shown


def test_a_button_is_for_those_who_may_write(house: House) -> None:
    """A reader's press changes nothing and is answered on the check run."""
    work = live(house)
    house.world.github.set_permission(f"{OWNER}/{work.name}", "eve", "read")
    _, sha = opened(house, work)
    run = preview(house, work, sha)
    house.world.github.press_button(run["id"], "extend", sender="eve")
    assert eventually(lambda: remark(house, work, sha, "write permission"), "an answer", house.log_tail)


def buttons(house: House, run: dict[str, Any]) -> list[dict[str, str]]:
    return list(house.world.github.hub.runs[run["id"]].actions)


def remark(house: House, work: Work, sha: str, words: str, check_name: str = CHECK) -> str:
    runs = house.world.github.check_runs(f"{OWNER}/{work.name}", sha)
    found = [run["output"]["summary"] or "" for run in runs if run["name"] == check_name]
    return next((text for text in found if words in text), "")


SIBLINGS = (("web", "api"), ("api", "web"))
# Says which revision it is, and at /sibling what the other service says of itself.
CALLER = """
import http.client
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def sibling():
    host = os.environ["SERVERGEM_URL_" + "OTHER".upper()].partition("//")[2]
    # By host name, wherever the resolver thinks localhost's children are.
    connection = http.client.HTTPConnection("127.0.0.1", int(host.partition(":")[2]))
    connection.request("GET", "/", headers={"host": host})
    return connection.getresponse().read()


class Caller(BaseHTTPRequestHandler):
    def do_GET(self):
        said = sibling() if self.path == "/sibling" else ("it is " + os.environ["K_REVISION"]).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(said)


ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Caller).serve_forever()
"""
HELLO = """
import os
from http.server import BaseHTTPRequestHandler, HTTPServer


class Hello(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{words}")


HTTPServer(("0.0.0.0", int(os.environ["PORT"])), Hello).serve_forever()
"""
WITH_SECRETS = """
services:
  {name}:
    service_account: {account}
    env:
      LOG_LEVEL: debug
      REDIS_URL: redis://10.0.0.3:6379
    secrets:
      DATABASE_URL: db-url
"""
