"""Words that people typed, of a school or of all, and their erasing where they name a child."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for

from outreach.county.schools import Organisation
from outreach.ground import clock, erasures
from outreach.ground.db import db, transaction
from outreach.ground.row_numbers import row_number
from outreach.privacy import typed
from outreach.privacy.held import NONE_READ
from outreach.web.gate import coordinator, coordinators_only, our_organisation, who


@coordinator.route("/words", methods=["GET", "POST"], endpoint="typed_words")
@coordinators_only
def typed_words() -> Any:
    """The newest of a school, or of all; those in which some words stand. What is looked for is sent: it may be a
    name, and stands in no address."""
    of = _school()
    find = request.form.get("find", "").strip()[:200]
    return render_template(
        "coordinator/typed.html",
        school=of,
        find=find,
        found=typed.newest(g.partnership.id, organisation_id=of.organisation_id if of else None, find=find),
    )


@coordinator.route("/words/<text_table>/<text_column>/<text_row>/erase", methods=["GET", "POST"])
@coordinators_only
def typed_erase(text_table: str, text_column: str, text_row: str) -> Any:
    """Asks first: nothing brings them back."""
    of = typed.get(g.partnership.id, text_table, text_column, text_row)
    back = url_for("coordinator.typed_words", organisation_id=request.args.get("organisation_id"))
    if request.method != "POST":
        is_listed = erasures.path() is not None
        return render_template("coordinator/typed_erase.html", words=of, back=back, is_listed=is_listed)
    carried = typed.mails(of, g.partnership.id)
    db.session.rollback()
    with transaction():
        there = typed.get(g.partnership.id, text_table, text_column, text_row)
        of_these = carried if there.words == of.words else NONE_READ
        typed.erase(there, of_these, partnership_id=g.partnership.id, who=who(), now=clock.now())
    flash("Erased. That something was said, by whom and when, stays.", "done")
    return redirect(back, 303)


def _school() -> Organisation | None:
    asked = row_number(request.args.get("organisation_id", ""))
    return None if asked is None else our_organisation(asked)
