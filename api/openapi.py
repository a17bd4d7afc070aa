"""The OpenAPI document: what the routes declare, with schemas drawn from the answers' own types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec
from fastapi import FastAPI, Response
from pydantic import TypeAdapter

from api.problems import MEDIA_TYPE, Problem

DESCRIPTION = """\
The ledger takes evidence of learning from any provider, keeps it for good, and answers what it
shows: mastery under a policy, a transcript, and the history, each as of any moment.

Every path but `/health` needs a token of this ledger, as `Authorization: Bearer <token>` or as
the password of HTTP Basic. Errors are `application/problem+json` (RFC 9457).
"""
_REF = "#/components/schemas/{name}"
_DEFS = "#/$defs/"

Content = dict[str, Any]


class JsonBytes(Response):
    """JSON that is encoded already."""

    media_type = "application/json"


class Schemas:
    """The types that answers are made of; each gets a component of its own."""

    def __init__(self) -> None:
        self._answers: dict[str, Any] = {}
        self._inputs: dict[str, TypeAdapter[Any]] = {}
        self._parts: dict[str, Any] = {}

    def answer(self, kind: Any) -> dict[str, Any]:
        """Give the schema of a type as msgspec writes it."""
        self._answers[str(kind)] = kind
        (found,), _ = msgspec.json.schema_components([kind], ref_template=_REF)
        return found

    def body(self, kind: Any) -> dict[str, Any]:
        """Give the schema of a type as pydantic reads it."""
        self._inputs[str(kind)] = TypeAdapter(kind)
        return _component_less(self._inputs[str(kind)], {})

    def document(self, name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Give a JSON Schema that stands for itself, with its `$defs` among the components."""
        found: dict[str, Any] = _moved(schema, f"{name}.")
        self._parts |= {f"{name}.{part}": one for part, one in found.pop("$defs", {}).items()}
        return found

    def components(self) -> dict[str, Any]:
        """Give every component that the schemas refer to."""
        kinds = list(self._answers.values())
        _, found = msgspec.json.schema_components(kinds, ref_template=_REF)
        components: dict[str, Any] = {**found, **self._parts}
        for adapter in self._inputs.values():
            _component_less(adapter, components)
        return components


def _component_less(adapter: TypeAdapter[Any], components: dict[str, Any]) -> dict[str, Any]:
    schema = adapter.json_schema(ref_template="#/components/schemas/{model}")
    components.update(schema.pop("$defs", {}))
    return schema


def _moved(part: Any, prefix: str) -> Any:
    """Let references to `$defs` lead to the components of that prefix."""
    if isinstance(part, Mapping):
        members = cast("Mapping[str, Any]", part)
        return {
            name: _REF.format(name=f"{prefix}{inside.removeprefix(_DEFS)}")
            if name == "$ref" and str(inside).startswith(_DEFS)
            else _moved(inside, prefix)
            for name, inside in members.items()
        }
    if isinstance(part, list | tuple):
        return [_moved(inside, prefix) for inside in cast("Sequence[Any]", part)]
    return part


SCHEMAS = Schemas()


def encoded(
    value: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> JsonBytes:
    """Send a value as JSON: decimals as strings, times as RFC 3339."""
    return JsonBytes(msgspec.json.encode(value), status, headers)


Replies = dict[int | str, Content]


def replies(
    kind: Any, description: str, *, example: object = None, status: int = 200,
    or_object: bool = False,
) -> Replies:  # fmt: skip
    """Declare what a route answers; `or_object`: or an object that somebody else wrote."""
    schema = SCHEMAS.answer(kind)
    if or_object:
        schema = {"anyOf": [schema, {"type": "object"}]}
    return {
        status: {
            "description": description,
            "content": {"application/json": _content(schema, example)},
        }
    }


def takes(*forms: tuple[str, Any, object]) -> Content:
    """Declare what a route takes: media type, schema, example."""
    return {
        "requestBody": {
            "required": True,
            "content": {media: _content(schema, example) for media, schema, example in forms},
        }
    }


def _content(schema: Any, example: object) -> Content:
    content: Content = {"schema": schema}
    if example is not None:
        content["example"] = example
    return content


PROBLEMS: Replies = {
    "default": {
        "description": "What was wrong (RFC 9457).",
        "content": {
            MEDIA_TYPE: {
                "schema": SCHEMAS.answer(Problem),
                "example": {
                    "type": "urn:problem-type:mastery-ledger:invalid",
                    "title": "The request cannot be read",
                    "status": 400,
                    "detail": "evidence: /occurred_at: has no offset from UTC",
                    "errors": [
                        {
                            "reason": "has no offset from UTC",
                            "pointer": "/occurred_at",
                            "expected": "RFC 3339 with an offset, such as 2026-03-02T10:15:00-06:00",
                        }
                    ],
                },
            }
        },
    }
}
"""Declared on every router, so that no route needs to repeat it."""


def install(app: FastAPI) -> None:
    """Complete the document that FastAPI draws up from the routes."""
    drawn_up = app.openapi

    def document() -> dict[str, Any]:
        if app.openapi_schema:
            return app.openapi_schema
        whole = drawn_up()
        components = whole.setdefault("components", {})
        components.setdefault("schemas", {}).update(SCHEMAS.components())
        schemes = components.setdefault("securitySchemes", {})
        schemes["basic"] = {
            "type": "http", "scheme": "basic", "description": "The token as the password; any user name.",
        }  # fmt: skip
        for path in whole["paths"].values():
            for operation in path.values():
                _allow_basic(operation)
                _forget_text(operation)
        return whole

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's documented way to extend it


def _forget_text(operation: dict[str, Any]) -> None:
    """Take back that an answer is a string: FastAPI says so of JSON that is encoded already."""
    for answer in operation["responses"].values():
        for content in answer.get("content", {}).values():
            if "$ref" in content["schema"] or "anyOf" in content["schema"]:
                content["schema"].pop("type", None)


def _allow_basic(operation: dict[str, Any]) -> None:
    either = operation.get("security")
    if either:
        scopes = either[0].get("bearer", [])
        operation["security"] = [{"bearer": scopes}, {"basic": scopes}]
