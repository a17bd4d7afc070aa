"""The sample that `mastery demo` plays: what is in it, and that a seed makes the same bytes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from api.demo.deliveries import EVIDENCE, SHARES, Delivery, Sample, sample
from api.demo.people import LEARNERS
from api.demo.play import Clock, Player
from ledger.config import Settings
from ledger.domain.framework import Competency
from ledger.domain.ids import Position
from ledger.service import Ledger
from ledger.standards.case import read_case
from ledger.standards.translation import Refused, Translated
from projections.answers import Answers

UNTIL = date(2026, 11, 22)
FIRST_FILES = 8


@pytest.fixture(scope="module")
def made() -> Sample:
    return sample(seed=7, until=UNTIL)


def items(delivery: Delivery) -> int:
    if delivery.name.endswith(".json"):
        return len(json.loads(delivery.data))
    lines = len(delivery.data.splitlines())
    return lines - 1 if delivery.form == "csv" else lines


def test_the_same_seed_makes_the_same_bytes(made: Sample) -> None:
    assert sample(seed=7, until=UNTIL) == made


def test_another_seed_makes_other_people(made: Sample) -> None:
    other = sample(seed=8, until=UNTIL)
    assert {one.name for one in other.people} != {one.name for one in made.people}
    assert other.people[0].name == made.people[0].name == "Maya Torres"


def test_five_providers_send_ten_thousand_pieces_and_noise(made: Sample) -> None:
    assert sum(SHARES.values()) == EVIDENCE == 10_000
    assert len(made.people) == len({one.ssid for one in made.people}) == LEARNERS == 200
    sent = Counter[str]()
    for delivery in made.deliveries:
        sent[delivery.source] += items(delivery)
    for source, share in SHARES.items():
        assert share < sent[source] < share * 1.25


def test_files_come_in_order_and_none_from_the_future(made: Sample) -> None:
    moments = [delivery.at for delivery in made.deliveries]
    assert moments == sorted(moments)
    assert moments[-1].date() < UNTIL


def test_the_framework_is_a_case_package_with_four_strands(made: Sample) -> None:
    (only,) = read_case(made.programme.document)
    assert isinstance(only, Translated)
    (framework,) = only.frameworks
    strands = Counter(one.strand for one in framework.competencies if _is_skill(one, made))
    assert strands == {"technical": 20, "academic": 7, "employability": 6, "dispositions": 4}
    assert len(framework.scales) == len(made.programme.skills)


def _is_skill(competency: Competency, made: Sample) -> bool:
    return competency.uri in {skill.uri for skill in made.programme.skills}


@pytest.fixture
def player(migrated: str, made: Sample, tmp_path: Path) -> Iterator[tuple[Ledger, Player]]:
    settings = Settings.model_validate({"database_url": migrated, "data_dir": tmp_path})
    clock = Clock()
    short = made._replace(deliveries=made.deliveries[:FIRST_FILES])
    with Ledger.open(settings, clock=clock) as ledger:
        yield ledger, Player(ledger, clock, short)


def test_playing_twice_records_once(player: tuple[Ledger, Player]) -> None:
    ledger, play = player
    play.set_up()
    first = list(play.play(lambda _delivery: None))
    head = ledger.log.head()
    play.set_up()
    again = list(play.play(lambda _delivery: None))
    assert ledger.log.head() == head
    assert sum(one.tally.accepted for one in first) > 100
    assert sum(one.tally.accepted for one in again) == 0


def test_each_fact_is_recorded_on_the_day_its_file_came(player: tuple[Ledger, Player]) -> None:
    ledger, play = player
    play.set_up()
    played = list(play.play(lambda _delivery: None))
    moments = {fact.recorded_at for fact in ledger.log.after(Position(0), limit=10_000)}
    coming = {one.delivery.at for one in played if one.tally.accepted}
    assert coming <= moments
    assert len(moments - coming) == 1  # the day on which all was set up


def test_the_providers_mean_the_same_learners(player: tuple[Ledger, Player], made: Sample) -> None:
    ledger, play = player
    play.set_up()
    list(play.play(lambda _delivery: None))
    answers = Answers(ledger)
    sources = Counter[str]()
    for person in made.people[:40]:
        learner = play.find(person)
        assert learner is not None
        record = answers.record(learner, ledger.log.head())
        for piece in record.pieces.values():
            sources[answers.registry().providers[piece.provider].kind] += 1
    assert {"lms", "assessment_vendor"} <= sources.keys()


def test_bad_items_are_refused_with_a_place_and_a_reason(player: tuple[Ledger, Player]) -> None:
    _, play = player
    play.set_up()
    refusals = [each for one in play.play(lambda _delivery: None) for each in one.refusals]
    assert refusals
    assert all(each.reject.why for each in refusals)


def test_no_whole_file_is_refused(made: Sample) -> None:
    outcomes = list(read_case(made.programme.document))
    assert not any(isinstance(one, Refused) for one in outcomes)
