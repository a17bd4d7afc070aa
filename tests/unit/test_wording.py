"""What may be a name, and what may be a reason."""

from __future__ import annotations

from uuid import UUID

import pytest

from ledger.domain.facts import AuthorityRevoked, ProviderRegistered, ProviderSuspended
from ledger.domain.ids import ProviderId
from ledger.domain.wording import check, fault_of_line, fault_of_prose
from ledger.errors import InvalidDocumentError
from tests.ledgers import NOON

SOMEBODY = ProviderId(UUID(int=1))
CONTROL = "holds a control character"


@pytest.mark.parametrize(
    ("text", "line", "prose"),
    [
        pytest.param("Riverside Welding", "", "", id="a name"),
        pytest.param("Łódź – 高校 (№ 4)", "", "", id="in any language"),
        pytest.param("न‍क्ष", "", "", id="with a joiner inside"),
        pytest.param("two\nlines\tof it\r\n", CONTROL, "", id="lines and tabs"),
        pytest.param("", "is blank", "is blank", id="nothing"),
        pytest.param("  ", "is blank", "is blank", id="spaces"),
        pytest.param("\n\t", CONTROL, "is blank", id="empty lines"),
        pytest.param("\u00a0\u200b\ufeff", "is blank", "is blank", id="nothing to be seen"),
        pytest.param("a\0b", CONTROL, CONTROL, id="U+0000"),
        pytest.param("a\x1b[31mb", CONTROL, CONTROL, id="a terminal's escape"),
        pytest.param("a\x7fb", CONTROL, CONTROL, id="delete"),
        pytest.param("a\x85b", CONTROL, CONTROL, id="a control character of Latin-1"),
        pytest.param("a\udcffb", CONTROL, CONTROL, id="a byte that is no UTF-8"),
    ],
)
def test_a_name_is_a_line_and_a_reason_is_prose(text: str, line: str, prose: str) -> None:
    assert (fault_of_line(text), fault_of_prose(text)) == (line, prose)


def test_every_member_that_is_wrong_is_named() -> None:
    fact = AuthorityRevoked(provider=SOMEBODY, grant="a\0", ends_at=NOON, reason=" ")
    with pytest.raises(InvalidDocumentError) as refused:
        check(fact)
    assert [(one.where, one.why) for one in refused.value.rejects] == [
        ("/grant", CONTROL),
        ("/reason", "is blank"),
    ]


def test_what_is_well_said_is_taken() -> None:
    check(ProviderRegistered(provider=SOMEBODY, name="Riverside", kind="school"))
    check(ProviderSuspended(provider=SOMEBODY, starts_at=NOON, reason="see:\n- the letter"))
