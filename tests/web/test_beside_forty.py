"""A county alone and the same county beside forty others: each page sends as many statements and is handed as many rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine.cursor import CursorFetchStrategy

import make
from outreach.county import corrections, schools
from outreach.county.partnerships import Partnership
from outreach.ground.db import db, transaction

pytestmark = pytest.mark.usefixtures("stopped")

PAGES = (
    "/desk", "/desk/gaps", "/desk/phone-list", "/desk/coverage", "/desk/schools", "/desk/status", "/desk/search?q=redmere",
    "/desk/register", "/desk/register/changes", "/desk/register/hands", "/desk/bookings", "/desk/letters", "/desk/inbox",
    "/desk/contacts", "/desk/setup", "/desk/chasing", "/desk/plans", "/desk/tour", "/desk/diary", "/desk/reports",
    "/desk/schools/{urn}", "/desk/new-year",
)  # fmt: skip


def county(code: str) -> tuple[Partnership, int]:
    """Three schools, one of them the heir of a closed one; a correction, own numbers, shows, a letter that came back."""
    partnership = make.partnership((code,))
    programme = make.programme(partnership)
    one, two, old = (make.school(la_code=code) for _ in range(3))
    make.record(old, make.EARLIER, status="Closed")
    old.status = "Closed"
    make.succession(old, one)
    for school in (one, two, old):
        corrections.correct(school.urn, "town", "Marl", reason="said", who="Priya", now=make.EARLIER)
        schools.set_own_numbers(school.urn, 2026, {8: 200}, who="The school", now=make.EARLIER)
        address = make.contact(school).address
        make.invitation(programme, school, address=address)
        make.dead_address(f"gone{school.urn}@redmere.example")
    shown = make.booking(make.show(programme, one, datetime(2027, 1, 12, 9, 30, tzinfo=UTC)), {8: 100})
    make.report(shown, "school", make.NOW - timedelta(days=1), {8: 100})
    make.report(shown, "company", make.NOW - timedelta(days=1), took_place=False, why_not="snow")
    make.letter("x@redmere.example", make.EARLIER, partnership_id=partnership.id)
    return partnership, one.urn


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """[statements, rows handed to Python] of what is done inside."""
    found = [0, 0]

    def sent(*_about: Any) -> None:
        found[0] += 1

    with monkeypatch.context() as patch:
        for name in ("fetchone", "fetchmany", "fetchall"):
            whole = getattr(CursorFetchStrategy, name)

            def fetch(self: Any, *given: Any, _whole: Any = whole, _name: str = name, **more: Any) -> Any:
                rows = _whole(self, *given, **more)
                found[1] += (rows is not None) if _name == "fetchone" else len(rows)
                return rows

            patch.setattr(CursorFetchStrategy, name, fetch)
        event.listen(db.engine, "after_cursor_execute", sent)
        yield found
        event.remove(db.engine, "after_cursor_execute", sent)


def test_a_county_is_read_alike_alone_and_beside_forty_others(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction():
        ours, urn = county("931")
        client = make.signed_in(app.test_client(), make.person(ours))
    client.get("/desk")  # what is read once and kept

    def read() -> dict[str, tuple[int, ...]]:
        told = {}
        for page in PAGES:
            db.session.remove()
            with counted(monkeypatch) as found:
                assert client.get(page.format(urn=urn)).status_code == 200, page
            told[page] = tuple(found)
        return told

    alone = read()
    assert all(rows for _, rows in alone.values())
    with transaction():
        for n in range(40):
            county(f"{500 + n}")
    assert read() == alone
