"""Node: databases and other services that do not answer."""

from __future__ import annotations

from app.diagnosis.javascript.packages import dependency_place, list_place, unnumbered
from app.diagnosis.places import anywhere
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_frameworks import is_javascript
from app.diagnosis.rules.javascript.reading_services import refused, refused_place
from app.diagnosis.transcript import Kind

RULES: tuple[Rule, ...] = (
    Rule(
        code="node-database",
        pattern=r"connect ECONNREFUSED (?P<host>[\w.-]+|[0-9a-f:]*::[0-9a-f]*):(?P<port>\d{2,5})|getaddrinfo (?:ENOTFOUND|EAI_AGAIN) (?P<host2>[\w.-]+)|"
        r"Can't reach database server at [`'\"]?(?P<host3>[\w.-]+)[`'\"]?:[`'\"]?(?P<port3>\d+)|connect ETIMEDOUT (?P<host4>\S+?):(?P<port4>\d+)",
        only=frozenset({Kind.CONTAINER}),
        read=unnumbered(refused),
        place=refused_place,
        rank=Rank.ROOT,
        title="{service} is not at {host}:{port}",
        message="{said}: the program cannot connect to {service}. {told}.",
        fix="Give the service the address of {real} in an environment variable ({kept}), and do not end when it is not there yet.",
        link="https://cloud.google.com/sql/docs/postgres/connect-run",
    ),
    Rule(
        code="node-database",
        pattern=r"(?P<said>error: password authentication failed for user .*|Access denied for user .*|MongoServerError: (?:bad auth|Authentication failed).*|ER_ACCESS_DENIED_ERROR.*|WRONGPASS.*|NOAUTH Authentication required.*|error: database \"[^\"]+\" does not exist|relation \"[^\"]+\" does not exist)",
        only=frozenset({Kind.CONTAINER}),
        read=lambda hit: {"service": "the database"} if is_javascript(hit) else None,
        place=refused_place,
        rank=Rank.ROOT,
        title="The database refuses: {said}",
        message="{said}.",
        fix="Correct the user, password and database name that the service has in its environment or secret.",
    ),
    Rule(
        code="typeorm-entity",
        only=frozenset({Kind.CONTAINER}),
        pattern=r"EntityMetadataNotFoundError: No metadata for \"(?P<name>\w+)\" was found",
        place=anywhere(r"export (?:default )?class {name}\b", ".ts", ".js"),
        rank=Rank.ROOT,
        title="TypeORM does not know the entity {name}",
        message='No metadata for "{name}" was found: entities of the data source does not lead to its class in the built image.',
        fix="List the class in entities (entities: [{name}]), use autoLoadEntities with TypeOrmModule.forFeature([{name}]), or correct the glob: it has to match dist/**/*.entity.js.",
        link="https://typeorm.io/docs/data-source/data-source-options",
    ),
    Rule(
        code="graphql-twice",
        pattern=r"Error: Cannot use GraphQL\w+ \".*\" from another module or realm",
        place=lambda hit: dependency_place(hit, "graphql") or list_place(hit),
        rank=Rank.ROOT,
        title="graphql is there twice, and its objects do not mix",
        message="Cannot use GraphQLSchema from another module or realm: node_modules has several versions of graphql, or one bundle of CommonJS and one of ES modules.",
        fix="Leave one version (npm ls graphql; overrides in package.json, npm dedupe), and commit the lock file; mark graphql as external where you bundle.",
    ),
)
