"""The volumes of a Cloud Run service as our `volumes:`, each where the service's own container sees it; pure."""

from __future__ import annotations

from collections.abc import Iterator

from app.config.draft import Block, Keys, Said, Value
from app.importing.cloud_run_parts import Mount, VolumePart
from app.importing.measures import mebibytes, memory
from app.importing.telling import said
from app.importing.told import Left, Told

BUCKETS = "gcsfuse.run.googleapis.com"
# `run.googleapis.com/cloudsql-instances` says it too.
CLOUD_SQL = "cloudsql"
UNSEEN = "Give it a `path:` in the service's own container: `volumes: {NAME: {path: …}}`."
OTHER = "Write it as `volumes:`: a secret, a bucket, memory or NFS."


def volumes(kept: list[VolumePart], mounts: list[Mount], at: Keys) -> Iterator[Told]:
    """One key for all of them, and what is no volume of ours."""
    paths = {each.name: each.path for each in mounts}
    found: list[Said] = []
    for number, each in enumerate(kept):
        source, where = tuple(_source(each)), (*at, str(number))
        if each.name in paths and source:
            found.append(Said(each.name, Block((Said("path", paths[each.name]), *source)), origin=where))
        elif each.name != CLOUD_SQL:
            yield Left(where, UNSEEN if source else OTHER, whole=True)
        if each.secret and len(each.secret.items) > 1:
            yield Left(
                (*where, "secret", "items", "1"),
                "Name each further version as a volume of its own.",
                whole=True,
            )
    if found:
        yield said("volumes", Block(tuple(found)), *at)


def _source(volume: VolumePart) -> Iterator[Said]:
    """What is in it, in the keys of a volume; nothing for what Cloud Run does not have."""
    given: dict[str, Value] = {}
    if volume.secret and volume.secret.name:
        item = volume.secret.items[0] if volume.secret.items else None
        given = {"secret": f"{volume.secret.name}:{item.key if item else 'latest'}"}
        given |= {"file": item.path} if item and item.path else {}
    elif volume.empty:
        given = {"memory": memory(mebibytes(volume.empty.size) or 512)}
    elif volume.csi and volume.csi.driver == BUCKETS:
        options = volume.csi.attributes.options
        given = {"bucket": volume.csi.attributes.bucket}
        given |= {"options": tuple(options.split(","))} if options else {}
        given |= {"read_only": True} if volume.csi.read_only == "true" else {}
    elif volume.nfs:
        given = {"nfs": f"{volume.nfs.server}:{volume.nfs.path}"}
        given |= {"read_only": True} if volume.nfs.read_only == "true" else {}
    return (Said(key, value) for key, value in given.items())
