"""What an image is built upon: `pack build --builder … --run-image …` with Google's own builders and empty images.

What pack refuses: `validateRunImage` of github.com/buildpacks/pack, pkg/client/build.go.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sandbox.buildpack_python import wanted
from sandbox.buildpack_room import Room
from sandbox.google import runtime_images
from sandbox.pack_command import PackBuild
from sandbox.work import StepFailed, Work

# The stacks' own ids: LABEL io.buildpacks.stack.id in stacks/*/run.Dockerfile of GoogleCloudPlatform/buildpacks.
IDS = {"google-22-full": "google.gae.22", "google-24-full": "google.24"}


@dataclass(frozen=True)
class Upon:
    """The builder of one language, and the runtime whose empty image is built upon."""

    language: str
    runtime: str

    def needs(self, room: Room) -> str:
        """The runtime that the image needs below itself: that of its Python, else the one asked for."""
        return f"python{wanted(room).replace('.', '')}" if self.language == "python" else self.runtime


def chosen(command: PackBuild, work: Work, unpulled: Collection[str] = ()) -> Upon | None:
    """What a step names, None where it names no run image; StepFailed after pack has said what is wrong."""
    image, builder = command.run_image, command.builder
    if not image:
        return None
    made_by = runtime_images.named(builder)
    if made_by is None:
        _fail(
            work, f"failed to fetch builder image '{builder}': image '{builder}' does not exist on the daemon"
        )
        return None
    found = runtime_images.named(image)
    if found is None or found[1] in unpulled:
        _fail(work, f"invalid run-image '{image}': image '{image}' does not exist in registry")
        return None
    if found[0] != made_by[0]:
        ids = f"run-image stack id '{IDS[found[0]]}' does not match builder stack '{IDS[made_by[0]]}'"
        _fail(work, f"invalid run-image '{image}': {ids}")
    return Upon(made_by[1].partition("/")[2], found[1].partition("/")[2])


def _fail(work: Work, said: str) -> None:
    work.log(f"ERROR: failed to build: {said}")
    raise StepFailed
