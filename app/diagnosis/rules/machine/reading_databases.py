"""Who was not let in, and why the database says so."""

from __future__ import annotations

from collections.abc import Mapping

from app.diagnosis.rule import Hit


def engine_of(hit: Hit) -> Mapping[str, str]:
    why = "no password was given" if hit["used"] == "NO" else "its password is another one"
    return {"user": hit["user"] or hit["user2"], "why": why}


def socket_words(hit: Hit) -> Mapping[str, str] | None:
    """None for a socket of Cloud SQL, which is another row's."""
    socket = hit["socket"]
    if socket.startswith("/cloudsql/"):
        return None
    laravel = any(each.endswith("artisan") for each in hit.files.paths)
    named = (
        "DB_HOST (or DB_SOCKET)" if laravel else "the host (DB_HOST, DATABASE_URL; unix_socket for a socket)"
    )
    return {
        "socket": socket or "of the local machine",
        "advice": f"Set {named} for the service: on Cloud Run the socket /cloudsql/PROJECT:REGION:INSTANCE with the instance attached (--add-cloudsql-instances), or the address of the database; localhost is this container",
    }


def refused_host(hit: Hit) -> Mapping[str, str]:
    if hit["how"] in ("no encryption", "SSL off"):
        advice = "Connect with TLS: add ?sslmode=require to the database's URL (in node-postgres ssl: true with the server's CA, in Npgsql SSL Mode=Require)"
    else:
        advice = f"Allow {hit['user']} and {hit['name']} from this address on the server (pg_hba.conf; on Cloud SQL connect through the connector), or correct the user and the database in the URL"
    return {"advice": advice}
