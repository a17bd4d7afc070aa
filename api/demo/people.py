"""Two hundred people who do not exist: learners with their names at each provider, and raters."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

_FIRST = """
Aaliyah Aiden Alejandro Amara Andre Anika Asher Bao Beatriz Benjamin Brianna Caleb Camila Chidi
Clara Dakota Daniela Darius Elena Eli Emeka Esperanza Ethan Fatima Gabriel Grace Hana Hector Imani
Isaac Ivy Jada Jamal Jasmine Joaquin Jonah Kaya Kenji Kiara Lan Leila Leo Lucia Mateo Maeve Malik
Marisol Micah Naomi Nia Noah Odalys Omar Paloma Priya Quinn Rafael Rosa Ruby Samir Selena Sofia
Tariq Tess Tomas Uma Valeria Victor Wren Xavier Yara Yusuf Zadie Zoe
"""
_LAST = """
Abbott Adeyemi Aguilar Ahmed Baca Begay Blackwood Bui Castillo Chavez Chen Cruz Daniels Delgado
Diaz Dominguez Eriksen Espinoza Fields Flores Garza Gonzalez Greene Haddad Hansen Herrera Hoang
Ibarra Jackson Jimenez Kang Khan Kowalski Lopez Lujan Martinez McCray Mendoza Molina Nakai Nguyen
Nunez Okafor Olson Ortiz Park Patel Pena Quintana Ramirez Reyes Rivera Romero Salazar Sanchez
Sandoval Silva Tafoya Tran Trujillo Turner Ulibarri Vargas Vega Washington Yazzie Zamora
"""
SCHOOLS = ("Northgate High School", "Riverbend High School", "Mesa Vista High School")
TEACHERS = {
    "Northgate High School": ("r.alvarez@northgate.example", "t.whitehorse@northgate.example"),
    "Riverbend High School": ("j.olsen@riverbend.example", "m.adeyemi@riverbend.example"),
    "Mesa Vista High School": ("k.tran@mesavista.example", "p.lujan@mesavista.example"),
}
SUPERVISORS = ("D. Kessler", "A. Moreno", "S. Iwata", "B. Fontaine", "L. Okoye")
INSTRUCTORS = ("h.baptiste@trcc.example", "g.novak@trcc.example", "c.yellowhair@trcc.example")
PLANTS = ("Kestrel Plant 2", "Kestrel field service", "Kestrel pipe shop")
LEARNERS = 200
LATE_STARTERS = 50


class Learner(NamedTuple):
    """One learner, by every name that a provider uses; `ability` shifts every rating."""

    number: int
    name: str
    school: str
    starts_week: int
    ability: float

    @property
    def ssid(self) -> str:
        """The state's student number."""
        return f"{7_300_000_000 + self.number * 7_919}"

    @property
    def lms_id(self) -> str:
        """The learning management system's own id."""
        return f"S-{100_231 + self.number}"

    @property
    def college_id(self) -> str:
        """The college's own id."""
        return f"C{880_410 + self.number * 3}"

    @property
    def mail(self) -> str:
        """The school mailbox, which the vendor and the issuer know."""
        return f"{self.name.lower().replace(' ', '.')}@students.riverbend.example"

    @property
    def works(self) -> bool:
        """Whether the learner has a place at the employer."""
        return self.number % 5 < 3

    @property
    def at_college(self) -> bool:
        """Whether the learner takes the college's dual-credit course."""
        return self.number % 5 in {0, 3}

    @property
    def teacher(self) -> str:
        """The teacher who rates most of the learner's work."""
        return TEACHERS[self.school][self.number % 2]


def learners(random: Random) -> tuple[Learner, ...]:
    """Make up everybody; learner 0 is always Maya Torres, whose story the demo tells."""
    names = [f"{first} {last}" for first in _FIRST.split() for last in _LAST.split()]
    chosen = ["Maya Torres", *random.sample(names, LEARNERS - 1)]
    return tuple(
        Learner(
            number=number,
            name=name,
            school=SCHOOLS[number % len(SCHOOLS)],
            starts_week=50 if number >= LEARNERS - LATE_STARTERS else 0,
            ability=0.45 if number == 0 else random.gauss(0.3, 0.4),
        )
        for number, name in enumerate(chosen)
    )
