"""Assigned: what is given to a name that says it is a secret, in every form in which files and logs do so; pure.

`PASSWORD=…`, `*_SECRET: …`, JSON, `ENV` and `ARG` of Docker, flags, query strings, connection strings. A sentence
about a password, code that reads one from elsewhere and a placeholder stay as they are.
"""

from __future__ import annotations

import re

import re2

from app.redaction.values import HIDDEN

WORDS = (
    r"(?:passwords?|passwd|passphrase|passcode|_pass|_pwd|pwd|secrets?|token|api[_-]?key|secret[_-]?key|access[_-]?key|"
    r"private[_-]?key|encryption[_-]?key|signing[_-]?key|master[_-]?key|auth[_-]?key|account[_-]?key|shared[_-]?key|"
    r"shared[_-]?access[_-]?key|secret[_-]?access[_-]?key|key[_-]?base|credentials?|secret[_-]?text)"
    r"(?:[_-]?[0-9]{1,3}|[_-](?:b64|base64|value))?"
)
VALUE = (
    r"\\\"[^\"\\\n]*\\\"|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`[^`\n]*`|"
    r"[^\s\"'`,;&|<>(){}\[\]][^\s\"',;&|<>]*"
)
# A shell takes all up to the next blank: a comma or a semicolon belongs to the value.
IN_SHELL = re2.compile(rf"(\b[A-Z0-9_]*{WORDS.upper()})(=)([^\s\"'`&|<>(){{}}\[\]][^\s\"'`&|]*)")
ASSIGNED = re2.compile(rf"(?i)([A-Za-z0-9_.-]*{WORDS})((?:\\?[\"'`])?[ \t]*(?:=>|:=|[=:])[ \t]*)({VALUE})")
AS_INSTRUCTION = re2.compile(rf"(?i)(\b(?:ENV|ARG)[ \t]+[A-Z0-9_]*{WORDS}[ \t]+)([^\s=]\S*)")
AS_FLAG = re2.compile(rf"(?i)(\s--?[a-z-]*{WORDS}[ \t]+)([^\s-]\S*)")
# The same where name and value are apart, as Kubernetes, Cloud Run and XML have them, and in an address.
QUOTE = r"(?:\\?[\"'])?"
APART = (
    re2.compile(
        rf"(?i)(\b(?:name|key){QUOTE}\s*[:=]\s*{QUOTE}[A-Za-z0-9_.-]*{WORDS}{QUOTE}\s*,?\s*{QUOTE}value{QUOTE}\s*[:=]\s*)"
        rf"({VALUE})"
    ),
    re2.compile(
        rf"(?i)(\b[A-Za-z0-9_.-]*{WORDS}%3D)((?:[^\s&\"'<>%]|%(?:[013-9A-F][0-9A-F]|2[0-57-9A-F]))+)"
    ),
    re2.compile(r"(?i)(\b[a-z][a-z0-9+.-]*%3A%2F%2F[^\s%\"'<>&]*%3A)([^\s\"'<>&]+?)%40"),
    re2.compile(rf"(?i)(<[A-Za-z0-9_.:-]*{WORDS}>)([^<>\s]+)</"),
    re2.compile(rf"(?i)(\"[A-Za-z0-9_.-]*{WORDS}\"\s*:\s*\{{\s*\"value\"\s*:\s*)({VALUE})"),
)
HINT = re.compile(r"(?i)pass|pwd|secret|token|key|credential|%3a%2f%2f")

SPECIMEN = re.compile(
    r"\$.*|\{\{.*|<.*|%\(?\w*\)?s?|%\w+%|\*+\S{0,4}|x{3,}|X{3,}|\.{2,}|…|\[hidden\].*|-+|"
    r"(?:none|null|nil|undefined|true|false|yes|no|on|off|unset|empty|redacted|masked|hidden|string|str|text|bytes|"
    r"int|bool|object|any|optional|file|env|stdin|prompt|required|missing|invalid|expired|denied|unknown)",
    re.IGNORECASE,
)
# Words that begin or are what is said of a secret.
SAID_OF_ONE = """
a an the is are was were be must should shall can cannot could will would may might not no do does
did has have had it its this that these to of for from in on at by with without as if when while or
and but too than then only expected unexpected found got given set unset not-found failed failure
error value field key name type length please see use using need needs check try provide provided
specify specified contains wrong incorrect bad authentication authorization permission access
rejected refused revoked rotated created updated deleted read loaded reading loading version
versions
"""
PROSE = frozenset(SAID_OF_ONE.split())
# "Unexpected token: …" is a parser's word.
PARSERS = re.compile(
    r"(?i)(?:unexpected|invalid|illegal|unknown|next|bad|missing|expected|syntax|near|got|at|csrf)\W+$"
)
CODE = re.compile(
    r".*[(\[{].*|.*\$\{.*|(?:process|os|import|self|this|config|settings|env|ctx|req|request|args|opts|options|props|data|var|"
    r"local|module|each|params|vault|spec|status)\.[\w.]+|[A-Za-z]\w*(?:::\w+)+.*|=.*",
    re.IGNORECASE,
)
NAME_OF_ONE = re.compile(rf"(?i)[A-Za-z0-9_.-]*{WORDS}(?::(?:latest|\d+))?")
REFERENCE = re.compile(r"[A-Za-z0-9_-]+:(?:latest|\d+)|projects/[\w-]+/secrets/.*")
BEGINS_LINE = re.compile(r"(?:^|\n)[ \t]*(?:[-+*]?[ \t]*)?(?:export[ \t]+|set[ \t]+)?[\"']?$")
# The names of what everybody may know: https://learn.microsoft.com/dotnet/standard/assembly/names
PUBLIC = frozenset({"publickeytoken"})
GENERIC = re.compile(r"(?i)secrets?|tokens?|credentials?|pwd|passwords")


def without_assigned(text: str) -> str:
    """Without the values of names that say what they hold."""
    if not HINT.search(text):
        return text
    text = AS_INSTRUCTION.sub(_spoken, text)
    text = AS_FLAG.sub(_spoken, text)
    for pattern in APART:
        text = pattern.sub(_apart, text)
    for pattern in (IN_SHELL, ASSIGNED):
        text = pattern.sub(_assigned, text)
    return text


def _spoken(match: re.Match[str]) -> str:
    """`ENV NAME VALUE` and `--password VALUE`: in a sentence a plain word follows."""
    instruction = match[1].lstrip().startswith(("ENV", "ARG"))
    value = match[2].strip("\"'")
    if re.fullmatch(
        r"--[a-z-]*secrets?", match[1].strip().lower()
    ):  # of Docker and gcloud: which one, not what it is
        return match[0]
    if SPECIMEN.fullmatch(value) or value.lower().strip(".,:;)") in PROSE or CODE.fullmatch(value):
        return match[0]
    return f"{match[1]}{HIDDEN}" if instruction or _looks_made(value) else match[0]


def _apart(match: re.Match[str]) -> str:
    """What stands behind the value is kept: the pattern has looked at it."""
    value, behind = match[2], match[0][len(match[1]) + len(match[2]) :]
    quote = re.match(r"\\?[\"'`]", value)
    around = quote[0] if quote else ""
    bare = value[len(around) : len(value) - len(around)]
    if not any(c.isalnum() for c in bare) or SPECIMEN.fullmatch(bare) or REFERENCE.fullmatch(bare):
        return match[0]
    return f"{match[1]}{around}{HIDDEN}{around}{behind}"


def _assigned(match: re.Match[str]) -> str:
    name, between, value = match[1], match[2], match[3]
    quote = re.match(r"\\?[\"'`]", value)
    bare = value[len(quote[0]) : -len(quote[0])] if quote and len(value) >= 2 * len(quote[0]) else value
    if not _is_told(name, between, bare, quoted=bool(quote), match=match):
        return match[0]
    around = quote[0] if quote else ""
    return f"{name}{between}{around}{HIDDEN}{around}"


def _is_told(name: str, between: str, bare: str, *, quoted: bool, match: re.Match[str]) -> bool:
    """Whether this is the secret itself."""
    if name.lower() in PUBLIC:
        return False
    if not any(c.isalnum() for c in bare) or SPECIMEN.fullmatch(bare) or REFERENCE.fullmatch(bare):
        return False
    text, shouted, key_is_quoted = match.string, name.upper() == name, between[0] in "\"'`\\"
    if not shouted and not key_is_quoted and PARSERS.search(text[max(0, match.start() - 20) : match.start()]):
        return False
    if quoted:
        return shouted or key_is_quoted or not any(c.isspace() for c in bare)
    if CODE.fullmatch(bare) or name.lower() == "pwd" or name.lower() == "oldpwd":
        return False
    if between == "=":
        return shouted or not NAME_OF_ONE.fullmatch(bare.rstrip(")]}"))
    if bare.lower().strip(".,:;") in PROSE or NAME_OF_ONE.fullmatch(bare):
        return False
    rest = text[match.end() : match.end() + 200].split("\n", 1)[0].strip(" \t\r,")
    alone = (not rest or rest.startswith("#")) and bool(
        BEGINS_LINE.search(text[max(0, match.start() - 200) : match.start()])
    )
    if alone and not GENERIC.fullmatch(name):
        return True
    return _looks_made(bare)


def _looks_made(value: str) -> bool:
    """No word of a language: letters and digits together, or capitals inside, or very long."""
    letters, digits = any(c.isalpha() for c in value), any(c.isdigit() for c in value)
    return (len(value) >= 6 and letters and digits) or (len(value) >= 16 and not value.islower())
