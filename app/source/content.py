"""Content: everything in a commit that decides what a service's image is, under one name. Pure."""

from __future__ import annotations

import hashlib

from app.github import Listing
from app.model import ServiceConfig

# Outside a service's own folder these still decide what is in it: GitHub's archive obeys each .gitattributes above
# (export-ignore, export-subst), and the others are read where a build begins.
# https://git-scm.com/docs/gitattributes#_creating_an_archive
DECIDING = (".gitattributes", ".gitignore", ".gcloudignore", ".dockerignore", "project.toml")


def content_of(listing: Listing, service: ServiceConfig) -> str:
    """The same for two commits only when the same is built of them; empty when that cannot be told."""
    path = "" if service.path == "." else service.path
    tree = listing.trees.get(path, "")
    if not (listing.complete and tree) or _leads_out(listing, service, path):
        return ""
    above = [f"{folder}{name}" for folder in _folders_above(path) for name in DECIDING]
    found = [f"{each}={listing.blobs[each]}" for each in above if each in listing.blobs]
    if any(each in listing.links for each in above):
        return ""
    return hashlib.sha256("\0".join((tree, *found)).encode()).hexdigest() if found else tree


def _folders_above(path: str) -> list[str]:
    """From the root down to the folder's parent, each as it begins a path; the folder's own files are in its tree."""
    parts = path.split("/") if path else []
    return ["".join(f"{part}/" for part in parts[:depth]) for depth in range(len(parts))]


def _leads_out(listing: Listing, service: ServiceConfig, path: str) -> bool:
    """Whether the build reads something through a link, whose other end may be outside of the folder."""
    recipe = service.build.dockerfile
    read = (recipe, f"{recipe}.dockerignore", ".dockerignore")
    return any((f"{path}/{name}" if path else name) in listing.links for name in read)
