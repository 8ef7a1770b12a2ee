"""The merge of a pull request as git makes it: for a try, or as the commit that its base is to get."""

from __future__ import annotations

from sandbox.github.actors import Actor
from sandbox.github.issues import PullRequest, Trial

# Who signs what is committed on the site.
_SITE = ("GitHub", "noreply@github.com")


METHODS = ("merge", "squash")


def try_merge(pull: PullRequest) -> Trial:
    """Merge the head into the base as it is now, for a try; the commit is kept under refs/pull."""
    git = pull.repo.git
    base, head = git.branches().get(pull.base, pull.base_sha), pull.head.sha
    if pull.tried is None or (pull.tried.base, pull.tried.head) != (base, head):
        tree = git.merge_tree(base, head)
        commit = (
            git.write_commit(tree, (base, head), f"Merge {head} into {base}", _SITE, _SITE) if tree else None
        )
        if commit:
            git.set_ref(f"refs/pull/{pull.number}/merge", commit)
        pull.tried = Trial(base, head, commit)
    return pull.tried


def merge_commit(actor: Actor, pull: PullRequest, method: str, title: str, message: str) -> str | None:
    """The merge as a commit that no branch has yet; None when there is a conflict."""
    git = pull.repo.git
    base = git.branches()[pull.base]
    tree = git.merge_tree(base, pull.head.sha)
    if tree is None:
        return None
    author = (actor.login, f"{actor.login}@users.noreply.github.com")
    if method == "squash":
        text = f"{title or f'{pull.title} (#{pull.number})'}\n\n{message}".rstrip()
        return git.write_commit(tree, (base,), text, author, _SITE)
    first = title or f"Merge pull request #{pull.number} from {pull.head.owner}/{pull.head.branch}"
    text = f"{first}\n\n{message or pull.title}"
    return git.write_commit(tree, (base, pull.head.sha), text, author, _SITE)
