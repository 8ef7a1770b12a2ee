"""What the rows of run.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.rule import Hit


def quota(hit: Hit) -> Mapping[str, str]:
    most = hit["most"] or hit["instances"]
    requested, allowed = hit["requested"], hit["allowed"]
    times = (
        f" (at most {int(allowed) * 100 // int(requested)} % of what is asked for)"
        if allowed and int(requested or 0)
        else ""
    )
    if requested:
        told = f"Quota violated: {hit['quota']} requested: {requested} allowed: {allowed}{times}"
    else:
        told = f"With what each instance asks for, the region allows this project at most {most} instances"
    return {"told": told, "lower": f"--max-instances={most}" if most else "--max-instances=FEWER"}


def tag(hit: Hit) -> Mapping[str, str]:
    said = re.search(r"traffic tag '([^']+)' and service name '([^']+)'", hit.line)
    return {"tag": said[1], "service": said[2]} if said else {"tag": ""}


def image(hit: Hit) -> Mapping[str, str]:
    return {"image": hit["image"] or hit["image2"]}


def agent(hit: Hit) -> Mapping[str, str]:
    return {"agent": hit["agent"] or "service-NUMBER@serverless-robot-prod.iam.gserviceaccount.com"}
