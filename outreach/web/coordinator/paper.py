"""Letters on paper: whom they are made for, the letters to print, and the day on which they went."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from outreach.asking import paper, rounds, short_codes
from outreach.coverage import standings
from outreach.coverage.standings import Word
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.row_numbers import row_numbers
from outreach.ground.timespans import day_of
from outreach.ground.typed_days import Which
from outreach.ground.wording import count
from outreach.tour.programmes import Programme
from outreach.web import forms, spoken
from outreach.web.coordinator import paper_shown
from outreach.web.coordinator.gaps_query import organisation_ids_in
from outreach.web.gate import coordinator, coordinators_only, the_programme, who
from outreach.web.refusals import back_to, refused


class PostedForm(forms.Form):
    posted_on = forms.day(
        "Posted on", required="Enter the day on which the letters went, or will go.", which=Which.NEAREST
    )


@coordinator.get("/paper")
@coordinators_only
def paper_letters() -> Any:
    """Schools without an address, and the letters that were made."""
    return _list_page(the_programme(), PostedForm(formdata=None))


@coordinator.post("/paper/preview")
@coordinators_only
def paper_preview() -> Any:
    """Changes nothing: who gets a letter, who not and why, and the letter."""
    programme = the_programme()
    return paper_shown.preview_page(programme, organisation_ids_in(*request.form.getlist("organisation_id")))


@coordinator.post("/paper/print")
@coordinators_only
def paper_print() -> Any:
    """The letters, to be printed from this page: their codes stand here and nowhere else."""
    programme, organisation_ids, now = (
        the_programme(),
        organisation_ids_in(*request.form.getlist("organisation_id")),
        clock.now(),
    )
    target = standings.target_of(programme.id, now=now)
    words = rounds.words_for(programme, set(organisation_ids) & target, now=now)
    codes = {organisation_id: short_codes.fresh(short_codes.LETTER) for organisation_id in words}
    with back_to(url_for("coordinator.paper_letters", programme=programme.id)), transaction():
        made = paper.make(programme, organisation_ids, target, words=words, codes=codes, who=who(), now=now)
    return render_template(
        "coordinator/paper_print.html", programme=programme, made=made, **paper_shown.letterhead()
    )


@coordinator.post("/paper/posted")
@coordinators_only
def paper_posted() -> Any:
    programme, form = the_programme(), PostedForm()
    if form.validate_on_submit():
        with transaction():
            assert form.posted_on.data is not None
            n = paper.post(programme, _letters(), form.posted_on.data, who=who(), now=clock.now())
        flash(
            f"{count(n, 'letter')} posted. Their {spoken.asked_on_page().many} count as asked from that day on."
            if n
            else "All of these were posted already. Nothing changed."
        )
        return redirect(url_for("coordinator.paper_letters", programme=programme.id), 303)
    return _list_page(programme, form), 422


@coordinator.post("/paper/not-posted")
@coordinators_only
def paper_not_posted() -> Any:
    """They did not go after all; their schools stand as if none had."""
    programme = the_programme()
    back = url_for("coordinator.paper_letters", programme=programme.id)
    with back_to(back), transaction():
        n = paper.withdraw_posting(programme, _letters(), who=who(), now=clock.now())
    flash(f"{count(n, 'letter')} not posted after all. Their {spoken.asked_on_page().many} stand as before.")
    return redirect(back, 303)


def _list_page(programme: Programme, form: PostedForm) -> str:
    now = clock.now()
    refused()  # said beside the day, or on top of the list
    reckoning = standings.standings_of_programme(programme.id, as_of=day_of(now), now=now)
    made = paper.letters_of(programme.id)
    if not form.is_submitted():
        form.posted_on.data = day_of(now)
    without = [s for s in reckoning.target if s.standing == Word.UNREACHABLE]
    waiting = {one.organisation.organisation_id for one in made if one.posted_on is None}
    unreachable = {s.organisation_id for s in without}
    meant = unreachable.intersection(row_numbers([request.args.get("organisation_id", "")]))
    return render_template(
        "coordinator/paper_letters.html",
        programme=programme,
        form=form,
        waiting=[one for one in made if one.posted_on is None],
        posted=[one for one in made if one.posted_on is not None],
        without=without,
        waiting_organisation_ids=waiting,
        to_write=meant or unreachable - waiting,
        ticked=set(_letters()),
        late=programme.closed_at is not None or day_of(now) > programme.reply_by,
    )


def _letters() -> list[int]:
    return row_numbers(request.form.getlist("letter"))
