"""Raising of a gap to the head teacher, and then to the trust: with a coordinator's consent each time, never
by itself."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypedDict

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.asking import invitations
from outreach.asking.chasing import askings, chases, settings
from outreach.asking.chasing.askings import OpenAsking
from outreach.asking.chasing.chases import HEAD, TRUST, Chase
from outreach.booking import told
from outreach.county import contacts, partnerships
from outreach.county.contacts import Contact
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.audience import FIRST_OF_BODIES
from outreach.ground.db import Base, Instant, db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.ground.wording import day_short
from outreach.post import letters, outbox, stationery
from outreach.post.outbox import WITHDRAWN, Letter
from outreach.post.stationery import Addressee
from outreach.tour.programmes import Programme

LEVELS = (HEAD, TRUST)
KINDS = {HEAD: "raised to head", TRUST: "raised to trust"}
HEAD_ROLE, MANAGER_ROLE = "Head teacher", "Manager"


class NotRaised(Base):
    """A coordinator decided that one gap is not raised to that level, nor further: it waits for nobody's
    consent any more."""

    __tablename__ = "not_raised"
    __table_args__ = (
        CheckConstraint("level IN ('head teacher', 'trust')", name="level"),
        UniqueConstraint("asking_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    asking_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"))
    level: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(Instant)


@dataclass(frozen=True, kw_only=True)
class WaitingGap:
    """One gap that waits for a coordinator's consent: to whom next, and since when that could be.

    `known`: whom we know there, the likeliest first: contacts of the school whose role is the head's, or
    addresses that this trust was written to at before.
    """

    organisation: Organisation
    level: str
    since: date
    asking: OpenAsking
    known: tuple[Addressee, ...]

    @property
    def next_to(self) -> str:
        """To whom it would be raised: 'head teacher', 'manager', 'trust'."""
        return named(self.level, self.organisation)


class NotWaiting(Refusal):
    def __init__(self, organisation: Organisation) -> None:
        super().__init__(f"{organisation.name} does not wait to be raised any more. Nothing was sent.")


class HadItAlready(Refusal):
    field = "address"

    def __init__(self, address: str) -> None:
        super().__init__(f"{address} has had our letters about this already. Choose somebody else.")


class ChasingAddressDead(Refusal):
    field = "address"

    def __init__(self, address: str) -> None:
        super().__init__(f"Mail to {address} came back for good. Enter another address.")


class NoSchoolDay(Refusal):
    def __init__(self, organisation: Organisation, why: str) -> None:
        super().__init__(f"Today is no school day at {organisation.name} ({why}). Send it on the next one.")


class NotRaisedReasonMissing(Refusal):
    field = "reason"
    of_asked = True

    def __init__(self) -> None:
        super().__init__("Say why it is not raised; it stands beside the school.")


def waiting(
    programme: Programme, *, now: datetime, target: Collection[int] | None = None
) -> list[WaitingGap]:
    """Who waits for consent, the longest wait first: reminded twice, and silent some days since (a setting).

    Empty once the programme is closed or its reply-by date is past: nobody is asked then. A constant number
    of queries.
    """
    if programme.closed_at is not None or day_of(now) > programme.reply_by:
        return []
    found, _ = askings.read(programme, target=target, now=now)
    return _waiting(programme, found, now=now)


def one(
    programme: Programme, organisation_id: int, *, now: datetime, target: Collection[int] | None = None
) -> WaitingGap | None:
    """The same of one school; None where it does not wait."""
    if programme.closed_at is not None or day_of(now) > programme.reply_by:
        return None
    found, _ = askings.read(programme, [organisation_id], target=target, now=now)
    return next(iter(_waiting(programme, found, now=now)), None)


def preview(programme: Programme, row: WaitingGap, to: Addressee, *, now: datetime) -> stationery.Rendered:
    """The exact letter. Writes nothing."""
    return letters.preview_raised(
        KINDS[row.level],
        invitations.asking(programme, row.organisation, now=now),
        to,
        told.sender_of(partnerships.get(programme.partnership_id)),
        now=now,
        **_said(row),
    )


def raise_to(
    programme: Programme, organisation_id: int, level: str, to: Addressee, *, who: str, now: datetime
) -> Chase:
    """Write to the head teacher or the trust: the coordinator's consent to this one letter.

    A head whose address was typed becomes a contact of the school. Raises ReplyByPast, ProgrammeClosed,
    NotWaiting (answered meanwhile, or raised by somebody else), BadAddress, AddressDead, HadItAlready,
    NoSchoolDay, SourceMissing.
    """
    invitations.queue(programme)
    invitations.still_asks(programme, now=now)
    row = one(programme, organisation_id, now=now)
    if row is None or row.level != level:
        raise NotWaiting(db.session.get_one(Organisation, organisation_id))
    to = _checked(row, to, now=now)
    words = invitations.asking(programme, row.organisation, now=now)
    sender = told.sender_of(partnerships.get(programme.partnership_id))
    if level == HEAD:
        _on_file(row.organisation, to, who=who, now=now)
        letter, _link = letters.raised_to_head(
            words, to, sender, now=now, expires_at=invitations.invitation_expiry(programme), **_said(row)
        )
    else:
        letter = letters.raised_to_trust(
            words, to, sender, trust=row.organisation.trust_name or "", now=now, **_said(row)
        )
    _forget_withdrawn(row, level, to.address, now=now)
    return chases.put(programme.id, organisation_id, row.asking.id, level, letter, who=who, now=now)


def leave_be(
    programme: Programme, organisation_id: int, level: str, reason: str, *, who: str, now: datetime
) -> NotRaised:
    """Decide that this gap is not raised to that level. Raises ReasonMissing, NotWaiting."""
    reason = " ".join(reason.split())
    if not reason:
        raise NotRaisedReasonMissing
    invitations.queue(programme)
    row = one(programme, organisation_id, now=now)
    if row is None or row.level != level:
        raise NotWaiting(db.session.get_one(Organisation, organisation_id))
    left = NotRaised(
        programme_id=programme.id,
        organisation_id=organisation_id,
        asking_id=row.asking.id,
        level=level,
        reason=reason,
        who=who,
        recorded_at=now,
    )
    db.session.add(left)
    history.record(
        f"not raised to the {level}",
        history.Subject("school", organisation_id, programme.partnership_id),
        who=who,
        now=now,
        after={"reason": reason},
    )
    db.session.flush()
    return left


def is_head(contact: Contact) -> bool:
    """Whether a contact is the school's head, or manages the body, by the words of the role."""
    if contact.organisation_id >= FIRST_OF_BODIES:
        return contacts.manages(contact.role)
    said = f" {contact.role.casefold()} "
    if any(word in said for word in ("deputy", "assistant", "head of", "secretary", " pa ")):
        return False
    return "head" in said or "principal" in said


def role_of_head(organisation: Organisation) -> str:
    """As what whoever a gap is raised to first is put on file, where nobody says it."""
    return MANAGER_ROLE if organisation.is_body else HEAD_ROLE


def named(level: str, organisation: Organisation) -> str:
    """'head teacher', 'trust'; of a body 'manager': to whom a gap is raised."""
    if level == TRUST:
        return "trust"
    return "manager" if organisation.is_body else "head teacher"


def _waiting(programme: Programme, found: list[OpenAsking], *, now: datetime) -> list[WaitingGap]:
    days = timedelta(days=settings.schedule_of_programme(programme.id).raise_after_days)
    left = _left_be(programme.id)
    due: list[tuple[OpenAsking, str, date]] = []
    for asking in found:
        reminded = asking.reminded()
        if asking.in_hand:
            continue
        if len(reminded) < len(chases.REMINDERS) or asking.raised(TRUST) or asking.id in left:
            continue
        head_on = asking.raised(HEAD)
        if not head_on:
            level, since = HEAD, reminded[-1] + days
        elif asking.organisation.trust_name:
            level, since = TRUST, head_on[-1] + days
        else:
            continue
        if since <= day_of(now):
            due.append((asking, level, since))
    on_file = contacts.of_organisations(
        a.organisation.organisation_id for a, level, _ in due if level == HEAD
    )
    trusts = _trusts(programme.partnership_id) if any(level == TRUST for _, level, _ in due) else {}
    rows = []
    for asking, level, since in due:
        known = (
            [
                invitations.addressee(c)
                for c in on_file.get(asking.organisation.organisation_id, [])
                if is_head(c)
            ]
            if level == HEAD
            else trusts.get((asking.organisation.trust_name or "").casefold(), [])
        )
        fresh = tuple(to for to in known if to.address.lower() not in asking.addresses())
        rows.append(
            WaitingGap(organisation=asking.organisation, level=level, since=since, asking=asking, known=fresh)
        )
    return sorted(
        rows, key=lambda r: (r.since, r.organisation.name.casefold(), r.organisation.organisation_id)
    )


class _Written(TypedDict):
    written_to: str
    written_on: list[date]


def _said(row: WaitingGap) -> _Written:
    """What the letter says was written so far, and to whom."""
    arrived = [w for w in row.asking.written if w.arrived]
    return _Written(
        written_to=row.asking.contact.address if row.level == HEAD else arrived[-1].chase.address,
        written_on=sorted({row.asking.asked_on, *(w.day for w in arrived)}),
    )


def _checked(row: WaitingGap, to: Addressee, *, now: datetime) -> Addressee:
    address = contacts.clean_address(to.address)
    if not to.source.strip():
        raise contacts.SourceMissing("Say where the address came from: the letter tells the person so.")
    if outbox.is_dead(address):
        raise ChasingAddressDead(address)
    if address.lower() in row.asking.addresses():
        raise HadItAlready(address)
    if why := row.asking.calendar.why_closed(day_of(now)):
        raise NoSchoolDay(row.organisation, why.replace("your", "its"))
    return Addressee(
        address=address,
        name=to.name.strip(),
        role=to.role.strip(),
        source=to.source.strip(),
        source_date=to.source_date or day_of(now),
    )


def _on_file(organisation: Organisation, to: Addressee, *, who: str, now: datetime) -> None:
    """The head that was typed is kept as a contact; one that is on file already stays as it is."""
    if all(
        c.address.lower() != to.address.lower()
        for c in contacts.contacts_of_organisation(organisation.organisation_id)
    ):
        contacts.add(
            organisation.organisation_id,
            name=to.name,
            role=to.role or role_of_head(organisation),
            address=to.address,
            phone="",
            source=to.source,
            source_date=to.source_date or day_of(now),
            who=who,
            now=now,
        )


def _forget_withdrawn(row: WaitingGap, level: str, address: str, *, now: datetime) -> None:
    """A letter that a coordinator took back before it went is no letter that the person had."""
    for chase in db.session.scalars(
        select(Chase)
        .join(Letter, Letter.id == Chase.letter_id)
        .where(
            Chase.asking_id == row.asking.id,
            Chase.reason == level,
            Chase.address == address.lower(),
            Chase.withdrawn_at.is_(None),
            Letter.status == WITHDRAWN,
        )
        .order_by(Chase.id)
    ):
        chase.withdrawn_at, chase.withdrawn_why = now, "withdrawn by hand"
    db.session.flush()


def _left_be(programme_id: int) -> set[int]:
    """The askings that are raised no further, at whichever level that was decided."""
    query = select(NotRaised.asking_id).where(NotRaised.programme_id == programme_id)
    return set(db.session.scalars(query.order_by(NotRaised.asking_id)))


def _trusts(partnership_id: int) -> dict[str, list[Addressee]]:
    """Where trusts were written to before, by the trust's name in small letters, the newest first."""
    rows = db.session.execute(
        select(Organisation.trust_name, Chase.address, func.max(Chase.recorded_at).label("at"))
        .join(Chase, Chase.organisation_id == Organisation.organisation_id)
        .join(Letter, Letter.id == Chase.letter_id)
        .where(
            Chase.reason == TRUST,
            Chase.withdrawn_at.is_(None),
            Letter.partnership_id == partnership_id,
            Letter.status == outbox.SENT,
            Organisation.trust_name.is_not(None),
        )
        .group_by(Organisation.trust_name, Chase.address)
        .order_by(func.max(Chase.recorded_at).desc(), Chase.address)
    )
    found: dict[str, list[Addressee]] = {}
    for trust, address, at in rows:
        source = f"our letter of {day_short(at)}"
        found.setdefault((trust or "").casefold(), []).append(
            Addressee(address=address, source=source, source_date=day_of(at))
        )
    return found
