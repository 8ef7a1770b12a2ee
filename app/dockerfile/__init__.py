"""A Dockerfile and its .dockerignore, read as BuildKit reads them; pure."""

from app.dockerfile.frontend import is_docker
from app.dockerfile.ignore import Ignored, Unreadable
from app.dockerfile.instructions import KEYWORDS, Dockerfile, Instruction, Stage, joined
from app.dockerfile.reading import parse

__all__ = [
    "KEYWORDS",
    "Dockerfile",
    "Ignored",
    "Instruction",
    "Stage",
    "Unreadable",
    "is_docker",
    "joined",
    "parse",
]
