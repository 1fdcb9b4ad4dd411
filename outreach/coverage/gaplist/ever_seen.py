"""Schools that saw it before: in whatever year, in any other programme of the partnership for the same kind
of people.

Seen here is less than the standing 'seen': one show that took place is enough, whoever counted whom. Where
one side says that it did not take place, the coordinator's word decides, and without it the school has not
seen it. What a coordinator's own list of past shows tells counts, too, for pupils. Who has not seen it, but
was promised a show of which nobody has told what became of it, is 'not known', and to be asked. Every page
and order that speaks of 'seen before' asks here.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import and_, bindparam, or_, select

from outreach.asking.seen_before import Before, Word
from outreach.booking.promises import Booking
from outreach.county.lists import past_shows
from outreach.ground.db import made_once, plain_rows
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.visits import reports, unreported
from outreach.visits.reports import COMPANY, SETTLED, VisitReport


@dataclass(frozen=True, kw_only=True)
class EarlierShows:
    """What is known of earlier shows, by the URN under which they were promised. `unreported`: the reference
    of the last promise of which nobody has said whether it took place."""

    saw: Collection[int]
    unreported: Mapping[int, str]

    def seen_before(
        self, family: Collection[int], *, saw_now: bool = False, waits_now: bool = False
    ) -> Before:
        """Of a school and those it came from; `saw_now`, `waits_now`: by the standings of the programme in
        hand, a show of it took place, or waits for a report."""
        if saw_now or not self.saw_none(family):
            return Before(Word.YES)
        reference = next(
            (
                self.unreported[organisation_id]
                for organisation_id in family
                if organisation_id in self.unreported
            ),
            "",
        )
        return Before(Word.NOT_KNOWN, reference) if reference or waits_now else Before(Word.NEVER)

    def saw_none(self, family: Collection[int]) -> bool:
        return not any(organisation_id in self.saw for organisation_id in family)


def ever_seen_by_organisations(
    programme: Programme, families: Mapping[int, tuple[int, ...]], now: datetime
) -> dict[int, Before]:
    """Of each school, this programme's own shows among the others; see asking/seen_before.py. Three
    queries."""
    known = read(
        programme,
        {organisation_id for family in families.values() for organisation_id in family},
        with_its_own=now,
    )
    return {organisation_id: known.seen_before(family) for organisation_id, family in families.items()}


def read(
    programme: Programme, only: Collection[int] | None = None, *, with_its_own: datetime | None = None
) -> EarlierShows:
    """The shows of other programmes; of all or of some schools. `with_its_own`: those of this one too, as of
    then: else its standings tell of them. Whoever came from a school is for the caller to follow. Three
    queries."""
    return EarlierShows(
        saw=_saw(programme, only, own_too=with_its_own is not None),
        unreported=_not_known(programme, only, with_its_own),
    )


def _saw(programme: Programme, only: Collection[int] | None, *, own_too: bool) -> set[int]:
    """The URNs under which a show was promised that took place, or is told of by a list of past shows; 2
    queries."""
    asked: dict[str, Any] = {
        "whose": programme.partnership_id,
        "for_adults": programme.for_adults,
        "this": 0 if own_too else programme.id,
    }
    if only is not None:
        asked["only"] = list(only)
    found = {
        organisation_id
        for (organisation_id,) in plain_rows(_undisputed(only is not None, programme.for_adults), asked)
    }
    words: dict[tuple[int, int], dict[str, bool]] = defaultdict(dict)
    for booking_id, organisation_id, side, took_place in plain_rows(_disputed(only is not None), asked):
        words[booking_id, organisation_id][side] = took_place
    return found | {
        organisation_id
        for (_, organisation_id), said in words.items()
        if said.get(SETTLED, all(said.values()))
    }


@cache
def _undisputed(of_some: bool, for_adults: bool) -> Any:
    query = _reported(of_some, Booking.organisation_id)
    query = query.where(VisitReport.took_place, Booking.performance_id.not_in(_denied()))
    if for_adults:
        return query.distinct().order_by(Booking.organisation_id)
    listed = past_shows.urns_listed(bindparam("whose"))
    if of_some:
        listed = listed.where(past_shows.EarlierVisit.urn.in_(bindparam("only", expanding=True)))
    every = query.union(listed)
    return every.order_by(every.selected_columns.organisation_id)


@cache
def _disputed(of_some: bool) -> Any:
    """Of shows that somebody said did not take place: few, so that each is judged by its words."""
    query = _reported(of_some, Booking.id, Booking.organisation_id, VisitReport.side, VisitReport.took_place)
    return query.where(Booking.performance_id.in_(_denied())).order_by(*reports.by_when_said())


def _denied() -> Any:
    """The shows of the same programmes that somebody said did not take place."""
    query = select(VisitReport.performance_id).join(Performance, Performance.id == VisitReport.performance_id)
    query = query.where(
        VisitReport.took_place.is_(False), reports.stands(), Performance.programme_id.in_(_others())
    )
    return query.correlate(None)


def _others() -> Any:
    return select(Programme.id).where(
        Programme.partnership_id == bindparam("whose"),
        Programme.for_adults == bindparam("for_adults"),
        Programme.id != bindparam("this"),
    )


def _reported(of_some: bool, *columns: Any) -> Any:
    """Promises that stand, with each report about them."""
    query = (
        select(*columns)
        .join(VisitReport, VisitReport.performance_id == Booking.performance_id)
        .where(
            Booking.programme_id.in_(_others()),
            Booking.ended_at.is_(None),
            or_(VisitReport.side == COMPANY, VisitReport.booking_id == Booking.id),
            reports.stands(),
        )
    )
    return query.where(Booking.organisation_id.in_(bindparam("only", expanding=True))) if of_some else query


def _not_known(
    programme: Programme, only: Collection[int] | None, with_its_own: datetime | None
) -> dict[int, str]:
    """URN -> the reference of its last booking, in a programme of an earlier year, of which nobody has said
    whether it took place; one query. `with_its_own`: or in this one, its show being over then."""
    asked = _without_report(
        programme.partnership_id,
        programme.for_adults,
        programme.academic_year,
        programme.id,
        with_its_own,
        None if only is None else list(only),
    )
    return {organisation_id: reference for organisation_id, reference in plain_rows(*asked)}


@made_once
def _without_report(
    partnership_id: int,
    for_adults: bool,
    academic_year: int,
    this: int,
    its_own_by: datetime | None,
    only: Collection[int] | None,
) -> Any:
    when = and_(Programme.academic_year < academic_year, Programme.id != this)
    if its_own_by is not None:
        when = or_(when, and_(Programme.id == this, Performance.ends_at <= its_own_by))
    query = (
        select(Booking.organisation_id, Booking.reference)
        .join(Performance, Performance.id == Booking.performance_id)
        .join(Programme, Programme.id == Booking.programme_id)
        .where(
            Programme.partnership_id == partnership_id,
            Programme.for_adults == for_adults,
            when,
            Booking.ended_at.is_(None),
            unreported.condition(),
        )
        .order_by(Performance.starts_at, Booking.id)
    )
    return query if only is None else query.where(Booking.organisation_id.in_(only))
