"""What is wrong with the regions of a service in servergem.yml, each fault on its line."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from app.config.companions import at
from app.config.document import Document
from app.config.shape import ServiceFile
from app.model import Finding


def faults_of_regions(key: str, service: ServiceFile, document: Document) -> Iterator[Finding]:
    """One word for where it runs, and each region once."""
    here, seen = partial(at, document, key), set[str]()
    if service.region and service.regions:
        fix = "Keep one of the two: the first of `regions` is its home."
        yield here("regions", "region and regions are both there", fix)
    for number, region in enumerate(service.regions):
        if region in seen:
            yield here(f"regions.{number}", f"regions names {region} twice", "Remove one of the two.")
        seen.add(region)
