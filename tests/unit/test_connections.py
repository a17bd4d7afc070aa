"""A server that vanishes without a word is noticed: its connections are watched."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from consumers import metrics
from ledger.errors import SettingError
from ledger.store.database import LIVENESS, as_role, watched
from ledger.store.recorder import LedgerDatastore

URL = "postgresql://ledger:secret@db.example.org:5433/ledger?sslmode=verify-full"
OURS = {name: str(value) for name, value in LIVENESS.items()}


def parts(conninfo: str) -> dict[str, Any]:
    return conninfo_to_dict(conninfo)


def test_a_connection_string_carries_what_notices_a_vanished_server() -> None:
    assert parts(watched(URL)) == parts(URL) | OURS


def test_the_settings_together_notice_it_within_half_a_minute() -> None:
    silent = LIVENESS["keepalives_interval"] * LIVENESS["keepalives_count"]
    assert LIVENESS["keepalives_idle"] + silent == 30
    assert LIVENESS["tcp_user_timeout"] == 30_000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("keepalives", "0", id="no keepalives"),
        pytest.param("keepalives_idle", "120", id="later"),
        pytest.param("tcp_user_timeout", "0", id="as the system has it"),
    ],
)
def test_what_the_string_says_itself_goes_first(name: str, value: str) -> None:
    assert parts(watched(f"{URL}&{name}={value}")) == parts(URL) | OURS | {name: value}


def test_reader_and_writer_carry_them_too() -> None:
    owner = watched(URL)
    assert OURS.items() <= parts(as_role(owner, "mastery_app")).items()
    writer: Any = LedgerDatastore.open(owner, pool_size=1).pool.kwargs
    assert OURS.items() <= writer.items()


def test_what_is_no_connection_string_is_refused_by_its_setting_and_not_shown() -> None:
    with pytest.raises(SettingError, match="MASTERY_DATABASE_URL") as refused:
        watched("postgresql://ledger:word%zz@host/ledger")
    assert "word%zz" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_a_port_for_metrics_that_is_taken_is_refused_by_its_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingError, match=f"MASTERY_METRICS_PORT: port {port}"):
            metrics.served(port).__enter__()
