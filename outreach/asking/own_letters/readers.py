"""Readers of a letter in a coordinator's own words: whom it reaches at each school with which values, and why it
reaches nobody there."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from outreach.asking import invitations
from outreach.asking.invitations import DECLINED, Invitation
from outreach.asking.own_letters import drafts
from outreach.asking.own_letters.drafts import Typed
from outreach.asking.recipients import NotWrittenTo, whom_to_propose_to
from outreach.booking.promises import Booking
from outreach.county.contacts import Contact
from outreach.county.schools import Organisation
from outreach.ground.db import db
from outreach.ground.timespans import day_of
from outreach.ground.wording import and_list, clock, day
from outreach.post import placeholders
from outreach.post.links import PersonalLink
from outreach.post.outbox import SENT, Letter
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme


@dataclass(frozen=True, kw_only=True)
class Reader:
    """One school that gets the letter, whom there, and what stands for each placeholder."""

    organisation: Organisation
    contact: Contact
    values: Mapping[str, str]


def sorted_out(
    programme: Programme, organisation_ids: Collection[int], typed: Typed, *, now: datetime
) -> tuple[list[Reader], list[NotWrittenTo]]:
    """Each school of the list once, by name: who reads it, or the first reason why nobody does. The number of
    queries is the same however many they are."""
    facts = _Facts(programme, set(organisation_ids), now=now)
    wanted = placeholders.used(typed.subject, typed.words)
    readers, left_out = [], []
    for organisation in facts.organisations:
        if why := facts.why_not(organisation, to_declined=typed.to_declined):
            left_out.append(NotWrittenTo(organisation=organisation, why=why))
            continue
        values = facts.values(organisation)
        if why := placeholders.missing(wanted, values):
            left_out.append(NotWrittenTo(organisation=organisation, why=why))
            continue
        readers.append(
            Reader(
                organisation=organisation, contact=facts.contacts[organisation.organisation_id], values=values
            )
        )
    return readers, left_out


THEIR_OWN = "their own link"
"""What stands for a school's link until it is made."""


class _Facts:
    """All that decides who reads it and what it says, read for the whole list at once."""

    def __init__(self, programme: Programme, organisation_ids: set[int], *, now: datetime) -> None:
        self.programme, self.now = programme, now
        self.organisations = drafts.our_organisations(programme.partnership_id, organisation_ids)
        self.contacts, self.nobody = whom_to_propose_to(organisation_ids)
        self.answers = invitations.newest_answers(programme.id, organisation_ids)
        self.shows: dict[int, list[datetime]] = {}
        self.booked_at: dict[int, datetime] = {}
        for organisation_id, starts_at, created_at in db.session.execute(
            select(Booking.organisation_id, Performance.starts_at, Booking.created_at)
            .join(Performance, Performance.id == Booking.performance_id)
            .where(
                Booking.programme_id == programme.id,
                Booking.organisation_id.in_(organisation_ids),
                Booking.ended_at.is_(None),
            )
            .order_by(Performance.starts_at, Booking.id)
        ):
            self.booked_at[organisation_id] = max(created_at, self.booked_at.get(organisation_id, created_at))
            if starts_at > now:
                self.shows.setdefault(organisation_id, []).append(starts_at)
        self.invited = set(_with_open_invitation(programme, organisation_ids, now=now))

    def why_not(self, organisation: Organisation, *, to_declined: bool) -> str:
        """Why nobody at a school reads it, whatever it says; '' where somebody does."""
        if not organisation.is_open:
            return "closed in the register"
        if organisation.organisation_id in self.nobody:
            return self.nobody[organisation.organisation_id]
        answer = self.answers.get(organisation.organisation_id)
        if answer is None or answer.kind != DECLINED or to_declined:
            return ""
        booked_at = self.booked_at.get(organisation.organisation_id)
        # A booking ends an earlier no.
        return (
            "" if booked_at is not None and booked_at > answer.recorded_at else f"declined: {answer.reason}"
        )

    def values(self, organisation: Organisation) -> dict[str, str]:
        """What stands for each placeholder; '' where there is nothing."""
        name, today = " ".join(self.contacts[organisation.organisation_id].name.split()), day_of(self.now)
        shows = [
            f"{day(at, today=today)} at {clock(at)}"
            for at in self.shows.get(organisation.organisation_id, ())
        ]
        return {
            placeholders.SCHOOL: organisation.name,
            placeholders.NAME: name,
            placeholders.FIRST_NAME: placeholders.first_name(name),
            placeholders.PROGRAMME: self.programme.title,
            placeholders.REPLY_BY: day(self.programme.reply_by, today=today),
            placeholders.SHOW_DATE: and_list(shows),
            placeholders.BOOKING_LINK: THEIR_OWN if organisation.organisation_id in self.invited else "",
        }


def _with_open_invitation(
    programme: Programme, organisation_ids: Iterable[int], *, now: datetime
) -> Iterable[int]:
    """Schools that were asked, and whose link to answer still opens."""
    if programme.closed_at is not None or now >= invitations.invitation_expiry(programme):
        return []
    return db.session.scalars(
        select(Invitation.organisation_id)
        .join(Letter, Letter.id == Invitation.letter_id)
        .join(PersonalLink, PersonalLink.id == Invitation.link_id)
        .where(
            Invitation.programme_id == programme.id,
            Invitation.organisation_id.in_(organisation_ids),
            Letter.status == SENT,
            PersonalLink.withdrawn_at.is_(None),
            PersonalLink.expires_at > now,
        )
        .distinct()
        .order_by(Invitation.organisation_id)
    )
