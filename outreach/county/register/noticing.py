"""Changes of a register file that a coordinator must look at, told from those that go through without a word.
Pure.

What matters: a school opens, closes or will close, leaves or joins the authority; its ages, phase or type say
other year groups than before; its district, trust or name, by which figures are told apart; and any fact that
was corrected here and of which the register now says something else. Numbers of pupils change for every
school every year, and matter only there.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from outreach.county.establishments import never_estimated, never_in, only_by_ages, phase_name
from outreach.county.pupils import by_ages_or_phase
from outreach.county.register.changes import Change, Changes
from outreach.county.register.columns import Facts

CLOSING, OPENING, LEAVING, TARGET, CORRECTED, NAMED = (
    "closing",
    "opening",
    "leaving",
    "target",
    "corrected",
    "named",
)
KINDS = (CLOSING, OPENING, LEAVING, TARGET, CORRECTED, NAMED)
"""In the order of a list: what touches most first."""

OPENED = "opened"
"""The field of a school that was not here before."""


class Noticed(NamedTuple):
    """One fact of one school, as the register said it before and says it now; as text, '' is unknown.

    `la_code` is the authority whose coordinators it concerns: of a school that leaves, the one it leaves.
    """

    urn: int
    la_code: str
    kind: str
    field: str
    before: str
    after: str


def noticed(changes: Changes, covered: Iterable[str], first: Iterable[str] = ()) -> list[Noticed]:
    """All that matters in some changes to schools of the authorities that are `covered`, in the changes'
    order.

    `first`: authorities of which nothing was known before, where a new school is no news.
    """
    ours, unknown = set(covered), set(first)
    found: list[Noticed] = []
    for change in changes.new:
        it = change.after
        if it.la_code in ours - unknown and _may_count(it) and (it.is_open or "open" in it.status.casefold()):
            found.append(Noticed(it.urn, it.la_code, OPENING, OPENED, "", it.status))
    for change in (*changes.closed, *changes.reopened, *changes.changed):
        found += _of(change, ours)
    return found


def _of(change: Change, ours: set[str]) -> list[Noticed]:
    before, after = change.before, change.after
    if before is None or not {before.la_code, after.la_code} & ours:
        return []
    told: list[tuple[str, str]] = []  # (kind, field)
    if before.la_code != after.la_code:
        if before.la_code in ours and before.is_open:
            return [Noticed(after.urn, before.la_code, LEAVING, "la_code", before.la_code, after.la_code)]
        if not after.is_open:
            return []
        return [Noticed(after.urn, after.la_code, OPENING, OPENED, "", after.status)]
    fields = {changed.field: changed for changed in change.fields}
    counts = (before.is_open or after.is_open) and (_may_count(before) or _may_count(after))
    if counts:
        told += _opened_or_closed(before, after)
        told += [(TARGET, name) for name in _year_groups_differ(before, after) if name in fields]
        told += [(NAMED, name) for name in _told_apart(before, after)]
    for name, changed in fields.items():
        if changed.kept:  # a correction stands against it: that alone is the question
            told = [(kind, field) for kind, field in told if field != name] + [(CORRECTED, name)]
    return [
        Noticed(after.urn, after.la_code, kind, name, text(getattr(before, name)), text(getattr(after, name)))
        for kind, name in told
    ]


def _opened_or_closed(before: Facts, after: Facts) -> list[tuple[str, str]]:
    if before.status != after.status and (before.is_open or after.is_open):
        return [(OPENING if not before.is_open else CLOSING if after.status != "Open" else NAMED, "status")]
    if before.close_date != after.close_date and after.is_open:
        return [(CLOSING, "close_date")]
    return []


def _year_groups_differ(before: Facts, after: Facts) -> tuple[str, ...]:
    """The fields that say which year groups a school has, where they say others now."""
    if never_in(before.type_of_establishment) != never_in(after.type_of_establishment):
        return ("type_of_establishment",)
    bare = by_ages_or_phase(before) is None and by_ages_or_phase(after) is None
    if bare and only_by_ages(before.type_of_establishment) != only_by_ages(after.type_of_establishment):
        return ("type_of_establishment",)
    fields: list[str] = []
    if by_ages_or_phase(before) != by_ages_or_phase(after):
        fields += ["statutory_low_age", "statutory_high_age", "phase_of_education"]
    if _asked_only(before) != _asked_only(after):
        fields.append("type_of_establishment")
    return tuple(fields)


def _asked_only(facts: Facts) -> bool:
    return never_estimated(facts.type_of_establishment, facts.name)


def _told_apart(before: Facts, after: Facts) -> list[str]:
    """Name, trust, district and phase: what lists and figures go by."""
    fields = [name for name in ("name", "trust_name") if getattr(before, name) != getattr(after, name)]
    if before.district_code != after.district_code or before.district_name != after.district_name:
        fields.append("district_name")
    same_groups = by_ages_or_phase(before) == by_ages_or_phase(after)
    if (
        same_groups
        and _phase(before) != _phase(after)
        and before.phase_of_education != after.phase_of_education
    ):
        fields.append("phase_of_education")
    return fields


def _phase(facts: Facts) -> str:
    return phase_name(facts.phase_of_education, facts.type_of_establishment)


def _may_count(facts: Facts) -> bool:
    """Nurseries, adult colleges and their like are in no target, whatever changes about them."""
    return not never_in(facts.type_of_establishment)


def text(value: Any) -> str:
    """A fact as it is kept: '' is unknown, days as 2027-03-09."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)
