"""The list behind every number: which schools a set of filters picks from a reckoning, in which order.
Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from outreach.coverage.figures import STATES
from outreach.coverage.standings import NINE, OPEN, AlsoSeen, Reckoning, Standing, Word
from outreach.ground.wording import words_of

TARGET, EXCLUDED, ALSO_SEEN = "target", "excluded", "also"
LISTS = {TARGET: "Schools in the target", EXCLUDED: "Excluded schools", ALSO_SEEN: "Also seen by"}

OWN, ESTIMATED, UNKNOWN, KNOWN = "own", "estimated", "unknown", "known"
NUMBERS = {
    OWN: "number from the school",
    ESTIMATED: "number estimated",
    UNKNOWN: "number unknown",
    KNOWN: "number known",
}

NO_DISTRICT = NONE = "-"
"""What stands in an address for the schools whose district, town or type is not known, or that are in no
trust."""

GAP = "gap"
STATE_NAMES = {state: state.capitalize() for state in STATES} | {GAP: "Open or to confirm"}
"""What one year group of a school can be: the words of an address, and as a heading."""


SCHOOLS, BODIES = "schools", "bodies"
WHO = {SCHOOLS: "Schools", BODIES: "Bodies"}
"""The halves of a target, where bodies are asked beside schools."""


CHOICES_AT_MOST = 100
"""More trusts than this are no list that anybody chooses from; the table of trusts leads to each."""


ANY_ABSENT, CAUGHT_UP, WAITING = "any", "caught-up", "waiting"
ABSENT = {ANY_ABSENT: "absent pupils", CAUGHT_UP: "absent and caught up", WAITING: "absent and not caught up"}
"""Pupils of year groups that have seen it who missed it."""


@dataclass(frozen=True, kw_only=True)
class ListFilters:
    """What a list is asked for; an empty value asks for nothing. `district` is a code, or NO_DISTRICT.

    `year` is a year group that the school offers (None: any), `state` what that year group is at the school,
    or any year group where none is named; GAP is open or to confirm. `counted`: somebody was counted there.
    `who`: one of WHO. `number` and `counted` speak of the year group where one is named. `since_by`: the standing
    holds since then, or longer. `absent`: pupils there missed it (one of ABSENT), of the year group where one is named.
    """

    which: str = TARGET
    who: str = ""
    district: str = ""
    phase: str = ""
    type: str = ""
    trust: str = ""
    town: str = ""
    urban_rural: str = ""
    year: int | None = None
    state: str = ""
    standing: str = ""
    gap: bool = False
    cause: str = ""
    number: str = ""
    counted: bool = False
    ages_unknown: bool = False
    place_unknown: bool = False
    since_by: date | None = None
    find: str = ""
    evidence: str = ""
    absent: str = ""


def pick(reckoning: Reckoning, filters: ListFilters) -> list[Standing]:
    """The schools of the target, or those taken out of it, that match every filter; in no order yet."""
    return matching(reckoning.excluded if filters.which == EXCLUDED else reckoning.target, filters)


def matching(standings: Iterable[Standing], filters: ListFilters) -> list[Standing]:
    """Those of some schools that match every filter, in the order given."""
    for wanted in _tests(filters):
        standings = [s for s in standings if wanted(s)]
    return list(standings)


def pick_also_seen(reckoning: Reckoning, filters: ListFilters) -> list[AlsoSeen]:
    if not filters.find:
        return reckoning.also_seen
    wanted = words_of(filters.find)
    return [s for s in reckoning.also_seen if _named(s.name, s.organisation_id, wanted)]


def _tests(filters: ListFilters) -> list[Callable[[Standing], bool]]:
    tests: list[Callable[[Standing], bool]] = []
    if filters.who:
        bodies = {SCHOOLS: False, BODIES: True}.get(filters.who)
        tests.append(lambda s: s.is_body is bodies)
    if filters.district:
        code = "" if filters.district == NO_DISTRICT else filters.district
        tests.append(lambda s: s.district_code == code)
    if filters.phase:
        tests.append(lambda s: s.phase == filters.phase)
    if filters.type:
        kind = "" if filters.type == NONE else filters.type
        tests.append(lambda s: s.type == kind)
    if filters.trust:
        trust = "" if filters.trust == NONE else filters.trust
        tests.append(lambda s: s.trust == trust)
    if filters.town:
        town = "" if filters.town == NONE else filters.town
        tests.append(lambda s: s.town == town)
    if filters.urban_rural:
        urban_rural = "" if filters.urban_rural == NONE else filters.urban_rural
        tests.append(lambda s: s.urban_rural == urban_rural)
    if filters.year is not None:
        year = filters.year
        tests.append(lambda s: year in s.year_groups)
    if filters.state:
        states = (OPEN, Word.TO_CONFIRM) if filters.state == GAP else (filters.state,)
        if filters.year is not None:
            asked_year = filters.year
            tests.append(lambda s: s.year_groups[asked_year] in states)
        else:
            tests.append(lambda s: any(state in states for state in s.year_groups.values()))
    if filters.standing:
        tests.append(lambda s: s.standing == filters.standing)
    if filters.gap:
        tests.append(lambda s: s.is_gap)
    if filters.cause:
        tests.append(lambda s: s.is_gap and s.kind == filters.cause)
    if filters.number == KNOWN:
        tests.append(lambda s: pupils_of(s, filters.year) is not None)
    elif filters.number == UNKNOWN:
        tests.append(lambda s: pupils_of(s, filters.year) is None)
    elif filters.number:
        tests.append(lambda s: number_of(s) == filters.number)
    if filters.counted:
        tests.append(lambda s: seen_of(s, filters.year) > 0)
    if filters.evidence:
        tests.append(lambda s: s.evidence == filters.evidence)
    if filters.absent:
        tests.append(lambda s: absent_of(s, filters.absent, filters.year) > 0)
    if filters.ages_unknown:
        tests.append(lambda s: s.ages_unknown)
    if filters.place_unknown:
        tests.append(lambda s: not s.place_known)
    if filters.since_by is not None:
        day = filters.since_by
        tests.append(lambda s: s.since is not None and s.since <= day)
    if filters.find:
        wanted = words_of(filters.find)
        tests.append(lambda s: _named(s.name, s.organisation_id, wanted))
    return tests


def number_of(s: Standing) -> str:
    """Whence the school's number of target pupils: 'own', 'estimated' or 'unknown'."""
    if s.target_pupils is None:
        return UNKNOWN
    return ESTIMATED if s.estimated else OWN


def pupils_of(s: Standing, year: int | None) -> int | None:
    """The school's target pupils, or those of one year group; None is unknown."""
    return s.target_pupils if year is None else s.pupils_by_year.get(year)


def absent_of(s: Standing, which: str, year: int | None) -> int:
    """The pupils of a school, or of one year group, who missed it: all, those who caught up, or the rest."""
    groups = s.absent_by_year if year is None else (year,)
    absent = sum(s.absent_by_year.get(y, 0) for y in groups)
    caught_up = sum(s.caught_up_by_year.get(y, 0) for y in groups)
    return {ANY_ABSENT: absent, CAUGHT_UP: caught_up, WAITING: absent - caught_up}[which]


def seen_of(s: Standing, year: int | None) -> int:
    """The pupils counted at the school, or those of one year group."""
    return s.seen_pupils if year is None else s.seen_by_year.get(year, 0)


def _named(name: str, organisation_id: int, wanted: str) -> bool:
    """Every word asked for begins a word of the name, or is the URN."""
    words = words_of(name).split()
    return all(
        any(w.startswith(part) for w in words) or part == str(organisation_id) for part in wanted.split()
    )


_ORDER: dict[str, int] = {word: place for place, word in enumerate(NINE)}
_LAST = 10**9

SORTS: dict[str, tuple[str, Callable[[Standing], Any]]] = {
    "name": ("School", lambda s: ()),
    "district": ("District", lambda s: (s.district_code == "", s.district_name)),
    "standing": ("Standing", lambda s: _ORDER.get(s.standing, _LAST)),
    "since": ("Longest since", lambda s: s.since.toordinal() if s.since else _LAST),
    "pupils": ("Most pupils", lambda s: _LAST if s.target_pupils is None else -s.target_pupils),
}
"""How a list can be sorted: (words, key); by name among equals."""


def ordered(standings: Iterable[Standing], sort: str) -> list[Standing]:
    key = SORTS[sort][1]
    return sorted(standings, key=lambda s: (key(s), s.name, s.organisation_id))
