"""The client of Cloud Storage, whose library has no types; to a stand-in without credentials."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def storage_client(endpoint: str) -> Any:
    """google.cloud.storage.Client, for the stand-in at `endpoint` where there is one."""
    from google.api_core.client_options import ClientOptions
    from google.auth.credentials import AnonymousCredentials

    # Whether mypy finds it at all depends on what else is installed.
    storage: Any = import_module("google.cloud.storage")

    if not endpoint:
        return storage.Client()
    return storage.Client(
        project="stand-in",
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]  # it has no types
        client_options=ClientOptions(api_endpoint=endpoint),
    )
