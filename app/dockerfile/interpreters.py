"""What the image of a language starts by itself: a prompt or a shell, which finds no terminal and ends at once."""

from __future__ import annotations

# The CMD of the images' own Dockerfiles: https://hub.docker.com/_/node and the page of each other one.
_INTERPRETERS = {
    "node": "node",
    "python": "python3",
    "ruby": "irb",
    "golang": "bash",
    "debian": "bash",
    "ubuntu": "bash",
}


def interpreter(image: str) -> str:
    """The command of such an image; empty for one that starts something of its own, and for an unknown one."""
    name, _, tag = image.partition("@")[0].removeprefix("docker.io/").removeprefix("library/").partition(":")
    return "" if "onbuild" in tag else _INTERPRETERS.get(name, "")
