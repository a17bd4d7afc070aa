"""Keeping Python's cycle collector out of long runs over many values that hold no cycles."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager

_YOUNG, _MIDDLE, _OLD = 700, 10, 500


def old_values_collected_seldom() -> None:
    """Have a long-lived process look through all it holds a fiftieth as often as Python would.

    An engine holds some million values, nearly all of them until they are let go of one by one;
    looking through them costs a second, and a quarter of its time if left to the defaults.
    """
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)


@contextmanager
def cycles_uncollected() -> Generator[None]:
    """Leave cyclic garbage alone for a while: folds make none, and looking for it costs a third.

    For the whole process, so for a batch at a time where other threads work as well.
    """
    were_collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if were_collected:
            gc.enable()
