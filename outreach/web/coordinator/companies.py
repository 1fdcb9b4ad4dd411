"""Companies and their troupes."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for

from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.tour import companies
from outreach.tour.companies import Company, CompanyFacts, Troupe, TroupeFacts
from outreach.web import forms, troupe_door
from outreach.web.gate import coordinator, coordinators_only, who


class CompanyForm(forms.Form):
    name = forms.text("Name of the company", required="Enter the name of the company.", at_most=120)
    contact_name = forms.text("Whom to ring there", at_most=100)
    contact_email = forms.address("Email address")
    contact_phone = forms.text("Phone number", at_most=40)

    def facts(self) -> CompanyFacts:
        return CompanyFacts(**{name: self[name].data for name in CompanyFacts.__annotations__})


class TroupeForm(forms.Form):
    name = forms.text(
        "Name of the troupe",
        required="Enter a name, for example Red van.",
        at_most=60,
        hint="What you call this cast and its van, for example Red van",
    )
    base = forms.text(
        "Where the van starts and ends its day",
        at_most=60,
        hint="The postcode of a school in the register, a grid reference like SP 513 061, or an easting and "
        "northing. Empty: the day begins at the first school",
    )
    base_name = forms.text("What that place is called", at_most=100)
    calendar_address = forms.address(
        "Where the troupe’s calendar entries go", hint="Empty: the troupe gets no calendar entries"
    )

    def facts(self) -> TroupeFacts:
        """Raises BaseNotFound."""
        return TroupeFacts(
            name=self.name.data,
            base=companies.find_base(self.base.data),
            base_name=self.base_name.data,
            calendar_address=self.calendar_address.data,
        )


@coordinator.get("/companies", endpoint="companies")
@coordinators_only
def all_companies() -> Any:
    troupes = companies.troupes(g.partnership.id)
    rows = [
        (company, [t for t in troupes if t.company_id == company.id])
        for company in companies.of_partnership(g.partnership.id)
    ]
    return render_template("coordinator/companies.html", rows=rows)


@coordinator.route("/companies/new", methods=["GET", "POST"])
@coordinators_only
def new_company() -> Any:
    form = CompanyForm()
    if form.validate_on_submit():
        try:
            with transaction():
                made = companies.add(g.partnership.id, form.facts(), who=who(), now=clock.now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(f"{made.name} is added. Its first troupe comes next.")
            return redirect(url_for("coordinator.new_troupe", company_id=made.id), 303)
    return render_template("coordinator/company.html", form=form, company=None), _status()


@coordinator.route("/companies/<int(max=2147483647):company_id>", methods=["GET", "POST"])
@coordinators_only
def company(company_id: int) -> Any:
    here = _company(company_id)
    form = CompanyForm(obj=here)
    if form.validate_on_submit():
        try:
            with transaction():
                companies.change(here, form.facts(), who=who(), now=clock.now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash("The company is saved.")
            return redirect(url_for("coordinator.companies"), 303)
    return render_template("coordinator/company.html", form=form, company=here), _status()


@coordinator.route("/companies/<int(max=2147483647):company_id>/troupes/new", methods=["GET", "POST"])
@coordinators_only
def new_troupe(company_id: int) -> Any:
    here = _company(company_id)
    form = TroupeForm()
    if form.validate_on_submit():
        try:
            with transaction():
                made = companies.add_troupe(here, form.facts(), who=who(), now=clock.now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(f"{made.name} is added.")
            return redirect(url_for("coordinator.companies"), 303)
    return render_template("coordinator/troupe.html", form=form, company=here, troupe=None), _status()


@coordinator.route("/troupes/<int(max=2147483647):troupe_id>", methods=["GET", "POST"])
@coordinators_only
def troupe(troupe_id: int) -> Any:
    here = _troupe(troupe_id)
    base = f"{here.base.easting}, {here.base.northing}" if here.base else ""
    settled = {name: getattr(here, name) for name in ("name", "base_name", "calendar_address")}
    form = TroupeForm(data=settled | {"base": base})
    if form.validate_on_submit():
        try:
            with transaction():
                companies.change_troupe(here, form.facts(), who=who(), now=clock.now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(f"{here.name} is saved.")
            return redirect(url_for("coordinator.companies"), 303)
    page = render_template(
        "coordinator/troupe.html", form=form, company=here.company, troupe=here, link=troupe_door.offer(here)
    )
    return page, _status()


def _company(company_id: int) -> Company:
    try:
        return companies.get(g.partnership.id, company_id)
    except Refusal:
        abort(404)


def _troupe(troupe_id: int) -> Troupe:
    try:
        return companies.get_troupe(g.partnership.id, troupe_id)
    except Refusal:
        abort(404)


def _status() -> int:
    return 422 if request.method == "POST" else 200
