"""A small school or one without a hall: the neighbours' shows within reach, asking one, and what became of
the asking."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for

from outreach.booking import accounts, guest_hosts, guest_places, holds, promises
from outreach.booking import named as named_people
from outreach.booking.accounts import PromiseAccount
from outreach.booking.guest_hosts import HostShow
from outreach.booking.guest_places import FEWER, GuestPlace
from outreach.booking.guests import joining, seating
from outreach.booking.guests.joining import JoiningWish
from outreach.booking.numbers import Promise
from outreach.booking.told import ACCESS_NEEDS
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.post.stationery import Addressee
from outreach.tour import sessions
from outreach.tour.performances import Performance
from outreach.visits import absences
from outreach.visits.absences import YearMissed
from outreach.web import absent_words
from outreach.web.forms import valid
from outreach.web.gate import by_personal_link, own_booking, school
from outreach.web.refusals import back_to, status
from outreach.web.school import forms, guest_forms, session_words
from outreach.web.school.forms import PeopleForm, PupilsForm, Typed
from outreach.web.school.known import Known


@school.get("/i/<token>/hosts")
@by_personal_link
def neighbours(token: str) -> Any:
    """Who has seats within reach, and what was asked; with `?pupils=` only shows with so many seats."""
    return _neighbours(token)


@school.get("/i/<token>/missed/hosts")
@by_personal_link
def catch_up_neighbours(token: str) -> Any:
    """The same for pupils who missed the school's own show."""
    years = absences.of_organisation(g.programme, g.organisation, now=clock.now())
    missing = _left(years)
    if not missing:
        return redirect(url_for(".missed", token=token), 303)
    return _neighbours(token, missing, f"{absent_words.title(years)}. {absent_words.how_known(years)}")


def _missing() -> dict[int, int]:
    return _left(absences.of_organisation(g.programme, g.organisation, now=clock.now()))


def _left(years: Mapping[int, YearMissed]) -> dict[int, int]:
    """By year group how many missed it for whom nothing is arranged."""
    return {y: year.left for y, year in years.items() if year.left}


def _neighbours(token: str, missing: dict[int, int] | None = None, who_missed: str = "") -> Any:
    """`missing`: see `_left`, and `who_missed` the same in words; None where the school joins as any guest does."""
    now = clock.now()
    if session_words.begins_with_sessions(g.programme, g.organisation, now=now):
        return redirect(url_for(".sessions_page", token=token), 303)
    account = accounts.account(g.programme, g.organisation, now=now)
    newest = guest_places.newest_of(g.programme.id, g.organisation.organisation_id)
    if (why := _why_nothing(account, catch_up=missing is not None)) is not None:
        if newest is not None and newest.booking is not None and newest.booking.ended_at is None:
            return redirect(url_for(".booked", token=token, reference=newest.booking.reference))
        return render_template("school/closed.html", token=token, why=why)
    found = guest_hosts.within_reach(g.programme, g.organisation, now=now)
    wanted = account.still_open if missing is None else missing
    expected = [n for n in wanted.values() if n is not None]
    return render_template(
        "school/hosts.html",
        token=token,
        found=found,
        newest=newest,
        asked=newest if newest is not None and newest.ended_at is None else None,
        year_groups=tuple(wanted),
        pupils=sum(expected) if len(expected) == len(wanted) else None,
        now=now,
        catch_up=missing is not None,
        who_missed=who_missed,
    )


@school.route("/i/<token>/hosts/<int:performance_id>", methods=["GET", "POST"])
@by_personal_link
def join(token: str, performance_id: int) -> Any:
    """Who comes, how, and who gets the entry, on one page; the POST asks the host, or takes seats that it
    offered."""
    return _join(token, performance_id)


@school.route("/i/<token>/missed/hosts/<int:performance_id>", methods=["GET", "POST"])
@by_personal_link
def catch_up_join(token: str, performance_id: int) -> Any:
    """The same for pupils who missed the school's own show."""
    _there(performance_id)
    missing = _missing()
    if not missing and request.method != "POST":
        return redirect(url_for(".missed", token=token), 303)
    return _join(token, performance_id, missing)


def _there(performance_id: int) -> None:
    """A show of the link's programme; a 404 for any other."""
    named = db.session.get(Performance, performance_id) if performance_id < 2**31 else None
    if named is None or named.programme_id != g.programme.id:
        abort(404)


def _join(token: str, performance_id: int, missing: dict[int, int] | None = None) -> Any:
    now = clock.now()
    _there(performance_id)
    if session_words.begins_with_sessions(g.programme, g.organisation, now=now):
        return redirect(url_for(".sessions_page", token=token), 303)
    account = accounts.account(g.programme, g.organisation, now=now)
    if (why := _why_nothing(account, catch_up=missing is not None)) is not None:
        return render_template("school/closed.html", token=token, why=why), status()
    near = guest_hosts.within_reach(g.programme, g.organisation, now=now)
    show = next((h for h in near if h.performance.id == performance_id), None)
    if show is None:
        flash(seating.NotAnyMore().message, "confirm")
        return redirect(_list(token, missing), 303)
    asked, how, who = _forms(account, request.form if request.method == "POST" else None, missing=missing)
    if request.method == "POST" and valid(asked, how, who):
        promise = _promise(asked, how, who)
        message = "" if missing is not None else how.message.data or ""
        reason = guest_places.OTHER if missing is not None else how.why.data
        wish = JoiningWish(why=reason, promise=promise, travel=how.travel(), message=message)
        return _ask(token, show, wish, missing=missing, now=now)
    return _join_page(token, show.performance, asked, how, who, show=show, catch_up=missing is not None)


def _list(token: str, missing: dict[int, int] | None) -> str:
    return url_for(".neighbours" if missing is None else ".catch_up_neighbours", token=token)


def _ask(
    token: str, show: HostShow, wish: JoiningWish, *, missing: dict[int, int] | None, now: datetime
) -> Any:
    """Ask the host; or straight to the booking where it has offered seats."""
    back = _list(token, missing) if missing is None else url_for(".missed", token=token)
    gone = (seating.NotAnyMore, joining.AskedAlready, joining.TooFar)
    ask = joining.ask if missing is None else absences.ask_for_seats
    with back_to(back, "confirm", *gone), transaction():
        place = ask(g.programme, g.organisation, show.performance, wish, who=g.who, now=now)
        reference = place.booking.reference if place.booking is not None else ""
    if reference:
        return redirect(url_for(".booked", token=token, reference=reference), 303)
    flash(f"{show.host.name} is asked. We write to you as soon as it answers.", "done")
    return redirect(back, 303)


@school.route("/i/<token>/asked/<int:place_id>", methods=["GET", "POST"])
@by_personal_link
def take_fewer(token: str, place_id: int) -> Any:
    """The host has fewer seats than were asked for: who comes, then; the POST books them."""
    now = clock.now()
    place = _own(place_id)
    back = url_for(".missed" if place.catch_up else ".neighbours", token=token)
    if place.ended_at is not None or place.answer != FEWER:
        return redirect(back)
    account = accounts.account(g.programme, g.organisation, now=now)
    asked, how, who = _forms(account, request.form if request.method == "POST" else None, place=place)
    if request.method == "POST" and valid(asked, who):
        gone = (seating.NotAnyMore, seating.Answered)
        with back_to(back, "confirm", *gone), transaction():
            booking = joining.take(_own(place_id), _promise(asked, how, who), who=g.who, now=now)
            reference = booking.reference
        return redirect(url_for(".booked", token=token, reference=reference), 303)
    return _join_page(token, place.performance, asked, how, who, place=place)


def _join_page(
    token: str,
    performance: Performance,
    asked: PupilsForm,
    how: Any,
    who: PeopleForm,
    *,
    show: HostShow | None = None,
    place: GuestPlace | None = None,
    catch_up: bool = False,
) -> Any:
    page = render_template(
        "school/join.html",
        token=token,
        catch_up=catch_up or place is not None and place.catch_up,
        show=show,
        form=asked,
        how=how,
        who=who,
        needs=ACCESS_NEEDS,
        place=place,
        fixed=_fixed(performance),
    )
    return page, status()


def _fixed(show: Performance) -> str:
    """'leave' where a guest cannot leave the show online any more, by the programme's notice, else ''; its
    host alone moves it."""
    late = promises.fixed_online(
        g.programme, g.organisation, day_of(show.starts_at), today=day_of(clock.now())
    )
    return "leave" if "cancel" in late else ""


@school.post("/i/<token>/asked/<int:place_id>/take-back")
@by_personal_link
def take_back(token: str, place_id: int) -> Any:
    """The request is withdrawn; what has become a booking stays one."""
    back = url_for(".missed" if _own(place_id).catch_up else ".neighbours", token=token)
    with transaction():
        joining.withdraw(_own(place_id), who=g.who, now=clock.now())
    flash("Your question is taken back. You can ask another school.", "confirm")
    return redirect(back, 303)


@school.route("/i/<token>/booked/<reference>/coming", methods=["GET", "POST"])
@by_personal_link
def coming(token: str, reference: str) -> Any:
    """A guest changes how many come, how, and what they need."""
    booking = own_booking(reference)
    now = clock.now()
    if booking.role != promises.GUEST or not booking.can_change(now):
        return redirect(url_for(".booked", token=token, reference=reference), 303)
    if g.programme.for_adults and sessions.of_performance(booking.performance_id) is not None:
        return redirect(url_for(".change_places", token=token, reference=reference), 303)
    place = guest_places.of_booking(booking)
    typed = forms.change_typed(booking) | guest_forms.coming_typed(place, booking.access_needs)
    if request.method == "POST":
        typed = request.form.to_dict()
    asked = forms.change_form(booking, typed)
    how = guest_forms.coming_form(typed, ACCESS_NEEDS, asks=False)
    if request.method == "POST" and valid(asked, how):
        promise = Promise(
            pupils=asked.entered()[0],
            access_needs=forms.access_of(how, 0, ACCESS_NEEDS),
            own_numbers=asked.confirmed(),
        )
        with transaction():
            joining.come(own_booking(reference), promise, how.travel(), who=g.who, now=now)
        flash("Changed. Your host and whoever has it in the calendar hear of it.", "done")
        return redirect(url_for(".booked", token=token, reference=reference), 303)
    page = render_template(
        "school/coming.html", token=token, booking=booking, form=asked, how=how, needs=ACCESS_NEEDS
    )
    return page, status()


@school.post("/i/<token>/booked/<reference>/still-coming")
@by_personal_link
def still_coming(token: str, reference: str) -> Any:
    """A guest whose host has moved comes all the same."""
    own_booking(reference)
    back = url_for(".booked", token=token, reference=reference)
    with back_to(back, "stop"), transaction():
        joining.still_come(own_booking(reference), who=g.who, now=clock.now())
    flash("Thank you. Your places are kept.", "done")
    return redirect(back, 303)


def _why_nothing(account: PromiseAccount, *, catch_up: bool = False) -> Refusal | None:
    """A programme for adults has no year groups to seat with a neighbour's: its staff book a show of their
    own."""
    if g.programme.for_adults:
        return holds.NotForYou(as_a_whole=True)
    return seating.why_not(g.programme, g.organisation, account, catch_up=catch_up)


def _own(place_id: int) -> GuestPlace:
    """The link's school's own request in the link's programme; a 404 for any other."""
    found = guest_places.get(place_id)
    if (found.organisation_id, found.programme_id) != (g.link.organisation_id, g.link.programme_id):
        abort(404)
    return found


def _forms(
    account: PromiseAccount,
    posted: Any,
    *,
    place: GuestPlace | None = None,
    missing: dict[int, int] | None = None,
) -> tuple[PupilsForm, Any, PeopleForm]:
    """As posted; else filled with what the school has said before, or with those who are `missing`."""
    before: dict[str, Any] = {}
    if posted is None:
        before = holds.draft(g.programme.id, g.organisation.organisation_id)
        if place is not None:
            before |= {"people": _people_typed(place)}
    years = tuple(account.still_open)
    if missing is not None or place is not None and place.catch_up:
        years = tuple(missing or (place.by_year if place is not None else account.expected))
    asked = forms.pupils_form(
        (before.get("pupils") if missing is None else None) if posted is None else posted,
        shows=1,
        counted=account.expected,
        promised=account.promised,
        year_groups=years,
        ceiling=g.programme.audience_ceiling,
        proposal=None if missing is None else [missing],
    )
    how = guest_forms.coming_form(
        posted
        if posted is not None
        else (guest_forms.coming_typed(place, place.access_needs) if place else None),
        ACCESS_NEEDS,
        asks=missing is None,
        words=g.programme.words,
    )
    known = Known(g.programme, g.organisation, [Addressee(address=g.link.address, name=g.link.name)])
    people = posted if posted is not None else before.get("people") or known.people()
    return asked, how, forms.people_form(people, others=known.others())


def _people_typed(place: GuestPlace) -> Typed:
    """Whom the school named when it asked, those for whose address a coordinator is waited for too."""
    waiting = named_people.waiting_at(named_people.SEATS, g.programme.id, g.organisation.organisation_id)
    return forms.people_typed((*place.people, *(p for p in waiting if p.place_id == place.id)))


def _promise(asked: PupilsForm, how: Any, who: PeopleForm) -> Promise:
    return Promise(
        pupils=asked.entered()[0],
        access_needs=forms.access_of(how, 0, ACCESS_NEEDS),
        people=who.people(),
        own_numbers=asked.confirmed(),
    )
