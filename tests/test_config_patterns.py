"""`watch` and `branch`: every pattern that people write, what it means, and that none costs time."""

from __future__ import annotations

import time

import pytest

from app import config
from app.config import patterns
from app.model import Finding, Stop, Target

PATHS = [
    # pattern, what it means, what it does not mean
    ("libs", ["libs", "libs/a.py", "libs/deep/a.py"], ["libs2/a.py", "src/libs/a.py"]),
    ("libs/", ["libs/a.py", "libs/deep/a.py"], ["libs2/a.py"]),
    ("./libs/**", ["libs/a.py", "libs/deep/a.py"], ["src/libs/a.py"]),
    ("/libs/**", ["libs/a.py", "libs/deep/a.py"], ["src/libs/a.py"]),
    ("libs/*", ["libs/a.py"], ["libs/deep/a.py"]),
    ("{a,b}/**", ["a/x", "b/y/z"], ["c/x", "ab/x"]),
    ("{a,b}", ["a/x", "b"], ["c"]),
    ("{src/{x,y},lib}/*.py", ["src/x/a.py", "lib/a.py"], ["src/a.py"]),
    ("**/*.proto", ["a.proto", "api/v1/a.proto"], ["a.protobuf"]),
    ("**.proto", ["a.proto", "api/v1/a.proto"], ["a.py"]),
    ("libs/**/*.py", ["libs/a.py", "libs/x/y/a.py"], ["a.py"]),
    ("**/libs/**", ["libs/a", "x/libs/a"], ["mylibs/a"]),
    ("*.md", ["README.md"], ["docs/README.md"]),
    ("**", ["a", "a/b/c"], []),
    (".", ["a", "a/b/c"], []),
    ("docs/?.txt", ["docs/a.txt"], ["docs/ab.txt", "docs/.txt"]),
    ("v[0-9]/**", ["v1/a"], ["va/a"]),
    ("v[!0-9]/**", ["va/a"], ["v1/a"]),
    ("app/[id]/page.tsx", ["app/i/page.tsx"], ["app/x/page.tsx"]),
    (r"app/\[id\]/page.tsx", ["app/[id]/page.tsx"], ["app/i/page.tsx"]),
    ("app/(shop)/a+b.ts", ["app/(shop)/a+b.ts"], ["app/shop/ab.ts"]),
    ("a[b", ["a[b"], ["ab"]),
    ("{a,b", ["{a,b"], ["a"]),
    ("a}b,c", ["a}b,c"], ["a"]),
    ("größe/**", ["größe/a"], ["grosse/a"]),
]


@pytest.mark.parametrize(("pattern", "fitting", "other"), PATHS, ids=[row[0] for row in PATHS])
def test_a_pattern_means_what_people_mean(pattern: str, fitting: list[str], other: list[str]) -> None:
    """Folders with and without slashes, braces, classes and stars fit what they name and nothing else."""
    compiled = patterns.of_paths(pattern)
    assert [path for path in fitting if not compiled.fits(path)] == []
    assert [path for path in other if compiled.fits(path)] == []


@pytest.mark.parametrize(
    "pattern", ["", "!", "../libs", "a/../b", "libs\\core", "{{a,b}", "a[z-b]", "x" * 301]
)
def test_what_is_no_pattern_is_refused_on_its_line(pattern: str) -> None:
    """A pattern that could fit nothing, or that nobody can read, is a fault on the line of that very pattern."""
    text = f"services:\n  api:\n    watch:\n      - libs/**\n      - '{pattern}'\n"
    with pytest.raises(Stop) as caught:
        config.read(text, repository_name="x")
    assert caught.value.finding.place and caught.value.finding.place.line == 5
    assert caught.value.finding.fix == "Change `watch` on line 5."


@pytest.mark.parametrize(
    "pattern", ["**/" * 60 + "zzz", "{a,b}" * 20, "*a" * 100, "**a" * 60, "{*,**}/" * 20 + "x"]
)
def test_no_pattern_costs_time(pattern: str) -> None:
    """Patterns made to backtrack are looked at in time linear in the path."""
    before = time.process_time()
    compiled = patterns.of_paths(pattern)
    for path in ("a/" * 400 + "b", "ab" * 2000):
        compiled.fits(path)
    assert time.process_time() - before < 1


def test_a_name_that_is_not_utf8_is_looked_at_all_the_same() -> None:
    """git's file names are bytes; one that is no text fits by what of it is text."""
    assert patterns.of_paths("data/*").fits("data/\udcff.bin")


BRANCHES = [
    ("main", ["main"], ["main2", "x/main"]),
    ("release/*", ["release/1.0"], ["release", "release/1/hotfix"]),
    ("release/**", ["release/1.0", "release/1/hotfix"], ["releases/1"]),
    ("**", ["main", "feature/x"], []),
    ("{main,master}", ["main", "master"], ["develop"]),
    ("v[0-9]*", ["v1", "v10.2"], ["version"]),
    ("1.0", ["1.0"], ["1x0"]),
]


@pytest.mark.parametrize(("pattern", "fitting", "other"), BRANCHES, ids=[row[0] for row in BRANCHES])
def test_a_branch_may_be_a_pattern(pattern: str, fitting: list[str], other: list[str]) -> None:
    """The environment takes the branches that fit, and no other."""
    text = f"environments:\n  staging:\n    branch: '{pattern}'\n"
    assert [branch for branch in fitting if not targets(text, branch)] == []
    assert [branch for branch in other if targets(text, branch)] == []


def test_the_name_of_a_branch_goes_before_a_pattern() -> None:
    """A branch that one environment names does not go where a pattern would take it, in whatever order they stand."""
    text = "environments:\n  trial: {branch: '**'}\n  next: {branch: 'release/*'}\n  production: {branch: main}\n"
    deployed = {branch: targets(text, branch)[0].environment for branch in ("main", "release/2", "idea")}
    assert deployed == {"main": "production", "release/2": "trial", "idea": "trial"}
    assert targets(text, "main")[0].name == "shop", "production is at home, where the default branch goes"


CHANGES = [
    # path, watch, what changed, deployed?
    ("services/api", [], ["services/api/a.py"], True),
    ("services/api", [], ["services/api2/a.py"], False),
    ("services/api", ["libs"], ["libs/a.py"], True),
    ("services/api", ["*.lock"], ["uv.lock"], True),
    ("services/api", ["*.lock"], ["deep/uv.lock"], False),
    ("services/api", ["!services/api/docs/**"], ["services/api/docs/a.md"], False),
    ("services/api", ["!services/api/docs/**"], ["services/api/docs/a.md", "services/api/a.py"], True),
    ("services/api", ["!**/*.md"], ["services/api/README.md"], False),
    ("services/api", ["libs/**", "!libs/web/**"], ["libs/web/a.ts"], False),
    ("services/api", ["libs/**", "!libs/web/**", "libs/web/shared/**"], ["libs/web/shared/a.ts"], True),
    (".", [], ["anything"], True),
    (".", ["!docs/**"], ["docs/a.md"], False),
    (".", ["!docs/**"], ["docs/a.md", "main.py"], True),
    (".", ["src/**"], ["src/a.py"], True),
    (".", ["src/**"], ["README.md"], False),
    (".", ["src/**", "!**/*.md"], ["src/README.md"], False),
    (".", ["src/**"], ["servergem.yml"], True),
    (".", ["src/**"], ["servergem.yaml"], True),
    ("services/api", [], ["servergem.yml"], True),
]


@pytest.mark.parametrize(("path", "watch", "changed", "deployed"), CHANGES)
def test_a_change_deploys_what_it_belongs_to(
    path: str, watch: list[str], changed: list[str], *, deployed: bool
) -> None:
    """A service's own folder counts and what it watches; at the root everything, unless `watch` names what does."""
    (target,) = targets(f"services: {{api: {{path: {path}, watch: {watch}}}}}")
    assert (config.changed(target, tuple(changed)) is None) is deployed


RULES = [
    ("services/api", ["libs/**"], "Nothing changed under services/api/** or libs/**"),
    ("services/api", ["!**/*.md"], "Nothing changed under services/api/** but for **/*.md"),
    (".", ["!docs/**"], "Nothing changed but for docs/**"),
    (".", ["src/**"], "Nothing changed under src/**"),
]


@pytest.mark.parametrize(("path", "watch", "rule"), RULES)
def test_what_is_left_alone_says_by_which_rule(path: str, watch: list[str], rule: str) -> None:
    """The rule names the patterns as they are written."""
    (target,) = targets(f"services: {{api: {{path: {path}, watch: {watch}}}}}")
    assert config.changed(target, ("docs/README.md",)) == rule


REASONS = [
    # path, watch, what changed, why
    (".", [], None, "All of the repository is api's."),
    (
        "services/api",
        [],
        None,
        "There is no earlier commit to compare it with, so all of api counts as changed.",
    ),
    (
        "services/api",
        [],
        ["README.md", "services/api/a.py"],
        "`services/api/a.py` changed, in its folder `services/api/`.",
    ),
    ("api", ["libs/**"], ["libs/a.py"], "`libs/a.py` changed, which its `watch` names: `libs/**`."),
    (
        "api",
        ["libs/**", "libs/a.*"],
        ["libs/a.py"],
        "`libs/a.py` changed, which its `watch` names: `libs/a.*`.",
    ),
    ("api", [], ["servergem.yml", "README.md"], "`servergem.yml` changed, which counts for every service."),
    ("api", [], ["servergem.yml", "api/a.py"], "`api/a.py` changed, in its folder `api/`."),
    (
        ".",
        ["!docs/**"],
        ["docs/a", "b", "c"],
        "`b` and 1 more of its files changed.",
    ),
]


@pytest.mark.parametrize(("path", "watch", "changed", "reason"), REASONS)
def test_what_is_deployed_says_by_which_rule(
    path: str, watch: list[str], changed: list[str] | None, reason: str
) -> None:
    """The file that counts first is named, and what made it the service's."""
    (target,) = targets(f"services: {{api: {{path: {path}, watch: {watch}}}}}")
    assert config.because(target, None if changed is None else tuple(changed)) == reason


def test_a_pattern_that_fits_nothing_is_a_warning_on_its_line() -> None:
    """Each such pattern is named on its own line; one that needs `**` gets the words to write."""
    text = (
        "services:\n  api:\n    watch:\n      - lib/**\n      - libs/**\n      - pack*\n      - '!nothing'\n"
    )
    (target,) = targets(text)
    found = config.remarks(target, {"libs/a.py", "packages/a/b.ts"})
    assert [(each.place and each.place.line, each.weight.value) for each in found] == [
        (4, "warn"),
        (6, "warn"),
        (7, "warn"),
    ]
    assert found[1].fix == "Write 'pack*/**'."
    assert config.remarks(target, frozenset()) == (), "what was not read is not judged"


def targets(text: str, branch: str = "main") -> tuple[Target, ...]:
    read = config.read(text, repository_name="shop")
    return config.targets(read, branch=branch, project="p", region="europe-west1", default_branch="main")


def remarks(text: str) -> tuple[Finding, ...]:
    return config.remarks(targets(text)[0], {"main.py"})


@pytest.mark.parametrize(
    ("health", "warned"), [("/readyz", True), ("/z?a=b", True), ("/health", False), ("/", False)]
)
def test_a_path_that_ends_with_z_is_a_warning(health: str, *, warned: bool) -> None:
    """Cloud Run keeps some of these, and does not say which ones."""
    found = remarks(f"services:\n  api:\n    health: {health}\n")
    assert [(each.code, each.place and each.place.line) for each in found] == [("reserved-path", 3)] * warned
