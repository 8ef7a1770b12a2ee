"""Replicas that lag: a push is told at once, and for a while some of what is asked answers as before it.

GitHub gives no order to webhooks and to what its API shows: https://github.com/screwdriver-cd/screwdriver/issues/593.
A branch is then still at its commit of before (https://github.com/rancher/fleet/pull/4842), a commit is not there
(https://github.com/salemove/github-review-helper/pull/21), and nothing can be said about it
(https://github.com/home-assistant/service-hub/pull/394: 422 "No commit found for SHA"). A new token is not known yet,
and then not with its permissions: https://github.com/octokit/auth-app.js/issues/589.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Mapping

from sandbox.github.git import Git
from sandbox.github.records import Repo

_SHA = re.compile(r"[0-9a-f]{40}")


class Behind(Git):
    """A repository as it was before its last push: names where they were, and none of the commits since."""

    def __init__(self, whole: Git, before: Mapping[str, str]) -> None:
        super().__init__(whole.path)
        self._before = dict(before)

    def refs(self) -> dict[str, str]:
        return dict(self._before)

    def resolve(self, ref: str, kind: str = "commit") -> str | None:
        name = f"refs/heads/{self.default_branch}" if ref == "HEAD" else ref
        names = (name, f"refs/heads/{name}", f"refs/tags/{name}", f"refs/{name}")
        at = next((self._before[each] for each in names if each in self._before), None)
        if at is None and not _SHA.fullmatch(ref):
            return None
        found = super().resolve(at or ref, kind)
        return None if found is None or self._is_new(found) else found

    def _is_new(self, sha: str) -> bool:
        """Whether no name of before leads to a commit; what is no commit is there."""
        if self.try_run("cat-file", "-t", sha) != b"commit\n":
            return False
        return not any(self.is_ancestor(sha, known) for known in set(self._before.values()))


class Replicas:
    """The first `lag` questions of each method after a push, and the first of each token, meet a replica that lags."""

    def __init__(self) -> None:
        self.lag = 0
        self._lock = threading.Lock()
        self._before: dict[int, dict[str, str]] = {}
        self._answered: Counter[tuple[int, str]] = Counter()
        self._used: Counter[str] = Counter()

    def pushed(self, repo: Repo, before: Mapping[str, str]) -> None:
        """The names of a repository have moved, from what they were `before`."""
        if not self.lag:
            return
        with self._lock:
            self._before[repo.id] = dict(before)
            for key in [key for key in self._answered if key[0] == repo.id]:
                del self._answered[key]

    def git(self, repo: Repo, method: str) -> Git:
        """The repository as the replica has it that answers this question."""
        with self._lock:
            before, key = self._before.get(repo.id), (repo.id, method)
            if before is None or self._answered[key] >= self.lag:
                return repo.git
            self._answered[key] += 1
        return Behind(repo.git, before)

    def status_of(self, token: str) -> int:
        """What a replica answers to this token: 401 for one it has not heard of, 403 for one without rights, or 0."""
        with self._lock:
            self._used[token] += 1
            used = self._used[token]
        if used > self.lag:
            return 0
        return 401 if used == 1 else 403
