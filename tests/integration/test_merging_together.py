"""What meets in one delivery, or at one moment, about two learners who are merged."""

from __future__ import annotations

from typing import cast
from uuid import UUID

import pytest

from ledger.domain.ids import LearnerId
from ledger.errors import RefusedError
from projections.answers import Answers
from projections.merging import merge
from projections.registry import Registry
from tests.builders import uri
from tests.integration.test_merging import MISTAKEN, merged, two
from tests.town import Json, Town


def test_names_of_both_may_meet_in_one_delivery(town: Town) -> None:
    by = town.provider()
    who, into = two(town, by)
    merged(town, who, into)
    mailbox = {"type": "mbox", "value": "mailto:a@example.org"}

    def said(name: str, learner: Json, **others: object) -> Json:
        return {
            "id": name, "kind": "assessment", "occurred_at": "2026-03-02T10:00:00Z",
            "learner": learner, "alignments": [{"competency": uri("W1")}], **others,
        }  # fmt: skip

    items = [
        said("a", {"id": "S-1", "identifiers": [mailbox]}),
        said("b", {"id": "S-2", "identifiers": [mailbox]}),
        said("c", {"id": "S-1"}, version="1"),
        said("c", {"id": "S-2"}, version="2"),
    ]
    answered = by.client.post("/v1/evidence", json=items).json()["items"]
    assert [one["status"] for one in answered] == ["accepted"] * 4


def test_a_new_name_beside_those_of_the_other_is_linked_to_neither(town: Town) -> None:
    by = town.provider()
    who, into = two(town, by)
    said = {
        "id": "first", "kind": "assessment", "occurred_at": "2026-03-02T10:00:00Z",
        "learner": {"id": "S-1"}, "alignments": [{"competency": uri("W1")}], "version": "1",
    }  # fmt: skip
    assert by.client.post("/v1/evidence", json=said).status_code == 201
    merged(town, who, into)
    names = {"id": "S-2", "identifiers": [{"type": "id", "value": "S-3"}]}
    newer = {**said, "version": "2", "learner": names}
    assert by.client.post("/v1/evidence", json=newer).status_code == 201
    town.post(f"/v1/learners/{who}/unmerge", MISTAKEN)
    assert town.shown(by, "W1", learner="S-3")["learner"] not in {who, into}


def test_a_merge_that_came_too_late_is_not_said_to_be_done(town: Town) -> None:
    by = town.provider()
    who, into = two(town, by)
    third = town.shown(by, "W1", learner="S-3")["learner"]
    ledger, answers = town.served.ledger, Answers(town.served.ledger)
    before = answers.registry()
    merged(town, who, into)

    class Late:
        """Sees at first what was so before."""

        def __init__(self) -> None:
            self.found = [before]

        def registry(self) -> Registry:
            return self.found.pop() if self.found else answers.registry()

    late = cast("Answers", Late())
    with pytest.raises(RefusedError, match="another steward"):
        merge(ledger, late, LearnerId(UUID(who)), LearnerId(UUID(third)), reason="ordered")
    assert town.get(f"/v1/learners/{who}/transcript")["learner"] == into
