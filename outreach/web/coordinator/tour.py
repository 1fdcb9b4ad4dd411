"""The tour: its days by week with their shows; days added in bulk, changed, taken back."""

from datetime import date
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for

from outreach.booking import promises, proposals
from outreach.booking.sheets import day_sheet
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.ground.typed_days import iso_day
from outreach.ground.wording import count
from outreach.tour import companies, days, itinerary, programmes
from outreach.tour import hours as day_hours
from outreach.tour.companies import Troupe
from outreach.tour.days import Hours, Possible, TourDay
from outreach.tour.programmes import Programme
from outreach.web import forms, spoken
from outreach.web.fields import given
from outreach.web.gate import coordinator, coordinators_only, who
from outreach.web.refusals import refused, status

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


class HoursForm(forms.Form):
    leaves = forms.clock("Leaves its base", required="Enter when the troupe leaves its base.")
    returns = forms.clock("Back at its base", required="Enter when the troupe is back.")
    shows_at_most = forms.number(
        "Shows that day, at most", required="Enter how many shows.", at_least=1, at_most=6
    )

    def hours(self) -> Hours:
        return Hours(
            leaves=given(self.leaves.data),
            returns=given(self.returns.data),
            shows_at_most=given(self.shows_at_most.data),
        )


class DaysForm(HoursForm):
    troupe_id = forms.choice("Which troupe?", required="Choose a troupe.")
    first = forms.day("First day", required="Enter the first day.")
    last = forms.day("Last day", required="Enter the last day.")
    weekdays = forms.ticks(
        "Days of the week",
        [(str(n), name) for n, name in enumerate(WEEKDAYS)],
        required="Choose at least one day of the week.",
    )


@coordinator.get("/tour")
@coordinators_only
def tour() -> Any:
    """The programme in hand, or the one that `?programme=` names."""
    all_of_them = programmes.of_partnership(g.partnership.id)
    chosen = request.args.get("programme", type=int)
    programme = next((p for p in all_of_them if p.id == chosen), None) or programmes.current(
        g.partnership.id, day_of(clock.now())
    )
    kept = proposals.keeping(spoken.of(programme).id) if programme else {}
    weeks = itinerary.weeks(programme, now=clock.now(), kept=kept) if programme else []
    today = day_of(clock.now())
    bookings = promises.of_performances(s.id for week in weeks for d in week.days for s in d.shows)
    return render_template(
        "coordinator/tour.html",
        programmes=all_of_them,
        programme=programme,
        coming=[week for week in weeks if week.days[-1].tour_day.day >= today],
        past=[week for week in weeks if week.days[-1].tour_day.day < today],
        bookings=bookings,
        proposals=kept,
        today=today,
        troupes=companies.troupes(g.partnership.id),
    )


@coordinator.route("/tour/<int(max=2147483647):programme_id>/add", methods=["GET", "POST"])
@coordinators_only
def add_tour_days(programme_id: int) -> Any:
    """Which days; the preview comes before anything is added."""
    programme = _programme(programme_id)
    form = _days_form(programme)
    if form.validate_on_submit():
        days.check_hours(programme, form.hours())
        _previewed(form, programme, companies.get_troupe(g.partnership.id, int(form.troupe_id.data)))
        return redirect(url_for("coordinator.preview_tour_days", **_asked(form, programme)), 303)
    return render_template("coordinator/tour_add.html", form=form, programme=programme), status()


@coordinator.route("/tour/<int(max=2147483647):programme_id>/preview", methods=["GET", "POST"])
@coordinators_only
def preview_tour_days(programme_id: int) -> Any:
    """What was asked for stands in the address, so that a reload reckons it afresh; the POST names the
    days."""
    programme = _programme(programme_id)
    form = _days_form(programme, request.args)
    if not form.validate():
        return redirect(url_for("coordinator.add_tour_days", programme_id=programme_id), 303)
    refusal = refused()
    try:
        troupe = companies.get_troupe(g.partnership.id, int(form.troupe_id.data))
        found = _previewed(form, programme, troupe)
    except Refusal:
        return redirect(url_for("coordinator.add_tour_days", **_asked(form, programme)), 303)
    if request.method == "POST" and refusal is None:
        with transaction():
            added = days.add_bulk(programme, troupe, _ticked(), form.hours(), who=who(), now=clock.now())
        flash(f"{count(len(added), 'tour day')} added." if added else "Those days stood there already.")
        return redirect(url_for("coordinator.tour", programme=programme_id), 303)
    page = render_template(
        "coordinator/tour_preview.html",
        programme=programme,
        troupe=troupe,
        hours=form.hours(),
        found=found,
        refusal=refusal,
        ticked=request.form.getlist("day") if request.method == "POST" else None,
        again=url_for("coordinator.add_tour_days", **_asked(form, programme)),
    )
    return page, status()


@coordinator.route("/tour/days/<int(max=2147483647):day_id>", methods=["GET", "POST"])
@coordinators_only
def tour_day(day_id: int) -> Any:
    here = _tour_day(day_id)
    form = HoursForm(obj=here)
    if form.validate_on_submit():
        with transaction():
            itinerary.change_day(here, form.hours(), who=who(), now=clock.now())
        flash("The tour day is saved.")
        return redirect(url_for("coordinator.tour", programme=here.programme_id), 303)
    return _day_page(here, form), status()


@coordinator.get("/tour/days/<int:day_id>/sheet")
@coordinators_only
def day_sheet_page(day_id: int) -> Any:
    """The day's sheet, as the company has it, for a coordinator who is on the phone with them."""
    return render_template("coordinator/day_sheet.html", sheet=day_sheet.sheet_of_day(_tour_day(day_id)))


@coordinator.post("/tour/days/<int(max=2147483647):day_id>/remove")
@coordinators_only
def remove_tour_day(day_id: int) -> Any:
    here = _tour_day(day_id)
    programme_id = here.programme_id
    if (no := refused()) is not None:
        return _day_page(here, HoursForm(formdata=None, obj=here), no), 422
    with transaction():
        itinerary.end_day(here, who=who(), now=clock.now())
    flash("The tour day is removed. Schools are no longer offered it.")
    return redirect(url_for("coordinator.tour", programme=programme_id), 303)


def _day_page(here: TourDay, form: HoursForm, refusal: Refusal | None = None) -> str:
    now = clock.now()
    kept = proposals.keeping(here.programme_id)
    on_tour = itinerary.shows_on(here, now=now, kept=kept)
    bookings = promises.of_performances(show.id for show in on_tour.shows)
    return render_template(
        "coordinator/tour_day.html",
        form=form,
        tour_day=here,
        on_tour=on_tour,
        bookings=bookings,
        proposals=kept,
        over=itinerary.is_over(here, now=now),
        warnings=day_hours.warnings(here, [*on_tour.shows, *on_tour.kept]),
        refusal=refusal,
    )


def _days_form(programme: Programme, asked: Any = None) -> DaysForm:
    """The form; `asked` are the query arguments of a preview, or of the way back from it."""
    usual = {
        "leaves": Hours().leaves,
        "returns": Hours().returns,
        "shows_at_most": programme.shows_a_day,
        "weekdays": [str(n) for n in range(5)],
    }
    asked = request.args if asked is None and request.method != "POST" and request.args else asked
    form = DaysForm(data=usual) if asked is None else DaysForm(formdata=asked, meta={"csrf": False})
    troupes = companies.troupes(g.partnership.id)
    forms.set_choices(form.troupe_id, [(str(t.id), f"{t.name}, {t.company.name}") for t in troupes])
    if len(troupes) == 1 and not form.troupe_id.data:
        form.troupe_id.data = str(troupes[0].id)
    return form


def _asked(form: DaysForm, programme: Programme) -> dict[str, Any]:
    first, last = given(form.first.data), given(form.last.data)
    return {
        "programme_id": programme.id,
        "troupe_id": form.troupe_id.data,
        "first": [first.day, first.month, first.year],
        "last": [last.day, last.month, last.year],
        "weekdays": form.weekdays.data,
        "leaves": f"{form.leaves.data:%H:%M}",
        "returns": f"{form.returns.data:%H:%M}",
        "shows_at_most": form.shows_at_most.data,
    }


def _previewed(form: DaysForm, programme: Programme, troupe: Troupe) -> list[Possible]:
    weekdays = {int(n) for n in form.weekdays.data or ()}
    first, last = given(form.first.data), given(form.last.data)
    return days.preview_bulk(programme, troupe, first, last, weekdays, now=clock.now())


def _ticked() -> list[date]:
    """The days of the preview that were left ticked; what is no day is passed over."""
    found = []
    for said in request.form.getlist("day"):
        try:
            found.append(iso_day(said))
        except ValueError:
            continue
    return found


def _programme(programme_id: int) -> Programme:
    return spoken.of(programmes.get(g.partnership.id, programme_id))


def _tour_day(day_id: int) -> TourDay:
    found = days.get(g.partnership.id, day_id)
    spoken.of(found.programme)
    return found
