"""One bare repository on disk, read and written with git itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from sandbox.github.git_words import LOG, CommitFacts, Entry, FileChange, changes_in, commits_in, entries_in

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
NO_COMMIT = "0" * 40
_SHA = re.compile(r"[0-9a-f]{40}")
_SHORT_SHA = re.compile(r"[0-9a-f]{4,40}")
# The person's own configuration (signing, hooks, templates, a repository that git is called from) must not reach the
# sandbox, and their proxy has no business on loopback.
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith("GIT_") and not name.lower().endswith("_proxy")
} | {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C.UTF-8",
}
_CHUNK = 1 << 16
# The repository's address for its hook, and what GitHub says to who pushes a new branch.
SITE = "SANDBOX_REPOSITORY"
_AFTER_PUSH = f"""#!/bin/sh
main=$(git symbolic-ref --short HEAD)
while read -r old new ref; do
  branch=${{ref#refs/heads/}}
  case "$old$ref" in {NO_COMMIT}refs/heads/*)
    if [ "$branch" != "$main" ] && git show-ref --verify --quiet "refs/heads/$main"; then
      printf '\nCreate a pull request for %s by visiting:\n     %s/compare?head=%s\n\n' "'$branch'" "${SITE}" "$branch" >&2
    fi;;
  esac
done
"""  # noqa: E501 - a shell's line


class Git:
    """The commands that the sandbox needs of one bare repository."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path, source: Path | None, branch: str, message: str) -> Git:
        """An empty repository, or one with the folder `source` as its first commit."""
        path.parent.mkdir(parents=True, exist_ok=True)
        _run("git", "init", "-q", "--bare", "-b", branch, str(path))
        git = cls(path)
        git._set_up()
        if source is not None:
            git._seed(source, branch, message)
        return git

    @classmethod
    def fork(cls, path: Path, parent: Git) -> Git:
        """The parent's branches and tags in a repository of their own."""
        branch = parent.default_branch
        _run("git", "init", "-q", "--bare", "-b", branch, str(path))
        git = cls(path)
        git._set_up()
        git.run("fetch", "-q", "--no-write-fetch-head", str(parent.path), "refs/heads/*:refs/heads/*")
        return git

    def _set_up(self) -> None:
        # GitHub keeps what a force push buries, and anybody who reaches the sandbox may push.
        for setting, value in (
            ("http.receivepack", "true"),
            ("gc.auto", "0"),
            ("uploadpack.allowAnySHA1InWant", "true"),
            ("receive.hideRefs", "refs/pull"),
            ("transfer.hideRefs", "refs/forks"),
        ):
            self.run("config", setting, value)
        hook = self.path / "hooks" / "post-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(_AFTER_PUSH)
        hook.chmod(0o755)

    def _seed(self, source: Path, branch: str, message: str) -> None:
        author = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder) / "work"
            shutil.copytree(source, work, ignore=shutil.ignore_patterns(".git", "__pycache__"))
            _run("git", "init", "-q", "-b", branch, ".", cwd=work)
            _run("git", "add", "-A", cwd=work)
            _run("git", *author, "commit", "-q", "--allow-empty", "-m", message, cwd=work)
            _run("git", "push", "-q", str(self.path), branch, cwd=work)

    def run(self, *arguments: str) -> bytes:
        return _run("git", *arguments, cwd=self.path)

    def try_run(self, *arguments: str) -> bytes | None:
        """The output; None when git says no."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.path, env=ENVIRONMENT, capture_output=True, check=False
        )
        return done.stdout if done.returncode == 0 else None

    def refs(self) -> dict[str, str]:
        lines = self.run("for-each-ref", "--format=%(refname) %(objectname)").decode().splitlines()
        return dict(line.split(" ", 1) for line in lines)

    def branches(self) -> dict[str, str]:
        return {
            n.removeprefix("refs/heads/"): sha
            for n, sha in self.refs().items()
            if n.startswith("refs/heads/")
        }

    @property
    def default_branch(self) -> str:
        return self.run("symbolic-ref", "--short", "HEAD").decode().strip()

    @default_branch.setter
    def default_branch(self, branch: str) -> None:
        self.run("symbolic-ref", "HEAD", f"refs/heads/{branch}")

    def resolve(self, ref: str, kind: str = "commit") -> str | None:
        """The commit (or tree) that GitHub understands by `ref`: a sha, a branch, a tag, or a ref's name."""
        names = [
            f"refs/heads/{ref}",
            f"refs/tags/{ref}",
            f"refs/{ref}",
            *([ref] if ref.startswith("refs/") else []),
        ]
        if _SHA.fullmatch(ref):
            names = [ref]
        elif ref == "HEAD":
            names = ["HEAD"]
        elif _SHORT_SHA.fullmatch(ref):
            names.append(ref)
        for name in names:
            if re.search(r"[\s~^:?*\[\\]|\.\.|@\{", name):
                return None
            if found := self.try_run(
                "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{{kind}}}"
            ):
                return found.decode().strip()
        return None

    def commit(self, sha: str) -> CommitFacts:
        return _commit(self.path, sha)

    def log(self, *revisions: str, limit: int | None = None, skip: int = 0) -> tuple[CommitFacts, ...]:
        """Newest first."""
        extra = [f"--max-count={limit}"] if limit is not None else []
        return commits_in(self.run("log", f"--format={LOG}", f"--skip={skip}", *extra, *revisions, "--"))

    def count(self, *revisions: str) -> int:
        return int(self.run("rev-list", "--count", *revisions, "--"))

    def ahead_behind(self, base: str, head: str) -> tuple[int, int]:
        behind, ahead = self.run("rev-list", "--left-right", "--count", f"{base}...{head}").split()
        return int(ahead), int(behind)

    def merge_base(self, base: str, head: str) -> str | None:
        found = self.try_run("merge-base", base, head)
        return found.decode().strip() if found else None

    def is_ancestor(self, old: str, new: str) -> bool:
        return self.try_run("merge-base", "--is-ancestor", old, new) is not None

    def changes(self, old: str, new: str) -> tuple[FileChange, ...]:
        raw = self.run("diff", "--raw", "-z", "-M", "--abbrev=40", old, new)
        return changes_in(raw, self.run("diff", "--numstat", "-z", "-M", old, new))

    def patch(self, old: str, new: str) -> str:
        return self.run("diff", "-M", "--no-color", old, new).decode(errors="replace")

    def tree(self, tree: str, *, recursive: bool = False, path: str = "") -> tuple[Entry, ...]:
        """The entries of a tree; with `path`, that one entry."""
        options = ["-r", "-t"] if recursive else []
        where = ["--", path] if path else []
        return entries_in(self.run("--literal-pathspecs", "ls-tree", "-z", "-l", *options, tree, *where))

    def set_ref(self, ref: str, sha: str) -> None:
        self.run("update-ref", ref, sha)

    def fetch(self, other: Git, ref: str, into: str) -> None:
        """Another repository's ref, with its commits, under a name of our own."""
        self.run("fetch", "-q", "--no-write-fetch-head", "--force", str(other.path), f"{ref}:{into}")

    def merge_tree(self, base: str, head: str) -> str | None:
        """The tree of `head` merged into `base`; None when they conflict."""
        merged = self.try_run("merge-tree", "--write-tree", base, head)
        return merged.decode().split()[0] if merged else None

    def write_commit(
        self,
        tree: str,
        parents: Sequence[str],
        message: str,
        author: tuple[str, str],
        committer: tuple[str, str],
    ) -> str:
        """A commit by people of these names and addresses, now; its sha. No branch knows it yet."""
        who = zip(
            ("author.name", "author.email", "committer.name", "committer.email"),
            author + committer,
            strict=True,
        )
        settings = [option for name, value in who for option in ("-c", f"{name}={value}")]
        above = [option for sha in parents for option in ("-p", sha)]
        return self.run(*settings, "commit-tree", *above, "-m", message, tree).decode().strip()

    def blob(self, sha: str) -> bytes:
        return self.run("cat-file", "blob", sha)

    def archive(self, sha: str, prefix: str) -> Iterator[bytes]:
        """The tar.gz of a commit, as it is made."""
        command = ["git", "archive", "--format=tar.gz", f"--prefix={prefix}/", sha]
        with subprocess.Popen(command, cwd=self.path, env=ENVIRONMENT, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            while chunk := process.stdout.read(_CHUNK):
                yield chunk


def _run(*command: str, cwd: Path | None = None) -> bytes:
    return subprocess.run(command, cwd=cwd, env=ENVIRONMENT, stdout=subprocess.PIPE, check=True).stdout


@lru_cache(maxsize=10_000)
def _commit(path: Path, sha: str) -> CommitFacts:
    return commits_in(_run("git", "log", "--no-walk", f"--format={LOG}", sha, "--", cwd=path))[0]
