"""The OpenAPI document, drawn up without a ledger: no route is asked anything."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from api.app import create_app
from ledger.config import Settings
from ledger.service import Ledger
from projections.answers import Answers


class _Nothing:
    def __getattr__(self, _name: str) -> Any:
        return self

    def __call__(self, *_words: object, **_more: object) -> Any:
        return self


@cache
def document() -> dict[str, Any]:
    nothing = _Nothing()
    app = create_app(cast("Ledger", nothing), Settings.read({}), answers=cast("Answers", nothing))
    return app.openapi()
