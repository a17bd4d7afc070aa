"""`mastery learner find`: from a name that any system issued to the ledger's id."""

from __future__ import annotations

import re

import pytest

from api.cli.main import run
from ledger.domain.evidence import Identifier
from tests.ledgers import MASTER_KEY, opened, provider, receipt, submission, submit

NAMES = (
    Identifier(type="id", value="S-1"),
    Identifier(type="ssid", value="7004411"),
    Identifier(type="account", value="jdoe", system="https://sis.example.org"),
    Identifier(type="mbox", value="mailto:jo@example.org"),
)


@pytest.fixture
def learner(migrated: str) -> str:
    with opened(migrated) as ledger:
        by = provider(ledger)
        provider(ledger, "Northside")
        (outcome,) = submit(ledger, by, submission("a", learner=NAMES))
        return str(receipt(outcome).learner)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["S-1", "--provider", "Riverside High"], id="a provider's own id"),
        pytest.param(["7004411", "--type", "ssid"], id="a state's number"),
        pytest.param(
            ["jdoe", "--type", "account", "--system", "https://sis.example.org/"],
            id="an account on another system",
        ),
        pytest.param(["Jo@Example.org", "--type", "email"], id="a mailbox, written otherwise"),
        pytest.param(
            ["7004411", "--type", "ssid", "--provider", "Northside"],
            id="a name for everybody, asked for by another provider",
        ),
    ],
)
def test_a_name_leads_to_its_learner(
    migrated: str, learner: str, words: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert find(migrated, *words) == 0
    assert capfd.readouterr().out.strip() == learner


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param(["S-1"], 2, "a provider's own: say --provider or --system", id="whose?"),
        pytest.param(["S-1", "--provider", "Northside"], 1, "of that name", id="of another"),
        pytest.param(["S-1", "--provider", "Nobody"], 1, "Nobody", id="no such provider"),
        pytest.param(["jdoe", "--system", "https://sis.example.org"], 1, "name", id="other type"),
    ],
)
def test_what_names_nobody_is_said_to(
    migrated: str, learner: str, words: list[str], code: int, said: str,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert find(migrated, *words) == code
    out, err = capfd.readouterr()
    assert out == ""
    assert re.search(said, err)


def find(url: str, *words: str) -> int:
    env = {"MASTERY_DATABASE_URL": url, "MASTERY_MASTER_KEY": MASTER_KEY}
    return run(["learner", "find", *words], env=env)
