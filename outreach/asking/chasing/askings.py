"""State of the chasing of each asked school: whom it was asked at, what was written since, or why it is left
in peace.

Read for many schools at once, in a constant number of queries; judged again behind the lock before anything
goes.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, or_, select

from outreach.asking import invitations
from outreach.asking.chasing import chases
from outreach.asking.chasing.chases import Chase
from outreach.asking.invitations import DECLINED, NEVER_ARRIVED, Answer, Invitation
from outreach.asking.recipients import NotWrittenTo
from outreach.booking import accounts
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal
from outreach.county import contacts, organisations, school_days
from outreach.county.contacts import Contact
from outreach.county.school_days import SchoolCalendar
from outreach.county.schools import Organisation
from outreach.ground.db import db, made_once, plain_rows
from outreach.ground.timespans import day_of
from outreach.ground.wording import clock, day_short
from outreach.post import outbox
from outreach.post.incoming import inbox
from outreach.post.incoming.inbox import Incoming
from outreach.post.outbox import SENT, WITHDRAWN, Letter
from outreach.post.proposing import LAPSED
from outreach.tour import target_decisions
from outreach.tour.programmes import Programme
from outreach.tour.target_decisions import EXCLUDE


@dataclass(frozen=True, kw_only=True)
class ChasingLetter:
    """One letter that chased an asking, the day it went, and whether it may have been read (it did not fail
    or come back)."""

    chase: Chase
    day: date
    arrived: bool


@dataclass(frozen=True, kw_only=True)
class OpenAsking:
    """One school that was asked and has said nothing since.

    `contact` was asked, on `asked_on` (the newest time), and is whom a reminder goes to. `since` is the day
    of the newest letter of all, `last_at` its instant. `written` are the letters that chased it so far,
    oldest first. `in_hand` says which of them has to go out, or to be looked after, before another is
    written; '' for none.
    """

    id: int
    organisation: Organisation
    contact: Contact
    calendar: SchoolCalendar
    asked_on: date
    since: date
    last_at: datetime
    written: tuple[ChasingLetter, ...]
    in_hand: str

    def reminded(self) -> tuple[date, ...]:
        """On which days it was reminded; one that a coordinator took back by hand is none that is still to
        come."""
        return tuple(w.day for w in self.written if w.chase.reason in chases.REMINDERS)

    def raised(self, reason: str) -> tuple[date, ...]:
        """On which days it was raised to the head teacher, or the trust, and arrived."""
        return tuple(w.day for w in self.written if w.chase.reason == reason and w.arrived)

    def addresses(self) -> set[str]:
        """Who has had a letter about this asking, in small letters."""
        return {self.contact.address.lower()} | {w.chase.address for w in self.written if w.arrived}


def read(
    programme: Programme,
    organisation_ids: Iterable[int] | None = None,
    *,
    target: Collection[int] | None = None,
    now: datetime,
) -> tuple[list[OpenAsking], list[NotWrittenTo]]:
    """By school name: who waits for an answer, and who is left in peace with the first reason that holds.

    `organisation_ids` None: every school that was asked in this programme. `target`: whom the programme is for.
    """
    facts = _Facts(programme, organisation_ids, now=now)
    found: list[OpenAsking] = []
    left_out: list[NotWrittenTo] = []
    for organisation in facts.organisations:
        outside = target is not None and organisation.organisation_id not in target
        judged = facts.judge(organisation, outside_target=outside)
        if isinstance(judged, OpenAsking):
            found.append(judged)
        else:
            left_out.append(NotWrittenTo(organisation=organisation, why=judged))
    return found, left_out


class _Facts:
    """All that decides who is chased, read at once."""

    def __init__(
        self, programme: Programme, organisation_ids: Iterable[int] | None, *, now: datetime
    ) -> None:
        p = programme.id
        named = None if organisation_ids is None else set(organisation_ids)
        self.organisations = db.session.scalars(*_organisations(p, named, programme.partnership_id)).all()
        known = [organisation.organisation_id for organisation in self.organisations]
        self.calendars = school_days.load(known)
        self.contacts = contacts.to_write_to(known)
        self.decisions = target_decisions.decisions(p)
        self.no_times = invitations.why_no_times(programme, now=now)
        self.asked: dict[int, list[tuple[Invitation, str, datetime | None]]] = {}
        for invitation, status, handed_at in db.session.execute(*_invitations(p, known)):
            self.asked.setdefault(invitation.organisation_id, []).append((invitation, status, handed_at))
        self.chased: dict[int, list[tuple[Chase, Letter]]] = {}
        for chase, letter in chases.standing(p, None if organisation_ids is None else known):
            self.chased.setdefault(chase.organisation_id, []).append((chase, letter))
        self.booked = _by_organisation_id(_booked(p, known))
        with_promise = [
            s for s in self.organisations if self.booked.get(s.organisation_id, (None, None, 0))[2]
        ]
        self.accounts = accounts.of_organisations(programme, with_promise, now=now) if with_promise else {}
        self.answers = {
            answer.organisation_id: answer for answer in db.session.scalars(*_newest_answers(p, known))
        }
        self.kept = _by_organisation_id(_kept(p, known, day_of(now)))
        self.lapsed = _by_organisation_id(_lapsed(p, known, day_of(now)))
        addresses = {i.address for rows in self.asked.values() for i, _, _ in rows}
        self.dead = {address.lower() for address in outbox.dead_addresses(sorted(addresses))}
        self.mail = _mail_waiting(programme.partnership_id)

    def judge(self, organisation: Organisation, *, outside_target: bool) -> OpenAsking | str:
        """What its chasing stands on, or why there is none."""
        organisation_id, asked = (
            organisation.organisation_id,
            self.asked.get(organisation.organisation_id, []),
        )
        if not organisation.is_open:
            return "closed in the register"
        decision = self.decisions.get(organisation_id)
        if decision is not None and decision.kind == EXCLUDE:
            return f"excluded: {decision.reason}"
        if outside_target:
            return "not in the target of this programme"
        if (account := self.accounts.get(organisation_id)) is not None and not account.is_open:
            return "booked"
        if not asked:
            return "not asked yet: invite it first"
        said = self._said(organisation_id)
        since = [row for row in asked if said is None or row[0].recorded_at >= said[0]]
        if not since:
            return said[1] if said else ""
        if (kept := self.kept.get(organisation_id)) is not None:
            return f"{day_short(kept[0])} at {clock(kept[0])} is kept for it until {day_short(kept[1])}"
        return self._asking(organisation, since)

    def _said(self, organisation_id: int) -> tuple[datetime, str] | None:
        """When a school last said anything, and what, in words."""
        booked_at, ended_at, _ = self.booked.get(organisation_id, (None, None, 0))
        answer = self.answers.get(organisation_id)
        told: list[tuple[datetime, str]] = []
        if booked_at is not None:
            told.append((booked_at, f"booked since, on {day_short(booked_at)}"))
        if ended_at is not None:
            told.append(
                (ended_at, f"its booking was cancelled on {day_short(ended_at)}: offer it another time")
            )
        if answer is not None:
            kind = DECLINED if answer.kind == DECLINED else f"answered: {answer.kind}"
            said = f"{kind}: {answer.reason}" if answer.kind == DECLINED else kind
            told.append((answer.recorded_at, f"{said}, on {day_short(answer.recorded_at)}"))
        return max(told, default=None)

    def _asking(
        self, organisation: Organisation, since: list[tuple[Invitation, str, datetime | None]]
    ) -> OpenAsking | str:
        """From the invitations since the school last said anything, oldest first."""
        alive = [
            row for row in since if row[1] not in NEVER_ARRIVED and row[0].address.lower() not in self.dead
        ]
        if not alive:
            return f"the invitation to {since[-1][0].address} did not arrive"
        handed = [(i, at) for i, _, at in alive if at is not None]
        if not handed:
            return "its invitation has not gone out yet"
        wrote = next(
            (self.mail[i.address.lower()] for i, _ in handed if i.address.lower() in self.mail), None
        )
        if wrote is not None:
            return f"wrote to us on {day_short(wrote)}: its mail waits under To read"
        if self.no_times and all(i.without_times for i, _ in handed):
            return "was told that we write again when there are times to choose: there are none yet"
        on_file = {c.address.lower(): c for c in self.contacts.get(organisation.organisation_id, [])}
        invitation, asked_at = max(
            ((i, at) for i, at in handed if i.address.lower() in on_file),
            key=lambda row: row[1],
            default=(None, None),
        )
        if invitation is None or asked_at is None:
            return "nobody who was asked is on file any more: invite whoever is"
        written: list[ChasingLetter] = []
        last_at, in_hand = asked_at, ""
        for chase, letter in self.chased.get(organisation.organisation_id, []):
            if chase.asking_id != since[0][0].id:
                continue
            if letter.status not in (SENT, *NEVER_ARRIVED):
                in_hand = f"the letter to {letter.recipient} has not gone out yet"
            if letter.status == outbox.FAILED and chase.reason in chases.REMINDERS:
                in_hand = f"the letter to {letter.recipient} failed: see the letters"
            at, arrived = letter.handed_at or chase.recorded_at, letter.status == SENT
            written.append(ChasingLetter(chase=chase, day=day_of(at), arrived=arrived))
            last_at = max(last_at, at) if arrived else last_at
        waits_since = [day_of(last_at)]
        if (lapsed := self.lapsed.get(organisation.organisation_id)) is not None:
            waits_since += [lapsed[0], *([day_of(lapsed[1])] if lapsed[1] is not None else [])]
        return OpenAsking(
            id=since[0][0].id,
            organisation=organisation,
            contact=on_file[invitation.address.lower()],
            calendar=self.calendars[organisation.organisation_id],
            asked_on=day_of(asked_at),
            since=max(waits_since),
            last_at=last_at,
            written=tuple(written),
            in_hand=in_hand,
        )


def _by_organisation_id(asked: tuple[Any, dict[str, Any]]) -> dict[int, tuple[Any, ...]]:
    return {row[0]: tuple(row[1:]) for row in plain_rows(*asked)}


@made_once
def _organisations(programme_id: int, organisation_ids: Collection[int] | None, partnership_id: int) -> Any:
    """Those named, or all that were asked."""
    asked = select(Invitation.organisation_id).where(Invitation.programme_id == programme_id)
    return (
        select(Organisation)
        .where(
            Organisation.organisation_id.in_(asked if organisation_ids is None else organisation_ids),
            organisations.ours(partnership_id),
        )
        .order_by(func.lower(Organisation.name), Organisation.organisation_id)
    )


@made_once
def _invitations(programme_id: int, organisation_ids: Collection[int]) -> Any:
    i = Invitation
    return (
        select(i, Letter.status, Letter.handed_at)
        .join(Letter, Letter.id == i.letter_id)
        .where(
            i.programme_id == programme_id,
            i.organisation_id.in_(organisation_ids),
            Letter.status != WITHDRAWN,
        )
        .order_by(i.id)
    )


@made_once
def _booked(programme_id: int, organisation_ids: Collection[int]) -> Any:
    b = Booking
    standing = func.count().filter(b.ended_at.is_(None))
    return (
        select(b.organisation_id, func.max(b.created_at), func.max(b.ended_at), standing)
        .where(b.programme_id == programme_id, b.organisation_id.in_(organisation_ids))
        .group_by(b.organisation_id)
        .order_by(b.organisation_id)
    )


@made_once
def _newest_answers(programme_id: int, organisation_ids: Collection[int]) -> Any:
    newest = select(func.max(Answer.id)).where(
        Answer.programme_id == programme_id, Answer.organisation_id.in_(organisation_ids)
    )
    return (
        select(Answer)
        .where(Answer.id.in_(newest.group_by(Answer.organisation_id)))
        .order_by(Answer.organisation_id)
    )


@made_once
def _kept(programme_id: int, organisation_ids: Collection[int], today: date) -> Any:
    p = Proposal
    return (
        select(p.organisation_id, p.starts_at, p.reply_by)
        .where(
            p.programme_id == programme_id,
            p.organisation_id.in_(organisation_ids),
            p.ended_at.is_(None),
            p.reply_by >= today,
        )
        .order_by(p.id)
    )


@made_once
def _lapsed(programme_id: int, organisation_ids: Collection[int], today: date) -> Any:
    p = Proposal
    lapsed = or_(p.ended_as == LAPSED, and_(p.ended_at.is_(None), p.reply_by < today))
    return (
        select(p.organisation_id, func.max(p.reply_by), func.max(p.ended_at))
        .where(p.programme_id == programme_id, p.organisation_id.in_(organisation_ids), lapsed)
        .group_by(p.organisation_id)
        .order_by(p.organisation_id)
    )


def _mail_waiting(partnership_id: int) -> dict[str, datetime]:
    """Who wrote to us and was not answered yet, by address in small letters: when, the newest time."""
    return {address: at for address, at in plain_rows(*_senders(partnership_id))}


@made_once
def _senders(partnership_id: int) -> Any:
    sender = func.lower(Incoming.sender)
    return (
        select(sender, func.max(Incoming.received_at))
        .where(
            or_(Incoming.partnership_id == partnership_id, Incoming.partnership_id.is_(None)),
            Incoming.kind == inbox.PERSON,
            Incoming.task != "",
            Incoming.settled_at.is_(None),
        )
        .group_by(sender)
        .order_by(sender)
    )
