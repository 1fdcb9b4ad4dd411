"""Words of a booking for others: for colleagues and the head teacher, to paste or to mail. No page of its own."""

from urllib.parse import quote, urlencode

from flask import g

from outreach.booking import promises
from outreach.booking.in_hall import AtWork
from outreach.booking.promises import Booking
from outreach.ground.audience import in_group
from outreach.ground.wording import and_list, clock_span, day
from outreach.tour import sessions
from outreach.web import map_links


def pupils_said(booking: Booking) -> str:
    """'108 in Year 8 and 104 in Year 9'."""
    return and_list(in_group(n, y) for y, n in promises.pupils_of(booking).items())


def words_for_colleagues(booking: Booking, work: AtWork) -> str:
    """What a head teacher and colleagues need to know, to paste into a mail; the school's link is not in it."""
    show, programme = booking.performance, booking.programme
    when = f"{day(show.starts_at)}, {clock_span(show.starts_at, show.ends_at)}"
    who = pupils_said(booking) or (programme.words.count(booking.seats) if booking.seats else "our staff")
    partnership = g.partnership
    questions = ", ".join(filter(None, (partnership.contact_name, partnership.contact_phone)))
    session = sessions.of_performance(show.id) if programme.for_adults else None
    if session is not None:
        # Nothing follows a link on its line, so that mail programs find its end.
        at = session.link if sessions.is_online(show) else f"{address_of(booking)}."
        lines = [
            f"We take part in ‘{programme.title}’ {sessions.where(show)} on {when}.",
            f"Where: {at}",
            *([f"How to join: {session.joining}"] if session.joining else []),
            f"Who: {who}.",
        ]
    elif booking.role == promises.GUEST:
        lines = [
            f"We see ‘{programme.title}’ at {show.host.name} on {when}.",
            f"Where: {address_of(booking)}.",
            f"Who: {who}.",
        ]
    else:
        lines = [
            f"‘{programme.title}’ comes to us on {when}.",
            f"Where: {booking.hall or f'our {programme.words.hall}'}. The company "
            f"{work.comes} and {work.goes}.",
            f"Who: {who}.",
        ]
    if not programme.for_adults:
        lines.append("Staff stay with their classes, and our safeguarding lead is in school that day.")
    lines.append(f"Reference {booking.reference}." + (f" Questions: {questions}." if questions else ""))
    return "\n".join(lines)


def mail_to_colleagues(booking: Booking, work: AtWork) -> str:
    """A mail with these words, to whomever one likes."""
    subject = f"‘{booking.programme.title}’ on {day(booking.performance.starts_at)}"
    return "mailto:?" + urlencode(
        {"subject": subject, "body": words_for_colleagues(booking, work)}, quote_via=quote
    )


def address_of(booking: Booking) -> str:
    """Where the show is, as one line."""
    host = booking.performance.host
    return ", ".join(part for part in (host.name, host.street, host.town, host.postcode) if part)


def directions(booking: Booking) -> str:
    """The way to the host's door on a map; only the host's address goes there."""
    return map_links.on_the_web(address_of(booking))
