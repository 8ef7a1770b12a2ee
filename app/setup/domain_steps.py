"""What a domain for everything takes, step by step: an address, a certificate with a wildcard, and a load balancer.

The load balancer brings SERVICE.DOMAIN to the Cloud Run service of that name, by a URL mask, so that it is set up once:
https://cloud.google.com/load-balancing/docs/https/setting-up-https-serverless and .../negs/serverless-neg-concepts;
the certificate is authorized by a record of DNS, since no other has a wildcard:
https://cloud.google.com/certificate-manager/docs/deploy-google-managed-dns-auth
"""

from __future__ import annotations

from dataclasses import dataclass

from app.setup.step import Step

NAME = "servergem"
APIS = ("certificatemanager.googleapis.com", "compute.googleapis.com")


@dataclass(frozen=True)
class Domain:
    """The operator's domain, and where the services are that it leads to: one project and region."""

    project: str
    region: str
    domain: str

    @property
    def own(self) -> str:
        """Of the certificate's parts, which are of this domain alone: another one may be set up beside it."""
        return f"{NAME}-{self.domain.replace('.', '-')}"[:63].rstrip("-")

    @property
    def mask(self) -> str:
        return f"<service>.{self.domain}"


def steps(domain: Domain) -> tuple[Step, ...]:
    """Everything in order; each may be run again."""
    return (*_certificate(domain), *_services(domain), *_balancer(domain))


def _certificate(domain: Domain) -> list[Step]:
    here = f"--project={domain.project}"
    manager, own = ("gcloud", "certificate-manager"), domain.own
    return [
        Step("The APIs of load balancers and certificates", ("gcloud", "services", "enable", *APIS, here)),
        Step(
            "What shows Google that the domain is yours: a record of DNS",
            (*manager, "dns-authorizations", "create", own, f"--domain={domain.domain}", here),
        ),
        Step(
            "A certificate for every service, which Google renews",
            (
                *(*manager, "certificates", "create", own),
                f"--domains={domain.domain},*.{domain.domain}",
                *(f"--dns-authorizations={own}", here),
            ),
        ),
        Step("A map of certificates, which a load balancer takes", (*manager, "maps", "create", own, here)),
        *(_entry(domain, host) for host in (domain.domain, f"*.{domain.domain}")),
    ]


def _entry(domain: Domain, host: str) -> Step:
    name = f"{domain.own[:54]}-{'wildcard' if host.startswith('*') else 'apex'}"
    return Step(
        f"…with that certificate for {host}",
        (
            *("gcloud", "certificate-manager", "maps", "entries", "create", name, f"--map={domain.own}"),
            *(f"--certificates={domain.own}", f"--hostname={host}", f"--project={domain.project}"),
        ),
    )


def _services(domain: Domain) -> list[Step]:
    here, own = f"--project={domain.project}", domain.own
    compute, external = ("gcloud", "compute"), "--load-balancing-scheme=EXTERNAL_MANAGED"
    return [
        Step(
            "Which service a name leads to: the one that is called so",
            (
                *(*compute, "network-endpoint-groups", "create", own, "--network-endpoint-type=serverless"),
                *(f"--region={domain.region}", f"--cloud-run-url-mask={domain.mask}", here),
            ),
        ),
        Step(
            "A backend with them",
            (*compute, "backend-services", "create", own, external, "--global", here),
        ),
        Step(
            "…which they are added to",
            (
                *(*compute, "backend-services", "add-backend", own, "--global"),
                f"--network-endpoint-group={own}",
                *(f"--network-endpoint-group-region={domain.region}", here),
            ),
        ),
    ]


def _balancer(domain: Domain) -> list[Step]:
    here, own = f"--project={domain.project}", domain.own
    compute, external = ("gcloud", "compute"), "--load-balancing-scheme=EXTERNAL_MANAGED"
    return [
        Step(
            "The one address of all services",
            (*compute, "addresses", "create", own, "--global", "--ip-version=IPV4", here),
        ),
        Step(
            "All paths go there",
            (*compute, "url-maps", "create", own, f"--default-service={own}", "--global", here),
        ),
        Step(
            "TLS with those certificates",
            (
                *(*compute, "target-https-proxies", "create", own, f"--url-map={own}"),
                *(f"--certificate-map={own}", "--global", here),
            ),
        ),
        Step(
            "From the address to it",
            (
                *(*compute, "forwarding-rules", "create", own, external, f"--address={own}"),
                *(f"--target-https-proxy={own}", "--ports=443", "--global", here),
            ),
        ),
    ]


# What is read when it is there, each as JSON.


def authorization(domain: Domain) -> tuple[str, ...]:
    return _described(domain, "certificate-manager", "dns-authorizations")


def certificate(domain: Domain) -> tuple[str, ...]:
    return _described(domain, "certificate-manager", "certificates")


def address(domain: Domain) -> tuple[str, ...]:
    return (*_described(domain, "compute", "addresses"), "--global")


def _described(domain: Domain, *group: str) -> tuple[str, ...]:
    return ("gcloud", *group, "describe", domain.own, f"--project={domain.project}", "--format=json")
