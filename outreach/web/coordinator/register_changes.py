"""Changes of register files that somebody must decide: shows at schools that close first, then fact by fact,
then what was decided."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from outreach.asking import invitations, kept_on, waits_for_places
from outreach.asking.invitations import OTHER_DATE, Answer
from outreach.booking import limits
from outreach.booking.desk import handing_on
from outreach.booking.guest_places import GuestPlace
from outreach.booking.guests import joining
from outreach.booking.proposals import Proposal
from outreach.county import partnerships
from outreach.county.corrections import FIELDS
from outreach.county.register import deciding, decisions, lines
from outreach.county.register.decisions import RegisterChange
from outreach.county.register.noticing import CLOSING, CORRECTED, LEAVING, NAMED, OPENING, TARGET
from outreach.coverage import leavers
from outreach.coverage.leavers import Left
from outreach.ground import clock, wording
from outreach.ground.audience import more_of
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.row_numbers import row_numbers, whole_number
from outreach.web.gate import coordinator, coordinators_only, who
from outreach.web.refusals import back_to

PAGE = 100
KINDS = {
    CLOSING: "Closed, or about to close",
    OPENING: "Opened",
    LEAVING: "Gone to another authority",
    TARGET: "Other year groups than before",
    CORRECTED: "Against a correction of ours",
    NAMED: "Another name, trust, district or phase",
}
ACCEPT, KEEP = "accept", "keep"
OPEN, DECIDED = "", "decided"


@coordinator.get("/register/changes")
@coordinators_only
def register_decisions() -> Any:
    wrong, now = [], clock.now()
    waiting = decisions.to_decide(g.partnership.id)
    counts = {kind: n for kind in KINDS if (n := sum(1 for c in waiting if c.kind == kind))}
    kind = request.args.get("kind", "")
    if kind and kind not in KINDS:
        wrong.append("There is no such kind of change, so all are shown.")
        kind = ""
    chosen = [c for c in waiting if not kind or c.kind == kind]
    page, pages = _page(len(chosen), wrong)
    rows = chosen[(page - 1) * PAGE : page * PAGE]
    of_leavers = leavers.left(g.partnership.id, now=now, with_kept=True)
    return render_template(
        "coordinator/register_changes.html",
        left=[item for item in of_leavers if not item.kept],
        kept=[item for item in of_leavers if item.kept],
        beyond=limits.beyond(g.partnership.id, now=now),
        more_of=more_of,
        rows=rows,
        waiting=len(waiting),
        counts=counts,
        kind=kind,
        kinds=KINDS,
        page=page,
        pages=pages,
        wrong=wrong,
        today=wording.day_short(now),
        fact=_fact,
        said=_said,
        ours=_ours,
        follows=lines.after([c.urn for c in rows if c.kind == CLOSING], g.partnership.id),
        came_from=lines.before([c.urn for c in rows if c.kind == OPENING], g.partnership.id),
        decided=decisions.count_decided(g.partnership.id),
        authorities=_authorities(),
    )


@coordinator.get("/register/changes/decided")
@coordinators_only
def register_decided() -> Any:
    wrong: list[str] = []
    count = decisions.count_decided(g.partnership.id)
    page, pages = _page(count, wrong)
    return render_template(
        "coordinator/register_decided.html",
        rows=decisions.decided(g.partnership.id, first=(page - 1) * PAGE, most=PAGE),
        count=count,
        page=page,
        pages=pages,
        wrong=wrong,
        fact=_fact,
        said=_said,
        authorities=_authorities(),
    )


@coordinator.post("/register/changes")
@coordinators_only
def register_decide() -> Any:
    """Accept one or keep ours, or all that are ticked; what cannot be is named, the others are done."""
    deed, ids = _asked()
    if deed is None or not ids:
        flash("Tick at least one change, then say what to do with it.", "confirm")
        return _back()
    do = deciding.accept if deed == ACCEPT else deciding.keep
    done, left = 0, []
    for change_id in ids:
        try:
            _decide(change_id, do)
        except Refusal as refusal:
            left.append(refusal.message)
        else:
            done += 1
    if done:
        taken = (
            "accepted: the register’s word holds"
            if deed == ACCEPT
            else "kept as ours, whatever the register says"
        )
        flash(f"{wording.count(done, 'change')} {taken}.")
    for message in dict.fromkeys(left):
        flash(message, "confirm")
    return _back()


@coordinator.post("/register/changes/left")
@coordinators_only
def register_keep_left() -> Any:
    """What is live at a school that left: keep it with a reason, which takes it off the list; list it again; withdraw
    a request or a wait; or hand an offer on."""
    what, deed, now = request.form.get("what", ""), request.form.get("deed", KEEP), clock.now()
    with back_to(url_for("coordinator.register_decisions", _anchor="closing")), transaction():
        found = leavers.left(g.partnership.id, now=now, with_kept=True)
        item = next((i for i in found if i.live.key == what and i.kept == (deed == "again")), None)
        if item is None:
            raise Refusal("It is not on the list any more.")
        said = _done_with(item, deed, now=now)
    flash(said)
    return _back()


def _done_with(item: Left, deed: str, *, now: datetime) -> str:
    """One deed, and what the page says of it."""
    school, of, what = item.live.organisation, item.live.of, item.live.key
    whose = {"organisation_id": school.organisation_id, "partnership_id": g.partnership.id}
    heirs = {str(heir.organisation_id): heir for heir in item.heirs}
    heir = heirs.get(request.form.get("heir", ""))
    if deed == KEEP:
        reason = request.form.get("reason", "")[:500]
        kept_on.keep(what, item.cause, **whose, reason=reason, who=who(), now=now)
        return f"Kept: {school.name}. The reason is in its log."
    if deed == "again":
        kept_on.list_again(what, item.cause, **whose, who=who(), now=now)
        return f"Listed again: {school.name}."
    if deed == "hand-on" and isinstance(of, Proposal) and heir is not None:
        handing_on.hand_offer_on(of, heir, who=who(), now=now)
        return f"The offer is to {heir.name} now. Everybody it was sent to is told."
    if deed == "withdraw" and isinstance(of, GuestPlace):
        withdraw = waits_for_places.leave if of.programme.for_adults else joining.withdraw
        withdraw(of, who=who(), now=now)
        return f"Withdrawn: {school.name}." + ("" if of.programme.for_adults else " The host is told.")
    if deed == "withdraw" and isinstance(of, Answer):
        said = "taken off the waiting list: it left"
        invitations.answer(item.live.programme, school, OTHER_DATE, said, who=who(), now=now)
        return f"Off the waiting list: {school.name}."
    raise Refusal("That cannot be done with it.")


@coordinator.post("/register/changes/<int:change_id>/take-back")
@coordinators_only
def register_take_back(change_id: int) -> Any:
    """Undo a decision, with the correction it made or withdrew."""
    with back_to(url_for("coordinator.register_decided")):
        _decide(change_id, deciding.withdraw)
    flash("Taken back. It waits for a decision again.")
    return _back()


def _decide(change_id: int, do: Callable[..., None]) -> None:
    """One change in a transaction of its own."""
    with transaction():
        change = decisions.get(change_id, g.partnership.id)
        name = change.school.name
        try:
            do(change, who=who(), now=clock.now())
            limits.write(g.partnership.id, [change.urn], now=clock.now())
        except decisions.NoSuchChange:
            raise
        except Refusal as refusal:
            raise Refusal(f"{name}: {refusal.message}") from refusal


def _asked() -> tuple[str | None, list[int]]:
    """What to do, and with which: a row's own button, or the buttons below for all that are ticked."""
    for deed in (ACCEPT, KEEP):
        if deed in request.form:
            return deed, _ids(request.form.getlist(deed))
    below = request.form.get("deed")
    return (below if below in (ACCEPT, KEEP) else None), _ids(request.form.getlist("change"))


def _ids(typed: list[str]) -> list[int]:
    return row_numbers(typed)[:1000]


def _back() -> Response:
    kind = request.form.get("kind", "")
    return redirect(url_for("coordinator.register_decisions", kind=kind if kind in KINDS else None), 303)


def _page(count: int, wrong: list[str]) -> tuple[int, int]:
    """The page asked for and how many there are; one that makes no sense is the first, and said so."""
    pages, typed = max(1, -(-count // PAGE)), request.args.get("page", "")
    if not typed:
        return 1, pages
    if (page := whole_number(typed, 1, pages)) is not None:
        return page, pages
    wrong.append(f"There is no page ‘{typed[:20]}’, so the first is shown.")
    return 1, pages


def _fact(change: RegisterChange) -> str:
    """What is different, as a name: 'Highest age'."""
    return {"opened": "New in the register", "la_code": "Authority"}.get(
        change.field, FIELDS.get(change.field, "")
    )


def _said(change: RegisterChange, text: str) -> str:
    """One side of a change in words."""
    value = decisions.fact(change, text)
    if value is None or value == "":
        return "unknown"
    if isinstance(value, int):
        return wording.number(value)
    return value if isinstance(value, str) else wording.day_short(value)


def _ours(change: RegisterChange) -> str:
    """What holds here of the same fact."""
    return _said(change, "" if (value := getattr(change.school, change.field)) is None else str(value))


def _authorities() -> bool:
    return bool(partnerships.authorities(g.partnership.id))
