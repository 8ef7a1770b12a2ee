"""GitHub's JSON objects, whole; every address in them begins with the host that was asked."""

from __future__ import annotations

from urllib.parse import quote

from sandbox.github.git_words import CommitFacts
from sandbox.github.issues import PullRequest
from sandbox.github.records import CheckRun, Deployment, DeploymentStatus, Suite
from sandbox.github.repository_shapes import Repositories
from sandbox.github.shape_words import node_id, utc
from sandbox.github.words import Json, now


class Shapes(Repositories):
    """All objects as seen through one host: check runs and deployments too."""

    def check_run(self, run: CheckRun) -> Json:
        repo = run.suite.repo
        url = f"{self.api(repo)}/check-runs/{run.id}"
        return {
            "id": run.id,
            "name": run.name,
            "node_id": node_id("CR", run.id),
            "head_sha": run.suite.sha,
            "external_id": run.external_id,
            "url": url,
            "html_url": f"{self.html(repo)}/runs/{run.id}",
            "details_url": run.details_url or self.hub.app.url,
            "status": run.status,
            "conclusion": run.conclusion,
            "started_at": run.started_at,
            "completed_at": run.completed_at,
            "output": {
                "title": run.title,
                "summary": run.summary,
                "text": run.text,
                "annotations_count": len(run.annotations),
                "annotations_url": f"{url}/annotations",
            },
            "check_suite": {"id": run.suite.id},
            "app": self.app(),
            "pull_requests": self.pulls_of(run.suite),
        }

    def pulls_of(self, suite: Suite) -> list[Json]:
        """The open pull requests of a commit, but never those of a fork."""
        return [
            self.pull_minimal(pull)
            for pull in self.hub.pulls_of(suite.repo)
            if pull.state == "open" and pull.head.sha == suite.sha and not pull.from_fork
        ]

    def pull_minimal(self, pull: PullRequest) -> Json:
        repo = {"id": pull.repo.id, "url": self.api(pull.repo), "name": pull.repo.name}
        return {
            "url": f"{self.api(pull.repo)}/pulls/{pull.number}",
            "id": pull.pull_id,
            "number": pull.number,
            "head": {"ref": pull.head.branch, "sha": pull.head.sha, "repo": repo},
            "base": {"ref": pull.base, "sha": pull.base_sha, "repo": repo},
        }

    def annotation(self, run: CheckRun, annotation: Json) -> Json:
        place = f"{run.suite.sha}/{quote(annotation['path'])}"
        optional = {
            name: annotation.get(name) for name in ("start_column", "end_column", "title", "raw_details")
        }
        return {
            "path": annotation["path"],
            "blob_href": f"{self.html(run.suite.repo)}/blob/{place}",
            "start_line": annotation["start_line"],
            "end_line": annotation["end_line"],
            "annotation_level": annotation["annotation_level"],
            "message": annotation["message"],
            **optional,
        }

    def suite(self, suite: Suite) -> Json:
        repo, commit = suite.repo, suite.repo.git.commit(suite.sha)
        runs = self.hub.runs_of(repo, suite.sha)
        done = bool(runs) and not suite.rerequested and all(run.status == "completed" for run in runs)
        status = "completed" if done else "in_progress" if runs else "queued"
        bad = next(
            (run.conclusion for run in runs if run.conclusion not in ("success", "neutral", "skipped")),
            "success",
        )
        url = f"{self.api(repo)}/check-suites/{suite.id}"
        return {
            "id": suite.id,
            "node_id": node_id("CS", suite.id),
            "head_branch": suite.branch,
            "head_sha": suite.sha,
            "status": "queued" if suite.rerequested else status,
            "conclusion": bad if done else None,
            "url": url,
            "before": commit.parents[0] if commit.parents else "0" * 40,
            "after": suite.sha,
            "pull_requests": self.pulls_of(suite),
            "app": self.app(),
            "created_at": suite.created_at,
            "updated_at": now() if not done else max(run.completed_at or "" for run in runs),
            "head_commit": self.head_commit(commit),
            "repository": self.repository(repo),
            "latest_check_runs_count": len({run.name for run in runs}),
            "check_runs_url": f"{url}/check-runs",
        }

    def head_commit(self, commit: CommitFacts) -> Json:
        return {
            "id": commit.sha,
            "tree_id": commit.tree,
            "message": commit.message,
            "timestamp": utc(commit.committer.when),
            "author": {"name": commit.author.name, "email": commit.author.email},
            "committer": {"name": commit.committer.name, "email": commit.committer.email},
        }

    def deployment(self, deployment: Deployment) -> Json:
        url = f"{self.api(deployment.repo)}/deployments/{deployment.id}"
        last = deployment.statuses[-1].created_at if deployment.statuses else deployment.created_at
        return {
            "url": url,
            "id": deployment.id,
            "node_id": node_id("DE", deployment.id),
            "task": deployment.task,
            "original_environment": deployment.environment,
            "environment": deployment.environment,
            "description": deployment.description,
            "created_at": deployment.created_at,
            "updated_at": last,
            "statuses_url": f"{url}/statuses",
            "repository_url": self.api(deployment.repo),
            "creator": self.bot(),
            "sha": deployment.sha,
            "ref": deployment.ref,
            "payload": deployment.payload,
            "transient_environment": deployment.transient,
            "production_environment": deployment.production,
            "performed_via_github_app": self.app(),
        }

    def deployment_status(self, deployment: Deployment, status: DeploymentStatus) -> Json:
        url = f"{self.api(deployment.repo)}/deployments/{deployment.id}"
        return {
            "url": f"{url}/statuses/{status.id}",
            "id": status.id,
            "node_id": node_id("DES", status.id),
            "state": status.state,
            "creator": self.bot(),
            "description": status.description,
            "environment": status.environment or deployment.environment,
            "target_url": status.log_url,
            "created_at": status.created_at,
            "updated_at": status.created_at,
            "deployment_url": url,
            "repository_url": self.api(deployment.repo),
            "environment_url": status.environment_url,
            "log_url": status.log_url,
            "performed_via_github_app": self.app(),
        }
