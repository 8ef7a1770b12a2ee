"""`servergem setup domain`: the load balancer step by step, the records to set, and each part looked at."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from app.notices import outside
from app.setup import domain_steps, stepping
from app.setup.domain_steps import Domain
from app.signs import Sign

# A name below the domain that no service has: whoever brings it there answers, with a 404 at least.
ANY = "servergem-looks"
CERTIFICATES = "https://cloud.google.com/certificate-manager/docs/troubleshooting"


class NotNamed(Exception):  # noqa: N818 - reads as what happened
    """A step has failed; what it said stands above."""


@dataclass(frozen=True)
class Plan:
    """What the person typed. `apply`: the steps are run. `check`: they are there, and only looked at."""

    domain: Domain
    apply: bool
    check: bool


def run(plan: Plan, console: Console) -> Iterator[Sign]:
    """The records to set and how each part stands; none where the steps are only printed. Raises NotNamed."""
    if not plan.check:
        walked = stepping.through(domain_steps.steps(plan.domain), console, apply=plan.apply)
        if walked.status:
            raise NotNamed(
                "The step above has failed. Once that is mended, the same command goes on from there."
            )
    if plan.apply or plan.check:
        yield from _signs(plan.domain)
    else:
        console.print(Text(_to_do(plan.domain)))


def _to_do(domain: Domain) -> str:
    """What comes after the printed steps."""
    ready = (
        f"servergem setup domain --domain {domain.domain} --project {domain.project} --region {domain.region}"
    )
    return f"# The records to set, and whether each part is there\n{ready} --check"


def _signs(domain: Domain) -> Iterator[Sign]:
    """Authorization, certificate, address, name and answer, in this order."""
    yield _authorized(domain)
    yield _certified(domain)
    ip = str(_told(domain_steps.address(domain)).get("address", ""))
    if not ip:
        yield Sign("Address", wrong="there is none", fix="Run the same command with --apply.")
        return
    yield _resolves(domain, ip)
    yield _answers(domain)
    yield Sign("Setting", f"SERVERGEM_DOMAIN={domain.domain}")


def _told(command: tuple[str, ...]) -> dict[str, Any]:
    """What gcloud says there is; nothing where there is nothing."""
    done = stepping.of_gcloud(command)
    if done.returncode:
        return {}
    try:
        found = json.loads(done.stdout)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _authorized(domain: Domain) -> Sign:
    """The record that Google wants to see; whether it has, the certificate tells."""
    record = _told(domain_steps.authorization(domain)).get("dnsResourceRecord", {})
    if not record:
        return Sign(
            "Authorization",
            wrong="Google names no record for the domain",
            fix="Run the same command with --apply.",
        )
    return Sign(
        "Record to set", f"{record.get('name', '')}  {record.get('type', '')}  {record.get('data', '')}"
    )


def _certified(domain: Domain) -> Sign:
    """https://cloud.google.com/certificate-manager/docs/reference/certificate-manager/rest/v1/projects.locations.certificates"""
    managed = _told(domain_steps.certificate(domain)).get("managed", {})
    state = managed.get("state", "")
    if state == "ACTIVE":
        return Sign("Certificate", f"active, for {domain.domain} and *.{domain.domain}")
    attempts = [each for each in managed.get("authorizationAttemptInfo", []) if each.get("details")]
    why = f": {attempts[0]['details']}" if attempts else ""
    return Sign(
        "Certificate",
        wrong=f"{state.lower() or 'there is none'}{why}",
        fix="Set the record above; Google makes the certificate within an hour after it is seen.",
        link=CERTIFICATES,
    )


def _resolves(domain: Domain, ip: str) -> Sign:
    host, wanted = f"{ANY}.{domain.domain}", f"*.{domain.domain}.  A  {ip}"
    try:
        found = {str(each[4][0]) for each in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)}
    except OSError:
        found = set()
    if ip in found:
        return Sign("Record to set", wanted)
    return Sign(
        "Record to set",
        wrong=f"{wanted}  ({host} leads to {', '.join(sorted(found)) or 'nowhere'})",
        fix=f"Set it where the DNS of {domain.domain} is kept; it is seen everywhere when its old TTL is over.",
    )


def _answers(domain: Domain) -> Sign:
    host = f"{ANY}.{domain.domain}"
    try:
        outside.get(f"https://{host}/", {})
    except outside.Refused as refused:
        return Sign(
            "Answer",
            wrong=str(refused),
            fix="A new load balancer and its certificate are known everywhere some minutes after both are there.",
        )
    return Sign("Answer", f"https://{host} answers, with the certificate")
