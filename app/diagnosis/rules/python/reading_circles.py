"""Imports of the repository's own modules that meet themselves: in a circle, hidden by a file's name, relative."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.rule import Hit
from app.diagnosis.rules.python.reading_distributions import distribution
from app.diagnosis.rules.python.reading_errors import where


def hidden(hit: Hit) -> Mapping[str, str] | None:
    """A file of the repository that is called like a module that somebody else means."""
    module = hit["module"] or hit["module2"] or hit["module3"]
    path = next(
        (
            p
            for p in sorted(hit.files.paths, key=lambda p: p.count("/"))
            if p.rpartition("/")[2] == f"{module}.py"
        ),
        "",
    )
    words = where(hit) | {"line": hit.line.strip()[:200], "path": ""}
    if path and (module in sys.stdlib_module_names or dependency_line(hit, "python", distribution(module))):
        return words | {
            "path": path,
            "said": f"{path} hides the module {module} that is meant",
            "advice": f"Rename {path}: the program finds it before the installed module {module}",
        }
    return words | {
        "said": f"{module} is imported in a circle",
        "advice": "Two modules import each other: move one import into the function that needs it",
    }


def relative(hit: Hit) -> Mapping[str, str] | None:
    words = where(hit)
    module = words["file"].removesuffix(".py").replace("/", ".")
    start = f"python -m {module}" if module and "-" not in module else "python -m PACKAGE.MODULE"
    if "beyond" in hit["said"]:
        advice = "Start from the folder above the package, so that the package itself is imported, or write the import from the root of your packages"
    else:
        advice = f"Start it as a module from the folder above its package ({start}, or uvicorn and gunicorn with PACKAGE.MODULE:app), or write the import without the dots"
    return words | {"advice": advice}
