"""What a Dockerfile's RUN stumbles over: the processor, the user, the shell, the C library; and Docker's own set-up."""

from __future__ import annotations

from app.diagnosis.instructions import base_image, failing_instruction, in_instruction
from app.diagnosis.places import first
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.docker.reading_run import denied, format_place, format_words, gone, last_image
from app.diagnosis.transcript import Kind
from app.model import Blame

_BUILDING = frozenset({Kind.INSTRUCTION})

_OWN_FORMAT = r"^exec (?P<shell>/bin/\w+): exec format error|(?:^|[:\s])(?P<path>[\w./-]+): (?:cannot execute binary file: )?Exec format error|fork/exec (?P<path2>\S+): exec format error"

RULES: tuple[Rule, ...] = (
    Rule(
        code="docker-exec-format",
        only=_BUILDING,
        pattern=_OWN_FORMAT,
        read=format_words,
        place=format_place,
        rank=Rank.ROOT,
        title="{name} is for another processor: exec format error",
        message="{name}: Exec format error: it was made for another processor, or is no program.",
        fix="{advice}.",
        link="https://docs.docker.com/build/building/multi-platform/",
    ),
    Rule(
        code="docker-user-denied",
        only=_BUILDING,
        pattern=r"^(?:mkdir|touch|cp|install|mv|rm|chown|chmod|ln|tar|tee): (?:cannot|can't) [\w ]+? ['‘]?(?P<path>[^'’:]+)['’]?: Permission denied|Could not open lock file (?P<path2>/var/lib/\S+) - open \(13: Permission denied\)"
        r"|Unable to lock database: Permission denied(?P<path3>)|/bin/(?:ba)?sh: (?:line )?(?:\d+: )?(?:cannot create|can't create) (?P<path4>\S+): Permission denied",
        read=denied,
        place=failing_instruction,
        rank=Rank.ROOT,
        title="{path} may not be written{who}",
        message="Permission denied: {path}: this instruction does not run as root.",
        fix="{advice}.",
        link="https://docs.docker.com/reference/dockerfile/#user",
    ),
    Rule(
        code="docker-shell",
        only=_BUILDING,
        pattern=r"^/bin/(?:sh|ash|dash): (?:line )?(?:\d+: )?(?P<name>source|\[\[|pushd|popd|shopt|declare|mapfile|typeset|function): not found|^/bin/sh: (?:\d+: )?set: [Ii]llegal option -o (?P<name2>pipefail)",
        read=lambda hit: {"name": hit["name"] or hit["name2"]},
        place=in_instruction("name"),
        rank=Rank.ROOT,
        title="{name} is bash's, and RUN uses /bin/sh",
        message="/bin/sh does not know {name}.",
        fix='Write SHELL ["/bin/bash", "-o", "pipefail", "-c"] above it (on Alpine RUN apk add --no-cache bash first), or the plain form: . for source, [ ] for [[ ]].',
        link="https://docs.docker.com/reference/dockerfile/#shell",
    ),
    Rule(
        code="docker-glibc",
        pattern=r"Error relocating (?P<name2>[^:\s]+): (?P<version2>\w+): symbol not found|(?P<name3>ld-linux-x86-64\.so\.2): No such file",
        read=lambda hit: {"name": hit["name2"] or hit["name3"], "version": hit["version2"] or "glibc"},
        place=lambda hit: last_image(hit) if hit.section.kind is not Kind.INSTRUCTION else base_image(hit),
        rank=Rank.ROOT,
        title="{name} needs a C library that this image lacks ({version})",
        message="{name}: {version} not found: it was built for glibc, and Alpine has musl.",
        fix="Take a Debian image (-slim) instead of Alpine, or build it on Alpine.",
    ),
    Rule(
        code="apt-not-found",
        pattern=r"^(?:E: Failed to fetch|Err:\d+|W: Failed to fetch) ?(?P<url>http\S+).*?\s404\s+Not Found",
        read=gone,
        place=lambda hit: base_image(hit) if "no longer" in hit["why"] else failing_instruction(hit),
        rank=Rank.ROOT,
        title="apt gets 404: {why}",
        message="Failed to fetch {url}: 404 Not Found: {why}.",
        fix="{advice}.",
        link="https://docs.docker.com/build/building/best-practices/#apt-get",
    ),
    Rule(
        code="docker-buildx",
        pattern=r"buildx component is missing or broken|'buildx' is not a docker command|(?P<what>Multi-platform build|Cache export|Attestation) is not supported for the docker driver",
        nowhere=True,
        rank=Rank.ROOT,
        title="Docker has no buildx that can do this",
        message="The machine's Docker lacks the buildx component, or its docker driver cannot do this {what}.",
        fix="Install docker-buildx-plugin, and docker buildx create --use before docker buildx build; in a workflow docker/setup-buildx-action.",
        link="https://docs.docker.com/build/builders/drivers/",
    ),
    Rule(
        code="docker-secret",
        pattern=r"failed to solve: secret (?P<name>[\w.-]+): not found|secret (?P<name2>[\w.-]+): not found",
        read=lambda hit: {"name": hit["name"] or hit["name2"]},
        place=first(in_instruction("name")),
        rank=Rank.ROOT,
        title="The build is not given the secret {name}",
        message="failed to solve: secret {name}: not found: RUN --mount=type=secret,required needs it.",
        fix="docker build --secret id={name},src=FILE (or env={name}); in Cloud Build availableSecrets and secretEnv.",
        link="https://docs.docker.com/build/building/secrets/",
    ),
    Rule(
        code="docker-registry-down",
        pattern=r"(?:failed to (?:do request|fetch (?:anonymous|oauth) token|copy|authorize)|unexpected status from (?:HEAD|GET|POST|PUT) request to|received unexpected HTTP status:)[^\n]{0,300}?(?P<said>50[0234] \w[\w ]*|EOF$|context deadline exceeded|TLS handshake timeout|i/o timeout|connection reset by peer|connection refused|unexpected EOF|io: read/write on closed pipe|cannot reuse body, request must be retried)",
        nowhere=True,
        blame=Blame.UNKNOWN,
        rank=Rank.ROOT,
        title="The image registry did not answer: {said}",
        message="The registry of a base image answered {said}; this is not in your change.",
        fix="Run it again; https://www.dockerstatus.com and https://status.cloud.google.com say when it lasts.",
    ),
)
