"""Names and reasons as people give them: something is said, and a page or a line can show it.

A name stands on one line. A reason is prose: line breaks and tabs are its only control characters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from ledger.domain.fact import Fact
from ledger.errors import InvalidDocumentError, Reject

LINE_EXPECTED = "text on one line, not blank"
PROSE_EXPECTED = "text that is not blank; no control characters but line breaks and tabs"
_BREAKS = str.maketrans("", "", "\t\n\r")
# Control characters, and halves of characters, which no UTF-8 has.
_REFUSED = frozenset({"Cc", "Cs"})
_UNSEEN = frozenset({"Cf", "Zs", "Zl", "Zp"})
_EXPECTED: Mapping[str, str] = {
    "name": LINE_EXPECTED, "grant": LINE_EXPECTED, "reason": PROSE_EXPECTED,
}  # fmt: skip


def fault_of_line(text: str) -> str:
    """Say what is wrong with a name or an id; "" where nothing is."""
    kinds = {unicodedata.category(each) for each in text}
    if kinds & _REFUSED:
        return "holds a control character"
    return "" if kinds - _UNSEEN else "is blank"


def is_seen(text: str) -> bool:
    """Say whether there is anything in a text that a page could show."""
    return any(unicodedata.category(each) not in _REFUSED | _UNSEEN for each in text)


def fault_of_prose(text: str) -> str:
    """Say what is wrong with a reason; "" where nothing is."""
    return fault_of_line(text.translate(_BREAKS))


def check_line(what: str, member: str, text: str) -> None:
    """Take a name.

    Raises:
        InvalidDocumentError: it is blank or holds a control character.
    """
    if why := fault_of_line(text):
        raise InvalidDocumentError(what, (Reject(f"/{member}", why, LINE_EXPECTED),))


def check(fact: Fact) -> None:
    """Take a fact about providers, policies and the like.

    Raises:
        InvalidDocumentError: its name, its grant or its reason is blank or holds what none may.
    """
    rejects: list[Reject] = []
    for member in _EXPECTED.keys() & set(fact.__struct_fields__):
        text: str | None = getattr(fact, member)
        look = fault_of_prose if member == "reason" else fault_of_line
        if text is not None and (why := look(text)):
            rejects.append(Reject(f"/{member}", why, _EXPECTED[member]))
    if rejects:
        raise InvalidDocumentError(fact.TOPIC, sorted(rejects))
