"""Which variables hold a secret: by what they are called, or by what their value looks like; pure."""

from __future__ import annotations

import re

from app.redaction import HIDDEN, redact

NAME = re.compile(
    r"(?i)(?:^|.*_)(?:secret|secrets|password|passwd|passphrase|pass|pwd|token|credentials?|dsn|webhook_url"
    r"|(?:api|access|private|secret|master|encryption|signing|jwt|app|auth|service_role)_?key)(?:_base|_id)?"
)
# What has its password inside, so that it is one where nobody shows its value.
ADDRESS = re.compile(
    r"(?i).*(?:database|db|redis|mongo\w*|postgres\w*|mysql|amqp|broker|connection)_(?:ur[il]|string)"
)
OPEN_TO_ALL = re.compile(
    r"(?i).*(?:public|publishable).*|(?:next_public|vite|react_app|expo_public|nuxt_public)_.*"
)
SETTING = re.compile(r"(?i)(?:true|false|yes|no|on|off|\d{1,5})?")


def is_secret(name: str, value: str | None) -> bool:
    """Whether the value has to be in Secret Manager; None is a value that nobody shows."""
    if OPEN_TO_ALL.fullmatch(name):
        return False
    if value is None:
        return bool(NAME.fullmatch(name) or ADDRESS.fullmatch(name)) or name.upper().endswith("_KEY")
    return looks_secret(name, value) or bool(NAME.fullmatch(name) and not SETTING.fullmatch(value))


def looks_secret(name: str, value: str) -> bool:
    """Whether this value, under this name, would not be shown in a log."""
    return HIDDEN not in value and (HIDDEN in redact(f"{name}={value}") or HIDDEN in redact(value))


def secret_name(service: str, variable: str) -> str:
    """What the secret of a service's variable is to be called in Secret Manager."""
    return re.sub(r"[^a-z0-9]+", "-", f"{service}-{variable}".lower()).strip("-")[:255]
