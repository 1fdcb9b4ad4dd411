"""Stretch of the diary that is looked at, read from the address; what makes no sense is said, a sentence
each.

And how it is drawn: where on the line of hours a thing stands.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import request, url_for
from werkzeug.datastructures import MultiDict

from outreach.booking.agenda import tour_diary
from outreach.ground.row_numbers import row_number
from outreach.ground.timespans import day_of
from outreach.ground.typed_days import iso_day
from outreach.tour.programmes import Programme

WEEK, MONTH = "week", "month"
YEARS = range(2000, 2101)
STEP = 5
"""Minutes of one step on the line of hours."""


@dataclass(frozen=True, kw_only=True)
class DiaryView:
    """A week from its Monday, or a month from its first day, of one troupe or all."""

    programme: Programme
    view: str
    first: date
    last: date
    troupe_id: int | None
    left_out: tuple[str, ...]

    def address(self, endpoint: str = "coordinator.diary", **changes: Any) -> str:
        """The same stretch on that page, with some words of its address changed; None leaves one out."""
        words = {
            "programme": self.programme.id,
            "view": None if self.view == WEEK else self.view,
            "from": self.first.isoformat(),
            "troupe": self.troupe_id,
        } | changes
        return url_for(endpoint, **{name: value for name, value in words.items() if value is not None})

    @property
    def before(self) -> date:
        return _first_of(self.view, self.first - timedelta(days=1))

    @property
    def after(self) -> date:
        return self.last + timedelta(days=1)


def view_from_address(programme: Programme, args: MultiDict[str, str], *, now: datetime) -> DiaryView:
    """What an address asks for; without a day, the week of the next tour day."""
    left_out: list[str] = []
    view = args.get("view", WEEK)
    if view not in (WEEK, MONTH):
        left_out.append(f"There is no view ‘{view[:20]}’ of the diary. This is a week.")
        view = WEEK
    today = day_of(now)
    start = _day(args.get("from", ""), left_out)
    if start is None:
        start = tour_diary.first_tour_day(programme.id, today=today) or today
    first = _first_of(view, start)
    troupe_id = _troupe(programme, args.get("troupe", ""), left_out)
    return DiaryView(
        programme=programme,
        view=view,
        first=first,
        last=_last_of(view, first),
        troupe_id=troupe_id,
        left_out=tuple(left_out),
    )


def steps(begins: int, ends: int, opens: int) -> dict[str, int]:
    """{'x': 24, 'w': 33}: where something stands on a line of hours that begins at the hour `opens`, and how
    wide, at least one step."""
    x = max(0, round((begins - opens * 60) / STEP))
    return {"x": x, "w": max(1, round((ends - opens * 60) / STEP) - x)}


def number_in_address(name: str) -> int | None:
    """A row's number from the address; None if there is none, or if it is none."""
    return row_number(request.args.get(name, ""))


def _day(said: str, left_out: list[str]) -> date | None:
    if not said:
        return None
    try:
        day = iso_day(said[:10])
    except ValueError:
        left_out.append(f"‘{said[:20]}’ is no day. This is the week of the next tour day.")
        return None
    if day.year not in YEARS:
        left_out.append(f"The diary does not go to {day.year}. This is the week of the next tour day.")
        return None
    return day


def _troupe(programme: Programme, said: str, left_out: list[str]) -> int | None:
    if not said:
        return None
    troupe_id = row_number(said)
    if troupe_id in {troupe.id for troupe in tour_diary.troupes(programme)}:
        return troupe_id
    left_out.append("That troupe gives no days to this programme. All of them are shown.")
    return None


def _first_of(view: str, day: date) -> date:
    return day.replace(day=1) if view == MONTH else day - timedelta(days=day.weekday())


def _last_of(view: str, first: date) -> date:
    if view == MONTH:
        return first.replace(day=monthrange(first.year, first.month)[1])
    return first + timedelta(days=6)
