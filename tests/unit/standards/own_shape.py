"""Where in our own JSON values of one kind stand, by the schema that is behind the door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.standards.native import EVIDENCE


def places_of(wanted: Callable[[dict[str, Any]], bool]) -> list[str]:
    """List the pointers to the values of a kind, without the places in arrays."""
    schema = EVIDENCE.json_schema()
    found: dict[str, None] = {}

    def look(value: Any, path: str) -> None:
        if isinstance(value, list):
            for each in value:
                look(each, path)
        if not isinstance(value, dict):
            return
        if "$ref" in value:
            look(schema["$defs"][value["$ref"].rpartition("/")[2]], path)
        if wanted(value):
            found[path] = None
        for name, each in value.get("properties", {}).items():
            look(each, f"{path}/{name}")
        for part in ("anyOf", "items", "prefixItems"):
            look(value.get(part), path)

    look(schema, "")
    return list(found)
