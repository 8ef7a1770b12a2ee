"""Measures of other platforms as Cloud Run has them: memory, CPUs, durations, regions; pure."""

from __future__ import annotations

import re

LEAST_MIB = 128
# No measure has more digits; Python's own numbers end at some thousand, and its fractions at some hundred.
NUMBER = r"[0-9]{1,15}(?:\.[0-9]{1,15})?"
BYTES = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
CPUS = (1, 2, 4, 6, 8)
SECONDS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
# The Google Cloud region that is nearest to each of https://fly.io/docs/reference/regions/,
# https://render.com/docs/regions and https://docs.railway.com/reference/regions
NEAREST = {
    "ams": "europe-west4", "arn": "europe-north1", "bog": "us-east1", "bom": "asia-south1",
    "bos": "us-east4", "cdg": "europe-west9", "den": "us-central1", "dfw": "us-south1",
    "ewr": "us-east4", "fra": "europe-west3", "gru": "southamerica-east1", "hkg": "asia-east2",
    "iad": "us-east4", "jnb": "africa-south1", "lax": "us-west2", "lhr": "europe-west2",
    "mad": "europe-southwest1", "mia": "us-east1", "nrt": "asia-northeast1", "ord": "us-central1",
    "otp": "europe-central2", "phx": "us-west4", "scl": "southamerica-west1", "sea": "us-west1",
    "sin": "asia-southeast1", "sjc": "us-west2", "syd": "australia-southeast1", "waw": "europe-central2",
    "yul": "northamerica-northeast1", "yyz": "northamerica-northeast2",
    "oregon": "us-west1", "ohio": "us-east5", "virginia": "us-east4", "frankfurt": "europe-west3",
    "singapore": "asia-southeast1",
    "us-west2": "us-west2", "us-east4-eqdc4a": "us-east4", "europe-west4-drams3a": "europe-west4",
    "asia-southeast1-eqsg3a": "asia-southeast1",
}  # fmt: skip


def count(written: str) -> int | str:
    """A whole number of six digits at most; other text as it stands."""
    return int(written) if re.fullmatch("[0-9]{1,6}", written) else written


def mebibytes(written: str) -> int:
    """`512mb`, `512M`, `0.5g`, `512Mi` or a number of bytes in MiB; 0 for what is none of these."""
    found = re.fullmatch(rf"({NUMBER})\s*([bkmg]?)(?:i?b)?i?", written.strip().lower())
    return round(float(found[1]) * BYTES[found[2]] / BYTES["m"]) if found else 0


def memory(mib: int) -> str:
    """So many MiB as a size of Cloud Run, which has 128Mi at least."""
    mib = max(mib, LEAST_MIB)
    return f"{mib // 1024}Gi" if mib % 1024 == 0 else f"{mib}Mi"


def cpus(written: str) -> str:
    """`1`, `0.5`, `1000m` as CPUs of Cloud Run, the next that it has; empty for what is no number."""
    found = re.fullmatch(rf"({NUMBER})(m?)", written.strip())
    if not found:
        return ""
    count = float(found[1]) / (1000 if found[2] else 1)
    if count > 1 or count == 1:
        return str(next((each for each in CPUS if each >= count), CPUS[-1]))
    return f"{max(count, 0.08):.2f}".rstrip("0")


def seconds(written: str) -> int:
    """`30s`, `1m30s`, `2h` or a number of seconds; 0 for what is none of these."""
    parts = re.findall(rf"({NUMBER})(ms|[smhd]?)", written.strip())
    if "".join(f"{number}{unit}" for number, unit in parts) != written.strip():
        return 0
    return round(sum(float(number) * SECONDS[unit] for number, unit in parts))


def region(there: str) -> str:
    """The region of Google Cloud that is nearest; empty for one that is not known."""
    return NEAREST.get(there.lower(), "")
