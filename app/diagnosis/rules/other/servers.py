"""nginx, Apache and Caddy."""

from __future__ import annotations

import re

from app.diagnosis.instructions import base_image, failing_instruction, instruction
from app.diagnosis.places import anywhere, at, first, matching, whole_file
from app.diagnosis.rule import Find, Rank, Rule
from app.diagnosis.rules.other.reading_servers import apache, at_change, emerg

_NGINX_CONF: Find = first(
    matching(r"{path}", "nginx.conf", "default.conf"),
    anywhere(r"{path}", ".conf", ".template"),
    instruction("USER"),
    instruction("CMD"),
    base_image,
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="supervisor-socket",
        pattern=r"^Error: Cannot open an HTTP server: socket\.error reported errno\.(?P<said>\w+)",
        place=first(
            matching(r"^\s*(?:file|port)\s*=", "supervisord.conf", "supervisor.conf"),
            instruction("USER"),
            instruction("CMD", "ENTRYPOINT"),
        ),
        rank=Rank.ROOT,
        title="supervisord cannot open its socket: {said}",
        message="Cannot open an HTTP server: {said}: the user that starts supervisord may not write where [unix_http_server] file= points.",
        fix="Write file=/tmp/supervisor.sock (and pidfile=/tmp/supervisord.pid) into supervisord.conf, or chown the folder to the user of USER.",
    ),
    Rule(
        code="supervisor-command",
        pattern=r"spawnerr: (?P<said>can't find command '(?P<path>[^']+)'|command at '(?P<path2>[^']+)' is not executable)",
        read=lambda hit: {"path": hit["path"] or hit["path2"]},
        place=first(
            matching(r"^\s*command\s*=\s*{path}", "supervisord.conf", "supervisor.conf"),
            anywhere(r"^\s*command\s*=\s*{path}", ".conf", ".ini"),
        ),
        rank=Rank.ROOT,
        title="supervisord cannot start {path}",
        message="spawnerr: {said}: the image has no such program there, or its file may not be run.",
        fix="Correct command= to where the image has the program (which NAME in it; a distribution writes the version into the name), install what brings it, or chmod +x it.",
    ),
    Rule(
        code="nginx-configuration",
        pattern=r"\[emerg\] (?:\d+#\d+: )?(?P<error>.*) in (?P<path>/\S+):(?P<line>\d+)$",
        read=emerg,
        place=at_change,
        rank=Rank.ROOT,
        title="{file} line {change}: {error}",
        message="nginx: [emerg] {error} in {path}:{line}.",
        fix="{advice}.",
    ),
    Rule(
        code="nginx-file",
        pattern=r"\[emerg\] (?:\d+#\d+: )?(?P<error>(?:open\(\)|mkdir\(\)|cannot load certificate(?: key)?) "
        r"\"(?P<path>[^\"]+)\".*?failed.*|"
        r"(?:cannot load certificate(?: key)?) \"(?P<path2>[^\"]+)\".*)",
        read=lambda hit: {
            "path": hit["path"] or hit["path2"],
            "error": re.sub(r" \(SSL: .*", "", hit["error"]),
        },
        place=_NGINX_CONF,
        title="nginx: {error}",
        message="nginx: [emerg] {error}.",
        fix="Give the container {path}: COPY it, or let nginx's user write it (nginxinc/nginx-unprivileged, "
        "chown), or write a path below /tmp; "
        "certificates are Cloud Run's own work: listen without ssl.",
    ),
    Rule(
        code="apache-configuration",
        pattern=r"AH00526: Syntax error on line (?P<line>\d+) of (?P<path>/[^\s:]+):|"
        r"(?:apache2|httpd): Syntax error on line (?P<line2>\d+) of (?P<path2>/[^\s:]+): (?P<error>.*)$",
        read=apache,
        place=first(at_change, failing_instruction, instruction("COPY")),
        rank=Rank.ROOT,
        title="{file} line {change}: {told}",
        message="Apache: AH00526: Syntax error on line {change} of {file}: {told}",
        fix="{advice}.",
    ),
    Rule(
        code="apache-mpm",
        pattern=r"AH00534: (?:apache2|httpd): Configuration error: (?P<error>More than one MPM loaded|No MPM "
        r"loaded)",
        place=first(matching(r"a2enmod|a2dismod|mpm_", "Dockerfile"), instruction("RUN")),
        rank=Rank.ROOT,
        title="Apache: {error}",
        message="AH00534: Configuration error: {error}.",
        fix="Write RUN a2dismod mpm_event mpm_worker && a2enmod mpm_prefork in the Dockerfile: exactly one MPM.",
    ),
    Rule(
        code="caddy-configuration",
        pattern=r"(?:adapting config using caddyfile|parsing caddyfile)[^:]*: (?:parsing caddyfile tokens for "
        r"'[^']*': )?(?P<path>[\w./-]*[Cc]addyfile[\w.-]*):(?P<line>\d+)(?::| -) ?"
        r"(?P<error>.*)$",
        place=first(at(), whole_file("Caddyfile")),
        rank=Rank.ROOT,
        title="{path} line {line}: {error}",
        message="Caddy: {error} ({path}:{line}).",
        fix="Correct line {line} of {path} (caddy validate checks it).",
    ),
)
