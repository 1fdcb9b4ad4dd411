"""A school's answers short of booking: not this year, other days, the waiting list, somebody else; booking
takes each back."""

from typing import Any

from flask import abort, g, redirect, render_template, url_for

from outreach.asking import invitations
from outreach.asking.chasing import settings
from outreach.asking.invitations import DECLINED, OTHER_DATE, SOMEBODY_ELSE, WAITING_LIST
from outreach.booking import named
from outreach.county import contacts
from outreach.county.contacts import Contact
from outreach.ground import clock
from outreach.ground.audience import Words
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.web import forms
from outreach.web.forms import Form
from outreach.web.gate import by_personal_link, school
from outreach.web.school.forms import ReasonForm

REASONS = (
    ("exams", "Exams or mocks are in the way"),
    ("covered", "We cover this another way this year"),
    ("saw it", "Our pupils have seen it already"),
    ("room", "We have no hall or room for it"),
    ("staff", "Nobody has the time to arrange it"),
    ("other", "Another reason"),
)
DUTY = ("duty", "Nobody can be spared from duty")


SCHOOLS_OWN = {"exams", "room"}
"""What keeps no body away: it has no exams, and goes to where a session is."""


def _reasons(words: Words, *, is_body: bool) -> list[tuple[str, str]]:
    said = {"saw it": words.seen_it, "room": words.no_hall}
    there = [DUTY, *(r for r in REASONS if r[0] not in SCHOOLS_OWN)] if is_body else REASONS
    return [(reason, said.get(reason, usual)) for reason, usual in there]


class NotThisYearForm(ReasonForm):
    reason = forms.choice("Why not this year?", REASONS, required="Choose the reason that fits best.")
    more = forms.words(
        "Would you like to say more? (optional)",
        hint="For example: exams until July",
        at_most=500,
    )


WEEKDAYS = tuple((day.lower(), day) for day in ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays"))
HALVES = (("mornings", "Mornings"), ("afternoons", "Afternoons"))


class OtherDaysForm(Form):
    weekdays = forms.ticks("Which days of the week would suit?", WEEKDAYS, hint="Tick all that would.")
    halves = forms.ticks("Mornings or afternoons?", HALVES)
    dates = forms.words(
        "Which dates or weeks would suit?", hint="For example: any week after Easter, or 14 June", at_most=500
    )
    cannot = forms.words(
        "Which days can you not do? (optional)",
        hint="For example: mocks from 3 to 14 May",
        at_most=500,
    )

    def validate(self, extra_validators: Any = None) -> bool:
        super().validate(extra_validators)
        if not (self.weekdays.data or self.halves.data or self.dates.data) and not self.errors:
            self.weekdays.errors = ["Tick a day that would suit, or write which dates would."]
        return not self.errors

    def said(self) -> str:
        """The wish in one line, as coordinators read it."""
        parts = [
            ", ".join([*(self.weekdays.data or []), *(self.halves.data or [])]),
            self.dates.data or "",
            f"not: {self.cannot.data}" if self.cannot.data else "",
        ]
        said = "; ".join(" ".join(part.split()) for part in parts if part)
        return said[:1].upper() + said[1:]


class SomebodyElseForm(Form):
    name = forms.text("Their name", required="Enter your colleague’s name.", at_most=120)
    address = forms.address("Their work email address", required="Enter your colleague’s work address.")
    role = forms.text("Their role", hint="For example: designated safeguarding lead", at_most=120)


class WaitingListForm(Form):
    """Nothing to fill in: the button says it."""

    def said(self) -> str:
        return ""


SAID = ("not-this-year", "other-days", "waiting-list", "somebody-else", "somebody-else-noted")


@school.route("/i/<token>/not-this-year", methods=["GET", "POST"])
@by_personal_link
def not_this_year(token: str) -> Any:
    form = NotThisYearForm()
    forms.set_choices(form.reason, _reasons(g.programme.words, is_body=g.organisation.is_body))
    if g.organisation.is_body:
        form.more.description = "For example: too few of us until July"
    return _answer(token, form, DECLINED, "not-this-year")


@school.route("/i/<token>/other-days", methods=["GET", "POST"])
@by_personal_link
def other_days(token: str) -> Any:
    form = OtherDaysForm()
    if g.organisation.is_body:
        form.dates.description = "For example: any week in June, or 14 June"
        form.cannot.description = "For example: we move house from 3 to 14 May"
    return _answer(token, form, OTHER_DATE, "other-days")


@school.route("/i/<token>/waiting-list", methods=["GET", "POST"])
@by_personal_link
def waiting_list(token: str) -> Any:
    """The school is offered a time that comes free, in its turn, and has some days to answer."""
    form = WaitingListForm()
    return _answer(token, form, WAITING_LIST, "waiting-list")


@school.route("/i/<token>/somebody-else", methods=["GET", "POST"])
@by_personal_link
def somebody_else(token: str) -> Any:
    """Keep the colleague as a contact, and write to them at once where the rules of asking allow it and the
    address is the school's own; else a coordinator looks first."""
    form = SomebodyElseForm()
    if g.organisation.is_body:
        form.role.description = "For example: training lead"
    if form.validate_on_submit():
        with transaction():
            contact = _keep_contact(form)
            if contact is None:
                named.wait(
                    named.SOMEBODY_ELSE,
                    g.organisation,
                    g.programme,
                    name=form.name.data,
                    role=form.role.data or "",
                    address=form.address.data,
                    phone="",
                    named_by=g.who,
                    now=clock.now(),
                )
            said = ", ".join(w for w in (form.name.data, form.role.data, form.address.data) if w)
            invitations.answer(g.programme, g.organisation, SOMEBODY_ELSE, said, who=g.who, now=clock.now())
        said = "somebody-else" if contact is not None and _write_to(contact) else "somebody-else-noted"
        return redirect(url_for(".answered", token=token, said=said), 303)
    return _page(token, form, "somebody-else")


@school.get("/i/<token>/answered/<said>")
@by_personal_link
def answered(token: str, said: str) -> Any:
    """Thanks, what happens now, and the way back."""
    if said not in SAID:
        abort(404)
    return render_template("school/answered.html", token=token, said=said, offers_on=_offers_on(said))


@school.get("/i/<token>/not-your-school")
@by_personal_link
def not_your_school(token: str) -> Any:
    return render_template("school/not_your_school.html", token=token)


def _answer(token: str, form: Any, kind: str, said: str) -> Any:
    if form.validate_on_submit():
        with transaction():
            invitations.answer(g.programme, g.organisation, kind, form.said(), who=g.who, now=clock.now())
        return redirect(url_for(".answered", token=token, said=said), 303)
    return _page(token, form, said)


def _page(token: str, form: Form, said: str) -> Any:
    page = render_template(
        f"school/{said.replace('-', '_')}.html", token=token, form=form, offers_on=_offers_on(said)
    )
    return page, 422 if form.errors else 200


def _offers_on(said: str) -> bool:
    """Whether what comes free is kept for the first of the waiting list: only its own pages say so."""
    return said == "waiting-list" and settings.schedule_of_programme(g.programme.id).offers_on


def _keep_contact(form: SomebodyElseForm) -> Contact | None:
    """The colleague as a contact of the school; one that is on file already stays as it is. None for one
    whose address is not the school's: nothing goes there before a coordinator has looked."""
    now = clock.now()
    address = contacts.clean_address(form.address.data)
    known = next(
        (
            c
            for c in contacts.contacts_of_organisation(g.organisation.organisation_id, g.partnership.id)
            if c.address.lower() == address.lower()
        ),
        None,
    )
    if known is None and not named.known_at(g.organisation, g.partnership.id, holder=g.link.address)(address):
        return None
    return known or contacts.add(
        g.organisation.organisation_id,
        name=form.name.data,
        role=form.role.data or "",
        address=address,
        phone="",
        source=contacts.named_there(g.organisation.organisation_id, g.who),
        source_date=day_of(now),
        who=g.who,
        now=now,
        partnership_id=g.partnership.id,
    )


def _write_to(contact: Contact) -> bool:
    """Whether an invitation went to the colleague; after the reply-by date, or twice a day, none does."""
    try:
        with transaction():
            invitations.invite(g.programme, g.organisation, contact, who=g.who, now=clock.now())
    except Refusal:
        return False
    return True
