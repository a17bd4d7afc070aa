"""Maya Torres and the SMAW fillet weld: one competency's whole way, told by four providers.

She misses the standard, does it again and explains it, shows it at work and at college, and
once somebody else's test is put on her record by mistake and taken back.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from api.demo.people import INSTRUCTORS, SUPERVISORS, TEACHERS
from api.demo.scenes import Scene, World

CODE = "WELD.4.2"
VOIDED = "test/story-wrong-person"
LATE = "attempt/story-3"


def story(world: World) -> Iterator[Scene]:
    """Tell it; `VOIDED` is to be withdrawn, `LATE` to arrive late."""
    maya, skill = world.people[0], world.programme.skill(CODE)
    teachers = TEACHERS[maya.school]

    def scene(source: str, name: str, week: int, quality: float, *told: str) -> Scene:
        task, site, evaluator = told
        day = world.first + timedelta(weeks=week, days=2)
        return Scene(
            source, name, day, 95, maya, (skill,), quality, task, site, evaluator,  # type: ignore[arg-type]  # one of Source
        )  # fmt: skip

    coupon, shop = f"{skill.label}: coupon, vertical", f"{maya.school}, shop A"
    yield scene("lms", "attempt/story-1", 12, 2.0, coupon, shop, teachers[0])
    yield scene("lms", "attempt/story-2", 14, 3.0, coupon, shop, teachers[0])._replace(
        attempt=2, revises="attempt/story-1", facets=("performance", "explanation", "revision"),
        narrative="Shortened the arc after undercut on the first coupon, and said why.",
    )  # fmt: skip
    yield scene("vendor", "test/story-1", 18, 3.3, f"{skill.label} test, form B", "online", "")
    yield scene("employer", "TS-story", 22, 3.0, "job 4088", "Kestrel Plant 2", SUPERVISORS[0])
    yield scene("college", "CK-story", 30, 4.0, "lab 4: overhead", "Three Rivers welding lab",
                INSTRUCTORS[1])  # fmt: skip
    yield scene("vendor", VOIDED, 36, 1.2, f"{skill.label} test, form C", "online", "")
    yield scene("lms", LATE, 38, 4.0, f"{skill.label}: trailer hitch build", shop, teachers[1])._replace(
        facets=("performance", "explanation", "transfer"),
        narrative="Chose the electrode and the order of passes for the hitch herself.",
    )  # fmt: skip
