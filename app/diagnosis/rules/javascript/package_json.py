"""package.json: broken, missing, or not as a package manager wants it."""

from __future__ import annotations

from app.diagnosis.javascript.image import ran_place
from app.diagnosis.javascript.packages import unnumbered
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_native import ANY
from app.diagnosis.rules.javascript.reading_npm import E
from app.diagnosis.rules.javascript.reading_package_json import (
    broken_json,
    broken_place,
    invalid_manifest,
    invalid_place,
    no_manifest,
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="npm-package-json",
        only=ANY,
        pattern=r"^"
        + E
        + r"(?:code EJSONPARSE|JSON\.parse (?:Failed to parse json|Invalid package\.json|Unexpected|Expected)|Failed to parse json)|"
        r"ERR_PNPM_JSON_PARSE|while parsing '.*' in /\S*package\.json|failed to parse '/\S*package\.json'|JSON.*when parsing /\S*package\.json|^error (?:Error parsing JSON at|SyntaxError: )\s*\"?/\S*package\.json|"
        r"(?:Usage|Internal) Error: .*(?:package\.json).*(?:JSON|token)|SyntaxError: (?:/\S*package\.json: |Unexpected .*package\.json)|"
        r"^error: .*pars(?:e|ing).*package\.json",
        read=broken_json,
        place=broken_place,
        rank=Rank.ROOT,
        title="{file} line {line} is not valid JSON",
        message="EJSONPARSE: {file} cannot be parsed: {said} (line {line}: {code}).",
        fix="Correct line {line} of {file}: a comma too many or too few, a comment, or a merge conflict.",
    ),
    Rule(
        code="npm-no-package-json",
        pattern=r"ENOENT: no such file or directory, open '(?P<path>[^']*package\.json)'|"
        r"Couldn't find a package\.json file in \"(?P<path2>[^\"]+)\"|ERR_PNPM_NO_(?:PKG_MANIFEST|IMPORTER_MANIFEST_FOUND)\S*\s+No package\.json.*? (?:found in|in) \"?(?P<path3>[^\s\"]+)|"
        r"Usage Error: No project found in (?P<path4>\S+)|could(?:n't| not) find a package\.json file|Usage Error: The nearest package directory .* doesn't seem to be part of the project",
        read=unnumbered(no_manifest),
        place=lambda hit: ran_place(hit),
        rank=Rank.ROOT,
        title="There is no package.json where the install looks",
        message="ENOENT: no such file or directory, package.json: {path} is not there.",
        fix="{fix}",
    ),
    Rule(
        code="npm-invalid",
        pattern=r"^"
        + E
        + r"(?P<said>Invalid (?:tag name|package name|name|version|dependency type|comparator|Version)[: ].*|must provide string spec.*|Invalid Version: .*)|"
        r"^error (?P<said2>(?:Package|package\.json): .*(?:[Ii]nvalid|must be|illegal|expected to|[Cc]annot).*)",
        read=unnumbered(invalid_manifest),
        place=invalid_place,
        rank=Rank.ROOT,
        title="package.json: {said}",
        message="npm cannot read package.json: {said}.",
        fix='Correct "{word}" in package.json: names are lower-case without spaces, versions are like 1.0.0 or ^1.0.0.',
    ),
)
