"""The gaps list as it is shown: fifty rows with their last contact and next step, the filters with their
counts, what is ticked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import current_app, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import select

from outreach.county import organisations
from outreach.county.schools import Organisation
from outreach.coverage import gaps, who_asked
from outreach.coverage.gaplist import deeds, kept, last_contact, saved_views
from outreach.coverage.gaplist import filters as gap_filters
from outreach.coverage.gaplist.filters import KINDS, NOBODY, NOT_SET, OWNER, PHASE, SORTS
from outreach.coverage.gaplist.last_contact import LastContact
from outreach.coverage.gaplist.missing import Gap, Missing
from outreach.ground import audience, clock
from outreach.ground.db import db
from outreach.ground.row_numbers import row_number
from outreach.ground.school_year import YEAR_GROUPS, year_group_name
from outreach.ground.timespans import day_of
from outreach.ground.wording import capfirst, count, day_short
from outreach.tour.programmes import Programme
from outreach.web import doors, spoken
from outreach.web.coordinator import follow_up_shown
from outreach.web.coordinator.as_of import page_asked
from outreach.web.coordinator.gaps_query import COLUMNS, GapsQuery, list_address, organisation_ids_in
from outreach.web.coordinator.next_steps import BY_PHONE, RING, NextSteps
from outreach.web.gate import who

PAGE = 50
KIND_NAMES = {
    "standing": "Standing",
    "cause": "Cause",
    "district": "District",
    "phase": "Phase",
    "owner": "Owner",
    "size": "Size",
    "follow": "Follow-up",
}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What stands in a column that was chosen: words, what stands under them, and where they lead."""

    column: str
    words: str
    under: str = ""
    href: str = ""
    loud: bool = True


@dataclass(frozen=True, kw_only=True)
class GapRow:
    """One gap on the page. `about`: the school in a line; `cause`: why it is missing, '' where its standing says
    so."""

    gap: Gap
    about: str
    cause: str
    cells: list[Cell]
    next_words: str
    next_address: str
    ticked: bool


@dataclass(frozen=True, kw_only=True)
class ViewLink:
    """A view that was kept, as the menu shows it."""

    view_id: int
    name: str
    href: str
    said: str
    is_here: bool


@dataclass(frozen=True, kw_only=True)
class Undo:
    """A deed that can be undone: how many schools it was, and the key of its lot."""

    schools: int
    lot: str


def page_of(
    found: Missing,
    own: GapsQuery,
    programmes: Sequence[Programme],
    left_out: Sequence[str],
    wrong: str = "",
    wrong_at: str = "#list",
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
    picked = set(
        organisation_ids_in(request.values.get("picked", ""), *request.form.getlist("organisation_id"))
    )
    shown = match[(page - 1) * PAGE : page * PAGE]
    here = {gap.organisation_id for gap in shown}
    elsewhere = [
        gap.organisation_id
        for gap in found.gaps
        if gap.organisation_id in picked and gap.organisation_id not in here
    ]
    return render_template(
        "coordinator/gaps.html",
        found=found,
        own=own,
        programmes=programmes,
        said=said,
        wrong=wrong,
        matching=len(match),
        asked=who_asked.of_target(found.reckoning),
        page=page,
        pages=pages,
        rows=_rows(found, own, shown, picked),
        tags=own.tags(),
        columns=COLUMNS,
        none_match=_none_match(own),
        views=_views(found, own),
        view_name=request.form.get("name", "")[:100],
        view_shared=bool(request.form.get("shared")),
        undo=_undo(found.programme),
        removed=_removed(found.programme),
        wrong_at=wrong_at,
        kinds=_kinds(own, narrowed, bodies=any(s.is_body for s in found.reckoning.target)),
        never=narrowed.never_seen,
        elsewhere=elsewhere,
        whole=bool(request.values.get("whole")),
        many=bool(request.args.get("many")),
        sorts=SORTS,
        remembered=kept.remembered_filter(current_user.person_id, "gaps") == own.address(),
        left=_left(found),
        at=list_address(found, own).partition("?")[2],
        phone_list="coordinator.phone_list" in current_app.view_functions,
    ), 422 if wrong else 200


def _rows(found: Missing, own: GapsQuery, shown: Sequence[Gap], picked: set[int]) -> list[GapRow]:
    """The rows of one page, in a constant number of queries."""
    programme = found.programme
    families = {gap.organisation_id: gap.family for gap in shown}
    last = last_contact.last_contact_of_organisations(programme, families) if "contact" in own.columns else {}
    now = clock.now()
    today = day_of(now)
    steps = NextSteps(programme, {gap.organisation_id: gap.standing for gap in shown}, families, now=now)
    at = list_address(found, own).partition("?")[2]
    school = doors.address_of_each("coordinator.school", programme=programme.id, at=at, _anchor="next")
    follow_up = doors.address_of_each("coordinator.follow_up", programme=programme.id, at=at)
    rows = []
    for gap in shown:
        words, address = steps.step_for(gap.standing)
        if words in (RING, BY_PHONE):
            # Done on the school's own page, with the number, the times and what was said.
            address = school(gap.organisation_id)
        rows.append(
            GapRow(
                gap=gap,
                about=_about(gap, for_adults=programme.for_adults),
                cause=_cause(gap, steps.reminded.get(gap.organisation_id, 0)),
                cells=[
                    _cell(c, gap, last.get(gap.organisation_id), follow_up, today=today) for c in own.columns
                ],
                next_words=words,
                next_address=address,
                ticked=gap.organisation_id in picked,
            )
        )
    return rows


def _about(gap: Gap, *, for_adults: bool) -> str:
    """'Fenwold · Secondary · 312 pupils · never seen'; 'whole area · Police · nobody has counted the staff'."""
    s = gap.standing
    parts = [s.district_name, s.phase]
    words = audience.words(for_adults)
    if s.no_number:
        parts.append(s.no_number)
    elif s.target_pupils is not None:
        parts.append(words.count(s.target_pupils))
    elif not for_adults:
        parts.append("pupils unknown")
    seen = "trained" if for_adults else "seen"
    if gap.never_seen:
        parts.append(f"never {seen}")
    elif gap.not_known:
        parts.append(f"{seen} before: not known, ask")
    return " · ".join(parts)


def _cause(gap: Gap, reminders: int) -> str:
    """'Silent since 3 November 2026, reminded twice'; '' where the standing says it."""
    s = gap.standing
    if not s.cause or s.cause == s.standing:
        return ""
    times = {1: "once", 2: "twice"}.get(reminders, f"{reminders} times")
    return capfirst(s.cause) + (f", reminded {times}" if reminders and s.kind == gaps.SILENT else "")


def _cell(
    column: str, gap: Gap, last: LastContact | None, follow_up: Callable[[int], str], *, today: date
) -> Cell:
    if column == "since":
        days = max(0, (today - gap.waits_since).days)
        return Cell(column=column, words=day_short(gap.waits_since), under=count(days, "day"))
    if column == "contact":
        if last is None:
            return Cell(column=column, words="none", loud=False)
        return Cell(column=column, words=day_short(last.at), under=capfirst(last.what))
    if column == "owner":
        if gap.owner is None:
            return Cell(column=column, words="nobody", loud=False)
        return Cell(column=column, words=gap.owner.name, under="has left" if gap.owner.left else "")
    if column == "follow":
        href = follow_up(gap.organisation_id)
        if gap.follow_up is None:
            return Cell(column=column, words="Set a day", href=href)
        when, what = follow_up_shown.cell(gap.follow_up, today=today, me=current_user.person_id)
        return Cell(column=column, words=when, under=what, href=href)
    if column == "groups":
        states = [
            f"{year_group_name(y)} {state}"
            for y, state in gap.standing.year_groups.items()
            if y in YEAR_GROUPS
        ]
        return Cell(column=column, words="; ".join(states) or "unknown", loud=bool(states))
    return Cell(column=column, words=gap.standing.trust or "none", loud=bool(gap.standing.trust))


def _none_match(own: GapsQuery) -> str:
    filters = len(own.tags())
    none = spoken.asked_on_page().said("No school matches")
    return f"{none} {'this filter' if filters == 1 else f'these {filters} filters'}"


def _views(found: Missing, own: GapsQuery) -> list[ViewLink]:
    """Views of the person and of all; one query."""
    here = own.address()
    menu = []
    for view in saved_views.views_of(current_user.person_id, partnership_id=found.programme.partnership_id):
        whose = f"shared by {view.whose}" if view.whose else "shared" if view.shared else ""
        words = f"programme={found.programme.id}" + (f"&{view.address}" if view.address else "")
        menu.append(
            ViewLink(
                view_id=view.view_id,
                name=view.name,
                href=f"{url_for('coordinator.gaps')}?{words}",
                said=whose,
                is_here=view.address == here,
            )
        )
    return menu


def _removed(programme: Programme) -> saved_views.SavedView | None:
    """The view that was just removed, while it can be put back; one query, none otherwise."""
    view_id = row_number(request.args.get("removed_view", ""))
    if view_id is None:
        return None
    view = saved_views.find(view_id, current_user.person_id, partnership_id=programme.partnership_id)
    return view if view is not None and view.ended_at is not None else None


def _undo(programme: Programme) -> Undo | None:
    """The exclusion from which this page came, while it stands; one query, none otherwise."""
    lot = request.args.get("lot", "")
    schools = len(deeds.taken_out(programme, lot, who=who())) if lot else 0
    return Undo(schools=schools, lot=lot) if schools else None


@dataclass(frozen=True, kw_only=True)
class FilterKind:
    """One kind of filter: its values as (value, words, how many gaps, is it ticked)."""

    key: str
    name: str
    values: list[tuple[str, str, int, bool]]


def _kinds(own: GapsQuery, narrowed: gap_filters.Narrowed, *, bodies: bool) -> list[FilterKind]:
    """What holds no gap and is not ticked is left out, but for people, who may get one; and follow-ups while there are
    none. Kinds of `bodies` stand among the phases."""
    kinds, names = [], KIND_NAMES | ({PHASE: "Phase or kind"} if bodies else {})
    for key in KINDS:
        ticked, counts = own.filters.ticked.get(key, ()), narrowed.counts[key]
        values = [
            (value, capfirst(words), counts[value], value in ticked)
            for value, words in own.names[key].items()
            if counts[value] or value in ticked or (key == OWNER and value != NOBODY)
        ]
        if any(on or value != NOT_SET for value, _words, _many, on in values):
            kinds.append(FilterKind(key=key, name=names[key], values=values))
    return kinds


def _left(found: Missing) -> list[tuple[int, str, str]]:
    """(URN, name, how it stands) of the schools that a deed left as they are, since they changed
    meanwhile."""
    organisation_ids = organisation_ids_in(request.args.get("left", ""))
    if not organisation_ids:
        return []
    standing = {s.organisation_id: s for s in [*found.reckoning.target, *found.reckoning.excluded]}
    others = [organisation_id for organisation_id in organisation_ids if organisation_id not in standing]
    ours = _names(found.programme, others)
    said = []
    for organisation_id in organisation_ids:
        s = standing.get(organisation_id)
        if s is not None:
            words = s.standing if not s.cause or s.cause == s.standing else f"{s.standing}: {s.cause}"
            said.append((organisation_id, s.name, words))
        elif organisation_id in ours:
            said.append((organisation_id, ours[organisation_id], "not in the target any more"))
    return said


def _names(programme: Programme, organisation_ids: Sequence[int]) -> dict[int, str]:
    """Names of the partnership's own schools and bodies that are in no target."""
    if not organisation_ids:
        return {}
    rows = db.session.execute(
        select(Organisation.organisation_id, Organisation.name)
        .where(
            Organisation.organisation_id.in_(organisation_ids), organisations.ours(programme.partnership_id)
        )
        .order_by(Organisation.organisation_id)
    )
    return {organisation_id: name for organisation_id, name in rows}
