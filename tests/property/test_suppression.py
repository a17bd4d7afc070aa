"""What is held back cannot be worked out from what is shown (S0-13)."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from projections.suppression import TOTAL, Cell, Table, table

counts_by_cell = st.dictionaries(
    st.tuples(st.sampled_from("abcd"), st.sampled_from(["gains", "loses", "same"])),
    st.integers(0, 40),
    min_size=1,
)


def equations(found: Table) -> list[dict[Cell, Fraction]]:
    """Every line of the table: its hidden cells, as coefficients. The rest is known."""
    across = [
        {
            (row, column): Fraction(-1 if column == TOTAL else 1)
            for column in found.columns
            if found.cells[row, column] is None
        }
        for row in found.rows
    ]
    down = [
        {
            (row, column): Fraction(-1 if row == TOTAL else 1)
            for row in found.rows
            if found.cells[row, column] is None
        }
        for column in found.columns
    ]
    return [line for line in across + down if line]


def determined(lines: list[dict[Cell, Fraction]]) -> set[Cell]:
    """Gauss-Jordan elimination: the cells whose value the lines fix."""
    done: list[tuple[Cell, dict[Cell, Fraction]]] = []
    for raw in lines:
        line = dict(raw)
        for pivot, other in done:
            line = _minus(line, other, line.get(pivot, Fraction(0)))
        if not line:
            continue
        pivot = min(line)
        line = {cell: value / line[pivot] for cell, value in line.items()}
        done = [(p, _minus(o, line, o.get(pivot, Fraction(0)))) for p, o in done]
        done.append((pivot, line))
    return {pivot for pivot, line in done if len(line) == 1}


def _minus(
    line: dict[Cell, Fraction], other: dict[Cell, Fraction], times: Fraction
) -> dict[Cell, Fraction]:
    cells = line.keys() | other.keys()
    left = {
        cell: line.get(cell, Fraction(0)) - times * other.get(cell, Fraction(0)) for cell in cells
    }
    return {cell: value for cell, value in left.items() if value}


@settings(max_examples=200, deadline=None)
@given(counts_by_cell)
def test_no_small_cell_can_be_worked_out(counts: dict[Cell, int]) -> None:
    found = table(counts)
    small = {cell for cell, count in counts.items() if 0 < count < 10}
    assert all(found.cells[cell] is None for cell in small)
    assert small.isdisjoint(determined(equations(found)))


@given(counts_by_cell)
def test_what_is_shown_is_true(counts: dict[Cell, int]) -> None:
    found = table(counts)
    for cell, count in counts.items():
        assert found.cells[cell] in {None, count}
    if found.cells[TOTAL, TOTAL] is not None:
        assert found.cells[TOTAL, TOTAL] == sum(counts.values())


def test_a_table_without_small_cells_is_shown_whole() -> None:
    found = table({("a", "gains"): 12, ("a", "loses"): 0, ("b", "gains"): 30, ("b", "loses"): 11})
    assert None not in found.cells.values()
