"""A member named twice in one object is always told of, however the text is written."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from ledger.standards.json_text import canonical, text_rejects, value_of

Pairs = list[tuple[str, object]]
NAMES = st.text('ab":\\ \n', max_size=3)
GAPS = st.sampled_from(["", " ", "\n", "\t", "  "])


class Written:
    """An object as pairs, so that it can name a member twice."""

    def __init__(self, pairs: Pairs, gap: str) -> None:
        self.pairs, self.gap = pairs, gap

    def repeats(self) -> bool:
        names = [name for name, _ in self.pairs]
        return len(set(names)) < len(names) or any(repeats(value) for _, value in self.pairs)

    def __repr__(self) -> str:
        return text_of(self)


def repeats(value: object) -> bool:
    if isinstance(value, Written):
        return value.repeats()
    return isinstance(value, list) and any(map(repeats, value))


def text_of(value: object) -> str:
    if isinstance(value, Written):
        gap = value.gap
        members = (
            f"{gap}{quoted(name, gap)}{gap}:{gap}{text_of(each)}" for name, each in value.pairs
        )
        return "{" + ",".join(members) + gap + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(text_of, value)) + "]"
    return quoted(value, "") if isinstance(value, str) else json.dumps(value)


def quoted(name: str, gap: str) -> str:
    # Without gaps a colon as a number, so that nothing else gives the text away.
    written = {'"': "\\u0022"} if gap else {":": "\\u003a"}
    return '"' + "".join(written.get(one) or json.dumps(one)[1:-1] for one in name) + '"'


VALUES: st.SearchStrategy[object] = st.recursive(
    st.none() | st.integers(-9, 9) | NAMES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.builds(Written, st.lists(st.tuples(NAMES, inner), max_size=4), GAPS)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_a_member_is_named_twice_or_the_text_is_taken(value: object) -> None:
    text = text_of(value).encode()
    decoded = value_of(text)
    found = text_rejects(text, canonical(decoded), decoded)
    assert bool(found) == repeats(value)
    assert {one.why for one in found} <= {"is named twice"}


def test_a_colon_that_is_written_as_a_number_hides_no_second_naming() -> None:
    for colon in (b"003a", b"003A"):
        text = b'{"a":1,"a":"\\"\\u' + colon + b'"}'
        decoded = value_of(text)
        (found,) = text_rejects(text, canonical(decoded), decoded)
        assert found.where == "/a"
