"""The open door: somebody asks for a school's link, and it goes only where the school itself reads.

An ask is put down by the page and answered a moment later by `answer_next`, so that the page does the
same work, says the same words and takes the same time whatever the address is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, Select, Text, func, or_, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from outreach.asking import invitations
from outreach.booking import accounts, promises, told
from outreach.county import contacts, partnerships
from outreach.county.addresses import is_its_own, is_office_form
from outreach.county.contacts import Contact
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.audience import FIRST_OF_BODIES, whom
from outreach.ground.db import Base, Instant, db, made_once, plain_rows
from outreach.ground.errors import NoSuch, Refusal
from outreach.ground.timespans import day_of
from outreach.post import letters, links, outbox, stationery
from outreach.post.links import PersonalLink
from outreach.tour import programmes
from outreach.tour.programmes import Programme

SENT, REPEATED, REFUSED, DROPPED = "sent", "repeated", "refused", "dropped"

ONE_LETTER_EVERY = timedelta(hours=1)
LINK_LASTS_AT_LEAST = timedelta(days=30)
NEW_ADDRESSES_A_DAY = 3
WAITING_AT_MOST = 20
ASKS_OF_ONE = 10
ASKS_FROM_ONE_ORIGIN = 60
"""What is put down within an hour; further asks get the same answer and leave nothing. A council's schools
often share one address of origin, so that it may ask for many."""


class NoSuchRequest(NoSuch):
    pass


class AlreadyDecided(Refusal):
    pass


class MailComesBack(Refusal):
    pass


_ASKED = "decided_at IS NULL AND why_waiting = ''"
"""Nobody has looked at it yet."""


class LinkRequest(Base):
    """Somebody asked for a school's link.

    `origin` is the network address that it came from, '' where that tells nothing or is a day old.
    Not yet looked at: no `why_waiting`, no `decided_at`. Waits for a coordinator's click: `why_waiting`
    and no `decided_at`.
    """

    __tablename__ = "link_request"
    in_history = ("link request", "id")
    __table_args__ = (
        Index("ix_link_request_programme", "programme_id", "decided_at"),
        Index("ix_link_request_organisation_id", "organisation_id", "recorded_at"),
        Index("ix_link_request_origin", "origin", "recorded_at"),
        Index("ix_link_request_asked", "id", sqlite_where=text(_ASKED), postgresql_where=text(_ASKED)),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    address: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text, default="")
    origin: Mapped[str] = mapped_column(Text, default="", server_default="")
    why_waiting: Mapped[str] = mapped_column(Text, default="")
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decision: Mapped[str] = mapped_column(Text, default="")
    who: Mapped[str] = mapped_column(Text, default="")

    @property
    def partnership_id(self) -> int:
        """Whose programme the link would open."""
        return db.session.get_one(Programme, self.programme_id).partnership_id


@dataclass(frozen=True, kw_only=True)
class WaitingRequest:
    """A request that waits for a coordinator's click."""

    request: LinkRequest
    organisation: Organisation
    programme: Programme


def ask_for_link(
    programme: Programme,
    organisation: Organisation,
    address: str,
    *,
    name: str,
    now: datetime,
    origin: str = "",
) -> None:
    """Put down an ask: one row, whatever the address is, and nothing in return.

    More than ASKS_OF_ONE or ASKS_FROM_ONE_ORIGIN within an hour leave no row. Asks of one school go one
    after the other (its row is held), so that many at once count as many.
    """
    db.session.execute(
        select(Organisation.organisation_id)
        .where(Organisation.organisation_id == organisation.organisation_id)
        .with_for_update(key_share=True)
    )
    hour, day = now - timedelta(hours=1), now - timedelta(days=1)
    # Greater than nothing, which an index finds: a year's requests have none any more.
    db.session.execute(
        update(LinkRequest).where(LinkRequest.origin > "", LinkRequest.recorded_at < day).values(origin="")
    )
    this_one, this_origin = (
        LinkRequest.organisation_id == organisation.organisation_id,
        LinkRequest.origin == origin,
    )
    of_this_one, from_origin = db.session.execute(
        select(func.count().filter(this_one), func.count().filter(this_origin)).where(
            LinkRequest.recorded_at > hour, or_(this_one, this_origin) if origin else this_one
        )
    ).one()
    if of_this_one >= ASKS_OF_ONE or (origin and from_origin >= ASKS_FROM_ONE_ORIGIN):
        return
    db.session.add(
        LinkRequest(
            programme_id=programme.id,
            organisation_id=organisation.organisation_id,
            address=address.strip().lower(),
            name=name.strip(),
            origin=origin,
            recorded_at=now,
        )
    )
    db.session.flush()


def renew(
    link: PersonalLink, programme: Programme, organisation: Organisation, *, now: datetime, origin: str = ""
) -> None:
    """Whoever holds a link asks for a new one, to the address that it went to: put down as any other ask. Nothing where
    it bears no address, was withdrawn, or went to somebody who was taken off the list since."""
    if link.address and link.withdrawn_at is None and not _was_taken_off(link):
        ask_for_link(programme, organisation, link.address, name=link.name, now=now, origin=origin)


def _was_taken_off(asked: PersonalLink | LinkRequest) -> bool:
    """Whether the address stood on the list of contacts, and does not any more."""
    stood = (
        Contact.organisation_id == asked.organisation_id,
        Contact.partnership_id == asked.partnership_id,
        func.lower(Contact.address) == asked.address.lower(),
    )
    rows = db.session.scalars(select(Contact.ended_at).where(*stood)).all()
    return bool(rows) and None not in rows


def answer_next(*, now: datetime) -> bool:
    """Decide the oldest ask that nobody has looked at; False when there is none. Safe side by side."""
    request = db.session.scalar(
        select(LinkRequest)
        .where(LinkRequest.decided_at.is_(None), LinkRequest.why_waiting == "")
        .order_by(LinkRequest.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if request is None:
        return False
    on_file = contacts.contacts_of_organisation(request.organisation_id, request.partnership_id)
    if _asked_lately(request, now):
        _decide(request, REPEATED, who="", now=now)
    elif why := _why_wait(request, on_file, now):
        _let_wait(request, why, now=now)
    else:
        _send(request, on_file, who="", now=now)
    return True


def programme_for(organisation: Organisation, partnership_id: int, *, now: datetime) -> Programme | None:
    """What somebody of a school or body could book now: of a school the programme in hand; of a body the one for adults
    that is for it."""
    if not organisation.is_body:
        return programmes.current(partnership_id, day_of(now))
    return next(
        (
            programme
            for programme in programmes.in_hand(partnership_id, day_of(now))
            if programme.for_adults and accounts.account(programme, organisation, now=now).expected
        ),
        None,
    )


def waiting_requests(partnership_id: int) -> list[WaitingRequest]:
    """What waits for a coordinator of this partnership, the longest wait first."""
    rows = db.session.execute(
        select(LinkRequest, Organisation, Programme)
        .join(Organisation, Organisation.organisation_id == LinkRequest.organisation_id)
        .join(Programme, Programme.id == LinkRequest.programme_id)
        .where(
            Programme.partnership_id == partnership_id,
            LinkRequest.decided_at.is_(None),
            LinkRequest.why_waiting != "",
        )
        .order_by(LinkRequest.id)
    )
    return [WaitingRequest(request=r, organisation=s, programme=p) for r, s, p in rows]


def organisations_waiting(partnership_id: int) -> Sequence[int]:
    """The URN of each that waits for a coordinator of this partnership."""
    return [organisation_id for (organisation_id,) in plain_rows(*_organisations_waiting(partnership_id))]


@made_once
def _organisations_waiting(partnership_id: int) -> Select[int]:
    return (
        select(LinkRequest.organisation_id)
        .join(Programme, Programme.id == LinkRequest.programme_id)
        .where(
            Programme.partnership_id == partnership_id,
            LinkRequest.decided_at.is_(None),
            LinkRequest.why_waiting != "",
        )
        .order_by(LinkRequest.id)
    )


def decide_request(
    partnership_id: int, request_id: int, grant: bool, *, who: str, now: datetime
) -> LinkRequest:
    """A coordinator's click: grant sends the link, refuse sends nothing.

    Raises NoSuchRequest for another partnership's or none, AlreadyDecided, MailComesBack.
    """
    request = db.session.scalar(
        select(LinkRequest)
        .join(Programme, Programme.id == LinkRequest.programme_id)
        .where(LinkRequest.id == request_id, Programme.partnership_id == partnership_id)
        .with_for_update(of=LinkRequest)
    )
    if request is None:
        raise NoSuchRequest("There is no such request here.")
    if request.decided_at is not None:
        raise AlreadyDecided(f"The request of {request.address} was decided already: {request.decision}.")
    if not grant:
        _decide(request, REFUSED, who=who, now=now)
    elif outbox.is_dead(request.address):
        raise MailComesBack(f"Mail to {request.address} comes back. Ring the school for another address.")
    else:
        _send(
            request,
            contacts.contacts_of_organisation(request.organisation_id, request.partnership_id),
            who=who,
            now=now,
        )
    return request


def read_out(
    programme: Programme, organisation: Organisation, *, name: str, address: str, who: str, now: datetime
) -> str:
    """A fresh personal link, told to somebody on the phone: its token, which is kept nowhere."""
    return fresh_link(
        programme, organisation, name=name, address=address, deed="read out a link", who=who, now=now
    )


def fresh_link(
    programme: Programme,
    organisation: Organisation,
    *,
    name: str,
    address: str,
    deed: str,
    who: str,
    now: datetime,
) -> str:
    """A personal link that no letter bears, and the deed by which it came about; its token."""
    minted = links.mint(
        organisation_id=organisation.organisation_id,
        programme_id=programme.id,
        partnership_id=programme.partnership_id,
        address=address,
        name=name,
        now=now,
        expires_at=_expiry(programme, organisation, now),
    )
    history.record(
        deed,
        history.Subject("school", organisation.organisation_id, programme.partnership_id),
        who=who,
        now=now,
        after={"to": name or address or "not said"},
    )
    db.session.flush()
    return minted.token


def _why_wait(request: LinkRequest, on_file: Sequence[Contact], now: datetime) -> str:
    """Why a person must look at this one, for the coordinator's page; '' when the link may go."""
    if outbox.is_dead(request.address):
        return "Mail to this address comes back."
    if request.address in {contact.address.lower() for contact in on_file}:
        return ""
    if _was_taken_off(request):
        return "This address was taken off the list of contacts."
    local_part, _, host = request.address.rpartition("@")
    whose = whom(request.organisation_id)
    pupil = "" if request.organisation_id >= FIRST_OF_BODIES else ", a pupil’s too"
    if not is_its_own(host, db.session.get_one(Organisation, request.organisation_id)):
        return f"The address is not on file, and its host is not the {whose}’s own website."
    if not is_office_form(local_part):
        return f"The address is at the {whose}’s website, but may be anybody’s there{pupil}."
    if _count(request, SENT, since=now - timedelta(days=1)) >= NEW_ADDRESSES_A_DAY:
        return f"{NEW_ADDRESSES_A_DAY} links went to addresses not on file in a day."
    return ""


def _asked_lately(request: LinkRequest, now: datetime) -> bool:
    """One letter for each school, address and hour; an office may serve two schools."""
    return bool(
        db.session.scalar(
            select(func.count())
            .select_from(LinkRequest)
            .where(
                LinkRequest.organisation_id == request.organisation_id,
                LinkRequest.address == request.address,
                LinkRequest.decision == SENT,
                LinkRequest.decided_at > now - ONE_LETTER_EVERY,
            )
        )
    )


def _count(request: LinkRequest, decision: str, since: datetime) -> int:
    """How many requests for this school, from addresses that are not on file, ended so since then."""
    on_file = select(Contact.address).where(
        Contact.organisation_id == request.organisation_id,
        Contact.ended_at.is_(None),
        Contact.partnership_id == request.partnership_id,
    )
    return (
        db.session.scalar(
            select(func.count())
            .select_from(LinkRequest)
            .where(
                LinkRequest.organisation_id == request.organisation_id,
                LinkRequest.decision == decision,
                LinkRequest.decided_at > since,
                LinkRequest.address.not_in(on_file),
            )
        )
        or 0
    )


def _let_wait(request: LinkRequest, why: str, *, now: datetime) -> None:
    """Ask the coordinator, once for each address, and not without end."""
    waiting = _waiting_with(request)
    if request.address in {other.address for other in waiting}:
        _decide(request, REPEATED, who="", now=now)
    elif len(waiting) >= WAITING_AT_MOST:
        _decide(request, DROPPED, who="", now=now)
    else:
        request.why_waiting = why


def _waiting_with(request: LinkRequest) -> list[LinkRequest]:
    """The other requests for this school that wait for a click."""
    return list(
        db.session.scalars(
            select(LinkRequest)
            .where(
                LinkRequest.programme_id == request.programme_id,
                LinkRequest.organisation_id == request.organisation_id,
                LinkRequest.id != request.id,
                LinkRequest.decided_at.is_(None),
                LinkRequest.why_waiting != "",
            )
            .order_by(LinkRequest.id)
        )
    )


def _send(request: LinkRequest, on_file: Sequence[Contact], *, who: str, now: datetime) -> None:
    """The link to the address, and word of it to the addresses on file when this is none of them."""
    programme = db.session.get_one(Programme, request.programme_id)
    organisation = db.session.get_one(Organisation, request.organisation_id)
    sender = told.sender_of(partnerships.get(programme.partnership_id))
    asking = invitations.asking(programme, organisation, now=now)
    known = {contact.address.lower(): contact for contact in on_file}
    to = known.get(request.address)
    letters.link_sent(
        asking,
        invitations.addressee(to) if to else stationery.Addressee(address=request.address, name=request.name),
        sender,
        now=now,
        expires_at=_expiry(programme, organisation, now),
    )
    if to is None:
        dead = outbox.dead_addresses(list(known))
        for address, contact in known.items():
            if address not in dead:
                letters.link_notice(
                    asking, invitations.addressee(contact), sender, asked_by_address=request.address, now=now
                )
    _decide(request, SENT, who=who, now=now)
    for other in _waiting_with(request):
        if other.address == request.address:
            _decide(other, REPEATED, who="", now=now)


def _expiry(programme: Programme, organisation: Organisation, now: datetime) -> datetime:
    """As an invitation's; never less than 30 days, nor less than the school's bookings need."""
    booked = [told.expiry(booking) for booking in promises.live(programme.id, organisation.organisation_id)]
    return max(invitations.invitation_expiry(programme), now + LINK_LASTS_AT_LEAST, *booked)


def _decide(request: LinkRequest, decision: str, *, who: str, now: datetime) -> None:
    request.decision = decision
    request.decided_at = now
    request.who = who
    history.record(f"link request {decision}", request, who=who or "the open door", now=now)
