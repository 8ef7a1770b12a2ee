"""Names of other machines that a container asks for, and git's own ways to another machine."""

from __future__ import annotations

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.machine.reading_hosts import by_git, named_in, neighbour
from app.diagnosis.transcript import Kind

_BUILDING = frozenset({Kind.INSTRUCTION, Kind.STEP})

RULES: tuple[Rule, ...] = (
    Rule(
        code="host-unknown",
        pattern=r"\blookup (?P<host>[\w-]+)(?: on \S+)?: no such host|getaddrinfo for (?P<host2>[\w-]+) failed|UnknownHostException: (?P<host3>[\w-]+)\s*$|could not translate host name \"(?P<host4>[\w-]+)\" to address|failed to resolve host '(?P<host5>[\w-]+)'|Unknown MySQL server host '(?P<host6>[\w-]+)'|^(?P<host7>[\w-]+):\d+ - no response",
        read=neighbour,
        place=named_in,
        nowhere=True,
        rank=Rank.ROOT,
        title="Nothing is named {host} where the service runs",
        message="The host {host} is not known: such a name is a neighbour's in docker compose, and a Cloud Run service has no neighbours.",
        fix="Give the service the real address through its environment (env: or secrets:) instead of {host}: for a database Cloud SQL (--add-cloudsql-instances and the socket /cloudsql/PROJECT:REGION:INSTANCE), for Redis Memorystore's IP through a VPC network.",
        link="https://cloud.google.com/run/docs/configuring/services/environment-variables",
    ),
    Rule(
        code="git-host-key",
        only=_BUILDING,
        pattern=r"^Host key verification failed",
        read=by_git,
        place=failing_instruction,
        rank=Rank.ROOT,
        title="git does not know the server's host key",
        message="Host key verification failed: the image has no known_hosts for the server that git asks over SSH.",
        fix="RUN mkdir -p -m 0700 ~/.ssh && ssh-keyscan github.com >> ~/.ssh/known_hosts before it (and --mount=type=ssh for a private repository), or clone over https://.",
        link="https://docs.docker.com/reference/dockerfile/#run---mounttypessh",
    ),
    Rule(
        code="git-key-denied",
        only=_BUILDING,
        pattern=r"Permission denied \(publickey",
        read=by_git,
        place=failing_instruction,
        rank=Rank.ROOT,
        title="git has no SSH key that the server accepts",
        message="Permission denied (publickey): the build has no key for this repository.",
        fix="Give the build a deploy key (docker build --ssh default with RUN --mount=type=ssh; in Cloud Build a secret), or clone over https:// with a token from a build secret.",
        link="https://docs.docker.com/reference/dockerfile/#run---mounttypessh",
    ),
    Rule(
        code="git-ownership",
        pattern=r"fatal: detected dubious ownership in repository at '(?P<path>[^']+)'|^error obtaining VCS status: exit status 128",
        place=failing_instruction,
        rank=Rank.ROOT,
        title="git does not trust the folder: it belongs to another user",
        message="git refuses to work in a repository {path} whose files belong to somebody else.",
        fix="RUN git config --global --add safe.directory '*' before it; for go build -buildvcs=false, or keep .git out of the image (.dockerignore).",
        link="https://git-scm.com/docs/git-config#Documentation/git-config.txt-safedirectory",
    ),
)
