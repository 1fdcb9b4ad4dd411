"""Place of a school in the gaps list that somebody came from, as it was filtered: which it is, and the next one."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import request, url_for
from werkzeug.datastructures import MultiDict

from outreach.coverage.gaplist import filters as gap_filters
from outreach.coverage.gaplist import missing
from outreach.ground import clock
from outreach.ground.wording import and_list, count
from outreach.tour.programmes import Programme
from outreach.web.coordinator.gaps_query import list_address, query_from_address

LONGEST = 4000


@dataclass(frozen=True, kw_only=True)
class ListPlace:
    """`at` is the list's own query, which the next page carries on; `within`: its filters in words; `said`: '1 of 22',
    or how many are left where this school is missing no more. `following`: the next one's name and address."""

    at: str
    back: str
    within: str
    said: str
    following: tuple[str, str] | None


def place(programme: Programme, organisation_id: int) -> ListPlace | None:
    """None where somebody came from elsewhere. The list is read anew, so that what was done meanwhile counts."""
    at = request.values.get("at", "")[:LONGEST]
    if not at:
        return None
    found = missing.missing_from_programme(programme, now=clock.now())
    own = query_from_address(MultiDict(parse_qsl(at)), found)
    rows = gap_filters.ordered(gap_filters.narrow(found.gaps, own.filters).gaps, own.sort)
    organisation_ids = [gap.organisation_id for gap in rows]
    here = organisation_ids.index(organisation_id) + 1 if organisation_id in organisation_ids else 0
    back = list_address(found, own)
    kept = back.partition("?")[2]
    following = None
    if here < len(rows):
        name = rows[here].standing.name
        following = (
            name,
            url_for(
                "coordinator.school", organisation_id=organisation_ids[here], programme=programme.id, at=kept
            ),
        )
    return ListPlace(
        at=kept,
        back=back,
        within=and_list(words for _, _, words in own.tags()),
        said=f"{here} of {len(rows)}" if here else f"{count(len(rows), 'school')} left",
        following=following,
    )


def along(programme: Programme | None = None) -> dict[str, Any]:
    """What an address of the school's page carries on: the programme, and the list."""
    said = {name: request.values.get(name, "")[:LONGEST] for name in ("programme", "at")}
    if programme is not None:
        said["programme"] = str(programme.id)
    return {name: value for name, value in said.items() if value}


def with_list(address: str) -> str:
    """An address of a page from which one comes back, with the list."""
    at = request.values.get("at", "")[:LONGEST]
    return f"{address}{'&' if '?' in address else '?'}{urlencode({'at': at})}" if at else address
