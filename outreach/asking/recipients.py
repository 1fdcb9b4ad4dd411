"""Recipients of a round at each school of a list, and why it leaves the others out."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select

from outreach.asking import invitations
from outreach.asking.invitations import DECLINED, NEVER_ARRIVED, Invitation
from outreach.booking import accounts
from outreach.booking.promises import Booking
from outreach.county import contacts, organisations
from outreach.county.contacts import Contact
from outreach.county.schools import Organisation
from outreach.ground.db import db
from outreach.ground.wording import day_short
from outreach.post import outbox
from outreach.post.outbox import Letter
from outreach.tour import target_decisions
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.tour.target_decisions import EXCLUDE

NO_POSTAL_ADDRESS = "no postal address is known"
"""Of a body, whose contacts alone are on file."""


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """One school that a round writes to, and whom there; where it has booked already, for which year
    groups."""

    organisation: Organisation
    contact: Contact
    repeat: int
    still_open: tuple[int, ...] | None


@dataclass(frozen=True, kw_only=True)
class NotWrittenTo:
    """One school that a round does not write to, and why, in words."""

    organisation: Organisation
    why: str


def sorted_out(
    programme: Programme, organisation_ids: Iterable[int], target: Collection[int] | None, *, now: datetime
) -> tuple[list[Recipient], list[NotWrittenTo]]:
    """Each school of the list once: written to, or left out with the first reason that holds."""
    invitations.still_asks(programme, now=now)
    facts = _Facts(programme, set(organisation_ids), now=now)
    recipients, left_out = [], []
    for organisation in facts.organisations:
        outside = target is not None and organisation.organisation_id not in target
        found = facts.judge(organisation, outside_target=outside)
        if isinstance(found, Recipient):
            recipients.append(found)
        else:
            left_out.append(NotWrittenTo(organisation=organisation, why=found))
    return recipients, left_out


def to_ask_on_paper(
    programme: Programme, organisation_ids: Iterable[int], target: Collection[int], *, now: datetime
) -> tuple[list[Organisation], list[NotWrittenTo]]:
    """Schools of the list that may be asked by a letter on paper, with an address or without; and who is left
    out, why. As many queries as sorted_out."""
    invitations.still_asks(programme, now=now)
    facts = _Facts(programme, set(organisation_ids), now=now)
    asked: list[Organisation] = []
    left_out: list[NotWrittenTo] = []
    for organisation in facts.organisations:
        why = facts.settled(organisation, outside_target=organisation.organisation_id not in target)
        if not why and organisation.is_body:
            why = NO_POSTAL_ADDRESS
        if why:
            left_out.append(NotWrittenTo(organisation=organisation, why=why))
        else:
            asked.append(organisation)
    return asked, left_out


NOT_BOOKED = (None, datetime.min.replace(tzinfo=UTC))
"""The last show and the newest booking of a school that has none: whatever was said came after."""


class _Facts:
    """All that decides who is written to, read for the whole list at once."""

    def __init__(self, programme: Programme, organisation_ids: set[int], *, now: datetime) -> None:
        p = programme.id
        self.no_times = invitations.why_no_times(programme, now=now)
        # Only those of this partnership: whatever a form says, nobody writes into another's county.
        self.organisations = list(
            db.session.scalars(
                select(Organisation)
                .where(
                    Organisation.organisation_id.in_(organisation_ids),
                    organisations.ours(programme.partnership_id),
                )
                .order_by(func.lower(Organisation.name), Organisation.organisation_id)
            )
        )
        self.contacts = contacts.to_write_to(organisation_ids)
        self.decisions = target_decisions.decisions(p)
        self.asked: dict[int, list[tuple[Invitation, str | None]]] = {}
        for invitation, status in db.session.execute(
            select(Invitation, Letter.status)
            .outerjoin(Letter, Letter.id == Invitation.letter_id)
            .where(Invitation.programme_id == p, Invitation.organisation_id.in_(organisation_ids))
            .order_by(Invitation.id)
        ):
            self.asked.setdefault(invitation.organisation_id, []).append((invitation, status))
        booked = db.session.execute(
            select(Booking.organisation_id, func.max(Performance.starts_at), func.max(Booking.created_at))
            .join(Performance, Performance.id == Booking.performance_id)
            .where(
                Booking.programme_id == p,
                Booking.organisation_id.in_(organisation_ids),
                Booking.ended_at.is_(None),
            )
            .group_by(Booking.organisation_id)
            .order_by(Booking.organisation_id)
        )
        self.booked = {
            organisation_id: (starts_at, created_at) for organisation_id, starts_at, created_at in booked
        }
        self.accounts = accounts.of_organisations(
            programme, [s for s in self.organisations if s.organisation_id in self.booked], now=now
        )
        self.answers = invitations.newest_answers(p, organisation_ids)
        addresses = {c.address for cs in self.contacts.values() for c in cs}
        addresses |= {i.address for rows in self.asked.values() for i, _ in rows}
        self.dead = {address.casefold() for address in outbox.dead_addresses(sorted(addresses))}

    def settled(self, organisation: Organisation, *, outside_target: bool) -> str:
        """Why nobody at a school is asked, however it could be reached; '' where somebody may be."""
        organisation_id = organisation.organisation_id
        if not organisation.is_open:
            return "closed in the register"
        decision = self.decisions.get(organisation_id)
        if decision is not None and decision.kind == EXCLUDE:
            return f"excluded: {decision.reason}"
        if outside_target:
            return "not in the target of this programme"
        show, booked_at = self.booked.get(organisation_id, NOT_BOOKED)
        account = self.accounts.get(organisation_id)
        if account is not None and not account.is_open:
            return f"booked for {day_short(show)}"
        # A booking answers what was asked before it, and ends an earlier no.
        answer = self.answers.get(organisation_id)
        if answer is not None and answer.kind == DECLINED and answer.recorded_at >= booked_at:
            return f"declined: {answer.reason}"
        return ""

    def judge(self, organisation: Organisation, *, outside_target: bool) -> Recipient | str:
        """Whom to write to at one school, or why not."""
        if why := self.settled(organisation, outside_target=outside_target):
            return why
        organisation_id = organisation.organisation_id
        account, (_, booked_at) = (
            self.accounts.get(organisation_id),
            self.booked.get(organisation_id, NOT_BOOKED),
        )
        on_file = self.contacts.get(organisation_id, [])
        if not on_file:
            return "no contact on file"
        alive = [c for c in on_file if c.address.casefold() not in self.dead]
        if not alive:
            return f"mail to {on_file[0].address} came back"
        asked = self.asked.get(organisation_id, [])
        for invitation, status in reversed(asked):
            if invitation.without_times and not self.no_times:
                continue  # it was told that we write again when there are times, and now there are
            arrived = status not in NEVER_ARRIVED and invitation.address.casefold() not in self.dead
            if arrived and invitation.recorded_at >= booked_at:
                return f"asked already on {day_short(invitation.recorded_at)} at {invitation.address}"
        chosen = alive[0]
        before = [i.repeat for i, _ in asked if i.address.casefold() == chosen.address.casefold()]
        still_open = None if account is None else tuple(account.still_open)
        return Recipient(
            organisation=organisation,
            contact=chosen,
            repeat=max(before, default=-1) + 1,
            still_open=still_open,
        )


def whom_to_propose_to(
    organisation_ids: Iterable[int], on_file: Mapping[int, list[Contact]] | None = None
) -> tuple[dict[int, Contact], dict[int, str]]:
    """Whom a proposal goes to at each school, as a round chooses; and why nobody can be written to, by URN.
    `on_file`: their contacts, where they are read already. Three queries, else one."""
    wanted = set(organisation_ids)
    if on_file is None:
        on_file = contacts.to_write_to(wanted)
    addresses = {contact.address for several in on_file.values() for contact in several}
    dead = {address.casefold() for address in outbox.dead_addresses(sorted(addresses))}
    chosen, nobody = {}, {}
    for organisation_id in wanted:
        several = on_file.get(organisation_id, [])
        alive = [contact for contact in several if contact.address.casefold() not in dead]
        if alive:
            chosen[organisation_id] = alive[0]
        else:
            nobody[organisation_id] = (
                f"mail to {several[0].address} came back" if several else "no contact on file"
            )
    return chosen, nobody
