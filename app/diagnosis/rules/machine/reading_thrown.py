"""What an exception asks for that no row knows: from its own words and the lines that threw it, in any language."""

from __future__ import annotations

import re

from app.diagnosis.left_out import in_stage, left_out
from app.diagnosis.named import UNSET
from app.diagnosis.paths import repository_path
from app.diagnosis.rule import Hit
from app.diagnosis.rules.machine.reading_refusals import REFUSALS
from app.diagnosis.transcript import Kind
from app.diagnosis.unversioned import unversioned
from app.model import Place

CHECK_ABOVE = 3  # lines above a throw in which its condition stands
LONGEST = 400  # letters of a message or a line that are looked at
READ_ABOVE = 10  # lines above it in which a value is read that it checks

# How a program reads an environment variable, whatever its language.
_READS = re.compile(
    r"(?i:env)\w*!?(?:(?:\.|::)(?:get|fetch|var|require)\w*)?\s*[.(\[]\s*[\"']?([A-Z][A-Z0-9_]{2,})\b"
)

# Cloud Run, or the image of the language, always has these: nobody is to set them.
GIVEN_ALWAYS = frozenset({"PORT", "HOST", "HOSTNAME", "NODE_ENV", "PATH", "HOME", "CI", "K_SERVICE"})

_NOTHING = re.compile(
    r"(?i)undefined|\bnull\b|\bnil\b|None\b|\bNaN\b|not set|missing|required|\bempty\b|invalid|\bmust\b|has to|have to|unset|not (?:configured|provided|given)"
)

# Whatever such an error names is not there; of other words the file has to be what they are about.
_NO_FILE = re.compile(r"(?i)no such file|\benoent\b")

# A name with a dot is a file's only where it ends as files do: user.org_id, module.exports and libpq.so are none.
_PATH = re.compile(
    r"(?P<path>(?:\.{0,2}/)?[\w@+-][\w@.+-]*(?:/[\w@.+-]+)*\.(?i:[cm]?[jt]sx?|json[c5l]?|ya?ml|toml|ini|cfg|conf|config|env|"
    r"properties|xml|html?|css|s[ac]ss|vue|svelte|txt|md|csv|tsv|parquet|sql|db|sqlite3?|py|rb|php|lua|pl|exs?|erb|ejs|hbs|"
    r"tmpl|tpl|jinja2?|mustache|twig|graphql|proto|pem|key|crt|cer|p12|pfx|jks|lock|log|sh|jar|war|wasm|node|exe|dll|bin|dat|"
    r"pkl|pickle|joblib|pth?|onnx|h5|keras|gguf|model|safetensors|npy|png|jpe?g|gif|svg|ico|webp|ttf|otf|woff2?|pdf|docx?|"
    r"xlsx?|zip|t?gz|mmdb|prisma|mo|po))(?![\w/(]|\.\w)"
)

_SOUGHT = re.compile(
    r"(?i)(?:(?:could not|cannot|can't|unable to|failed to) (?:find|load|open|read|locate)|not found:?|missing)"
    r"(?: (?:the|a|any|your|file|module|configuration|config|template|from|from file|at|path|called|named)){0,4}[:\s'\"`“<(\[]+$"
)

_GONE = re.compile(
    r"(?i)^['\"`”>)\]]*,?(?: (?:file|was|is|could|environment|and is|template))* ?(?:does not exist|not found|not be found|missing|file\.$)"
)

_LIBRARY = re.compile(r"(?<![\w/.-])(?P<library>lib[\w.+-]+?\.so(?:\.\d+)*)\b")

_DENIED = re.compile(r"(?i)permission denied|\bEACCES\b|access to the path")

_ABSOLUTE = re.compile(r"(?<![\w.])(?P<path>/[\w@.+/-]{2,})")

_THROWS = re.compile(r"\b(?:throw|raise|panic|abort|die|bail|fail|exit|fatal\w*)\b", re.IGNORECASE)

_CONDITION = re.compile(r"\b(?:if|unless|elif|elsif|guard|assert)\b.*|.*(?:\?\?|\|\||\bor\b)")


def asked_by(hit: Hit, error: str, place: Place | None) -> str:
    """What to type, without a full stop; empty where neither the words nor the code say it."""
    error, lines = error[:LONGEST], _above(hit, place) if place else []
    where = f"{place.path} line {place.line}" if place else "the program"
    return (
        _variable(hit, error, lines)
        or _refused(hit, error)
        or _library(error)
        or _absent(hit, error, where)
        or _denied(error)
        or _checked(lines, where)
    )


def _above(hit: Hit, place: Place) -> list[str]:
    """The line of a place, the last, with those above it that may say why it was reached."""
    reach = slice(max(0, place.line - 1 - READ_ABOVE), place.line)
    return [line[:LONGEST] for line in hit.files.lines(place.path)[reach]]


def given(hit: Hit, name: str) -> str:
    """How this phase gets an environment variable: a build has none of the service's."""
    if hit.section.kind is Kind.INSTRUCTION:
        return f"Write ARG {name} above this RUN and give it with --build-arg {name}=…: a build has none of the service's variables"
    return f"Set {name} for the service (gcloud run services update --update-env-vars {name}=…, a secret with --update-secrets), or give it a default"


def _variable(hit: Hit, error: str, lines: list[str]) -> str:
    """The variable that the words name, that the line reads, or that a check above it is about."""
    if unset := UNSET.search(error):
        return given(hit, unset["name"] or unset["name2"])
    thrown = bool(lines) and _THROWS.search(lines[-1]) is not None
    if not (thrown or _NOTHING.search(error)):
        return ""
    for line in lines[: -1 - (READ_ABOVE if thrown else 1) : -1]:
        if (read := _READS.search(line)) and read[1] not in GIVEN_ALWAYS:
            return given(hit, read[1])
    return ""


def may_be_unset(error: str) -> bool:
    """Whether the words are those of a value that is missing or none."""
    return _NOTHING.search(error) is not None


def _refused(hit: Hit, error: str) -> str:
    found = REFUSALS.read(hit, error)
    return found["advice"].rstrip(".") if found else ""


# Such words say that a file does not parse as often as that it is not there.
_UNREAD = re.compile(r"(?i)failed to (?:read|load|parse)\b")


def _library(error: str) -> str:
    """A library of the system is no file of the repository: it comes with a package."""
    found = _LIBRARY.search(error)
    return f"Install the package that has {found['library']} in the final stage" if found else ""


def _sought(error: str) -> str:
    """The file that the words say is not there: one that they only mention is none."""
    everywhere = _NO_FILE.search(error) is not None
    for found in _PATH.finditer(error):
        if everywhere or _SOUGHT.search(error[: found.start()]) or _GONE.search(error[found.end() :]):
            return found["path"]
    return ""


def _absent(hit: Hit, error: str, where: str) -> str:
    path = _sought(error)
    if not path:
        return ""
    same = hit.files.named(path.rpartition("/")[2])
    own = repository_path(hit.files, path, hit) or (same[0] if len(same) == 1 else "")
    if own and in_stage(hit, own) and _UNREAD.search(error):
        return f"Correct {own}, which a COPY brings: what is printed below names the line that does not parse"
    if own and _UNREAD.search(error):
        return (
            f"See that {own} parses (what is printed below names the line), and that it is in the final stage"
        )
    if own:
        lacking = left_out(hit, own)
        return (
            lacking.advice
            if lacking
            else f"The repository has {own}: COPY it to {path} in the final stage, or correct the path in {where}"
        )
    if ignored := unversioned(hit, path):
        return ignored.advice
    return (
        f"Bring {path} into the final stage (COPY, or have the build make it), or correct the path in {where}"
    )


def _denied(error: str) -> str:
    found = _ABSOLUTE.search(error) if _DENIED.search(error) else None
    if found is None:
        return ""
    return f"Let the container's user write {found['path']} (RUN mkdir -p and chown above USER, or COPY --chown), or write below /tmp"


def _checked(lines: list[str], where: str) -> str:
    """The program's own check that threw it."""
    if not (lines and _THROWS.search(lines[-1])):
        return ""
    for line in lines[: -2 - CHECK_ABOVE : -1]:
        if found := _CONDITION.search(line):
            condition = found[0].strip().rstrip("{:").strip()[:120]
            return f"The program checks it itself, in {where} (`{condition}`): give it what is asked there"
    return ""
