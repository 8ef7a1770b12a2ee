"""Messages of BuildKit, its frontend, the Docker daemon and Compose that no other row knows, with what solves each."""

from __future__ import annotations

from app.diagnosis.families import BUILT, Family, Known
from app.diagnosis.instructions import base_image, failing_dockerfile, failing_instruction
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Find, Hit
from app.model import Place


def _no_file(hit: Hit) -> Place | None:
    """The fault is in a command or a machine, not in a file."""
    return None


def _saying(*words: str) -> Find:
    """The Dockerfile's line that has one of these words, in which {name} is the hit's."""

    def find(hit: Hit) -> Place | None:
        if found := failing_dockerfile(hit):
            for word in words:
                sought = word.replace("{name}", hit["name"])
                for number, line in enumerate(hit.files.lines(found[0]), 1):
                    if sought and sought in line:
                        return hit.files.place(found[0], number)
        return failing_instruction(hit)

    return find


_BUILD_STEP = first(matching(r"['\"]?build['\"]?,|docker build|--secret|--ssh", "cloudbuild.yaml"), _no_file)
_COMPOSE = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")

FRONTEND = Family(
    (
        Known(r"COPY --from=(?P<name>\S+): no stage or image found with that name", "There is neither a stage nor an image {name}", "Write the image whole (docker.io/library/{name}: podman and buildah pull no short names), or the name of a stage above.", _saying("--from={name}")),
        Known(r"invalid file request (?P<name>\S+)", "The build context has a link that cannot be sent: {name}", "Write node_modules (and other links and build output) into .dockerignore; **/node_modules for a monorepo.", first(whole_file(".dockerignore"), matching(r"^\s*(?:COPY|ADD) (?:--\S+ )*\.", "Dockerfile"), _no_file)),
        Known(r"failed to process \"(?P<name>[^\"]*)\": (?P<told>.+)", "The Dockerfile's variable {name} does not read: {told}", "Write ${{NAME:-default}}, ${{NAME:+other}} or plain $NAME: BuildKit knows no := and no shell commands there.", _saying("{name}")),
        Known(r"duplicate name (?P<name>[\w.-]+)$", "Two stages are called {name}", "Give each FROM … AS a name of its own.", _saying(" AS {name}", " as {name}")),
        Known(r"the Dockerfile cannot be empty|file with no instructions", "The Dockerfile is empty", "Write at least FROM into it and commit it; an empty file may also come from a COPY or a failed checkout before the build.", first(whole_file("Dockerfile"), _no_file)),
        Known(r"failed to stat (?P<name>\S+): stat \S+ no such file or directory", "The file of a build secret is not there: {name}", "Write it before docker build (a step that reads Secret Manager), or correct src= in --secret id=…,src=….", _BUILD_STEP),
        Known(r"unset ssh forward key (?P<name>\w+)", "The Dockerfile mounts ssh, and the build gives no key", "Write docker build --ssh default (after ssh-add), or take RUN --mount=type=ssh out and use a token as a secret.", _saying("type=ssh")),
        Known(r"invalid empty ssh agent socket", "There is no ssh agent for --ssh default", "Start one before the build: eval $(ssh-agent) && ssh-add KEY (in a workflow webfactory/ssh-agent), or take --ssh away.", _no_file),
        Known(r"granting entitlement (?P<name>[\w.]+) is not allowed|(?P<name2>network\.host|security\.insecure) is not allowed", "The builder does not allow {name}{name2}", "Take --network=host or --security=insecure out of RUN, or start the builder with it: docker buildx create --buildkitd-flags '--allow-insecure-entitlement {name}{name2}', and docker build --allow.", _saying("--network=host", "--security=insecure")),
        Known(r"max depth exceeded", "The image has more layers than Docker takes (127)", "Join RUN and COPY lines, or begin a new stage from a base that is not built on itself again and again.", base_image),
        Known(r"media type \"application/vnd\.docker\.distribution\.manifest\.v1\+prettyjws\" is no longer supported|[Ss]chema 1 .*(?:no longer supported|deprecated)", "The base image is of a form that builders no longer read (schema 1)", "Take a newer tag of it in FROM, or pull and push it again with a newer Docker.", base_image),
        Known(r"digest mismatch for (?P<name>\S+?):? |(?:invalid checksum|checksum mismatch) (?:of|for) (?P<name2>\S*[/.]\S+)", "The download is not the file that --checksum names: {name}{name2}", "Look what is served there now, and write its new checksum (or the exact version) into ADD --checksum.", _saying("--checksum")),
        Known(r"failed to fetch anonymous token: unexpected status from (?:GET|POST) request to https://(?P<name>[\w.-]*(?:pkg\.dev|gcr\.io))/", "Docker is not logged in to {name}", "Run gcloud auth configure-docker {name} before the push (after google-github-actions/auth; without a host it covers gcr.io alone), and grant that account roles/artifactregistry.writer on the repository.", _no_file),
        Known(r"Cannot connect to the Docker daemon at (?P<name>\S+?)\. ", "No Docker daemon answers at {name}", "Use a step that has one (gcr.io/cloud-builders/docker in Cloud Build, docker:dind as a service elsewhere), set DOCKER_HOST, or start Docker; inside an image's build there is none.", _no_file),
        Known(r"permission denied while trying to connect to the Docker (?:daemon socket|API)", "This user may not use Docker's socket", "Add the user to the group docker (sudo usermod -aG docker USER, then log in again), or run it with sudo.", _no_file),
        Known(r"exec /bin/(?:ba)?sh: argument list too long|fork/exec \S+: argument list too long", "The command with its environment is too long for the system", "Take large values out of ARG and ENV (an ARG with a whole file in it), and pass them as a secret or a file.", failing_instruction),
        Known(r"requires exactly 1 argument|\"docker (?:buildx )?build\" requires (?:exactly )?1 argument", "docker build was not given its folder", "End the command with the folder to build: docker build -t NAME . (and quote a variable that may be empty).", _BUILD_STEP),
        Known(r"unable to prepare context: path \"(?P<name>[^\"]+)\" not found", "The folder to build is not there: {name}", "Correct the path at the end of docker build (or context:), seen from where the command runs; a checkout has to come before it.", _BUILD_STEP),
        Known(r"service \"(?P<name>[^\"]+)\" has neither an image nor a build context", "The service {name} of the compose file has neither image nor build", "Write image: or build: under {name}; a file that only overrides needs the first one too (-f compose.yaml -f …).", first(matching(r"^\s+{name}:", *_COMPOSE), whole_file(*_COMPOSE))),
        Known(r"no configuration file provided: not found", "docker compose finds no compose.yaml here", "Run it in the folder that has it, or name it: docker compose -f PATH.", _no_file),
        Known(r"(?i)(?:env file|couldn't find env file:?) (?P<name>/\S+?)(?: not found|:|$)", "The compose file's env_file is not there: {name}", "Make it before (cp .env.example .env), or write required: false under env_file.", first(matching(r"env_file", *_COMPOSE), _no_file)),
        Known(r"dependency failed to start: container (?P<name>\S+) (?:is unhealthy|exited|has no healthcheck)", "{name} did not become healthy, and others wait for it", "Read its own log (docker compose logs), and correct its healthcheck or its command.", first(matching(r"healthcheck|depends_on", *_COMPOSE), _no_file)),
        Known(r"Bind for (?P<name>\S+) failed: port is already allocated|bind: address already in use", "The port {name} is taken on this machine", "Stop what holds it (docker ps), or map another port.", first(matching(r"ports:", *_COMPOSE), _no_file), and_says=r"docker|Bind for|driver failed"),
        Known(r"failed to (?:solve|export image|register layer).*(?:no space left on device)|write /\S+: no space left on device", "The builder's disk is full", "Free it (docker system prune -af; less in the context with .dockerignore), or build with a larger disk (options: diskSizeGb: 200).", _no_file),
        Known(r"(?:lstat|failed to walk) /\S*buildkit-mount\d+/(?P<name>[\w./-]+): no such file or directory", "{name} is not in the build context", "Correct the path in COPY (seen from the folder that is built), commit the file, and look whether .dockerignore leaves it out.", _saying("{name}")),
    )
)  # fmt: skip

SHELL = Family(
    (
        Known(r"error: failed switching to \"(?P<name>[^\"]+)\": operation not permitted|(?P<name2>groupmod|usermod|groupadd|useradd): (?:Permission denied|cannot lock /etc/)", "The start script switches users, which only root may", "It began as another user already (USER in the Dockerfile, a user given from outside): take USER away and let the script switch, or have it do so only where [ \"$(id -u)\" = 0 ] and go on as it is otherwise.", first(_saying("USER "), failing_instruction)),
        Known(r"Repository '(?P<name>[^']+)' changed its '\w+' value from '(?P<have>[^']*)' to '(?P<want>[^']*)'", "The image's apt sources went on from {have} to {want}", "Take a base image of a fixed release, and a fresh one (docker build --pull), in place of one that follows testing or stable; apt-get update --allow-releaseinfo-change only takes the new release into the old image.", base_image, BUILT),
        Known(r"cd: (?:line \d+: )?(?:can't cd to (?P<name>[^\s:]+)|(?P<name2>[^\s:]+): No such file or directory)", "The image has no folder {name}{name2}", "COPY it above this line, or correct WORKDIR and the path: each RUN begins in WORKDIR again.", failing_instruction, BUILT),
        Known(r"make(?:\[\d+\])?: \*\*\* No targets(?: specified and no makefile found)?\.", "make finds no Makefile where it runs", "COPY the Makefile above this line, set WORKDIR to its folder, or write make -C FOLDER (-f NAME).", failing_instruction, BUILT),
        Known(r"UNTRUSTED signature", "This Alpine does not know the key of the packages it asks for", "Take a newer alpine in FROM (the repository in the line must be of the same release), and RUN apk add -U alpine-keys.", base_image, BUILT),
        Known(r"E: Unable to correct problems, you have held broken packages", "apt finds versions that do not go together", "Take out versions that are pinned (=1.2.3) and repositories of other releases, write apt-get update in the same RUN, and take a fresh base image (docker build --pull).", failing_instruction, BUILT),
        Known(r"File has unexpected size .*Mirror sync in progress|Hash Sum mismatch", "The Debian mirror was being renewed while apt read it", "Run it again; in the Dockerfile write apt-get update and install in one RUN.", _no_file, BUILT),
        Known(r"dpkg: error processing package (?P<name>\S+) \(--configure\)|dpkg: error processing archive (?P<name2>\S+)", "The package {name}{name2} could not be set up", "Read its lines above; packages that want a running system (systemd, a daemon, a man folder in a slim image) need DEBIAN_FRONTEND=noninteractive or another package.", failing_instruction, BUILT),
        Known(r"gzip: stdin: not in gzip format|This does not look like a tar archive|tar: invalid magic|xz: \(stdin\): File format not recognized|End-of-central-directory signature not found", "What was downloaded is not the archive that it is taken for", "Open the address: it answers with a page or an error. Write curl -fsSL, so that this fails at once, and correct the address.", failing_instruction, BUILT),
        Known(r"fatal: No names found, cannot describe anything|fatal: No tags can describe", "git describe finds no tag here: the checkout is shallow", "Fetch the tags before (git fetch --tags --unshallow; actions/checkout with fetch-depth: 0), or write git describe --always.", failing_instruction, BUILT),
        Known(r"exec (?P<name>\S+) failed: No such file or directory|\[dumb-init\] (?P<name2>\S+): No such file or directory", "{name}{name2} is not in the image, or its first line names what is not", "COPY it (and correct the path in ENTRYPOINT); save it with LF line endings; alpine has no bash for #!/bin/bash.", first(_saying("{name}"), failing_instruction)),
        Known(r"\[dumb-init\] (?P<name>\S+): Permission denied|exec (?P<name2>\S+) failed: Permission denied", "{name}{name2} may not be executed", "Run git update-index --chmod=+x on it and commit, or COPY --chmod=755.", first(_saying("{name}"), failing_instruction)),
        Known(r"[Ii]nvalid port:? [`'\"]?\$\{?PORT\}?|'\$PORT' is not a valid port|\$PORT\b.* is not a valid|parsing \"\$PORT\": invalid syntax", "$PORT reached the program as these five letters", "A CMD in square brackets is run without a shell: write CMD exec COMMAND --port $PORT (or [\"sh\", \"-c\", \"exec COMMAND --port $PORT\"]).", _saying("$PORT")),
    )
)  # fmt: skip

# Programs ask git in passing and go on without it: it speaks where nothing better does.
ASIDE = Family(
    (
        Known(r"fatal: (?:not a git repository|not in a git directory|--\w+ can only be used inside a git repository)", "git is asked, and the image has no .git", "Give the build what it asks for as an ARG (docker build --build-arg COMMIT=$SHORT_SHA) instead of calling git, or take .git out of .dockerignore and keep it in the source that is uploaded.", failing_instruction, BUILT),
    )
)  # fmt: skip
