"""Keeping Python's cycle collector out of the way: of answers, and of long runs over many values."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager

_YOUNG, _MIDDLE, _OLD = 20_000, 10, 50


def long_lived() -> None:
    """Make this process, which has begun, one that lives long: cycles are looked for seldom.

    What is there by now, of modules and models, stays: looking through it stopped a service for a
    tenth of a second every few seconds. An engine holds some million values besides, nearly all
    until they are let go of one by one; at Python's defaults looking through them took a quarter of
    its time.
    """
    gc.collect()
    gc.freeze()
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
