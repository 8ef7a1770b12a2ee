"""What the rows of rebar.py read in other lines."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.rule import Hit


def unreached(hit: Hit) -> Mapping[str, str] | None:
    """Hex' reason stands below: a network that broke, or a package that is not there, which is another row's case."""
    below = next((line.strip() for line in hit.after(1) if line.strip()), "")
    if not re.match(r":\w+$|\{:(?:failed_connect|error|tls_alert|timeout)|Request failed", below):
        return None
    host = re.search(r"'([\w.-]+)', \d+", below)
    return {"said": f"{below.strip(':')[:120]}{' at ' + host[1] if host else ''}"}


def where_it_points(hit: Hit) -> Mapping[str, str] | None:
    """The line of the box, `7 │  run() -> Foo.`, and what stands at the end of its arrow."""
    line = hit.find_after(r"^\s*(\d+) │", 8)
    said = hit.find_after(r"[╰└]─+\s*(.+)$", 10)
    return {"line": line[1], "said": said[1].strip()} if line and said else None
