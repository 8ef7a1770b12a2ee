"""What Google prints when it refuses, text by text: the cause, whose fault it is, and a command with the real names."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from app.diagnosis import Files, diagnose
from app.model import Blame

YOU, GOOGLE, SERVERGEM, UNKNOWN = Blame.YOU, Blame.GOOGLE, Blame.SERVERGEM, Blame.UNKNOWN
AGENT = "service-4711@serverless-robot-prod.iam.gserviceaccount.com"
REPOSITORY = "projects/lime-shop/locations/europe-west1/repositories/apps"
IMAGE = "europe-west1-docker.pkg.dev/lime-shop/apps/web"


@dataclass(frozen=True)
class Row:
    """One text, and what a person has to be told: every word of `says` stands in title, message or fix."""

    name: str
    text: str
    code: str
    says: str
    blame: Blame = YOU


ROWS = (
    # Credentials and the project
    Row("no-credentials", "google.auth.exceptions.DefaultCredentialsError: Your default credentials were not found. To set up Application Default Credentials, see https://cloud.google.com/docs/authentication/external/set-up-adc for more information.", "google-credentials", "gcloud auth application-default login"),
    Row("log-in-again", "google.auth.exceptions.RefreshError: Reauthentication is needed. Please run `gcloud auth application-default login` to reauthenticate.", "google-credentials", "gcloud auth application-default login"),
    Row("token-expired", "google: UNAUTHENTICATED reason=ACCESS_TOKEN_EXPIRED service=run.googleapis.com method=Services.GetService Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.", "google-token", "clock", UNKNOWN),
    Row("scopes", "google: PERMISSION_DENIED reason=ACCESS_TOKEN_SCOPE_INSUFFICIENT service=cloudbuild.googleapis.com method=CloudBuild.CreateBuild Request had insufficient authentication scopes.", "google-scopes", "--scopes=cloud-platform"),
    Row("federation-role", "google: PERMISSION_DENIED reason=IAM_PERMISSION_DENIED permission=iam.serviceAccounts.getAccessToken method=GenerateAccessToken Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).", "google-impersonation", "roles/iam.workloadIdentityUser"),
    Row("federation-condition", "failed to generate Google Cloud federated token for projects/4711: {\"error\":\"unauthorized_client\",\"error_description\":\"The given credential is rejected by the attribute condition.\"}", "google-federation", "gcloud iam workload-identity-pools providers describe"),
    Row("impersonation", "google.auth.exceptions.RefreshError: ('Unable to acquire impersonated credentials', '{ \"error\": { \"code\": 403, \"message\": \"Permission \\'iam.serviceAccounts.getAccessToken\\' denied on resource (or it may not exist).\" } }')", "google-impersonation", "serviceAccountTokenCreator"),
    Row("quota-project", "google: PERMISSION_DENIED reason=USER_PROJECT_DENIED service=run.googleapis.com method=Services.ListServices Caller does not have required permission to use project lime-shop.", "google-quota-project", "gcloud projects add-iam-policy-binding lime-shop;serviceUsageConsumer"),
    Row("service-use", "Permission 'serviceusage.services.use' denied on resource 'projects/lime-shop'", "google-permission", "roles/serviceusage.serviceUsageConsumer;lime-shop"),
    Row("wrong-project", "google: PERMISSION_DENIED reason=CONSUMER_INVALID method=Services.GetService Project 'lime-shopp' not found or deleted.", "google-project", "lime-shopp;gcloud projects list"),
    Row("suspended", "google: PERMISSION_DENIED reason=CONSUMER_SUSPENDED method=Services.GetService Permission denied: Consumer 'projects/lime-shop' has been suspended.", "google-suspended", "lime-shop"),
    Row("caller", "google: PERMISSION_DENIED method=CloudBuild.CreateBuild The caller does not have permission", "google-caller", "roles/cloudbuild.builds.editor;servergem preflight"),
    # APIs and billing
    Row("api-off", "google: PERMISSION_DENIED reason=SERVICE_DISABLED service=run.googleapis.com method=Services.GetService Cloud Run Admin API has not been used in project lime-shop before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/run.googleapis.com/overview?project=lime-shop then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.", "google-api-off", "gcloud services enable run.googleapis.com --project lime-shop"),
    Row("service-usage-off", "Service Usage API has not been used in project 4711 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/serviceusage.googleapis.com/overview?project=4711 then retry.", "google-api-off", "--project 4711"),
    Row("enable-denied", "ERROR: (gcloud.services.enable) PERMISSION_DENIED: Permission denied to enable service [run.googleapis.com]", "google-enable-denied", "gcloud services enable run.googleapis.com;serviceUsageAdmin"),
    Row("no-billing", "ERROR: (gcloud.services.enable) FAILED_PRECONDITION: Billing account for project '4711' is not found. Billing must be enabled for activation of service(s) 'run.googleapis.com,artifactregistry.googleapis.com' to proceed.", "google-billing", "gcloud billing projects link 4711"),
    Row("billing-method", "This API method requires billing to be enabled. Please enable billing on project #lime-shop by visiting https://console.developers.google.com/billing/enable?project=lime-shop then retry.", "google-billing", "gcloud billing projects link lime-shop"),
    Row("billing-bucket", "The billing account for the owning project is disabled in state absent", "google-billing", "gcloud billing projects link"),
    Row("billing-limit", "You have reached the limit of projects on which you can enable billing. You can request more", "google-billing-limit", "unlink"),
    # The bucket of the source
    Row("bucket-taken", "409 The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.", "google-bucket-name", "gcloud storage buckets create"),
    Row("bucket-ours", "409 Your previous request to create the named bucket succeeded and you already own it.", "google-bucket-yours", "gcloud storage buckets describe"),
    Row("bucket-elsewhere", "The bucket [run-sources-lime-shop-europe-west1] already exists in another project.", "google-bucket-name", "gcloud storage buckets create"),
    Row("bucket-denied", "403 builder@lime-shop.iam.gserviceaccount.com does not have storage.objects.create access to the Google Cloud Storage object. Permission 'storage.objects.create' denied on resource (or it may not exist).", "google-permission", "gcloud projects add-iam-policy-binding lime-shop --member=serviceAccount:builder@lime-shop.iam.gserviceaccount.com --role=roles/storage.objectCreator"),
    Row("bucket-location", "412 'us' violates constraint 'constraints/gcp.resourceLocations'", "google-org-policy", "gcloud org-policies describe constraints/gcp.resourceLocations"),
    Row("upload-damaged", "google.resumable_media.common.InvalidResponse: ('Response metadata had no ``crc32c`` value; checksum could not be validated.',)", "google-upload-damaged", "again", GOOGLE),
    Row("storage-down", "google: UNAVAILABLE method=storage.objects.insert ConnectionError: ('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))", "google-unavailable", "Re-run", GOOGLE),
    # Artifact Registry
    Row("no-repository", "google: NOT_FOUND method=ArtifactRegistry.GetRepository Requested entity was not found.", "google-not-found", "ArtifactRegistry.GetRepository"),
    Row("repository-get", f"ERROR: (gcloud.run.deploy) PERMISSION_DENIED: Permission 'artifactregistry.repositories.get' denied on resource '//artifactregistry.googleapis.com/{REPOSITORY}' (or it may not exist).", "google-permission", "roles/artifactregistry.reader;lime-shop"),
    Row("push-denied", f'denied: Permission "artifactregistry.repositories.uploadArtifacts" denied on resource "{REPOSITORY}" (or it may not exist)', "google-push-denied", "gcloud artifacts repositories add-iam-policy-binding apps --location=europe-west1 --project=lime-shop;roles/artifactregistry.writer"),
    Row("repository-unknown", 'name unknown: Repository "apps" not found', "google-repository-missing", "gcloud artifacts repositories create apps"),
    Row("image-path", "NAME_INVALID: Missing image name. Pushes should be of the form docker push HOST-NAME/PROJECT-ID/REPOSITORY/IMAGE", "google-image-path", "-docker.pkg.dev/"),
    Row("token-exchange", "DENIED: Token exchange failed for project 'lime-shop'. Org Policy Violated: 'us' violates constraint 'constraints/gcp.resourceLocations'", "google-org-policy", "--project=lime-shop"),
    # Builds
    Row("build-act-as", "ERROR: (gcloud.builds.submit) PERMISSION_DENIED: caller does not have permission to act as service account projects/lime-shop/serviceAccounts/builder@lime-shop.iam.gserviceaccount.com", "google-act-as", "roles/iam.serviceAccountUser"),
    Row("build-logs", "google: INVALID_ARGUMENT method=CloudBuild.CreateBuild if 'build.service_account' is specified, the build must either (a) specify 'build.logs_bucket', (b) use the REGIONAL_USER_OWNED_BUCKET build.options.default_logs_bucket_behavior option, or (c) use either CLOUD_LOGGING_ONLY / NONE logging options", "google-build-logs", "CLOUD_LOGGING_ONLY"),
    Row("source-denied", "google: INVALID_ARGUMENT method=CloudBuild.CreateBuild Invalid build request. could not resolve source: googleapi: Error 403: 4711-compute@developer.gserviceaccount.com does not have storage.objects.get access to the Google Cloud Storage object. Permission 'storage.objects.get' denied on resource (or it may not exist)., forbidden", "google-source-denied", "--member=serviceAccount:4711-compute@developer.gserviceaccount.com --role=roles/cloudbuild.builds.builder"),
    Row("build-account", 'ERROR: service account "4711@cloudbuild.gserviceaccount.com" has insufficient permission to execute the build on project "lime-shop"', "google-account-roles", "gcloud projects add-iam-policy-binding lime-shop --member=serviceAccount:4711@cloudbuild.gserviceaccount.com --role=roles/cloudbuild.builds.builder"),
    Row("build-account-missing", "ERROR: (gcloud.run.deploy) Build service account builder@lime-shop.iam.gserviceaccount.com does not exist.", "google-account-missing", "gcloud iam service-accounts enable builder@lime-shop.iam.gserviceaccount.com --project=lime-shop"),
    Row("build-region", "google: FAILED_PRECONDITION method=CloudBuild.CreateBuild failed precondition: due to quota restrictions, cannot run builds in this region. Please contact support", "google-build-region", "--region=global"),
    Row("build-expired", 'ERROR: (gcloud.builds.submit) build 1f completed with status "EXPIRED"', "google-build-expired", "quotas", GOOGLE),
    Row("polling", "google: RESOURCE_EXHAUSTED reason=RATE_LIMIT_EXCEEDED service=cloudbuild.googleapis.com method=CloudBuild.GetBuild quota=GetRequestsPerMinutePerProject allows 75 Quota exceeded for quota metric 'Build and Operation Get requests' and limit 'Build and Operation Get requests per minute' of service 'cloudbuild.googleapis.com' for consumer 'project_number:4711'.", "google-rate", "again", GOOGLE),
    Row("a quota of nought", "google: RESOURCE_EXHAUSTED reason=RATE_LIMIT_EXCEEDED service=run.googleapis.com method=Jobs.RunJob quota=RequestsPerMinutePerProject allows 0 Quota exceeded for quota metric 'Requests' and limit 'Requests per minute' of service 'run.googleapis.com' for consumer 'project_number:4711'.", "google-quota", "ask for more"),
    Row("a quota of the day", "google: RESOURCE_EXHAUSTED reason=RATE_LIMIT_EXCEEDED method=Jobs.RunJob quota=RequestsPerDayPerProject allows 500 Quota exceeded for quota metric 'Requests' and limit 'Requests per day' of service 'run.googleapis.com' for consumer 'project_number:4711'.", "google-quota", "ask for more"),
    Row("a hundred accounts", "google: RESOURCE_EXHAUSTED method=IAM.CreateServiceAccount Maximum number of service accounts on project reached.", "google-quota", "ask for more"),
    Row("build-timeout", 'Step #0: Compiling serde v1.0.219\nTIMEOUT\nERROR: context deadline exceeded', "google-build-timeout", "timeout: 1800s"),
    Row("gcloud-timeout", 'ERROR: (gcloud.builds.submit) build 1f completed with status "TIMEOUT"', "google-build-timeout", "--timeout=1800s"),
    Row("build-memory", 'ERROR: build step 0 "gcr.io/cloud-builders/docker" failed: step exited with non-zero status: 137', "machine-out-of-memory", "E2_HIGHCPU_8"),
    Row("source-fetch", "AccessDeniedException: 403 4711@cloudbuild.gserviceaccount.com does not have storage.objects.list access to the Google Cloud Storage bucket.", "google-source-fetch", "--member=serviceAccount:4711@cloudbuild.gserviceaccount.com --role=roles/storage.objectViewer"),
    Row("source-fetch-status", "FETCH_SOURCE_FAILED: generic::permission_denied", "google-source-fetch", "roles/storage.objectViewer"),
    Row("image-not-built", f'ERROR: failed to find one or more images after execution of build steps: ["{IMAGE}:1f"]', "google-images-not-built", f"docker build -t {IMAGE}:1f"),
    Row("push-retries", "ERROR: failed to push because we ran out of retries.", "google-push-failed", "again", UNKNOWN),
    Row("logging-failure", "LOGGING_FAILURE: the build's log could not be written", "google-build-broken", "gcloud builds retry", GOOGLE),
    Row("internal", 'ERROR: (gcloud.builds.submit) build 1f completed with status "INTERNAL_ERROR"', "google-build-broken", "gcloud builds retry", GOOGLE),
    Row("no-dockerfile", "unable to prepare context: unable to evaluate symlinks in Dockerfile path: lstat /workspace/Dockerfile: no such file or directory", "dockerfile-missing", "Dockerfile"),
    Row("build-secret", "failed to access secret version for secret projects/lime-shop/secrets/NPM_TOKEN/versions/latest: rpc error: code = PermissionDenied desc = Permission 'secretmanager.versions.access' denied for resource 'projects/lime-shop/secrets/NPM_TOKEN/versions/latest' (or it may not exist).", "google-build-secret", "gcloud secrets add-iam-policy-binding NPM_TOKEN --project=lime-shop;roles/secretmanager.secretAccessor"),
    Row("docker-hub", "429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit", "docker-rate-limit", "mirror.gcr.io", UNKNOWN),
    Row("worker-pool", "google: RESOURCE_EXHAUSTED method=CloudBuild.CreateWorkerPool project 4711 has insufficient quota to create a new worker pool", "google-worker-pool", "default pool"),
    Row("submit-build", "google: NOT_FOUND method=Builds.SubmitBuild Requested entity was not found.", "google-not-found", "Builds.SubmitBuild"),
    Row("log-stream", "ERROR: (gcloud.builds.submit) The build is running, and logs are being written to the default logs bucket. This tool can only stream logs if you are Viewer/Owner of the project and, if applicable, allowed by your VPC-SC security policy. The default logs bucket is always outside any VPC-SC security perimeter.", "google-log-stream", "CLOUD_LOGGING_ONLY"),
    Row("cancelled", 'ERROR: (gcloud.builds.submit) build 1f completed with status "CANCELLED"', "google-build-cancelled", "CancelBuild", UNKNOWN),
    # Cloud Run: the request
    Row("run-denied", "ERROR: (gcloud.run.deploy) PERMISSION_DENIED: Permission 'run.services.get' denied on resource 'namespaces/lime-shop/services/web' (or resource may not exist).", "google-permission", "gcloud projects add-iam-policy-binding lime-shop;roles/run.developer"),
    Row("act-as", "ERROR: (gcloud.run.deploy) PERMISSION_DENIED: Permission 'iam.serviceaccounts.actAs' denied on service account 4711-compute@developer.gserviceaccount.com (or it may not exist).", "google-act-as", "gcloud iam service-accounts add-iam-policy-binding 4711-compute@developer.gserviceaccount.com;roles/iam.serviceAccountUser"),
    Row("agent-token", f"Google Cloud Run Service Agent does not have permission to get access tokens for the service account web@other-shop.iam.gserviceaccount.com. Please give {AGENT} permission iam.serviceAccounts.getAccessToken on the service account.", "google-agent-token", f"add-iam-policy-binding web@other-shop.iam.gserviceaccount.com --member=serviceAccount:{AGENT}"),
    Row("image-denied", f"Google Cloud Run Service Agent {AGENT} must have permission to read the image, {IMAGE}. Ensure that the provided container image URL is correct and that the above account has permission to access the image. If you just enabled the Cloud Run API, the permissions might take a few minutes to propagate. Note that the image is from project [lime-shop], which is not the same as this project [other-shop].", "google-image-denied", f"gcloud artifacts repositories add-iam-policy-binding apps --location=europe-west1 --project=lime-shop --member=serviceAccount:{AGENT}"),
    Row("image-caller", f"google: PERMISSION_DENIED method=Services.CreateService User does not have access to image {IMAGE}", "google-image-denied", "roles/artifactregistry.reader"),
    Row("service-name", "Violation in CreateServiceRequest.service_id: only lowercase, digits, and hyphens; must begin with letter, and cannot end with hyphen; must be less than 50 characters.", "google-service-name", "Rename"),
    Row("revision-name", "spec.template.metadata.name: only lowercase, digits, and hyphens; must begin with letter, and may not end with hyphen; must be less than 64 characters.", "google-revision-name", "64"),
    Row("tag-long", "google: INVALID_ARGUMENT method=Services.UpdateService spec.traffic.tag: traffic tag 'feature-long-branch-name-for-preview' and service name 'storefront-web' together are too long. Combined traffic tag and service name cannot exceed 46 characters.", "google-traffic-tag", "gcloud run services update-traffic storefront-web"),
    Row("revision-exists", "Revision named 'web-1f' with different configuration already exists.", "google-revision-exists", "web-1f"),
    Row("exists", "google: ALREADY_EXISTS method=Services.CreateService Resource already exists.", "google-exists", "gcloud run deploy"),
    Row("stale-etag", "google: ABORTED method=Services.UpdateService Conflict for resource 'web': version '17' was specified but current version is '18'.", "google-conflict", "web", UNKNOWN),
    Row("reserved-env", "template.containers[0].env: The following reserved env names were provided: PORT. These values are automatically set by the system.", "google-reserved-env", "PORT"),
    Row("ports", "google: INVALID_ARGUMENT method=Services.UpdateService Violation in UpdateServiceRequest.service.template.containers[0].ports: ports should contain 0 or 1 port.", "google-ports", "containerPort"),
    Row("cpu-concurrency", "Violation in CreateServiceRequest: spec.template.spec.containers.resources.limits.cpu: Invalid value specified for cpu. Total cpu < 1 is not supported with concurrency > 1.", "google-cpu-concurrency", "concurrency: 1"),
    Row("cpu-quota", "Max instances must be set to 3 or fewer to set the requested total CPU. Consider running your workload in a region with greater capacity, or requesting an increase in quota. Quota violated: CpuAllocPerProjectRegion requested: 60000 allowed: 20000", "google-cpu-quota", "--max-instances=3"),
    Row("max-scale", "spec.template.spec.containers[0].resources.limits.memory: Invalid value specified for memory. For the specified value, maxScale may not exceed 83.", "google-cpu-quota", "--max-instances=83"),
    Row("vpc-both", "google: INVALID_ARGUMENT method=Services.CreateService Violation in CreateServiceRequest.service.template.vpc_access.connector: one and only one of connector and network_interfaces must be set.", "google-vpc-both", "--clear-vpc-connector"),
    Row("vpc-connector", "VPC connector projects/lime-shop/locations/europe-west1/connectors/inside is not ready yet or does not exist.", "google-vpc-connector", "connectors describe projects/lime-shop/locations/europe-west1/connectors/inside --region=europe-west1 --project=lime-shop"),
    Row("cloud-sql-name", "Invalid cloud sql instance names: [':europe-west1:db']. Instance names must be 97 characters or less, matching [a-zA-Z0-9-]{1,}:[a-zA-Z0-9-]{1,}:[a-z][a-z0-9-]{0,}, and cannot end in an hyphen", "google-cloud-sql-name", "PROJECT:REGION:INSTANCE"),
    Row("cloud-sql-denied", 'CloudSQL connection failed. Please see https://cloud.google.com/sql/docs/postgres/connect-run for additional details: ensure that the account has access to "lime-shop:europe-west1:db" (and make sure there\'s no typo in that name).', "google-cloud-sql-denied", "roles/cloudsql.client"),
    Row("public-forbidden", "One or more users named in the policy do not belong to a permitted customer,  perhaps due to an organization policy.", "google-public-forbidden", "--no-invoker-iam-check"),
    Row("set-policy", "Permission 'run.services.setIamPolicy' denied on resource 'projects/lime-shop/locations/europe-west1/services/web' (or it may not exist).", "google-permission", "roles/run.admin"),
    Row("ingress-policy", "google: FAILED_PRECONDITION method=Services.UpdateService Constraint constraints/run.allowedIngress violated for projects/lime-shop attempting to use ingress type all.", "google-org-policy", "constraints/run.allowedIngress --project=lime-shop"),
    Row("region", "ERROR: (gcloud.run.deploy) Deployment endpoint was not found. The provided region was invalid. Pass the `--region` flag or set the `run/region` property to a valid region and retry. Available regions: [europe-west1, us-central1]", "google-location", "gcloud run regions list"),
    Row("deleting", "Service [web] is in the process of being deleted.", "google-deleting", "web", UNKNOWN),
    # Cloud Run: the revision
    Row("not-listening", "Revision 'web-1f' is not ready and cannot serve traffic. The user-provided container failed to start and listen on the port defined provided by the PORT=8080 environment variable within the allocated timeout. This can happen when the container port is misconfigured or if the timeout is too short. Logs for this revision might contain more information.", "start-failed", "8080", UNKNOWN),
    Row("exec-format", "terminated: Application failed to start: failed to load /usr/bin/java: exec format error", "start-exec-format", "linux/amd64"),
    Row("memory", "Memory limit of 512 MiB exceeded with 516 MiB used. Consider increasing the memory limit, see https://cloud.google.com/run/docs/configuring/memory-limits", "start-memory", "--memory 1Gi"),
    Row("image-missing", f"Revision 'web-1f' is not ready and cannot serve traffic. Image '{IMAGE}@sha256:0a' not found.", "google-image-missing", IMAGE),
    Row("secret-denied", "spec.template.spec.containers[0].env[0].value_from.secret_key_ref.name: Permission denied on secret: projects/4711/secrets/DB_URL/versions/latest for Revision service account web@lime-shop.iam.gserviceaccount.com. The service account used must be granted the 'Secret Manager Secret Accessor' role (roles/secretmanager.secretAccessor) at the secret, project or higher level.", "start-secret", "gcloud secrets add-iam-policy-binding DB_URL --project=4711 --member=serviceAccount:web@lime-shop.iam.gserviceaccount.com --role=roles/secretmanager.secretAccessor"),
    Row("secret-denied-short", "Error: Error waiting to create Service: Error waiting for Creating Service: Error code 13, message: Revision 'web-1f' is not ready and cannot serve traffic. spec.template.spec.containers[0].env[3].value_from.secret_key_ref.name: Permission denied on secret: projects/lime-shop/secrets/API_KEY/versions/2 for Revision service account web@lime-shop.iam.gserviceaccount.com.", "start-secret", "gcloud secrets add-iam-policy-binding API_KEY --project=lime-shop --member=serviceAccount:web@lime-shop.iam.gserviceaccount.com"),
    Row("secret-missing", "Secret projects/4711/secrets/DB_URL/versions/latest was not found", "start-secret", "gcloud secrets create DB_URL"),
    Row("import", "Revision 'web-1f' is not ready and cannot serve traffic. Container import failed. ", "google-import", "again", GOOGLE),
    Row("readiness", "Waiting to reconcile Route. Resource readiness deadline exceeded.", "google-readiness", "gcloud run services logs read", UNKNOWN),
    Row("revision-gone", "Revision 'web-0a' does not exist or is deleted. Update all traffic to route to currently available revisions.", "google-revision-gone", "--to-latest"),
    Row("binary-authorization", f"Revision 'web-1f' is not ready and cannot serve traffic. Container image '{IMAGE}@sha256:0a' is not authorized by policy.", "google-binary-authorization", "binauthz"),
    Row("encryption-key", "google: FAILED_PRECONDITION method=Services.CreateService ENCRYPTION_KEY_PERMISSION_DENIED", "google-encryption-key", "cryptoKeyEncrypterDecrypter"),
    Row("vpc-network", "google: FAILED_PRECONDITION method=Services.CreateService VPC_NETWORK_NOT_FOUND", "google-vpc-network", "gcloud compute networks subnets list"),
    Row("revision-limit", "google: FAILED_PRECONDITION method=Services.UpdateService ACTIVE_REVISION_LIMIT_REACHED", "google-revision-limit", "--remove-tags"),
    Row("min-instances", "condition MinInstancesProvisioned: MIN_INSTANCES_NOT_PROVISIONED", "google-min-instances", "--min-instances=0", GOOGLE),
    # After the deployment, and of any kind
    Row("invoker", "<h2>Your client does not have permission to get URL <code>/</code> from this server.</h2>", "google-invoker", "--no-invoker-iam-check"),
    Row("address", "<title>404 Page not found</title>", "google-address-unknown", "ingress", UNKNOWN),
    Row("no-instance", "The request was aborted because there was no available instance. Additional troubleshooting documentation can be found at: https://cloud.google.com/run/docs/troubleshooting#abort-request", "google-no-instance", "--max-instances"),
    Row("rate-exceeded", "Rate exceeded.", "google-no-instance", "--max-instances"),
    Row("malformed", "The request failed because either the HTTP response was malformed or connection to the instance had an error.", "google-malformed-answer", "gcloud run services logs read"),
    Row("delete-revision", "google: FAILED_PRECONDITION method=Revisions.DeleteRevision Revision web-0a cannot be deleted because it is serving traffic", "google-precondition", "web-0a", UNKNOWN),
    Row("domain", "Domain mapping to [shop.example] already exists in this region.", "google-domain", "shop.example;--force-override"),
    Row("domain-owner", "Caller is not authorized to administer the domain 'shop.example'.", "google-domain", "gcloud domains verify shop.example"),
    Row("unavailable", "google: UNAVAILABLE method=Services.UpdateService The service is currently unavailable.", "google-unavailable", "Services.UpdateService", GOOGLE),
    Row("deadline", "google: DEADLINE_EXCEEDED method=Services.UpdateService Deadline Exceeded", "google-unavailable", "DEADLINE_EXCEEDED", GOOGLE),
    Row("google-internal", "google: INTERNAL method=Services.UpdateService Internal error encountered.", "google-unavailable", "Re-run", GOOGLE),
    Row("quota", "google: RESOURCE_EXHAUSTED reason=RESOURCE_QUOTA_EXCEEDED method=Services.CreateService Quota exceeded for resource services of projects/lime-shop", "google-quota", "quotas?project=lime-shop"),
    Row("value", "google: INVALID_ARGUMENT method=Services.UpdateService template.timeout: must be at most 3600s", "google-invalid-argument", "3600s"),
    Row("nobody builds by default", 'google: INVALID_ARGUMENT method=CloudBuild.CreateBuild build.service_account must be specified due to the evaluation of the following org policies: "constraints/cloudbuild.disableCreateDefaultServiceAccount" "constraints/cloudbuild.useBuildServiceAccount" "constraints/cloudbuild.useComputeServiceAccount" Please check the value of these constraints', "google-builder-not-named", "BUILD_SERVICE_ACCOUNT"),
    Row("callers are checked", "google: FAILED_PRECONDITION method=Services.CreateService invoker_iam_disabled is not currently available for your organization.", "google-callers-checked", "public: false;run.managed.requireInvokerIam"),
    Row("unimplemented", "google: UNIMPLEMENTED method=Services.UpdateService Method not found.", "google-unimplemented", "Services.UpdateService", SERVERGEM),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_google_prints_is_recognised(row: Row) -> None:
    """The cause is right, so is whose fault it is, and the command has the names that the text has."""
    found = diagnose(row.text, Files.of({})).findings[0]
    told = f"{found.title} {found.message} {found.fix}"
    assert (found.code, found.blame) == (row.code, row.blame)
    assert not [word for word in row.says.split(";") if word not in told], told
    assert not found.title.endswith(":")


def test_a_word_that_only_looks_like_a_status_is_not_the_builds_end() -> None:
    """A program that prints TIMEOUT in the middle of its output has not been ended by Cloud Build."""
    log = "states:\nTIMEOUT\nCANCELLED\nRETRYING\nbash: line 3: reticulate: command not found"
    assert diagnose(log, Files.of({})).findings[0].code == "shell-command-not-found"
