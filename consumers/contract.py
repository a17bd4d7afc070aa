"""The contract with downstream systems, generated from the types that the code itself uses.

JSON Schemas of every payload, and an AsyncAPI 3 document that says which topic carries which.
`python -m consumers.contract` writes docs/asyncapi.json; a test compares the two, and another
compares this document with the one before it: a field that is gone or of another type fails.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from inspect import cleandoc
from pathlib import Path
from typing import Any, NamedTuple, cast

import msgspec

from consumers import submitted, wire
from consumers.submitted import AwaitedData, ReceiptData, RejectData
from consumers.wire import FactData
from ledger.domain.catalogue import CATALOGUE
from projections.feed import FeedEntry

Schema = dict[str, Any]
_REF = "#/components/schemas/{name}"


class _Carries(NamedTuple):
    """A topic, and the messages on it."""

    channel: str
    address: str
    about: str
    messages: tuple[str, ...]


CHANNELS = (
    _Carries("facts", "mastery.facts.v1", "Every fact, once, in order per key (whom it is about).",
             ("fact", "erasure")),
    _Carries("changes", "mastery.changes.v1",
             "Every change of a learner's mastery, once, in order per learner.",
             ("change", "erasure")),
    _Carries("submitted", "evidence.submitted", "Evidence for the ledger, in any format it reads.",
             ("evidence",)),
    _Carries("receipts", "evidence.receipts", "What was recorded, one receipt an item.",
             ("receipt", "awaited")),
    _Carries("rejected", "evidence.rejected", "What was refused: why, and the original.",
             ("rejection",)),
)  # fmt: skip
_SENT = ("facts", "changes", "receipts", "rejected")


def document() -> Schema:
    """Give the AsyncAPI 3 document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Mastery Ledger",
            "version": version("mastery-ledger"),
            "description": "CloudEvents 1.0 over Kafka, binary mode. See docs/subscribers.md.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": wire.JSON_TYPE,
        "channels": {one.channel: _channel(one) for one in CHANNELS},
        "operations": dict(_operations()),
        "components": {"messages": _messages(), "schemas": schemas()},
    }


def schemas() -> Schema:
    """Give the JSON Schema (2020-12) of every payload."""
    kinds = (FactData, FeedEntry, ReceiptData, AwaitedData, RejectData)
    _, found = msgspec.json.schema_components(kinds, ref_template=_REF)
    for schema in found.values():
        if "description" in schema:
            schema["description"] = cleandoc(schema["description"])
    return dict(found)


def encoded() -> bytes:
    """Give the document as it is published."""
    return msgspec.json.format(msgspec.json.encode(document()), indent=2) + b"\n"


def broken(before: Schema, now: Schema) -> list[str]:
    """Say what a reader of `before` would miss in `now`: fields removed, retyped, made optional."""
    old, new = before["components"]["schemas"], now["components"]["schemas"]
    found = [f"channel {name}" for name in before["channels"] if name not in now["channels"]]
    for name, schema in old.items():
        if name not in new:
            found.append(f"{name} is gone")
            continue
        for where, problem in _lost(schema, new[name], name):
            found.append(f"{where} {problem}")
    return found


def _lost(old: Schema, new: Schema, where: str) -> Iterator[tuple[str, str]]:
    for key in ("type", "format", "$ref", "anyOf", "items", "prefixItems", "const"):
        if old.get(key) != new.get(key):
            yield where, f"was {key} {old.get(key)!r}, and is {new.get(key)!r}"
    if set(new.get("enum", ())) - set(old.get("enum", ())) and "enum" in old:
        yield where, "has values that its readers do not know"
    fields: Mapping[str, Schema] = cast("Mapping[str, Schema]", old.get("properties", {}))
    for name, schema in fields.items():
        there = new.get("properties", {}).get(name)
        if there is None:
            yield f"{where}.{name}", "is gone"
        else:
            yield from _lost(schema, there, f"{where}.{name}")
    for name in set(old.get("required", ())) - set(new.get("required", ())):
        if name in new.get("properties", {}):
            yield f"{where}.{name}", "was always there, and may be missing now"


def _channel(one: _Carries) -> Schema:
    return {
        "address": one.address,
        "description": one.about,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in one.messages},
        "bindings": {"kafka": {"topic": one.address, "bindingVersion": "0.5.0"}},
    }


def _operations() -> Iterator[tuple[str, Schema]]:
    for one in CHANNELS:
        action = "send" if one.channel in _SENT else "receive"
        messages = [{"$ref": f"#/channels/{one.channel}/messages/{name}"} for name in one.messages]
        channel = {"$ref": f"#/channels/{one.channel}"}
        yield f"{action}_{one.channel}", {
            "action": action, "channel": channel, "messages": messages, "summary": one.about,
        }  # fmt: skip


def _messages() -> Schema:
    types = sorted(kind.TOPIC for kind in CATALOGUE if kind.TOPIC != wire.ERASED_TYPE)
    key = {"type": "string", "format": "uuid", "description": "The learner, or another stream."}
    return {
        "fact": _event("FactData", types, key=key, sequence=True),
        "change": _event("FeedEntry", [wire.CHANGE_TYPE], key=key, sequence=True),
        "erasure": {
            **_event(None, [wire.ERASED_TYPE], key=key, sequence=True),
            "summary": "No value: forget all that is held under the key.",
        },
        "evidence": {
            "description": "Our own JSON, NDJSON or xAPI statements; told apart by content.",
            "headers": {
                "type": "object",
                "properties": {
                    submitted.KEY_HEADER: {"type": "string", "description": "A provider's token."},
                    submitted.FORMAT_HEADER: {"type": "string", "enum": ["native", "xapi"]},
                    submitted.CORRELATION_HEADER: {"type": "string"},
                    "content-type": {"type": "string"},
                },
                "required": [submitted.KEY_HEADER],
            },
            "payload": {"description": "docs/events.md"},
        },
        "receipt": _event("ReceiptData", [submitted.RECEIPT_TYPE]),
        "awaited": _event("AwaitedData", [submitted.AWAITED_TYPE]),
        "rejection": _event("RejectData", [submitted.REJECT_TYPE]),
    }


def _event(
    schema: str | None, types: list[str], *, key: Schema | None = None, sequence: bool = False
) -> Schema:
    text: Schema = {"type": "string"}
    headers: Schema = {
        "ce_specversion": {"const": "1.0"},
        "ce_id": text,
        "ce_source": text,
        "ce_type": {"type": "string", "enum": types},
    }
    required = list(headers)
    if sequence:
        digits = {"type": "string", "pattern": f"^[0-9]{{{wire.SEQUENCE_DIGITS}}}$"}
        headers |= {
            "ce_subject": text, "ce_time": {"type": "string", "format": "date-time"},
            "ce_sequence": digits,
        }  # fmt: skip
        required = list(headers)
    found: Schema = {"headers": {"type": "object", "properties": headers, "required": required}}
    if schema is None:
        found["payload"] = {"type": "null"}
    else:
        headers["content-type"] = {"const": wire.JSON_TYPE}
        found["contentType"] = wire.JSON_TYPE
        found["payload"] = {"$ref": _REF.format(name=schema)}
    if key is not None:
        found["bindings"] = {"kafka": {"key": key, "bindingVersion": "0.5.0"}}
    return found


def main(path: str = "docs/asyncapi.json") -> None:
    """Write the document."""
    Path(path).write_bytes(encoded())


if __name__ == "__main__":
    main(*sys.argv[1:])
