"""Keeping Python's cycle collector out of long runs over many values that hold no cycles."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


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
