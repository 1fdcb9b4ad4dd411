"""The service on a machine whose own clock is so many seconds ahead (CLOCK_AHEAD) of the one that a test runs on, and on a
later day, as the file of later.py says."""

import os
from datetime import UTC, datetime, timedelta

import time_machine

time_machine.travel(
    datetime.now(UTC) + timedelta(seconds=float(os.environ["CLOCK_AHEAD"])), tick=True
).start()

from later import app  # noqa: E402, F401
