"""Kills at random moments under load, and the audit of what is left."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ledger.domain.facts import AuthorityGranted, FrameworkPublished
from ledger.domain.framework import Competency
from ledger.domain.ids import FrameworkId
from tests.fault import server as servers
from tests.fault.audit import audit
from tests.fault.load import COMPETENCIES, Load
from tests.fault.server import Server
from tests.fault.service import Service
from tests.ledgers import opened, provider

CLIENTS = 6
KINDS = {
    "service: SIGKILL": 35,
    "PostgreSQL: SIGKILL of a backend": 25,
    "PostgreSQL: SIGKILL of the postmaster": 20,
    "PostgreSQL: immediate stop": 15,
    "both: SIGKILL": 5,
}
"""What is killed, and how often of a hundred."""
MOMENT_S_MAX = 0.3
PROGRESS_S = 90.0

Say = Callable[[str, str], None]


class Report(NamedTuple):
    """What a run came to; `wrong` is empty if all is well."""

    kills: Counter[str]
    wrong: list[str]


def run(kills: int, *, seed: int, log: Path, say: Say) -> Report:
    """Kill so many times, each time after the load has moved on; then audit."""
    draw = random.Random(seed)
    plan = draw.choices(list(KINDS), weights=list(KINDS.values()), k=kills)
    with servers.running() as server:
        token = prepare(server.url)
        with Service(server.url, log) as service:
            service.wait()
            load = Load(service.port, token, seed=seed)
            load.start(CLIENTS)
            for number, kind in enumerate(plan, start=1):
                wait_for_progress(load, service)
                time.sleep(draw.uniform(0, MOMENT_S_MAX))
                kill(kind, server, service)
                if number % 10 == 0:
                    say(f"{number} kills", f"{len(load.acknowledged):,} items acknowledged")
            wait_for_progress(load, service)
            load.stop()
            exit_code = service.stop()
        ended = [] if exit_code == 0 else [f"the service ended with exit code {exit_code}"]
        say("requests", f"{load.requests:,}, of which {load.unanswered:,} got no answer")
        say("answers 503", f"{load.unavailable:,}")
        say("answered as duplicates", f"{load.duplicates:,}")
        wrong = audit(server.url, load.acknowledged, say=say)
        unheard = load.sent - load.acknowledged.keys()
        never = [f"{len(unheard)} items were never acknowledged"] if unheard else []
        return Report(Counter(plan), [*load.wrong, *ended, *never, *wrong])


def prepare(url: str) -> str:
    """Make the ledger, with a framework and a provider, and give the provider's token."""
    with opened(url) as ledger:
        school = provider(ledger)
        ledger.record_about_provider(AuthorityGranted(provider=school, grant="all"))
        competencies = tuple(
            Competency(identifier=uri, uri=uri, statement="Weld") for uri in COMPETENCIES
        )
        fact = FrameworkPublished(
            framework=FrameworkId("welding"), version="1", title="Welding",
            competencies=competencies,
        )  # fmt: skip
        ledger.publish_framework(fact, document=b"{}")
        return ledger.access.issue("provider", label="fault", provider=school)


def kill(kind: str, server: Server, service: Service) -> None:
    """Kill, and start again what does not start again by itself."""
    match kind:
        case "service: SIGKILL":
            service.kill()
            service.start()
        case "PostgreSQL: SIGKILL of a backend":
            server.kill_backend()
        case "PostgreSQL: SIGKILL of the postmaster":
            server.kill()
            server.start()
        case "PostgreSQL: immediate stop":
            server.stop_at_once()
            server.start()
        case _:
            service.kill()
            server.kill()
            server.start()
            service.start()


def wait_for_progress(load: Load, service: Service) -> None:
    """Wait until the ledger has taken more.

    Raises:
        TimeoutError: it takes nothing any more.
    """
    before, deadline = load.answered, time.monotonic() + PROGRESS_S
    while load.answered < before + 2:
        if not service.is_running() or time.monotonic() > deadline:
            service.wait()
            raise TimeoutError(f"no progress in {PROGRESS_S} s; {load.wrong[-3:]}")
        time.sleep(0.01)
