"""Words of a plan by weeks: which part of the county, how many schools, which days, how much road. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from outreach.ground.wording import and_list, clock, count, day_short, number
from outreach.planning.orders import ACCEPTED, REFUSED, STRUCK, PlanLine
from outreach.tour.planning.day_wishes import monday_of

_PARTS = 2
"""Districts of a week that are named; the others are counted."""


@dataclass(frozen=True, kw_only=True)
class WeekShown:
    """`days`: of each troupe, in the order of their names; `road`: minutes that its shows add."""

    number: int
    monday: date
    part: str
    schools: int
    days: Counter[str]
    road: int
    lines: list[PlanLine]


@dataclass(frozen=True, kw_only=True)
class DayOfWeek:
    day: date
    troupe: str
    schools: str
    road: str


@dataclass(frozen=True, kw_only=True)
class Sums:
    schools: str
    days: str
    road: str


def weeks(lines: Sequence[PlanLine]) -> list[WeekShown]:
    """The weeks in which something is proposed, in order; what was struck, or fits no longer, is in none."""
    by_week: dict[date, list[PlanLine]] = {}
    for line in sorted(lines, key=lambda line: (line.day, line.troupe_name, line.starts_at)):
        if line.state not in (STRUCK, REFUSED):
            by_week.setdefault(monday_of(line.day), []).append(line)
    return [
        WeekShown(
            number=n,
            monday=monday,
            part=_part(here),
            schools=len({line.organisation_id for line in here}),
            days=Counter(troupe for _, troupe in {(line.day, line.troupe_name) for line in here}),
            road=sum(line.road_minutes for line in here if not line.is_guest),
            lines=here,
        )
        for n, (monday, here) in enumerate(by_week.items(), start=1)
    ]


def _part(lines: Sequence[PlanLine]) -> str:
    """The districts with the most schools of the week, and how many others there are."""
    names = Counter(line.organisation.district_name or "district not known" for line in lines)
    most = [name for name, _ in names.most_common(_PARTS)]
    others = len(names) - len(most)
    return "; ".join(most) + (f"; {count(others, 'district')} more" if others else "")


def troupes(found: Sequence[WeekShown]) -> list[str]:
    return sorted({name for week in found for name in week.days})


def days(week: WeekShown, names: Sequence[str]) -> str:
    """'2 + 3': the days of each troupe."""
    return " + ".join(number(week.days[name]) for name in names)


def sums(found: Sequence[WeekShown]) -> Sums:
    names = troupes(found)
    return Sums(
        schools=number(len({line.organisation_id for week in found for line in week.lines})),
        days=" + ".join(number(sum(week.days[name] for week in found)) for name in names),
        road=number(sum(week.road for week in found)),
    )


def title(name: str, found: Sequence[WeekShown]) -> str:
    """What the weeks buy: which district is done first."""
    last: dict[str, date] = {}
    for line in (line for week in found for line in week.lines):
        if name_of := line.organisation.district_name:
            last[name_of] = max(last.get(name_of, line.day), line.day)
    if len(last) < 2:
        return f"{name}, by weeks"
    first = min(sorted(last), key=lambda district: last[district])
    return f"{name}, by weeks: {first} done by {day_short(last[first])}"


def summary(found: Sequence[WeekShown]) -> str:
    if not found:
        return "Nothing is proposed."
    schools = len({line.organisation_id for week in found for line in week.lines})
    used = sum(week.days.total() for week in found)
    sent = _sent([line for week in found for line in week.lines])
    return f"{count(schools, 'school')} in {count(len(found), 'week')} and {count(used, 'day')}. {sent}"


def _sent(lines: Sequence[PlanLine]) -> str:
    """How much of it was accepted, now or as proposals that the plan keeps."""
    accepted = sum(line.state == ACCEPTED for line in lines)
    if not accepted:
        return "Nothing is sent yet."
    if accepted == len(lines):
        return "All of it is accepted."
    return f"{number(accepted)} of {count(len(lines), 'time')} accepted; of the rest nothing is sent yet."


def by_day(lines: Sequence[PlanLine]) -> list[DayOfWeek]:
    """A week day by day: the schools in their order and the road that their shows add."""
    found: dict[tuple[date, str], list[PlanLine]] = {}
    for line in lines:
        found.setdefault((line.day, line.troupe_name), []).append(line)
    return [
        DayOfWeek(
            day=day,
            troupe=troupe,
            schools=and_list(
                f"{line.organisation.name} ({clock(line.starts_at)}{', as guest' if line.is_guest else ''})"
                for line in here
            ),
            road=count(sum(line.road_minutes for line in here if not line.is_guest), "minute"),
        )
        for (day, troupe), here in found.items()
    ]
