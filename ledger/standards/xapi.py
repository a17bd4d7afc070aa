"""xAPI 1.0.3 and 2.0 statements become submissions, or rejects with a pointer.

A statement about a group is one submission for each member, with the external id
`<statement id>#<member, from 0>`. A voiding statement withdraws the statement it names. What
no field takes is kept in `extensions`, and the statement itself byte for byte as `document`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from ledger.domain.evidence import (
    Context,
    Credential,
    Evidence,
    EvidenceKind,
    Link,
    Result,
    Source,
    Submission,
)
from ledger.errors import Reject
from ledger.standards.checks import JsonObject, as_array, as_object
from ledger.standards.decimals import decimal_of
from ledger.standards.items import Item, decoded, read_items
from ledger.standards.json_text import (
    canonical,
    digest_of,
    holds_nul,
    nul_rejects,
    pointer,
)
from ledger.standards.plausibility import faults_of
from ledger.standards.translation import Outcome, Refused, Rejects, Translated, Withdrawal
from ledger.standards.xapi_actor import identifier_of, name_of
from ledger.standards.xapi_meaning import (
    COURSE_TYPES,
    EXPIRES,
    activities_in,
    alignments_of,
    bare,
    evaluator_of,
    is_activity,
    is_competency,
    kind_of,
    learners_of,
    part,
    title_of,
    type_of,
)
from ledger.standards.xapi_statement import VOIDED, statement
from ledger.standards.xapi_values import hours_of, moment

MAPPER = "xapi/1"
MEDIA_TYPE = "application/json"

_NOT_COMPARED = frozenset({"stored", "authority", "version"})  # an LRS may set these anew
_OURS = {
    "/occurred_at": "/timestamp",
    "/hours": "/result/duration",
    "/result/score": "/result/score/raw",
    "/result/max": "/result/score/max",
}


def read_xapi(items: Iterable[Item], *, now: datetime | None = None) -> Iterator[Outcome]:
    """Translate statements as they come."""
    return (outcome_of(item, now=now) for item in items)


def read_body(
    body: bytes, content_type: str = "application/json", *, now: datetime | None = None
) -> Iterator[Outcome]:
    """Translate a body: one statement, an array, or NDJSON.

    Raises:
        InvalidDocumentError: the body is empty, or is an array that is not JSON as a whole.
    """
    return read_xapi(read_items(body, content_type), now=now)


def outcome_of(item: Item, *, now: datetime | None = None) -> Outcome:
    """Translate one statement.

    `now` bounds the timestamp, and is the time of a statement that gives none; never raises.
    """
    value = decoded(item)
    if isinstance(value, Reject):
        return Refused(item.index, item.raw, (value,))
    held = as_object(value) or {}
    text = canonical(value)
    if rejects := (holds_nul(text) and nul_rejects(value)) or statement(value):
        return Refused(item.index, item.raw, rejects)
    compared = {name: each for name, each in held.items() if name not in _NOT_COMPARED}
    digest = digest_of(canonical(compared))
    if part(held, "verb")["id"] == VOIDED:
        return _withdrawn(item, held)
    return _submitted(item, held, digest=digest, now=now)


def _withdrawn(item: Item, held: JsonObject) -> Translated:
    target = str(part(held, "object")["id"]).lower()
    by = f" by {held['id']}" if "id" in held else ""
    withdrawal = Withdrawal(target, f"voided{by}")
    return Translated(item.index, item.raw, withdrawals=(withdrawal,))


def _submitted(
    item: Item, held: JsonObject, *, digest: bytes, now: datetime | None
) -> Translated | Refused:
    people = learners_of(held)
    if not people:
        return Refused(item.index, item.raw, (_nobody(held),))
    said = held.get("timestamp", held.get("stored"))
    occurred_at = moment(str(said)) if said is not None else now
    if occurred_at is None:
        missing = Reject("/timestamp", "is missing", "required where nothing else says when")
        return Refused(item.index, item.raw, (missing,))
    built = _evidence(held, occurred_at=occurred_at, digest=digest, raw=item.raw)
    rejects = (built,) if isinstance(built, Reject) else _faults(built, now=now)
    if isinstance(built, Reject) or rejects:
        return Refused(item.index, item.raw, rejects)
    submissions = (
        Submission(
            learner=(identifier_of(person),),
            evidence=_for_member(built, at) if len(people) > 1 else built,
            digest=digest,
            learner_name=name_of(person),
            document=item.raw,
            media_type=MEDIA_TYPE,
        )
        for at, person in enumerate(people)
    )
    return Translated(item.index, item.raw, tuple(submissions))
