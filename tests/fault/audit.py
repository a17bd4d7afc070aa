"""What must be true of a ledger after any number of kills."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from ledger.domain.catalogue import Recorded, UnknownFact
from ledger.domain.facts import EvidenceRecorded
from ledger.domain.ids import Position
from ledger.errors import LedgerError
from ledger.service import Ledger
from projections.engine import Engine
from projections.rebuild import rebuild
from tests.fault.load import Acknowledged
from tests.ledgers import opened, rows, settings
from tests.logs import unsound

PAGE = 5_000
VIEWS = ("observations", "mastery", "learners", "providers", "mastery_changes")


def read_log(ledger: Ledger) -> list[Recorded]:
    """Read and open every fact, with its header checked."""
    found: list[Recorded] = []
    while page := ledger.log.after(found[-1].position if found else Position(0), limit=PAGE):
        found += page
    return found


def losses(log: list[Recorded], acknowledged: Mapping[str, Acknowledged]) -> list[str]:
    """List acknowledged items that are not in the log, once, where their receipt says."""
    times: Counter[str] = Counter()
    places: dict[str, Acknowledged] = {}
    for one in log:
        if isinstance(one.fact, EvidenceRecorded):
            name = one.fact.evidence.source.external_id
            times[name] += 1
            places[name] = Acknowledged(str(one.fact.id), int(one.position))
    lost = [f"{name} is lost" for name in acknowledged if not times[name]]
    doubled = [f"{name} is there {count} times" for name, count in times.items() if count > 1]
    moved = [
        f"{name} is at {places[name]}, not {receipt}"
        for name, receipt in acknowledged.items()
        if name in places and places[name] != receipt
    ]
    return lost + doubled + moved


def views_differ(ledger: Ledger, url: str) -> list[str]:
    """List the views that a rebuild would change."""
    engine = Engine(ledger, settings(url))
    engine.catch_up()
    before = {name: contents(url, name) for name in VIEWS}
    empty = [f"the view {name} is empty" for name, held in before.items() if not held]
    rebuild(ledger, settings(url))
    return empty + [
        f"the view {name} differs from its rebuild"
        for name, held in before.items()
        if contents(url, name) != held
    ]


def contents(url: str, view: str) -> Counter[tuple[object, ...]]:
    """Read a view whole; lists become tuples, which can be counted."""
    return Counter(
        tuple(tuple(value) if isinstance(value, list) else value for value in row)
        for row in rows(url, f"SELECT * FROM views.{view}")
    )


def audit(
    url: str, acknowledged: Mapping[str, Acknowledged], *, say: Callable[[str, str], None]
) -> list[str]:
    """List everything that is wrong, saying what was looked at."""
    wrong = unsound(url)
    say("log, receipts, keys", "sound" if not wrong else f"{len(wrong)} faults")
    with opened(url) as ledger:
        try:
            log = read_log(ledger)
        except LedgerError as error:
            return [*wrong, f"a fact does not open: {error}"]
        closed = [f"{one.position} is closed" for one in log if isinstance(one.fact, UnknownFact)]
        say("facts opened", f"{len(log):,}, headers checked")
        lost = losses(log, acknowledged)
        say("acknowledged items", f"{len(acknowledged):,}, each once where its receipt says")
        differing = views_differ(ledger, url)
        say("views", "equal to a rebuild" if not differing else "differ from a rebuild")
    return wrong + closed + lost + differing
