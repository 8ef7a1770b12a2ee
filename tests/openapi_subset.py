"""Cut GitHub's OpenAPI description down to the operations we use, without its prose.

`python -m tests.openapi_subset DESCRIPTION.json.gz` writes tests/github-openapi.json.gz.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

SUBSET = Path(__file__).parent / "github-openapi.json.gz"
PROSE = {"description", "summary", "externalDocs", "x-github", "tags", "title", "example", "examples"}
PATHS = (
    "/app",
    "/app-manifests/{code}/conversions",
    "/app/hook/config",
    "/app/hook/deliveries",
    "/app/hook/deliveries/{delivery_id}",
    "/app/hook/deliveries/{delivery_id}/attempts",
    "/app/installations",
    "/app/installations/{installation_id}",
    "/app/installations/{installation_id}/access_tokens",
    "/rate_limit",
    "/repos/{owner}/{repo}",
    "/repos/{owner}/{repo}/activity",
    "/repos/{owner}/{repo}/branches/{branch}",
    "/repos/{owner}/{repo}/check-runs",
    "/repos/{owner}/{repo}/check-runs/{check_run_id}",
    "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations",
    "/repos/{owner}/{repo}/commits/{ref}",
    "/repos/{owner}/{repo}/collaborators/{username}/permission",
    "/repos/{owner}/{repo}/commits/{ref}/check-runs",
    "/repos/{owner}/{repo}/commits/{ref}/check-suites",
    "/repos/{owner}/{repo}/compare/{basehead}",
    "/repos/{owner}/{repo}/contents/{path}",
    "/repos/{owner}/{repo}/deployments",
    "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses",
    "/repos/{owner}/{repo}/environments/{environment_name}",
    "/repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies",
    "/repos/{owner}/{repo}/git/commits/{commit_sha}",
    "/repos/{owner}/{repo}/git/ref/{ref}",
    "/repos/{owner}/{repo}/git/trees/{tree_sha}",
    "/repos/{owner}/{repo}/installation",
    "/repos/{owner}/{repo}/issues/comments/{comment_id}",
    "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions",
    "/repos/{owner}/{repo}/issues/{issue_number}/comments",
    "/repos/{owner}/{repo}/pulls",
    "/repos/{owner}/{repo}/pulls/{pull_number}",
    "/repos/{owner}/{repo}/tarball/{ref}",
)
WEBHOOKS = (
    "push",
    "ping",
    "pull-request",
    "issue-comment",
    "check-run",
    "check-suite",
    "merge-group",
    "installation",
)


def without_prose(node: Any, *, names: bool = False) -> Any:
    """`names`: the keys are names that GitHub gave (properties, schemas), not words of OpenAPI."""
    if isinstance(node, list):
        return [without_prose(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    return {
        key: without_prose(
            inner, names=key in {"properties", "schemas", "parameters", "responses"} and not names
        )
        for key, inner in node.items()
        if names or key not in PROSE
    }


def references(node: Any) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(references, node)) if node else set()
    if not isinstance(node, dict):
        return set()
    found = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
    return found.union(*map(references, node.values())) if node else found


def subset(whole: dict[str, Any]) -> dict[str, Any]:
    """The chosen operations and webhooks, and every component that they reach."""
    kept: dict[str, Any] = {
        "openapi": whole["openapi"],
        "info": {"version": whole["info"]["version"]},
        "paths": {path: without_prose(whole["paths"][path]) for path in PATHS},
        "x-webhooks": {
            name: without_prose(hook) for name, hook in whole["x-webhooks"].items() if name in WEBHOOKS
        },
        "components": {},
    }
    # There an account is a person and an enterprise at once, which GitHub's own example is not; what it lists is said
    # rightly where one installation is asked for.
    listed = kept["paths"]["/app/installations"]["get"]["responses"]["200"]["content"]["application/json"]
    listed["schema"]["items"] = {"$ref": "#/components/schemas/installation"}
    waiting = references(kept)
    done: set[str] = set()
    while waiting:
        reference = waiting.pop()
        done.add(reference)
        _, _, kind, name = reference.split("/")
        part = without_prose(whole["components"][kind][name])
        kept["components"].setdefault(kind, {})[name] = part
        waiting |= references(part) - done
    return kept


if __name__ == "__main__":
    with gzip.open(sys.argv[1]) as file:
        description = json.load(file)
    SUBSET.write_bytes(
        gzip.compress(json.dumps(subset(description), separators=(",", ":")).encode(), mtime=0)
    )
