"""Images: what to use on Google Cloud instead of a program that keeps data, sends mail or is somebody's tool; pure."""

from __future__ import annotations

import re

AS_CLOUD_SQL = (
    "Make an instance of Cloud SQL, name it as `cloudsql: [PROJECT:REGION:NAME]`, its address as a secret."
)
AS_MEMORYSTORE = (
    "Use a managed one, such as Memorystore, reached with `vpc:` or over TLS; its address is a secret."
)
_AS_THEIRS = (
    "Use a managed one from its maker or the Marketplace, over TLS or with `vpc:`; its address is a secret."
)
# In the order in which they are looked for: a database's tool has the database's name.
# https://cloud.google.com/compute/docs/tutorials/sending-mail says which port for mail is closed.
_INSTEAD = (
    (
        r"adminer|phpmyadmin|pgadmin|redis-?commander|redis-?insight|mongo-express|cloudbeaver|kafka-ui|portainer",
        "Nothing is needed: it is a tool for a machine of one's own; Cloud SQL Studio and the console show data.",
    ),
    (
        r"mail(?:hog|pit|dev|catcher)|smtp|postfix|mailserver|greenmail|inbucket|sendgrid|mailgun|postmark",
        "Send through a provider of mail, such as SendGrid or Mailgun, at its API or port 587: 25 is closed; its key "
        "is a secret.",
    ),
    (r"postg(?:res|is)|mysql|mariadb|mssql|sqlserver|percona|pgvector|timescale", AS_CLOUD_SQL),
    (r"redis|valkey|memcached?|keydb|dragonfly", AS_MEMORYSTORE),
    (
        r"mongo",
        "Use MongoDB Atlas, or Firestore with MongoDB compatibility, over TLS; its address is a secret.",
    ),
    (
        r"rabbitmq|amqp|kafka|redpanda|zookeeper|nats",
        "Use Pub/Sub, Managed Service for Apache Kafka, or its maker's service over TLS; its address is a secret.",
    ),
    (
        r"minio|localstack|fake-gcs",
        "Use a bucket of Cloud Storage: by its own API, by S3's with an HMAC key as a secret, or as a volume.",
    ),
    (r"elastic|opensearch|meilisearch|typesense|solr|cassandra|clickhouse|influx|neo4j|qdrant", _AS_THEIRS),
)
_ROWS = tuple((re.compile(rf"(?i){pattern}"), instead) for pattern, instead in _INSTEAD)
_PROXY = re.compile(
    r"(?i)(?:.*/)?(?:nginx|traefik|caddy|haproxy|envoy|nginx-proxy|jwilder/.*)(?:-\w+)?(?:[:@].*)?"
)
PROXY = (
    "Cloud Run ends TLS and leads requests to each service itself. Where it serves files or joins services, write a "
    "Dockerfile `FROM` this image, and name its folder."
)


def kept_elsewhere(image: str) -> str:
    """What to do instead of running this image, when it is none that a Cloud Run service can be."""
    return next((instead for pattern, instead in _ROWS if pattern.search(image)), "")


def is_proxy(image: str) -> bool:
    """Whether it mostly stands before others' addresses."""
    return _PROXY.fullmatch(image[:200]) is not None
