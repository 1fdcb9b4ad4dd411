"""Lines of the log: of pages and of jobs alike, for a person to read or as one JSON object each; nothing of anybody in
them.

Of a fault it says what kind it is and where, line by line of code, and none of its words but those of a database that
is away: what a fault says often repeats what somebody typed. Addresses of mail, and keys in addresses of pages, are
struck out of whatever is said. Nothing of ours is imported here: gunicorn's first process reads this file alone.
"""

import json
import logging
import re
import sqlite3
import traceback
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

PLAIN, JSON = "plain", "json"

_MAIL = re.compile(r"(?<![^\s<>\"'(),;:=/])[^\s<>\"'(),;:=/]+@[^\s<>\"'(),;:/]+")
_PAGE = re.compile(r"/(b|calendar|digest|i|no-reminders|q|sign-in|t)/[^\s\"'<>]*")
_ASKED = re.compile(r"(?<=[\w/])\?[^\s\"'<>]+")
_KEY = re.compile(r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{20,}(?![\w-])")

_OF_THE_SERVER = ("08", "25", "28", "3D", "40", "53", "54", "55", "57", "58")
"""Classes of PostgreSQL's errors that speak of the server or of waiting, and of no row."""

_NAME = re.compile(r"\w+")


def struck(words: str) -> str:
    """The words without addresses of mail, what follows the '?' of an address, and keys by which a page opens."""
    for pattern, instead in ((_PAGE, r"/\1/…"), (_ASKED, "?…"), (_MAIL, "…@…"), (_KEY, "…")):
        words = pattern.sub(instead, words)
    return words


def said_by(error: BaseException) -> str:
    """What may be repeated of a fault's own words; '' where it could be somebody's."""
    cause: Any = getattr(error, "orig", None) or error
    if isinstance(cause, sqlite3.Error):
        return _first_line(cause)
    if hasattr(cause, "sqlstate"):
        state = cause.sqlstate or "08"
        if state.startswith(_OF_THE_SERVER):
            return _first_line(cause)
        told = getattr(cause, "diag", None)
        named = getattr(told, "constraint_name", None) or getattr(told, "message_primary", None) or ""
        return f"{state} {named}" if _NAME.fullmatch(named) else state
    if isinstance(cause, OSError):
        return cause.strerror or ""
    return ""


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0]


def trace_of(error: BaseException) -> str:
    """A fault and what led to it, the first first: lines of code and kinds of faults."""
    return "".join(_parts(error, set()))


def _parts(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _parts(before, seen)
        yield "which led to\n"
    yield from traceback.format_tb(error.__traceback__)
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    words = struck(said_by(error))
    yield f"{kind}: {words}\n" if words else f"{kind}\n"


class Lines(logging.Formatter):
    """`about` says what is worked on as a line is written; `form` is PLAIN or JSON."""

    def __init__(self, form: str, about: Callable[[], Mapping[str, object]] = dict) -> None:
        super().__init__()
        self.form, self.about = form, about

    def format(self, record: logging.LogRecord) -> str:
        said = struck(record.getMessage())
        fault = record.exc_info[1] if record.exc_info else None
        told = {**self.about(), **getattr(record, "fields", {})}
        if self.form == JSON:
            line: dict[str, object] = {
                "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
                "level": record.levelname.lower(),
                "logger": record.name,
                "process": record.process,
                "message": said,
                **told,
            }
            if fault is not None:
                line["trace"] = trace_of(fault)
            return json.dumps(line, ensure_ascii=False, default=str)
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        beside = "".join(f" {name}={value}" for name, value in told.items())
        words = f"{at} {record.levelname} {record.name}: {said}{beside}"
        return words if fault is None else f"{words}\n{trace_of(fault).rstrip()}"


class Out(logging.StreamHandler[Any]):
    """Where all lines of a process go."""


def begin(form: str, stream: Any, *, about: Callable[[], Mapping[str, object]]) -> None:
    """From now on this process writes its lines so. As JSON every request and every letter has one; for a person there
    are those alone that somebody should look at."""
    root = logging.getLogger()
    for before in [handler for handler in root.handlers if isinstance(handler, Out)]:
        root.removeHandler(before)
    out = Out(stream)
    out.setFormatter(Lines(form, about))
    root.addHandler(out)
    logging.getLogger("outreach").setLevel(logging.INFO if form == JSON else logging.NOTSET)
