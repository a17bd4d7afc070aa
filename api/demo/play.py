"""Plays the sample into a ledger: registers, publishes, then delivers file after file.

The ledger's clock is played too, so that every fact is recorded on the day its file came and
the record can be asked what it knew at any moment of the two years.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from importlib import resources
from typing import NamedTuple

from api.answers import Tally
from api.demo.deliveries import Delivery, Sample
from api.demo.formats import SSID_SYSTEM
from api.demo.people import Learner
from api.demo.scenes import ZONE, Source
from api.intake import hand_over, keep, settle
from ledger.domain.evidence import EvidenceKind, Identifier
from ledger.domain.facts import (
    AuthorityGranted,
    EnrolmentRecorded,
    PolicyAdopted,
    PolicyPublished,
    ProviderKind,
)
from ledger.domain.ids import FrameworkId, LearnerId, PolicyId, ProviderId
from ledger.errors import Reject
from ledger.service import Ledger
from ledger.standards import native, xapi
from ledger.standards.case import read_case
from ledger.standards.csv_mapping import CsvMapping, read_mapping
from ledger.standards.csv_rows import read_csv
from ledger.standards.items import LineSplitter, read_items
from ledger.standards.translation import Outcome, Translated
from projections.policies import canonical, default_policy, digest

ENROLLING_MAX = 16
ITEM_BYTES_MAX = 1024 * 1024
DISTRICT = "Riverbend Unified School District"


class Provider(NamedTuple):
    """A provider of the sample, and the kinds of evidence it has authority for."""

    name: str
    kind: ProviderKind
    kinds: tuple[EvidenceKind, ...]
    strands: tuple[str, ...] = ()  # codes begin with one of these; empty: all


PROVIDERS: Mapping[Source, Provider] = {
    "lms": Provider("Riverbend school LMS", "lms", ("assessment",)),
    "vendor": Provider("TradeProof Assessments", "assessment_vendor", ("assessment",)),
    "issuer": Provider("Trade Credentials Council", "credential_issuer", ("credential",)),
    "employer": Provider(
        "Kestrel Fabrication", "employer", ("work_based_learning",), ("WELD", "EMPL", "DISP")
    ),
    "college": Provider("Three Rivers College", "college", ("assessment",)),
}


class Clock:
    """Tells the played time while there is one, then the real time."""

    def __init__(self) -> None:
        self.played: datetime | None = None

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.played or datetime.now(UTC)


class Refusal(NamedTuple):
    """One reject, and the file it was in."""

    source: Source
    file: str
    reject: Reject


class Played(NamedTuple):
    """What came of one file."""

    delivery: Delivery
    tally: Tally
    refusals: tuple[Refusal, ...]


class Player:
    """Plays one sample into one ledger; what is there already is recognised."""

    def __init__(self, ledger: Ledger, clock: Clock, sample: Sample) -> None:
        self._ledger, self._clock, self._sample = ledger, clock, sample
        self.providers: dict[Source, ProviderId] = {}
        self._mappings = {
            "employer": _mapping("hours.json"),
            "college": _mapping("checklist.json"),
        }

    def set_up(self) -> None:
        """Register the providers, publish the framework, adopt the default policy."""
        first = self._sample.first
        self._clock.played = datetime.combine(first - timedelta(days=7), time(9), ZONE)
        self._publish_framework()
        self._adopt_policy(first)
        for source, provider in PROVIDERS.items():
            name = self._ledger.register_provider(provider.name, provider.kind)
            self.providers[source] = name
            self._ledger.record_about_provider(self._authority(name, provider))

    def play(self, coming: Callable[[Delivery], None]) -> Iterator[Played]:
        """Deliver every file on its day; `coming` hears of each before it is taken."""
        enrolled: set[int] = set()
        for delivery in self._sample.deliveries:
            self._clock.played = delivery.at
            coming(delivery)
            yield self._deliver(delivery)
            enrolled |= self._enrol(delivery.at, enrolled)
        self._clock.played = None

    # -- inside -----------------------------------------------------------------------------

    def _publish_framework(self) -> None:
        document = self._sample.programme.document
        for outcome in read_case(document):
            assert isinstance(outcome, Translated), outcome
            (fact,) = outcome.frameworks
            self._ledger.publish_framework(fact, document=document)

    def _adopt_policy(self, first: date) -> None:
        document = default_policy()
        policy, named = PolicyId(document.id), digest(document)
        self._ledger.publish_policy(
            PolicyPublished(policy=policy, digest=named, document=canonical(document))
        )
        self._ledger.adopt_policy(
            PolicyAdopted(
                policy=policy, digest=named, level="everywhere", starts_on=first,
                reason="The programme's own policy from its first day on",
            )
        )  # fmt: skip

    def _authority(self, name: ProviderId, provider: Provider) -> AuthorityGranted:
        skills = self._sample.programme.skills
        named = tuple(skill.uri for skill in skills if skill.code.startswith(provider.strands))
        return AuthorityGranted(
            provider=name,
            grant="programme",
            kinds=provider.kinds,
            frameworks=(FrameworkId(self._sample.programme.identifier),),
            competencies=named if provider.strands else (),
            reason="Agreement on the welding programme",
        )

    def _deliver(self, delivery: Delivery) -> Played:
        provider = self.providers[delivery.source]
        translations = list(self._outcomes(delivery))
        begun = hand_over(self._ledger, provider, translations)
        finished = settle(
            translations,
            begun.recorded.result() if begun.recorded else [],
            [(index, future.result()) for index, future in begun.withdrawn],
        )
        keep(self._ledger, provider, finished)
        tally = Tally()
        tally.add(finished.answers)
        refusals = tuple(
            Refusal(delivery.source, delivery.name, reject)
            for one in finished.refused
            for reject in one.rejects[:1]
        )
        return Played(delivery, tally, refusals)

    def _outcomes(self, delivery: Delivery) -> Iterator[Outcome]:
        now = delivery.at
        if delivery.form == "csv":
            mapping, name = self._mappings[delivery.source], delivery.name.rpartition("/")[2]
            return read_csv([delivery.data], mapping, file_name=name, now=now)
        translate = partial(
            xapi.outcome_of if delivery.form == "xapi" else native.outcome_of, now=now
        )
        if delivery.name.endswith(".ndjson"):
            splitter = LineSplitter(bytes_max=ITEM_BYTES_MAX)
            return map(translate, [*splitter.feed(delivery.data), *splitter.close()])
        return map(translate, read_items(delivery.data, bytes_max=ITEM_BYTES_MAX))

    def _enrol(self, now: datetime, already: set[int]) -> set[int]:
        """Enrol whoever's first day has come."""
        due = [
            learner
            for learner in self._sample.people
            if learner.number not in already and self._starts(learner) <= now.date()
        ]
        if due:
            # Side by side, so that they share transactions as they would on a server.
            with ThreadPoolExecutor(ENROLLING_MAX) as threads:
                list(threads.map(self._enrol_one, due))
        return {learner.number for learner in due}

    def _enrol_one(self, learner: Learner) -> None:
        found = self.find(learner)
        if found is not None:
            self._ledger.enrol(self._enrolment(learner, found))

    def find(self, learner: Learner) -> LearnerId | None:
        """Find whom the ledger knows by a sample learner's state number."""
        return self._ledger.learners.find(self.providers["lms"], names(learner))

    def _starts(self, learner: Learner) -> date:
        return self._sample.first + timedelta(weeks=learner.starts_week)

    def _enrolment(self, learner: Learner, found: LearnerId) -> EnrolmentRecorded:
        return EnrolmentRecorded(
            learner=found,
            provider=self.providers["lms"],
            external_id=f"enrolment/{learner.lms_id}",
            programme="48.0508",
            course="Welding Technology",
            school=learner.school,
            district=DISTRICT,
            starts_on=self._starts(learner),
        )


def names(learner: Learner) -> tuple[Identifier, ...]:
    """Give the name by which every provider's records of a learner meet."""
    return (Identifier(type="ssid", system=SSID_SYSTEM, value=learner.ssid),)


def _mapping(name: str) -> CsvMapping:
    return read_mapping(resources.files("api.demo").joinpath(name).read_bytes())
