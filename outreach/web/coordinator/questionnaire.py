"""The programme's questionnaire: its items, the draft, and its approval by a second coordinator."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from outreach.county.coordinators import Coordinator
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.row_numbers import row_numbers
from outreach.outcomes import items, questionnaires
from outreach.outcomes.items import SCALE, TRUE_OR_FALSE, ItemWords
from outreach.outcomes.questionnaires import Questionnaire
from outreach.tour.programmes import Programme
from outreach.web import forms, questionnaire_words
from outreach.web.gate import coordinator, coordinators_only, programme_in_hand, the_programme, who
from outreach.web.refusals import back_to, refused, status

KINDS = (
    ("tell", "Whom to tell: five answers from yes to no"),
    (SCALE, "Five answers from yes to no"),
    ("true", "True or false: it is true"),
    ("false", "True or false: it is false"),
)


class ItemForm(forms.Form):
    words = forms.text(
        "What pupils read",
        required="Write the sentence that pupils answer to.",
        hint="One short sentence that a child of nine reads at once.",
    )
    kind = forms.choice("How they answer", KINDS, required="Choose how they answer.")
    source = forms.text(
        "Where it comes from",
        required="Say where it comes from.",
        hint="Your own? Write your partnership’s name.",
    )
    licence = forms.text(
        "Its licence", required="Say by what licence it stands here.", hint="For example: CC BY 4.0"
    )
    validated = forms.tick("Its source says that it was validated")


@coordinator.route("/questionnaire", methods=["GET", "POST"])
@coordinators_only
def questionnaire() -> Any:
    """What pupils are asked in the programme in hand; a POST drafts it from what is ticked."""
    programme = programme_in_hand()
    if programme is None:
        return render_template("coordinator/questionnaire_none.html")
    wrong = refused()
    ticked = row_numbers(request.form.getlist("item"))
    if request.method == "POST" and wrong is None:
        with transaction():
            programme = the_programme()
            if request.form.get("ours"):
                questionnaires.start_with_ours(programme, _me(), now=clock.now())
            else:
                questionnaires.draft(programme, ticked, _me(), now=clock.now())
        flash("The draft is kept. A second coordinator reads and approves it.", "done")
        return _back(programme)
    draft = questionnaires.find_draft(programme.id)
    approved = questionnaires.find_approved(programme.id)
    chosen = draft or approved
    page = render_template(
        "coordinator/questionnaire.html",
        programme=programme,
        draft=draft,
        approved=approved,
        asked=questionnaires.items_of(approved.id) if approved else [],
        drafted=questionnaires.items_of(draft.id) if draft else [],
        known=items.items_of_partnership(g.partnership.id),
        ended=items.ended_of_partnership(g.partnership.id),
        ticked=ticked or [one.id for one in (questionnaires.items_of(chosen.id) if chosen else [])],
        mine=draft is not None and draft.drafted_by_id == current_user.person_id,
        alone=draft is not None and questionnaires.is_alone(draft),
        wrong=wrong.message if wrong else "",
        words=questionnaire_words,
    )
    return page, status()


@coordinator.route("/questionnaire/items/new", methods=["GET", "POST"])
@coordinators_only
def new_item() -> Any:
    """An item of one's own, or a published one with its source and licence."""
    programme, form = the_programme(), ItemForm()
    if form.validate_on_submit():
        with transaction():
            items.add(g.partnership.id, _written(form), who=who(), now=clock.now())
        flash("The item is kept. Tick it to ask it.", "done")
        return _back(programme)
    return render_template("coordinator/question_item.html", programme=programme, form=form), status()


@coordinator.post("/questionnaire/items/<int:item_id>/end")
@coordinators_only
def end_item(item_id: int) -> Response:
    """It is offered no more; what asks it goes on."""
    programme = the_programme()
    with transaction():
        items.end(items.get(item_id, partnership_id=g.partnership.id), now=clock.now())
    flash(
        "The item is not offered any more: below, it can be again. Questionnaires that have it keep it.",
        "done",
    )
    return _back(programme)


@coordinator.post("/questionnaire/items/<int:item_id>/again")
@coordinators_only
def offer_item_again(item_id: int) -> Response:
    programme = the_programme()
    with back_to(_at(programme)), transaction():
        items.offer_again(items.get(item_id, partnership_id=g.partnership.id))
    flash("The item is offered again. Tick it to ask it.", "done")
    return _back(programme)


@coordinator.post("/questionnaires/<int:questionnaire_id>/approve")
@coordinators_only
def approve_questionnaire(questionnaire_id: int) -> Response:
    programme = _programme_of(_ours(questionnaire_id))
    with back_to(_at(programme)), transaction():
        questionnaires.approve(_ours(questionnaire_id), _me(), now=clock.now())
    flash("Approved. Codes can be made for its shows.", "done")
    return _back(programme)


@coordinator.post("/questionnaires/<int:questionnaire_id>/withdraw")
@coordinators_only
def withdraw_questionnaire(questionnaire_id: int) -> Response:
    programme = _programme_of(_ours(questionnaire_id))
    with transaction():
        questionnaires.withdraw(_ours(questionnaire_id), who=who(), now=clock.now())
    flash("Withdrawn. Codes that were made go on.", "done")
    return _back(programme)


def _written(form: ItemForm) -> ItemWords:
    kind = form.kind.data
    return ItemWords(
        words=form.words.data,
        kind=SCALE if kind in (SCALE, "tell") else TRUE_OR_FALSE,
        whom_to_tell=kind == "tell",
        right_answer={"true": 1, "false": 0}.get(kind),
        source=form.source.data,
        licence=form.licence.data,
        validated=form.validated.data,
    )


def _me() -> Coordinator:
    return db.session.get_one(Coordinator, current_user.person_id)


def _ours(questionnaire_id: int) -> Questionnaire:
    return questionnaires.get(questionnaire_id, partnership_id=g.partnership.id)


def _programme_of(one: Questionnaire) -> Programme:
    return db.session.get_one(Programme, one.programme_id)


def _at(programme: Programme) -> str:
    return url_for("coordinator.questionnaire", programme=programme.id)


def _back(programme: Programme) -> Response:
    return redirect(_at(programme), 303)
