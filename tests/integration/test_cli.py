"""The command line on a real database: what it records, what it says, and its exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import psycopg
import pytest

from api.cli.main import run
from tests.ledgers import MASTER_KEY
from tests.served import item

MAPPING = {
    "mapper": "hours/1",
    "item": {
        "id": "{Log no}", "kind": "work_based_learning", "learner": {"id": "{Student}"},
        "occurred_at": "{Day}", "hours": "{Hours}",
    },
}  # fmt: skip


class Mastery:
    """Runs commands against one database."""

    def __init__(self, url: str, capfd: pytest.CaptureFixture[str]) -> None:
        self.env = {"MASTERY_DATABASE_URL": url, "MASTERY_MASTER_KEY": MASTER_KEY}
        self._capfd = capfd

    def __call__(self, *words: str | Path) -> tuple[int, str, str]:
        self._capfd.readouterr()
        code = run([str(word) for word in words], env=self.env)
        out, err = self._capfd.readouterr()
        return code, out, err

    def provider(self, name: str = "Northside") -> str:
        code, out, _ = self("provider", "add", name, "--kind", "lms", "--all-authority")
        assert code == 0
        return out


@pytest.fixture
def mastery(migrated: str, capfd: pytest.CaptureFixture[str]) -> Mastery:
    return Mastery(migrated, capfd)


def ndjson(path: Path, *items: object) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in items))
    return path


def test_a_provider_s_token_is_shown_once_and_only_its_hash_is_kept(
    mastery: Mastery, migrated: str
) -> None:
    token = re.search(r"mlt_\S+", mastery.provider())
    assert token is not None
    with psycopg.connect(migrated) as connection:
        stored = connection.execute("SELECT t::text FROM ledger.tokens AS t").fetchall()
    assert token[0] not in str(stored)
    code, out, _ = mastery("provider", "list")
    assert (code, "Northside" in out) == (0, True)


def test_an_import_is_counted_and_again_records_nothing_twice(
    mastery: Mastery, tmp_path: Path
) -> None:
    mastery.provider()
    file = ndjson(tmp_path / "a.ndjson", item(1), item(2), item(1))
    code, out, _ = mastery("import", file, "--provider", "Northside")
    assert (code, "2 accepted, 1 duplicates, 0 rejected" in out) == (0, True)
    code, out, _ = mastery("import", file, "--provider", "Northside")
    assert (code, "0 accepted, 3 duplicates, 0 rejected" in out) == (0, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.ndjson"]


def test_refused_items_can_be_repaired_and_imported_again(mastery: Mastery, tmp_path: Path) -> None:
    mastery.provider()
    spoilt = item(2, result={"score": 101, "max": 100})
    file = ndjson(tmp_path / "a.ndjson", item(1), spoilt, "nonsense")
    code, out, err = mastery("import", file, "--provider", "Northside")
    assert code == 1
    assert "1 accepted, 0 duplicates, 2 rejected" in out
    assert "/result/score 101 is above max 100" in err
    rejects = tmp_path / "a.ndjson.rejects.ndjson"
    first, second = rejects.read_text().splitlines()
    assert (json.loads(first), second) == (spoilt, '"nonsense"')
    rejects.write_text(first.replace("101", "99") + "\n")
    code, out, _ = mastery("import", rejects, "--provider", "Northside")
    assert (code, "1 accepted" in out) == (0, True)
    code, out, _ = mastery("rejects", "--provider", "Northside")
    assert out.count("\n") == 2


def test_a_csv_comes_in_by_its_mapping_and_its_rejects_are_csv(
    mastery: Mastery, tmp_path: Path
) -> None:
    mastery.provider()
    mapping = tmp_path / "hours.json"
    mapping.write_text(json.dumps(MAPPING))
    file = tmp_path / "hours.csv"
    file.write_text("Log no,Student,Day,Hours\n1,S-1,2026-03-02,4.5\n2,S-1,2026-03-03,many\n")
    code, out, _ = mastery("import", file, "--mapping", mapping, "--provider", "Northside")
    assert (code, "1 accepted, 0 duplicates, 1 rejected" in out) == (1, True)
    rejects = tmp_path / "hours.csv.rejects.csv"
    text = rejects.read_text()
    assert "rejected_because" in text.splitlines()[0]
    rejects.write_text(text.replace(",many,", ",3.25,"))
    code, out, _ = mastery("import", rejects, "--mapping", mapping, "--provider", "Northside")
    assert (code, "1 accepted" in out) == (0, True)


def test_translate_shows_what_a_file_would_become_without_a_database(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = ndjson(tmp_path / "a.ndjson", item(1), {"id": "x"})
    assert run(["translate", str(file)], env={"MASTERY_DATABASE_URL": "postgresql://nowhere/"}) == 1
    out, err = capfd.readouterr()
    assert json.loads(out)["evidence"]["source"]["external_id"] == "attempt/1"
    assert "1 would be taken, 1 rejected" in err


def test_a_learner_is_judged_from_the_command_line(mastery: Mastery, tmp_path: Path) -> None:
    mastery.provider()
    mastery("import", ndjson(tmp_path / "a.ndjson", item(1)), "--provider", "Northside")
    code, out, _ = mastery("learner", "history", "Northside:S-1", "--json")
    assert code == 0
    steps = json.loads(out)["steps"]
    assert "mastery.evidence-recorded.v1" in {step["topic"] for step in steps}
    assert mastery("learner", "transcript", "Northside:S-1")[0] == 0
    assert mastery("learner", "mastery", "Northside:S-1")[0] == 0
    assert mastery("learner", "mastery", "Northside:S-404")[0] == 2


def test_policies_are_made_judged_published_and_adopted(mastery: Mastery, tmp_path: Path) -> None:
    code, document, _ = mastery("policy", "preset", "canvas-latest", "--set", "id=ours")
    assert code == 0
    ours = tmp_path / "ours.json"
    ours.write_text(document)
    seen = tmp_path / "seen.json"
    seen.write_text('[{"score": 4, "possible": 5}]')
    code, out, _ = mastery("policy", "judge", ours, seen)
    assert (code, json.loads(out)["state"] in {"mastered", "in_progress"}) == (0, True)
    assert mastery("policy", "publish", ours)[0] == 0
    assert mastery("policy", "adopt", "ours", "--level", "programme", "--scope", "48.0508")[0] == 0
    code, out, _ = mastery("policy", "show", "ours")
    assert json.loads(out) == json.loads(document)
    assert "ours" in mastery("policy", "list")[1]


def test_check_proves_the_log_and_finds_what_was_altered(
    mastery: Mastery, tmp_path: Path, migrated: str
) -> None:
    mastery.provider()
    mastery("import", ndjson(tmp_path / "a.ndjson", item(1), item(2)), "--provider", "Northside")
    assert mastery("check")[0] == 0
    with psycopg.connect(migrated, autocommit=True) as connection:
        connection.execute("ALTER TABLE ledger.facts DISABLE TRIGGER ALL")
        connection.execute("UPDATE ledger.facts SET recorded_at = now() WHERE position = 2")
    code, _, err = mastery("check")
    assert (code, "position 2" in err) == (1, True)


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        pytest.param("facts", "is gone, its receipt is not", id="the last fact"),
        pytest.param("receipts", "has no receipt", id="a receipt"),
    ],
)
def test_check_finds_what_was_deleted_without_a_gap(
    mastery: Mastery, tmp_path: Path, migrated: str, table: str, reason: str
) -> None:
    mastery.provider()
    mastery("import", ndjson(tmp_path / "a.ndjson", item(1), item(2)), "--provider", "Northside")
    with psycopg.connect(migrated, autocommit=True) as connection:
        last = "(SELECT max(position) FROM ledger.facts)"
        connection.execute(f"ALTER TABLE ledger.{table} DISABLE TRIGGER ALL".encode())
        connection.execute(f"DELETE FROM ledger.{table} WHERE position = {last}".encode())
    code, _, err = mastery("check")
    assert (code, reason in err) == (1, True)


def test_a_rebuild_says_what_it_did(mastery: Mastery) -> None:
    mastery.provider()
    code, out, _ = mastery("rebuild")
    assert (code, "2 facts" in out) == (0, True)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param(["nonsense"], 2, id="no such command"),
        pytest.param([], 2, id="no command"),
        pytest.param(["import"], 2, id="an argument is missing"),
        pytest.param(["import", "/nowhere", "--provider", "x"], 2, id="no such file"),
        pytest.param(["provider", "add", "x", "--kind", "y"], 2, id="no such kind"),
        pytest.param(
            ["token", "issue", "--role", "provider"], 2, id="a provider's token for nobody"
        ),
        pytest.param(["learner", "mastery", "x"], 2, id="not an id"),
        pytest.param(["provider", "suspend", "x", "--reason", "y"], 1, id="no such provider"),
        pytest.param(["policy", "adopt", "none"], 1, id="no such policy"),
        pytest.param(["policy", "preset", "none"], 1, id="no such preset"),
    ],
)
def test_a_wrong_call_is_one_sentence_and_no_traceback(
    mastery: Mastery, words: list[str], code: int
) -> None:
    found, _, err = mastery(*words)
    assert found == code
    assert "Traceback" not in err
    assert not words or err.startswith("mastery: ")


def test_an_unknown_setting_stops_the_start(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["settings"], env={"MASTERY_PROT": "8000"}) == 1
    assert "MASTERY_PROT: no such setting" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("name", "expected"),
    [("MASTERY_DATABASE_ROLE", "at most 63 letters"), ("MASTERY_KAFKA_PREFIX", "letters, digits")],
)
def test_a_setting_of_another_form_is_told_in_words(
    capfd: pytest.CaptureFixture[str], name: str, expected: str
) -> None:
    assert run(["settings"], env={name: "no such/name"}) == 1
    told = capfd.readouterr().err
    assert f"{name}: expected {expected}" in told
    assert "[A-Za-z" not in told


def test_secrets_are_not_shown(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["settings"], env={"MASTERY_MASTER_KEY": "ab" * 32}) == 0
    assert "abab" not in capfd.readouterr().out


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_answers_and_ends_cleanly_on_a_signal(migrated: str, number: signal.Signals) -> None:
    env = dict(os.environ) | {
        "MASTERY_DATABASE_URL": migrated, "MASTERY_MASTER_KEY": MASTER_KEY, "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-m", "api.cli", "serve", "--port", "0"],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        assert httpx.get(f"{address}/health", timeout=30).json()["status"] == "ok"
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out.strip(), err) == (0, "stopped", "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(
            ["provider", "add", " ", "--kind", "lms"], "/name: is blank", id="a blank name"
        ),
        pytest.param(
            ["provider", "add", "a\x1bb", "--kind", "lms"],
            "/name: holds a control character", id="a name with an escape",
        ),
        pytest.param(
            ["token", "issue", "--role", "reader", "--label", "\t"],
            "/label: holds a control character", id="a label",
        ),
        pytest.param(
            ["provider", "suspend", "Northside", "--reason", "  "],
            "/reason: is blank", id="a blank reason",
        ),
        pytest.param(
            ["policy", "adopt", "demonstrated-mastery", "--reason", "\x07"],
            "/reason: holds a control character", id="a reason that rings",
        ),
    ],
)  # fmt: skip
def test_what_says_nothing_is_refused_with_its_place(
    mastery: Mastery, words: list[str], said: str
) -> None:
    mastery.provider()
    code, out, err = mastery(*words)
    assert (code, out) == (1, "")
    assert said in err
