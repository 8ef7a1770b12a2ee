"""npm, yarn, pnpm and bun: dependencies that cannot be had together, or at all."""

from __future__ import annotations

from app.diagnosis.javascript.packages import list_place, unnumbered
from app.diagnosis.places import first, matching
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_dependencies import (
    asked_place,
    conflict,
    conflict_place,
    dependency,
    no_version,
    not_there,
    peer_issues,
    protocol,
    workspace,
    workspace_place,
)
from app.diagnosis.rules.javascript.reading_npm import E

RULES: tuple[Rule, ...] = (
    Rule(
        code="npm-conflict",
        pattern=r"^" + E + r"ERESOLVE (?:unable|could not) ",
        read=conflict,
        place=conflict_place,
        rank=Rank.ROOT,
        title="{name}@{version} needs {peer} {range}, not {found}",
        message='ERESOLVE: a dependency conflict: {other}@{version} wants peer {peer}@"{range}", and the project has {peer}@{found}.',
        fix="Take a version of {other} that accepts {peer} {found} (npm view {other} peerDependencies), replace it, or change {peer} to {range}; --legacy-peer-deps only hides it.",
        link="https://docs.npmjs.com/cli/using-npm/dependency-selectors",
    ),
    Rule(
        code="npm-peers",
        pattern=r"ERR_PNPM_PEER_DEP_ISSUES",
        read=peer_issues,
        place=first(dependency, list_place),
        rank=Rank.ROOT,
        title="{name} does not go together with {peer}",
        message="ERR_PNPM_PEER_DEP_ISSUES Unmet peer dependencies: {name}: {said}.",
        fix="Install the version of {peer} that {name} asks for, or another {name}; strict-peer-dependencies=false in .npmrc only hides it.",
    ),
    Rule(
        code="npm-override",
        pattern=r"^"
        + E
        + r"(?P<said>Override for (?P<name>@?[\w./-]+?)@(?P<version>\S+) conflicts with direct dependency)",
        place=first(matching(r'"overrides"\s*:', "package.json"), dependency),
        rank=Rank.ROOT,
        title="The override of {name} conflicts with the dependency itself",
        message="EOVERRIDE: {said}.",
        fix='Give "overrides" the same version as the dependency ("{name}": "${name}"), or take the override out.',
    ),
    Rule(
        code="npm-no-such-version",
        pattern=r"^(?:" + E + r"notarget )?\s*No matching version found for (?P<spec>[^\s,]+)|"
        r"ERR_PNPM_NO_MATCHING_VERSION\S*\s+No matching version found for (?P<spec2>\S+)|"
        r"Couldn't find any versions for \"(?P<name>[^\"]+)\" that matches \"(?P<version>[^\"]+)\"|"
        r"YN0082.*│ (?P<spec3>@?[\w./-]+@npm:\S+?): No candidates found|"
        r"error: No version matching \"(?P<version2>[^\"]+)\" found for specifier \"(?P<name2>[^\"]+)\"",
        read=unnumbered(no_version),
        place=asked_place,
        rank=Rank.ROOT,
        title="{name}@{version} does not exist",
        message="ETARGET: No matching version found for {name}@{version} in the registry. {hint}",
        fix="{fix}",
    ),
    Rule(
        code="npm-not-found",
        pattern=r"^"
        + E
        + r"404\s+'?(?P<spec>(?:@[\w.-]+/)?[\w.-]+@[^'\s]+?)'? (?:is not in (?:the npm|this) registry|could not be found)|"
        r"^" + E + r"404 (?:  )?Not Found(?:: (?P<spec2>\S+)| - GET (?P<url>https?://\S+))|"
        r"ERR_PNPM_FETCH_404\S*\s+GET (?P<url2>https?://\S+?): |"
        r"Couldn't find package \"(?P<spec3>[^\"]+)\" on the \"npm\" registry|"
        r"YN0035.*│ (?P<spec4>@?[\w./-]+@npm:\S+?): Package not found|"
        r"^error: GET (?P<url3>https?://\S+) - 404|"
        r"^error (?:An unexpected error occurred: \"|Error: )(?P<url4>https?://[^\s\"]+?): Not found",
        read=unnumbered(not_there),
        place=asked_place,
        rank=Rank.ROOT,
        title="The registry has no package {name}",
        message="404 Not Found: {name} is not in the npm registry, or you have no permission to see it.",
        fix="{fix}",
    ),
    Rule(
        code="npm-protocol",
        pattern=r"Unsupported URL Type \"(?P<protocol>[\w-]+:)\": (?P<spec>\S+)|(?:ERR_PNPM_SPEC_NOT_SUPPORTED_BY_ANY_RESOLVER|isn't supported by any available resolver)\S*\s*(?P<spec2>.*)",
        read=unnumbered(protocol),
        place=first(dependency, matching(r'"(?:workspace|catalog):', "package.json"), list_place),
        rank=Rank.ROOT,
        title='npm does not know "{spec}" ({name})',
        message="EUNSUPPORTEDPROTOCOL: Unsupported URL Type \"{protocol}\": {spec}. It is pnpm's and yarn's way to ask for {name}.",
        fix="Install with the package manager of this repository (pnpm or yarn, through corepack enable), or write a version or file: path for {name}.",
    ),
    Rule(
        code="npm-workspace",
        pattern=r"ERR_PNPM_WORKSPACE_PKG_NOT_FOUND\S*\s+.*?\"(?P<name>@?[\w./-]+)@workspace:|"
        r"│ (?:Error: )?(?P<name2>@?[\w./-]+)@workspace:\S+: Workspace not found|"
        r"Workspace '(?P<name3>[^']+)' not found|error Unknown workspace \"(?P<name4>[^\"]+)\"|"
        r"^"
        + E
        + r"\s*--workspace=(?P<name5>\S+)|error: Workspace (?:dependency )?\"(?P<name6>[^\"]+)\" not found|error: Workspace not found \"(?P<name7>[^\"]+)\"",
        read=unnumbered(workspace),
        place=workspace_place,
        rank=Rank.ROOT,
        title="{head}",
        message="No workspace (no package of this repository) is named {name}: Workspace not found, ERR_PNPM_WORKSPACE_PKG_NOT_FOUND.",
        fix="{fix}",
    ),
)
