"""How the text of a setting is read, and what is wrong with it when it cannot be."""

from __future__ import annotations

import re

from app.model import DOMAIN

# What a button on a check run may change in a project, once a person with write permission has pressed it.
REPAIRS = ("enable-api", "grant-role")
MACHINES = ("e2-medium", "e2-standard-2", "e2-highcpu-8", "e2-highcpu-32", "n1-highcpu-8", "n1-highcpu-32")


def read_url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", text):
        raise ValueError("is not an address that begins with http:// or https://")
    return text.rstrip("/")


def read_address(text: str) -> str:
    if text and not re.fullmatch(r"[^\s/:]+:\d+", text):
        raise ValueError("is not HOST:PORT")
    return text


def read_url_or_nothing(text: str) -> str:
    return read_url(text) if text else ""


def read_yes_or_no(text: str) -> bool:
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("0", "false", "no", "off"):
        return False
    raise ValueError("is neither yes nor no")


def read_positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number < float("inf"):
        raise ValueError("is not a number above 0")
    return number


def read_count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError("is not a whole number from 1")
    return int(text)


def read_days(text: str) -> int:
    """A week at least: what GitHub may deliver again, for three days, has to be known by then."""
    if not text.isdecimal() or int(text) < 7:
        raise ValueError("is not a whole number from 7")
    return int(text)


def read_region(text: str) -> str:
    if not re.fullmatch(r"[a-z]+(-[a-z]+)+[0-9]{1,2}", text):
        raise ValueError("is not a region such as europe-west1")
    return text


def read_projects(text: str) -> tuple[tuple[str, str], ...]:
    pairs = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        pattern, equals, project = part.partition("=")
        named = "/" in pattern or pattern.strip().isdecimal()
        if not equals or not named or not project.strip():
            raise ValueError("is not OWNER/REPOSITORY=PROJECT or ID=PROJECT, separated by commas")
        pairs.append((pattern.strip().lower(), project.strip()))
    return tuple(pairs)


def read_buttons(text: str) -> tuple[str, ...]:
    chosen = tuple(filter(None, (part.strip() for part in text.split(","))))
    if unknown := [name for name in chosen if name not in REPAIRS]:
        raise ValueError(f"names {unknown[0]}; there are {', '.join(REPAIRS)}")
    return chosen


def read_logins(text: str) -> tuple[str, ...]:
    names = tuple(filter(None, (part.strip().lower() for part in text.split(","))))
    if odd := [name for name in names if not re.fullmatch(r"[a-z0-9](?:[a-z0-9_-]{0,99})", name)]:
        raise ValueError(f"names {odd[0]!r}, which is no login at GitHub")
    return names


def read_pages(text: str) -> str:
    if text not in ("private", "open"):
        raise ValueError("is not private or open")
    return text


def read_log_format(text: str) -> str:
    if text not in ("auto", "json", "text"):
        raise ValueError("is not auto, json or text")
    return text


def read_exporter(text: str) -> str:
    if text not in ("", "otlp", "none"):
        raise ValueError("is not otlp or none")
    return text


def read_private_key(text: str) -> str:
    if "PRIVATE KEY-----" not in text:
        raise ValueError("is not a private key in PEM form")
    return text.replace("\\n", "\n")


def read_machine(text: str) -> str:
    """As gcloud or as the API writes it: https://cloud.google.com/build/docs/optimize-builds/increase-vcpu-for-builds"""
    name = text.lower().replace("_", "-")
    if name not in MACHINES:
        raise ValueError(f"is none of {', '.join(MACHINES)}")
    return name


def read_model(text: str) -> str:
    """A model's id, which becomes part of an address."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,79}", text):
        raise ValueError("is not a model such as gemini-2.5-flash")
    return text


def read_domain(text: str) -> str:
    """A name of DNS, without scheme and path."""
    name = text.lower().rstrip(".")
    if name and not re.fullmatch(DOMAIN, name):
        raise ValueError("is not a domain such as servergem.app")
    return name
