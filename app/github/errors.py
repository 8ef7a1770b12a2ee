"""What GitHub refused, whether it may pass, how long it asked us to wait, and what is refused for good."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
# Without `retry-after`, and with calls remaining, it is a secondary limit: wait at least a minute.
SECONDARY_WAIT = 60.0
SECONDARY_WORDS = ("secondary rate limit", "abuse detection", "wait a few minutes before you try again")
MESSAGE_LENGTH = 600


@dataclass(frozen=True)
class Final:
    """A refusal that no later attempt changes, once it was the answer `times` times in a row."""

    status: int
    words: str = ""
    times: int = 1

    def fits(self, status: int, message: str) -> bool:
        return status == self.status and self.words in message.lower()


# What is not here may pass: a permission that is accepted later, a suspension that ends, a limit, an outage.
FINAL: tuple[Final, ...] = (
    # A push is told before every replica has it: https://github.com/home-assistant/service-hub/pull/394
    Final(422, "no commit found for sha", times=8),
    Final(422, "no ref found for", times=8),
    # https://docs.github.com/repositories/archiving-a-github-repository/archiving-repositories
    # "Repository was archived so is read-only."
    Final(403, "archived"),
    Final(403, "read-only"),
    # https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api#404-not-found-for-an-existing-resource
    # Deleted, or the App was uninstalled. What was made a moment ago may be a 404 too, once.
    Final(404, times=2),
    # https://docs.github.com/rest/about-the-rest-api/api-versions: an endpoint or an object that is gone.
    Final(410),
    # https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api#validation-failed
    # The second time a shorter body was sent.
    Final(422, times=2),
    # https://docs.github.com/github/site-policy/dmca-takedown-policy: taken down for a legal reason.
    Final(451),
)
NOT_ACCESSIBLE = "resource not accessible by integration"
EMPTY_REPOSITORY = "git repository is empty"
# What is said of a commit, or of a branch, that has not come to the replica which was asked.
UNSEEN = ("no commit found for", "no ref found for")


class GitHubError(Exception):
    """GitHub said no, or nothing (`status` 0). `retry_after` is in seconds, None when it did not say."""

    def __init__(
        self, status: int, message: str, transient: bool = False, retry_after: float | None = None
    ) -> None:
        # All four are positional, so that the workflow engine can write it down and read it back.
        super().__init__(status, message, transient, retry_after)
        self.status = status
        self.message = message
        self.transient = transient
        self.retry_after = retry_after

    @property
    def rate_limited(self) -> bool:
        return self.status in (403, 429) and self.retry_after is not None

    @property
    def doubts_token(self) -> bool:
        """Whether it is the token that GitHub does not take, or what the token may do."""
        return self.status == 401 or (self.status == 403 and NOT_ACCESSIBLE in self.message.lower())

    @property
    def absent(self) -> bool:
        """There is no such thing; of a repository without a commit nothing that git keeps is there.

        409 "Git Repository is empty.": https://docs.github.com/rest/git/refs#get-a-reference
        """
        return self.status == 404 or (self.status == 409 and EMPTY_REPOSITORY in self.message.lower())

    @property
    def final_after(self) -> int:
        """How often in a row this answer has to come until no other will; 0 when it may pass."""
        if self.transient:
            return 0
        return next((each.times for each in FINAL if each.fits(self.status, self.message)), 0)

    def __str__(self) -> str:
        return f"{self.status} {self.message}" if self.status else self.message


class NotHeardYet(GitHubError):  # noqa: N818 - what it may be
    """Maybe no refusal: what was asked about is so new that not every replica of GitHub's has heard of it."""


def refusal(status: int, headers: Mapping[str, str], body: str, *, now: float) -> GitHubError:
    """GitHub's answer of 300 and above as an error; `headers` have lower-case names."""
    message = _message(body)
    wait = _wait(status, headers, message, now)
    if status == 403 and wait is None and (accepted := headers.get("x-accepted-github-permissions")):
        message += f" (this call needs {accepted})"
    transient = status >= 500 or status == 408 or wait is not None
    unseen = status in (404, 422) and any(words in message.lower() for words in UNSEEN)
    return (NotHeardYet if unseen else GitHubError)(status, message, transient, wait)


def unreachable(error: Exception) -> GitHubError:
    """No answer came: said in the operating system's words, which are shorter than the HTTP library's."""
    return GitHubError(0, f"no answer from GitHub: {_root_words(error)}", transient=True)


def _message(body: str) -> str:
    """GitHub's sentence and, for a 422, which field it means."""
    try:
        told: Any = json.loads(body)
    except ValueError:
        return " ".join(body.split())[:MESSAGE_LENGTH] or "without a body"
    if not isinstance(told, dict):
        return body[:MESSAGE_LENGTH]
    words = str(told.get("message", "without a message"))
    faults = told.get("errors")
    details = [_fault(fault) for fault in faults] if isinstance(faults, list) else []
    return "; ".join([words, *details])[:MESSAGE_LENGTH]


def _fault(fault: Any) -> str:
    if not isinstance(fault, dict):
        return str(fault)
    where = ".".join(str(fault[key]) for key in ("resource", "field") if fault.get(key))
    what = fault.get("message") or fault.get("code") or ""
    return f"{where}: {what}" if where else str(what)


def _wait(status: int, headers: Mapping[str, str], message: str, now: float) -> float | None:
    """Seconds to wait, in GitHub's order of obedience; None when this is no rate limit."""
    told = headers.get("retry-after", "")
    if told.isdecimal() and (status in (403, 429) or status >= 500):
        return float(told)
    if status not in (403, 429):
        return None
    if headers.get("x-ratelimit-remaining") == "0":
        reset = headers.get("x-ratelimit-reset", "")
        return max(1.0, float(reset) - now) if reset.isdecimal() else SECONDARY_WAIT
    secondary = status == 429 or any(words in message.lower() for words in SECONDARY_WORDS)
    return SECONDARY_WAIT if secondary else None


def _root_words(error: BaseException) -> str:
    words, seen = "", error
    cause: BaseException | None = error
    while cause is not None:
        seen = cause
        if isinstance(cause, OSError) and cause.strerror:
            words = cause.strerror
        cause = cause.__cause__ or cause.__context__
    return (words or str(seen) or type(seen).__name__).lower()
