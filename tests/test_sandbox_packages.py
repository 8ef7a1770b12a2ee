"""The Python of what the sandbox builds: none of the packages that this machine has are in it."""

from __future__ import annotations

import pytest

from tests.test_sandbox_builds import Shop, server
from tests.test_sandbox_builds import shop as shop

pytestmark = pytest.mark.wire


def test_what_somebody_installed_on_this_machine_is_in_no_image(shop: Shop) -> None:
    """An import that no requirements.txt names fails here too, as it would at Google."""
    seen = server("', '.join(path for path in __import__('sys').path if 'packages' in path)")
    assert shop.ask({"Procfile": "web: python3 main.py\n", "main.py": seen}) == ""
