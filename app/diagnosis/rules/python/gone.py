"""What a newer Python or a newer package took away, or changed so that old code and old wheels do not fit it."""

from __future__ import annotations

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.python.reading_gone import (
    NAMES,
    asked_or_frame,
    module,
    name_words,
    numpy,
    said_words,
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="python-gone-module",
        pattern=r"^(?:\S+: )?(?:ModuleNotFoundError|ImportError): No module named '?(?P<module>[\w.]+)'?",
        read=module,
        place=asked_or_frame,
        rank=Rank.ROOT,
        title="This Python, or this version of a package, has no {module}",
        message="ModuleNotFoundError: No module named '{module}'{by}.",
        fix="{advice}.",
    ),
    Rule(
        code="python-gone-name",
        pattern=r"^(?:\S+: )?ImportError: cannot import name '(?P<name>\w+)' from '(?P<module>[\w.]+)'",
        read=name_words,
        place=asked_or_frame,
        rank=Rank.ROOT,
        title="{module} has no {name} in the installed version",
        message="ImportError: cannot import name '{name}' from '{module}'.",
        fix="{advice}.",
    ),
    Rule(
        code="python-gone-use",
        pattern=r"^(?:[\w.]+\.)?(?:TypeError|AttributeError|PydanticImportError|PydanticUserError|APIRemovedInV1|NoSuchModuleError|ObjectNotExecutableError|ArgumentError|ValueError|VersionError|NameError): (?P<said>.+)",
        read=said_words,
        place=asked_or_frame,
        rank=Rank.ROOT,
        title="{said}",
        message="{said}: the installed version is not the one that this code was written for.",
        fix="{advice}.",
    ),
    Rule(
        code="python-gone-use",
        pattern=r"^(?P<said>You tried to access openai\.\w+, but this is no longer supported in openai>=1\.0\.0)",
        read=lambda hit: {"caller": "", "package": "openai", "advice": NAMES["openai", "ChatCompletion"].fix},
        place=asked_or_frame,
        rank=Rank.ROOT,
        title="The code was written for openai 0.x, and openai 1 or later is installed",
        message="{said}.",
        fix="{advice}.",
    ),
    Rule(
        code="python-numpy-abi",
        pattern=r"A module that was compiled using NumPy 1\.x cannot be run in|numpy\.dtype size changed, may indicate binary incompatibility|numpy\.ndarray size changed, may indicate binary incompatibility",
        read=numpy,
        place=lambda hit: (
            dependency_line(hit, "python", hit["name"]) or dependency_line(hit, "python", "numpy")
        ),
        rank=Rank.ROOT,
        title="{name} was built for NumPy 1, and NumPy 2 is installed",
        message="A module that was compiled against NumPy 1.x cannot be run with the NumPy that is installed.",
        fix="Add numpy<2 to the requirements, or raise {name} to a version that is built for NumPy 2.",
        link="https://numpy.org/doc/stable/numpy_2_0_migration_guide.html",
    ),
)
