"""The page on this machine that sends a person to GitHub with the manifest, and takes the code that comes back.

It listens on loopback alone, for one registration.
"""

from __future__ import annotations

import hmac
import html
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from app.github.errors import GitHubError
from app.github.registration import Registered

BACK = "/registered"
# "You must complete all three steps in the GitHub App Manifest flow within one hour."
HOUR_SECONDS = 3600.0
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Register ServerGem</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<style>body {{ max-width: 40rem; margin: 10vh auto; padding: 0 1.5rem; font: 1rem/1.5 system-ui, sans-serif }}
button {{ font: inherit; padding: .5rem 1rem }}</style>
<h1>Register ServerGem at GitHub</h1>
<p>GitHub shows what the App may do and asks for its name. Nothing is made before you press its button.</p>
<form method="post" action="{action}"><input type="hidden" name="manifest" value="{manifest}">
<button>Go to GitHub</button></form>
"""


class NotRegistered(Exception):  # noqa: N818 - reads as what happened
    """Why there is no App now, in a sentence."""


@dataclass
class Registration:
    """One registration. `action` is GitHub's form for a state, `manifest` its field for where the person comes back.

    `convert` exchanges the code and keeps what it is good for; it is called once.
    """

    action: Callable[[str], str]
    manifest: Callable[[str], str]
    convert: Callable[[str], Registered]
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    address: str = ""
    registered: Registered | None = None
    failed: str = ""
    ended: threading.Event = field(default_factory=threading.Event)
    once: threading.Lock = field(default_factory=threading.Lock)

    def page(self) -> str:
        escaped = html.escape(self.manifest(self.address + BACK))
        return PAGE.format(action=html.escape(self.action(self.state)), manifest=escaped)

    def take(self, code: str, state: str) -> tuple[int, str]:
        """What came back: a status, and where to go on or why not. A state that is not ours changes nothing."""
        ours = hmac.compare_digest(state.encode(), self.state.encode())
        if not ours or not code or not self.once.acquire(blocking=False):
            return 400, "This is not the way back of this registration. Begin again on the first page."
        try:
            self.registered = self.convert(code)
        except (GitHubError, OSError) as error:
            self.failed = str(error)
            return 502, f"The App was not handed over: {error}"
        return 303, self.registered.installing


def run(registration: Registration, port: int, tell: Callable[[str], None]) -> Registered:
    """Listen on this port of 127.0.0.1 (0: any) until the person is back; `tell` is told the page's address.

    Raises NotRegistered after an hour, when GitHub does not hand the App over, and when the port is taken.
    """
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), _handler(registration))
    except OSError as error:
        raise NotRegistered(
            f"Port {port} of this machine is taken: {error.strerror}. Name another."
        ) from error
    registration.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        tell(registration.address)
        registration.ended.wait(HOUR_SECONDS)
    finally:
        server.shutdown()
        server.server_close()
    if registration.registered is None:
        raise NotRegistered(registration.failed or "An hour has passed, and nobody came back from GitHub.")
    return registration.registered


def _handler(registration: Registration) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            # Another site's name that leads here is not this machine's person.
            if self.headers.get("host", "") != urlsplit(registration.address).netloc:
                self._say(400, "This page is read at its own address.")
            elif asked.path == "/":
                self._say(200, registration.page(), kind="text/html")
            elif asked.path == BACK:
                query = parse_qs(asked.query)
                status, words = registration.take(*(query.get(name, [""])[0] for name in ("code", "state")))
                self._say(status, words)
                if status != 400:
                    registration.ended.set()  # only now: who is sent on has the answer
            else:
                self._say(404, "There is nothing here.")

        def _say(self, status: int, words: str, kind: str = "text/plain") -> None:
            self.send_response(status)
            if status == 303:
                self.send_header("location", words)
            self.send_header("content-type", f"{kind}; charset=utf-8")
            self.send_header("cache-control", "no-store")
            self.end_headers()
            self.wfile.write(words.encode())

        def log_message(self, *_told: object) -> None:
            """The code is in the address, and so in no log."""

    return Handler
