"""Nothing that says who a learner is, or what was said of one, is in the database in clear."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import msgspec
import psycopg
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ledger.domain.evidence import Identifier, Party, Submission
from ledger.errors import Reject
from ledger.service import Ledger
from ledger.store.rejects import Rejected
from projections.engine import Engine
from tests import ledgers
from tests.ledgers import ANSWER_S, opened, provider, receipt, submission, submit

# No letter that hex digits are made of, and long enough never to be met by chance.
LETTERS = "ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZéßñЖłøΩ漢字🎓 '\"\\/"
secrets = st.text(LETTERS, min_size=12, max_size=40).map(str.strip).filter(lambda s: len(s) >= 12)


@dataclass(frozen=True)
class Said:
    """One learner, and what a provider tells the ledger about them."""

    name: str
    identifier: str
    mailbox: str
    external_id: str
    external_version: str
    narrative: str
    evaluator: str
    document: str
    reason: str
    rejected: str

    def secrets(self) -> tuple[str, ...]:
        return tuple(str(value) for value in vars(self).values())

    def submission(self) -> Submission:
        made = submission(
            self.external_id,
            learner=[
                Identifier(type="id", value=self.identifier),
                Identifier(type="mbox", value=f"mailto:{self.mailbox}"),
            ],
            version=self.external_version,
            narrative=self.narrative,
            learner_name=self.name,
            document=self.document.encode(),
        )
        evaluator = Party(id=self.evaluator, name=self.evaluator)
        evidence = msgspec.structs.replace(made.evidence, evaluator=evaluator)
        return msgspec.structs.replace(made, evidence=evidence)


said = st.builds(Said, *(secrets for _ in range(10)))


def record(ledger: Ledger, all_said: list[Said]) -> list[bytes]:
    """Tell the ledger everything, by every way in; give the digests of the submissions."""
    school = provider(ledger)
    submissions = [one.submission() for one in all_said]
    for one, outcome in zip(all_said, submit(ledger, school, *submissions), strict=True):
        evidence = receipt(outcome).evidence
        new = one.submission().evidence
        ledger.correct(
            school, evidence, new, reason=one.reason, digest=hashlib.sha256(b"new").digest()
        ).result(ANSWER_S)
        ledger.withdraw(school, evidence=evidence, reason=one.reason).result(ANSWER_S)
        fault = Reject("/narrative", one.rejected, one.rejected)
        ledger.rejects.keep(school, [Rejected(0, (fault,), one.rejected.encode())])
    return [one.digest for one in submissions]


def dump(url: str) -> bytes:
    """Copy out every table, as text and binary, and what the planner keeps of their values."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")
        tables = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        names = [name for (name,) in tables] + ["(SELECT * FROM pg_stats)"]
        assert "ledger.documents" in names
        parts: list[bytes] = []
        for name in names:
            for form in ("TEXT", "BINARY") if name.startswith("ledger.") else ("TEXT",):
                with connection.cursor().copy(
                    f"COPY {name} TO STDOUT (FORMAT {form})".encode()
                ) as copy:
                    parts.extend(bytes(block) for block in copy)
    return b"\n".join(parts)


def forms(secret: str) -> Iterator[tuple[str, bytes]]:
    """Give every form in which a secret could be stored and still be found by a reader."""
    for text in {secret, secret.lower(), secret.upper()}:
        data = text.encode()
        yield "clear", data
        yield "UTF-16", text.encode("utf-16-le")
        yield "JSON", json.dumps(text).strip('"').encode()
        yield "URL", quote(text).encode()
        yield "hex", data.hex().encode()
        yield "HEX", data.hex().upper().encode()
        yield "backwards", data[::-1]
        for shift in range(3):  # where it stands within base64's groups of three
            inside = base64.b64encode(bytes(shift) + data)[4:-4]
            yield "base64", inside
            yield "base64 for URLs", base64.urlsafe_b64encode(bytes(shift) + data)[4:-4]
        for form in (data, b"mailto:" + data):
            for algorithm in ("md5", "sha1", "sha256", "sha512"):
                digest = hashlib.new(algorithm, form, usedforsecurity=False)
                yield algorithm, digest.digest()
                yield f"{algorithm} as hex", digest.hexdigest().encode()


@given(st.lists(said, min_size=1, max_size=3))
@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.generate],  # to shrink would take minutes, and a leak needs no small example
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_dump_of_the_database_tells_nothing_of_a_learner(
    migrated: str, all_said: list[Said]
) -> None:
    with opened(migrated) as ledger:
        digests = record(ledger, all_said)
        Engine(ledger, ledgers.settings(migrated)).catch_up()
    dumped = dump(migrated)
    found = {
        (form, secret)
        for one in all_said
        for secret in one.secrets()
        for form, data in forms(secret)
        if data in dumped
    }
    assert found == set()
    # A plain digest of all that was said would let a reader try one grade after another.
    assert [one for one in digests if one in dumped or one.hex().encode() in dumped] == []


def test_the_search_would_find_what_is_not_sealed(migrated: str) -> None:
    with opened(migrated) as ledger:
        ledger.register_provider("Lincoln Secondary", "school")
    dumped = dump(migrated)
    found = {form for form, data in forms("Lincoln Secondary") if data in dumped}
    assert found >= {"clear", "hex"}
