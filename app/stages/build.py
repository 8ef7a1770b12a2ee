"""Build: Cloud Build turns the source into an image, or what is already there, or the source itself, is taken."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, partial

from app.acts.images import built_before, package_of, registry_of, remember
from app.acts.on_base import on_base
from app.acts.once import Shared, once
from app.acts.reasons import of_build
from app.model import Blame, Build, Bundle, Commit, Finding, Image, Source, Stop, Superseded, Target
from app.scene import InLane
from app.source.layers import Layers
from app.source.without_build import files, without_a_build
from app.text.titles import fitting
from app.trust.accounts import accounts
from gcp import artifact_registry, cloud_build
from gcp.build_steps import BuildRequest
from gcp.cloud_build import BuildState, Submitted

GOOGLES_OWN = {"INTERNAL_ERROR", "EXPIRED"}
WENT_WRONG = {"FAILURE", "TIMEOUT", "INTERNAL_ERROR", "EXPIRED", "CANCELLED"}


def build(scene: InLane, commit: Commit, target: Target, source: Source | Image) -> Image | Bundle:
    """The image of this commit by digest, or what runs without one.

    A build that an earlier run began is waited for, not repeated.
    """
    if isinstance(source, Image):
        scene.note(source.reused)
        return source
    if target.several:
        made = partial(_made, scene, commit, target, source)
        return once(scene, commit, target, _for_every_region(scene, commit, target), made)
    return _made(scene, commit, target, source)


def _for_every_region(scene: InLane, commit: Commit, target: Target) -> Shared[Image | Bundle]:
    """A Bundle, which has no image to take over, is made once for each region; its packages are installed by then."""

    def take(_there: str) -> Image | None:
        if image := built_before(scene, commit, target):
            scene.note(image.reused)
        return image

    return Shared("", "which builds it for every region", take, partial(_failed_there, target), again=True)


def _failed_there(target: Target, there: str, blame: Blame) -> Finding:
    return Finding(
        "not-built-for-any-region",
        fitting(f"{there} failed to build, and so {target.region} has nothing to deploy"),
        f"Look at the check run of {there}: it says what to do. Then re-run this one, or push.",
        blame=blame,
        message=f"What serves in {target.region} keeps serving. One build serves all regions.",
    )


def _made(scene: InLane, commit: Commit, target: Target, source: Source) -> Image | Bundle:
    look = cache(partial(files, scene, target, source))
    if target.service.build.kind is Build.SOURCE:
        bundle = without_a_build(scene, commit, target, source, look, partial(_carried_out, scene, target))
        if bundle is not None:
            return bundle
    ordinary = _request(scene, commit, target, source)
    # After a kill amid the second of two builds the first is not tried again.
    based = None if _begun(scene, ordinary) else on_base(scene, commit, target, ordinary, look)
    if based is None:
        return _image(scene, commit, target, ordinary, _run(scene, target, ordinary))
    ended = _run(scene, target, based)
    if ended.state.status == "SUCCESS" or _is_the_sources_fault(scene, commit, target, based, ended.state):
        image = _image(scene, commit, target, based, ended)
        scene.note(f"Google patches what is below it: {based.base}")
        return image
    scene.note(
        f"no image for {based.base} came of it, so that it is built once more, with a base of its own; "
        "`automatic_updates: false` spares the first build"
    )
    return _image(scene, commit, target, ordinary, _run(scene, target, ordinary))


def _is_the_sources_fault(
    scene: InLane, commit: Commit, target: Target, based: BuildRequest, state: BuildState
) -> bool:
    """What has never been built so may fail for that reason, unless the log names another."""
    found = of_build(scene, commit, target, state)
    return scene.world.store.images.has_bases(based.image_name) or any(
        each.blame is Blame.YOU for each in found
    )


@dataclass(frozen=True)
class _Ended:
    """A build that has ended, and what its log told of layers."""

    state: BuildState
    layers: Layers


def _begun(scene: InLane, request: BuildRequest) -> Submitted | None:
    """The build that an earlier attempt of this run began, unless that went wrong."""
    if not scene.again:
        return None
    found = cloud_build.find(scene.world.google, request.project, request.region, request.tags[-1])
    return Submitted(found[0].id, found[1]) if found and found[0].status not in WENT_WRONG else None


def _run(scene: InLane, target: Target, request: BuildRequest) -> _Ended:
    """The build as it ended; what Cloud Build itself broke off is built once more."""
    submitted = _begun(scene, request)
    if submitted is None:
        submitted = _submitted(scene, request)
    else:
        scene.note("went on with the build that was already running")
    layers = Layers()
    state = _ended(scene, target, submitted, layers)
    if state.status in GOOGLES_OWN:
        scene.note(f"Cloud Build ended with {state.status}, which is its own fault; building once more")
        submitted, layers = _submitted(scene, _once_more(request)), Layers()
        state = _ended(scene, target, submitted, layers)
    return _Ended(state, layers)


def _image(scene: InLane, commit: Commit, target: Target, request: BuildRequest, ended: _Ended) -> Image:
    if ended.state.status != "SUCCESS":
        raise Stop(of_build(scene, commit, target, ended.state))
    digest = ended.state.digest or _published(scene, target, commit, request)
    image = Image(request.image_name, digest, build_id=ended.state.id, base=request.base)
    remember(scene, commit, target, image, request.tag)
    _tell_saving(scene, request, ended.layers)
    return image


def _carried_out(scene: InLane, target: Target, request: BuildRequest) -> BuildState:
    return _ended(scene, target, _submitted(scene, request), Layers())


def _tell_saving(scene: InLane, request: BuildRequest, layers: Layers) -> None:
    """Say what the cache has saved, and remember how long the other layers took."""
    rows, cache = scene.world.store.layers, request.cache_reference
    if not cache or not (layers.made or layers.cached):
        return
    if saving := layers.saving(rows.seconds(cache)):
        scene.note(saving)
    rows.built(cache, layers.made, layers.cached)


def _submitted(scene: InLane, request: BuildRequest) -> Submitted:
    scene.insist()
    submitted = cloud_build.submit(scene.world.google, request)
    if submitted.region != request.region:
        scene.note(f"this project may not build in {request.region}; built in {submitted.region}")
    return submitted


def _ended(scene: InLane, target: Target, submitted: Submitted, layers: Layers) -> BuildState:
    """The build once it has ended, with what it tells of its layers; a newer commit ends it, and this deployment."""

    def hear(line: str) -> None:
        layers.hear(line)
        scene.log_line(line)

    google, project, region, build_id = scene.world.google, target.project, submitted.region, submitted.id
    while True:
        state = scene.world.builds.wait(project, region, build_id, stop=scene.overtaken, on_log=hear)
        scene.log_url = state.log_url
        if successor := scene.successor():
            cloud_build.cancel(google, project, region, build_id)
            raise Superseded(successor)
        if state.ended:
            return state


def _published(scene: InLane, target: Target, commit: Commit, request: BuildRequest) -> str:
    """The digest of what a step of the build published itself, as buildpacks do."""
    repository = accounts(scene.world.settings, target).repository
    digest = artifact_registry.image_digest(
        scene.world.google,
        target.project,
        target.built_in,
        repository,
        package_of(commit, target),
        request.tag,
    )
    if digest is None:
        raise Stop((_not_published(target, request),))
    return digest


def _once_more(request: BuildRequest) -> BuildRequest:
    """The build once more, under another tag, so that it is not taken for the first."""
    return replace(request, tags=(*request.tags[:-1], f"{request.tags[-1]}-2"[:128]))


def _not_published(target: Target, request: BuildRequest) -> Finding:
    return Finding(
        code="image-not-published",
        title=fitting(f"The build of {target.name} succeeded and left no image"),
        message=f"Artifact Registry has no image {target.name}:{request.tag}.",
        fix="Re-run this check; when it happens again, look at the build's log.",
        blame=Blame.GOOGLE,
    )


def _request(scene: InLane, commit: Commit, target: Target, source: Source) -> BuildRequest:
    settings, plan = scene.world.settings, target.service.build
    use, image = accounts(settings, target), f"{registry_of(scene, target)}/{package_of(commit, target)}"
    return BuildRequest(
        project=target.project,
        region=target.built_in,
        source=source,
        directory=f"{source.top}/{target.service.path}".removesuffix("/."),
        image_name=image,
        tag=commit.sha,
        kind=plan.kind.value,
        dockerfile=plan.dockerfile,
        target=plan.target,
        args=plan.args,
        env=(),
        cache_reference=f"{image}:cache" if use.cached else "",
        service_account=use.build_account,
        machine=settings.build_machine,
        timeout=settings.build_timeout,
        tags=("servergem", f"commit-{commit.sha}", f"run-{scene.run.id}"[:128]),
    )
