"""Rounds: one letter each to many schools, seen as a whole before it goes, and never twice to one person."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Text, func, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.asking import invitations
from outreach.asking.invitations import DECLINED, NEVER_ARRIVED, Answer, Invitation
from outreach.booking import told
from outreach.booking.promises import Booking
from outreach.county import contacts, partnerships
from outreach.county.contacts import Contact
from outreach.county.schools import School
from outreach.ground import history
from outreach.ground.db import Base, Instant, db
from outreach.ground.errors import Refusal
from outreach.ground.wording import day_short
from outreach.post import letters, outbox
from outreach.post.outbox import Letter
from outreach.tour import targets
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.tour.targets import EXCLUDE


class InvitationRound(Base):
    """One sending to many schools, as the coordinator saw it before it went."""

    __tablename__ = "invitation_round"

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), index=True)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="")


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """One school that a round writes to, and whom there."""

    school: School
    contact: Contact
    repeat: int


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """One school that a round does not write to, and why, in words."""

    school: School
    why: str


@dataclass(frozen=True, kw_only=True)
class RoundPreview:
    """What a round would do, by school name, and the exact letter to one of them (None when nobody gets one)."""

    recipients: tuple[Recipient, ...]
    left_out: tuple[LeftOut, ...]
    shown: Recipient | None
    letter: letters.Rendered | None


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What a round did."""

    round: InvitationRound
    written: tuple[Recipient, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one invitation of a round."""

    invitation: Invitation
    school_name: str
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
    outcomes: tuple[Outcome, ...]


class NobodyToWriteTo(Refusal):
    """Everybody on the list was written to, has answered, or cannot be reached."""

    def __init__(self) -> None:
        super().__init__("Nobody is left to write to: the list says why for each. Nothing was sent.")


def preview_round(
    programme: Programme, urns: Iterable[int], *, now: datetime, target: Collection[int] | None = None
) -> RoundPreview:
    """Who would get the letter and who not, in a constant number of queries; writes nothing.

    `target`: the URNs of the programme's target; who is not in it is left out. Raises ReplyByPast, ProgrammeClosed.
    """
    recipients, left_out = _sorted_out(programme, urns, target, now=now)
    shown = recipients[0] if recipients else None
    letter = None
    if shown is not None:
        letter = letters.preview_invitation(
            invitations.asking(programme, shown.school, now=now),
            invitations.addressee(shown.contact),
            told.sender_of(partnerships.get(programme.partnership_id)),
            now=now,
        )
    return RoundPreview(recipients=tuple(recipients), left_out=tuple(left_out), shown=shown, letter=letter)


def words_for(programme: Programme, urns: Iterable[int], *, now: datetime) -> dict[int, letters.Asking]:
    """What the letter says to each school, reckoned before the transaction that sends them; by URN."""
    rows = db.session.scalars(select(School).where(School.urn.in_(set(urns))).order_by(School.urn))
    return {school.urn: invitations.asking(programme, school, now=now) for school in rows}


def send_round(
    programme: Programme,
    urns: Iterable[int],
    *,
    note: str = "",
    who: str,
    now: datetime,
    words: Mapping[int, letters.Asking] | None = None,
    seen: Mapping[int, str] | None = None,
    target: Collection[int] | None = None,
) -> Sent:
    """Write to each school of the list that may be written to, as it stands behind the programme's lock.

    `words`: from `words_for`, so that the slots of hundreds of schools are not reckoned while others wait.
    `seen`: URN -> address as the preview showed them; a school whose address is another by now is left out.
    `target`: as for `preview_round`.
    Raises ReplyByPast, ProgrammeClosed, or NobodyToWriteTo (a page sent twice comes to this).
    """
    invitations.queue(programme)
    recipients, left_out = _sorted_out(programme, urns, target, now=now)
    written: list[tuple[Recipient, letters.Asking]] = []
    for recipient in recipients:
        urn = recipient.school.urn
        if seen is not None and seen.get(urn) != recipient.contact.address:
            why = "the address changed since the list was shown"
            left_out.append(LeftOut(school=recipient.school, why=why))
            continue
        asking = (words or {}).get(urn) or invitations.asking(programme, recipient.school, now=now)
        if not asking.year_groups and not programme.for_adults:
            left_out.append(LeftOut(school=recipient.school, why="nothing left to book"))
            continue
        written.append((recipient, asking))
    if not written:
        raise NobodyToWriteTo
    sending = InvitationRound(programme_id=programme.id, recorded_at=now, who=who, note=note.strip())
    db.session.add(sending)
    db.session.flush()
    for recipient, asking in written:
        invitations.write_to(
            programme, recipient.school, recipient.contact, asking,
            who=who, now=now, repeat=recipient.repeat, round_id=sending.id,
        )  # fmt: skip
    told = {"schools": len(written)}
    history.record("sent a round", "programme", programme.id, who=who, now=now, after=told)
    db.session.flush()
    return Sent(round=sending, written=tuple(r for r, _ in written), left_out=tuple(left_out))


def of_programme(programme_id: int, round_id: int | None = None) -> list[RoundSoFar]:
    """Past rounds, newest first (or one of them), with what came of each invitation; two queries however many."""
    query = select(InvitationRound).where(InvitationRound.programme_id == programme_id)
    if round_id is not None:
        query = query.where(InvitationRound.id == round_id)
    found = list(db.session.scalars(query.order_by(InvitationRound.id.desc())))
    outcomes: dict[int, list[Outcome]] = {r.id: [] for r in found}
    for outcome in _outcomes(programme_id, outcomes):
        outcomes[outcome.invitation.round_id or 0].append(outcome)
    return [RoundSoFar(round=r, outcomes=tuple(outcomes[r.id])) for r in found]


def _outcomes(programme_id: int, round_ids: Iterable[int]) -> Iterator[Outcome]:
    """A school booked if it did so after it was asked; it declined if its newest answer, after that, is a no."""
    booked = (
        select(Booking.id)
        .where(
            Booking.programme_id == programme_id, Booking.urn == Invitation.urn,
            Booking.ended_at.is_(None), Booking.created_at >= Invitation.recorded_at,
        )
        .exists()
    )  # fmt: skip
    newest = (
        select(func.max(Answer.id).label("id"), Answer.urn.label("urn"))
        .where(Answer.programme_id == programme_id)
        .group_by(Answer.urn)
        .subquery()
    )
    rows = db.session.execute(
        select(Invitation, School.name, Letter.status, Letter.handed_at, booked, Answer)
        .join(School, School.urn == Invitation.urn)
        .outerjoin(Letter, Letter.id == Invitation.letter_id)
        .outerjoin(newest, newest.c.urn == Invitation.urn)
        .outerjoin(Answer, Answer.id == newest.c.id)
        .where(Invitation.round_id.in_(list(round_ids)))
        .order_by(Invitation.round_id, func.lower(School.name), Invitation.id)
    )
    for invitation, name, status, handed_at, has_booked, answer in rows:
        no = answer is not None and answer.kind == DECLINED and answer.recorded_at >= invitation.recorded_at
        yield Outcome(
            invitation=invitation, school_name=name, status=status or "", handed_at=handed_at,
            booked=has_booked, declined=no and not has_booked,
        )  # fmt: skip


def _sorted_out(
    programme: Programme, urns: Iterable[int], target: Collection[int] | None, *, now: datetime
) -> tuple[list[Recipient], list[LeftOut]]:
    """Each school of the list once: written to, or left out with the first reason that holds."""
    invitations.still_asks(programme, now=now)
    facts = _Facts(programme, set(urns))
    recipients, left_out = [], []
    for school in facts.schools:
        outside = target is not None and school.urn not in target
        found = facts.judge(school, outside_target=outside)
        if isinstance(found, Recipient):
            recipients.append(found)
        else:
            left_out.append(LeftOut(school=school, why=found))
    return recipients, left_out


class _Facts:
    """All that decides who is written to, read for the whole list at once."""

    def __init__(self, programme: Programme, urns: set[int]) -> None:
        p = programme.id
        # Only schools of this partnership: whatever a form says, nobody writes into another's county.
        ours = [a.la_code for a in partnerships.authorities(programme.partnership_id)]
        self.schools = list(
            db.session.scalars(
                select(School)
                .where(School.urn.in_(urns), School.la_code.in_(ours))
                .order_by(func.lower(School.name), School.urn)
            )
        )
        self.contacts = contacts.to_write_to(urns)
        self.decisions = targets.decisions(p)
        self.asked: dict[int, list[tuple[Invitation, str | None]]] = {}
        for invitation, status in db.session.execute(
            select(Invitation, Letter.status)
            .outerjoin(Letter, Letter.id == Invitation.letter_id)
            .where(Invitation.programme_id == p, Invitation.urn.in_(urns))
            .order_by(Invitation.id)
        ):
            self.asked.setdefault(invitation.urn, []).append((invitation, status))
        booked = db.session.execute(
            select(Booking.urn, func.max(Performance.starts_at))
            .join(Performance, Performance.id == Booking.performance_id)
            .where(Booking.programme_id == p, Booking.urn.in_(urns), Booking.ended_at.is_(None))
            .group_by(Booking.urn)
            .order_by(Booking.urn)
        )
        self.booked = {urn: starts_at for urn, starts_at in booked}
        newest = select(func.max(Answer.id)).where(Answer.programme_id == p, Answer.urn.in_(urns))
        self.answers = {
            answer.urn: answer
            for answer in db.session.scalars(
                select(Answer).where(Answer.id.in_(newest.group_by(Answer.urn))).order_by(Answer.urn)
            )
        }
        addresses = {c.address for cs in self.contacts.values() for c in cs}
        addresses |= {i.address for rows in self.asked.values() for i, _ in rows}
        self.dead = {address.casefold() for address in outbox.dead_addresses(sorted(addresses))}

    def judge(self, school: School, *, outside_target: bool) -> Recipient | str:
        """Whom to write to at one school, or why not."""
        urn = school.urn
        if not school.is_open:
            return "closed in the register"
        decision = self.decisions.get(urn)
        if decision is not None and decision.kind == EXCLUDE:
            return f"excluded: {decision.reason}"
        if outside_target:
            return "not in the target of this programme"
        if urn in self.booked:
            return f"booked for {day_short(self.booked[urn])}"
        answer = self.answers.get(urn)
        if answer is not None and answer.kind == DECLINED:
            return f"declined: {answer.reason}"
        on_file = self.contacts.get(urn, [])
        if not on_file:
            return "no contact on file"
        alive = [c for c in on_file if c.address.casefold() not in self.dead]
        if not alive:
            return f"mail to {on_file[0].address} came back"
        asked = self.asked.get(urn, [])
        for invitation, status in reversed(asked):
            if status not in NEVER_ARRIVED and invitation.address.casefold() not in self.dead:
                return f"asked already on {day_short(invitation.recorded_at)} at {invitation.address}"
        chosen = alive[0]
        before = [i.repeat for i, _ in asked if i.address.casefold() == chosen.address.casefold()]
        return Recipient(school=school, contact=chosen, repeat=max(before, default=-1) + 1)
