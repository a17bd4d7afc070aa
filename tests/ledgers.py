"""Ledgers on a test's database, and evidence to submit to them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import psycopg
from psycopg.rows import TupleRow

from ledger.config import Settings
from ledger.domain.evidence import Alignment, Evidence, Identifier, Result, Source, Submission
from ledger.domain.ids import ProviderId
from ledger.service import Ledger, Outcome, Receipt, Refusal

MASTER_KEY = "5e" * 32
WELDING = "https://skills.example/welding/tig"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANSWER_S = 60.0
"""How long a test waits for an answer before it fails."""


def settings(url: str, **others: object) -> Settings:
    """Give settings of a ledger on this database, under a known master key."""
    return Settings.model_validate(
        {
            "database_url": url,
            "master_key": MASTER_KEY,
            "data_dir": Path("/nonexistent"),
            **others,
        }
    )


@contextmanager
def opened(
    url: str, *, clock: Callable[[], datetime] | None = None, **others: object
) -> Generator[Ledger]:
    """Open a ledger on this database."""
    more = {} if clock is None else {"clock": clock}
    with Ledger.open(settings(url, **others), **more) as ledger:
        yield ledger


def provider(ledger: Ledger, name: str = "Riverside High") -> ProviderId:
    """Register a provider, or find it."""
    return ledger.register_provider(name, "school")


def submission(
    external_id: str, *, learner: str | Sequence[Identifier] = "student-1",
    version: str | None = None, score: str = "0.8", narrative: str | None = None,
    learner_name: str | None = None, document: bytes | None = None,
    member_of: str | None = None,
) -> Submission:  # fmt: skip
    """Make a submission; its digest is of all that it says, or that a group's statement does."""
    names = (Identifier(type="id", value=learner),) if isinstance(learner, str) else tuple(learner)
    evidence = Evidence(
        kind="assessment",
        occurred_at=NOON,
        source=Source(format="native", external_id=external_id, external_version=version),
        alignments=(Alignment(competency=WELDING),),
        result=Result(score=Decimal(score), max=Decimal(1)),
        narrative=narrative,
    )
    content = msgspec.json.encode((names, evidence, learner_name)) + (document or b"")
    if member_of is not None:
        content = msgspec.json.encode((member_of, score))
    return Submission(
        learner=names,
        evidence=evidence,
        digest=hashlib.sha256(content).digest(),
        learner_name=learner_name,
        document=document,
        member_of=member_of,
    )


def submit(ledger: Ledger, by: ProviderId, *submissions: Submission) -> list[Outcome]:
    """Submit as one batch and wait for the outcomes."""
    return ledger.submit(by, submissions).result(timeout=ANSWER_S)


def receipt(outcome: Outcome) -> Receipt:
    """Expect a receipt."""
    assert isinstance(outcome, Receipt), outcome
    return outcome


def refusal(outcome: Outcome) -> Exception:
    """Expect a refusal, and give its error."""
    assert isinstance(outcome, Refusal), outcome
    return outcome.error


def rows(url: str, query: str, *parameters: object) -> list[TupleRow]:
    """Ask the database, as its owner and past the ledger."""
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode(), parameters).fetchall()
