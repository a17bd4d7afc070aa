"""The OpenAPI document as one page for people: no script, and nothing from another site.

A script from elsewhere would not load where there is no internet, and where there is, could read
whatever a signed-in visitor may: pages and API have one origin.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import ChainableUndefined, Environment, PackageLoader

HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}
_REF = "#/components/schemas/"


def reference(request: Request) -> HTMLResponse:
    """Show every route with its parameters, schemas and examples."""
    return HTMLResponse(_page(json.dumps(request.app.openapi())), headers=dict(HEADERS))


@cache
def _page(document: str) -> str:
    # Most members of the document are optional: what is not there is left out.
    environment = Environment(
        loader=PackageLoader("api"), autoescape=True, undefined=ChainableUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"as_json": _as_json, "schemas": _schemas, "kind": _kind}
    return environment.get_template("reference.html").render(json.loads(document))


def _as_json(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def _schemas(part: object) -> list[str]:
    """Name the components that a part of the document refers to, each once."""
    if isinstance(part, Mapping):
        members = cast("Mapping[str, Any]", part)
        found = [
            name
            for member, inside in members.items()
            for name in ([str(inside).removeprefix(_REF)] if member == "$ref" else _schemas(inside))
        ]
        return list(dict.fromkeys(found))
    if isinstance(part, list):
        inside = cast("list[object]", part)
        return list(dict.fromkeys(name for one in inside for name in _schemas(one)))
    return []


def _kind(schema: Mapping[str, Any]) -> str:
    """Say in a word or two what a parameter is."""
    either = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    return " or ".join(one.get("format") or one.get("type", "") for one in either)
