"""Every method of the REST API that the sandbox answers, and which permission it takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from sandbox.github import (
    registration,
    rest_activity,
    rest_apps,
    rest_checks,
    rest_contents,
    rest_deployments,
    rest_issues,
    rest_pulls,
    rest_sources,
)
from sandbox.github.answers import Answer, Call

# These path parameters hold slashes.
_MANY_SEGMENTS = ("path", "branch", "ref", "basehead")


@dataclass(frozen=True)
class Method:
    """One method of the API. `permission` empty: the App itself asks, or any token of an installation may.

    Where one of several permissions is enough they are separated by a bar.
    """

    verb: str
    template: str
    work: Callable[[Call], Answer]
    permission: str = ""
    access: str = "read"

    @property
    def name(self) -> str:
        return f"{self.verb} {self.template}"

    @property
    def permissions(self) -> tuple[str, ...]:
        return tuple(self.permission.split("|")) if self.permission else ()

    @property
    def as_app(self) -> bool:
        return self.template.split("/")[1] == "app" or self.template.endswith("/installation")

    @property
    def for_anybody(self) -> bool:
        """Whether it may be asked without saying who asks; a code of the manifest flow says enough."""
        return self.template in ("/rate_limit", "/app-manifests/{code}/conversions")

    @property
    def pattern(self) -> re.Pattern[str]:
        pieces = re.split(r"{(\w+)}", self.template)
        # For {ref} before another segment the shortest, so that `/commits/a/b/check-runs` finds its end.
        for index in range(1, len(pieces), 2):
            many = pieces[index] in _MANY_SEGMENTS
            pieces[index] = f"(?P<{pieces[index]}>{'.*[^/]' if many else '[^/]+'})"
        return re.compile("".join(pieces))


R = "/repos/{owner}/{repo}"
# Either is enough for what is said under a pull request.
TALK = "issues|pull_requests"
METHODS: tuple[Method, ...] = (
    Method("GET", "/app", rest_apps.app),
    Method("GET", "/app/installations", rest_apps.installations),
    Method("GET", "/app/installations/{installation_id}", rest_apps.installation),
    Method("POST", "/app/installations/{installation_id}/access_tokens", rest_apps.access_token),
    Method("POST", "/app-manifests/{code}/conversions", registration.convert),
    Method("GET", "/app/hook/config", registration.hook_config),
    Method("PATCH", "/app/hook/config", registration.set_hook_config),
    Method("GET", "/app/hook/deliveries", rest_apps.deliveries),
    Method("GET", "/app/hook/deliveries/{delivery_id}", rest_apps.delivery),
    Method("POST", "/app/hook/deliveries/{delivery_id}/attempts", rest_apps.redeliver),
    Method("DELETE", "/installation/token", rest_apps.revoke),
    Method("GET", "/installation/repositories", rest_apps.repositories, "metadata"),
    Method("GET", "/rate_limit", rest_apps.rate_limit),
    Method("GET", R + "/installation", rest_apps.repository_installation),
    Method("GET", R, rest_sources.repository, "metadata"),
    Method("GET", R + "/activity", rest_activity.activities, "contents"),
    Method("GET", R + "/contents/{path}", rest_contents.contents, "contents"),
    Method("GET", R + "/branches", rest_sources.branches, "contents"),
    Method("GET", R + "/branches/{branch}", rest_sources.branch, "contents"),
    Method("GET", R + "/git/ref/{ref}", rest_sources.git_ref, "contents"),
    Method("GET", R + "/git/commits/{commit_sha}", rest_sources.git_commit, "contents"),
    Method("GET", R + "/git/trees/{tree_sha}", rest_sources.git_tree, "contents"),
    Method("GET", R + "/compare/{basehead}", rest_sources.compare, "contents"),
    Method("GET", R + "/tarball/{ref}", rest_sources.tarball, "contents"),
    Method("GET", R + "/commits/{ref}/check-runs", rest_checks.runs_of_commit, "checks"),
    Method("GET", R + "/commits/{ref}/check-suites", rest_checks.suites_of_commit, "checks"),
    Method("GET", R + "/commits/{commit_sha}/pulls", rest_pulls.of_commit, "pull_requests"),
    Method("GET", R + "/commits", rest_sources.commits, "contents"),
    Method("GET", R + "/commits/{ref}", rest_sources.commit, "contents"),
    Method("POST", R + "/check-runs", rest_checks.create, "checks", "write"),
    Method("GET", R + "/check-runs/{check_run_id}", rest_checks.get, "checks"),
    Method("PATCH", R + "/check-runs/{check_run_id}", rest_checks.update, "checks", "write"),
    Method("GET", R + "/check-runs/{check_run_id}/annotations", rest_checks.annotations_of_run, "checks"),
    Method("GET", R + "/check-suites/{check_suite_id}", rest_checks.suite, "checks"),
    Method("GET", R + "/check-suites/{check_suite_id}/check-runs", rest_checks.runs_of_suite, "checks"),
    Method("POST", R + "/check-runs/{check_run_id}/rerequest", rest_checks.rerequest, "checks", "write"),
    Method(
        "POST", R + "/check-suites/{check_suite_id}/rerequest", rest_checks.rerequest_suite, "checks", "write"
    ),
    Method("GET", R + "/pulls", rest_pulls.listed, "pull_requests"),
    Method("POST", R + "/pulls", rest_pulls.create, "pull_requests", "write"),
    Method("GET", R + "/pulls/{pull_number}", rest_pulls.get, "pull_requests"),
    Method("PATCH", R + "/pulls/{pull_number}", rest_pulls.update, "pull_requests", "write"),
    Method("GET", R + "/pulls/{pull_number}/commits", rest_pulls.commits, "pull_requests"),
    Method("GET", R + "/pulls/{pull_number}/files", rest_pulls.files, "pull_requests"),
    Method("GET", R + "/pulls/{pull_number}/merge", rest_pulls.merged, "contents"),
    Method("PUT", R + "/pulls/{pull_number}/merge", rest_pulls.merge, "contents", "write"),
    Method("GET", R + "/issues/comments", rest_issues.listed_of_repository, TALK),
    Method("GET", R + "/issues/{issue_number}", rest_issues.issue, TALK),
    Method("GET", R + "/issues/{issue_number}/comments", rest_issues.listed, TALK),
    Method("POST", R + "/issues/{issue_number}/comments", rest_issues.create, TALK, "write"),
    Method("GET", R + "/issues/comments/{comment_id}", rest_issues.get, TALK),
    Method("PATCH", R + "/issues/comments/{comment_id}", rest_issues.update, TALK, "write"),
    Method("DELETE", R + "/issues/comments/{comment_id}", rest_issues.delete, TALK, "write"),
    Method("GET", R + "/issues/comments/{comment_id}/reactions", rest_issues.reactions, TALK),
    Method("POST", R + "/issues/comments/{comment_id}/reactions", rest_issues.react, TALK, "write"),
    Method("GET", R + "/collaborators/{username}/permission", rest_issues.permission, "metadata"),
    Method("GET", R + "/environments", rest_deployments.environments, "actions"),
    Method("GET", R + "/environments/{environment_name}", rest_deployments.environment, "actions"),
    Method(
        "GET",
        R + "/environments/{environment_name}/deployment-branch-policies",
        rest_deployments.branch_policies,
        "actions",
    ),
    Method(
        "DELETE",
        R + "/environments/{environment_name}",
        rest_deployments.delete_environment,
        "administration",
        "write",
    ),
    Method("DELETE", R + "/deployments/{deployment_id}", rest_deployments.delete, "deployments", "write"),
    Method("GET", R + "/deployments", rest_deployments.listed, "deployments"),
    Method("POST", R + "/deployments", rest_deployments.create, "deployments", "write"),
    Method("GET", R + "/deployments/{deployment_id}", rest_deployments.get, "deployments"),
    Method("GET", R + "/deployments/{deployment_id}/statuses", rest_deployments.statuses, "deployments"),
    Method(
        "POST",
        R + "/deployments/{deployment_id}/statuses",
        rest_deployments.create_status,
        "deployments",
        "write",
    ),
)
_PATTERNS = tuple((method, method.pattern) for method in METHODS)


@dataclass(frozen=True)
class Found:
    """A method and the parts of the path, unescaped. `by_id`: `/repositories/{id}` stood for the name."""

    method: Method
    params: Mapping[str, str]
    by_id: int | None = None


def find(verb: str, path: str) -> Found | None:
    alias = re.fullmatch(r"/repositories/(\d+)(/.*)?", path)
    path = f"/repos/-/-{alias[2] or ''}" if alias else path
    # GitHub takes a listing of the top and a tarball of the default branch with nothing behind them.
    path = re.sub(r"^(/repos/[^/]+/[^/]+)/contents/?$", r"\1/contents/.", path)
    path = re.sub(r"^(/repos/[^/]+/[^/]+)/tarball/?$", r"\1/tarball/HEAD", path)
    for method, pattern in _PATTERNS:
        match = pattern.fullmatch(path) if method.verb == verb else None
        if match:
            params = {name: unquote(value) for name, value in match.groupdict().items()}
            return Found(method, params, int(alias[1]) if alias else None)
    return None
