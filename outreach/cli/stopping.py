"""The wish of an operator or of Ctrl-C that a loop should end."""

import signal
from queue import Empty, SimpleQueue


class StopSignal:
    """Whether SIGTERM or SIGINT has come, for a loop of the main thread.

    Not a `threading.Event`: Ctrl-C in scripts/run sends both signals within a millisecond, and the handler of the
    second one would wait for the lock that the first one holds in the same thread, for ever. `SimpleQueue.put` is
    the one such call that may be interrupted by itself (docs.python.org, queue.SimpleQueue).
    """

    def __init__(self) -> None:
        self._came: SimpleQueue[int] = SimpleQueue()
        for which in (signal.SIGTERM, signal.SIGINT):
            signal.signal(which, lambda number, _: self._came.put(number))

    def is_set(self) -> bool:
        return not self._came.empty()

    def wait(self, seconds: float) -> None:
        """Returns after so many seconds, or at once when a signal has come."""
        try:
            self._came.put(self._came.get(timeout=seconds))
        except Empty:
            pass
