"""A client that went away while it was answered: what a server then prints is never why a deployment failed.

Our own probe is cut at its deadline, browsers and load balancers hang up: the server that writes on meets a closed
connection, and logs it with a whole stack. The same words about a database or another service are a cause.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# Only a server knows these.
ALWAYS = re.compile(
    r"\bClientDisconnect(?:ed)?\b|ClientAbortException|AsyncRequestNotUsableException|\bjetty\S*EofException|"
    r"http: abort Handler|\brequest aborted\b|reactor\.netty\S*AbortedException|Puma::ConnectionError|"
    r"WSGI\S*ClientDisconnected|ConnectionResetException: The client has disconnected|"
    r"Cannot write to closing transport"
)
# Both ends of a connection may see these.
BROKEN = re.compile(
    r"BrokenPipeError|ConnectionResetError|ConnectionAbortedError|\bEPIPE\b|\bECONNRESET\b|\bECONNABORTED\b|\baborted$|"
    r"(?i:broken pipe|connection reset by peer|connection was aborted|premature close)"
)
# Frames of what answers requests.
SERVERS = re.compile(
    r"socketserver|http/server|wsgiref|uvicorn|gunicorn|hypercorn|daphne|waitress|cheroot|werkzeug|starlette|fastapi|"
    r"asgiref|aiohttp/web|tornado/(?:web|http)|eventlet/wsgi|gevent/pywsgi|django/core/(?:handlers|servers)|"
    r"_http_outgoing|_http_server|express/|koa/|fastify|finalhandler|/send/|raw-body|onwritestream|afterWriteDispatched|"
    r"onStreamRead|net/http\.\(\*(?:conn|response|timeoutWriter|chunkWriter)|gin-gonic|catalina|coyote|tomcat|jetty|"
    r"undertow|springframework\.web|servlet|http4s|reactor\.netty\.http\.server"
)
# Frames of what asks others.
CALLERS = re.compile(
    r"redis|psycopg|asyncpg|pymysql|mysql|mariadb|pymongo|mongo|sqlalchemy|urllib3|requests/|httpx|httpcore|http/client|"
    r"aiohttp/client|grpc|kafka|amqp|pika|elasticsearch|opensearch|google/cloud|boto|/pg/|/pg-|axios|undici|node-fetch|"
    r"jdbc|hikari|okhttp|net/http\.\(\*(?:Client|Transport|persistConn)|pgx|lib/pq|smtplib|ssh|ldap"
)


def lost_client(said: str, stack: Iterable[str]) -> bool:
    """Whether these words, with the frames of their stack, only say that the other side is gone."""
    if ALWAYS.search(said):
        return True
    if not BROKEN.search(said):
        return False
    frames = list(stack)
    return any(map(SERVERS.search, frames)) and not any(map(CALLERS.search, frames))
