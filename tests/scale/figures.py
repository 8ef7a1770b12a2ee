"""What things cost, as `make bench` measured them; beside each its bench, on two cores that others used as well."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figures:
    """Times are seconds, memory is kB. Everything of one machine with one worker."""

    ignored_cpu: float = 0.001  # nothing: 0.8 ms
    looked_at_cpu: float = 0.009  # nothing: 8.5 ms
    deployment_cpu: float = 0.37  # nothing: 369 ms
    waiting_kb: int = 120  # waiting
    commits_of_a_delivery: int = 2
    commits_of_a_deployment: int = 69  # nothing
    commits_a_second: int = 3_800  # one thread and SQLite as app.store opens it, 2 kB a row
    calls_of_a_look: int = 3
    calls_of_a_deployment: int = 12  # road: at most 15 with the look
    writes_of_a_deployment: int = 2
    # Of Google and of the network: nothing that a faster ServerGem would change.
    look_seconds: float = 0.5
    prepare_seconds: float = 1.5
    build_seconds: float = 90.0
    write_seconds: float = 8.0


FIGURES = Figures()
