"""What a build fetches and names: downloads that are gone or changed, tags, owners and targets of COPY."""

from __future__ import annotations

from app.diagnosis.instructions import failing_instruction, in_instruction
from app.diagnosis.places import anywhere
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.docker.reading_fetching import (
    copied_over,
    downloaded,
    several_sources,
    tagged,
    user_of_copy,
)
from app.model import Blame

RULES: tuple[Rule, ...] = (
    Rule(
        code="download-refused",
        pattern=r"^curl: \(22\) The requested URL returned error: (?P<status>\d{3})|^wget: server returned error: HTTP/[\d.]+ (?P<status2>\d{3})|\bERROR (?P<status3>4\d\d): |invalid response status (?P<status4>\d{3})",
        read=downloaded,
        place=failing_instruction,
        rank=Rank.ROOT,
        title="The download is answered with {status}{address}",
        message="The server answered {status}: {why}.",
        fix="{advice}.",
    ),
    Rule(
        code="download-checksum",
        pattern=r"^(?:sha\d+sum|md5sum): WARNING: \d+ computed checksums? did NOT match|^ADD failed: .*digest mismatch|digest mismatch (?P<said>sha256:\w+: sha256:\w+)",
        place=failing_instruction,
        rank=Rank.ROOT,
        title="A download has another checksum than is written here",
        message="The computed checksum did NOT match: the file behind the address was changed, or the address gave something else (an error page).",
        fix="Look at what the address gives (curl -fL URL | sha256sum); when the new file is meant, write its sum (sha256) on this line.",
    ),
    Rule(
        code="builder-stumbled",
        pattern=r"failed to solve: changes out of order|error reading from server: EOF|closing transport due to: |grpc: the client connection is closing|failed to prepare extraction snapshot|(?:httpReadSeeker: failed open|failed to copy): .*(?:416 |unexpected status code \S+: 5\d\d)|failed to copy: invalid status response 416",
        nowhere=True,
        blame=Blame.UNKNOWN,
        rank=Rank.ROOT,
        title="The builder stumbled over its own cache or its download",
        message="The builder's cache or its download of a layer is broken; no line of the Dockerfile says so.",
        fix="Run the build again; when it ends the same way, once without the cache: docker build --no-cache (on your machine: docker builder prune, and a newer Docker).",
    ),
    Rule(
        code="dockerfile-copy-over",
        pattern=r"cannot (?:copy to non-directory|replace to directory)[: ]+\S*?/(?P<path>(?:app|src|workspace|code|node_modules)?/?[\w@./-]*)",
        read=copied_over,
        place=failing_instruction,
        rank=Rank.ROOT,
        title="COPY meets a folder where the image has a link or a file: {name}",
        message="cannot copy over {path}: what was installed in the image and what the build context brings are of different kinds there.",
        fix="Write {name} into .dockerignore (**/{name}), so that COPY brings no {name} of your machine.",
        link="https://docs.docker.com/build/concepts/context/#dockerignore-files",
    ),
    Rule(
        code="context-unreadable",
        pattern=r"error from sender: (?:open|lstat|readlink|read) (?P<path>\S+): (?P<said>permission denied|no such file or directory|operation not permitted)|error checking context: .*'(?P<path2>[^']+)'",
        read=lambda hit: {
            "path": hit["path"] or hit["path2"],
            "base": (hit["path"] or hit["path2"]).rpartition("/")[2],
            "said": hit["said"] or "it cannot be read",
        },
        nowhere=True,
        rank=Rank.ROOT,
        title="The build context cannot be read: {path}",
        message="The builder sends the folder to the daemon and stops at {path}: {said}.",
        fix="Write {base} into .dockerignore (a database's folder, a socket, a broken link), or give yourself the right to read it; the image does not need it.",
        link="https://docs.docker.com/build/concepts/context/#dockerignore-files",
    ),
    Rule(
        code="docker-tag",
        pattern=r"invalid argument \"(?P<image>[^\"]*)\" for \"-t, --tag\" flag: (?P<said>.+)|invalid tag \"(?P<image2>[^\"]*)\": (?P<said2>.+)",
        read=tagged,
        place=anywhere(r"-t\b|--tag\b", "cloudbuild.yaml", "cloudbuild.yml", "Makefile", ".sh"),
        nowhere=True,
        rank=Rank.ROOT,
        title="{image} is no name for an image: {why}",
        message="{image}: {said}.",
        fix="{advice}.",
        link="https://docs.docker.com/reference/cli/docker/image/tag/",
    ),
    Rule(
        code="dockerfile-copy-several",
        pattern=r"When using (?:COPY|ADD) with more than one source file, the destination must be a directory",
        read=several_sources,
        place=failing_instruction,
        rank=Rank.ROOT,
        title="COPY finds several files and one name to copy them to",
        message="With more than one source file, the destination must be a directory and end with a /.",
        fix="{advice}.",
        link="https://docs.docker.com/reference/dockerfile/#copy",
    ),
    Rule(
        code="dockerfile-copy-owner",
        pattern=r"unable to convert uid/gid chown string to host mapping: can't find (?P<kind>uid|gid) for (?:user|group) (?P<name>[\w.-]+)",
        read=user_of_copy,
        place=in_instruction("name"),
        rank=Rank.ROOT,
        title="--chown names {name}, whom the image does not have",
        message="can't find {kind} for {who} {name}: the stage has no such {who}.",
        fix="Create it before this COPY (RUN useradd --system {name}; Alpine: RUN adduser -S {name}), or write numbers: --chown=1000:1000.",
        link="https://docs.docker.com/reference/dockerfile/#copy---chown---chmod",
    ),
)
