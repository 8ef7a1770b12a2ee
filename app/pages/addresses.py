"""Where the pages lead: a commit, a line, a pull request and a check run at GitHub, and Google's console."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from app.model import Commit, Place, Repository

CONSOLE = "https://console.cloud.google.com/run/detail"


@dataclass(frozen=True)
class Addresses:
    """`github` is where people see it, without a slash at the end."""

    github: str

    def repository(self, repository: Repository) -> str:
        return f"{self.github}/{quote(repository.full_name)}"

    def commit(self, repository: Repository, sha: str) -> str:
        return f"{self.repository(repository)}/commit/{quote(sha)}"

    def branch(self, commit: Commit) -> str:
        return f"{self.repository(commit.repository)}/tree/{quote(commit.branch)}"

    def line(self, commit: Commit, place: Place) -> str:
        """The lines of a file as they are at this commit."""
        last = f"-L{place.last_line}" if place.last_line != place.line else ""
        path = f"{quote(commit.sha)}/{quote(place.path)}"
        return f"{self.repository(commit.repository)}/blob/{path}#L{place.line}{last}"

    def pull_request(self, repository: Repository, number: int) -> str:
        return f"{self.repository(repository)}/pull/{number}"

    def check_run(self, repository: Repository, check_run_id: int) -> str:
        """https://docs.github.com/rest/checks/runs#get-a-check-run: its html_url."""
        return f"{self.repository(repository)}/runs/{check_run_id}"

    def compare(self, repository: Repository, before: str, after: str) -> str:
        return f"{self.repository(repository)}/compare/{quote(before)}...{quote(after)}"

    @staticmethod
    def console(lane: str, tab: str = "metrics") -> str:
        """The service in Google's console, or its `logs` there; empty where the lane names none."""
        parts = lane.split("/")
        if len(parts) < 3:
            return ""
        project, region, name = (quote(part) for part in parts[-3:])
        return f"{CONSOLE}/{region}/{name}/{tab}?project={project}"
