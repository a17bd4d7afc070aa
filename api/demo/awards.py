"""Credentials that the issuer gives: what each attests, and how long it holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from api.demo.people import Learner
from api.demo.scenes import ZONE, World

ISSUER = "https://badges.tradecredentials.example"


class Credential(NamedTuple):
    """One kind of credential."""

    slug: str
    name: str
    type: str
    codes: tuple[str, ...]
    from_week: int
    holds_days: int | None = None

    @property
    def id(self) -> str:
        """Its address at the issuer."""
        return f"{ISSUER}/achievements/{self.slug}"


CREDENTIALS = (
    Credential("shop-safety-10", "Shop Safety, 10 hours", "Certificate",
               ("WELD.1.1", "WELD.1.2", "WELD.1.3"), 6),
    Credential("fire-watch", "Fire Watch card", "License", ("WELD.1.2",), 8, 365),
    Credential("entry-welder", "Entry Welder", "Certificate",
               ("WELD.2.1", "WELD.4.1", "WELD.4.2", "WELD.7.1"), 26),
    Credential("qualification-2f", "Welder Qualification 2F, SMAW", "License",
               ("WELD.4.2", "WELD.7.3"), 20, 183),
    Credential("ready-to-work", "Ready to Work", "Certificate",
               ("EMPL.1.1", "EMPL.1.2", "DISP.1.1"), 18),
)  # fmt: skip


class Award(NamedTuple):
    """A learner was given a credential."""

    id: str
    day: date
    learner: Learner
    credential: Credential

    @property
    def at(self) -> datetime:
        """When it was given."""
        return datetime.combine(self.day, time(12), ZONE)

    @property
    def until(self) -> datetime | None:
        """When it ends, if it does."""
        days = self.credential.holds_days
        return None if days is None else self.at + timedelta(days=days)


def awards(world: World, count: int) -> Iterator[Award]:
    """Give so many, each credential to a learner at most once while the pairs last."""
    pairs = [
        (learner, credential)
        for learner in world.people
        for credential in CREDENTIALS
        if learner.starts_week + credential.from_week < 60
    ]
    world.random.shuffle(pairs)
    for number, (learner, credential) in enumerate(pairs[:count]):
        earliest = learner.starts_week + credential.from_week
        day = world.day(world.random.randrange(earliest, 64))
        yield Award(f"award/{3_000 + number}", day, learner, credential)
