"""Requests to schools, once in an academic year, to confirm the people on file: to whom they go, and what
came of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from outreach.asking import invitations
from outreach.asking.invitations import NEVER_ARRIVED
from outreach.booking import told
from outreach.county import contacts, organisations, partnerships
from outreach.county.contacts import Contact
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.db import Base, Instant, OfPartnership, db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.ground.wording import count, day_short
from outreach.post import outbox
from outreach.post.outbox import Letter
from outreach.post.stationery import Rendered
from outreach.post.yearly import still_right
from outreach.post.yearly.still_right import HeldForOrganisation
from outreach.tour.programmes import Programme

STILL_RIGHT, CHANGED, ADDED, ENDED = "still right", "changed", "added", "ended"
DAYS_TO_ANSWER = 14


class ConfirmationRequest(Base, OfPartnership):
    """One school was asked, at one address, whether we hold the right people. `address` is in small
    letters."""

    __tablename__ = "confirmation_request"
    __table_args__ = (
        UniqueConstraint(
            "partnership_id",
            "academic_year",
            "organisation_id",
            "address",
            name="uq_confirmation_request_year",
        ),
        Index("ix_confirmation_request_year", "academic_year", "organisation_id"),
        CheckConstraint("address = lower(address)", name="address"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    academic_year: Mapped[int]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    address: Mapped[str] = mapped_column(Text)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"))
    link_id: Mapped[int] = mapped_column(ForeignKey("personal_link.id"), unique=True)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)


class Confirmation(Base):
    """What somebody did at that link: said that all are right, or changed, added or ended one. The newest row
    holds."""

    __tablename__ = "confirmation"
    __table_args__ = (
        Index("ix_confirmation_request_id", "request_id", "id"),
        CheckConstraint("kind IN ('still right', 'changed', 'added', 'ended')", name="kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("confirmation_request.id"))
    kind: Mapped[str] = mapped_column(Text)
    said: Mapped[str] = mapped_column(Text, default="")
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    who: Mapped[str] = mapped_column(Text)


class NobodyToAsk(Refusal):
    """Everybody on the list was asked, has said so, or cannot be reached."""

    def __init__(self) -> None:
        super().__init__("Nobody is left to ask: the list says why for each. Nothing was sent.")


@dataclass(frozen=True, kw_only=True)
class ConfirmationRecipient:
    """One school that is asked, whom there, and all whom we hold for it."""

    organisation: Organisation
    contact: Contact
    people: tuple[Contact, ...]


@dataclass(frozen=True, kw_only=True)
class NotAsked:
    """One school that is not asked, and why, in words."""

    organisation: Organisation
    why: str


@dataclass(frozen=True, kw_only=True)
class Preview:
    """Who would be asked and who not, by name, and the exact letter to the first (None when nobody gets
    one)."""

    recipients: tuple[ConfirmationRecipient, ...]
    left_out: tuple[NotAsked, ...]
    letter: Rendered | None


@dataclass(frozen=True, kw_only=True)
class ConfirmationsSent:
    recipients: tuple[ConfirmationRecipient, ...]
    left_out: tuple[NotAsked, ...]


RIGHT, OTHERS, BACK, SILENT = "right", "changed", "back", "silent"
STATES = {
    RIGHT: "all are right",
    OTHERS: "somebody changed",
    BACK: "the letter did not arrive",
    SILENT: "no answer yet",
}
"""What came of asking one school: the words of an address, and as people read them."""


@dataclass(frozen=True, kw_only=True)
class AskedOrganisation:
    """One school that was asked in a year: the newest letter, every address asked, and what was said last, if
    anything."""

    organisation: Organisation
    request: ConfirmationRequest
    addresses: frozenset[str]
    letter_status: str
    newest: Confirmation | None

    @property
    def state(self) -> str:
        if self.newest is not None:
            return RIGHT if self.newest.kind == STILL_RIGHT else OTHERS
        return BACK if self.letter_status in NEVER_ARRIVED else SILENT


def preview(programme: Programme, target: Collection[int], *, now: datetime) -> Preview:
    """Who of the target would be asked, in a fixed number of queries; writes nothing. Raises ReplyByPast,
    ProgrammeClosed."""
    recipients, left_out = _sorted_out(programme, target, now=now)
    return Preview(
        recipients=tuple(recipients),
        left_out=tuple(left_out),
        letter=letter_to(programme, recipients[0], now=now) if recipients else None,
    )


def letter_to(programme: Programme, recipient: ConfirmationRecipient, *, now: datetime) -> Rendered:
    """The very letter that would go, with a stand-in for the link."""
    sender = told.sender_of(partnerships.get(programme.partnership_id))
    to = invitations.addressee(recipient.contact)
    return still_right.preview(_held(programme, recipient, now=now), to, sender, now=now)


def send(
    programme: Programme, seen: Mapping[int, str], target: Collection[int], *, who: str, now: datetime
) -> ConfirmationsSent:
    """Ask each school of the list that may be asked, as it stands behind the partnership's lock.

    `seen`: URN -> address as the preview showed them; a school whose address is another by now is left out
    and named. Raises ReplyByPast, ProgrammeClosed, or NobodyToAsk (a page sent twice comes to this).
    """
    partnerships.lock(programme.partnership_id)
    recipients, left_out = _sorted_out(programme, seen.keys() & set(target), now=now)
    changed = [r for r in recipients if seen[r.organisation.organisation_id] != r.contact.address]
    left_out += [
        NotAsked(organisation=r.organisation, why="the address changed since the list was shown")
        for r in changed
    ]
    asked = [r for r in recipients if r not in changed]
    if not asked:
        raise NobodyToAsk
    for recipient in asked:
        write_to(programme, recipient, who=who, now=now)
    history.record(
        "asked schools for their contacts", programme, who=who, now=now, after=count(len(asked), "school")
    )
    db.session.flush()
    return ConfirmationsSent(recipients=tuple(asked), left_out=tuple(left_out))


def write_to(
    programme: Programme, recipient: ConfirmationRecipient, *, who: str, now: datetime
) -> ConfirmationRequest:
    """The letter to one person, with a link of that one's own, and that it was asked; no rule is judged
    here."""
    letter, link = still_right.still_right(
        _held(programme, recipient, now=now),
        invitations.addressee(recipient.contact),
        told.sender_of(partnerships.get(programme.partnership_id)),
        now=now,
        expires_at=max(invitations.invitation_expiry(programme), now + LINK_LASTS_AT_LEAST),
    )
    db.session.flush()
    request = ConfirmationRequest(
        partnership_id=programme.partnership_id,
        programme_id=programme.id,
        academic_year=programme.academic_year,
        organisation_id=recipient.organisation.organisation_id,
        address=recipient.contact.address.lower(),
        letter_id=letter.id,
        link_id=link.id,
        recorded_at=now,
        who=who,
    )
    db.session.add(request)
    history.record(
        "asked who is right",
        history.Subject("school", recipient.organisation.organisation_id, programme.partnership_id),
        who=who,
        now=now,
        after={"address": recipient.contact.address},
    )
    db.session.flush()
    return request


def unanswered(letter_id: int) -> ConfirmationRequest | None:
    """What a letter asked, if it asked who is right and its school has said nothing this year."""
    asked = db.session.scalar(select(ConfirmationRequest).where(ConfirmationRequest.letter_id == letter_id))
    if asked is None:
        return None
    said = _of_year_at(asked).join(Confirmation, Confirmation.request_id == ConfirmationRequest.id)
    return asked if db.session.scalar(said.limit(1)) is None else None


def ask_again(
    asked: ConfirmationRequest, organisation: Organisation, contact: Contact, *, who: str, now: datetime
) -> bool:
    """The same question to another address; False where that one was asked this year."""
    there = _of_year_at(asked).where(ConfirmationRequest.address == contact.address.lower())
    if db.session.scalar(there.limit(1)) is not None:
        return False
    people = tuple(contacts.contacts_of_organisation(organisation.organisation_id, asked.partnership_id))
    programme = db.session.get_one(Programme, asked.programme_id)
    write_to(
        programme,
        ConfirmationRecipient(organisation=organisation, contact=contact, people=people),
        who=who,
        now=now,
    )
    return True


def _of_year_at(asked: ConfirmationRequest) -> Select[int]:
    return select(ConfirmationRequest.id).where(
        ConfirmationRequest.partnership_id == asked.partnership_id,
        ConfirmationRequest.academic_year == asked.academic_year,
        ConfirmationRequest.organisation_id == asked.organisation_id,
    )


LINK_LASTS_AT_LEAST = timedelta(days=30)


def of_year(partnership_id: int, academic_year: int) -> list[AskedOrganisation]:
    """Every school that was asked in a year, by name, with its newest letter and what it said last; two
    queries."""
    rows = db.session.execute(
        select(ConfirmationRequest, Organisation, Letter.status)
        .join(Organisation, Organisation.organisation_id == ConfirmationRequest.organisation_id)
        .join(Letter, Letter.id == ConfirmationRequest.letter_id)
        .where(
            ConfirmationRequest.partnership_id == partnership_id,
            ConfirmationRequest.academic_year == academic_year,
        )
        .order_by(func.lower(Organisation.name), Organisation.organisation_id, ConfirmationRequest.id)
    ).all()
    said: dict[int, Confirmation] = {}
    for organisation_id, row in db.session.execute(
        select(ConfirmationRequest.organisation_id, Confirmation)
        .join(ConfirmationRequest, ConfirmationRequest.id == Confirmation.request_id)
        .where(
            ConfirmationRequest.partnership_id == partnership_id,
            ConfirmationRequest.academic_year == academic_year,
        )
        .order_by(Confirmation.id)
    ):
        said[organisation_id] = row
    addresses: dict[int, set[str]] = defaultdict(set)
    for request, organisation, _ in rows:
        addresses[organisation.organisation_id].add(request.address)
    newest = {
        organisation.organisation_id: AskedOrganisation(
            organisation=organisation,
            request=request,
            addresses=frozenset(addresses[organisation.organisation_id]),
            letter_status=status,
            newest=said.get(organisation.organisation_id),
        )
        for request, organisation, status in rows
    }
    return list(newest.values())


def of_link(link_id: int) -> ConfirmationRequest | None:
    """What a personal link was sent for, if it was sent to ask this."""
    return db.session.scalar(select(ConfirmationRequest).where(ConfirmationRequest.link_id == link_id))


def _sorted_out(
    programme: Programme, organisation_ids: Iterable[int], *, now: datetime
) -> tuple[list[ConfirmationRecipient], list[NotAsked]]:
    """Each open school of the list once: asked, or left out with the first reason that holds. Only of this
    partnership."""
    invitations.still_asks(programme, now=now)
    wanted = set(organisation_ids)
    among = db.session.scalars(
        select(Organisation)
        .where(Organisation.organisation_id.in_(wanted), organisations.ours(programme.partnership_id))
        .order_by(func.lower(Organisation.name), Organisation.organisation_id)
    ).all()
    on_file = contacts.to_write_to(wanted)
    asked = {
        a.organisation.organisation_id: a for a in of_year(programme.partnership_id, programme.academic_year)
    }
    addresses = {c.address for people in on_file.values() for c in people}
    dead = {address.casefold() for address in outbox.dead_addresses(sorted(addresses))}
    recipients, left_out = [], []
    for organisation in among:
        found = _judge(
            organisation,
            on_file.get(organisation.organisation_id, []),
            asked.get(organisation.organisation_id),
            dead,
        )
        if isinstance(found, ConfirmationRecipient):
            recipients.append(found)
        else:
            left_out.append(NotAsked(organisation=organisation, why=found))
    return recipients, left_out


def _judge(
    organisation: Organisation, people: list[Contact], asked: AskedOrganisation | None, dead: set[str]
) -> ConfirmationRecipient | str:
    """Whom to ask at one school, or why not."""
    if not organisation.is_open:
        return "closed in the register"
    if asked is not None and asked.newest is not None:
        return f"it answered on {day_short(asked.newest.recorded_at)}: {STATES[asked.state]}"
    if not people:
        return "no contact on file"
    alive = [c for c in people if c.address.casefold() not in dead]
    if not alive:
        return f"mail to {people[0].address} came back"
    if asked is not None:
        told_on = f"asked already on {day_short(asked.request.recorded_at)} at {asked.request.address}"
        if asked.state == SILENT and asked.request.address not in dead:
            return told_on
        # It did not arrive: somebody else there may be asked, never the same address twice.
        alive = [c for c in alive if c.address.lower() not in asked.addresses]
        if not alive:
            return f"{told_on}, where it did not arrive"
    return ConfirmationRecipient(organisation=organisation, contact=alive[0], people=tuple(alive))


def _held(programme: Programme, recipient: ConfirmationRecipient, *, now: datetime) -> HeldForOrganisation:
    return HeldForOrganisation(
        organisation_name=recipient.organisation.name,
        organisation_id=recipient.organisation.organisation_id,
        programme_id=programme.id,
        programme_title=programme.title,
        academic_year=programme.academic_year,
        people=tuple((c.name or c.address, c.role) for c in recipient.people),
        answer_by=answer_by(programme, day_of(now)),
    )


def answer_by(programme: Programme, today: date) -> date:
    """Two weeks on, never after the programme's reply-by date, and no weekend."""
    day = min(today + timedelta(days=DAYS_TO_ANSWER), programme.reply_by)
    return day - timedelta(days=max(0, day.weekday() - 4)) if day > today + timedelta(days=2) else day
