"""A ledger of its own for one benchmark, and `mastery serve` on it as another process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from ledger.config import Settings
from ledger.domain.facts import AuthorityGranted, FrameworkPublished
from ledger.domain.framework import Competency
from ledger.domain.ids import FrameworkId, LearnerId, ProviderId
from ledger.service import Ledger, Receipt
from ledger.standards import native
from ledger.standards.items import Item
from ledger.standards.translation import Translated
from ledger.store import database
from tests.benchmarks import busy, evidence
from tests.benchmarks.thin import DATABASE_URL

STOP_S = 60


class Prepared(NamedTuple):
    """A ledger with a provider, a framework and one learner with a long record."""

    settings: Settings
    provider: ProviderId
    token: str  # the provider's
    reader: str
    learner: LearnerId
    facts: int  # of that learner


class Served(NamedTuple):
    """A service that answers, and where to see what it costs."""

    address: str
    process: int
    postgres: Path

    def cpu_s(self) -> tuple[float, float]:
        """Give the CPU seconds of the service and of PostgreSQL so far."""
        return busy.service_cpu_s(self.process), busy.postgres_cpu_s(self.postgres)


@contextmanager
def folder() -> Generator[Path]:
    """Give a folder that the embedded server may enter, and remove it."""
    with tempfile.TemporaryDirectory(prefix="ml-bench-", ignore_cleanup_errors=True) as top:
        Path(top).chmod(0o755)
        yield Path(top) / "d"


def prepare(at: Path, *, long_record: int) -> Prepared:
    """Make a ledger with fsync on, and close it again."""
    settings = Settings.model_validate({"data_dir": at})
    with Ledger.open(settings) as ledger:
        provider = ledger.register_provider("Bench LMS", "lms")
        ledger.record_about_provider(AuthorityGranted(provider=provider, grant="all"))
        ledger.publish_framework(_framework(), document=b"{}")
        token = ledger.access.issue("provider", label="bench", provider=provider)
        reader = ledger.access.issue("auditor", label="bench")
        items = [evidence.item(-number - 1, learner="long") for number in range(long_record)]
        learner = submit(ledger, provider, items)
        facts = len(ledger.log.stream(learner))
    return Prepared(settings, provider, token, reader, learner, facts)


def submit(ledger: Ledger, provider: ProviderId, items: list[dict[str, object]]) -> LearnerId:
    """Submit items past the web server, and give the first one's learner."""
    found = [native.outcome_of(Item(0, msgspec.json.encode(one))) for one in items]
    submissions = [one.submissions[0] for one in found if isinstance(one, Translated)]
    outcome = ledger.submit(provider, submissions).result()[0]
    assert isinstance(outcome, Receipt), outcome
    return outcome.learner


def _framework() -> FrameworkPublished:
    competencies = tuple(
        Competency(identifier=evidence.uri(number).rpartition("/")[2], uri=evidence.uri(number),
                   statement=f"Can do {number}", code=f"B.{number}", strand="technical")
        for number in range(evidence.COMPETENCIES)
    )  # fmt: skip
    return FrameworkPublished(
        framework=FrameworkId(evidence.FRAMEWORK),
        version="1",
        title="Bench",
        competencies=competencies,
    )


@contextmanager
def serving(prepared: Prepared, *options: str) -> Generator[Served]:
    """Run `mastery serve`."""
    settings = {"MASTERY_DATA_DIR": str(prepared.settings.data_dir)}
    with _running("api.cli", "serve", "--port", "0", *options, settings=settings) as found:
        yield Served(*found, prepared.settings.data_dir / "postgresql")


@contextmanager
def thin(prepared: Prepared) -> Generator[Served]:
    """Run the thinnest door there could be, over tables of its own in the same PostgreSQL."""
    data = prepared.settings.data_dir / "postgresql"
    with (
        database.embedded(data) as url,
        _running("tests.benchmarks.thin", settings={DATABASE_URL: url}) as found,
    ):
        yield Served(*found, data)


@contextmanager
def _running(module: str, *options: str, settings: Mapping[str, str]) -> Generator[tuple[str, int]]:
    """Run what says where it listens; give the address and its id, by which it is stopped."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("MASTERY_")}
    process = subprocess.Popen(
        [sys.executable, "-m", module, *options], env={**kept, **settings},
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        if not said.startswith("listening on "):
            raise RuntimeError(f"{module} said {said!r}")
        yield said.removeprefix("listening on ").strip(), process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_S)
