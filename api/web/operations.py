"""How the machines are: positions, lags, throughput, retries, dead letters, and who leads.

For operators, who see no record: nothing on this page is about a learner or a provider.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response
from psycopg import Connection

from api.parts import Parts, parts
from api.web.rendering import PageRoute, page
from api.web.session import OperationsVisitor
from consumers import metrics, outbox, reporting
from consumers.reporting import Process
from ledger.store.webhooks import Webhook
from projections import keeping

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_WORK_DONE: Mapping[str, metrics.Metric] = {
    "relay": metrics.RELAYED, "consume": metrics.INBOUND, "work": metrics.WORKED,
    "webhooks": metrics.DELIVERED,
}  # fmt: skip
_UNIT = {"relay": "records", "consume": "messages", "work": "facts", "webhooks": "deliveries"}
_STANDS_BY = ("relay", "webhooks")
"""Parts of which one works, and the others wait for its end."""


class Follower(NamedTuple):
    """Something that follows the log or the feed; `position` is None while nobody reports it."""

    name: str
    position: int | None
    behind: int | None
    by: str


class Row(NamedTuple):
    """One process; what it does not have is None."""

    process: Process
    doing: str
    done: float | None
    unit: str
    per_s: float | None
    retries: float


class Subscriber(NamedTuple):
    """One webhook, by its label: its address may hold a secret."""

    webhook: Webhook
    behind: int


@router.get("/operations")
def operations(request: Request, _visitor: OperationsVisitor) -> Response:
    """Show what every process said last, and how far everything is."""
    asked = parts(request)
    with outbox.connected(asked.ledger.conninfo) as connection:
        log, feed = outbox.facts_head(connection), outbox.changes_head(connection)
        found = reporting.read(connection)
        followers = list(_followers(asked, connection, found, log=log, feed=feed))
    webhooks = [Subscriber(one, feed - one.position) for one in asked.ledger.webhooks.all()]
    dead_letters = asked.ledger.webhooks.dead_letter_count()
    context = {
        "now": datetime.now(UTC), "log": log, "feed": feed, "followers": followers,
        "rows": [_row(one) for one in found], "webhooks": webhooks, "dead_letters": dead_letters,
        "wrong": list(_wrong(found, webhooks, dead_letters)),
    }  # fmt: skip
    return page(request, "operations.html", context)


def _followers(
    asked: Parts, connection: Connection[Any], found: Sequence[Process], *, log: int, feed: int
) -> Iterable[Follower]:
    reached = asked.feed.reached() or 0
    kept_by = keeping.kept_by(connection)
    yield Follower("Live views", reached, max(log - reached, 0), kept_by or "nobody")
    leader = next((one for one in found if one.part == "relay" and _works(one)), None)
    for name, of, head in (("Topic of facts", "facts", log), ("Topic of changes", "changes", feed)):
        at = leader.total(metrics.RELAY_POSITION.name, feed=of) if leader is not None else None
        behind = max(head - int(at), 0) if at is not None else None
        by = f"relay on {leader.host}" if leader is not None else "nobody"
        yield Follower(name, int(at) if at is not None else None, behind, by)
    taking = [one for one in found if one.part == "consume" and _works(one)]
    if taking:
        unread = sum(one.total(metrics.INBOUND_LAG.name) or 0 for one in taking)
        by = f"{len(taking)} consumer{'s' if len(taking) > 1 else ''}"
        yield Follower("Submitted evidence", None, int(unread), by)


def _works(one: Process) -> bool:
    return not one.is_silent and one.leads() is not False


def _row(one: Process) -> Row:
    done = _WORK_DONE.get(one.part)
    doing = "silent" if one.is_silent else "works"
    if doing == "works" and one.part in _STANDS_BY:
        doing = "leads" if one.leads() else "stands by"
    return Row(
        one, doing, one.total(done.name) if done is not None else None,
        _UNIT.get(one.part, ""), one.rate(done.name) if done is not None else None,
        one.total(metrics.RETRIES.name) or 0,
    )  # fmt: skip


def _wrong(
    found: Sequence[Process], webhooks: Sequence[Subscriber], dead_letters: int
) -> Iterable[str]:
    """Say in a sentence each what somebody should look at."""
    for part in _STANDS_BY:
        running = [one for one in found if one.part == part]
        if running and not any(map(_works, running)):
            yield f"None of the {len(running)} processes of {part} leads."
    for one in found:
        if one.is_silent:
            yield f"{one.part} on {one.host} (process {one.pid}) was last heard {one.silent_s:.0f} s ago."
    stopped = sum(one.webhook.stopped_at is not None for one in webhooks)
    if stopped:
        yield f"{stopped} of {len(webhooks)} webhooks stopped after failing."
    if dead_letters:
        yield f"{dead_letters:,} deliveries to webhooks were given up."
