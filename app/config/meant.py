"""What somebody meant who wrote a value as other tools have it: the same in servergem.yml's own words, or nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

MEBIBYTE = 1024 * 1024
# As Docker, Heroku and people write them; a bare number below a million is of mebibytes, from there on of bytes.
SIZE = re.compile(r"(?i)([0-9]{1,12}(?:\.[0-9]{1,3})?)\s*(k|m|g|)(?:i?b)?")
IN_MEBIBYTES = {"k": 1 / 1024, "m": 1.0, "g": 1024.0}
# Kubernetes' thousandths of a CPU: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
THOUSANDTHS = re.compile(r"([0-9]{1,6})m")
CPUS = re.compile(r"(?i)([0-9]{1,2}(?:\.[0-9]{1,3})?)\s*v?cpus?")
WORDS = {
    "yes": "true",
    "on": "true",
    "y": "true",
    "1": "true",
    "no": "false",
    "off": "false",
    "n": "false",
    "0": "false",
}
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
SPAN = re.compile(r"(?i)([0-9]{1,9})\s*(s|m|h|d|w)[a-z]*")
ADDRESS = re.compile(r"(?i)https?://[^/]*")
ZONE = re.compile(r"([a-z]+(?:-[a-z]+)+[0-9]{1,2})-[a-z]")


class MisspeltError(ValueError):
    """A value that is refused although its meaning is plain: `meant` is how it is written, empty where nobody knows."""

    def __init__(self, message: str, meant: str = "") -> None:
        super().__init__(message)
        self.meant = meant


def misspelt(
    message: str, text: str, reading: Callable[[str], str], fits: Callable[[str], object]
) -> MisspeltError:
    """The refusal of `text`, with what `reading` makes of it where that `fits`."""
    meant = reading(text.strip())
    return MisspeltError(message, meant if meant and fits(meant) else "")


def memory(text: str) -> str:
    """`512`, `512MB`, `1.5g`, `536870912` as a size in Mi or Gi; rounded up, so that nobody gets less."""
    found = SIZE.fullmatch(text)
    if not found:
        return ""
    unit = found[2].lower()
    whole = math.ceil(float(found[1]) * (IN_MEBIBYTES[unit] if unit else _bare(found[1])))
    return f"{whole}Mi" if whole % 1024 else f"{whole // 1024}Gi"


def cpu(text: str) -> str:
    """`500m` and `2 vCPU` as a number of CPUs."""
    if thousandths := THOUSANDTHS.fullmatch(text):
        return f"{int(thousandths[1]) / 1000:g}"
    found = CPUS.fullmatch(text)
    return f"{float(found[1]):g}" if found else ""


def flag(text: str) -> str:
    """YAML 1.1's words for true and false, and the two in quotes."""
    word = text.lower()
    return word if word in ("true", "false") else WORDS.get(word, "")


def duration(text: str) -> str:
    """`5 minutes`, `1h30m`, `2 weeks` as one number and one unit."""
    spans = list(SPAN.finditer(text))
    if not spans or SPAN.sub("", text).strip(" ,"):
        return ""
    seconds = sum(int(each[1]) * UNITS[each[2].lower()] for each in spans)
    unit = next(unit for unit in ("d", "h", "m", "s") if seconds % UNITS[unit] == 0)
    return f"{seconds // UNITS[unit]}{unit}"


def path_inside(text: str) -> str:
    """`/apps/api` and `apps\\\\api` from the repository's root, which needs no stroke."""
    return re.sub(r"\\+", "/", text).lstrip("/") or "."


def path_of_address(text: str) -> str:
    """The path of a whole address, and one without its first stroke; /healthz never comes to a container."""
    path = ADDRESS.sub("", text)
    path = path if path.startswith("/") else f"/{path}"
    return "/health" if path == "/healthz" else path


def region(text: str) -> str:
    """The region of a zone, and one in capitals."""
    found = ZONE.fullmatch(text.lower())
    return found[1] if found else text.lower()


def _bare(number: str) -> float:
    return 1.0 if float(number) < 1_000_000 else 1 / MEBIBYTE
