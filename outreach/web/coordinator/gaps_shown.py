"""The gaps list as it is shown: fifty rows with their last contact and next step, the filters with their
counts, what is ticked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import current_app, render_template, request
from flask_login import current_user
from sqlalchemy import select

from outreach.county.partnerships import Authority
from outreach.county.schools import School
from outreach.coverage import gaps
from outreach.coverage.gaplist import filters as gap_filters
from outreach.coverage.gaplist import kept, last_contact
from outreach.coverage.gaplist.filters import KINDS, NOBODY, OWNER, SORTS
from outreach.coverage.gaplist.last_contact import LastContact
from outreach.coverage.gaplist.missing import Gap, Missing
from outreach.ground import clock
from outreach.ground.db import db
from outreach.ground.timespans import day_of
from outreach.tour.programmes import Programme
from outreach.web.coordinator.as_of import page_asked
from outreach.web.coordinator.gaps_query import GapsQuery, list_address, urns_in
from outreach.web.coordinator.next_steps import NextSteps

PAGE = 50
KIND_NAMES = {
    "standing": "Standing",
    "cause": "Cause",
    "district": "District",
    "phase": "Phase",
    "owner": "Owner",
    "size": "Size",
}


@dataclass(frozen=True, kw_only=True)
class GapRow:
    """One gap on the page. `days` is how long it waits; `reminders` how often it was reminded of what it did
    not answer."""

    gap: Gap
    days: int
    last: LastContact | None
    reminders: int
    next_words: str
    next_address: str
    ticked: bool


def page_of(
    found: Missing, own: GapsQuery, programmes: Sequence[Programme], left_out: Sequence[str], wrong: str = ""
) -> Any:
    """The page; 422 with `wrong` when a form of it made no sense."""
    narrowed = gap_filters.narrow(found.gaps, own.filters)
    match = gap_filters.ordered(narrowed.gaps, own.sort)
    said = [*left_out, *own.left_out]
    pages = max(1, -(-len(match) // PAGE))
    page = page_asked(pages, said)
    if request.args.get("as_of"):
        said.append(
            "This list is of today, so that something can be done about it. A past day stands under Coverage."
        )
    picked = set(urns_in(request.values.get("picked", ""), *request.form.getlist("urn")))
    shown = match[(page - 1) * PAGE : page * PAGE]
    here = {gap.urn for gap in shown}
    elsewhere = [gap.urn for gap in found.gaps if gap.urn in picked and gap.urn not in here]
    return render_template(
        "coordinator/gaps.html",
        found=found,
        own=own,
        programmes=programmes,
        said=said,
        wrong=wrong,
        matching=len(match),
        page=page,
        pages=pages,
        rows=_rows(found, shown, picked),
        kinds=_kinds(own, narrowed),
        never=narrowed.never_seen,
        elsewhere=elsewhere,
        whole=bool(request.values.get("whole")),
        many=bool(request.args.get("many")),
        sorts=SORTS,
        remembered=kept.remembered_filter(current_user.person_id, "gaps") == own.address(),
        left=_left(found),
        sorted_by={key: list_address(found, replace(own, sort=key)) for key in SORTS},
        at=list_address(found, own).partition("?")[2],
        phone_list="coordinator.phone_list" in current_app.view_functions,
    ), 422 if wrong else 200


def _rows(found: Missing, shown: Sequence[Gap], picked: set[int]) -> list[GapRow]:
    """The rows of one page, in a constant number of queries."""
    programme, today = found.programme, day_of(clock.now())
    last = last_contact.last_contact_of_schools(programme, {gap.urn: gap.family for gap in shown})
    steps = NextSteps(
        programme,
        {gap.urn: gap.standing for gap in shown},
        {gap.urn: gap.family for gap in shown},
        now=clock.now(),
    )
    rows = []
    for gap in shown:
        times = steps.reminded.get(gap.urn, 0) if gap.standing.kind == gaps.SILENT else 0
        words, address = steps.step_for(gap.standing)
        rows.append(
            GapRow(
                gap=gap,
                days=max(0, (today - gap.waits_since).days),
                last=last.get(gap.urn),
                reminders=times,
                next_words=words,
                next_address=address,
                ticked=gap.urn in picked,
            )
        )
    return rows


@dataclass(frozen=True, kw_only=True)
class FilterKind:
    """One kind of filter: its values as (value, words, how many gaps, is it ticked)."""

    key: str
    name: str
    values: list[tuple[str, str, int, bool]]


def _kinds(own: GapsQuery, narrowed: gap_filters.Narrowed) -> list[FilterKind]:
    """What holds no gap and is not ticked is left out, but for people, who may get one."""
    kinds = []
    for key in KINDS:
        ticked, counts = own.filters.ticked.get(key, ()), narrowed.counts[key]
        values = [
            (value, words, counts[value], value in ticked)
            for value, words in own.names[key].items()
            if counts[value] or value in ticked or (key == OWNER and value != NOBODY)
        ]
        if values:
            kinds.append(FilterKind(key=key, name=KIND_NAMES[key], values=values))
    return kinds


def _left(found: Missing) -> list[tuple[int, str, str]]:
    """(URN, name, how it stands) of the schools that a deed left as they are, since they changed
    meanwhile."""
    urns = urns_in(request.args.get("left", ""))
    if not urns:
        return []
    standing = {s.urn: s for s in [*found.reckoning.target, *found.reckoning.excluded]}
    others = [urn for urn in urns if urn not in standing]
    ours = _names(found.programme, others)
    said = []
    for urn in urns:
        s = standing.get(urn)
        if s is not None:
            words = s.standing if not s.cause or s.cause == s.standing else f"{s.standing}: {s.cause}"
            said.append((urn, s.name, words))
        elif urn in ours:
            said.append((urn, ours[urn], "not in the target any more"))
    return said


def _names(programme: Programme, urns: Sequence[int]) -> dict[int, str]:
    """Names of the partnership's own schools that are in no target."""
    if not urns:
        return {}
    rows = db.session.execute(
        select(School.urn, School.name)
        .join(Authority, Authority.la_code == School.la_code)
        .where(School.urn.in_(urns), Authority.partnership_id == programme.partnership_id)
        .order_by(School.urn)
    )
    return {urn: name for urn, name in rows}
