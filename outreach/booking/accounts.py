"""Account of a school by year group, in one query: pupils it has, pupils it has promised, pupils it still
owes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Integer,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)

from outreach.booking.promises import Booking, BookingRevision, PromisedPupils
from outreach.county.establishments import never_estimated, usual_year_groups
from outreach.county.partnerships import USUAL_SHARE, CountedShare
from outreach.county.schools import OwnNumber, School
from outreach.ground import school_year
from outreach.ground.db import db
from outreach.tour.programmes import Programme, ProgrammeTarget
from outreach.tour.target_decisions import INCLUDE, TargetDecision


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


@dataclass(frozen=True, kw_only=True)
class Account:
    """What a school has and what it has promised, by target year group that it offers.

    `promised` is over all its promises that were not cancelled: what each came to once that was reported,
    nothing where the show did not take place, so that it can be offered again. `still_open`: how many of each
    year group still to be booked (not promised, or less than the counted share of it); None where its number
    is not known.
    """

    expected: dict[int, Expected]
    promised: dict[int, int]
    still_open: dict[int, int | None]
    is_open: bool


@dataclass
class _Counted:
    """The answers for one school. Year groups named: None if none are."""

    own: dict[int, int] = field(default_factory=dict)
    promised: dict[int, int] = field(default_factory=dict)
    named: tuple[int, ...] | None = None
    bookings: int = 0

    def promise(self, year_group: int, pupils: int) -> None:
        self.promised[year_group] = self.promised.get(year_group, 0) + pupils


def account(programme: Programme, school: School, *, leaving_out: int | None = None) -> Account:
    """The school's account for a programme, in one query (`leaving_out`: a booking's id)."""
    return of_schools(programme, [school], leaving_out=leaving_out)[school.urn]


def of_schools(
    programme: Programme, schools: Sequence[School], *, leaving_out: int | None = None
) -> dict[int, Account]:
    """The accounts of many schools by URN, in one query however many."""
    targets, share, counted = _counted(programme, [s.urn for s in schools], leaving_out or 0)
    return {s.urn: _account(programme, s, targets, counted[s.urn], share) for s in schools}


def _account(
    programme: Programme, school: School, targets: tuple[int, ...], counted: _Counted, share: float
) -> Account:
    """One school's account from what was counted.

    It offers what a coordinator named when including it in the target, else what its ages say, else its
    phase; with none of these it may bring any target year group. A programme for adults, which has none, is
    open until it is booked. Own number, else NumberOfPupils / year groups offered, half up; alternative
    provision is never estimated.
    """
    own, so_far, named = counted.own, counted.promised, counted.named
    by_ages = school_year.offered(school.statutory_low_age, school.statutory_high_age)
    if by_ages is None:
        by_ages = usual_year_groups(school.phase_of_education)
    its_own = targets if by_ages is None else by_ages
    offers = [y for y in sorted({*its_own, *(named or ())}) if own.get(y) != 0]
    estimate = None
    asked_only = never_estimated(school.type_of_establishment, school.name)
    if by_ages is not None and offers and school.number_of_pupils is not None and not asked_only:
        estimate = int(school.number_of_pupils / len(offers) + 0.5)
    known = {
        y: Expected(pupils=own[y], estimated=False) if y in own else Expected(pupils=estimate, estimated=True)
        for y in targets
        if y in offers and (named is None or y in named)
    }
    still_open = {
        y: None if n is None else max(0, n - so_far.get(y, 0))
        for y, n in ((y, each.pupils) for y, each in known.items())
        if y not in so_far or (n is not None and so_far[y] < share * n)
    }
    return Account(
        expected=known,
        promised=so_far,
        still_open=still_open,
        is_open=not counted.bookings if programme.for_adults else bool(still_open),
    )


def _questions() -> CompoundSelect[Any]:
    """Target year groups and the share that must be counted; then by school: those named for it, own numbers,
    promised pupils, how many bookings.

    Made once, since it is asked often.
    """
    programme_id = bindparam("programme_id", type_=Integer)
    urns = bindparam("urns", type_=Integer, expanding=True)
    mine = and_(
        Booking.programme_id == programme_id,
        Booking.urn.in_(urns),
        Booking.ended_at.is_(None),
        Booking.id != bindparam("leaving_out", type_=Integer),
    )
    newest_target = select(func.max(ProgrammeTarget.id)).where(ProgrammeTarget.programme_id == programme_id)
    newest_decisions = (
        select(func.max(TargetDecision.id))
        .where(TargetDecision.programme_id == programme_id, TargetDecision.urn.in_(urns))
        .group_by(TargetDecision.urn)
    )
    newest = (
        select(func.max(BookingRevision.id).label("id"), Booking.urn)
        .join(Booking, Booking.id == BookingRevision.booking_id)
        .where(mine, Booking.came_to.is_(None))
        .group_by(Booking.id, Booking.urn)
        .subquery()
    )
    none, nought = null().cast(Text), literal(0)
    return union_all(
        select(
            literal("target").label("kind"),
            nought.label("urn"),
            nought.label("y"),
            nought.label("n"),
            type_coerce(ProgrammeTarget.year_groups, Text).label("groups"),
            nought.label("sort"),
        ).where(ProgrammeTarget.id == newest_target.scalar_subquery()),
        select(literal("share"), nought, nought, nought, cast(CountedShare.share, Text), nought).where(
            CountedShare.id
            == select(func.max(CountedShare.id))
            .where(CountedShare.partnership_id == bindparam("partnership_id", type_=Integer))
            .scalar_subquery()
        ),
        select(
            literal("named"),
            TargetDecision.urn,
            nought,
            nought,
            type_coerce(TargetDecision.year_groups, Text),
            nought,
        ).where(TargetDecision.id.in_(newest_decisions), TargetDecision.kind == INCLUDE),
        select(
            literal("own"), OwnNumber.urn, OwnNumber.year_group, OwnNumber.pupils, none, OwnNumber.id
        ).where(
            OwnNumber.urn.in_(urns), OwnNumber.academic_year == bindparam("academic_year", type_=Integer)
        ),
        select(
            literal("promised"),
            newest.c.urn,
            PromisedPupils.year_group,
            func.sum(PromisedPupils.pupils),
            none,
            nought,
        )
        .join(newest, newest.c.id == PromisedPupils.revision_id)
        .group_by(newest.c.urn, PromisedPupils.year_group),
        select(literal("bookings"), Booking.urn, nought, func.count(Booking.id), none, nought)
        .where(mine, or_(Booking.came_to.is_(None), Booking.came_to != ""))
        .group_by(Booking.urn),
        select(literal("came to"), Booking.urn, nought, nought, Booking.came_to, nought).where(
            mine, Booking.came_to != ""
        ),
    ).order_by("sort", "y")


_QUESTIONS = _questions()


def _counted(
    programme: Programme, urns: list[int], leaving_out: int
) -> tuple[tuple[int, ...], float, dict[int, _Counted]]:
    """The target year groups, the share that must be counted, and the answers by URN; the newest own number
    of a year group holds."""
    targets: tuple[int, ...] = ()
    share = USUAL_SHARE
    counted = {urn: _Counted() for urn in urns}
    asked = {
        "programme_id": programme.id,
        "partnership_id": programme.partnership_id,
        "urns": urns,
        "leaving_out": leaving_out,
        "academic_year": programme.academic_year,
    }
    for kind, urn, year_group, n, groups, _ in db.session.execute(_QUESTIONS, asked):
        if kind == "target":
            targets = _year_groups(groups)
        elif kind == "share":
            share = float(groups)
        elif kind == "named":
            counted[urn].named = _year_groups(groups)
        elif kind == "own":
            counted[urn].own[year_group] = n
        elif kind == "promised":
            counted[urn].promise(year_group, int(n))
        elif kind == "came to":
            for pair in groups.split(","):
                came, pupils = pair.split(":")
                counted[urn].promise(int(came), int(pupils))
        else:
            counted[urn].bookings = n
    return targets, share, counted


def _year_groups(text: str) -> tuple[int, ...]:
    return tuple(int(y) for y in text.split(",") if y)


def shows_needed(programme: Programme, still_open: dict[int, int | None]) -> int:
    """How many audiences what is still open is, by our count; 1 where nothing is known."""
    return max(1, math.ceil(sum(n or 0 for n in still_open.values()) / programme.audience_ceiling))


def needs_two_shows(programme: Programme, still_open: dict[int, int | None]) -> bool:
    """Whether what is still open is, by our count, more than one audience."""
    return sum(n or 0 for n in still_open.values()) > programme.audience_ceiling
