from __future__ import annotations

import hashlib
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import msgspec
import psycopg
import pytest

from ledger.domain.catalogue import UnknownFact
from ledger.domain.facts import EvidenceRecorded, Fact
from ledger.domain.ids import LearnerId, Position
from ledger.errors import SealError, SettingError
from ledger.service import Ledger
from ledger.store.keys import master_secret
from projections.engine import Engine
from tests.ledgers import opened, provider, receipt, rows, settings, submission, submit

Read = Callable[[Ledger], None]
EVIDENCE = "'mastery.evidence-recorded.v1'"
EVERY = f"UPDATE ledger.facts SET {{}} WHERE topic = {EVIDENCE}"
OTHERS = f"""
UPDATE ledger.facts AS one SET {{}} FROM ledger.facts AS other
 WHERE one.topic = {EVIDENCE} AND other.topic = {EVIDENCE} AND one.position <> other.position
"""
OTHER_PLACE = f"""
(SELECT min(position) + max(position) FROM ledger.facts WHERE topic = {EVIDENCE}) - position
"""
OTHER_KEYS = """
UPDATE ledger.data_keys AS one SET wrapped = other.wrapped FROM ledger.data_keys AS other
 WHERE one.owner <> other.owner
"""


def flipped(place: str) -> str:
    return EVERY.format(f"state = set_byte(state, {place}, 255 - get_byte(state, {place}))")


IN_HEADERS = [
    pytest.param(EVERY.format(f"position = {OTHER_PLACE}"), id="positions swapped"),
    pytest.param(EVERY.format("originator_version = 9"), id="version"),
    pytest.param(
        EVERY.format("recorded_at = recorded_at - interval '1 microsecond'"), id="recorded_at"
    ),
    pytest.param(EVERY.format("mac = 'sixteen bytes...'"), id="the header's code"),
]
IN_BODIES = [
    pytest.param(EVERY.format("topic = 'mastery.evidence-withdrawn.v1'"), id="topic"),
    pytest.param(EVERY.format("topic = 'mastery.unheard-of.v1'"), id="topic, carried past"),
    pytest.param(EVERY.format("fact_id = gen_random_uuid()"), id="fact id"),
    pytest.param(EVERY.format("provider = gen_random_uuid()"), id="provider"),
    pytest.param(EVERY.format("provider = NULL"), id="no provider"),
    pytest.param(EVERY.format("state = '{}'"), id="a clear body for a sealed one"),
    pytest.param(flipped("0"), id="first byte, which marks a sealed body"),
    pytest.param(flipped("1"), id="second byte"),
    pytest.param(flipped("length(state) / 2"), id="a byte in the middle"),
    pytest.param(flipped("length(state) - 1"), id="last byte"),
    pytest.param(OTHERS.format("originator_id = other.originator_id"), id="streams"),
    pytest.param(OTHERS.format("state = other.state"), id="bodies between streams"),
    pytest.param(
        OTHERS.format("state = other.state, fact_id = other.fact_id, mac = other.mac"),
        id="bodies between streams, with their ids and codes",
    ),
    pytest.param(OTHER_KEYS, id="data keys of others"),
]


def tamper(url: str, statement: str) -> None:
    """Change what is stored, as one who owns the server and passes for a replica."""
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        for name in ("pkey", "position_check", "stream_key"):
            connection.execute(f"ALTER TABLE ledger.facts DROP CONSTRAINT facts_{name}".encode())
        assert connection.execute(statement.encode()).rowcount >= 1


def read_by_position(ledger: Ledger) -> None:
    ledger.log.after(Position(0), limit=100)


def read_by_stream(ledger: Ledger) -> None:
    for (stream,) in rows(ledger.owner_conninfo, "SELECT DISTINCT originator_id FROM ledger.facts"):
        ledger.log.stream(stream)


def read_in_bulk(ledger: Ledger) -> None:
    for _ in ledger.log.by_learner(until=Position(100), facts_max=10):
        pass


@pytest.fixture
def filled(migrated: str) -> str:
    with opened(migrated) as ledger:
        school = provider(ledger)
        submit(ledger, school, submission("a", learner="one"), submission("b", learner="two"))
    return migrated


@pytest.mark.parametrize("read", [read_by_position, read_by_stream])
@pytest.mark.parametrize("statement", [*IN_BODIES, *IN_HEADERS])
def test_a_fact_that_was_tampered_with_is_not_read(filled: str, statement: str, read: Read) -> None:
    with opened(filled) as ledger:
        tamper(filled, statement)
        with pytest.raises(SealError):
            read(ledger)


@pytest.mark.parametrize("statement", IN_BODIES)
def test_a_bulk_read_opens_no_body_that_was_tampered_with(filled: str, statement: str) -> None:
    with opened(filled) as ledger:
        tamper(filled, statement)
        with pytest.raises(SealError):
            read_in_bulk(ledger)


def test_another_master_key_opens_nothing(filled: str) -> None:
    with (
        pytest.raises(SettingError, match="another master key"),
        opened(filled, master_key="5f" * 32),
    ):
        pass
    with opened(filled) as ledger:
        read_by_position(ledger)


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("5e" * 31, id="too short"),
        pytest.param("5e" * 33, id="too long"),
        pytest.param("not a key", id="no key at all"),
    ],
)
def test_what_is_no_key_is_refused_at_once(migrated: str, key: str) -> None:
    with pytest.raises(SettingError), opened(migrated, master_key=key):
        pass


def test_the_key_file_is_its_owner_s_alone(migrated: str, tmp_path: Path) -> None:
    with opened(migrated, master_key="", data_dir=tmp_path) as ledger:
        submit(ledger, provider(ledger), submission("a"))
    file = tmp_path / "master.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]
    with opened(migrated, master_key=file.read_text(), data_dir="/nonexistent") as ledger:
        read_by_position(ledger)


def test_a_lost_key_file_is_asked_for_and_not_made_anew(filled: str, tmp_path: Path) -> None:
    said = "restore that file from its back-up, or set MASTERY_MASTER_KEY"
    with (
        pytest.raises(SettingError, match=f"{tmp_path / 'master.key'} is not there: {said}"),
        opened(filled, master_key="", data_dir=tmp_path),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_key_file_that_another_process_made_meanwhile_is_read(tmp_path: Path) -> None:
    def made_meanwhile() -> bool:
        (tmp_path / "master.key").write_text("5e" * 32)
        return True

    assert master_secret("", tmp_path, sealed=made_meanwhile) == bytes.fromhex("5e" * 32)


def test_facts_whose_key_was_destroyed_are_carried_past(filled: str) -> None:
    with opened(filled) as ledger:
        (erased,) = rows(
            filled, "DELETE FROM ledger.data_keys WHERE owner IN (SELECT originator_id FROM"
            " ledger.facts ORDER BY position DESC LIMIT 1) RETURNING owner",
        )[0]  # fmt: skip
        found = ledger.log.after(Position(0), limit=100)
        engine = Engine(ledger, settings(filled))
        engine.catch_up()
        assert engine.position() == found[-1].position
    unknown = {one.stream for one in found if isinstance(one.fact, UnknownFact)}
    known = {one.stream for one in found if not isinstance(one.fact, UnknownFact)}
    assert unknown == {erased}
    assert len(known) == 2  # the provider and the other learner


class Invented(Fact):
    """A fact of a program newer than this one."""

    TOPIC = "mastery.invented-tomorrow.v1"

    learner: LearnerId
    novelty: str


def test_a_fact_of_a_newer_program_is_carried_past(filled: str) -> None:
    with opened(filled) as ledger:
        learner = receipt(
            submit(ledger, provider(ledger), submission("a", learner="one"))[0]
        ).learner
        newer = Invented(learner=learner, novelty="unheard of")
        done = ledger.record_reference(learner, newer, key=("invented",))
        submit(ledger, provider(ledger), submission("c", learner="one"))
        *_, carried, last = ledger.log.stream(learner)
        engine = Engine(ledger, settings(filled))
        engine.catch_up()
        assert engine.position() == last.position
    assert carried.position == done.position
    assert isinstance(carried.fact, UnknownFact)
    assert carried.fact.topic == Invented.TOPIC
    assert msgspec.json.decode(carried.fact.body)["novelty"] == "unheard of"
    assert isinstance(last.fact, EvidenceRecorded)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(b'{ "a" : 1.0 }\r\n', id="with its blanks"),
        pytest.param(b"\x00\xff\xfe not text", id="bytes that are no text"),
        pytest.param(b"", id="empty"),
        pytest.param(b"a" * 3_000_000, id="large"),
        pytest.param(secrets.token_bytes(100_000), id="what does not compress"),
    ],
)
def test_a_document_comes_back_byte_for_byte(migrated: str, document: bytes) -> None:
    digest = hashlib.sha256(document).hexdigest()
    with opened(migrated) as ledger:
        school = provider(ledger)
        first, other = submit(
            ledger,
            school,
            submission("a", learner="one", document=document),
            submission("b", learner="two", document=document),
        )
        kept = ledger.log.document(receipt(first).learner, digest)
        twin = ledger.log.document(receipt(other).learner, digest)
        assert ledger.log.document(uuid4(), digest) is None
    assert kept == twin == ("application/json", document)
    assert rows(migrated, "SELECT count(*) FROM ledger.documents") == [(2,)]  # a key each
