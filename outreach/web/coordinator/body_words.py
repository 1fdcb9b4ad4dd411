"""Wording of bodies: how many front-line staff they have, what became of them, and what was done. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from outreach.county.bodies import Body
from outreach.ground.history import History
from outreach.ground.timespans import local
from outreach.ground.wording import capfirst, count, day_short, number

UNKNOWN = "not known"
WHOLE_AREA = "The whole area"
NAMES = {
    "name": "Name",
    "kind": "Kind",
    "district": "District",
    "front_line_staff": "Front-line staff",
    "staff_counted_on": "Counted on",
    "closed": "Closed on",
    "followed by": "Its place taken by",
    "address": "Address",
    "role": "Role",
    "phone": "Phone",
    "from": "From",
    "list": "From the list",
}
"""What the history calls a fact, as pages do."""


def staff(body: Body) -> str:
    """'42', 'nobody', or that it is not known: none at all is a count."""
    if body.front_line_staff is None:
        return UNKNOWN
    return number(body.front_line_staff) if body.front_line_staff else "nobody"


def staff_and_day(body: Body) -> str:
    if body.front_line_staff is None:
        return capfirst(UNKNOWN)
    return f"{capfirst(staff(body))}, counted on {day_short(body.staff_counted_on)}"


def district(body: Body) -> str:
    return body.district_name or WHOLE_AREA


def found(shown: Sequence[Body]) -> str:
    """'3 bodies, 120 front-line staff, 1 not known': what stands over the list."""
    said = [count(len(shown), "body", "bodies")]
    known = [body.front_line_staff for body in shown if body.front_line_staff is not None]
    if known:
        said.append(f"{number(sum(known))} front-line staff")
        if len(known) < len(shown):
            said.append(f"of {number(len(shown) - len(known))} the number is not known")
    return ", ".join(said)


def joined(names: Sequence[str], into: str) -> str:
    return (
        f"{count(len(names), 'body', 'bodies')} joined {into}. Open one again on its page if that was wrong."
    )


def log(deeds: Iterable[History]) -> list[tuple[str, str, str, str]]:
    """(day, what, from what to what, who) of each deed."""
    lines = []
    for deed in deeds:
        day = local(deed.recorded_at)
        lines.append((f"{day.day} {day:%b} {day.year}", capfirst(deed.what), _changes(deed), deed.who))
    return lines


def _changes(deed: History) -> str:
    before = deed.before if isinstance(deed.before, Mapping) else {}
    after = deed.after if isinstance(deed.after, Mapping) else {}
    said = []
    for name in NAMES:
        old, new = before.get(name), after.get(name)
        if name in before and name in after:
            said.append(f"{NAMES[name]}: {_value(old)}, now {_value(new)}")
        elif (new if name in after else old) not in (None, ""):
            said.append(f"{NAMES[name]}: {_value(new if name in after else old)}")
    return "; ".join(said)


def _value(value: Any) -> str:
    if value is None or value == "":
        return UNKNOWN
    if isinstance(value, str):
        try:
            return day_short(date.fromisoformat(value))
        except ValueError:
            return value
    return number(value) if isinstance(value, int) else str(value)
