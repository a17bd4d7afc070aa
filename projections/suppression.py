"""Counts of people that may be shown: small cells are held back, and so is what reveals them.

A table has a margin for each row and column, and every line adds up, so one hidden cell in a
line is found by subtraction. Hidden cells are the edges of a graph between row and column
names; exactly the edges that lie on no circle (bridges) can be worked out. Cells are therefore
hidden, smallest first, until no small cell is a bridge.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

CELL_MIN = 10  # people; the smallest count that is shown
TOTAL = "total"

Cell = tuple[str, str]
Node = tuple[str, str]  # "row" or "column", and its name


@dataclass(frozen=True, slots=True)
class Table:
    """Counts by row and column, margins included under `TOTAL`; None is held back."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: Mapping[Cell, int | None]


def table(counts: Mapping[Cell, int], *, cell_min: int = CELL_MIN) -> Table:
    """Add margins to counts by (row, column), and hold back what is or reveals a small cell.

    A zero is shown: it is about nobody. Names must not be "total".
    """
    rows = tuple(sorted({row for row, _ in counts}))
    columns = tuple(sorted({column for _, column in counts}))
    whole = _with_margins(counts, rows, columns)
    hidden = {cell for cell, count in whole.items() if 0 < count < cell_min}
    small = frozenset(hidden)
    links: dict[Node, set[Node]] = defaultdict(set)
    for cell in small:
        _link(links, cell)
    for cell in sorted(small, key=lambda one: (whole[one], one)):
        while (cut := _side(links, cell)) is not None:
            other = _complement(whole, hidden, cut)
            hidden.add(other)
            _link(links, other)
    cells = {cell: None if cell in hidden else count for cell, count in whole.items()}
    return Table((*rows, TOTAL), (*columns, TOTAL), cells)


def _with_margins(
    counts: Mapping[Cell, int], rows: Iterable[str], columns: Iterable[str]
) -> dict[Cell, int]:
    whole = {(row, column): counts.get((row, column), 0) for row in rows for column in columns}
    for row in rows:
        whole[row, TOTAL] = sum(whole[row, column] for column in columns)
    for column in (*columns, TOTAL):
        whole[TOTAL, column] = sum(whole[row, column] for row in rows)
    return whole


def _link(links: dict[Node, set[Node]], cell: Cell) -> None:
    row, column = _ends(cell)
    links[row].add(column)
    links[column].add(row)


def _ends(cell: Cell) -> tuple[Node, Node]:
    return ("row", cell[0]), ("column", cell[1])


def _side(links: Mapping[Node, set[Node]], cell: Cell) -> set[Node] | None:
    """Give the part of the graph on the row's side of a bridge; None if it is no bridge."""
    start, end = _ends(cell)
    reached, waiting = {start}, [start]
    while waiting:
        node = waiting.pop()
        for other in links[node] - reached:
            if other != end:
                reached.add(other)
                waiting.append(other)
            elif node != start:
                return None
    return reached


def _complement(whole: Mapping[Cell, int], hidden: set[Cell], side: set[Node]) -> Cell:
    """Choose the smallest shown cell that leads across: it closes a circle over the bridge.

    Zeros come last: everybody may guess that they are zeros.
    """
    across = (
        cell
        for cell in whole
        if cell not in hidden and (("row", cell[0]) in side) != (("column", cell[1]) in side)
    )
    return min(across, key=lambda cell: (whole[cell] == 0, whole[cell], cell))
