"""Text for a school's sign-in desk: who comes, in which vehicle, when; and the form in which a troupe says so."""

from collections.abc import Iterable
from datetime import datetime

from flask import flash

from outreach.booking.promises import Booking
from outreach.booking.sheets.day_sheet import SheetStop
from outreach.county import partnerships
from outreach.county.partnerships import Partnership
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.wording import clock as clock_words
from outreach.ground.wording import clock_span
from outreach.ground.wording import day as day_words
from outreach.tour import companies, turning
from outreach.tour.companies import Troupe
from outreach.web import forms, opened


class SignInForm(forms.Form):
    who_comes = forms.text(
        "Who comes",
        at_most=200,
        hint="Names, or how many people, as a school’s sign-in desk asks for it. Schools with a booking read it",
    )
    vehicle = forms.text("Vehicle", at_most=100, hint="Make, colour, registration")


def settle(troupe: Troupe, form: SignInForm, who: str) -> bool:
    """Who comes as the form has it; False while nothing makes sense of it."""
    stands = opened.over(
        lambda: opened.words_of(SignInForm(formdata=None, obj=troupe)), troupe, "changed who comes"
    )
    if not form.validate_on_submit():
        return False
    with transaction():
        stands.unchanged(lambda: partnerships.lock(troupe.company.partnership_id), opened.words_of(form))
        companies.set_sign_in(
            troupe,
            who_comes=form.who_comes.data,
            vehicle=form.vehicle.data,
            who=who,
            now=clock.now(),
        )
    flash(f"Who comes with {troupe.name} is saved.", "done")
    return True


def of_stop(stop: SheetStop, partnership: Partnership) -> str:
    """The same of a stop of a day sheet."""
    troupe = stop.performance.tour_day.troupe
    return _words(stop.booking, troupe, partnership, stop.comes_at, stop.goes_at)


def words(
    booking: Booking, troupe: Troupe, partnership: Partnership, *, besides: Iterable[Booking] = ()
) -> str:
    """What the desk of a host needs, to paste: nothing of pupils, and no link. `besides`: its other bookings, of which
    those of the same day in the same hall count for when the company comes and goes."""
    show = booking.performance
    in_a_row = [b.performance for b in besides if b.performance.tour_day_id == show.tour_day_id]
    comes_at, goes_at = turning.stay(show, in_a_row)
    return _words(booking, troupe, partnership, comes_at, goes_at)


def _words(
    booking: Booking, troupe: Troupe, partnership: Partnership, comes_at: datetime, goes_at: datetime
) -> str:
    show, company = booking.performance, troupe.company
    lines = [
        f"Visitors on {day_words(show.starts_at)}: {company.name}, with ‘{booking.programme.title}’.",
        f"Arrive {clock_words(comes_at)}, play {clock_span(show.starts_at, show.ends_at)}, leave by "
        f"{clock_words(goes_at)}.",
    ]
    said = (
        ("Who comes", troupe.who_comes or "ask the company"),
        ("Vehicle", troupe.vehicle or "ask the company"),
        ("Entrance", booking.entrance),
        ("Parking", booking.parking),
        ("Room", booking.hall),
    )
    lines += [f"{what}: {answer.rstrip('. ')}." for what, answer in said if answer]
    ring = ", ".join(filter(None, (company.contact_name, company.contact_phone)))
    lines += [f"Company: {ring}."] if ring else []
    ours = ", ".join(filter(None, (partnership.contact_name, partnership.contact_phone)))
    return "\n".join([*lines, f"Reference {booking.reference}. Questions: {ours or partnership.name}."])
