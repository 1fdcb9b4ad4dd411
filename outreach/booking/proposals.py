"""A time that a coordinator keeps for one school until a day to reply by, and how that ended.

The calendar event is born here, tentative; the booking that comes of it keeps its UID. The slot is the tour's
own while it is kept, so nobody else gets it; the troupe hears of it when it is booked.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, Select, Text, and_, bindparam, false, or_, select, text, update
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from outreach.booking import holds, told
from outreach.booking.promises import Booking, VisitContact, last_days
from outreach.booking.told import Said, Write
from outreach.county import partnerships
from outreach.county.schools import Organisation
from outreach.ground.db import Base, Instant, db, made_once
from outreach.ground.errors import NoSuch, Refusal
from outreach.ground.timespans import day_of, end_of_day
from outreach.post import letters, proposing, stationery
from outreach.post.calendars import Attendee
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme


class Proposal(Base):
    """`uid` and `sequence` are the event's until a booking carries them on. `people`: whom it was written to.
    `ended_as` is 'accepted' or one of post/proposing.py's words. `waiting`: it came from the waiting list, on
    which its school stays when it ends without a booking."""

    __tablename__ = "proposal"
    __table_args__ = (
        Index("ix_proposal_programme", "programme_id", "organisation_id"),
        Index("ix_proposal_performance", "performance_id"),
        Index(
            "uq_proposal_waiting",
            "programme_id",
            "organisation_id",
            unique=True,
            postgresql_where=text("waiting AND ended_at IS NULL"),
            sqlite_where=text("waiting AND ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    performance_id: Mapped[int | None] = mapped_column(ForeignKey("performance.id"))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    uid: Mapped[str | None] = mapped_column(Text, unique=True)
    organizer_token: Mapped[str | None] = mapped_column(Text, unique=True)
    sequence: Mapped[int] = mapped_column(default=0, server_default="0")
    who: Mapped[str] = mapped_column(Text, default="", server_default="")
    reply_by: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_as: Mapped[str] = mapped_column(Text, default="")
    waiting: Mapped[bool] = mapped_column(default=False, server_default=false())

    programme: Mapped[Programme] = relationship()
    performance: Mapped[Performance | None] = relationship()
    organisation: Mapped[Organisation] = relationship()
    people: Mapped[list[VisitContact]] = relationship(order_by=VisitContact.id)

    def is_open(self, now: datetime) -> bool:
        """Kept until the end of the day to reply by."""
        return self.ended_at is None and day_of(now) <= self.reply_by


class ProposalEnded(Refusal):
    def __init__(self) -> None:
        super().__init__("This time is not kept for you any more. Choose one of the times that are left.")


class NoSuchProposal(NoSuch):
    def __init__(self) -> None:
        super().__init__("There is no such proposal.")


def all_open(programme_id: int, organisation_id: int, *, now: datetime) -> list[Proposal]:
    """What is kept for a school in a programme, by start: one time, or as many as it needs shows."""
    return list(
        db.session.scalars(
            select(Proposal)
            .where(
                Proposal.programme_id == programme_id,
                Proposal.organisation_id == organisation_id,
                Proposal.ended_at.is_(None),
                Proposal.reply_by >= day_of(now),
            )
            .options(joinedload(Proposal.performance))
            .order_by(Proposal.starts_at, Proposal.id)
        )
    )


def open_of(programme_id: int, organisation_id: int, *, now: datetime) -> Proposal | None:
    """The same where the newest is enough; None if nothing is kept."""
    return max(all_open(programme_id, organisation_id, now=now), key=lambda p: p.id, default=None)


# Made once: every page of slots asks it.
_KEPT_OR_PROPOSED = (
    select(Performance, Proposal)
    .outerjoin(Proposal, and_(Proposal.performance_id == Performance.id, Proposal.ended_at.is_(None)))
    .where(
        Performance.programme_id == bindparam("programme_id"),
        Performance.organisation_id == bindparam("organisation_id"),
        Performance.released_at.is_(None),
        or_(Performance.held_until.is_not(None), Proposal.id.is_not(None)),
    )
    .order_by(Performance.starts_at, Proposal.id)
)


def uids_of(organisation_ids: Collection[int], partnership_id: int) -> list[str]:
    """The calendar events of every time that a partnership ever kept for some schools, in the order they
    were; one query."""
    query = select(Proposal.uid).join(Programme, Programme.id == Proposal.programme_id)
    query = query.where(
        Proposal.organisation_id.in_(set(organisation_ids)),
        Proposal.uid.is_not(None),
        Programme.partnership_id == partnership_id,
    )
    return [uid for uid in db.session.scalars(query.order_by(Proposal.id)) if uid]


def kept_or_proposed(
    programme: Programme, organisation_id: int, *, now: datetime
) -> tuple[list[Performance], list[Proposal]]:
    """What a school holds (as holds.kept), and the times that are proposed to it (as all_open), in one
    query."""
    rows = db.session.execute(
        _KEPT_OR_PROPOSED, {"programme_id": programme.id, "organisation_id": organisation_id}
    ).all()
    proposed = [proposal for _, proposal in rows if proposal is not None and proposal.is_open(now)]
    return (
        holds.still_kept(programme, [performance for performance, _ in rows], now=now),
        proposed,
    )


def get(proposal_id: int, programme_id: int, organisation_id: int) -> Proposal:
    """One proposal of that school in that programme, ended or not. Raises NoSuchProposal."""
    found = db.session.get(Proposal, proposal_id)
    if found is None or (found.programme_id, found.organisation_id) != (programme_id, organisation_id):
        raise NoSuchProposal
    return found


def keeping(programme_id: int) -> dict[int, Proposal]:
    """What keeps a slot for its school now, by the performance's id, with its school; one query."""
    rows = db.session.scalars(
        select(Proposal)
        .where(
            Proposal.programme_id == programme_id,
            Proposal.performance_id.is_not(None),
            Proposal.ended_at.is_(None),
        )
        .options(joinedload(Proposal.organisation))
        .order_by(Proposal.id)
    )
    return {row.performance_id: row for row in rows if row.performance_id is not None}


def offered_from_the_list(programme_id: int, organisation_id: int) -> Proposal | None:
    """What is kept for a school from the waiting list, or lapsed and was not given back yet; there is one at
    most."""
    return db.session.scalar(
        select(Proposal).where(
            Proposal.programme_id == programme_id,
            Proposal.organisation_id == organisation_id,
            Proposal.waiting,
            Proposal.ended_at.is_(None),
        )
    )


def left_the_list(programme_id: int, organisation_id: int) -> None:
    """The school has said something other than that it waits: what is kept for it does not lead back to the
    waiting list."""
    db.session.execute(
        update(Proposal)
        .where(
            Proposal.programme_id == programme_id,
            Proposal.organisation_id == organisation_id,
            Proposal.waiting,
        )
        .where(Proposal.ended_at.is_(None))
        .values(waiting=False)
    )


def still_open(programme_id: int, *, now: datetime) -> list[Proposal]:
    """Every time that is kept for a school until it answers, with its school, the first to lapse first; one
    query."""
    return list(db.session.scalars(*_still_open(programme_id, day_of(now))))


@made_once
def _still_open(programme_id: int, today: date) -> Select[Proposal]:
    return (
        select(Proposal)
        .where(Proposal.programme_id == programme_id, Proposal.ended_at.is_(None), Proposal.reply_by >= today)
        .options(joinedload(Proposal.organisation))
        .order_by(Proposal.reply_by, Proposal.starts_at, Proposal.id)
    )


def hand_over(proposal: Proposal, booking: Booking, how: str, *, now: datetime) -> None:
    """A booking carries the event on, SEQUENCE + 1; the proposal ends as `how`."""
    proposal.sequence += 1
    proposal.ended_at, proposal.ended_as = now, how
    booking.uid, booking.organizer_token = str(proposal.uid), str(proposal.organizer_token)
    booking.sequence = booking.place_sequence = proposal.sequence
    db.session.flush()


def hand_on(proposal: Proposal, new: Organisation, *, who: str, now: datetime) -> Proposal:
    """Another school's offer carries the event on, SEQUENCE + 1, with whom it was written to; this one ends."""
    uid, token, people = proposal.uid, proposal.organizer_token, list(proposal.people)
    proposal.uid = proposal.organizer_token = None
    proposal.ended_at, proposal.ended_as = now, proposing.WITHDRAWN
    db.session.flush()
    taken = Proposal(
        programme_id=proposal.programme_id,
        organisation_id=new.organisation_id,
        performance_id=proposal.performance_id,
        starts_at=proposal.starts_at,
        uid=uid,
        organizer_token=token,
        sequence=proposal.sequence + 1,
        who=who,
        reply_by=proposal.reply_by,
        recorded_at=now,
        waiting=proposal.waiting,
        people=people,
    )
    db.session.add(taken)
    db.session.flush()
    return taken


def tell_who_left(
    proposal: Proposal, visit: stationery.LetterVisit, people: Sequence[VisitContact], *, now: datetime
) -> None:
    """Whoever had the proposal and is not among the `people` of its booking loses the entry, at the times it had: a
    CANCEL changes none (RFC 5546, 3.2.5)."""
    still = {p.address.lower() for p in people}
    length = visit.ends_at - visit.starts_at
    visit = replace(visit, starts_at=proposal.starts_at, ends_at=proposal.starts_at + length)
    for left in proposal.people:
        if left.address.lower() not in still:
            letters.colleague_removed(visit, left.addressee(), sender(proposal.programme), now=now)


def tell(proposal: Proposal, write: Write[Said], *said: Said.args, **besides: Said.kwargs) -> None:
    """One letter to each whom it was written to: write(visit, to, sender, **besides)."""
    kept = visit_of(proposal)
    for person in proposal.people:
        write(kept, person.addressee(), sender(proposal.programme), *said, **besides)


def link_until(proposal: Proposal, *, now: datetime) -> datetime:
    """Until when a link in a letter about it opens: thirty days after the day to reply by."""
    return end_of_day(max(proposal.reply_by, day_of(now))) + proposing.LINK_AFTER_REPLY_BY


def visit_of(proposal: Proposal) -> stationery.LetterVisit:
    """The facts of a kept slot as letters and calendars need them."""
    assert proposal.performance is not None
    return visit(
        proposal, proposal.programme, proposal.organisation, told.times_at_work(proposal.performance)
    )


def visit(
    proposal: Proposal, programme: Programme, organisation: Organisation, times: told.Times
) -> stationery.LetterVisit:
    """The same of a proposal that is not made yet; `times` as told.times_of() gives them."""
    last = last_days(programme, organisation, day_of(proposal.starts_at))
    return stationery.LetterVisit(
        uid=proposal.uid or "",
        sequence=proposal.sequence,
        organizer_token=proposal.organizer_token or "",
        created_at=proposal.recorded_at,
        reference="",
        programme_title=programme.title,
        place_name=organisation.name,
        place_address=organisation.address,
        organisation_id=organisation.organisation_id,
        programme_id=programme.id,
        hall="",
        pupils=(),
        access=(),
        school_provides=programme.school_provides,
        move_until=last.move,
        cancel_until=last.cancel,
        attendees=tuple(Attendee(name=to.name, address=to.address) for to in proposal.people),
        reply_by=proposal.reply_by,
        waiting=bool(proposal.waiting),
        for_adults=programme.for_adults,
        **times,
    )


def sender(programme: Programme) -> stationery.Sender:
    """Who signs a programme's letters."""
    return told.sender_of(partnerships.get(programme.partnership_id))
