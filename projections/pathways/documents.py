"""A pathway is a document: competencies, hours, credentials, credits, gates.

Published as a fact (`PathwayPublished`), so an audit can be repeated under the very words that
were in force. JSON Schema: `schema()`.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ledger.errors import InvalidDocumentError, Reject

Name = Annotated[str, Field(min_length=1, max_length=200)]
Amount = Annotated[Decimal, Field(gt=0, le=100_000)]


class Part(BaseModel):
    """A part of a pathway document: frozen, and without members that nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Requirement(Part):
    """Something to fulfil. `shares_with` names requirements that may use the same item too."""

    id: Name
    title: str = ""
    shares_with: tuple[Name, ...] = ()


class Competencies(Requirement):
    """Masters `at_least` of these competencies (all of them, where absent)."""

    requires: Literal["competencies"] = "competencies"
    of: Annotated[tuple[Name, ...], Field(min_length=1)]
    at_least: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _reachable(self) -> Competencies:
        if len(set(self.of)) != len(self.of):
            raise ValueError("of: a competency is named twice")
        if self.at_least is not None and self.at_least > len(self.of):
            raise ValueError(f"at_least: {self.at_least} of {len(self.of)} can never be met")
        return self


class Credentials(Requirement):
    """Holds `at_least` of these credentials, in force."""

    requires: Literal["credentials"] = "credentials"
    of: Annotated[tuple[Name, ...], Field(min_length=1)]
    at_least: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="after")
    def _reachable(self) -> Credentials:
        if self.at_least > len(set(self.of)):
            raise ValueError(f"at_least: {self.at_least} of {len(set(self.of))} can never be met")
        return self


class Hours(Requirement):
    """Has so many hours of work-based learning, in these settings and activities (all if empty)."""

    requires: Literal["hours"] = "hours"
    at_least: Amount
    settings: tuple[Literal["workplace", "simulated", "virtual"], ...] = ()
    activities: tuple[Name, ...] = ()


class Credits(Requirement):
    """Has so many credits, of these types or courses (all if empty)."""

    requires: Literal["credits"] = "credits"
    at_least: Amount
    credit_types: tuple[Name, ...] = ()
    courses: tuple[Name, ...] = ()


AnyRequirement = Annotated[
    Competencies | Credentials | Hours | Credits, Field(discriminator="requires")
]


class Gate(Part):
    """`opens` may be begun once every competency in `needs` is mastered. Time opens no gate."""

    id: Name
    opens: Annotated[tuple[Name, ...], Field(min_length=1)]
    needs: Annotated[tuple[Name, ...], Field(min_length=1)]


class PathwayDocument(Part):
    """A programme of study."""

    id: Name
    title: Name
    programme: str | None = None  # CIP code
    requirements: Annotated[tuple[AnyRequirement, ...], Field(min_length=1)]
    gates: tuple[Gate, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> PathwayDocument:
        ids = [one.id for one in self.requirements]
        if twice := [name for name, count in Counter(ids).items() if count > 1]:
            raise ValueError(f"requirements: {twice[0]} is there twice")
        for one in self.requirements:
            if unknown := set(one.shares_with) - set(ids):
                raise ValueError(f"shares_with: no requirement {min(unknown)}")
        if circle := _circle(self.gates):
            raise ValueError(f"gates: {' needs '.join(circle)}: nobody could ever begin")
        return self


def parse(document: str | bytes | Mapping[str, Any]) -> PathwayDocument:
    """Read a pathway document.

    Raises:
        InvalidDocumentError: it is not one; each reject has a JSON pointer and a reason.
    """
    try:
        if isinstance(document, str | bytes):
            return PathwayDocument.model_validate_json(document)
        return PathwayDocument.model_validate(document)
    except ValidationError as error:
        rejects = [
            Reject("".join(f"/{part}" for part in one["loc"]), one["msg"])
            for one in error.errors(include_url=False, include_input=False)
        ]
        raise InvalidDocumentError("pathway", rejects) from error


def canonical(document: PathwayDocument) -> str:
    """Write a document in the one form that is digested and stored."""
    content = document.model_dump(mode="json", exclude_defaults=False)
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(document: PathwayDocument) -> str:
    """Give the SHA-256 (hex) of the canonical form."""
    return hashlib.sha256(canonical(document).encode()).hexdigest()


def schema() -> dict[str, Any]:
    """Give the JSON Schema of pathway documents."""
    return PathwayDocument.model_json_schema()


def _circle(gates: tuple[Gate, ...]) -> list[str]:
    """Find competencies that wait for each other, if there are any."""
    waits: dict[str, set[str]] = {}
    for gate in gates:
        for opened in gate.opens:
            waits.setdefault(opened, set()).update(gate.needs)
    done: set[str] = set()

    def follow(node: str, path: list[str]) -> list[str]:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return []
        for other in sorted(waits.get(node, ())):
            if found := follow(other, [*path, node]):
                return found
        done.add(node)
        return []

    for start in sorted(waits):
        if found := follow(start, []):
            return found
    return []
