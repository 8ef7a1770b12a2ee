"""The outlets: all ways in which a ServerGem speaks, as tables, and what it is told to have secrets to keep."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from app.api.client import Client
from app.cli.commands import main
from app.mcp_server import Tools
from app.settings import load
from gcp.cloud import Google
from sandbox.github.state import FOUNDER
from sandbox.world import PROJECT
from tests.collector import Collector
from tests.conftest import OWNER, House, Work, eventually, web
from tests.receiver import Receiver
from tests.test_metrics import TOKEN

# By their patterns, in a word of their own and in the forms in which people print them.
PASSWORD, LOGIN, JSON_PASSWORD = "hunter22xyz", "correcthorse9", "batterystaple7"
PAT = "ghp_" + "Ab3dEf6h" * 4 + "Zz90"
SPOKEN = f"use postgres://shop:{LOGIN}@db/shop and DB_PASSWORD={PASSWORD} and {PAT}"
BRANCH = f"fix-{PAT}"
FILE = """services:
  hello-python:
    env: {{DATABASE_URL: "postgres://shop:{login}@db/shop"}}
environments:
  production: {{branch: main}}
  staging: {{branch: "{branch}"}}
notify:
  - {{url: hook, key: hook-key, on: [live, failed, recovered, rolled back]}}
  - {{slack: slack, on: [live, failed, recovered, rolled back]}}
"""
CRASH = "import json\nprint({said!r})\nprint(json.dumps({{'api_token': {json!r}}}))\nraise RuntimeError({said!r})\n"


@dataclass
class Talker:
    """A ServerGem that was told secrets everywhere, and all the ways in which it speaks."""

    house: House
    work: Work
    collector: Collector
    receiver: Receiver
    bad: str = ""
    lane: str = ""

    @property
    def held(self) -> tuple[str, ...]:
        """All that nobody may read: what was planted, and what this ServerGem opens doors with."""
        ours = load(self.house.world.settings(self.house.folder)).secrets()
        lines = [line for each in ours for line in each.splitlines() if len(line) > 20]
        return (PASSWORD, LOGIN, JSON_PASSWORD, PAT, *(each for each in lines if "-----" not in each))

    @property
    def client(self) -> Client:
        return Client(self.house.address, self.house.world.github.personal_token(FOUNDER, "repo"))

    def got(self, path: str, **headers: str) -> str:
        """What a browser, or a program with a token, is answered."""
        answer = web.get(f"{self.house.address}{path}", headers=headers)
        assert answer.status_code == 200, (path, answer.text)
        return answer.text

    def program(self, path: str) -> str:
        return self.got(path, authorization=f"Bearer {self.client.token}")

    def streamed(self, path: str) -> str:
        """The first events of a live page."""
        heard = ""
        with web.stream("GET", f"{self.house.address}{path}") as answer:
            for text in answer.iter_text():
                heard += text
                if ": here" in heard or "event: over" in heard:
                    break
        return heard

    def typed(self, *words: str, status: int = 0, url: str = "") -> str:
        told = {"GITHUB_TOKEN": self.client.token, "SERVERGEM_URL": url or self.house.address}
        done = CliRunner().invoke(main, list(words), env=told)
        assert done.exit_code == status, (words, done.output)
        return done.output

    def to_google(self) -> str:
        """Labels and annotations of all that runs, and every build whole; a service's own variables are for it."""
        asked = Google(self.house.world.google.grpc_address)
        parent = f"projects/{PROJECT}/locations/europe-west1"
        services = list(asked.services.list_services(parent=parent))
        revisions = [each for one in services for each in asked.revisions.list_revisions(parent=one.name)]
        made: list[Any] = [*services, *revisions]
        labels = [f"{dict(each.labels)} {dict(each.annotations)}" for each in made]
        builds = list(asked.builds.list_builds(request={"parent": parent, "project_id": PROJECT}))
        assert labels and builds
        return "".join([*labels, *map(str, builds)])

    def to_github(self) -> str:
        """The body of each request that changes something there, whatever it is: check runs, comments, deployments."""
        lines = map(json.loads, (self.house.folder / "github.jsonl").read_text().splitlines())
        told = [each for each in lines if each.get("request_body") and each["method"] != "GET"]
        return json.dumps([each["request_body"] for each in told], ensure_ascii=False)


def model(told: Any) -> str:
    return json.dumps(told.model_dump(mode="json"), ensure_ascii=False)


Speak = Callable[[Talker], str]
# Where text of others comes out, `[hidden]` shows that it was there; QUIET is where none of it comes.
PAGES: dict[str, Speak] = {
    "/": lambda gem: gem.got("/"),
    "/deployments.json": lambda gem: gem.got("/deployments.json"),
    "/deployments/{id}": lambda gem: gem.got(f"/deployments/{gem.bad}"),
    "/deployments/{id}/log.txt": lambda gem: gem.got(f"/deployments/{gem.bad}/log.txt"),
    "/deployments/{id}/log.txt?from=": lambda gem: gem.got(f"/deployments/{gem.bad}/log.txt?from=1"),
    "/deployments/{id}/log.txt?colours": lambda gem: gem.got(f"/deployments/{gem.bad}/log.txt?colours"),
    "/deployments/{id}/lines": lambda gem: gem.got(f"/deployments/{gem.bad}/lines?from=1"),
    "/services/{lane:path}": lambda gem: gem.got(f"/services/{gem.lane}"),
    "/live/": lambda gem: gem.streamed("/live/"),
    "/live/services/{lane:path}": lambda gem: gem.streamed(f"/live/services/{gem.lane}"),
    "/live/deployments/{id}": lambda gem: gem.streamed(f"/live/deployments/{gem.bad}"),
    "/explain": lambda gem: (
        web.post(
            f"{gem.house.address}/explain",
            headers={"origin": gem.house.address},
            data={"log": f"RuntimeError: {SPOKEN}"},
        ).text
    ),
    "/api/v1/deployments": lambda gem: gem.program("/api/v1/deployments"),
    "/api/v1/deployments/{id}": lambda gem: gem.program(f"/api/v1/deployments/{gem.bad}"),
    "/api/v1/deployments/{id}/log": lambda gem: gem.program(f"/api/v1/deployments/{gem.bad}/log"),
    "/api/v1/services": lambda gem: gem.program("/api/v1/services"),
}
TOOLS: dict[str, Speak] = {
    "list_deployments": lambda gem: model(Tools(gem.client).list_deployments()),
    "list_services": lambda gem: model(Tools(gem.client).list_services()),
    "why": lambda gem: model(Tools(gem.client).why(gem.bad)),
    "deployment_log": lambda gem: Tools(gem.client).deployment_log(gem.bad),
    "wait_until_live": lambda gem: model(Tools(gem.client).wait_until_live(gem.bad)),
}
# A tool whose answer is another one's: a rollback is a deployment too.
SAME_ANSWER = {"roll_back": "why"}
COMMANDS: dict[str, Speak] = {
    "deployments": lambda gem: gem.typed("deployments", gem.bad),
    "deployments --json": lambda gem: gem.typed("deployments", "--json"),
    "logs": lambda gem: gem.typed("logs", gem.bad),
    "rollback": lambda gem: gem.typed(
        "rollback", gem.bad, status=1, url=f"http://shop:{LOGIN}@127.0.0.1:9?token={PASSWORD}"
    ),
    "mcp": lambda gem: gem.typed("mcp", status=1, url=f"http://shop:{LOGIN}@gem.example"),
    "explain": lambda gem: CliRunner().invoke(main, ["explain"], input=f"RuntimeError: {SPOKEN}").output,
    "check": lambda gem: gem.typed("check", str(hostile(gem)), status=1),
}
OTHERS: dict[str, Speak] = {
    "requests to GitHub": Talker.to_github,
    "ServerGem's log": lambda gem: (gem.house.folder / "servergem.log").read_text(),
    "a webhook": lambda gem: "".join(each.body.decode() for each in gem.receiver.at("/hook")),
    "Slack": lambda gem: "".join(each.body.decode() for each in gem.receiver.at("/slack")),
}
QUIET: dict[str, Speak] = {
    "what Google is told beside variables": Talker.to_google,
    "traces": lambda gem: b"".join(gem.collector.bodies).decode(errors="replace"),
    "/metrics": lambda gem: gem.got("/metrics", authorization=f"Bearer {TOKEN}"),
    "/deliveries": lambda gem: gem.got("/deliveries"),
    "/insight": lambda gem: gem.got("/insight"),
    "/api/v1/insight": lambda gem: gem.program("/api/v1/insight"),
    "/readyz": lambda gem: gem.got("/readyz"),
    "deployments (a table)": lambda gem: gem.typed("deployments"),
}
# Every module of ours that can reach something outside of its process, and which row hears it; the pages, the API and
# the commands have tables of their own. All of gcp/ is heard together.
SENDERS: dict[str, str] = {
    "app.github.archive": "requests to GitHub",
    "app.github.sign_in": "requests to GitHub",
    "app.github.user_tokens": "requests to GitHub",
    "app.github.wire": "requests to GitHub",
    "app.notices.outside": "a webhook",
    "app.telemetry.log": "ServerGem's log",
    "app.telemetry.trace_export": "traces",
    "app.mcp_server": "why",
    "app.api.client": "rollback",
    "gcp": "what Google is told beside variables",
}
# These have no word of a repository's to say, or say it to the house alone.
SILENT: dict[str, str] = {
    "app.durable.journal": "it keeps the engine's own logger still",
    "app.durable.heart": "a pulse between our own processes",
    "app.process.alive": "the same, on Postgres",
    "app.process.hatch": "a socket of a file, between door and worker",
    "app.process.listening": "the address that it listens at",
    "app.process.pair": "the socket that the door inherits",
    "app.plain_http": "a GET without a body, to ServerGem's own addresses",
    "app.probe": "a GET of the service that was deployed, at the path that it names itself",
    "app.trusted": "reads the certificate authorities of this machine, and sends nothing",
    "app.github.registration": "a code for an App, before there is one",
    "app.setup.naming": "the name of this machine",
    "app.setup.github_app": "GitHub's page in the person's browser",
    "app.setup.tunnel": "a GET of the relay that the person named",
    "app.setup.registering": "a page of this machine's, while an App is registered",
}
# What these answer has no word of a repository's but its names.
ELSEWHERE = {
    "/api/v1/openapi.json",
    "/api/v1/deployments/{id}/rollback",
    "/api/v1/deployments/{id}/rollbacks/{press}",
    "/api/{rest:path}",
    "/deployments/{id}/press",
    "/deliveries/{delivery}/redeliver",
    "/badge/{owner}/{repo}/{service}.svg",
}
# They run a ServerGem, ask Google with the person's own credentials, or write and print the person's own file.
AT_HOME = {
    *("serve", "door", "worker", "sandbox", "setup", "doctor", "preflight", "adopt"),
    *("init", "import", "config"),
}


def hostile(gem: Talker) -> Path:
    """A folder whose servergem.yml has secrets where no key may be."""
    folder = gem.house.folder / "hostile"
    folder.mkdir(exist_ok=True)
    (folder / "servergem.yml").write_text(f"services: {{a: {{port: 'DB_PASSWORD={PASSWORD}', {PAT}: 1}}}}\n")
    return folder


def tell(gem: Talker) -> None:
    """A live push, one that fails in a branch that is a token, a pull request of it, and what people say there."""
    house, work, github, name = gem.house, gem.work, gem.house.world.github, f"{OWNER}/{gem.work.name}"
    file = FILE.format(login=LOGIN, branch=BRANCH)
    good = work.push(f"Say hello, {SPOKEN} {house.world.webhook_secret}", **{"servergem.yml": file})
    assert house.ended(good)["ending"] == "live", house.log_tail()
    work.git("checkout", "-q", "-b", BRANCH)
    crash = CRASH.format(said=SPOKEN + house.world.webhook_secret, json=JSON_PASSWORD)
    house.world.faults.add(
        "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}", 1, status="422", message=SPOKEN
    )
    bad = work.push(f"Break it, {SPOKEN}", branch=BRANCH, **{"main.py": crash})
    ended = house.ended(bad)
    assert ended["ending"] == "failed", house.log_tail()
    gem.bad = ended["id"]
    gem.lane = f"{house.world.github.hub.of(name).id}/{PROJECT}/europe-west1/hello-python-staging"
    number = github.open_pull_request(name, BRANCH, title=SPOKEN, body=SPOKEN)
    github.comment(name, number, FOUNDER, f"/deploy {SPOKEN}")
    github.comment(name, number, FOUNDER, "/logs")
    github.comment(name, number, FOUNDER, f"/lock staging {SPOKEN}")
    github.deliveries.settle()
    eventually(lambda: len(gem.receiver.at("/hook")) > 1, "the notices", house.log_tail)
    eventually(lambda: gem.receiver.at("/slack"), "Slack's notice", house.log_tail)
    eventually(
        lambda: not [d for d in house.deployments() if not d["ending"]], "the end of all", house.log_tail
    )
