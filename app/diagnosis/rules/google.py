"""Google's errors, as gcloud, Cloud Build, Cloud Run and the APIs word them: which right, API, name or limit is missing.

The catalogue of texts: design.md's reference on Google Cloud. `evidence()` in gcp.errors gives API errors as one line.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping

from app.diagnosis.places import matching, nearest_first
from app.diagnosis.rule import Find, Hit, Rank, Rule
from app.model import Blame, Place

ROLES = {
    "run.": "roles/run.developer",
    "cloudbuild.": "roles/cloudbuild.builds.editor",
    "artifactregistry.repositories.uploadArtifacts": "roles/artifactregistry.writer",
    "artifactregistry.repositories.create": "roles/artifactregistry.admin",
    "artifactregistry.": "roles/artifactregistry.reader",
    "storage.objects.create": "roles/storage.objectCreator",
    "storage.objects.": "roles/storage.objectViewer",
    "storage.buckets.": "roles/storage.admin",
    "secretmanager.versions.access": "roles/secretmanager.secretAccessor",
    "serviceusage.services.enable": "roles/serviceusage.serviceUsageAdmin",
    "serviceusage.": "roles/serviceusage.serviceUsageConsumer",
    "iam.serviceaccounts.actas": "roles/iam.serviceAccountUser",
    "iam.serviceaccounts.getaccesstoken": "roles/iam.serviceAccountTokenCreator",
    "logging.": "roles/logging.viewer",
    "resourcemanager.": "roles/browser",
    "cloudsql.": "roles/cloudsql.client",
}
REGIONS = (
    "africa-south1 asia-east1 asia-east2 asia-northeast1 asia-northeast2 asia-northeast3 asia-south1 asia-south2 "
    "asia-southeast1 asia-southeast2 australia-southeast1 australia-southeast2 europe-central2 europe-north1 "
    "europe-southwest1 europe-west1 europe-west2 europe-west3 europe-west4 europe-west6 europe-west8 europe-west9 "
    "europe-west10 europe-west12 me-central1 me-west1 northamerica-northeast1 northamerica-northeast2 "
    "southamerica-east1 southamerica-west1 us-central1 us-east1 us-east4 us-east5 us-south1 us-west1 us-west2 "
    "us-west3 us-west4"
)


def asked(*keys: str) -> Find:
    """The line of servergem.yml (or of the service's own manifest) that asks for what Google refuses."""
    pattern = r"^\s+(?:" + "|".join(keys) + r")\s*:"
    return matching(pattern, "servergem.yml", "servergem.yaml", "service.yaml", "cloudbuild.yaml", "app.yaml")


def named(word: str) -> Find:
    """Wherever a configuration file names this very thing."""

    def find(hit: Hit) -> Place | None:
        names = (
            "servergem.yml",
            "cloudbuild.yaml",
            "cloudbuild.yml",
            "service.yaml",
            "app.yaml",
            "Dockerfile",
        )
        for path in nearest_first(hit, hit.files.named(*names)):
            if hit[word] and (line := hit.files.search(path, re.escape(hit[word]))):
                return hit.files.place(path, line)
        return None

    return find


def _permission(hit: Hit) -> Mapping[str, str]:
    name = hit["permission"] or hit["permission2"] or hit["permission3"]
    role = next(
        (r for prefix, r in ROLES.items() if name.lower().startswith(prefix.lower())),
        "a role that contains it",
    )
    resource = hit["resource"] or hit["resource2"]
    return {"name": name, "role": role, "on": f" on {resource}" if resource else ""}


def _account(hit: Hit) -> Mapping[str, str]:
    return {"account": hit["account"] or hit["account2"] or "SERVICE_ACCOUNT"}


def _api(hit: Hit) -> Mapping[str, str]:
    text = " ".join((hit.line, *hit.after(12)))
    api = re.search(
        r"\b([a-z]+)\.googleapis\.com",
        re.sub(
            r"console\.\S+?/api/|google\.rpc|type\.googleapis\.com|serviceusage\.googleapis\.com/\S*",
            " ",
            text,
        ),
    )
    project = re.search(r"project[ =/](?:#)?([\w:-]+)", text)
    return {
        "api": f"{api[1]}.googleapis.com" if api else (hit["title"] or "API"),
        "project": project[1] if project else "PROJECT_ID",
    }


def _region(hit: Hit) -> Mapping[str, str]:
    said = re.search(r"locations/([\w-]+)", hit.line)
    region = said[1] if said else hit["region"]
    near = difflib.get_close_matches(region, REGIONS.split(), 1)
    return {
        "region": region,
        "fix": f"Write {near[0]}."
        if near and near[0] != region
        else "Choose a region of Cloud Run that the project may use: gcloud run regions list.",
    }


def _rule(code: str, pattern: str, title: str, message: str, fix: str, *, read: Callable[[Hit], Mapping[str, str] | None] | None = None,
          place: Find | None = None, blame: Blame = Blame.YOU, rank: Rank = Rank.ROOT, link: str = "") -> Rule:  # fmt: skip
    return Rule(
        code=f"google-{code}",
        pattern=pattern,
        title=title,
        message=message,
        fix=fix,
        read=read,
        place=place,
        blame=blame,
        rank=rank,
        link=link,
        nowhere=True,
    )


RULES = (
    _rule(
        "act-as",
        r"(?i)Permission '(?P<permission>iam\.serviceaccounts\.actAs)' denied on (?:service account |resource )?(?P<account>\S+?@\S+?|\S+)(?: \(|\.?$)|caller does not have permission to act as service account (?P<account2>\S+)",
        "No right to act as {account}",
        "Permission 'iam.serviceaccounts.actAs' denied on service account {account}: whoever deploys has to be allowed to use it.",
        "gcloud iam service-accounts add-iam-policy-binding {account} --member=serviceAccount:DEPLOYER --role=roles/iam.serviceAccountUser",
        read=_account,
        link="https://cloud.google.com/iam/docs/service-account-permissions",
    ),
    _rule(
        "api-off",
        r"(?P<title>[\w ]+ API) has not been used in project (?P<of>\S+) before or it is disabled|reason[:=] ?['\"]?SERVICE_DISABLED|SERVICE_DISABLED",
        "The API {api} is off",
        "{api} has not been used in project {project} before or it is disabled (SERVICE_DISABLED).",
        "gcloud services enable {api} --project {project}",
        read=_api,
        link="https://console.cloud.google.com/apis/library",
    ),
    _rule(
        "billing",
        r"(?i)billing (?:account for project|must be enabled|to be enabled|is disabled)|requires billing to be enabled|BILLING_DISABLED|billing account for the owning project is disabled",
        "Billing is off for this project",
        "Google refuses because the project has no open billing account (BILLING_DISABLED).",
        "Link one: gcloud billing projects link PROJECT_ID --billing-account BILLING_ACCOUNT_ID",
        link="https://console.cloud.google.com/billing/linkedaccount",
    ),
    _rule(
        "location",
        r"Permission denied on 'locations/(?P<region>[\w-]+)' \(or it may not exist\)|The provided region was invalid|LOCATION_POLICY_VIOLATED",
        "The region {region} cannot be used",
        "Permission denied on 'locations/{region}': there is no such region, or the project may not use it.",
        "{fix}",
        read=_region,
        place=asked("region"),
        link="https://cloud.google.com/run/docs/locations",
    ),
    _rule(
        "source-denied",
        r"could not resolve source: .*?(?P<account>[\w.-]+@[\w.-]+) does not have (?P<permission>storage\.objects\.get) access",
        "{account} may not read the source",
        "could not resolve source: {account} lacks {permission}: projects made since 2024 give the default build account no roles.",
        "gcloud projects add-iam-policy-binding PROJECT_ID --member=serviceAccount:{account} --role=roles/cloudbuild.builds.builder",
        link="https://cloud.google.com/build/docs/cloud-build-service-account-updates",
    ),
    _rule(
        "permission",
        r"(?i)Permission ['\"]?(?P<permission>[a-z]+\.[\w.]+)['\"]? denied(?: (?:on|for) (?:resource )?['\"]?(?P<resource>[^'\" ]+)['\"]?)?|does not have (?P<permission2>[a-z]+\.[\w.]+) access|permission=(?P<permission3>\S+)",
        "{name} is denied",
        "Permission '{name}' denied{on}: the account that asks lacks {role}.",
        "gcloud projects add-iam-policy-binding PROJECT_ID --member=serviceAccount:ACCOUNT --role={role}",
        read=_permission,
        rank=Rank.CAUSE,
        link="https://console.cloud.google.com/iam-admin/iam",
    ),
    _rule(
        "caller",
        r"(?:PERMISSION_DENIED: )?The caller does not have permission|insufficient permission to execute the build",
        "Google denies this to the account that asks",
        "PERMISSION_DENIED: The caller does not have permission; Google does not say which one.",
        "Run servergem preflight: it names the permissions that are missing.",
        rank=Rank.CAUSE,
    ),
    _rule(
        "substitution",
        r"substitution key \"?(?P<name>\w+)\"? does not respect format|key \"(?P<name2>\w+)\" in the (?:template|substitution data) is not",
        "The substitution {name} is not valid",
        "invalid .substitutions field: {name} does not respect the format ^_[A-Z0-9_]+$ or is not matched in the template.",
        "Name it _{name} in cloudbuild.yaml and where it is used, or remove it.",
        read=lambda hit: {"name": (hit["name"] or hit["name2"])},
        place=named("name"),
        link="https://cloud.google.com/build/docs/configuring-builds/substitute-variable-values",
    ),
    _rule(
        "image-missing",
        r"Image '(?P<image>[^']+)' not found|Requested entity was not found\..*image (?P<image2>\S+)",
        "The image {image} is not there",
        "Image '{image}' not found: it was never pushed, or its tag was deleted.",
        "Build and push it first, and deploy it by digest.",
        read=lambda hit: {"image": hit["image"] or hit["image2"]},
    ),
    _rule(
        "repository-missing",
        r"name unknown: Repository \"(?P<name>[^\"]+)\" not found|Repository \"(?P<name2>[^\"]+)\" not found",
        "There is no Artifact Registry repository {name}",
        'name unknown: Repository "{name}" not found.',
        "gcloud artifacts repositories create {name} --repository-format=docker --location=REGION",
        read=lambda hit: {"name": hit["name"] or hit["name2"]},
    ),
    _rule(
        "cpu-quota",
        r"Quota violated: (?P<quota>\w+) requested: (?P<requested>\d+) allowed: (?P<allowed>\d+)|Max instances must be set to|maxScale may not exceed (?P<most>\d+)",
        "More is asked for than the region's quota allows",
        "Quota violated: {quota} requested: {requested} allowed: {allowed} {most}: instances times CPU and memory.",
        "Lower instances: {{max: …}} (or cpu, memory), or ask for more quota.",
        place=asked("instances", "max", "cpu", "memory"),
        link="https://console.cloud.google.com/iam-admin/quotas",
    ),
    _rule(
        "reserved-env",
        r"reserved env names were provided: (?P<name>[\w, ]+)",
        "{name} is set by Cloud Run itself",
        "The following reserved env names were provided: {name}.",
        "Remove {name} from env: Cloud Run sets it.",
        place=named("name"),
    ),
    _rule(
        "service-name",
        r"only lowercase, digits, and hyphens; must begin with letter",
        "A name breaks Cloud Run's rules",
        "Names are lower case letters, digits and hyphens, begin with a letter and have less than 50 characters.",
        "Rename the service.",
        place=asked("services", "name"),
    ),
    _rule(
        "cpu-concurrency",
        r"Total cpu < 1 is not supported with concurrency > 1",
        "Less than one CPU needs concurrency 1",
        "Total cpu < 1 is not supported with concurrency > 1.",
        "Write concurrency: 1 or cpu: 1.",
        place=asked("cpu", "concurrency"),
    ),
    _rule(
        "cloud-sql-name",
        r"Invalid cloud sql instance names: (?P<name>.+?)\. ",
        "The Cloud SQL instance {name} is not a connection name",
        "Invalid cloud sql instance names: {name}.",
        "Write PROJECT:REGION:INSTANCE.",
    ),
    _rule(
        "org-policy",
        r"(?P<constraint>constraints/[\w.]+)|do not belong to a permitted customer",
        "The organisation's policy forbids this",
        "The policy {constraint} refuses it.",
        "Ask the organisation's administrator, or choose what {constraint} allows.",
    ),
    _rule(
        "build-region",
        r"due to quota restrictions, cannot run builds in this region",
        "This project may not build in this region",
        "failed precondition: due to quota restrictions, cannot run builds in this region.",
        "Build in another region (SERVERGEM_REGION, region:), or ask Google's support for build quota.",
        place=asked("region"),
        link="https://cloud.google.com/build/docs/locations",
    ),
    _rule(
        "credentials",
        r"Your default credentials were not found|Reauthentication is needed|Unable to acquire impersonated credentials|credential is rejected by the attribute condition",
        "There are no credentials for Google",
        "Google's libraries found no valid credentials.",
        "On Cloud Run attach a service account; elsewhere use Workload Identity Federation; on your machine: gcloud auth application-default login.",
        link="https://cloud.google.com/docs/authentication/provide-credentials-adc",
    ),
    _rule(
        "project",
        r"CONSUMER_INVALID|RESOURCE_PROJECT_INVALID|Project '?(?P<project>[\w-]+)'? (?:not found|has been deleted)",
        "The project does not exist",
        "{project}: wrong or deleted project.",
        "Correct the project's id: gcloud projects list.",
    ),
    _rule(
        "rate",
        r"RATE_LIMIT_EXCEEDED|Quota exceeded for quota metric '(?P<metric>[^']+)'",
        "Google's rate limit is reached",
        "Quota exceeded for {metric}; this is not in your change.",
        "Run it again in a minute.",
        blame=Blame.GOOGLE,
    ),
    _rule(
        "unavailable",
        r"^google: (?P<code>UNAVAILABLE|DEADLINE_EXCEEDED|INTERNAL|UNKNOWN)\b.*?method=(?P<method>\S+) (?P<said>.*)",
        "Google answered {code} to {method}",
        "{said}",
        "Re-run this check: it is Google's trouble, not your change's. https://status.cloud.google.com",
        blame=Blame.GOOGLE,
        rank=Rank.CAUSE,
        link="https://status.cloud.google.com",
    ),
    _rule(
        "invalid-argument",
        r"(?:ERROR: \(gcloud[\w.-]*\) )?INVALID_ARGUMENT: (?P<said>.+)|^google: INVALID_ARGUMENT .*?method=\S+ (?P<said2>.+)",
        "Google refuses a value: {said}",
        "INVALID_ARGUMENT: {said}",
        "Correct the value that Google names.",
        read=lambda hit: {"said": hit["said"] or hit["said2"]},
        rank=Rank.CAUSE,
    ),
    _rule(
        "gcloud",
        r"^ERROR: \((?P<command>gcloud[\w.-]*)\) (?P<said>.+)",
        "{said}",
        "{command}: {said}",
        "Read what gcloud says and correct it.",
        rank=Rank.SYMPTOM,
        blame=Blame.UNKNOWN,
    ),
)
