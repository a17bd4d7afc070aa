"""Our own JSON becomes submissions: one object, an array, or NDJSON.

An item is decoded once, digested, validated by `native_model`, converted to the stored shape
and checked for plausibility; where something is wrong, every fault has its JSON pointer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, cast

import msgspec
from pydantic import TypeAdapter, ValidationError

from ledger.domain.evidence import Evidence, Identifier, Source, Submission
from ledger.domain.identity import faults_of as faults_of_names
from ledger.errors import Reject
from ledger.standards.checks import as_object
from ledger.standards.items import Item, decoded, read_items
from ledger.standards.json_text import (
    JsonTextError,
    JsonValue,
    canonical,
    digest_of,
    text_rejects,
    value_of,
)
from ledger.standards.moments import is_day
from ledger.standards.native_faults import rejects_of
from ledger.standards.native_model import (
    FORMAT,
    MAPPER,
    CorrectionIn,
    EvidenceIn,
    LearnerIn,
    WithdrawalIn,
)
from ledger.standards.plausibility import faults_of
from ledger.standards.translation import (
    Correction,
    Outcome,
    Refused,
    Rejects,
    Translated,
    Withdrawal,
)

__all__ = [
    "CORRECTION",
    "EVIDENCE",
    "FORMAT",
    "WITHDRAWAL",
    "CorrectionIn",
    "EvidenceIn",
    "WithdrawalIn",
    "outcome_of",
    "read_body",
    "read_native",
    "translate_correction",
    "translate_native",
    "translate_withdrawal",
]

EVIDENCE: TypeAdapter[EvidenceIn] = TypeAdapter(EvidenceIn)
CORRECTION: TypeAdapter[CorrectionIn] = TypeAdapter(CorrectionIn)
WITHDRAWAL: TypeAdapter[WithdrawalIn] = TypeAdapter(WithdrawalIn)
"""Each validates, and gives the JSON Schema for OpenAPI: `EVIDENCE.json_schema()`."""

_MISTAKEN = (
    Reject(
        "", "looks like an xAPI statement, and was read as our own JSON",
        "the format xapi: over HTTP ?format=xapi, over Kafka a header format, else --format xapi",
    ),
)  # fmt: skip

_validate = EVIDENCE.validator.validate_python


def translate_native(
    item: JsonValue, *, raw: bytes | None = None, now: datetime | None = None
) -> Submission | Rejects:
    """Translate one decoded item (numbers as int or Decimal), or say all that is wrong.

    `raw` is what it was decoded from, where that is for this to check; `now` bounds `occurred_at`;
    never raises for any JSON value.
    """
    try:
        text = canonical(item)
        if rejects := text_rejects(raw, text, item):
            return rejects
        shape: EvidenceIn = _validate(item)
    except ValidationError as error:
        return rejects_of(error, EvidenceIn)
    except JsonTextError as error:
        return (error.reject,)
    said: Any = item
    if is_day(said["occurred_at"]) and (rejects := _settle_precision(shape)):
        return rejects
    return _submission(shape, digest=digest_of(text), now=now)


def _submission(shape: EvidenceIn, *, digest: bytes, now: datetime | None) -> Submission | Rejects:
    learner = shape["learner"]
    names = _identifiers(learner)
    if not names:
        return (Reject("/learner", "names nobody", "id, or identifiers"),)
    others = names if learner.get("id") is None else names[1:]
    if others and (unfit := tuple(faults_of_names(others, "/learner/identifiers"))):
        return unfit
    evidence = msgspec.convert({**shape, "source": _source(shape)}, Evidence)
    if faults := faults_of(evidence, now=now):
        return faults
    return Submission(
        learner=names, evidence=evidence, digest=digest, learner_name=learner.get("name")
    )


def _source(shape: EvidenceIn) -> Source:
    return Source(
        format=FORMAT,
        external_id=shape["id"],
        external_version=shape.get("version"),
        mapper=MAPPER,
    )


def _identifiers(learner: LearnerIn) -> tuple[Identifier, ...]:
    own = learner.get("id")
    names = () if own is None else (Identifier(type="id", value=own),)
    others = learner.get("identifiers")
    if others:
        return (*names, *(msgspec.convert(each, Identifier) for each in others))
    return names


def _settle_precision(shape: EvidenceIn) -> Rejects:
    """A date alone is a day; saying that it is an instant contradicts it."""
    if shape.setdefault("occurred_precision", "day") == "instant":
        where = "/occurred_precision"
        return (Reject(where, "a date alone is no instant", '"day", or a time in occurred_at'),)
    return ()


def outcome_of(item: Item, *, now: datetime | None = None) -> Outcome:
    """Translate one item of a body."""
    value = decoded(item)
    if isinstance(value, Reject):
        return Refused(item.index, item.raw, (value,))
    result = translate_native(value, raw=item.raw, now=now)
    if isinstance(result, Submission):
        return Translated(item.index, item.raw, (result,))
    return Refused(item.index, item.raw, _MISTAKEN if _is_xapi(value) else result)


def _is_xapi(value: JsonValue) -> bool:
    """Whether what is no item of ours is a statement, or a StatementResult."""
    names = (as_object(value) or {}).keys()
    return names >= {"actor", "verb"} or {"statements"} <= names <= {"statements", "more"}


def read_native(items: Iterable[Item], *, now: datetime | None = None) -> Iterator[Outcome]:
    """Translate items as they come."""
    return (outcome_of(item, now=now) for item in items)


def read_body(
    body: bytes, content_type: str = "application/json", *, now: datetime | None = None
) -> Iterator[Outcome]:
    """Translate a body: one object, an array, or NDJSON.

    Raises:
        InvalidDocumentError: the body is empty, or is an array that is not JSON as a whole.
    """
    return read_native(read_items(body, content_type), now=now)


def translate_correction(body: bytes, *, now: datetime | None = None) -> Correction | Rejects:
    """Read `{"reason": ..., "evidence": {...}}`; pointers are from the body's root."""
    try:
        value = value_of(body)
        if rejects := text_rejects(body, canonical(value), value):
            return rejects
        reason = CORRECTION.validate_python(value)["reason"]
    except JsonTextError as error:
        return (error.reject,)
    except ValidationError as error:
        return rejects_of(error, CorrectionIn)
    found = translate_native(cast("CorrectionIn", value)["evidence"], now=now)
    if isinstance(found, Submission):
        return Correction(reason, found)
    return tuple(each._replace(where=f"/evidence{each.where}") for each in found)


def translate_withdrawal(body: bytes, *, external_id: str) -> Withdrawal | Rejects:
    """Read `{"reason": ...}` about the evidence that is known by `external_id`."""
    try:
        value = value_of(body)
        if rejects := text_rejects(body, canonical(value), value):
            return rejects
        reason = WITHDRAWAL.validate_python(value)["reason"]
    except JsonTextError as error:
        return (error.reject,)
    except ValidationError as error:
        return rejects_of(error, WithdrawalIn)
    return Withdrawal(external_id, reason)
