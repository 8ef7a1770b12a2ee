"""A Dockerfile and its .dockerignore, read as BuildKit reads them; pure."""

from app.dockerfile.frontend import is_docker
from app.dockerfile.ignore import Ignored, Unreadable
from app.dockerfile.instructions import KEYWORDS, Dockerfile, Instruction, Stage, joined
from app.dockerfile.reading import parse
from app.dockerfile.recognising import is_dockerfile, may_be_dockerfile

__all__ = [
    "KEYWORDS",
    "Dockerfile",
    "Ignored",
    "Instruction",
    "Stage",
    "Unreadable",
    "is_docker",
    "is_dockerfile",
    "joined",
    "may_be_dockerfile",
    "parse",
]
