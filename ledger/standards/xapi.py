"""xAPI 1.0.3 and 2.0 statements become submissions, or rejects with a pointer.

A statement about a group is one submission for each member, with the external id
`<statement id>#<member, from 0>`. A voiding statement withdraws the statement it names. What
no field takes is kept in `extensions`, and the statement itself byte for byte as `document`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256

from msgspec.structs import replace

from ledger.domain.evidence import Evidence, Source, Submission
from ledger.domain.identity import ANY_PROVIDER, identity_parts
from ledger.domain.messages import GROUP_MEMBERS_MAX, member_id
from ledger.errors import Reject
from ledger.standards.checks import JsonObject, as_object, part
from ledger.standards.items import Item, decoded, read_items
from ledger.standards.json_text import (
    JsonTextError,
    canonical,
    digest_of,
    text_rejects,
)
from ledger.standards.plausibility import faults_of
from ledger.standards.translation import Outcome, Refused, Rejects, Translated, Withdrawal
from ledger.standards.xapi_actor import identifier_of, known_as, name_of
from ledger.standards.xapi_comparison import ASSIGNED, digests_of
from ledger.standards.xapi_evidence import evidence_of
from ledger.standards.xapi_meaning import Said, learners_of, voids
from ledger.standards.xapi_result import RESULT_BYTES_MAX, unwrapped
from ledger.standards.xapi_statement import statement
from ledger.standards.xapi_values import moment

MAPPER = "xapi/1"
MEDIA_TYPE = "application/json"
REJECTS_MAX = 20
WHO_LENGTH_MAX = 200  # characters, in the reason of a withdrawal

_WHERE = {  # what plausibility calls it, and what a statement calls it
    "/occurred_at": "/timestamp",
    "/hours": "/result/duration",
    "/result": "/result/score",
    "/credential/valid_until": "/context/extensions",
}


def read_xapi(items: Iterable[Item], *, now: datetime | None = None) -> Iterator[Outcome]:
    """Translate statements as they come."""
    return (outcome_of(item, now=now) for item in items)


def read_body(
    body: bytes, content_type: str = "application/json", *, now: datetime | None = None
) -> Iterator[Outcome]:
    """Translate a body: one statement, an array, NDJSON, or a StatementResult.

    Raises:
        InvalidDocumentError: the body is empty, or is an array that is not JSON as a whole.
    """
    items = read_items(body, content_type, bytes_max=RESULT_BYTES_MAX)
    return read_xapi(unwrapped(items), now=now)


def outcome_of(item: Item, *, now: datetime | None = None) -> Outcome:
    """Translate one statement.

    `now` bounds the timestamp, and is the time of a statement that gives none; never raises.
    """
    value = decoded(item)
    if isinstance(value, Reject):
        return Refused(item.index, item.raw, (value,))
    digests: tuple[bytes, ...] = ()
    try:
        rejects = text_rejects(item.raw, canonical(value), value) or statement(value)
        digests = () if rejects else digests_of(item.raw)
    except (JsonTextError, RecursionError):
        rejects = (Reject("", "nested too deeply", "a statement"),)
    if rejects:
        return Refused(item.index, item.raw, rejects[:REJECTS_MAX])
    held = as_object(value) or {}
    if voids(held):
        return _withdrawn(item, held)
    said = Said(held)
    # What was recorded before `digests_of` was written is known by this one.
    former = digest_of(canonical({k: v for k, v in held.items() if k not in ASSIGNED}))
    people = learners_of(said)
    source = _source(said, digest=former, raw=item.raw)
    evidence = _checked(said, people, source=source, now=now)
    if not isinstance(evidence, Evidence):
        return Refused(item.index, item.raw, evidence)
    return _submitted(item, evidence, people, digests=(*digests, former))


def _withdrawn(item: Item, held: JsonObject) -> Translated:
    target = str(part(held, "object")["id"]).lower()
    return Translated(item.index, item.raw, withdrawals=(Withdrawal(target, _why_voided(held)),))


def _why_voided(held: JsonObject) -> str:
    """Say which statement voided it, who said so and when: the statement itself is not kept."""
    by = f" by {held['id']}" if "id" in held else ""
    who = known_as(part(held, "actor"))[:WHO_LENGTH_MAX]
    shown = "".join(each if each.isprintable() else " " for each in who)  # a reason is prose
    said = held.get("timestamp", held.get("stored"))
    return f"voided{by}: {shown}" + (f", {said}" if said else "")


def _checked(
    said: Said, people: Sequence[JsonObject], *, source: Source, now: datetime | None
) -> Evidence | Rejects:
    if not people:
        return (_names_nobody(said),)
    if len(people) > GROUP_MEMBERS_MAX:
        most = f"at most {GROUP_MEMBERS_MAX} in one statement"
        return (Reject("/actor/member", f"names {len(people)} learners", most),)
    told = said.whole.get("timestamp", said.whole.get("stored"))
    occurred_at = now if told is None else moment(str(told))
    if occurred_at is None:
        return (Reject("/timestamp", "is missing", "required where nothing else says when"),)
    evidence = evidence_of(said, occurred_at=occurred_at, source=source)
    if isinstance(evidence, Reject):
        return (evidence,)
    if faults := faults_of(evidence, now=now):
        return tuple(each._replace(where=_where(each.where)) for each in faults)
    return evidence


def _submitted(
    item: Item, evidence: Evidence, people: Sequence[JsonObject], *, digests: Sequence[bytes]
) -> Translated:
    who = [identifier_of(person) for person in people]
    known = [identity_parts(ANY_PROVIDER, one) for one in who]  # in whatever way it is written
    # Numbered by who they are: written in another order, it is the same statement.
    numbers = {parts: number for number, parts in enumerate(sorted(set(known)))}
    whole = evidence.source.external_id if len(people) > 1 else None
    submissions = (
        Submission(
            learner=(who[at],),
            evidence=evidence if whole is None else _of_member(evidence, numbers[known[at]]),
            digest=digests[0],
            known_by=tuple(digests[1:]),
            learner_name=name_of(person),
            document=item.raw,
            media_type=MEDIA_TYPE,
            member_of=whole,
        )
        for at, person in enumerate(people)
        if known[at] not in known[:at]  # named twice, seen once
    )
    return Translated(item.index, item.raw, tuple(submissions))


def _names_nobody(said: Said) -> Reject:
    if part(said.whole, "actor").get("objectType") == "Group":
        return Reject("/actor/member", "names no learner", "a group with its members")
    verb = said.verb.rpartition("/")[2]
    why = f"the actor of {verb!r} is not the learner, and nothing else names one"
    return Reject("/context/extensions", why, "the learner, as the extension of that name")


def _source(said: Said, *, digest: bytes, raw: bytes) -> Source:
    """A statement without an id is known by its content, so that a resend is recognised."""
    held = said.whole
    is_2 = str(held.get("version", "")).startswith("2.")
    is_2 = is_2 or "contextAgents" in said.context or "contextGroups" in said.context
    return Source(
        format="xapi-2.0" if is_2 else "xapi-1.0.3",
        external_id=str(held.get("id", f"sha256:{digest.hex()}")).lower(),
        sha256=sha256(raw).hexdigest(),
        mapper=MAPPER,
    )


def _of_member(evidence: Evidence, at: int) -> Evidence:
    source = evidence.source
    return replace(evidence, source=replace(source, external_id=member_id(source.external_id, at)))


def _where(ours: str) -> str:
    start = next((each for each in _WHERE if ours.startswith(each)), None)
    return ours if start is None else _WHERE[start] + ours.removeprefix(start)
