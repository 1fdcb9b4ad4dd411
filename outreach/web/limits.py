"""Limits of a company's weeks as both doors set them, and as the week's page says what is near or over one."""

from dataclasses import dataclass

from flask import flash

from outreach.booking.sheets import against_limits
from outreach.booking.sheets.against_limits import DAYS, KILOMETRES, Held
from outreach.booking.sheets.week_sheet import WeekSheet
from outreach.county import partnerships
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.wording import count, duration
from outreach.ground.wording import day as day_words
from outreach.tour import limits
from outreach.tour.companies import MOST, Company
from outreach.tour.limits import Limits
from outreach.web import forms, opened

NONE = "Empty: no limit"


class LimitsForm(forms.Form):
    hours_a_day = forms.number(
        "Hours a day",
        at_least=1,
        at_most=MOST["hours_a_day"],
        hint=f"From leaving to being home, or where the night is spent. {NONE}",
    )
    hours_a_week = forms.number(
        "Hours a week",
        at_least=1,
        at_most=MOST["hours_a_week"],
        hint=f"Those of its days together, Monday to Sunday. {NONE}",
    )
    days_in_a_row = forms.number(
        "Days in a row",
        at_least=1,
        at_most=MOST["days_in_a_row"],
        hint=f"Days that are played, one after the other, over weekends too. {NONE}",
    )
    kilometres_a_week = forms.number(
        "Kilometres a week",
        at_least=1,
        at_most=MOST["kilometres_a_week"],
        hint="Of the road where the table has them, else as the crow flies: roads are about a third longer. "
        + NONE,
    )

    def limits(self) -> Limits:
        return Limits(**{name: self[name].data for name in Limits.__annotations__})


def settle(company: Company, form: LimitsForm, who: str) -> bool:
    """The company's limits as the form has them; False while nothing makes sense of it."""
    stands = opened.over(
        lambda: opened.words_of(LimitsForm(formdata=None, obj=limits.limits_of(company))),
        company,
        "changed limits",
    )
    if not form.validate_on_submit():
        return False
    with transaction():
        stands.unchanged(lambda: partnerships.lock(company.partnership_id), opened.words_of(form))
        limits.settle(company, form.limits(), who=who, now=clock.now())
    flash(f"The limits of {company.name} are saved.", "done")
    return True


@dataclass(frozen=True, kw_only=True)
class Said:
    """A figure beside its limit, in words; `tag`: what of it needs a look, '' within the limit; `looks`: its class."""

    words: str
    tag: str
    looks: str


def of_week(week: WeekSheet) -> list[Said]:
    """What a week comes to beside its company's limits; nothing where none is set."""
    return [_said(one) for one in against_limits.held(week, limits.limits_of(week.troupe.company))]


def _said(one: Held) -> Said:
    if one.unit == DAYS:
        assert one.day is not None
        words = f"{count(one.figure, 'day')} in a row on {day_words(one.day)}, of {one.limit}"
    else:
        words = f"{'The week' if one.day is None else day_words(one.day)}: {_measured(one, one.figure)} of "
        words += f"{one.limit:,}" if one.unit == KILOMETRES else count(one.limit // 60, "hour")
    if one.over:
        return Said(words=words, tag=f"{_measured(one, one.over)} over", looks="c-stop")
    return Said(words=words, tag="near the limit" if one.near else "", looks="c-confirm")


def _measured(one: Held, figure: int) -> str:
    if one.unit == KILOMETRES:
        return f"{figure:,} km"
    return count(figure, "day") if one.unit == DAYS else duration(figure)
