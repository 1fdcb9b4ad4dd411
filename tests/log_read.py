"""Lines of the log, read as they are written: one JSON object each."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from outreach.ground import errands, log_lines


class Log(io.StringIO):
    """What was written, as text and line by line."""

    def lines(self, message: str = "", **fields: Any) -> list[dict[str, Any]]:
        """Those of that message and with these values."""
        return [
            line
            for line in map(json.loads, self.getvalue().splitlines())
            if line["message"].startswith(message)
            and all(line.get(name) == value for name, value in fields.items())
        ]


@contextmanager
def log_read(form: str = log_lines.JSON) -> Iterator[Log]:
    """The log as a collector reads it, within the block."""
    log = Log()
    log_lines.begin(form, log, about=errands.in_a_line)
    try:
        yield log
    finally:
        unread()


def unread() -> None:
    """From now on the log goes nowhere: pytest shows what was logged, and a command's output is its own."""
    log_lines.begin(log_lines.PLAIN, io.StringIO(), about=errands.in_a_line)
