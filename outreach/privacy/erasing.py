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

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Table,
    Text,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute

from outreach.asking.chasing.chases import Chase
from outreach.asking.confirming.requests import ConfirmationRequest
from outreach.asking.invitations import Invitation
from outreach.asking.open_door import LinkRequest
from outreach.booking.named import TAKEN_BACK, NamedPerson
from outreach.booking.promises import VisitContact
from outreach.county.contacts import Contact
from outreach.ground import erasures, history, whose
from outreach.ground.db import Base, db
from outreach.ground.history import History
from outreach.outcomes.staff_letters import StaffLetter
from outreach.post.incoming.inbox import GONE, CalendarAnswer, CounterProposal, Incoming, IncomingMail
from outreach.post.links import PersonalLink
from outreach.post.outbox import FAILED, WAITING, WITHDRAWN, DeadAddress, Letter, LetterMail
from outreach.privacy import kept
from outreach.privacy.belonging import of_partnership
from outreach.privacy.last_used import ERASED_AT
from outreach.privacy.runs import THE_SERVICE
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


def written(now: datetime) -> list[Written]:
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
    instead = {address: nobodys_address() for address in addresses}
    _their_mails(partnership_id, addresses)
    changed = sum(_rewrite(one, partnership_id, instead) for one in written(now))
    _dead(instead)
    _told(partnership_id, set(addresses), now=now)
    db.session.expire_all()
    return changed


def nobodys_address() -> str:
    return f"{ERASED}-{secrets.token_hex(8)}{ERASED_AT}"


def _rewrite(one: Written, partnership_id: int, instead: Mapping[str, str]) -> int:
    return _erased(one, instead, of_partnership(one.model, partnership_id))


def again(one: Written, keys: Sequence[int], instead: dict[str, str]) -> int:
    """The same of some rows by their number, after a restore; `instead`: who was given which address, added to."""
    model: Any = one.model
    theirs = db.session.scalars(
        select(func.lower(one.address))
        .where(model.id.in_(keys), one.address.not_like(f"%{ERASED_AT}"), one.address != "")
        .distinct()
        .order_by(func.lower(one.address))
    ).all()
    for address in theirs:
        instead.setdefault(address, nobodys_address())
    return (
        _erased(one, {address: instead[address] for address in theirs}, model.id.in_(keys)) if theirs else 0
    )


def _erased(one: Written, instead: Mapping[str, str], *rows: ColumnElement[bool]) -> int:
    theirs = func.lower(one.address)
    erasures.noted(one.model, *rows, theirs.in_(instead), column=one.address.key)
    done = db.session.execute(
        update(one.model)
        .where(*rows, theirs.in_(instead))
        .values({one.address.key: case(dict(instead), value=theirs), **one.goes})
        .execution_options(synchronize_session=False)
    )
    return int(getattr(done, "rowcount", 0))


def gone(column: Column[Any], *, now: datetime) -> dict[str, Any]:
    """What stands in a row once a column of it was erased; others go with it. For all but addresses, which are
    `written`."""
    name = f"{column.table.name}.{column.name}"
    if name == "person.email":
        left = literal("left-") + cast(column.table.c.id, Text) + literal(ERASED_AT)
        return {"email": left, "password_hash": None}
    if name == "staff_answer.used_words":
        return {"used_words": "", "change_words": "", "erased_at": now, "erased_by": THE_SERVICE}
    if name == "letter.subject":
        return {"subject": ERASED}
    if name in _NAMES:
        return {column.name: erasures.SOMEBODY}
    if isinstance(column.type, JSON):
        return {column.name: None if column.nullable else {}}
    return {column.name: erasures.WORDS if name in _TYPED else ""}


def is_name(table: str, column: str) -> bool:
    """Whether a name stands there that must not be empty: of who did something."""
    return f"{table}.{column}" in _NAMES


def stands_for_ever(table: str, column: str) -> bool:
    """Whether the database lets nothing but `gone` take the place of these words."""
    return f"{table}.{column}" in _STANDS


def by_key(table: Table, keys: Sequence[str]) -> ColumnElement[bool]:
    """Rows by their primary keys, as text: '12', '12,3'."""
    columns = list(table.primary_key.columns)
    told = [
        tuple(
            int(part) if column.type.python_type is int else part
            for column, part in zip(columns, key.split(","), strict=True)
        )
        for key in keys
    ]
    if len(columns) == 1:
        return columns[0].in_([one for (one,) in told])
    return tuple_(*columns).in_(told)


def _columns_of(*kinds: str) -> frozenset[str]:
    return frozenset(
        f"{table}.{column}"
        for one in kept.KEPT
        if one.name in kinds
        for table, column in kept.columns_in(one.columns)
    )


_NAMES = _columns_of("Who did what") | {"person.name", "person_role.given_by", "person_role.taken_by"}
"""Where a name must stand, of who did something."""

_STANDS = frozenset(
    "asking_draw.why_again report_withdrawal.reason spending.words visit_report.why_not".split()
)
"""Words of rows that are never changed: the migration 0065 names them too."""

_TYPED = _columns_of("What people typed")


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


_AN_ADDRESS = re.compile(r"(?<![^\s\"'<>,;()\[\]])[^\s\"'<>,;()\[\]]+@[^\s\"'<>,;()\[\]]+")


def _their_mails(partnership_id: int, addresses: Sequence[str]) -> None:
    """The mails themselves, before nothing tells any more whose they were."""
    for mail, of, model, address in (
        (LetterMail, LetterMail.letter_id, Letter, Letter.recipient),
        (IncomingMail, IncomingMail.incoming_id, Incoming, Incoming.sender),
    ):
        theirs = select(model.id).where(
            of_partnership(model, partnership_id), func.lower(address).in_(addresses)
        )
        erasures.remove(mail, of.in_(theirs))


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
    erasures.remove(DeadAddress, theirs.in_(instead), ~_anybody_writes_to(theirs))


def _anybody_writes_to(address: ColumnElement[str]) -> ColumnElement[bool]:
    """Whichever partnership; behind the walls PostgreSQL itself looks."""
    if whose.stands():
        return func.outreach_writes_to(address, type_=Boolean)
    return or_(
        exists().where(func.lower(Contact.address) == address),
        exists().where(func.lower(Letter.recipient) == address),
    )
