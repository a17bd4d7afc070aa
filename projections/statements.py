"""The SQL of the views, read once from its files; `{g}` is the prefix of a generation's tables."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

_NAME = re.compile(r"^-- (\w+) --$", re.MULTILINE)
_COMMENT = re.compile(r"^--.*\n?", re.MULTILINE)


@cache
def query(name: str, *, generation: int = 0, old: int = 0) -> bytes:
    """Give one named statement of queries.sql for a generation."""
    return named("projections")[name].format(g=prefix(generation), old=prefix(old)).encode()


@cache
def script(name: str, *, generation: int = 0) -> bytes:
    """Give a whole file for a generation."""
    return _read("projections", f"{name}.sql").format(g=prefix(generation)).encode()


def prefix(generation: int) -> str:
    """Name what the tables of a generation begin with."""
    return f"g{generation:d}"


@cache
def named(package: str) -> dict[str, str]:
    """Give the statements of a package's sql/queries.sql, each under its name."""
    parts = _NAME.split(_read(package, "queries.sql"))[1:]
    return {
        name: _COMMENT.sub("", text).strip().rstrip(";")
        for name, text in zip(parts[::2], parts[1::2], strict=True)
    }


def _read(package: str, name: str) -> str:
    return (resources.files(package) / "sql" / name).read_text("utf-8")
