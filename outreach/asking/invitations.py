"""Asking a school to book: rounds, invitations, and what it answered.

Nobody is written to twice by a round: rounds of one programme queue at its row, each sees what the
one before sent, and a unique constraint on (programme, school, address, repeat) stands behind that.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    bindparam,
    case,
    exists,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from outreach.asking.offered_times import offered, sessions_to_come
from outreach.booking import accounts, promises, proposals, told
from outreach.booking.calling_off import call_offs
from outreach.booking.desk import proposing
from outreach.booking.holds import ProgrammeClosed
from outreach.booking.sessions.listed import SessionLine
from outreach.county import contacts, partnerships
from outreach.county.contacts import Contact
from outreach.county.schools import FIRST_OF_ONLINE, Organisation
from outreach.ground import history
from outreach.ground.db import Base, Instant, db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of, end_of_day
from outreach.ground.wording import and_list, clock, count, day_short
from outreach.post import letters, outbox, stationery
from outreach.post.outbox import BOUNCED, FAILED, SUPERSEDED, WITHDRAWN, Letter
from outreach.tour import days, itinerary, performances, programmes, slots
from outreach.tour.adults import NO_SCHOOLS
from outreach.tour.performances import Slot
from outreach.tour.programmes import Programme

LINK_DAYS_AFTER_REPLY_BY = 30


class Invitation(Base):
    """Asks one school, at one address, to book. It counts as asked once its letter was handed over.

    `repeat` is 0 the first time an address is asked for a school, 1 the next time. `without_times`: there was
    no time to choose, and the letter said that we write again when there is.
    """

    __tablename__ = "invitation"
    __table_args__ = (
        Index("ix_invitation_programme", "programme_id", "organisation_id"),
        Index("ix_invitation_round", "round_id"),
        UniqueConstraint("programme_id", "organisation_id", "address", "repeat"),
        CheckConstraint("repeat >= 0", name="repeat"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    round_id: Mapped[int | None] = mapped_column(ForeignKey("invitation_round.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    address: Mapped[str] = mapped_column(Text)
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"), index=True)
    link_id: Mapped[int | None] = mapped_column(ForeignKey("personal_link.id"))
    repeat: Mapped[int] = mapped_column(default=0)
    without_times: Mapped[bool] = mapped_column(default=False, server_default=false())
    recorded_at: Mapped[datetime] = mapped_column(Instant)


DECLINED, OTHER_DATE, WAITING_LIST, SOMEBODY_ELSE, REFUSED_SLOT = (
    "declined",
    "other date",
    "waiting list",
    "somebody else",
    "refused slot",
)


class Answer(Base):
    """What a school said short of booking; the newest row holds, a booking after it ends an earlier no."""

    __tablename__ = "answer"
    __table_args__ = (
        Index("ix_answer_programme", "programme_id", "organisation_id", "id"),
        CheckConstraint(
            "kind IN ('declined', 'other date', 'waiting list', 'somebody else', 'refused slot')", name="kind"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    kind: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="")
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)


class ReplyByPast(Refusal):
    """A letter that asks for an answer by a day that is gone makes no sense."""

    def __init__(self, programme: Programme) -> None:
        super().__init__(
            f"The reply-by date, {day_short(programme.reply_by)}, is past. Set a later one in the "
            f"programme, then write."
        )


class InvitationAddressDead(Refusal):
    def __init__(self, address: str) -> None:
        super().__init__(f"Mail to {address} came back for good. Add another address first.")


class AskedToday(Refusal):
    """The same page sent twice, or two people at once."""

    def __init__(self, address: str) -> None:
        super().__init__(f"{address} was written to less than a day ago. Nothing more was sent.")


class NothingToBook(Refusal):
    def __init__(self, organisation: Organisation) -> None:
        super().__init__(f"{organisation.name} has nothing left to book in this programme.")


class ReasonNeeded(Refusal):
    field = "reason"

    def __init__(self) -> None:
        super().__init__("Say why, in a few words.")


class StillBooked(Refusal):
    """A no to the programme and a coming visit contradict each other."""

    def __init__(self) -> None:
        super().__init__("A visit is still booked. Cancel it first, or keep it.")


def still_asks(programme: Programme, *, now: datetime) -> None:
    """Raises ProgrammeClosed or ReplyByPast: nobody is asked for what cannot be answered any more."""
    if programme.closed_at is not None:
        raise ProgrammeClosed
    if day_of(now) > programme.reply_by:
        raise ReplyByPast(programme)


def invitation_expiry(programme: Programme) -> datetime:
    """Until when an invitation's link opens: the end of the 30th day after the reply-by date."""
    return end_of_day(programme.reply_by + timedelta(days=LINK_DAYS_AFTER_REPLY_BY))


def addressee(contact: Contact) -> stationery.Addressee:
    """How a letter names a contact, and where it says the address came from."""
    return stationery.Addressee(
        address=contact.address,
        name=contact.name,
        role=contact.role,
        source=contact.source,
        source_date=contact.source_date,
    )


def first_reachable(organisation_id: int) -> Contact | None:
    """Whom a school's invitation goes to first; None while there is nobody whose address works."""
    on_file = contacts.to_write_to([organisation_id]).get(organisation_id, [])
    dead = outbox.dead_addresses(contact.address for contact in on_file)
    return next((contact for contact in on_file if contact.address not in dead), None)


def asking(programme: Programme, organisation: Organisation, *, now: datetime) -> stationery.LetterAsking:
    """What an invitation says to one school: what is left to book there, and the times that its page shows first."""
    return askings(programme, [organisation], now=now)[organisation.organisation_id]


def askings(
    programme: Programme, organisations: Sequence[Organisation], *, now: datetime
) -> dict[int, stationery.LetterAsking]:
    """The same to many, by URN: all but the times of each is read once for the whole list."""
    found = accounts.of_organisations(programme, organisations, now=now)
    fallen = call_offs.fallen_days_of_organisations(programme.id, [s.organisation_id for s in organisations])
    companies = and_list(days.company_names(programme.id))
    target = programmes.adult_target(programme.id) if programme.for_adults else None
    sessions = sessions_to_come(programme, now=now) if any(s.is_body for s in organisations) else []
    return {
        s.organisation_id: _asking(
            programme,
            s,
            found[s.organisation_id].still_open,
            fallen[s.organisation_id],
            companies,
            target.who_at(is_body=s.is_body) if target else "",
            sessions if s.is_body else None,
            now=now,
        )
        for s in organisations
    }


def _asking(
    programme: Programme,
    organisation: Organisation,
    still_open: dict[int, int | None],
    fallen: set[int],
    companies: str,
    staff: str,
    sessions: Sequence[SessionLine] | None,
    *,
    now: datetime,
) -> stationery.LetterAsking:
    """`sessions`: of a body, those to come; None of a school, which the troupe comes to."""
    known = [n for n in still_open.values() if n is not None]
    pupils = sum(known) if known and len(known) == len(still_open) else None
    times: Sequence[stationery.OfferedTime] = ()
    if sessions is not None:
        times = [_session(line) for line in sessions if line.left][:SESSIONS]
        no_times = "" if times else NO_ROOM if sessions else NO_DAY
    else:
        first: tuple[tuple[Slot, ...], ...] = ()
        if still_open or programme.for_adults:
            first = offered(programme, organisation, still_open, fallen=fallen, now=now).first
        no_times = "" if first else why_no_times(programme, now=now)
        times = [
            stationery.OfferedTime(starts=tuple(s.starts_at for s in together), why=together[0].why)
            for together in first
        ]
    return stationery.LetterAsking(
        programme_title=programme.title,
        summary=programme.summary,
        year_groups=tuple(still_open),
        running_minutes=programme.running_minutes,
        discussion_minutes=programme.discussion_minutes,
        company_names=companies,
        cost=programme.cost,
        reply_by=programme.reply_by,
        organisation_name=organisation.name,
        pupils=pupils,
        for_adults=programme.for_adults,
        shows_needed=0 if organisation.is_body else accounts.shows_needed(programme, still_open),
        times=tuple(times),
        organisation_id=organisation.organisation_id,
        programme_id=programme.id,
        no_times=no_times,
        staff=staff,
    )


def _session(line: SessionLine) -> stationery.OfferedTime:
    """'online, 9 places left'; 'at Kestermere Town Hall, 1 place left'."""
    venue = line.performance.host
    online = venue.organisation_id >= FIRST_OF_ONLINE
    where = "online" if online else f"at {venue.name}"
    return stationery.OfferedTime(
        starts=(line.performance.starts_at,), why=f"{where}, {count(line.left, 'place')} left"
    )


SESSIONS = 3
"""How many sessions stand in a letter."""
NO_DAY, NO_ROOM = "no day", "no room"
"""Why no school could choose a time now: no tour day is given that could still be booked, or none of them has
room."""


def why_no_times(programme: Programme, *, now: datetime) -> str:
    """NO_DAY, NO_ROOM, or '' while there is a time that some school could choose, or a session that has places left.
    Two queries, of adults three to five."""
    if programme.for_adults:
        sessions = sessions_to_come(programme, now=now)
        if any(line.left for line in sessions):
            return ""
        if programmes.adult_target(programme.id).schools == NO_SCHOOLS:
            return NO_ROOM if sessions else NO_DAY
    first = slots.first_bookable_day(programme, now)
    last = days.last_tour_day(programme.id)
    if last is None or last < first:
        return NO_DAY
    return "" if itinerary.room_left(programme.id, now=now, first=first) else NO_ROOM


def told_that_we_write_again(programme_id: int) -> list[int]:
    """URNs of the schools that were asked, and never with times to choose from; one query."""
    return list(
        db.session.scalars(
            select(Invitation.organisation_id)
            .where(Invitation.programme_id == programme_id)
            .group_by(Invitation.organisation_id)
            .having(func.sum(case((Invitation.without_times, 0), else_=1)) == 0)
            .order_by(Invitation.organisation_id)
        )
    )


def invite(
    programme: Programme,
    organisation: Organisation,
    contact: Contact,
    *,
    words: stationery.LetterAsking | None = None,
    who: str,
    now: datetime,
) -> Invitation:
    """Write to one contact of a school by hand, again if it was asked before. `words`: other than asking()
    has them.

    Raises ReplyByPast, ProgrammeClosed, AddressDead, AskedToday or NothingToBook.
    """
    queue(programme)
    still_asks(programme, now=now)
    if outbox.is_dead(contact.address):
        raise InvitationAddressDead(contact.address)
    newest = _newest(programme.id, organisation.organisation_id, contact.address)
    if newest is not None and newest.recorded_at > now - timedelta(days=1) and not _withdrawn(newest):
        raise AskedToday(contact.address)
    if not accounts.account(programme, organisation, now=now).is_open:
        raise NothingToBook(organisation)
    words = words or asking(programme, organisation, now=now)
    return write_to(
        programme, organisation, contact, words, who=who, now=now, repeat=newest.repeat + 1 if newest else 0
    )


def write_to(
    programme: Programme,
    organisation: Organisation,
    contact: Contact,
    words: stationery.LetterAsking,
    *,
    who: str,
    now: datetime,
    repeat: int,
    round_id: int | None = None,
    not_before: datetime | None = None,
) -> Invitation:
    """Put one invitation's letter in the outbox, to go at `not_before` or at once, and keep that it was asked; no
    rule is judged here."""
    letter, link = letters.invitation(
        words,
        addressee(contact),
        told.sender_of(partnerships.get(programme.partnership_id)),
        now=now,
        expires_at=invitation_expiry(programme),
    )
    letter.not_before = not_before or now
    db.session.flush()
    invitation = Invitation(
        programme_id=programme.id,
        organisation_id=organisation.organisation_id,
        round_id=round_id,
        contact_id=contact.id,
        address=contact.address,
        letter_id=letter.id,
        link_id=link.id,
        repeat=repeat,
        recorded_at=now,
        without_times=bool(words.no_times),
    )
    db.session.add(invitation)
    history.record(
        "invited",
        history.Subject("school", organisation.organisation_id, programme.partnership_id),
        who=who,
        now=now,
        after={"address": contact.address},
    )
    db.session.flush()
    return invitation


def answer(
    programme: Programme, organisation: Organisation, kind: str, reason: str, *, who: str, now: datetime
) -> Answer:
    """Keep what a school said short of booking; the same said again makes no new row, unless a booking or an
    offer came in between. A no ends what is kept for it.

    Raises ReasonNeeded (for a no, another date, somebody else) or StillBooked (a no while a visit is coming).
    """
    performances.lock_organisation(
        organisation.organisation_id
    )  # whoever gives a time to who waits reads the answers behind it
    reason = reason.strip()
    if kind in (DECLINED, OTHER_DATE, SOMEBODY_ELSE) and not reason:
        raise ReasonNeeded
    if kind == DECLINED and any(
        b.performance.starts_at > now for b in promises.live(programme.id, organisation.organisation_id)
    ):
        raise StillBooked
    if kind not in (WAITING_LIST, REFUSED_SLOT):
        proposals.left_the_list(programme.id, organisation.organisation_id)
    for kept in (
        proposals.all_open(programme.id, organisation.organisation_id, now=now) if kind == DECLINED else ()
    ):
        proposing.refuse(kept, reason=reason, who=who, now=now)
    newest = newest_answer(programme.id, organisation.organisation_id)
    if newest is not None and (newest.kind, newest.reason) == (kind, reason) and not _is_over(newest):
        return newest
    row = Answer(
        programme_id=programme.id,
        organisation_id=organisation.organisation_id,
        kind=kind,
        reason=reason,
        recorded_at=now,
        who=who,
    )
    db.session.add(row)
    history.record(
        f"answered: {kind}",
        history.Subject("school", organisation.organisation_id, programme.partnership_id),
        who=who,
        now=now,
        after={"reason": reason} if reason else None,
    )
    db.session.flush()
    return row


def refuse_slot(proposal: proposals.Proposal, *, reason: str, who: str, now: datetime) -> Answer:
    """A school says no to the time that was kept for it: the time is free, and its answer
    reads '9 March 2027 at 9:00am (mock exams)'. Raises ProposalEnded."""
    proposing.refuse(proposal, reason=reason, who=who, now=now)
    why = " ".join(reason.split())
    slot = f"{day_short(proposal.starts_at)} at {clock(proposal.starts_at)}"
    said = f"{slot} ({why})" if why else slot
    return answer(proposal.programme, proposal.organisation, REFUSED_SLOT, said, who=who, now=now)


def _is_over(answer: Answer) -> bool:
    """Whether a booking or an offer came after an answer."""
    came = (
        (promises.Booking, promises.Booking.created_at),
        (proposals.Proposal, proposals.Proposal.recorded_at),
    )
    after = [
        exists().where(
            table.programme_id == answer.programme_id,
            table.organisation_id == answer.organisation_id,
            at > answer.recorded_at,
        )
        for table, at in came
    ]
    return bool(db.session.scalar(select(or_(*after))))


def newest_answer(programme_id: int, organisation_id: int) -> Answer | None:
    """The answer that holds, whatever was booked since."""
    return db.session.scalar(
        _NEWEST_ANSWER, {"programme_id": programme_id, "organisation_id": organisation_id}
    )


# Made once: every page of slots asks it.
_NEWEST_ANSWER = (
    select(Answer)
    .where(
        Answer.programme_id == bindparam("programme_id"),
        Answer.organisation_id == bindparam("organisation_id"),
    )
    .order_by(Answer.id.desc())
    .limit(1)
)


def newest_answers(programme_id: int, organisation_ids: Collection[int]) -> dict[int, Answer]:
    """The same of many schools, by URN; one query."""
    newest = select(func.max(Answer.id)).where(
        Answer.programme_id == programme_id, Answer.organisation_id.in_(organisation_ids)
    )
    rows = db.session.scalars(
        select(Answer)
        .where(Answer.id.in_(newest.group_by(Answer.organisation_id)))
        .order_by(Answer.organisation_id)
    )
    return {answer.organisation_id: answer for answer in rows}


def answers_of(programme_id: int, organisation_id: int) -> list[Answer]:
    """All answers of one school, newest first."""
    return list(
        db.session.scalars(
            select(Answer)
            .where(Answer.programme_id == programme_id, Answer.organisation_id == organisation_id)
            .order_by(Answer.id.desc())
        )
    )


def of_organisation(programme_id: int, organisation_id: int) -> list[tuple[Invitation, Letter | None]]:
    """Who was asked at one school and what became of the letter, newest first."""
    rows = db.session.execute(
        select(Invitation, Letter)
        .outerjoin(Letter, Letter.id == Invitation.letter_id)
        .where(Invitation.programme_id == programme_id, Invitation.organisation_id == organisation_id)
        .order_by(Invitation.id.desc())
    )
    return [(invitation, letter) for invitation, letter in rows]


def asked_lately(asked: Iterable[tuple[Invitation, Letter | None]], *, now: datetime) -> set[str]:
    """Addresses of `of_organisation`, in small letters, that were asked less than a day ago: see AskedToday. Pure."""
    return {
        invitation.address.lower()
        for invitation, letter in asked
        if invitation.recorded_at > now - timedelta(days=1) and (letter is None or letter.status != WITHDRAWN)
    }


def queue(programme: Programme) -> None:
    """Let all that write invitations of one programme go one after the other, until the transaction ends."""
    db.session.execute(
        select(Programme.id).where(Programme.id == programme.id).with_for_update(key_share=True)
    )


NEVER_ARRIVED = (FAILED, BOUNCED, WITHDRAWN, SUPERSEDED)
"""What may become of a letter so that the school was not asked after all."""


def _withdrawn(invitation: Invitation) -> bool:
    letter = db.session.get(Letter, invitation.letter_id) if invitation.letter_id else None
    return letter is not None and letter.status == WITHDRAWN


def _newest(programme_id: int, organisation_id: int, address: str) -> Invitation | None:
    return db.session.scalar(
        select(Invitation)
        .where(
            Invitation.programme_id == programme_id,
            Invitation.organisation_id == organisation_id,
            func.lower(Invitation.address) == address.lower(),
        )
        .order_by(Invitation.repeat.desc())
        .limit(1)
    )
