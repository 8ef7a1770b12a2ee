"""Variables of a Node application: which one is missing, and the line that reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.javascript.stacks import after, bare, code_at, thrown_at, variables
from app.diagnosis.places import CODE, anywhere, first, variable
from app.diagnosis.rule import Hit, once_per_log
from app.diagnosis.transcript import Kind
from app.model import Place

_UNSET = re.compile(r"\b([A-Z][A-Z0-9]*_[A-Z0-9_]+|PORT|HOST|DSN)\b")


def variable_words(hit: Hit) -> Mapping[str, str] | None:
    name = hit["name"]
    if not name:
        found = next(
            (
                m
                for line in (hit.line, *after(hit, 12))
                if (m := _UNSET.search(line)) and not m[1].startswith(("ERR_", "E_", "MODULE_"))
            ),
            None,
        )
        name = found[1] if found else ""
    if not name:
        return None
    others = [
        m
        for line in after(hit, 12)
        for m in re.findall(r"^\s*[\"'-]?\s*([A-Z][A-Z0-9]*_[A-Z0-9_]+)\b", line)
        if m != name
    ]
    return {
        **_phase(hit, name),
        "name": name,
        "others": f" Also: {', '.join(dict.fromkeys(others))}." if others else "",
        "said": bare(hit.line).strip(),
    }


def _phase(hit: Hit, name: str) -> dict[str, str]:
    """What a service is given, a build does not have: its own variables come through ARG."""
    if not _builds(hit):
        return {
            "when": "",
            "advice": f"Set {name} for the service (gcloud run services update --update-env-vars {name}=…, or --update-secrets for a secret)",
        }
    if not hit.files.dockerfiles:
        return {
            "when": " in the build",
            "advice": f"Give the build {name} (gcloud run deploy --set-build-env-vars {name}=…), or read it only where a request is answered, so that a build needs none; the real value is set for the service",
        }
    skip = " (SKIP_ENV_VALIDATION=1 leaves the check of t3-env out)" if _skips(hit) else ""
    return {
        "when": " in the build",
        "advice": f"Write ARG {name} and ENV {name}=${name} above this RUN and give it with --build-arg (only what the browser may see), or a placeholder where the build merely checks that it is there{skip}; the real value is set for the service",
    }


# What a tool prints while it builds, where the log does not show which instruction ran.
_BUILDING = re.compile(
    r"building (?:\w+ )?(?:bundle|environment)?.*for production|^(?:> |\$ )?(?:next|vite|astro|nuxi?t?|ng|remix|react-router|gatsby|svelte-kit|prisma) (?:build|generate)\b|"
    r"Creating an optimized production build|Collecting page data|Generating static pages|modules transformed"
)


def _builds(hit: Hit) -> bool:
    """Whether this is a build's own log: an instruction's, or one in which a tool says that it builds."""
    if hit.section.kind in (Kind.INSTRUCTION, Kind.CONTAINER):
        return hit.section.kind is Kind.INSTRUCTION
    return any(_BUILDING.search(bare(line)) for line in hit.before(60))


@once_per_log
def _skips(hit: Hit) -> bool:
    return anywhere(r"SKIP_ENV_VALIDATION", ".js", ".mjs", ".ts")(hit) is not None


def implied(hit: Hit) -> Mapping[str, str] | None:
    """A library's complaint about a value that the code takes from an environment variable."""
    place = thrown_at(hit)
    names = variables(hit, place, 3) if place else ()
    if not names:
        place, names = _reads(hit, hit["service"])
    if place is None or not names:
        return None
    wanted = _service_pattern(hit, hit["service"])
    name = next((each for each in names if not wanted or re.search(wanted, each)), "")
    if not name:  # the code near it reads variables of something else
        return None
    said = re.sub(r"^.*?Error: ", "", bare(hit.line)).strip().rstrip(".")
    return {**_phase(hit, name), "name": name, "said": said, "file": place.path}


_SERVICES = {
    "mongoose": r"MONGO|DATABASE|DB_", "openUri": r"MONGO|DATABASE|DB_", "Mongo": r"MONGO|DATABASE|DB_", "secretOrPrivateKey": r"JWT|SECRET", "JwtStrategy": r"JWT|SECRET",
    "supabase": r"SUPABASE", "SASL": r"PASS|DATABASE_URL", "apiKey": r"API_KEY|KEY", "OPENAI": r"OPENAI", "stripe": r"STRIPE", "secret": r"SECRET", "Invalid URL": r"URL",
    "clientID": r"CLIENT_ID", "OAuth2Strategy": r"CLIENT_ID", "Firebase": r"FIREBASE", "Sequelize": r"DATABASE|DB_", "dialect": r"DIALECT|DB_", "Redis": r"REDIS",
}  # fmt: skip


def _service_pattern(hit: Hit, service: str) -> str:
    """What the variables of the service that the line is about are usually called."""
    told = (service or hit.line).lower()
    return next((pattern for word, pattern in _SERVICES.items() if word.lower() in told), "")


def _reads(hit: Hit, service: str) -> tuple[Place | None, tuple[str, ...]]:
    """The first line of the repository that reads a variable for this service."""
    pattern = _service_pattern(hit, service)
    if not pattern:
        return None, ()
    place = anywhere(rf"\benv(?:\.|\[['\"])\w*(?:{pattern})", *CODE[1:9])(hit)
    return place, variables(hit, place, 0)


def variable_place(hit: Hit) -> Place | None:
    return first(variable("name"), anywhere(r"\b{name}\b", *CODE, ".prisma"), thrown_at)(hit)


def implied_place(hit: Hit) -> Place | None:
    place = thrown_at(hit)
    if place is None or not variables(hit, place, 3):
        return variable("name")(hit) or place
    # The line of a built file is only guessed in its source: the one that reads the variable is sure.
    guessed = place.path.endswith((".ts", ".mts", ".cts")) and hit["name"] not in code_at(hit, place)
    return (variable("name")(hit) if guessed else None) or place
