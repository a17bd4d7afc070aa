"""What a provider may assert, as others read it back, and which learners it may ask about."""

from __future__ import annotations

import pytest

from api.cli.main import run
from tests import ledgers
from tests.served import item
from tests.town import Town

GRANT = {
    "grant": "wbl", "kinds": ["work_based_learning"], "starts_at": "2026-01-01T00:00:00Z",
    "reason": "contract 7",
}  # fmt: skip
HELD = {
    "grant": "wbl", "kinds": ["work_based_learning"], "frameworks": [], "competencies": [],
    "starts_at": "2026-01-01T00:00:00Z", "ends_at": None, "revoked_at": None,
    "reason": "contract 7",
}  # fmt: skip


def test_what_was_granted_revoked_and_suspended_is_read_back(town: Town) -> None:
    by = town.provider(trusted=False)
    path = f"/v1/providers/{by.id}"
    assert town.get(f"{path}/authority") == {
        "provider": str(by.id), "grants": [], "suspensions": [],
    }  # fmt: skip
    town.post(f"{path}/grants", GRANT)
    assert town.get(f"{path}/authority")["grants"] == [HELD]
    end = {"reason": "over", "ends_at": "2026-06-01T00:00:00Z"}
    town.post(f"{path}/grants/wbl/revocation", end)
    town.post(f"{path}/suspension", {"reason": "audit", "starts_at": "2026-03-01T00:00:00Z"})
    town.post(f"{path}/suspension", {"reason": "again", "starts_at": "2026-05-01T00:00:00Z"})
    town.post(f"{path}/reinstatement", {"reason": "sound", "at": "2026-04-01T00:00:00Z"})
    found = town.get(f"{path}/authority")
    assert found["grants"] == [{**HELD, "revoked_at": "2026-06-01T00:00:00Z"}]
    assert found["suspensions"] == [
        {"starts_at": "2026-03-01T00:00:00Z", "ends_at": "2026-04-01T00:00:00Z"}
    ]
    nobody = "00000000-0000-4000-8000-000000000000"
    assert town.steward.get(f"/v1/providers/{nobody}/authority").status_code == 404


def test_the_command_line_lists_it(migrated: str, capfd: pytest.CaptureFixture[str]) -> None:
    env = {"MASTERY_DATABASE_URL": migrated, "MASTERY_MASTER_KEY": ledgers.MASTER_KEY}
    with ledgers.opened(migrated) as ledger:
        ledgers.provider(ledger)
    for words in (
        ("grant", "Riverside High", "--grant", "wbl", "--starts-at", "2026-08-01"),
        ("suspend", "Riverside High", "--reason", "audit", "--starts-at", "2026-10-01"),
    ):
        assert run(["provider", *words], env=env) == 0
    capfd.readouterr()
    assert run(["provider", "authority", "Riverside High"], env=env) == 0
    told = capfd.readouterr().out
    assert "wbl" in told
    assert "2026-08-01" in told
    assert "suspended" in told
    assert "2026-10-01" in told


def test_a_provider_finds_no_learner_of_whom_it_has_sent_nothing(town: Town) -> None:
    """Else any provider could ask which e-mail addresses and student numbers are on record."""
    one, other = town.provider(), town.provider()
    mailbox = {"type": "email", "value": "jo@example.org"}
    sent = one.client.post("/v1/evidence", json=item(1) | {"learner": {"identifiers": [mailbox]}})
    asked = {"type": "email", "identifier": mailbox["value"]}
    learner = {"learner": sent.json()["learner"]}
    assert one.client.get("/v1/learners", params=asked).json() == learner
    assert other.client.get("/v1/learners", params=asked).status_code == 404
    other.client.post("/v1/evidence", json=item(2) | {"learner": {"identifiers": [mailbox]}})
    assert other.client.get("/v1/learners", params=asked).json() == learner


def test_that_a_learner_was_erased_is_told_to_who_sent_something_of_them(town: Town) -> None:
    one, other = town.provider(), town.provider()
    mailbox = {"type": "ssid", "value": "73", "system": "urn:state"}
    sent = one.client.post("/v1/evidence", json=item(1) | {"learner": {"identifiers": [mailbox]}})
    path = f"/v1/learners/{sent.json()['learner']}/erasure"
    assert town.steward.post(path, json={"reason": "requested"}).status_code < 300
    asked = {"type": "ssid", "identifier": "73", "system": "urn:state"}
    answers = [by.client.get("/v1/learners", params=asked).status_code for by in (one, other)]
    assert answers == [410, 404]
