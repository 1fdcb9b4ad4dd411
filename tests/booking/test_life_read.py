"""Each step in the life of an entry as calendars read it: by the strict check, in order, and by four other
programs.

Told in winter, in summer, and over the day on which the clocks change.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import life
import pytest
from flask import Flask
from life import STORIES, Message
from playwright.sync_api import Browser
from sqlalchemy import case, select

import readers
from at_work import at_work
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal
from outreach.ground.db import db
from outreach.tour.performances import Performance
from post.strict_mail import mail_problems, stream_problems
from readers import Calendar

SEASONS = {
    "winter": (date(2027, 3, 9), date(2027, 3, 10), date(2027, 3, 16)),
    "summer": (date(2027, 6, 15), date(2027, 6, 16), date(2027, 6, 22)),
    "over the change": (date(2027, 3, 23), date(2027, 3, 24), date(2027, 4, 13)),
}
"""The days of life.py, by season: from the last into the next, clocks go forward in between."""

needs_libical = pytest.mark.skipif(
    not readers.libical_is_here(), reason="libical is not there: sudo apt install gir1.2-ical-3.0 python3-gi"
)


@dataclass(frozen=True)
class Told:
    """A message, after which step, and from when to when its event truly is."""

    where: str
    message: Message
    starts_at: datetime
    ends_at: datetime


@pytest.fixture
def told(request: pytest.FixtureRequest, app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[Told]:
    """Every message of every story, in one season."""
    for name, day in zip(("TUESDAY", "WEDNESDAY", "NEXT_WEEK"), SEASONS[request.param], strict=True):
        monkeypatch.setattr(life, name, day)
    return [
        one
        for n, (name, steps) in enumerate(STORIES.items())
        for one in _tell(name, life.tell(steps, life.lay(str(931 + n))))
    ]


def _tell(name: str, steps: Iterator[tuple[life.Step, list[Message]]]) -> Iterator[Told]:
    known: dict[tuple[str, str], tuple[datetime, datetime]] = {}
    for step, sent in steps:
        for message in sent:
            entry = message.uid, message.to
            if message.method == "REQUEST":
                known[entry] = _true_times(message.uid)
            # What is cancelled stands where this person last had it, wherever the show is by now.
            yield Told(f"{name}: {step.name}, to {message.to}", message, *known[entry])


def _true_times(uid: str) -> tuple[datetime, datetime]:
    """When an event is, by the rows of the promise: for the company from arrival to departure."""
    show = db.session.scalar(
        select(Performance)
        .outerjoin(Booking, Booking.performance_id == Performance.id)
        .outerjoin(Proposal, Proposal.performance_id == Performance.id)
        .where((Booking.uid == uid) | (Performance.uid == uid) | (Proposal.uid == uid))
        # A booking that took an offer over has its UID, and another time.
        .order_by(case((Booking.uid == uid, 0), else_=1))
        .limit(1)
    )
    assert show is not None
    return at_work(show) if show.uid == uid else (show.starts_at, show.ends_at)


def _agree(told: list[Told], read: list[Calendar]) -> None:
    for one, calendar in zip(told, read, strict=True):
        (event,) = calendar.events
        assert (calendar.problems, calendar.method) == ((), one.message.method), one.where
        assert datetime.fromtimestamp(event.starts, UTC) == one.starts_at, one.where
        assert datetime.fromtimestamp(event.ends, UTC) == one.ends_at, one.where
        assert (event.uid, event.sequence, event.status) == (
            one.message.uid,
            one.message.sequence,
            one.message.status,
        ), one.where
        assert f"mailto:{one.message.to}" in [address for address, _, _ in event.attendees], one.where


def _is_in_order(told: list[Told]) -> None:
    """By the strict check, mail by mail and one after another, and by the two readers that every machine
    has."""
    assert len(told) > 80
    assert [(one.where, found) for one in told if (found := mail_problems(one.message.raw))] == []
    entries: dict[tuple[str, str], list[bytes]] = {}
    for one in told:
        entries.setdefault((one.message.uid, one.message.to), []).append(one.message.raw)
    assert {entry: found for entry, mails in entries.items() if (found := stream_problems(mails))} == {}
    _agree(told, [readers.by_ical(one.message.ics) for one in told])
    _agree(told, [readers.by_vobject(one.message.ics) for one in told])


@pytest.mark.any_database
@pytest.mark.parametrize("told", ["over the change"], indirect=True)
def test_every_step_passes_the_strict_check_and_is_read_alike_by_ical_and_vobject(told: list[Told]) -> None:
    _is_in_order(told)


@pytest.mark.any_database
@pytest.mark.browser
@needs_libical
@pytest.mark.parametrize(
    "told",
    ["over the change", *(pytest.param(season, marks=pytest.mark.long) for season in ("winter", "summer"))],
    indirect=True,
)
def test_every_step_keeps_the_rules_of_itip_and_is_read_alike_by_libical_and_ical_js(
    told: list[Told], chromium: Browser
) -> None:
    _is_in_order(told)
    texts = [one.message.ics for one in told]
    _agree(told, readers.by_libical(texts))
    _agree(told, readers.by_ical_js(chromium, texts))
