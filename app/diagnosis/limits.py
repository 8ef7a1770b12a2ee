"""What the sandbox says it cannot do: its own limit, never the repository's fault, and told apart from any log."""

from __future__ import annotations

import re

from app.model import Blame, Finding

SANDBOX_LIMIT = "sandbox-limit"
# How the failure detail of the sandbox's builds and the condition of its revisions begin. A build and a container
# print their logs and nothing else, so that nothing that a repository does can look like this.
MARK = re.compile(r"(?:Revision '[^']*' is not ready and cannot serve traffic\. )?SANDBOX: (?P<said>[^\n]*)")
UNREACHED = re.compile(r"this machine does not reach (?P<host>.+), which the (?P<asker>\w+) asks")


def sandbox_limit(detail: str) -> Finding | None:
    """The Finding for what the sandbox cannot build or start; None for every other reason of a failure."""
    marked = MARK.match(detail)
    if marked is None:
        return None
    said = marked["said"]
    if unreached := UNREACHED.match(said):
        return _beyond_reach(unreached["host"], unreached["asker"], said)
    can = "run this; Cloud Run can" if detail.startswith("Revision") else "build this; Cloud Build can"
    return Finding(
        code=SANDBOX_LIMIT,
        title=f"The sandbox on this machine cannot {can}",
        message=f"{said[:1].upper()}{said[1:]}.",
        fix="Install what is missing on this machine and run the check again, or connect a Google Cloud project "
        "and push there: the repository needs no change for this.",
        blame=Blame.SANDBOX,
    )


def _beyond_reach(host: str, asker: str, said: str) -> Finding:
    return Finding(
        code=SANDBOX_LIMIT,
        title=f"This machine does not reach {host[:40]}, which the {asker} asks",
        message=f"{said[:1].upper()}{said[1:]}.",
        fix=f"Run it where {host} can be reached: on a machine with access to it, or at Google Cloud with a push to a "
        "connected project. The repository needs no change for this.",
        blame=Blame.SANDBOX,
    )
