"""Venues of training sessions: halls, stations, rooms of a school or a body, and the one that stands for 'online'.

A venue is the host of a session and is never asked for anything: it has no contacts, no staff to be trained and no
standing. What is known of it is as of now; sessions that took place keep where they were (performance).
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import func, select

from outreach.county import bodies, partnerships
from outreach.county.schools import CLOSED, FIRST_OF_ONLINE, VENUE, Organisation
from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.errors import NoSuch, Refusal
from outreach.ground.geography import Place
from outreach.ground.wording import count, words_of

HALL, STATION, OFFICE, IN_HOUSE, ONLINE = "Hall", "Station", "Office", "At a school or body", "Online"
KINDS = (HALL, STATION, OFFICE)
"""What a venue that is put down by hand may be; the others come about by themselves."""
MOST_PLACES = 5_000
LONGEST = 200
ONLINE_NAME = "Online meeting"


class Venue(Organisation):
    """`type_of_establishment` is what it is."""

    __mapper_args__ = {"polymorphic_identity": VENUE}
    in_history = ("school", "organisation_id")
    """The history knows organisations by one word."""

    @property
    def is_online(self) -> bool:
        return is_online(self)

    @property
    def is_kept_by_hand(self) -> bool:
        """Whether a coordinator puts down what is known of it."""
        return self.type_of_establishment in KINDS


def is_online(organisation: Organisation) -> bool:
    """Whether a host is no place at all, but a meeting."""
    return organisation.organisation_id >= FIRST_OF_ONLINE


@dataclass(frozen=True, kw_only=True)
class VenueFacts:
    """What a coordinator says of a venue. `place`: its point, by a grid reference or its postcode; that and `capacity`
    are None where nobody knows."""

    name: str
    kind: str = HALL
    street: str = ""
    town: str = ""
    postcode: str = ""
    place: Place | None = None
    capacity: int | None = None


class NoSuchVenue(NoSuch):
    """No venue of that number is this partnership's."""


class VenueMakesNoSense(Refusal):
    """A venue without a name or an address, of no kind, in a place that is none, or that holds what cannot be."""


class VenueTwice(Refusal):
    field = "name"


class VenueStillUsed(Refusal):
    """It is retired with sessions to come, or is to hold fewer than a session there has places."""

    field = "capacity"


def get(organisation_id: int, partnership_id: int) -> Venue:
    """A venue of this partnership, retired or not. Raises NoSuchVenue."""
    venue = db.session.get(Venue, organisation_id) if 0 <= organisation_id < 2**31 else None
    if venue is None or venue.partnership_id != partnership_id:
        raise NoSuchVenue("No venue here has that number. Look for it in the list of venues.")
    return venue


def of_partnership(partnership_id: int) -> list[Venue]:
    """All venues that are kept by hand, retired ones too, by name."""
    return list(
        db.session.scalars(
            select(Venue)
            .where(Venue.partnership_id == partnership_id, Venue.type_of_establishment.in_(KINDS))
            .order_by(func.lower(Venue.name), Venue.organisation_id)
        )
    )


def checked(typed: VenueFacts) -> VenueFacts:
    """The facts as they are kept. Raises VenueMakesNoSense."""
    said = {name: " ".join(getattr(typed, name).split()) for name in ("name", "street", "town", "postcode")}
    if not words_of(said["name"]):
        raise VenueMakesNoSense("Enter the name of the venue.", field="name")
    for name, words in said.items():
        if len(words) > LONGEST or not words.isprintable():
            raise VenueMakesNoSense(f"Enter {LONGEST} characters or fewer.", field=name)
    if typed.kind not in KINDS:
        raise VenueMakesNoSense(f"Choose one of: {', '.join(KINDS)}.", field="kind")
    if not (said["street"] or said["town"] or said["postcode"]):
        raise VenueMakesNoSense("Enter the address, so that people find the way.", field="street")
    if typed.capacity is not None and not 0 < typed.capacity <= MOST_PLACES:
        raise VenueMakesNoSense(
            f"Enter how many it holds, between 1 and {MOST_PLACES:,}, or leave it empty if that is not known.",
            field="capacity",
        )
    return VenueFacts(kind=typed.kind, capacity=typed.capacity, place=typed.place, **said)


def add(partnership_id: int, facts: VenueFacts, *, who: str, now: datetime) -> Venue:
    """A new venue of a partnership. Raises VenueMakesNoSense, VenueTwice."""
    partnerships.lock(partnership_id)
    kept = checked(facts)
    _once(kept, partnership_id)
    venue = _new(partnership_id)
    _write(venue, kept)
    return _added(venue, who=who, now=now)


def change(
    venue: Venue, facts: VenueFacts, *, most_places: Callable[[int], int], who: str, now: datetime
) -> Venue:
    """What is known of a venue from now on. `most_places` is asked, behind its lock, for the places of the largest
    session to come at a venue's number. Raises VenueMakesNoSense, VenueTwice, VenueStillUsed."""
    assert venue.partnership_id is not None
    lock(venue)
    kept, before = checked(facts), facts_of(venue)
    if kept == before:
        return venue
    _once(kept, venue.partnership_id, instead_of=venue.organisation_id)
    if kept.capacity is not None and kept.capacity < (taken := most_places(venue.organisation_id)):
        raise VenueStillUsed(
            f"A session to come there has {count(taken, 'place')}. Enter that many or more, or change it first."
        )
    _write(venue, kept)
    told = history.differences(asdict(before), asdict(kept))
    history.record("changed", venue, who=who, now=now, before=told[0], after=told[1])
    db.session.flush()
    return venue


def facts_of(venue: Venue) -> VenueFacts:
    """What a coordinator said of a venue, as it stands."""
    known = venue.easting is not None and venue.northing is not None
    return VenueFacts(
        name=venue.name,
        kind=venue.type_of_establishment,
        street=venue.street,
        town=venue.town,
        postcode=venue.postcode,
        place=Place(easting=venue.easting or 0, northing=venue.northing or 0) if known else None,
        capacity=venue.capacity,
    )


def retire(venue: Venue, *, most_places: Callable[[int], int], who: str, now: datetime) -> None:
    """No session is held there any more; those that were stay. Twice is once. Raises VenueStillUsed."""
    lock(venue)
    if not venue.is_open:
        return
    if most_places(venue.organisation_id):
        raise VenueStillUsed("Sessions are still to come there. Move them or call them off first.")
    venue.status = CLOSED
    history.record("retired", venue, who=who, now=now)
    db.session.flush()


def bring_back(venue: Venue, *, who: str, now: datetime) -> None:
    """A venue that was retired can be chosen again."""
    lock(venue)
    if not venue.is_open:
        venue.status = bodies.OPEN
        history.record("open again", venue, who=who, now=now)
        db.session.flush()


def online(partnership_id: int, *, who: str, now: datetime) -> Venue:
    """The one venue of a partnership that stands for a meeting online, made when it is first needed."""
    partnerships.lock(partnership_id)
    found = db.session.scalar(
        select(Venue).where(Venue.partnership_id == partnership_id, Venue.type_of_establishment == ONLINE)
    )
    if found is not None:
        return found
    venue = _new(partnership_id, first=FIRST_OF_ONLINE)
    venue.name, venue.type_of_establishment = ONLINE_NAME, ONLINE
    return _added(venue, who=who, now=now)


def at(organisation: Organisation, partnership_id: int, *, who: str, now: datetime) -> Venue:
    """The venue in the house of a school or a body, made when it is first needed, with the name, address and point
    that it has now."""
    partnerships.lock(partnership_id)
    venue = db.session.scalar(
        select(Venue).where(
            Venue.partnership_id == partnership_id, Venue.at_organisation_id == organisation.organisation_id
        )
    )
    new = venue is None
    if venue is None:
        venue = _new(partnership_id)
        venue.type_of_establishment, venue.at_organisation_id = IN_HOUSE, organisation.organisation_id
    for name in ("street", "locality", "town", "postcode", "easting", "northing"):
        setattr(venue, name, getattr(organisation, name))
    with db.session.no_autoflush:
        venue.name = _free_name(organisation, partnership_id)
    venue.found_by = f" {words_of(venue.name)}"
    if new:
        return _added(venue, who=who, now=now)
    db.session.flush()
    return venue


def lock(venue: Venue) -> None:
    """Queue at the venue's row, after its partnership's, so that nobody holds a session there meanwhile."""
    assert venue.partnership_id is not None
    partnerships.lock(venue.partnership_id)
    db.session.refresh(venue, with_for_update={"key_share": True})


def _free_name(organisation: Organisation, partnership_id: int) -> str:
    """The name of whoever's house it is; where another's has the same, with the town or the number."""
    taken = set(
        db.session.scalars(
            select(Venue.name).where(
                Venue.partnership_id == partnership_id,
                Venue.type_of_establishment == IN_HOUSE,
                Venue.at_organisation_id != organisation.organisation_id,
            )
        )
    )
    named = organisation.name, f"{organisation.name}, {organisation.town or 'no town'}"
    return next(
        (name for name in named if name not in taken), f"{organisation.name} ({organisation.organisation_id})"
    )


def _new(partnership_id: int, *, first: int | None = None) -> Venue:
    (number,) = bodies.free_numbers(1) if first is None else bodies.free_numbers(1, first=first, last=2**31)
    return Venue(
        organisation_id=number,
        partnership_id=partnership_id,
        status=bodies.OPEN,
        la_code="",
        **dict.fromkeys(("street", "locality", "town", "postcode", "website", "telephone"), ""),
    )


def _added(venue: Venue, *, who: str, now: datetime) -> Venue:
    venue.found_by = f" {words_of(f'{venue.name} {venue.town}')}"
    db.session.add(venue)
    db.session.flush()
    history.record("added", venue, who=who, now=now, after=venue.name)
    db.session.flush()
    return venue


def _once(kept: VenueFacts, partnership_id: int, *, instead_of: int | None = None) -> None:
    for other in of_partnership(partnership_id):
        if other.organisation_id != instead_of and words_of(other.name) == words_of(kept.name):
            again = "" if other.is_open else ", retired. Bring it back on its page"
            raise VenueTwice(f"{other.name} is in the list already{again}.")


def _write(venue: Venue, facts: VenueFacts) -> None:
    venue.name, venue.type_of_establishment, venue.capacity = facts.name, facts.kind, facts.capacity
    venue.street, venue.town, venue.postcode = facts.street, facts.town, facts.postcode
    place = facts.place
    venue.easting, venue.northing = (place.easting, place.northing) if place else (None, None)
    venue.found_by = f" {words_of(f'{facts.name} {facts.town}')}"
