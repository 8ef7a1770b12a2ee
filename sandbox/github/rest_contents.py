"""REST, for a file or a folder at a commit."""

from __future__ import annotations

import base64
import re
from urllib.parse import quote

from sandbox.github.answers import Answer, Call, Refused, not_found
from sandbox.github.git_words import Entry
from sandbox.github.words import Json

MOST_LISTED = 1000
SHOWN_BYTES, RAW_BYTES = 1 << 20, 100 << 20
_KINDS = {"blob": "file", "tree": "dir", "commit": "submodule"}


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
