"""One line of what `make bench` prints: a figure beside the limit or the peer that it is held against."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """`figure` was measured in this run; `limit` is the promise or what the peer did in the same run."""

    name: str
    figure: str
    limit: str = ""
    remark: str = ""


def show(title: str, rows: Iterable[Row], console: Console) -> None:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    for heading in ("", "measured", "limit or peer", ""):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(row.name, row.figure, row.limit, row.remark)
    console.print(table)
    console.print()
