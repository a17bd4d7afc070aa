"""The mapping document: which column of somebody's CSV is what.

It is JSON and not TOML: `item` is our own JSON with column names in braces, so that whoever
can write one piece of evidence can write a mapping, and the pages of the service can too.

    {"mapper": "wbl-hours/1",
     "item": {"id": "{Log no}", "kind": "work_based_learning", "learner": {"id": "{Student}"},
              "occurred_at": "{Day}", "hours": "{Hours}"},
     "times": {"/occurred_at": {"format": "%m/%d/%Y", "zone": "America/Chicago"}}}

A member whose columns are all empty in a row is left out, and so is an object or array element
whose columns are all empty: a checklist with one column a skill yields the skills that were seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time
from functools import cached_property
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ledger.errors import InvalidDocumentError, Reject
from ledger.standards.checks import as_array, as_object
from ledger.standards.json_text import JsonTextError, pointer, value_of

VALID_UNTIL = "/credential/valid_until"
MOMENTS = ("/occurred_at", "/credential/valid_from", VALID_UNTIL)
PLACE = re.compile(r"\{([^{}]+)\}")
REJECT_COLUMNS = ("rejected_row", "rejected_because")

_NO_DATE = "names no year, no month or no day"
_EXAMPLE = datetime(2026, 3, 31, 14, 5, tzinfo=UTC)
_HAS_TIME = re.compile(r"%[HIMSfXc]")
_HAS_YEAR = re.compile(r"%[YyGcx]")
_HAS_OFFSET = re.compile(r"%z")


class TimeFormat(BaseModel):
    """How a date or time is written: `format` as in strptime, `zone` of the IANA list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Annotated[str, Field(min_length=2, pattern="%")]
    zone: str | None = None

    @property
    def is_day(self) -> bool:
        """Whether it writes a date alone."""
        return _HAS_TIME.search(self.format) is None


class CsvMapping(BaseModel):
    """Which column is what, for one shape of CSV."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mapper: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="Its own name and version, kept with each piece of evidence."
    )
    about: str = ""
    delimiter: Literal[",", ";", "\t", "|"] | None = Field(
        None, description="Absent: the one that yields the columns."
    )
    decimal: Literal[".", ","] = Field(".", description="What stands before the decimals.")
    item: dict[str, object] = Field(description="One item of our own JSON, columns in braces.")
    times: dict[str, TimeFormat] = Field({}, description="By pointer into item.")
    values: dict[str, dict[str, str | bool | None]] = Field(
        {}, description="By column: what each cell means; any other cell is refused."
    )
    lists: dict[str, Annotated[str, Field(min_length=1)]] = Field(
        {}, description="By column: what separates the elements in one cell."
    )
    ignore: tuple[str, ...] = Field((), description="Columns that are not kept.")

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Every column that `item` names, in order, each once."""
        found = (name for _, text in texts_of(self.item) for name in PLACE.findall(text))
        return tuple(dict.fromkeys(found))


def texts_of(
    value: object, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Give every string in a template with its path."""
    if isinstance(value, str):
        yield path, value
    for name, each in (as_object(value) or {}).items():
        yield from texts_of(each, (*path, name))
    for at, each in enumerate(as_array(value) or []):
        yield from texts_of(each, (*path, at))


def columns_at(mapping: CsvMapping, where: str) -> tuple[str, ...]:
    """Give the columns behind a pointer into the item: at it, above it, or within it."""
    found: list[str] = []
    for path, text in texts_of(mapping.item):
        here = pointer(path)
        if where == here or where.startswith(here + "/") or here.startswith(where + "/"):
            found.extend(PLACE.findall(text))
    return tuple(dict.fromkeys(found))


def read_mapping(data: bytes) -> CsvMapping:
    """Read a mapping document.

    Raises:
        InvalidDocumentError: not JSON, not a mapping, or it names what it does not have.
    """
    try:
        mapping = CsvMapping.model_validate(value_of(data.removeprefix(b"\xef\xbb\xbf")))
    except JsonTextError as error:
        raise InvalidDocumentError("mapping", [error.reject]) from error
    except ValidationError as error:
        found = [
            Reject(pointer(each["loc"]), each["msg"])
            for each in error.errors(include_url=False, include_input=False)
        ]
        raise InvalidDocumentError("mapping", found) from error
    if faults := [*_column_faults(mapping), *_time_faults(mapping)]:
        raise InvalidDocumentError("mapping", faults)
    return mapping


def _column_faults(mapping: CsvMapping) -> Iterator[Reject]:
    known = set(mapping.columns)
    if not known:
        yield Reject("/item", "names no column", "a column name in braces, such as {Student}")
    named: Mapping[str, Mapping[str, object]] = {"values": mapping.values, "lists": mapping.lists}
    for part, columns in named.items():
        for column in columns:
            if column not in known:
                why = "is about a column that item does not name"
                yield Reject(pointer((part, column)), why, ", ".join(sorted(known)))


def _time_faults(mapping: CsvMapping) -> Iterator[Reject]:
    places = {pointer(path) for path, _ in texts_of(mapping.item)}
    for where, rule in mapping.times.items():
        here = pointer(("times", where))
        if where not in places:
            yield Reject(
                here, "is about a place that item does not have", ", ".join(sorted(places))
            )
        if why := _format_fault(rule):
            yield Reject(f"{here}/format", why, "as strptime in Python reads it, such as %m/%d/%Y")
        if rule.zone is not None and not _is_zone(rule.zone):
            yield Reject(f"{here}/zone", "is not a time zone", "such as America/Chicago")
        elif rule.zone is None and not rule.is_day and not _has_offset(rule):
            yield Reject(f"{here}/zone", "is missing", "required where times have no offset (%z)")


def _format_fault(rule: TimeFormat) -> str:
    """Say what is wrong with a format; what it does not name would be 1900, or midnight."""
    if _HAS_YEAR.search(rule.format) is None:  # Python 3.13 warns of reading a day without one
        return _NO_DATE
    try:
        found = datetime.strptime(example_of(rule), rule.format)  # noqa: DTZ007 (only its parts)
    except (ValueError, re.error) as error:  # the same part twice is an error of re
        return f"cannot be read: {error}"
    if found.date() != _EXAMPLE.date():
        return _NO_DATE
    if not rule.is_day and found.hour != _EXAMPLE.hour:
        return "names no hour, or one of twelve without %p"
    return ""


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _has_offset(rule: TimeFormat) -> bool:
    return _HAS_OFFSET.search(rule.format) is not None


def iso_of(text: str, rule: TimeFormat, *, where: str) -> str:
    """Write a cell's date or time as our own JSON has it at the pointer `where`.

    A date stays a date, but where a moment belongs, in a declared zone: there the day begins at
    that zone's midnight, not at midnight UTC; at the end of something, it ends at the next.

    Raises:
        ValueError: the text is not written in that format.
    """
    at = datetime.strptime(text, rule.format)  # noqa: DTZ007 (the zone is declared beside)
    if rule.is_day and (rule.zone is None or where not in MOMENTS):
        return at.date().isoformat()
    if rule.is_day and where == VALID_UNTIL:
        at = datetime.combine(at, time.max)
    if at.tzinfo is None and rule.zone is not None:
        at = at.replace(tzinfo=ZoneInfo(rule.zone))
    return at.isoformat()


def example_of(rule: TimeFormat) -> str:
    """Write one date or time in that format, for people."""
    return _EXAMPLE.strftime(rule.format)
