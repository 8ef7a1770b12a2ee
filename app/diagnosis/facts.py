"""Facts that ServerGem knows of a deployment, put into commands where a rule could only write a word for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.model import Finding


@dataclass(frozen=True)
class Facts:
    """What may be filled in; an empty one leaves the word as it stands.

    `deployer` and `caller` are IAM members (`serviceAccount:…`): ServerGem's own account, and whoever was denied;
    `run_as` is the address of the account that builds or runs, `build` the id of the build that failed.
    """

    project: str = ""
    region: str = ""
    deployer: str = ""
    caller: str = ""
    run_as: str = ""
    service: str = ""
    build: str = ""

    @property
    def words(self) -> dict[str, str]:
        """Each placeholder of the rules, and what it stands for here."""
        return {
            "serviceAccount:DEPLOYER": self.deployer,
            "serviceAccount:ACCOUNT": self.caller,
            "SERVICE_ACCOUNT": self.run_as,
            "PROJECT_ID": self.project,
            "REGION": self.region,
            "BUILD_ID": self.build,
            "docker.pkg.dev/PROJECT": self.project and f"docker.pkg.dev/{self.project}",
            "region:REGION": self.region and f"region:{self.region}",
            "--service=SERVICE": self.service and f"--service={self.service}",
        }

    @property
    def of_commands(self) -> dict[str, str]:
        """The same where only a command can mean it: a program may have a variable of such a name."""
        return {
            "serviceAccount:SERVICE_ACCOUNT": self.run_as and f"serviceAccount:{self.run_as}",
            "add-iam-policy-binding PROJECT_ID": self.project and f"add-iam-policy-binding {self.project}",
        }


# A command about the service itself, as rules write it that know neither its name nor where it is.
OF_SERVICE = re.compile(
    r"gcloud run services (?P<verb>update-traffic|update|logs read)(?: SERVICE\b)?(?= --| shows)"
)
# The same with the word for its name, in whatever sentence, and with the place where the rule knows it.
NAMED = re.compile(
    r"gcloud run services (?P<verb>update-traffic|update|logs read|describe|add-iam-policy-binding) SERVICE\b"
    r"(?P<region> --region=[\w-]+)?(?P<project> --project=[\w-]+)?"
)


def filled(finding: Finding, facts: Facts) -> Finding:
    """The finding with everything in it that ServerGem knows."""
    if facts.service and "--region" not in finding.fix:
        finding = replace(finding, fix=OF_SERVICE.sub(_of_service(facts), finding.fix))
    if facts.service:
        finding = replace(finding, fix=NAMED.sub(lambda found: _named(facts, found), finding.fix))
    finding = replace(finding, fix=_with(facts.of_commands, finding.fix))
    if not finding.code.startswith("google-"):
        return finding
    return replace(
        finding,
        title=_with(facts.words, finding.title),
        message=_with(facts.words, finding.message),
        fix=_with(facts.words, finding.fix),
    )


def _with(words: Mapping[str, str], text: str) -> str:
    """A colon before it: part of a longer name, PROJECT:REGION:INSTANCE, which is somebody's own."""
    for word, known in words.items():
        if known:
            text = known.join(re.split(rf"(?<![\w:]){word}\b", text))
    return text


def _named(facts: Facts, command: re.Match[str]) -> str:
    region = command["region"] or (f" --region={facts.region}" if facts.region else "")
    project = command["project"] or (f" --project={facts.project}" if facts.project else "")
    return f"gcloud run services {command['verb']} {facts.service}{region}{project}"


def _of_service(facts: Facts) -> str:
    """The command on this service, at this place."""
    where = f" --region={facts.region}" if facts.region else ""
    where += f" --project={facts.project}" if facts.project else ""
    return rf"gcloud run services \g<verb> {facts.service}{where}"
