"""Messages of Prisma (its P codes), Drizzle, Knex, Sequelize and the clients of databases, with what solves each."""

from __future__ import annotations

from app.diagnosis.families import Family, Known
from app.diagnosis.instructions import failing_instruction
from app.diagnosis.javascript.image import ran_place
from app.diagnosis.javascript.packages import dependency_place, list_place
from app.diagnosis.javascript.stacks import thrown_at
from app.diagnosis.places import anywhere, first, matching, whole_file
from app.diagnosis.rule import Hit
from app.model import Place

_SCHEMA = first(
    matching(r"^\s*datasource\s", "schema.prisma"), matching(r"url", "prisma.config.ts"), ran_place
)
_RUN = "Run the migrations before the new revision serves (a job, or a release command: npx prisma migrate deploy)"


def _thrown(hit: Hit) -> Place | None:
    return thrown_at(hit) or ran_place(hit)


def _listed(hit: Hit) -> Place | None:
    return dependency_place(hit, hit["name"]) or list_place(hit)


DATA = Family(
    (
        Known(r"PrismaConfigEnvError: (?:Cannot resolve|Missing required) environment variable: (?P<name>\w+)", "prisma.config asks for {name}, which is not set here", "prisma generate reads it and asks no database: write RUN {name}=postgresql://build:build@localhost/build npx prisma generate in the build, and give the real one to the service and the release command.", first(matching(r"{name}", "prisma.config.ts", "prisma.config.mjs"), failing_instruction)),
        Known(r"P1000: Authentication failed|PrismaClientInitializationError: Authentication failed", "The database does not take this user and password (Prisma P1000)", "Correct user and password in DATABASE_URL (a secret); encode @ : / # ? in the password with encodeURIComponent.", _SCHEMA),
        Known(r"P1003: |Database `(?P<name>[^`]+)` does not exist on the database server", "The server has no database {name} (Prisma P1003)", "Create the database {name} there (gcloud sql databases create), or correct the name at the end of DATABASE_URL.", _SCHEMA),
        Known(r"P1010: |User `[^`]*` was denied access on the database `(?P<name>[^`]+)`", "The user may not use this database (Prisma P1010)", "GRANT the user of DATABASE_URL the rights on the database and its schema public, or take its owner; a server that asks for TLS needs ?sslmode=require.", _SCHEMA),
        Known(r"P1017: |Server has closed the connection", "The database closed the connection (Prisma P1017)", "Look at the server's own log and its limits: idle timeouts, a pooler such as PgBouncer (?pgbouncer=true), TLS; then open the connection anew.", _SCHEMA, and_says=r"P1017|[Pp]risma"),
        Known(r"P1013: |The provided database string is invalid", "DATABASE_URL is not an address that Prisma can read (P1013)", "Write postgresql://USER:PASSWORD@HOST:5432/NAME, encode special letters of the password, and set it without quotes around it.", _SCHEMA),
        Known(r"The table `(?P<name>[^`]+)` does not exist in the current database", "The database has no table {name}: its migrations did not run (Prisma P2021)", f"{_RUN}; look that DATABASE_URL names the database you mean.", _thrown),
        Known(r"The column `(?P<name>[^`]+)` does not exist in the current database", "The database has no column {name}: a migration did not run (Prisma P2022)", f"{_RUN}, and run prisma generate again.", _thrown),
        Known(r"Timed out fetching a new connection from the connection pool", "No connection of the pool became free (Prisma P2024)", "Make one PrismaClient for the process, lower the service's concurrency or raise connection_limit in DATABASE_URL; instances times limit must fit the database's max_connections.", _thrown),
        Known(r"the URL must start with the protocol `prisma(?:\+postgres)?://`", "This Prisma client was generated without its engine and wants prisma:// (P6001)", "Generate it without --no-engine (and without --accelerate) for a database that you reach yourself.", first(matching(r"--no-engine|--accelerate", "package.json", "Dockerfile"), _SCHEMA)),
        Known(r"the URL must start with the protocol `(?P<name>\w+)://`", "DATABASE_URL does not begin with {name}://", "Correct DATABASE_URL (no quotes, no spaces around it), or provider in the datasource of schema.prisma.", _SCHEMA),
        Known(r"could not create the shadow database", "prisma migrate dev needs a shadow database, which this user may not create", "Write npx prisma migrate deploy instead of migrate dev: it needs no shadow database, and asks nothing.", ran_place),
        Known(r"(?:Prisma Migrate has detected that the )?environment is non-interactive, which is not supported", "prisma migrate dev asks questions, and nobody answers here", "Write npx prisma migrate deploy (db push needs --accept-data-loss) instead of migrate dev.", ran_place, and_says="(?i)prisma"),
        Known(r"specified in your schema does not match the one specified in the migration_lock\.toml, `(?P<name>\w+)`", "The migrations were made for another kind of database", "Remove prisma/migrations and make them anew for this provider (npx prisma migrate dev on your machine), or take the provider back.", first(whole_file("migration_lock.toml"), matching(r"provider", "schema.prisma"), ran_place)),
        Known(r"Could not find the migration file at (?P<name>\S+?)\.? ", "A folder of prisma/migrations has no migration.sql: {name}", "Commit its migration.sql, or remove the empty folder; see that .dockerignore does not leave *.sql out.", ran_place),
        Known(r"Failed to fetch (?:sha256 checksum|the engine file) at (?P<name>https://binaries\.prisma\.sh)\S+", "Prisma cannot download its engine from binaries.prisma.sh", "Run it again (the server was busy); behind a proxy set HTTPS_PROXY or PRISMA_ENGINES_MIRROR; PRISMA_ENGINES_CHECKSUM_IGNORE_MISSING=1 skips the checksum alone.", failing_instruction),
        Known(r"Provided schema path `(?P<name>[^`]+)` from `?(?P<want>[^`\s]+?)`? doesn't exist", "Prisma's schema is not in the image: {name}", "COPY {name} into the stage that runs prisma, or correct the path in {want}; better, migrate in a job and not at each start.", first(matching(r"{name}", "package.json", "prisma.config.ts"), ran_place)),
        Known(r"Can't find meta/_journal\.json file", "Drizzle's migrations are not in the image: meta/_journal.json", "Run npx drizzle-kit generate, commit the folder (drizzle/ with meta/), COPY it into the final stage, and give migrate() its path.", first(anywhere(r"migrationsFolder", ".ts", ".js", ".mjs"), ran_place)),
        Known(r"Please install (?P<name>pg|mysql2|mariadb|sqlite3|tedious|oracledb|snowflake-sdk)(?: \S+)? package manually", "Sequelize needs the package {name}", "Run npm install {name}, and commit package.json with its lock file; a bundler has to leave it outside (external).", _listed),
        Known(r"DriverPackageNotInstalledError: (?P<name>\w+) package has not been found|Cannot find module '(?P<name2>pg-hstore)'", "TypeORM needs the driver of {name}{name2}", "Install the driver (npm install pg, mysql2, sqlite3, mongodb) and commit package.json with its lock file.", list_place),
        Known(r"The migration directory is corrupt, the following files are missing: (?P<name>.+)", "The database knows migrations that the image has not: {name}", "Bring these files back (COPY the migrations folder whole, built as .js where they were so before): Knex goes by their names.", first(matching(r"directory", "knexfile.js", "knexfile.ts"), ran_place)),
        Known(r"Migration table is already locked", "A migration that broke off left Knex' lock behind", "Run npx knex migrate:unlock once, and migrate in one place only (a job), not in each instance.", ran_place),
        Known(r"DataTypeNotSupportedError: (?P<told>.+)", "TypeORM: {told}", "Give the column a type that this database has.", _thrown),
        Known(r"querySrv (?:ENOTFOUND|EREFUSED|ETIMEOUT) _mongodb\._tcp\.(?P<name>\S+)", "MongoDB's name {name} does not resolve", "Correct the host in mongodb+srv://…; without Cloud NAT or DNS in the VPC take the plain mongodb:// address with all hosts.", _thrown),
    )
)  # fmt: skip
