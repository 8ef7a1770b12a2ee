"""CPU and memory as Cloud Run writes them: 1, 500m, 512Mi."""

from __future__ import annotations

import re

_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def cpus(text: str) -> float | None:
    """CPUs; None when it is none."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(m?)", text)
    return float(match[1]) / (1000 if match[2] else 1) if match else None


def size(text: str) -> float | None:
    """Bytes; None when it is none."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([kMG]|Ki|Mi|Gi)?", text)
    return float(match[1]) * _UNITS[match[2] or ""] if match else None
