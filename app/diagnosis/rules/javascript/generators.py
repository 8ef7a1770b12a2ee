"""Prisma, GraphQL and other generators."""

from __future__ import annotations

from app.diagnosis.envelope import Kind
from app.diagnosis.instructions import failing_instruction
from app.diagnosis.javascript.packages import script_place
from app.diagnosis.javascript.stacks import bare
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_generators import graphql, p_code, pointer, prisma, schema_missing
from app.diagnosis.rules.javascript.reading_linters import place_place

ANY = frozenset(Kind)

RULES: tuple[Rule, ...] = (
    Rule(
        code="prisma-schema",
        only=ANY,
        pattern=r"^(?:npm (?:ERR!|error) )?error: (?P<said>.+)",
        read=prisma,
        place=place_place,
        many=True,
        rank=Rank.ROOT,
        title="{path} line {line}: {said}",
        message="Prisma schema validation (P1012): {said} ({path} line {line}: {source})",
        fix="Correct line {line} of {path}; npx prisma validate checks it.",
        link="https://www.prisma.io/docs/orm/reference/prisma-schema-reference",
    ),
    Rule(
        code="prisma-no-schema",
        only=ANY,
        pattern=r"Could not find (?:a |Prisma )?[Ss]chema(?:\.prisma)?(?: file)? that is required|Could not load `?--schema`? from provided path|Could not find a schema\.prisma file",
        read=schema_missing,
        place=lambda hit: failing_instruction(hit) or script_place(hit, calls="prisma"),
        rank=Rank.ROOT,
        title="Prisma finds no schema",
        message="Could not find Prisma Schema that is required for this command (prisma/schema.prisma).",
        fix="{fix}",
    ),
    Rule(
        code="prisma-database",
        pattern=r"^(?:Error: )?(?P<code>P1000|P1001|P1003|P1010|P3005|P3009|P3018|P2021|P3006|P3014)(?:: (?P<said>.+))?$",
        read=p_code,
        place=first(matching(r"^\s*url\s*=", "schema.prisma"), whole_file("schema.prisma")),
        rank=Rank.ROOT,
        title="Prisma {code}: {said}",
        message="Error: {code}: {said}",
        fix="Migrate when the service starts or in a job that reaches the database, not in the image's build; set DATABASE_URL there; npx prisma migrate resolve mends a failed migration.",
        link="https://www.prisma.io/docs/orm/reference/error-reference",
    ),
    Rule(
        code="drizzle-config",
        pattern=r"(?P<path>/?[\w./-]*drizzle\.config\.\w+) file does not exist|(?:Error|Please provide required params).*drizzle|No schema changes.*drizzle-kit:error|Please install (?P<name>[\w/@'\", -]+?) (?:to use|for) .*(?:drizzle|driver)",
        place=first(
            whole_file("drizzle.config.ts", "drizzle.config.js"),
            lambda hit: script_place(hit, calls="drizzle-kit"),
        ),
        read=lambda hit: {"said": bare(hit.line).strip()},
        rank=Rank.ROOT,
        title="drizzle-kit: {said}",
        message="{said}",
        fix="COPY drizzle.config.ts and the schema into the image, or install what drizzle-kit names.",
    ),
    Rule(
        code="graphql-document",
        pattern=r"^(?:\[FAILED\])?\s*Error \d+: (?P<said>.+)",
        read=graphql,
        place=place_place,
        many=True,
        rank=Rank.ROOT,
        title="{path} line {line}: {said}",
        message="GraphQL Document Validation failed: {said} ({path} line {line}).",
        fix="Correct the document on line {line} of {path}, or the schema.",
    ),
    Rule(
        code="graphql-schema",
        pattern=r"(?:Failed to load schema(?: from)?|Unable to find any GraphQL type definitions for the following pointers:).*?(?P<path>[\w./*{},-]+\.(?:graphqls?|gql|[jt]s|json))",
        place=lambda hit: pointer(hit) or script_place(hit, calls="graphql-codegen"),
        rank=Rank.ROOT,
        title="The GraphQL schema {path} is not there",
        message="Failed to load schema: Unable to find any GraphQL type definitions for {path}.",
        fix="COPY {path} into the image before graphql-codegen runs, or correct the schema in codegen.ts.",
    ),
)
