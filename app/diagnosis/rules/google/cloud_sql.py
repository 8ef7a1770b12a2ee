"""Cloud SQL from a container on Cloud Run: the socket that is not there, the instance that does not answer."""

from __future__ import annotations

from app.diagnosis.google import google
from app.diagnosis.rule import Rank
from app.diagnosis.rules.google.reading_cloud_sql import socket_words

_LINK = "https://cloud.google.com/sql/docs/postgres/connect-run"

RULES = (
    google(
        "cloud-sql-socket",
        r"(?P<socket>/cloudsql/(?P<name>[\w.:-]+))\S*.*(?P<said>[Nn]o such file or directory|ENOENT|[Cc]onnection refused|ECONNREFUSED)|(?P<said2>ENOENT|ECONNREFUSED) (?P<socket2>/cloudsql/(?P<name2>[\w.:-]+))",
        "Cloud SQL's socket {socket} does not answer: {said}",
        "{said}: {why}.",
        "{advice}",
        read=socket_words,
        link=_LINK,
    ),
    google(
        "cloud-sql-instance",
        r"[\[\"](?P<name>[\w.:-]+:[\w-]+:[\w-]+)[\]\"]:? (?:The (?:Google )?Cloud SQL Instance does not exist or your account is not authorized|ensure that the account has access to )",
        "Cloud SQL's instance {name} is not there, or not allowed",
        "The instance {name} does not exist, or the service's account lacks roles/cloudsql.client.",
        "Compare the name: gcloud sql instances describe INSTANCE --format='value(connectionName)'; then gcloud projects add-iam-policy-binding {project} --member=serviceAccount:{account} --role=roles/cloudsql.client",
        link=_LINK,
        rank=Rank.ROOT,
    ),
)
