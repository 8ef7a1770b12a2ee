"""The domain of a service: which one it has, what brings it there, and what is said while it does not answer; pure."""

from __future__ import annotations

from collections.abc import Iterable

from app.model import Blame, Finding, Live, Target, Weight
from app.settings import Settings
from app.text.titles import fitting

PAGE = "https://github.com/servergem/servergem/blob/main/docs/domains.md"
LIMITS = "https://cloud.google.com/run/docs/mapping-custom-domains#limitations"
VERIFYING = "https://cloud.google.com/run/docs/mapping-custom-domains#add-verified"


def domain_of(settings: Settings, target: Target) -> str:
    """The domain at which a service is to answer, empty for none; a preview has none of its own.

    servergem.yml's word goes before the operator's.
    """
    if target.preview:
        return ""
    return target.service.domain or below_the_operators(settings, target)


def below_the_operators(settings: Settings, target: Target) -> str:
    """Where the operator's load balancer brings the service; empty where it reaches none.

    A serverless NEG with a URL mask is of one project and region:
    https://cloud.google.com/load-balancing/docs/negs/serverless-neg-concepts#url_masks
    """
    here = (target.project, target.region) == (settings.google_project, settings.region)
    return f"{target.name}.{settings.domain}" if settings.domain and here and not target.preview else ""


def is_the_operators(settings: Settings, domain: str) -> bool:
    """Whether this is the operator's domain or below it, where no repository chooses names."""
    return bool(settings.domain) and f".{domain}".endswith(f".{settings.domain}")


def address_of(domain: str) -> str:
    return f"https://{domain}"


def not_here(target: Target, domain: str) -> Finding:
    """In this region Google maps no domains."""
    return _warning(
        target,
        "domain-not-mapped",
        f"{domain} does not lead to {target.name}: {target.region} maps no domains",
        f"Google maps domains to Cloud Run in some regions only, and {target.region} is none of them.",
        f"Put a load balancer before {target.name}, as `servergem setup domain` prints it, or write a `region` that "
        "maps domains, such as europe-west1 or us-central1.",
        link=LIMITS,
    )


def the_operators(target: Target, domain: str, own: str) -> Finding:
    """Names below SERVERGEM_DOMAIN are given by the services' names."""
    fix = f"Remove `domain`: {target.name} is at {own}." if own else "Write a domain of your own, or none."
    return _warning(
        target,
        "domain-is-the-operators",
        f"{domain} is below the domain of this ServerGem's operator",
        "There each service has the name that it has at Cloud Run, and no other.",
        fix,
    )


def leads_elsewhere(target: Target, domain: str, service: str) -> Finding:
    """The domain is mapped to another service, which keeps it."""
    where = f"--project {target.project} --region {target.region}"
    return _warning(
        target,
        "domain-not-ours",
        f"{domain} leads to the service {service}, and not to {target.name}",
        f"In {target.project}, {target.region} it is mapped already. That was left as it is: {service} keeps it.",
        f"If it is to lead to {target.name} from now on: "
        f"`gcloud beta run domain-mappings delete --domain {domain} {where}`, then re-run this check.",
    )


def mapped_elsewhere(target: Target, domain: str) -> Finding:
    """Another project or region has it."""
    return _warning(
        target,
        "domain-not-ours",
        f"{domain} is mapped in another project or region",
        "Google maps a domain once, and somebody else has done so.",
        f"Find it with `gcloud beta run domain-mappings list`, delete it there, and re-run this check; or write "
        f"another `domain` for {target.source_name}.",
    )


def unverified(target: Target, domain: str, member: str) -> Finding:
    """Google does not know that the domain is ours to map."""
    account = member.partition(":")[2] or "ServerGem's account"
    return _warning(
        target,
        "domain-not-verified",
        f"ServerGem may not map {domain}: Google does not know it as an owner",
        "Google maps a domain only for an account that the Search Console knows as its owner.",
        f"Verify the domain at https://search.google.com/search-console, add `{account}` there as an owner, and re-run "
        "this check.",
        blame=Blame.PROJECT,
        link=VERIFYING,
    )


def waits_for_records(
    target: Target, domain: str, records: Iterable[tuple[str, str]], said: str, live: Live
) -> Finding:
    """The exact records of DNS that have to be there, one a line."""
    lines = "\n".join(f"{domain}.  {kind}  {data}" for kind, data in records)
    more = f" Google says: {said}" if said else ""
    return _warning(
        target,
        "domain-not-ready",
        f"{domain} does not lead here yet",
        f"{target.name} is live at {live.url}, and {domain} is mapped to it. Google makes a certificate once these "
        f"records are there, some 15 minutes later, or up to 24 hours.{more}",
        f"Set the records below where the DNS of {domain} is kept. The next deployment looks again, and so does a "
        "re-run of this check.",
        blame=Blame.PROJECT,
        excerpt=lines,
    )


def silent(target: Target, domain: str, heard: str, live: Live) -> Finding:
    """What brings the domain is there, as far as is known, and it does not answer well."""
    masked = not target.service.domain
    fix = (
        "The operator of this ServerGem runs `servergem setup domain --check`, which says what is missing."
        if masked
        else f"`curl -I {address_of(domain)}{target.service.health}` shows what others see. A new certificate is known "
        "everywhere some minutes after it was made."
    )
    return _warning(
        target,
        "domain-silent",
        f"{domain} does not answer well",
        f"{target.name} is live at {live.url}. At {address_of(domain)}{target.service.health}: {heard}.",
        fix,
        blame=Blame.PROJECT,
    )


def answered_before(target: Target, domain: str, heard: str) -> Finding:
    """The domain led to a service that answered well there, and the new revision does not."""
    return Finding(
        code="domain-failed",
        title=fitting(f"{target.name} gave {heard} at {domain}, where it answered before"),
        message=f"The new revision is well at its own address, and answers with {heard} when it is asked as {domain}. "
        "The traffic goes back to what served before.",
        fix=f"Let it answer to the host {domain} as well: frameworks have a list of hosts, such as Django's "
        "`ALLOWED_HOSTS` and Rails' `config.hosts`.",
        place=target.place("domain"),
    )


def _warning(
    target: Target,
    code: str,
    title: str,
    message: str,
    fix: str,
    *,
    blame: Blame = Blame.YOU,
    link: str = PAGE,
    excerpt: str = "",
) -> Finding:
    """A service that serves is not failed by its name: all of these warn."""
    return Finding(
        code,
        fitting(title),
        fix,
        blame,
        Weight.WARN,
        message,
        target.place("domain"),
        excerpt,
        link,
    )
