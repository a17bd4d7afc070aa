"""A small ledger that pages are looked at with: a welding programme, six learners worth a look.

The clock is set by the story, so that dates, and with them screenshots, are the same each time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any, cast
from uuid import UUID

import msgspec

from ledger.domain.evidence import (
    Alignment,
    Context,
    Credential,
    Criterion,
    Evidence,
    Facet,
    Identifier,
    Link,
    Party,
    Result,
    Source,
    Submission,
    WorkBasedLearning,
)
from ledger.domain.facts import (
    AuthorityGranted,
    EnrolmentRecorded,
    FrameworkPublished,
    ProviderKind,
)
from ledger.domain.framework import Competency, Strand
from ledger.domain.ids import EvidenceId, FrameworkId, LearnerId, ProviderId
from ledger.service import Ledger, Receipt

FRAMEWORK = FrameworkId("0d3f2b8e-4c1a-4e55-9d0b-6a2f7c1e9b40")
SCALE = ("Beginning", "Developing", "Proficient", "Advanced")
SCRIPT = "<script>document.title='owned'</script>"
GIVEN = ("Maya", "Jonas", "Leila", "Mateo", "Grace", "Tomasz")
FAMILY = ("Rivera", "Nguyen", "Haddad", "Kowalski", "Brooks")
LONG = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaftschafers"
COMPETENCIES: tuple[tuple[str, Strand, str], ...] = (
    ("WELD.1.1", "technical", "Choose and wear protective equipment for the process at hand"),
    ("WELD.2.3", "technical", "Run a horizontal fillet weld that meets AWS D1.1 by eye"),
    ("WELD.3.2", "technical", "Read a weld symbol and set up the joint that it calls for"),
    ("WELD.5.1", "technical", "Cut plate by oxy-fuel, square and free of slag"),
    ("ACAD.M.1", "academic", "Solve for an unknown length or angle with trigonometry"),
    ("ACAD.L.2", "academic", "Write a procedure that another person can follow"),
    ("EMPL.2.1", "employability", "Hand over a shift so that nothing is lost"),
    ("DISP.1.3", "dispositions", "Take feedback, and show in the next piece that it was heard"),
)


class Clock:
    """A clock that stands where the story has come to."""

    def __init__(self) -> None:
        self.now = datetime(2025, 9, 1, 15, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def on(self, month: int, day: int, *, year: int = 2026) -> datetime:
        self.now = max(self.now, datetime(year, month, day, 15, 30, tzinfo=UTC))
        return self.now


@dataclass
class Seeded:
    """What was put into a ledger, by the names that tests use."""

    ledger: Ledger
    clock: Clock
    providers: dict[str, ProviderId] = field(default_factory=dict[str, ProviderId])
    learners: dict[str, LearnerId] = field(default_factory=dict[str, LearnerId])
    evidence: dict[str, EvidenceId] = field(default_factory=dict[str, EvidenceId])
    tokens: dict[str, str] = field(default_factory=dict[str, str])

    def say(
        self, provider: str, learner: str, name: str, *, kind: str = "assessment",
        about: Sequence[tuple[str, str]] = (), document: bytes | None = None, **more: object,
    ) -> Receipt:  # fmt: skip
        """Submit one piece of evidence, named `name`, with a level per competency."""
        sent = hashlib.sha256(document).digest() if document else _digest(name)
        evidence = Evidence(
            kind=cast("Any", kind),
            occurred_at=self.clock.now - timedelta(days=1),
            source=Source(format="native", external_id=name, sha256=sent.hex()),
            alignments=tuple(
                Alignment(
                    competency=code, framework=FRAMEWORK, result=Result(level=level, scale=SCALE)
                )
                for code, level in about
            ),
            **cast("dict[str, Any]", more),
        )
        submission = Submission(
            learner=(Identifier(type="ssid", value=f"S-{_number(learner)}"),),
            learner_name=learner, evidence=evidence, digest=sent,
            document=document, media_type="application/json" if document else None,
        )  # fmt: skip
        (receipt,) = self.ledger.submit(self.providers[provider], [submission]).result()
        assert isinstance(receipt, Receipt), receipt
        self.learners[learner] = receipt.learner
        self.evidence[name] = receipt.evidence
        return receipt

    def number(self, learner: str) -> int:
        """Give the student number that every provider knows somebody by."""
        return _number(learner)


def seed(ledger: Ledger, clock: Clock) -> Seeded:
    """Tell the story, from the framework to the last piece of evidence."""
    story = Seeded(ledger, clock)
    _reference(story)
    _ada(story)
    _others(story)
    for role in ("reader", "auditor", "steward", "operator"):
        story.tokens[role] = ledger.access.issue(role, label=f"The {role}")
    for name in ("employer", "lms"):
        story.tokens[name] = ledger.access.issue(
            "provider", label=name, provider=story.providers[name]
        )
    return story


def _reference(story: Seeded) -> None:
    kinds: dict[str, tuple[str, ProviderKind]] = {
        "lms": ("Cedar Valley Career Center", "lms"),
        "vendor": ("SkillCheck Assessments", "assessment_vendor"),
        "issuer": ("American Welding Society", "credential_issuer"),
        "employer": ("Riverside Fabrication", "employer"),
        "stranger": ("Uncle Bob's Garage", "other"),
    }
    for name, (title, kind) in kinds.items():
        story.providers[name] = story.ledger.register_provider(title, kind)
        if name != "stranger":
            grant = AuthorityGranted(provider=story.providers[name], grant="all")
            story.ledger.record_about_provider(grant)
    framework = FrameworkPublished(
        framework=FRAMEWORK, version=_digest("framework").hex(),
        title="Welding technology, programme of study",
        uri="https://frameworks.example/welding",
        competencies=tuple(
            Competency(
                identifier=str(UUID(bytes=_digest(code)[:16])), uri=f"https://frameworks.example/welding/{code}",
                statement=statement, code=code, strand=strand,
            )
            for code, strand, statement in COMPETENCIES
        ),
    )  # fmt: skip
    story.ledger.publish_framework(framework, document=msgspec.json.encode(framework))


def _ada(story: Seeded) -> None:
    """Somebody with something of everything."""
    who, clock, say = "Ada Okafor", story.clock, story.say
    floor, shop = Context(site="Riverside, bay 4"), Context(site="Cedar Valley, shop 2")
    judge, chief = (
        Party(id="t-17", name="M. Ruiz"),
        Party(id="r-03", name="J. Lindqvist", role="supervisor"),
    )
    explained: tuple[Facet, ...] = ("performance", "explanation")
    clock.on(9, 8, year=2025)
    say("lms", who, "ppe-1", about=[("WELD.1.1", "Proficient")], context=shop, evaluator=judge,
        facets=explained, title="Shop safety check",
        document=b'{"check": "safety", "glove": "</pre><script>document.title=1</script>"}')  # fmt: skip
    story.ledger.enrol(
        EnrolmentRecorded(
            learner=story.learners[who], provider=story.providers["lms"], external_id="e1",
            programme="Welding technology (48.0508)", school="Cedar Valley Career Center",
            starts_on=date(2025, 9, 1), ends_on=date(2027, 6, 11),
        )
    )  # fmt: skip
    clock.on(10, 2, year=2025)
    say("lms", who, "fillet-1", about=[("WELD.2.3", "Developing"), ("DISP.1.3", "Developing")],
        context=Context(site="Cedar Valley, shop 2", task="Fillet weld, horizontal", attempt=1),
        evaluator=judge, title="Fillet weld coupon, first attempt",
        criteria=(Criterion(criterion="Leg size", level="Proficient"),
                  Criterion(criterion="Undercut", level="Developing", comment="2 mm over 40 mm")))  # fmt: skip
    clock.on(10, 20, year=2025)
    say("stranger", who, "garage-1", about=[("WELD.2.3", "Advanced")], title="Helped on weekends")
    clock.on(11, 14, year=2025)
    say("lms", who, "fillet-2", about=[("WELD.2.3", "Proficient"), ("DISP.1.3", "Proficient")],
        context=Context(site="Cedar Valley, shop 2", task="Fillet weld, horizontal", attempt=2),
        evaluator=judge, title="Fillet weld coupon, revised", revises=story.evidence["fillet-1"],
        facets=("performance", "explanation", "revision"),
        narrative="I slowed down at the end of the bead and kept the angle at 45 degrees.",
        links=(Link(uri="https://portfolio.example/ada/coupon-2.jpg", name="Photograph of the coupon"),
               Link(uri="javascript:alert(1)", name="A link that must not work")))  # fmt: skip
    _ada_at_work(story, who, floor, chief)
    _ada_later(story, who, floor, chief)


def _ada_at_work(story: Seeded, who: str, floor: Context, chief: Party) -> None:
    clock, say = story.clock, story.say
    explained: tuple[Facet, ...] = ("performance", "explanation")
    clock.on(12, 5, year=2025)
    say("vendor", who, "trig-1", about=[("ACAD.M.1", "Proficient")], title="Trigonometry for trades",
        result=Result(score=Decimal(41), max=Decimal(50), success=True), context=Context(assessment="TT-2"))  # fmt: skip
    clock.on(1, 16)
    say("employer", who, "bay-1", kind="work_based_learning", about=[("WELD.1.1", "Proficient"), ("WELD.2.3", "Proficient")],
        context=floor, evaluator=chief, hours=Decimal("38.5"), title="Two weeks in bay 4", facets=explained,
        work_based_learning=WorkBasedLearning(activity="internship", setting="workplace", paid=True,
                                              employer=Party(id="riverside", name="Riverside Fabrication"), supervisor=chief))  # fmt: skip


def _ada_later(story: Seeded, who: str, floor: Context, chief: Party) -> None:
    clock, say = story.clock, story.say
    clock.on(2, 3)
    say("issuer", who, "aws-1", kind="credential", about=[("WELD.2.3", "Proficient")], title="AWS Certified Welder",
        credential=Credential(id="https://aws.example/cw", name="AWS Certified Welder, D1.1 fillet",
                              issuer=Party(id="aws", name="American Welding Society"),
                              valid_until=datetime(2028, 2, 3, tzinfo=UTC)))  # fmt: skip
    clock.on(2, 20)
    say("lms", who, "symbols-1", about=[("WELD.3.2", "Proficient")], title="Weld symbols, bench test",
        context=Context(site="Cedar Valley, shop 2"), evaluator=Party(id="t-17", name="M. Ruiz"))  # fmt: skip
    say(
        "lms",
        who,
        "attendance-1",
        kind="activity",
        about=[("WELD.3.2", "Proficient")],
        title="Attended 14 sessions",
    )
    clock.on(3, 9)
    say("employer", who, "handover-1", kind="work_based_learning", about=[("EMPL.2.1", "Proficient")], context=floor,
        evaluator=chief, hours=Decimal(12), title="Hand-over of the evening shift",
        work_based_learning=WorkBasedLearning(activity="internship", setting="workplace",
                                              employer=Party(id="riverside", name="Riverside Fabrication")))  # fmt: skip
    clock.on(4, 2)
    say("lms", who, "wrong-1", about=[("WELD.5.1", "Advanced")], title="Oxy-fuel cutting")
    clock.on(4, 6)
    _correct(story)
    story.ledger.withdraw(
        story.providers["lms"],
        evidence=story.evidence["wrong-1"],
        reason="it was another learner's plate",
    ).result()
    clock.on(5, 15)
    say("lms", who, "procedure-1", about=[("ACAD.L.2", "Developing")], title="Start-up procedure for the saw",
        credits=Decimal("0.5"), credit_type="dual", facets=("explanation",))  # fmt: skip


def _correct(story: Seeded) -> None:
    receipt = story.ledger.correct(
        story.providers["vendor"], story.evidence["trig-1"],
        Evidence(
            kind="assessment", occurred_at=datetime(2025, 12, 4, 15, 30, tzinfo=UTC),
            source=Source(format="native", external_id="trig-1", external_version="2"),
            alignments=(Alignment(competency="ACAD.M.1", framework=FRAMEWORK,
                                  result=Result(level="Proficient", scale=SCALE)),),
            title="Trigonometry for trades", result=Result(score=Decimal(44), max=Decimal(50), success=True),
            context=Context(assessment="TT-2"),
        ),
        reason="question 7 was keyed wrongly", digest=_digest("trig-1, corrected"),
    ).result()[0]  # fmt: skip
    assert isinstance(receipt, Receipt), receipt


def _others(story: Seeded) -> None:
    clock = story.clock
    clock.on(5, 18)
    for name in (SCRIPT, LONG, "María-José Ñúñez", "ليلى حداد", "Ben Carter"):
        story.say(
            "lms", name, f"first of {name}", about=[("WELD.1.1", "Developing")],
            title=f"Safety check of {name}" if name == SCRIPT else "Safety check",
            narrative="<img src=x onerror=\"document.title='owned'\">",
        )  # fmt: skip
    for number, (given, family) in enumerate(product(GIVEN, FAMILY)):
        name = f"{given} {family}"
        story.say(
            "lms",
            name,
            f"first of {name}",
            about=[("WELD.1.1", SCALE[number % 4])],
            title="Safety check",
        )
    clock.on(6, 1)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _number(name: str) -> int:
    return int.from_bytes(_digest(name)[:3]) % 900_000 + 100_000
