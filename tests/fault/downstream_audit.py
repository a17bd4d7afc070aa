"""What must be true downstream after any number of kills."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from ledger.config import Settings
from ledger.domain.catalogue import Recorded
from ledger.domain.facts import EvidenceRecorded
from ledger.service import Ledger
from projections.rebuild import rebuild
from tests import downstream
from tests.fault.audit import VIEWS, contents, read_log
from tests.fault.following import Reader, Submitter
from tests.logs import unsound

READ_S_MAX = 120.0
Say = Callable[[str, str], None]


def audit(
    ledger: Ledger, given: Settings, *, submitter: Submitter, reader: Reader, say: Say
) -> list[str]:
    """List everything that is wrong. Nothing may run any more but PostgreSQL and the brokers."""
    url = given.database_url.get_secret_value()
    wrong = unsound(url)
    log = read_log(ledger)
    wrong += _submitted_once(log, submitter.acknowledged)
    say("submitted messages", f"{len(submitter.acknowledged):,}, each in the ledger once")
    feed = downstream.feed(ledger)
    reader.stop(changes=len(feed), timeout_s=READ_S_MAX)
    wrong += reader.faults(feed)
    say(
        "changes, read all the while", f"{len(reader.seen):,} of {len(feed):,}, each once, in order"
    )
    wrong += _topic_is(given, "mastery.facts.v1", downstream.facts(url))
    wrong += _topic_is(given, "mastery.changes.v1", feed)
    say("topics, read afterwards", f"{len(log):,} facts and {len(feed):,} changes, each once")
    wrong += _answered_once(given)
    say("receipts", "one for each message")
    wrong += _views_differ(ledger, given, url, feed)
    say("views", "as a rebuild makes them" if not wrong else f"{len(wrong)} faults so far")
    return wrong


def _submitted_once(log: list[Recorded], acknowledged: set[str]) -> list[str]:
    times = Counter(
        one.fact.evidence.source.external_id
        for one in log
        if isinstance(one.fact, EvidenceRecorded)
    )
    return [f"message {name} is lost" for name in acknowledged if not times[name]] + [
        f"message {name} is there {count} times" for name, count in times.items() if count > 1
    ]


def _topic_is(given: Settings, name: str, ids: list[str]) -> list[str]:
    try:
        found = downstream.topic(given, name, count=len(ids), timeout_s=READ_S_MAX)
    except AssertionError as error:
        return [str(error)]
    wrong = [] if downstream.in_order(found) else [f"{name} is out of order"]
    if sorted(downstream.ids(found)) != sorted(ids):
        wrong.append(f"{name} does not hold each once: {len(found)} records for {len(ids)}")
    return wrong


def _answered_once(given: Settings) -> list[str]:
    sent = downstream.topic(given, "evidence.submitted", count=1, settle_s=3.0)
    found = downstream.topic(
        given, "evidence.receipts", count=len(sent), settle_s=3.0, timeout_s=READ_S_MAX
    )
    names = set(downstream.ids(found))
    if len(found) == len(names) == len(sent):
        return []
    return [f"{len(sent)} messages have {len(found)} receipts, {len(names)} of them different"]


def _views_differ(ledger: Ledger, given: Settings, url: str, feed: list[str]) -> list[str]:
    before = {name: contents(url, name) for name in VIEWS}
    rebuild(ledger, given)
    differing = [
        f"the view {name} differs from its rebuild"
        for name, held in before.items()
        if contents(url, name) != held
    ]
    told = [] if downstream.feed(ledger) == feed else ["a rebuild had changes to tell"]
    return (
        differing
        + told
        + [f"the view {name} is empty" for name, held in before.items() if not held]
    )
