"""Google's predefined roles as lists of permissions, as far as something here asks for them.

What a role holds: https://cloud.google.com/iam/docs/roles-permissions; of each product:
https://cloud.google.com/run/docs/reference/iam/roles, https://cloud.google.com/build/docs/iam-roles-permissions,
https://cloud.google.com/artifact-registry/docs/access-control, https://cloud.google.com/storage/docs/access-control/iam-roles,
https://cloud.google.com/secret-manager/docs/access-control, https://cloud.google.com/logging/docs/access-control,
https://cloud.google.com/service-usage/docs/access-control,
https://cloud.google.com/iam/docs/roles-permissions/cloudscheduler
"""

from __future__ import annotations


def _each(prefix: str, names: str) -> frozenset[str]:
    return frozenset(f"{prefix}.{name}" for name in names.split())


_RUN_LOOK = (
    _each("run.services", "get list getIamPolicy")
    | _each("run.revisions", "get list")
    | _each("run.jobs", "get list getIamPolicy")
    | _each("run.executions", "get list")
    | _each("run.workerpools", "get list")
    | _each("run.operations", "get list")
)
# Neither may open a service to everybody: run.services.setIamPolicy is the administrator's.
_RUN_DEVELOP = (
    _RUN_LOOK
    | _each("run.services", "create update delete")
    | _each("run.revisions", "delete")
    | _each("run.jobs", "create update delete run")
    | _each("run.executions", "cancel delete")
    | _each("run.workerpools", "create update delete")
)
_RUN_INVOKE = _each("run", "routes.invoke jobs.run")
_RUN_ADMIN = (
    _RUN_DEVELOP | _RUN_INVOKE | _each("run", "services.setIamPolicy jobs.setIamPolicy operations.delete")
)

_PULL = (
    _each("artifactregistry.repositories", "get list downloadArtifacts")
    | _each("artifactregistry.tags", "get list")
    | _each("artifactregistry.dockerimages", "get list")
    | _each("artifactregistry.versions", "get list")
)
_PUSH = _PULL | _each("artifactregistry", "repositories.uploadArtifacts tags.create tags.update")
_REGISTRY_REPOSITORY = _PUSH | _each(
    "artifactregistry", "repositories.deleteArtifacts tags.delete versions.delete packages.delete"
)
_REGISTRY_ADMIN = _REGISTRY_REPOSITORY | _each(
    "artifactregistry.repositories", "create update delete getIamPolicy setIamPolicy"
)

_OBJECTS = _each("storage.objects", "create delete get list update")
_BUCKETS = _each("storage.buckets", "create delete get list update getIamPolicy setIamPolicy")
_BUILDS = _each(
    "cloudbuild", "builds.create builds.get builds.list builds.update operations.get operations.list"
)
_BUILDS_LOOK = _each("cloudbuild", "builds.get builds.list operations.get operations.list")
_ACCOUNTS = _each("iam.serviceAccounts", "create delete get list update getIamPolicy setIamPolicy")
_SECRETS = (
    _each("secretmanager.secrets", "create delete get list update getIamPolicy setIamPolicy")
    | _each("secretmanager.versions", "access add destroy disable enable get list")
)  # fmt: skip
_SCHEDULES = _each("cloudscheduler.jobs", "create delete enable get list pause run update")
_APIS_LOOK = _each("serviceusage.services", "get list")
_APIS_SWITCH = _each("serviceusage", "services.enable services.disable services.use")
_APIS_SWITCH |= _each("serviceusage.operations", "cancel delete get list")
_PROJECT_POLICY = _each("resourcemanager.projects", "get getIamPolicy setIamPolicy")

_VIEW = (
    _RUN_LOOK
    | _PULL
    | _APIS_LOOK
    | _BUILDS_LOOK
    | _each("storage.buckets", "list")
    | _each("iam.serviceAccounts", "get list")
    | _each("secretmanager.secrets", "get list getIamPolicy")
    | _each("secretmanager.versions", "get list")
    | _each("logging.logEntries", "list")
    | _each("resourcemanager.projects", "get")
    | _each("run.domainmappings", "get list")
)
# An editor reads no secret's value, changes no policy and opens no service; it may act as any account.
_EDIT = (
    (_VIEW | _RUN_DEVELOP | _RUN_INVOKE | _REGISTRY_REPOSITORY | _BUILDS | _APIS_LOOK | _SCHEDULES)
    | _each("artifactregistry.repositories", "create update delete")
    | _each("storage.buckets", "create delete list")
    | _each("iam.serviceAccounts", "actAs create delete get list update")
    | _APIS_SWITCH
    | _each("logging.logEntries", "create list")
    | _each("aiplatform.endpoints", "predict")
    # No role of Cloud Run's holds them, "roles/run.admin" neither; see the page of its roles above.
    | _each("run.domainmappings", "create delete get list")
    | _each("resourcemanager.projects", "get getIamPolicy")
)
_OWN = (
    _EDIT | _RUN_ADMIN | _REGISTRY_ADMIN | _ACCOUNTS | _SECRETS | _PROJECT_POLICY
    | _each("iam.roles", "create update get list delete")
)  # fmt: skip

PREDEFINED: dict[str, frozenset[str]] = {
    "roles/owner": _OWN,
    "roles/editor": _EDIT,
    "roles/viewer": _VIEW,
    "roles/browser": _each("resourcemanager.projects", "get getIamPolicy"),
    "roles/resourcemanager.projectIamAdmin": _PROJECT_POLICY,
    "roles/iam.securityReviewer": frozenset(
        name for name in _OWN | _BUCKETS if name.endswith((".list", ".getIamPolicy"))
    ),
    "roles/iam.serviceAccountUser": _each("iam.serviceAccounts", "actAs get list"),
    "roles/iam.serviceAccountTokenCreator": _each("iam.serviceAccounts", "getAccessToken getOpenIdToken"),
    "roles/iam.serviceAccountOpenIdTokenCreator": _each("iam.serviceAccounts", "getOpenIdToken"),
    "roles/iam.serviceAccountCreator": _each("iam.serviceAccounts", "create get list"),
    # It makes accounts and says who may act as them, and may not act as one itself.
    "roles/iam.serviceAccountAdmin": _ACCOUNTS,
    "roles/run.viewer": _RUN_LOOK,
    "roles/run.developer": _RUN_DEVELOP,
    "roles/run.admin": _RUN_ADMIN,
    "roles/run.invoker": _RUN_INVOKE,
    "roles/run.builder": _each(
        "artifactregistry.repositories", "deleteArtifacts downloadArtifacts uploadArtifacts"
    )
    | _each("logging.logEntries", "create")
    | _each("storage.objects", "get"),
    "roles/run.serviceAgent": _PULL
    | _each("iam.serviceAccounts", "getAccessToken getOpenIdToken signBlob")
    | _each("logging.logEntries", "create")
    | _each("storage.objects", "get list"),
    "roles/cloudbuild.builds.viewer": _BUILDS_LOOK,
    "roles/cloudbuild.builds.editor": _BUILDS,
    "roles/cloudbuild.builds.builder": _BUILDS
    | _PUSH
    | _OBJECTS
    | _each("logging.logEntries", "create list")
    | _each("storage.buckets", "create get list"),
    "roles/artifactregistry.reader": _PULL,
    "roles/artifactregistry.writer": _PUSH,
    "roles/artifactregistry.repoAdmin": _REGISTRY_REPOSITORY,
    "roles/artifactregistry.admin": _REGISTRY_ADMIN,
    "roles/storage.bucketViewer": _each("storage.buckets", "get list"),
    "roles/storage.objectViewer": _each("storage.objects", "get list"),
    "roles/storage.objectCreator": _each("storage.objects", "create"),
    "roles/storage.objectUser": _OBJECTS,
    "roles/storage.objectAdmin": _OBJECTS | _each("storage.objects", "getIamPolicy setIamPolicy"),
    "roles/storage.admin": _OBJECTS | _BUCKETS,
    "roles/storage.legacyBucketOwner": _each("storage.buckets", "get getIamPolicy setIamPolicy update")
    | _each("storage.objects", "create delete list"),
    "roles/storage.legacyBucketReader": _each("storage", "buckets.get objects.list"),
    "roles/storage.legacyObjectOwner": _each("storage.objects", "get getIamPolicy setIamPolicy update"),
    "roles/storage.legacyObjectReader": _each("storage.objects", "get"),
    "roles/cloudscheduler.admin": _SCHEDULES | _each("resourcemanager.projects", "get"),
    "roles/cloudscheduler.viewer": _each("cloudscheduler.jobs", "get list"),
    "roles/cloudscheduler.jobRunner": _each("cloudscheduler.jobs", "run"),
    "roles/aiplatform.user": _each("aiplatform.endpoints", "predict"),
    "roles/logging.viewer": _each("logging.logEntries", "list"),
    "roles/logging.logWriter": _each("logging.logEntries", "create"),
    "roles/secretmanager.secretAccessor": _each("secretmanager.versions", "access"),
    "roles/secretmanager.viewer": _each("secretmanager.secrets", "get list getIamPolicy")
    | _each("secretmanager.versions", "get list"),
    "roles/secretmanager.admin": _SECRETS,
    "roles/serviceusage.serviceUsageConsumer": _APIS_LOOK | _each("serviceusage.services", "use"),
    "roles/serviceusage.serviceUsageAdmin": _APIS_LOOK | _APIS_SWITCH,
}
