"""Registering the App from a manifest: GitHub's page, its button, and the code that is good for what is secret, once.

https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.responses import Response
from starlette.routing import Route

from sandbox.github.actors import PERMISSIONS
from sandbox.github.answers import Answer, Call, Refused, not_found
from sandbox.github.records import AppFacts, Code
from sandbox.github.site import Site, Visit, to
from sandbox.github.state import Hub
from sandbox.github.tokens import ACCESS
from sandbox.github.words import Json

# "You must complete all three steps in the GitHub App Manifest flow within one hour."
CODE_SECONDS = 3600.0
MOST_CALLBACKS, LONGEST_NAME = 10, 34
NEW = ("/settings/apps/new", "/organizations/{organization}/settings/apps/new")


class Registrations:
    """The pages on which a person registers an App."""

    def __init__(self, site: Site) -> None:
        self._site, self._hub = site, site.hub

    def routes(self) -> Iterator[Route]:
        forms = dict.fromkeys(NEW, self._ask) | {"/settings/apps": self._create}
        yield from self._site.routes({"/apps/{slug}": self._shown}, forms)

    def _ask(self, visit: Visit) -> Response:
        """The page with the App's name and the button; nothing is made before it is pressed."""
        told = read(self._hub, visit.form.get("manifest", ""))
        owner = visit.params.get("organization") or visit.who
        return self._site.page(
            visit,
            "register.html",
            owner=owner,
            organization=visit.params.get("organization", ""),
            name=str(told.get("name", "")),
            manifest=visit.form["manifest"],
            state=visit.query.get("state", ""),
            permissions=told.get("default_permissions", {}),
            events=told.get("default_events", []),
        )

    def _create(self, visit: Visit) -> Response:
        """Make the App, try its webhook, and send the person back with a code."""
        told = read(self._hub, visit.form.get("manifest", "")) | {"name": visit.form.get("name", "").strip()}
        if not 0 < len(told["name"]) <= LONGEST_NAME:
            raise Refused(422, f"Name must have 1 to {LONGEST_NAME} characters.")
        organization = visit.form.get("organization", "")
        code = register(self._hub, told, organization or visit.who, organization=bool(organization))
        visit.actor.tell_ping()
        query = {"code": code} | ({"state": visit.form["state"]} if visit.form.get("state") else {})
        return to(f"{told['redirect_url']}?{urlencode(query)}")

    def _shown(self, visit: Visit) -> Response:
        if not self._hub.app.id or visit.params["slug"] != self._hub.app.slug:
            raise not_found()
        return self._site.page(visit, "app.html", app=self._hub.app)


def read(hub: Hub, text: str) -> Json:
    """The manifest in a form's field. Refused for what GitHub refuses, and where the sandbox has its App already."""
    if hub.app.id:
        raise Refused(
            422, f"This sandbox has its App, {hub.app.name}. One started with --without-app has none."
        )
    try:
        told = json.loads(text)
    except ValueError as error:
        raise Refused(422, "The manifest is not JSON.") from error
    if not isinstance(told, dict):
        raise Refused(422, "The manifest is no JSON object.")
    hook = told.get("hook_attributes") or {}
    for name, value in {"url": told.get("url"), "redirect_url": told.get("redirect_url")}.items():
        _insist_on_address(name, value)
    if hook:
        _insist_on_address("hook_attributes.url", hook.get("url"))
    if len(told.get("callback_urls") or ()) > MOST_CALLBACKS:
        raise Refused(422, f"callback_urls may have {MOST_CALLBACKS} entries at most.")
    granted = {"metadata": "read", **(told.get("default_permissions") or {})}
    for name, access in granted.items():
        if ACCESS.get(str(access), 0) < 1:
            raise Refused(422, f"default_permissions: {name} cannot be {access!r}.")
    for event in told.get("default_events") or ():
        if PERMISSIONS.get(event, "metadata") not in granted:
            raise Refused(422, f"default_events: {event} needs the permission {PERMISSIONS[event]}.")
    return told


def _insist_on_address(name: str, value: object) -> None:
    if not isinstance(value, str) or urlsplit(value).scheme not in ("http", "https"):
        raise Refused(422, f"{name} is not an address that begins with http:// or https://.")


def register(hub: Hub, told: Json, owner: str, *, organization: bool) -> str:
    """The App of this manifest is the App from now on; the code that is good for what is secret."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    slug = re.sub(r"[^a-z0-9]+", "-", told["name"].lower()).strip("-")
    app = AppFacts.told(told, hub.new_id(), slug, owner)
    secret = secrets.token_hex(20)
    hub.registered(app, organization=organization)
    hub.tokens.trust(app.id, public.decode())
    hub.deliveries.sign(app.id, secret)
    hub.deliveries.address = (told.get("hook_attributes") or {}).get("url", "")
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    told = {"client_secret": hub.client.secret, "webhook_secret": secret, "pem": pem.decode()}
    code = secrets.token_hex(20)
    hub.codes[code] = Code(told, time.time() + CODE_SECONDS)
    return code


def convert(call: Call) -> Answer:
    """What is secret, for a code, once, by whoever has it."""
    code = call.hub.codes.pop(call.params["code"], None)
    if code is None or code.until < time.time():
        raise not_found()
    return Answer(201, {**call.shapes.app(), **code.told})


def hook_config(call: Call) -> Answer:
    """Where webhooks go; the secret is never shown."""
    shown = {"content_type": "json", "insecure_ssl": "0", "secret": "********"}
    return Answer(200, {**shown, "url": call.hub.deliveries.address})


def set_hook_config(call: Call) -> Answer:
    """https://docs.github.com/rest/apps/webhooks#update-a-webhook-configuration-for-an-app"""
    if "url" in call.body:
        _insist_on_address("url", call.body["url"])
        call.hub.deliveries.address = str(call.body["url"])
    if "secret" in call.body:
        call.hub.deliveries.sign(call.hub.app.id, str(call.body["secret"]))
    return hook_config(call)
