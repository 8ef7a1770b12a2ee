"""Commands that a person is told have the real names in them: no word of ours stands for what ServerGem knows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.diagnosis import Files, diagnose
from app.diagnosis.facts import Facts, filled
from app.model import Finding
from tests.samples import FOLDERS, samples
from tests.test_google_texts import ROWS

HERE = Facts(
    project="lime-shop",
    region="europe-west1",
    deployer="serviceAccount:servergem@lime-shop.iam.gserviceaccount.com",
    caller="serviceAccount:builder@lime-shop.iam.gserviceaccount.com",
    run_as="runner@lime-shop.iam.gserviceaccount.com",
    service="web",
    build="1f2e",
)
KNOWN_HERE = re.compile(
    r"(?<![\w{$])(?:PROJECT|PROJECT_ID|REGION|SERVICE|ACCOUNT|SERVICE_ACCOUNT|DEPLOYER|BUILD_ID)(?![\w=])"
    r"|\$\{?(?:PROJECT_ID|REGION)\b|\bYOUR_\w+"
)
# What stands in a text for what nobody here could know.
UNKNOWABLE = {
    r"PROJECT:REGION:INSTANCE": "a Cloud SQL instance's own name: it may be in another project and region",
    r"HOST/PROJECT/REPOSITORY/IMAGE(?::TAG)?": "the form of an image's name that the repository chooses",
    r"REGION-docker\.pkg\.dev": "the registry that a command of the repository itself pushes to",
    r"PROJECT\.csproj": "a file of the repository, of which there may be several",
}


def findings() -> Iterator[tuple[str, str, Finding]]:
    """Where from, what was printed there, and what is told of it in a deployment."""
    for row in ROWS:
        for finding in diagnose(row.text, Files.of({})).findings:
            yield row.name, row.text, filled(finding, HERE)
    for sample in samples(*FOLDERS):
        for finding in sample.diagnosis().findings:
            yield sample.name, sample.log, filled(finding, HERE)


def test_no_command_has_a_word_for_what_is_known() -> None:
    """Project, region, service, accounts and build of a deployment stand in what is told of it.

    A word that the program itself printed is its own, such as a variable that is called BUILD_ID.
    """
    left = {}
    for name, printed, finding in findings():
        told = re.sub("|".join(UNKNOWABLE), "", finding.fix)
        if (found := KNOWN_HERE.search(told)) and found[0] not in printed:
            left[name] = f"{finding.code}: {found[0]}: {finding.fix}"
    assert not left, "\n".join(f"{name}: {told}" for name, told in left.items())
