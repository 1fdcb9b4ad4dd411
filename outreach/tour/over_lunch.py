"""Starts that a school's lunch leaves to a show, with its set-up and pack-up: the one place that says so. Pure.

Minutes of the wall clock from midnight. The show itself never lies across lunch. Where it is eaten in the hall,
set-up and pack-up keep out too, of the time that the tables need before and after as well; if the set may stay
standing there meanwhile, set-up may be over before lunch and the show begin after it. Programmes for adults, sessions
at venues and online know no lunch: whoever asks for them hands in none.
"""

from datetime import date, datetime, time
from typing import NamedTuple, Protocol

from outreach.county.school_lunch import Lunch
from outreach.ground.timespans import wall
from outreach.tour.planning import set_up
from outreach.tour.planning.set_up import StaysOver

SHOW, ALL, SET_STAYS = "show", "all", "set stays"
"""What keeps out: the show alone, set-up and pack-up too, or these but that a set that stands may stay."""


class KeptOut(NamedTuple):
    """The stretch of a school's lunch, from `since` to `until`, and what keeps out of it (`what`)."""

    since: int
    until: int
    what: str

    def instants(self, day: date) -> tuple[datetime, datetime]:
        return wall(day, _clock(self.since)), wall(day, _clock(self.until))


class ShowMinutes(Protocol):
    """Minutes of a show, its set-up and its pack-up, of turning the hall round, and between two starts."""

    @property
    def step(self) -> int: ...
    @property
    def show(self) -> int: ...
    @property
    def get_in(self) -> int: ...
    @property
    def get_out(self) -> int: ...
    @property
    def turn(self) -> int: ...


class Starts(NamedTuple):
    """Starts from `first` to `last` minute, both included."""

    first: int
    last: int


def kept_out(lunch: Lunch | None) -> KeptOut | None:
    """What a lunch keeps out; nothing where there is none. A lunch at the very end of a day is cut at midnight."""
    if lunch is None:
        return None
    tables = lunch.tables if lunch.is_dining_hall else 0
    what = SHOW if not lunch.is_dining_hall else SET_STAYS if lunch.set_may_stay else ALL
    return KeptOut(max(0, minute(lunch.begins) - tables), min(24 * 60 - 1, minute(lunch.ends) + tables), what)


def starts(
    kept: KeptOut | None, first: int, last: int, *, minutes: ShowMinutes, arrives: int | None = None
) -> tuple[Starts, ...]:
    """What lunch leaves of the starts from `first` to `last`, each stretch beginning with a multiple of the step.

    `arrives`: from when on set-up can begin; None: that is not known, and no set stands over lunch.
    """
    if kept is None:
        return (Starts(first, last),) if first <= last else ()
    show, get_in = minutes.show, minutes.get_in
    before, after = (0, 0) if kept.what == SHOW else (get_in, minutes.get_out)
    found = [Starts(first, min(last, kept.since - show - after))]
    if kept.what == SET_STAYS and arrives is not None and arrives + get_in <= kept.since:
        found.append(Starts(max(first, kept.until), min(last, kept.until + get_in - 1)))
    found.append(Starts(max(first, kept.until + before), last))
    on_step = (each._replace(first=each.first + -each.first % minutes.step) for each in found)
    return tuple(each for each in on_step if each.first <= each.last)


def shows_in_a_day(kept: KeptOut | None, first: int, last: int, *, minutes: ShowMinutes) -> int:
    """How many shows one hall can have on a day with starts from `first` to `last`, each as early as it can be,
    the hall turned round between them."""
    count, soonest = 0, first
    while True:
        soonest += -soonest % minutes.step
        left = starts(kept, soonest, last, minutes=minutes, arrives=first - minutes.get_in)
        if not left:
            return count
        count, soonest = count + 1, left[0].first + minutes.show + minutes.turn


def sets_up_at(kept: KeptOut | None, start: int, get_in: int) -> int:
    """When set-up begins for a start that `starts` gave: right before it, or so that it is over before lunch where
    there is no time for it between lunch and the show."""
    return set_up.sets_up_at(stays_over(kept), start, get_in)


def stays_over(kept: KeptOut | None) -> StaysOver | None:
    """The lunch, where the set may stay standing over it."""
    if kept is None or kept.what != SET_STAYS:
        return None
    return StaysOver(kept.since, kept.until)


def stood(kept: KeptOut | None, gets_in: int, starts: int) -> int:
    """From when on the set of a show stands through lunch until it starts; 0: it does not."""
    lunch = stays_over(kept)
    return lunch.since if lunch and gets_in < lunch.since and starts >= lunch.until else 0


def set_stays(kept: KeptOut | None) -> bool:
    """Whether a set may stay in a hall between two shows, whatever lies between them."""
    return kept is None or kept.what != ALL


def clear_of(kept: KeptOut | None, *, gets_in: int, starts: int, over: int, away: int) -> bool:
    """Whether a show keeps out of lunch; the database holds each show to the lunch that was known at its claim."""
    if kept is None:
        return True
    before, after = (starts, over) if kept.what == SHOW else (gets_in, away)
    return after <= kept.since or before >= kept.until or stood(kept, gets_in, starts) > 0


def minute(at: time) -> int:
    return at.hour * 60 + at.minute


def _clock(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)
