"""The gaps list as lines for a spreadsheet, some hundred schools at a time, so that a country takes no more
memory than a county."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from outreach.coverage import gaps, in_parts, lists, who_asked
from outreach.coverage.as_of import scope
from outreach.coverage.gaplist import filters, last_contact, missing
from outreach.coverage.gaplist.filters import GapFilters
from outreach.coverage.gaplist.last_contact import LastContact
from outreach.coverage.gaplist.missing import Gap
from outreach.ground import audience, tabular
from outreach.ground.school_year import YEAR_GROUPS, year_group_name
from outreach.ground.timespans import day_of
from outreach.ground.wording import day_short
from outreach.tour.programmes import Programme

NOT_FOR_PUBLICATION = "Not for publication: small numbers are not hidden."

HEAD = [
    "URN",
    "School",
    "District",
    "Phase",
    "Type",
    "Trust",
    "Standing",
    "Cause",
    "Waiting since",
    "Days waiting",
    "Last contact",
    "Last contact was",
    "Owner",
    "Follow-up on",
    "To do",
    "By",
    "Seen in any year",
    "Next",
    "Year groups",
    "Pupils seen",
    "Target pupils",
    "Target pupils are",
    "Ages",
    "Kind of body",
]
"""A body has no URN, phase or type: its kind stands in the last column."""


def title(programme: Programme, *, now: datetime) -> str:
    return f"Gaps of {programme.title}, as of {day_short(day_of(now))}. {NOT_FOR_PUBLICATION}"


def lines(
    programme: Programme,
    wanted: GapFilters,
    only: Collection[int] | None,
    *,
    now: datetime,
    between: Callable[[], object],
) -> Iterator[Sequence[Any]]:
    """The head, each gap that matches by name, and a last line that tells a whole file from one that was cut
    off.

    `only`: of these numbers alone. `between` is called after each part, when nothing is being read.
    """
    yield audience.head_of(HEAD, for_adults=programme.for_adults)
    many, there = 0, set[bool]()
    for part in in_parts.standings_in_parts(programme.id, as_of=day_of(now), now=now):
        mine = [s for s in part.target if s.is_gap and (only is None or s.organisation_id in only)]
        if mine:
            near = in_parts.with_kin(scope(programme), [s.organisation_id for s in mine])
            among = missing.gaps_among(programme, mine, part.kin, now=now, only=near)
            found = filters.narrow(among, wanted).gaps
            there.update(gap.standing.is_body for gap in found)
            many += len(found)
            yield from _dressed(programme, found, day_of(now))
        between()
    yield tabular.end_line(f"the list: {who_asked.of_halves(there).count(many)}")


def _dressed(programme: Programme, found: Iterable[Gap], today: date) -> Iterator[Sequence[Any]]:
    found = list(found)
    last = last_contact.last_contact_of_organisations(
        programme, {gap.organisation_id: gap.family for gap in found}
    )
    for gap in found:
        yield _line(programme, gap, last.get(gap.organisation_id), today)


def _line(programme: Programme, gap: Gap, last: LastContact | None, today: date) -> list[Any]:
    s = gap.standing
    states = "; ".join(
        f"{year_group_name(y)} {state}" for y, state in s.year_groups.items() if y in YEAR_GROUPS
    )
    return [
        "" if s.is_body else s.organisation_id,
        s.name,
        s.district_name,
        "" if s.is_body else s.phase,
        "" if s.is_body else s.type,
        s.trust,
        gaps.named(s.standing, for_adults=programme.for_adults),
        "; ".join(filter(None, (s.cause, s.no_number))),
        gap.waits_since,
        max(0, (today - gap.waits_since).days),
        day_of(last.at) if last else "",
        last.what if last else "",
        gap.owner.name if gap.owner else "",
        *((gap.follow_up.day, gap.follow_up.what, gap.follow_up.name) if gap.follow_up else ("", "", "")),
        "not known" if gap.not_known else "no" if gap.never_seen else "yes",
        s.next_action,
        states,
        s.seen_pupils,
        "unknown" if s.target_pupils is None else s.target_pupils,
        lists.number_of(s),
        "unknown" if s.ages_unknown else "",
        s.kind_of_body,
    ]
