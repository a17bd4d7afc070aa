"""Every framework and statement file of the shared data goes in, or is refused for a right reason."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from ledger.errors import InvalidDocumentError
from ledger.standards.detect import translate
from ledger.standards.translation import Outcome, Refused, Translated, Translation, collect

DATA = Path(__file__).parents[3] / "shared" / "data"
STATEMENTS, FRAMEWORKS = DATA / "statements", DATA / "standards" / "frameworks"
EXPIRES = "/context/extensions/https:~1~1w3id.org~1xapi~1comp~1contextextensions~1expires"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")

PUBLISHED = {  # competencies, associations
    "case/opensalt/AdoptedTestFramework.json": (1, 1),
    "case/opensalt/EmptyExternalFramework.json": (0, 0),
    "case/opensalt/ItemTypeTestFramework.json": (1, 1),
    "case/opensalt/MarkdownFramework.json": (2, 2),
    "case/opensalt/Ordering.json": (28, 28),
    "case/opensalt/SequenceNumberFramework.json": (2, 2),
    "case/opensalt/SmartLevelFramework.json": (14, 14),
    "case/opensalt/Utf8TestFramework.json": (1, 1),
    "case/opensalt/opensalt-framework-20c5134f-423d-4097-a971-3dd5152bf507.json": (16, 39),
    "case/smarter-balanced/mockDOK.json": (15, 15),
    "case/smarter-balanced/mockIT.json": (19, 19),
    "case/smarter-balanced/mockMATHPackage.json": (48, 67),
    "ctdl-asn/ConnectingCredentials.json": (91, 91),
    "ctdl-asn/DQP.jsonld": (83, 83),
    "ctdl-asn/ONET_Abilities_Competency_Framework_9-27-19.json": (71, 71),
    "ctdl-asn/ONET_Basic_Skills_Competency_Framework_9-27-19.json": (12, 12),
    "ctdl-asn/ONET_Cross-Functional_Skills_Competency_Framework_9-27-19.json": (30, 30),
    "ctdl-asn/ONET_Knowledge_Competency_Framework_9-27-19.json": (41, 41),
    "ctdl-asn/SampleCompetencyFramework_with_Envelope.json": (13, 13),
    "ctdl-asn/bcsp-asp.json": (170, 170),
    "ctdl-asn/bcsp-cet.json": (282, 282),
    "ctdl-asn/bcsp-chst.json": (177, 177),
    "ctdl-asn/bcsp-ohst.json": (101, 101),
    "ctdl-asn/bcsp-sts.json": (61, 61),
    "ctdl-asn/bcsp-stsc.json": (66, 66),
}
REFUSED = {  # where, why
    "ctdl-asn/ConnectingCredentialsLevels.json": (
        "/@graph",
        "has 0 frameworks among skos:Concept, skos:ConceptScheme",
    ),
    "ctdl-pathways/CompTIA-IT_Networking_Specialist.jsonld": (
        "/@graph",
        "has 0 frameworks among ceterms:BasicComponent, ceterms:Certification, ceterms:Pathway",
    ),
    "ctdl-pathways/HutchinsonWeldingAAS.json": (  # several documents in one file
        "",
        "JSON is malformed: trailing characters (byte 560)",
    ),
}
BAD_STATEMENTS = {
    "competency_bad_date.json": (EXPIRES, "is not a date and time"),
    "credential_bad_date.json": (EXPIRES, "is not a date and time"),
    "completed_mboxsha.json": (
        "/actor/mbox_sha1sum",
        "is not the 40 hex digits of a SHA-1",
    ),
}
JUDGED = {"passed.json": "assessment", "credential.json": "credential"}


def read(path: Path) -> Translation:
    with path.open("rb") as file:
        return collect(translate(iter(lambda: file.read(65_536), b""), file_name=path.name))


def is_json(path: Path) -> bool:
    return path.suffix in {".json", ".jsonld"}


def test_every_framework_file_is_accounted_for() -> None:
    found = {
        path.relative_to(FRAMEWORKS).as_posix() for path in FRAMEWORKS.rglob("*") if is_json(path)
    }
    assert found == {*PUBLISHED, *REFUSED}


@pytest.mark.parametrize(("name", "counts"), PUBLISHED.items(), ids=PUBLISHED)
def test_a_framework_goes_in_whole(name: str, counts: tuple[int, int]) -> None:
    translation = read(FRAMEWORKS / name)
    (framework,) = translation.frameworks
    assert translation.rejects == ()
    assert (len(framework.competencies), len(framework.associations)) == counts


@pytest.mark.parametrize(("name", "reason"), REFUSED.items(), ids=REFUSED)
def test_what_is_no_framework_is_refused(name: str, reason: tuple[str, str]) -> None:
    translation = read(FRAMEWORKS / name)
    assert translation.translated == ()
    assert [(each.where, each.why) for _, each in translation.rejects] == [reason]


def test_every_competency_statement_goes_in_or_says_why_not() -> None:
    paths = sorted((STATEMENTS / "elrr-competency").glob("*.json"))
    reasons: dict[str, tuple[str, str]] = {}
    judged: dict[str, str] = {}
    for path in paths:
        translation = read(path)
        outcomes: list[Outcome] = [*translation.translated, *translation.refused]
        (outcome,) = outcomes
        if isinstance(outcome, Refused):
            reasons[path.name] = (outcome.rejects[0].where, outcome.rejects[0].why)
        elif (kind := outcome.submissions[0].evidence.kind) != "activity":
            judged[path.name] = kind
    assert len(paths) == 19
    assert reasons == BAD_STATEMENTS
    assert judged == JUDGED


def test_what_a_teacher_assigned_is_not_credited_to_the_teacher() -> None:
    found = {
        name: read(STATEMENTS / "elrr-competency" / name).submissions[0][1].learner_name
        for name in (
            "assigned_not_by_learner_competency.json",
            "assigned_not_by_learner_credential.json",
            "was_assigned_by_learner_credential.json",
        )
    }
    assert list(found.values()) == ["Student Mando", "Study O'Learner", "Study O'Learner"]


@pytest.mark.parametrize(
    ("name", "count"),
    [("tc3-recorded-2814.json", 2_814), ("fun-mooc-video-11000.jsonl.gz", 11_000)],
)
def test_every_recorded_statement_goes_in_as_activity(name: str, count: int) -> None:
    with (STATEMENTS / name).open("rb") as file:
        outcomes = translate(iter(lambda: file.read(65_536), b""), file_name=name)
        kinds = Counter(
            submission.evidence.kind
            for outcome in outcomes
            if isinstance(outcome, Translated)
            for submission in outcome.submissions
        )
    assert kinds == {"activity": count}


@pytest.mark.parametrize("name", ["cmi5.jsonld", "learnercompetencyassertion.json"])
def test_a_profile_is_told_that_it_is_no_evidence(name: str) -> None:
    with pytest.raises(InvalidDocumentError, match="in no known format"):
        read(STATEMENTS / "profiles" / name)
