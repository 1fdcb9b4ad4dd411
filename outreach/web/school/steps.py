"""The three steps of a booking: what is asked in which order, what stands there already, and what was typed. No page
of its own."""

from collections.abc import Sequence
from typing import Any

from outreach.booking import accounts, seats
from outreach.booking.accounts import PromiseAccount
from outreach.booking.numbers import Promise
from outreach.booking.told import ACCESS_NEEDS
from outreach.county.school_lunch import Lunch
from outreach.county.schools import Organisation
from outreach.ground import clock
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.web.school import forms
from outreach.web.school.forms import HallForm, Judge, PeopleForm, PupilsForm, TypedForm
from outreach.web.school.known import Known

PUPILS, HALL, PEOPLE = STEPS = ("pupils", "hall", "people")
CHECK = "check"


class Answers:
    """What a school typed so far: the three forms, each made and judged once.

    A step that nobody has typed holds what is `known`; it is asked all the same. `judge`: which of the people named
    are written to, where it is not a school's own page that asks. `account`: the school's, read just now.
    """

    def __init__(
        self,
        programme: Programme,
        organisation: Organisation,
        kept: Sequence[Performance],
        typed: dict[str, Any],
        known: Known,
        *,
        judge: Judge | None = None,
        account: PromiseAccount | None = None,
    ) -> None:
        self.typed = typed
        self.kept = kept
        self.shows = len(kept) or len(typed.get("slots", [])) or 1
        self._programme, self._known, self._judge = programme, known, judge
        self._account = account or accounts.account(programme, organisation, now=clock.now())
        self._forms: dict[str, TypedForm] = {}

    @property
    def steps(self) -> tuple[str, ...]:
        """What is asked, in order; a programme for adults asks for no pupils."""
        return STEPS if self._account.still_open else STEPS[1:]

    def before(self, step: str) -> str:
        """The step before this one, or before the check; '' before the first."""
        order = (*self.steps, CHECK)
        return order[order.index(step) - 1] if step != order[0] else ""

    def form(self, name: str) -> TypedForm:
        """One step's form, as typed, else with what is known."""
        if name not in self._forms:
            self._forms[name] = self._make(name)
        return self._forms[name]

    def next_step(self) -> str:
        """The first step that does not hold as typed; 'check' when all do."""
        return next(
            (name for name in self.steps if not self.typed.get(name) or not self.form(name).validate()), CHECK
        )

    def promises(self) -> list[Promise]:
        """One promise for each kept time; `next_step` has judged the forms before."""
        asked, room, who = (self.form(name) for name in STEPS)
        assert isinstance(asked, PupilsForm) and isinstance(room, HallForm) and isinstance(who, PeopleForm)
        return [
            Promise(
                pupils=asked.entered()[i] if asked.year_groups else {},
                **room.said(),
                access_needs=forms.access_of(room, i, ACCESS_NEEDS),
                people=who.people(),
                own_numbers=asked.confirmed() if asked.year_groups else {},
            )
            for i in range(self.shows)
        ]

    def lunch(self) -> Lunch | None:
        """What it says of its lunch; None where it is not asked or not answered."""
        room = self.form(HALL)
        assert isinstance(room, HallForm)
        return room.lunch()

    def _make(self, name: str) -> TypedForm:
        typed = self.typed.get(name)
        if name == HALL:
            return forms.hall_form(
                self._known.hall() if typed is None else typed,
                shows=self.shows,
                needs=ACCESS_NEEDS,
                words=self._programme.words,
                dining=None if self._programme.for_adults else self.kept,
            )
        if name == PEOPLE:
            return forms.people_form(self._known.people() if typed is None else typed, judge=self._judge)
        account, ceiling = self._account, self._programme.audience_ceiling
        return forms.pupils_form(
            typed,
            shows=self.shows,
            counted=account.expected,
            promised=account.promised,
            year_groups=tuple(account.still_open),
            ceiling=ceiling,
            proposal=seats.proposed(account.still_open, self.shows, ceiling) if self.shows > 1 else None,
        )

    def shown(self, name: str) -> TypedForm:
        """One step's form for its page: with a tick for everybody whom we know besides."""
        if name != PEOPLE:
            return self.form(name)
        typed, known = self.typed.get(name), self._known
        told = known.people() if typed is None else typed
        form = forms.people_form(told, others=known.others(), judge=self._judge)
        if typed is None and known.is_its_own(form.lead_phone.data):
            form.lead_phone.description = "the school’s number, please check"
        return form
