"""Set-up for a show right after a lunch in its hall over which the set may stay standing. Pure.

Where there is no time for it between the tables and the show, it is over before the tables are laid. Everybody who
judges a start asks here: what schools are offered, the diary, what is kept and the planner. Minutes from midnight.
"""

from typing import NamedTuple


class StaysOver(NamedTuple):
    """A lunch over which a set may stay standing, with its tables: from `since` to `until`."""

    since: int
    until: int


def sets_up_at(lunch: StaysOver | None, start: int, get_in: int) -> int:
    """When set-up begins for a start that keeps out of lunch."""
    if lunch is not None and lunch.until <= start < lunch.until + get_in:
        return lunch.since - get_in
    return start - get_in


def soonest(lunch: StaysOver | None, start: int, get_in: int) -> int:
    """The soonest start of a show whose set-up could be over at `start`: where the set cannot stand before lunch, it is
    put up after it."""
    if lunch is not None and lunch.since < start < lunch.until + get_in:
        return lunch.until + get_in
    return start
