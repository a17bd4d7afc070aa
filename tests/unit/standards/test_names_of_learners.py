"""Names that are nobody's: taken, they would be one learner for all whose name is missing."""

from __future__ import annotations

import pytest

from ledger.errors import Reject
from ledger.standards import native, xapi
from ledger.standards.items import Item
from ledger.standards.translation import Outcome, Refused, Rejects, Translated
from tests.unit.standards.samples import EVIDENCE, STATEMENT, changed, written

UNSEEN = [
    pytest.param(" ", id="a space"),
    pytest.param("\u00a0", id="a space that does not break"),
    pytest.param("\u3000", id="a space as wide as a letter"),
    pytest.param("\u200b\ufeff", id="no width at all"),
    pytest.param("\u0085", id="a line's end of old"),
]


def outcome_of(learner: object) -> Outcome:
    return native.outcome_of(Item(0, written(changed(EVIDENCE, "learner", learner))))


def refused(learner: object) -> Rejects:
    outcome = outcome_of(learner)
    assert isinstance(outcome, Refused)
    return outcome.rejects


@pytest.mark.parametrize("text", UNSEEN)
@pytest.mark.parametrize(
    ("path", "learner"),
    [
        pytest.param("/learner/id", lambda text: {"id": text}, id="own"),
        pytest.param(
            "/learner/identifiers/0/value",
            lambda text: {"identifiers": [{"type": "ssid", "value": text}]}, id="the state's",
        ),
    ],
)  # fmt: skip
def test_an_id_that_nobody_sees_is_refused(text: str, path: str, learner: object) -> None:
    assert callable(learner)
    (reject,) = refused(learner(text))
    assert (reject.where, reject.expected) == (path, "text on one line, not blank")


def test_an_id_may_begin_with_what_nobody_sees() -> None:
    learner = {"id": "\u200b \u00a0S-1"}
    assert isinstance(outcome_of(learner), Translated)


@pytest.mark.parametrize("text", ["", "\n", *UNSEEN])
def test_an_account_without_a_name_is_refused(text: str) -> None:
    agent = {"account": {"homePage": "https://lms.example.org", "name": text}}
    outcome = xapi.outcome_of(Item(0, written(changed(STATEMENT, "actor", agent))))
    assert isinstance(outcome, Refused)
    assert [(one.where, one.why) for one in outcome.rejects] == [
        ("/actor/account/name", "is not text that is not blank")
    ]


@pytest.mark.parametrize(
    ("kind", "value", "what"),
    [
        pytest.param("email", "none", "an e-mail address", id="no address"),
        pytest.param("Email", "N/A", "an e-mail address", id="none, in capitals"),
        pytest.param("mbox", "mailto:", "an e-mail address", id="nothing after the scheme"),
        pytest.param("mbox", "mailto:@example.org", "an e-mail address", id="nobody's"),
        pytest.param("mbox_sha1sum", "0", "the 40 hex digits of a SHA-1", id="no hash"),
    ],
)
def test_what_is_no_mailbox_names_nobody(kind: str, value: str, what: str) -> None:
    mailbox = {"type": kind, "value": value}
    learner = {"id": "S-1", "identifiers": [{"type": "ssid", "value": "7"}, mailbox]}
    assert refused(learner) == (Reject("/learner/identifiers/1/value", f"is not {what}", what),)


@pytest.mark.parametrize("value", ["jo@example.org", "MAILTO:jo@example.org", " jo@example.org "])
def test_a_mailbox_is_taken_as_it_is_written(value: str) -> None:
    learner = {"identifiers": [{"type": "email", "value": value}]}
    assert isinstance(outcome_of(learner), Translated)
