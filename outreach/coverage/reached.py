"""Day on which a district was reached: the first by which a share of its target pupils had seen the play. Pure.

It is read from the one reckoning of today, as the trend is: pupils stand at the day of their show, whenever that was
reported. The share is that of coverage: of schools whose number is known, without year groups that nobody counted.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from outreach.coverage.figures import DISTRICT, by
from outreach.coverage.standings import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictReached:
    """`day` None: not reached yet. `seen` of `pupils` had seen it by today."""

    code: str
    name: str
    day: date | None
    seen: int
    pupils: int


def reached(target: Sequence[Standing], percent: int) -> list[DistrictReached]:
    """Each district of the target that has a code, by name; `percent` of its pupils are enough."""
    days: dict[str, Counter[date]] = defaultdict(Counter)
    for organisation in target:
        if organisation.target_pupils is not None:
            days[organisation.district_code].update(organisation.seen_by_day)
    found = []
    for totals in by(target, DISTRICT):
        if totals.key:
            pupils = totals.target_pupils - totals.uncounted_pupils
            found.append(
                DistrictReached(
                    code=totals.key,
                    name=totals.name,
                    day=_day(sorted(days[totals.key].items()), percent * pupils),
                    seen=totals.seen_of_known,
                    pupils=pupils,
                )
            )
    return sorted(found, key=lambda district: (district.name, district.code))


def _day(days: Iterable[tuple[date, int]], hundredfold: int) -> date | None:
    seen = 0
    for day, pupils in days:
        seen += pupils
        if seen and 100 * seen >= hundredfold:
            return day
    return None
