"""A start that lacks a secret, a variable or a port."""

from __future__ import annotations

from app.diagnosis.places import CODE, anywhere, first, variable
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.start.reading_binding import at_binding
from app.diagnosis.rules.start.reading_lacking import STARTED, secret_place, variable_named
from app.diagnosis.rules.start.reading_start import wanted_port
from app.diagnosis.transcript import Kind

RULES: tuple[Rule, ...] = (
    Rule(
        code="start-secret",
        only=STARTED,
        pattern=r"(?:Permission denied on secret: |Secret "
        r")\[?projects/(?P<project>[\w:.-]+)/secrets/(?P<secret>[\w-]+)(?:/versions/(?P<version>\w+))?\]?"
        r"(?: for Revision service account (?P<account>[\w@.-]*\w)| (?:was )?not found| or its versions not found)",
        place=secret_place,
        rank=Rank.ROOT,
        nowhere=True,
        read=lambda hit: {
            "account": hit["account"] or "SERVICE_ACCOUNT",
            "version": hit["version"] or "latest",
        },
        title="The secret {secret} cannot be read by {account}",
        message="Cloud Run could not read secrets/{secret} (version {version}): permission denied for "
        "{account} (it needs roles/secretmanager.secretAccessor), or it was not found.",
        fix="gcloud secrets add-iam-policy-binding {secret} --project={project} --member=serviceAccount:{account} "
        "--role=roles/secretmanager.secretAccessor; where there is no such secret, first: gcloud secrets create {secret} "
        "--project={project} --data-file=FILE.",
        link="https://cloud.google.com/run/docs/configuring/services/secrets",
    ),
    Rule(
        code="start-variable",
        pattern=r"(?:(?i:missing|required|undefined|unset|provide|define|set) (?i:required )?(?i:the "
        r")?(?i:env(?:ironment)? ?)?(?i:var(?:iable)?s?)?:? ?[\"'`]?"
        r"(?P<name>[A-Z][A-Z0-9]*_[A-Z0-9_]+)[\"'`]?|"
        r"(?P<name2>[A-Z][A-Z0-9]*_[A-Z0-9_]+)[\"'`]? (?:(?i:environment )?(?i:variable )?(?:is|was|must "
        r"be|has to be|are|not)\b ?(?:not )?(?:set|defined|required|missing|"
        r"provided|found|configured|empty|undefined)|environment variable)|"
        r"(?i:environment variable)s?:? [\"'`]?(?P<name3>[A-Z][A-Z0-9_]+)[\"'`]? "
        r"(?i:is|was|must|not|required|missing)|"
        r"required key (?P<name4>[A-Z][A-Z0-9_]+) missing value)",
        read=variable_named,
        place=first(variable("name"), anywhere(r"\b{name}\b", *CODE)),
        rank=Rank.SYMPTOM,
        title="The environment variable {name} is not set",
        message="The program ended because {name} is not set: {told}",
        fix="Set {name} for the service (env in servergem.yml, or gcloud run services update "
        "--update-env-vars {name}=…; a secret with --update-secrets).",
    ),
    Rule(
        code="start-port-taken",
        pattern=r"(?i)(?:address already in use|EADDRINUSE).*?(?::+|port |', )(?P<port>\d{2,5})|(?:listen "
        r"tcp\S* \S*?:(?P<port2>\d+): bind: address already in use)|"
        r"bind on address \('[^']*', (?P<port3>\d+)\)",
        read=lambda hit: (
            {"port": hit["port"] or hit["port2"] or hit["port3"]}
            if hit.section.kind is Kind.CONTAINER
            else None
        ),
        place=at_binding,
        title="Port {port} is already in use in the container",
        message="The server could not listen: address already in use, port {port} (EADDRINUSE). Two servers "
        "of this container want it.",
        fix="Start one server only, and let it listen on 0.0.0.0 and $PORT.",
    ),
    Rule(
        code="start-port-forbidden",
        only=STARTED,
        pattern=r"listen tcp \S*?:(?P<port>\d+): bind: permission denied|(?:listen )?EACCES:? permission "
        r"denied \S*?:(?P<port2>\d+)|"
        r"\(13\)Permission denied: AH00072: make_sock: could not bind to address \S*?:(?P<port3>\d+)|bind\(\) "
        r"to \S*?:(?P<port4>\d+) failed \(13",
        read=lambda hit: {
            "port": hit["port"] or hit["port2"] or hit["port3"] or hit["port4"],
            "wanted": wanted_port(hit),
        },
        place=at_binding,
        rank=Rank.ROOT,
        title="Port {port} may not be bound by this user",
        message="The server could not listen on port {port}: bind: permission denied. Ports below 1024 belong "
        "to root; Cloud Run asks port {wanted}.",
        fix="Listen on 0.0.0.0 and the port in $PORT ({wanted}) instead of {port}.",
    ),
)
