"""npm, yarn, pnpm and bun: what a registry refuses."""

from __future__ import annotations

import re

from app.diagnosis.javascript.packages import LOCKS
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_npm import E
from app.diagnosis.rules.javascript.reading_registry import access, access_place, integrity

RULES: tuple[Rule, ...] = (
    Rule(
        code="npm-access",
        pattern=r"^"
        + E
        + r"code (?:E401|E403|ENEEDAUTH)\b|ERR_PNPM_FETCH_40[13]|^(?:➤ )?YN0041|^(?:➤ )?YN0033.*[Aa]uth|"
        r"^error .*(?:authentication token not provided|Request failed \\?\"40[13]|401 Unauthorized|403 Forbidden)|^error: GET https?://\S+ - 40[13]",
        read=access,
        place=access_place,
        rank=Rank.ROOT,
        title="{host} refuses access to {name}",
        message="{said}: 401 Unauthorized or 403 Forbidden from {host} for {name}: an authentication token is missing, or has no right to read it.",
        fix="Give the install a token: //{host}/:_authToken=${{NPM_TOKEN}} in .npmrc, COPY .npmrc before the install, and pass NPM_TOKEN as a build secret.",
        link="https://cloud.google.com/build/docs/securing-builds/use-secrets",
    ),
    Rule(
        code="npm-token",
        pattern=r"(?:Failed to replace env in config: |Environment variable not found \(|Usage Error: Environment variable not found \()\$?\{?(?P<name>[A-Z]\w+)",
        read=lambda hit: (
            {} if re.search(r"(?i)err|Usage|replace", hit.line) and "WARN" not in hit.line else None
        ),
        place=matching(r"{name}", ".npmrc", ".yarnrc.yml"),
        rank=Rank.ROOT,
        title="{name} is not set, and .npmrc needs it",
        message="Failed to replace env in config: ${{{name}}}: the build has no variable {name}.",
        fix="Pass {name} to the build (a secret mounted in RUN, or --build-arg with ARG {name}).",
    ),
    Rule(
        code="npm-integrity",
        pattern=r"^"
        + E
        + r"code EINTEGRITY|Integrity check failed for|ERR_PNPM_TARBALL_INTEGRITY|remote archive doesn't match the expected checksum|IntegrityCheckFailed",
        read=integrity,
        place=first(
            matching(r"{hash}", *LOCKS),
            matching(r"^\"?{name}@|node_modules/{name}\"|^    \"{name}\": \[", *LOCKS),
            whole_file(*LOCKS),
        ),
        rank=Rank.ROOT,
        title="The checksum of {name} is not the one in the lock file",
        message="EINTEGRITY: integrity checksum failed: the lock file wants {hash} for {name}, and the registry has another one.",
        fix="Delete the entry of {name} (or the lock file), run npm cache clean --force and npm install, and commit the lock file.",
    ),
)
