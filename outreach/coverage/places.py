"""Places on the tour, or at sessions, that one of the target still needs, and those that are free."""

from collections import Counter
from datetime import date, datetime

from outreach.asking.offered_times import sessions_to_come
from outreach.booking import accounts, diary
from outreach.coverage.gaps import Word
from outreach.coverage.standings import Standing
from outreach.coverage.year_group_standing import OPEN
from outreach.ground.timespans import day_of
from outreach.tour import programmes
from outreach.tour.adults import NO_SCHOOLS
from outreach.tour.programmes import Programme


def places_needed(programme: Programme, s: Standing) -> int:
    """How many more shows a school needs, by the rule of its account; 0 where only a report or a number is
    missing. Of a programme for adults places at its sessions: one for each of the staff that it still lacks, one
    where nobody knows how many these are."""
    missing = [
        y for y, state in s.year_groups.items() if state in (OPEN, Word.PART_SEEN) and y not in s.uncounted
    ]
    numbers = {y: s.pupils_by_year.get(y) for y in missing}
    still_open = {y: None if n is None else max(0, n - s.seen_by_year.get(y, 0)) for y, n in numbers.items()}
    if not missing:
        return 0
    if programme.for_adults:
        return max(1, sum(n or 0 for n in still_open.values()))
    return accounts.shows_needed(programme, still_open)


def free_places(programme: Programme, *, now: datetime) -> list[tuple[date, int]]:
    """(day, shows that could still be booked) of every tour day of a programme, as diary.free_places has them; one
    query. Of a programme for adults the places that are left at its sessions, and where schools are asked an audience
    for each show that one of them could still have; four queries."""
    days = diary.free_places(programme.id, now=now)
    if not programme.for_adults:
        return days
    own = 0 if programmes.adult_target(programme.id).schools == NO_SCHOOLS else programme.audience_ceiling
    left = Counter({day: shows * own for day, shows in days})
    for line in sessions_to_come(programme, now=now):
        left[day_of(line.performance.starts_at)] += line.left
    return sorted(left.items())
