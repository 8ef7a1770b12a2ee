"""What a database says to a service that it does not let in."""

from __future__ import annotations

from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.machine.reading_databases import engine_of, socket_words
from app.diagnosis.rules.start.reading_lacking import STARTED

RULES: tuple[Rule, ...] = (
    Rule(
        code="database-password",
        only=STARTED,
        pattern=r"Access denied for user '(?P<user>[^']+)'@'[^']*'(?: \(using password: (?P<used>YES|NO)\))?|password authentication failed for user \"?(?P<user2>[\w.@-]+)",
        read=engine_of,
        nowhere=True,
        title="The database does not let {user} in",
        message="Access denied for user {user}: {why}.",
        fix="Set the password that the service gets (env: or secrets:) to that of the database's user {user}: gcloud sql users set-password {user} --instance=INSTANCE --prompt-for-password",
        link="https://cloud.google.com/sql/docs/postgres/connect-run",
    ),
    Rule(
        code="database-mysql-socket",
        only=STARTED,
        pattern=r"Can't connect to (?:local )?(?:MySQL |MariaDB )?server through socket '(?P<socket>[^']+)'|\[2002\] No such file or directory",
        read=socket_words,
        nowhere=True,
        rank=Rank.ROOT,
        title="MySQL is looked for in this container: socket {socket}",
        message="MySQL error 2002: the host is localhost or not set, so that the client takes the socket {socket}, and the container has no database of its own.",
        fix="{advice}.",
        link="https://cloud.google.com/sql/docs/mysql/connect-run",
    ),
    Rule(
        code="database-missing",
        only=STARTED,
        pattern=r"database \"(?P<name>[\w.-]+)\" does not exist|Unknown database '(?P<name2>[^']+)'",
        read=lambda hit: {"name": hit["name"] or hit["name2"]},
        nowhere=True,
        title="The server has no database {name}",
        message="The database {name} does not exist on the server that answered.",
        fix="gcloud sql databases create {name} --instance=INSTANCE, or correct the name that the service gets (env: or secrets:).",
        link="https://cloud.google.com/sql/docs/postgres/create-manage-databases",
    ),
    Rule(
        code="database-file",
        only=STARTED,
        pattern=r"Database file at path \[(?P<path>[^\]]+)\] does not exist|unable to open database file(?:: (?P<path2>\S+))?",
        read=lambda hit: {"path": hit["path"] or hit["path2"] or "of SQLite"},
        nowhere=True,
        title="The database file {path} is not in the image",
        message="The service is set to SQLite, and its file {path} is not there (or its folder may not be written).",
        fix="Give the service a database that outlives it (Cloud SQL, with DB_CONNECTION and DATABASE_URL in env:): what a container writes is gone with it.",
        link="https://cloud.google.com/run/docs/container-contract#filesystem",
    ),
    Rule(
        code="java-memory-calculator",
        pattern=r"fixed memory regions require (?P<need>\w+) which is greater than (?P<have>\w+) available for allocation",
        nowhere=True,
        rank=Rank.ROOT,
        title="The service has too little memory for Java: {need} are needed, {have} are there",
        message="The buildpack's memory calculator: fixed memory regions require {need}, {have} are available.",
        fix="Give the service 1Gi (memory: 1Gi; gcloud run services update SERVICE --memory=1Gi), or set BPL_JVM_THREAD_COUNT=50 and -XX:ReservedCodeCacheSize=64M in JAVA_TOOL_OPTIONS.",
        link="https://paketo.io/docs/reference/java-reference/#memory-calculator",
    ),
)
