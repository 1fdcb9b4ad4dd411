"""Points of a request at which its process may die: each commit and each statement that writes, before it and after it.

They are counted while a request runs, by what SQLAlchemy tells of its statements and commits, and the driver of rows that
are copied in; no list of them is kept by hand.

    run(sent, client)             what it answered, and all its points
    killed_at(sent, client, 7)    the same request in another process, which ends with -9 at its eighth
"""

import gc
import json
import os
import random
import re
import signal
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from flask.testing import FlaskClient
from sqlalchemy import event, text

from outreach.ground.db import db

BEFORE_COMMIT, AFTER_COMMIT = "before COMMIT", "after COMMIT"
_WRITES = re.compile(r"\s*(?:WITH\b.*?\b)?(INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.S)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A form as somebody sends it, once or again. `once_done`: where it leads, too, when its deed was done before."""

    path: str
    typed: dict[str, Any]
    once_done: str = ""

    def by(self, client: FlaskClient) -> tuple[int, str]:
        """(status, where it leads)."""
        answer = client.post(self.path, data=self.typed)
        return answer.status_code, answer.headers.get("Location", "")


@dataclass(frozen=True, kw_only=True)
class Run:
    status: int
    location: str
    points: tuple[str, ...]


def run(sent: Sent, client: FlaskClient) -> Run:
    """The request in a process of its own, to its end."""

    def to_its_end() -> dict[str, Any]:
        points = _counted(None)
        status, location = sent.by(client)
        return {"status": status, "location": location, "points": points}

    told = in_a_process_of_its_own(to_its_end)
    assert told is not None
    return Run(status=told["status"], location=told["location"], points=tuple(told["points"]))


def killed_at(sent: Sent, client: FlaskClient, nth: int) -> None:
    """The same, killed at its nth point, counted from 0."""

    def to_that_point() -> dict[str, Any]:
        _counted(nth)
        return {"status": sent.by(client)}

    told = in_a_process_of_its_own(to_that_point)
    assert told is None, f"there was no point {nth}: {told}"


def stopped_at(sent: Sent, client: FlaskClient, name: str) -> Callable[[], int]:
    """The same, stopped at the first point of that name with all that it has in hand; what is given back wakes it, and says
    which status it came to."""

    def to_that_point() -> dict[str, Any]:
        _counted(name, signal.SIGSTOP)
        return {"status": sent.by(client)[0]}

    process = _Process(to_that_point)
    _, how = os.waitpid(process.id, os.WUNTRACED)
    assert os.WIFSTOPPED(how)

    def wake() -> int:
        os.kill(process.id, signal.SIGCONT)
        told = process.told()
        assert told is not None
        return int(told["status"])

    return wake


def in_a_process_of_its_own(do: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """What it told, or None when it was killed with -9. Nobody of us has the database open meanwhile."""
    return _Process(do).told()


class _Process:
    """A copy of this one, which does one thing and ends."""

    def __init__(self, do: Callable[[], dict[str, Any]]) -> None:
        db.session.remove()
        db.engine.dispose()
        self._reader, writer = os.pipe()
        self.id = os.fork()
        if self.id:
            os.close(writer)
            return
        told: dict[str, Any] = {}
        try:
            gc.disable()  # nothing of it lives for long, and all the pages of the parent would be copied
            random.seed()  # a copy of a process would go on with the same numbers as the one before
            told = do()
        except BaseException:
            told = {"wrong": traceback.format_exc()[-3000:]}
        finally:
            with os.fdopen(writer, "w") as pipe:
                json.dump(told, pipe)
            os._exit(0)

    def told(self) -> dict[str, Any] | None:
        with os.fdopen(self._reader) as pipe:
            said = pipe.read()
        _, status = os.waitpid(self.id, 0)
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL
            return None
        found: dict[str, Any] = json.loads(said)
        assert "wrong" not in found, found["wrong"]
        return found


def _counted(which: int | str | None, by: signal.Signals = signal.SIGKILL) -> list[str]:
    """The points of this process from here on, as they come; at the one of that number, or name, it is struck."""
    points: list[str] = []

    def at(name: str) -> None:
        if which in (len(points), name):
            os.kill(os.getpid(), by)
        points.append(name)

    def writes(when: str) -> Callable[..., None]:
        def told(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if found := _WRITES.match(statement):
                at(f"{when} {found[1].partition(' ')[0]} {found[2]}")

        return told

    event.listen(db.engine, "before_cursor_execute", writes("before"))
    event.listen(db.engine, "after_cursor_execute", writes("after"))
    dialect: Any = db.engine.dialect
    commit = dialect.do_commit

    def committed(connection: Any) -> None:
        at(BEFORE_COMMIT)
        commit(connection)
        at(AFTER_COMMIT)

    dialect.do_commit = committed
    copy: Any = psycopg.Cursor.copy

    @contextmanager
    def copied(cursor: Any, statement: Any, *more: Any, **named: Any) -> Iterator[Any]:
        name = "COPY " + str(statement).split()[1]
        at(f"before {name}")
        with copy(cursor, statement, *more, **named) as into:
            yield into
        at(f"after {name}")

    psycopg.Cursor.copy = copied  # type: ignore[method-assign]
    return points


def some_of(points: Sequence[str], between: int) -> list[int]:
    """The commits, and so many of the other points, evenly over the way."""
    commits = [n for n, name in enumerate(points) if name in (BEFORE_COMMIT, AFTER_COMMIT)]
    others = [n for n in range(len(points)) if n not in commits]
    return sorted({*commits, *(others[len(others) * (2 * k + 1) // (2 * between)] for k in range(between))})


# What stands


def rows() -> dict[str, list[str]]:
    """{table: its rows}, for each that has any."""
    with db.engine.connect() as connection:
        names = sorted(db.metadata.tables)
        there = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in names)
        found = [name for (name,) in connection.execute(text(there))]
        return {name: sorted(map(str, connection.execute(text(f"SELECT * FROM {name}")))) for name in found}


def account() -> dict[str, Any]:
    """What came of it, without what is another number or token each time."""
    many = {name: len(found) for name, found in rows().items()}
    with db.engine.connect() as connection:
        told = {name: [tuple(row) for row in connection.execute(text(asked))] for name, asked in TOLD.items()}
    return {"rows": many} | told


TOLD = {
    "letters": "SELECT kind, recipient, method, sequence, status, subject FROM letter ORDER BY 1, 2, 3, 4, 5, 6",
    "bookings": "SELECT b.organisation_id, b.role, b.sequence, b.seats, b.ended_at, p.starts_at, p.released_at "
    "FROM booking b JOIN performance p ON p.id = b.performance_id ORDER BY 1, 2, 3, 4",
    "kept": "SELECT organisation_id, ended_at FROM proposal ORDER BY 1, 2",
    "schools": "SELECT organisation_id, name FROM organisation ORDER BY 1",
    "history": "SELECT who, what, subject FROM history ORDER BY 1, 2, 3",
}
"""Doubled it would be longer."""
