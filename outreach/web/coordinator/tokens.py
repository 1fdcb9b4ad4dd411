"""Tokens for the JSON feed: made here, shown once, withdrawn."""

from collections.abc import Iterable
from typing import Any

from flask import current_app, flash, g, redirect, render_template, request, url_for

from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.post.feeds import tokens
from outreach.tour import companies
from outreach.tour.companies import Company
from outreach.web import forms
from outreach.web.gate import coordinator, coordinators_only, who


class TokenForm(forms.Form):
    label = forms.text(
        "What reads with it",
        required="Enter what reads with it, for example Council dashboard.",
        at_most=80,
        hint="For example: Council dashboard",
    )
    company = forms.pick(
        "Whose it is", hint="A company’s reads its own shows alone, whatever is ticked below.", default=""
    )
    scopes = forms.ticks(
        "What it may read",
        [(scope, f"{scope}: {said}") for scope, said in tokens.SCOPES.items()],
        hint="No more than it needs.",
        default=list(tokens.AS_BEFORE),
    )


@coordinator.route("/reports/tokens", methods=["GET", "POST"])
@coordinators_only
def api_tokens() -> Any:
    """The tokens; the form makes one, which this one answer shows."""
    every = companies.of_partnership(g.partnership.id)
    form, made = _form(every), None
    if form.validate_on_submit():
        with transaction():
            _row, made = tokens.make(
                g.partnership.id,
                form.label.data,
                scopes=form.scopes.data or (),
                company_id=int(form.company.data) if form.company.data else None,
                who=who(),
                now=clock.now(),
            )
        form = _form(every, formdata=None)
    return render_template(
        "coordinator/api_tokens.html",
        form=form,
        made=made,
        tokens=tokens.every(g.partnership.id),
        company_names={company.id: company.name for company in every},
        public_url=current_app.config["PUBLIC_URL"],
    ), 422 if request.method == "POST" and made is None else 200


def _form(every: Iterable[Company], **given: Any) -> TokenForm:
    form = TokenForm(**given)
    of = [(str(company.id), f"{company.name}, a company") for company in every]
    forms.set_choices(form.company, [("", "The partnership’s"), *of])
    return form


@coordinator.post("/reports/tokens/<int:token_id>/withdraw")
@coordinators_only
def withdraw_token(token_id: int) -> Any:
    with transaction():
        row = tokens.get(g.partnership.id, token_id)
        label = row.label
        tokens.withdraw(row, who=who(), now=clock.now())
    flash(f"‘{label}’ is withdrawn. Whatever reads with it is told so from now on.", "done")
    return redirect(url_for("coordinator.api_tokens"), 303)
