"""Filters and sort orders of the gaps list, with the count beside every filter. Pure.

The count beside a filter is how many gaps it holds of those that match the filters of every other kind:
ticking it alone among its kind shows just as many.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from outreach.coverage import gaps
from outreach.coverage.gaplist.missing import Gap
from outreach.coverage.lists import NO_DISTRICT
from outreach.coverage.standings import NINE
from outreach.ground.wording import words_of

NOBODY = "nobody"
STANDING, CAUSE, DISTRICT, PHASE, OWNER, SIZE = "standing", "cause", "district", "phase", "owner", "size"
FOLLOW = "follow"
NEVER = "never"
"""The box for those who were never reached, whatever the year."""
KINDS = (STANDING, FOLLOW, DISTRICT, OWNER, CAUSE, PHASE, SIZE)
"""The kinds of filter of which any number can be ticked; within a kind any may hold, between kinds all
must."""

DUE, LATER, NOT_SET = "due", "later", "none"
FOLLOW_UPS = {DUE: "Due by today", LATER: "On a day to come", NOT_SET: "None"}
"""Whether something is to be done about a school on a day: what stands in an address -> words."""

SIZES = {
    "49": (0, 49, "Under 50 pupils"),
    "149": (50, 149, "50 to 149 pupils"),
    "249": (150, 249, "150 to 249 pupils"),
    "250": (250, 10**9, "250 pupils or more"),
    "unknown": (0, 0, "Number of pupils unknown"),
}
"""Bands of a school's target pupils: what stands in an address -> (from, to, words)."""


@dataclass(frozen=True, kw_only=True)
class GapFilters:
    """What is asked for: values of each kind; nothing asks for nothing. `never_seen`: in no year of any
    programme."""

    ticked: dict[str, tuple[str, ...]] = field(default_factory=dict)
    never_seen: bool = False
    find: str = ""

    def any(self) -> bool:
        return bool(self.never_seen or self.find or any(self.ticked.values()))

    def without(self, kind: str, value: str) -> "GapFilters":
        """The same with one of them taken away."""
        ticked = {k: tuple(v for v in values if (k, v) != (kind, value)) for k, values in self.ticked.items()}
        return GapFilters(
            ticked=ticked,
            never_seen=self.never_seen and kind != NEVER,
            find="" if kind == "find" else self.find,
        )

    def pairs(self) -> list[tuple[str, str]]:
        """As an address says it, always in the same order."""
        said = [(kind, value) for kind in KINDS for value in self.ticked.get(kind, ())]
        said += [(NEVER, "1")] if self.never_seen else []
        return said + ([("find", self.find)] if self.find else [])

    def address(self) -> str:
        return urlencode(self.pairs())


@dataclass(frozen=True, kw_only=True)
class Narrowed:
    """The gaps that match, in the order they came; and how many each value of a kind holds."""

    gaps: list[Gap]
    counts: dict[str, Counter[str]]
    never_seen: int


def narrow(found: Iterable[Gap], filters: GapFilters) -> Narrowed:
    """One pass: a gap that fails no kind counts everywhere, one that fails a single kind counts in that
    kind."""
    wanted = {kind: set(values) for kind, values in filters.ticked.items() if values}
    words = words_of(filters.find).split()
    if not (wanted or words or filters.never_seen):
        all_of_them = list(found)
        by_kind = {kind: Counter(map(value, all_of_them)) for kind, value in _VALUE.items()}
        return Narrowed(
            gaps=all_of_them, counts=by_kind, never_seen=sum(gap.never_seen for gap in all_of_them)
        )
    kept: list[Gap] = []
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    never = 0
    for gap in found:
        if words and not _named(gap, words):
            continue
        failed = [kind for kind, values in wanted.items() if _VALUE[kind](gap) not in values]
        fails_seen = filters.never_seen and not gap.never_seen
        if not failed:
            never += gap.never_seen
        if fails_seen or len(failed) > 1:
            continue
        if failed:
            counts[failed[0]][_VALUE[failed[0]](gap)] += 1
            continue
        kept.append(gap)
        for kind, value in _VALUE.items():
            counts[kind][value(gap)] += 1
    return Narrowed(gaps=kept, counts=counts, never_seen=never)


def size_of(pupils: int | None) -> str:
    """The band of a number of target pupils."""
    if pupils is None:
        return "unknown"
    return next(
        key for key, (least, most, _) in SIZES.items() if key != "unknown" and least <= pupils <= most
    )


def district_of(gap: Gap) -> str:
    return gap.standing.district_code or NO_DISTRICT


def owner_of(gap: Gap) -> str:
    return str(gap.owner.person_id) if gap.owner else NOBODY


def follow_up_of(gap: Gap) -> str:
    return NOT_SET if gap.follow_up is None else DUE if gap.follow_up_is_due else LATER


_VALUE: dict[str, Callable[[Gap], str]] = {
    STANDING: lambda gap: gap.standing.standing,
    FOLLOW: follow_up_of,
    CAUSE: lambda gap: gap.standing.kind,
    DISTRICT: district_of,
    PHASE: lambda gap: gap.standing.phase,
    OWNER: owner_of,
    SIZE: lambda gap: size_of(gap.standing.target_pupils),
}

_STANDINGS: dict[str, int] = {word: place for place, word in enumerate(NINE)}
_CAUSES = {cause: place for place, cause in enumerate(gaps.CAUSES)}

SORTS: dict[str, tuple[str, str, Callable[[Gap], Any]]] = {
    "since": ("Waiting since", "Longest wait first", lambda gap: gap.waits_since),
    "name": ("School", "By name", lambda gap: ()),
    "district": (
        "District",
        "By district",
        lambda gap: (gap.standing.district_code == "", gap.standing.district_name),
    ),
    "standing": (
        "Standing and cause",
        "By standing and cause",
        lambda gap: (_STANDINGS[gap.standing.standing], _CAUSES[gap.standing.kind]),
    ),
    "owner": ("Owner", "By owner, nobody’s first", lambda gap: gap.owner.name if gap.owner else ""),
    "follow": (
        "Follow-up",
        "Next follow-up first",
        lambda gap: (gap.follow_up is None, gap.follow_up.day if gap.follow_up else gap.waits_since),
    ),
    "pupils": ("Pupils", "Most pupils first", lambda gap: -(gap.standing.target_pupils or 0)),
}
"""How the list can be sorted: (its name, how that is said, key); by name among equals."""


def ordered(found: Iterable[Gap], sort: str) -> list[Gap]:
    key = SORTS[sort][2]
    return sorted(found, key=lambda gap: (key(gap), gap.standing.name, gap.organisation_id))


def _named(gap: Gap, words: Sequence[str]) -> bool:
    """Every word asked for begins a word of the name, or is the URN."""
    own = words_of(gap.standing.name).split()
    return all(any(w.startswith(part) for w in own) or part == str(gap.organisation_id) for part in words)
