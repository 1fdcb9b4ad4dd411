"""Forms of places at a session: who gets the calendar entry, and what those who come need. No page of their own."""

from collections.abc import Iterable, Mapping
from typing import Any

from outreach.booking.colleagues import COLLEAGUE, Colleague, NobodyKnown
from outreach.booking.told import ACCESS_NEEDS
from outreach.web import forms
from outreach.web.school.forms import (
    AskingNeeds,
    Judge,
    PupilsForm,
    Typed,
    TypedForm,
    judged,
    read_tick,
    ticked,
)
from outreach.web.school.known import Known


class NeedsForm(AskingNeeds):
    """Made by `needs_form`: a box for each access need, named as HallForm names them; none for more than come."""

    asked: PupilsForm

    def validate(self, extra_validators: Any = None) -> bool:
        super().validate(extra_validators)
        come = sum(self.asked.totals().values())
        for box in self._fields.values():
            if come and box.data and box.data > come and not box.errors:
                box.errors = [f"{box.label.text}: enter {come:,} or fewer, as many as come."]
        return not self.errors


def needs_form(typed: Mapping[str, str] | None, asked: PupilsForm) -> NeedsForm:
    boxes = {
        f"access-0-{slug}": forms.number(said[:1].upper() + said[1:], at_most=500)
        for slug, said in ACCESS_NEEDS.items()
    }
    made: NeedsForm = type("NeedsForm", (NeedsForm,), boxes)(typed)
    made.asked = asked
    return made


class EntryForm(TypedForm):
    """Who gets the entry; `also`: people whom we know besides, each as 'Name <address>'. No attendee is named."""

    entry_name = forms.text(
        "Name", required="Enter the name of whoever gets the calendar entry.", at_most=120
    )
    entry_address = forms.address(
        "Email address", required="Enter the email address that gets the calendar entry."
    )
    entry_phone = forms.text("Phone (optional)", at_most=40)
    also = forms.ticks("Also in the calendar", validate_choice=False)

    judge: Judge

    def validate(self, extra_validators: Any = None) -> bool:
        super().validate(extra_validators)
        if not self.errors:
            try:
                self.people()
            except NobodyKnown as no:
                self.entry_address.errors = [no.message]
        return not self.errors

    def asks(self, field: str | None) -> bool:
        return field == "people" or super().asks(field)

    def people(self) -> tuple[Colleague, ...]:
        """As a promise names them, each once, judged. Raises NobodyKnown."""
        named = [
            Colleague(
                name=self.entry_name.data,
                address=self.entry_address.data,
                duty=COLLEAGUE,
                phone=self.entry_phone.data or "",
            )
        ]
        there = {self.entry_address.data.casefold()}
        for one in (read_tick(said) for said in self.also.data or ()):
            if one is not None and one.address.casefold() not in there:
                there.add(one.address.casefold())
                named.append(one)
        return self.judge(named)


def entry_form(typed: Typed | None, known: Known) -> EntryForm:
    """As typed; else whoever was named before, or whom we wrote to."""
    made = EntryForm(_known(known) if typed is None else typed)
    made.judge = judged
    _offer(made, known.others())
    return made


def _known(known: Known) -> Typed | None:
    before = known.people()
    if not before or "lead_address" not in before:
        first = next(iter(known.others()), None)
        return None if first is None else {"entry_name": first.name, "entry_address": first.address}
    return {
        "entry_name": before.get("lead_name", ""),
        "entry_address": before.get("lead_address", ""),
        "entry_phone": before.get("lead_phone", ""),
    }


def _offer(form: EntryForm, others: Iterable[Colleague]) -> None:
    """A tick for everybody whom we know besides, and for whoever was ticked."""
    first = (form.entry_address.data or "").casefold()
    ticks = {said.casefold(): said for said in (*map(ticked, others), *(form.also.data or ()))}
    found = ((said, read_tick(said)) for said in ticks.values())
    forms.set_choices(
        form.also,
        [
            (said, f"{one.name}, {one.address}")
            for said, one in found
            if one is not None and one.address.casefold() != first
        ],
    )
