"""Diagnosis: every row has its sample, every sample its right answer, and a clean log has none."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from app.diagnosis import Files, diagnose
from app.diagnosis.rules import rows
from app.diagnosis.unknown import UNKNOWN
from app.model import Place
from app.text.escaping import OUR_LINKS
from tests.samples import FOLDERS, Sample, samples


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_sample_gets_its_right_answer(folder: str) -> None:
    """The first Finding of each sample of a folder has the right code, place and words."""
    wrong = {sample.name: faults for sample in samples(folder) if (faults := sample.faults())}
    assert not wrong


def test_every_row_has_a_sample() -> None:
    """A row (its code and its position) that speaks on no sample is a row that nobody has seen at work."""
    by_code = defaultdict[str, list[Sample]](list)
    for sample in samples(*FOLDERS):
        by_code[sample.code].append(sample)
    unseen = [
        f"{row.table} {row.number}: {row.rule.code}"
        for row in rows()
        if not any(sample.diagnosis().row is row.rule for sample in by_code[row.rule.code])
    ]
    assert not unseen


def test_no_rule_speaks_on_a_clean_log() -> None:
    """A log of a tool that succeeded is nobody's failure."""
    codes = {sample.name: sample.diagnosis().findings[0].code for sample in samples("clean")}
    assert set(codes.values()) == {UNKNOWN}, codes


def test_nobody_is_sent_to_a_file_of_a_package() -> None:
    """No fix asks to correct a line of a file that a package, a compiler or a distribution brought."""
    fixes = {
        sample.name: finding.fix
        for sample in samples(*FOLDERS)
        for finding in sample.diagnosis().findings
        if re.search(
            r"Correct (?:line \d+ of )?\S*(?:node_modules|(?:site|dist)-packages|gems|pkg/mod|pear|usr/share)/",
            finding.fix,
        )
    }
    assert not fixes


def test_advice_leads_where_we_send_people() -> None:
    """A link in a fix is one that is shown as a link: its host is on the list of those that are ours to name."""
    fixes = {finding.fix for sample in samples(*FOLDERS) for finding in sample.diagnosis().findings}
    hosts = {
        host for fix in fixes for host in re.findall(r"https://([\w.-]*\w)", re.sub(r"`[^`]*`", "", fix))
    }
    assert hosts <= OUR_LINKS


def test_a_script_with_windows_line_endings_is_said_to_have_them() -> None:
    """The kernel says of such a script that it is not there; the repository shows that it is."""
    files = Files.of(
        {
            "Dockerfile": 'FROM nginx\nCOPY run.sh /run.sh\nCMD ["/run.sh"]\n',
            "run.sh": "#!/bin/sh\r\nnginx\r\n",
        }
    )
    log = "--- logs of revision a-1 ---\nexec /run.sh: no such file or directory\n"
    finding = diagnose(log, files).findings[0]
    assert (finding.title, finding.place) == ("run.sh has Windows line endings (CRLF)", Place("run.sh", 1))
