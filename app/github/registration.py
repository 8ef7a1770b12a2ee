"""Registering the App: where GitHub's form and API are, and the one exchange of a code for what is secret.

https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

from __future__ import annotations

from urllib.parse import quote, urlencode, urlsplit

import httpx
from pydantic import BaseModel, Field, ValidationError

from app.github.connection import API_VERSION, USER_AGENT
from app.github.errors import GitHubError, refusal
from app.github.wire import ACCEPT
from app.trusted import authorities

TIMEOUT_SECONDS = 30.0


class Registered(BaseModel, frozen=True):
    """The App as GitHub hands it over, once; what is secret is in no text of it."""

    id: int
    slug: str
    html_url: str
    client_id: str
    client_secret: str = Field(repr=False)
    webhook_secret: str = Field(repr=False)
    pem: str = Field(repr=False)

    @property
    def installing(self) -> str:
        """The page on which the App is installed."""
        return f"{self.html_url}/installations/new"


def api_url(url: str) -> str:
    """Where the API is beside these pages: github.com, GHE.com, or else a GitHub Enterprise Server.

    https://docs.github.com/enterprise-server/rest/using-the-rest-api/getting-started-with-the-rest-api
    """
    address = urlsplit(url)
    if address.netloc == "github.com" or address.netloc.endswith(".ghe.com"):
        return f"{address.scheme}://api.{address.netloc}"
    return f"{address.scheme}://{address.netloc}/api/v3"


def form_url(url: str, organization: str, state: str) -> str:
    """Where the form with the manifest is sent: a person's own settings, or those of an organization."""
    where = f"/organizations/{quote(organization, safe='')}" if organization else ""
    return f"{url}{where}/settings/apps/new?{urlencode({'state': state})}"


def convert(api: str, code: str) -> Registered:
    """Exchange the code: good once, within one hour, so it is never tried again. Raises GitHubError."""
    headers = {"accept": ACCEPT, "user-agent": USER_AGENT, "x-github-api-version": API_VERSION}
    path = f"{api}/app-manifests/{quote(code, safe='')}/conversions"
    try:
        answer = httpx.post(path, headers=headers, timeout=TIMEOUT_SECONDS, verify=authorities())
    except httpx.HTTPError as error:
        raise GitHubError(0, f"GitHub did not answer: {type(error).__name__}") from error
    if answer.status_code == 404:
        raise GitHubError(404, "GitHub does not know this code: it is good once, and for one hour")
    if answer.status_code >= 400:
        raise refusal(answer.status_code, answer.headers, answer.text, now=0.0)
    try:
        return Registered.model_validate_json(answer.text)
    except ValidationError as error:
        # The error's own text holds what was read, and with it secrets.
        missing = ", ".join(str(each["loc"][0]) for each in error.errors(include_input=False) if each["loc"])
        raise GitHubError(answer.status_code, f"GitHub's answer lacks: {missing}") from None
