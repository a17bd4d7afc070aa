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
    activities_in,
    alignments_of,
    bare,
    evaluator_of,
    is_activity,
    is_competency,
    kind_of,
    title_of,
    type_of,
)
from ledger.standards.xapi_values import TIMESTAMP_EXPECTED, hours_of, moment


def evidence_of(
    statement: JsonObject, *, occurred_at: datetime, source: Source
) -> Evidence | Reject:
    """Build the evidence, or say why what was judged cannot be told from it."""
    kind, implied = kind_of(statement)
    expires = expiry_of(statement) if kind != "activity" else None
    if isinstance(expires, Reject):
        return expires
    success = part(statement, "result").get("success")
    if implied is not None and success is (not implied):
        said = "true" if implied else "false"
        return Reject("/result/success", "contradicts the verb", f"{said}, or another verb")
    target = part(statement, "object")
    return Evidence(
        kind=kind,
        occurred_at=occurred_at,
        source=source,
        alignments=alignments_of(statement),
        result=_result(part(statement, "result"), implied=implied),
        evaluator=evaluator_of(statement),
        hours=hours_of(part(statement, "result").get("duration")),
        credential=_credential(target, kind=kind, expires=expires),
        context=_context(statement, target, kind=kind),
        links=_links(statement),
        title=title_of(target) if is_activity(target) else None,
        extensions=_kept(statement),
    )


def expiry_of(statement: JsonObject) -> datetime | Reject | None:
    """Read the context extension that says until when a competency or credential holds."""
    for iri, value in part(statement, "context", "extensions").items():
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


def _credential(
    target: JsonObject, *, kind: EvidenceKind, expires: datetime | None
) -> Credential | None:
    """Give the award; a competency with an expiry is one too, since it lapses."""
    if kind != "credential" and expires is None:
        return None
    return Credential(
        id=str(target.get("id", "")),
        name=title_of(target),
        achievement_type=None if kind == "credential" else "Competency",
        valid_until=expires,
    )


def _context(statement: JsonObject, target: JsonObject, *, kind: EvidenceKind) -> Context:
    is_work = is_activity(target) and not is_competency(target) and kind != "credential"
    work = str(target["id"]) if is_work else None
    platform = part(statement, "context").get("platform")
    courses = (
        str(each["id"])
        for each in activities_in(statement, "parent", "grouping")
        if type_of(each) in COURSE_TYPES
    )
    return Context(
        task=work,
        assessment=work if kind == "assessment" else None,
        course=next(courses, None),
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


def _kept(statement: JsonObject) -> str:
    """Write down what says more than the fields do, as JSON text."""
    context, target = part(statement, "context"), part(statement, "object")
    kept: dict[str, object] = {
        "verb": part(statement, "verb")["id"],
        "object": _known_by(target),
        "objectType": target.get("objectType"),
        "type": part(target, "definition").get("type"),
        "objectExtensions": part(target, "definition").get("extensions"),
        "resultExtensions": part(statement, "result").get("extensions"),
        "score": part(statement, "result").get("score"),
        "duration": part(statement, "result").get("duration"),
        **{name: value for name, value in context.items() if name not in {"platform", "language"}},
    }
    return canonical({name: value for name, value in kept.items() if value}).decode()


def _known_by(target: JsonObject) -> object:
    """Give the object's id; an agent, a group or a sub-statement is kept whole."""
    return target.get("id", target)
