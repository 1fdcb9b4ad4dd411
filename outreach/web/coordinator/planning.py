"""Asking for a plan: which days and troupes, what counts how much, and what is only supposed."""

from dataclasses import replace
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for

from outreach.asking import draws
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.wording import count
from outreach.planning import ordering, orders, rules
from outreach.planning.rules import SECONDS, PlanRules
from outreach.tour import companies
from outreach.tour.companies import BaseNotFound, Troupe
from outreach.tour.planning.worth import MOST, PUPILS, SCHOOLS
from outreach.tour.programmes import Programme
from outreach.web import forms
from outreach.web.coordinator.wishes_form import WishesForm, wishes_of
from outreach.web.fields import given
from outreach.web.gate import coordinator, coordinators_only, programme_in_hand, who
from outreach.web.refusals import status

USUAL = PlanRules()


class PlanForm(WishesForm):
    name = forms.text("What to call it", at_most=60, hint="Left empty, it is ‘Plan A’, ‘Plan B’ and so on.")
    first = forms.choice(
        "Who comes first?",
        [
            (SCHOOLS, "Schools first: every school counts alike, whatever its size"),
            (PUPILS, "Pupils first: a school counts by its shows and its pupils, big ones before small ones"),
        ],
        required="Choose whether schools or pupils come first.",
    )
    troupes = forms.ticks("Which troupes? None ticked is all.")
    days_at_most = forms.number(
        "Tour days to use, at most",
        at_least=1,
        at_most=rules.MOST_DAYS,
        hint="Left empty: all there are. Those with shows on them count.",
    )
    until = forms.day("Finish by", hint="Left empty: the last tour day.")
    drawn_later_from = forms.day("Schools drawn for later: not before", hint="Left empty: on any day.")
    guests = forms.tick("Small schools may join a neighbour’s show. Each host is asked first")
    whole_schools = forms.tick("Whole schools only: all the shows that a school needs, or none")
    declined_too = forms.tick("Plan for schools that said no, too")
    school = forms.number("A school reached", required="Enter minutes.", at_most=round(MOST))
    never_seen = forms.number("More, if never seen before", required="Enter minutes.", at_most=round(MOST))
    behind = forms.number("More, in a district behind", required="Enter minutes.", at_most=round(MOST))
    apart = forms.number("A second district on one day", required="Enter minutes.", at_most=rules.MOST_APART)
    night_minutes = forms.number(
        "A night away counts as, in minutes of driving", required="Enter minutes.", at_most=rules.MOST_NIGHT
    )
    night_pounds = forms.number(
        "A night away costs a troupe, in pounds", required="Enter pounds.", at_most=rules.MOST_POUNDS
    )
    seconds = forms.pick(
        "How long may the planner think?",
        [(str(n), count(n, "second")) for n in SECONDS],
        hint="Longer finds a little less driving, seldom more schools.",
    )
    extra_troupe = forms.text("One troupe more: what to call it", at_most=60)
    base = forms.text("Its base", at_most=60, hint="A school’s postcode, or a grid reference.")
    extra_days = forms.number("Tour days more", at_most=rules.MOST_EXTRA_DAYS)
    later = forms.number("Shows may end so many minutes later", at_most=rules.MOST_LATER)

    def rules(self) -> PlanRules:
        """Raises BaseNotFound, and CannotPlan's kind of refusal for a base without a troupe."""
        base = companies.find_base(self.base.data or "")
        if base is not None and not self.extra_troupe.data:
            raise BaseNotFound("Say what the troupe is called that would start there.", field="extra_troupe")
        return PlanRules(
            troupes=tuple(sorted(int(each) for each in self.troupes.data or ())),
            days_at_most=self.days_at_most.data,
            until=self.until.data,
            drawn_later_from=self.drawn_later_from.data,
            first=self.first.data,
            school=float(given(self.school.data)),
            behind=float(given(self.behind.data)),
            never_seen=float(given(self.never_seen.data)),
            apart=given(self.apart.data),
            guests=self.guests.data,
            whole_schools=self.whole_schools.data,
            declined_too=self.declined_too.data,
            seconds=int(self.seconds.data),
            extra_troupe=self.extra_troupe.data or "",
            extra_easting=base.easting if base else None,
            extra_northing=base.northing if base else None,
            extra_days=self.extra_days.data or 0,
            later=self.later.data or 0,
            night_minutes=given(self.night_minutes.data),
            night_pounds=given(self.night_pounds.data),
        ).by_wishes(self.wishes(), nights=self.wish_nights.data)

    refusal: Refusal | None = None
    """A no about the plan as a whole."""

    def refuse(self, refusal: Refusal) -> None:
        if refusal.field in self._fields:
            super().refuse(refusal)
        else:
            self.refusal = refusal

    @property
    def supposes(self) -> bool:
        """Something is typed, or wrong, in the part that only supposes."""
        fields = (self.extra_troupe, self.base, self.extra_days, self.later)
        return any(field.data or field.errors for field in fields)


@coordinator.route("/plans/new", methods=["GET", "POST"])
@coordinators_only
def new_plan() -> Any:
    """The rules; `?like=` takes those of another plan to begin with."""
    programme = programme_in_hand()
    if programme is None:
        return redirect(url_for("coordinator.plans"), 303)
    form = _form(programme)
    if form.validate_on_submit():
        asked = form.rules()
        with transaction():
            plan = ordering.order(programme, asked, name=form.name.data or "", who=who(), now=clock.now())
            plan_id, name = plan.id, plan.name
        flash(f"‘{name}’ waits for the planner.")
        return redirect(url_for("coordinator.plan", plan_id=plan_id), 303)
    page = render_template(
        "coordinator/plan_new.html",
        form=form,
        programme=programme,
        refusal=form.refusal,
        has_draw=bool(draws.listed(programme.id)),
    )
    return page, status()


def _form(programme: Programme) -> PlanForm:
    like = _like(programme)
    form = PlanForm(
        data={
            "first": like.first,
            "troupes": [str(each) for each in like.troupes],
            "days_at_most": like.days_at_most,
            "until": like.until,
            "drawn_later_from": like.drawn_later_from,
            "guests": like.guests,
            "whole_schools": like.whole_schools,
            "declined_too": like.declined_too,
            "school": round(like.school),
            "behind": round(like.behind),
            "never_seen": round(like.never_seen),
            "apart": like.apart,
            "seconds": str(like.seconds),
            "extra_troupe": like.extra_troupe,
            "base": f"{like.extra_easting}, {like.extra_northing}" if like.extra_easting is not None else "",
            "extra_days": like.extra_days or None,
            "later": like.later or None,
            "night_minutes": like.night_minutes,
            "night_pounds": like.night_pounds,
        }
        | wishes_of(like)
    )
    forms.set_choices(form.troupes, [(str(t.id), f"{t.name}, {t.company.name}") for t in _troupes()])
    return form


def _like(programme: Programme) -> PlanRules:
    """The rules to begin with: of the plan that ?like= names, else the usual ones."""
    wanted = request.args.get("like", type=int)
    if wanted is None:
        return USUAL
    plan = orders.get(g.partnership.id, wanted)
    asked = rules.unpack(plan.rules)
    seconds = asked.seconds if asked.seconds in SECONDS else USUAL.seconds
    return replace(asked, moves=False, seconds=seconds)


def _troupes() -> list[Troupe]:
    return companies.troupes(g.partnership.id)
