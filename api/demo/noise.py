"""What goes wrong in real feeds: repeats, lateness, second thoughts, mistakes and plain nonsense."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from datetime import date, timedelta
from typing import NamedTuple

import msgspec

from api.demo import formats
from api.demo.awards import Award
from api.demo.formats import Item, Row
from api.demo.scenes import Scene, Source, World
from api.demo.story import LATE, VOIDED

LATE_SHARE = 0.04
REGRADED_SHARE = 0.015
REPEATED_SHARE = 0.03
VOIDED_EACH = 80
BAD_EACH = 170
ACADEMIC = "ACAD.M.2"


class Sent(NamedTuple):
    """One item as it is sent; a row of a CSV is kept as its cells. `day` is the earliest day."""

    source: Source
    day: date
    body: bytes | Row


class Feed:
    """Writes scenes down and spoils some of them."""

    def __init__(self, world: World) -> None:
        self.random, self.world, self.programme = world.random, world, world.programme

    def plain(self, scenes: Sequence[Scene]) -> Iterator[Sent]:
        """School work with nothing wrong in it."""
        for scene in scenes:
            yield Sent("lms", scene.day, encode(formats.lms_item(scene, self.programme)))

    def issuer(self, given: Sequence[Award]) -> Iterator[Sent]:
        """Credentials, two of which cannot be."""
        for number, award in enumerate(given):
            item = formats.award_item(award, self.programme)
            yield Sent("issuer", award.day, encode(item))
            if number % BAD_EACH == 120:
                yield Sent("issuer", award.day, spoilt(_AWARD_FAULTS, number // BAD_EACH, item))

    def lms(self, scenes: Sequence[Scene]) -> Iterator[Sent]:
        """School work: late items, new grades, and items that cannot be read."""
        for number, scene in enumerate(scenes):
            item = formats.lms_item(scene, self.programme)
            yield Sent("lms", self._due(scene), encode(item))
            if self.random.random() < REGRADED_SHARE:
                yield Sent("lms", scene.day + timedelta(days=9), encode(self._regraded(scene)))
            if number % BAD_EACH == 90:
                yield Sent("lms", scene.day, spoilt(_LMS_FAULTS, number // BAD_EACH, item))
            if number % 1_200 == 700:
                other = scene._replace(quality=5.0 - scene.quality)
                again = formats.lms_item(other, self.programme) | {"narrative": "sent by hand"}
                yield Sent("lms", scene.day + timedelta(days=20), encode(again))

    def vendor(self, scenes: Sequence[Scene]) -> Iterator[Sent]:
        """Tests and videos: repeated statements, voided ones, and broken ones."""
        for number, scene in enumerate(scenes):
            watched = number % 12 == 5 and "story" not in scene.id
            write = formats.video_statement if watched else formats.test_statement
            statement = write(scene, self.programme)
            sent = Sent("vendor", self._due(scene), encode(statement))
            yield sent
            if self.random.random() < REPEATED_SHARE:
                yield sent._replace(day=sent.day + timedelta(days=7))
            if number % VOIDED_EACH == 40 or scene.id == VOIDED:
                yield Sent(
                    "vendor", sent.day + timedelta(days=21), encode(formats.void_statement(scene))
                )
            if number % BAD_EACH == 60:
                yield Sent("vendor", scene.day, spoilt(_XAPI_FAULTS, number // BAD_EACH, statement))

    def rows(self, scenes: Sequence[Scene], write: Callable[[Scene], Row]) -> Iterator[Sent]:
        """Rows of a spreadsheet: late, or mistyped."""
        for number, scene in enumerate(scenes):
            row = write(scene)
            yield Sent(scene.source, self._due(scene), row)
            if number % BAD_EACH == 30:
                column, cell = _CELLS[scene.source][number // BAD_EACH % len(_CELLS[scene.source])]
                name = formats.HOURS_COLUMNS[0] if "Entry" in row else formats.CHECKLIST_COLUMNS[0]
                yield Sent(scene.source, scene.day, {**row, name: f"{scene.id}x", column: cell})

    def _due(self, scene: Scene) -> date:
        if scene.id == LATE or ("story" not in scene.id and self.random.random() < LATE_SHARE):
            return scene.day + timedelta(weeks=self.random.randrange(5, 22))
        return scene.day

    def _regraded(self, scene: Scene) -> Item:
        other = scene._replace(quality=scene.quality + self.random.choice((-0.9, 0.9)))
        item = formats.lms_item(other, self.programme)
        return item | {"version": 2, "narrative": "Graded again after moderation."}


def beyond_authority(scenes: Sequence[Scene], world: World) -> list[Scene]:
    """Let an employer vouch for school mathematics now and then, which it may not."""
    academic = world.programme.skill(ACADEMIC)
    return [
        scene._replace(skills=(academic,)) if number % 72 == 50 else scene
        for number, scene in enumerate(scenes)
    ]


def disputed(scenes: Sequence[Scene]) -> list[Scene]:
    """Let a second teacher see the same attempt quite otherwise, now and then."""
    found = list(scenes)
    for at in range(400, len(found), 700):
        scene = found[at]
        twice = scene._replace(
            id=found[at + 1].id,
            quality=1.0 if scene.quality >= 2.5 else 4.0,
            evaluator="moderator@riverbend.example",
            day=scene.day,
        )
        found[at + 1] = twice
    return found


def encode(item: Item) -> bytes:
    """Write an item as JSON on one line."""
    return msgspec.json.encode(item)


Fault = Callable[[Item], bytes]


def spoilt(faults: Sequence[Fault], which: int, item: Item) -> bytes:
    """Spoil a copy of an item, under an id of its own."""
    copy = deepcopy(item)
    if "verb" in copy:
        copy["id"] = copy["id"][:-4] + f"{which:04x}"
    else:
        copy["id"] += "x"
    return faults[which % len(faults)](copy)


def _set(*path: str, to: object) -> Fault:
    def fault(item: Item) -> bytes:
        held = item
        for step in path[:-1]:
            held = held[step]
        held[path[-1]] = to
        return encode(item)

    return fault


def _cut_off(item: Item) -> bytes:
    return encode(item)[:-60]


_LMS_FAULTS: tuple[Fault, ...] = (
    _set("result", to={"score": 104, "max": 100}),
    _set("occurred_at", to="2026-02-30T09:00:00-06:00"),
    _set("studnet", to="S-100999"),
    _set("result", "level", to="Profficient"),
    _cut_off,
    _set("learner", to={"name": "New student"}),
)
_XAPI_FAULTS: tuple[Fault, ...] = (
    _set("result", "score", to={"scaled": 87, "raw": 87}),
    _set("actor", to={"objectType": "Agent", "name": "somebody"}),
    _set("timestamp", to="yesterday"),
    _set("verb", to={"display": {"en": "passed"}}),
)
_AWARD_FAULTS: tuple[Fault, ...] = (
    _set("credential", "valid_until", to="2020-01-01T00:00:00Z"),
    _set("credential", to=None),
)
_CELLS: dict[Source, tuple[tuple[str, str], ...]] = {
    "employer": (("Hours", "8,5h"), ("Rating", "7"), ("Date", "31/12/2025"), ("State ID", "")),
    "college": (("Mark", "PASS"), ("Checked", "last week"), ("Row", "")),
}
