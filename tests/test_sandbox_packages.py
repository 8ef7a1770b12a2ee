"""The Python of what the sandbox builds: none of the packages that this machine has are in it."""

from __future__ import annotations

import pytest

from sandbox import bases, machine
from tests.test_sandbox_builds import Shop, server
from tests.test_sandbox_builds import shop as shop

pytestmark = pytest.mark.wire


def test_what_somebody_installed_on_this_machine_is_in_no_image(shop: Shop) -> None:
    """An import that no requirements.txt names fails here too, as it would at Google."""
    seen = server("', '.join(path for path in __import__('sys').path if 'packages' in path)")
    assert shop.ask({"Procfile": "web: python3 main.py\n", "main.py": seen}) == ""


def test_an_old_pythons_image_has_setuptools(shop: Shop) -> None:
    """What imports pkg_resources and does not name it starts in the one image, and in a later one it does not."""
    own = machine.own_python().version
    asked = "RUN python -c 'import pkg_resources'\n"
    done, log = shop.build({"Dockerfile": f"FROM python:{own}\n{asked}"})
    assert (done.status == "SUCCESS") == bases.brings_setuptools(own), log
    done, log = shop.build({"Dockerfile": f"FROM python:3.13\n{asked}"})
    assert done.status == "FAILURE" and "No module named 'pkg_resources'" in log


@pytest.mark.parametrize(
    ("version", "brings"), [("3.8", True), ("3.11.4", True), ("3.12", False), ("", False)]
)
def test_python_3_12_is_the_first_without(version: str, brings: bool) -> None:
    """`python:3` is the newest one."""
    assert bases.brings_setuptools(version) is brings
