"""The parameters `as_of`, `on` and `policy`, which every question about a learner takes.

Reports over many learners are by the policies in force: they take the first two.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, NamedTuple

from fastapi import Depends, Query

from api.problems import INVALID, Fault, ProblemError
from api.times import AS_OF_EXPECTED, as_of_of, on_of
from ledger.domain.ids import Position
from ledger.standards import moments


class Moment(NamedTuple):
    """What was known (`as_of`), and what was true (`on`); None is now."""

    as_of: Position | datetime | None
    on: datetime | None
    policy: str | None


_AsOf = Annotated[
    str | None,
    Query(
        description="What was known: as the log stood at this position, or at this time.",
        examples=["10412", "2026-03-02T16:15:04Z"],
    ),
]
_On = Annotated[
    str | None,
    Query(
        description="What was true: only evidence that had occurred by then, judged as of then.",
        examples=["2026-06-30"],
    ),
]


async def _clocks(as_of: _AsOf = None, on: _On = None) -> Moment:
    known = None if as_of is None else read_moment("as_of", as_of)
    when = None if on is None else read_moment("on", on)
    return Moment(known, when if isinstance(when, datetime) else None, None)


async def _moment(
    clocks: Annotated[Moment, Depends(_clocks)],
    policy: Annotated[
        str | None,
        Query(
            description="Id or digest of a published policy, in place of the one in force.",
            max_length=200,
            examples=["demonstrated-mastery"],
        ),
    ] = None,
) -> Moment:
    return clocks._replace(policy=policy)


def read_moment(
    parameter: Literal["as_of", "on"], text: str, *, named: str = ""
) -> Position | datetime:
    """Read what a parameter says: `as_of` takes a position or a time, `on` a time or a date.

    Raises:
        ProblemError: 400, it is neither; the parameter is called `named`, where that is given.
    """
    name = named or parameter
    try:
        return as_of_of(text) if parameter == "as_of" else on_of(text)
    except ValueError as error:
        expected = AS_OF_EXPECTED if parameter == "as_of" else moments.EXPECTED
        fault = Fault(str(error), parameter=name, expected=expected)
        raise ProblemError(INVALID, f"{name}: {error}", faults=[fault]) from error


AtMoment = Annotated[Moment, Depends(_moment)]
AtClocks = Annotated[Moment, Depends(_clocks)]
"""Without a policy: of what is answered by the policies in force."""
