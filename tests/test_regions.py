"""One service in several regions: what servergem.yml may say, what the operator gives, and stories at the wire."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from app import config
from app.config import Config
from app.config.granting import granted
from app.merge_plan import changes
from app.model import Stop, Target, service_and_environment
from app.trust.allowance import Allowance, beyond
from sandbox.github.state import FOUNDER
from sandbox.world import Sandbox
from tests.conftest import OWNER, House, Work, answer_of, eventually, web
from tests.test_conversation import answer, say
from tests.test_pressing import token_in
from tests.test_previews import SAMPLE, opened, preview

HOME, OTHER = "europe-west1", "us-central1"
BOTH = f"services:\n  api:\n    regions: [{HOME}, {OTHER}]\n"


def read(text: str) -> Config:
    return config.read(text, repository_name="shop", default_branch="main")


def on(branch: str, read: Config) -> tuple[Target, ...]:
    return config.targets(read, branch=branch, project="p", region="asia-east1", default_branch="main")


def test_a_service_of_two_regions_is_two_targets_of_one_name() -> None:
    """Each has a lane and a check run; what there is once is at home, and so is the image."""
    text = BOTH + "    domain: shop.example.com\njobs: {nightly: {}}\nworkers: {mailer: {}}\n"
    home, other = on("main", read(text))
    assert (home.lane, other.lane) == (f"p/{HOME}/api", f"p/{OTHER}/api")
    assert home.check_name == "ServerGem / api (production)"
    assert other.check_name == f"ServerGem / api (production, {OTHER})"
    assert {service_and_environment(each.check_name) for each in (home, other)} == {("api", "production")}
    assert (home.built_in, other.built_in) == (HOME, HOME)
    assert [len(each.beside) for each in (home, other)] == [2, 0]
    assert (home.service.domain, other.service.domain) == ("shop.example.com", "")
    assert [place.line for each in (home, other) if (place := each.place(each.region_key))] == [3, 3]
    (only,) = config.targets_at_home(read(text), "main", project="p", region="asia-east1")
    assert only == home


STAGING = BOTH + "environments:\n  production: {branch: main}\n  staging: {branch: next%s}\n"
DIFFERENCES = [
    ("", [HOME, OTHER]),
    (", region: us-east1", ["us-east1"]),
    (", services: {api: {region: us-east1}}", ["us-east1"]),
    (", services: {api: {regions: [us-east1]}}", ["us-east1"]),
    (", services: {api: {regions: [us-east1, us-west1]}}", ["us-east1", "us-west1"]),
    (", region: us-east1, services: {api: {regions: [us-west1, us-east1]}}", ["us-west1", "us-east1"]),
    (", services: {api: {regions: []}}", ["asia-east1"]),
]


@pytest.mark.parametrize(("written", "regions"), DIFFERENCES)
def test_the_last_word_on_regions_counts(written: str, regions: list[str]) -> None:
    """An environment says `region` or `regions` of its own, and what is printed is what is deployed."""
    text = STAGING % written
    assert [each.region for each in on("next", read(text))] == regions
    printed = config.resolved(text, repository_name="shop")["environments"]["staging"]["services"]["api"]
    said = printed.get("regions") or [printed.get("region", "asia-east1")]
    assert said == regions
    assert [each.region for each in on("main", read(text))] == [HOME, OTHER]


FAULTS = [
    ("region: us-east1, regions: [us-west1]", "region and regions are both there"),
    ("regions: [us-west1, us-east1, us-west1]", "regions names us-west1 twice"),
    ("regions: us-west1", "has to be a list"),
    ("regions: [US]", "is not a region"),
]


@pytest.mark.parametrize(("written", "title"), FAULTS)
def test_a_fault_of_regions_is_on_its_line(written: str, title: str) -> None:
    """It says which of the two to keep, or which to remove, in a service and in an environment's part of it."""
    lines = "\n".join(f"        {each}" for each in written.replace(", re", "\nre").split("\n"))
    there = "services: {api: {}}\nenvironments:\n  staging:\n    branch: next\n    services:\n      api:\n"
    for text, first in ((f"services:\n  api:\n{lines}\n", 3), (f"{there}{lines}\n", 7)):
        with pytest.raises(Stop) as caught:
            read(text)
        (finding,) = caught.value.findings
        assert title in finding.title
        assert finding.place is not None
        assert finding.place.line >= first


def test_the_merge_plan_says_where_a_service_goes_too() -> None:
    """Whoever merges reads which regions get it beside its home."""
    home, _ = on("main", read(BOTH))
    told = changes(home, None, service_account="")
    assert told[-1] == f"`api` in production is deployed to {OTHER} too"


def test_regions_are_the_default_branchs_to_decide() -> None:
    """What a branch adds costs nothing before it is merged, and is told."""
    own, deciding = read(BOTH), read("services: {api: {}}")
    assert granted(own, deciding).later == ("services.api.regions",)
    assert [each.region for each in on("main", granted(own, deciding))] == ["asia-east1"]
    assert [each.region for each in on("main", granted(deciding, own))] == [HOME, OTHER]


def test_a_name_that_is_taken_in_one_of_the_regions_is_a_fault() -> None:
    """Two services of one name are one at Cloud Run wherever they meet."""
    text = f"services: {{api: {{regions: [{HOME}, {OTHER}]}}, api-next: {{region: {OTHER}}}}}\n"
    with pytest.raises(Stop, match="would both be api-next"):
        read(text + "environments: {production: {branch: main}, next: {branch: b}}\n")


def test_the_operators_list_holds_for_each_region() -> None:
    """A region that it has not is refused on its own line, and the others are not."""
    text = f"services:\n  api:\n    regions:\n      - {HOME}\n      - {OTHER}\n"
    found = [beyond(Allowance(regions=("europe-*",)), each, frozenset()) for each in on("main", read(text))]
    assert found[0] == ()
    (refused,) = found[1]
    assert (refused.title, refused.place and refused.place.line) == (f"It may not run in {OTHER}", 5)
    at_home, elsewhere = [
        beyond(Allowance(regions=("us-*",)), each, frozenset()) for each in on("main", read(text))
    ]
    assert [each.title for each in at_home] == [f"It may not run in {HOME}"]
    assert [each.title for each in elsewhere] == [f"It may not be built in {HOME}, the first of its regions"]


# At the wire

TWO = f"services:\n  {SAMPLE}:\n    regions: [{HOME}, {OTHER}]\n"
CHECK = f"ServerGem / {SAMPLE} (production)"
THERE = f"ServerGem / {SAMPLE} (production, {OTHER})"


def ended(house: House, work: Work, sha: str) -> dict[str, dict[str, Any]]:
    """The check runs of both regions, once both have ended."""
    return {name: house.check_run(work.name, sha, name) for name in (CHECK, THERE)}


def conclusions(house: House, work: Work, sha: str) -> dict[str, str]:
    return {name: run["conclusion"] for name, run in ended(house, work, sha).items()}


def builds(house: House) -> int:
    return house.world.google.calls["CloudBuild.CreateBuild"]


def serving(house: House) -> list[dict[str, int]]:
    return [dict(house.world.runner.traffic(SAMPLE, region)) for region in (HOME, OTHER)]


def test_one_push_goes_live_in_two_regions_from_one_build(house: House) -> None:
    """Both answer at their own address, with the image of one build; each is rolled back by its own button."""
    work = house.repository(SAMPLE)
    first = work.push("One", **{"servergem.yml": TWO})
    assert conclusions(house, work, first) == {CHECK: "success", THERE: "success"}, house.log_tail()
    assert builds(house) == 1
    addresses = {each["url"] for each in house.deployments()}
    assert {f".{OTHER}." in address for address in addresses} == {True, False}
    assert all(answer_of(address).status_code == 200 for address in addresses)
    home = web.get(f"{house.address}/").text
    assert all(f'<span class="tag">{region}</span>' in home for region in (HOME, OTHER))
    assert [each["name"] for each in house.get("/deployments.json")].count(CHECK) == 1
    before = serving(house)
    second = work.push("Two", **{"n.txt": "2"})
    runs = ended(house, work, second)
    assert builds(house) == 2
    assert all(new != old for new, old in zip(serving(house), before, strict=True))
    house.world.github.press_button(runs[THERE]["id"], "roll-back")
    eventually(lambda: serving(house)[1] == before[1], "the old traffic", house.log_tail)
    assert serving(house)[0] != before[0]
    page = web.get(f"{house.address}/services/{_lane(house, OTHER)}").text
    assert f'<span class="tag">{OTHER}</span>' in page
    assert f">{HOME}</a>" in page


def _lane(house: House, region: str) -> str:
    repo = house.world.github.hub.find(OWNER, SAMPLE)
    assert repo is not None
    key = next(name for name in house.world.google.run.services if f"/{region}/" in name)
    return f"{repo.id}/{key.split('/')[1]}/{region}/{SAMPLE}"


def test_what_fails_in_one_region_leaves_the_other_as_it_is(house: House) -> None:
    """The one that Google refuses serves on what it did and says so; the other serves the new commit."""
    work = house.repository(SAMPLE)
    first = work.push("One", **{"servergem.yml": TWO})
    assert conclusions(house, work, first) == {CHECK: "success", THERE: "success"}, house.log_tail()
    before = serving(house)
    house.world.faults.add("Services.UpdateService", 1, status="INVALID_ARGUMENT", message="Not today.")
    second = work.push("Two", **{"n.txt": "2"})
    said = conclusions(house, work, second)
    assert sorted(said.values()) == ["failure", "success"], house.log_tail()
    failed = [said[CHECK] == "failure", said[THERE] == "failure"]
    assert [new == old for new, old in zip(serving(house), before, strict=True)] == failed
    assert builds(house) == 2
    wrong = ended(house, work, second)[CHECK if failed[0] else THERE]
    house.world.github.rerequest(wrong["id"])
    eventually(lambda: all(new != old for new, old in zip(serving(house), before, strict=True)), "both anew")
    assert builds(house) == 2


def test_a_build_that_fails_fails_once(house: House) -> None:
    """One region builds, and the other says whose check run tells what to do."""
    work = house.repository(SAMPLE)
    broken = work.push("Broken", **{"servergem.yml": TWO, "Dockerfile": "FROM scratch\nRUN false\n"})
    runs = ended(house, work, broken)
    assert builds(house) == 1, house.log_tail()
    titles = [run["output"]["title"] for run in runs.values()]
    assert sum("failed to build, and so" in title for title in titles) == 1, titles


def runs(house: House) -> int:
    return house.world.google.calls["Jobs.RunJob"]


def test_a_release_command_runs_once_for_every_region(house: House) -> None:
    """One region runs it and the other waits for its end; a re-run of one region runs it again."""
    work = house.repository(SAMPLE)
    first = work.push("One", **{"servergem.yml": TWO + "    release: echo moved\n"})
    assert conclusions(house, work, first) == {CHECK: "success", THERE: "success"}, house.log_tail()
    assert runs(house) == 1
    said = _summary(house, work, first)
    assert "echo moved ended well" in said
    assert "has run echo moved for every region" in said
    house.world.github.rerequest(ended(house, work, first)[THERE]["id"])
    eventually(lambda: runs(house) == 2, "the command once more", house.log_tail)


def test_a_release_command_that_fails_releases_no_region(house: House) -> None:
    """One check run tells of the command, the other names that check run, and both serve what they did."""
    work = house.repository(SAMPLE)
    first = work.push("One", **{"servergem.yml": TWO})
    assert conclusions(house, work, first) == {CHECK: "success", THERE: "success"}, house.log_tail()
    before = serving(house)
    second = work.push("Two", **{"servergem.yml": TWO + "    release: echo no table; exit 3\n"})
    assert conclusions(house, work, second) == {CHECK: "failure", THERE: "failure"}, house.log_tail()
    assert (runs(house), serving(house)) == (1, before)
    titles = [run["output"]["title"] for run in ended(house, work, second).values()]
    assert sum(title.startswith("The release command failed in ") for title in titles) == 1, titles


def test_a_command_is_for_every_region_of_a_service(house: House) -> None:
    """`/rollback`, `/lock` and `/status` say which regions they are about."""
    work = house.repository(SAMPLE)
    first = work.push("One", **{"servergem.yml": TWO})
    assert conclusions(house, work, first) == {CHECK: "success", THERE: "success"}, house.log_tail()
    before = serving(house)
    second = work.push("Two", **{"n.txt": "2"})
    assert conclusions(house, work, second) == {CHECK: "success", THERE: "success"}, house.log_tail()
    number, head = opened(house, work)
    assert preview(house, work, head)["conclusion"] == "success"
    say(house, work, number, "/rollback")
    eventually(lambda: serving(house) == before, "the old traffic in both", house.log_tail)
    for region in (HOME, OTHER):
        assert answer(house, work, number, f"{SAMPLE} in production ({region}) back from {second[:7]}")
    say(house, work, number, "/lock a sale")
    assert answer(house, work, number, f"Locked `{SAMPLE}` in production ({HOME}, {OTHER}) until")
    say(house, work, number, "/status")
    assert f"[production, {OTHER}]" in answer(house, work, number, "| Service |")


def test_a_region_that_is_taken_out_serves_on_and_is_said(house: House) -> None:
    """Nothing is removed by itself; the check run of its home says what serves there still, and how it goes."""
    work = house.repository(SAMPLE)
    first = work.push("One", **{"servergem.yml": TWO})
    assert conclusions(house, work, first) == {CHECK: "success", THERE: "success"}, house.log_tail()
    second = work.push("Only home", **{"servergem.yml": TWO.replace(f", {OTHER}", "")})
    run = house.check_run(work.name, second, CHECK)
    assert run["conclusion"] == "success"
    assert f"{SAMPLE} still serves in {OTHER}" in run["output"]["summary"]
    assert f"--region {OTHER}" in run["output"]["summary"]
    assert serving(house)[1]
    house.world.github.rerequest(ended(house, work, first)[THERE]["id"])
    told = f"servergem.yml names no {SAMPLE} in production, {OTHER}."
    eventually(lambda: told in _summary(house, work, first), f"{FOUNDER} being refused", house.log_tail)


def _summary(house: House, work: Work, sha: str) -> str:
    runs = house.world.github.check_runs(f"{OWNER}/{work.name}", sha)
    return "".join(run["output"]["summary"] or "" for run in runs)


def test_promote_brings_the_regions_that_are_only_there(house: House) -> None:
    """From staging's one region to production's two, with the image that was tested."""
    text = TWO + (
        "environments:\n  production: {branch: none, after: staging}\n"
        f"  staging: {{branch: main, services: {{{SAMPLE}: {{region: {HOME}}}}}}}\n"
    )
    work = house.repository(SAMPLE)
    first = work.push("One", **{"servergem.yml": text})
    staging = house.check_run(work.name, first, f"ServerGem / {SAMPLE} (staging)")
    assert staging["conclusion"] == "success", house.log_tail()
    house.world.github.press_button(staging["id"], "promote")
    assert conclusions(house, work, first) == {CHECK: "success", THERE: "success"}, house.log_tail()
    assert builds(house) == 1
    assert all(house.world.runner.traffic(f"{SAMPLE}-production", each) for each in (HOME, OTHER))


def test_a_locked_region_keeps_no_other_waiting(house: House) -> None:
    """Lock on the home's page closes the home alone: the other region builds, and the home takes that image."""
    work = house.repository(SAMPLE)
    first = work.push("One", **{"servergem.yml": TWO})
    assert conclusions(house, work, first) == {CHECK: "success", THERE: "success"}, house.log_tail()
    run = house.ended(first, CHECK)["id"]
    house.world.github.authorizations.authorized.add("ada")
    with httpx.Client(base_url=house.address, timeout=300.0, follow_redirects=True) as ada:
        ada.cookies.set("acting_as", "ada")
        ada.get("/sign-in")
        lane = f"/services/{_lane(house, HOME)}"

        def press(button: str) -> str:
            form = {"token": token_in(ada.get(lane).text), "button": button, "at": "service"}
            answered = ada.post(f"/deployments/{run}/press", data=form, headers={"origin": house.address})
            return answered.text

        assert f"locked {SAMPLE} in production, {HOME} until" in press("lock"), house.log_tail()
        second = work.push("Two", **{"n.txt": "2"})
        assert house.check_run(work.name, second, THERE)["conclusion"] == "success", house.log_tail()
        assert builds(house) == 2
        runs = house.world.github.check_runs(f"{OWNER}/{work.name}", second)
        assert [each["status"] for each in runs if each["name"] == CHECK] == ["in_progress"]
        assert f"unlocked {SAMPLE} in production, {HOME}" in press("unlock")
        assert house.check_run(work.name, second, CHECK)["conclusion"] == "success", house.log_tail()
    assert builds(house) == 2


def test_what_runs_without_a_build_runs_so_in_each_region(world: Sandbox, tmp_path: Path) -> None:
    """Nothing is built at all: both take the same source from the home's bucket."""
    house = House(world, tmp_path, settings={"WITHOUT_BUILD": "yes"})
    house.start()
    try:
        work = house.repository(SAMPLE)
        first = work.push("One", **{"servergem.yml": TWO})
        assert conclusions(house, work, first) == {CHECK: "success", THERE: "success"}, house.log_tail()
        assert builds(house) == 0
        assert "the source runs on Google's" in _summary(house, work, first)
    finally:
        house.stop()


def test_a_region_beyond_the_list_is_refused_alone(world: Sandbox, tmp_path: Path) -> None:
    """Its check run points at the line that asks for it, and the home goes live."""
    allow = tmp_path / "allow.yml"
    allow.write_text(f"repositories:\n  {OWNER}/{SAMPLE}: {{regions: ['europe-*']}}\n")
    house = House(world, tmp_path, settings={"ALLOW_FILE": str(allow)})
    house.start()
    try:
        work = house.repository(SAMPLE)
        written = f"services:\n  {SAMPLE}:\n    regions:\n      - {HOME}\n      - {OTHER}\n"
        first = work.push("One", **{"servergem.yml": written})
        runs = ended(house, work, first)
        assert [runs[name]["conclusion"] for name in (CHECK, THERE)] == ["success", "failure"]
        assert runs[THERE]["output"]["title"] == f"It may not run in {OTHER}"
        assert "servergem.yml`, line 5" in runs[THERE]["output"]["summary"], runs[THERE]["output"]
        assert not serving(house)[1]
    finally:
        house.stop()
