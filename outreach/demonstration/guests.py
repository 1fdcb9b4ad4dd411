"""Host and guest in the made-up year: two hosts offered their seats and were joined, and one is asked for
some."""

from datetime import datetime, time, timedelta

from outreach.booking import accounts, guest_hosts, guest_places, promises
from outreach.booking.colleagues import LEAD, Colleague
from outreach.booking.guest_hosts import HostShow
from outreach.booking.guest_places import GuestPlace, Travel
from outreach.booking.guests import hosting, joining
from outreach.booking.guests.joining import JoiningWish
from outreach.booking.numbers import Promise
from outreach.county import contacts
from outreach.county.schools import School
from outreach.demonstration import cast
from outreach.demonstration.cast import Cast
from outreach.ground.timespans import local
from outreach.tour.programmes import Programme

JOINED = 2
TERMS = "Please come to the main gate. There is tea for the staff who come along."
MESSAGE = "Our hall is being rewired until Easter, so we cannot have the show here."


def tell(programme: Programme, parts: Cast, *, now: datetime) -> None:
    """Hosts among those that are booked, guests among those that nobody has asked yet, the smallest first;
    ages unknown or not."""
    days_ago = [now - timedelta(days=n) for n in (3, 2, 1)]
    guests = [
        (s, pupils)
        for s in parts.playing(cast.NEW_HERE, cast.AGES_UNKNOWN)
        if (pupils := _pupils(programme, s, now=now))
    ]
    guests.sort(key=lambda each: (sum(each[1].values()), each[0].organisation_id))
    hosted: list[int] = []
    for school, pupils in guests:
        show = _near(programme, school, sum(pupils.values()), but=hosted, now=days_ago[1])
        if show is None:
            continue
        open_to_all = len(hosted) < JOINED
        if open_to_all:
            _offer(show, now=days_ago[0])
        _join(programme, school, pupils, show, now=days_ago[1 if open_to_all else 2])
        hosted.append(show.performance.id)
        if len(hosted) > JOINED:
            return


def _pupils(programme: Programme, school: School, *, now: datetime) -> dict[int, int]:
    """All that it has; {} where that is not known, or where it has nobody on file."""
    if not contacts.contacts_of_organisation(school.organisation_id):
        return {}
    open_years = accounts.account(programme, school, now=now).still_open
    return {y: n for y, n in open_years.items() if n} if None not in open_years.values() else {}


def _near(
    programme: Programme, school: School, pupils: int, *, but: list[int], now: datetime
) -> HostShow | None:
    """The nearest show that takes them all and that no other guest of this story goes to."""
    found = guest_hosts.within_reach(programme, school, now=now, at_least=pupils)
    return next((show for show in found if show.performance.id not in but), None)


def _offer(show: HostShow, *, now: datetime) -> None:
    host = promises.of_performance(show.performance.id)[0]
    hosting.offer(
        host,
        how=guest_places.OPEN,
        seats=show.seats.for_guests,
        terms=TERMS,
        who=f"{show.host.name} (school)",
        now=now,
    )


def _join(
    programme: Programme, school: School, pupils: dict[int, int], show: HostShow, *, now: datetime
) -> GuestPlace:
    lead = contacts.contacts_of_organisation(school.organisation_id)[0]
    starts = local(show.performance.starts_at)
    there = starts - timedelta(minutes=15)
    named = Colleague(name=lead.name, address=lead.address, duty=LEAD, role=lead.role, phone=lead.phone)
    wish = JoiningWish(
        why=guest_places.NO_HALL,
        promise=Promise(pupils=pupils, people=(named,)),
        message=MESSAGE,
        travel=Travel(by="minibus", adults=3, arrives=time(there.hour, there.minute)),
    )
    return joining.ask(programme, school, show.performance, wish, who=f"{school.name} (school)", now=now)
