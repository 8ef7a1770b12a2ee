"""Lock files that a build cannot do without and that the commit does not have; pure.

Most installs make a lock file where there is none, so that only those are told that refuse to. One that comes after a
command which may have made the file, or that looks for it first, is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.diagnosis.files import Files
from app.dockerfile import Dockerfile, Instruction
from app.inspection.context import Context
from app.inspection.stages import lineage
from app.model import Finding, Place, Weight
from app.source.lock_files import beside, made_by
from app.text.titles import fitting


@dataclass(frozen=True)
class _Install:
    """A command that stops without one of `locks`, where there is its manifest; `otherwise` makes one itself."""

    command: re.Pattern[str]
    manifest: str
    locks: tuple[str, ...]
    otherwise: str
    link: str


# What each says of it: https://docs.npmjs.com/cli/commands/npm-ci, https://pnpm.io/cli/install#--frozen-lockfile,
# https://yarnpkg.com/cli/install, https://docs.astral.sh/uv/concepts/projects/sync/, https://pipenv.pypa.io/en/latest/,
# https://bundler.io/man/bundle-install.1.html, https://doc.rust-lang.org/cargo/commands/cargo-build.html
# Yarn 1 and Bun take `--frozen-lockfile` without a lock file, and so are not here.
INSTALLS = (
    _Install(
        re.compile(r"npm (?:ci|clean-install)\b"),
        "package.json",
        ("package-lock.json", "npm-shrinkwrap.json"),
        "npm install",
        "https://docs.npmjs.com/cli/commands/npm-ci",
    ),
    _Install(
        re.compile(r"pnpm (?:(?:i|install)\b.* --frozen-lockfile(?!=)|fetch\b)"),
        "package.json",
        ("pnpm-lock.yaml",),
        "pnpm install --no-frozen-lockfile",
        "https://pnpm.io/cli/install#--frozen-lockfile",
    ),
    _Install(
        re.compile(r"yarn (?:install )?--immutable(?!-)\b"),
        "package.json",
        ("yarn.lock",),
        "yarn install --no-immutable",
        "https://yarnpkg.com/cli/install",
    ),
    _Install(
        re.compile(r"uv sync\b.* --(?:frozen|locked)\b"),
        "pyproject.toml",
        ("uv.lock",),
        "uv sync",
        "https://docs.astral.sh/uv/concepts/projects/sync/",
    ),
    _Install(
        re.compile(r"pipenv sync\b"),
        "Pipfile",
        ("Pipfile.lock",),
        "pipenv install",
        "https://pipenv.pypa.io/en/latest/commands.html",
    ),
    _Install(
        re.compile(r"bundle install\b.* --(?:deployment|frozen)\b"),
        "Gemfile",
        ("Gemfile.lock",),
        "bundle install",
        "https://bundler.io/man/bundle-install.1.html",
    ),
    _Install(
        re.compile(r"cargo (?:build|fetch|test|check)\b.* --(?:locked|frozen)\b"),
        "Cargo.toml",
        ("Cargo.lock",),
        "cargo build",
        "https://doc.rust-lang.org/cargo/commands/cargo-build.html",
    ),
)
# Of these it is known that a project's own files are not in them.
_PLAIN = re.compile(
    r"(?:docker\.io/)?(?:library/)?(?:node|python|ruby|rust|debian|ubuntu|alpine|oven/bun)(?:[:@].*)?|"
    r"(?:ghcr\.io/astral-sh/uv|public\.ecr\.aws/docker/library/(?:node|python|ruby|rust))(?:[:@].*)?"
)
# What surely makes no lock file, whatever its options.
_HARMLESS = re.compile(
    r"(?:apt|apt-get|apk|cd|mkdir|corepack|chown|chmod|rm|echo|set|export|useradd|groupadd|adduser|addgroup|true|"
    r"rustup|(?:npm|yarn|pnpm|bundle) config|npm cache|npm (?:i|install) (?:-g|--global)|gem install|"
    r"pip3? install (?:--\S+ )*(?:uv|pipenv|--upgrade pip|-U pip))(?:\s|$)"
)
# A shell's own questions, pipes and groups: what runs then is not for a pattern to tell.
_UNCLEAR = re.compile(r"[|`\[({<>]|\b(?:if|case|test|for|while)\b")
_SETTING = re.compile(r"(?:\w+=[^\s'\"]* +)+")
LONGEST = 4000  # letters of one RUN


def lacked_by_commands(
    files: Files, context: Context, path: str, parsed: Dockerfile, stages: frozenset[int]
) -> Iterator[Finding]:
    """The first install of each kind that would stop; what COPY names as well is told there."""
    if any(each.startswith(context.inside) for each in files.links):
        return
    for install in INSTALLS:
        if _is_there(files, context, install) or _is_copied(parsed, install):
            continue
        for each in parsed.of("RUN"):
            if each.stage in stages and _needs(files, context, install, each):
                if _may_be_made(parsed, install, each):
                    break
                yield _lacked(context, path, parsed, install, each)
                break


def _is_there(files: Files, context: Context, install: _Install) -> bool:
    """Also where it is in another folder: which one a command runs in is not followed."""
    if context.inside + install.manifest not in files.paths:
        return True
    named = (each for each in context.paths if each.rpartition("/")[2] in install.locks)
    return any(context.may_have(each) for each in named)


def _is_copied(parsed: Dockerfile, install: _Install) -> bool:
    taken = [source for each in parsed.of("COPY", "ADD") for source in each.sources]
    taken += [source for each in parsed.of("RUN") for source in each.mounted]
    return any(source.rpartition("/")[2] in install.locks for source in taken)


def _needs(files: Files, context: Context, install: _Install, each: Instruction) -> bool:
    if not any(install.command.match(command) for command in _commands(each)):
        return False
    return install.locks != ("pnpm-lock.yaml",) or _asks_for_packages(files, context.inside)


def _asks_for_packages(files: Files, inside: str) -> bool:
    """pnpm misses no lock file where nothing is to be locked."""
    package = files.json(inside + "package.json")
    return isinstance(package, dict) and any(
        package.get(key) for key in ("dependencies", "devDependencies", "optionalDependencies")
    )


def _commands(each: Instruction) -> tuple[str, ...]:
    """Those of a RUN, one after the other; none where that cannot be told."""
    written = each.rest
    if each.heredoc or each.json is not None or len(written) > LONGEST or _UNCLEAR.search(written):
        return ()
    parts = (" ".join(part.split()) for part in re.split(r"&&|;", written))
    return tuple(_SETTING.sub("", part, 1) if _SETTING.match(part) else part for part in parts if part)


def _may_be_made(parsed: Dockerfile, install: _Install, wanted: Instruction) -> bool:
    """Whether anything before `wanted` may have brought the lock file into the image."""
    before = lineage(parsed, str(wanted.stage))
    for each in parsed.instructions:
        if each.line == wanted.line:
            break
        if each.stage in before and not _makes_nothing(each):
            return True
    commands = _commands(wanted)
    first = next(number for number, one in enumerate(commands) if install.command.match(one))
    return not all(_HARMLESS.match(command) for command in commands[:first])


def _makes_nothing(each: Instruction) -> bool:
    if each.keyword == "RUN":
        commands = _commands(each)
        return bool(commands) and all(_HARMLESS.match(command) for command in commands)
    if each.keyword == "COPY" and "from" in each.flags:
        return each.words[-1:] != () and each.words[-1].startswith(("/bin/", "/usr/"))
    return each.keyword != "ADD"


def _lacked(context: Context, path: str, parsed: Dockerfile, install: _Install, each: Instruction) -> Finding:
    lock = install.locks[0]
    command = next(one for one in _commands(each) if install.command.match(one))
    base = parsed.stages[min(lineage(parsed, str(each.stage)))].image
    hidden = next((one for one in context.paths if one.rpartition("/")[2] in install.locks), "")
    return Finding(
        code="lock-file-missing",
        weight=Weight.STOP if _PLAIN.fullmatch(base) else Weight.WARN,
        title=fitting(f"`{command}` finds no {lock}"),
        message=f"It installs what {lock} says and nothing else, and "
        + (f"{context.ignored_by} hides {hidden} from the builder." if hidden else "this commit has none."),
        fix=f"Take {hidden} out of {context.ignored_by}."
        if hidden
        else f"{made_by(lock, context.inside, beside(lock, context.paths))} Or write `{install.otherwise}` here, which "
        "does without one.",
        place=Place(path, each.line, each.end),
        link=install.link,
    )


def lacked_by_buildpacks(files: Files, inside: str, known: frozenset[str]) -> Iterator[Finding]:
    """Ruby's buildpack refuses a Gemfile without its lock file; Node's takes npm for a manager without one.

    https://github.com/GoogleCloudPlatform/buildpacks/blob/main/cmd/ruby/bundle/main.go
    https://github.com/GoogleCloudPlatform/buildpacks/blob/main/cmd/nodejs/pnpm/main.go
    """
    there = files.paths
    gems = next((each for each in ("Gemfile", "gems.rb") if inside + each in there), "")
    lock = {"Gemfile": "Gemfile.lock", "gems.rb": "gems.locked"}.get(gems, "")
    if gems and inside + lock not in there:
        alone = not known - {"ruby", "any"}
        yield _gems_without(inside, gems, lock, Weight.STOP if alone else Weight.WARN)
    yield from _manager_without(files, inside)


def _gems_without(inside: str, gems: str, lock: str, weight: Weight) -> Finding:
    return Finding(
        code="lock-file-missing",
        weight=weight,
        title=fitting(f"{inside}{gems} has no {lock} beside it"),
        message=f"Google's Ruby buildpack ends the build where there is no {lock}.",
        fix=made_by(lock, inside),
        place=Place(inside + gems, 1),
        link="https://cloud.google.com/docs/buildpacks/ruby",
    )


def _manager_without(files: Files, inside: str) -> Iterator[Finding]:
    path = inside + "package.json"
    package = files.json(path)
    asked = str(package.get("packageManager", "")) if isinstance(package, dict) else ""
    lock = {"pnpm": "pnpm-lock.yaml", "yarn": "yarn.lock"}.get(asked.partition("@")[0], "")
    above = {each.rpartition("/")[2] for each in files.paths if inside.startswith(each.rpartition("/")[0])}
    if not lock or lock in above or beside(lock, above) or not _asks_for_packages(files, inside):
        return
    manager = asked.partition("@")[0]
    yield Finding(
        code="lock-file-missing",
        weight=Weight.WARN,
        title=fitting(f"{path} asks for {manager}, and there is no {lock}"),
        message=f"Buildpacks know {manager} by {lock} alone: without it npm installs, whatever version is newest, and "
        f"does not understand {manager}'s own words (workspace:, catalog:).",
        fix=made_by(lock, inside),
        place=files.place(path, files.search(path, r'"packageManager"\s*:') or 1),
        link="https://cloud.google.com/docs/buildpacks/nodejs",
    )
