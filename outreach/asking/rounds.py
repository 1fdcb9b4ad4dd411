"""Rounds: one letter each to many schools, seen as a whole before it goes, and never twice to one person for
the same."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Text, func, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.asking import invitations
from outreach.asking.invitations import DECLINED, NEVER_ARRIVED, Answer, Invitation
from outreach.asking.recipients import NotWrittenTo, Recipient, sorted_out
from outreach.booking import told
from outreach.booking.promises import Booking
from outreach.county import partnerships
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.db import Base, Instant, db
from outreach.ground.errors import NoSuch, Refusal
from outreach.post import letterbook, letters, stationery
from outreach.post.links import PersonalLink
from outreach.post.outbox import WITHDRAWN, Letter
from outreach.tour.programmes import Programme

KEPT_BACK = timedelta(minutes=1)
"""How long a round that a coordinator sends waits, so that it can be taken back whole."""


class InvitationRound(Base):
    """One sending to many schools, as the coordinator saw it before it went; withdrawn, none of it went."""

    __tablename__ = "invitation_round"

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), index=True)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="")
    # None of rounds that were sent before they were kept back.
    goes_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)


@dataclass(frozen=True, kw_only=True)
class RoundPreview:
    """What a round would do, by school name, and the exact letter to one of them (None when nobody gets one).

    `no_times`: why its letters have no times to choose from; '' where they have.
    """

    recipients: tuple[Recipient, ...]
    left_out: tuple[NotWrittenTo, ...]
    shown: Recipient | None
    letter: stationery.Rendered | None
    no_times: str = ""


@dataclass(frozen=True, kw_only=True)
class RoundSent:
    """What a round did."""

    round: InvitationRound
    written: tuple[Recipient, ...]
    left_out: tuple[NotWrittenTo, ...]


@dataclass(frozen=True, kw_only=True)
class InvitationOutcome:
    """What came of one invitation of a round."""

    invitation: Invitation
    organisation_name: str
    status: str
    handed_at: datetime | None
    booked: bool
    declined: bool

    @property
    def handed_over(self) -> bool:
        return self.handed_at is not None

    @property
    def never_arrived(self) -> bool:
        return self.status in NEVER_ARRIVED


@dataclass(frozen=True, kw_only=True)
class RoundSoFar:
    """One past round and what came of it, by school name."""

    round: InvitationRound
    outcomes: tuple[InvitationOutcome, ...]

    def seconds_left(self, now: datetime) -> int:
        """For how long it can still be withdrawn whole."""
        if self.round.withdrawn_at is not None or self.round.goes_at is None:
            return 0
        return max(0, math.ceil((self.round.goes_at - now).total_seconds()))


class NoTimesAnyMore(Refusal):
    """The last place of the tour went between the look and the click."""

    def __init__(self) -> None:
        super().__init__(
            "No time is left to choose since you looked. Look at the letter once more, then send it."
        )


class RoundToNobody(Refusal):
    """Everybody on the list was written to, has answered, or cannot be reached."""

    of_asked = True

    def __init__(self) -> None:
        super().__init__(
            "The list changed since you looked: it says for each school why no letter goes now, and "
            "what you can do. Nothing was sent."
        )


class NoSuchRound(NoSuch):
    pass


class RoundIsGoing(Refusal):
    def __init__(self) -> None:
        super().__init__("The minute is over: letters of this round have gone. Nothing was taken back.")


def preview_round(
    programme: Programme,
    organisation_ids: Iterable[int],
    *,
    now: datetime,
    target: Collection[int] | None = None,
) -> RoundPreview:
    """Who would get the letter and who not, in a constant number of queries; writes nothing.

    `target`: the URNs of the programme's target; who is not in it is left out. Raises ReplyByPast,
    ProgrammeClosed.
    """
    recipients, left_out = sorted_out(programme, organisation_ids, target, now=now)
    shown = recipients[0] if recipients else None
    letter = None
    if shown is not None:
        letter = letters.preview_invitation(
            invitations.asking(programme, shown.organisation, now=now),
            invitations.addressee(shown.contact),
            told.sender_of(partnerships.get(programme.partnership_id)),
            now=now,
        )
    return RoundPreview(
        recipients=tuple(recipients),
        left_out=tuple(left_out),
        shown=shown,
        letter=letter,
        no_times=invitations.why_no_times(programme, now=now),
    )


def words_for(
    programme: Programme, organisation_ids: Iterable[int], *, now: datetime
) -> dict[int, stationery.LetterAsking]:
    """What the letter says to each school, reckoned before the transaction that sends them; by URN."""
    rows = db.session.scalars(
        select(Organisation)
        .where(Organisation.organisation_id.in_(set(organisation_ids)))
        .order_by(Organisation.organisation_id)
    )
    return invitations.askings(programme, rows.all(), now=now)


def send_round(
    programme: Programme,
    organisation_ids: Iterable[int],
    *,
    note: str = "",
    who: str,
    now: datetime,
    words: Mapping[int, stationery.LetterAsking] | None = None,
    seen: Mapping[int, str] | None = None,
    target: Collection[int] | None = None,
    warned: bool = True,
    kept_back: timedelta = timedelta(0),
) -> RoundSent:
    """Write to each school of the list that may be written to, as it stands behind the programme's lock.

    `words`: from `words_for`, so that the slots of hundreds of schools are not reckoned while others wait.
    `seen`: URN -> address as the preview showed them; a school whose address is another by now is left out.
    `target`: as for `preview_round`. `warned`: whoever sends it was told if there are no times to choose
    from. `kept_back`: no letter goes before so long from now, and until then the round can be withdrawn. Raises
    ReplyByPast, ProgrammeClosed, NoTimesAnyMore, or NobodyToWriteTo (a page sent twice comes to
    this).
    """
    invitations.queue(programme)
    if not warned and invitations.why_no_times(programme, now=now):
        raise NoTimesAnyMore
    recipients, left_out = sorted_out(programme, organisation_ids, target, now=now)
    written: list[tuple[Recipient, stationery.LetterAsking]] = []
    for recipient in recipients:
        organisation_id = recipient.organisation.organisation_id
        if seen is not None and seen.get(organisation_id) != recipient.contact.address:
            why = "the address changed since the list was shown"
            left_out.append(NotWrittenTo(organisation=recipient.organisation, why=why))
            continue
        asking = (words or {}).get(organisation_id)
        # It may have booked one year group since the words were reckoned.
        if asking is None or recipient.still_open not in (None, asking.year_groups):
            asking = invitations.asking(programme, recipient.organisation, now=now)
        if not asking.year_groups and not programme.for_adults:
            left_out.append(NotWrittenTo(organisation=recipient.organisation, why="nothing left to book"))
            continue
        written.append((recipient, asking))
    if not written:
        raise RoundToNobody
    goes_at = now + kept_back
    sending = InvitationRound(
        programme_id=programme.id, recorded_at=now, who=who, note=note.strip(), goes_at=goes_at
    )
    db.session.add(sending)
    db.session.flush()
    for recipient, asking in written:
        invitations.write_to(
            programme,
            recipient.organisation,
            recipient.contact,
            asking,
            who=who,
            now=now,
            repeat=recipient.repeat,
            round_id=sending.id,
            not_before=goes_at,
        )
    told = {"schools": len(written)}
    history.record("sent a round", programme, who=who, now=now, after=told)
    db.session.flush()
    return RoundSent(round=sending, written=tuple(r for r, _ in written), left_out=tuple(left_out))


def withdraw(programme: Programme, round_id: int, *, who: str, now: datetime) -> int:
    """Take a whole round back before any of it went: how many letters. Its links close, and its schools stand as
    if nobody had asked them. Raises NoSuchRound, RoundIsGoing."""
    invitations.queue(programme)
    row = db.session.scalar(
        select(InvitationRound).where(
            InvitationRound.id == round_id, InvitationRound.programme_id == programme.id
        )
    )
    if row is None:
        raise NoSuchRound("There is no such round here.")
    if row.withdrawn_at is not None:
        return 0
    sent = db.session.execute(
        select(Letter, PersonalLink)
        .join(Invitation, Invitation.letter_id == Letter.id)
        .join(PersonalLink, PersonalLink.id == Invitation.link_id)
        .where(Invitation.round_id == round_id)
        .order_by(Letter.id)
    ).all()
    try:
        # One may have been taken back by itself before.
        waiting = [letter.id for letter, _ in sent if letter.status != WITHDRAWN]
        letterbook.withdraw_together(waiting, who=who, now=now)
    except letterbook.LetterGone as gone:
        raise RoundIsGoing from gone
    for _, link in sent:
        link.withdrawn_at = now
    row.withdrawn_at = now
    history.record("withdrew a round", programme, who=who, now=now, after={"schools": len(sent)})
    db.session.flush()
    return len(sent)


def of_programme(programme_id: int, round_id: int | None = None) -> list[RoundSoFar]:
    """Past rounds, newest first (or one of them), with what came of each invitation; two queries however
    many."""
    query = select(InvitationRound).where(InvitationRound.programme_id == programme_id)
    if round_id is not None:
        query = query.where(InvitationRound.id == round_id)
    found = list(db.session.scalars(query.order_by(InvitationRound.id.desc())))
    outcomes: dict[int, list[InvitationOutcome]] = {r.id: [] for r in found}
    for outcome in _outcomes(programme_id, outcomes):
        outcomes[outcome.invitation.round_id or 0].append(outcome)
    return [RoundSoFar(round=r, outcomes=tuple(outcomes[r.id])) for r in found]


def _outcomes(programme_id: int, round_ids: Iterable[int]) -> Iterator[InvitationOutcome]:
    """A school booked if it did so after it was asked; it declined if its newest answer, after that, is a
    no."""
    booked = (
        select(Booking.id)
        .where(
            Booking.programme_id == programme_id,
            Booking.organisation_id == Invitation.organisation_id,
            Booking.ended_at.is_(None),
            Booking.created_at >= Invitation.recorded_at,
        )
        .exists()
    )
    newest = (
        select(func.max(Answer.id).label("id"), Answer.organisation_id.label("organisation_id"))
        .where(Answer.programme_id == programme_id)
        .group_by(Answer.organisation_id)
        .subquery()
    )
    rows = db.session.execute(
        select(Invitation, Organisation.name, Letter.status, Letter.handed_at, booked, Answer)
        .join(Organisation, Organisation.organisation_id == Invitation.organisation_id)
        .outerjoin(Letter, Letter.id == Invitation.letter_id)
        .outerjoin(newest, newest.c.organisation_id == Invitation.organisation_id)
        .outerjoin(Answer, Answer.id == newest.c.id)
        .where(Invitation.round_id.in_(list(round_ids)))
        .order_by(Invitation.round_id, func.lower(Organisation.name), Invitation.id)
    )
    for invitation, name, status, handed_at, has_booked, answer in rows:
        no = answer is not None and answer.kind == DECLINED and answer.recorded_at >= invitation.recorded_at
        yield InvitationOutcome(
            invitation=invitation,
            organisation_name=name,
            status=status or "",
            handed_at=handed_at,
            booked=has_booked,
            declined=no and not has_booked,
        )
