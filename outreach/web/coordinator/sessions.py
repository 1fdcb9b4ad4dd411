"""Sessions of a programme for adults: their list, and one of them; held, changed, moved, called off, who comes."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from outreach.asking.chasing import offers
from outreach.booking import guest_places, in_hall
from outreach.booking.sessions import holding, houses, listed
from outreach.booking.sessions.holding import SessionSaid, VenueRetired
from outreach.booking.sessions.listed import SessionLine
from outreach.county import venues
from outreach.county.venues import NoSuchVenue, Venue
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.row_numbers import row_number
from outreach.ground.timespans import day_of, local
from outreach.tour import days, programmes
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance, lock_organisation
from outreach.tour.programmes import Programme
from outreach.web import downloads, forms, opened
from outreach.web.coordinator import session_words
from outreach.web.fields import given
from outreach.web.forms import Form
from outreach.web.gate import coordinator, coordinators_only, programme_in_hand, who
from outreach.web.refusals import status

COMING, PAST, OFF = "coming", "past", "off"
SHOWN = {COMING: "Coming", PAST: "Past", OFF: "Called off"}
ONLINE, HOUSE = "online", "house"


class SessionForm(Form):
    day = forms.pick("Which day, and who trains?")
    starts = forms.clock("Starts", required="Enter when it starts.", hint="Like 9:30 or 1:15pm.")
    venue = forms.pick("Where?")
    house = forms.text("School or body", hint="If it is in its house: its name, URN or DfE number.")
    link = forms.text(
        "Link of the meeting", at_most=holding.LONGEST_LINK, hint="If one can join online: https://…"
    )
    places = forms.number(
        "Places", required="Enter how many places there are.", at_least=1, at_most=holding.MOST_PLACES
    )
    joining = forms.words(
        "How to join",
        at_most=holding.LONGEST_JOINING,
        hint="What whoever comes should know: the door, parking, what to bring. It stands in every letter.",
    )

    def validate(self, extra_validators: Any = None) -> bool:
        fine: bool = super().validate(extra_validators)
        if forms.NOT_A_CHOICE in self.venue.errors and (venue := _own_venue(self.venue.data)) is not None:
            self.venue.errors = [VenueRetired.named(venue).message]
        return fine

    def said(self) -> SessionSaid:
        return SessionSaid(
            places=given(self.places.data), link=self.link.data or "", joining=self.joining.data or ""
        )


class CallOffForm(Form):
    reason = forms.words(
        "Why?", required="Say why it is called off.", hint="Everybody reads it.", at_most=500
    )


@coordinator.get("/sessions", endpoint="sessions")
@coordinators_only
def all_sessions() -> Any:
    """`?programme=`, `?when=`; what makes no sense is passed over."""
    programme, offered = _programme(), _offered()
    now = clock.now()
    lines = listed.of_programme(programme.id) if programme else []
    parts = {key: [line for line in lines if _part(line) == key] for key in SHOWN}
    parts[PAST].reverse()
    shown = request.args.get("when", COMING)
    shown = shown if shown in SHOWN else COMING
    return render_template(
        "coordinator/sessions.html",
        programme=programme,
        programmes=offered,
        lines=parts[shown],
        every=lines,
        parts=parts,
        when=shown,
        shown=SHOWN,
        waiting=len(offers.waiting_list(programme, now=now)) if programme else 0,
        has_days=bool(programme and _days(programme)),
        words=session_words,
        now=now,
    )


@coordinator.get("/sessions.csv")
@coordinators_only
def sessions_csv() -> Any:
    programme = _programme() or abort(404)
    lines = listed.of_programme(programme.id)
    return downloads.csv_file("sessions.csv", session_words.COLUMNS, session_words.rows(lines, clock.now()))


@coordinator.route("/sessions/new", methods=["GET", "POST"])
@coordinators_only
def new_session() -> Any:
    programme = _programme() or abort(404)
    form = _form(SessionForm(), programme)
    if form.validate_on_submit():
        with transaction():
            session = holding.hold(
                programme,
                _venue(form),
                _day(form),
                given(form.starts.data),
                form.said(),
                who=who(),
                now=clock.now(),
            )
        flash("The session is held. The trainer is told, and its places can be taken.")
        return _to(session.performance_id)
    return _form_page(None, programme, form, "Add a session", "Add this session")


@coordinator.get("/sessions/<int:performance_id>", endpoint="session")
@coordinators_only
def one_session(performance_id: int) -> Any:
    line = _line(performance_id)
    return render_template(
        "coordinator/session.html",
        line=line,
        show=line.performance,
        work=in_hall.of_show(line.performance),
        programme=line.performance.tour_day.programme,
        how=guest_places.of_bookings(b.id for b in line.coming),
        waiting=[p for p in guest_places.asked_of(performance_id) if not p.is_over(clock.now())],
        words=session_words,
        unknown_way=session_words.unknown_way(line),
        now=clock.now(),
    )


@coordinator.get("/sessions/<int:performance_id>/coming.csv")
@coordinators_only
def session_csv(performance_id: int) -> Any:
    """Who comes."""
    line = _line(performance_id)
    how = guest_places.of_bookings(b.id for b in line.coming)
    name = f"session-{local(line.performance.starts_at):%Y-%m-%d}.csv"
    return downloads.csv_file(name, session_words.COMING_COLUMNS, session_words.coming_rows(line, how))


@coordinator.route("/sessions/<int:performance_id>/change", methods=["GET", "POST"])
@coordinators_only
def session_change(performance_id: int) -> Any:
    """What is said of it, where it is and when: moved in place, with everybody told."""
    line = _line(performance_id)
    if line.is_called_off or line.is_over(clock.now()):
        return _to(performance_id)
    programme = line.performance.tour_day.programme
    form = _form(SessionForm(data=_typed(line)), programme, line)
    stands = opened.over(
        lambda: opened.words_of(
            _form(SessionForm(formdata=None, data=_typed(_line(performance_id))), programme, line)
        ),
        listed.host_of(line),
        "changed",
    )
    if form.validate_on_submit():
        with transaction():
            stands.unchanged(lambda: lock_organisation(line.performance.organisation_id))
            here = _line(performance_id)
            holding.change(
                here.session,
                form.said(),
                venue=_venue(form),
                tour_day=_day(form),
                starts=given(form.starts.data),
                who=who(),
                now=clock.now(),
            )
        flash("The session is saved. Whoever is concerned is told.")
        return _to(performance_id)
    return _form_page(line, programme, form, "Change or move this session", "Save, and tell everybody")


@coordinator.route("/sessions/<int:performance_id>/call-off", methods=["GET", "POST"])
@coordinators_only
def session_call_off(performance_id: int) -> Any:
    line, form = _line(performance_id), CallOffForm()
    if line.is_called_off or line.is_over(clock.now()):
        return _to(performance_id)
    if form.validate_on_submit():
        with transaction():
            holding.call_off(
                _line(performance_id).session, reason=form.reason.data, who=who(), now=clock.now()
            )
        flash("The session is called off. Everybody is told.")
        return _to(performance_id)
    page = render_template("coordinator/session_call_off.html", line=line, form=form, words=session_words)
    return page, status()


def _offered() -> list[Programme]:
    """The programmes that may have sessions, the newest first."""
    return [p for p in programmes.of_partnership(g.partnership.id) if p.for_adults]


def _programme() -> Programme | None:
    """The one that is asked for, which must be for adults; else the one in hand, if it is, else the newest."""
    asked = programme_in_hand()
    if asked is not None and asked.for_adults:
        return asked
    if request.values.get("programme"):
        abort(404)
    return next(iter(_offered()), None)


def _line(performance_id: int) -> SessionLine:
    """This partnership's session; a 404 for another's, or none. A show that is none has a page of its own."""
    found = listed.of_performance(performance_id) if performance_id < 2**31 else None
    if found is not None and found.session.partnership_id == g.partnership.id:
        return found
    show = db.session.get(Performance, performance_id) if performance_id < 2**31 else None
    if show is not None and show.partnership_id == g.partnership.id:
        abort(redirect(url_for("coordinator.show", performance_id=performance_id), 303))
    abort(404)


def _part(line: SessionLine) -> str:
    if line.is_called_off:
        return OFF
    return PAST if line.is_over(clock.now()) else COMING


def _days(programme: Programme) -> list[TourDay]:
    """The days from today on that trainers give to it."""
    return [d for d in days.of_programme(programme.id) if d.day >= day_of(clock.now())]


def _form(form: SessionForm, programme: Programme, line: SessionLine | None = None) -> SessionForm:
    """With the days and venues to choose from, and those that it has."""
    standing: dict[int, int] = {}
    for other in listed.of_programme(programme.id):
        if not other.is_called_off:
            standing[other.performance.tour_day_id] = standing.get(other.performance.tour_day_id, 0) + 1
    forms.set_choices(
        form.day,
        [(str(d.id), session_words.day_to_choose(d, standing.get(d.id, 0))) for d in _days(programme)],
    )
    has = line.performance.organisation_id if line else None
    by_hand = [v for v in venues.of_partnership(g.partnership.id) if v.is_open or v.organisation_id == has]
    forms.set_choices(
        form.venue,
        [
            *((str(v.organisation_id), f"{v.name}, {v.type_of_establishment.lower()}") for v in by_hand),
            (HOUSE, "In the house of a school or body, named below"),
            (ONLINE, "Online, by the link below"),
        ],
    )
    return form


def _venue(form: SessionForm) -> Venue:
    """Where it is held; in a transaction. Raises HouseNotFound."""
    chosen, here = form.venue.data, g.partnership.id
    if chosen == ONLINE:
        return venues.online(here, who=who(), now=clock.now())
    if chosen == HOUSE:
        return venues.at(houses.named(here, form.house.data or ""), here, who=who(), now=clock.now())
    return venues.get(int(chosen), here)


def _own_venue(typed: str | None) -> Venue | None:
    """This partnership's venue of that number; None where there is none, or nothing was typed."""
    try:
        return venues.get(row_number(typed or "") or 0, g.partnership.id)
    except NoSuchVenue:
        return None


def _day(form: SessionForm) -> TourDay:
    return days.get(g.partnership.id, int(form.day.data))


def _typed(line: SessionLine) -> dict[str, Any]:
    show, venue = line.performance, line.performance.host
    in_house = isinstance(venue, Venue) and venue.at_organisation_id is not None
    return {
        "day": str(show.tour_day_id),
        "starts": local(show.starts_at).time(),
        "venue": ONLINE
        if isinstance(venue, Venue) and venue.is_online
        else HOUSE
        if in_house
        else str(venue.organisation_id),
        "house": venue.name if in_house else "",
        "link": line.session.link,
        "places": line.session.places,
        "joining": line.session.joining,
    }


def _form_page(line: SessionLine | None, programme: Programme, form: Form, title: str, does: str) -> Any:
    page = render_template(
        "coordinator/session_form.html",
        line=line,
        programme=programme,
        form=form,
        title=title,
        does=does,
        has_days=bool(_days(programme)),
        words=session_words,
    )
    return page, status()


def _to(performance_id: int) -> Response:
    return redirect(url_for("coordinator.session", performance_id=performance_id), 303)
