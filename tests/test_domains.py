"""Domains: mapped to the service that is live, told with their records, shown once they answer, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app import config
from app.config import granted
from app.domain import domain_of
from app.model import Preview, Stop
from app.settings import load
from app.trust.allowance import Allowance, beyond
from gcp.cloud import Google
from gcp.cloud_run import delete_service
from gcp.domain_mappings import REGIONS, Place, make
from sandbox.google import domain_mappings as sandboxed
from sandbox.world import PROJECT, SAMPLES, Sandbox
from tests.conftest import House, Work, web
from tests.test_previews import CHECK, SAMPLE, opened, preview
from tests.test_settings import GOOD

DOMAIN, REGION = "shop.example.com", "europe-west1"
YAML = f"services:\n  {SAMPLE}:\n    domain: {DOMAIN}\n"
# Answers to one host alone, as a framework does that has a list of them; tells of the commit where it is well.
CHOOSY = """
import http.server, os

class Choosy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(400 if "example.com" in self.headers["Host"] else 200)
        self.end_headers()

http.server.HTTPServer(("0.0.0.0", int(os.environ["PORT"])), Choosy).serve_forever()
"""


WELL = (SAMPLES / SAMPLE / "main.py").read_text()


def pushed(
    house: House, text: str = YAML, work: Work | None = None, files: dict[str, str] | None = None
) -> tuple[Work, str]:
    """A commit with this configuration, on main."""
    work = work or house.repository(SAMPLE)
    return work, work.push("Say where", **({"servergem.yml": text} | (files or {})))


def told(house: House, work: Work, sha: str) -> tuple[dict[str, Any], str]:
    """A deployment that is live, and its check run's summary."""
    deployment = house.ended(sha)
    assert deployment["ending"] == "live", house.log_tail()
    return deployment, str(house.check_run(work.name, sha)["output"]["summary"])


def test_a_domain_is_mapped_told_and_shown_once_it_answers(house: House) -> None:
    """First its records, exactly; when they are set, the next deployment shows the domain everywhere."""
    domains = house.world.google.domains
    domains.verified.add("example.com")
    work, sha = pushed(house)
    deployment, summary = told(house, work, sha)
    assert f"### {DOMAIN} does not lead here yet" in summary
    assert f"{DOMAIN}.  CNAME  ghs.googlehosted.com." in summary
    assert f"mapped {DOMAIN} to {SAMPLE}" in summary
    assert deployment["url"].startswith("http://") and DOMAIN not in deployment["url"]
    mapping = domains.kept[DOMAIN].mapping
    assert mapping.spec.route_name == SAMPLE and mapping.metadata.labels["managed-by"] == "servergem"

    domains.pointed.add(DOMAIN)
    _, again = pushed(house, work=work, files={"n.txt": "2"})
    deployment, summary = told(house, work, again)
    assert deployment["url"] == f"https://{DOMAIN}"
    assert f"**[https://{DOMAIN}](https://{DOMAIN})** runs commit" in summary
    assert "does not lead here" not in summary
    assert f"https://{DOMAIN}" in web.get(f"{house.address}/", follow_redirects=True).text
    assert house.world.google.calls["DomainMappings.Create"] == 1


def test_a_domain_that_answered_before_holds_a_revision_to_it(house: House) -> None:
    """A new revision that refuses the domain is taken back: people reach what served before, at the same address."""
    domains = house.world.google.domains
    domains.verified.add("example.com")
    domains.pointed.add(DOMAIN)
    work, sha = pushed(house)
    told(house, work, sha)
    _, choosy = pushed(house, work=work, files={"main.py": CHOOSY})
    assert house.ended(choosy)["ending"] == "failed", house.log_tail()
    output = house.check_run(work.name, choosy)["output"]
    assert f"gave HTTP 400 at {DOMAIN}, where it answered before" in output["title"]
    assert f"**[https://{DOMAIN}](https://{DOMAIN})** serves commit `{sha[:7]}`" in output["summary"]
    assert "ALLOWED_HOSTS" in output["summary"]
    _, healed = pushed(house, work=work, files={"main.py": WELL})
    _, summary = told(house, work, healed)
    assert "by hand" not in summary


def test_a_domain_that_never_answered_holds_nobody(house: House) -> None:
    """The same revision at a domain that is new: it is live, and the check run warns."""
    domains = house.world.google.domains
    domains.verified.add("example.com")
    domains.pointed.add(DOMAIN)
    work, sha = pushed(house, files={"main.py": CHOOSY})
    deployment, summary = told(house, work, sha)
    assert f"### {DOMAIN} does not answer well" in summary and "HTTP 400" in summary
    assert DOMAIN not in deployment["url"]


def test_a_domain_of_another_service_stays_there(house: House) -> None:
    """Whose it is is said, with the command that would free it; the mapping is not touched."""
    google = house.world.google
    google.domains.verified.add("example.com")
    google.provisioned_project(PROJECT)
    google.projects.caller, deployer = "user:eve@example.com", google.projects.caller
    google.projects.access.bind(f"projects/{PROJECT}", "roles/editor", "user:eve@example.com")
    make(Google(google.grpc_address), Place(PROJECT, REGION, google.rest_url), DOMAIN, "old-shop", {})
    google.projects.caller = deployer
    work, sha = pushed(house)
    _, summary = told(house, work, sha)
    assert f"### {DOMAIN} leads to the service old-shop, and not to {SAMPLE}" in summary
    assert f"gcloud beta run domain-mappings delete --domain {DOMAIN}" in summary
    assert google.domains.kept[DOMAIN].mapping.spec.route_name == "old-shop"
    assert google.calls["DomainMappings.Delete"] == 0


def test_a_name_that_anothers_domain_leads_to_is_not_free(house: House) -> None:
    """A service is gone and its domain is not: who makes one of that name does not answer there, but its owner does."""
    google = house.world.google
    google.domains.verified.add("example.com")
    google.domains.pointed.add(DOMAIN)
    work, sha = pushed(house)
    told(house, work, sha)
    delete_service(Google(google.grpc_address), PROJECT, REGION, SAMPLE, etag="")
    toy, evil = pushed(house, f"services: {{{SAMPLE}: {{}}}}\n", house.repository(SAMPLE, "toy"))
    output = house.check_run(toy.name, evil)["output"]
    assert f"{DOMAIN} leads to {SAMPLE}, and is not this repository's" in output["summary"]
    assert f"{SAMPLE} was another repository's service" in output["summary"]
    assert f"gcloud beta run domain-mappings delete --domain {DOMAIN}" in output["summary"]
    assert not google.run.services
    _, again = pushed(house, work=work, files={"n.txt": "2"})
    assert told(house, work, again)[0]["url"] == f"https://{DOMAIN}"


def test_a_domain_that_is_named_no_more_is_unmapped(house: House) -> None:
    """The old one goes when the new one answers, the last one with its key; what somebody else has mapped stays."""
    google = house.world.google
    google.domains.verified.add("example.com")
    work, sha = pushed(house)
    told(house, work, sha)
    place = Place(PROJECT, REGION, google.rest_url)
    make(Google(google.grpc_address), place, "theirs.example.com", SAMPLE, {"managed-by": "somebody"})
    moved = YAML.replace(DOMAIN, "new.example.com")
    _, waits = pushed(house, moved, work)
    told(house, work, waits)
    assert set(google.domains.kept) == {DOMAIN, "new.example.com", "theirs.example.com"}
    google.domains.pointed.add("new.example.com")
    _, answers = pushed(house, moved, work, {"n.txt": "1"})
    _, summary = told(house, work, answers)
    assert set(google.domains.kept) == {"new.example.com", "theirs.example.com"}
    assert f"unmapped {DOMAIN}: servergem.yml does not name it any more" in summary
    _, bare = pushed(house, YAML.partition("    domain")[0] + "    env: {A: b}\n", work)
    told(house, work, bare)
    assert set(google.domains.kept) == {"theirs.example.com"}


def test_a_domain_that_is_not_verified_is_mapped_when_it_is(house: House) -> None:
    """Who has to become an owner is said; the mapping that Google refused is made anew by the next deployment."""
    domains = house.world.google.domains
    work, sha = pushed(house)
    _, summary = told(house, work, sha)
    assert f"### ServerGem may not map {DOMAIN}: Google does not know it as an owner" in summary
    assert "servergem-deployer@" in summary
    domains.verified.add(DOMAIN)
    domains.pointed.add(DOMAIN)
    _, again = pushed(house, work=work, files={"n.txt": "2"})
    assert told(house, work, again)[0]["url"] == f"https://{DOMAIN}"


def test_a_right_that_a_domain_takes_is_no_reason_to_stop(house: House) -> None:
    """Without run.domainmappings.get the service is live at its own address, and the check run says what is missing."""
    house.world.google.revoke(PROJECT, "run.domainmappings.get")
    work, sha = pushed(house)
    _, summary = told(house, work, sha)
    assert f"The service is live, and its domain {DOMAIN} was not mapped." in summary
    assert "run.domainmappings.get" in summary


def test_a_region_without_mappings_names_the_other_road(house: House) -> None:
    """Google is not asked for what it does not offer there; what to do instead is said."""
    work, sha = pushed(house, f"{YAML}    region: europe-west3\n")
    _, summary = told(house, work, sha)
    assert f"{DOMAIN} does not lead to {SAMPLE}: europe-west3 maps no domains" in summary
    assert "servergem setup domain" in summary and "region: europe-west3" not in summary
    assert house.world.google.calls["DomainMappings.Create"] == 0


def test_a_preview_has_no_domain(house: House) -> None:
    """A copy of a service is not what its domain leads to."""
    house.world.google.domains.verified.add("example.com")
    work, sha = pushed(house)
    told(house, work, sha)
    _, head = opened(house, work)
    assert preview(house, work, head, CHECK)["conclusion"] == "success"
    assert set(house.world.google.domains.kept) == {DOMAIN}
    assert house.world.google.calls["DomainMappings.Create"] == 1


# The operator's own


@pytest.fixture
def hosted(world: Sandbox, tmp_path: Path) -> Iterator[House]:
    """A ServerGem with a domain for everything."""
    house = House(world, tmp_path, settings={"SERVERGEM_DOMAIN": "servergem.app"})
    house.start()
    yield house
    house.kill()


def test_deploy_my_app_ends_at_its_address(hosted: House) -> None:
    """An empty project, a push, and the check run's first line: live at https://my-app.servergem.app."""
    hosted.world.google.domains.mask = "servergem.app"
    work = hosted.repository(SAMPLE, "my-app")
    sha = work.push("Deploy my app")
    deployment, summary = told(hosted, work, sha)
    address = "https://my-app.servergem.app"
    assert deployment["url"] == address
    assert summary.startswith(f"**[{address}]({address})** runs commit `{sha[:7]}`"), summary
    rows = [row["title"] for row in deployment["rows"]]
    assert rows[-1] == "Domain"
    assert hosted.world.google.calls["DomainMappings.Create"] == 0


def test_a_load_balancer_that_is_not_there_yet_is_a_warning(hosted: House) -> None:
    """The service is live at Cloud Run's address, and the operator's command is named."""
    work = hosted.repository(SAMPLE, "my-app")
    deployment, summary = told(hosted, work, work.push("Deploy my app"))
    assert "servergem.app" not in deployment["url"]
    assert "servergem setup domain --check" in summary


def test_no_repository_chooses_a_name_below_the_operators_domain(hosted: House) -> None:
    """Whatever servergem.yml asks for, a service is at its own name there."""
    hosted.world.google.domains.verified.add("servergem.app")
    hosted.world.google.domains.mask = "servergem.app"
    work, sha = pushed(hosted, YAML.replace(DOMAIN, "admin.servergem.app"))
    _, summary = told(hosted, work, sha)
    assert "admin.servergem.app is below the domain of this ServerGem's operator" in summary
    assert not hosted.world.google.domains.kept


def test_the_operators_domain_is_of_one_project_and_region() -> None:
    """A URL mask reaches one region of one project; elsewhere, and for previews, nothing is promised."""
    settings = load(GOOD | {"SERVERGEM_DOMAIN": "Servergem.app."})
    read = config.read(None, repository_name="my-app")
    (here,) = config.targets(
        read,
        branch="main",
        project=settings.google_project,
        region=settings.region,
        default_branch="main",
    )
    assert domain_of(settings, here) == "my-app.servergem.app"
    assert domain_of(settings, replace(here, preview=Preview(3))) == ""
    assert domain_of(settings, replace(here, region="us-east1")) == ""
    assert domain_of(settings, replace(here, project="other")) == ""


# servergem.yml

TWO = """
services:
  api: {domain: api.example.com}
environments:
  production: {branch: main}
  staging: {branch: develop}
"""


def domains(text: str, branch: str) -> list[str]:
    read = config.read(text, repository_name="shop", default_branch="main")
    found = config.targets(read, branch=branch, project="p", region=REGION, default_branch="main")
    return [each.service.domain for each in found]


def test_a_domain_is_that_of_home_and_each_environment_names_its_own() -> None:
    """Staging does not take production's domain, and may have another."""
    assert domains(TWO, "main") == ["api.example.com"] and domains(TWO, "develop") == [""]
    text = TWO.replace("develop}", "develop, services: {api: {domain: api.staging.example.com}}}")
    assert domains(text, "main") == ["api.example.com"]
    assert domains(text, "develop") == ["api.staging.example.com"]
    shown = config.resolved(TWO, repository_name="shop")["environments"]
    assert "domain" not in shown["staging"]["services"]["api"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (
            "services: {a: {domain: x.example.com}, b: {domain: X.example.com.}}",
            "a in production and b in production both want x.example.com",
        ),
        ("services: {a: {domain: 'https://x.example.com'}}", "services.a.domain is not a domain such as"),
        ("services: {a: {domain: x.example.com/shop}}", "services.a.domain is not a domain such as"),
        ("services: {a: {domain: localhost}}", "services.a.domain is not a domain such as"),
        ("services: {a: {domain: 10.0.0.1}}", "services.a.domain is not a domain such as"),
        (f"services: {{a: {{domain: {'a' * 60}.example.com}}}}", "services.a.domain is longer than 63"),
    ],
)
def test_what_is_no_domain_or_two_services_is_refused(text: str, title: str) -> None:
    """On its line, before anything is built."""
    with pytest.raises(Stop) as stopped:
        config.read(text, repository_name="shop", default_branch="main")
    assert stopped.value.findings[0].title.startswith(title)


def test_the_default_branch_and_the_operator_decide_about_domains() -> None:
    """A branch takes no domain, and no repository one that the operator keeps from it."""
    own = config.read(YAML, repository_name="shop")
    deciding = config.read(f"services: {{{SAMPLE}: }}", repository_name="shop")
    given = granted(own, deciding)
    assert given.services[0].domain == "" and f"services.{SAMPLE}.domain" in given.later
    (target,) = config.targets(own, branch="main", project="p", region=REGION, default_branch="main")
    (finding,) = beyond(Allowance(domains=("*.example.org",)), target, frozenset())
    assert DOMAIN in finding.title and not beyond(Allowance(domains=("*.example.com",)), target, frozenset())


def test_we_and_the_sandbox_know_the_same_regions() -> None:
    """Each list was read at Google by itself."""
    assert REGIONS == sandboxed.REGIONS
