"""Programmes: the list, a new one, one settled anew, closed or opened again."""

from datetime import date
from functools import partial
from typing import Any

from flask import flash, g, redirect, render_template, url_for

from outreach.booking import limits, promises
from outreach.county import establishments, partnerships, schools
from outreach.county.bodies import KINDS
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.school_year import YEAR_GROUPS, year_group_name, year_in_hand, year_name
from outreach.ground.timespans import day_of
from outreach.ground.wording import capfirst
from outreach.tour import itinerary, programmes, target_decisions
from outreach.tour.adults import ALL, LONGEST, NO_SCHOOLS, PICKED, ROLES, SHORTEST, SOME, AdultTarget
from outreach.tour.programmes import Production, Programme
from outreach.web import forms, opened, spoken
from outreach.web.gate import coordinator, coordinators_only, who
from outreach.web.refusals import status

PUPILS, ADULTS = "pupils", "adults"
_minutes = partial(forms.number, required="Enter the minutes.", at_most=300)
_days = partial(forms.number, required="Enter how many days.", at_most=180)


class ProgrammeForm(forms.Form):
    title = forms.text("Title", required="Enter the title of the production.", at_most=120)
    summary = forms.words(
        "What it is about, in one or two sentences",
        at_most=600,
        hint="Stands in each invitation and on the school’s page",
    )
    academic_year = forms.pick("Academic year")
    audience = forms.choice(
        "Who sees it?",
        [(PUPILS, "Pupils"), (ADULTS, "Adults: a staff preview or training")],
        required="Choose who sees it.",
    )
    year_groups = forms.ticks("Year groups", [(str(y), year_group_name(y)) for y in YEAR_GROUPS])
    schools = forms.choice(
        "Which schools?",
        [
            (ALL, "All schools of the partnership"),
            (SOME, "Schools of some phases or types"),
            (PICKED, "Only schools that we pick"),
            (NO_SCHOOLS, "No schools"),
        ],
    )
    phases = forms.ticks("Phases", hint="None ticked is any")
    types = forms.ticks("Types", hint="None ticked is any")
    picked = forms.lines(
        "Schools to pick",
        at_most=8000,
        hint="A URN or DfE number a line. Later, each school’s own page takes it in or out",
    )
    kinds = forms.ticks("Which bodies?", [(kind, kind) for kind in KINDS], hint="None ticked is no bodies")
    roles = forms.ticks(
        "Which staff of schools?",
        [(role, capfirst(role)) for role in ROLES],
        hint="Said in letters and on pages; none ticked is all staff",
    )
    valid_months = forms.number(
        "Months that a training counts",
        hint="Then it is due again; left empty, it counts for good",
        at_least=SHORTEST,
        at_most=LONGEST,
    )
    running_minutes = _minutes("Play", at_least=1)
    discussion_minutes = _minutes("Discussion")
    get_in_minutes = _minutes("Set-up before")
    get_out_minutes = _minutes("Pack-up after")
    turn_minutes = _minutes("Between two in one hall")
    audience_ceiling = forms.number(
        "People at one show, at most", required="Enter how many can see one show.", at_least=1, at_most=5000
    )
    shows_a_day = forms.number(
        "Shows a day, at most", required="Enter how many shows a day.", at_least=1, at_most=6
    )
    earliest_start = forms.clock("Earliest start", required="Enter the earliest start.")
    latest_finish = forms.clock("Latest finish", required="Enter the latest finish.")
    notice_book_days = _days("To book")
    notice_move_days = _days("To move")
    notice_cancel_days = _days("To cancel")
    reply_by = forms.day("Schools reply by", required="Enter the day by which schools reply.")
    cost = forms.text(
        "What it costs the school", required="Enter what it costs, for example Free.", at_most=100
    )
    school_provides = forms.lines(
        "What the school provides",
        at_most=1000,
        hint="One thing a line, besides the hall: two sockets, a parking space",
    )

    def production(self) -> Production:
        fields = {
            name: field.data for name, field in self._fields.items() if name in Production.__annotations__
        }
        return Production(
            **fields
            | {
                "academic_year": int(self.academic_year.data),
                "for_adults": self.audience.data == ADULTS,
                "year_groups": tuple(int(y) for y in self.year_groups.data or ()),
                "adults": AdultTarget(
                    schools=self.schools.data,
                    phases=tuple(self.phases.data or ()),
                    types=tuple(self.types.data or ()),
                    roles=tuple(self.roles.data or ()),
                    kinds=tuple(self.kinds.data or ()),
                    valid_months=self.valid_months.data,
                ),
            }
        )

    def refuse(self, refusal: Refusal) -> None:
        if refusal.field == "for_adults":
            refusal.field = "audience"
        super().refuse(refusal)


@coordinator.get("/programmes", endpoint="programmes")
@coordinators_only
def all_programmes() -> Any:
    every = programmes.of_partnership(g.partnership.id)
    current = programmes.current(g.partnership.id, day_of(clock.now()))
    return render_template(
        "coordinator/programmes.html", every=every, whom=programmes.in_words(every), current=current
    )


@coordinator.route("/programmes/new", methods=["GET", "POST"])
@coordinators_only
def new_programme() -> Any:
    year = year_in_hand(day_of(clock.now()))
    form = ProgrammeForm(data=_defaults(year))
    _offer(form, year)
    if form.validate_on_submit():
        with transaction():
            made = programmes.create(g.partnership.id, form.production(), who=who(), now=clock.now())
            target_decisions.pick(made, form.picked.data or "", who=who(), now=clock.now())
            limits.write(g.partnership.id, now=clock.now())
        flash(f"{form.title.data} is set up.")
        return redirect(url_for("coordinator.programmes"), 303)
    return render_template(
        "coordinator/programme.html", form=form, programme=None, whom="", picked=()
    ), status()


@coordinator.route("/programmes/<int(max=2147483647):programme_id>", methods=["GET", "POST"])
@coordinators_only
def programme(programme_id: int) -> Any:
    here = _programme(programme_id)
    form = ProgrammeForm(data=_as_settled(here))
    _offer(form, here.academic_year)
    stands = opened.over(lambda: _in_words(here), here, "changed", "set the target")
    if form.validate_on_submit():
        with transaction():
            stands.unchanged(lambda: partnerships.lock(g.partnership.id))
            itinerary.change_programme(
                here, form.production(), most_seats=promises.fullest, who=who(), now=clock.now()
            )
            target_decisions.pick(here, form.picked.data or "", who=who(), now=clock.now())
            limits.write(g.partnership.id, now=clock.now())
        flash("The programme is saved.")
        return redirect(url_for("coordinator.programmes"), 303)
    page = render_template(
        "coordinator/programme.html",
        form=form,
        programme=here,
        whom=programmes.in_words([here])[here.id],
        picked=target_decisions.taken_in(here) if here.for_adults else (),
    )
    return page, status()


@coordinator.post("/programmes/<int(max=2147483647):programme_id>/close")
@coordinators_only
def close_programme(programme_id: int) -> Any:
    here = _programme(programme_id)
    with transaction():
        programmes.close(here, who=who(), now=clock.now())
    flash(f"{here.title} is closed: nothing new is offered of it. What is booked and seen stays.")
    return redirect(url_for("coordinator.programmes"), 303)


@coordinator.post("/programmes/<int(max=2147483647):programme_id>/reopen")
@coordinators_only
def reopen_programme(programme_id: int) -> Any:
    here = _programme(programme_id)
    with transaction():
        programmes.reopen(here, who=who(), now=clock.now())
    flash(f"{here.title} is open again.")
    return redirect(url_for("coordinator.programmes"), 303)


def _defaults(year: int) -> dict[str, Any]:
    """The usual figures; the title, the target and the reply-by date are the coordinator's to say."""
    usual = Production(title="", academic_year=year, reply_by=date(year, 9, 1), year_groups=())
    return (
        vars(usual) | vars(usual.adults) | {"academic_year": str(year), "year_groups": [], "reply_by": None}
    )


def _as_settled(here: Programme) -> dict[str, Any]:
    settled = programmes.production_of(here)
    return (
        vars(settled)
        | vars(settled.adults)
        | {
            "academic_year": str(settled.academic_year),
            "audience": ADULTS if settled.for_adults else PUPILS,
            "year_groups": [str(y) for y in settled.year_groups],
        }
    )


def _in_words(here: Programme) -> dict[str, str]:
    """The form as it is filled from what is settled."""
    filled = ProgrammeForm(formdata=None, data=_as_settled(here))
    _offer(filled, here.academic_year)
    return opened.words_of(filled)


def _offer(form: ProgrammeForm, year: int) -> None:
    """The years around one; and the phases and types of the schools here, with those that are chosen already."""
    forms.set_choices(form.academic_year, [(str(y), year_name(y)) for y in range(year - 1, year + 3)])
    here = [
        (phase, kind)
        for phase, kind in schools.kinds([a.la_code for a in partnerships.authorities(g.partnership.id)])
        if not establishments.never_in(kind)
    ]
    phases = {establishments.phase_name(phase, kind) for phase, kind in here}
    types = {kind for _, kind in here}
    for field, known in ((form.phases, phases), (form.types, types)):
        chosen = field.object_data or ()
        forms.set_choices(field, [(name, name) for name in sorted(known.union(chosen))])


def _programme(programme_id: int) -> Programme:
    return spoken.of(programmes.get(g.partnership.id, programme_id))
