"""docs/diagnosis.md, made from the tables and the samples: `python -m tests.diagnosis_table > docs/diagnosis.md`."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

from app.diagnosis import rules
from app.diagnosis.rules import TABLES, rows
from tests.samples import FOLDERS, samples

PAGE = Path(__file__).parent.parent / "docs" / "diagnosis.md"
HEAD = """# What ServerGem recognises in a log

Made by `python -m tests.diagnosis_table` from the tables of `app/diagnosis/rules/` and the samples of `tests/logs/`; a
test holds it equal to them. `app/diagnosis/README.md` says how to add a row.
"""


def page() -> str:
    """The whole page: for each table what it is about, its kinds of failure, and how many samples show each."""
    shown = Counter(sample.code for sample in samples(*FOLDERS))
    codes = {name: [row.rule.code for row in rows() if row.table == name] for name in TABLES}
    kinds = {code for each in codes.values() for code in each}
    parts = [
        HEAD,
        f"{len(kinds)} kinds of failure in {len(TABLES)} tables, {sum(shown.values())} samples.\n",
        "| table | tools | kinds, with the number of their samples |\n|---|---|---|",
    ]
    for name, its in codes.items():
        told = ", ".join(f"{code} {shown[code]}" for code in dict.fromkeys(its))
        parts.append(f"| `{name}` | {_about(name)} | {told} |")
    return "\n".join(parts) + "\n"


def _about(table: str) -> str:
    path = (Path(rules.__file__).parent / table.replace(".", "/")).with_suffix(".py")
    sentence = ast.get_docstring(ast.parse(path.read_text())) or ""
    return " ".join(sentence.split()).partition(". ")[0].removesuffix(".").replace("|", "\\|")


if __name__ == "__main__":
    print(page(), end="")
