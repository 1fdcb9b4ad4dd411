"""Companies and their troupes: what is known of them, what a troupe costs, and a troupe's own link."""

from decimal import Decimal
from typing import Any

from flask import abort, flash, g, jsonify, redirect, render_template, request, url_for

from outreach.county import partnerships, school_locations
from outreach.county.school_locations import Landmark
from outreach.coverage.charts import place_map
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.geography import Place, grid_reference
from outreach.ground.timespans import day_of
from outreach.post import troupe_links
from outreach.tour import companies, days, programmes, typed_places
from outreach.tour.companies import Company, CompanyFacts, Troupe, TroupeFacts
from outreach.tour.programmes import Programme
from outreach.web import forms, opened, sign_in, troupe_door
from outreach.web.coordinator import place_words
from outreach.web.gate import coordinator, coordinators_only, who
from outreach.web.refusals import status


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
        hint="A postcode, a grid reference like SP 513 061, or an easting and northing. Empty: the day begins at the "
        "first school",
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


class CostsForm(forms.Form):
    day = forms.decimal(
        "Pounds for a day with a show", at_most=20_000, hint="For example 640. Empty: not said"
    )
    km = forms.decimal(
        "Pounds for a kilometre",
        at_most=100,
        hint=(
            "For example 0.45. Kilometres are of the road where the table has them, else as the crow flies. "
            "Empty: not said"
        ),
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
        with transaction():
            made = companies.add(g.partnership.id, form.facts(), who=who(), now=clock.now())
        flash(f"{made.name} is added. Its first troupe comes next.")
        return redirect(url_for("coordinator.new_troupe", company_id=made.id), 303)
    return render_template("coordinator/company.html", form=form, company=None), status()


@coordinator.route("/companies/<int(max=2147483647):company_id>", methods=["GET", "POST"])
@coordinators_only
def company(company_id: int) -> Any:
    here = _company(company_id)
    form = CompanyForm(obj=here)
    stands = opened.over(lambda: opened.words_of(CompanyForm(formdata=None, obj=here)), here, "changed")
    if form.validate_on_submit():
        with transaction():
            stands.unchanged(_lock)
            companies.change(here, form.facts(), who=who(), now=clock.now())
        flash("The company is saved.")
        return redirect(url_for("coordinator.companies"), 303)
    return render_template("coordinator/company.html", form=form, company=here), status()


@coordinator.route("/companies/<int(max=2147483647):company_id>/troupes/new", methods=["GET", "POST"])
@coordinators_only
def new_troupe(company_id: int) -> Any:
    here = _company(company_id)
    form = TroupeForm()
    if form.validate_on_submit():
        with transaction():
            made = companies.add_troupe(here, form.facts(), who=who(), now=clock.now())
        said, programme = f"{made.name} is added.{_starts_at(made.base)}", _without_days()
        if programme is not None:
            flash(f"{said} Its tour days come next.")
            return redirect(url_for("coordinator.add_tour_days", programme_id=programme.id), 303)
        flash(said)
        return redirect(url_for("coordinator.companies"), 303)
    return _troupe_page(form, here, None), status()


@coordinator.route("/troupes/<int(max=2147483647):troupe_id>", methods=["GET", "POST"])
@coordinators_only
def troupe(troupe_id: int) -> Any:
    here = _troupe(troupe_id)
    form = TroupeForm(data=_as_settled(here))
    stands = opened.over(
        lambda: opened.words_of(TroupeForm(formdata=None, data=_as_settled(here))), here, "changed"
    )
    if form.validate_on_submit():
        with transaction():
            stands.unchanged(_lock)
            before = here.base
            companies.change_troupe(here, form.facts(), who=who(), now=clock.now())
        moved = _starts_at(here.base) if here.base != before else ""
        flash(f"{here.name} is saved.{moved}")
        return redirect(url_for("coordinator.companies"), 303)
    return _troupe_page(form, here.company, here), status()


@coordinator.get("/places")
@coordinators_only
def place_named() -> Any:
    """The place of `?at=`, as somebody points at it or types it: its grid reference, and it in words."""
    place = typed_places.find(request.args.get("at", ""))
    if place is None:
        abort(404)
    return jsonify(
        reference=grid_reference(place),
        said=place_words.said(place, _landmarks()),
        easting=place.easting,
        northing=place.northing,
    )


@coordinator.route("/troupes/<int:troupe_id>/costs", methods=["GET", "POST"])
@coordinators_only
def troupe_costs(troupe_id: int) -> Any:
    troupe = _troupe(troupe_id)
    form = CostsForm(data=_costs(troupe))
    stands = opened.over(
        lambda: opened.words_of(CostsForm(formdata=None, data=_costs(troupe))), troupe, "changed"
    )
    if form.validate_on_submit():
        with transaction():
            stands.unchanged(_lock)
            companies.set_costs(
                troupe,
                day_pence=_pence(form.day.data),
                km_pence=_pence(form.km.data),
                who=who(),
                now=clock.now(),
            )
        flash(f"The costs of {troupe.name} are saved.", "done")
        return redirect(url_for("coordinator.season"), 303)
    return render_template("coordinator/troupe_costs.html", form=form, troupe=troupe), status()


@coordinator.route("/troupes/<int:troupe_id>/who-comes", methods=["GET", "POST"])
@coordinators_only
def who_comes(troupe_id: int) -> Any:
    here = _troupe(troupe_id)
    form = sign_in.SignInForm(obj=here)
    if sign_in.settle(here, form, who()):
        return redirect(url_for("coordinator.troupe", troupe_id=troupe_id), 303)
    return render_template("coordinator/who_comes.html", form=form, troupe=here), status()


@coordinator.post("/troupes/<int:troupe_id>/link")
@coordinators_only
def make_troupe_link(troupe_id: int) -> Any:
    with transaction():
        troupe_links.make(_troupe(troupe_id).id, partnership_id=g.partnership.id, who=who(), now=clock.now())
    return _to_link(troupe_id, "The link is made. Copy it and send it to the company.")


@coordinator.post("/troupes/<int:troupe_id>/link/renew")
@coordinators_only
def renew_troupe_link(troupe_id: int) -> Any:
    """A new one, even where the old one has expired or somebody has just taken it back."""
    with transaction():
        standing = troupe_links.newest(_troupe(troupe_id).id)
        if standing is None:
            troupe_links.make(troupe_id, partnership_id=g.partnership.id, who=who(), now=clock.now())
        else:
            troupe_links.renew(standing, who=who(), now=clock.now())
    return _to_link(
        troupe_id, "This is a new link. The old one opens nothing any more: send the company the new one."
    )


@coordinator.post("/troupes/<int:troupe_id>/link/withdraw")
@coordinators_only
def withdraw_troupe_link(troupe_id: int) -> Any:
    with transaction():
        standing = troupe_links.newest(_troupe(troupe_id).id)
        if standing is not None:
            troupe_links.withdraw(standing, who=who(), now=clock.now())
    return _to_link(troupe_id, "The link is taken back. Shows and calendar entries stay as they are.")


def _troupe_page(form: TroupeForm, company: Company, troupe: Troupe | None) -> str:
    """What is typed as its base is named and shown on the map, where it is a place; else the one that is settled."""
    found = _landmarks()
    try:
        base = companies.find_base(form.base.data or "")
    except Refusal:
        base = None
    return render_template(
        "coordinator/troupe.html",
        form=form,
        company=company,
        troupe=troupe,
        link=troupe_door.offer(troupe) if troupe else None,
        map=place_map.draw(g.partnership.districts_geojson, found, base),
        base_said=place_words.said(base, found) if base else "",
    )


def _without_days() -> Programme | None:
    """The programme in hand, while it has no tour day: what a new troupe needs next."""
    programme = programmes.current(g.partnership.id, day_of(clock.now()))
    return programme if programme is not None and not days.of_programme(programme.id) else None


def _starts_at(base: Place | None) -> str:
    return f" Its base is {place_words.said(base, _landmarks())}." if base else ""


def _landmarks() -> list[Landmark]:
    return school_locations.landmarks(partnerships.la_codes(g.partnership.id))


def _lock() -> None:
    partnerships.lock(g.partnership.id)


def _as_settled(troupe: Troupe) -> dict[str, str]:
    base = f"{troupe.base.easting}, {troupe.base.northing}" if troupe.base else ""
    return {
        "name": troupe.name,
        "base": base,
        "base_name": troupe.base_name,
        "calendar_address": troupe.calendar_address,
    }


def _costs(troupe: Troupe) -> dict[str, Decimal | None]:
    return {"day": _pounds(troupe.cost_day_pence), "km": _pounds(troupe.cost_km_pence)}


def _company(company_id: int) -> Company:
    return companies.get(g.partnership.id, company_id)


def _troupe(troupe_id: int) -> Troupe:
    return companies.get_troupe(g.partnership.id, troupe_id)


def _to_link(troupe_id: int, said: str) -> Any:
    flash(said, "done")
    return redirect(url_for("coordinator.troupe", troupe_id=troupe_id, _anchor="link"), 303)


def _pence(pounds: Decimal | None) -> int | None:
    """Whole pence, half a penny up."""
    return None if pounds is None else int(pounds * 100 + Decimal("0.5"))


def _pounds(pence: int | None) -> Decimal | None:
    return None if pence is None else Decimal(pence) / 100
