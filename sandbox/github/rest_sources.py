"""REST, for what is in a repository: commits, branches, trees, comparisons, archives."""

from __future__ import annotations

import re
from urllib.parse import quote

from sandbox.github.answers import Answer, Call, Refused, not_found
from sandbox.github.git import EMPTY_TREE
from sandbox.github.git_words import CommitFacts, Entry
from sandbox.github.records import Repo
from sandbox.github.shape_words import node_id
from sandbox.github.words import Json

MOST_FILES, MOST_COMMITS = 300, 250
MOST_ENTRIES = 100_000


def repository(call: Call) -> Answer:
    return Answer(200, call.shapes.full_repository(call.repo))


def branches(call: Call) -> Answer:
    page, links = call.page(sorted(call.repo.git.branches().items()))
    url = call.shapes.api(call.repo)
    shown = [
        {
            "name": name,
            "commit": {"sha": sha, "url": f"{url}/commits/{sha}"},
            "protected": (call.repo.id, name) in call.hub.protected,
        }
        for name, sha in page
    ]
    return Answer(200, shown, links)


def branch(call: Call) -> Answer:
    name = call.params["branch"]
    sha = call.repo.git.branches().get(name)
    if sha is None:
        raise not_found("Branch not found")
    url = f"{call.shapes.api(call.repo)}/branches/{quote(name)}"
    off: Json = {"enforcement_level": "off", "contexts": [], "checks": []}
    told = {
        "name": name,
        "commit": call.shapes.commit(call.repo, call.repo.git.commit(sha)),
        "_links": {"self": url, "html": f"{call.shapes.html(call.repo)}/tree/{quote(name)}"},
        "protected": (call.repo.id, name) in call.hub.protected,
        "protection": {"enabled": (call.repo.id, name) in call.hub.protected, "required_status_checks": off},
        "protection_url": f"{url}/protection",
    }
    return Answer(200, told)


def git_ref(call: Call) -> Answer:
    refs = call.repo.git.refs()
    if not refs:
        raise Refused(409, "Git Repository is empty.")
    name = f"refs/{call.params['ref']}"
    if name not in refs:
        raise not_found()
    url = call.shapes.api(call.repo)
    sha = refs[name]
    kind = call.repo.git.run("cat-file", "-t", sha).decode().strip()
    told = {
        "ref": name,
        "node_id": node_id("REF", f"{call.repo.id}:{name}"),
        "url": f"{url}/git/{quote(name)}",
        "object": {"sha": sha, "type": kind, "url": f"{url}/git/{kind}s/{sha}"},
    }
    return Answer(200, told)


def commits(call: Call) -> Answer:
    sha = call.commit(call.query.get("sha") or "HEAD")
    number, per_page = call.slice()
    found = call.repo.git.log(sha, limit=per_page, skip=(number - 1) * per_page)
    shown = [call.shapes.commit(call.repo, each) for each in found]
    return Answer(200, shown, call.links(call.repo.git.count(sha)))


def commit(call: Call) -> Answer:
    facts = call.repo.git.commit(call.commit(call.params["ref"]))
    changes = call.repo.git.changes(facts.parents[0] if facts.parents else EMPTY_TREE, facts.sha)
    added, deleted = sum(c.additions for c in changes), sum(c.deletions for c in changes)
    page, links = call.page(changes) if "per_page" in call.query else (list(changes[:MOST_FILES]), {})
    told = {
        **call.shapes.commit(call.repo, facts),
        "stats": {"total": added + deleted, "additions": added, "deletions": deleted},
        "files": [call.shapes.file(call.repo, facts.sha, change) for change in page],
    }
    return Answer(200, told, links)


def git_commit(call: Call) -> Answer:
    sha = call.params["commit_sha"]
    if not re.fullmatch(r"[0-9a-f]{40}", sha) or call.repo.git.resolve(sha) is None:
        raise not_found()
    return Answer(200, call.shapes.git_commit(call.repo, call.repo.git.commit(sha)))


def git_tree(call: Call) -> Answer:
    """By the sha of a tree or of a commit, or by a branch's name; the sha that was asked for is told again.

    https://github.com/cscheid/rgithub/issues/43
    """
    if not call.repo.git.refs():
        raise Refused(409, "Git Repository is empty.")
    sha = call.repo.git.resolve(call.params["tree_sha"], "tree")
    if sha is None:
        raise not_found()
    entries = call.repo.git.tree(sha, recursive="recursive" in call.query)
    url, asked = call.shapes.api(call.repo), call.params["tree_sha"]
    named = asked if re.fullmatch(r"[0-9a-f]{40}", asked) else sha
    told = {
        "sha": named,
        "url": f"{url}/git/trees/{named}",
        "tree": [_tree_entry(url, entry) for entry in entries[:MOST_ENTRIES]],
        "truncated": len(entries) > MOST_ENTRIES,
    }
    return Answer(200, told)


def _tree_entry(url: str, entry: Entry) -> Json:
    told: Json = {"path": entry.path, "mode": entry.mode, "type": entry.kind, "sha": entry.sha}
    if entry.kind == "commit":
        return told
    told["url"] = f"{url}/git/{entry.kind}s/{entry.sha}"
    return told | ({"size": entry.size} if entry.size is not None else {})


def compare(call: Call) -> Answer:
    """Three dots: what `head` has since it left `base`."""
    base, dots, head = call.params["basehead"].partition("...")
    git, repo = call.repo.git, call.repo
    old, new = git.resolve(base), git.resolve(head)
    if not dots or old is None or new is None:
        raise not_found()
    merge_base = git.merge_base(old, new)
    if merge_base is None:
        raise not_found(f"No common ancestor between {base} and {head}.")
    ahead, behind = git.ahead_behind(old, new)
    status = {(False, False): "identical", (True, False): "ahead", (False, True): "behind"}
    number, commits, links = _compared_commits(call, old, new, ahead)
    changes = git.changes(merge_base, new)[:MOST_FILES] if number == 1 else ()
    shapes, html, way = call.shapes, call.shapes.html(repo), f"{quote(base)}...{quote(head)}"
    told = {
        "url": f"{shapes.api(repo)}/compare/{way}",
        "html_url": f"{html}/compare/{way}",
        "permalink_url": f"{html}/compare/{repo.owner}:{old[:7]}...{repo.owner}:{new[:7]}",
        "diff_url": f"{html}/compare/{way}.diff",
        "patch_url": f"{html}/compare/{way}.patch",
        "base_commit": shapes.commit(repo, git.commit(old)),
        "merge_base_commit": shapes.commit(repo, git.commit(merge_base)),
        "status": status.get((ahead > 0, behind > 0), "diverged"),
        "ahead_by": ahead,
        "behind_by": behind,
        "total_commits": ahead,
        "commits": [shapes.commit(repo, each) for each in commits],
        "files": [shapes.file(repo, new, change) for change in changes],
    }
    return Answer(200, told, links)


def _compared_commits(
    call: Call, old: str, new: str, ahead: int
) -> tuple[int, tuple[CommitFacts, ...], dict[str, str]]:
    """Oldest first: all up to 250, or the page that was asked for."""
    git = call.repo.git
    if not ahead:
        return 1, (), {}
    if "page" not in call.query and "per_page" not in call.query:
        return 1, tuple(reversed(git.log(new, "--not", old, limit=MOST_COMMITS))), {}
    number, per_page = call.slice()
    newest_first = git.log(new, "--not", old)
    page, links = call.page(tuple(reversed(newest_first)))
    return number, tuple(page[:per_page]), links


def tarball(call: Call) -> Answer:
    """302 to where the archive is; the link of a private repository holds a short-lived key."""
    ref = call.params["ref"]
    if call.repo.git.resolve(ref) is None:
        raise not_found()
    key = call.hub.archive_keys.new(call.repo)
    where = f"{call.base}/_codeload/{call.repo.full_name}/legacy.tar.gz/{quote(ref)}?token={key}"
    return Answer(302, None, {"location": where, "content-length": "0"}, "text/html;charset=utf-8")


def archive(repo: Repo, ref: str) -> Answer | None:
    """What codeload.github.com answers; None when there is no such ref."""
    sha = repo.git.resolve(ref)
    if sha is None:
        return None
    top = f"{repo.owner}-{repo.name}-{sha[:7]}"
    headers = {
        "content-disposition": f"attachment; filename={top}.tar.gz",
        "x-content-type-options": "nosniff",
    }
    return Answer(200, repo.git.archive(sha, top), headers, "application/x-gzip")
