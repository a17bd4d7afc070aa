"""Every statement that code asks for by name is there, and none is there that nobody asks for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from projections import statements

ROOT = Path(__file__).parents[2]
PACKAGES = ("projections", "consumers")


def words(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def sources(*packages: str) -> Iterator[Path]:
    return (path for package in packages for path in (ROOT / package).rglob("*.py"))


def asked_for(path: Path) -> Iterator[str]:
    """Give the names in `query("name")`, whichever module it is of."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="query", value=ast.Name(id="statements")),
                args=[ast.Constant(value=str() as name), *_],
            ):
                yield name
            case _:
                pass


def test_what_is_asked_for_is_there() -> None:
    known = set().union(*(statements.named(package) for package in PACKAGES))
    found = {name for path in sources(*PACKAGES, "api", "tests") for name in asked_for(path)}
    assert "report" in found
    assert found <= known


@pytest.mark.parametrize("package", PACKAGES)
def test_what_is_there_is_asked_for(package: str) -> None:
    said = {word for path in sources(*PACKAGES, "api") for word in words(path)}
    assert set(statements.named(package)) <= said
