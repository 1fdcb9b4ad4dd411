"""Questions for a school's pupils: its poster, slide and form on paper, which it fetches itself; its no, and undo."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from outreach.booking.promises import Booking
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.outcomes import declines, families, questionnaires, waves
from outreach.outcomes.families import PupilsAsked
from outreach.web import wave_sheets
from outreach.web.gate import by_personal_link, own_standing_booking, school
from outreach.web.refusals import back_to
from outreach.web.school import questions_words


@school.get("/i/<token>/booked/<reference>/questions")
@by_personal_link
def questions(token: str, reference: str) -> Any:
    """What its pupils are asked about one show, wave by wave."""
    booking, asked = _asked_about(reference)
    codes = waves.codes_of([wave.id for wave in asked.waves])
    return render_template(
        "school/questions.html",
        token=token,
        booking=booking,
        declined=questions_words.declined(booking) if asked.declined else "",
        lead=questions_words.lead(questionnaires.number_of_items(asked.questionnaire_id)),
        by_host=questions_words.by_host(booking) if asked.by_host else "",
        can_make=not asked.waves and not asked.by_host,
        shown=questions_words.of_waves(asked.waves, codes, works=not asked.by_host, now=clock.now()),
    )


@school.post("/i/<token>/booked/<reference>/questions/codes")
@by_personal_link
def questions_codes(token: str, reference: str) -> Response:
    """Its codes, where no coordinator has made them yet."""
    _asked_about(reference)
    with back_to(_at(token, reference)), transaction():
        waves.make(_asked_about(reference)[0].performance, who=g.who, now=clock.now())
    flash("The codes are made. Print the poster, or show the slide.", "done")
    return redirect(_at(token, reference), 303)


@school.post("/i/<token>/booked/<reference>/questions/decline")
@by_personal_link
def questions_declined(token: str, reference: str) -> Response:
    """Its pupils are not asked; the page that it comes back to undoes it."""
    _asked_about(reference)
    with transaction():
        booking, _ = _asked_about(reference)
        declines.decline(booking.programme, booking.organisation_id, who=g.who, now=clock.now())
    return redirect(_at(token, reference), 303)


@school.post("/i/<token>/booked/<reference>/questions/after-all")
@by_personal_link
def questions_after_all(token: str, reference: str) -> Response:
    _asked_about(reference)
    with transaction():
        booking, _ = _asked_about(reference)
        declines.withdraw(booking.programme, booking.organisation_id, who=g.who, now=clock.now())
    flash("Kept. Your pupils are asked.", "done")
    return redirect(_at(token, reference), 303)


@school.get("/i/<token>/booked/<reference>/questions/<wave>/<what>")
@by_personal_link
def wave_sheet(token: str, reference: str, wave: str, what: str) -> Any:
    """Poster, slide or form on paper of one wave; while its code does not work, the page that says why."""
    booking, asked = _asked_about(reference)
    found = next((one for one in asked.waves if one.kind == wave), None)
    if found is None or what not in wave_sheets.NAMES:
        abort(404)
    code = wave_sheets.code_of(found)
    if (
        code is None
        or asked.declined
        or asked.by_host
        or found.state(clock.now()) in (waves.OVER, waves.CLOSED)
    ):
        return redirect(_at(token, reference), 303)
    return render_template(
        "school/wave_sheet.html",
        token=token,
        booking=booking,
        what=what,
        name=wave_sheets.NAMES[what],
        how_to_use=questions_words.HOW_TO_USE[what],
        **wave_sheets.words_of(found, code),
    )


def _asked_about(reference: str) -> tuple[Booking, PupilsAsked]:
    """A standing booking and what its pupils are asked; a 404 where they are asked nothing."""
    booking = own_standing_booking(reference)
    asked = families.asked_about(booking, now=clock.now())
    if asked is None:
        abort(404)
    return booking, asked


def _at(token: str, reference: str) -> str:
    return url_for("school.questions", token=token, reference=reference)
