"""The SQL of the consumers, read once from sql/queries.sql by name."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

_NAME = re.compile(r"^-- (\w+) --$", re.MULTILINE)
_COMMENT = re.compile(r"^--.*\n?", re.MULTILINE)


def query(name: str) -> bytes:
    """Give one named statement."""
    return _named()[name]


@cache
def _named() -> dict[str, bytes]:
    text = (resources.files("consumers") / "sql" / "queries.sql").read_text("utf-8")
    parts = _NAME.split(text)[1:]
    return {
        name: _COMMENT.sub("", body).strip().rstrip(";").encode()
        for name, body in zip(parts[::2], parts[1::2], strict=True)
    }
