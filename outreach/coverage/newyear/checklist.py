"""The checklist of a new academic year: what carries over from the programmes of the year before, and how far
each step is."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from outreach.asking.confirming import requests
from outreach.asking.confirming.requests import BACK, OTHERS, RIGHT, SILENT
from outreach.county import partnerships
from outreach.county.partnerships import Partnership
from outreach.county.schools import OrganisationRecord, RegisterImport
from outreach.coverage import readiness
from outreach.coverage.newyear import first_round
from outreach.coverage.newyear.first_round import FirstRound
from outreach.coverage.readiness import Step
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.school_year import first_day, last_day, year_in_hand, year_name, year_of
from outreach.ground.timespans import day_of
from outreach.ground.wording import and_list, count, day_short
from outreach.tour import days, programmes
from outreach.tour.programmes import Programme
from outreach.tour.yearly import copies
from outreach.visits import board_dates

REGISTER_FRESH_FROM_MONTH = 7
"""From July on the register knows what opens and closes in September."""


@dataclass(frozen=True, kw_only=True)
class Carried:
    """A programme of the year before, and what was made of it in the new one, if it was."""

    original: Programme
    new: Programme | None


@dataclass(frozen=True, kw_only=True)
class Checklist:
    """`carried`: each programme of the year before; `main`: the new programme that the later steps speak of.

    `asked`: schools asked for their contacts, by what came of it; `to_ask`: how many more could be; None
    where nobody can be asked just now, and `why_not` says why.
    """

    year: int
    steps: tuple[Step, ...]
    carried: tuple[Carried, ...]
    main: Programme | None
    before: Programme | None
    asked: dict[str, int]
    to_ask: int | None
    why_not: str
    round: FirstRound | None

    @property
    def done(self) -> int:
        return sum(step.done for step in self.steps)

    def next_step(self, today: date) -> str:
        """The first step that is not done and can be done by now; '' when none is left."""
        register_due = today >= _register_from(self.year)
        left = (s.what for s in self.steps if not s.done and (register_due or s.what != "register"))
        return next(left, "")


def years(partnership_id: int, today: date) -> list[int]:
    """The academic years that programmes can be carried into now: this one until it is nearly over, and the
    next."""
    running = {p.academic_year for p in programmes.of_partnership(partnership_id)}
    near = (year_of(today), year_of(today) + 1)
    return [year for year in near if year >= year_in_hand(today) and year - 1 in running]


def year_to_open(offered: list[int], today: date) -> int:
    """The year that one most likely means on `today`."""
    wanted = year_in_hand(today)
    return wanted if wanted in offered else (offered[-1] if offered else wanted)


def checklist_of_year(partnership: Partnership, year: int, *, now: datetime) -> Checklist:
    """How far the new year is; a fixed number of queries."""
    every = programmes.of_partnership(partnership.id)
    originals = sorted(
        (p for p in every if p.academic_year == year - 1), key=lambda p: (p.for_adults, p.title, p.id)
    )
    made = copies.copies_of(originals, year)
    carried = tuple(Carried(original=p, new=made.get(p.id)) for p in originals)
    main, before = _main(carried, [p for p in every if p.academic_year == year])
    asked = Counter({RIGHT: 0, OTHERS: 0, BACK: 0, SILENT: 0})
    asked.update(a.state for a in requests.of_year(partnership.id, year))
    found = (
        first_round.first_round_of_programme(main, before, now=now)
        if main is not None and main.closed_at is None
        else None
    )
    to_ask, why_not = _to_ask(main, found, now=now)
    here = partnerships.authorities(partnership.id)
    return Checklist(
        year=year,
        steps=(
            _register([a.la_code for a in here], year),
            readiness.terms(here, year),
            _programmes(carried, year),
            _tour_days(main, year, now=now),
            _contacts(dict(asked), to_ask, why_not, main),
            _first_round(found, main),
            _board(partnership.id, year, now=now),
        ),
        carried=carried,
        main=main,
        before=before,
        asked=dict(asked),
        to_ask=to_ask,
        why_not=why_not,
        round=found,
    )


def _main(carried: tuple[Carried, ...], new: list[Programme]) -> tuple[Programme | None, Programme | None]:
    """The new year's programme that is asked for, pupils' first, and the one that it carries on."""
    for pair in carried:
        if pair.new is not None:
            return pair.new, pair.original
    mine = sorted((p for p in new if p.closed_at is None), key=lambda p: (p.for_adults, p.id))
    return (mine[0], None) if mine else (None, None)


def _register(la_codes: list[str], year: int) -> Step:
    imported = db.session.scalar(
        select(func.max(RegisterImport.recorded_at)).where(
            RegisterImport.id.in_(
                select(OrganisationRecord.import_id)
                .where(OrganisationRecord.la_code.in_(la_codes))
                .distinct()
            )
        )
    )
    if imported is None:
        return Step(what="register", done=False, said="No register file was brought in yet.")
    fresh = day_of(imported) >= _register_from(year)
    said = f"Last changed by the file of {day_short(imported)}."
    if not fresh:
        said += f" From July {year} on it knows which schools open and close in September."
    return Step(what="register", done=fresh, said=said)


def _register_from(year: int) -> date:
    return date(year, REGISTER_FRESH_FROM_MONTH, 1)


def _programmes(carried: tuple[Carried, ...], year: int) -> Step:
    if not carried:
        return Step(
            what="programme",
            done=False,
            said=f"There is no programme of {year_name(year - 1)} to carry over.",
        )
    left = [c.original.title for c in carried if c.new is None]
    if left:
        return Step(what="programme", done=False, said=f"Not copied yet: {and_list(left)}.")
    said = and_list(f"{c.new.title}, reply by {day_short(c.new.reply_by)}" for c in carried if c.new)
    return Step(what="programme", done=True, said=said)


def _tour_days(main: Programme | None, year: int, *, now: datetime) -> Step:
    if main is None:
        return Step(what="tour days", done=False, said="They come after the programme.")
    found = days.of_programme(main.id)
    coming = [d for d in found if d.day >= day_of(now)]
    if not found:
        return Step(what="tour days", done=False, said=f"No day of {year_name(year)} is given yet.")
    shows = count(sum(d.shows_at_most for d in found), "show")
    return Step(
        what="tour days",
        done=True,
        said=f"{count(len(found), 'day')} with room for {shows}, {len(coming):,} to come.",
    )


def _to_ask(main: Programme | None, found: FirstRound | None, *, now: datetime) -> tuple[int | None, str]:
    if main is None:
        return None, "Copy the programme first: the letter says what it is about."
    try:
        would = requests.preview(main, found.target if found else (), now=now)
    except Refusal as refusal:
        return None, refusal.message
    return len(would.recipients), ""


def _contacts(asked: dict[str, int], to_ask: int | None, why_not: str, main: Programme | None) -> Step:
    total = sum(asked.values())
    if not total:
        said = why_not or (
            f"{count(to_ask or 0, 'school')} can be asked whether we hold the right people."
            if to_ask
            else "No school of the target has anybody to ask."
        )
        return Step(what="contacts", done=False, said=said)
    more = f" {count(to_ask, 'more school')} can be asked." if to_ask else ""
    return Step(what="contacts", done=not to_ask, said=f"{count(total, 'school')} asked.{more}")


def _first_round(found: FirstRound | None, main: Programme | None) -> Step:
    if found is None:
        why = "They come after the programme." if main is None else "The programme is closed."
        return Step(what="first round", done=False, said=why)
    if not found.target:
        return Step(what="first round", done=False, said="No school is in the target yet.")
    if not found.first:
        return Step(
            what="first round",
            done=True,
            said=f"Every school that missed it was asked: {found.asked:,} in all.",
        )
    return Step(
        what="first round",
        done=False,
        said=f"{count(len(found.first), 'school')} that missed it not asked yet: ask those first.",
    )


def _board(partnership_id: int, year: int, *, now: datetime) -> Step:
    dates = [d.day for d in board_dates.coming(partnership_id, today=day_of(now))]
    mine = [day for day in dates if first_day(year) <= day <= last_day(year)]
    if not mine:
        return Step(
            what="board",
            done=False,
            said=f"No date of a report in {year_name(year)} is in the board’s calendars.",
        )
    return Step(what="board", done=True, said=and_list(day_short(day) for day in mine[:6]))
