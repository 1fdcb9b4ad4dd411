"""Codes and waves of shows: made, printed, stopped, renewed; answers set aside, and those on paper counted."""

import re
from datetime import datetime
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.wording import count
from outreach.outcomes import declines, expected, questionnaires, tallies, waves
from outreach.outcomes.waves import CLOSED, OVER, AnswerWave, ShowAsked, WaveCode
from outreach.tour.performances import Performance
from outreach.web import forms, questionnaire_words, wave_sheets
from outreach.web.gate import coordinator, coordinators_only, programme_in_hand, the_programme, who
from outreach.web.refusals import back_to, refused, status


class ReasonForm(forms.Form):
    reason = forms.remark(
        "Why",
        required="Say why these answers are set aside.",
        hint="For example: the code was online.",
    )


@coordinator.get("/waves")
@coordinators_only
def wave_list() -> Any:
    """Every show of the programme in hand, and how far its waves are."""
    programme = programme_in_hand()
    if programme is None:
        return render_template("coordinator/questionnaire_none.html")
    now, shows = clock.now(), waves.shows_of_programme(programme.id)
    declined = declines.organisation_ids_of_programme(programme.id)
    return render_template(
        "coordinator/waves.html",
        programme=programme,
        approved=questionnaires.find_approved(programme.id),
        shows=[one for one in shows if not _is_done(one, now)],
        done=[one for one in shows if _is_done(one, now)],
        declined=declined,
        without=len([one for one in shows if _could_be_asked(one, declined)]),
        now=now,
        words=questionnaire_words,
    )


@coordinator.post("/waves")
@coordinators_only
def make_all_codes() -> Response:
    """Codes for every show to come that has none and whose school did not decline."""
    programme, made = the_programme(), 0
    with back_to(url_for("coordinator.wave_list", programme=programme.id)), transaction():
        declined = declines.organisation_ids_of_programme(programme.id)
        for one in waves.shows_of_programme(programme.id):
            if _could_be_asked(one, declined):
                made += bool(waves.make(one.performance, who=who(), now=clock.now()))
    flash(f"{count(made, 'show has its codes', 'shows have their codes')} now.", "done")
    return redirect(url_for("coordinator.wave_list", programme=programme.id), 303)


@coordinator.route("/shows/<int:performance_id>/codes", methods=["GET", "POST"])
@coordinators_only
def show_codes(performance_id: int) -> Any:
    """The codes of one show; a POST makes those that are missing."""
    show, now = _show(performance_id), clock.now()
    wrong = refused()
    if request.method == "POST" and wrong is None:
        with transaction():
            waves.make(_show(performance_id), who=who(), now=now)
        flash("The codes are made. Print the poster, or show the slide.", "done")
        return _back(performance_id)
    found = waves.of_performance(show.id)
    codes = waves.codes_of([wave.id for wave in found])
    page = render_template(
        "coordinator/show_codes.html",
        show=show,
        waves=found,
        codes=codes,
        aside=waves.set_aside_of([code.id for some in codes.values() for code in some]),
        came={wave.id: expected.came(wave) for wave in found},
        expected=expected.pupils(show, now=now),
        piles={wave.id: tallies.of_wave(wave.id) for wave in found},
        over=[wave.id for wave in found if wave.state(now) in (OVER, CLOSED)],
        declined=show.organisation_id in declines.organisation_ids_of_programme(show.programme_id),
        wrong=wrong.message if wrong else "",
        now=now,
        words=questionnaire_words,
    )
    return page, status()


@coordinator.post("/shows/<int:performance_id>/questionnaire")
@coordinators_only
def decline_questionnaire(performance_id: int) -> Response:
    """The host does not want its pupils asked; or it does after all."""
    with transaction():
        show = _show(performance_id)
        programme = show.tour_day.programme
        deed = declines.withdraw if request.form.get("after_all") else declines.decline
        deed(programme, show.organisation_id, who=who(), now=clock.now())
    flash(
        "Kept. Its pupils are asked." if request.form.get("after_all") else "Kept. No code of it works.",
        "done",
    )
    return _back(performance_id)


@coordinator.post("/waves/<int:wave_id>/renew")
@coordinators_only
def renew_code(wave_id: int) -> Response:
    show_id = _wave(wave_id).performance_id
    with back_to(_at(show_id)), transaction():
        code = waves.renew(_wave(wave_id), who=who(), now=clock.now()).written
    flash(f"The code is {code} now. Print the poster again: the old one opens nothing.", "done")
    return _back(show_id)


@coordinator.post("/codes/<int:code_id>/stop")
@coordinators_only
def stop_code(code_id: int) -> Response:
    show_id = _code(code_id).wave.performance_id
    with back_to(_at(show_id)), transaction():
        waves.stop(_code(code_id), who=who(), now=clock.now())
    flash("Stopped. Nobody can answer with it; a new code can be given.", "done")
    return _back(show_id)


@coordinator.route("/codes/<int:code_id>/set-aside", methods=["GET", "POST"])
@coordinators_only
def set_answers_aside(code_id: int) -> Any:
    """Why the answers of a code are left out; asked before anybody can see what they come to."""
    code, form = _code(code_id), ReasonForm()
    show_id = code.wave.performance_id
    if form.validate_on_submit():
        with back_to(_at(show_id), "confirm", waves.WaveIsOver), transaction():
            waves.set_aside(_code(code_id), form.reason.data, who=who(), now=clock.now())
        flash("Set aside. They are in no sum.", "done")
        return _back(show_id)
    return render_template("coordinator/set_aside.html", code=code, form=form), status()


@coordinator.post("/codes/<int:code_id>/take-back-in")
@coordinators_only
def take_answers_back_in(code_id: int) -> Response:
    show_id = _code(code_id).wave.performance_id
    with back_to(_at(show_id)), transaction():
        waves.take_back_in(_code(code_id), who=who(), now=clock.now())
    flash("They count again.", "done")
    return _back(show_id)


@coordinator.post("/waves/<int:wave_id>/count-all")
@coordinators_only
def count_all_answers(wave_id: int) -> Response:
    """What was set aside by itself counts after all."""
    show_id = _wave(wave_id).performance_id
    with back_to(_at(show_id)), transaction():
        waves.take_burst_back_in(_wave(wave_id), who=who(), now=clock.now())
    flash("All answers of this wave count now.", "done")
    return _back(show_id)


@coordinator.get("/waves/<int:wave_id>/poster")
@coordinators_only
def wave_poster(wave_id: int) -> Any:
    """A sheet of A4 for the wall: QR code, address, code, and whom to talk to."""
    return _to_print(wave_sheets.POSTER, _wave(wave_id))


@coordinator.get("/waves/<int:wave_id>/slide")
@coordinators_only
def wave_slide(wave_id: int) -> Any:
    """The same for the wall of a hall."""
    return _to_print(wave_sheets.SLIDE, _wave(wave_id))


@coordinator.get("/waves/<int:wave_id>/paper")
@coordinators_only
def wave_paper(wave_id: int) -> Any:
    """The questions on paper, for a school without phones."""
    return _to_print(wave_sheets.PAPER, _wave(wave_id))


@coordinator.route("/waves/<int:wave_id>/tally", methods=["GET", "POST"])
@coordinators_only
def count_paper(wave_id: int) -> Any:
    """How many of a pile of sheets gave each answer, item by item."""
    wave, wrong = _wave(wave_id), refused()
    typed = {
        name: said.strip() for name, said in request.form.items() if re.fullmatch(r"n-[0-9]{1,9}-[0-9]", name)
    }
    odd = next((said for said in typed.values() if said and not re.fullmatch(r"[0-9]{1,4}", said)), "")
    if request.method == "POST" and wrong is None and not odd:
        numbers = {
            (int(name.split("-")[1]), int(name.split("-")[2])): int(said)
            for name, said in typed.items()
            if said
        }
        with transaction():
            tallies.count(_wave(wave_id), numbers, who=who(), now=clock.now())
        flash("Counted. They join the sums of each question.", "done")
        return _back(wave.performance_id)
    page = render_template(
        "coordinator/tally.html",
        wave=wave,
        show=wave.performance,
        items=questionnaires.items_of(wave.questionnaire_id),
        typed=typed,
        wrong=f"Enter numbers in figures; ‘{odd[:20]}’ is none." if odd else wrong.message if wrong else "",
        words=questionnaire_words,
    )
    return page, status()


@coordinator.post("/tallies/<int:tally_id>/withdraw")
@coordinators_only
def withdraw_tally(tally_id: int) -> Response:
    tally = tallies.get(tally_id, partnership_id=g.partnership.id)
    show_id = _wave(tally.wave_id).performance_id
    with transaction():
        tallies.withdraw(tallies.get(tally_id, partnership_id=g.partnership.id), who=who(), now=clock.now())
    flash("Withdrawn. That pile is in no sum.", "done")
    return _back(show_id)


def _to_print(what: str, wave: AnswerWave) -> Any:
    code = wave_sheets.code_of(wave)
    if code is None:
        flash("This wave has no code that works. Give it a new one first.", "confirm")
        return _back(wave.performance_id)
    return render_template(f"coordinator/wave_{what}.html", **wave_sheets.words_of(wave, code))


def _is_done(one: ShowAsked, now: datetime) -> bool:
    """Whether nothing is left to print or to wait for: all its waves are closed, or nobody was asked in time."""
    if one.waves:
        return all(wave.closed_at is not None for wave in one.waves)
    return one.performance.ends_at <= now


def _could_be_asked(one: ShowAsked, declined: set[int]) -> bool:
    return (
        not one.waves
        and one.performance.organisation_id not in declined
        and one.performance.ends_at > clock.now()
    )


def _show(performance_id: int) -> Performance:
    """This partnership's, and booked; a 404 for another's, none, or a slot that a school is just holding."""
    found = db.session.get(Performance, performance_id)
    if found is None or found.partnership_id != g.partnership.id or found.held_until is not None:
        abort(404)
    return found


def _wave(wave_id: int) -> AnswerWave:
    return waves.get(wave_id, partnership_id=g.partnership.id)


def _code(code_id: int) -> WaveCode:
    return waves.get_code(code_id, partnership_id=g.partnership.id)


def _at(performance_id: int) -> str:
    return url_for("coordinator.show_codes", performance_id=performance_id)


def _back(performance_id: int) -> Response:
    return redirect(_at(performance_id), 303)
