"""pnpm: what it stops for besides packages and lock files, and any other code that it prints."""

from __future__ import annotations

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.javascript.packages import list_place
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_dependencies import dependency
from app.diagnosis.rules.javascript.reading_pnpm import (
    coded,
    differing_setting,
    lock_copied,
    pnpm_asked,
    young,
)
from app.diagnosis.transcript import Kind

_RAN = frozenset({Kind.STEP, Kind.INSTRUCTION})

RULES: tuple[Rule, ...] = (
    Rule(
        code="pnpm-lock-settings",
        only=_RAN,
        pattern=r"ERR_PNPM_LOCKFILE_CONFIG_MISMATCH\S*\s+.*The current \"(?P<setting>\w+)\" configuration",
        read=differing_setting,
        place=first(
            lock_copied,
            matching(r"{setting}", "package.json", "pnpm-workspace.yaml", ".npmrc"),
            whole_file("pnpm-lock.yaml"),
        ),
        rank=Rank.ROOT,
        title="pnpm-lock.yaml was made with other {setting} than the project has",
        message='The lock file (lockfile) pnpm-lock.yaml does not match the current "{setting}" of {where}{why}.',
        fix="{fix}.",
        link="https://pnpm.io/errors",
    ),
    Rule(
        code="pnpm-too-young",
        only=_RAN,
        pattern=r"ERR_PNPM_NO_MATURE_MATCHING_VERSION\S*\s+.*?(?P<spec>@?[\w./-]+@\S+)",
        read=young,
        place=first(dependency, matching(r"minimumReleaseAge", "pnpm-workspace.yaml", ".npmrc"), list_place),
        rank=Rank.ROOT,
        title="{name} is younger than minimumReleaseAge allows",
        message="ERR_PNPM_NO_MATURE_MATCHING_VERSION: no version of {spec} is older than the minimum release age (minimumReleaseAge) of this project.",
        fix="Ask for an older version of {name}, wait, or list {name} in minimumReleaseAgeExclude in pnpm-workspace.yaml.",
        link="https://pnpm.io/settings#minimumreleaseage",
    ),
    Rule(
        code="pnpm-catalog",
        only=_RAN,
        pattern=r"ERR_PNPM_CATALOG_ENTRY_NOT_FOUND_FOR_SPEC\S*\s+No catalog entry '(?P<name>[^']+)' was found for catalog '(?P<catalog>[^']+)'",
        place=first(dependency, matching(r"^catalogs?:", "pnpm-workspace.yaml"), list_place),
        rank=Rank.ROOT,
        title="pnpm-workspace.yaml has no {name} in the catalog {catalog}",
        message="package.json asks for {name} with catalog:, and the catalog {catalog} of pnpm-workspace.yaml (in the image) has no such entry.",
        fix="Add {name} under catalog: in pnpm-workspace.yaml and commit pnpm-lock.yaml; in the image COPY pnpm-workspace.yaml before the install.",
        link="https://pnpm.io/catalogs",
    ),
    Rule(
        code="pnpm-old-workspace",
        only=_RAN,
        pattern=r"^\s*(?:\[?ERR\w*\]? *)?packages field missing or empty$",
        place=first(pnpm_asked, failing_instruction),
        rank=Rank.ROOT,
        title="This pnpm is older than pnpm-workspace.yaml: the file has no packages field",
        message="packages field missing or empty: up to pnpm 9 this file lists packages and nothing else; settings alone stand in it since pnpm 10.",
        fix='Install pnpm 10 or later (npm install -g pnpm@10, or "packageManager": "pnpm@10…" with corepack); to stay with pnpm 9, write packages: ["."] into pnpm-workspace.yaml.',
        link="https://pnpm.io/pnpm-workspace_yaml",
    ),
    Rule(
        code="pnpm-stopped",
        only=_RAN,
        pattern=r"^\s*(?:\[?ERROR\]? ?)?(?P<code>ERR_PNPM_[A-Z0-9_]+)\S*\s+(?P<said>\S.*)",
        read=coded,
        place=failing_instruction,
        title="pnpm: {said}",
        message="{code}: {said}",
        fix="{fix}.",
        link="https://pnpm.io/errors",
    ),
)
