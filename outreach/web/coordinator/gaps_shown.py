"""How the gaps list is shown: fifty rows with their last contact and next step, the filters with their counts, what is ticked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import current_app, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import select

from outreach.asking.chasing import chases, raising, reminders
from outreach.asking.recipients import whom_to_propose_to
from outreach.booking import diary
from outreach.county.partnerships import Authority
from outreach.county.schools import School
from outreach.coverage import gaps
from outreach.coverage.gaplist import filters as gap_filters
from outreach.coverage.gaplist import kept, last_contact
from outreach.coverage.gaplist.filters import KINDS, NOBODY, OWNER, SORTS
from outreach.coverage.gaplist.last_contact import Contact
from outreach.coverage.gaplist.missing import Gap, Missing
from outreach.ground import clock
from outreach.ground.db import db
from outreach.ground.timespans import day_of
from outreach.tour.programmes import Programme
from outreach.web.coordinator.as_of import page_asked
from outreach.web.coordinator.gaps_asked import Asked, list_address, urns_in

PAGE = 50
KIND_NAMES = {
    "standing": "Standing", "cause": "Cause", "district": "District", "phase": "Phase", "owner": "Owner", "size": "Size",
}  # fmt: skip
OFFER = (
    gaps.OTHER_DATE, gaps.WAITING_LIST, gaps.REFUSED_SLOT, gaps.LAPSED, gaps.CANCELLED, gaps.FAILED, gaps.YEAR_MISSING,
    gaps.YEAR_NOT_BOOKED, gaps.TOO_FEW,
)  # fmt: skip
"""The causes that a time kept for the school would mend."""
RUNG = (gaps.ASKED_LATELY, gaps.SILENT, gaps.STARTED, gaps.WAITING, gaps.DECLINED)
"""The causes of which one rings, whoever can be written to."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One gap on the page. `days` is how long it waits; `reminders` how often it was reminded of what it did not answer."""

    gap: Gap
    days: int
    last: Contact | None
    reminders: int
    next_words: str
    next_address: str
    ticked: bool


def page_of(
    found: Missing, own: Asked, programmes: Sequence[Programme], left_out: Sequence[str], wrong: str = ""
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
        found=found, own=own, programmes=programmes, said=said, wrong=wrong, matching=len(match), page=page, pages=pages,
        rows=_rows(found, shown, picked), kinds=_kinds(own, narrowed), never=narrowed.never_seen, elsewhere=elsewhere,
        whole=bool(request.values.get("whole")), many=bool(request.args.get("many")), sorts=SORTS,
        remembered=kept.of(current_user.person_id, "gaps") == own.address(), left=_left(found),
        sorted_by={key: list_address(found, replace(own, sort=key)) for key in SORTS}, at=list_address(found, own).partition("?")[2],
        phone_list="coordinator.phone_list" in current_app.view_functions,
    ), 422 if wrong else 200  # fmt: skip


def _rows(found: Missing, shown: Sequence[Gap], picked: set[int]) -> list[Row]:
    """The rows of one page, in a constant number of queries."""
    programme, today = found.programme, day_of(clock.now())
    last = last_contact.of(programme, {gap.urn: gap.family for gap in shown})
    times_reminded = _reminders(programme, shown)
    can = _Can(programme, shown, times_reminded)
    rows = []
    for gap in shown:
        times = times_reminded.get(gap.urn, 0) if gap.standing.kind == gaps.SILENT else 0
        words, address = can.next_step(gap)
        rows.append(
            Row(
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


class _Can:
    """What can be done about some gaps now, each on a page that does it; read in a constant number of queries."""

    def __init__(self, programme: Programme, shown: Sequence[Gap], reminded: Mapping[int, int]) -> None:
        now = clock.now()
        self.programme, self.today = programme, day_of(now)
        self.reports = _reports(programme, shown)
        self.asks = programme.closed_at is None and self.today <= programme.reply_by
        chosen, _ = whom_to_propose_to(gap.urn for gap in shown)
        self.reachable = set(chosen)
        self.due, self.raised = set[int](), set[int]()
        if any(gap.standing.kind == gaps.SILENT for gap in shown) and self.asks:
            coming, _ = reminders.coming(programme, now=now)
            self.due = {r.school.urn for r in coming}
            if max(reminded.values(), default=0) >= len(chases.REMINDERS):
                self.raised = {row.school.urn for row in raising.waiting(programme, now=now)}

    def next_step(self, gap: Gap) -> tuple[str, str]:
        """The words, and the page on which just that is done; to ring and note can be done whatever else cannot."""
        kind, urn, programme = gap.standing.kind, gap.urn, self.programme
        ring = "Ring and note", url_for("coordinator.school_answer", urn=urn, programme=programme.id)
        if self.reports.get(urn):
            words = gap.standing.next_action
            return words, url_for("coordinator.report", reference=self.reports[urn])
        if programme.closed_at is not None or kind in (gaps.REPORT_MISSING, gaps.REPORTS_DISAGREE):
            return "See what is known", url_for("coordinator.school", urn=urn, programme=programme.id)
        if kind == gaps.NO_ADDRESS or (urn not in self.reachable and kind not in RUNG):
            return gaps.NEXT[gaps.NO_ADDRESS], url_for("coordinator.school_contact_add", urn=urn)
        write = url_for("coordinator.school_invite", urn=urn, programme=programme.id)
        if kind in (gaps.NOT_ASKED, gaps.SOMEBODY_ELSE):
            return (gaps.NEXT[kind], write) if self.asks else ring
        if kind == gaps.SILENT and urn in self.due:
            return "Remind", url_for("coordinator.gaps_do", programme=programme.id, deed="remind", urn=urn)
        if kind == gaps.SILENT and urn in self.raised:
            return "Raise", url_for("coordinator.chasing_raise", urn=urn, programme=programme.id)
        if kind in OFFER:
            return gaps.NEXT[kind], url_for("coordinator.propose", urn=urn, programme=programme.id)
        return ring


def _reminders(programme: Programme, shown: Sequence[Gap]) -> dict[int, int]:
    """How often a silent school was reminded, by URN; one query."""
    times: dict[int, int] = {}
    family = {urn: gap.urn for gap in shown for urn in gap.family}
    for chase, _ in chases.standing(programme.id, family):
        times[family[chase.urn]] = times.get(family[chase.urn], 0) + (chase.reason in chases.REMINDERS)
    return times


def _reports(programme: Programme, shown: Sequence[Gap]) -> dict[int, str]:
    """The booking whose report is missing or disputed, by the URN of the gap; one query."""
    due = {
        u: gap
        for gap in shown
        if gap.standing.kind in (gaps.REPORT_MISSING, gaps.REPORTS_DISAGREE)
        for u in gap.family
    }
    found: dict[int, str] = {}
    for urn, starts_at, reference in diary.past_shows(programme.id, due, now=clock.now()):
        gap = due[urn]
        if day_of(starts_at) == gap.standing.since:
            found.setdefault(gap.urn, reference)
    return found


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of filter: its values as (value, words, how many gaps, is it ticked)."""

    key: str
    name: str
    values: list[tuple[str, str, int, bool]]


def _kinds(own: Asked, narrowed: gap_filters.Narrowed) -> list[Kind]:
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
            kinds.append(Kind(key=key, name=KIND_NAMES[key], values=values))
    return kinds


def _left(found: Missing) -> list[tuple[int, str, str]]:
    """(URN, name, how it stands) of the schools that a deed left as they are, since they changed meanwhile."""
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
