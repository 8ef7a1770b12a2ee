"""JavaScript: files that the repository has and the image has not, because .dockerignore or a COPY leaves them out."""

from __future__ import annotations

from app.diagnosis.javascript.packages import unnumbered
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_left_out import (
    WORKSPACE_LEFT_OUT,
    entry,
    imported,
    left_place,
    lock_file,
    members,
    patch,
    sources,
)
from app.diagnosis.transcript import Kind

_BUILDING = frozenset({Kind.INSTRUCTION})

RULES: tuple[Rule, ...] = (
    Rule(
        code="bundler-entry-left-out",
        only=_BUILDING,
        pattern=r"(?:Could not|Cannot) resolve entry module [\"'(]?(?P<name>[\w@/-]+(?:\.[\w@/-]+)*)",
        read=entry,
        place=left_place,
        rank=Rank.ROOT,
        title="{file} is not in the image when the bundler starts",
        message="Could not resolve entry module {name}: the repository has {file}, and the image has not.",
        fix="{advice}.",
        link="https://docs.docker.com/build/concepts/context/#dockerignore-files",
    ),
    Rule(
        code="bundler-left-out",
        only=_BUILDING,
        pattern=r"(?:Rollup failed to resolve import|Failed to resolve import|Could not resolve|Failed to resolve) [\"'](?P<name>\.{1,2}/[^\"']+)[\"'] (?:from|in) [\"']?(?P<path>[^\"'\s?]+)"
        r"|^(?P<path2>[\w@./-]+\.[cm]?tsx?)[(:]\d+[,:]\d+\)?:? (?:- )?error TS2307: Cannot find module '(?P<name2>\.{1,2}/[^']+)'",
        read=unnumbered(imported),
        place=left_place,
        rank=Rank.ROOT,
        title="{file} is not in the image when {importer} imports it",
        message="{importer} imports '{name}': the repository has {file}, and the image has not.",
        fix="{advice}.",
        link="https://docs.docker.com/build/concepts/context/#dockerignore-files",
    ),
    Rule(
        code="typescript-left-out",
        only=_BUILDING,
        pattern=r"TS18003: No inputs were found in config file '(?P<name>[^']+)'",
        read=sources,
        place=left_place,
        rank=Rank.ROOT,
        title="The sources ({file}) are not in the image when tsc runs",
        message="TS18003: No inputs were found in config file {name}: the repository has {file}, and the image has not yet.",
        fix="{advice}.",
        link="https://docs.docker.com/build/concepts/context/#dockerignore-files",
    ),
    Rule(
        code="turbo-lock-left-out",
        only=_BUILDING,
        pattern=r"Cannot prune without parsed lockfile",
        read=lock_file,
        place=left_place,
        rank=Rank.ROOT,
        title="turbo prune finds no lock file: {file} is not in the image",
        message="Cannot prune without parsed lockfile: the repository has {file}, and the image has not.",
        fix="{advice}.",
        link="https://turborepo.com/docs/guides/tools/docker",
    ),
    Rule(
        code="workspace-left-out",
        only=_BUILDING,
        pattern=WORKSPACE_LEFT_OUT,
        read=members,
        place=left_place,
        rank=Rank.ROOT,
        title="The workspace {folder} is not in the image when it is installed",
        message="{lock} knows the workspace {folder}, and its package.json is not copied yet, so that the install does not find it.",
        fix="{advice}; each workspace's package.json has to stand in its folder before the install.",
        link="https://docs.docker.com/build/cache/optimize/#order-your-layers",
    ),
    Rule(
        code="npm-patch-left-out",
        only=_BUILDING,
        pattern=r"Couldn't find patch file: '(?P<name>[^']+)'|ENOENT: no such file or directory, open '(?P<name2>/\S+\.patch)'",
        read=unnumbered(patch),
        place=left_place,
        rank=Rank.ROOT,
        title="{file} is not in the image when the packages are installed",
        message="package.json names the patch {file}; the repository has it, and the image has not yet.",
        fix="{advice}: what is patched is patched by the install.",
    ),
)
