"""Identity: the token that a private service takes, from whatever credentials this machine has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

SCOPE = "https://www.googleapis.com/auth/cloud-platform"


class NoIdentity(Exception):  # noqa: N818 - reads as what happened
    """These credentials cannot say who they are, and why."""


def token(audience: str, request: Any) -> str:
    """An identity token for a service's own URL, asked for through `request` (google.auth.transport.Request).

    A key, an attached account and an impersonated one make it themselves. A federated identity has Google's IAM make
    it for the account that it stands for, which takes roles/iam.serviceAccountOpenIdTokenCreator on that account:
    https://cloud.google.com/iam/docs/create-short-lived-credentials-direct#sa-credentials-oidc. Raises NoIdentity.
    """
    import google.auth
    from google.auth.exceptions import GoogleAuthError

    load: Callable[..., Any] = google.auth.default
    try:
        credentials, _ = load(scopes=[SCOPE])
        found = _own(audience, request) or _of_account(credentials, audience)
        found.refresh(request)
    except GoogleAuthError as error:
        raise NoIdentity(str(error.args[0] if error.args else error)) from error
    return str(found.token)


def _own(audience: str, request: Any) -> Any:
    """What the library makes of a key, an impersonation or the metadata server; None of anything else."""
    from google.auth.exceptions import DefaultCredentialsError
    from google.oauth2 import id_token

    find: Callable[..., Any] = id_token.fetch_id_token_credentials
    try:
        return find(audience, request=request)
    except DefaultCredentialsError:
        return None


def _of_account(credentials: Any, audience: str) -> Any:
    """Through IAM, for the account that these credentials stand for."""
    from google.auth import impersonated_credentials

    email = getattr(credentials, "service_account_email", None)
    if not email:
        raise NoIdentity(
            "they stand for no service account, and Google makes identity tokens for those alone"
        )
    account: Callable[..., Any] = impersonated_credentials.Credentials
    make: Callable[..., Any] = impersonated_credentials.IDTokenCredentials
    target = account(source_credentials=credentials, target_principal=email, target_scopes=[SCOPE])
    return make(target, target_audience=audience, include_email=True)


def member() -> str:
    """Who we are as a member of a policy; empty where the credentials do not tell."""
    import google.auth
    from google.auth.exceptions import GoogleAuthError
    from google.auth.transport.requests import Request

    load: Callable[..., Any] = google.auth.default
    try:
        credentials, _ = load(scopes=["https://www.googleapis.com/auth/cloud-platform"])
        if getattr(credentials, "service_account_email", "") == "default":
            credentials.refresh(Request())  # the metadata server tells the address with the token
    except GoogleAuthError:
        return ""
    email = getattr(credentials, "service_account_email", "") or ""
    return f"serviceAccount:{email}" if "@" in email else ""
