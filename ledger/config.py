"""Settings: one frozen value, read once in main from a mapping.

Every MASTERY_ variable is described in docs/settings.md; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, SecretStr, ValidationError

from ledger.errors import SettingError

PREFIX = "MASTERY_"
_ROLE = r"^[A-Za-z_][A-Za-z0-9_-]{0,62}$|^$"
_TOPIC = r"^[a-zA-Z0-9._-]*$"
_IN_WORDS = {
    _ROLE: "at most 63 letters, digits, _ and -, of which the first is a letter or _",
    _TOPIC: "letters, digits, dots, _ and -, and nothing else",
}


class Settings(BaseModel, frozen=True, extra="forbid"):
    """An unknown MASTERY_ variable is a slip of the keyboard, so it stops the start."""

    # -- where things are
    database_url: SecretStr = SecretStr("")
    """PostgreSQL connection string of the database's owner; empty: embedded in `data_dir`."""
    database_role: str = Field("mastery_app", pattern=_ROLE)
    """Role that the service works as: may insert and read facts, nothing else. Made if missing."""
    data_dir: Path = Path("mastery-data")
    """Folder of the embedded PostgreSQL and of the master key file."""
    master_key: SecretStr = SecretStr("")
    """32 bytes as base64 or hex; empty: `data_dir`/master.key, made at the first start."""

    # -- HTTP
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    serve_processes: int = Field(1, ge=1)
    """Processes that answer requests; above 1, the engine has one more to itself."""
    body_bytes_max: int = Field(64 * 1024 * 1024, ge=1024)
    """Largest request body that is read whole; NDJSON streams may be of any length."""
    item_bytes_max: int = Field(1024 * 1024, ge=1024)
    """Largest single item (an object of an array, an NDJSON line, a CSV row)."""
    batch_items_max: int = Field(10_000, ge=1)
    """Most items in one array."""
    json_depth_max: int = Field(64, ge=4)
    page_items_max: int = Field(1_000, ge=1)
    """Most rows in one page of a list."""

    # -- appending
    append_items_max: int = Field(2_000, ge=1)
    """Most items joined into one transaction (group commit)."""
    append_retry_s: float = Field(15.0, ge=0)
    """How long an append waits for PostgreSQL to come back before it gives up."""
    identifiers_cached_max: int = Field(500_000, ge=1)
    """Learner identifiers, stream versions and data keys kept in memory, each."""

    # -- projections
    engine_batch_facts_max: int = Field(1_000, ge=1)
    engine_learners_cached_max: int = Field(20_000, ge=1)
    """Folded learners that the engine keeps in memory."""
    rebuild_batch_facts_max: int = Field(20_000, ge=100)
    """Facts that each process of a rebuild or a trial holds in memory at once."""
    rebuild_processes: int = Field(1, ge=1, le=64)
    """Processes that share the reading of the whole log, for a rebuild or a trial."""
    due_margin_ms: int = Field(2_000, ge=0)
    """How long after its due time an idle engine emits a change made by time alone."""
    answers_facts_cached_max: int = Field(50_000, ge=0)
    """Facts of learners asked about lately that stay folded in memory; 0: none."""

    # -- downstream
    kafka_servers: str = ""
    """Comma-separated host:port; empty: no relay."""
    kafka_prefix: str = Field("", pattern=_TOPIC)
    """Put before every topic and group name, where ledgers share a cluster."""
    kafka_partitions: int = Field(12, ge=1)
    """Partitions of a topic that the relay makes; also the most workers that share one."""
    kafka_replication: int = Field(1, ge=1)
    """Copies of a topic that the relay makes; 3 on a cluster that must not lose a broker."""
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = ""
    kafka_username: str = ""
    kafka_password: SecretStr = SecretStr("")
    kafka_ca_file: str = ""
    """PEM file of the authority that signed the brokers' certificates; empty: the system's."""
    relay_batch_max: int = Field(5_000, ge=1)
    """Most facts, and most changes, in one Kafka transaction."""
    inbound_batch_max: int = Field(1_000, ge=1)
    """Most submitted messages that are recorded together."""
    webhook_private_addresses: bool = False
    """Whether webhooks may be sent to private, loopback and link-local addresses."""
    webhook_attempts_max: int = Field(12, ge=1)
    """Attempts before a delivery becomes a dead letter; with backoff, 12 take about a day."""
    webhook_timeout_s: float = Field(10.0, gt=0, allow_inf_nan=False)
    metrics_port: int = Field(0, ge=0, le=65535)
    """Where relay, consume and work serve their metrics on loopback; 0: nowhere."""

    @classmethod
    def read(cls, env: Mapping[str, str]) -> Settings:
        """Read the MASTERY_ variables of `env`.

        Raises:
            SettingError: a variable is unknown, or its value is not of its kind.
        """
        ours = {
            name[len(PREFIX) :].lower(): text
            for name, text in env.items()
            if name.startswith(PREFIX)
        }
        try:
            return cls.model_validate(ours)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            name = PREFIX + "_".join(str(part) for part in first["loc"]).upper()
            reason = "no such setting" if first["type"] == "extra_forbidden" else first["msg"]
            if first["type"] == "string_pattern_mismatch":
                reason = f"expected {_IN_WORDS[first.get('ctx', {})['pattern']]}"
            raise SettingError(f"{name}: {reason}") from error
