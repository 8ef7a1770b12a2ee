"""Databases of Python applications: Alembic's revisions, SQLAlchemy's URLs and drivers, Celery's broker."""

from __future__ import annotations

from app.diagnosis.dependencies import manifest
from app.diagnosis.instructions import failing_instruction
from app.diagnosis.places import anywhere, first, matching, variable
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.python.reading_database import (
    celery_application,
    celery_import,
    dialect,
    head_place,
    heads_words,
    lost,
)
from app.diagnosis.rules.python.reading_errors import own_frame
from app.diagnosis.rules.python.reading_servers import command_line

RULES: tuple[Rule, ...] = (
    Rule(
        code="alembic-heads",
        pattern=r"Multiple head revisions are present for given argument '(?P<asked>\w+)'|(?:Multiple heads are present|The script directory has multiple heads)",
        read=heads_words,
        place=head_place,
        nowhere=True,
        rank=Rank.ROOT,
        title="Alembic has more than one head: {heads}",
        message="Multiple head revisions are present: two migrations follow the same one, mostly after a merge of two branches.",
        fix="Run alembic merge heads (flask db merge heads) and commit what it writes, or set down_revision of the later migration to the other one.",
        link="https://alembic.sqlalchemy.org/en/latest/branches.html#merging-branches",
    ),
    Rule(
        code="alembic-lost-revision",
        pattern=r"Can't locate revision identified by '(?P<revision>[\w-]+)'|^KeyError: '(?P<revision2>[0-9a-z_-]{4,})'$",
        read=lost,
        place=lambda hit: head_place(hit) if hit["path"] else None,
        nowhere=True,
        rank=Rank.ROOT,
        title="Alembic finds no revision {revision}",
        message="Can't locate revision identified by '{revision}': {why}.",
        fix="{advice}.",
    ),
    Rule(
        code="alembic-config",
        pattern=r"FAILED: No (?:'script_location' key found in configuration|config file '(?P<path>[^']+)' found)",
        place=lambda hit: failing_instruction(hit) if hit.section.instruction else command_line(hit),
        rank=Rank.ROOT,
        title="Alembic finds no alembic.ini where it runs",
        message="FAILED: no configuration with script_location was found in the directory in which alembic runs.",
        fix="COPY alembic.ini and the migrations into the WORKDIR, or name the file: alembic -c PATH/alembic.ini upgrade head.",
    ),
    Rule(
        code="alembic-behind",
        pattern=r"Target database is not up to date|FAILED: New upgrade operations detected: (?P<said>.{0,160})",
        place=failing_instruction,
        rank=Rank.ROOT,
        title="The models and Alembic's migrations do not agree",
        message="Alembic: the database or the migrations are behind. {said}",
        fix="Run alembic upgrade head and alembic revision --autogenerate against a database of your own, and commit the new revision.",
    ),
    Rule(
        code="sqlalchemy-no-url",
        pattern=r"sqlalchemy\.exc\.ArgumentError: (?:Expected string or URL object, got None|Could not parse (?:rfc1738|SQLAlchemy) URL from (?:string|given URL string)(?: '(?P<said>[^']*)')?)",
        place=first(
            own_frame,
            variable("name"),
            anywhere(r"create_(?:async_)?engine\(|SQLALCHEMY_DATABASE_URI", ".py"),
        ),
        rank=Rank.ROOT,
        title="The database's URL is not set, or is no URL",
        message="sqlalchemy.exc.ArgumentError: create_engine was given no URL: the environment variable that should hold it is not set here, or empty.",
        fix="Set the variable (mostly DATABASE_URL) under env: or secrets: of the service, and for a release command too; write special letters of the password with %-codes.",
    ),
    Rule(
        code="sqlalchemy-no-driver",
        pattern=r"sqlalchemy\.exc\.NoSuchModuleError: Can't load plugin: sqlalchemy\.dialects:(?P<name>[\w.]+)",
        read=dialect,
        place=first(matching(r"{name}://", "alembic.ini"), own_frame, manifest("python")),
        rank=Rank.ROOT,
        title="SQLAlchemy has no dialect {name}",
        message="Can't load plugin: sqlalchemy.dialects:{name}; the URL begins with a name that nothing installed answers to.",
        fix="{advice}.",
    ),
    Rule(
        code="sqlalchemy-async-driver",
        pattern=r"sqlalchemy\.exc\.InvalidRequestError: The asyncio extension requires an async driver to be used\. The loaded '(?P<name>\w+)' is not async",
        place=own_frame,
        rank=Rank.ROOT,
        title="create_async_engine was given {name}, which is not async",
        message="The asyncio extension requires an async driver to be used. The loaded '{name}' is not async.",
        fix="Write an async driver into the URL (postgresql+asyncpg://, mysql+aiomysql://, sqlite+aiosqlite://), and add that package.",
    ),
    Rule(
        code="celery-application",
        pattern=r"Error: Invalid value for '-A' / '--app':|Unable to load celery application",
        read=celery_application,
        place=first(celery_import, command_line),
        rank=Rank.ROOT,
        title="{title}",
        message="{said}",
        fix="{advice}.",
        link="https://docs.celeryq.dev/en/stable/getting-started/next-steps.html#about-the-app-argument",
    ),
    Rule(
        code="celery-usage",
        pattern=r"You are using `(?P<option>-A|--app)` as an option of the worker sub-command|Error: No such option:? '?-A'?|TypeError: echo\(\) got an unexpected keyword argument '(?P<masked>fg)'",
        read=lambda hit: (
            {}
            if hit["option"] or hit.find_before(r"/celery/bin/" if hit["masked"] else r"^Usage: celery", 6)
            else None
        ),
        place=command_line,
        rank=Rank.ROOT,
        title="celery wants -A before the command: celery -A app worker",
        message="Since Celery 5 the option -A belongs before worker, beat or flower.",
        fix="Write celery -A MODULE worker instead of celery worker -A MODULE.",
    ),
    Rule(
        code="celery-broker",
        pattern=r"consumer: Cannot connect to (?P<url>\w+://[^:\s]*(?::\d+)?\S*): (?P<said>.{0,120})",
        nowhere=True,
        title="celery cannot reach its broker",
        message="consumer: Cannot connect to the broker: {said}",
        fix="Set the broker's URL to a Redis or RabbitMQ that the service reaches (for Memorystore: a VPC connector or Direct VPC egress); localhost is the container itself.",
    ),
)
