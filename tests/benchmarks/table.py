"""The table that `make bench` prints: what was measured, against what it is held."""

from __future__ import annotations

from typing import NamedTuple

from rich.console import Console
from rich.table import Table


class Line(NamedTuple):
    """One measurement. `target` is None where the figure is shown for comparison only."""

    part: str
    what: str
    found: float
    unit: str
    target: float | None = None
    lower_is_better: bool = False

    @property
    def verdict(self) -> str:
        """Say whether the target was met, by how much."""
        if self.target is None:
            return ""
        met = self.found <= self.target if self.lower_is_better else self.found >= self.target
        sign = "<=" if self.lower_is_better else ">="
        return f"{'met' if met else 'MISSED'} ({sign} {self.target:g})"


def show(lines: list[Line], console: Console) -> None:
    """Print the table."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", "measured"):
        table.add_column(name)
    table.add_column("found", justify="right")
    table.add_column("")
    table.add_column("target")
    part = ""
    for line in lines:
        if line.part != part and part:
            table.add_section()
        style = "red" if "MISSED" in line.verdict else ""
        shown = f"{line.found:,.0f}" if line.found >= 100 else f"{line.found:,.2f}"
        table.add_row(
            line.part if line.part != part else "", line.what, shown, line.unit, line.verdict,
            style=style,
        )  # fmt: skip
        part = line.part
    console.print(table)
