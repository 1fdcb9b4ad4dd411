"""Query of the gaps list and its deeds: filters, sort and the schools ticked, from an address or a form.

What makes no sense is said, a sentence each, in `left_out`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import g, request, url_for
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from outreach.asking import owners
from outreach.coverage import gaps, lists
from outreach.coverage.gaplist import filters as gap_filters
from outreach.coverage.gaplist.filters import (
    CAUSE,
    DISTRICT,
    FOLLOW,
    FOLLOW_UPS,
    KINDS,
    NEVER,
    NOBODY,
    OWNER,
    PHASE,
    SIZE,
    SIZES,
    SORTS,
    STANDING,
    GapFilters,
)
from outreach.coverage.gaplist.missing import Gap, Missing
from outreach.coverage.standings import NINE
from outreach.ground.row_numbers import row_numbers

MINE = "me"
"""Stands in an address for whoever looks."""

TICKS_AT_MOST = 300
"""Schools that an address carries from page to page; more are reached by a filter and 'all that match'."""

COLUMNS = {
    "since": "Since",
    "contact": "Last contact",
    "owner": "Owner",
    "follow": "Follow-up",
    "groups": "Year groups",
    "trust": "Trust",
}
"""What can stand between a school's standing and its next step, by choice."""
USUAL_COLUMNS = ("since", "contact", "owner", "follow")
NO_COLUMNS = "none"

_WHAT = {
    STANDING: "standing",
    CAUSE: "cause",
    DISTRICT: "district",
    PHASE: "phase",
    OWNER: "coordinator",
    FOLLOW: "follow-up",
    SIZE: "size",
}


@dataclass(frozen=True, kw_only=True)
class GapsQuery:
    """Filters, sort and columns as they were understood; `names` says each value of a kind in words."""

    filters: GapFilters
    sort: str
    columns: tuple[str, ...]
    names: dict[str, dict[str, str]]
    left_out: list[str]

    def words(self, kind: str, value: str) -> str:
        return self.names[kind].get(value, value)

    def address(self) -> str:
        """What there is to remember: the filters, and the sort and columns if they are others than usual."""
        sort = [] if self.sort == "since" else [("sort", self.sort)]
        columns = [("cols", self.columns_said())] if self.columns_said() else []
        return urlencode([*self.filters.pairs(), *sort, *columns])

    def columns_said(self) -> str:
        """As an address says them; '' the usual ones."""
        if self.columns == USUAL_COLUMNS:
            return ""
        return " ".join(self.columns) or NO_COLUMNS

    def tags(self) -> list[tuple[str, str, str]]:
        """(kind, value, words) of each filter in force."""
        f = self.filters
        said = [(kind, value, self.words(kind, value)) for kind in KINDS for value in f.ticked.get(kind, ())]
        said += [(NEVER, "1", f"{self.words(NEVER, '1')} in any year")] if f.never_seen else []
        return said + ([("find", f.find, f"‘{f.find}’")] if f.find else [])


def query_from_address(args: MultiDict[str, str], found: Missing) -> GapsQuery:
    """Read what an address or a form asks for, against what there is."""
    left_out: list[str] = []
    names = _names(found)
    ticked = {}
    for kind in KINDS:
        values = [v.strip()[:60] for v in args.getlist(kind) if v.strip()]
        if kind == OWNER:
            values = [str(current_user.person_id) if v == MINE else v for v in values]
        for value in values:
            if value not in names[kind]:
                left_out.append(f"There is no {_WHAT[kind]} ‘{value[:40]}’ here, so it was left out.")
        ticked[kind] = tuple(v for v in dict.fromkeys(values) if v in names[kind])
    sort = args.get("sort", "since")
    if sort not in SORTS:
        left_out.append(f"A list cannot be sorted by ‘{sort[:40]}’. The longest wait comes first.")
    return GapsQuery(
        filters=GapFilters(
            ticked=ticked, never_seen=args.get(NEVER) == "1", find=args.get("find", "").strip()[:100]
        ),
        sort=sort if sort in SORTS else "since",
        columns=_columns(args),
        names=names,
        left_out=left_out,
    )


def _columns(args: MultiDict[str, str]) -> tuple[str, ...]:
    """Those that were chosen, in their order; where nothing was, the usual ones."""
    if "cols" not in args:
        return USUAL_COLUMNS
    chosen = set(" ".join(args.getlist("cols")).split())
    return tuple(column for column in COLUMNS if column in chosen)


def filters_alone(args: MultiDict[str, str]) -> tuple[GapFilters, list[str]]:
    """The filters of an export, which never holds all schools at once: a district, phase or person is taken
    at its word."""
    known: dict[str, Collection[str]] = {
        STANDING: NINE,
        CAUSE: gaps.CAUSES,
        SIZE: SIZES,
        FOLLOW: FOLLOW_UPS,
    }
    left_out = [
        f"There is no {_WHAT[kind]} ‘{value[:40]}’."
        for kind, values in known.items()
        for value in args.getlist(kind)
        if value not in values
    ]
    ticked = {kind: tuple(args.getlist(kind)) for kind in KINDS}
    ticked[OWNER] = tuple(str(current_user.person_id) if v == MINE else v for v in ticked[OWNER])
    never, find = args.get(NEVER) == "1", args.get("find", "").strip()[:100]
    return GapFilters(ticked=ticked, never_seen=never, find=find), left_out


def in_form() -> MultiDict[str, str]:
    """The list's own address, as a form of the page carries it in `at`."""
    return MultiDict(parse_qsl(request.form.get("at", "")[:4000]))


def list_address(found: Missing, own: GapsQuery, **more: Any) -> str:
    """The page's address with its programme and filters, and more words at its end; None is left out."""
    pairs = [("programme", str(found.programme.id)), *parse_qsl(own.address())]
    pairs += [(name, str(value)) for name, value in more.items() if value is not None]
    return url_for("coordinator.gaps") + "?" + urlencode(pairs)


def organisation_ids_in(*texts: str) -> list[int]:
    """URNs, once each, in the order given; what is none is passed over."""
    return row_numbers(" ".join(texts).replace(",", " ").split())


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The gaps chosen, in the list's order; `gone`: URNs that were ticked and are no gap any more."""

    gaps: list[Gap]
    gone: list[int]


def chosen(found: Missing, own: GapsQuery, *, whole: bool, organisation_ids: Collection[int]) -> Chosen:
    """All that match, or those ticked, on whatever page."""
    if whole:
        match = gap_filters.narrow(found.gaps, own.filters).gaps
        return Chosen(gaps=gap_filters.ordered(match, own.sort), gone=[])
    wanted = set(organisation_ids)
    picked = [gap for gap in found.gaps if gap.organisation_id in wanted]
    kept = {gap.organisation_id for gap in picked}
    return Chosen(
        gaps=gap_filters.ordered(picked, own.sort),
        gone=[organisation_id for organisation_id in organisation_ids if organisation_id not in kept],
    )


def _names(found: Missing) -> dict[str, dict[str, str]]:
    """{kind: {value: words}} of all that could be asked for, each in the order of its list."""
    target = found.reckoning.target
    districts = {s.district_code or lists.NO_DISTRICT: s.district_name for s in target}
    people = {str(p.id): p.name for p in owners.possible(g.partnership.id)}
    left = {str(o.person_id): f"{o.name} (left)" for gap in found.gaps if (o := gap.owner) and o.left}
    adults = found.programme.for_adults
    return {
        STANDING: {word: gaps.title(gaps.named(word, for_adults=adults)) for word in NINE if word != "seen"},
        CAUSE: {
            cause: gaps.title(gaps.named(cause, for_adults=adults))
            for cause in gaps.causes(for_adults=adults)
        },
        DISTRICT: dict(sorted(districts.items(), key=lambda d: (d[0] == lists.NO_DISTRICT, d[1]))),
        PHASE: {phase: phase for phase in sorted({s.phase for s in target})},
        OWNER: people | left | {NOBODY: "Nobody"},
        FOLLOW: dict(FOLLOW_UPS),
        SIZE: {} if adults else {key: words for key, (_, _, words) in SIZES.items()},
        NEVER: {"1": gaps.title(gaps.named("never seen", for_adults=adults))},
    }
