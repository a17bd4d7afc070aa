"""The one base of frozen values: msgspec structs, compared by content, written without defaults."""

from __future__ import annotations

from typing import Any, dataclass_transform

from msgspec import Struct, StructMeta, field


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
class ValueMeta(StructMeta):
    """Makes every subclass keyword-only: msgspec hands down `frozen`, but not `kw_only`."""

    def __new__(
        mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any
    ) -> ValueMeta:
        """Build the class; a subclass may still choose otherwise."""
        options.setdefault("kw_only", True)
        # Values hold no cycles: left out of garbage collection, long lists of facts decode three
        # times as fast.
        options.setdefault("gc", False)
        return super().__new__(mcs, name, bases, namespace, **options)


class Value(Struct, metaclass=ValueMeta, frozen=True, omit_defaults=True):
    """A frozen value."""
