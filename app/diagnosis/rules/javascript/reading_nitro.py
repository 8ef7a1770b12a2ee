"""A page that Nuxt's server Nitro cannot prerender: which, who links to it, and what to do for its status."""

from __future__ import annotations

from collections.abc import Mapping

from app.diagnosis.rule import Hit


def nitro_page(hit: Hit) -> Mapping[str, str] | None:
    """The route is told above its error, the page that links to it below."""
    above = hit.find_before(r"[├└]─+ (/\S*) \(", 2)
    if above is None:
        return None
    page = above[1]
    link = hit.find_after(r"Linked from (/\S*)", 2)
    linked = f", which {link[1]} links to" if link else ""
    if hit["status"] == "404":
        advice = f"Add the page, or correct the link to {page}{f' in the page {link[1]}' if link else ''}; what no visitor needs at build time belongs into nitro.prerender.ignore"
    else:
        advice = f"{page} throws while it is built: what it asks (an API, a database, a variable) is not there then. Give the build what it needs, or write routeRules: {{ '{page}': {{ prerender: false }} }} to render it at each request"
    return {"page": page, "linked": linked, "advice": advice}
