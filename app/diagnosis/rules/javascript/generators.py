"""Prisma, GraphQL and other generators."""

from __future__ import annotations

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.javascript.packages import script_place
from app.diagnosis.javascript.stacks import bare
from app.diagnosis.places import anywhere, first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_generators import (
    failed_migration,
    graphql,
    p_code,
    pointer,
    prisma,
    schema_missing,
    without_config,
)
from app.diagnosis.rules.javascript.reading_linters import place_place
from app.diagnosis.transcript import Kind

ANY = frozenset(Kind)

RULES: tuple[Rule, ...] = (
    Rule(
        code="prisma-engine",
        pattern=r"^(?:Error: )?request to (?P<url>https://binaries\.prisma\.sh/\S+) failed, reason: (?P<said>.+)",
        nowhere=True,
        rank=Rank.ROOT,
        title="prisma cannot download its engine: {said}",
        message="request to {url} failed: {said}",
        fix="Run it again; where the network does not let it through, set PRISMA_ENGINES_MIRROR, or download the engines when the image is built and not when it starts.",
    ),
    Rule(
        code="prisma-seven",
        only=ANY,
        pattern=r"error: The datasource property `(?P<name>url|directUrl|shadowDatabaseUrl)` is no longer supported in schema files",
        place=first(
            matching(r"^\s*{name}\s*=", "schema.prisma"),
            anywhere(r"^\s*{name}\s*=\s*env\(", ".prisma"),
            failing_instruction,
        ),
        rank=Rank.ROOT,
        title="Prisma 7 takes no {name} in the schema, and npx fetched Prisma 7",
        message="The datasource property {name} is no longer supported in schema files: the command ran Prisma 7, because package.json does not pin prisma or npx downloaded the newest.",
        fix="Pin it: npm install -D prisma@6 (beside @prisma/client@6), commit the lock file, and call it after npm ci; or move {name} to prisma.config.ts (datasource: {{ url: process.env.DATABASE_URL }}) and give PrismaClient an adapter.",
        link="https://www.prisma.io/docs/orm/more/upgrade-guides/upgrading-versions/upgrading-to-prisma-7",
    ),
    Rule(
        code="prisma-config-url",
        only=ANY,
        pattern=r"The datasource(?:\.url)? property is required in your Prisma config file when using (?P<command>[\w ]+\w)",
        place=first(
            failing_instruction,
            without_config,
            whole_file("prisma.config.ts", "prisma.config.mjs", "prisma.config.js"),
        ),
        rank=Rank.ROOT,
        title="{command} finds no database URL in prisma.config.ts",
        message="The datasource.url property is required in your Prisma config file when using {command}: prisma.config.ts is not in the image, or the variable that it reads is not set here.",
        fix="COPY prisma.config.ts into this stage (at the root, beside package.json) with dotenv's variable set; a build has no database, so run {command} in the release command, not in a RUN.",
        link="https://www.prisma.io/docs/orm/reference/prisma-config-reference",
    ),
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
        code="prisma-failed-migration",
        only=ANY,
        pattern=r"^(?:Error: )?(?P<code>P3009|P3018)\b",
        read=failed_migration,
        place=lambda hit: hit.files.place(hit["path"], 1) if hit["path"] else None,
        nowhere=True,
        rank=Rank.ROOT,
        title="The migration {name} failed before, and Prisma applies no more",
        message="Error: {code}: the database remembers that the migration {name} failed; prisma migrate deploy waits until somebody says what became of it.",
        fix="Look at what of it the database has; then run npx prisma migrate resolve --rolled-back {name} (or --applied {name}), correct the migration and deploy again.",
        link="https://www.prisma.io/docs/orm/prisma-migrate/workflows/patching-and-hotfixing",
    ),
    Rule(
        code="prisma-client-options",
        only=ANY,
        pattern=r"`PrismaClient` needs to be constructed with a non-empty, valid `PrismaClientOptions`|Using engine type \"client\" requires either \"adapter\" or \"accelerateUrl\"",
        place=anywhere(r"new PrismaClient\(", ".ts", ".mts", ".js", ".mjs", ".cjs", ".tsx"),
        rank=Rank.ROOT,
        title="Prisma 7 wants an adapter: new PrismaClient({{ adapter }})",
        message="PrismaClient is constructed without options: since Prisma 7 there is no engine that reads the address from the schema.",
        fix="npm install @prisma/adapter-pg (or the one of your database) and write new PrismaClient({{ adapter: new PrismaPg({{ connectionString: process.env.DATABASE_URL }}) }}); or pin prisma and @prisma/client to 6.",
        link="https://www.prisma.io/docs/orm/more/upgrade-guides/upgrading-versions/upgrading-to-prisma-7",
    ),
    Rule(
        code="drizzle-url",
        only=ANY,
        pattern=r"Either connection \"url\" or \"host\", \"database\" are required for (?P<name>\w+) database connection|Please provide required params for (?P<name2>\w+) driver",
        read=lambda hit: {"name": hit["name"] or hit["name2"]},
        place=first(
            matching(
                r"(?:^|[{,])\s*(?:url|host|connectionString)\s*:", "drizzle.config.ts", "drizzle.config.js"
            ),
            whole_file("drizzle.config.ts", "drizzle.config.js"),
        ),
        rank=Rank.ROOT,
        title="drizzle-kit has no address of the database",
        message="drizzle.config's dbCredentials are empty where it runs: the variable that they read (DATABASE_URL, for one) is not set in an image's build.",
        fix="Push or migrate when the service starts, or in a job that reaches the database, and set DATABASE_URL there; not in the image's build.",
        link="https://orm.drizzle.team/docs/drizzle-config-file",
    ),
    Rule(
        code="prisma-not-empty",
        pattern=r"^(?:Error: )?P3005\b",
        nowhere=True,
        rank=Rank.ROOT,
        title="The database has tables, and no history of migrations: Prisma applies none",
        message="Error: P3005: the database schema is not empty, and its table _prisma_migrations says of no migration that it ran: it was made by prisma db push, by hand or by another program.",
        fix="Baseline it once: npx prisma migrate resolve --applied NAME for each migration whose tables are there already, then prisma migrate deploy; or give the program a database (or ?schema=) of its own.",
        link="https://www.prisma.io/docs/orm/prisma-migrate/workflows/baselining",
    ),
    Rule(
        code="prisma-database",
        pattern=r"^(?:Error: )?(?P<code>P1000|P1001|P1003|P1010|P2021|P3006|P3014)(?:: (?P<said>.+))?$",
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
