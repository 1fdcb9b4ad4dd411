"""Last contact with a school, either way: by any letter, answer, talk or deed, under any of its URNs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, and_, bindparam, case, func, literal, select, union_all

from outreach.asking.chasing.chases import Chase
from outreach.asking.confirming.requests import Confirmation, ConfirmationRequest
from outreach.asking.invitations import Answer, Invitation
from outreach.asking.notes import PHONE, NoteOnOrganisation
from outreach.asking.open_door import LinkRequest
from outreach.asking.own_letters.drafts import OwnLetter, OwnLetterTo
from outreach.asking.paper import PaperLetter, PaperPosting
from outreach.booking.holds import FormBegun
from outreach.booking.promises import Booking, BookingRevision, Cancellation
from outreach.booking.proposals import Proposal
from outreach.ground.db import made_once, plain_rows
from outreach.post.outbox import SENT, Letter
from outreach.tour import programmes
from outreach.tour.programmes import Programme
from outreach.visits.reports import SCHOOL, VisitReport


@dataclass(frozen=True, slots=True)
class LastContact:
    """The newest of all that passed between us and a school: `what` is a word for it."""

    at: datetime
    what: str


LETTER, ANSWER, TALK, FORM = "letter", "answer", "phone", "form begun"
BOOKED, CANCELLED, REPORTED, ASKED_FOR_LINK = "booking", "cancellation", "report", "asked for a link"


def last_contact_of_organisations(
    programme: Programme, families: Mapping[int, Sequence[int]]
) -> dict[int, LastContact]:
    """{URN: its newest contact in any programme of the partnership}; `families`: each with all its URNs. Two
    queries."""
    everybody = sorted({organisation_id for family in families.values() for organisation_id in family})
    if not everybody:
        return {}
    # Named one by one: a subquery hides from the planner how few they are, and it goes through whole tables.
    mine = [key for (key,) in plain_rows(*_programmes(programme.partnership_id))]
    asked = {"organisation_ids": everybody, "mine": mine, "whose": programme.partnership_id}
    newest: dict[int, LastContact] = {}
    for organisation_id, what, at in plain_rows(_passed(), asked):
        if organisation_id not in newest or newest[organisation_id].at < at:
            newest[organisation_id] = LastContact(at, what)
    found = {}
    for organisation_id, family in families.items():
        known = [newest[u] for u in family if u in newest]
        if known:
            found[organisation_id] = max(known, key=lambda contact: contact.at)
    return found


@made_once
def _programmes(partnership_id: int) -> Select[int]:
    return programmes.ids_of(partnership_id).order_by(Programme.id)


@cache
def _passed() -> Any:
    """(URN, word, newest instant) of each kind; a row for each school and kind. Made once, for exports of
    many parts."""
    organisation_ids: BindParameter[Any] = bindparam("organisation_ids", expanding=True)
    mine: BindParameter[Any] = bindparam("mine", expanding=True)

    def newest(organisation_id: Any, what: str, at: Any, of_programme: Any, *joins: tuple[Any, Any]) -> Any:
        query = select(
            organisation_id.label("organisation_id"), literal(what).label("what"), func.max(at).label("at")
        )
        for other, on in joins:
            query = query.join(other, on)
        return query.where(
            organisation_id.in_(organisation_ids), at.is_not(None), of_programme.in_(mine)
        ).group_by(organisation_id)

    # Mail that came back reached nobody. Not a condition on the row: SQLite would go through all that was
    # ever sent.
    arrived = case((Letter.status == SENT, Letter.handed_at))
    return union_all(
        newest(
            Invitation.organisation_id,
            LETTER,
            arrived,
            Invitation.programme_id,
            (Letter, Letter.id == Invitation.letter_id),
        ),
        newest(
            PaperLetter.organisation_id,
            LETTER,
            # One that is said to go on a day to come passed when that was said.
            case(
                (PaperPosting.posted_at < PaperPosting.recorded_at, PaperPosting.posted_at),
                else_=PaperPosting.recorded_at,
            ),
            PaperLetter.programme_id,
            (
                PaperPosting,
                and_(PaperPosting.paper_letter_id == PaperLetter.id, PaperPosting.withdrawn_at.is_(None)),
            ),
        ),
        newest(
            OwnLetterTo.organisation_id,
            LETTER,
            arrived,
            OwnLetter.programme_id,
            (Letter, Letter.id == OwnLetterTo.letter_id),
            (OwnLetter, OwnLetter.id == OwnLetterTo.own_letter_id),
        ),
        newest(
            Booking.organisation_id,
            LETTER,
            arrived,
            Booking.programme_id,
            (Letter, Letter.stream == Booking.uid),
        ),
        newest(
            Proposal.organisation_id,
            LETTER,
            arrived,
            Proposal.programme_id,
            (Letter, Letter.stream == Proposal.uid),
        ),
        newest(
            Chase.organisation_id, LETTER, arrived, Chase.programme_id, (Letter, Letter.id == Chase.letter_id)
        ),
        newest(
            ConfirmationRequest.organisation_id,
            LETTER,
            arrived,
            ConfirmationRequest.programme_id,
            (Letter, Letter.id == ConfirmationRequest.letter_id),
        ),
        newest(
            ConfirmationRequest.organisation_id,
            ANSWER,
            Confirmation.recorded_at,
            ConfirmationRequest.programme_id,
            (Confirmation, Confirmation.request_id == ConfirmationRequest.id),
        ),
        newest(Answer.organisation_id, ANSWER, Answer.recorded_at, Answer.programme_id),
        newest(FormBegun.organisation_id, FORM, FormBegun.recorded_at, FormBegun.programme_id),
        newest(
            Booking.organisation_id,
            BOOKED,
            BookingRevision.recorded_at,
            Booking.programme_id,
            (BookingRevision, BookingRevision.booking_id == Booking.id),
        ),
        newest(
            Booking.organisation_id,
            CANCELLED,
            Cancellation.recorded_at,
            Booking.programme_id,
            (Cancellation, and_(Cancellation.booking_id == Booking.id, Cancellation.cancelled_by == SCHOOL)),
        ),
        newest(
            Booking.organisation_id,
            REPORTED,
            VisitReport.recorded_at,
            Booking.programme_id,
            (VisitReport, and_(VisitReport.booking_id == Booking.id, VisitReport.side == SCHOOL)),
        ),
        newest(
            LinkRequest.organisation_id, ASKED_FOR_LINK, LinkRequest.recorded_at, LinkRequest.programme_id
        ),
        select(NoteOnOrganisation.organisation_id, literal(TALK), func.max(NoteOnOrganisation.recorded_at))
        .where(
            NoteOnOrganisation.organisation_id.in_(organisation_ids),
            NoteOnOrganisation.partnership_id == bindparam("whose"),
            NoteOnOrganisation.kind == PHONE,
            NoteOnOrganisation.withdrawn_at.is_(None),
        )
        .group_by(NoteOnOrganisation.organisation_id),
    )
