"""Go: what a started program, or the go command itself, says."""

from __future__ import annotations

from app.diagnosis.dependencies import manifest
from app.diagnosis.instructions import failing_instruction, final_image
from app.diagnosis.places import anywhere, first, matching
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.go.reading_packages import BUILD, TRACE
from app.diagnosis.rules.go.reading_programs import (
    command_line,
    env_tag,
    fatal,
    fatal_place,
    is_go,
    panic,
    said_by,
)
from app.diagnosis.transcript import Kind

RULES: tuple[Rule, ...] = (
    Rule(
        code="go-panic",
        pattern=r"^\s*panic: (?P<said>.+)|^fatal error: (?P<said2>.+)",
        read=panic,
        place=lambda hit: TRACE.deepest(hit) or env_tag(hit) or said_by(hit),
        title="panic: {said}",
        message="panic: {said}",
        fix="{fix}",
    ),
    Rule(
        code="go-listen-address",
        pattern=r"listen tcp: (?:address (?P<name>[\w.-]+): missing port in address|lookup tcp/(?P<name2>\S+): (?:nodename|unknown port|Servname))",
        read=lambda hit: {"name": hit["name"] or hit["name2"]},
        place=anywhere(r'"{name}"|(?:ListenAndServe|Listen|Run)\(|Addr:', ".go"),
        rank=Rank.ROOT,
        title="The server cannot listen: {name} is no address with a port",
        message="listen tcp: {name}: an address is HOST:PORT, and the host may be empty.",
        fix='Write ":" + os.Getenv("PORT"), with the colon.',
        link="https://pkg.go.dev/net#Dial",
    ),
    Rule(
        code="go-sqlite-cgo",
        pattern=r"Binary was compiled with 'CGO_ENABLED=0', (?P<name>\S+) requires cgo",
        place=first(matching(r"CGO_ENABLED=0", "Dockerfile"), manifest("go")),
        rank=Rank.ROOT,
        title="{name} needs cgo; the binary was built with CGO_ENABLED=0",
        message="Binary was compiled with 'CGO_ENABLED=0', {name} requires cgo to work. This is a stub.",
        fix="Build with CGO_ENABLED=1 (gcc in the build stage, glibc in the image that runs), or use modernc.org/sqlite.",
    ),
    Rule(
        code="go-certificates",
        pattern=r"(?:tls: failed to verify certificate: )?x509: (?:certificate signed by unknown authority|failed to load system roots)",
        read=lambda hit: {} if is_go(hit) else None,
        place=lambda hit: (
            final_image(hit) if hit.section.kind is Kind.CONTAINER else failing_instruction(hit)
        ),
        title="The image has no CA certificates",
        message="x509: certificate signed by unknown authority.",
        fix="COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ (or install ca-certificates, or use gcr.io/distroless/static).",
    ),
    Rule(
        code="go-time-zone",
        pattern=r"unknown time zone (?P<name>[\w/+-]+)",
        read=lambda hit: {} if is_go(hit) else None,
        place=first(anywhere(r'"{name}"', ".go"), final_image),
        title="The image does not know the time zone {name}",
        message="unknown time zone {name}: the image has no tzdata.",
        fix='Install tzdata in the image that runs, or import _ "time/tzdata".',
    ),
    Rule(
        code="go-fatal",
        pattern=(
            r"(?i)\b(?:fatal|error|missing|required|not set|must be|cannot|can't|could not|couldn't|failed|unable|invalid|"
            r"no such file|refused|not found|denied|undefined|empty|unset|timeout|unknown|unsupported|not configured|is not|panic)\b"
        ),
        read=lambda hit: fatal(hit) if is_go(hit) else None,
        place=fatal_place,
        rank=Rank.CAUSE,
        only=frozenset({Kind.CONTAINER}),
        last=True,
        title="{said}",
        message="The program ended with: {said}",
        fix="{fix}",
    ),
    Rule(
        code="go-command",
        pattern=r"^go(?: (?:build|get|install|run|test|mod \w+|vet|generate|list|work \w+))?: (?P<said>.+)|^(?P<said2>flag provided but not defined: .+)",
        read=lambda hit: (
            None
            if hit["said"].startswith("warning: ") or hit["said"].endswith((" imports", " requires"))
            else command_line(hit)
        ),
        place=lambda hit: failing_instruction(hit),
        only=BUILD,
        title="go: {said}",
        message="go: {said} {more}",
        fix="Correct what the go command is given: {said}.",
    ),
)
