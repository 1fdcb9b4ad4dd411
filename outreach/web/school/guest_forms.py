"""The forms of host and guest: who comes and how, what the host answers, and what it offers."""

from collections.abc import Mapping
from typing import Any

from outreach.booking.guest_places import (
    ASK,
    NONE,
    OPEN,
    TRAVEL,
    WHY,
    GuestPlace,
    Seats,
    Travel,
    why_in_words,
)
from outreach.ground.audience import OF_PUPILS, Words
from outreach.web import forms
from outreach.web.forms import Form
from outreach.web.school.forms import AskingNeeds, need
from outreach.web.spoken import words_of_page

ARRIVES_HINT = "For example: 9:40am"


class ComingForm(AskingNeeds):
    """How a guest comes, and its access needs; made by `coming_form`. No names."""

    travels_by = forms.choice(
        "How do you get there?",
        tuple(TRAVEL.items()),
        required="Say how you get there, or that it is not settled yet.",
    )
    adults = forms.number("How many adults come along? (optional)", at_most=200, hint="Staff and helpers")
    arrives = forms.clock("When will you be there?", hint=ARRIVES_HINT)
    travel_note = forms.words(
        "Anything your host should know about the journey?",
        hint="For example: the coach drops off and comes back.",
        at_most=300,
    )

    def travel(self) -> Travel:
        return Travel(
            by=self.travels_by.data,
            adults=self.adults.data,
            arrives=self.arrives.data,
            note=self.travel_note.data or "",
        )


class AskForm(ComingForm):
    why = forms.choice(
        "Why would you rather go to a neighbour?",
        [(why, why_in_words(why, OF_PUPILS)) for why in WHY],
        required="Say why.",
    )
    message = forms.words(
        "Would you like to say more to your host?",
        at_most=300,
    )


def coming_form(
    typed: Mapping[str, str] | None,
    needs: Mapping[str, str],
    *,
    asks: bool,
    words: Words = OF_PUPILS,
) -> Any:
    """With a box for each access need, named as HallForm names them: 'access-0-SLUG'."""
    boxes = {
        f"access-0-{slug}": forms.number(said[:1].upper() + said[1:], at_most=500)
        for slug, said in needs.items()
    }
    base = AskForm if asks else ComingForm
    made = type(base.__name__, (base,), boxes)(typed)
    if asks:
        forms.set_choices(made.why, [(why, why_in_words(why, words)) for why in WHY])
    return made


def coming_typed(place: GuestPlace | None, access_needs: Mapping[str, int]) -> dict[str, str]:
    """What stands, as somebody would have typed it."""
    typed = {f"access-0-{slug}": str(n) for slug, n in access_needs.items()}
    if place is not None:
        typed |= {
            "travels_by": place.travels_by,
            "adults": "" if place.adults is None else str(place.adults),
            "arrives": f"{place.arrives:%H:%M}" if place.arrives else "",
            "travel_note": place.travel_note,
        }
    return typed


class SeatsForm(Form):
    """What a host offers guests at its show."""

    how = forms.choice(
        "May other schools join?",
        (
            (ASK, "They may ask, and we say yes or no each time"),
            (OPEN, "Yes: so many are there for whoever comes first"),
            (NONE, "No more guests, please"),
        ),
        required="Say whether other schools may join.",
    )
    seats = forms.number("How many seats in all, for guests?", at_most=5000)
    terms = forms.words(
        "What should guests know?",
        hint="For example: bring your own staff, use the side gate",
        at_most=500,
    )

    def validate(self, extra_validators: Any = None) -> bool:
        super().validate(extra_validators)
        if self.how.data == OPEN and self.seats.data is None:
            need(self.seats, words_of_page().said("Enter how many seats guests may have in all, in figures."))
        return not self.errors


def seats_typed(seats: Seats) -> dict[str, Any]:
    """What a host said before; nothing is chosen for one that never did."""
    row = seats.consent
    offered = row.seats if row and row.how == OPEN else None
    return {"how": row.how, "seats": offered, "terms": row.terms} if row else {}


class AnswerForm(Form):
    """A host's answer to one school."""

    answer = forms.choice(
        "What do you say?",
        (("yes", "They may come"), ("no", "Sorry, not this time")),
        required="Say whether they may come.",
    )
    seats = forms.number("How many seats do you give them?", at_most=5000)
    terms = forms.words(
        "What should they know?",
        hint="It stands in the letter to them. For example: bring your own staff, be there by 9:15am.",
        at_most=500,
    )

    def validate(self, extra_validators: Any = None) -> bool:
        super().validate(extra_validators)
        if self.answer.data == "yes" and not self.seats.data and not self.seats.errors:
            need(self.seats, words_of_page().said("Enter how many seats you give, in figures."))
        return not self.errors
