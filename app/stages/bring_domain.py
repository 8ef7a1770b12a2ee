"""Bring a domain: it is mapped to the service that is live, asked, and shown once it answers. A name fails nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from app import domain as said
from app.domain import address_of, domain_of
from app.model import Finding, Live, Stop, Target, Weight
from app.notices import outside
from app.scene import InLane
from app.trust.ownership import claim
from gcp import domain_mappings
from gcp.domain_mappings import Mapping, Place
from gcp.errors import GoogleError
from gcp.identity import NoIdentity

# So often a new mapping is looked at, until Google says which DNS records it wants.
LOOKS = 5
# So often a domain that answered before is asked before it counts as ill: one bad answer is an accident.
QUESTIONS = 3
SECONDS = 10.0  # for one answer
# With these findings whoever answers at the domain is not this service.
SOMEBODY_ELSE = frozenset({"domain-not-ready", "domain-not-ours"})


@dataclass(frozen=True)
class _Heard:
    """What came of a question: an HTTP status, or 0 and why there is none."""

    status: int
    why: str = ""

    @property
    def good(self) -> bool:
        return 200 <= self.status < 400

    def __str__(self) -> str:
        return f"HTTP {self.status}" if self.status else self.why


def bring_domain(scene: InLane, target: Target, live: Live, mapped: bool) -> Live:
    """What is live, under the address of its domain once that answers.

    `mapped` says that the service has, or has had, a domain of its own. A mapping of ours that servergem.yml no longer
    names is removed, once the domain that it names instead answers. Stop when the domain answered before and answers
    badly now: then the traffic goes back.
    """
    domain = domain_of(scene.world.settings, target)
    if not domain:
        _take_away_others(scene, target, "")
        return live
    in_the_way = _mapped(scene, target, domain, live)
    # A token that opens a private service goes only where Google leads the domain to it.
    if in_the_way and (in_the_way.code in SOMEBODY_ELSE or not target.service.public):
        scene.warn(in_the_way)
        return live
    known = _answered_before(scene, target, domain)
    heard = _asked(scene, target, domain, live, QUESTIONS if known else 1)
    if heard.good:
        scene.note(f"{domain} answered {heard.status}")
        scene.world.store.traffic.shown_at(scene.run.id, address_of(domain))
        if mapped:
            _take_away_others(scene, target, domain)
        return replace(live, url=address_of(domain))
    if known and heard.status and in_the_way is None:
        scene.world.store.traffic.shift_undone(scene.run.id)
        raise Stop((said.answered_before(target, domain, str(heard)),))
    if in_the_way is None and not target.asked_from_outside:
        scene.note(f"{domain} cannot be asked from here: {heard}")
    else:
        scene.warn(in_the_way or said.silent(target, domain, str(heard), live))
    return live


def _take_away_others(scene: InLane, target: Target, domain: str) -> None:
    """Remove our mappings to this service other than this domain's; where Google refuses, warn."""
    google, place = scene.world.google, _place(scene, target)
    if target.region not in domain_mappings.REGIONS:
        return
    try:
        for each in domain_mappings.mappings(google, place):
            if each.domain != domain and each.service == target.name and scene.owns(target, each.labels):
                scene.insist_on_lane()
                domain_mappings.remove(google, place, each.domain)
                scene.note(f"unmapped {each.domain}: servergem.yml does not name it any more")
    except GoogleError as error:
        scene.warn(replace(scene.explain(error), weight=Weight.WARN))


def _answered_before(scene: InLane, target: Target, domain: str) -> bool:
    shifts = scene.world.store.traffic.shifts(target.lane)
    return any(shift.url == address_of(domain) for shift in shifts if shift.deployment_id != scene.run.id)


def _mapped(scene: InLane, target: Target, domain: str, live: Live) -> Finding | None:
    """Map the domain, unless it is the operator's; what stands in its way, None when nothing does that we know of."""
    settings = scene.world.settings
    own = said.below_the_operators(settings, target)
    if domain == own:
        return None
    if said.is_the_operators(settings, domain):
        return said.the_operators(target, domain, own)
    if target.region not in domain_mappings.REGIONS:
        return said.not_here(target, domain)
    try:
        return _in_the_way(scene, target, domain, _mapping(scene, target, domain), live)
    except GoogleError as error:
        found = scene.explain(error)
        message = f"The service is live, and its domain {domain} was not mapped. {found.message}"
        return replace(found, message=message, weight=Weight.WARN)


def _mapping(scene: InLane, target: Target, domain: str) -> Mapping | None:
    """The mapping as it stands, made where there is none; one of ours that was refused is made anew."""
    google, place = scene.world.google, _place(scene, target)
    found = domain_mappings.mapping(google, place, domain)
    if found is not None and found.unverified and scene.owns(target, found.labels):
        scene.insist_on_lane()
        domain_mappings.remove(google, place, domain)
        found = None
    if found is None:
        scene.insist_on_lane()
        home = scene.run.commit.repository
        labels = claim(scene.world.settings.github_app_id, home.id)
        found = domain_mappings.make(google, place, domain, target.name, labels)
        scene.made(f"mapped {domain} to {target.name}")
    for _ in range(LOOKS):
        if found is None or found.records or found.status != "Unknown":
            break
        time.sleep(scene.world.settings.verify_interval)
        found = domain_mappings.mapping(google, place, domain)
    return found


def _place(scene: InLane, target: Target) -> Place:
    return Place(target.project, target.region, scene.world.settings.run_endpoint)


def _in_the_way(
    scene: InLane, target: Target, domain: str, found: Mapping | None, live: Live
) -> Finding | None:
    if found is None or found.taken:
        return said.mapped_elsewhere(target, domain)
    if found.service != target.name:
        return said.leads_elsewhere(target, domain, found.service)
    if found.unverified:
        return said.unverified(target, domain, scene.world.google.member)
    if found.ready:
        return None
    records = ((each.type, each.data) for each in found.records)
    return said.waits_for_records(target, domain, records, found.message, live)


def _asked(scene: InLane, target: Target, domain: str, live: Live, times: int) -> _Heard:
    """The health path at the domain, until it answers well; the last answer when it does not."""
    settings, heard = scene.world.settings, _Heard(0)
    try:
        token = "" if target.service.public else scene.world.google.identity_token(live.url)
    except NoIdentity as reason:
        return _Heard(0, str(reason))
    headers = {"authorization": f"Bearer {token}"} if token else {}
    for number in range(times):
        if number:
            time.sleep(settings.verify_interval)
        url = address_of(domain) + target.service.health
        heard = _once(url, headers, settings.domains_endpoint)
        if heard.good:
            break
    return heard


def _once(url: str, headers: dict[str, str], through: str) -> _Heard:
    """Ask on the public internet alone, since whoever writes servergem.yml chooses the name."""
    try:
        return _Heard(outside.get(url, headers, through=through, within=SECONDS))
    except outside.Refused as refused:
        return _Heard(0, str(refused))
