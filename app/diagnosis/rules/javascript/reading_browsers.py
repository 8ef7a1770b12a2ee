"""Which package of Debian brings a library that a browser asks for."""

from __future__ import annotations

from collections.abc import Mapping

from app.diagnosis.rule import Hit

# https://packages.debian.org/bookworm, by the library's name up to its version.
LIBRARIES = {
    "libnss3": "libnss3", "libnssutil3": "libnss3", "libnspr4": "libnspr4", "libatk-1.0": "libatk1.0-0", "libatk-bridge-2.0": "libatk-bridge2.0-0", "libcups": "libcups2",
    "libdrm": "libdrm2", "libxkbcommon": "libxkbcommon0", "libgbm": "libgbm1", "libasound": "libasound2", "libpango-1.0": "libpango-1.0-0", "libcairo": "libcairo2",
    "libglib-2.0": "libglib2.0-0", "libgobject-2.0": "libglib2.0-0", "libX11": "libx11-6", "libXcomposite": "libxcomposite1", "libXdamage": "libxdamage1", "libXfixes": "libxfixes3",
    "libXrandr": "libxrandr2", "libdbus-1": "libdbus-1-3", "libatspi": "libatspi2.0-0", "libexpat": "libexpat1",
}  # fmt: skip


def browser_library(hit: Hit) -> Mapping[str, str]:
    """Debian's package of the library."""
    stem = hit["library"].partition(".so")[0]
    return {"package": f"Debian's {LIBRARIES.get(stem, 'package of the same name')}"}


def no_browser(hit: Hit) -> Mapping[str, str] | None:
    """Nothing more, unless Python's Playwright says it, or other lines say why the browser did not start."""
    if "BrowserType." in hit.line or hit.find_after(r"required: mcr\.microsoft\.com/playwright", 12):
        return None
    return (
        None
        if hit.find_after(
            r"without --no-sandbox|No usable sandbox|error while loading shared libraries|pthread_create|Inconsistency detected by ld|SIG[A-Z]{3,4}|[Oo]ut of memory",
            12,
        )
        else {}
    )
