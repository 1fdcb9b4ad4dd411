"""Preview of accepting lines of a plan, line by line: who is written to, until when it is kept, which of them
move, wait or cannot be. Writes nothing."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from outreach.asking import recipients
from outreach.booking import accounts, guest_places, holds, promises, proposals, reply_days
from outreach.booking.desk import proposing
from outreach.booking.desk.proposing import ProposalDraft
from outreach.booking.proposals import Proposal
from outreach.county.contacts import Contact
from outreach.county.school_days import SchoolCalendar
from outreach.county.schools import Organisation
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.ground.wording import count
from outreach.planning import orders
from outreach.planning.orders import ACCEPTED, DRAWN, STRUCK, PlanLine, TourPlan
from outreach.planning.promising import room as room_of
from outreach.planning.promising.room import Room
from outreach.post.stationery import Rendered
from outreach.tour.performances import Performance, Slot
from outreach.tour.programmes import Programme

USUALLY = timedelta(days=10)
"""How long a time is kept where the programme's own day to reply by is past."""

PROPOSE, MOVE, INVITE = "propose", "move", "invite"
WAITS, NOBODY, GONE = "waits", "nobody", "gone"
"""What becomes of a line: a proposal; a proposal that moves; a guest that is invited to its host's show; it
waits for its host; there is nobody to write to; it no longer fits."""


class NothingChosen(Refusal):
    def __init__(self) -> None:
        super().__init__("Tick at least one line that is still drawn.")


@dataclass(frozen=True, kw_only=True)
class LineOutlook:
    """One line. `reply_by` and `contact` where somebody is written to; `why` where nobody is, as the end of a
    sentence.

    `show`: of a guest that is invited, its host's.
    """

    line: PlanLine
    what: str
    slot: Slot | None = None
    contact: Contact | None = None
    reply_by: date | None = None
    why: str = ""
    show: Performance | None = None

    @property
    def goes(self) -> bool:
        return self.what in (PROPOSE, MOVE, INVITE)

    @property
    def shown(self) -> str:
        """As a form carries what was seen: the line, and to which address."""
        return f"{self.line.id} {self.contact.address if self.contact else ''}"


def usual_reply_by(programme: Programme, *, now: datetime) -> date:
    """The programme's day to reply by, or ten days from today where that is past."""
    today = day_of(now)
    return programme.reply_by if programme.reply_by > today else today + USUALLY


def chosen(plan: TourPlan, line_ids: Collection[int]) -> list[PlanLine]:
    """The lines of those ids that are drawn, in the plan's order, each with its proposal and its slot."""
    wanted = set(line_ids)
    return [line for line in orders.lines(plan) if line.id in wanted and line.state == DRAWN]


def look(
    plan: TourPlan,
    lines: Sequence[PlanLine],
    *,
    reply_by: date,
    now: datetime,
    dropping: Collection[int] = (),
) -> list[LineOutlook]:
    """What would become of each line, accepted together. A constant number of queries.

    `dropping`: proposals that are taken back first, so that their times are free.
    """
    programme = plan.programme
    schools = [line.organisation for line in lines]
    moving = room_of.proposals(
        {line.proposal_id for line in lines if line.proposal_id is not None} | set(dropping)
    )
    day_ids = {line.tour_day_id for line in lines if line.tour_day_id is not None}
    room = Room(programme, day_ids, schools, now=now)
    for kept_time in moving.values():
        room.lift(kept_time)
    people, nobody = recipients.whom_to_propose_to(school.organisation_id for school in schools)
    owed = accounts.of_organisations(programme, schools, now=now)
    kept = Counter(
        p.organisation_id for p in proposals.still_open(programme.id, now=now) if p.id not in moving
    )
    shows = _hosts(lines)
    seats = _seats(programme, shows)
    found = []
    for line in lines:
        if line.is_guest:
            show = shows.get(line.id)
            found.append(_guest(line, show, seats, people, nobody, owed[line.organisation_id], now=now))
            continue
        proposal = moving.get(line.proposal_id or 0)
        account = owed[line.organisation_id]
        slot = _slot(room, line)
        why = _why_gone(programme, line, proposal, account, kept, slot, now=now)
        if why:
            found.append(LineOutlook(line=line, what=GONE, why=why))
        elif isinstance(slot, Slot):
            until = _until(line, proposal, reply_by, room.calendars[line.organisation_id], now=now)
            if until is None or (proposal is None and line.organisation_id in nobody):
                why = nobody.get(line.organisation_id, "it is too near to leave the school a day to answer")
                found.append(LineOutlook(line=line, what=NOBODY, why=why))
                continue
            room.lay(line)
            kept[line.organisation_id] += 1
            found.append(
                LineOutlook(
                    line=line,
                    what=PROPOSE if proposal is None else MOVE,
                    slot=slot,
                    contact=people[line.organisation_id] if proposal is None else None,
                    reply_by=until,
                )
            )
    return found


def letter(looked: LineOutlook, programme: Programme, *, who: str, now: datetime) -> Rendered | None:
    """The very letter that a line would send; None for one that sends none of its own here."""
    line, slot = looked.line, looked.slot
    if slot is None or looked.reply_by is None:
        return None
    if looked.what == MOVE and line.proposal is not None:
        return proposing.preview_move(line.proposal, slot, reply_by=looked.reply_by, now=now)
    if looked.contact is None:
        return None
    offer = ProposalDraft(
        programme=programme,
        organisation=line.organisation,
        slot=slot,
        people=[looked.contact],
        reply_by=looked.reply_by,
    )
    return proposing.preview(offer, who=who, now=now)


def _slot(room: Room, line: PlanLine) -> Slot | str:
    if line.tour_day_id is None:
        return "its day is only supposed: add it to the tour first, then plan again"
    return room.slot(line)


def _why_gone(
    programme: Programme,
    line: PlanLine,
    proposal: Proposal | None,
    account: accounts.PromiseAccount,
    kept: Counter[int],
    slot: Slot | str,
    *,
    now: datetime,
) -> str:
    """Why a line cannot be, whoever is written to; '' where it can."""
    if line.proposal_id is not None and (proposal is None or not proposal.is_open(now)):
        return "the school has answered meanwhile, or its time has lapsed"
    refusal = holds.why_nothing(programme, line.organisation, account)
    if refusal is not None:
        booked = isinstance(refusal, holds.AlreadyBooked)
        return "the school has booked meanwhile" if booked else refusal.message.rstrip(".")
    if proposal is None and kept[line.organisation_id] >= accounts.shows_needed(
        programme, account.still_open
    ):
        return "another time is kept for the school already"
    return slot if isinstance(slot, str) else ""


def _until(
    line: PlanLine, proposal: Proposal | None, reply_by: date, calendar: SchoolCalendar, *, now: datetime
) -> date | None:
    """Until when a line is kept: the day chosen, or longer where it waits already; as booking/reply_days.py
    has it."""
    longest = reply_by if proposal is None else max(reply_by, proposal.reply_by)
    return reply_days.usual(
        line.plan.programme, line.day, wanted=longest, why_closed=calendar.why_closed, now=now
    )


def _guest(
    line: PlanLine,
    show: Performance | None,
    seats: Mapping[int, int],
    people: Mapping[int, Contact],
    nobody: Mapping[int, str],
    account: accounts.PromiseAccount,
    *,
    now: datetime,
) -> LineOutlook:
    """A guest is invited once its host has booked: whether it comes, and whether it may, they say
    themselves."""
    refusal = holds.why_nothing(line.plan.programme, line.organisation, account)
    if refusal is not None:
        return LineOutlook(line=line, what=GONE, why=refusal.message.rstrip("."))
    if gone := _why_no_show(line):
        return LineOutlook(line=line, what=GONE, why=gone)
    if show is None:
        host = db.session.get(PlanLine, line.guest_of) if line.guest_of is not None else None
        asked = host is None or host.state == ACCEPTED
        said = "has said yes" if asked else "has been asked and said yes"
        return LineOutlook(line=line, what=WAITS, why=f"it waits until {_hosts_name(line)} {said}")
    if show.starts_at <= now:
        return LineOutlook(line=line, what=GONE, why="the show is past")
    left = seats[show.id]
    if left < (line.pupils or 1):
        return LineOutlook(line=line, what=GONE, why=f"{show.host.name} has {count(left, 'seat')} left")
    if line.organisation_id in nobody:
        return LineOutlook(line=line, what=NOBODY, why=nobody[line.organisation_id])
    return LineOutlook(line=line, what=INVITE, contact=people[line.organisation_id], show=show)


def _why_no_show(line: PlanLine) -> str:
    """Why what a guest was to join is not there any more; '' where it is."""
    if line.show is not None:
        if line.show.released_at is not None:
            return f"the show at {line.show.host.name} is not there any more"
        if line.show.starts_at != line.starts_at:
            return f"the show at {line.show.host.name} has another time now"
        return ""
    host = db.session.get_one(PlanLine, line.guest_of)
    return f"the show at {host.organisation.name} was struck" if host.state == STRUCK else ""


def _hosts_name(line: PlanLine) -> str:
    """Whose show a guest joins."""
    if line.show is not None:
        return line.show.host.name
    return db.session.get_one(PlanLine, line.guest_of).organisation.name


def _hosts(lines: Sequence[PlanLine]) -> dict[int, Performance]:
    """The shows that the hosts of guests among these lines have booked, by the guest's line."""
    guest, host = aliased(PlanLine), aliased(PlanLine)
    wanted = [line.id for line in lines if line.is_guest]
    if not wanted:
        return {}
    rows = db.session.execute(
        select(guest.id, Performance)
        .outerjoin(host, host.id == guest.guest_of)
        .outerjoin(Proposal, Proposal.id == host.proposal_id)
        .join(Performance, Performance.id == func.coalesce(guest.guest_at, Proposal.performance_id))
        .join(promises.Booking, promises.Booking.performance_id == Performance.id)
        .where(
            guest.id.in_(wanted),
            promises.Booking.role == promises.HOST,
            promises.Booking.ended_at.is_(None),
        )
        .order_by(guest.id)
    )
    return {line_id: show for line_id, show in rows}


def _seats(programme: Programme, shows: Mapping[int, Performance]) -> dict[int, int]:
    """The seats that each of these shows has for guests; three queries a show."""
    return {
        show.id: guest_places.seats_of(show, programme.audience_ceiling).for_guests for show in shows.values()
    }


def without_address(found: Sequence[LineOutlook]) -> list[Organisation]:
    """The schools that nobody can be written to."""
    return [each.line.organisation for each in found if each.what == NOBODY]
