"""Imports of Python that fail: what is not installed, not where the program starts, misspelt, hidden or in a circle."""

from __future__ import annotations

from app.diagnosis.places import first
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.python.reading_circles import hidden, relative
from app.diagnosis.rules.python.reading_errors import application, own_frame
from app.diagnosis.rules.python.reading_fitting import (
    compiled_part,
    compiled_place,
    told_again,
    unfit_pair,
    unfit_place,
)
from app.diagnosis.rules.python.reading_imports import imported, module_place, module_words

RULES: tuple[Rule, ...] = (
    Rule(
        code="python-compiled-part",
        pattern=r"^(?:ModuleNotFoundError|ImportError): No module named '(?P<package>[A-Za-z]\w*)(?:\.\w+)*\.(?P<part>_\w+)'",
        read=compiled_part,
        place=compiled_place,
        rank=Rank.ROOT,
        title="The compiled part of {package} is for another Python, or another system",
        message="No module named '{package}.{part}': {package} is there, and its compiled part does not fit the Python (or the C library, or the processor) of the image that runs.",
        fix="Install and run on the same image: FROM python:3.12-slim in both stages (distroless and Alpine have another Python or C library), and keep a .venv of your machine in .dockerignore.",
        link="https://docs.python.org/3/extending/building.html",
    ),
    Rule(
        code="python-unfit-pair",
        pattern=r"^(?:ImportError: )?cannot import name '?(?P<name>\w+)'? from '?(?P<module>[\w.]+)'? \(\S*/(?:site|dist)-packages/",
        read=unfit_pair,
        place=unfit_place,
        rank=Rank.ROOT,
        title="{caller} asks {package} for {name}, which the installed one has not",
        message="ImportError: cannot import name '{name}' from '{module}': both are installed packages, and their versions do not fit each other.",
        fix="{advice}; a lock file (uv lock, pip freeze) keeps both.",
    ),
    Rule(
        code="python-missing-module",
        pattern=r"^(?:\S+: )?(?:ModuleNotFoundError|ImportError): No module named '?(?P<module>[\w.]+)'?",
        read=lambda hit: None if told_again(hit) else module_words(hit),
        place=module_place,
        rank=Rank.ROOT,
        title="Python finds no module {module}",
        message="ModuleNotFoundError: No module named '{module}'{where}: {why}.",
        fix="{fix}",
        link="https://docs.python.org/3/tutorial/modules.html",
    ),
    Rule(
        code="python-missing-module",
        pattern=r"^\S*python[\d.]*: No module named (?P<module>[\w.]+)",
        read=module_words,
        place=module_place,
        rank=Rank.ROOT,
        title="Python finds no module {module}",
        message="No module named {module}: the image does not have it.",
        fix="{fix}",
    ),
    Rule(
        code="python-cannot-import",
        pattern=r"^(?:\S+: )?ImportError: cannot import name '?(?P<name>\w+)'? from (?:partially initialized module )?'?(?P<module>[\w.]+)'?(?P<rest>.*)",
        read=imported,
        place=own_frame,
        rank=Rank.ROOT,
        title="{name} cannot be imported from {module}",
        message="ImportError: cannot import name '{name}' from '{module}'{where} {rest}",
        fix="{advice}.",
    ),
    Rule(
        code="python-circular",
        pattern=r"^(?:\S+: )?(?:AttributeError: (?:partially initialized module '(?P<module>[\w.]+)'|module '(?P<module2>[\w.]+)' (?:has no attribute|from)).{0,200}?(?:most likely due to a circular import|consider renaming)|ImportError: cannot import name '\w+' from '(?P<module3>[\w.]+)' \(consider renaming)",
        read=hidden,
        place=lambda hit: hit.files.place(hit["path"], 1) if hit["path"] else own_frame(hit),
        rank=Rank.ROOT,
        title="{said}",
        message="{line}{where}.",
        fix="{advice}.",
    ),
    Rule(
        code="python-relative-import",
        pattern=r"^ImportError: (?P<said>attempted relative import (?:with no known parent package|beyond top-level package))",
        read=relative,
        place=first(own_frame, application),
        rank=Rank.ROOT,
        title="A relative import, but the file is started as a script of its own",
        message="ImportError: {said}{where}.",
        fix="{advice}.",
        link="https://docs.python.org/3/reference/import.html#package-relative-imports",
    ),
)
