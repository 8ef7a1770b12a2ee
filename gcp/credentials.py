"""Whether this machine has credentials for Google Cloud at all: asked before anybody is blamed for their lack."""

from __future__ import annotations

HOW = (
    "Run `gcloud auth application-default login` (https://cloud.google.com/docs/authentication/provide-credentials-adc),"
    " then the same command again."
)


class NoCredentials(Exception):  # noqa: N818 - reads as what happened
    """What is missing and what to type; nothing is known about the project."""


def insist_on_credentials(endpoint: str = "") -> None:
    """Raises NoCredentials unless Google's libraries find some; a stand-in at `endpoint` asks for none."""
    if endpoint:
        return
    import google.auth
    from google.auth.exceptions import GoogleAuthError
    from google.auth.transport.requests import Request

    try:
        credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
        if not credentials.valid:
            credentials.refresh(Request())  # type: ignore[no-untyped-call]  # the library has no types
    except GoogleAuthError as error:
        said = str(error.args[0] if error.args else error).strip().rstrip(".").splitlines()[0]
        raise NoCredentials(f"Google Cloud cannot be asked without credentials. {HOW}\n  ({said})") from error
