"""People of a partnership: who they are, what they may, and their leaving, with their schools handed over in the same
deed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from wtforms import HiddenField

from outreach.asking import leaving
from outreach.asking.leaving import Held
from outreach.booking import told, told_of_sign_in
from outreach.county import (
    coordinators,
    partnerships,
    person_invitations,
    roles,
    sign_in_providers,
    sign_in_sessions,
    who_may,
)
from outreach.county.coordinators import Coordinator
from outreach.county.person_invitations import Made, Standing
from outreach.county.roles import PersonRole
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.row_numbers import row_number
from outreach.ground.timespans import day_of
from outreach.ground.wording import and_list, capfirst, count, day, day_short, number
from outreach.post import about_sign_in, links, outbox
from outreach.post.stationery import Addressee
from outreach.tour import companies
from outreach.tour.companies import Company
from outreach.web import deeds, forms, opened
from outreach.web.forms import Form
from outreach.web.gate import coordinator, coordinators_only, who
from outreach.web.refusals import back_to, status

LONG = 12
"""People; a longer list is searched."""
SORTS = {"name": "Name", "role": "Role", "here": "Last here", "schools": "Schools"}
NOW, ON = "now", "on"
BY_HAND = "by_hand"
"""The button that shows the link, in place of a letter."""


class NewPersonForm(Form):
    name = forms.text("Name", required="Enter their name.", at_most=120)
    email = forms.address("Work address", required="Enter the address that they are to sign in with.")
    role = forms.choice("Role", required="Choose what they may do.")


class LeaveForm(Form):
    when = forms.choice(
        "When?",
        [(NOW, "Now: they are signed out and cannot come back"), (ON, "At the end of a day")],
        required="Choose when they leave.",
    )
    day = forms.day("Last day", hint="Like 12 Feb or next Friday. They sign in until it is over.")

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        if self.when.data == ON and self.day.data is None and not self.day.errors:
            self.day.errors = ["Enter their last day."]
            return False
        return fine


class HandOverForm(Form):
    """A box for each district, added for each person; `role` holds what is refused of it."""

    role = HiddenField("Role")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One person as the list shows them."""

    person: Coordinator
    schools: int
    here: datetime | None
    invited: Standing | None
    """None once they came in."""


@coordinator.get("/people")
@coordinators_only
def people() -> Any:
    everyone = coordinators.everyone(g.partnership.id)
    held = leaving.schools_held(g.partnership.id)
    here = coordinators.last_here_of_all(g.partnership.id)
    invited = person_invitations.standing(g.partnership.id)
    today = day_of(clock.now())
    lines = [
        Line(
            person=person,
            schools=held.get(person.id, 0),
            here=here.get(person.id),
            invited=invited.get(person.id),
        )
        for person in everyone
        if not person.has_left(today)
    ]
    find, sort = request.args.get("find", "").strip()[:100], request.args.get("sort", "name")
    words = _words()
    return render_template(
        "coordinator/people.html",
        lines=_sorted(
            [line for line in lines if _has(line.person, words["role_of"](line.person), find)], sort
        ),
        everybody=lines,
        left=[person for person in everyone if person.has_left(today)],
        withdrawn=person_invitations.withdrawn(g.partnership.id),
        find=find,
        sort=sort if sort in SORTS else "name",
        sorts=list(SORTS.items()),
        is_long=len(lines) > LONG,
        **words,
    )


@coordinator.route("/people/new", methods=["GET", "POST"])
@coordinators_only
def new_person() -> Any:
    """A person is invited: by a letter, or by a link that this one answer shows, for where mail does not arrive."""
    form, can_give = NewPersonForm(), _can_give()
    forms.set_choices(form.role, [(one.value, f"{capfirst(one.name)}: {one.means}") for one in can_give])
    if form.validate_on_submit():
        now, by_hand = clock.now(), bool(request.form.get(BY_HAND))
        chosen = next(one for one in can_give if one.value == form.role.data)
        with transaction():
            coordinators.let_manage(current_user.person_id, giving=chosen.role)
            added = coordinators.add(
                g.partnership.id,
                form.name.data,
                form.email.data,
                password=None,
                role=chosen.role,
                company=chosen.company,
                who=who(),
                now=now,
            )
            only = sign_in_providers.only_one_of(g.partnership.id)
            if only:
                said = f"{added.name} is added, and signs in by ‘{only.button}’."
            else:
                made = coordinators.invite(added, who=who(), now=now)
                lapses = day(made.invitation.lapses_at)
                said = f"The invitation to {added.email} is on its way. It lapses on {lapses}."
                if not by_hand:
                    _write(added, made, now=now)
        if by_hand and not only:
            return _shown_once(made)
        flash(said, "done")
        return redirect(url_for("coordinator.people"), 303)
    return render_template("coordinator/person_new.html", form=form), status()


@coordinator.post("/people/<int:colleague_id>/link")
@coordinators_only
def person_link(colleague_id: int) -> Any:
    """Another link, shown by this one answer to be handed over; whoever has been here gets none of a colleague's
    making."""
    made, _ = _invited_again(colleague_id, by_hand=True)
    return _shown_once(made)


@coordinator.post("/people/<int:colleague_id>/invitation")
@coordinators_only
def person_invite_again(colleague_id: int) -> Any:
    _, said = _invited_again(colleague_id, by_hand=False)
    flash(said, "done")
    return redirect(url_for("coordinator.people"), 303)


def _invited_again(colleague_id: int, *, by_hand: bool) -> tuple[Made, str]:
    of, now = _who_has_not_left(colleague_id), clock.now()
    with back_to(url_for("coordinator.person", colleague_id=of.id)), transaction():
        coordinators.let_manage(current_user.person_id, giving=of.role)
        of = _who_has_not_left(colleague_id)
        if not by_hand and outbox.is_dead(of.email):
            raise person_invitations.MailComesBack(
                f"Mail to {of.email} comes back. Withdraw the invitation and invite them at another address, or "
                "show a link and hand it over."
            )
        made = coordinators.invite_again(of, shown=_shown(), who=who(), now=now)
        if not by_hand:
            _write(of, made, now=now)
        said = f"Another invitation to {of.email} is on its way; the one before opens nothing any more."
    return made, said


@coordinator.post("/people/<int:colleague_id>/invitation/withdraw")
@coordinators_only
def person_withdraw(colleague_id: int) -> Any:
    of = _who_has_not_left(colleague_id)
    with back_to(url_for("coordinator.person", colleague_id=of.id)), transaction():
        coordinators.let_manage(current_user.person_id)
        of = _who_has_not_left(colleague_id)
        coordinators.withdraw_invitation(of, shown=_shown(), who=who(), now=clock.now())
        said = f"The invitation of {of.name} is withdrawn: its link opens nothing. They can be invited again."
    flash(said, "done")
    return redirect(url_for("coordinator.people"), 303)


def _shown() -> int:
    """The invitation that stood on the page, by id; 0 for none."""
    return row_number(request.form.get("invitation", "")) or 0


def _write(of: Coordinator, made: Made, *, now: datetime) -> None:
    letter = about_sign_in.team_invitation(
        Addressee(address=of.email, name=of.name),
        told.sender_of(g.partnership),
        invitation_id=made.invitation.id,
        token=made.token,
        role=_role_words()(of),
        invited_by=current_user.name,
        lapses_at=made.invitation.lapses_at,
        now=now,
    )
    made.invitation.letter_id = letter.id


def _shown_once(made: Made) -> Any:
    of = coordinators.of_partnership(g.partnership.id, made.invitation.person_id)
    return render_template(
        "coordinator/person_link.html",
        name=of.name,
        link=links.invited_page(current_app.config["PUBLIC_URL"], made.token),
        lapses_at=made.invitation.lapses_at,
    )


@coordinator.get("/people/<int:colleague_id>")
@coordinators_only
def person(colleague_id: int) -> Any:
    of = coordinators.of_partnership(g.partnership.id, colleague_id)
    return render_template(
        "coordinator/person.html",
        person=of,
        invited=person_invitations.standing(g.partnership.id).get(of.id),
        held=leaving.held(of),
        here=coordinators.last_here_of_all(g.partnership.id).get(of.id),
        was=roles.history_of(of.id),
        sessions=sign_in_sessions.open_of(of.id, sign_in_sessions.lifetime(), now=clock.now()),
        why_stays="" if of.ended_at else coordinators.why_stays(of),
        **_words(),
    )


@coordinator.route("/people/<int:colleague_id>/role", methods=["GET", "POST"])
@coordinators_only
def person_role(colleague_id: int) -> Any:
    """Which role is asked for first, in the address; then what it would change."""
    of = _who_has_not_left(colleague_id)
    role = request.values.get("role", "")
    can_give = [one for one in _can_give() if not one.is_of(of)]
    chosen = next((one for one in can_give if one.value == role), None)
    if chosen is None:
        page = render_template(
            "coordinator/person_role.html",
            person=of,
            role="",
            choices=[(one.value, one.name, one.means) for one in can_give],
            why_stays=coordinators.why_stays(of),
            asked=bool(role) or "go" in request.args,
            **_words(),
        )
        return page, status()
    held = [] if leaving.holds_schools(chosen.role) else leaving.held(of)
    form = _hand_over_form(of, held)
    stands = _stands(of, held)
    if form.validate_on_submit() and (not held or request.form.get("sure")):
        with transaction():
            stands.unchanged(_lock)
            coordinators.let_manage(current_user.person_id, giving=chosen.role)
            of = _who_has_not_left(colleague_id)
            takers = _takers(form, of, held)
            leaving.change_role(of, chosen.role, takers, company=chosen.company, who=who(), now=clock.now())
            said = f"{of.name} is a {chosen.name} from now on."
        flash(said, "done")
        return redirect(url_for("coordinator.people"), 303)
    page = render_template(
        "coordinator/person_role.html",
        person=of,
        role=role,
        becomes=chosen.name,
        gained=who_may.gained(of.role, chosen.role),
        lost=who_may.gained(chosen.role, of.role),
        why_stays=coordinators.why_stays(of),
        **_asked(form, of, held),
        **_words(),
    )
    return page, _status_of(form)


@coordinator.route("/people/<int:colleague_id>/leave", methods=["GET", "POST"])
@coordinators_only
def person_leave(colleague_id: int) -> Any:
    """Who takes which district and when, then the same in words, then the deed."""
    of = _who_has_not_left(colleague_id)
    held = leaving.held(of)
    form, over = LeaveForm(data=_leaves(of)), _hand_over_form(of, held)
    stands = _stands(of, held)
    if form.is_submitted() and forms.valid(form, over) and request.form.get("sure"):
        with transaction():
            stands.unchanged(_lock)
            coordinators.let_manage(current_user.person_id)
            of = _who_has_not_left(colleague_id)
            on = form.day.data if form.when.data == ON else None
            done = leaving.leave(of, _takers(over, of, held), on=on, who=who(), now=clock.now())
            said = f"{of.name} has left." if on is None else f"{of.name} leaves at the end of {day(on)}."
        flash(" ".join([said, *_done(done)]), "done")
        return redirect(url_for("coordinator.people"), 303)
    page = render_template(
        "coordinator/person_leave.html",
        person=of,
        form=form,
        on=form.day.data if form.when.data == ON else None,
        why_stays=coordinators.why_stays(of),
        **_asked(over, of, held, form),
        **_words(),
    )
    return page, _status_of(form, over)


@coordinator.post("/people/<int:colleague_id>/stay")
@coordinators_only
def person_stays(colleague_id: int) -> Any:
    _who_has_not_left(colleague_id)
    with transaction():
        coordinators.let_manage(current_user.person_id)
        of = _who_has_not_left(colleague_id)
        coordinators.stay(of, who=who(), now=clock.now())
        name = of.name
    flash(f"{name} stays. Schools that went to others are still theirs.", "done")
    return redirect(url_for("coordinator.people"), 303)


@coordinator.post("/people/<int:colleague_id>/sessions/end")
@coordinators_only
def person_sessions_end(colleague_id: int) -> Any:
    _who_has_not_left(colleague_id)
    with transaction():
        coordinators.let_manage(current_user.person_id)
        of = _who_has_not_left(colleague_id)
        coordinators.end_sessions(of, who=who(), now=clock.now())
        name = of.name
    flash(f"{name} is signed out everywhere, and can sign in again.", "done")
    return redirect(url_for("coordinator.person", colleague_id=colleague_id), 303)


@coordinator.post("/people/<int:colleague_id>/reset-factor")
@coordinators_only
def person_reset_factor(colleague_id: int) -> Any:
    """For who lost the phone. One's own is taken away on its own page, with the password."""
    _who_has_not_left(colleague_id)
    if colleague_id == current_user.person_id:
        return redirect(url_for("coordinator.second_factor"), 303)
    with transaction():
        coordinators.let_manage(current_user.person_id)
        of = _who_has_not_left(colleague_id)
        told_of_sign_in.reset_factor(of, who=who(), now=clock.now())
        name = of.name
    flash(
        f"The second factor of {name} is reset. They are told by mail, and sign in with the password alone.",
        "done",
    )
    return redirect(url_for("coordinator.person", colleague_id=colleague_id), 303)


def _who_has_not_left(person_id: int) -> Coordinator:
    """A person of ours; a 404 of who has left too, of whom there is nothing to change."""
    of = coordinators.of_partnership(g.partnership.id, person_id)
    if of.has_left(day_of(clock.now())):
        raise coordinators.NoSuchPerson(f"{of.name} has left.")
    return of


def _leaves(of: Coordinator) -> dict[str, Any]:
    return {} if of.leaves_on is None else {"when": ON, "day": of.leaves_on}


def _hand_over_form(of: Coordinator, held: Sequence[Held]) -> Any:
    """A form with who takes each district: a box to choose from, empty for nobody."""
    choices = [("", "Nobody"), *((str(one.id), one.name) for one in leaving.can_take(of))]

    class Asked(HandOverForm):
        pass

    for nth, one in enumerate(held):
        setattr(Asked, f"to_{nth}", forms.pick(f"{_district(one)} goes to", choices, default=""))
    return Asked()


def _takers(form: Any, of: Coordinator, held: Sequence[Held]) -> dict[str, Coordinator | None]:
    can = {str(one.id): one for one in leaving.can_take(of)}
    return {one.district: can.get(form[f"to_{nth}"].data) for nth, one in enumerate(held)}


def _stands(of: Coordinator, held: Sequence[Held]) -> opened.Opened:
    """What was counted when the page was opened: nobody hands over what they did not see."""

    def counted() -> dict[str, str]:
        again = leaving.held(of) if held else ()
        return {"Role": _role_words()(of)} | {_district(one): count(one.schools, "school") for one in again}

    return opened.over(counted, of, "role changed", "leaves", "left")


def _lock() -> None:
    partnerships.lock(g.partnership.id)


def _asked(form: Any, of: Coordinator, held: Sequence[Held], *besides: Form) -> dict[str, Any]:
    """What the page of a deed shows; `sure`: it was filled in, and is to be said in words before it is done."""
    to = _takers(form, of, held)
    lines = [
        (_district(one), one.schools, form[f"to_{nth}"], to[one.district]) for nth, one in enumerate(held)
    ]
    given = sum(one.schools for one in held if to[one.district] is not None)
    left = sum(one.schools for one in held) - given
    wrong = any(one.errors for one in (form, *besides))
    sends = [(field.name, field.data or "") for _district, _n, field, _to in lines]
    for one in besides:
        sends += [(field.name, _sent(field)) for field in one if field.name != "csrf_token"]
    return {
        "over": form,
        "lines": lines,
        "given": given,
        "nobodys": left,
        "sure": request.method == "POST" and not wrong,
        "sends": sends,
    }


def _sent(field: Any) -> str:
    return str(field._value()) if hasattr(field, "_value") else str(field.data or "")


def _status_of(*sent: Form) -> int:
    """422 where what was sent is refused; what is only asked once more in words is not."""
    return 422 if request.method == "POST" and any(one.errors for one in sent) else 200


def _done(done: leaving.HandedOver) -> list[str]:
    said = []
    if done.given:
        said.append(f"{count(done.given, 'school')} handed over.")
    if done.left:
        said.append(f"{count(done.left, 'school')} with nobody now.")
    return said


def _district(held: Held) -> str:
    return held.district or "No district"


def _words() -> dict[str, Any]:
    return {
        "role_of": _role_words(),
        "signs_in_with": _signs_in_with,
        "here_words": _here_words,
        "invited_words": _invited_words,
        "how_many": _how_many,
        "manages": deeds.may_open("coordinator.person_leave"),
    }


@dataclass(frozen=True, kw_only=True)
class Offered:
    """A role that can be given; that of a company's members once for each company. `value`: what the form sends."""

    role: str
    company: Company | None = None

    @property
    def value(self) -> str:
        return f"{self.role}-{self.company.id}" if self.company else self.role

    @property
    def name(self) -> str:
        return _named(self.role, self.company.name if self.company else "")

    @property
    def means(self) -> str:
        return roles.MEANS[self.role]

    def is_of(self, person: Coordinator) -> bool:
        return (self.role, self.company.id if self.company else None) == (person.role, person.company_id)


def _can_give() -> list[Offered]:
    """What whoever is signed in may make of somebody, the role that may most first."""
    found = []
    for role in roles.NAMES:
        if not who_may.may_give(current_user.role, role):
            continue
        whose = companies.of_partnership(g.partnership.id) if role == roles.COMPANY else [None]
        found += [Offered(role=role, company=company) for company in whose]
    return found


def _role_words() -> Callable[[Coordinator | PersonRole], str]:
    """What somebody is or was, in words: 'company member of Lantern Row Theatre'; 'none' of who has no role. One
    query."""
    names = {company.id: company.name for company in companies.of_partnership(g.partnership.id)}
    return lambda of: _named(of.role, names.get(of.company_id or 0, "")) if of.role else "none"


def _named(role: str, company: str) -> str:
    return f"{roles.NAMES[role]} of {company}" if company else roles.NAMES[role]


def _signs_in_with(person: Coordinator, invited: Standing | None) -> str:
    if invited is not None:
        return "not yet"
    first = "Password" if person.password_hash else "One-time link"
    return f"{first} and second factor" if person.has_second_factor else first


def _invited_words(invited: Standing) -> tuple[str, str, str]:
    """The class, the glyph and the words of how an invitation stands: 'invited 12 January, lapses 26 January'."""
    one = invited.invitation
    since, until = (day(at).partition(" ")[2] for at in (one.invited_at, one.lapses_at))
    if invited.lapsed(clock.now()):
        return "c-stop", "g-declined", f"invited {since}, lapsed {until}"
    if invited.undelivered:
        return "c-stop", "g-unreachable", f"invited {since}, undelivered"
    return "c-booked", "g-proposed", f"invited {since}, lapses {until}"


def _here_words(at: datetime | None) -> str:
    """'now', 'today', 'yesterday', '12 January' or 'never'."""
    if at is None:
        return "never"
    now = clock.now()
    if now - at < sign_in_sessions.SEEN_EVERY:
        return "now"
    today = day_of(now)
    return {today: "today", today - timedelta(days=1): "yesterday"}.get(day_of(at)) or day_short(at)


def _how_many(lines: Sequence[Line]) -> str:
    """'1 lead coordinator, 2 coordinators and 1 board member; 1 invited'."""
    awaited = sum(line.invited is not None for line in lines)
    numbers = {
        role: sum(line.person.role == role and line.invited is None for line in lines) for role in roles.NAMES
    }
    here = and_list(count(n, roles.NAMES[role]) for role, n in numbers.items() if n)
    return f"{here}; {number(awaited)} invited" if awaited else here


def _has(person: Coordinator, role: str, find: str) -> bool:
    said = f"{person.name} {person.email} {role}".casefold()
    return all(word in said for word in find.casefold().split())


def _sorted(lines: Sequence[Line], sort: str) -> list[Line]:
    """By name where no other order is asked for; who was here last and who holds most first."""
    ranks = list(roles.NAMES)
    keys = {
        "role": lambda line: ranks.index(line.person.role) if line.person.role in ranks else len(ranks),
        "here": lambda line: -(line.here.timestamp() if line.here else 0),
        "schools": lambda line: -line.schools,
    }
    return sorted(lines, key=keys[sort]) if sort in keys else list(lines)
