"""Prisma and GraphQL: the schema, and the line of it that is meant."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.javascript.paths import spot
from app.diagnosis.javascript.stacks import after, code_at
from app.diagnosis.left_out import in_stage, not_brought_beside
from app.diagnosis.places import first, matching
from app.diagnosis.rule import Hit
from app.model import Place


def prisma(hit: Hit) -> Mapping[str, str] | None:
    """The schema's place stands below the error: `-->  prisma/schema.prisma:14`."""
    for line in after(hit, 6):
        if found := re.search(r"-->\s+(\S+\.prisma):(\d+)", line):
            return {"path": found[1], "line": found[2], "source": code_at(hit, spot(hit, found[1], found[2]))}
    return None


def schema_missing(hit: Hit) -> Mapping[str, str] | None:
    here = [p for p in sorted(hit.files.paths) if p.endswith(".prisma")]
    config = next(
        (p for p in sorted(hit.files.paths) if re.search(r"(?:^|/)prisma\.config\.[cm]?[jt]s$", p)), ""
    )
    if here and config and in_stage(hit, here[0]) and not in_stage(hit, config):
        return {
            "fix": f"{here[0]} is in the image, and {config}, which names it, is not: COPY {config} too, or name the schema with --schema {here[0]}."
        }
    if here and in_stage(hit, here[0]):
        return {
            "fix": f"{here[0]} is in the image, in a place where Prisma does not look: name it with --schema {here[0]} (seen from WORKDIR), or write it in prisma.config.ts."
        }
    return {
        "fix": f"COPY {here[0].rpartition('/')[0] or here[0]} into the image before this instruction, or name it with --schema {here[0]}."
        if here
        else "Add prisma/schema.prisma to the repository, or name it with --schema.",
    }


def p_code(hit: Hit) -> Mapping[str, str] | None:
    said = next((line.strip() for line in after(hit, 4) if line.strip()), "")
    return {"said": said if hit["said"] == "" else hit["said"]}


def failed_migration(hit: Hit) -> Mapping[str, str]:
    """The migration that the lines below name, and its file."""
    said = "\n".join(after(hit, 14))
    found = re.search(r"[`'\"](\d{6,}[\w-]+)[`'\"]|Migration name: (\S+)", said)
    name = (found[1] or found[2]) if found else ""
    path = next((p for p in sorted(hit.files.paths) if name and p.endswith(f"{name}/migration.sql")), "")
    return {"name": name or "that stands below", "path": path}


def graphql(hit: Hit) -> Mapping[str, str] | None:
    for line in after(hit, 4):
        if found := re.search(r"at (\S+\.(?:graphql|gql|[jt]sx?)):(\d+):\d+", line):
            return {"path": found[1], "line": found[2]}
    return None


def pointer(hit: Hit) -> Place | None:
    base = hit["path"].removeprefix("./")
    return first(
        matching(
            re.escape(base),
            "codegen.ts",
            "codegen.yml",
            "codegen.yaml",
            "codegen.js",
            ".graphqlrc.yml",
            "graphql.config.ts",
            "package.json",
        )
    )(hit)


def without_config(hit: Hit) -> Place | None:
    """The COPY beside which the stage that runs lacks prisma.config.ts: it brings the schema, and not that."""
    schema = next(iter(hit.files.named("schema.prisma")), "")
    config = next(iter(hit.files.named("prisma.config.ts", "prisma.config.mjs", "prisma.config.js")), "")
    lacking = not_brought_beside(hit, config, schema) if schema and config else None
    return lacking.place if lacking else None
