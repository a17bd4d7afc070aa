"""Reading policy documents.

A document is refused whole, with a JSON pointer and a reason for each fault.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ledger.errors import InvalidDocumentError, Reject
from projections.policies.documents import PolicyDocument
from projections.policies.soundness import faults

DOCUMENT_LENGTH_MAX = 1_048_576  # characters
DEPTH_MAX = 32


def parse(document: str | bytes | Mapping[str, object]) -> PolicyDocument:
    """Read a policy document and check that it is sound.

    Raises:
        InvalidDocumentError: with a pointer and a reason for every fault found.
    """
    data = _data(document)
    try:
        policy = PolicyDocument.model_validate(data)
    except ValidationError as error:
        rejects = [_reject(data, problem) for problem in error.errors(include_url=False)]
        raise InvalidDocumentError("policy", rejects) from error
    except RecursionError as error:
        raise InvalidDocumentError("policy", [_DEEP]) from error
    if found := tuple(faults(policy)):
        raise InvalidDocumentError("policy", found)
    return policy


_DEEP = Reject("", f"nested more than {DEPTH_MAX} deep, or in a circle")


def _data(document: str | bytes | Mapping[str, object]) -> object:
    if isinstance(document, Mapping):
        data: object = document
    else:
        try:
            text = document.decode() if isinstance(document, bytes) else document
            _check_length(text)
            data = json.loads(text, parse_float=Decimal, object_pairs_hook=_unrepeated)
        except RecursionError as error:
            raise InvalidDocumentError("policy", [_DEEP]) from error
        except ValueError as error:  # JSONDecodeError and UnicodeDecodeError are ValueErrors
            raise InvalidDocumentError("policy", [Reject("", f"not JSON: {error}")]) from error
    if _deeper_than(data, DEPTH_MAX):
        raise InvalidDocumentError("policy", [_DEEP])
    return data


def _check_length(text: str) -> None:
    if len(text) > DOCUMENT_LENGTH_MAX:
        raise ValueError(f"longer than {DOCUMENT_LENGTH_MAX} characters")


def _unrepeated(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        # Readers differ on which of two equal keys holds, so the digest would not settle it.
        raise ValueError("the same key twice in one object")
    return found


def _deeper_than(data: object, levels: int) -> bool:
    children = _children(data)
    return bool(children) and (
        levels == 0 or any(_deeper_than(one, levels - 1) for one in children)
    )


def _children(data: object) -> tuple[object, ...]:
    if isinstance(data, Mapping):
        return tuple(cast("Mapping[object, object]", data).values())
    return tuple(cast("Iterable[object]", data)) if isinstance(data, list | tuple) else ()


def _reject(data: object, problem: ErrorDetails) -> Reject:
    """Turn one pydantic error into a pointer that leads through the document as it was written."""
    where, here = "", data
    for step in problem["loc"]:
        inside = _child(here, step)
        if inside is not _NOWHERE:
            where, here = f"{where}/{_escaped(step)}", inside
        elif problem["type"] == "missing" and step == problem["loc"][-1]:
            where = f"{where}/{_escaped(step)}"  # else the step is the tag of a union
    context = problem.get("ctx", {})
    return Reject(
        where, problem["msg"], str(context.get("expected_tags") or context.get("expected", ""))
    )


_NOWHERE = object()


def _child(data: object, step: str | int) -> object:
    if isinstance(data, Mapping):
        return cast("Mapping[object, object]", data).get(step, _NOWHERE)
    if isinstance(data, list | tuple) and isinstance(step, int):
        return cast("list[object]", data)[step]
    return _NOWHERE


def _escaped(step: str | int) -> str:
    return str(step).replace("~", "~0").replace("/", "~1")
