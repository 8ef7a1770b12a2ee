"""Messages of gcloud, Cloud Run, Cloud Build, Artifact Registry and GitHub's deploy actions that no other row knows."""

from __future__ import annotations

from app.diagnosis.families import Family, Known
from app.diagnosis.named import named_in
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Hit
from app.model import Place

_BUILD = ("cloudbuild.yaml", "cloudbuild.yml", "cloudbuild.json")


def _nowhere(hit: Hit) -> Place | None:
    """It is in the project or the command."""
    return None


_CONFIG = first(whole_file(*_BUILD), _nowhere)
_GCLOUD = first(matching(r"gcloud run|['\"]run['\"]", *_BUILD), _nowhere)

CLOUD = Family(
    (
        Known(r"\(gcloud[\w.-]*\) unrecognized arguments:?\s*(?P<name>--?[\w-]+)?(?:.*did you mean '(?P<want>[^']+)')?", "gcloud does not know the argument {name}", "Correct it {want} (gcloud run deploy --help lists all); a flag of a newer gcloud or of beta needs gcloud components update, or gcloud beta.", first(matching(r"{name}", *_BUILD), _nowhere)),
        Known(r"The required property \[(?P<name>project|compute/region|run/region|account)\] is not currently set|Please specify a region|The \[(?P<name2>\w+)\] property is required", "gcloud is not told the {name}{name2}", "Write --project=PROJECT_ID and --region=REGION in the command (gcloud config set project PROJECT_ID on your machine).", _GCLOUD),
        Known(r"problem refreshing your current auth tokens|invalid_grant: (?:Bad Request|Token has been expired or revoked|reauth)", "gcloud's login is over", "Run gcloud auth login (gcloud auth application-default login for programs); in a workflow google-github-actions/auth before it.", _nowhere),
        Known(r"Cannot update environment variable \[(?P<name>\w+)\] to (?:string literal|the given type) because it has already been set with a different type", "{name} is a secret in the service and a plain value in the command (or the other way round)", "Remove it first: gcloud run services update SERVICE --remove-env-vars={name} (where it is a secret, the flag --remove-secrets), then deploy; or set it in the same way as before.", first(matching(r"\b{name}\b", *_BUILD), _nowhere)),
        Known(r"Expected an image path like .* but obtained (?P<name>[\w.-]+)/", "Cloud Run takes no image from {name}", "Push it to Artifact Registry (REGION-docker.pkg.dev/PROJECT/REPOSITORY/NAME), or let a remote repository there fetch it (gcloud artifacts repositories create NAME --mode=remote-repository --repository-format=docker)."),
        Known(r"do(?:es)? not have quota for using this many instances|max_instances .* > ", "max-instances is higher than the region's quota", "Write --max-instances=10 (instances: {{max: 10}}), or ask for more quota in the console (IAM, Quotas).", first(matching(r"max-instances", *_BUILD), _nowhere)),
        Known(r"exactly one container with an exposed port|should contain exactly one container", "Several containers, and not exactly one that has a port", "Give ports: to the one container that takes requests, and to no other.", first(matching(r"containers:", "service.yaml", "service.yml"), _nowhere)),
        Known(r"The revision (?P<name>[\w-]+) does not exist|Revision '(?P<name2>[^']+)' (?:of .* )?(?:was )?not found", "There is no revision {name}{name2}", "gcloud run revisions list --service=SERVICE --region=REGION shows those there are; traffic goes by these names.", _nowhere),
        Known(r"Bad value \[(?P<name>[^\]]*)\]: (?P<told>.+)", "gcloud refuses the value {name}: {told}", "Correct it in the command; a variable in it may be empty or not substituted.", _GCLOUD),
        Known(r"Task (?P<name>\S+) failed with message: (?P<told>.+)", "A task of the job ended: {told}", "Read what it printed: gcloud logging read 'resource.type=cloud_run_job' --limit=50, or the job's page; its exit code is the program's own.", _nowhere),
        Known(r"Dockerfile required when specifying --tag", "gcloud builds submit --tag finds no Dockerfile", "Run it in the folder that has the Dockerfile, commit it and keep it out of .gcloudignore; without one: gcloud builds submit --pack image=NAME, or gcloud run deploy --source .", first(matching(r"(?i)dockerfile", ".gcloudignore"), _nowhere)),
        Known(r"The user is forbidden from accessing the bucket \[(?P<name>[^\]]+)\]", "This account may not use the bucket {name}, where the source goes", "Grant it roles/cloudbuild.builds.editor, roles/storage.admin and roles/serviceusage.serviceUsageConsumer in the project, or write --gcs-source-staging-dir=gs://BUCKET/source.", _nowhere),
        Known(r"unused parameter\(s\): \[(?P<name>\w+)\]|(?:failed )?unmarshal\w* build config \S+: .*unknown field \"?(?P<name2>\w+)|unknown field \"(?P<name3>\w+)\" in", "Cloud Build's file has a key that it does not know: {name}{name2}{name3}", "Correct its name or its indentation: steps, images, options, substitutions, timeout, availableSecrets stand at the left edge.", first(matching(r"^\s*-?\s*{name}", *_BUILD), _CONFIG)),
        Known(r"secretEnv \"(?P<name>\w+)\" is defined in step \d+ but|secret environment variable \"(?P<name2>\w+)\" (?:is not|was not)", "secretEnv names {name}{name2}, which availableSecrets does not have", "Write availableSecrets: secretManager: - versionName: projects/$PROJECT_ID/secrets/NAME/versions/latest, env: {name}{name2}.", first(matching(r"\b{name}\b", *_BUILD), _CONFIG)),
        Known(r"due to quota restrictions, Cloud Build cannot run builds in this region", "This project may not build in this region", "Build in another region (--region=us-central1, europe-west1 or global), or ask for quota; new projects and free trials are limited to a few.", _nowhere),
        Known(r"Couldn't read commit|(?:failed to )?fetch(?:ing)? (?:the )?(?:commit|revision) .*not found", "Cloud Build cannot read the commit from the repository", "Connect the repository anew (Cloud Build, Repositories): its app may have lost access, or the commit was overwritten by a force push.", _nowhere),
        Known(r"build must have at least one step|invalid value for 'build\.steps'", "Cloud Build's file has no steps", "Write steps: with at least one name:, at the left edge.", _CONFIG),
        Known(r"\"?invalid_target\"?.*(?:pool or provider is disabled|audience)|The target service indicated by the", "The workload identity provider is not there, or disabled", "Write the whole name with the project's NUMBER: projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER; gcloud iam workload-identity-pools providers list shows it.", _nowhere),
        Known(r"failed to parse service account key JSON credentials: (?P<told>.+)", "The secret with the service account key is not JSON", "Save the whole key file as the secret (base64 is taken too), with no line lost; better, use workload_identity_provider and no key.", _nowhere),
        Known(r"Container Registry is deprecated and shutting down|gcr\.io repo does not exist\. Creating on push requires", "gcr.io no longer takes images here: Container Registry is gone", "Push to Artifact Registry: REGION-docker.pkg.dev/PROJECT/REPOSITORY/NAME (gcloud artifacts repositories create), or let it serve gcr.io: gcloud artifacts docker upgrade migrate.", first(matching(r"gcr\.io/\$?\{?PROJECT", *_BUILD), _nowhere)),
        Known(r"manifest for tag (?P<name>\S+) is immutable|tag (?P<name2>\S+) .*immutable", "The repository keeps its tags: {name}{name2} exists already", "Push another tag (the commit's hash), or switch immutable tags off for the repository.", _nowhere),
        Known(r"unsupported platform API version (?P<name>[\d.]+)", "pack and the builder are of different times (platform API {name})", "Take a newer builder, or an older pack: gcr.io/buildpacks/builder:latest with the newest pack.", first(matching(r"builder", *_BUILD, "project.toml"), _nowhere)),
        Known(r"failed to write image to the following tags: .*(?:unauthorized|UNAUTHORIZED|DENIED|denied)", "The buildpacks' image may not be pushed", "Log in to that registry (gcloud auth configure-docker REGION-docker.pkg.dev) and give the account roles/artifactregistry.writer on the repository.", _nowhere),
        Known(r"Error: 7 PERMISSION_DENIED: (?P<told>.+)", "A service of Google's refuses the service account: {told}", "Grant it the role of what the program calls: gcloud projects add-iam-policy-binding PROJECT_ID --member=serviceAccount:ACCOUNT --role=roles/datastore.user (Firestore; Pub/Sub, Storage and others have their own).", _nowhere),
        Known(r"Unable to detect a Project Id in the current environment", "Google's library does not know the project", "Set GOOGLE_CLOUD_PROJECT for it (on Cloud Run it asks the metadata server, which a build does not have), or pass projectId when the client is made.", lambda hit: named_in(hit, hit.line)),
    )
)  # fmt: skip
