"""The programme of study that the sample learners follow: what is taught when, and on what tasks."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import NamedTuple

import msgspec

LEVELS = ("Emerging", "Developing", "Proficient", "Advanced")
WEEKS = 64
SUMMER = range(41, 51)
"""Weeks without school, counted from the programme's first; employers go on."""

_ORDER = """
WELD.1.1 DISP.1.1 ACAD.M.1 WELD.1.2 WELD.2.1 EMPL.1.1 WELD.1.3 ACAD.S.2 WELD.4.1 WELD.2.2 DISP.1.3
WELD.4.2 ACAD.L.1 WELD.2.3 WELD.3.1 ACAD.M.3 EMPL.1.2 WELD.7.1 DISP.1.4 WELD.3.3 WELD.5.1 EMPL.2.1
WELD.5.2 ACAD.S.1 WELD.7.3 DISP.1.2 WELD.3.2 EMPL.2.3 WELD.4.3 WELD.7.2 ACAD.M.2 EMPL.1.3 WELD.5.3
EMPL.2.2 WELD.6.1 ACAD.L.2 WELD.6.2
"""
_TASKS = {
    "WELD": (
        "coupon, flat",
        "coupon, vertical",
        "bench project",
        "repair job",
        "trailer hitch build",
    ),
    "ACAD": ("worksheet", "shop calculation", "unit test", "job estimate"),
    "EMPL": ("crew project", "customer job", "shift handover", "mock interview"),
    "DISP": ("shop journal", "quarter review", "crew feedback"),
}


class Skill(NamedTuple):
    """A competency of the programme, and the week in which it is first taught."""

    code: str
    uri: str
    label: str
    week: int

    @property
    def tasks(self) -> tuple[str, ...]:
        """List the tasks on which it is judged in school."""
        return tuple(f"{self.label}: {task}" for task in _TASKS[self.code[:4]])


class Programme(NamedTuple):
    """The framework as published, and its skills in the order they are taught."""

    document: bytes
    identifier: str
    uri: str
    title: str
    skills: tuple[Skill, ...]

    def skill(self, code: str) -> Skill:
        """Find a skill by its code."""
        return next(skill for skill in self.skills if skill.code == code)


class _Document(msgspec.Struct):
    identifier: str
    uri: str
    title: str


class _Item(msgspec.Struct):
    uri: str
    humanCodingScheme: str  # noqa: N815  CASE's own name
    abbreviatedStatement: str  # noqa: N815  CASE's own name


class _Package(msgspec.Struct):
    CFDocument: _Document
    CFItems: list[_Item]


@cache
def programme() -> Programme:
    """Read the CASE package that ships with the demo."""
    document = resources.files("api.demo").joinpath("framework.json").read_bytes()
    package = msgspec.json.decode(document, type=_Package)
    items = {item.humanCodingScheme: item for item in package.CFItems}
    taught = _ORDER.split()
    skills = tuple(
        Skill(code, items[code].uri, items[code].abbreviatedStatement, at * 44 // len(taught))
        for at, code in enumerate(taught)
    )
    about = package.CFDocument
    return Programme(document, about.identifier, about.uri, about.title, skills)
