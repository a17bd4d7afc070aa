"""docker-compose.yml against the code: services, commands, settings, health checks and volumes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer
import typer.main
import yaml
from pydantic import SecretStr

from api.cli.main import app as cli
from api.server import ENGINE_STOP_S, SHUTDOWN_S
from ledger.config import PREFIX, Settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: one for name, one in SERVICES.items() if one.get("build") == "."}
STORES = {"postgres": "pg_isready", "kafka": "kafka-broker-api-versions"}
SECRETS = {"POSTGRES_PASSWORD": "secret", "MASTERY_MASTER_KEY": "bWFzdGVyeQ=="}


def filled(text: str) -> str:
    """Put values where compose puts those of its own environment."""
    return re.sub(r"\$\{(\w+)[^}]*\}", lambda found: SECRETS[found[1]], text)


def environment(name: str) -> dict[str, str]:
    return {key: filled(text) for key, text in OURS[name]["environment"].items()}


def test_all_parts_of_a_ledger_are_there() -> None:
    assert set(SERVICES) == {
        "postgres", "kafka", "api", "engine", "relay", "consume", "webhooks",
    }  # fmt: skip
    assert set(OURS) == set(SERVICES) - set(STORES)


@pytest.mark.parametrize("name", OURS)
def test_each_name_in_an_environment_is_a_setting_and_its_value_is_read(name: str) -> None:
    given = environment(name)
    assert all(key.startswith(PREFIX) for key in given)
    assert all(isinstance(value, str) for value in OURS[name]["environment"].values())
    settings = Settings.read(given)
    assert settings.database_url == SecretStr("postgresql://postgres:secret@postgres:5432/mastery")
    assert settings.kafka_servers == "kafka:9092"


@pytest.mark.parametrize("name", OURS)
def test_each_part_may_finish_what_it_began(name: str) -> None:
    seconds = int(OURS[name]["stop_grace_period"].removesuffix("s"))
    assert seconds > SHUTDOWN_S + ENGINE_STOP_S


@pytest.mark.parametrize("name", OURS)
def test_each_command_is_one_of_the_command_line_with_its_options(name: str) -> None:
    word, *options = OURS[name]["command"]
    context: Any = None  # not looked at
    found = typer.main.get_group(cli).get_command(context, word)
    assert found is not None
    known = {option for each in found.params for option in (*each.opts, *each.secondary_opts)}
    assert set(options) <= known


def test_views_are_kept_by_one_engine_and_not_by_the_service_too() -> None:
    assert OURS["api"]["command"] == ["serve", "--no-engine"]
    assert [name for name, one in OURS.items() if one["command"][0] in {"engine", "work"}] == [
        "engine"
    ]


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_has_a_health_check_that_asks_where_it_listens(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    words = " ".join(check["test"])
    assert {"test", "interval", "timeout", "retries"} <= set(check)
    if name in STORES:
        assert STORES[name] in words
        return
    settings = Settings.read(environment(name))
    port = settings.port if name == "api" else settings.metrics_port
    assert port > 0
    assert f"http://127.0.0.1:{port}/" in words


@pytest.mark.parametrize("name", OURS)
def test_each_part_waits_for_healthy_stores_and_starts_again(name: str) -> None:
    waits = OURS[name]["depends_on"]
    assert {store: one["condition"] for store, one in waits.items()} == dict.fromkeys(
        STORES, "service_healthy"
    )
    assert OURS[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", STORES)
def test_what_must_last_is_on_a_volume(name: str) -> None:
    (mounted,) = SERVICES[name]["volumes"]
    volume, _, folder = mounted.partition(":")
    assert volume in COMPOSE["volumes"]
    assert folder.startswith("/var/lib/")


def test_the_broker_s_data_is_where_the_volume_is() -> None:
    (mounted,) = SERVICES["kafka"]["volumes"]
    assert mounted.endswith(f":{SERVICES['kafka']['environment']['KAFKA_LOG_DIRS']}")


def test_the_broker_is_of_the_version_that_the_tests_run() -> None:
    pom = (ROOT / "tests" / "kafka" / "pom.xml").read_text("utf-8")
    assert f"<version>{SERVICES['kafka']['image'].partition(':')[2]}</version>" in pom


def test_secrets_have_no_default_and_ports_are_open_to_this_machine_alone() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    assert set(re.findall(r"\$\{(\w+):\?", text)) == set(re.findall(r"\$\{(\w+)", text))
    ports = [port for one in SERVICES.values() for port in one.get("ports", ())]
    assert ports == ["127.0.0.1:8000:8000"]
