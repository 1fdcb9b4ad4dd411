"""Which programme, and as of which day: what the coverage page and its lists read from their address."""

from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from flask import request

from outreach.county import term_lines
from outreach.coverage import figures, standings
from outreach.coverage.figures import Figures
from outreach.coverage.standings import Reckoning
from outreach.ground.timespans import day_of
from outreach.tour import programmes
from outreach.tour.programmes import Programme


@dataclass(kw_only=True)
class View:
    """What was asked for. `wrong` says, by field, what could not be understood; today stands in for a bad day."""

    programmes: list[Programme]
    programme: Programme | None
    as_of: date
    compare: date | None
    wrong: dict[str, str]
    now: datetime

    def reckoning(self, day: date | None = None) -> Reckoning:
        assert self.programme is not None
        return standings.of(self.programme.id, as_of=day or self.as_of, now=self.now)

    def figures(self, reckoning: Reckoning, county: str) -> Figures:
        return figures.of(reckoning.target, county=county)

    def list_of(self, day: date | None = None, **filters: str) -> str:
        """The address of the list with some filters, as of this view's day or another; from a page of the same folder.

        Relative, since a country's page has over a thousand of them.
        """
        assert self.programme is not None
        wanted = {"programme": self.programme.id, "as_of": (day or self.as_of).isoformat()}
        return "schools?" + urlencode(wanted | filters)


def view(partnership_id: int, now: datetime) -> View:
    """Read programme, as_of and compare from the address; another partnership's programme is as none."""
    today = day_of(now)
    wrong: dict[str, str] = {}
    found = programmes.of_partnership(partnership_id)
    wanted = request.args.get("programme", "")
    chosen = next((p for p in found if str(p.id) == wanted), None)
    if chosen is None:
        chosen = programmes.current(partnership_id, today) or next(iter(found), None)
    return View(
        programmes=found,
        programme=chosen,
        as_of=_day("as_of", today, wrong) or today,
        compare=_day("compare", today, wrong),
        wrong=wrong,
        now=now,
    )


def _read(text: str) -> date:
    """A day as addresses say it (2027-01-19) or as people type it (19/01/2027, 19 January 2027). Raises ValueError."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        try:
            (day,) = term_lines.days_in(text)
        except term_lines.NotADate as refusal:
            raise ValueError(refusal.message) from refusal
        return day


def _day(name: str, today: date, wrong: dict[str, str]) -> date | None:
    text = request.args.get(name, "").strip()
    if not text:
        return None
    try:
        found = _read(text)
    except ValueError:
        wrong[name] = "That is not a date. Enter it like 19/01/2027."
        return None
    if found > today:
        wrong[name] = "That day is still to come."
        return None
    if found.year < 1990:
        wrong[name] = "That day is before there was anything to count."
        return None
    return found
