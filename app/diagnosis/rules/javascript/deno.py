"""Deno: its permissions, its modules and its lock file."""

from __future__ import annotations

from app.diagnosis.instructions import base_image, failing_instruction, instruction
from app.diagnosis.javascript.paths import spot
from app.diagnosis.places import first, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_deno import (
    missing,
    permission,
    remote_export,
    remote_local,
    remote_missing,
    remote_place,
)
from app.diagnosis.transcript import Kind

RULES: tuple[Rule, ...] = (
    Rule(
        code="deno-permission",
        pattern=r"(?:NotCapable|PermissionDenied|TypeError|^error): Requires (?P<what>\w+) access(?: to (?P<to>.+?))?, run again with the (?P<option>--allow-\w+)",
        read=permission,
        place=first(failing_instruction, instruction("ENTRYPOINT", "CMD")),
        rank=Rank.ROOT,
        title="deno may not use {what}: {option} is missing in the command",
        message="Requires {what} access{to}, and deno was started without {option}.",
        fix='Write {option} after deno run in the command: CMD ["deno", "run", "--allow-net", "--allow-env", "--allow-read", "{file}"].',
        link="https://docs.deno.com/runtime/fundamentals/security/",
    ),
    Rule(
        code="deno-lock",
        pattern=r"error: The lockfile is out of date",
        place=first(whole_file("deno.lock"), whole_file("deno.json", "deno.jsonc")),
        rank=Rank.ROOT,
        title="deno.lock does not fit deno.json",
        message="The lockfile deno.lock is out of date, and --frozen does not let deno change it.",
        fix="Run deno install --frozen=false (or deno cache) and commit deno.lock.",
        link="https://docs.deno.com/runtime/fundamentals/modules/#managing-third-party-modules-and-packages",
    ),
    Rule(
        code="deno-lock-version",
        pattern=r"Unsupported lockfile version '?(?P<version>\d+)",
        place=first(base_image, whole_file("deno.lock")),
        rank=Rank.ROOT,
        title="This version of deno cannot read deno.lock (version {version})",
        message="Unsupported lockfile version {version}: a newer deno wrote deno.lock than the one in the image.",
        fix="Use the deno that wrote it in FROM (denoland/deno:VERSION, as deno --version shows on your machine), or make the lock file again with the image's.",
    ),
    Rule(
        code="deno-remote-export",
        only=frozenset(Kind),
        pattern=r"(?:The )?requested module '(?P<url>(?:https?://|npm:|jsr:)[^']+)' does not provide an export named '(?P<name>[^']+)'",
        read=remote_export,
        place=remote_place,
        rank=Rank.ROOT,
        title="{what} has no export {name}",
        message="The requested module {url} does not provide an export named {name} ({path}:{line}).",
        fix="{advice}.",
        link="https://docs.deno.com/runtime/fundamentals/modules/",
    ),
    Rule(
        code="deno-remote-local",
        pattern=r"Remote modules are not allowed to import local modules",
        read=remote_local,
        place=remote_place,
        rank=Rank.ROOT,
        title="A module of {host} imports a file of this machine: it was built for another deno",
        message="Remote modules are not allowed to import local modules: {url} asks for {name}.",
        fix="Import the package as npm:NAME@VERSION instead of from {host} (deno add npm:NAME), or write the newest version of {host} into the address and run deno cache --reload.",
        link="https://docs.deno.com/runtime/fundamentals/node/#using-npm-packages",
    ),
    Rule(
        code="deno-remote-missing",
        pattern=r"error: (?:Uncaught .*)?Module not found \"(?P<url>https?://[^\"]+)\"|Import '(?P<url2>https?://[^']+)' failed, not found|Import '(?P<url3>https?://[^']+)' failed: 404",
        read=remote_missing,
        place=remote_place,
        rank=Rank.ROOT,
        title="{host} has no {name} (404)",
        message="deno: Module not found {url}: the server answered 404, so that this version or file does not exist ({path}:{line}).",
        fix="Correct the version and the path in the import (or in deno.json), then run deno cache again and commit deno.lock; std is on JSR now: deno add jsr:@std/NAME.",
        link="https://docs.deno.com/runtime/fundamentals/modules/",
    ),
    Rule(
        code="deno-module",
        pattern=r"error: (?:Uncaught .*)?(?:Module not found|Cannot resolve module) \"(?P<url>file://[^\"]+)\"",
        read=missing,
        place=lambda hit: spot(hit, hit["path"], hit["line"]) or failing_instruction(hit),
        rank=Rank.ROOT,
        title="Module not found: {name}",
        message="deno: Module not found {url}, imported at {path}:{line}.",
        fix="Correct the import (deno wants the file's ending, and small and capital letters as in the repository), or COPY the file into the image.",
        link="https://docs.deno.com/runtime/fundamentals/modules/",
    ),
    Rule(
        code="deno-not-cached",
        pattern=r"(?:Specifier not found in cache|not found in (?:the )?(?:npm )?cache): \"(?P<url>[^\"]+)\", --cached-only is specified|(?P<url2>\S+) not found in cache.*--cached-only",
        read=lambda hit: {"name": hit["url"] or hit["url2"]},
        place=first(instruction("CMD", "ENTRYPOINT"), failing_instruction),
        rank=Rank.ROOT,
        title="deno may download nothing, and {name} is not in the image",
        message="--cached-only is specified, and no RUN deno cache fetched {name}: it is not found in cache.",
        fix="Write RUN deno cache with the file that CMD starts, after COPY . . and as the same user; or take --cached-only out of the command.",
        link="https://docs.deno.com/runtime/reference/docker/",
    ),
    Rule(
        code="deno-bare-import",
        pattern=r"(?:Relative import path|Import) \"(?P<name>[^\"]+)\" not (?:prefixed with / or \./ or \.\./|a dependency)",
        read=lambda hit: {**missing(hit), "name": hit["name"]},
        place=lambda hit: spot(hit, hit["path"], hit["line"]) or failing_instruction(hit),
        rank=Rank.ROOT,
        title="deno does not know {name}: deno.json has no import of that name",
        message="Relative import path {name} is not prefixed with / or ./ or ../, and the import map has no {name} (imported at {path}:{line}).",
        fix="Run deno add npm:{name} (or jsr:) and commit deno.json with deno.lock, or write npm:{name} in the import; COPY deno.json before deno runs.",
        link="https://docs.deno.com/runtime/fundamentals/modules/#managing-third-party-modules-and-packages",
    ),
)
