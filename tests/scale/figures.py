"""What things cost, as `make bench` measured them (row and run stand beside each), or as Google's own time is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figures:
    """Times are seconds, memory is kB. Everything of one machine with one worker."""

    ignored_cpu: float = 0.001
    looked_at_cpu: float = 0.026
    deployment_cpu: float = 0.37
    waiting_kb: int = 452
    commits_of_a_delivery: int = 2
    commits_of_a_deployment: int = 69
    commits_a_second: int = 3_800
    calls_of_a_look: int = 3
    calls_of_a_deployment: int = 12
    writes_of_a_deployment: int = 2
    # Of Google and of the network: nothing that a faster ServerGem would change.
    look_seconds: float = 0.5
    prepare_seconds: float = 1.5
    build_seconds: float = 90.0
    write_seconds: float = 8.0


FIGURES = Figures()
