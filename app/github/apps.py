"""The App about itself: its registration, its installations and its webhook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.github import endpoints
from app.github.calls import Calls


@dataclass(frozen=True)
class AppInfo:
    """The GitHub App as it is registered. `settings_url` is the page on which its owner changes it."""

    slug: str
    html_url: str
    settings_url: str
    permissions: Mapping[str, str]
    events: tuple[str, ...]


@dataclass(frozen=True)
class OnAccount:
    """The App on an account, with what its owner has granted, and the page where they do."""

    account: str
    permissions: Mapping[str, str]
    events: tuple[str, ...]
    settings_url: str
    suspended: bool


class Apps(Calls):
    """What is asked with the App's own key."""

    def app(self) -> AppInfo:
        """Who we are; proves that the App's id and key belong together."""
        told = self._again(lambda: self._wire.as_app(endpoints.APP)).json()
        page, owner = urlsplit(told["html_url"]), told["owner"]
        of = f"/organizations/{owner['login']}" if owner.get("type") == "Organization" else ""
        return AppInfo(
            told["slug"],
            told["html_url"],
            f"{page.scheme}://{page.netloc}{of}/settings/apps/{told['slug']}",
            dict(told["permissions"]),
            tuple(sorted(told["events"])),
        )

    def installations(self) -> tuple[OnAccount, ...]:
        """The accounts on which the App is installed, thirty at most."""
        told = self._again(lambda: self._wire.as_app(endpoints.INSTALLATIONS)).json()
        return tuple(
            OnAccount(
                each["account"]["login"],
                dict(each["permissions"]),
                tuple(each["events"]),
                each["html_url"],
                bool(each.get("suspended_at")),
            )
            for each in told
        )

    def webhook_address(self) -> str:
        """Where GitHub sends webhooks; empty where it sends none."""
        told = self._again(lambda: self._wire.as_app(endpoints.HOOK_CONFIG)).json()
        return str(told.get("url") or "")

    def sign_webhooks_with(self, secret: str) -> None:
        """From the next delivery on GitHub signs with this; to say it again changes nothing."""
        self._again(lambda: self._wire.as_app(endpoints.SET_HOOK_CONFIG, {"secret": secret}))

    def send_webhooks_to(self, address: str) -> None:
        """From the next delivery on webhooks go there; to say it again changes nothing."""
        self._again(lambda: self._wire.as_app(endpoints.SET_HOOK_CONFIG, {"url": address}))
