"""A troupe's availability as both doors offer it, the coordinators' and the company's: its forms, its
preview, its undo."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import flash, redirect, render_template, request
from werkzeug.datastructures import MultiDict

from outreach.county import partnerships
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.row_numbers import row_number
from outreach.ground.timespans import day_of
from outreach.ground.typed_days import iso_day
from outreach.ground.wording import and_list, count, day_short
from outreach.tour import companies, days_off, span, wishes
from outreach.tour.availability import changing, rules
from outreach.tour.availability.rules import TroupeRules
from outreach.tour.companies import Troupe
from outreach.tour.wishes import KINDS, DayWish
from outreach.web import forms, opened, spoken
from outreach.web.fields import given
from outreach.web.refusals import refused, status

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

AHEAD = timedelta(days=400)
SHOWN = 40
"""How far a page looks ahead, and how many dates it lists."""


class WishForm(forms.Form):
    first = forms.day("First day", required="Enter the first day.")
    last = forms.day("Last day", required="Enter the last day. For a single day it is the first once more.")
    weekdays = forms.ticks(
        "Days of the week",
        [(str(n), name) for n, name in enumerate(WEEKDAYS)],
        required="Choose at least one day of the week.",
    )
    kind = forms.choice(
        "What are these days to be?", KINDS.items(), required="Choose what these days are to be."
    )
    leaves = forms.clock("Leaves its base", hint="For other hours")
    returns = forms.clock("Back at its base", hint="For other hours")
    stays_at = forms.remark(
        "Where it stays the night", at_most=100, hint="For a night away, for example Mill Lodge, Witney"
    )
    place = forms.text(
        "Where that is",
        at_most=60,
        hint="A postcode, a grid reference like SP 513 061, or an easting and northing",
    )

    def wish(self) -> DayWish:
        """Raises BaseNotFound."""
        night = self.kind.data == wishes.NIGHT
        return DayWish(
            kind=self.kind.data or "",
            leaves=self.leaves.data,
            returns=self.returns.data,
            stays_at=self.stays_at.data or "",
            place=companies.find_base(self.place.data or "") if night else None,
        )

    def refuse(self, refusal: Refusal) -> None:
        if refusal.field == "base":
            refusal.field = "place"
        super().refuse(refusal)


class RulesForm(forms.Form):
    rest_hours = forms.number(
        "Hours of rest",
        required="Enter how many hours, 0 for none.",
        at_most=rules.LONGEST_REST,
        hint="Between being back on one day and leaving on the next",
    )
    lunch_minutes = forms.number(
        "Minutes of lunch",
        required="Enter how many minutes, 0 for none.",
        at_most=rules.LONGEST_LUNCH,
        hint="Kept free between 11am and 2:30pm on days with two or more; 0 asks for none",
    )
    latest_return = forms.clock("Back at the latest", hint="Empty: as late as the hours of each day say")
    overnight_stays = forms.tick("May stay the night away")

    def rules(self) -> TroupeRules:
        return TroupeRules(**{name: self[name].data for name in TroupeRules.__annotations__})


@dataclass(frozen=True, kw_only=True)
class Door:
    """One door's addresses and who comes in by it. `page`, `preview`, `undo` make an address from query
    arguments."""

    template: str
    who: str
    page: Callable[..., str]
    preview: Callable[..., str]
    undo: Callable[..., str]


def page(troupe: Troupe, door: Door, **more: Any) -> Any:
    """The page: its days to come, a change of many, and what was changed last. A POST goes on to the
    preview."""
    form = _form()
    if form.validate_on_submit():
        _look(troupe, form)
        return redirect(door.preview(**_asked(form)), 303)
    return _page(troupe, door, form, **more), status()


def _page(troupe: Troupe, door: Door, form: WishForm, said: str = "", **more: Any) -> str:
    now = clock.now()
    today = day_of(now)
    here = span.load(troupe, today, today + AHEAD, now=now)
    spoken.of_all(day.programme for day in here.tour_days.values())
    words = spoken.words_of_page()
    forms.set_choices(form.kind, [(kind, words.said(said)) for kind, said in KINDS.items()])
    coming = sorted(day for day in {*here.rows, *here.off, *here.taken} if day >= today)
    return render_template(
        door.template,
        troupe=troupe,
        door=door,
        form=form,
        rules=rules.rules_of_troupe(troupe),
        here=here,
        coming=coming[:SHOWN],
        more_days=len(coming) - SHOWN,
        changes=days_off.newest_changes(troupe.id),
        said=said,
        today=today,
        **more,
    )


def preview(troupe: Troupe, door: Door, template: str, **more: Any) -> Any:
    """What would become of each day; what was asked for stands in the address. The POST names the days and
    does it."""
    form = WishForm(formdata=request.args, meta={"csrf": False})
    if not form.validate():
        return redirect(door.page(), 303)
    refusal = refused()
    if request.method == "POST" and refusal is None:
        with transaction():
            done = changing.change(troupe, form.wish(), _ticked(), who=door.who, now=clock.now())
        flash(_told(done, form.wish().words), "confirm" if done.refused else "message")
        return redirect(door.page(), 303)
    try:
        found = _look(troupe, form)
    except Refusal:
        return redirect(door.page(**_asked(form)), 303)
    shown = render_template(
        template,
        troupe=troupe,
        door=door,
        found=found,
        refusal=refusal,
        again=door.page(**_asked(form)),
        wish=form.wish(),
        ticked=request.form.getlist("day") if request.method == "POST" else None,
        **more,
    )
    return shown, 422 if refusal else 200


def undo(troupe: Troupe, door: Door, **more: Any) -> Any:
    """The change that the form names is put back."""
    number = row_number(request.form.get("change", ""))
    if (no := refused()) is not None:
        return _page(troupe, door, _form(empty=True), said=no.message, **more), 422
    with transaction():
        if number is None:
            raise changing.NoSuchChange("There is no such change of this troupe’s days.")
        done = changing.undo(troupe, changing.find(troupe, number), who=door.who, now=clock.now())
    flash(_told(done, "as before"), "confirm" if done.refused else "message")
    return redirect(door.page(), 303)


def settle(troupe: Troupe, form: RulesForm, who: str) -> bool:
    """The troupe's rules as the form has them; False while nothing makes sense of it."""
    stands = opened.over(
        lambda: opened.words_of(RulesForm(formdata=None, obj=rules.rules_of_troupe(troupe))),
        troupe,
        "changed rest and lunch",
    )
    if not form.validate_on_submit():
        return False
    with transaction():
        stands.unchanged(lambda: partnerships.lock(troupe.company.partnership_id))
        rules.settle(troupe, form.rules(), who=who, now=clock.now())
    flash(f"The rules of {troupe.name} are saved.")
    return True


def _form(*, empty: bool = False) -> WishForm:
    """The form as typed, as an address says it on the way back from the preview, or as it is usually
    filled."""
    usual = MultiDict([("weekdays", str(n)) for n in range(5)])
    if empty:
        return WishForm(formdata=usual, meta={"csrf": False})
    if request.method == "POST":
        return WishForm()
    if "kind" in request.args:
        return WishForm(formdata=request.args, meta={"csrf": False})
    return WishForm(formdata=None, data={"weekdays": usual.getlist("weekdays")})


def _look(troupe: Troupe, form: WishForm) -> list[changing.Foreseen]:
    weekdays = {int(n) for n in form.weekdays.data or ()}
    first, last = given(form.first.data), given(form.last.data)
    return changing.look(troupe, form.wish(), first, last, weekdays, now=clock.now())


def _asked(form: WishForm) -> dict[str, Any]:
    first, last = given(form.first.data), given(form.last.data)
    said = {
        "kind": form.kind.data,
        "weekdays": form.weekdays.data,
        "first": [first.day, first.month, first.year],
        "last": [last.day, last.month, last.year],
    }
    if form.kind.data == wishes.HOURS:
        said |= {name: f"{form[name].data:%H:%M}" for name in ("leaves", "returns") if form[name].data}
    if form.kind.data == wishes.NIGHT:
        said |= {"stays_at": form.stays_at.data, "place": form.place.data}
    return said


def _ticked() -> list[date]:
    """The days that were left ticked; what is no day is passed over."""
    found = []
    for said in request.form.getlist("day")[: changing.LONGEST]:
        try:
            found.append(iso_day(said))
        except ValueError:
            continue
    return found


def _told(done: changing.Done, words: str) -> str:
    said = f"{count(len(done.days), 'day')}: {words}." if done.days else "Nothing was changed."
    if not done.days and not done.refused:
        said = "Those days stood like that already."
    if done.refused:
        named = and_list(f"{day_short(f.day)} ({f.why_not})" for f in done.refused[:5])
        more = f" and {len(done.refused) - 5} more" if len(done.refused) > 5 else ""
        said += f" These could not be: {named}{more}."
    return said
