"""File of lunches: what the schools of a target said of theirs, to be filled in and taken in again as a whole."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from outreach.county import school_days, school_lunch, schools
from outreach.county.partnerships import LUNCH_RULE, takes_a_lunch
from outreach.county.school_lunch import Lunch
from outreach.ground import workbooks
from outreach.ground.errors import Refusal
from outreach.ground.row_numbers import row_number
from outreach.ground.timespans import typed_time
from outreach.ground.wording import count
from outreach.ground.workbooks import CannotRead
from outreach.tour import performances

COLUMNS = ("URN", "School", "Lunch from", "Lunch to", "Hall used for lunch", "Set may stay")
NAMED = 10
"""How many wrong lines are named; the rest are counted."""
QUOTED = 40
"""Characters of a wrong cell that are said, and digits of what can be a URN at all."""

_YES, _NO = ("yes", "y", "true", "1"), ("no", "n", "false", "0", "")


class WrongLines(Refusal):
    """Lines that cannot be so; nothing was changed."""

    field = "file"

    def __init__(self, wrong: Sequence[str]) -> None:
        named, more = wrong[:NAMED], len(wrong) - NAMED
        super().__init__(
            f"{count(len(wrong), 'line')} of this file cannot be right. Nothing was changed. "
            + " ".join(named)
            + (f" And {more} more." if more > 0 else "")
        )


@dataclass(frozen=True, kw_only=True)
class Taken:
    """Schools of which a file says something else than was known (their URNs), how many of which it says what was
    known, and nothing."""

    new: Collection[int]
    same: int
    silent: int


def rows(names: Mapping[int, str]) -> Iterator[tuple[str, ...]]:
    """A line for each of these schools (URN, name), by name; the cells of one that has not said are empty."""
    calendars = school_days.load(names)
    for urn, name in sorted(names.items(), key=lambda each: (each[1], each[0])):
        lunch = calendars[urn].lunch if urn in calendars else None
        if lunch is None or lunch.is_dining_hall is None:
            yield str(urn), name, "", "", "", ""
            continue
        hours = (f"{lunch.begins:%H:%M}", f"{lunch.ends:%H:%M}")
        hall, stays = ("yes" if said else "no" for said in (lunch.is_dining_hall, lunch.set_may_stay))
        yield str(urn), name, *hours, hall, stays


def take_in(content: bytes, urns: Collection[int], *, who: str, now: datetime) -> Taken:
    """Keep what a CSV or Excel file says of the lunch of these schools, by URN; an empty line leaves a school as it is.

    Raises CannotRead and WrongLines: then nothing is changed.
    """
    said, silent = _read(content, urns)
    known = {urn: calendar.lunch for urn, calendar in school_days.load(said).items()}
    new = {urn: lunch for urn, lunch in said.items() if _told(known[urn]) != _told(lunch)}
    for urn, lunch in sorted(new.items()):
        performances.lock_organisation(urn)
        school_lunch.say(
            schools.get(urn),
            lunch.begins,
            lunch.ends,
            is_dining_hall=bool(lunch.is_dining_hall),
            set_may_stay=lunch.set_may_stay,
            who=who,
            now=now,
        )
    return Taken(new=new.keys(), same=len(said) - len(new), silent=silent)


def _told(lunch: Lunch | None) -> tuple[object, ...]:
    if lunch is None:
        return ()
    return lunch.begins, lunch.ends, lunch.is_dining_hall, lunch.set_may_stay


def _read(content: bytes, urns: Collection[int]) -> tuple[dict[int, Lunch], int]:
    """(the lunch of each school that has one in the file, lines that say nothing)."""
    lines = workbooks.first_sheet(content).lines()
    header = [" ".join(name.split()).casefold() for name in next(lines)[1]]
    missing = [name for name in COLUMNS if name != "School" and name.casefold() not in header]
    if missing:
        raise CannotRead(
            f"This file has no column ‘{missing[0]}’. Download it here first. Nothing was changed."
        )
    at = [header.index(name.casefold()) for name in COLUMNS if name != "School"]
    found: dict[int, Lunch] = {}
    wrong: list[str] = []
    silent = 0
    for number, cells in lines:
        said, *told = (cells[n] if n < len(cells) else "" for n in at)
        if not any(told):
            silent += 1
            continue
        try:
            urn = row_number(said)
            if urn is None or urn not in urns:
                raise ValueError(f"{_quoted(said)} is no school of this programme")
            if urn in found:
                raise ValueError("the school stands in the file twice")
            found[urn] = _lunch(*told)
        except ValueError as error:
            wrong.append(f"Line {number}: {error}.")
    if wrong:
        raise WrongLines(wrong)
    return found, silent


def _lunch(begins: str, ends: str, in_hall: str, stays: str) -> Lunch:
    """Raises ValueError in words."""
    first, last = _time(begins), _time(ends)
    if not takes_a_lunch(first, last):
        raise ValueError(LUNCH_RULE.rstrip("."))
    hall, set_may_stay = _is_yes(in_hall), _is_yes(stays)
    if not in_hall:
        raise ValueError("say whether the hall is used for lunch, yes or no")
    return Lunch(begins=first, ends=last, is_dining_hall=hall, set_may_stay=hall and set_may_stay)


def _time(said: str) -> time:
    try:
        return typed_time(said)
    except ValueError as error:
        raise ValueError(f"{_quoted(said)} is no time like 12:15") from error


def _is_yes(said: str) -> bool:
    if said.casefold() not in (*_YES, *_NO):
        raise ValueError(f"{_quoted(said)} is neither yes nor no")
    return said.casefold() in _YES


def _quoted(said: str) -> str:
    return f"‘{said}’" if len(said) <= QUOTED else f"‘{said[:QUOTED]}…’"
