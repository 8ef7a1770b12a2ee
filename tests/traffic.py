"""`python -m tests.traffic FOLDER`: what the tests recorded of the wire, held against what has to be true of all of it.

Exchanges with GitHub are held against GitHub's description: beside a checkout of the shared tools the whole of it,
in a plain clone the subset in this folder. Each permission that a call to Google took has to be in the table of what
ServerGem's account is given. Each method that was called at Google or GitHub has to be lost, in
every way, in a story of tests/test_faults.py.
"""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from app.stages.checks.accounts import ACT_AS
from app.trust.rights import RIGHTS
from tests.openapi_subset import SUBSET

SHARED = Path(__file__).parent.parent.parent / "shared"
CHECKER = SHARED / "tools" / "github_openapi_check.py"
DESCRIPTION = SHARED / "reference" / "github-openapi.json.gz"
WEBHOOKS = SHARED / "reference" / "github-webhooks-schema.json.gz"
# Acting as an account is granted on each account alone, not by a role on the project.
# Asked for somebody who sees that it failed and asks again (commands, /readyz), or to look only, where a lost answer is
# a warning: no story has to lose them.
SEEN_AGAIN = {
    "GET /app",
    "GET /app/hook/config",
    "PATCH /app/hook/config",
    "GET /app/hook/deliveries/{delivery_id}",
    "GET /app/installations",
    "POST /app-manifests/{code}/conversions",
    "GET /rate_limit",
    "GET /repos/{owner}/{repo}",
    # By the reader of the environment itself, which is lost.
    "GET /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies",
    "ArtifactRegistry.GetIamPolicy",
    # A second opinion that is lost is a line of the log: tests/test_second_opinion.py.
    "PredictionService.GenerateContent",
    "ArtifactRegistry.TestIamPermissions",
    "Services.TestIamPermissions",
    "ServiceUsage.GetService",
    "storage.buckets.getIamPolicy",
    "storage.buckets.list",
    "storage.buckets.testIamPermissions",
    "storage.objects.list",  # by the tests themselves, to see what was uploaded
    # An account that is there already is as good as one that was made; gcloud makes most of them.
    "IAM.CreateServiceAccount",
    # A question in a loop that asks until there is an answer, as gcloud does too.
    "Operations.GetOperation",
    # What a notice takes is asked again with the notice: tests/test_notices.py.
    "SecretManagerService.AccessSecretVersion",
}
# What the grant-role button takes an operator gives by hand; what the tests look at themselves nobody gives.
NOT_OURS = {"resourcemanager.projects.setIamPolicy", "storage.objects.list"}
LISTED = {each.permission for each in RIGHTS} | {ACT_AS}
# Not part of the REST description: the archive's own host.
OUTSIDE = re.compile(r"^/(?:_codeload/)?[^/]+/[^/]+/legacy\.tar\.gz/")
# As GitHub's own redirects and next pages have it, where the description has the name.
BY_ID = re.compile(r"^/repositories/\d+(?=/|$)")
# No description has this event: its action is whatever its sender calls it.
UNDESCRIBED = "repository_dispatch"
# What the OpenAPI description requires of a release, `immutable` and `updated_at`, the webhooks' own schemas forbid.
CONTRADICTED = "release"
UNKNOWN = "no such operation"
OF_COMMIT = re.compile(r"/commits/[^/]+/pulls(?:$|\?)")


def main(folder: Path) -> int:
    recorded = sorted(folder.glob("*.jsonl"))
    if not recorded:
        print(f"no traffic was recorded in {folder}")
        return 2
    described = _with_checker(recorded) if CHECKER.exists() else _with_subset(recorded)
    faults = [
        f"{name} is used, and app/trust/rights.py has no row that grants it" for name in unlisted(folder)
    ]
    books = (json.loads(path.read_text()) for path in folder.glob("*.calls"))
    faults += [
        f"{name} is called, and lost in no story of tests/test_faults.py" for name in never_lost(books)
    ]
    for fault in faults:
        print(fault)
    return described or bool(faults)


def unlisted(folder: Path) -> list[str]:
    """The permissions that some test's calls took and that `servergem setup google` does not give."""
    told = (path.read_text().split() for path in folder.glob("*.permissions"))
    return sorted({permission for each in told for permission in each} - LISTED - NOT_OURS)


def never_lost(books: Iterable[dict[str, list[str]]]) -> list[str]:
    """The methods that some test called and no story lost."""
    called: set[str] = set()
    lost: set[str] = set()
    for book in books:
        called.update(book["called"])
        lost.update(book["lost"])
    return sorted(called - lost - SEEN_AGAIN)


def _with_checker(recorded: list[Path]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        plain = []
        for path in (DESCRIPTION, WEBHOOKS):
            plain.append(Path(folder) / path.stem)
            plain[-1].write_bytes(gzip.decompress(path.read_bytes()))
        described = [Path(folder) / path.name for path in recorded]
        for path, copy in zip(recorded, described, strict=True):
            copy.write_text("".join(f"{json.dumps(each)}\n" for each in _described(path)))
        command = [sys.executable, str(CHECKER), str(plain[0]), *map(str, described)]
        return subprocess.run([*command, "--webhook-schemas", str(plain[1])], check=False).returncode


def _described(record: Path) -> Iterator[dict[str, Any]]:
    """What was said, without what GitHub's description does not speak of."""
    for line in record.read_text().splitlines():
        exchange = json.loads(line)
        if exchange.get("event") in (UNDESCRIBED, CONTRADICTED):
            continue
        if exchange.get("event") == "ping":
            hook = exchange["payload"]["hook"]
            hook["events"] = [each for each in hook["events"] if each != UNDESCRIBED]
        yield exchange


def _with_subset(recorded: list[Path]) -> int:
    description = _subset()
    faults: Counter[str] = Counter()
    count = 0
    for path in recorded:
        for exchange in _described(path):
            count += 1
            faults.update(_faults(description, exchange))
    for fault, times in faults.items():
        print(f"{fault} [{times}x]")
    print(f"exchanges and deliveries held against the subset of GitHub's description: {count}")
    return 1 if faults else 0


@cache
def _subset() -> dict[str, Any]:
    found: dict[str, Any] = _jsonschema(json.loads(gzip.decompress(SUBSET.read_bytes())))
    return found


def faults_of_answers(record: Path) -> list[str]:
    """What no answer and no webhook of GitHub's has, where the subset speaks of it; who asks may ask wrongly.

    GitHub redirects each write to a renamed repository, and documents it for few.
    """
    found: set[str] = set()
    for each in _described(record):
        # A file as it is has no schema, and the pull requests of a commit are no ref of the subset's.
        if not isinstance(each.get("response_body"), str) and not OF_COMMIT.search(each.get("path", "")):
            found.update(_faults(_subset(), {**each, "request_body": None}))
    return sorted(each for each in found if not each.endswith((UNKNOWN, "307 is not documented")))


def _faults(description: dict[str, Any], exchange: dict[str, Any]) -> Iterator[str]:
    if "event" in exchange:
        yield from _webhook_faults(description, exchange)
        return
    path = BY_ID.sub("/repos/-/-", exchange["path"].partition("?")[0])
    if OUTSIDE.match(path):
        return
    verb = exchange["method"].lower()
    found = [t for t in description["paths"] if _fits(t, path) and verb in description["paths"][t]]
    if not found:
        yield f"{exchange['method']} {path}: {UNKNOWN}"
        return
    operation = description["paths"][max(found, key=lambda t: t.count("/") - t.count("{"))][verb]
    name = f"{exchange['method']} {found[0]}"
    if (body := exchange.get("request_body")) is not None:
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        yield from _invalid(description, schema, body, f"{name}: request")
    status = str(exchange.get("status", ""))
    answers = operation["responses"]
    # Whoever names an etag may hear 304 everywhere:
    # https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate
    if status and status not in answers and int(status) < 400 and status != "304":
        yield f"{name}: {status} is not documented"
    schema = _content(description, answers.get(status, {})).get("schema")
    if schema and exchange.get("response_body") is not None:
        yield from _invalid(description, schema, exchange["response_body"], f"{name}: {status}")


def _webhook_faults(description: dict[str, Any], exchange: dict[str, Any]) -> Iterator[str]:
    hook = description["x-webhooks"].get(exchange["event"])
    if hook is None:
        return
    schema = _content(description, hook["post"]["requestBody"]).get("schema")
    yield from _invalid(description, schema, exchange["payload"], f"webhook {exchange['event']}")


def _content(description: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        _, _, kind, name = part["$ref"].split("/")
        part = description["components"][kind][name]
    found: dict[str, Any] = part.get("content", {}).get("application/json", {})
    return found


def _fits(template: str, path: str) -> bool:
    """`{path}`, `{ref}` and `{basehead}` may hold slashes, nothing else may."""
    pattern = re.sub(r"\\\{(path|ref|basehead)\\\}", ".+", re.escape(template))
    return re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", pattern), path) is not None


def _invalid(description: dict[str, Any], schema: Any, body: Any, name: str) -> Iterator[str]:
    if schema is None:
        return
    whole = {"allOf": [schema], "components": description["components"]}
    for error in jsonschema.Draft4Validator(whole).iter_errors(body):
        yield f"{name}: /{'/'.join(map(str, error.absolute_path))}: {error.message[:150]}"


def _jsonschema(node: Any) -> Any:
    """OpenAPI 3.0's `nullable` as JSON Schema says it."""
    if isinstance(node, list):
        return [_jsonschema(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    said = {key: _jsonschema(inner) for key, inner in node.items()}
    if said.pop("nullable", False) is True:
        return {"anyOf": [said, {"type": "null"}]}
    return said


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
