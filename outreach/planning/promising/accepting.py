"""Lines of a plan become proposals: each time is kept for its school until it answers, and nobody is booked
by us.

One transaction for all of it, the caller's. A line that no longer fits is marked with the reason and named;
the others go.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial

from outreach.asking import invitations
from outreach.booking.desk import proposing
from outreach.booking.desk.proposing import NotKeptAnyMore, ProposalDraft, ReplyByWrong
from outreach.booking.proposals import Proposal
from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.planning import orders
from outreach.planning.orders import ACCEPTED, DRAWN, REFUSED, PlanLine, TourPlan
from outreach.planning.promising import looking
from outreach.planning.promising import room as room_of
from outreach.planning.promising.deciding import locked
from outreach.planning.promising.looking import GONE, INVITE, MOVE, PROPOSE, LineOutlook, NothingChosen
from outreach.post.stationery import OfferedTime
from outreach.tour import performances
from outreach.tour.performances import SlotTaken


@dataclass(kw_only=True)
class Accepted:
    """What was done, line by line; `left`: (line, why) of those that nothing came of, and `fell` the URNs of
    times that were taken back."""

    proposed: list[PlanLine] = field(default_factory=list)
    moved: list[PlanLine] = field(default_factory=list)
    invited: list[PlanLine] = field(default_factory=list)
    left: list[tuple[PlanLine, str]] = field(default_factory=list)
    fell: list[int] = field(default_factory=list)


def accept(
    plan: TourPlan,
    line_ids: Collection[int],
    *,
    reply_by: date,
    who: str,
    now: datetime,
    dropping: Collection[int] = (),
    seen: Mapping[int, str] | None = None,
) -> Accepted:
    """Propose what these lines draw, move what they move, and take back the proposals of `dropping`.

    `dropping`: of those that have no place in the plan any more. `seen`: line -> address as the preview
    showed them; a school whose address is another by now is left and named. Accepted already is left alone,
    so that a form sent twice writes once. Raises NothingChosen, ReplyByWrong.
    """
    locked(plan)
    if reply_by < day_of(now):
        raise ReplyByWrong("The day to reply by is past. Choose today or a later day.")
    lines = looking.chosen(plan, line_ids)
    falling = room_of.proposals(set(dropping) & set(plan.unplaced_proposals))
    if not lines and not falling:
        raise NothingChosen
    _lock(lines, [p.organisation_id for p in falling.values()], falling_days(falling.values()))
    done = Accepted()
    for proposal in falling.values():
        if _tried(partial(proposing.withdraw, proposal, who=who, now=now)) is None:
            done.fell.append(proposal.organisation_id)
    found = looking.look(plan, lines, reply_by=reply_by, now=now, dropping=falling)
    for each in found:
        if each.goes and seen is not None and seen.get(each.line.id) != _address(each):
            done.left.append((each.line, "the address changed since the list was shown"))
        elif not each.goes:
            _leave(each.line, each.why, marked=each.what == GONE, done=done)
    left = {line.id for line, _ in done.left}
    going = [each for each in found if each.goes and each.line.id not in left]
    _move([each for each in going if each.what == MOVE], done, who=who, now=now)
    for each in going:
        if each.what == PROPOSE:
            _propose(each, plan, done, who=who, now=now)
        elif each.what == INVITE:
            _invite(each, plan, done, who=who, now=now)
    db.session.flush()
    counts = {
        "proposed": len(done.proposed),
        "moved": len(done.moved),
        "invited": len(done.invited),
        "taken back": len(done.fell),
    }
    history.record("accepted a plan", plan.programme, who=who, now=now, after={"plan": plan.name} | counts)
    return done


def falling_days(proposals: Collection[Proposal]) -> list[int]:
    """The tour days on which some kept times stand."""
    return [p.performance.tour_day_id for p in proposals if p.performance is not None]


def _lock(lines: Sequence[PlanLine], organisation_ids: Sequence[int], day_ids: Sequence[int]) -> None:
    """All schools by URN and then all tour days, so that two who accept much at once never wait for each
    other."""
    for organisation_id in sorted({*(line.organisation_id for line in lines), *organisation_ids}):
        performances.lock_organisation(organisation_id)
    kept = room_of.proposals(line.proposal_id for line in lines if line.proposal_id is not None)
    days = {line.tour_day_id for line in lines if line.tour_day_id is not None}
    performances.lock_days({*days, *day_ids, *falling_days(kept.values())})


def _move(moves: Sequence[LineOutlook], done: Accepted, *, who: str, now: datetime) -> None:
    """Each that can go now, again and again: one may stand where another one goes."""
    waiting, why = list(moves), {}
    while waiting:
        stuck = []
        for each in waiting:
            proposal, slot = each.line.proposal, each.slot
            assert proposal is not None and slot is not None
            refusal = _tried(
                partial(proposing.move, proposal, slot, reply_by=each.reply_by, who=who, now=now)
            )
            if refusal is None:
                each.line.state, each.line.refused_why = ACCEPTED, ""
                done.moved.append(each.line)
            else:
                stuck.append(each)
                why[each.line.id] = (
                    "another school stands where it would go, so it stays where it was"
                    if isinstance(refusal, SlotTaken)
                    else _said(refusal)
                )
        if len(stuck) == len(waiting):
            break
        waiting = stuck
    else:
        return
    for each in waiting:
        _leave(each.line, why[each.line.id], marked=True, done=done)


def _propose(each: LineOutlook, plan: TourPlan, done: Accepted, *, who: str, now: datetime) -> None:
    line = each.line
    assert each.slot is not None and each.contact is not None and each.reply_by is not None
    offer = ProposalDraft(
        programme=plan.programme,
        organisation=line.organisation,
        slot=each.slot,
        people=[each.contact],
        reply_by=each.reply_by,
    )
    made: list[int] = []
    refusal = _tried(lambda: made.append(proposing.propose(offer, who=who, now=now).id))
    if refusal is not None:
        why = "the time was taken meanwhile" if isinstance(refusal, SlotTaken) else _said(refusal)
        _leave(line, why, marked=True, done=done)
        return
    line.proposal_id, line.state, line.refused_why = made[0], ACCEPTED, ""
    done.proposed.append(line)


def _invite(each: LineOutlook, plan: TourPlan, done: Accepted, *, who: str, now: datetime) -> None:
    """An invitation whose first time is the host's show: on its page the school asks the host, who agrees or
    not."""
    line, show, contact = each.line, each.show, each.contact
    assert show is not None and contact is not None
    words = invitations.asking(plan.programme, line.organisation, now=now)
    said = f"As the guests of {show.host.name}, which has seats left for you; it is asked first"
    refusal = _tried(
        lambda: invitations.invite(
            plan.programme,
            line.organisation,
            contact,
            who=who,
            now=now,
            words=replace(words, times=(OfferedTime(starts=(show.starts_at,), why=said), *words.times)),
        )
    )
    if refusal is not None:
        _leave(line, _said(refusal), marked=False, done=done)
        return
    line.state, line.refused_why = ACCEPTED, ""
    done.invited.append(line)


def _tried(verb: Callable[[], object]) -> Refusal | None:
    """Do it behind a savepoint: refused, it has left nothing, and the refusal is handed back."""
    try:
        with db.session.begin_nested():
            verb()
    except Refusal as refusal:
        return refusal
    return None


def _leave(line: PlanLine, why: str, *, marked: bool, done: Accepted) -> None:
    """Nothing comes of it; `marked`: it no longer fits, so that it is looked at again."""
    if marked:
        line.state, line.refused_why = REFUSED, why
    done.left.append((line, why))


def _said(refusal: Refusal) -> str:
    if isinstance(refusal, NotKeptAnyMore):
        return "the school has answered meanwhile, or its time has lapsed"
    return refusal.message[:1].lower() + refusal.message[1:].rstrip(".")


def _address(each: LineOutlook) -> str:
    return each.contact.address if each.contact else ""


def open_lines(plan: TourPlan) -> list[PlanLine]:
    """What of a plan can still be accepted."""
    return [line for line in orders.lines(plan) if line.state == DRAWN and line.tour_day_id is not None]
