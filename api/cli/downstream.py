"""`mastery relay`, `consume`, `work` and `webhooks`: the machines between ledger and world."""

from __future__ import annotations

import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Event
from types import FrameType

import typer

from api.cli.session import UsageError, screen, session
from consumers import metrics
from consumers.errors import AheadOfLogError, TopicUnfitError
from consumers.reporting import reporting
from ledger.collecting import long_lived
from ledger.config import Settings
from ledger.errors import SettingError
from ledger.service import Ledger

DOING = {
    "relay": "relaying", "consume": "consuming", "work": "working", "webhooks": "delivering",
}  # fmt: skip


def relay(context: typer.Context) -> None:
    """Send facts and changes of mastery to Kafka, each once, until Ctrl-C or SIGTERM.

    Start as many as you like: one works, the others stand by and take over when it ends. Missing
    topics are made; one that exists with other settings is refused, and never altered.

    Example:
        MASTERY_KAFKA_SERVERS=127.0.0.1:9092 mastery relay
    """
    from consumers.relay import Relay  # other commands need no Kafka

    asked = session(context)
    with asked.ledger() as ledger, _running(ledger, asked.settings, "relay") as stop:
        Relay(ledger.conninfo, asked.settings).run(stop)


def consume(context: typer.Context) -> None:
    """Take evidence from the topic evidence.submitted, until Ctrl-C or SIGTERM.

    Each message carries a provider's token in its header `provider-key`. Receipts go to
    evidence.receipts; what is refused goes to evidence.rejected, with the reason.

    Example:
        MASTERY_KAFKA_SERVERS=127.0.0.1:9092 mastery consume
    """
    from consumers.inbound import Inbound  # other commands need no Kafka

    asked = session(context)
    with asked.ledger() as ledger, _running(ledger, asked.settings, "consume") as stop:
        Inbound(ledger, asked.settings).run(stop)


def work(context: typer.Context) -> None:
    """Keep the live views as one of several workers, until Ctrl-C or SIGTERM.

    Workers share the learners by the partitions of mastery.facts.v1: start one per core, add and
    stop them at any time. They replace the engine: serve with --no-engine, and run a relay.

    Example:
        MASTERY_KAFKA_SERVERS=127.0.0.1:9092 mastery work
    """
    from consumers.worker import Worker  # other commands need no Kafka

    asked = session(context)
    with asked.ledger() as ledger, _running(ledger, asked.settings, "work") as stop:
        Worker(ledger, asked.settings).run(stop)


def webhooks(context: typer.Context) -> None:
    """Deliver changes of mastery to subscribed URLs, until Ctrl-C or SIGTERM.

    Stewards subscribe URLs at /v1/webhooks. Needs no Kafka.

    Example:
        mastery webhooks
    """
    from consumers.webhooks import Deliverer  # other commands send nothing

    asked = session(context)
    with (
        asked.ledger() as ledger,
        _running(ledger, asked.settings, "webhooks", kafka=False) as stop,
    ):
        Deliverer(ledger, asked.settings).run(stop)


@contextmanager
def _running(
    ledger: Ledger, settings: Settings, part: str, *, kafka: bool = True
) -> Generator[Event]:
    """Serve and report numbers, and listen for the end of the command."""
    if kafka and not settings.kafka_servers:
        raise UsageError("no Kafka: set MASTERY_KAFKA_SERVERS to host:port")
    stop = Event()
    try:
        with (
            metrics.served(settings.metrics_port), reporting(ledger.conninfo, part),
            _ending(stop.set),
        ):  # fmt: skip
            long_lived()
            screen.out(DOING[part])
            yield stop
    except (TopicUnfitError, AheadOfLogError) as error:
        raise SettingError(str(error)) from error
    screen.out("stopped")


@contextmanager
def _ending(end: Callable[[], None]) -> Generator[None]:
    """End in order on the first SIGTERM or Ctrl-C; at once on the second."""

    def first(_number: int, _frame: FrameType | None) -> None:
        end()
        for number, handler in before.items():
            signal.signal(number, handler)

    names = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, first) for number in names}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
