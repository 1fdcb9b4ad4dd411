"""All that is held about one person: looked up, read, taken out as a file, and erased because somebody asked.

Who it is about is sent and never stands in an address: addresses are kept in logs and in a browser's history.
"""

from collections.abc import Sequence
from typing import Any

from flask import Response, flash, g, redirect, render_template, request, url_for

from outreach.ground import clock, erasures
from outreach.ground.db import db, transaction
from outreach.ground.timespans import day_of
from outreach.ground.wording import count
from outreach.privacy import exporting, forgetting, person
from outreach.privacy import held as held_of
from outreach.privacy.forgetting import ASKED_BY
from outreach.privacy.person import Person
from outreach.web import forms
from outreach.web.forms import Form
from outreach.web.gate import coordinator, coordinators_only, who

MOST = 20
"""Addresses of one person."""


class AskedForm(Form):
    """Who asked, and when: in words that name nobody."""

    asked_by = forms.choice(
        "Who asked?",
        [(name, words[0].upper() + words[1:]) for name, words in ASKED_BY.items()],
        required="Choose who asked.",
    )
    asked_on = forms.day("On which day?", required="Enter the day on which they asked.", hint="Like 12 Feb.")


@coordinator.route("/people/held", methods=["GET", "POST"])
@coordinators_only
def held() -> Any:
    """Whoever is known here by some words. Sent, so that a name stands in no address."""
    find = request.form.get("find", "").strip()[:200]
    return render_template(
        "coordinator/held.html",
        find=find,
        found=person.find(g.partnership.id, find) if find else [],
        asked=request.method == "POST",
    )


@coordinator.post("/people/held/about")
@coordinators_only
def held_about() -> Any:
    """All of it, kind by kind. That somebody looked stands in the history."""
    of = _asked_about()
    if of is None:
        return _nobody_chosen()
    now = clock.now()
    told = exporting.told(of, of=g.partnership.name, now=now)
    needs = forgetting.needs(of, now=now)
    db.session.rollback()
    with transaction():
        exporting.put_down("looked at", g.partnership.id, who=who(), now=now)
    return render_template("coordinator/held_about.html", person=of, told=told, needs=needs, rows=_rows(told))


@coordinator.post("/people/held/file")
@coordinators_only
def held_file() -> Any:
    """The gate writes down that it was taken out."""
    of = _asked_about()
    if of is None:
        return _nobody_chosen()
    now = clock.now()
    told = exporting.told(of, of=g.partnership.name, now=now)
    return Response(
        exporting.as_json(told),
        mimetype="application/json",
        headers={"Content-Disposition": f'attachment; filename="held-{day_of(now)}.json"'},
    )


@coordinator.post("/people/held/erase")
@coordinators_only
def held_erase() -> Any:
    """First in words what goes and what stays; then, with who asked and when, it is done for good."""
    of = _asked_about()
    if of is None:
        return _nobody_chosen()
    now = clock.now()
    form = AskedForm(formdata=request.form if "sure" in request.form else None)
    if "sure" in request.form and forms.valid(form):
        on = form.asked_on.data
        assert on is not None, "the form asks for it"
        mails = held_of.mails(of)
        db.session.rollback()
        with transaction():
            done = forgetting.forget(of, mails, asked_by=form.asked_by.data, asked_on=on, who=who(), now=now)
        flash(
            f"Erased: {count(done.rows, 'row')} and {count(done.mails, 'mail')}. What was done stays, without them.",
            "done",
        )
        return redirect(url_for("coordinator.held"), 303)
    page = render_template(
        "coordinator/held_erase.html",
        person=of,
        form=form,
        needs=forgetting.needs(of, now=now),
        can_be_told_apart=not of.shared,
        is_listed=erasures.path() is not None,
    )
    return page, 422 if form.errors else 200


def _asked_about() -> Person | None:
    """A 404 of whom nothing is held here; None where nobody was chosen."""
    addresses = [one for one in request.form.getlist("address") if one.strip()][:MOST]
    if not addresses:
        return None
    return person.get(g.partnership.id, addresses, by_name="by_name" in request.form)


def _nobody_chosen() -> Any:
    find = request.form.get("find", "").strip()[:200]
    page = render_template(
        "coordinator/held.html",
        find=find,
        found=person.find(g.partnership.id, find) if find else [],
        asked=True,
        wrong="Tick an address first.",
    )
    return page, 422


def _rows(told: dict[str, Any]) -> Sequence[tuple[str, list[dict[str, Any]]]]:
    return [(kind["kind"], kind["rows"]) for kind in told["kinds"]]
