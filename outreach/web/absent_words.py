"""Words on pupils who missed it: how many, whence that is known, and what was done for them."""

from collections.abc import Iterable, Mapping

from outreach.coverage.standings import Standing
from outreach.ground.school_year import year_group_name
from outreach.ground.timespans import day_of
from outreach.ground.wording import and_list, capfirst, count, day_short, number
from outreach.visits.absences import FILM, Absence, Missed, YearMissed

WORKED_OUT = "worked out from the number on roll"
ESTIMATED = "worked out from an estimate of the number on roll"
BY_SCHOOL = "by the school’s word"


def line(missed: Missed, *, estimated: bool, coming: int = 0) -> str:
    """'About 10 missed it, worked out from the number on roll. 3 of them had a lesson or film.'"""
    if missed.absent is None:
        said = "Not known how many missed it."
    elif not missed.absent:
        said = "Nobody missed it."
    else:
        how = (ESTIMATED if estimated else WORKED_OUT) if missed.worked_out else BY_SCHOOL
        said = f"{'About ' if missed.worked_out else ''}{number(missed.absent)} missed it, {how}."
    done = []
    if missed.caught_up:
        done.append(f"{number(missed.caught_up)} of them had a lesson or film")
    if coming:
        done.append(f"{number(coming)} {'is' if coming == 1 else 'are'} to come to another show")
    if missed.added:
        done.append(f"{number(missed.added)} saw it at another show")
    return f"{said} {capfirst(and_list(done))}." if done else said


def of_year(year: YearMissed) -> str:
    return line(year.missed, estimated=year.estimated, coming=year.coming)


def of_standing(standing: Standing) -> dict[int, str]:
    """The same of each year group of a school as coverage counts it, where anybody is absent."""
    return {
        y: line(
            Missed(
                absent=absent,
                caught_up=standing.caught_up_by_year.get(y, 0),
                worked_out=y in standing.absent_worked_out,
            ),
            estimated=standing.estimated,
        )
        for y, absent in standing.absent_by_year.items()
        if absent
    }


def in_short(standing: Standing) -> str:
    """'10 absent, 3 caught up', beneath the pupils seen; '' where nobody is."""
    if not standing.absent_pupils:
        return ""
    caught_up = standing.caught_up_pupils
    return f"{number(standing.absent_pupils)} absent" + (
        f", {number(caught_up)} caught up" if caught_up else ""
    )


def title(years: Mapping[int, YearMissed]) -> str:
    """For whom nothing is arranged, as the head of a box; '' where that is nobody."""
    left = {y: year for y, year in years.items() if year.left}
    if left:
        named = f" of {and_list(year_group_name(y) for y in left)}"
        about = "About " if any(year.missed.worked_out for year in left.values()) else ""
        return f"{about}{count(sum(year.left or 0 for year in left.values()), 'pupil')}{named} missed it"
    return "Did anybody miss it?" if any(year.left is None for year in years.values()) else ""


def how_known(years: Mapping[int, YearMissed]) -> str:
    """Whence it is known for whom nothing is arranged, as a sentence; '' where that is nobody."""
    left = [year for year in years.values() if year.left]
    if not left:
        return ""
    worked_out = [year for year in left if year.missed.worked_out]
    if not worked_out:
        return f"{capfirst(BY_SCHOOL)}."
    return f"{capfirst(ESTIMATED if any(year.estimated for year in worked_out) else WORKED_OUT)}."


def lesson(row: Absence) -> str:
    """'4 of Year 8: the film, 10 March 2027'."""
    what = "the film" if row.kind == FILM else "a lesson"
    day = f", {day_short(row.day)}" if row.day else ""
    return f"{number(row.pupils)} of {year_group_name(row.year_group)}: {what}{day}"


def told(row: Absence) -> str:
    """'Year 8: 12, said by Ann Lea on 10 March 2027'."""
    day = day_short(day_of(row.recorded_at))
    return f"{year_group_name(row.year_group)}: {number(row.pupils)}, said by {row.who} on {day}"


def put_down(rows: Iterable[Absence]) -> str:
    """What a deed came to, for the line above the page."""
    return f"{count(sum(row.pupils for row in rows), 'pupil')} caught up. It counts from that day."
