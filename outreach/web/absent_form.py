"""Forms of who missed it, and of a lesson or film instead: a box for each year group; the same at every door."""

from collections.abc import Callable, Collection
from typing import Any

from flask import flash, redirect, request

from outreach.county.schools import Organisation
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.school_year import year_group_name
from outreach.tour.programmes import Programme
from outreach.visits import absences
from outreach.visits.absences import HOW, Absence, YearMissed
from outreach.visits.reports import PUPILS_AT_MOST
from outreach.web import absent_words, form_keys, forms


class YearsForm(forms.Form):
    """A box for each of some year groups, named by `box`."""

    years: tuple[int, ...] = ()
    box = "missed"

    def entered(self) -> dict[int, int]:
        found = {y: self[f"{self.box}_{y}"].data for y in self.years}
        return {y: n for y, n in found.items() if n is not None}

    def asks(self, field: str | None) -> bool:
        return field == "pupils" or super().asks(field)

    def refuse(self, refusal: Refusal) -> None:
        """At the box of the year group that it speaks of."""
        if refusal.field == "pupils" and self.years:
            year = getattr(refusal, "year_group", None)
            refusal.field = f"{self.box}_{year if year in self.years else self.years[0]}"
        super().refuse(refusal)


class CaughtUpForm(YearsForm):
    """Who had a lesson or the film, and when."""

    box = "caught"
    how = forms.choice("What did they have?", HOW.items(), required="Say what they had.")
    day = forms.day("When?", required="Enter the day.")


def missed_form(years: Collection[int], *, sent: bool) -> Any:
    return _made(YearsForm, years, sent=sent)


def caught_up_form(years: Collection[int], *, sent: bool) -> Any:
    return _made(CaughtUpForm, years, sent=sent)


def _made(base: type[YearsForm], years: Collection[int], *, sent: bool) -> Any:
    boxes: dict[str, Any] = {
        f"{base.box}_{y}": forms.number(year_group_name(y), at_most=PUPILS_AT_MOST) for y in sorted(years)
    }
    made = type(base.__name__, (base,), boxes | {"years": tuple(sorted(years))})
    return made(request.form if sent else None)


def told(
    programme: Programme, organisation: Organisation, years: dict[int, YearMissed], *, back: str, who: str
) -> tuple[Any, Any]:
    """(form, where a POST that was put down leads): how many missed it."""
    form = missed_form(years, sent=request.method == "POST")
    if request.method == "POST" and forms.valid(form):
        with transaction():
            absences.tell(programme, organisation, form.entered(), who=who, now=clock.now())
        flash("Saved.", "done")
        return form, redirect(back, 303)
    return form, None


def caught_up(
    programme: Programme, organisation: Organisation, years: dict[int, YearMissed], *, back: str, who: str
) -> tuple[Any, Any]:
    """The same of a lesson or film."""
    form = caught_up_form(years, sent=True)
    if forms.valid(form):
        with transaction():
            rows = absences.caught_up(
                programme,
                organisation,
                form.entered(),
                how=form.how.data,
                day=form.day.data,
                who=who,
                now=clock.now(),
                form_key=form_keys.key_of(),
            )
            said = absent_words.put_down(rows)
        flash(said, "done")
        return form, redirect(back, 303)
    return form, None


def taken_back(find: Callable[[], Absence], *, back: str, who: str) -> Any:
    """One word on them is taken back; what was said before holds again."""
    with transaction():
        absences.withdraw(find(), who=who, now=clock.now())
    flash("Taken back.", "confirm")
    return redirect(back, 303)
