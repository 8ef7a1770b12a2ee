"""REST, for the App itself: who it is, its installations and their tokens, its deliveries."""

from __future__ import annotations

import time

from sandbox.github.answers import Answer, Call, Refused, malformed, not_found
from sandbox.github.records import Installation, Repo
from sandbox.github.tokens import ACCESS, Grant, Tokens
from sandbox.github.webhooks import Deliveries
from sandbox.github.words import Json

MOST_REPOSITORIES = 500
SUSPENDED = "This installation has been suspended"
_NOT_GRANTED = "The permissions requested are not granted to this installation."
_OUT_OF_REACH = (
    "There is at least one repository that does not exist or is not accessible to the parent installation."
)


def app(call: Call) -> Answer:
    count = len(call.hub.installations())
    return Answer(200, {**call.shapes.app(), "installations_count": count})


def installations(call: Call) -> Answer:
    page, links = call.page(sorted(call.hub.installations().items()))
    return Answer(200, [call.shapes.installation(each) for _, each in page], links)


def installation(call: Call) -> Answer:
    return Answer(200, call.shapes.installation(_installation(call)))


def repository_installation(call: Call) -> Answer:
    installation = call.hub.installed_on(call.repo)
    if installation is None:
        raise not_found()
    return Answer(200, call.shapes.installation(installation))


def access_token(call: Call) -> Answer:
    """A token, never for more than was granted when the App was installed."""
    installation = _installation(call)
    if installation.suspended_at:
        raise Refused(403, SUSPENDED)
    chosen = _chosen(call, installation)
    permissions = _permissions(call)
    repositories = frozenset(repo.id for repo in chosen) if chosen is not None else None
    long = call.headers.get("x-github-stateless-s2s-token") != "disabled"
    grant = _tokens(call).mint(installation.id, repositories, permissions, long=long)
    told: Json = {"token": grant.token, "expires_at": grant.expires_at, "permissions": dict(permissions)}
    if chosen is None:
        return Answer(201, {**told, "repository_selection": "all"})
    shown = [call.shapes.repository(repo) for repo in chosen]
    return Answer(201, {**told, "repository_selection": "selected", "repositories": shown})


def revoke(call: Call) -> Answer:
    _tokens(call).revoke(_grant(call).token)
    return Answer(204)


def repositories(call: Call) -> Answer:
    grant = _grant(call)
    within = [
        repo
        for repo in call.hub.repos.values()
        if _belongs(call, repo, grant.installation)
        and (grant.repositories is None or repo.id in grant.repositories)
    ]
    page, links = call.page(within)
    selection = "all" if grant.repositories is None else "selected"
    shown = [call.shapes.repository(repo) for repo in page]
    return Answer(
        200, {"total_count": len(within), "repository_selection": selection, "repositories": shown}, links
    )


def rate_limit(_call: Call) -> Answer:
    core = {"limit": 15_000, "used": 0, "remaining": 15_000, "reset": int(time.time()) + 3600}
    return Answer(200, {"resources": {"core": core, "search": core}, "rate": core})


def deliveries(call: Call) -> Answer:
    """Newest first; the cursor is the id of the last one that was shown."""
    found = [attempt.item() for attempt in _deliveries(call).attempts()]
    cursor = call.query.get("cursor", "")
    if cursor and not cursor.lstrip("v1_").isdecimal():
        raise Refused(422, "Invalid cursor.")
    if cursor:
        found = [item for item in found if item["id"] < int(cursor.removeprefix("v1_"))]
    if call.query.get("status") == "failure":
        found = [item for item in found if 400 <= item["status_code"] <= 599]
    if call.query.get("status") == "success":
        found = [item for item in found if 200 <= item["status_code"] <= 399]
    _, per_page = call.slice()
    page, links = found[:per_page], {}
    if len(found) > per_page:
        following = f"{call.base}/app/hook/deliveries?per_page={per_page}&cursor=v1_{page[-1]['id']}"
        links["link"] = f'<{following}>; rel="next"'
    return Answer(200, page, links)


def delivery(call: Call) -> Answer:
    attempt = _deliveries(call).attempt(call.number("delivery_id"))
    if attempt is None:
        raise not_found()
    return Answer(200, attempt.whole())


def redeliver(call: Call) -> Answer:
    if not _deliveries(call).redeliver(call.number("delivery_id")):
        raise not_found()
    return Answer(202, {})


def _installation(call: Call) -> Installation:
    found = call.hub.installations().get(call.number("installation_id"))
    if found is None:
        raise not_found()
    return found


def _belongs(call: Call, repo: Repo, number: int) -> bool:
    found = call.hub.installed_on(repo)
    return found is not None and found.id == number


def _chosen(call: Call, installation: Installation) -> list[Repo] | None:
    """The repositories that the body narrows the token to; None when it does not."""
    names, ids = call.body.get("repositories"), call.body.get("repository_ids")
    if not names and not ids:
        return None
    if len(names or ids or ()) > MOST_REPOSITORIES:
        raise malformed(f"No more than {MOST_REPOSITORIES} items are allowed.")
    found = [call.hub.find(installation.owner, str(name)) for name in names or ()]
    found += [call.hub.repos.get(number) for number in ids or ()]
    reached = [repo for repo in found if repo is not None and _belongs(call, repo, installation.id)]
    if len(reached) < len(found):
        raise Refused(422, _OUT_OF_REACH)
    return reached


def _permissions(call: Call) -> dict[str, str]:
    granted, wanted = call.hub.granted, call.body.get("permissions") or {}
    if not isinstance(wanted, dict):
        raise malformed(f"For 'properties/permissions', {wanted!r} is not an object.")
    for name, access in wanted.items():
        if ACCESS.get(str(access), 9) > ACCESS[granted.get(name, "")]:
            raise Refused(422, _NOT_GRANTED)
    return {"metadata": "read", **wanted} if wanted else dict(granted)


def _grant(call: Call) -> Grant:
    if call.grant is None:
        raise Refused(401, "Requires authentication")
    return call.grant


def _tokens(call: Call) -> Tokens:
    return call.hub.tokens


def _deliveries(call: Call) -> Deliveries:
    return call.hub.deliveries
