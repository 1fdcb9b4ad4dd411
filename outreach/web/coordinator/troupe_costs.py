"""What a troupe costs, for the season sheet: a day with a show, and a kilometre."""

from decimal import Decimal
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for

from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.tour import companies
from outreach.web import forms
from outreach.web.gate import coordinator, coordinators_only, who


class CostsForm(forms.Form):
    day = forms.decimal(
        "Pounds for a day with a show", at_most=20_000, hint="For example 640. Empty: not said"
    )
    km = forms.decimal(
        "Pounds for a kilometre",
        at_most=100,
        hint=(
            "For example 0.45. Kilometres are counted as the crow flies; roads are about a third longer. "
            "Empty: not said"
        ),
    )


@coordinator.route("/troupes/<int:troupe_id>/costs", methods=["GET", "POST"])
@coordinators_only
def troupe_costs(troupe_id: int) -> Any:
    try:
        troupe = companies.get_troupe(g.partnership.id, troupe_id)
    except companies.NoSuchCompany:
        abort(404)
    form = CostsForm(data={"day": _pounds(troupe.cost_day_pence), "km": _pounds(troupe.cost_km_pence)})
    if form.validate_on_submit():
        with transaction():
            companies.set_costs(
                troupe,
                day_pence=_pence(form.day.data),
                km_pence=_pence(form.km.data),
                who=who(),
                now=clock.now(),
            )
        flash(f"The costs of {troupe.name} are saved.", "done")
        return redirect(url_for("coordinator.season"), 303)
    page = render_template("coordinator/troupe_costs.html", form=form, troupe=troupe)
    return page, 422 if request.method == "POST" else 200


def _pence(pounds: Decimal | None) -> int | None:
    """Whole pence, half a penny up."""
    return None if pounds is None else int(pounds * 100 + Decimal("0.5"))


def _pounds(pence: int | None) -> Decimal | None:
    return None if pence is None else Decimal(pence) / 100
