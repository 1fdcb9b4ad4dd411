"""The forms of a school's pages. They hold what was typed as text, so that a draft can fill them again."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import g
from werkzeug.datastructures import MultiDict

from outreach.booking import accounts, named, promises, seats
from outreach.booking.accounts import Expected
from outreach.booking.colleagues import COLLEAGUE, Colleague, NobodyKnown
from outreach.booking.named import NamedPerson
from outreach.booking.promises import Booking, VisitContact
from outreach.ground import clock
from outreach.ground.wording import year_group_name
from outreach.web import forms
from outreach.web.forms import Form

MOST_TYPED = 4000
"""Characters kept of one box in a draft; longer text is refused by its form anyway."""


class TypedForm(Form):
    """A form filled from a plain dict of what was typed; the token against forgery is checked before it is
    made."""

    class Meta:
        csrf = False

    def __init__(self, typed: Mapping[str, str] | None, **kwargs: Any) -> None:
        super().__init__(formdata=MultiDict(typed) if typed else None, **kwargs)

    def taken_from(self, posted: Mapping[str, str]) -> dict[str, str]:
        """What a POST says for the boxes of this form, and nothing else."""
        return {name: posted[name][:MOST_TYPED] for name in self._fields if name in posted}


class PupilsForm(TypedForm):
    """Made by `pupils_form`: one box for each show and year group, named 'pupils-SHOW-YEAR'.

    `sure` holds the figures a person confirmed although they are more than our count, as '8=1080'.
    """

    shows: int
    year_groups: tuple[int, ...]
    ceiling: int
    counted: Mapping[int, Expected]
    promised: Mapping[int, int]
    questions: Mapping[int, str]
    proposed: bool

    def entered(self) -> list[dict[int, int]]:
        """Pupils by year group, for each show."""
        return [
            {y: self.box(i, y).data for y in self.year_groups if self.box(i, y).data}
            for i in range(self.shows)
        ]

    def totals(self) -> dict[int, int]:
        """Pupils by year group, all shows together."""
        total: Counter[int] = Counter()
        for show in self.entered():
            total.update(show)
        return {y: total[y] for y in self.year_groups if y in total}

    def box(self, show: int, year_group: int) -> Any:
        return self[f"pupils-{show}-{year_group}"]

    def figures(self) -> str:
        """What a tick under the question confirms: changed figures are asked about again."""
        return ",".join(f"{y}={n}" for y, n in self.totals().items() if y in self.questions)

    def confirmed(self) -> dict[int, int]:
        """The year groups whose larger number the person confirmed, with the whole of it: own numbers."""
        if not self.questions or self.sure.data != self.figures():
            return {}
        return {y: n + self.promised.get(y, 0) for y, n in self.totals().items() if y in self.questions}

    def validate(self, extra_validators: Any = None) -> bool:
        self.questions = {}
        if not super().validate(extra_validators) or not self.year_groups:
            return not self.errors
        entered = self.entered()
        for show, said in seats.over_ceiling(entered, self.ceiling).items():
            self._say(show, said)
        for show, pupils in enumerate(entered):
            if not pupils:
                self._say(show, "Enter how many pupils will come. One year group may be 0, not all of them.")
        self.questions = seats.beyond_count(self.totals(), self.counted, self.promised)
        if self.sure.data != self.figures():
            for year_group, question in self.questions.items():
                box = self.box(next(i for i, show in enumerate(entered) if year_group in show), year_group)
                box.errors = [question, *box.errors]
        return not self.errors

    def _say(self, show: int, said: str) -> None:
        box = self.box(show, self.year_groups[0])
        box.errors = [*box.errors, said]


def pupils_form(
    typed: Mapping[str, str] | None,
    *,
    shows: int,
    counted: Mapping[int, Expected],
    promised: Mapping[int, int],
    year_groups: Sequence[int],
    ceiling: int,
    proposal: Sequence[Mapping[int, int]] | None = None,
) -> PupilsForm:
    """How many of each year group come to each of `shows` shows; `proposal` fills the boxes until somebody
    types."""
    boxes: dict[str, Any] = {}
    for show in range(shows):
        for year_group in year_groups:
            name = year_group_name(year_group)
            known = counted[year_group].pupils if year_group in counted else None
            hint = f"about {known:,} by our count" if known else ""
            if known and not counted[year_group].estimated:
                hint = f"{known:,} by your own count"
            boxes[f"pupils-{show}-{year_group}"] = forms.number(
                name,
                required=f"Enter how many {name} pupils will come, in figures. If none do, enter 0.",
                at_most=5000,
                hint=hint if shows == 1 else "",
                default=proposal[show].get(year_group, 0) if proposal else None,
                render_kw={"autocomplete": "off"},
            )
    boxes["sure"] = forms.text("Yes, that is right", at_most=200)
    made: PupilsForm = type("PupilsForm", (PupilsForm,), boxes)(typed)
    made.shows, made.year_groups, made.ceiling = shows, tuple(year_groups), ceiling
    made.counted, made.promised, made.questions = counted, promised, {}
    made.proposed = proposal is not None and not typed
    return made


STEP_FREE = (("yes", "Yes"), ("no", "No"), ("unknown", "Not sure"))


class HallForm(TypedForm):
    hall = forms.text(
        "Where in your school will it be?",
        required="Say where in your school it will be, for example main hall.",
        hint="For example: main hall, ground floor",
        at_most=120,
    )
    step_free = forms.choice(
        "Is there a step-free way in, for people and for the set?",
        STEP_FREE,
        required="Say whether there is a step-free way in.",
    )
    arrival_note = forms.words(
        "What should the company know on arrival?",
        hint="Which gate, where to park, whom to ask for. You may leave it empty.",
        at_most=500,
    )

    def step_free_known(self) -> bool | None:
        return {"yes": True, "no": False}.get(str(self.step_free.data))


def hall_form(typed: Mapping[str, str] | None, *, shows: int, needs: Mapping[str, str]) -> HallForm:
    """Hall and arrival, and for each show a box for each access need, named 'access-SHOW-SLUG'."""
    boxes = {
        f"access-{show}-{slug}": forms.number(words[:1].upper() + words[1:], at_most=500)
        for show in range(shows)
        for slug, words in needs.items()
    }
    made: HallForm = type("HallForm", (HallForm,), boxes)(typed)
    return made


def access_of(form: HallForm, show: int, needs: Iterable[str]) -> dict[str, int]:
    """{need: how many} for one show; what is empty or 0 is not in it."""
    return {slug: n for slug in needs if (n := form[f"access-{show}-{slug}"].data)}


class PeopleForm(TypedForm):
    """Labels name the person, since the error summary shows them alone; the page says them shorter under
    headings."""

    lead_name = forms.text(
        "Safeguarding lead’s name", required="Enter the safeguarding lead’s name.", at_most=120
    )
    lead_address = forms.address(
        "Safeguarding lead’s address", required="Enter the safeguarding lead’s work address."
    )
    lead_phone = forms.text("Safeguarding lead’s phone", at_most=40)
    day_name = forms.text("Name of whoever meets the company", at_most=120)
    day_role = forms.text(
        "Role of whoever meets the company", hint="For example: Head of Year 9", at_most=120
    )
    day_address = forms.address("Address of whoever meets the company")
    day_phone = forms.text("Phone of whoever meets the company", at_most=40)
    colleague_name = forms.text("Colleague’s name", at_most=120)
    colleague_address = forms.address("Colleague’s address")

    def validate(self, extra_validators: Any = None) -> bool:
        super().validate(extra_validators)
        if self.meets_somebody_else():
            need(self.day_name, "Enter the name of whoever meets the company, or leave all four boxes empty.")
            need(self.day_address, "Enter the address of whoever meets the company.")
            need(self.day_phone, "Enter a number on which the company can ring on the day.")
        else:
            need(self.lead_phone, "Enter a number on which the company can ring on the day.")
        if self.colleague_name.data or self.colleague_address.data:
            need(self.colleague_name, "Enter the colleague’s name, or leave both boxes empty.")
            need(self.colleague_address, "Enter the colleague’s address, or leave both boxes empty.")
        self._refuse_twice()
        if not self.errors:
            try:
                people_named(self)
            except NobodyKnown as no:
                self.lead_address.errors = [no.message]
        return not self.errors

    def asks(self, field: str | None) -> bool:
        return field == "people" or super().asks(field)

    def meets_somebody_else(self) -> bool:
        return any((self.day_name.data, self.day_role.data, self.day_address.data, self.day_phone.data))

    def _refuse_twice(self) -> None:
        taken: set[str] = set()
        for box in (self.lead_address, self.day_address, self.colleague_address):
            address = (box.data or "").casefold()
            if address and address in taken and not box.errors:
                box.errors = ["That address stands above already. Name each person once."]
            taken.add(address)


def judged(people: Iterable[Colleague]) -> tuple[Colleague, ...]:
    """Each marked to wait for a coordinator, or not: see booking/named.py. Inside a school's page.

    Where all wait, whoever holds the link has it in the calendar too, so that somebody hears. Raises
    NobodyKnown.
    """
    found = marked(people)
    if not all(person.waits for person in found):
        return found
    if not g.link.address:
        raise NobodyKnown
    holder = Colleague(name=g.link.name or g.link.address, address=g.link.address, duty=COLLEAGUE)
    return (holder, *found)


def marked(people: Iterable[Colleague]) -> tuple[Colleague, ...]:
    """The same for people of a booking that has others already."""
    known = named.known_at(g.school, g.partnership.id, holder=g.link.address)
    return tuple(replace(person, waits=not known(person.address)) for person in people)


def people_named(who: PeopleForm) -> tuple[Colleague, ...]:
    """The people as a promise names them, judged. Raises NobodyKnown."""
    lead = Colleague(
        name=who.lead_name.data,
        address=who.lead_address.data,
        duty="safeguarding lead",
        phone=who.lead_phone.data or "",
    )
    people = [lead]
    if who.meets_somebody_else():
        people.append(
            Colleague(
                name=who.day_name.data,
                address=who.day_address.data,
                duty="on the day",
                role=who.day_role.data or "",
                phone=who.day_phone.data or "",
            )
        )
    if who.colleague_name.data:
        people.append(
            Colleague(name=who.colleague_name.data, address=who.colleague_address.data, duty="colleague")
        )
    return judged(people)


def need(box: Any, said: str) -> None:
    """Say what is missing where a box that must be filled here was left empty."""
    if not box.data and not box.errors:
        box.errors = [said]


def people_typed(people: Iterable[VisitContact | NamedPerson]) -> dict[str, str]:
    """People as somebody would have typed them again."""
    typed: dict[str, str] = {}
    for person in people:
        box = {"safeguarding lead": "lead", "on the day": "day"}.get(person.duty, "colleague")
        typed |= {
            f"{box}_name": person.name,
            f"{box}_address": person.address,
            f"{box}_role": person.role,
            f"{box}_phone": person.phone,
        }
    return typed


def typed_before(booking: Booking, people: Iterable[VisitContact]) -> dict[str, dict[str, str]]:
    """Hall and people of a booking the school made before, as somebody would have typed them again."""
    kept = PeopleForm(None)._fields
    return {
        "hall": hall_typed(booking),
        "people": {k: v for k, v in people_typed(people).items() if k in kept},
    }


def change_form(booking: Booking, typed: Mapping[str, str]) -> PupilsForm:
    """The numbers of a booking that stands, to be changed by the school or for it."""
    account = accounts.account(booking.programme, booking.school, now=clock.now(), leaving_out=booking.id)
    return pupils_form(
        typed,
        shows=1,
        counted=account.expected,
        promised=account.promised,
        year_groups=tuple(sorted({*account.expected, *promises.pupils_of(booking)})),
        ceiling=booking.programme.audience_ceiling,
    )


def change_typed(booking: Booking) -> dict[str, str]:
    """What a booking says, as somebody would have typed it."""
    pupils = promises.pupils_of(booking)
    groups = {*accounts.account(booking.programme, booking.school, now=clock.now()).expected, *pupils}
    return {
        **{f"pupils-0-{y}": str(pupils.get(y, 0)) for y in groups},
        **{f"access-0-{slug}": str(n) for slug, n in booking.access_needs.items()},
        **hall_typed(booking),
    }


def hall_typed(booking: Booking) -> dict[str, str]:
    """A booking's hall and way in, as somebody would have typed them."""
    return {
        "hall": booking.hall,
        "step_free": {True: "yes", False: "no", None: "unknown"}[booking.step_free],
        "arrival_note": booking.arrival_note,
    }
