"""What a domain is called: labels of letters, digits and hyphens, two at least, as DNS and certificates take them."""

from __future__ import annotations

# https://www.rfc-editor.org/rfc/rfc1123#section-2.1; the last one has a letter first, or it would be an address.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?"
