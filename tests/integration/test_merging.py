"""Two learners who are one person: read as one from then on, and parted again as if nothing was."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from api.cli.main import run
from consumers import outbox
from ledger.domain.facts import LearnerMerged
from ledger.domain.ids import LearnerId
from ledger.errors import ErasedError
from ledger.store.recorder import APPEND_LOCK
from projections.engine import Engine
from projections.rebuild import rebuild
from tests import ledgers
from tests.advisory import waiting
from tests.builders import policy, uri
from tests.downstream import until
from tests.town import Json, Teller, Town

SAME, MISTAKEN = {"reason": "same_person"}, {"reason": "mistaken"}
TWICE = policy(requirement={"rule": "observations_at_least", "at_least": 2, "level": "met"})
OF_THE_LEARNER = ("mastery", "transcript", "history", f"mastery/{uri('W1')}")


def merged(town: Town, who: str, into: str) -> Json:
    return town.post(f"/v1/learners/{who}/merge", {"into": into, **SAME})


def two(town: Town, by: Teller) -> tuple[str, str]:
    """Let two learners show half of what is needed each."""
    town.policy(TWICE)
    who, into = (town.shown(by, "W1", learner=one)["learner"] for one in ("S-1", "S-2"))
    return who, into


def test_what_each_has_shown_counts_for_the_person_until_they_are_parted(town: Town) -> None:
    who, into = two(town, town.provider())
    on = {"on": "2026-11-01"}
    before = {one: town.get(f"/v1/learners/{one}/transcript", **on) for one in (who, into)}
    assert town.state(into, "W1") == "in_progress"
    at = merged(town, who, into)["position"]
    for one in (who, into):
        assert town.state(one, "W1") == "mastered"
        assert town.get(f"/v1/learners/{one}/transcript")["learner"] == into
        assert town.state(one, "W1", as_of=at - 1) == "in_progress"
    town.post(f"/v1/learners/{who}/unmerge", MISTAKEN)
    for one, said in before.items():
        found = town.get(f"/v1/learners/{one}/transcript", **on)
        assert {**found, "position": said["position"]} == said
        assert town.state(one, "W1", as_of=at) == "mastered"


def test_what_comes_under_a_name_follows_whose_it_is(town: Town) -> None:
    by = town.provider()
    who, into = two(town, by)
    merged(town, who, into)
    town.shown(by, "W2", learner="S-1")
    town.shown(by, "W2", learner="S-1")
    assert town.state(into, "W2") == "mastered"
    town.post(f"/v1/learners/{who}/unmerge", MISTAKEN)
    assert town.state(into, "W2") == "no_evidence"
    assert town.state(who, "W2") == "mastered"


def test_a_message_may_name_the_person_by_names_of_both(town: Town) -> None:
    by = town.provider()
    who, into = two(town, by)
    names = {"id": "S-1", "identifiers": [{"type": "id", "value": "S-2"}]}
    said = {
        "id": "both", "kind": "assessment", "occurred_at": "2026-03-02T10:00:00Z",
        "learner": names, "alignments": [{"competency": uri("W1")}],
    }  # fmt: skip
    unclear = by.client.post("/v1/evidence", json=said)
    assert unclear.status_code != 201
    assert who in unclear.text
    assert into in unclear.text
    merged(town, who, into)
    assert by.client.post("/v1/evidence", json=said).status_code == 201
    newer = {**said, "version": "2", "learner": {"id": "S-2"}}
    assert by.client.post("/v1/evidence", json=newer).status_code == 201
    found = town.steward.get("/v1/learners", params={"identifier": "S-1", "provider": str(by.id)})
    assert found.json() == {"learner": into}


def test_the_feed_takes_back_the_states_of_one_and_tells_those_of_the_other(town: Town) -> None:
    by = town.provider()
    who, into = two(town, by)
    town.changes()
    told = len(town.get("/v1/changes", limit=1000)["items"])
    at = merged(town, who, into)["position"]
    town.changes()
    new = town.get("/v1/changes", limit=1000)["items"][told:]
    assert {(one["learner"], one["from_state"], one["to_state"]) for one in new} == {
        (who, "in_progress", "no_evidence"), (into, "in_progress", "mastered"),
    }  # fmt: skip
    assert {(one["cause"], one["cause_position"]) for one in new} == {("reference", at)}
    for view in ("observations", "mastery", "learners"):
        query = f"SELECT DISTINCT learner::text FROM views.{view}"
        assert ledgers.rows(town.url, query) == [(into,)]


def test_a_history_tells_of_both_and_that_they_were_merged(town: Town) -> None:
    who, into = two(town, town.provider())
    at = merged(town, who, into)["position"]
    steps = town.get(f"/v1/learners/{into}/history")["steps"]
    assert [one["topic"].split(".")[1] for one in steps].count("evidence-recorded") == 2
    (step,) = [one for one in steps if one["position"] == at]
    assert step["text"] == f"The learner {who} was merged into {into} (same person)."
    assert [(one["before"], one["after"]) for one in step["changes"]] == [
        ("in_progress", "mastered")
    ]
    assert town.get(f"/v1/learners/{who}/history")["steps"] == steps


def test_a_history_keeps_the_words_of_who_was_merged_by_mistake_to_themselves(town: Town) -> None:
    by = town.provider()
    who, into = two(town, by)
    merged(town, who, into)
    late = town.shown(by, "W2", learner="S-1", title="A bracket")
    town.post(f"/v1/learners/{who}/unmerge", MISTAKEN)
    (step,) = [
        one for one in town.get(f"/v1/learners/{into}/history")["steps"]
        if one["position"] == late["position"]
    ]  # fmt: skip
    assert (step.get("evidence"), step.get("occurred_at")) == (None, None)
    assert "bracket" not in step["text"]
    assert [(one["before"], one["after"]) for one in step["changes"]] == [
        ("no_evidence", "in_progress")
    ]
    own = town.get(f"/v1/learners/{who}/history")["steps"]
    assert any("bracket" in one["text"] for one in own)


def test_who_is_erased_is_erased_as_everybody_they_are(town: Town) -> None:
    by = town.provider()
    who, into = two(town, by)
    merged(town, who, into)
    town.changes()
    first = town.post(f"/v1/learners/{who}/erasure", {"reason": "requested"})
    assert not first["duplicate"]
    assert town.post(f"/v1/learners/{into}/erasure", {"reason": "requested"})["duplicate"]
    town.changes()
    ended = [
        one["learner"] for one in town.get("/v1/changes", limit=1000)["items"]
        if one["cause"] == "erasure" and not one["competency"]
    ]  # fmt: skip
    assert sorted(ended) == sorted((who, into))
    for one in (who, into):
        for path in OF_THE_LEARNER:
            assert town.steward.get(f"/v1/learners/{one}/{path}").status_code == 410
    town.post(f"/v1/learners/{who}/unmerge", MISTAKEN, status=410)
    keys = "SELECT count(*) FROM ledger.data_keys WHERE owner = ANY(%s::uuid[])"
    assert ledgers.rows(town.url, keys, [who, into]) == [(0,)]


def test_nobody_is_merged_into_who_is_erased_while_the_merge_waits(town: Town) -> None:
    who, into = two(town, town.provider())
    ledger = town.served.ledger
    fact = LearnerMerged(
        learner=LearnerId(UUID(who)), into=LearnerId(UUID(into)),
        reason="same_person",
    )  # fmt: skip
    with (
        ledgers.opened(town.url) as other,
        outbox.connected(town.url) as holder,
        ThreadPoolExecutor(2) as threads,
    ):
        holder.execute("SELECT pg_advisory_lock(%s)", (APPEND_LOCK,))
        gone = threads.submit(ledger.learners.erase, fact.into, reason="ordered")
        until(lambda: waiting(holder) == 1, what="the erasure waits")
        late = threads.submit(other.learners.identify, fact)
        until(lambda: waiting(holder) == 2, what="the merge waits")
        holder.execute("SELECT pg_advisory_unlock(%s)", (APPEND_LOCK,))
        gone.result(60)
        with pytest.raises(ErasedError):
            late.result(60)


def test_what_makes_no_sense_is_refused_and_what_was_said_is_a_duplicate(town: Town) -> None:
    by = town.provider()
    who, into = two(town, by)
    third = town.shown(by, "W1", learner="S-3")["learner"]
    assert not merged(town, who, into)["duplicate"]
    assert merged(town, who, into)["duplicate"]
    for one, other, why in (
        (who, who, "same learner"), (into, who, "was merged into them"),
        (third, third, "same learner"), (who, third, "was merged into"),
    ):  # fmt: skip
        answer = town.steward.post(f"/v1/learners/{one}/merge", json={"into": other, **SAME})
        assert (answer.status_code, why in answer.text) == (409, True), answer.text
    for one in (third, into):
        town.post(f"/v1/learners/{one}/unmerge", MISTAKEN, status=409)
    other_reason = {"into": into, "reason": "ordered"}
    assert town.post(f"/v1/learners/{who}/merge", other_reason)["duplicate"]
    nobody = "00000000-0000-4000-8000-000000000000"
    town.post(f"/v1/learners/{nobody}/merge", {"into": into, **SAME}, status=404)
    town.post(f"/v1/learners/{third}/merge", {"into": nobody, **SAME}, status=404)
    assert not town.post(f"/v1/learners/{who}/unmerge", MISTAKEN)["duplicate"]
    assert town.post(f"/v1/learners/{who}/unmerge", MISTAKEN)["duplicate"]
    assert not merged(town, who, into)["duplicate"]
    assert not merged(town, into, third)["duplicate"]
    assert town.get(f"/v1/learners/{who}/transcript")["learner"] == third


def test_who_was_merged_goes_along_with_whom_they_were_merged_into(town: Town) -> None:
    by = town.provider()
    who, into = two(town, by)
    third = town.shown(by, "W1", learner="S-3")["learner"]
    merged(town, into, third)
    merged(town, who, into)
    assert town.get(f"/v1/learners/{who}/transcript")["learner"] == third
    town.post(f"/v1/learners/{into}/unmerge", MISTAKEN)
    assert town.get(f"/v1/learners/{who}/transcript")["learner"] == into
    assert town.get(f"/v1/learners/{third}/transcript")["learner"] == third


def test_only_stewards_say_who_is_whom(town: Town) -> None:
    by = town.provider()
    who, into = two(town, by)
    for one in (by.client, town.as_role("reader")):
        for path, body in (("merge", {"into": into, **SAME}), ("unmerge", MISTAKEN)):
            assert one.post(f"/v1/learners/{who}/{path}", json=body).status_code == 403


def test_the_command_line_merges_and_parts(
    migrated: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with ledgers.opened(migrated) as ledger:
        school = ledgers.provider(ledger)
        sent = [ledgers.submission(name, learner=name) for name in ("S-1", "S-2")]
        who, into = (
            str(ledgers.receipt(one).learner) for one in ledgers.submit(ledger, school, *sent)
        )
        head = ledger.log.head()

    def say(*words: str) -> tuple[int, str]:
        env = {"MASTERY_DATABASE_URL": migrated, "MASTERY_MASTER_KEY": ledgers.MASTER_KEY}
        return run(["learner", *words], env=env), capfd.readouterr().out

    merging = ("merge", "Riverside High:S-1", "--into", into)
    assert say(*merging) == (0, f"merged, at position {head + 1}\n")
    assert say(*merging) == (0, f"was merged before, at position {head + 1}\n")
    assert say("find", "S-1", "--provider", "Riverside High") == (0, f"{into}\n")
    assert say("unmerge", who) == (0, f"parted, at position {head + 2}\n")
    assert say("unmerge", who) == (0, f"was parted before, at position {head + 2}\n")
    assert say("merge", who, "--into", who)[0] == 1


def test_views_follow_also_where_the_engine_starts_anew_in_between(town: Town) -> None:
    by = town.provider()
    who, into = two(town, by)
    merged(town, who, into)
    given = ledgers.settings(town.url, due_margin_ms=0, engine_batch_facts_max=1)
    for turn in range(3):
        town.shown(by, "W2", learner=f"S-{1 + turn % 2}")
        Engine(town.served.ledger, given).catch_up()
    query = "SELECT learner::text, competency, state FROM views.mastery ORDER BY 2"
    assert ledgers.rows(town.url, query) == [
        (into, uri("W1"), "mastered"), (into, uri("W2"), "mastered"),
    ]  # fmt: skip


def test_a_rebuild_that_is_behind_an_erasure_takes_nothing_from_whom_they_were_merged_into(
    town: Town,
) -> None:
    who, into = two(town, town.provider())
    merged(town, who, into)
    town.changes()
    told = len(town.get("/v1/changes", limit=1000)["items"])
    town.post(f"/v1/learners/{who}/unmerge", MISTAKEN)
    town.post(f"/v1/learners/{who}/erasure", {"reason": "requested"})
    rebuild(town.served.ledger, ledgers.settings(town.url, due_margin_ms=0))
    town.changes()
    new = town.get("/v1/changes", limit=1000)["items"][told:]
    assert [
        (one["from_state"], one["to_state"], one["cause"]) for one in new if one["learner"] == into
    ] == [("mastered", "in_progress", "reference")]
