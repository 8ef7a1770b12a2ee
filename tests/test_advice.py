"""Advice as the repository can take it: nothing that it does not have, has already, or has by another name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest

from app.diagnosis import Files, diagnose
from app.diagnosis.envelope import open_envelope
from app.diagnosis.instructions import stage_image
from app.diagnosis.javascript.managers import in_words_of, manager
from app.diagnosis.left_out import in_stage
from app.diagnosis.rule import Hit
from tests.samples import FOLDERS, Sample, samples

ALL = samples(*FOLDERS)
NPM = re.compile(r"(?<![\w/-])npm (?:ci|run|install(?! -g| --global)|i)\b|package-lock\.json")
# What any build prints on its way, and no rule may take for its cause.
ON_THE_WAY = """npm warn deprecated inflight@1.0.6: This module is not supported, and leaks memory. Do not use it.
npm warn EBADENGINE Unsupported engine { package: 'cameras@3.1.0', required: { node: '>=22.0.0' } }
(node:7) [DEP0040] DeprecationWarning: The `punycode` module is deprecated. Please use another.
WARNING: Running pip as the 'root' user can result in broken permissions and conflicting behaviour
debconf: delaying package configuration, since apt-utils is not installed
warning: unused variable: `error`
/app/lib/python3.12/site-packages/pkg/x.py:12: SyntaxWarning: invalid escape sequence '\\d'
WARN[0000] the attribute `version` is obsolete, it will be ignored
Downloading error-handler-5.1.tgz (404 kB)
  adding: not-found.html (deflated 51%)
Browserslist: caniuse-lite is outdated. Please run: npx update-browserslist-db@latest
INFO: retrying failed request to cache (attempt 1 of 3)
fatal_errors_total 0
"""


def failing(sample: Sample) -> Hit:
    """The section that failed, as a rule would be asked about it."""
    said = open_envelope(sample.log)
    section = next((each for each in said.sections if each.failed and each.instruction), said.sections[0])
    return Hit(section, 0, {}, Files.of(sample.files), said)


def advised(among: re.Pattern[str]) -> Iterator[tuple[Sample, str]]:
    """Every sample whose advice has these words, with it."""
    for sample in ALL:
        fix = sample.diagnosis().findings[0].fix
        if among.search(fix):
            yield sample, fix


def test_advice_is_in_the_words_of_the_package_manager_that_is_there() -> None:
    """Nobody who installs with pnpm, yarn or bun is told to run npm."""
    told = {sample.name: fix for sample, fix in advised(NPM) if manager(failing(sample)) not in ("", "npm")}
    assert not {name: fix for name, fix in told.items() if "npm's" not in fix}


@pytest.mark.parametrize("name", ["pnpm", "yarn", "berry", "bun"])
def test_every_advice_has_its_words_in_every_package_manager(name: str) -> None:
    """Whatever a rule advises for npm, the others have a command for it."""
    told = {sample.name: in_words_of(name, fix) for sample, fix in advised(NPM) if "npm's" not in fix}
    assert len(told) > 100
    assert not {sample: fix for sample, fix in told.items() if NPM.search(fix)}


def test_a_language_is_raised_in_the_image_that_the_stage_begins_with() -> None:
    """`Use rust:1.80 or newer in FROM` is said where FROM is rust, or where nobody knows what it is."""
    wanted = re.compile(r"\b(golang|rust|node|python|ruby|php):\d[\d.]* or newer in FROM")
    foreign = {}
    for sample, fix in advised(wanted):
        image, found = stage_image(failing(sample)), wanted.search(fix)
        assert found
        if image and "$" not in image and f"/{image}".split(":")[0].rpartition("/")[2] != found[1]:
            foreign[sample.name] = (image, fix)
    assert not foreign


def test_nobody_is_told_to_copy_what_is_copied() -> None:
    """A file that a COPY of the failing stage brings above the failing line is not asked for once more."""
    asked = re.compile(r"COPY ([\w./@-]+) into the image\b(?! before (?:the build|line))")
    again = {
        sample.name: fix
        for sample, fix in advised(asked)
        if (path := asked.findall(fix)[0]) in sample.files and in_stage(failing(sample), path)
    }
    assert not again


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_any_build_prints_changes_no_answer(folder: str) -> None:
    """Warnings, progress and names with error in them, printed before, are nobody's cause."""
    changed = {}
    for sample in samples(folder)[::3]:
        if sample.log[:1] in "[{":
            continue  # JSON, before which nothing can be printed
        before = sample.diagnosis().findings[0]
        after = diagnose(ON_THE_WAY + sample.log, Files.of(sample.files)).findings[0]
        if before.code != after.code and not before.code.startswith(("start-", "unknown")):
            changed[sample.name] = (before.code, after.code)
    assert len(changed) <= len(samples(folder)) // 100, changed


def test_of_two_failures_in_one_log_one_is_told() -> None:
    """Where one build prints what failed in two, the answer is one of theirs: no third thing comes of their lines."""
    third = []
    plain = [each for each in ALL if not re.search(r"^(?:#\d|Step |-{4} )", each.log, re.MULTILINE)][::5]
    for one, other in pairwise(plain):
        files = Files.of(one.files | other.files)
        codes = {each.diagnosis().findings[0].code for each in (one, other)}
        told = diagnose(f"{one.log}\n{other.log}", files).findings[0].code
        if told not in codes | {"unknown"}:
            third.append((one.name, other.name, told))
    assert len(third) <= len(plain) // 25, third


def test_no_variable_is_doubted_where_no_word_says_that_it_is_empty() -> None:
    """A line that reads one may fail over something else: a hint at it would lead away from the cause."""
    sample = next(each for each in samples("python") if each.name == "python/env-unrelated")
    assert "DB_URL" not in sample.diagnosis().findings[0].fix


def test_nobody_is_told_to_run_the_build_that_runs() -> None:
    """Where the Dockerfile has the RUN that builds, what it left is the question, not whether it runs."""
    told = re.compile(r"RUN (?:npm run|pnpm(?: run)?|yarn(?: run)?|bun run) build in the image")
    again = {
        sample.name: fix
        for sample, fix in advised(told)
        if re.search(
            r"^RUN .*\b(?:npm run|pnpm|yarn|bun run) (?:run )?build\b",
            sample.files.get("Dockerfile", ""),
            re.M,
        )
    }
    assert not again


def test_nobody_is_sent_to_lines_that_nobody_printed() -> None:
    """The advice points above where something stands above, and says so where nothing was printed."""
    end = "Script @php artisan package:discover handling the post-autoload-dump event returned with error code 255"
    began = "Step 4/5 : RUN composer install\n"
    fixes = [
        diagnose(f"{began}{said}\n{end}\n", Files.of({})).findings[0].fix
        for said in ("> @php artisan package:discover", "The [config/cipher.php] file is missing.")
    ]
    assert ["It printed no reason" in fix for fix in fixes] == [True, False]
    assert ["above" in fix for fix in fixes] == [False, True]


def test_what_ended_well_is_no_cause() -> None:
    """An error that a builder went on after, or that another build step printed, is nobody's answer."""
    files = Files.of({"src/old.js": "a\nb\nx y\n"})
    fault = '/app/src/old.js:3:1: ERROR: Expected ";" but found "x"'
    lint = f"#8 [3/7] RUN npm run lint || true\n#8 1.2 {fault}\n"
    quiet = '#9 [4/7] RUN ./q.sh\n#9 ERROR: process "/bin/sh -c ./q.sh" did not complete successfully: exit code: 3\n'
    steps = f'Step #0: {fault}\nStep #1: quiet\nERROR: build step 1 "busybox" failed: step exited with status: 3\n'
    told = [diagnose(log, files).findings[0].code for log in (lint, f"{lint}#8 DONE 1.4s\n{quiet}", steps)]
    assert [code.startswith("bundler") for code in told] == [True, False, False]


def test_an_aside_for_another_tool_is_left_out() -> None:
    """What uv calls it is told to who has uv, and to nobody else."""
    told = {sample.name: sample for sample, _ in advised(re.compile(r"\((?:or )?uv\b"))}
    assert not [name for name, each in told.items() if "uv" not in f"{each.log}{each.files}"]
