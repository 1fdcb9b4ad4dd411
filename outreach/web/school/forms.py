"""The forms of a school's pages. They hold what was typed as text, so that a draft can fill them again."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import g
from werkzeug.datastructures import MultiDict
from wtforms import SelectMultipleField

from outreach.booking import accounts, named, promises, seats
from outreach.booking.accounts import Expected
from outreach.booking.colleagues import COLLEAGUE, LEAD, ON_THE_DAY, Colleague, NobodyKnown
from outreach.booking.named import NamedPerson
from outreach.booking.promises import Booking, VisitContact
from outreach.county.contacts import find_address
from outreach.county.partnerships import LUNCH_RULE, takes_a_lunch
from outreach.county.school_lunch import Lunch
from outreach.county.schools import BODY
from outreach.ground import clock
from outreach.ground.audience import OF_PUPILS, Words, box_of_group, many_in_group, words_of_group
from outreach.ground.school_year import STAFF
from outreach.ground.wording import clock as clock_words
from outreach.tour import over_lunch, performances, sessions
from outreach.tour.performances import Performance
from outreach.web import forms
from outreach.web.fields import tidy
from outreach.web.forms import Form

MOST_TYPED = 4000
"""Characters kept of one box in a draft; longer text is refused by its form anyway."""

MOST_TICKED = 10

Typed = Mapping[str, str | list[str]]
"""What was typed into a form, by the names of its boxes; a list where several may be ticked."""

Judge = Callable[[Iterable[Colleague]], tuple[Colleague, ...]]
"""Says which of some people wait for a coordinator. Raises NobodyKnown."""


class TypedForm(Form):
    """A form filled from a plain dict of what was typed; the token against forgery is checked before it is
    made."""

    class Meta:
        csrf = False

    def __init__(self, typed: Typed | None, **kwargs: Any) -> None:
        super().__init__(formdata=MultiDict(typed) if typed is not None else None, **kwargs)

    def taken_from(self, posted: MultiDict[str, str]) -> dict[str, str | list[str]]:
        """What a POST says for the boxes of this form, and nothing else."""
        return {
            name: [said[:MOST_TYPED] for said in posted.getlist(name)[:MOST_TICKED]]
            if isinstance(field, SelectMultipleField)
            else posted[name][:MOST_TYPED]
            for name, field in self._fields.items()
            if name in posted
        }


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

    @property
    def words(self) -> Words:
        """The words for who comes."""
        return words_of_group(max(self.year_groups))

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
                self._say(show, f"Enter how many {self.words.many} will come.{self.words.not_all_nought}")
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
    typed: Typed | None,
    *,
    shows: int,
    counted: Mapping[int, Expected],
    promised: Mapping[int, int],
    year_groups: Sequence[int],
    ceiling: int,
    proposal: Sequence[Mapping[int, int]] | None = None,
) -> PupilsForm:
    """How many of each year group come to each of `shows` shows. Until somebody types, the boxes hold `proposal`,
    or for one show our count where that many can come: to be checked."""
    expected = {} if shows > 1 else _to_be_checked(counted, promised, year_groups, ceiling)
    filled = expected if typed is None else {}
    boxes: dict[str, Any] = {}
    for show in range(shows):
        for year_group in year_groups:
            boxes[f"pupils-{show}-{year_group}"] = forms.number(
                box_of_group(year_group),
                required=_required(year_group),
                at_most=5000,
                hint="" if shows > 1 else _our_count(counted.get(year_group), filled=year_group in filled),
                default=proposal[show].get(year_group, 0) if proposal else filled.get(year_group),
                render_kw={"autocomplete": "off"},
            )
    boxes["sure"] = forms.text("Yes, that is right", at_most=200)
    made: PupilsForm = type("PupilsForm", (PupilsForm,), boxes)(typed)
    made.shows, made.year_groups, made.ceiling = shows, tuple(year_groups), ceiling
    made.counted, made.promised, made.questions = counted, promised, {}
    made.proposed = proposal is not None and typed is None
    return made


def _required(year_group: int) -> str:
    none = "" if year_group == STAFF else " If none do, enter 0."
    return f"Enter how many {many_in_group(year_group)} will come, in figures.{none}"


def _to_be_checked(
    counted: Mapping[int, Expected], promised: Mapping[int, int], year_groups: Sequence[int], ceiling: int
) -> dict[int, int]:
    """What our count leaves of each year group; nothing where all of them together are more than a show takes, or of
    staff, who seldom come all at once."""
    if STAFF in year_groups:
        return {}
    left = {
        y: n for y in year_groups if y in counted and (n := (counted[y].pupils or 0) - promised.get(y, 0)) > 0
    }
    return left if sum(left.values()) <= ceiling else {}


def _our_count(known: Expected | None, *, filled: bool) -> str:
    """What stands under a box: to check what we put there, or what we count."""
    if known is None or not known.pupils:
        return ""
    if not known.estimated:
        return f"{known.pupils:,} by your own count"
    return "please check" if filled else f"about {known.pupils:,} by our count"


STEP_FREE = (("yes", "Yes"), ("no", "No"), ("unknown", "Not sure"))


class AskingNeeds(TypedForm):
    """A form that asks for access needs: a box for each, named 'access-SHOW-SLUG'."""

    def needs_said(self) -> bool:
        """Whether an access need was entered, or entered wrongly."""
        boxes = (box for name, box in self._fields.items() if name.startswith("access-"))
        return any(box.data or box.errors for box in boxes)


ON_ARRIVAL = ("entrance", "parking", "arrival_note")


class HallForm(AskingNeeds):
    hall = forms.text(
        "Hall or room",
        required="Say which room it is in.",
        at_most=120,
        render_kw={"autocomplete": "off"},
    )
    step_free = forms.choice(
        "Step-free way in?", STEP_FREE, required="Say whether there is a step-free way in."
    )
    entrance = forms.text("Entrance", at_most=120, render_kw={"autocomplete": "off"})
    parking = forms.text("Parking for the van", at_most=120, render_kw={"autocomplete": "off"})
    arrival_note = forms.words("Anything else on arrival", at_most=500)

    def said(self) -> dict[str, Any]:
        """The hall and the arrival, as a Promise has them."""
        return {
            "hall": self.hall.data,
            "step_free": {"yes": True, "no": False}.get(str(self.step_free.data)),
            **{name: self[name].data or "" for name in ON_ARRIVAL},
        }

    def arrival_said(self) -> bool:
        """Whether anything is said of the arrival, or wrongly said."""
        return any(self[name].data or self[name].errors for name in ON_ARRIVAL)

    def lunch(self) -> Lunch | None:
        """What it says of lunch in the hall; None where that is not asked or not answered."""
        return None


class DiningHallForm(HallForm):
    """A HallForm that asks for lunch too. `kept`: the shows that are about to be promised."""

    kept: Sequence[Performance] = ()
    dines = forms.choice("Is the hall used for lunch? (optional)", (("yes", "Yes"), ("no", "No")))
    begins = forms.clock("Lunch from")
    ends = forms.clock("Lunch to")
    set_may_stay = forms.tick("The set may stay standing over lunch")

    def lunch(self) -> Lunch | None:
        begins, ends = self.begins.data, self.ends.data
        if not self.dines.data or begins is None or ends is None or not takes_a_lunch(begins, ends):
            return None
        in_hall = self.dines.data == "yes"
        return Lunch(
            begins=begins,
            ends=ends,
            is_dining_hall=in_hall,
            set_may_stay=in_hall and self.set_may_stay.data,
            tables=g.partnership.lunch_tables,
        )

    def validate(self, extra_validators: Any = None) -> bool:
        super().validate(extra_validators)
        if self.dines.data and not self.dines.errors:
            need(self.begins, "Enter when lunch begins.")
            need(self.ends, "Enter when lunch ends.")
            if not self.begins.errors and not self.ends.errors and self.lunch() is None:
                self.ends.errors = [LUNCH_RULE]
        kept_out = over_lunch.kept_out(self.lunch())
        across = next((show for show in self.kept if not performances.is_clear_of(show, kept_out)), None)
        if across is not None:
            self.dines.errors = [_across(across)]
        return not any(field.errors for field in self)


def _across(show: Performance) -> str:
    at = f"{clock_words(show.get_in_at)} to {clock_words(show.away_at)}"
    return (
        f"With set-up and pack-up the show takes the hall from {at}, which lies across that lunch. What you say of "
        "lunch is kept: choose another time, and you are offered those that keep out of it."
    )


def hall_form(
    typed: Typed | None,
    *,
    shows: int,
    needs: Mapping[str, str],
    words: Words = OF_PUPILS,
    dining: Sequence[Performance] | None = None,
) -> HallForm:
    """Hall and arrival, and for each show a box for each access need, named 'access-SHOW-SLUG'. `dining`: the
    shows that are to keep out of lunch, which is asked for; None: it is not."""
    boxes = {
        f"access-{show}-{slug}": forms.number(said[:1].upper() + said[1:], at_most=500)
        for show in range(shows)
        for slug, said in needs.items()
    }
    base = HallForm if dining is None else DiningHallForm
    made: HallForm = type("HallForm", (base,), boxes)(typed)
    if isinstance(made, DiningHallForm):
        made.kept = dining or ()
    made.hall.label.text = words.hall_or_room
    return made


def access_of(form: HallForm, show: int, needs: Iterable[str]) -> dict[str, int]:
    """{need: how many} for one show; what is empty or 0 is not in it."""
    return {slug: n for slug in needs if (n := form[f"access-{show}-{slug}"].data)}


class PeopleForm(TypedForm):
    """Made by `people_form`. Labels name the person, since the error summary shows them alone; the page says them
    shorter under headings. `also`: people whom we know besides, each as 'Name <address>'."""

    lead_name = forms.text(
        "Safeguarding lead’s name", required="Enter the safeguarding lead’s name.", at_most=120
    )
    lead_address = forms.address(
        "Safeguarding lead’s email address", required="Enter the safeguarding lead’s email address."
    )
    lead_phone = forms.text("Safeguarding lead’s phone", at_most=40)
    day_name = forms.text("Name of whoever meets the company", at_most=120)
    day_role = forms.text("Role of whoever meets the company", at_most=120)
    day_address = forms.address("Email address of whoever meets the company")
    day_phone = forms.text("Phone of whoever meets the company", at_most=40)
    also = forms.ticks("Also in the calendar", validate_choice=False)

    judge: Judge

    def validate(self, extra_validators: Any = None) -> bool:
        super().validate(extra_validators)
        if self.meets_somebody_else():
            need(self.day_name, "Enter the name of whoever meets the company, or leave all four boxes empty.")
            need(self.day_address, "Enter the email address of whoever meets the company.")
            need(self.day_phone, "Enter a number on which the company can ring on the day.")
        else:
            need(self.lead_phone, "Enter a number on which the company can ring on the day.")
        twice = (self.day_address.data or "").casefold() == (self.lead_address.data or "").casefold()
        if twice and self.day_address.data and not self.day_address.errors:
            self.day_address.errors = ["That address stands above already. Name each person once."]
        if not self.errors:
            try:
                self.people()
            except NobodyKnown as no:
                self.lead_address.errors = [no.message]
        return not self.errors

    def asks(self, field: str | None) -> bool:
        return field == "people" or super().asks(field)

    def meets_somebody_else(self) -> bool:
        return any((self.day_name.data, self.day_role.data, self.day_address.data, self.day_phone.data))

    def second_shown(self) -> bool:
        """Whether somebody else was named for the day, or named wrongly."""
        boxes = (self.day_name, self.day_role, self.day_address, self.day_phone)
        return self.meets_somebody_else() or any(box.errors for box in boxes)

    def people(self) -> tuple[Colleague, ...]:
        """The people as a promise names them, each once, judged. Raises NobodyKnown."""
        named = [
            Colleague(
                name=self.lead_name.data,
                address=self.lead_address.data,
                duty=LEAD,
                phone=self.lead_phone.data or "",
            )
        ]
        if self.meets_somebody_else():
            named.append(
                Colleague(
                    name=self.day_name.data,
                    address=self.day_address.data,
                    duty=ON_THE_DAY,
                    role=self.day_role.data or "",
                    phone=self.day_phone.data or "",
                )
            )
        there = {person.address.casefold() for person in named}
        for one in (read_tick(said) for said in self.also.data or ()):
            if one is not None and one.address.casefold() not in there:
                there.add(one.address.casefold())
                named.append(one)
        return self.judge(named)


def people_form(
    typed: Typed | None, *, others: Iterable[Colleague] = (), judge: Judge | None = None
) -> PeopleForm:
    """Who will be there. `others`: who is known besides, each with a tick; whoever was ticked before keeps it.
    `judge`: which of those named are written to; that of a school's page where nothing is said."""
    made = PeopleForm(typed)
    made.judge = judge or judged
    ticks = {said.casefold(): said for said in (*map(ticked, others), *(made.also.data or ()))}
    found = ((said, read_tick(said)) for said in ticks.values())
    forms.set_choices(
        made.also, [(said, f"{one.name}, {one.address}") for said, one in found if one is not None]
    )
    return made


def ticked(person: Colleague | VisitContact | NamedPerson) -> str:
    """Somebody as the value of a tick: 'Name <address>'."""
    return f"{person.name or person.address} <{person.address}>"


def read_tick(said: str) -> Colleague | None:
    """Whom such a value names; None where it names nobody."""
    name, _, rest = " ".join(tidy(said).split()).rpartition(" <")
    found = find_address(rest.removesuffix(">"))
    return Colleague(name=(name or found)[:120], address=found, duty=COLLEAGUE) if found else None


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
    known = named.known_at(g.organisation, g.partnership.id, holder=g.link.address)
    return tuple(replace(person, waits=not known(person.address)) for person in people)


class ReasonForm(Form):
    """Why, as one of a few, and more in words; 'other' needs the words. A form of it has the boxes `reason` and
    `more`."""

    reason: Any
    more: Any

    def validate(self, extra_validators: Any = None) -> bool:
        super().validate(extra_validators)
        if self.reason.data == "other":
            need(self.more, "Say what the reason is, in a few words.")
        return not self.errors

    def said(self) -> str:
        """The reason in words, as people read it."""
        if self.reason.data == "other":
            return str(self.more.data)
        words = dict((choice.value, choice.label) for choice in self.reason.choices)[self.reason.data]
        return f"{words}: {self.more.data}" if self.more.data else str(words)


def need(box: Any, said: str) -> None:
    """Say what is missing where a box that must be filled here was left empty."""
    if not box.data and not box.errors:
        box.errors = [said]


def people_typed(people: Iterable[Colleague | VisitContact | NamedPerson]) -> dict[str, str | list[str]]:
    """People as somebody would have typed and ticked them again."""
    typed: dict[str, str | list[str]] = {}
    also: list[str] = []
    for person in people:
        box = {LEAD: "lead", ON_THE_DAY: "day"}.get(person.duty)
        if box is None or f"{box}_address" in typed:
            also.append(ticked(person))
            continue
        typed |= {
            f"{box}_name": person.name,
            f"{box}_address": person.address,
            f"{box}_role": person.role,
            f"{box}_phone": person.phone,
        }
    typed.pop("lead_role", None)
    return typed | {"also": also}


def typed_before(booking: Booking, people: Iterable[VisitContact]) -> dict[str, Typed]:
    """Hall and people of a booking the school made before, as somebody would have typed them again."""
    return {"hall": hall_typed(booking), "people": people_typed(people)}


def change_form(booking: Booking, typed: Typed) -> PupilsForm:
    """The numbers of a booking that stands, to be changed by the school or for it. A body's count is the
    coordinators' to put right, so that no tick of its own makes it larger."""
    account = accounts.account(
        booking.programme, booking.organisation, now=clock.now(), leaving_out=booking.id
    )
    return pupils_form(
        typed,
        shows=1,
        counted={} if booking.organisation.kind == BODY else account.expected,
        promised=account.promised,
        year_groups=tuple(sorted({*account.expected, *promises.pupils_of(booking)})),
        ceiling=sessions.ceiling(booking.performance, booking.programme),
    )


def change_typed(booking: Booking) -> dict[str, str]:
    """What a booking says, as somebody would have typed it."""
    pupils = promises.pupils_of(booking)
    groups = {*accounts.account(booking.programme, booking.organisation, now=clock.now()).expected, *pupils}
    return {
        **{f"pupils-0-{y}": str(pupils.get(y, "" if y == STAFF else 0)) for y in groups},
        **{f"access-0-{slug}": str(n) for slug, n in booking.access_needs.items()},
        **hall_typed(booking),
    }


def lunch_typed(lunch: Lunch | None) -> dict[str, str]:
    """A school's lunch as somebody would have typed it; where it has not said, whether it is in the hall is open."""
    if lunch is None:
        return {}
    said = {"begins": f"{lunch.begins:%H:%M}", "ends": f"{lunch.ends:%H:%M}"}
    if lunch.is_dining_hall is not None:
        said["dines"] = "yes" if lunch.is_dining_hall else "no"
    return said | ({"set_may_stay": "y"} if lunch.set_may_stay else {})


def hall_typed(booking: Booking) -> dict[str, str]:
    """A booking's hall and way in, as somebody would have typed them."""
    return {
        "hall": booking.hall,
        "step_free": {True: "yes", False: "no", None: "unknown"}[booking.step_free],
        **{name: getattr(booking, name) for name in ON_ARRIVAL},
    }
