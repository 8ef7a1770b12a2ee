"""What a deployment makes on its way: source, image, revision, traffic, and what serves in the end."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """The commit's tarball in the project's bucket; `generation` pins the bytes, `top` is its one folder."""

    bucket: str
    object: str
    generation: int
    top: str
    size: int = 0


@dataclass(frozen=True)
class Image:
    """A container image by digest: `name@sha256:…`. `reused` says why nothing was built.

    `base`, as `google-24-full/python314`: it has nothing below itself, and runs on this base image of Google's alone.
    """

    name: str
    digest: str
    reused: str = ""
    build_id: str = ""
    base: str = ""

    @property
    def reference(self) -> str:
        return f"{self.name}@{self.digest}"


# What a bundle is started with: it finds its packages, and what follows it is run in place of its own command.
STARTER = ("/bin/sh", ".servergem/start")


@dataclass(frozen=True)
class Bundle:
    """A service's files in the project's bucket, which run without a build on a base image such as `python314`."""

    bucket: str
    object: str
    generation: int
    base: str


@dataclass(frozen=True)
class Traffic:
    """One entry of a service's traffic. `revision` empty means LATEST."""

    revision: str
    percent: int
    tag: str = ""


@dataclass(frozen=True)
class Revision:
    """A Cloud Run revision that was made and has not yet been given traffic.

    `before` is the traffic as it was, which is what a rollback restores; empty on a first deployment.
    `etag` is the service's, right after the revision was made.
    """

    name: str
    url: str
    tag_url: str
    before: tuple[Traffic, ...] = ()
    etag: str = ""
    first: bool = False


@dataclass(frozen=True)
class Live:
    """The end of a deployment: this revision serves at this address.

    `split` is the traffic where a rollback gave it to several revisions, of which `revision` gets the most.
    """

    url: str
    revision: str
    split: tuple[Traffic, ...] = ()


@dataclass(frozen=True)
class Serving:
    """What answers at a Target now. `sha` is empty when it is not ours; `revision` is empty when nothing serves.

    `asked` unset: Google could not be asked, and this is where ServerGem itself last moved the traffic.
    """

    revision: str = ""
    sha: str = ""
    url: str = ""
    asked: bool = True
