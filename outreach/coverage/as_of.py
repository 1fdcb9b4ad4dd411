"""Programme, moment and schools that a reckoning is of; every fact is read within such a cut.

`Cut.only` leaves all rows but those of some schools, so that one school can be told of, and a country gone
through in parts.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Integer, bindparam, exists, func, or_, select, union

from outreach.booking.handovers import Handover
from outreach.booking.promises import Booking
from outreach.county.register.lines import ever_with, la_codes_ever
from outreach.county.schools import BODY, FIRST_OF_BODIES, SCHOOL, Organisation, OrganisationRecord
from outreach.ground import school_year, timespans
from outreach.ground.db import Instant, db
from outreach.tour.programmes import Programme, ProgrammeTarget
from outreach.tour.target_decisions import TargetDecision
from outreach.tour.yearly import copies


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Up to when facts of a programme count: `moment` for visit reports, `until` for all else; `day` is the
    last day of `until`.

    `only`: the URNs whose facts are read, all their kin among them; None: everybody's. `told_by`: visit
    reports count up to then after all, about shows that had begun by `moment`: what is known of that day now.
    `register_by` and `settings_by`: what the register said, and what was set and decided here, by then after
    all; they too stand for what is known now of an earlier day. `with_earlier`: what was promised and reported in
    the programmes that this one was copied from is read with its own.
    """

    programme: Programme
    moment: datetime
    until: datetime
    day: date
    only: tuple[int, ...] | None = None
    told_by: datetime | None = None
    register_by: datetime | None = None
    settings_by: datetime | None = None
    with_earlier: bool = False

    @property
    def shape(self) -> "CutShape":
        return CutShape(
            narrowed=self.only is not None,
            told_later=self.told_by is not None,
            with_earlier=self.with_earlier,
            for_adults=self.programme.for_adults,
        )

    @property
    def register_until(self) -> datetime:
        """Up to when the register's word counts, with what schools said of themselves and corrections of
        it."""
        return self.register_by or self.until

    @property
    def settings_until(self) -> datetime:
        """Up to when settings and coordinators' decisions count."""
        return self.settings_by or self.until


class CutShape(NamedTuple):
    """What selects by one cut have that those by another may not."""

    narrowed: bool
    told_later: bool
    with_earlier: bool
    for_adults: bool


class OpenCut:
    """Stands for the n-th cut of a query in selects that are made once, for all cuts of one shape: its values
    are handed over when one is run."""

    def __init__(self, shape: CutShape, n: int) -> None:
        def number(name: str) -> Any:
            return bindparam(f"{name}_{n}", type_=Integer)

        def instant(name: str) -> Any:
            return bindparam(f"{name}_{n}", type_=Instant)

        self.programme_id, self.partnership_id = number("programme_id"), number("partnership_id")
        self.academic_year = number("academic_year")
        self.moment, self.until = instant("moment"), instant("until")
        self.register_until, self.settings_until = instant("register_until"), instant("settings_until")
        self.told_by = instant("told_by") if shape.told_later else None
        self.only = bindparam(f"only_{n}", type_=Integer) if shape.narrowed else None
        self.for_adults = shape.for_adults
        self.with_earlier = shape.with_earlier
        self._line = copies.line_of(self.programme_id, name=f"line_{n}") if shape.with_earlier else None

    def holds(self, programme_id: Any) -> Any:
        """The condition on a column of programmes whose promises and reports are read."""
        return programme_id == self.programme_id if self._line is None else programme_id.in_(self._line)


def values(cut: Cut, n: int) -> dict[str, Any]:
    """What the n-th cut of a query hands over."""
    of = cut.programme
    given: dict[str, Any] = {
        "programme_id": of.id,
        "partnership_id": of.partnership_id,
        "academic_year": of.academic_year,
        "told_by": cut.told_by,
        "only": cut.only,
    }
    given |= {name: getattr(cut, name) for name in ("moment", "until", "register_until", "settings_until")}
    return {f"{name}_{n}": value for name, value in given.items() if value is not None}


def cut_of(programme: Programme, as_of: date, now: datetime) -> Cut:
    """The end of the as-of day; for all but visit reports never later than the end of the programme's
    year."""
    moment = timespans.as_of_moment(as_of, now)
    until = min(moment, timespans.end_of_day(school_year.last_day(programme.academic_year)))
    return Cut(programme=programme, moment=moment, until=until, day=last_day(until))


def as_known_later(cut: Cut) -> Cut:
    """The same where the moment lies in the programme's year; where the year was over, all that was known by
    the moment."""
    return replace(cut, until=cut.moment, day=last_day(cut.moment))


def last_day(until: datetime) -> date:
    """The London day that ends with a moment, or holds it."""
    return timespans.day_of(until - timedelta(microseconds=1))


def scope(programme: Programme) -> Any:
    """The numbers of every school that was ever with the partnership's authorities, of the bodies that the programme
    asks, and of whoever booked."""
    return scope_by(programme.id, programme.partnership_id, for_adults=programme.for_adults)


def scope_by(programme_id: Any, partnership_id: Any, *, for_adults: bool, by: Any = None) -> Any:
    """The same, for values that may be handed over later; `by` a moment. Only a programme for adults has bodies, and
    sessions at a venue, which is nobody to be reckoned with."""
    codes = la_codes_ever(partnership_id)
    booked = select(Booking.organisation_id).where(
        Booking.programme_id == programme_id, *(() if by is None else (Booking.created_at < by,))
    )
    if for_adults:
        booked = booked.join(Organisation, Organisation.organisation_id == Booking.organisation_id).where(
            Organisation.kind.in_((SCHOOL, BODY))
        )
    return union(
        select(OrganisationRecord.organisation_id).where(
            OrganisationRecord.la_code.in_(codes),
            *(() if by is None else (OrganisationRecord.recorded_at < by,)),
        ),
        booked,
        *([bodies_asked(programme_id, partnership_id)] if for_adults else []),
    )


def bodies_asked(programme_id: Any, partnership_id: Any) -> Any:
    """The numbers of the bodies that a programme may be for: all of its partnership once it chose a kind of them, and
    those of which a coordinator decided. None of a programme that is for schools alone."""
    chosen = exists().where(ProgrammeTarget.programme_id == programme_id, ProgrammeTarget.kinds != ())
    decided = select(TargetDecision.organisation_id).where(TargetDecision.programme_id == programme_id)
    return select(Organisation.organisation_id).where(
        Organisation.partnership_id == partnership_id,
        Organisation.kind == BODY,
        or_(chosen, Organisation.organisation_id.in_(decided)),
    )


def scope_of_all(partnership_id: int, *, bodies: bool = False) -> Any:
    """The schools of all the partnership's programmes; or its bodies."""
    if bodies:
        return select(Organisation.organisation_id).where(
            Organisation.partnership_id == partnership_id, Organisation.kind == BODY
        )
    theirs = select(Programme.id).where(Programme.partnership_id == partnership_id)
    return union(
        ever_with(partnership_id), select(Booking.organisation_id).where(Booking.programme_id.in_(theirs))
    )


def is_body(organisation_id: int) -> bool:
    """By its number alone one tells a body from a school."""
    return organisation_id >= FIRST_OF_BODIES


def first_day(programme: Programme) -> date | None:
    """The first day that the register of the programme's authorities was known; None while it never was."""
    codes = la_codes_ever(programme.partnership_id)
    query = select(func.min(OrganisationRecord.recorded_at)).where(OrganisationRecord.la_code.in_(codes))
    first = db.session.execute(query).scalar_one()
    return None if first is None else timespans.day_of(first)


def only(organisation_id: Any, cut: OpenCut) -> tuple[Any, ...]:
    """The condition on a column of URNs, or none."""
    return () if cut.only is None else (organisation_id.in_(cut.only),)


def only_shows(performance_id: Any, cut: OpenCut) -> tuple[Any, ...]:
    """Whole shows: what a company counted is shared out over host and guests alike. What was handed on to a
    following school was the other's before."""
    if cut.only is None:
        return ()
    handed = select(Handover.booking_id).where(Handover.from_organisation_id.in_(cut.only))
    theirs = select(Booking.performance_id).where(
        cut.holds(Booking.programme_id),
        or_(Booking.organisation_id.in_(cut.only), Booking.id.in_(handed)),
    )
    return (performance_id.in_(theirs),)
