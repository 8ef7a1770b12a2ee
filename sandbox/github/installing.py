"""Installing the App: the page on which an account's owner chooses repositories, and what the App hears of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from starlette.responses import Response
from starlette.routing import Route

from sandbox.github.actors import Actor
from sandbox.github.answers import not_found
from sandbox.github.records import Installation, Repo
from sandbox.github.site import Site, Visit, to


class Installations:
    """The pages of the App's installations."""

    def __init__(self, site: Site) -> None:
        self._site, self._hub = site, site.hub

    def routes(self) -> Iterator[Route]:
        new = "/apps/{slug}/installations/new"
        shown = ("/settings/installations/{id}", "/organizations/{organization}/settings/installations/{id}")
        yield from self._site.routes(
            {new: self._ask} | dict.fromkeys(shown, self._shown), {new: self._install}
        )

    def _ask(self, visit: Visit) -> Response:
        self._insist_on_app(visit)
        repos = sorted(self._hub.repos.values(), key=lambda repo: repo.full_name)
        owners = sorted({repo.owner for repo in repos} | {visit.who, self._hub.app.owner})
        return self._site.page(visit, "install.html", app=self._hub.app, owners=owners, repos=repos)

    def _install(self, visit: Visit) -> Response:
        """On all of the account's repositories, or on those that were ticked."""
        self._insist_on_app(visit)
        owner = visit.form.get("owner", "").strip() or visit.who
        chosen = {int(name.removeprefix("repo-")) for name in visit.form if name.startswith("repo-")}
        everything = visit.form.get("selection") != "selected"
        installation = install(visit.actor, owner, None if everything else chosen)
        return to(f"/organizations/{owner}/settings/installations/{installation.id}")

    def _shown(self, visit: Visit) -> Response:
        installation = self._hub.installations().get(visit.number("id"))
        if installation is None:
            raise not_found()
        chosen = [repo for repo in self._hub.repos.values() if self._hub.installed_on(repo) is installation]
        return self._site.page(
            visit,
            "installation.html",
            app=self._hub.app,
            installation=installation,
            granted=self._hub.granted,
            repos=chosen,
        )

    def _insist_on_app(self, visit: Visit) -> None:
        if not self._hub.app.id or visit.params["slug"] != self._hub.app.slug:
            raise not_found()


def install(actor: Actor, owner: str, chosen: Collection[int] | None = None) -> Installation:
    """The App on an account: on all its repositories, or on the `chosen` ones by id; the App is told."""
    hub = actor.hub
    installation = hub.install(owner, all_of_it=chosen is None)
    for repo in hub.repos.values():
        if repo.owner.lower() == owner.lower() and repo.parent is None:
            repo.installed = chosen is None or repo.id in chosen
    tell_with_repositories(actor, installation, "created")
    return installation


def tell_with_repositories(actor: Actor, installation: Installation, action: str) -> None:
    """https://docs.github.com/webhooks/webhook-events-and-payloads#installation"""
    hub = actor.hub
    reached: list[Repo] = [repo for repo in hub.repos.values() if hub.installed_on(repo) is installation]
    told = {"action": action, "repositories": [actor.shapes.reference(repo) for repo in reached]}
    actor.tell_installation("installation", installation, told)
