"""npm, yarn, pnpm and bun: what else stops an installation."""

from __future__ import annotations

import re

from app.diagnosis.instructions import failing_instruction, instruction
from app.diagnosis.javascript.image import command_place, ran_place
from app.diagnosis.javascript.packages import LOCKS, list_place, unnumbered
from app.diagnosis.places import first, matching
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_dependencies import dependency
from app.diagnosis.rules.javascript.reading_native import (
    ANY,
    denied,
    git_dependency,
    local_dependency,
    who_runs,
)
from app.diagnosis.rules.javascript.reading_npm import E
from app.diagnosis.rules.javascript.reading_pnpm import ignored_builds, lock_copied, unpinned_place
from app.diagnosis.rules.javascript.reading_registry import network, unknown_host
from app.diagnosis.rules.javascript.reading_scripts import (
    failed_package,
    lifecycle,
    lifecycle_place,
    said_words,
)
from app.diagnosis.transcript import Kind
from app.model import Blame

NOT_YOURS = "It is not in your change."

RULES: tuple[Rule, ...] = (
    Rule(
        code="npm-git-missing",
        pattern=r"spawn git ENOENT|(?:syscall|path|errno) spawn git|sh: (?:\d+: )?git: not found|Couldn't find the binary git|git: executable file not found",
        read=git_dependency,
        place=first(dependency, failing_instruction),
        rank=Rank.ROOT,
        title="git is not in the image, and {name} comes from git",
        message="spawn git ENOENT: {name} ({url}) is installed from git, and the image has no git.",
        fix="Install git before the install: RUN apt-get update && apt-get install -y git (alpine: apk add git), or take {name} from the registry.",
    ),
    Rule(
        code="npm-git-access",
        pattern=r"(?P<said>Permission denied \(publickey\)|Host key verification failed|fatal: could not read Username for 'https://github\.com'|"
        r"ERROR: Repository not found|remote: Repository not found|fatal: couldn't find remote ref \S+|error: pathspec '[^']+' did not match)",
        read=git_dependency,
        place=first(dependency, failing_instruction),
        rank=Rank.ROOT,
        title="{name} cannot be fetched from git",
        message="{said}: {name} ({url}) is a private or missing git repository for the build (git error, code 128).",
        fix="Publish {name} to a registry, or give the build access: a token in the https URL from a build secret; correct the address or the branch.",
    ),
    Rule(
        code="npm-local-dependency",
        pattern=r"Could not install from \"(?P<path>[^\"]+)\" as it does not|refers to a non-existing file '\"?(?P<path2>[^'\"]+)|ERR_PNPM_LINKED_PKG_DIR_NOT_FOUND.* from \"(?P<path4>[^\"]+)|"
        r"ENOENT: no such file or directory, (?:open|lstat|scandir|stat) '(?P<path3>[^']+?)(?:/package\.json)?'",
        read=unnumbered(local_dependency),
        place=dependency,
        rank=Rank.ROOT,
        title="{name} ({spec}) is not there",
        message="ENOENT: no such file or directory: {path}: the local dependency {name} ({spec}) is not in the image.",
        fix="COPY its folder into the image before the install (the build context must hold it), or publish {name} to a registry.",
    ),
    Rule(
        code="npm-workdir",
        pattern=r"Tracker \"idealTree\" already exists",
        place=failing_instruction,
        rank=Rank.ROOT,
        title="npm runs in /, because no WORKDIR is set",
        message='npm error Tracker "idealTree" already exists: npm install in the root directory of the image.',
        fix="Write WORKDIR /app above the COPY of package.json.",
    ),
    Rule(
        code="npm-denied",
        pattern=r"^"
        + E
        + r"(?:Error: |\[?Error: )?EACCES: permission denied, (?P<call>\w+) '(?P<path>[^']+)'|"
        r"^error (?:An unexpected error occurred: \")?EACCES: permission denied, (?P<call2>\w+) '(?P<path2>[^']+)'|"
        r"EACCES\S*  EACCES: permission denied, (?P<call3>\w+) '(?P<path3>[^']+)'|"
        r"^" + E + r"Your cache folder contains root-owned files",
        read=unnumbered(lambda hit: {"path": hit["path"] or "the npm cache"}),
        place=denied,
        rank=Rank.ROOT,
        title="{path} may not be written by this user",
        message="EACCES: permission denied, {call} '{path}': the folder belongs to another user (root) than the one that installs.",
        fix="COPY --chown=node:node, or RUN chown -R node:node on the folder before USER, or install before USER.",
    ),
    Rule(
        code="npm-denied",
        only=frozenset({Kind.STEP, Kind.INSTRUCTION}),
        pattern=r"^\s*\[?Error: EACCES: permission denied, (?P<call>\w+) '(?P<path>/[^']+)'",
        read=who_runs,
        place=first(instruction("USER"), failing_instruction),
        rank=Rank.ROOT,
        title="{path} may not be written by this user",
        message="EACCES: permission denied, {call} '{path}': the folder belongs to another user (root) than {user}, who runs here.",
        fix="Write COPY --chown={user} where its folder is copied, or RUN chown -R {user} on it above USER; or build before USER.",
    ),
    Rule(
        code="npm-unknown-option",
        pattern=r"Unknown Syntax Error: (?P<said>Unsupported option name \(\"(?P<option>[^\"]+)\"\))|YN0050: (?P<said5>The (?P<option5>--(?:production|ignore-engines|cache-folder)) option is deprecated.*)|^Unknown command: \"?(?P<option2>[\w-]+)\"?|"
        r"ERROR\S*\s+(?P<said3>Unknown option:? '?(?P<option3>[\w-]+)'?)|^"
        + E
        + r"(?P<said4>Unknown command: \"(?P<option4>[^\"]+)\")",
        read=unnumbered(said_words),
        place=lambda hit: command_place(hit, hit["option"]) or ran_place(hit),
        rank=Rank.ROOT,
        title="{option} is nothing that the package manager knows",
        message="{said}.",
        fix="Correct {option}: yarn 2 and later has --immutable instead of --frozen-lockfile; npm ci, npm install and npm run <script> are npm's.",
    ),
    Rule(
        code="npm-ignored-builds",
        pattern=r"ERR_PNPM_IGNORED_BUILDS\S*\s+Ignored build scripts: (?P<specs>.+)",
        read=ignored_builds,
        place=first(
            lock_copied,
            unpinned_place,
            matching(r'"onlyBuiltDependencies"', "package.json"),
            matching(r"onlyBuiltDependencies|allowBuilds", "pnpm-workspace.yaml"),
            dependency,
        ),
        rank=Rank.ROOT,
        title="pnpm did not run the build script of {name}",
        message="ERR_PNPM_IGNORED_BUILDS Ignored build scripts: {name}: {why}.",
        fix="{fix}.",
    ),
    Rule(
        code="npm-patch",
        pattern=r"\*\*ERROR\*\* (?P<said>Failed to apply patch for package (?P<name>@?[\w./-]+).*)|ERR_PNPM_PATCH_(?:NOT_APPLIED|FAILED)\S*\s+(?P<said2>.*)|Patch file found for package (?P<name2>\S+) which is not present",
        read=unnumbered(said_words),
        place=first(dependency, list_place),
        rank=Rank.ROOT,
        title="The patch of {name} does not apply",
        message="{said}.",
        fix="Make the patch again for the installed version (npx patch-package {name}), or pin {name} to the version it was made for; COPY patches/ before the install.",
    ),
    Rule(
        code="npm-unknown-host",
        pattern=r"(?:ENOTFOUND|EAI_AGAIN) (?P<host>[\w-]+(?:\.[\w-]+)+)",
        read=lambda hit: (
            unknown_host(hit)
            if hit.section.kind is not Kind.CONTAINER
            and re.search(
                r"npm (?:error|ERR!) (?:errno|network|request|FetchError|syscall|code)|^error Error: |yarn|pnpm|registry|YN0",
                hit.line,
            )
            else None
        ),
        place=first(
            matching(r"{host}", ".npmrc", ".yarnrc", ".yarnrc.yml", "package.json"),
            matching(r"{host}", *LOCKS),
        ),
        rank=Rank.ROOT,
        title="The registry {host} cannot be reached from the build",
        message="getaddrinfo ENOTFOUND {host}: its name does not resolve outside your network.",
        fix="Use a registry that Cloud Build can reach: change .npmrc, and run the install again so that the lock file has the new address.",
    ),
    Rule(
        code="npm-network",
        pattern=r"^"
        + E
        + r"(?:code |network )?(?P<said>ETIMEDOUT|ECONNRESET|ECONNREFUSED|EAI_AGAIN|ENOTFOUND|EPIPE|ERR_SOCKET_TIMEOUT|FETCH_ERROR|E5\d\d|E429|ERR_STREAM_PREMATURE_CLOSE|Z_DATA_ERROR|SELF_SIGNED_CERT_IN_CHAIN)|"
        r"^" + E + r"cb\(\) never called|"
        r"error (?:An unexpected error occurred: \"|Error: )https?://\S+: (?:ETIMEDOUT|ESOCKETTIMEDOUT|ECONNRESET|getaddrinfo|tunneling|Request failed \\?\"5)|"
        r"ERR_PNPM_(?:META_FETCH_FAIL|FETCH_5\d\d)|ERR_SOCKET_TIMEOUT|YN0001.*(?:RequestError|ETIMEDOUT|ECONNRESET|EAI_AGAIN)|gyp ERR! stack (?:FetchError|Error: getaddrinfo|Error: This is most likely not a problem with node-gyp)|"
        r"error: (?:ConnectionRefused|Timeout|ConnectionClosed|FailedToOpenSocket) (?:downloading|fetching)",
        read=network,
        place=None,
        nowhere=True,
        rank=Rank.ROOT,
        blame=Blame.UNKNOWN,
        title="{host} did not answer the install",
        message="{said}: the network between the build and {host} broke. " + NOT_YOURS,
        fix="Run it again.",
    ),
    Rule(
        code="npm-install-script",
        pattern=r"^"
        + E
        + r"command failed|^"
        + E
        + r"(?P<name>@?[\w./-]+?)@\d\S* (?:post|pre)?install: `(?P<ran>[^`]+)`|"
        r"^error /\S*node_modules/\S+: Command failed|│ (?P<name2>@?[\w./-]+)@npm:\S+ couldn't be built successfully|"
        r"(?:^|/)node_modules/(?P<name3>(?:@[\w.-]+/)?[\w.-]+) (?:post|pre)?install: Failed|error: (?:post|pre)?install script from \"(?P<name4>[^\"]+)\" exited",
        read=unnumbered(failed_package),
        place=first(dependency, failing_instruction),
        title="The install script of {name} failed",
        message="{name} ran {ran} at install, and that failed: {said}",
        fix="{fix}",
    ),
    Rule(
        code="npm-script-failed",
        only=ANY,
        pattern=r"^ERROR: process \"/bin/sh -c (?:.* )?(?:npm|yarn|pnpm|bun) .*did not complete|^The command '/bin/sh -c (?:.* )?(?:npm|yarn|pnpm|bun) .*returned a non-zero|"
        r"^"
        + E
        + r"(?:code ELIFECYCLE|Lifecycle script `(?P<name>[^`]+)` failed|code 1$|errno 1$)|^error Command failed with exit code|ELIFECYCLE\S*\s+Command failed|"
        r"error: script \"(?P<name2>[^\"]+)\" (?:exited|was terminated)|ERR_PNPM_RECURSIVE_RUN_FIRST_FAIL|Failed at the \S+ (?P<name3>\S+) script|"
        r"ERROR\s+run failed: command\s+exited|NX\s+Running target|lerna ERR! .* exited",
        read=unnumbered(lifecycle),
        rank=Rank.SYMPTOM,
        place=lifecycle_place,
        title="{script} failed: {told}",
        message="{script} ended with an error. {told}",
        fix="Read what it printed above the line of the package manager, and correct that.",
    ),
)
