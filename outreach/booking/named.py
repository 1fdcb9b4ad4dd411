"""People whom a school named from outside its own domain: nothing goes to them until a coordinator has said
yes.

Each row is one person at one door: a booking, seats asked for at a neighbour's, 'somebody else' arranges it,
or the contacts that a school confirms.
"""

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.booking.guest_places import GuestPlace
from outreach.county import contacts
from outreach.county.addresses import host_of_address, is_anybodys, is_its_own
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.db import Base, Instant, db
from outreach.tour.programmes import Programme

BOOKING, SEATS, SOMEBODY_ELSE, CONTACTS = "booking", "seats", "somebody else", "contacts"
"""The doors by which a school names people."""

GRANTED, REFUSED, TAKEN_BACK = "granted", "refused", "taken back"


def _open_once(name: str, columns: tuple[str, ...], about: str) -> Index:
    where = text(f"decided_at IS NULL AND {about}")
    return Index(name, *columns, unique=True, postgresql_where=where, sqlite_where=where)


class NamedPerson(Base):
    """Waits while `decided_at` is None. `instead_of`: the address whose place it takes; `about`: the id of
    the question that the school was answering, where it confirmed its contacts; `named_by`: who held the
    link."""

    __tablename__ = "named_person"
    __table_args__ = (
        Index("ix_named_person_programme", "programme_id", "decided_at"),
        _open_once("uq_named_person_booking", ("booking_id", "address"), "booking_id IS NOT NULL"),
        _open_once("uq_named_person_place", ("place_id", "address"), "place_id IS NOT NULL"),
        _open_once(
            "uq_named_person_school",
            ("programme_id", "organisation_id", "door", "address"),
            "booking_id IS NULL AND place_id IS NULL",
        ),
        CheckConstraint("door IN ('booking', 'seats', 'somebody else', 'contacts')", name="door"),
        CheckConstraint("decision IN ('', 'granted', 'refused', 'taken back')", name="decision"),
        CheckConstraint("(decided_at IS NULL) = (decision = '')", name="decided"),
        CheckConstraint(
            "(door = 'booking') = (booking_id IS NOT NULL) AND (door = 'seats') = (place_id IS NOT NULL)",
            name="about",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"))
    door: Mapped[str] = mapped_column(Text)
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"))
    place_id: Mapped[int | None] = mapped_column(ForeignKey("guest_place.id"))
    about: Mapped[int | None]
    instead_of: Mapped[str] = mapped_column(Text, default="", server_default="")
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text, default="", server_default="")
    duty: Mapped[str] = mapped_column(Text, default="", server_default="")
    address: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(Text, default="", server_default="")
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    named_by: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decision: Mapped[str] = mapped_column(Text, default="", server_default="")
    who: Mapped[str] = mapped_column(Text, default="", server_default="")


def known_at(organisation: Organisation, partnership_id: int, *, holder: str) -> Callable[[str], bool]:
    """Whether an address may be written to because a holder of this school's link names it.

    It is the holder's own, on file for the school with the partnership whose link that is, or at a host of
    theirs where not everybody can have an address; or it is at the school's own website. Nothing is read as
    long as the holder's host decides it.
    """
    own = host_of_address(holder) if holder else ""
    hosts = {own} if own and not is_anybodys(own) else set()
    on_file: set[str] | None = None

    def known(address: str) -> bool:
        nonlocal on_file
        wanted, host = address.strip().casefold(), host_of_address(address.strip())
        if wanted == holder.casefold() or host in hosts:
            return True
        if on_file is None:
            people = contacts.to_write_to([organisation.organisation_id], partnership_id).get(
                organisation.organisation_id, []
            )
            on_file = {contact.address.casefold() for contact in people}
            theirs = {host_of_address(a) for a in on_file}
            hosts.update(h for h in theirs if not is_anybodys(h))
        return wanted in on_file or host in hosts or is_its_own(host, organisation)

    return known


def wait(
    door: str,
    organisation: Organisation,
    programme: Programme,
    *,
    name: str,
    role: str,
    address: str,
    phone: str,
    duty: str = "",
    booking_id: int | None = None,
    place_id: int | None = None,
    about: int | None = None,
    instead_of: str = "",
    named_by: str,
    now: datetime,
) -> NamedPerson:
    """Put down whom a school named; nothing is sent. Somebody who waits there already is not put down twice.

    In the caller's transaction, behind the school's lock.
    """
    kept = contacts.details(name, role, address, phone)
    there = db.session.scalar(
        select(NamedPerson).where(
            NamedPerson.decided_at.is_(None),
            NamedPerson.door == door,
            NamedPerson.programme_id == programme.id,
            NamedPerson.organisation_id == organisation.organisation_id,
            NamedPerson.address == kept.address,
            NamedPerson.booking_id == booking_id if booking_id else NamedPerson.booking_id.is_(None),
            NamedPerson.place_id == place_id if place_id else NamedPerson.place_id.is_(None),
        )
    )
    if there is not None:
        there.name, there.role, there.phone, there.duty = kept.name, kept.role, kept.phone, duty
        return there
    row = NamedPerson(
        programme_id=programme.id,
        organisation_id=organisation.organisation_id,
        door=door,
        booking_id=booking_id,
        place_id=place_id,
        about=about,
        instead_of=instead_of,
        name=kept.name,
        role=kept.role,
        duty=duty,
        address=kept.address,
        phone=kept.phone,
        recorded_at=now,
        named_by=named_by,
    )
    db.session.add(row)
    history.record(
        "named somebody who waits",
        history.Subject("school", organisation.organisation_id, programme.partnership_id),
        who=named_by,
        now=now,
        after={"address": kept.address, "door": door},
    )
    db.session.flush()
    return row


def decide(person: NamedPerson, decision: str, *, who: str, now: datetime) -> None:
    """Put down how it ended; decided already is no fault."""
    if person.decided_at is not None:
        return
    person.decided_at, person.decision, person.who = now, decision, who
    history.record(
        f"named person {decision}",
        history.Subject(
            "school",
            person.organisation_id,
            db.session.get_one(Programme, person.programme_id).partnership_id,
        ),
        who=who,
        now=now,
        after={"address": person.address},
    )
    db.session.flush()


def was_of(booking_id: int, named_id: int) -> bool:
    """Whether somebody was named for a booking, or when its seats were asked for; decided already or not."""
    one = db.session.get(NamedPerson, named_id) if named_id < 2**31 else None
    if one is None or one.place_id is None:
        return one is not None and one.booking_id == booking_id
    return db.session.get_one(GuestPlace, one.place_id).booking_id == booking_id


def taken_back(booking_id: int, named_id: int) -> NamedPerson | None:
    """Somebody who was named for a booking and whom the school took back; None for any other."""
    one = db.session.get(NamedPerson, named_id) if was_of(booking_id, named_id) else None
    return one if one is not None and one.decision == TAKEN_BACK else None


def waiting_for_bookings(booking_ids: Collection[int]) -> dict[int, list[NamedPerson]]:
    """Who waits to be taken into some bookings, also where they were named when seats were asked for; one
    query."""
    found: dict[int, list[NamedPerson]] = {}
    if not booking_ids:
        return found
    rows = db.session.execute(
        select(NamedPerson, GuestPlace.booking_id)
        .outerjoin(GuestPlace, GuestPlace.id == NamedPerson.place_id)
        .where(
            NamedPerson.decided_at.is_(None),
            or_(NamedPerson.booking_id.in_(booking_ids), GuestPlace.booking_id.in_(booking_ids)),
        )
        .order_by(NamedPerson.id)
    )
    for person, by_place in rows:
        booking_id = person.booking_id or by_place
        assert booking_id is not None  # one of the two is among those asked for
        found.setdefault(booking_id, []).append(person)
    return found


def waiting_for_place(place_id: int) -> list[NamedPerson]:
    """Who was named with one question for seats and still waits; a coordinator who decides at this moment is
    waited for."""
    return list(
        db.session.scalars(
            select(NamedPerson)
            .where(NamedPerson.decided_at.is_(None), NamedPerson.place_id == place_id)
            .order_by(NamedPerson.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def forget(place_id: int, *, who: str, now: datetime) -> None:
    """Nobody waits any more to hear of one question for seats."""
    for person in waiting_for_place(place_id):
        decide(person, TAKEN_BACK, who=who, now=now)


def waiting_at(door: str, programme_id: int, organisation_id: int) -> list[NamedPerson]:
    """Who waits at one door of a school, the first named first."""
    return list(
        db.session.scalars(
            select(NamedPerson)
            .where(
                NamedPerson.decided_at.is_(None),
                NamedPerson.door == door,
                NamedPerson.programme_id == programme_id,
                NamedPerson.organisation_id == organisation_id,
            )
            .order_by(NamedPerson.id)
        )
    )
