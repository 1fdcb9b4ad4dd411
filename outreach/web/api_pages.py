"""Pages of a list of the JSON feed: a bounded size, a cursor behind the last row shown, and the address of the next.

A cursor is the number of that row, which never changes: whatever is added, moved or taken away meanwhile, no row that
stays is passed over or shown twice. It opens nothing that the token does not.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import Any, TypeVar

from flask import g, request, url_for

from outreach.ground import from_outside
from outreach.ground.errors import NoSuch
from outreach.ground.row_numbers import row_number, whole_number
from outreach.ground.timespans import day_of, wall
from outreach.ground.typed_days import iso_day
from outreach.tour import programmes
from outreach.tour.programmes import Programme
from outreach.web.api_shapes import DAY, WHOLE, Asked
from outreach.web.gate import ApiProblem

MOST = 500
"""Rows of a page, where no other number is asked for, and at most."""

LIMIT = Asked(
    name="limit",
    says=f"How many rows a page has at most; {MOST} where nothing is said.",
    shape={"type": "integer", "minimum": 1, "maximum": MOST},
)
CURSOR = Asked(
    name="cursor",
    says="Where the page begins: as `next` of the page before has it.",
    shape={"type": "string"},
)
OF_PROGRAMME = Asked(name="programme", says="Of this programme alone.", shape=WHOLE)
AS_OF = Asked(
    name="as_of",
    says="What was recorded by the end of that day (Europe/London); today, up to now, where nothing is said.",
    shape=DAY,
)

Row = TypeVar("Row")
Key = tuple[Any, ...]


def limit() -> int:
    """Of ?limit=50."""
    text = request.args.get("limit", str(MOST))
    if (size := whole_number(text, 1, MOST)) is None:
        raise ApiProblem(422, "bad_limit", f"‘limit’ is a number from 1 to {MOST}.")
    return size


def cursor(of: str, *kinds: type) -> Key | None:
    """The key behind which the page of the list `of` begins; None: at the beginning. Raises ApiProblem for what is no
    cursor of that list."""
    text = request.args.get("cursor", "")
    if not text:
        return None
    try:
        name, *key = from_outside.json_of(urlsafe_b64decode(text[:500].encode()))
    except (ValueError, TypeError):
        name, key = "", []
    fits = len(key) == len(kinds) and all(type(v) is kind for v, kind in zip(key, kinds, strict=True))
    if name != of or not fits or any(type(v) is int and abs(v) >= 2**31 for v in key):
        raise ApiProblem(422, "bad_cursor", "That is no cursor of this list. Begin again without one.")
    return tuple(key)


def behind(of: str, key: Key) -> str:
    return urlsafe_b64encode(json.dumps([of, *key], separators=(",", ":")).encode()).decode()


def paged(
    of: str, rows: Sequence[Row], key: Callable[[Row], Key], **args: Any
) -> tuple[Sequence[Row], str | None]:
    """The rows of the page, and the address of the next; `rows`: those behind the cursor, one more than the page has
    where there are more. `args`: of the address."""
    size = limit()
    shown = rows[:size]
    if len(rows) <= size:
        return shown, None
    more = {"limit": size} if "limit" in request.args else {}
    return shown, going_on(**args, **more, cursor=behind(of, key(shown[-1])))


def going_on(**args: Any) -> str:
    """The address of this list with these, which the answer's Link header says too (RFC 8288)."""
    g.next_page = url_for(str(request.endpoint), **(request.view_args or {}), **args)
    return str(g.next_page)


def asked_day(name: str) -> date | None:
    """The day of ?NAME=2027-01-19; None where nothing is said."""
    text = request.args.get(name, "")
    if not text:
        return None
    try:
        return iso_day(text)
    except ValueError:
        raise ApiProblem(422, "bad_date", f"‘{text[:40]}’ is not a date. Say it like 2027-01-19.") from None


def begins(day: date) -> datetime:
    """The instant at which a day begins in Europe/London."""
    return wall(day, time(0))


def as_asked(*names: str) -> dict[str, str]:
    """Those of the words that the address has, as they stand there."""
    return {name: request.args[name] for name in names if request.args.get(name)}


def asked_as_of(now: datetime) -> date:
    """The day of ?as_of=2027-01-19, else today."""
    today, day = day_of(now), asked_day("as_of")
    if day is None:
        return today
    if day > today:
        raise ApiProblem(422, "bad_date", f"{day.isoformat()} is still to come.")
    if day.year < 1990:
        raise ApiProblem(422, "bad_date", f"{day.isoformat()} is before there was anything to count.")
    return day


def ours(get: Callable[[], Row], what: str) -> Row:
    """What an address names, as `get` finds it; raises ApiProblem where it is not there, or another's."""
    try:
        return get()
    except NoSuch as refusal:
        raise ApiProblem(404, f"no_such_{what}", f"There is no such {what} here.") from refusal


def our_programme(programme_id: int) -> Programme:
    return ours(lambda: programmes.get(g.partnership.id, programme_id), "programme")


def asked_programme() -> Programme | None:
    """That of ?programme=ID."""
    wanted = request.args.get("programme", "")
    return our_programme(row_number(wanted) or 0) if wanted else None
