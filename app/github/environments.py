"""The protection rules of a repository's environments, as GitHub tells them."""

from __future__ import annotations

from typing import Any

from app.github import endpoints
from app.github.calls import Calls
from app.model import Person, Repository
from app.trust.protection import Protection


class Environments(Calls):
    """What an environment asks of a deployment to it."""

    def protection(self, repository: Repository, environment: str) -> Protection | None:
        """The rules of an environment; None where GitHub has no such environment."""
        told = self._get_or_none(endpoints.ENVIRONMENT, repository, {}, environment=environment)
        if not told:
            return None
        named = (told.get("deployment_branch_policy") or {}).get("custom_branch_policies")
        return _protection(told, *(self._patterns(repository, environment) if named else (None, None)))

    def is_protected(self, repository: Repository, branch: str) -> bool:
        """Whether a rule of the repository protects this branch now."""
        told = self._get_or_none(endpoints.BRANCH, repository, {}, branch=branch)
        return bool(told and told["protected"])

    def _patterns(self, repository: Repository, environment: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Those of branches and those of tags."""

        def ask() -> tuple[tuple[str, ...], tuple[str, ...]]:
            pages = self._wire.pages(endpoints.BRANCH_POLICIES, repository, query={}, environment=environment)
            every = [each for page in pages for each in page["branch_policies"]]
            of = [(each.get("type", "branch"), each["name"]) for each in every]
            branches = tuple(name for kind, name in of if kind == "branch")
            return branches, tuple(name for kind, name in of if kind == "tag")

        return self._again(ask)


def _protection(
    told: dict[str, Any], branches: tuple[str, ...] | None, tags: tuple[str, ...] | None
) -> Protection:
    rules = {rule["type"]: rule for rule in told.get("protection_rules") or ()}
    review, policy = rules.get("required_reviewers", {}), told.get("deployment_branch_policy") or {}
    listed = review.get("reviewers") or ()
    return Protection(
        told["name"],
        told["html_url"],
        tuple(_person(each["reviewer"]) for each in listed if each["type"] == "User"),
        tuple(each["reviewer"]["slug"] for each in listed if each["type"] == "Team"),
        bool(review.get("prevent_self_review")),
        int(rules.get("wait_timer", {}).get("wait_timer") or 0),
        branches,
        tags,
        bool(policy.get("protected_branches")),
    )


def _person(told: dict[str, Any]) -> Person:
    return Person(int(told["id"]), told["login"])
