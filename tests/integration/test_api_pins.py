"""What a change names of that which decided it: policy, floors and crosswalks, by their digests."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import psycopg

from consumers import outbox
from projections import views
from projections.engine import Engine
from projections.rebuild import rebuild
from tests.builders import policy, uri
from tests.ledgers import settings
from tests.town import Town, link

TWICE: dict[str, Any] = policy(
    "twice", requirement={"rule": "observations_at_least", "at_least": 2, "level": "met"}
)


def feed(town: Town) -> list[dict[str, Any]]:
    Engine(town.served.ledger, settings(town.url, due_margin_ms=0)).catch_up()
    found: list[dict[str, Any]] = town.get("/v1/changes", limit=1000)["items"]
    return found


def digest_of(town: Town, name: str) -> str:
    found: str = next(one["digest"] for one in town.get("/v1/policies") if one["policy"] == name)
    return found


def test_a_floor_holds_in_the_feed_as_in_answers_and_is_named_there(town: Town) -> None:
    """S0-11: what a floor forbids is nowhere announced as mastered."""
    town.policy(TWICE, level="state", scope="WA", floor=True)
    town.policy(policy("once"), level="programme", scope="weld")
    school = town.provider()
    learner = town.shown(school, "W1")["learner"]
    town.enrolled(school, state="WA", programme="weld", starts_on="2026-01-01")
    assert town.state(learner, "W1", on="2026-06-01") == "in_progress"
    assert town.changes() == [("W1", "no_evidence", "mastered"), ("W1", "mastered", "in_progress")]
    before, held = feed(town)
    assert before["floors"] == []
    assert (held["policy_digest"], held["floors"]) == (
        digest_of(town, "once"), [digest_of(town, "twice")],
    )  # fmt: skip
    town.shown(school, "W1")
    assert town.state(learner, "W1", on="2026-06-01") == "mastered"
    assert feed(town)[-1]["to_state"] == "mastered"
    with outbox.connected(town.url) as connection:  # what the relay and webhooks send on
        sent = outbox.changes_after(connection, 0, limit=10)
    assert [one.floors for one in sent] == [one["floors"] for one in feed(town)]


def test_a_change_names_the_words_of_the_crosswalks_it_rests_on(town: Town) -> None:
    town.shown(town.provider(), "W1")
    town.crosswalk(link("W1", "P1"), link("P1", "P2"))
    published = town.served.ledger.log.reference()
    (walk,) = [one.fact for one in published if one.topic == "mastery.crosswalk-published.v1"]
    words = hashlib.sha256(msgspec.json.encode(walk)).hexdigest()
    own, *crossed = feed(town)
    assert own["crosswalks"] == []
    assert [one["crosswalks"] for one in crossed] == [[words], [words]]


def test_what_a_rebuild_tells_names_floors_and_crosswalks_too(town: Town) -> None:
    town.policy(policy("mild"), floor=True)
    town.policy(TWICE, level="programme", scope="weld")
    school = town.provider()
    learner = town.shown(school, "W1")["learner"]
    town.shown(school, "W1")
    town.enrolled(school, programme="weld", starts_on="2026-01-01")
    town.crosswalk(link("W1", "P1"))
    rebuild(town.served.ledger, settings(town.url))
    told = town.get("/v1/changes", limit=1000)["items"]
    assert {one["cause"] for one in told} == {"rebuild"}
    pins = {one["competency"]: (one["floors"], len(one["crosswalks"])) for one in told}
    assert pins == {
        uri("W1"): ([digest_of(town, "mild")], 0),
        uri("P1"): ([digest_of(town, "mild")], 1),
    }
    assert town.state(learner, "P1") == "mastered"


def test_a_feed_from_before_pins_is_kept_and_goes_on(town: Town) -> None:
    school = town.provider()
    town.shown(school, "W1")
    (first,) = feed(town)
    with psycopg.connect(town.url, autocommit=True) as connection:
        connection.execute("ALTER TABLE views.mastery_changes DROP floors, DROP crosswalks")
        connection.execute("UPDATE views.generations SET shape = 1")
        assert town.get("/v1/changes")["items"] == []
        assert outbox.changes_after(connection, 0, limit=10) == []
        assert views.prepare(connection).shape == 1
    town.shown(school, "W2")
    assert feed(town)[0] == first
    assert len(feed(town)) == 2
