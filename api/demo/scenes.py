"""What happened: who was seen doing what, when and how well, before any provider writes it down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone
from itertools import islice
from math import exp
from random import Random
from typing import Literal, NamedTuple

from api.demo.people import INSTRUCTORS, PLANTS, SUPERVISORS, TEACHERS, Learner
from api.demo.programme import LEVELS, SUMMER, WEEKS, Programme, Skill
from ledger.domain.evidence import Facet

Source = Literal["lms", "vendor", "issuer", "employer", "college"]
ZONE = timezone(timedelta(hours=-6))
FOCUS = 13
"""How many of the programme's skills one learner works on most."""


class Scene(NamedTuple):
    """Somebody saw a learner do something; `quality` lies on the scale from 1 to 4 and a bit."""

    source: Source
    id: str
    day: date
    minute: int
    learner: Learner
    skills: tuple[Skill, ...]
    quality: float
    task: str
    site: str
    evaluator: str
    facets: tuple[Facet, ...] = ("performance",)
    attempt: int = 1
    revises: str | None = None
    narrative: str | None = None

    @property
    def level(self) -> str:
        """The rubric level as a person would tick it."""
        return LEVELS[min(max(round(self.quality), 1), 4) - 1]

    @property
    def at(self) -> datetime:
        """When it happened."""
        return datetime.combine(self.day, time(8 + self.minute // 60, self.minute % 60), ZONE)


class World:
    """Learners on their way through the programme, from its first Monday on."""

    def __init__(
        self, random: Random, programme: Programme, people: tuple[Learner, ...], first: date
    ) -> None:
        self.random, self.programme, self.people, self.first = random, programme, people, first
        self._focus = {one.number: self._chosen() for one in people}
        self._best: dict[tuple[int, str], float] = {}
        self._attempts: dict[tuple[int, str], int] = {}

    def _chosen(self) -> frozenset[str]:
        chosen = self.random.sample(self.programme.skills, FOCUS)
        return frozenset(skill.code for skill in chosen)

    def week(self, learner: Learner, *, summers: bool = False) -> int:
        """Pick a week in which the learner is in the programme."""
        weeks = [
            week for week in range(learner.starts_week, WEEKS) if summers or week not in SUMMER
        ]
        return self.random.choice(weeks)

    def day(self, week: int) -> date:
        """Pick a weekday of a week."""
        return self.first + timedelta(weeks=week, days=self.random.randrange(5))

    def skill(self, learner: Learner, week: int, strands: tuple[str, ...] = ()) -> Skill:
        """Pick a skill that the learner has met by then; what is taught now is likelier."""
        since = week - learner.starts_week
        met = [
            skill
            for skill in self.programme.skills
            if skill.week <= since and (not strands or skill.code.startswith(strands))
        ] or [self.programme.skills[0]]
        focus = self._focus[learner.number]
        weights = [
            (exp((skill.week - since) / 14) + 0.08) * (1.0 if skill.code in focus else 0.012)
            for skill in met
        ]
        return self.random.choices(met, weights)[0]

    def quality(self, learner: Learner, skill: Skill, week: int) -> float:
        """Say how well it went: better with ability, with time since it was first taught, by luck."""
        practised = max(week - learner.starts_week - skill.week, 0)
        grown = 1.55 * (1 - exp(-practised / 7))
        return 1.6 + learner.ability + grown + self.random.gauss(0, 0.35)

    def attempt(self, learner: Learner, task: str) -> int:
        """Count the attempts at a task."""
        key = (learner.number, task)
        self._attempts[key] = self._attempts.get(key, 0) + 1
        return self._attempts[key]

    def no_worse(self, learner: Learner, task: str, quality: float) -> float:
        """Let a repeated task seldom end below where it was."""
        key = (learner.number, task)
        before = self._best.get(key, 0.0)
        found = max(quality, before) if self.random.random() < 0.95 else quality
        self._best[key] = max(found, before)
        return found


def school(world: World, count: int) -> list[Scene]:
    """School work as the learning management system has it, revisions included."""
    scenes: list[Scene] = []
    while len(scenes) < count:
        learner = world.people[len(scenes) % len(world.people)]
        first = _lesson(world, learner, len(scenes))
        scenes.append(first)
        if first.quality < 2.5 and world.random.random() < 0.6 and len(scenes) < count:
            scenes.append(_revision(world, first, len(scenes)))
    return scenes


def _lesson(world: World, learner: Learner, number: int) -> Scene:
    random = world.random
    week = world.week(learner)
    skill = world.skill(learner, week)
    other = world.skill(learner, week, ("EMPL", "DISP", "ACAD"))
    both = random.random() < 0.35 and other != skill
    task = random.choice(skill.tasks)
    site = (
        f"{learner.school}, shop {random.choice('AB')}"
        if skill.code.startswith("WELD")
        else learner.school
    )
    explained = random.random() < 0.6
    facets: tuple[Facet, ...] = ("performance", "explanation") if explained else ("performance",)
    if random.random() < 0.08:
        facets = (*facets, "transfer")
    return Scene(
        "lms", f"attempt/{50_000 + number}", world.day(week), random.randrange(420), learner,
        (skill, other) if both else (skill,),
        world.no_worse(learner, task, world.quality(learner, skill, week)), task, site,
        learner.teacher if random.random() < 0.6 else random.choice(TEACHERS[learner.school]),
        facets, world.attempt(learner, task),
    )  # fmt: skip


def _revision(world: World, first: Scene, number: int) -> Scene:
    later = min(first.day + timedelta(days=world.random.randrange(4, 15)), last_day(world.first))
    better = first.quality + world.random.uniform(0.2, 1.2)
    return first._replace(
        id=f"attempt/{50_000 + number}",
        day=later,
        quality=world.no_worse(first.learner, first.task, better),
        facets=(*first.facets, "revision"),
        attempt=world.attempt(first.learner, first.task),
        revises=first.id,
        narrative="Did it again after feedback.",
    )


def last_day(first: date) -> date:
    """Give the last school day of the programme that began on `first`."""
    return first + timedelta(weeks=WEEKS) - timedelta(days=3)


def tests(world: World, count: int) -> Iterator[Scene]:
    """Tests of the assessment vendor, every sixth week."""
    for number in range(count):
        learner = world.people[(number * 7) % len(world.people)]
        week = _test_week(world.week(learner))
        skill = world.skill(learner, week, ("WELD", "ACAD"))
        yield Scene(
            "vendor", f"test/{number}", world.day(week), world.random.randrange(420), learner,
            (skill,), world.quality(learner, skill, week),
            f"{skill.label} test, form {world.random.choice('ABC')}", "online", "TradeProof",
        )  # fmt: skip


def _test_week(week: int) -> int:
    found = min(week // 6 * 6 + 5, WEEKS - 1)
    return (
        found if found not in SUMMER else SUMMER.start - 1 if week < SUMMER.start else SUMMER.stop
    )


def shifts(world: World, count: int) -> Iterator[Scene]:
    """Shifts at the employer, summer included."""
    working = [one for one in world.people if one.works]
    for number in range(count):
        learner = working[number % len(working)]
        week = max(world.week(learner, summers=True), learner.starts_week + 4)
        skill = world.skill(learner, week, ("WELD", "EMPL", "DISP"))
        yield Scene(
            "employer", f"TS-{20_000 + number}", world.day(min(week, WEEKS - 1)),
            world.random.randrange(60), learner, (skill,), world.quality(learner, skill, week),
            f"job {4_100 + number}", world.random.choice(PLANTS), world.random.choice(SUPERVISORS),
        )  # fmt: skip


def labs(world: World, count: int) -> Iterator[Scene]:
    """Rows of the college's skills checklist."""
    enrolled = [one for one in world.people if one.at_college]
    for number in range(count):
        learner = enrolled[number % len(enrolled)]
        week = world.week(learner)
        skill = world.skill(learner, week, ("WELD",))
        yield Scene(
            "college", f"CK-{7_000 + number}", world.day(week), world.random.randrange(240), learner,
            (skill,), world.quality(learner, skill, week), f"lab {1 + number % 12}: {skill.label}",
            "Three Rivers welding lab", world.random.choice(INSTRUCTORS),
        )  # fmt: skip


def first_seen(world: World) -> Iterator[Scene]:
    """The safety talk on everybody's first day: the first the ledger hears of a learner."""
    safety = world.programme.skill("WELD.1.1")
    for learner in world.people:
        yield Scene(
            "lms", f"attempt/{49_000 + learner.number}",
            world.first + timedelta(weeks=learner.starts_week), 15, learner, (safety,), 2.0,
            f"{safety.label}: first day", f"{learner.school}, shop A", learner.teacher,
        )  # fmt: skip


def take(scenes: Iterator[Scene], count: int) -> list[Scene]:
    """Take so many."""
    return list(islice(scenes, count))
