"""Deployments that another build or workflow makes, each a service of ours; one that is deployed twice is one; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from app.importing.around import Around
from app.importing.gcloud_command import Command, is_open
from app.importing.gcloud_flags import told_by
from app.importing.image_builds import ImageBuild, source_of
from app.importing.told import Left, Named

AGAIN = "The same service once more: name its branch as one of `environments:`, with what differs there."


def named(
    commands: Sequence[Command], builds: Sequence[ImageBuild], held: Mapping[str, str], around: Around
) -> Iterator[Named | Left]:
    """Each service with what its first deployment says."""
    if not commands:
        yield Named(around.name, ())
        yield Left(
            (),
            "No `gcloud run deploy` of it can be read, as it is put together where it runs: write its keys.",
        )
    seen: set[str] = set()
    for each in commands:
        is_known = bool(each.service) and not is_open(each.service)
        name = each.service if is_known else around.name
        if name in seen:
            yield Left(each.at, AGAIN)
            continue
        seen.add(name)
        if each.service and not is_known:
            yield Left(
                each.at, "The service's name is known only there: it is called after the repository here."
            )
        yield Named(name, (*source_of(each, builds), *told_by(each, held)))
