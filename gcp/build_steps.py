"""The steps of a build: how Cloud Build makes an image of a source, in words that it takes literally. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from app.model import Source
from gcp.base_images import Makers
from gcp.later import later

if TYPE_CHECKING:
    from google.cloud.devtools import cloudbuild_v1 as cb
else:
    cb = later("google.cloud.devtools.cloudbuild_v1")

# The newest of Google's own builders whose Docker brings buildx (0.10.4); `latest` has been moved back before.
# https://github.com/GoogleCloudPlatform/cloud-builders/tree/master/docker
DOCKER = "gcr.io/cloud-builders/docker:20.10.24"
PACK = "gcr.io/k8s-skaffold/pack"
BUILDER = "gcr.io/buildpacks/builder:latest"
# Python as its own makers ship it, for the wheels of any Linux on x86-64: https://hub.docker.com/_/python
PYTHON = "mirror.gcr.io/library/python"
# Only wheels, so that nothing is compiled here for libraries that the base image has not, and no code of a package
# runs. Some packages (streamlit) take themselves for their own source where no folder above them has this name.
# `-I`: nothing in the source is taken for a part of Python or pip. Scripts look for the base image's Python.
INSTALL = """set -eu
made="$HOME/made" && packages="$made/.servergem/site-packages" && mkdir -p "$packages"
python3 -I -m pip install --no-input --disable-pip-version-check --only-binary=:all: --no-compile \\
  --target "$packages" -r requirements.txt
find "$packages" -path "*/bin/*" -type f -exec sed -i '1s|^#!.*python.*|#!/usr/bin/env python3|' {} +
tar -C "$made" -czf "$HOME/made.tar.gz" .servergem
"""
SEND = """
import os, sys, urllib.request
path, address = sys.argv[1:]
with open(path, "rb") as made:
    length = {"Content-Length": str(os.path.getsize(path)), "Content-Type": "application/gzip"}
    urllib.request.urlopen(urllib.request.Request(address, made, length, method="PUT"))
"""
NODE = "mirror.gcr.io/library/node"
# Exactly what the lock names, without what only development needs; no script of a package runs.
INSTALL_NODE = """set -eu
made="$HOME/made" && mkdir -p "$made/node_modules"
cp package.json package-lock.json "$made/"
(cd "$made" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund --no-update-notifier)
tar -C "$made" -czf "$HOME/made.tar.gz" node_modules
"""
SEND_NODE = """
const [path, address] = process.argv.slice(1)
const headers = {"Content-Type": "application/gzip"}
fetch(address, {method: "PUT", headers, body: require("fs").readFileSync(path)}).then((answer) => {
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
})
"""
# Every step's HOME: https://cloud.google.com/build/docs/overview#builders_and_home
HOME = "/builder/home"
# What Cloud Build's own daemon asks before Docker Hub, and a BuildKit in a container does not by itself:
# https://cloud.google.com/artifact-registry/docs/pull-cached-dockerhub-images
MIRROR = "mirror.gcr.io"
SETTINGS = f"{HOME}/buildkitd.toml"
BUILDKIT = f"{MIRROR}/moby/buildkit:buildx-stable-1"


@dataclass(frozen=True)
class BuildRequest:
    """What is to be built: from which source, how, and under which names. `tags[-1]` is this build's own."""

    project: str
    region: str
    source: Source
    directory: str
    image_name: str
    tag: str
    kind: str
    dockerfile: str = "Dockerfile"
    target: str = ""
    args: tuple[tuple[str, str], ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    cache_reference: str = ""
    service_account: str = ""
    machine: str = ""
    """As `e2-highcpu-8`; Cloud Build's own choice when empty."""
    timeout: int = 1800
    tags: tuple[str, ...] = ()
    runtime: str = ""
    """The language and version, such as `node:22`, for which packages are installed and sent to `upload`; no image."""
    upload: str = ""
    base: str = ""
    """The base image, as `google-24-full/python314`, of an image that gets none: see gcp/base_images.py."""
    makers: Makers | None = None
    """What makes such an image."""


def steps(request: BuildRequest) -> list[cb.BuildStep]:
    """With a Dockerfile by BuildKit, without one by Google's buildpacks; or the packages alone."""
    if request.upload:
        return [_packages(request)]
    return _docker(request) if request.kind == "dockerfile" else [_pack(request)]


def literally(text: str) -> str:
    """A text in which Cloud Build replaces nothing.

    https://cloud.google.com/build/docs/configuring-builds/substitute-variable-values
    """
    return text.replace("$", "$$")


def _docker(request: BuildRequest) -> list[cb.BuildStep]:
    """The image is loaded, so that Cloud Build pushes it and tells its digest.

    A cache in the registry takes a BuildKit of its own; without one the daemon's is used.
    """
    cache = request.cache_reference
    arguments = ["buildx", "build", "--load", "--progress=plain", "-f", request.dockerfile]
    arguments += ["-t", f"{request.image_name}:{request.tag}"]
    if cache:
        arguments += [f"--cache-from=type=registry,ref={cache}"]
        arguments += [f"--cache-to=type=registry,ref={cache},mode=max"]
    if request.target:
        arguments += ["--target", request.target]
    # One argument each: a step takes a hundred. https://cloud.google.com/build/quotas#resource_limits
    arguments += [f"--build-arg={name}={value}" for name, value in request.args]
    build = _step(DOCKER, "build", [*arguments, "."], folder=request.directory, env=["DOCKER_BUILDKIT=1"])
    return [*_buildkit(), build] if cache else [build]


def _buildkit() -> list[cb.BuildStep]:
    """A BuildKit that keeps a cache, and asks the mirror before Docker Hub, which counts Google's addresses as one."""
    write = f"""printf '%s\\n' '[registry."docker.io"]' '  mirrors = ["{MIRROR}"]' >{SETTINGS}"""
    create = ["buildx", "create", "--name", "servergem", "--driver", "docker-container"]
    create += ["--driver-opt", f"image={BUILDKIT}", "--config", SETTINGS, "--use"]
    return [_step(DOCKER, "mirror", ["-c", write], entrypoint="bash"), _step(DOCKER, "prepare", create)]


def _packages(request: BuildRequest) -> cb.BuildStep:
    """What the lock names, installed and sent; the build's account needs no right to write anywhere."""
    language, _, version = request.runtime.partition(":")
    paths = f'"$HOME/made.tar.gz" {quote(request.upload)}'
    if language == "node":
        image, line = NODE, INSTALL_NODE + f"node -e {quote(SEND_NODE)} {paths}"
    else:
        image, line = PYTHON, INSTALL + f"python3 -I -c {quote(SEND)} {paths}"
    return _step(f"{image}:{version}", "packages", ["-c", line], entrypoint="bash", folder=request.directory)


def _pack(request: BuildRequest) -> cb.BuildStep:
    """Google's buildpacks, with the layers of the last build from a cache image."""
    image = f"{request.image_name}:{request.tag}"
    builder = request.makers.builder if request.makers else BUILDER
    arguments = ["build", image, "--builder", builder, "--network", "cloudbuild", "--publish"]
    if request.makers:
        # pack takes those that it knows by name for trusted, and a builder of Google's by its digest for a stranger's,
        # for which it pulls a lifecycle from Docker Hub.
        arguments += ["--trust-builder", "--run-image", request.makers.run_image]
    if request.cache_reference:
        arguments += ["--cache-image", request.cache_reference]
    for name, value in request.env:
        arguments += ["--env", f"{name}={value}"]
    return _step(PACK, "build", arguments, entrypoint="pack", folder=request.directory)


def _step(
    image: str,
    name: str,
    arguments: list[str],
    *,
    entrypoint: str = "",
    folder: str = "",
    env: list[str] | None = None,
) -> cb.BuildStep:
    return cb.BuildStep(
        name=image,
        id=name,
        entrypoint=entrypoint,
        args=[literally(argument) for argument in arguments],
        dir_=literally(folder),
        env=[literally(each) for each in env or []],
    )
