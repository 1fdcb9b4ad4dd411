"""Lunch in the schools of a target: of how many it is known, and what it leaves of a day in their halls."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import time
from typing import NamedTuple

from outreach.county import partnerships, school_days
from outreach.county.school_days import SchoolCalendar
from outreach.county.school_lunch import Lunch
from outreach.tour import over_lunch
from outreach.tour.fit import slot_minutes
from outreach.tour.programmes import Programme


@dataclass(frozen=True, kw_only=True)
class Lunches:
    """`unknown` of `schools` have not said when and where their lunch is; `dining`: in how many it is in the hall.
    `usual`: of those that have not said, None: there is none. `in_dining_hall`, `with_set_left`: shows that a day has
    room for in a dining hall at the usual hours and lunch, and where the set may stay standing; None without a usual
    lunch. `minutes`: of set-up, show and pack-up; `opens`, `closes`: the hours that these were reckoned with."""

    schools: int
    unknown: int
    dining: int
    usual: Lunch | None
    in_dining_hall: int | None
    with_set_left: int | None
    minutes: tuple[int, int, int]
    opens: time
    closes: time

    @property
    def known(self) -> int:
        return self.schools - self.unknown


def of_target(programme: Programme, schools: Iterable[int]) -> Lunches:
    """Three queries however many schools."""
    partnership = partnerships.get(programme.partnership_id)
    said = [calendar.lunch for calendar in school_days.load(schools).values()]
    told = [lunch for lunch in said if lunch is not None and lunch.is_dining_hall is not None]
    usual = None
    if partnership.lunch_begins is not None and partnership.lunch_ends is not None:
        usual = Lunch(
            begins=partnership.lunch_begins, ends=partnership.lunch_ends, tables=partnership.lunch_tables
        )
    opens = max(programme.earliest_start, partnership.school_opens)
    closes = min(programme.latest_finish, partnership.school_closes)

    def shows(set_may_stay: bool) -> int | None:
        if usual is None:
            return None
        in_hall = replace(usual, is_dining_hall=True, set_may_stay=set_may_stay)
        minutes = slot_minutes(programme, partnership, SchoolCalendar(lunch=in_hall))
        last = over_lunch.minute(closes) - minutes.show
        return over_lunch.shows_in_a_day(minutes.lunch, over_lunch.minute(opens), last, minutes=minutes)

    return Lunches(
        schools=len(said),
        unknown=len(said) - len(told),
        dining=sum(bool(lunch.is_dining_hall) for lunch in told),
        usual=usual,
        in_dining_hall=shows(False),
        with_set_left=shows(True),
        minutes=(programme.get_in_minutes, programme.show_minutes, programme.get_out_minutes),
        opens=opens,
        closes=closes,
    )


class Told(NamedTuple):
    """A school that has said, and its lunch in words."""

    urn: int
    name: str
    words: str


def told(names: Mapping[int, str]) -> list[Told]:
    """Those of these schools (URN, name) that have said, by name."""
    lunches = {urn: calendar.lunch for urn, calendar in school_days.load(names).items()}
    by_name = sorted(names.items(), key=lambda each: (each[1], each[0]))
    said = [(urn, name, lunches.get(urn)) for urn, name in by_name]
    return [
        Told(urn, name, lunch.said)
        for urn, name, lunch in said
        if lunch is not None and lunch.is_dining_hall is not None
    ]
