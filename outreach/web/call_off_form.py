"""The forms of calling off, for the coordinator's desk and for the company's own link: what, from when to
when, and why."""

from collections.abc import Mapping
from datetime import date, datetime

from flask import request

from outreach.booking.calling_off import affected
from outreach.booking.calling_off.affected import Hits
from outreach.booking.calling_off.call_offs import AFTERNOON, DAY, MORNING
from outreach.booking.calling_off.instead import Instead
from outreach.booking.calling_off.scope import Scope
from outreach.ground import clock
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.web import forms
from outreach.web.fields import given

PARTS = (
    (DAY, "The whole day"),
    (MORNING, "The morning: what starts before noon"),
    (AFTERNOON, "The afternoon"),
)


class SpanForm(forms.Form):
    first = forms.day("First day", required="Enter the first day.")
    last = forms.day("Last day", hint="Empty: that day alone.")
    part = forms.choice("Which part of it?", PARTS, required="Choose the whole day or a half.")

    def span(self) -> tuple[date, date, str]:
        first = given(self.first.data)
        return first, self.last.data or first, self.part.data


class ScopeForm(SpanForm):
    what = forms.pick(
        "What cannot be played?", hint="A troupe that is ill or broken down; or schools that snow has shut."
    )

    def scope(self, partnership_id: int) -> Scope:
        first, last, part = self.span()
        kind, _, which = self.what.data.partition(":")
        return Scope(
            partnership_id=partnership_id,
            first=first,
            last=last,
            part=part,
            troupe_id=int(which) if kind == "troupe" else None,
            schools_of=None if kind == "troupe" else which,
        )


class CallOffForm(forms.Form):
    reason = forms.words(
        "Why?",
        required="Say why, in a few words.",
        hint="It stands in every letter. For example: snow.",
        at_most=200,
        render_kw={"rows": 2},
    )


class TimesForm(forms.Form):
    reply_by = forms.day(
        "New times are kept until the end of",
        required="Enter until which day the new times are kept.",
        hint="An offer for an earlier show closes sooner: each line says when.",
    )


class KeepForm(CallOffForm, TimesForm):
    """Calling off, and until when the other times are offered."""


def chosen(found: Hits, others: Mapping[str, Instead]) -> dict[str, str]:
    """{reference: key of the slot} as posted; before that what was planned for all together."""
    if request.method == "POST":
        return {h.reference: request.form.get(f"slot-{h.reference}", "")[:30] for h in found.hits}
    return {ref: other.planned.key for ref, other in others.items() if other.planned}


def today_alone(now: datetime) -> dict[str, object]:
    return {"first": day_of(now), "part": DAY}


def look(scope: Scope | None, which: SpanForm) -> Hits | None:
    """None where nothing is asked yet, or makes no sense, which then stands beside its box."""
    if scope is None:
        return None
    try:
        scope.check(now=clock.now())
    except Refusal as refusal:
        which.refuse(refusal)
        return None
    return affected.look(scope, now=clock.now())
