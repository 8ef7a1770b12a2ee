"""What a log says of the Google Cloud it is about: project, region, account, service, image; and rows that use it.

A command in a fix has these names in it. What the log does not say stays a word in capitals (PROJECT_ID, REGION,
ACCOUNT, SERVICE): `app.diagnosis.facts` fills in what ServerGem knows itself, a person the rest.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping

from app.diagnosis.paths import nearest_first
from app.diagnosis.places import matching
from app.diagnosis.rule import Find, Hit, Rank, Rule
from app.model import Blame, Place

# https://cloud.google.com/run/docs/locations
REGIONS = (
    "africa-south1 asia-east1 asia-east2 asia-northeast1 asia-northeast2 asia-northeast3 asia-south1 "
    "asia-south2 asia-southeast1 asia-southeast2 australia-southeast1 australia-southeast2 europe-central2 "
    "europe-north1 europe-southwest1 europe-west1 europe-west2 europe-west3 europe-west4 europe-west6 "
    "europe-west8 europe-west9 europe-west10 europe-west12 me-central1 me-west1 northamerica-northeast1 "
    "northamerica-northeast2 southamerica-east1 southamerica-west1 us-central1 us-east1 us-east4 us-east5 "
    "us-south1 us-west1 us-west2 us-west3 us-west4 "
)

# The least role with the permission; https://cloud.google.com/iam/docs/roles-permissions
ROLES = {
    "run.services.setIamPolicy": "roles/run.admin",
    "run.services.getIamPolicy": "roles/run.admin",
    "run.routes.invoke": "roles/run.invoker",
    "run.": "roles/run.developer",
    "cloudbuild.": "roles/cloudbuild.builds.editor",
    "artifactregistry.repositories.uploadArtifacts": "roles/artifactregistry.writer",
    "artifactregistry.repositories.create": "roles/artifactregistry.admin",
    "artifactregistry.packages.delete": "roles/artifactregistry.repoAdmin",
    "artifactregistry.versions.delete": "roles/artifactregistry.repoAdmin",
    "artifactregistry.tags.delete": "roles/artifactregistry.repoAdmin",
    "artifactregistry.": "roles/artifactregistry.reader",
    "storage.objects.create": "roles/storage.objectCreator",
    "storage.objects.delete": "roles/storage.objectUser",
    "storage.objects.": "roles/storage.objectViewer",
    "storage.buckets.": "roles/storage.admin",
    "secretmanager.versions.access": "roles/secretmanager.secretAccessor",
    "serviceusage.services.enable": "roles/serviceusage.serviceUsageAdmin",
    "serviceusage.": "roles/serviceusage.serviceUsageConsumer",
    "iam.serviceaccounts.actas": "roles/iam.serviceAccountUser",
    "iam.serviceaccounts.getaccesstoken": "roles/iam.serviceAccountTokenCreator",
    "logging.logEntries.create": "roles/logging.logWriter",
    "logging.": "roles/logging.viewer",
    "resourcemanager.": "roles/browser",
    "cloudsql.": "roles/cloudsql.client",
    "vpcaccess.": "roles/vpcaccess.user",
    "compute.subnetworks.use": "roles/compute.networkUser",
    "cloudkms.": "roles/cloudkms.cryptoKeyEncrypterDecrypter",
}

_PROJECT = re.compile(
    r"(?:projects/|namespaces/|-docker\.pkg\.dev/|\bgcr\.io/|[?&]project=|--project[= ]|[Pp]roject[ =:]\[?#?[\"']?)"
    r"(?P<name>(?:[\w-]+\.[\w.-]+:)?[A-Za-z0-9][\w-]{3,60})|@(?P<owner>[a-z][\w-]{4,40})\.iam\.gserviceaccount"
)
# Words that follow "project" in a sentence, and Google's own images.
_NO_PROJECT = frozenset(
    {"before", "must", "that", "with", "level", "cloud-builders", "cloud-marketplace", "google-samples",
     "serverless-robot-prod"}
)  # fmt: skip
_REGION = re.compile(
    r"\b(?:africa|asia|australia|europe|me|northamerica|southamerica|us)-[a-z]+\d{1,2}(?![\w]|\.\w)"
)
_ACCOUNT = re.compile(r"[\w.-]+@[\w.-]+\.gserviceaccount\.com")
_SERVICE = re.compile(
    r"(?:services/|[Ss]ervice \[|service ['\"])(?P<name>[a-z][a-z0-9-]{0,62})(?![\w.@-]*googleapis)"
)
_REPOSITORY = re.compile(r"repositories/(?P<name>[\w-]+)|-docker\.pkg\.dev/[\w:.-]+/(?P<name2>[\w-]+)")
LINES_AROUND = 12


def names(hit: Hit) -> dict[str, str]:
    """The words `project`, `region`, `account`, `service` and `repository`: of the line, else of those around it."""
    near = [hit.line, *hit.after(LINES_AROUND), *hit.before(LINES_AROUND)]
    found = {
        "project": _first(_PROJECT, near) or "PROJECT_ID",
        "region": _first(_REGION, near) or "REGION",
        "account": _first(_ACCOUNT, near[:1]) or "ACCOUNT",
        "service": _first(_SERVICE, near) or "SERVICE",
        "repository": _first(_REPOSITORY, near) or "REPOSITORY",
    }
    return {name: hit[name] or value for name, value in found.items()}


def _first(pattern: re.Pattern[str], lines: list[str]) -> str:
    for line in lines:
        for match in pattern.finditer(line):
            word = next((group for group in match.groups() if group), match[0])
            if word not in _NO_PROJECT:
                return word
    return ""


def role_of(permission: str) -> str:
    """The least role that contains the permission; a sentence's words where none is known."""
    lower = permission.lower()
    return next(
        (role for prefix, role in ROLES.items() if lower.startswith(prefix.lower())),
        "a role that contains it",
    )


def region_fix(hit: Hit) -> Mapping[str, str]:
    """The region that was refused, and the one that was probably meant."""
    said = re.search(r"locations/([\w-]+)", hit.line)
    region = said[1] if said else hit["region"]
    near = difflib.get_close_matches(region, REGIONS.split(), 1)
    if near and near[0] != region:
        return {"region": region, "fix": f"Write {near[0]}."}
    return {
        "region": region,
        "fix": "Choose a region of Cloud Run that the project may use: gcloud run regions list.",
    }


def asked(*keys: str) -> Find:
    """The line of servergem.yml (or of the service's own manifest) that asks for what Google refuses."""
    pattern = r"^\s*(?:- )?(?:" + "|".join(keys) + r")\s*:"
    return matching(pattern, "servergem.yml", "servergem.yaml", "service.yaml", "cloudbuild.yaml", "app.yaml")


def named(word: str) -> Find:
    """Wherever a configuration file names this very thing."""
    files = ("servergem.yml", "cloudbuild.yaml", "cloudbuild.yml", "service.yaml", "app.yaml", "Dockerfile")

    def find(hit: Hit) -> Place | None:
        for path in nearest_first(hit, hit.files.named(*files)):
            if hit[word] and (line := hit.files.search(path, re.escape(hit[word]))):
                return hit.files.place(path, line)
        return None

    return find


Words = Callable[[Hit], "Mapping[str, str] | None"]


def google(
    code: str,
    pattern: str,
    title: str,
    message: str,
    fix: str,
    *,
    read: Words | None = None,
    place: Find | None = None,
    blame: Blame = Blame.YOU,
    rank: Rank = Rank.ROOT,
    link: str = "",
) -> Rule:
    """A row about Google: `names` are there for its templates, and it is nobody's Dockerfile."""

    def words(hit: Hit) -> Mapping[str, str] | None:
        own = read(hit) if read else {}
        return None if own is None else {**names(hit), **own}

    return Rule(
        code=f"google-{code}",
        pattern=pattern,
        title=title,
        message=message,
        fix=fix,
        read=words,
        place=place,
        blame=blame,
        rank=rank,
        link=link,
        nowhere=True,
    )
