"""Tokens: what looks like a credential by its own form, wherever it stands; pure.

The forms are the issuers' own; where one publishes a prefix for secret scanning, it is that:
https://docs.github.com/code-security/secret-scanning/introduction/supported-secret-scanning-patterns
"""

from __future__ import annotations

import re

import re2

from app.redaction.values import HIDDEN

FORMS = (
    # GitHub: https://github.blog/engineering/behind-githubs-new-authentication-token-formats/
    r"\bgh[a-z]_[A-Za-z0-9._-]{20,}",
    r"\bgithub_pat_[A-Za-z0-9_]{20,}",
    # GitLab: https://docs.gitlab.com/security/tokens/#token-prefixes
    r"\bgl(?:pat|oas|dt|rtr?|cbt|ptt|ft|imt|agent|soat|ffct|wt)-[A-Za-z0-9_.-]{16,}",
    r"\bGR1348941[A-Za-z0-9_-]{16,}",
    # JWT, and JWE with its five parts: https://www.rfc-editor.org/rfc/rfc7519
    r"\beyJ[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*){2,4}",
    # Google: access and refresh tokens, API keys, client secrets, HMAC keys of Storage.
    r"\bya29\.[A-Za-z0-9._-]+",
    r"\b1//0[A-Za-z0-9_-]{30,}",
    r"\bAIza[A-Za-z0-9_-]{20,}",
    r"\bGOCSPX-[A-Za-z0-9_-]{20,}",
    r"\bGOOG1[EA][A-Z0-9]{40,}",
    # AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b",
    # Azure: a client secret has "Q~" inside.
    r"\b[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}",
    # Slack: https://api.slack.com/concepts/token-types
    r"\bx(?:ox[a-z]|app|oxe\.xox[bp])-[A-Za-z0-9-]{10,}",
    # Stripe: https://docs.stripe.com/keys; a publishable key is no secret.
    r"\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}",
    r"\bwhsec_[A-Za-z0-9+/=_-]{16,}",
    # Registries: npm, PyPI, RubyGems, crates.io, Docker Hub, NuGet.
    r"\bnpm_[A-Za-z0-9]{30,}",
    r"\bpypi-[A-Za-z0-9_-]{50,}",
    r"\brubygems_[a-f0-9]{40,}",
    r"\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}",
    r"\boy2[a-z0-9]{43}\b",
    # Others that publish a prefix.
    r"\bsk-(?:proj|ant|svcacct|admin|or)-[A-Za-z0-9_-]{20,}",
    r"\bsk-[A-Za-z0-9]{32,}",
    r"\bhf_[A-Za-z]{30,}",
    r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
    r"\bdo[oprt]_v1_[a-f0-9]{40,}",
    r"\bhv[sbr]\.[A-Za-z0-9_-]{20,}",
    r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9_.-]{20,}",
    r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
    r"\bsntry[su]_[A-Za-z0-9+/=_-]{20,}",
    r"\bgl(?:sa|c)_[A-Za-z0-9+/=_]{32,}",
    r"\b(?:lin_api|rnd|sbp|PMAK|ATATT3x)[_A-Za-z0-9-]{30,}",
    r"\bdapi[a-f0-9]{32}\b",
    r"\bNRAK-[A-Z0-9]{20,}",
    r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}",
    r"\bAGE-SECRET-KEY-1[0-9A-Z]{50,}",
)
TOKEN = re2.compile("|".join(FORMS))
# Who says so before it: a header, and the signature of an address.
SAID = (
    re2.compile(
        r"(?i)(\b(?:proxy-)?authorization[\"']?\s*[:=]\s*[\"']?(?:(?:bearer|basic|token|digest|negotiate|apikey)\s+)?)"
        r"([^\s\"',;]+)"
    ),
    re2.compile(r"(?i)(\bbearer\s+)([A-Za-z0-9._~+/=-]{8,})"),
    re2.compile(r"(?i)(\bbasic\s+)([A-Za-z0-9+/]{8,}=*)"),
    re2.compile(
        r"(?i)((?:[?&;]|\\u0026)(?:x-(?:goog|amz)-(?:signature|security-token)|sig|signature|code|access_token|key)=)"
        r"([A-Za-z0-9%._~+/=-]{16,})"
    ),
    re2.compile(r"(\bhooks\.slack\.com/(?:services|workflows|triggers)/)([A-Za-z0-9/_-]{20,})"),
    re2.compile(r"(\bdiscord(?:app)?\.com/api/webhooks/[0-9]+/)([A-Za-z0-9_-]{20,})"),
    re2.compile(r"(?i)((?:^|\s)//[^\s=]+:_(?:auth|authtoken|password)\s*=\s*)(\S+)"),
    re2.compile(r"(?i)(\bcurl\b[^\n]*?\s(?:-u|--user)[ =]?[\"']?[^\s:\"']+:)([^\s\"']+)"),
)
# As they are, and as PHP writes them in JSON, once or in a text of JSON.
TWO_SLASHES = r":\\*/\\*/"
# A password in an address may have anything in it, an @ as well; a database's even a slash.
IN_ADDRESS = re2.compile(
    r"(?i)(\b(?:postgres(?:ql)?|mysql|mariadb|mongodb|rediss?|amqps?|mssql|sqlserver|clickhouse|nats|smtps?)"
    rf"(?:\+[a-z0-9]+)?{TWO_SLASHES}[^\s:/@\"'<>]*):([^\s\"'<>`]+)@|"
    rf"(\b[a-z][a-z0-9+.-]*{TWO_SLASHES}[^\s:/@?#\"'<>]*):([^\s/\"'<>`]+)@"
)
TOKEN_IN_ADDRESS = re2.compile(rf"(?i)(\b[a-z][a-z0-9+.-]*{TWO_SLASHES})([^\s:/@?#\"'<>]{{16,}})@")
PLACEHOLDER = re.compile(
    r"\$\{?\{?[^{}]*\}?\}?|\{\{?[^{}]*\}?\}|<[^<>]*>|%\(?\w*\)?s?|%\w+%|\*+|x{3,}|\.{3}|…|\[hidden\]|-+|pass|passwd|password|pwd|secret|token",
    re.IGNORECASE,
)
# "…or may require authorization: server message: insufficient_scope: authorization failed", as containerd ends it.
REGISTRY = re.compile(r"server message:")
HINTS = re.compile(r":\\*/\\*/|(?i:authorization|bearer|basic|curl|sig|=|_auth|slack|discord)")


def without_tokens(text: str) -> str:
    """Without what is a credential by its form, or by what stands before it."""
    if TOKEN.search(text):
        text = TOKEN.sub(HIDDEN, text)
    if not HINTS.search(text):
        return text
    for pattern in SAID:
        text = pattern.sub(_said, text)
    if "/" in text:
        text = TOKEN_IN_ADDRESS.sub(_user, IN_ADDRESS.sub(_in_address, text))
    return text


def _said(match: re.Match[str]) -> str:
    before, value = match[1], match[2]
    if REGISTRY.match(match.string, match.start(2)):
        return match[0]
    if PLACEHOLDER.fullmatch(value) or (before.strip().lower() in ("bearer", "basic") and not _random(value)):
        return match[0]
    return f"{before}{HIDDEN}"


def _in_address(match: re.Match[str]) -> str:
    before, value = (match[1], match[2]) if match[1] is not None else (match[3], match[4])
    # A port and a path that has an @ in it: http://localhost:4873/@scope
    if PLACEHOLDER.fullmatch(value) or re.match(r"\d{1,5}(?:/|$)", value):
        return match[0]
    return f"{before}:{HIDDEN}@"


def _user(match: re.Match[str]) -> str:
    if PLACEHOLDER.fullmatch(match[2]) or not (any(c.isdigit() for c in match[2]) and match[2].isalnum()):
        return match[0]
    return f"{match[1]}{HIDDEN}@"


def _random(value: str) -> bool:
    """Not a word: long, or with digits or capitals inside."""
    return len(value) >= 16 or not value[1:].isalpha() or not value[1:].islower()
