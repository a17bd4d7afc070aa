"""What people read: the transcript and the history."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec
import pytest

from ledger.domain.catalogue import Recorded
from ledger.domain.evidence import Credential, Party, WorkBasedLearning
from ledger.domain.ids import Position
from projections.history import told
from projections.learner import LearnerRecord
from projections.lines import STRANDS, Transcript
from projections.mastery import Bench
from projections.observing import Observed
from projections.packing import numeric
from projections.registry import Registry
from projections.transcript import transcript_of
from tests.builders import Given, day, evidence, learner, policy, uri


def transcript(given: Given, on: datetime) -> Transcript:
    record = LearnerRecord.fold(learner(), given.of(learner()))
    registry = Registry.fold(given.facts)
    observed = Observed(record, registry)
    verdicts = Bench(observed, on=on).judge_all()
    return transcript_of(observed, verdicts, position=record.position, on=on)


def busy() -> Given:
    given = Given()
    given.provider(1)
    given.provider(2)
    given.framework()
    given.policy(policy())
    given.identified(learner(), "Ada Nightingale")
    given.enrolled(learner(), school="Riverside High", programme="48.0508")
    given.recorded(1, evidence("W1", on=day(1), external_id="a"))
    given.recorded(
        2,
        evidence(
            "W2", kind="credential", score=None, on=day(2), external_id="b", credits=Decimal(3),
            credential=Credential(id="c", name="Welder", issuer=Party(id="aws"), valid_until=day(9)),
        ),
        by=2,
    )  # fmt: skip
    yard = WorkBasedLearning(activity="internship", employer=Party(id="h", name="Harbour Yard"))
    for number in (3, 4):
        said = evidence(
            "W1", kind="work_based_learning", on=day(number), external_id=f"w{number}",
            hours=Decimal("7.5"), work_based_learning=yard,
        )  # fmt: skip
        given.recorded(number, said, by=2)
    given.recorded(5, evidence("W9", on=day(5), external_id="e"))
    return given


def test_a_transcript_shows_every_strand_apart_and_no_number_over_them() -> None:
    found = transcript(busy(), day(20))
    assert tuple(strand.strand for strand in found.strands) == STRANDS
    named = {one.strand: [line.name.code for line in one.competencies] for one in found.strands}
    assert named["technical"] == ["W1", "W2"]
    assert [line.name.statement for line in found.strands[-1].competencies] == [uri("W9")]
    assert not {"estimate", "score", "total", "average"} & set(Transcript.__dataclass_fields__)


def test_evidence_of_every_kind_stands_with_the_provider_and_its_kind() -> None:
    first = transcript(busy(), day(20)).strands[0].competencies[0]
    assert [(one.kind, one.provider.name, one.provider.kind) for one in first.evidence] == [
        ("assessment", "Provider 1", "school"),
        ("work_based_learning", "Provider 2", "school"),
        ("work_based_learning", "Provider 2", "school"),
    ]


def test_hours_credits_credentials_and_enrolments_are_listed() -> None:
    found = transcript(busy(), day(20))
    (hours,) = found.work_based_learning
    assert (hours.activity, hours.employer, hours.hours) == (
        "internship",
        "Harbour Yard",
        Decimal(15),
    )
    assert [credit.credits for credit in found.credits] == [3]
    assert [(one.name, one.valid) for one in found.credentials] == [("Welder", False)]
    assert transcript(busy(), day(9)).credentials[0].valid
    assert [one.school for one in found.enrolments] == ["Riverside High"]
    assert found.names == ("Ada Nightingale",)


def test_a_transcript_is_written_as_json() -> None:
    found = msgspec.json.decode(msgspec.json.encode(transcript(busy(), day(20))))
    assert found["strands"][0]["competencies"][0]["verdict"]["state"] == "mastered"


def test_a_history_tells_each_fact_and_what_it_changed() -> None:
    given = Given()
    given.provider(trusted=False)
    given.framework()
    given.policy(policy(expiry={"expires_after": "P10D"}))
    name = given.recorded(1, evidence("W1", title="Bead on plate"))
    given.at(day(1)).grant()
    given.at(day(12)).withdrawn(name)
    history = told(
        learner(), given.of(learner()), reference(given), position=record_end(given), on=day(20)
    )

    steps = [
        (step.position, [(one.before, one.after) for one in step.changes]) for step in history.steps
    ]
    assert steps == [
        (5, []),
        (6, [("no_evidence", "mastered")]),
        (None, [("mastered", "lapsed")]),
        (7, [("lapsed", "no_evidence")]),
    ]
    assert history.steps[0].text == (
        "Provider 1 recorded an assessment “Bead on plate” on W1, 0.9 of 1."
    )
    assert history.steps[1].text == "Provider 1 was granted authority (all)."
    assert history.steps[2].recorded_at > day(10)
    assert history.steps[3].text == "Provider 1 withdrew it: wrong learner."


def reference(given: Given) -> list[Recorded]:
    return [one for one in given.facts if one.fact.STREAM != "learner"]


def record_end(given: Given) -> Position:
    return Position(len(given.facts))


@pytest.mark.parametrize(
    ("number", "data"),
    [
        pytest.param("0", "0000 0000 0000 0000", id="zero"),
        pytest.param("1", "0001 0000 0000 0000 0001", id="one"),
        pytest.param("-1.5", "0002 0000 4000 0001 0001 1388", id="minus one and a half"),
        pytest.param("12345.678", "0003 0001 0000 0003 0001 0929 1a7c", id="groups of four"),
        pytest.param("0.0001", "0001 ffff 0000 0004 0001", id="less than one"),
        pytest.param("1E+4", "0001 0001 0000 0000 0001", id="an exponent"),
    ],
)
def test_a_decimal_is_laid_out_as_postgresql_sends_it(number: str, data: str) -> None:
    assert numeric(Decimal(number)) == bytes.fromhex(data)
