"""Set-up: what is there and what is missing, and the partnership's own settings."""

from decimal import Decimal
from typing import Any

from flask import flash, g, redirect, render_template, url_for

from outreach.county import logos, looks, partnerships, second_factors
from outreach.county.looks import Looks
from outreach.county.partnerships import MOST_DISTRICT_BYTES, PartnershipSettings
from outreach.coverage import lunches, readiness
from outreach.coverage.board import publishing
from outreach.ground import clock, colours
from outreach.ground.db import transaction
from outreach.ground.wording import count
from outreach.post.incoming import inbox
from outreach.tour import performances
from outreach.web import forms, opened, spoken
from outreach.web.coordinator import setup_words
from outreach.web.fields import given
from outreach.web.gate import coordinator, coordinators_only, who
from outreach.web.refusals import status


class PartnershipForm(forms.Form):
    name = forms.text("Name of the partnership", required="Enter the name of the partnership.")
    county = forms.text(
        "County or area, as letters name it", required="Enter the county or area.", at_most=100
    )
    contact_name = forms.text("Name", required="Enter who signs the letters.", at_most=100)
    contact_role = forms.text("Role", at_most=100)
    contact_email = forms.address("Email address", required="Enter the address that schools can write to.")
    contact_phone = forms.text("Phone number", required="Enter the number that schools can ring.", at_most=40)
    road_base_minutes = forms.decimal(
        "Minutes for every drive",
        required="Enter the minutes for every drive.",
        at_most=60,
        hint="Out of one car park and into the next",
    )
    road_minutes_per_km = forms.decimal(
        "Minutes for each kilometre",
        required="Enter the minutes for each kilometre.",
        at_most=10,
        hint="Measured in a straight line; 1.25 fits most English roads",
    )
    hold_minutes = forms.number(
        "Minutes a slot is held",
        required="Enter how long a slot is held.",
        at_least=5,
        at_most=60,
        hint="While a school fills in the form",
    )
    slot_step_minutes = forms.number(
        "Minutes between starts",
        required="Enter the minutes between two starts.",
        at_least=5,
        at_most=60,
        hint="15 offers 9am, 9:15am, 9:30am …",
    )
    school_opens = forms.clock("School day starts", required="Enter when the school day starts.")
    school_closes = forms.clock("School day ends", required="Enter when the school day ends.")
    lunch_begins = forms.clock(
        "Usual lunch begins", hint="No show lies across it. Empty, with the end: no show keeps out of any"
    )
    lunch_ends = forms.clock("Usual lunch ends")
    lunch_tables = forms.number(
        "Minutes for the tables",
        required="Enter the minutes for the tables.",
        at_most=60,
        hint="Before and after, where lunch is eaten in the hall",
    )
    reference_prefix = forms.text(
        "Booking references begin with",
        required="Enter two to four capital letters.",
        at_most=4,
        hint="Two to four capital letters",
    )
    counted_percent = forms.number(
        "Percent of a year group",
        required="Enter a percentage.",
        at_least=1,
        at_most=100,
        hint="When at least so many were counted, it has seen the show",
    )
    guest_minutes = forms.number(
        "Minutes a guest travels, at most",
        required="Enter how far guests travel.",
        at_most=180,
        hint="One way, to a neighbour’s show",
    )
    small_school_pupils = forms.number(
        "A school is small with up to so many pupils",
        required="Enter how many pupils are few.",
        at_most=1000,
        hint="Of the year groups that are to see it; such a school is asked whether it would join a neighbour",
    )

    second_factor = forms.choice(
        "A second factor is asked of",
        second_factors.ASKED_OF.items(),
        required="Choose of whom a second factor is asked.",
        hint="A code from an app on the phone, after the password",
    )

    def settings(self) -> PartnershipSettings:
        fields = {
            name: field.data
            for name, field in self._fields.items()
            if name in PartnershipSettings.__annotations__
        }
        fields |= {name: float(value) for name, value in fields.items() if isinstance(value, Decimal)}
        return PartnershipSettings(
            **fields
            | {
                "reference_prefix": self.reference_prefix.data.upper(),
                "counted_share": given(self.counted_percent.data) / 100,
            }
        )


class LooksForm(forms.Form):
    sender_name = forms.text(
        "Name that letters come from", at_most=60, hint="Left empty: the name of the partnership"
    )
    accent = forms.text(
        "Colour of links, buttons and the header",
        at_most=20,
        hint="Six digits or letters after a #, as your council’s guidelines give it; left empty: ours",
    )
    footer_words = forms.text(
        "Words at the foot",
        at_most=300,
        hint="Of each page and letter: a helpline, your address, a charity number",
    )
    logo = forms.upload("Logo", hint="PNG, JPEG or WebP, up to 500 kB")

    def looks(self) -> Looks:
        return Looks(
            sender_name=self.sender_name.data, footer_words=self.footer_words.data, accent=self.accent.data
        )


class DistrictsForm(forms.Form):
    districts = forms.upload("GeoJSON file", required="Choose a file.")


@coordinator.get("/setup")
@coordinators_only
def setup() -> Any:
    found = readiness.look(g.partnership, now=clock.now())
    reports = publishing.of_programme(spoken.of(found.programme).id) if found.programme else []
    lunch = None
    if found.programme is not None and not found.programme.for_adults:
        lunch = lunches.of_target(found.programme, [s.organisation_id for s in found.target])
    to_read = sum(inbox.count_waiting(g.partnership.id).values())
    g.inbox_waiting = to_read
    return render_template(
        "coordinator/setup.html",
        set_up=found,
        steps=found.steps,
        next=setup_words.next_of(found),
        others=setup_words.elsewhere(
            found,
            to_read=to_read,
            published=max((report.as_of for report in reports), default=None),
            lunches=lunch,
        ),
        words=setup_words,
    )


@coordinator.route("/setup/partnership", methods=["GET", "POST"])
@coordinators_only
def partnership_settings() -> Any:
    form = PartnershipForm(data=_as_settled())
    stands = opened.over(
        lambda: opened.words_of(PartnershipForm(formdata=None, data=_as_settled())),
        g.partnership,
        "changed the settings",
    )
    if form.validate_on_submit():
        with transaction():
            stands.unchanged(lambda: partnerships.lock(g.partnership.id))
            before, now = _usual_lunch(), clock.now()
            partnerships.change(g.partnership, form.settings(), who=who(), now=now)
            across = performances.across_lunch(g.partnership.id, now=now) if _usual_lunch() != before else []
        flash("The settings are saved." + setup_words.across_lunch(across))
        return redirect(url_for("coordinator.setup"), 303)
    return render_template("coordinator/partnership.html", form=form), status()


def _usual_lunch() -> tuple[Any, ...]:
    settled = g.partnership
    return settled.lunch_begins, settled.lunch_ends, settled.lunch_tables


def _as_settled() -> dict[str, Any]:
    settled = partnerships.settings_of(g.partnership)
    return vars(settled) | {"counted_percent": round(settled.counted_share * 100)}


@coordinator.route("/setup/looks", methods=["GET", "POST"])
@coordinators_only
def partnership_looks() -> Any:
    form = LooksForm(data=vars(looks.of(g.partnership)))
    stands = opened.over(
        lambda: opened.words_of(LooksForm(formdata=None, data=vars(looks.of(g.partnership)))),
        g.partnership,
        "changed how it looks",
    )
    if form.validate_on_submit():
        drawn = logos.draw(form.logo.data.read(logos.MOST_BYTES + 1)) if form.logo.data else None
        with transaction():
            stands.unchanged(lambda: partnerships.lock(g.partnership.id))
            looks.change(g.partnership, form.looks(), who=who(), now=clock.now())
            if drawn is not None:
                logos.put(g.partnership, drawn, who=who(), now=clock.now())
        flash("Saved. Pages look so at once, and letters from now on; what went stays as it went.")
        return redirect(url_for("coordinator.partnership_looks"), 303)
    return render_template("coordinator/looks.html", form=form, usual=colours.DAMSON.accent), status()


@coordinator.post("/setup/looks/logo/remove")
@coordinators_only
def remove_logo() -> Any:
    with transaction():
        logos.take_away(g.partnership, who=who(), now=clock.now())
    flash("The logo is taken away. Letters that went still show it.")
    return redirect(url_for("coordinator.partnership_looks"), 303)


@coordinator.route("/setup/districts", methods=["GET", "POST"])
@coordinators_only
def districts() -> Any:
    form = DistrictsForm()
    if form.validate_on_submit():
        content = form.districts.data.read(MOST_DISTRICT_BYTES + 1)
        with transaction():
            found = partnerships.set_districts(g.partnership, content, who=who(), now=clock.now())
        flash(f"The map has {count(found, 'district')}.")
        return redirect(url_for("coordinator.districts"), 303)
    names = partnerships.district_names(g.partnership)
    stands = g.partnership.districts_geojson is not None
    return render_template("coordinator/districts.html", form=form, names=names, stands=stands), status()


@coordinator.post("/setup/districts/remove")
@coordinators_only
def remove_districts() -> Any:
    with transaction():
        partnerships.remove_districts(g.partnership, who=who(), now=clock.now())
    flash("The map is removed. Coverage shows its districts as a table.")
    return redirect(url_for("coordinator.districts"), 303)
