"""Tiers of a draw by lot: which schools of a list are equally due, by the order in which a first round asks."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from outreach.asking import recipients
from outreach.asking.draws import Due
from outreach.asking.recipients import NotWrittenTo
from outreach.coverage.newyear import first_round
from outreach.coverage.newyear.first_round import GROUPS, Candidate
from outreach.tour.programmes import Programme

DISTRICT_BEHIND = "district behind"


@dataclass(frozen=True, kw_only=True)
class ToDraw:
    """The schools of a list that can be drawn, by URN, and those that cannot be asked first any more, or at all."""

    due: dict[int, Due]
    left_out: tuple[NotWrittenTo, ...]


def to_draw(programme: Programme, organisation_ids: Collection[int], *, now: datetime) -> ToDraw:
    """How due each school of a list is: by whether it ever saw it, then by whether its district is behind. The names of
    tiers are numbered from 1 as far as the list has them. Raises ReplyByPast, ProgrammeClosed."""
    found = first_round.first_round_of_programme(programme, first_round.year_before(programme), now=now)
    waiting = {one.organisation_id: one for one in found.candidates}
    asked, left_out = recipients.sorted_out(programme, organisation_ids, found.target, now=now)
    left_out += [
        NotWrittenTo(organisation=one.organisation, why="asked already")
        for one in asked
        if one.organisation.organisation_id not in waiting
    ]
    drawn = [
        waiting[one.organisation.organisation_id]
        for one in asked
        if one.organisation.organisation_id in waiting
    ]
    tiers = {key: n for n, key in enumerate(sorted({_due(one) for one in drawn}), start=1)}
    return ToDraw(
        due={one.organisation_id: Due(tier=tiers[_due(one)], words=_words(one)) for one in drawn},
        left_out=tuple(left_out),
    )


def _due(candidate: Candidate) -> tuple[int, bool]:
    return list(GROUPS).index(candidate.group), not candidate.district_behind


def _words(candidate: Candidate) -> str:
    return (
        f"{GROUPS[candidate.group]}; {DISTRICT_BEHIND}"
        if candidate.district_behind
        else GROUPS[candidate.group]
    )
