"""Pupils' pages: the code, what it is, the questions, and thank you. Nobody signs in, and nothing is kept of who asks.

No page here sets a cookie or leaves a line in a log. Networks are looked at to count wrong codes, and answers outside
the class's hour.
"""

from datetime import datetime, time, timedelta
from typing import Any

from flask import abort, current_app, redirect, request, url_for

from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.errors import Refusal
from outreach.ground.row_numbers import whole_number
from outreach.ground.timespans import day_of, wall
from outreach.outcomes import answering, questionnaires, typed_codes, waves
from outreach.outcomes.waves import WaveCode
from outreach.tour.programmes import Programme
from outreach.web import pupil_words
from outreach.web.gate import csrf, open_to_all, public
from outreach.web.refusals import refused, status
from outreach.web.way_in import asking_network


@public.get("/q")
@open_to_all
def pupil_code() -> Any:
    """The box for the code, typed on a shared computer too; ?code= leads on, with ?postcode= where it is asked for."""
    typed = request.args.get("code")
    if typed is None:
        return _code_page()
    if not typed.strip():
        return _code_page(pupil_words.NO_CODE)
    found = _entered(typed)
    if isinstance(found, str):
        return _code_page(found, typed)
    return redirect(url_for("public.pupil_first", code=found.in_address), 303)


@public.get("/q/<code>")
@open_to_all
def pupil_first(code: str) -> Any:
    """What it is, that it may be left, whom to tell now."""
    found = _known(code)
    try:
        answering.check_open(found, now=clock.now())
    except answering.NotOpen as not_open:
        return _not_now(not_open)
    number = questionnaires.number_of_items(found.wave.questionnaire_id)
    return _page(
        "first",
        found,
        title=pupil_words.HEADS[found.wave.kind],
        why=pupil_words.WHY[found.wave.kind],
        how_long=pupil_words.how_long(number),
    )


@public.route("/q/<code>/questions", methods=["GET", "POST"])
@open_to_all
def pupil_questions(code: str) -> Any:
    """The questions; a POST keeps the answers, each form once."""
    refusal = refused()
    if request.method == "POST" and refusal is None:
        values = {
            place: said
            for place in range(1, questionnaires.MOST + 1)
            if (said := whole_number(request.form.get(f"a{place}", ""), 0, 9)) is not None
        }
        now, typed = clock.now(), waves.code_of_address(code)
        with transaction():
            timing = answering.timing(typed, asking_network(), now=now)
        with transaction():
            kept = answering.answer(typed, request.form.get("form", ""), values, timing=timing, now=now)
        return redirect(url_for("public.pupil_thanks", code=code, kept="yes" if kept else "no"), 303)
    if refusal is not None:
        return _not_now(refusal)
    found = _known(code)
    try:
        answering.check_open(found, now=clock.now())
    except answering.NotOpen as not_open:
        return _not_now(not_open)
    return _page(
        "questions",
        found,
        title=pupil_words.HEADS[found.wave.kind],
        items=questionnaires.items_of(found.wave.questionnaire_id),
        form=answering.new_form(found),
    )


# A session would be a cookie: the form's own signed token stands in its place.
csrf.exempt(pupil_questions)


@public.get("/q/<code>/thanks")
@open_to_all
def pupil_thanks(code: str) -> Any:
    found = _known(code)
    nothing = request.args.get("kept") == "no"
    said = pupil_words.NOTHING_SAID if nothing else pupil_words.KEPT
    return _page("thanks", found, title="Thank you", said=said)


def _page(name: str, code: WaveCode, **facts: Any) -> str:
    play = db.session.get_one(Programme, code.wave.performance.programme_id).title
    return _drawn(name, code=code, play=play, **facts)


def _drawn(name: str, **facts: Any) -> str:
    """Without what other pages are given to be drawn with: that asks the cookie who is signed in."""
    return current_app.jinja_env.get_template(f"pupil/{name}.html").render(words=pupil_words, **facts)


def _known(address: str) -> WaveCode:
    """Whose address it is. One that bears no secret is a code that somebody typed, or a QR code of before."""
    found = waves.find_address(address)
    if found is None and waves.plain(address):
        abort(redirect(url_for("public.pupil_code", code=address), 303))
    return found or abort(_code_page(pupil_words.UNKNOWN_CODE, status_of_page=404))


def _entered(typed: str) -> WaveCode | str:
    """The code that was typed, or in words why none opens; a wrong one is counted beside the reading."""
    with transaction():
        found = typed_codes.enter(
            typed, request.args.get("postcode", ""), network=asking_network(), now=clock.now()
        )
    return pupil_words.NOT_FOUND[found] if isinstance(found, str) else found


def _code_page(wrong: str = "", typed: str = "", *, status_of_page: int = 0) -> Any:
    now = clock.now()
    besides = typed_codes.asks_for_postcode(asking_network(), now=now)
    if wrong == pupil_words.UNKNOWN_CODE and besides and request.args.get("postcode"):
        wrong = pupil_words.DO_NOT_FIT
    postcode = request.args.get("postcode", "")[:20] if besides else None
    page = _drawn("code", title="Type your code", wrong=wrong, typed=typed[:20], postcode=postcode)
    if wrong == pupil_words.TOO_MANY:
        return current_app.make_response((page, 429, {"Retry-After": str(_to_midnight(now))}))
    return current_app.make_response((page, status_of_page or (422 if wrong else 200)))


def _to_midnight(now: datetime) -> int:
    return -((now - wall(day_of(now) + timedelta(days=1), time())) // timedelta(seconds=1))


def _not_now(why: Refusal) -> Any:
    return _drawn("not_now", title="Not now", why=why.message), status()
