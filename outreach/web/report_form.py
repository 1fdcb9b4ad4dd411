"""A visit report at whichever door: the forms of what came of a show, in numbers alone; and taking a wrong
report back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request
from wtforms import HiddenField

from outreach.booking.promises import HOST, Booking
from outreach.ground import clock
from outreach.ground.audience import OF_PUPILS, Words, box_of_group
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.row_numbers import row_number
from outreach.ground.school_year import STAFF, YEAR_GROUPS, year_group_name
from outreach.ground.wording import capfirst, number
from outreach.visits import pledges, reports
from outreach.visits.absences import MoreThanMissed
from outreach.visits.pledges import LEAD_PRESENT, LESSON, LETTER_HOME, STAFF_BRIEFED
from outreach.visits.reports import PUPILS_AT_MOST, ReportAccount, VisitReport
from outreach.web import forms
from outreach.web.pledge_words import ANSWERS, FIELDS, WAS_DONE, YES_OR_NO
from outreach.web.refusals import status

YES_NO = [("yes", "Yes"), ("no", "No")]
WHY_NOT = "For example: snow."
LEAD_WANTED = "Say whether your safeguarding lead was there."

RIGHT = "Is that right?"

ASKED = {FIELDS[pledge]: pledge for pledge in (LEAD_PRESENT, STAFF_BRIEFED, LETTER_HOME, LESSON)}
"""Question of a report -> the pledge that it answers."""


class OneSidesForm(forms.Form):
    """What either side says of a show."""

    took_place = forms.choice("Did it take place?", YES_NO, required="Say whether it took place.")
    why_not = forms.remark("If not, why?", at_most=300, hint=WHY_NOT)
    lead_present = forms.choice("Was the school’s safeguarding lead there?", YES_OR_NO)
    agencies = forms.choice(
        "Were support agencies there?", YES_NO, hint="For example a youth service, or the police."
    )

    def account(self) -> ReportAccount:
        raise NotImplementedError

    def answers(self) -> dict[str, str]:
        """What it says of the school's pledges; of a show that did not take place, nothing."""
        if self.took_place.data != "yes":
            return {}
        said = {pledge: self[name].data for name, pledge in ASKED.items() if name in self}
        return {pledge: word for pledge, word in said.items() if word}


class CompanyReportForm(OneSidesForm):
    """What the company says of the whole show."""

    pupils = forms.number(
        capfirst(OF_PUPILS.how_many), at_most=PUPILS_AT_MOST, hint="A head count of all who came"
    )
    not_counted = forms.tick("About as many as were booked, not counted")
    walked_in = forms.number("Came without a place", at_most=PUPILS_AT_MOST)
    concerns_handed_on = forms.choice(
        "If somebody spoke up: was it handed to the safeguarding lead each time?", YES_NO
    )

    right = forms.ticks(RIGHT, validate_choice=False)

    bodies: Sequence[str] = ()
    """The boxes for the staff of each organisation, where several come to a session."""
    booked: Mapping[int, int] = {}

    def ask(self, together: Sequence[Booking], words: Words) -> None:
        """Beside each box how many were booked, and of a session once more where a number is far from that;
        `together`: who is at the show."""
        self.pupils.label.text = capfirst(words.how_many)
        self.booked = booked = {one.id: one.seats for one in together}
        forms.set_choices(
            self.right,
            (
                (f"{of}-{came}", f"{self[f'{CAME}{of}'].label.text}: {number(came)} is right")
                for of, came in self._far().items()
            ),
        )
        if whole := sum(booked.values()):
            self.pupils.description = f"A head count of all who came, of {number(whole)} booked"
        for name in self.bodies:
            if of := booked.get(_booking_of(name)):
                self[name].description = f"of {number(of)} booked"

    def validate(self, extra_validators: Any = None) -> bool:
        fit: bool = super().validate(extra_validators)
        if any(box for name, box in request.form.items() if name.startswith(CAME) and name not in self):
            self.pupils.errors = [CHANGED_SINCE]
            fit = False
        for of, came in self._far().items() if self.took_place.data == "yes" else ():
            if f"{of}-{came}" not in (self.right.data or ()):
                box = self[f"{CAME}{of}"]
                said = f"{number(came)} came, of {number(self.booked[of])} booked. {RIGHT}"
                box.errors = [f"{box.label.text}: {said}"]
                fit = False
        return fit

    def _far(self) -> dict[int, int]:
        return {of: came for of, came in self.attendance().items() if _is_far(came, self.booked.get(of, 0))}

    def attendance(self) -> dict[int, int]:
        return {_booking_of(name): self[name].data for name in self.bodies if self[name].data is not None}

    def account(self) -> ReportAccount:
        return ReportAccount(
            took_place=self.took_place.data == "yes",
            why_not=self.why_not.data or "",
            pupils=self.pupils.data,
            attendance=self.attendance(),
            walked_in=self.walked_in.data if self.took_place.data == "yes" else None,
            about_as_promised=bool(self.not_counted.data),
            support_agencies_present=yes(self.agencies.data),
            concerns_handed_on=yes(self.concerns_handed_on.data),
        )


CAME = "came_"
CHANGED_SINCE = "Who has places has changed since. Look who stands here now, and count again."


def _is_far(came: int, booked: int) -> bool:
    """Half as many came as were booked, or fewer, or double, or more: asked about once, by whoever tells it."""
    return booked > 0 and 0 <= came <= PUPILS_AT_MOST and (2 * came <= booked or came >= 2 * booked)


def _booking_of(name: str) -> int:
    return int(name.removeprefix(CAME))


def company_form(together: Sequence[Booking]) -> CompanyReportForm:
    """The form about a show; about a session with a box for each organisation that has places, but for a school that
    holds it for its own staff alone."""
    if (
        not together
        or not together[0].programme.for_adults
        or len(together) == 1
        and together[0].role == HOST
    ):
        return CompanyReportForm()
    boxes = {
        f"{CAME}{one.id}": forms.number(one.organisation.name, at_most=PUPILS_AT_MOST) for one in together
    }
    form: CompanyReportForm = type("SessionForm", (CompanyReportForm,), boxes | {"bodies": tuple(boxes)})()
    return form


class CountingForm(OneSidesForm):
    """A count by year group; its boxes stand before what a school says besides, on the page and in what is wrong."""


COUNTED = (*YEAR_GROUPS, STAFF)

for _year_group in COUNTED:
    setattr(
        CountingForm,
        f"year_{_year_group}",
        forms.number(box_of_group(_year_group), at_most=PUPILS_AT_MOST),
    )


for _year_group in YEAR_GROUPS:
    setattr(
        CountingForm,
        f"missed_{_year_group}",
        forms.number(f"Absent from {year_group_name(_year_group)}", at_most=PUPILS_AT_MOST),
    )


class SchoolReportForm(CountingForm):
    """What a school says of its own pupils at a show."""

    not_counted = forms.tick("About as many as we booked, not counted")
    lead_present = forms.choice(WAS_DONE[LEAD_PRESENT], YES_OR_NO)
    staff_briefed = forms.choice(WAS_DONE[STAFF_BRIEFED], YES_OR_NO)
    letter_home = forms.choice(WAS_DONE[LETTER_HOME], ANSWERS[LETTER_HOME])
    lesson = forms.choice(WAS_DONE[LESSON], ANSWERS[LESSON])
    staff = forms.number("Staff in the hall", at_most=500)
    concerns = forms.number(
        "Concerns raised and passed on", at_most=500, hint="A number, never who or what. 0 is an answer."
    )
    right = forms.ticks(RIGHT, validate_choice=False)

    booked: Mapping[int, int] = {}
    lead_wanted = False

    def ask(self, booked: Mapping[int, int], *, lead_wanted: bool) -> None:
        """Beside each box how many were `booked`, and once more where a number is far from that; `lead_wanted`:
        whether the lead was there must be said."""
        self.booked, self.lead_wanted = booked, lead_wanted
        for year_group, pupils in booked.items():
            self[f"year_{year_group}"].description = f"of {number(pupils)} booked"
        far = {year_group: self.split()[year_group] for year_group in self._far()}
        named = len(far) > 1
        words = (
            (f"{y}-{n}", f"{box_of_group(y)}: {number(n)} is right" if named else f"{number(n)} is right")
            for y, n in far.items()
        )
        forms.set_choices(self.right, words)

    def validate(self, extra_validators: Any = None) -> bool:
        fit: bool = super().validate(extra_validators)
        if self.took_place.data != "yes":
            return fit
        for year_group in self._far():
            came = self.split()[year_group]
            if f"{year_group}-{came}" not in (self.right.data or ()):
                booked = number(self.booked[year_group])
                said = f"{number(came)} came, you booked {booked}. {RIGHT}"
                self[f"year_{year_group}"].errors = [f"{box_of_group(year_group)}: {said}"]
                fit = False
        if self.lead_wanted and not self.lead_present.data:
            self.lead_present.errors = [LEAD_WANTED]
            fit = False
        return fit

    def split(self) -> dict[int, int]:
        return {y: self[f"year_{y}"].data for y in COUNTED if self[f"year_{y}"].data is not None}

    def missed(self) -> dict[int, int]:
        """How many of each year group missed it, where that was said; of a show that did not take place, nothing."""
        said = {y: self[f"missed_{y}"].data for y in YEAR_GROUPS}
        return {y: n for y, n in said.items() if n is not None} if self.took_place.data == "yes" else {}

    def refuse(self, refusal: Refusal) -> None:
        if isinstance(refusal, MoreThanMissed):
            refusal.field = f"missed_{refusal.year_group}"
        super().refuse(refusal)

    def _far(self) -> list[int]:
        """Year groups of which far more or fewer came than were booked."""
        return [y for y, came in self.split().items() if _is_far(came, self.booked.get(y, 0))]

    def account(self) -> ReportAccount:
        return ReportAccount(
            took_place=self.took_place.data == "yes",
            why_not=self.why_not.data or "",
            pupils=self.split() or None,
            about_as_promised=bool(self.not_counted.data),
            staff=self.staff.data,
            support_agencies_present=yes(self.agencies.data),
            concerns=self.concerns.data,
        )


class CoordinatorsReportForm(SchoolReportForm):
    """What a coordinator puts down for either side, or to settle."""

    lead_present = forms.choice("Was a safeguarding lead there?", YES_OR_NO)
    not_counted = forms.tick("About as many as were booked, not counted")
    pupils = forms.number(
        "All pupils who saw it", at_most=PUPILS_AT_MOST, hint="Only where there is no number by year group"
    )
    concerns_handed_on = forms.choice("Was each concern handed to the safeguarding lead?", YES_NO)

    def account(self) -> ReportAccount:
        return replace(
            super().account(),
            pupils=self.split() or self.pupils.data,
            concerns_handed_on=yes(self.concerns_handed_on.data),
        )


def put_down(
    booking: Booking,
    side: str,
    form: OneSidesForm,
    *,
    who: str,
    now: datetime,
    filled_in_at: datetime | None = None,
) -> VisitReport:
    """The report, and what it says of the pledges, which stands with it. `filled_in_at`: of one that comes late."""
    report = reports.report(booking, side, form.account(), who=who, now=now, filled_in_at=filled_in_at)
    pledges.answer(booking, form.answers(), side=side, report=report, who=who, now=now)
    return report


class WithdrawForm(forms.Form):
    """`report` is the report that was looked at, so that a second click takes back no older one."""

    report = HiddenField()
    reason = forms.words(
        "Why is it taken back?",
        required="Say why, in a few words.",
        hint="For example: it was about another show.",
        at_most=300,
    )

    def report_id(self) -> int:
        """The report that was looked at; 0 for what is no number."""
        return row_number(self.report.data or "") or 0


def taken_back(
    template: str,
    side: str,
    booking: Booking,
    *,
    back: str,
    who: str,
    done: str,
    category: str = "done",
    **more: Any,
) -> Any:
    """The page on which a side takes its newest report back, with the reason; what it said before that holds
    again. `done`: what is said of it, at `back`."""
    said = reports.newest(booking, side)
    if said is None:
        return redirect(back, 303)
    form = WithdrawForm(data={"report": str(said.id)})
    if form.validate_on_submit():
        with transaction():
            reports.withdraw(
                booking, side, form.report_id(), reason=form.reason.data, who=who, now=clock.now()
            )
        flash(done, category)
        return redirect(back, 303)
    page = render_template(
        template,
        booking=booking,
        form=form,
        said=said,
        back=back,
        total=reports.count_of(said),
        older=reports.older(booking, said),
        **more,
    )
    return page, status()


def yes(said: str | None) -> bool | None:
    return None if said not in ("yes", "no") else said == "yes"
