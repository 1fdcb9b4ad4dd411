"""That a troupe tours for another partnership too: a code for the other, the other's code, and the end of it."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for

from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.tour import agreeing, companies
from outreach.tour.companies import Troupe
from outreach.web import agreement as pages
from outreach.web import forms
from outreach.web.gate import coordinator, coordinators_only, who


class CodeForm(forms.Form):
    code = forms.text(
        "Their code",
        required="Enter the code, for example K7MN 4QXP 3ABC DEFG.",
        at_most=40,
        hint="Four groups of four; blanks and small letters make no difference",
    )


@coordinator.get("/troupes/<int(max=2147483647):troupe_id>/agreement")
@coordinators_only
def agreement(troupe_id: int) -> Any:
    here = _troupe(troupe_id)
    return pages.page(here, _door(here), form=CodeForm(formdata=None))


@coordinator.post("/troupes/<int(max=2147483647):troupe_id>/agreement/code")
@coordinators_only
def agreement_code(troupe_id: int) -> Any:
    here = _troupe(troupe_id)
    return pages.make_code(here, _door(here), form=CodeForm(formdata=None))


@coordinator.post("/troupes/<int(max=2147483647):troupe_id>/agreement/begin")
@coordinators_only
def agreement_begin(troupe_id: int) -> Any:
    """What the agreement means, for a code that fits; it begins when that is sent once more. A code that fits nothing
    is counted, so its transaction ends before the page says so."""
    here, form = _troupe(troupe_id), CodeForm()
    door = _door(here)
    if form.validate_on_submit():
        typed, sure = form.code.data or "", bool(request.form.get("sure"))
        with transaction():
            done = bool((agreeing.begin if sure else agreeing.fits)(here, typed, who=who(), now=clock.now()))
        if not done:
            form.refuse(agreeing.CodeDoesNotFit())
        elif sure:
            flash(
                f"{here.name} tours for another partnership too. Days that it plays there are taken here.",
                "done",
            )
            return redirect(door.page, 303)
        else:
            return render_template("coordinator/agreement_begin.html", troupe=here, door=door, typed=typed)
    return pages.page(here, door, form=form), 422


@coordinator.route("/troupes/<int(max=2147483647):troupe_id>/agreement/end", methods=["GET", "POST"])
@coordinators_only
def agreement_end(troupe_id: int) -> Any:
    here = _troupe(troupe_id)
    return pages.end(here, _door(here))


def _troupe(troupe_id: int) -> Troupe:
    return companies.get_troupe(g.partnership.id, troupe_id)


def _door(troupe: Troupe) -> pages.Door:
    def to(endpoint: str) -> str:
        return url_for(f"coordinator.{endpoint}", troupe_id=troupe.id)

    return pages.Door(
        folder="coordinator",
        who=who(),
        page=to("agreement"),
        code=to("agreement_code"),
        end=to("agreement_end"),
        more={},
    )
