"""REST, for what is in a repository: commits, branches, trees, files, comparisons, archives."""

from __future__ import annotations

import base64
import re
from urllib.parse import quote

from sandbox.github.answers import Answer, Call, Refused, not_found
from sandbox.github.git import EMPTY_TREE, CommitFacts, Entry
from sandbox.github.shapes import node_id
from sandbox.github.state import Repo
from sandbox.github.words import Json

MOST_FILES, MOST_COMMITS = 300, 250
MOST_ENTRIES = 100_000
MOST_LISTED = 1000
SHOWN_BYTES, RAW_BYTES = 1 << 20, 100 << 20
_KINDS = {"blob": "file", "tree": "dir", "commit": "submodule"}


def repository(call: Call) -> Answer:
    return Answer(200, call.shapes.full_repository(call.repo))


def branches(call: Call) -> Answer:
    page, links = call.page(sorted(call.repo.git.branches().items()))
    url = call.shapes.api(call.repo)
    shown = [
        {"name": name, "commit": {"sha": sha, "url": f"{url}/commits/{sha}"}, "protected": False}
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
        "protected": False,
        "protection": {"enabled": False, "required_status_checks": off},
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
    """By the sha of a tree or of a commit, or by a branch's name."""
    if not call.repo.git.refs():
        raise Refused(409, "Git Repository is empty.")
    sha = call.repo.git.resolve(call.params["tree_sha"], "tree")
    if sha is None:
        raise not_found()
    entries = call.repo.git.tree(sha, recursive="recursive" in call.query)
    url = call.shapes.api(call.repo)
    told = {
        "sha": sha,
        "url": f"{url}/git/trees/{sha}",
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


def contents(call: Call) -> Answer:
    """A file or a folder; the raw media type gives a file's bytes."""
    ref, path = call.query.get("ref") or "HEAD", call.params["path"].strip("/")
    sha = call.repo.git.resolve(ref)
    if sha is None:
        message = (
            "This repository is empty." if not call.repo.git.refs() else f"No commit found for the ref {ref}"
        )
        raise not_found(message)
    if path in ("", "."):
        return _folder(call, sha, "", ref)
    if any(part in ("", ".", "..") for part in path.split("/")):
        raise not_found()
    entry = next(iter(call.repo.git.tree(sha, path=path)), None)
    if entry is None:
        raise not_found()
    if entry.kind == "tree":
        return _folder(call, sha, path, ref)
    if entry.kind == "commit":
        return Answer(200, {**_content(call, entry, ref), "submodule_git_url": ""})
    return _file(call, entry, ref)


def _folder(call: Call, sha: str, path: str, ref: str) -> Answer:
    where = f"{sha}:{path}" if path else sha
    entries = call.repo.git.tree(where)[:MOST_LISTED]
    within = [Entry(f"{path}/{e.path}" if path else e.path, e.mode, e.kind, e.sha, e.size) for e in entries]
    return Answer(200, [_content(call, entry, ref) for entry in within])


def _file(call: Call, entry: Entry, ref: str) -> Answer:
    size = entry.size or 0
    if size > RAW_BYTES:
        raise Refused(
            403,
            "This API returns blobs up to 100 MB in size.",
            errors=[{"resource": "Blob", "field": "data", "code": "too_large"}],
        )
    raw = re.search(r"application/vnd\.github(\.v3)?\.raw", call.headers.get("accept", ""))
    content = call.repo.git.blob(entry.sha)
    if raw:
        return Answer(200, content, {}, "application/vnd.github.raw+json; charset=utf-8")
    if entry.mode == "120000":
        return Answer(200, {**_content(call, entry, ref), "target": content.decode(errors="replace")})
    if size > SHOWN_BYTES:
        return Answer(200, {**_content(call, entry, ref), "content": "", "encoding": "none"})
    text = base64.encodebytes(content).decode()
    return Answer(200, {**_content(call, entry, ref), "content": text, "encoding": "base64"})


def _content(call: Call, entry: Entry, ref: str) -> Json:
    """One entry as the contents API shows it, without what is in it."""
    api, html, path = call.shapes.api(call.repo), call.shapes.html(call.repo), quote(entry.path)
    kind = "symlink" if entry.mode == "120000" else _KINDS[entry.kind]
    url = f"{api}/contents/{path}?ref={quote(ref, safe='')}"
    part = "trees" if kind == "dir" else "blobs"
    git_url, page = (
        f"{api}/git/{part}/{entry.sha}",
        f"{html}/{'tree' if kind == 'dir' else 'blob'}/{quote(ref)}/{path}",
    )
    return {
        "name": entry.path.rsplit("/", 1)[-1],
        "path": entry.path,
        "sha": entry.sha,
        "size": entry.size or 0,
        "url": url,
        "html_url": page,
        "git_url": git_url,
        "download_url": f"{html}/raw/{quote(ref)}/{path}" if kind in ("file", "symlink") else None,
        "type": kind,
        "_links": {"self": url, "git": git_url, "html": page},
    }


def tarball(call: Call) -> Answer:
    """302 to where the archive is; the link of a private repository holds a short-lived key."""
    ref = call.params["ref"]
    if call.repo.git.resolve(ref) is None:
        raise not_found()
    key = call.hub.archive_key(call.repo)
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
