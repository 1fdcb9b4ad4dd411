"""No garbage collection while very many small rows are made."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """No garbage collection while very many small rows are made: none of them is in a circle, and for a
    country the collector's walks over them take longer than the reckoning. Another thread at most collects a
    moment later."""
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if paused:
            gc.enable()
