"""Facts that ServerGem knows of a deployment, put into commands where a rule could only write a word for them."""

from __future__ import annotations

import re
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
        }


# A command about the service itself, as rules write it that know neither its name nor where it is.
OF_SERVICE = re.compile(
    r"gcloud run services (?P<verb>update-traffic|update|logs read)(?: SERVICE\b)?(?= --| shows)"
)


def filled(finding: Finding, facts: Facts) -> Finding:
    """The finding with everything in it that ServerGem knows."""
    if facts.service and "--region" not in finding.fix:
        finding = replace(finding, fix=OF_SERVICE.sub(_of_service(facts), finding.fix))
    if not finding.code.startswith("google-"):
        return finding
    return replace(
        finding,
        title=_with(facts, finding.title),
        message=_with(facts, finding.message),
        fix=_with(facts, finding.fix),
    )


def _with(facts: Facts, text: str) -> str:
    for word, known in facts.words.items():
        if known:
            text = known.join(re.split(rf"(?<!\w){word}\b", text))
    return text


def _of_service(facts: Facts) -> str:
    """The command on this service, at this place."""
    where = f" --region={facts.region}" if facts.region else ""
    where += f" --project={facts.project}" if facts.project else ""
    return rf"gcloud run services \g<verb> {facts.service}{where}"
