"""Answers of staff about the shows: sums at both moments, and their words, which coordinators alone read."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for

from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.outcomes import staff_answers
from outreach.outcomes.staff_answers import LATER, SOON
from outreach.web import staff_words
from outreach.web.coordinator.as_of import page_asked
from outreach.web.gate import coordinator, coordinators_only, programme_in_hand, who

PAGE = 50
"""Answers in words on one page."""


@coordinator.get("/staff")
@coordinators_only
def staff_said() -> Any:
    programme = programme_in_hand()
    if programme is None:
        return render_template("coordinator/questionnaire_none.html")
    answers = staff_answers.of_programme(programme)
    soon, later = (staff_answers.sums(answers, moment) for moment in (SOON, LATER))
    written = [row for row in answers if row.used_words or row.change_words or row.erased_at]
    left_out: list[str] = []
    pages = max(1, -(-len(written) // PAGE))
    page = page_asked(pages, left_out)
    return render_template(
        "coordinator/staff_said.html",
        programme=programme,
        answers=answers,
        headline=staff_words.headline(soon, later),
        impacts=staff_words.lines_of_impact(soon, later),
        uses=staff_words.lines_of_use(soon, later),
        written=written[(page - 1) * PAGE : page * PAGE],
        page=page,
        pages=pages,
        left_out=left_out,
        words=staff_words,
    )


@coordinator.route("/staff/<int:answer_id>/erase", methods=["GET", "POST"])
@coordinators_only
def staff_erase(answer_id: int) -> Any:
    """The words go for good, as where they name a child; asks first."""
    answer = staff_answers.get(answer_id, partnership_id=g.partnership.id)
    back = url_for("coordinator.staff_said", programme=answer.booking.programme_id)
    if request.method != "POST":
        return render_template("coordinator/staff_erase.html", answer=answer, back=back)
    with transaction():
        staff_answers.erase(answer_id, partnership_id=g.partnership.id, who=who(), now=clock.now())
    flash("Erased. What was chosen stays.", "done")
    return redirect(back, 303)
