"""A class that Laravel's notes of installed packages name, and that is not installed here."""

from __future__ import annotations

from collections.abc import Mapping


def registered(name: str) -> Mapping[str, str]:
    """After composer install --no-dev the notes of an earlier installation, in bootstrap/cache, are wrong."""
    return {
        "why": "a list of packages names it, and it is not installed",
        "advice": "Do not COPY the notes of another installation: write bootstrap/cache/*.php into .dockerignore and run "
        f"composer dump-autoload after the install; where {name} stands in the application itself, require its package "
        "(composer require) or take it out",
    }
