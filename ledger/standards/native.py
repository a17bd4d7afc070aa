"""Our own JSON becomes submissions: one object, an array, or NDJSON.

An item is decoded once, digested, validated by `native_model`, converted to the stored shape
and checked for plausibility; where something is wrong, every fault has its JSON pointer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TypeVar

import msgspec
from pydantic import BaseModel, ValidationError

from ledger.domain.evidence import Evidence, Identifier, Submission
from ledger.errors import Reject
from ledger.standards.items import Item, decoded, read_items
from ledger.standards.json_text import (
    JsonTextError,
    JsonValue,
    canonical,
    digest_of,
    holds_nul,
    nul_rejects,
    value_of,
)
from ledger.standards.native_faults import rejects_of
from ledger.standards.native_model import (
    FORMAT,
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
    "FORMAT",
    "CorrectionIn",
    "EvidenceIn",
    "WithdrawalIn",
    "outcome_of",
    "read_native",
    "translate_correction",
    "translate_native",
    "translate_withdrawal",
]

DAY_LENGTH = len("2026-03-02")

_Model = TypeVar("_Model", bound=BaseModel)
_validate = EvidenceIn.__pydantic_validator__.validate_python


def translate_native(item: JsonValue, *, now: datetime | None = None) -> Submission | Rejects:
    """Translate one decoded item (numbers as int or Decimal), or say all that is wrong.

    `now` bounds `occurred_at`; never raises for any JSON value.
    """
    try:
        text = canonical(item)
        if holds_nul(text) and (rejects := nul_rejects(item)):
            return rejects
        model = _validate(item)
    except ValidationError as error:
        return rejects_of(error, EvidenceIn)
    except JsonTextError as error:
        return (error.reject,)
    return _submission(item, model, digest=digest_of(text), now=now)


def _submission(
    item: JsonValue, model: EvidenceIn, *, digest: bytes, now: datetime | None
) -> Submission | Rejects:
    learner = _identifiers(model.learner)
    if not learner:
        return (Reject("/learner", "names nobody", "id, or identifiers"),)
    if rejects := _settle_precision(item, model):
        return rejects
    evidence = msgspec.convert(model, Evidence, from_attributes=True)
    if faults := faults_of(evidence, now=now):
        return faults
    return Submission(
        learner=learner, evidence=evidence, digest=digest, learner_name=model.learner.name
    )


def _identifiers(learner: LearnerIn) -> tuple[Identifier, ...]:
    own = () if learner.id is None else (Identifier(type="id", value=learner.id),)
    if not learner.identifiers:
        return own
    named = (
        Identifier(type=each.type, value=each.value, system=each.system)
        for each in learner.identifiers
    )
    return (*own, *named)


def _settle_precision(item: JsonValue, model: EvidenceIn) -> Rejects:
    """A date alone is a day; saying that it is an instant contradicts it."""
    if not isinstance(item, dict) or len(item["occurred_at"]) != DAY_LENGTH:
        return ()
    if "occurred_precision" not in model.model_fields_set:
        model.occurred_precision = "day"
    elif model.occurred_precision == "instant":
        where = "/occurred_precision"
        return (Reject(where, "a date alone is no instant", '"day", or a time in occurred_at'),)
    return ()


def outcome_of(item: Item, *, now: datetime | None = None) -> Outcome:
    """Translate one item of a body."""
    value = decoded(item)
    if isinstance(value, Reject):
        return Refused(item.index, item.raw, (value,))
    result = translate_native(value, now=now)
    if isinstance(result, Submission):
        return Translated(item.index, item.raw, (result,))
    return Refused(item.index, item.raw, result)


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
    except JsonTextError as error:
        return (error.reject,)
    model = _model(CorrectionIn, value)
    if not isinstance(model, CorrectionIn):
        return model
    inner = value["evidence"] if isinstance(value, dict) else None
    found = translate_native(inner, now=now)
    if isinstance(found, Submission):
        return Correction(model.reason, found)
    return tuple(each._replace(where=f"/evidence{each.where}") for each in found)


def translate_withdrawal(body: bytes, *, external_id: str) -> Withdrawal | Rejects:
    """Read `{"reason": ...}` about the evidence that is known by `external_id`."""
    try:
        model = _model(WithdrawalIn, value_of(body))
    except JsonTextError as error:
        return (error.reject,)
    return Withdrawal(external_id, model.reason) if isinstance(model, WithdrawalIn) else model


def _model(kind: type[_Model], value: JsonValue) -> _Model | Rejects:
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        return rejects_of(error, kind)
