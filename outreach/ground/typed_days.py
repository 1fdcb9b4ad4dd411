"""Day as a person types it into one box: 2 Nov, Monday, next Monday, in two weeks, 15/2/2027. Pure.

A day without its year is the next such day, today included; a week day is the next one, never today. 'Next Monday' is
that of the week after this one, as people here mean it. Of what has been, the last such day is meant; of what may have
been or be to come, the nearest.
"""

import re
from datetime import date, timedelta
from enum import Enum

from outreach.ground.errors import Refusal

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEK_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
YEARS = range(2000, 2200)
PAST_YEARS = range(1800, 2200)

_WEEK_DAY = r"\b(mon|tue|tues|wed|weds|thu|thur|thurs|fri|sat|sun)(?:day|nesday|sday|rsday|urday)?\b"
_MONTH = r"([a-z]{3,9})\.?"
_FEW = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}


class Which(Enum):
    """Of all the days that are called so, the one that is meant."""

    NEXT = "next"
    LAST = "last"
    NEAREST = "nearest"


class NotADay(Refusal):
    """No day can be made of what was typed, or it is none of the calendar's."""

    field = "day"


def read_day(typed: str, *, today: date, which: Which = Which.NEXT) -> date:
    """The day that is meant. Raises NotADay, with words for whoever typed."""
    said = _plain(typed)
    found = _named(said, today, which) or _counted(said, today)
    if found is None:
        rest = _without_week_day(said)
        found = day_with_year(rest) or _without_year(rest, today, which)
        _check_week_day(said, found)
    if found is None or found.year not in (YEARS if which is Which.NEXT else PAST_YEARS):
        raise NotADay("That is not a date. Enter it like 2 Nov, Monday or 15/2/2027.")
    return found


def iso_day(said: str) -> date:
    """A day as an address or a file says it, 2027-01-19, and in no other form. Raises ValueError."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", said):
        raise ValueError(said)
    return date.fromisoformat(said)


def written(day: date) -> str:
    """A day as it stands in the box: what is written so is read as the same."""
    return f"{day.day} {day:%B %Y}"


def day_with_year(text: str) -> date | None:
    """A day that bears its year: 9/3/2027, 09.03.27, 9 March 2027, Tue 9th Mar 27, 2027-03-09; else None."""
    text = _without_week_day(_plain(text))
    found = re.fullmatch(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[ t][0-9:.]+)?", text)
    if found:
        return _day(found[1], found[2], found[3])
    text = re.sub(r"(?<!\s)\s+(?:at\s+)?[0-9]{1,2}[:.][0-9]{2}(?:\s*[ap]m)?$", "", text)
    found = re.fullmatch(r"([0-9]{1,2})[/.\- ]+([0-9]{1,2})[/.\- ]+([0-9]{2}|[0-9]{4})", text)
    if found:
        return _day(found[3], found[2], found[1])
    found = re.fullmatch(rf"([0-9]{{1,2}})[ \-]*(?:of )?{_MONTH}[ \-,]*([0-9]{{2}}|[0-9]{{4}})", text)
    return _day(found[3], month_of(found[2]), found[1]) if found else None


def month_of(name: str) -> int:
    """The number of a month by its name or the name's beginning; 0 for what is none."""
    whole = name.rstrip(".")[:3]
    return MONTHS.index(whole) + 1 if whole in MONTHS else 0


def _plain(typed: str) -> str:
    return re.sub(r"(?<=[0-9])(?:st|nd|rd|th)\b", "", " ".join(typed.casefold().split()))


def _without_week_day(said: str) -> str:
    return re.sub(rf"{_WEEK_DAY},?", " ", said).strip()


def _named(said: str, today: date, which: Which) -> date | None:
    """Today, tomorrow, yesterday, next week, Monday, this Monday, next Monday, last Monday."""
    if said in (by_name := {"yesterday": -1, "today": 0, "tomorrow": 1}):
        return today + timedelta(days=by_name[said])
    this_monday = today - timedelta(days=today.weekday())
    if said == "next week":
        return this_monday + timedelta(days=7)
    found = re.fullmatch(rf"(?:(this|on|next|last) )?{_WEEK_DAY}", said)
    if found is None:
        return None
    place = _place(found[2])
    if found[1] == "next":
        return this_monday + timedelta(days=7 + place)
    ahead = (place - today.weekday() - 1) % 7 + 1
    # A week day alone, of what has been, may be today; 'last Monday' never is.
    back = (today.weekday() - place - (found[1] == "last")) % 7 + (found[1] == "last")
    if found[1] == "last" or (
        found[1] != "this" and which is not Which.NEXT and (which is Which.LAST or back < ahead)
    ):
        return today - timedelta(days=back)
    return today + timedelta(days=ahead)


def _counted(said: str, today: date) -> date | None:
    """In 3 days, in a week, in two weeks."""
    found = re.fullmatch(rf"in ([0-9]{{1,3}}|{'|'.join(_FEW)}) (day|week)s?", said)
    if found is None:
        return None
    few = _FEW.get(found[1]) or int(found[1])
    return today + timedelta(days=few * (7 if found[2] == "week" else 1))


def _without_year(said: str, today: date, which: Which) -> date | None:
    """2 Nov, November 2, 2/11: the next one, the last or the nearest, in a leap year where no other has it."""
    day, month = "", 0
    if found := re.fullmatch(rf"([0-9]{{1,2}})[ \-]*(?:of )?{_MONTH}", said):
        day, month = found[1], month_of(found[2])
    elif found := re.fullmatch(rf"{_MONTH} ?([0-9]{{1,2}})", said):
        day, month = found[2], month_of(found[1])
    elif found := re.fullmatch(r"([0-9]{1,2})[/.]([0-9]{1,2})\.?", said):
        day, month = found[1], int(found[2])
    if not day:
        return None
    years = range(today.year - 8, today.year + 9)
    days = [one for year in years if (one := _day(str(year), month, day)) is not None]
    ahead = next((one for one in days if one >= today), None)
    behind = next((one for one in reversed(days) if one <= today), None)
    if ahead is None or behind is None or which is not Which.NEAREST:
        return behind if which is Which.LAST else ahead
    return behind if today - behind < ahead - today else ahead


def _check_week_day(said: str, found: date | None) -> None:
    named = re.search(_WEEK_DAY, said)
    if found is None or named is None or _place(named[1]) == found.weekday():
        return
    raise NotADay(
        f"{written(found)} is a {found:%A}, not a {WEEK_DAYS[_place(named[1])].capitalize()}. Check the day."
    )


def _place(week_day: str) -> int:
    return next(place for place, name in enumerate(WEEK_DAYS) if name.startswith(week_day[:3]))


def _day(year: str, month: str | int, day: str) -> date | None:
    try:
        return date(int(year) if len(year) == 4 else 2000 + int(year), int(month), int(day))
    except ValueError:
        return None
