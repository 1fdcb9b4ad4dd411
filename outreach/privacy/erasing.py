"""Erasing of people by their address: a name that is nobody's takes its place wherever it stands, so that facts stay.

Whoever is erased gets one new address that says nothing, the same in every row of the partnership: who accepted, which
letters bounced and how many people were written to are counted as before, and nothing leads back.
"""

import json
import re
import secrets
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, case, cast, delete, exists, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from outreach.asking.chasing.chases import Chase
from outreach.asking.confirming.requests import ConfirmationRequest
from outreach.asking.invitations import Invitation
from outreach.asking.open_door import LinkRequest
from outreach.booking.guest_places import GuestPlace
from outreach.booking.named import TAKEN_BACK, NamedPerson
from outreach.booking.promises import Booking, VisitContact
from outreach.booking.proposals import Proposal
from outreach.county.contacts import Contact
from outreach.ground import history
from outreach.ground.db import Base, db
from outreach.ground.history import History
from outreach.outcomes.staff_letters import StaffLetter
from outreach.post.incoming.inbox import GONE, CalendarAnswer, CounterProposal, Incoming, IncomingMail
from outreach.post.links import PersonalLink
from outreach.post.outbox import FAILED, WAITING, WITHDRAWN, DeadAddress, Letter, LetterMail
from outreach.privacy.last_used import ERASED_AT
from outreach.privacy.runs import THE_SERVICE
from outreach.tour import programmes
from outreach.visits.before.reminding import VisitReminder
from outreach.visits.pledge_letters import PledgeLetter
from outreach.visits.reminding import ReportReminder

ERASED = "erased"
"""What stands where words must stand: of a contact's source, a letter's subject."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """A table in which addresses stand: whose column it is, and what else of the row goes with it."""

    model: type[Base]
    address: InstrumentedAttribute[str]
    goes: Mapping[str, Any] = field(default_factory=dict)


_WHOSE_NAME = {"name": "", "role": "", "phone": ""}


def _written(now: datetime) -> list[Written]:
    """Every place in which the address of somebody outside stands; kept.py names each."""
    nobody = {**_WHOSE_NAME, "source": ERASED, "found_by": ""}
    undecided = NamedPerson.decided_at.is_(None)
    return [
        Written(
            model=Contact,
            address=Contact.address,
            goes={**nobody, "ended_at": func.coalesce(Contact.ended_at, now)},
        ),
        Written(model=VisitContact, address=VisitContact.address, goes=nobody),
        Written(
            model=NamedPerson,
            address=NamedPerson.address,
            goes={
                **_WHOSE_NAME,
                "decision": case((undecided, TAKEN_BACK), else_=NamedPerson.decision),
                "who": case((undecided, THE_SERVICE), else_=NamedPerson.who),
                "decided_at": func.coalesce(NamedPerson.decided_at, now),
            },
        ),
        Written(model=NamedPerson, address=NamedPerson.instead_of),
        Written(
            model=PersonalLink,
            address=PersonalLink.address,
            goes={"name": "", "withdrawn_at": func.coalesce(PersonalLink.withdrawn_at, now)},
        ),
        Written(model=LinkRequest, address=LinkRequest.address, goes={"name": ""}),
        Written(
            model=Letter,
            address=Letter.recipient,
            goes={
                "subject": ERASED,
                "last_error": None,
                "status": case((Letter.status.in_((WAITING, FAILED)), WITHDRAWN), else_=Letter.status),
            },
        ),
        Written(
            model=Incoming,
            address=Incoming.sender,
            goes={
                "sender_name": "",
                "subject": "",
                "why": case((Incoming.task != "", GONE), else_=""),
            },
        ),
        Written(model=CalendarAnswer, address=CalendarAnswer.address, goes={"comment": ""}),
        Written(model=CounterProposal, address=CounterProposal.address, goes={"comment": ""}),
        *(
            Written(model=model, address=model.address)
            for model in (
                Invitation,
                Chase,
                ConfirmationRequest,
                ReportReminder,
                VisitReminder,
                PledgeLetter,
                StaffLetter,
            )
        ),
    ]


def erase(partnership_id: int, addresses: Sequence[str], *, now: datetime) -> int:
    """Erase whoever has one of these addresses (lower case) at a partnership; returns how many rows were changed.

    In the caller's transaction. Another partnership's rows stay as they are. Nothing brings them back.
    """
    if not addresses:
        return 0
    instead = {address: f"{ERASED}-{secrets.token_hex(8)}{ERASED_AT}" for address in addresses}
    _their_mails(partnership_id, addresses)
    changed = sum(_rewrite(one, partnership_id, instead) for one in _written(now))
    _dead(instead)
    _told(partnership_id, set(addresses), now=now)
    db.session.expire_all()
    return changed


def _rewrite(one: Written, partnership_id: int, instead: Mapping[str, str]) -> int:
    theirs = func.lower(one.address)
    done = db.session.execute(
        update(one.model)
        .where(of_partnership(one.model, partnership_id), theirs.in_(instead))
        .values({one.address.key: case(dict(instead), value=theirs), **one.goes})
        .execution_options(synchronize_session=False)
    )
    return int(getattr(done, "rowcount", 0))


def _told(partnership_id: int, addresses: Set[str], *, now: datetime) -> None:
    """What deeds said of them, before and after: that it was done stays, and the chain still holds."""
    told = History.before, History.after
    rows = db.session.execute(
        select(History.id, *told)
        .where(
            History.partnership_id == partnership_id,
            or_(*(cast(one, Text).contains("@") for one in told)),
        )
        .order_by(History.id)
        .execution_options(yield_per=1000)
    )
    theirs = [key for key, *said in rows if addresses & set(_AN_ADDRESS.findall(json.dumps(said).lower()))]
    for start in range(0, len(theirs), 1000):
        history.erase(
            theirs[start : start + 1000], part=history.TOLD, whose=partnership_id, who=THE_SERVICE, now=now
        )


_AN_ADDRESS = re.compile(r"[^\s\"'<>,;()\[\]]+@[^\s\"'<>,;()\[\]]+")


def _their_mails(partnership_id: int, addresses: Sequence[str]) -> None:
    """The mails themselves, before nothing tells any more whose they were."""
    for mail, of, model, address in (
        (LetterMail, LetterMail.letter_id, Letter, Letter.recipient),
        (IncomingMail, IncomingMail.incoming_id, Incoming, Incoming.sender),
    ):
        whose = select(model.id).where(
            of_partnership(model, partnership_id), func.lower(address).in_(addresses)
        )
        db.session.execute(delete(mail).where(of.in_(whose)).execution_options(synchronize_session=False))


def _dead(instead: Mapping[str, str]) -> None:
    """That mail bounced for good is known of the new address as it was of the old one, which goes once nobody else here
    was ever written to by it."""
    theirs = func.lower(DeadAddress.address)
    for row in db.session.scalars(
        select(DeadAddress).where(theirs.in_(instead)).order_by(DeadAddress.id)
    ).all():
        db.session.add(
            DeadAddress(
                address=instead[row.address.lower()],
                recorded_at=row.recorded_at,
                reason=ERASED,
                ended_at=row.ended_at,
            )
        )
    db.session.flush()
    db.session.execute(
        delete(DeadAddress)
        .where(
            theirs.in_(instead),
            ~exists().where(func.lower(Contact.address) == theirs),
            ~exists().where(func.lower(Letter.recipient) == theirs),
        )
        .execution_options(synchronize_session=False)
    )


def of_partnership(model: Any, partnership_id: int) -> ColumnElement[bool]:
    """Rows of a partnership, by the nearest column that says whose they are."""
    columns = model.__table__.columns
    if "partnership_id" in columns:
        return model.partnership_id == partnership_id  # type: ignore[no-any-return]
    if "programme_id" in columns:
        return model.programme_id.in_(programmes.ids_of(partnership_id))  # type: ignore[no-any-return]
    if "incoming_id" in columns:
        return model.incoming_id.in_(  # type: ignore[no-any-return]
            select(Incoming.id).where(Incoming.partnership_id == partnership_id)
        )
    found = [
        getattr(model, column).in_(select(other.id).where(of_partnership(other, partnership_id)))
        for column, other in (("booking_id", Booking), ("proposal_id", Proposal), ("place_id", GuestPlace))
        if column in columns
    ]
    return or_(*found)
