"""The only reader of the time. Everything else is handed `now` as an aware UTC instant."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def processor_seconds() -> float:
    """Seconds of processor that this thread has used: what work costs, however busy the machine is."""
    return time.thread_time()
