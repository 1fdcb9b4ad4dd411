"""Places on the tour that a school of the target still needs. Pure."""

from outreach.booking import accounts
from outreach.coverage.gaps import Word
from outreach.coverage.standings import Standing
from outreach.coverage.year_group_standing import OPEN
from outreach.tour.programmes import Programme


def places_needed(programme: Programme, s: Standing) -> int:
    """How many more shows a school needs, by the rule of its account; 0 where only a report or a number is
    missing."""
    missing = [
        y for y, state in s.year_groups.items() if state in (OPEN, Word.PART_SEEN) and y not in s.uncounted
    ]
    numbers = {y: s.pupils_by_year.get(y) for y in missing}
    still_open = {y: None if n is None else max(0, n - s.seen_by_year.get(y, 0)) for y, n in numbers.items()}
    return accounts.shows_needed(programme, still_open) if missing else 0
