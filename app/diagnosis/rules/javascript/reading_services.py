"""Services of a Node application: which one did not answer, and where its address stands."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.javascript.stacks import bare, thrown_at
from app.diagnosis.places import CODE, anywhere
from app.diagnosis.rule import Hit
from app.model import Place

_PORTS = {
    "5432": "PostgreSQL",
    "3306": "MySQL",
    "27017": "MongoDB",
    "6379": "Redis",
    "5672": "RabbitMQ",
    "9200": "Elasticsearch",
    "9092": "Kafka",
    "1433": "SQL Server",
    "11211": "memcached",
}

# What docker compose's files usually call them.
_HOSTS = {
    "postgres": "PostgreSQL",
    "mysql": "MySQL",
    "mongo": "MongoDB",
    "redis": "Redis",
    "rabbit": "RabbitMQ",
    "kafka": "Kafka",
}

# Where Google Cloud, or another, keeps it.
_KEPT = {
    "PostgreSQL": "Cloud SQL",
    "MySQL": "Cloud SQL",
    "SQL Server": "Cloud SQL",
    "Redis": "Memorystore, reached through the VPC",
    "memcached": "Memorystore, reached through the VPC",
    "MongoDB": "MongoDB Atlas, or Firestore with MongoDB compatibility",
}

_URLS = {
    "5432": r"DATABASE_URL|POSTGRES\w*|PG\w*|DB_\w+",
    "3306": r"DATABASE_URL|MYSQL\w*|DB_\w+",
    "27017": r"MONGO\w*|DATABASE_URL|DB_\w+",
    "6379": r"REDIS\w*",
    "5672": r"AMQP\w*|RABBIT\w*",
}


def refused(hit: Hit) -> Mapping[str, str] | None:
    port = hit["port"]
    local = re.match(r"(?:127\.0\.0\.1|localhost|::1|0\.0\.0\.0)$", hit["host"])
    named = _PORTS.get(port) or next((name for part, name in _HOSTS.items() if part in hit["host"]), "")
    service = named or "the server"
    told = (
        "Nothing else runs in the container, so localhost is the wrong address"
        if local
        else f"{hit['host']} does not answer there"
    )
    return {
        "service": service,
        "real": f"a real {named}" if named else "the server that is meant",
        "kept": _KEPT.get(named, "Cloud SQL, Memorystore, or a machine in the VPC"),
        "told": told,
        "said": re.sub(r"^.*?(?=connect|getaddrinfo|Can't reach)", "", bare(hit.line)).strip(),
    }


def refused_place(hit: Hit) -> Place | None:
    port, host = hit["port"], hit["host"]
    names = _URLS.get(port, r"\w*(?:DATABASE|DB|REDIS|MONGO|PG|MYSQL|AMQP|API)\w*")
    own = thrown_at(hit)
    return (
        (anywhere(rf"(?<!\d){port}(?!\d)", *CODE[1:9])(hit) if port in _PORTS else None)
        or (anywhere(rf"['\"@/]{re.escape(host)}\b", *CODE[1:9])(hit) if host else None)
        or own
        or anywhere(rf"process\.env(?:\.|\[['\"])(?:{names})\b", *CODE[1:9])(hit)
        or anywhere(rf"env\(['\"](?:{names})['\"]\)", ".prisma")(hit)
    )
