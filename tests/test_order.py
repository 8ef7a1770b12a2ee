"""Whatever GitHub sends, in whatever order and however often: the branch's head is what serves in the end."""

from __future__ import annotations

from functools import partial
from itertools import permutations

from tests.conftest import OWNER, House, eventually

SAMPLE = "hello-python"


def three_pushes(house: House, name: str) -> list[str]:
    work = house.repository(SAMPLE, name)
    return [work.push(f"Change {n}", **{"n.txt": str(n)}) for n in range(3)]


def serving(house: House, name: str) -> str:
    """The commit whose revision has all the traffic."""
    live = [d for d in house.deployments() if d["ending"] == "live" and d["repository"] == f"{OWNER}/{name}"]
    traffic = house.world.runner.traffic(name)
    return next((d["sha"] for d in live if traffic.get(d["revision"]) == 100), "")


def open_check_runs(house: House, name: str, shas: list[str]) -> list[str]:
    runs = [run for sha in shas for run in house.world.github.check_runs(f"{OWNER}/{name}", sha)]
    return [run["name"] for run in runs if run["status"] != "completed"]


def quiet(house: House, name: str, shas: list[str]) -> bool:
    """Every delivery was seen to, and nothing of this repository is under way."""
    ours = [d for d in house.deployments() if d["repository"] == f"{OWNER}/{name}"]
    return bool(ours) and all(d["ending"] for d in ours) and not open_check_runs(house, name, shas)


def test_any_order_of_the_same_deliveries_ends_at_the_head(house: House) -> None:
    """Three pushes delivered in all six orders, and some twice: the third commit serves, no check run is open."""
    orders = [*permutations(range(3)), (0, 1, 2, 0, 1, 2), (2, 2, 0), (2,)]
    house.world.github.deliveries.hold()
    commits = {f"order-{n}": three_pushes(house, f"order-{n}") for n in range(len(orders))}
    release = [3 * number + index for number, order in enumerate(orders) for index in order]
    house.world.github.deliveries.release(release)
    for name, shas in commits.items():
        eventually(partial(quiet, house, name, shas), f"the end of {name}", house.log_tail)
        assert serving(house, name) == shas[2], f"{name}: {orders[int(name[6:])]}\n{house.log_tail()}"


def test_a_newer_push_supersedes_an_older_one(house: House) -> None:
    """The older commit's build is really cancelled, and its check run ends neutral and names its successor."""
    house.world.google.behaviour.queue_time = 3.0
    work = house.repository(SAMPLE)
    first = work.push("Slow", **{"n.txt": "1"})
    eventually(lambda: house.world.google.calls["CloudBuild.CreateBuild"], "a build", house.log_tail)
    second = work.push("Newer", **{"n.txt": "2"})
    run = house.check_run(SAMPLE, first)
    assert run["conclusion"] == "neutral"
    assert second[:7] in run["output"]["title"]
    assert house.world.google.calls["CloudBuild.CancelBuild"] == 1
    house.world.google.behaviour.queue_time = 0.0
    assert house.ended(second)["ending"] == "live", house.log_tail()


def test_a_revert_by_force_push_is_wanted(house: House) -> None:
    """A branch that is set back to an older commit is deployed as it stands, although something newer served."""
    work = house.repository(SAMPLE)
    first = work.push("One", **{"n.txt": "1"})
    assert house.ended(first)["ending"] == "live", house.log_tail()
    second = work.push("Two", **{"n.txt": "2"})
    assert house.ended(second)["ending"] == "live", house.log_tail()
    work.git("reset", "-q", "--hard", first)
    work.git("push", "-q", "--force", "origin", "HEAD:main")
    eventually(lambda: serving(house, SAMPLE) == first, "the first commit again", house.log_tail)


def test_a_late_delivery_of_an_old_commit_changes_nothing(house: House) -> None:
    """An old push that GitHub delivers after a newer one is live leaves the newer one where it is."""
    work = house.repository(SAMPLE)
    house.world.github.deliveries.hold()
    old = work.push("One", **{"n.txt": "1"})
    new = work.push("Two", **{"n.txt": "2"})
    late, _ = house.world.github.deliveries.held
    house.world.github.deliveries.release([1])
    assert house.ended(new)["ending"] == "live", house.log_tail()
    house.world.github.deliveries.send(late)
    assert house.check_run(SAMPLE, old)["conclusion"] == "neutral"
    assert serving(house, SAMPLE) == new


def test_only_the_service_that_changed_is_deployed(house: House) -> None:
    """Two services: the second push touches one; the other's check run is skipped and names the rule."""
    work = house.repository("shop")
    first = work.push("Open the shop")
    for service in ("api", "web"):
        assert house.ended(first, service)["ending"] == "live", house.log_tail()
    second = work.push("Touch the api", **{"api/note.txt": "new"})
    assert house.ended(second, "api")["ending"] == "live", house.log_tail()
    skipped = house.ended(second, "web")
    assert skipped["ending"] == "skipped"
    run = house.check_run("shop", second, "ServerGem / web (production)")
    assert run["conclusion"] == "skipped"
    assert "web" in run["output"]["title"]
