"""Keeping Python's cycle collector out of the way: of answers, and of long runs over many values."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager

_YOUNG, _MIDDLE, _OLD = 20_000, 10, 50


def look_seldom() -> None:
    """Have this process look for cycles seldom: at Python's defaults that took a tenth of an import.

    An engine holds some million values, nearly all until they are let go of one by one; looking
    through them took a quarter of its time.
    """
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)


def long_lived() -> None:
    """Make this process, which has begun, one that lives long: what is there by now stays.

    Looking through it all, modules and models, stopped a service for a tenth of a second every few
    seconds.
    """
    gc.collect()
    gc.freeze()
    look_seldom()


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
