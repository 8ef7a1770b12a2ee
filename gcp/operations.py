"""Long-running operations, waited for by our own clock: the library's sleeps 1, 2, 4 … 60 s."""

from __future__ import annotations

import time
from typing import Any

from gcp.cloud import Google
from gcp.errors import Denial, GoogleError, from_status

FIRST_LOOK, LONGEST_LOOK = 0.1, 1.0
PATIENCE = 300.0


def finished(google: Google, method: str, operation: Any) -> Any:
    """The operation's `google.longrunning.Operation`, done; GoogleError when it failed or takes too long."""
    until, pause = time.monotonic() + PATIENCE, FIRST_LOOK
    current = operation.operation
    while not current.done:
        if time.monotonic() > until:
            raise GoogleError(Denial("DEADLINE_EXCEEDED", f"not done after {PATIENCE:.0f} s", method))
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_LOOK)
        current = google.ask("Operations.GetOperation", lambda: operation._refresh(retry=None))
    if current.HasField("error"):
        raise from_status(current.error, method)
    return current
