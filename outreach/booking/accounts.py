"""Account of a school by year group, in one query: pupils it has, pupils it has promised, pupils it still
owes."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import aliased

from outreach.booking.promises import (
    FAILED,
    Booking,
    BookingRevision,
    CameTo,
    PromisedPupils,
    PromiseLimit,
)
from outreach.county import organisations, pupils
from outreach.county.partnerships import USUAL_SHARE, CountedShare
from outreach.county.pupils import OwnNumbers
from outreach.county.schools import Organisation, OwnNumber, Succession
from outreach.county.succession import Kin, StaysOpen
from outreach.ground.db import among, plain_rows
from outreach.ground.school_year import STAFF
from outreach.ground.timespans import day_of
from outreach.tour.adults import EVERYBODY, AdultTarget
from outreach.tour.programmes import Programme, ProgrammeTarget
from outreach.tour.target_decisions import EXCLUDE, INCLUDE, TargetDecision


@dataclass(frozen=True, kw_only=True)
class Expected:
    """How many pupils of one target year group a school has: its own number, or an estimate; None is
    unknown."""

    pupils: int | None
    estimated: bool

    @property
    def at_most(self) -> int | None:
        """What its open promises may hold: its own number, or the estimate and a tenth."""
        if self.pupils is None or not self.estimated:
            return self.pupils
        return self.pupils + math.ceil(self.pupils / 10)


class Limit(NamedTuple):
    """A row of PromiseLimit: what the school has by the rule, and what may be promised; None is unknown."""

    has: int | None
    at_most: int | None


@dataclass(frozen=True, kw_only=True)
class PromiseAccount:
    """What a school has and what it has promised, by target year group that it offers.

    `promised` is over all its promises that were not cancelled: what each came to once that was reported,
    nothing where the show did not take place, so that it can be offered again. `still_open`: how many of each
    year group still to be booked (catch-ups left out, not promised, or less than the counted share of it); None
    where its number is not known. `limits`: the stored numbers that the database goes by. `excess`: how many of
    those who are still to come are promised beyond what it has by now, where any are. `is_excluded`: a coordinator took
    it out of the target, so that nothing more is offered to it.
    """

    expected: dict[int, Expected]
    promised: dict[int, int]
    still_open: dict[int, int | None]
    is_open: bool
    limits: dict[int, Limit]
    excess: dict[int, int]
    is_excluded: bool


@dataclass(frozen=True, slots=True)
class _Before:
    """A school that passes on what it told of itself, as far as that is asked."""

    statutory_low_age: int | None
    statutory_high_age: int | None
    phase_of_education: str | None
    status: str
    close_date: date | None


@dataclass
class _Counted:
    """The answers for some schools and those they succeed, by URN."""

    targets: tuple[int, ...] = ()
    adults: AdultTarget = EVERYBODY
    share: float = USUAL_SHARE
    told: dict[int, dict[int, int]] = field(default_factory=dict)
    decided: set[int] = field(default_factory=set)
    excluded: set[int] = field(default_factory=set)
    named: dict[int, tuple[int, ...]] = field(default_factory=dict)
    promised: dict[int, dict[int, int]] = field(default_factory=dict)
    by_shows: dict[int, dict[int, int]] = field(default_factory=dict)
    to_come: dict[int, dict[int, int]] = field(default_factory=dict)
    limits: dict[int, dict[int, Limit]] = field(default_factory=dict)
    bookings: dict[int, int] = field(default_factory=dict)
    links: list[tuple[int, int, date | None]] = field(default_factory=list)
    before: dict[int, _Before] = field(default_factory=dict)

    def promise(self, organisation_id: int, year_group: int, pupils: int, *, catch_up: bool) -> None:
        for sums in (self.promised,) if catch_up else (self.promised, self.by_shows):
            _add(sums, organisation_id, year_group, pupils)

    def kin(self, today: date) -> Kin:
        """Who follows whom of those that have closed."""
        linked = Kin((predecessor, successor) for predecessor, successor, _ in self.links)
        return linked.of_closed(StaysOpen(linked, self.links, self.before, self.named, today))

    def own_numbers(self, kin: Kin) -> OwnNumbers:
        """What the schools told of themselves, with what they inherit from those that have closed."""
        return OwnNumbers(self.told, kin, self.before)

    def is_picked(self, organisation_id: int, kin: Kin) -> bool:
        """Whether a coordinator took the school in, or one that it follows."""
        if organisation_id in self.decided:
            return organisation_id in self.named
        return any(self.is_picked(u, kin) for u in kin.predecessors.get(organisation_id, ()))

    def is_excluded(self, organisation_id: int, kin: Kin) -> bool:
        """Whether a coordinator took the school out, or, where nothing was decided of it, all that it follows."""
        if organisation_id in self.excluded or organisation_id in self.named:
            return organisation_id in self.excluded
        before = kin.predecessors.get(organisation_id, ())
        return bool(before) and all(self.is_excluded(u, kin) for u in before)


def _add(sums: dict[int, dict[int, int]], organisation_id: int, year_group: int, pupils: int) -> None:
    by_year = sums.setdefault(organisation_id, {})
    by_year[year_group] = by_year.get(year_group, 0) + pupils


def account(
    programme: Programme, organisation: Organisation, *, now: datetime, leaving_out: int | None = None
) -> PromiseAccount:
    """The school's account for a programme, in one query (`leaving_out`: a booking's id)."""
    return of_organisations(programme, [organisation], now=now, leaving_out=leaving_out)[
        organisation.organisation_id
    ]


def of_organisations(
    programme: Programme,
    organisations: Sequence[Organisation],
    *,
    now: datetime,
    leaving_out: int | None = None,
) -> dict[int, PromiseAccount]:
    """The accounts of many schools by URN, in one query however many."""
    counted = _counted(programme, [s.organisation_id for s in organisations], leaving_out or 0)
    kin = counted.kin(day_of(now))
    own = counted.own_numbers(kin)
    return {
        s.organisation_id: _account(
            programme,
            s,
            own.of(s.organisation_id),
            counted,
            picked=programme.for_adults and counted.is_picked(s.organisation_id, kin),
            excluded=counted.is_excluded(s.organisation_id, kin),
        )
        for s in organisations
    }


def _account(
    programme: Programme,
    organisation: Organisation,
    own: Mapping[int, int],
    counted: _Counted,
    *,
    picked: bool,
    excluded: bool,
) -> PromiseAccount:
    """One school's account from what was counted.

    It offers what a coordinator named when including it in the target, else what its ages say, else its
    phase; with none of these it may bring any target year group. In a programme for adults it offers its staff,
    and is open, to the schools that it chose, until it is booked, or for as many as its known staff leave.
    """
    organisation_id = organisation.organisation_id
    so_far, named = counted.promised.get(organisation_id, {}), counted.named.get(organisation_id)
    by_shows = counted.by_shows.get(organisation_id, {})
    targets: tuple[int, ...]
    booked_uncounted = False
    if programme.for_adults:
        targets = (STAFF,)
        meant = (
            counted.adults.takes_body(organisation.type_of_establishment, picked=picked)
            if organisation.is_body
            else counted.adults.takes(
                organisation.phase_of_education, organisation.type_of_establishment, picked=picked
            )
        )
        offers = [STAFF] if meant else []
        booked_uncounted = STAFF not in by_shows and counted.bookings.get(organisation_id, 0) > 0
    else:
        targets = () if organisation.is_body else counted.targets
        by_ages = pupils.by_ages_or_phase(organisation)
        may_bring = {*(targets if by_ages is None else by_ages), *(named or ())}
        offers = [y for y in targets if y in may_bring and own.get(y) != 0 and (named is None or y in named)]
    found = pupils.of_year_groups(organisation, offers, own, named or ())
    known = {y: Expected(pupils=n, estimated=y not in (*own, STAFF)) for y, n in found.by_year.items()}
    still_open = {
        y: None if n is None else n - so_far.get(y, 0)
        for y, n in found.by_year.items()
        if not booked_uncounted
        and (
            y not in by_shows
            or _too_few(by_shows[y], pupils.share(organisation, y, own, named or ()), counted.share)
        )
    }
    return PromiseAccount(
        expected=known,
        promised=so_far,
        still_open=still_open,
        is_open=bool(still_open),
        limits=counted.limits.get(organisation_id, {}),
        excess={
            y: over
            for y, coming in counted.to_come.get(organisation_id, {}).items()
            if y in targets and (over := min(coming, so_far[y] - _at_most(known.get(y), so_far[y]))) > 0
        },
        is_excluded=excluded,
    )


def _at_most(expected: Expected | None, promised: int) -> int:
    """What a year group may hold: nothing where it is not offered any more, anything where nobody knows."""
    if expected is None:
        return 0
    return promised if expected.at_most is None else expected.at_most


def _too_few(promised: int, number: float | None, share: float) -> bool:
    return number is not None and promised < share * number


_NOUGHT = literal(0)
_IS_CATCH_UP = case((Booking.catch_up, 1), else_=0)


def _questions(is_asked: Callable[[Any], ColumnElement[bool]]) -> CompoundSelect[Any]:
    """The target and the share that must be counted; then by school: what a coordinator decided of it, own numbers,
    promised pupils, how many bookings; and of the schools before it, at any remove, how they are linked, what
    they were and what they told. `is_asked`: whether a column has the number of a school that is asked about.
    """
    programme_id = bindparam("programme_id", type_=Integer)
    partnership_id = bindparam("partnership_id", type_=Integer)
    # Those asked about by `among`, too: from how many they are PostgreSQL reckons how many came before them.
    asked = select(Organisation.organisation_id).where(is_asked(Organisation.organisation_id))
    root = aliased(Organisation)
    family = (
        select(root.organisation_id).where(among(root.organisation_id, asked)).cte("family", recursive=True)
    )
    family = family.union(
        select(Succession.predecessor_id).join(family, family.c.organisation_id == Succession.successor_id)
    )
    everybody = select(family.c.organisation_id)
    mine = and_(
        Booking.programme_id == programme_id,
        is_asked(Booking.organisation_id),
        Booking.ended_at.is_(None),
        Booking.id != bindparam("leaving_out", type_=Integer),
    )
    not_failed = or_(Booking.outcome.is_(None), Booking.outcome != FAILED)
    newest_target = select(func.max(ProgrammeTarget.id)).where(ProgrammeTarget.programme_id == programme_id)
    newest_share = select(func.max(CountedShare.id)).where(CountedShare.partnership_id == partnership_id)
    newest_decisions = (
        select(func.max(TargetDecision.id))
        .where(TargetDecision.programme_id == programme_id, among(TargetDecision.organisation_id, everybody))
        .group_by(TargetDecision.organisation_id)
    )
    newest = (
        select(
            func.max(BookingRevision.id).label("id"), Booking.organisation_id, _IS_CATCH_UP.label("catch_up")
        )
        .join(Booking, Booking.id == BookingRevision.booking_id)
        .where(mine, not_failed, ~exists().where(CameTo.booking_id == Booking.id))
        .group_by(Booking.id, Booking.organisation_id, Booking.catch_up)
        .subquery()
    )
    # Of a predecessor that another partnership holds nothing told is ours to read.
    readable = select(Organisation.organisation_id).where(
        among(Organisation.organisation_id, everybody),
        or_(is_asked(Organisation.organisation_id), organisations.ours(partnership_id)),
    )
    return union_all(
        _answer(
            "target", text=type_coerce(ProgrammeTarget.year_groups, Text), status=ProgrammeTarget.schools
        ).where(ProgrammeTarget.id == newest_target.scalar_subquery()),
        _answer(
            "kinds",
            text=type_coerce(ProgrammeTarget.phases, Text),
            status=type_coerce(ProgrammeTarget.types, Text),
        ).where(ProgrammeTarget.id == newest_target.scalar_subquery()),
        _answer("bodies", text=type_coerce(ProgrammeTarget.kinds, Text)).where(
            ProgrammeTarget.id == newest_target.scalar_subquery()
        ),
        _answer("share", text=cast(CountedShare.share, Text)).where(
            CountedShare.id == newest_share.scalar_subquery()
        ),
        _answer(
            "named",
            TargetDecision.organisation_id,
            text=type_coerce(TargetDecision.year_groups, Text),
            status=TargetDecision.kind,
        ).where(TargetDecision.id.in_(newest_decisions)),
        _answer("own", OwnNumber.urn, OwnNumber.year_group, OwnNumber.pupils, sort=OwnNumber.id).where(
            among(OwnNumber.urn, readable),
            OwnNumber.academic_year == bindparam("academic_year", type_=Integer),
        ),
        _answer(
            "promised",
            newest.c.organisation_id,
            PromisedPupils.year_group,
            func.sum(PromisedPupils.pupils),
            newest.c.catch_up,
        )
        .join(newest, newest.c.id == PromisedPupils.revision_id)
        .group_by(newest.c.organisation_id, PromisedPupils.year_group, newest.c.catch_up),
        _answer("bookings", Booking.organisation_id, n=func.count(Booking.id))
        .where(mine, not_failed)
        .group_by(Booking.organisation_id),
        _answer("came to", Booking.organisation_id, CameTo.year_group, CameTo.pupils, _IS_CATCH_UP)
        .join(CameTo, CameTo.booking_id == Booking.id)
        .where(mine, not_failed),
        _answer(
            "limit",
            PromiseLimit.organisation_id,
            PromiseLimit.year_group,
            PromiseLimit.at_most,
            PromiseLimit.has,
        ).where(PromiseLimit.programme_id == programme_id, is_asked(PromiseLimit.organisation_id)),
        _answer("link", Succession.predecessor_id, Succession.successor_id, day=Succession.link_date).where(
            among(Succession.predecessor_id, everybody)
        ),
        _answer(
            "before",
            Organisation.organisation_id,
            Organisation.statutory_low_age,
            Organisation.statutory_high_age,
            text=Organisation.phase_of_education,
            status=Organisation.status,
            day=Organisation.close_date,
        ).where(
            among(
                Organisation.organisation_id,
                select(Succession.predecessor_id).where(among(Succession.predecessor_id, everybody)),
            )
        ),
    ).order_by("sort", "y")


def _answer(
    kind: str,
    organisation_id: Any = _NOUGHT,
    y: Any = _NOUGHT,
    n: Any = _NOUGHT,
    beside: Any = _NOUGHT,
    *,
    text: Any = None,
    status: Any = None,
    day: Any = None,
    sort: Any = _NOUGHT,
) -> Select[Any]:
    """One kind of row among the answers."""
    return select(
        literal(kind).label("kind"),
        organisation_id.label("organisation_id"),
        y.label("y"),
        n.label("n"),
        beside.label("beside"),
        (null().cast(Text) if text is None else text).label("said"),
        (null().cast(Text) if status is None else status).label("status"),
        (null().cast(Date) if day is None else day).label("day"),
        sort.label("sort"),
    )


# Made once, since they are asked often; one school has its own, since a list of numbers is written into the statement
# each time.
_QUESTIONS = _questions(lambda column: column.in_(bindparam("organisation_ids", expanding=True)))
_QUESTIONS_OF_ONE = _questions(lambda column: column == bindparam("organisation_id"))


def _counted(programme: Programme, organisation_ids: list[int], leaving_out: int) -> _Counted:
    """The answers for some schools; the newest own number of a year group holds."""
    counted = _Counted()
    asked: dict[str, Any] = {
        "programme_id": programme.id,
        "partnership_id": programme.partnership_id,
        "leaving_out": leaving_out,
        "academic_year": programme.academic_year,
    }
    if len(organisation_ids) == 1:
        rows = plain_rows(_QUESTIONS_OF_ONE, asked | {"organisation_id": organisation_ids[0]})
    else:
        rows = plain_rows(_QUESTIONS, asked | {"organisation_ids": organisation_ids})
    for kind, organisation_id, year_group, n, beside, said, status, day, _ in rows:
        if kind == "target":
            counted.targets = _year_groups(said)
            counted.adults = replace(counted.adults, schools=status)
        elif kind == "kinds":
            counted.adults = replace(counted.adults, phases=_names(said), types=_names(status))
        elif kind == "bodies":
            counted.adults = replace(counted.adults, kinds=_names(said))
        elif kind == "share":
            counted.share = float(said)
        elif kind == "named":
            counted.decided.add(organisation_id)
            if status == EXCLUDE:
                counted.excluded.add(organisation_id)
            if status == INCLUDE:
                counted.named[organisation_id] = _year_groups(said)
        elif kind == "own":
            counted.told.setdefault(organisation_id, {})[year_group] = n
        elif kind == "promised":
            counted.promise(organisation_id, year_group, int(n), catch_up=bool(beside))
            _add(counted.to_come, organisation_id, year_group, int(n))
        elif kind == "came to":
            counted.promise(organisation_id, year_group, n, catch_up=bool(beside))
        elif kind == "limit":
            counted.limits.setdefault(organisation_id, {})[year_group] = Limit(beside, n)
        elif kind == "bookings":
            counted.bookings[organisation_id] = n
        elif kind == "link":
            counted.links.append((organisation_id, year_group, day))
        else:
            counted.before[organisation_id] = _Before(year_group, n, said, status, day)
    return counted


def _year_groups(text: str) -> tuple[int, ...]:
    return tuple(int(y) for y in text.split(",") if y)


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split("\n")) if text else ()


def shows_needed(programme: Programme, still_open: dict[int, int | None]) -> int:
    """How many audiences what is still open is, by our count; 1 where nothing is known."""
    return max(1, math.ceil(sum(n or 0 for n in still_open.values()) / programme.audience_ceiling))


def needs_two_shows(programme: Programme, still_open: dict[int, int | None]) -> bool:
    """Whether what is still open is, by our count, more than one audience."""
    return sum(n or 0 for n in still_open.values()) > programme.audience_ceiling
