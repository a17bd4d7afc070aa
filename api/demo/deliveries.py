"""The files that five providers deliver over two school years, in the order they arrive."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Literal, NamedTuple, cast

from api.demo import formats, noise
from api.demo.awards import awards
from api.demo.formats import Row
from api.demo.noise import Feed, Sent
from api.demo.people import Learner, learners
from api.demo.programme import WEEKS, Programme, programme
from api.demo.scenes import (
    ZONE,
    Source,
    World,
    first_seen,
    labs,
    last_day,
    school,
    shifts,
    take,
    tests,
)
from api.demo.story import story

EVIDENCE = 10_000
SHARES: dict[Source, int] = {
    "lms": 4_700, "vendor": 2_200, "issuer": 400, "employer": 1_800, "college": 900,
}  # fmt: skip
"""How many pieces of evidence each provider has; together EVIDENCE."""

Form = Literal["native", "xapi", "csv"]
_EVERY: dict[Source, int] = {"lms": 7, "vendor": 7, "issuer": 28, "employer": 28, "college": 84}
"""Days from one file to the next."""
_TAIL = 15
"""How many lines of the file before an unsure sender repeats."""


class Delivery(NamedTuple):
    """One file, delivered at `at`; a CSV is read by the provider's own mapping."""

    source: Source
    at: datetime
    name: str
    form: Form
    data: bytes


class Sample(NamedTuple):
    """Everything that the demo plays: the framework, the people and the files."""

    programme: Programme
    people: tuple[Learner, ...]
    first: date
    deliveries: tuple[Delivery, ...]


def sample(*, seed: int, until: date) -> Sample:
    """Make it all up: the same seed and last day give the same bytes."""
    random = Random(seed)  # noqa: S311  made-up people need no secrets
    first = until - timedelta(days=until.weekday(), weeks=WEEKS)
    people, course = learners(random), programme()
    world = World(random, course, people, first)
    sent = _sent(world)
    return Sample(course, people, first, tuple(_deliveries(sent, first, random)))


def _sent(world: World) -> dict[Source, list[Sent]]:
    told = list(story(world))
    seen = list(first_seen(world))
    own = {source: [scene for scene in told if scene.source == source] for source in SHARES}
    need = {source: count - len(own[source]) for source, count in SHARES.items()}
    lessons = noise.disputed(school(world, need["lms"] - len(seen)))
    exams = take(tests(world, need["vendor"]), need["vendor"])
    hours = noise.beyond_authority(list(shifts(world, need["employer"])), world)
    checks = list(labs(world, need["college"]))
    feed = Feed(world)
    return {
        "lms": [*feed.plain(seen), *feed.lms(own["lms"] + lessons)],
        "vendor": list(feed.vendor(own["vendor"] + exams)),
        "issuer": list(feed.issuer(list(awards(world, need["issuer"])))),
        "employer": list(feed.rows(own["employer"] + hours, formats.hours_row)),
        "college": list(feed.rows(own["college"] + checks, formats.checklist_row)),
    }


def _deliveries(sent: dict[Source, list[Sent]], first: date, random: Random) -> Iterator[Delivery]:
    found: list[Delivery] = []
    for source, items in sent.items():
        files: dict[date, list[Sent]] = defaultdict(list)
        for item in items:
            files[_file_day(source, item.day, first)].append(item)
        before: list[Sent] = []
        for number, day in enumerate(sorted(files)):
            batch = files[day]
            random.shuffle(batch)
            if source == "lms" and number % 6 == 5:
                batch = before[-_TAIL:] + batch
            found.append(_file(source, day, batch))
            before = batch
        if source == "employer":
            # The office was not sure that the mail went out.
            twice = found[-3]
            found.append(twice._replace(name=twice.name.replace(".csv", "-again.csv"),
                                        at=twice.at + timedelta(days=3)))  # fmt: skip
    order = list(SHARES)
    yield from sorted(found, key=lambda one: (one.at, order.index(one.source), one.name))


def _file_day(source: Source, day: date, first: date) -> date:
    every = _EVERY[source]
    # Weekend work goes into the next file: the file of the week left on Friday.
    periods = max((day - first).days + 2, 0) // every + 1
    friday = first + timedelta(days=periods * every - 3)
    return min(friday, last_day(first))


def _file(source: Source, day: date, batch: Sequence[Sent]) -> Delivery:
    at = datetime.combine(day, time(18), ZONE) + timedelta(minutes=10 * list(SHARES).index(source))
    bodies = [one.body for one in batch]
    if source in {"employer", "college"}:
        data = _csv(source, cast("list[Row]", bodies))
        return Delivery(source, at, f"{source}/{day}.csv", "csv", data)
    lines = cast("list[bytes]", bodies)
    if source == "lms":
        return Delivery(source, at, f"lms/{day}.ndjson", "native", b"\n".join(lines) + b"\n")
    array = b"[\n" + b",\n".join(lines) + b"\n]\n"
    return Delivery(
        source, at, f"{source}/{day}.json", "xapi" if source == "vendor" else "native", array
    )


def _csv(source: Source, rows: Sequence[Row]) -> bytes:
    of_hours = source == "employer"
    columns = formats.HOURS_COLUMNS if of_hours else formats.CHECKLIST_COLUMNS
    text = io.StringIO()
    writer = csv.DictWriter(
        text, columns, delimiter="," if of_hours else ";", lineterminator="\r\n"
    )
    writer.writeheader()
    writer.writerows(rows)
    # A spreadsheet program begins its export with a byte order mark.
    return text.getvalue().encode("utf-8-sig" if of_hours else "utf-8")
