"""The last words of a process where no fault of the code ended it: one sentence for a person, and no traceback."""

import errno
import sys
from types import TracebackType

from outreach.ground.db import is_unavailable
from outreach.ground.errors import ConfigError, Refusal
from outreach.ground.log_lines import said_by


def sentence(error: BaseException) -> str:
    """What to say of it; '' where a traceback says more."""
    cause = getattr(error, "orig", None) or error
    if (
        getattr(cause, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        or getattr(cause, "sqlite_errorname", "") == "SQLITE_FULL"
        or getattr(cause, "sqlstate", "") == "53100"
    ):
        return "The disk is full: make room on it, and start this again."
    if getattr(cause, "sqlstate", "") == "42P01" or str(cause).startswith("no such table: "):
        return "The database is not as this version needs it: flask --app wsgi db upgrade."
    if is_unavailable(error):
        return f"The database cannot be reached: {said_by(error) or 'no connection was free'}."
    if isinstance(error, ConfigError):
        return f"Outreach does not start. {error}"
    return error.message if isinstance(error, Refusal) else ""


def say(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """As sys.excepthook. Ctrl-C needs no words."""
    if words := sentence(error):
        print(words, file=sys.stderr)
    elif kind is not KeyboardInterrupt:
        sys.__excepthook__(kind, error, trace)
