"""Which names mean the same learner."""

from __future__ import annotations

import hashlib
from uuid import UUID

import pytest

from ledger.domain.evidence import Identifier
from ledger.domain.identity import identity_parts
from ledger.domain.ids import ProviderId

PROVIDER = ProviderId(UUID(int=7))
DIGEST = hashlib.sha1(b"mailto:jo@example.org").hexdigest()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        pytest.param("mbox", "mailto:jo@example.org", id="xAPI's mbox"),
        pytest.param("mbox", "MAILTO:Jo@Example.org", id="a scheme has no case (RFC 3986, 3.1)"),
        pytest.param("email", " jo@example.org ", id="an address alone"),
        pytest.param("mbox_sha1sum", DIGEST.upper(), id="its hash"),
    ],
)
def test_a_mailbox_is_one_name_however_it_is_written(kind: str, value: str) -> None:
    assert identity_parts(PROVIDER, Identifier(type=kind, value=value)) == ("mbox_sha1sum", DIGEST)
