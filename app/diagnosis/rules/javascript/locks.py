"""npm, yarn, pnpm and bun: lock files that do not fit."""

from __future__ import annotations

from app.diagnosis.javascript.packages import LOCKS
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Rank, Rule, unless
from app.diagnosis.rules.javascript.reading_engines import MANAGER
from app.diagnosis.rules.javascript.reading_left_out import WORKSPACE_LEFT_OUT, members
from app.diagnosis.rules.javascript.reading_locks import (
    broken_lock,
    no_lock,
    no_lock_place,
    out_of_step,
    out_of_step_place,
)
from app.diagnosis.rules.javascript.reading_native import ANY

RULES: tuple[Rule, ...] = (
    Rule(
        code="npm-lock-out-of-step",
        pattern=r"(?:`npm ci`|cipm|npm ci) can only install packages when your package\.json and package-lock\.json|"
        r"Your lockfile needs to be updated, but yarn was run with|"
        r"YN0028.*lockfile would have been modified by this install|^The lockfile would have been modified by this install|"
        r"ERR_PNPM_(?:OUTDATED_LOCKFILE|FROZEN_LOCKFILE_WITH_OUTDATED_LOCKFILE)|"
        r"lockfile had changes, but lockfile is frozen",
        read=unless(out_of_step, members, WORKSPACE_LEFT_OUT),
        place=out_of_step_place,
        rank=Rank.ROOT,
        title="package.json and {lock} do not agree: {what}",
        message="{lock} (lockfile) is not in sync, not up to date with package.json: {what}. {told} {install} writes it anew.",
        fix="Run {install} and commit package.json together with {lock}.",
        link="https://docs.npmjs.com/cli/commands/npm-ci",
    ),
    Rule(
        code="npm-no-lock",
        pattern=r"(?:npm ci`? command can only install|cipm can only install packages) with an existing package-lock\.json|"
        r"ERR_PNPM_NO_LOCKFILE|Headless installation requires a pnpm-lock\.yaml|lockfile would have been created by this install|"
        r"YN0028.*lockfile would have been created|`?--frozen-lockfile`? .*but (?:no )?lockfile",
        read=no_lock,
        place=no_lock_place,
        rank=Rank.ROOT,
        title="There is no {lock} where the install looks",
        message="npm ci and other frozen installs take only what an existing lock file ({lock}, lockfileVersion >= 1) lists, and there is none here.",
        fix="{fix}",
    ),
    Rule(
        code="npm-lock-version",
        pattern=r"ERR_PNPM_LOCKFILE_BREAKING_CHANGE|the version of the lockfile is incompatible with this version of pnpm|Ignoring not compatible lockfile at|error: (?:Failed to parse|Unknown|Outdated) lockfile|InvalidLockfileVersion",
        place=first(MANAGER, whole_file("pnpm-lock.yaml", "bun.lock", "bun.lockb")),
        rank=Rank.ROOT,
        title="The lock file was made by another version of the package manager",
        message="The lockfile's format is not compatible with the pnpm (or bun) of the image: ERR_PNPM_LOCKFILE_BREAKING_CHANGE, not compatible lockfile.",
        fix='Install the version that made it in the image ("packageManager" in package.json and corepack enable), or renew the lock file with this one.',
    ),
    Rule(
        code="npm-lock-conflict",
        only=ANY,
        pattern=r"ERR_PNPM_(?:BROKEN_LOCKFILE|LOCKFILE_MISSING_DEPENDENCY)|Unknown token: .*yarn\.lock|Invalid value type \d+:\d+ in .*yarn\.lock|"
        r"YN0038|Merge conflict detected in|error .*yarn\.lock.*merge conflict|(?:Cannot parse|failed to parse) lockfile|"
        r"(?P<doubt>with an existing package-lock\.json|Cannot convert undefined or null to object|lockfile had changes, but)|"
        r"error TypeError: Cannot use 'in' operator to search for '[^']+' in (?P<entry>@?[\w./-]+@\S+)",
        place=first(
            matching(r"^<{7} ", *LOCKS),
            matching(r"^\"?{entry}", "yarn.lock"),
            whole_file("pnpm-lock.yaml", "yarn.lock", "package-lock.json", "bun.lock"),
        ),
        read=broken_lock,
        rank=Rank.ROOT,
        title="The lock file is broken",
        message="{said}: the lockfile cannot be read.",
        fix="{advice}, run the install again, and commit the lock file.",
    ),
)
