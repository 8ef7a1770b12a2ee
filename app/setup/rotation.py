"""`servergem setup webhook-secret`: another secret in place of the one with which GitHub signs its webhooks."""

from __future__ import annotations

import secrets
from pathlib import Path

from app.setup import settings_file
from app.setup.github_app import opened
from app.setup.in_secret_manager import keep, read_whole, told

# As long as the hash that is made with it: https://www.rfc-editor.org/rfc/rfc2104#section-3
SECRET_BYTES = 32
NAME = "GITHUB_WEBHOOK_SECRET"


def new_webhook_secret(file: Path) -> str:
    """Exchange the secret at GitHub and in the file; what to do now, in words without the secret.

    Raises settings_file.Unusable and GitHubError; then both still have the one before.
    """
    kept = settings_file.read(file)
    if not kept:
        raise settings_file.Unusable(f"{file} is empty. Name the file of `servergem setup github`.")
    secret, github = secrets.token_hex(SECRET_BYTES), opened(read_whole(file))
    try:
        settings_file.exchange(file, kept | {NAME: secret}, lambda: github.sign_webhooks_with(secret))
    finally:
        github.close()
    if told(kept[NAME]):
        settings_file.exchange(file, kept | {NAME: keep(kept, NAME, secret)}, lambda: None)
    return (
        f"App {kept['GITHUB_APP_ID']} signs with the secret in {file} from now on. Start ServerGem again with it; "
        "what GitHub sends until then is refused, and made up for afterwards."
    )
