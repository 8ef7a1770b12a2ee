"""servergem.yml at the wire: which file is read, what a push leaves alone, and what people see of it."""

from __future__ import annotations

from tests.conftest import OWNER, House, answer_of

SAMPLE = "hello-python"
CONFIGURED = f"services:\n  {SAMPLE}:\n    watch: ['!docs/**', '*.rst']\n    health: /hello.z\n"


def test_the_other_spelling_is_read_and_both_together_are_refused(house: House) -> None:
    """A fault in servergem.yaml is told on its line; with servergem.yml beside it nobody could say which counts."""
    work = house.repository(SAMPLE)
    sha = work.push("Misspell", **{"servergem.yaml": f"services:\n  {SAMPLE}:\n    prot: 8080\n"})
    (annotation,) = house.world.github.annotations(house.check_run(SAMPLE, sha)["id"])
    assert (annotation["path"], annotation["start_line"]) == ("servergem.yaml", 3)
    sha = work.push("Twice", **{"servergem.yml": "services: {}\n"})
    run = house.check_run(SAMPLE, sha)
    assert run["output"]["title"] == "There are servergem.yml and servergem.yaml"
    assert house.world.google.calls["CloudBuild.CreateBuild"] == 0


def test_what_is_not_watched_is_left_alone_at_the_root_too(house: House) -> None:
    """A pattern that fits nothing and a path that Cloud Run may keep are warnings; a change of docs deploys nothing."""
    work = house.repository(SAMPLE)
    (work.path / "docs").mkdir()
    sha = work.push("Say hello", **{"servergem.yml": CONFIGURED, "docs/a.md": "a"})
    assert house.ended(sha)["ending"] == "live", house.log_tail()
    summary = house.check_run(SAMPLE, sha, f"ServerGem / {SAMPLE} (production)")["output"]["summary"]
    assert "No file of this commit fits" in summary
    assert "may never reach" in summary
    sha = work.push("Explain", **{"docs/a.md": "b"})
    run = house.check_run(SAMPLE, sha, f"ServerGem / {SAMPLE} (production)")
    assert (run["conclusion"], run["output"]["title"]) == (
        "skipped",
        "Nothing changed under *.rst but for docs/**",
    )


def test_a_head_that_says_so_gets_no_preview(house: House) -> None:
    """The mark in the head's subject keeps a preview away; the check run names it, and main is deployed as ever."""
    work = house.repository(SAMPLE)
    main = work.push("Say hello\n\n* An idea [skip ci]\n")
    assert house.ended(main)["ending"] == "live", house.log_tail()
    work.git("checkout", "-q", "-B", "idea")
    sha = work.push("An idea [ci skip]", branch="idea", **{"idea.txt": "1"})
    house.world.github.open_pull_request(f"{OWNER}/{work.name}", "idea")
    run = house.check_run(SAMPLE, sha, f"ServerGem / {SAMPLE} (preview)")
    assert run["conclusion"] == "skipped"
    assert run["output"]["title"] == f"The message of {sha[:7]} says [ci skip]"


def test_cloud_run_keeps_healthz_for_itself(house: House) -> None:
    """The sandbox's front end answers as Google's does, so that nothing can be verified there; so with its others."""
    work = house.repository(SAMPLE)
    assert house.ended(work.push("Say hello"))["ending"] == "live", house.log_tail()
    url = house.deployments()[0]["url"]
    assert answer_of(f"{url}/").status_code == 200
    for reserved in ("/healthz", "/eventlog", "/_ah/health"):
        assert answer_of(f"{url}{reserved}").status_code == 404, reserved
