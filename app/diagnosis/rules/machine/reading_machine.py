"""What the rows of machine.py read in other lines and in the repository."""

from __future__ import annotations

from collections.abc import Mapping

from app.diagnosis.rule import Hit
from app.diagnosis.transcript import Kind


def memory(hit: Hit) -> Mapping[str, str]:
    limit = f" ({hit['limit']})" if hit["limit"] else ""
    if hit.section.kind is Kind.CONTAINER:
        return {
            "limit": limit,
            "advice": "Give the service more memory: memory: 1Gi in servergem.yml, or gcloud run services update SERVICE --memory 1Gi.",
        }
    node = "heap out of memory" in hit.line or "node" in hit.section.instruction
    less = (
        "let Node take more of it (ENV NODE_OPTIONS=--max-old-space-size=6144)"
        if node
        else "do less at a time (fewer parallel jobs: make -j2, cargo build -j2)"
    )
    return {
        "limit": limit,
        "advice": f"Build on a larger machine (options: machineType: E2_HIGHCPU_8, gcloud builds submit --machine-type=E2_HIGHCPU_8), or {less}.",
    }


def disk(hit: Hit) -> Mapping[str, str] | None:
    if "ENOSPC" in hit.line and "watchers" in hit.line:
        return None  # inotify's limit has the same number
    if hit.section.kind is Kind.CONTAINER:
        return {
            "advice": "Cloud Run's file system is memory: write less to it, give the service more memory, or mount a bucket (--add-volume type=cloud-storage)."
        }
    return {
        "advice": "Make the context and the layers smaller (.dockerignore, rm -rf /var/lib/apt/lists/* in the same RUN, pip install --no-cache-dir), or build with a larger disk (options: diskSizeGb: 200)."
    }


def host(hit: Hit) -> Mapping[str, str]:
    name = (hit["host"] or hit["host2"]).rstrip(";,")
    return {"host": f": {name}" if name else ""}
