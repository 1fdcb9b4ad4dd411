"""The service on a later day: what gunicorn and the post serve while a journey puts its clock forward."""

import os
from datetime import datetime, timedelta
from pathlib import Path

from outreach.ground import clock

_real, _days = clock.now, Path(os.environ["DAYS_FORWARD"])


def _now() -> datetime:
    """As many days from the real instant, or parts of one, as the file says just now."""
    return _real() + timedelta(days=float(_days.read_text()))


clock.now = _now

from wsgi import app  # noqa: E402, F401
