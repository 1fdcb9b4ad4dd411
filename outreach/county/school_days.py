"""School days and hours: a school's by its own word, else its authority's, else weekdays; a body's are weekdays."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal,
    select,
    union_all,
)

from outreach.county.authorities import check_term
from outreach.county.partnerships import Authority, InsetDay, Partnership, Term
from outreach.county.school_lunch import Lunch, SchoolLunch
from outreach.county.schools import Organisation, SchoolDay, SchoolHours, SchoolTerm
from outreach.ground import history
from outreach.ground.db import db, plain_rows
from outreach.ground.errors import Refusal
from outreach.ground.school_year import year_of

WEEKEND = "a weekend"
RULED_OUT = "a day you ruled out"
BANK_HOLIDAY = "bank holiday"
INSET_DAY = "your INSET day"
HOLIDAY = "school holiday"

LONGEST_REASON = 200
FARTHEST = 70
"""How many days away a school day is looked for: longer than any holiday."""
SHORTEST_SCHOOL_DAY = timedelta(hours=2)


class ReasonTooLong(Refusal):
    field = "reason"


class SchoolDayTooShort(Refusal):
    """The hours are the wrong way round, or leave no time for a show."""

    field = "closes"


class NoSuchOwnDay(Refusal):
    """The school said nothing of that day, or took it back already."""


Stretch = tuple[date, date]
"""First and last day, both included."""


@dataclass(frozen=True, kw_only=True)
class SchoolCalendar:
    """What decides one school's days; pure. `own_days`: day -> (is it open, the reason given). `lunch`: its own, else
    its partnership's usual one; None where that has none."""

    opens: time = time(9)
    closes: time = time(15)
    lunch: Lunch | None = None
    own_terms: tuple[Stretch, ...] = ()
    authority_terms: tuple[Stretch, ...] = ()
    authority_inset: frozenset[date] = frozenset()
    own_days: Mapping[date, tuple[bool, str]] = field(default_factory=dict)

    def why_closed(self, day: date) -> str:
        """'' on a school day, else why not, as said to the school: 'your INSET day', 'school holiday' ...

        The school's own word that a day is open stands over everything, its word that it is closed
        over everything but the weekend. It goes by its own terms, and then its own INSET days alone,
        in an academic year for which it gave any; else by its authority's. Where neither gave any,
        a weekday that is no bank holiday counts as a school day.
        """
        own = self.own_days.get(day)
        if own is not None and own[0]:
            return ""
        if day.weekday() >= 5:
            return WEEKEND
        if own is not None:
            return own[1] or RULED_OUT
        if bank_holiday(day):
            return BANK_HOLIDAY
        if _gives_year(self.own_terms, day):
            return "" if _within(self.own_terms, day) else HOLIDAY
        if day in self.authority_inset:
            return INSET_DAY
        if _gives_year(self.authority_terms, day):
            return "" if _within(self.authority_terms, day) else HOLIDAY
        return ""

    def last_school_day(self, by: date) -> date:
        """The last school day on or before `by`; `by` itself where there was none for FARTHEST days."""
        days = (by - timedelta(days=n) for n in range(FARTHEST))
        return next((day for day in days if not self.why_closed(day)), by)

    def next_school_day(self, since: date) -> date:
        """The first school day on or after `since`; `since` itself where there is none for FARTHEST days."""
        days = (since + timedelta(days=n) for n in range(FARTHEST))
        return next((day for day in days if not self.why_closed(day)), since)

    def nth_school_day_after(self, day: date, n: int) -> date:
        """The n-th school day after a day."""
        for _ in range(n):
            day = self.next_school_day(day + timedelta(days=1))
        return day

    def hours(self) -> tuple[time, time]:
        """When the school day starts and ends, by the wall clock."""
        return self.opens, self.closes


def authority_calendars(la_codes: Iterable[str]) -> dict[str, SchoolCalendar]:
    """What holds for a school that has given nothing of its own, by authority, in one query."""
    wanted = set(la_codes)
    given = _given(wanted, [])
    return {
        code: SchoolCalendar(
            authority_terms=tuple(given.get(f"la {code}", _Given()).terms),
            authority_inset=frozenset(given.get(f"la {code}", _Given()).days),
        )
        for code in sorted(wanted)
    }


def load(urns: Iterable[int]) -> dict[int, SchoolCalendar]:
    """The calendars of some schools, in two queries however many; a URN without a school is left out."""
    wanted = sorted(set(urns))
    if not wanted:
        return {}
    calendars: dict[int, SchoolCalendar] = {}
    schools = plain_rows(_SCHOOLS, {"urns": wanted})
    given = _given({la_code for _, la_code, *_ in schools}, wanted)
    for urn, la_code, opens, closes, *lunch in schools:
        of_school, of_authority = given.get(f"urn {urn}", _Given()), given.get(f"la {la_code}", _Given())
        calendars[urn] = SchoolCalendar(
            opens=opens,
            closes=closes,
            lunch=_lunch(*lunch),
            own_terms=tuple(of_school.terms),
            authority_terms=tuple(of_authority.terms),
            authority_inset=frozenset(of_authority.days),
            own_days=of_school.days,
        )
    return calendars


def _lunch(
    begins: time | None,
    ends: time | None,
    is_dining_hall: bool | None,
    set_may_stay: bool | None,
    tables: int | None,
) -> Lunch | None:
    if begins is None or ends is None:
        return None
    return Lunch(
        begins=begins,
        ends=ends,
        is_dining_hall=is_dining_hall,
        set_may_stay=bool(set_may_stay),
        tables=tables or 0,
    )


def lunch_of(organisation_id: int) -> Lunch | None:
    """The lunch of one school alone, as its calendar has it; one query."""
    found = plain_rows(_SCHOOLS, {"urns": [organisation_id]})
    return next((_lunch(*lunch) for _, _, _, _, *lunch in found), None)


def load_one(school: Organisation) -> SchoolCalendar:
    """The calendar of one school, in the same two queries."""
    return load([school.organisation_id])[school.organisation_id]


def why_closed(school: Organisation, days: Iterable[date]) -> dict[date, str]:
    """Only those of `days` that are no school days there, each with why."""
    calendar = load_one(school)
    return {day: why for day in days if (why := calendar.why_closed(day))}


def hours(school: Organisation) -> tuple[time, time]:
    """The school's own day, else the partnership's setting."""
    return load_one(school).hours()


def rule_out(school: Organisation, day: date, reason: str = "", *, who: str, now: datetime) -> None:
    """The school cannot have a show that day; INSET_DAY is one reason, '' is shown as RULED_OUT."""
    _say(school, day, is_open=False, reason=reason, who=who, now=now)


def open_up(school: Organisation, day: date, reason: str = "", *, who: str, now: datetime) -> None:
    """The school is open that day, whatever its terms, the bank holidays or the weekend say."""
    _say(school, day, is_open=True, reason=reason, who=who, now=now)


def withdraw(school: Organisation, day: date, *, who: str, now: datetime) -> None:
    """Forget what the school said of a day. Raises NoSuchOwnDay."""
    row = db.session.scalar(
        select(SchoolDay).where(SchoolDay.urn == school.organisation_id, SchoolDay.day == day)
    )
    if row is None:
        raise NoSuchOwnDay("The school has nothing of its own on that day.")
    before = {"day": str(day), "is_open": row.is_open, "reason": row.reason}
    db.session.delete(row)
    db.session.flush()
    history.record(
        "took back a day of its own",
        history.Subject("school", school.organisation_id, None),
        who=who,
        now=now,
        before=before,
    )


def set_hours(school: Organisation, opens: time, closes: time, *, who: str, now: datetime) -> None:
    """The school's own day by the wall clock. Raises SchoolDayTooShort."""
    if datetime.combine(date.min, closes) - datetime.combine(date.min, opens) < SHORTEST_SCHOOL_DAY:
        raise SchoolDayTooShort("The school day must end at least two hours after it starts.")
    row = db.session.get(SchoolHours, school.organisation_id)
    before = None if row is None else f"{row.opens:%H:%M} to {row.closes:%H:%M}"
    if row is None:
        db.session.add(SchoolHours(urn=school.organisation_id, opens=opens, closes=closes))
    else:
        row.opens, row.closes = opens, closes
    db.session.flush()
    after = f"{opens:%H:%M} to {closes:%H:%M}"
    if after != before:
        history.record(
            "set its hours",
            history.Subject("school", school.organisation_id, None),
            who=who,
            now=now,
            before=before,
            after=after,
        )


def add_own_term(
    school: Organisation, first_day: date, last_day: date, *, who: str, now: datetime
) -> SchoolTerm:
    """A term of the school's own; from then on it goes by its own terms in that academic year.

    Raises TermWrongWayRound, TermTooLong, TermsOverlap of authorities.py.
    """
    check_term(first_day, last_day, [(t.first_day, t.last_day) for t in own_terms(school)])
    term = SchoolTerm(urn=school.organisation_id, first_day=first_day, last_day=last_day)
    db.session.add(term)
    db.session.flush()
    history.record(
        "added a term of its own",
        history.Subject("school", school.organisation_id, None),
        who=who,
        now=now,
        after=[str(first_day), str(last_day)],
    )
    return term


def own_terms(school: Organisation) -> list[SchoolTerm]:
    return list(
        db.session.scalars(
            select(SchoolTerm).where(SchoolTerm.urn == school.organisation_id).order_by(SchoolTerm.first_day)
        )
    )


def own_days(school: Organisation) -> list[SchoolDay]:
    return list(
        db.session.scalars(
            select(SchoolDay).where(SchoolDay.urn == school.organisation_id).order_by(SchoolDay.day)
        )
    )


def _say(school: Organisation, day: date, *, is_open: bool, reason: str, who: str, now: datetime) -> None:
    if len(reason) > LONGEST_REASON:
        raise ReasonTooLong(f"The reason must be {LONGEST_REASON} characters or fewer.")
    row = db.session.scalar(
        select(SchoolDay).where(SchoolDay.urn == school.organisation_id, SchoolDay.day == day)
    )
    before = None if row is None else {"is_open": row.is_open, "reason": row.reason}
    after = {"is_open": is_open, "reason": reason}
    if before == after:
        return
    if row is None:
        db.session.add(SchoolDay(urn=school.organisation_id, day=day, **after))
    else:
        row.is_open, row.reason = is_open, reason
    db.session.flush()
    history.record(
        "opened a day" if is_open else "ruled out a day",
        history.Subject("school", school.organisation_id, None),
        who=who,
        now=now,
        before=before,
        after={"day": str(day)} | after,
    )


def bank_holiday(day: date) -> str:
    """The name of the bank holiday in England that `day` is, or ''."""
    return _bank_holidays(day.year).get(day, "")


@dataclass
class _Given:
    terms: list[Stretch] = field(default_factory=list)
    days: dict[date, tuple[bool, str]] = field(default_factory=dict)


# Made once: every page of slots asks these, and building them costs more than asking.
_SCHOOLS = (
    select(
        Organisation.organisation_id,
        Organisation.la_code,
        func.coalesce(SchoolHours.opens, Partnership.school_opens, time(9)),
        func.coalesce(SchoolHours.closes, Partnership.school_closes, time(15)),
        func.coalesce(SchoolLunch.begins, Partnership.lunch_begins),
        func.coalesce(SchoolLunch.ends, Partnership.lunch_ends),
        SchoolLunch.is_dining_hall,
        SchoolLunch.set_may_stay,
        Partnership.lunch_tables,
    )
    .outerjoin(SchoolLunch, SchoolLunch.urn == Organisation.organisation_id)
    .outerjoin(SchoolHours, SchoolHours.urn == Organisation.organisation_id)
    .outerjoin(Authority, Authority.la_code == Organisation.la_code)
    .outerjoin(
        Partnership, Partnership.id == func.coalesce(Authority.partnership_id, Organisation.partnership_id)
    )
    .where(Organisation.organisation_id.in_(bindparam("urns", expanding=True)))
    .order_by(Organisation.organisation_id)
)


def _terms_and_days() -> CompoundSelect[Any]:
    la_codes: BindParameter[Any] = bindparam("la_codes", expanding=True)
    urns: BindParameter[Any] = bindparam("urns", expanding=True)
    none = literal("")
    return union_all(
        select(
            literal("term").label("kind"),
            (literal("la ") + Term.la_code).label("whose"),
            Term.first_day.label("first"),
            Term.last_day.label("last"),
            none.label("reason"),
        ).where(Term.la_code.in_(la_codes)),
        select(literal("closed"), literal("la ") + InsetDay.la_code, InsetDay.day, InsetDay.day, none).where(
            InsetDay.la_code.in_(la_codes)
        ),
        select(
            literal("term"),
            literal("urn ") + cast(SchoolTerm.urn, Text),
            SchoolTerm.first_day,
            SchoolTerm.last_day,
            none,
        ).where(SchoolTerm.urn.in_(urns)),
        select(
            case((SchoolDay.is_open, "open"), else_="closed"),
            literal("urn ") + cast(SchoolDay.urn, Text),
            SchoolDay.day,
            SchoolDay.day,
            SchoolDay.reason,
        ).where(SchoolDay.urn.in_(urns)),
    ).order_by("whose", "first")


_TERMS_AND_DAYS = _terms_and_days()


def _given(la_codes: set[str], urns: list[int]) -> dict[str, _Given]:
    """Terms and single days, by 'la CODE' and 'urn URN', in one query over the four tables."""
    asked = {"la_codes": sorted(la_codes), "urns": urns}
    given: dict[str, _Given] = {}
    for kind, whose, first, last, reason in plain_rows(_TERMS_AND_DAYS, asked):
        here = given.setdefault(whose, _Given())
        if kind == "term":
            here.terms.append((first, last))
        else:
            here.days[first] = (kind == "open", reason)
    return given


def _gives_year(terms: Collection[Stretch], day: date) -> bool:
    if not terms:
        return False
    # A term is of the academic year it ends in: some counties begin in the last days of August.
    return any(year_of(last) == year_of(day) for _, last in terms) or _within(terms, day)


def _within(terms: Iterable[Stretch], day: date) -> bool:
    return any(first <= day <= last for first, last in terms)


@lru_cache(maxsize=64)
def _bank_holidays(year: int) -> dict[date, str]:
    # One that falls on a weekend is kept on a weekday instead, which the library lists as well.
    found = _united_kingdom()(subdiv="ENG", years=year, language="en_GB")
    return {day: name.removesuffix(" (observed)") for day, name in found.items() if day.weekday() < 5}


@lru_cache(maxsize=1)
def _united_kingdom() -> Any:
    """The library's class of one country, from its file: its package would import those of all countries."""
    import holidays

    path = Path(holidays.__file__).parent / "countries" / "united_kingdom.py"
    spec = spec_from_file_location("holidays_united_kingdom", path)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.UnitedKingdom
