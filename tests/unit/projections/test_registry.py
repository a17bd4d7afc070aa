"""What evidence is read against: frameworks, authority, adopted policies."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from ledger.domain.catalogue import UnknownFact
from ledger.domain.evidence import Alignment
from ledger.domain.facts import AuthorityRevoked, ProviderReinstated, ProviderSuspended
from ledger.domain.ids import FrameworkId
from projections.registry import Registry
from tests.builders import FRAMEWORK, Given, competency, day, learner, policy, provider, uri

SERVED = f"https://other.example/ims/case/v1p0/CFItems/{competency('W1').identifier}"


@pytest.mark.parametrize(
    ("alignment", "found"),
    [
        pytest.param(Alignment(competency=uri("W1")), True, id="its URI"),
        pytest.param(
            Alignment(competency=uri("W1").replace("https", "http")), True, id="http for https"
        ),
        pytest.param(
            Alignment(competency=competency("W1").identifier.upper()), True, id="its identifier"
        ),
        pytest.param(Alignment(competency=SERVED), True, id="the address at which CASE serves it"),
        pytest.param(Alignment(competency=SERVED.replace("CFItems", "x")), False, id="another end"),
        pytest.param(
            Alignment(competency="W1", framework=FRAMEWORK), True, id="code and framework"
        ),
        pytest.param(Alignment(competency="W1"), False, id="a code alone names nothing"),
        pytest.param(Alignment(competency=uri("W9")), False, id="not in any framework"),
        pytest.param(
            Alignment(competency=uri("W1"), framework="unheard of"), True, id="URI, other framework"
        ),
    ],
)
def test_an_alignment_is_resolved_by_uri_identifier_or_code(
    alignment: Alignment, found: bool
) -> None:
    given = Given()
    given.framework()
    resolved = Registry.fold(given.facts).resolve(alignment)
    assert (resolved is not None and resolved.competency == uri("W1")) is found


def test_the_version_that_an_alignment_names_is_respected() -> None:
    given = Given()
    given.framework("W1", version="v1")
    given.framework("W1", "W2", version="v2")
    registry = Registry.fold(given.facts)

    def version(code: str, named: str | None) -> str | None:
        alignment = Alignment(competency=code, framework=FRAMEWORK, framework_version=named)
        found = registry.resolve(alignment)
        return found.version if found else None

    assert version("W1", None) == "v2"
    assert version("W1", "v1") == "v1"
    assert version("W1", "unheard of") == "v2"
    assert version("W2", "v1") == "v2", "what a version lacks is looked for in the latest"


def test_what_the_latest_version_dropped_is_still_known() -> None:
    given = Given()
    given.framework("W1", "W2", version="v1")
    given.framework("W1", version="v2")
    found = Registry.fold(given.facts).resolve(Alignment(competency=uri("W2")))
    assert found is not None
    assert found.version == "v1"


def standing(given: Given, on: datetime) -> str | None:
    registry = Registry.fold(given.facts)
    resolved = registry.resolve(Alignment(competency=uri("W1")))
    assert resolved is not None
    found = registry.authority.standing(provider(), "assessment", resolved, on)
    return found[0] if found else None


@pytest.mark.parametrize(
    ("terms", "outside"),
    [
        pytest.param({}, False, id="everything, always"),
        pytest.param({"kinds": ("credential",)}, True, id="another kind"),
        pytest.param({"kinds": ("assessment",)}, False, id="this kind"),
        pytest.param({"frameworks": (FrameworkId("other"),)}, True, id="another framework"),
        pytest.param({"competencies": ("W1",)}, False, id="this competency by code"),
        pytest.param({"competencies": (uri("W2"),)}, True, id="another competency"),
        pytest.param({"starts_at": day(5)}, False, id="from this very moment"),
        pytest.param({"starts_at": day(6)}, True, id="from later on"),
        pytest.param({"ends_at": day(5)}, False, id="until this very moment"),
        pytest.param({"ends_at": day(4)}, True, id="until before"),
    ],
)
def test_a_grant_covers_what_it_names_and_when(terms: dict[str, object], outside: bool) -> None:
    given = Given()
    given.framework()
    given.grant(1, **terms)
    assert standing(given, day(5)) == ("outside_authority" if outside else None)


def test_without_a_grant_nothing_counts() -> None:
    given = Given()
    given.framework()
    assert standing(given, day(5)) == "outside_authority"


def test_a_revocation_leaves_what_occurred_before_it() -> None:
    given = Given()
    given.framework()
    given.grant()
    revoked = AuthorityRevoked(provider=provider(), grant="all", ends_at=day(5), reason="left")
    given.fact(provider(), revoked)
    assert standing(given, day(4)) is None
    assert standing(given, day(5)) == "outside_authority"
    given.grant(starts_at=day(8))
    assert standing(given, day(9)) is None
    given.fact(provider(), replace(revoked, ends_at=day(10)))
    assert [standing(given, day(on)) for on in (4, 6, 9, 10)] == [
        None, "outside_authority", None, "outside_authority",
    ]  # fmt: skip


def test_a_suspension_ends_but_what_occurred_in_it_never_counts() -> None:
    given = Given()
    given.framework()
    given.grant()
    given.fact(provider(), ProviderSuspended(provider=provider(), starts_at=day(5), reason="?"))
    assert standing(given, day(4)) is None
    assert standing(given, day(9)) == "provider_suspended"
    given.fact(provider(), ProviderReinstated(provider=provider(), at=day(8), reason="!"))
    assert standing(given, day(6)) == "provider_suspended"
    assert standing(given, day(8)) is None


LEVELS = ("everywhere", "framework", "state", "district", "school", "programme")
SCOPES = {"framework": FRAMEWORK, **{level: f"my {level}" for level in LEVELS[2:]}}


@pytest.mark.parametrize("width", range(1, len(LEVELS) + 1))
def test_the_most_specific_adoption_decides(width: int) -> None:
    given = Given()
    for level in reversed(LEVELS[:width]):
        given.policy(policy(f"for-{level}"), level=level, scope=SCOPES.get(level, ""))  # type: ignore[arg-type]  # a row's text
    enrolled = given.enrolled(
        learner(), programme="my programme", school="my school", district="my district",
        state="my state",
    ).fact  # fmt: skip
    registry = Registry.fold(given.facts)
    judge = registry.policy_for(FRAMEWORK, [enrolled], day(0))  # type: ignore[list-item]  # as built above
    assert judge.policy == f"for-{LEVELS[width - 1]}"
    outsider = registry.policy_for(FrameworkId("other"), [], day(0))
    assert outsider.policy == "for-everywhere"


def test_without_adoptions_the_shipped_policy_decides() -> None:
    assert Registry().policy_for(FRAMEWORK, (), day(0)).policy == "demonstrated-mastery"


def test_an_adoption_holds_from_its_day_on_and_the_later_one_wins() -> None:
    given = Given()
    given.policy(policy("first"), starts_on=date(2026, 2, 1))
    given.policy(policy("second"), starts_on=date(2026, 3, 1))
    registry = Registry.fold(given.facts)

    def deciding(on: datetime) -> str:
        return registry.policy_for(None, (), on).policy

    assert deciding(datetime(2026, 1, 31, 23, 59, tzinfo=UTC)) == "demonstrated-mastery"
    assert deciding(datetime(2026, 2, 1, tzinfo=UTC)) == "first"
    assert deciding(datetime(2026, 3, 1, tzinfo=UTC)) == "second"
    assert registry.adoptions.turns_after(date(2026, 2, 1), ()) == datetime(2026, 3, 1, tzinfo=UTC)


def test_a_fact_of_a_newer_program_is_carried_past() -> None:
    given = Given()
    given.framework()
    given.fact(provider(), UnknownFact(topic="mastery.from-tomorrow.v1", body=b"{}"))
    registry = Registry.fold(given.facts)
    assert registry.position == 2
    assert registry.revision == 1
