"""One sheet of a booking, to print or to keep as PDF."""

from typing import Any

from flask import g, render_template

from outreach.asking.chasing import settings
from outreach.booking import guest_places, in_hall, promises, told
from outreach.ground import clock
from outreach.tour import sessions
from outreach.visits import reminding
from outreach.visits.before import reminding as visit_reminders
from outreach.web.gate import by_personal_link, own_standing_booking, school
from outreach.web.school import booked_words, shared_words


@school.get("/i/<token>/booked/<reference>/sheet")
@by_personal_link
def sheet(token: str, reference: str) -> Any:
    """All of one booking on one sheet: whoever may only look needs no link."""
    booking, now = own_standing_booking(reference), clock.now()
    host, plan = booking.role == promises.HOST, settings.schedule_of_programme(booking.programme_id)
    work = in_hall.of_show(booking.performance)
    return render_template(
        "school/sheet.html",
        token=token,
        booking=booking,
        work=work,
        said_pupils=shared_words.pupils_said(booking),
        people=promises.people_of(booking),
        access=told.access_words(booking.access_needs),
        place=guest_places.of_booking(booking),
        session=sessions.of_performance(booking.performance_id) if g.programme.for_adults else None,
        online=sessions.is_online(booking.performance),
        guests=guest_places.guests_of(booking.performance_id) if host else [],
        steps=booked_words.what_happens_next(
            booking,
            work,
            state=booking.has_come_to(now),
            reminded_on=reminding.comes_on(booking, plan, now=now),
            reminders=visit_reminders.days_to_come(booking, plan, now=now),
            now=now,
        ),
    )
