"""A visit report at whichever door: the forms of what came of a show, in numbers alone; and taking a wrong
report back."""

from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template
from wtforms import HiddenField

from outreach.booking.promises import Booking
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.school_year import YEAR_GROUPS, year_group_name
from outreach.visits import pledges, reports
from outreach.visits.reports import PUPILS_AT_MOST, ReportAccount
from outreach.web import forms
from outreach.web.refusals import status

YES_NO = [("yes", "Yes"), ("no", "No")]


class CompanyReportForm(forms.Form):
    """What the company says of the whole show."""

    took_place = forms.choice("Did it take place?", YES_NO, required="Say whether it took place.")
    why_not = forms.text(
        "If not, why?", at_most=300, hint="For example: snow, the cast was ill. No names of pupils."
    )
    pupils = forms.number(
        "How many pupils saw it", at_most=PUPILS_AT_MOST, hint="A head count of all who came"
    )
    concerns_handed_on = forms.choice(
        "If a pupil spoke up: was it handed to the safeguarding lead each time?", YES_NO
    )

    def account(self) -> ReportAccount:
        return ReportAccount(
            took_place=self.took_place.data == "yes",
            why_not=self.why_not.data or "",
            pupils=self.pupils.data,
            concerns_handed_on=yes(self.concerns_handed_on.data),
        )


class SchoolReportForm(forms.Form):
    """What a school says of its own pupils at a show."""

    took_place = forms.choice("Did it take place?", YES_NO, required="Say whether it took place.")
    why_not = forms.text(
        "If not, why?", at_most=300, hint="For example: snow, the cast was ill. No names of pupils."
    )
    pupils = forms.number(
        "All pupils who saw it", at_most=PUPILS_AT_MOST, hint="Only where there is no number by year group"
    )
    staff = forms.number("Staff present", at_most=500)
    safeguarding_lead_present = forms.choice("Was a designated safeguarding lead present?", YES_NO)
    follow_up_lesson = forms.choice("Was there a follow-up lesson?", YES_NO)
    concerns = forms.number("Concerns raised", at_most=500, hint="A number, nothing else.")
    concerns_handed_on = forms.choice("Was each concern handed to the safeguarding lead?", YES_NO)

    def account(self) -> ReportAccount:
        split = {y: self[f"year_{y}"].data for y in YEAR_GROUPS if self[f"year_{y}"].data is not None}
        return ReportAccount(
            took_place=self.took_place.data == "yes",
            why_not=self.why_not.data or "",
            pupils=split or self.pupils.data,
            staff=self.staff.data,
            concerns=self.concerns.data,
            concerns_handed_on=yes(self.concerns_handed_on.data),
        )

    def answers(self) -> dict[str, str]:
        """What it says of the school's pledges; of a show that did not take place, nothing."""
        said = {
            pledges.LEAD_PRESENT: yes(self.safeguarding_lead_present.data),
            pledges.LESSON: yes(self.follow_up_lesson.data),
        }
        if self.took_place.data != "yes":
            return {}
        return {p: pledges.DONE if word else pledges.NOT_DONE for p, word in said.items() if word is not None}


for _year_group in YEAR_GROUPS:
    setattr(
        SchoolReportForm,
        f"year_{_year_group}",
        forms.number(year_group_name(_year_group), at_most=PUPILS_AT_MOST),
    )


def put_down(booking: Booking, side: str, form: SchoolReportForm, *, who: str, now: datetime) -> None:
    """The report, and what it says of the pledges, which stands with it."""
    report = reports.report(booking, side, form.account(), who=who, now=now)
    pledges.answer(booking, form.answers(), side=side, report=report, who=who, now=now)


class WithdrawForm(forms.Form):
    """`report` is the report that was looked at, so that a second click takes back no older one."""

    report = HiddenField()
    reason = forms.words(
        "Why is it taken back?",
        required="Say why, in a few words.",
        hint="For example: it was about another show. No pupil’s name.",
        at_most=300,
    )

    def report_id(self) -> int:
        """The report that was looked at; 0 for what is no number."""
        said = self.report.data or ""
        return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0


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
