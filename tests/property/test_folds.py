"""Replay is the product: the same facts give the same answers, whichever way they are folded."""

from __future__ import annotations

from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.catalogue import Recorded
from ledger.domain.facts import EvidenceCorrected, EvidenceRecorded, EvidenceWithdrawn
from ledger.domain.ids import CompetencyId, LearnerId, Position
from projections.held import Held
from projections.learner import LearnerRecord
from projections.mastery import judge_all
from projections.observing import Observed, observations
from projections.registry import Registry
from projections.rows import Change, Pair
from projections.stepping import Stepper
from projections.views import BEGINNING
from tests.builders import Given, day, learner
from tests.histories import History, histories, written

Views = dict[LearnerId, dict[CompetencyId, Pair]]


def live(facts: list[Recorded]) -> tuple[list[Change], Views, datetime]:
    """Step through a log as the engine does, with the views in memory."""
    registry = Registry()
    held: dict[LearnerId, Held] = {}

    def load(who: LearnerId, _: object) -> Held:
        return held.setdefault(who, Held.new(who, registry))

    stepper = Stepper(registry, load, position=Position(0), clock=BEGINNING)
    changes: list[Change] = []
    for recorded in facts:
        if recorded.fact.STREAM == "learner":
            stepper.step(recorded)
        else:
            stepper.step_reference(recorded)
            for who in sorted(held):
                stepper.reread(who, recorded)
        changes += stepper.writes.changes
        stepper.writes.changes = []
    return changes, {who: dict(one.pairs) for who, one in held.items()}, stepper.clock


@given(histories())
@settings(max_examples=150, deadline=None)
def test_live_is_what_is_answered_on_demand(history: History) -> None:
    facts = written(history).facts
    _, views, clock = live(facts)
    registry = Registry.fold(facts)
    for who, pairs in views.items():
        record = LearnerRecord.fold(who, [one for one in facts if one.stream == who])
        verdicts = judge_all(record, registry, on=clock)
        assert pairs == {name: Pair(one.state, one.due_at) for name, one in verdicts.items()}


@given(histories())
@settings(max_examples=80, deadline=None)
def test_the_feed_adds_up_to_the_views(history: History) -> None:
    changes, views, _ = live(written(history).facts)
    states: dict[tuple[LearnerId, str], str] = {}
    for change in changes:
        pair = change.learner, change.competency
        assert states.get(pair, "no_evidence") == change.from_state != change.to_state
        states[pair] = change.to_state
    assert len({change.id for change in changes}) == len(changes)
    found = {
        (who, name): pair.state for who, pairs in views.items() for name, pair in pairs.items()
    }
    assert {pair: state for pair, state in states.items() if state != "no_evidence"} == {
        pair: state for pair, state in found.items() if state != "no_evidence"
    }


@given(histories(), st.data())
@settings(max_examples=80, deadline=None)
def test_replay_may_stop_anywhere_and_go_on(history: History, data: st.DataObject) -> None:
    facts = written(history).of(learner(0))
    cut = data.draw(st.integers(0, len(facts)))
    halfway = LearnerRecord.fold(learner(0), facts[:cut])
    going_on = halfway.copy()
    for recorded in facts[cut:]:
        going_on.apply(recorded)
    assert going_on == LearnerRecord.fold(learner(0), facts)
    assert halfway == LearnerRecord.fold(learner(0), facts[:cut])


@given(histories(), st.data())
@settings(max_examples=80, deadline=None)
def test_reading_piece_by_piece_is_reading_at_once(history: History, data: st.DataObject) -> None:
    facts = written(history).facts
    registry = Registry.fold(facts)
    record = LearnerRecord(learner(0))
    observed = Observed(record, registry)
    for recorded in facts:
        if recorded.stream == learner(0):
            observed.touch(record.apply(recorded))
    on = data.draw(st.sampled_from([day(number) for number in (-40, 0, 3, 60)]))
    at_once = observations(record, registry, on)
    assert {name: list(observed.at(name, on)) for name in observed.competencies()} == {
        name: list(seen) for name, seen in at_once.items()
    }


@given(histories(corrections=False), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_the_order_of_occurrence_decides_and_that_of_arrival_does_not(
    history: History, random: object
) -> None:
    in_order = written(history)
    shuffled = written(history.shuffled(random))
    registry = Registry.fold(in_order.facts)
    on = day(400)
    assert states_of(in_order, registry, on) == states_of(
        shuffled, Registry.fold(shuffled.facts), on
    )


def states_of(
    told: Given, registry: Registry, on: datetime
) -> dict[LearnerId, dict[str, tuple[object, ...]]]:
    found: dict[LearnerId, dict[str, tuple[object, ...]]] = {}
    for who in map(learner, range(3)):
        verdicts = judge_all(LearnerRecord.fold(who, told.of(who)), registry, on=on)
        found[who] = {
            name: (one.state, one.estimate, one.since, frozenset(one.counted))
            for name, one in verdicts.items()
        }
    return found


@given(histories())
@settings(max_examples=80, deadline=None)
def test_attendance_and_activity_change_nothing(history: History) -> None:
    with_all, without = written(history), written(history)
    without.facts = [one for one in with_all.facts if not is_activity(one, with_all)]
    on = day(400)
    kept = states_of(without, Registry.fold(without.facts), on)
    for who, judged in states_of(with_all, Registry.fold(with_all.facts), on).items():
        for name, (state, estimate, since, counted) in judged.items():
            expected = kept[who].get(name, ("no_evidence", None, None, frozenset()))
            assert (state, estimate, since, counted) == expected


def is_activity(recorded: Recorded, told: Given) -> bool:
    """Whether a fact is about a piece of evidence that is, in the end, an activity."""
    if not isinstance(recorded.fact, EvidenceRecorded | EvidenceCorrected | EvidenceWithdrawn):
        return False
    who = LearnerId(recorded.stream)
    return (
        LearnerRecord.fold(who, told.of(who)).pieces[recorded.fact.id].evidence.kind == "activity"
    )


@given(histories(), st.integers(0, 60))
@settings(max_examples=60, deadline=None)
def test_as_of_an_earlier_day_is_the_log_up_to_that_day(history: History, days: int) -> None:
    facts = written(history).facts
    until = day(days)
    known = [one for one in facts if one.recorded_at <= until]
    changes, _, _ = live(facts)
    earlier, _, _ = live(known)
    # What was announced by then is not changed by what came later.
    assert changes[: len(earlier)] == earlier
