"""A valid statement's own words become the fields of `Evidence`; what no field takes is kept."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from ledger.domain.evidence import Context, Credential, Evidence, EvidenceKind, Link, Result, Source
from ledger.errors import Reject
from ledger.standards.checks import JsonObject, as_array, as_object, part
from ledger.standards.decimals import decimal_of
from ledger.standards.json_text import canonical, pointer
from ledger.standards.xapi_meaning import (
    COURSE_TYPES,
    EXPIRES,
    Activity,
    Said,
    bare,
    evaluator_of,
    kind_of,
)
from ledger.standards.xapi_values import TIMESTAMP_EXPECTED, hours_of, moment

_OF_FIELDS = frozenset({"platform", "language"})


def evidence_of(said: Said, *, occurred_at: datetime, source: Source) -> Evidence | Reject:
    """Build the evidence, or say why what was judged cannot be told from it."""
    alignments = said.alignments()
    kind, implied = kind_of(said, alignments)
    expires = expiry_of(said) if kind != "activity" else None
    if isinstance(expires, Reject):
        return expires
    if implied is not None and said.result.get("success") is (not implied):
        expected = "true" if implied else "false"
        return Reject("/result/success", "contradicts the verb", f"{expected}, or another verb")
    return Evidence(
        kind=kind,
        occurred_at=occurred_at,
        source=source,
        alignments=alignments,
        result=_result(said.result, implied=implied),
        evaluator=evaluator_of(said),
        hours=hours_of(said.result.get("duration")),
        credential=_credential(said, kind=kind, expires=expires),
        context=_context(said, kind=kind),
        links=_links(said.whole),
        title=said.about.title if said.about else None,
        extensions=_kept(said),
    )


def expiry_of(said: Said) -> datetime | Reject | None:
    """Read the context extension that says until when a competency or credential holds."""
    for iri, value in part(said.context, "extensions").items():
        if bare(iri) in EXPIRES:
            try:
                return moment(value if isinstance(value, str) else "")
            except ValueError as error:
                where = pointer(("context", "extensions", iri))
                return Reject(where, str(error), TIMESTAMP_EXPECTED)
    return None


def _result(said: JsonObject, *, implied: bool | None) -> Result | None:
    score, low, high = _score(part(said, "score"))
    success, completion = said.get("success"), said.get("completion")
    text = said.get("response")
    result = Result(
        score=score,
        min=low,
        max=high,
        success=success if isinstance(success, bool) else implied,
        completion=completion if isinstance(completion, bool) else None,
        text=text if isinstance(text, str) else None,
    )
    return None if result == Result() else result


def _score(said: JsonObject) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """Give score, min, max: raw where its scale is known, else scaled, else raw alone.

    A score below 0 without a min is on a scale that nobody knows, and on one from -1 it would rank
    above a small one on 0 to 1: only the document keeps it.
    """
    held = {name: decimal_of(each) for name, each in said.items()}
    raw, low, high, scaled = (held.get(name) for name in ("raw", "min", "max", "scaled"))
    usable = raw is not None and (raw >= 0 or low is not None)
    if usable and high is not None:
        return raw, low, high
    if scaled is not None and scaled >= 0:
        return scaled, Decimal(0), Decimal(1)
    return (raw, low, None) if usable else (None, None, None)


def _credential(said: Said, *, kind: EvidenceKind, expires: datetime | None) -> Credential | None:
    """Give the award; a competency with an expiry is one too, since it lapses."""
    if kind != "credential" and expires is None:
        return None
    award = Activity.of(said.target)
    return Credential(
        id=award.id,
        name=award.title,
        achievement_type=None if kind == "credential" else "Competency",
        valid_until=expires,
    )


def _context(said: Said, *, kind: EvidenceKind) -> Context:
    is_work = said.about is not None and not said.about.is_competency and kind != "credential"
    work = said.about.id if said.about and is_work else None
    platform = said.context.get("platform")
    around = said.around("parent", "grouping")
    return Context(
        task=work,
        assessment=work if kind == "assessment" else None,
        course=next((each.id for each in around if each.type in COURSE_TYPES), None),
        platform=platform if isinstance(platform, str) else None,
    )


def _links(statement: JsonObject) -> tuple[Link, ...]:
    attachments = (as_object(each) or {} for each in as_array(statement.get("attachments")) or [])
    return tuple(_link(each) for each in attachments)


def _link(attachment: JsonObject) -> Link:
    digest, uri = str(attachment["sha2"]).lower(), attachment.get("fileUrl")
    names = part(attachment, "display")
    return Link(
        uri=uri if isinstance(uri, str) else None,
        name=str(next(iter(names.values()), "")) or None,
        media_type=str(attachment["contentType"]),
        sha256=digest if len(digest) == 64 else None,
    )


def _kept(said: Said) -> str:
    """Write down what says more than the fields do, as JSON text."""
    definition, result = part(said.target, "definition"), said.result
    kept: dict[str, object] = {
        "verb": part(said.whole, "verb")["id"],
        # An agent, a group or a sub-statement is kept whole.
        "object": said.target.get("id", said.target),
        "objectType": said.target.get("objectType"),
        "type": definition.get("type"),
        "objectExtensions": definition.get("extensions"),
        "resultExtensions": result.get("extensions"),
        "score": result.get("score"),
        "duration": result.get("duration"),
    }
    kept |= {name: value for name, value in said.context.items() if name not in _OF_FIELDS}
    return canonical({name: value for name, value in kept.items() if value}).decode()
