"""Guards of routes: every route carries one, or stands in OPEN.

A test walks all routes and fails on one without a guard.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from hmac import compare_digest
from typing import Any, NoReturn

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import LoginManager, UserMixin, current_user, login_url
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy import bindparam, select
from sqlalchemy.exc import DBAPIError

from outreach.booking import promises
from outreach.booking.promises import Booking
from outreach.county import (
    bodies,
    coordinators,
    organisations,
    roles,
    second_factors,
    sign_in_sessions,
    venues,
    who_may,
)
from outreach.county.bodies import Body
from outreach.county.partnerships import Partnership
from outreach.county.register import lines
from outreach.county.schools import Organisation, School
from outreach.county.sign_in_sessions import SignInSession
from outreach.county.venues import Venue
from outreach.coverage import who_asked
from outreach.ground import audience, clock, telling, whose
from outreach.ground.db import db, is_unavailable, transaction
from outreach.ground.row_numbers import row_number
from outreach.ground.timespans import day_of
from outreach.ground.wording import and_list, count, day_short
from outreach.planning import orders
from outreach.planning.orders import TourPlan
from outreach.post import links
from outreach.post.feeds import tokens
from outreach.post.incoming import inbox
from outreach.tour import programmes
from outreach.tour.programmes import Programme
from outreach.web import as_of, deeds, headers, heard, not_shown, noted, spoken, too_often
from outreach.web.drawing import Drawing

public = Blueprint("public", __name__)
school = Blueprint("school", __name__)
coordinator = Blueprint("coordinator", __name__, url_prefix="/desk")
company = Blueprint("company", __name__)
api = Blueprint("api", __name__, url_prefix="/api/v1")

csrf = CSRFProtect()
login = LoginManager()
login.session_protection = None  # a session is its row, not an address and a browser


def init_app(app: Flask) -> None:
    app.before_request(whose.let_go)
    # One order for all pages: how large it is, whose session, its token, the form.
    app.before_request(_readable)
    app.before_request(_session_first)
    # Our pages send no Referer, so that links stay secret; the token and the cookie's SameSite stand alone.
    app.config["WTF_CSRF_SSL_STRICT"] = False
    # A form that was open when the key was changed is taken too.
    app.config["WTF_CSRF_SECRET_KEY"] = [*app.config["SECRET_KEY_FALLBACKS"], app.config["SECRET_KEY"]]
    csrf.init_app(app)
    login.init_app(app)
    app.register_blueprint(public)
    app.register_blueprint(school)
    app.register_blueprint(coordinator)
    app.register_blueprint(api)
    app.register_blueprint(company)
    headers.init_app(app)
    app.after_request(not_shown.without_what_one_may_not)
    app.context_processor(_whose)


def _with_guard(view: Callable[..., Any], guard: str, first: Any = None) -> Callable[..., Any]:
    """The view with the name of its guard on it, as the walk over all routes looks for it; `first`: the guard itself,
    where what it asks comes before the token of a form."""
    view.guard, view.first = guard, first  # type: ignore[attr-defined]  # a function may carry names of ours
    return view


def guest_first(refused: Callable[[], Any]) -> Any:
    """What a form without its token is answered: by a link that is none or has ended, that; else `refused`."""
    view = current_app.view_functions.get(request.endpoint or "")
    first = getattr(view, "first", None)
    return first(lambda *_, **__: refused())(**(request.view_args or {})) if first else refused()


def open_to_all(view: Callable[..., Any]) -> Callable[..., Any]:
    """Anybody may come in."""
    return _with_guard(view, "open")


def by_bearer_token(view: Callable[..., Any]) -> Callable[..., Any]:
    """A monitor that shows METRICS_TOKEN in its Authorization header (RFC 6750). While that is not set there
    is no such page."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not current_app.config["METRICS_TOKEN"]:
            abort(404)
        if not shows_metrics_token():
            return Response(
                "Show the token of METRICS_TOKEN.\n",
                401,
                {"WWW-Authenticate": "Bearer"},
                mimetype="text/plain",
            )
        return view(*args, **kwargs)

    return _with_guard(guarded, "bearer token")


def shows_metrics_token() -> bool:
    """Whether METRICS_TOKEN is set and came with this request."""
    wanted, sent = current_app.config["METRICS_TOKEN"], request.authorization
    shown = sent.token or "" if sent is not None and sent.type == "bearer" else ""
    return bool(wanted) and compare_digest(shown.encode(), wanted.encode())


def coordinators_only(view: Callable[..., Any]) -> Callable[..., Any]:
    """People who are signed in and may, by their role, what this page does (deeds.py); their partnership is in
    g.partnership."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        return by_session(lambda: view(*args, **kwargs))

    return _with_guard(guarded, "coordinator")


def by_session(view: Callable[[], Any]) -> Any:
    """What a page answers to whoever is signed in and may by their role; else the sign-in, or that it is not theirs."""
    if not current_user.is_authenticated:
        return login.unauthorized()
    whose.bind(current_user.partnership_id)
    _note_seen()
    g.partnership = db.session.get_one(Partnership, current_user.partnership_id)
    if _lacks_a_second_factor() and deeds.deed_of(str(request.endpoint)).kind != "own sign-in":
        flash(f"{g.partnership.name} asks you for a second factor. Set it up first: it takes two minutes.")
        return redirect(url_for("coordinator.second_factor"), 303)
    if not deeds.may_open(str(request.endpoint), request.method):
        return _not_by_this_role(str(request.endpoint), request.method)
    if noted.took_too_much(str(request.endpoint)):
        return render_template("problem.html", code=429), 429, {"Retry-After": "3600"}
    with telling.told_by(_teller(who(), request.path)):
        answer = as_of.shown(view)
    if (
        request.method in ("GET", "HEAD")
        and deeds.takes_out(str(request.endpoint))
        and (names := heard.unheard())
    ):
        words = f"This file knows no ‘{names[0][:40]}’. Take that out of its address."
        return Response(words, 400, mimetype="text/plain")
    noted.of_page(answer)
    return answer


def _teller(who: str, page: str) -> telling.Teller:
    return telling.Teller(who=who, page=page, partnership_id=g.partnership.id)


def _lacks_a_second_factor() -> bool:
    """Whether their partnership asks them for one that they have not set up."""
    return not current_user.has_second_factor and second_factors.is_asked_of(
        g.partnership.second_factor, current_user.role
    )


FIRST = ("coordinator.desk", "coordinator.board_reports", "company.troupes", "coordinator.password")
"""Where one begins: the first of these that one's role may see."""


def _not_by_this_role(endpoint: str, method: str) -> Any:
    """A page that says which role may and whom to ask; who signs in to a desk that is not theirs is led on."""
    first = next(name for name in FIRST if deeds.may_open(name) or name == FIRST[-1])
    if endpoint == FIRST[0] and method in deeds.OPENS:
        return redirect(url_for(first), 303)
    # Nothing that was typed, and no address: those are in no log of ours.
    current_app.logger.warning(
        "refused to person %s, %s: %s %s", current_user.person_id, current_user.role, method, endpoint
    )
    may = who_may.who_may(deeds.deed_of(endpoint, method))
    mine = (
        f"You are a {roles.NAMES[current_user.role]} here." if current_user.role else "You have no role here."
    )
    whom_to_ask = and_list(lead.name for lead in coordinators.leads(g.partnership.id))
    page = render_template(
        "problem.html",
        code=403,
        kind="role",
        why=f"That is for {may}. {mine} Nothing was changed. If you need it, ask {whom_to_ask}.",
        back={"said": "Go back to where you begin", "href": url_for(first)},
    )
    return page, 403


TELL_NOTHING = ("school.staff_say",)
"""What staff say of a visit names nobody, and a deed would say who was there when it came."""


def by_personal_link(view: Callable[..., Any]) -> Callable[..., Any]:
    """Holders of an open personal link; the link is in g.link, and `token` in the address.

    What it opens is in g.organisation, g.programme and g.partnership; who holds it, for the history, in g.who.
    A token that never was is a 404; an expired or withdrawn one gets the page with a way to a new one (410).
    """

    @wraps(view)
    def guarded(token: str, *args: Any, **kwargs: Any) -> Any:
        _read_link(token)
        if not g.link.open_at(clock.now()):
            return render_template("school/expired.html", token=token), 410
        if (too_many := too_often.refused(g.who)) is not None:
            return too_many
        if request.endpoint in TELL_NOTHING:
            return view(token, *args, **kwargs)
        with telling.told_by(_teller(g.who, noted.page_without_key(token))):
            return view(token, *args, **kwargs)

    return _with_guard(guarded, "personal link", by_personal_link)


def by_link_that_was(view: Callable[..., Any]) -> Callable[..., Any]:
    """The same for whoever holds a link that is open, or was: for what they may ask of one that has ended."""

    @wraps(view)
    def guarded(token: str, *args: Any, **kwargs: Any) -> Any:
        _read_link(token)
        with telling.told_by(_teller(g.who, noted.page_without_key(token))):
            return view(token, *args, **kwargs)

    return _with_guard(guarded, "personal link", by_link_that_was)


def _read_link(token: str) -> None:
    g.token_hash = links.hash_of(token)
    whose.bind_to("link", g.token_hash)
    found = db.session.execute(_LINKED, {"token_hash": g.token_hash}).one_or_none()
    if found is None:
        abort(404)
    g.link, g.programme, g.partnership, g.organisation = found
    spoken.of(g.programme)
    # Who holds a link that a letter on paper bears: it names nobody.
    g.who = g.link.name or g.link.address or f"somebody at the {whom()}"


class ApiProblem(Exception):
    """What is wrong with a request to the JSON feed: a status, a word for programs, a sentence for people. `scope`:
    which the token lacks."""

    def __init__(self, status: int, code: str, message: str, *, scope: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.scope = status, code, message, scope


def by_token(scope: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Programs that send `Authorization: Bearer …` with a token that works and has the scope, '' for any; the token is
    in g.api_token, its partnership in g.partnership."""

    def with_scope(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            found = _token_sent()
            if scope and scope not in found.scopes:
                words = (
                    f"This token may not read {scope}. Ask a coordinator for one with the scope ‘{scope}’."
                )
                raise ApiProblem(403, "scope_missing", words, scope=scope)
            g.api_token = found
            g.partnership = db.session.get_one(Partnership, found.partnership_id)
            label, answer = found.label, view(*args, **kwargs)
            if request.method != "HEAD":
                noted.read_by_program(label)
            return answer

        guarded.scope = scope  # type: ignore[attr-defined]  # told in the feed's own description
        return _with_guard(guarded, "token")

    return with_scope


def _token_sent() -> tokens.ApiToken:
    sent = request.authorization
    if sent is None or sent.type != "bearer" or not sent.token:
        raise ApiProblem(401, "token_missing", "Send a token: Authorization: Bearer outreach_…")
    found = tokens.find(sent.token)
    if found is None:
        words = "This is no token of ours. Check that it was copied whole."
        raise ApiProblem(401, "token_unknown", words)
    if found.withdrawn_at is not None:
        words = (
            f"This token was withdrawn on {day_short(found.withdrawn_at)}. Ask a coordinator for a new one."
        )
        raise ApiProblem(410, "token_withdrawn", words)
    return found


def reread() -> None:
    """Inside a transaction: read the link and what it opens once more, all in one query."""
    db.session.execute(_LINKED, {"token_hash": g.token_hash}).one()


def own_booking(reference: str) -> Booking:
    """The Booking of that reference if it is, in the link's programme, the link's school's own or that of a
    school which it followed; else a 404."""
    booking = promises.get(reference)
    if booking.programme_id != g.link.programme_id:
        abort(404)
    if booking.organisation_id != g.link.organisation_id and booking.organisation_id not in {
        s.organisation_id
        for s in lines.former_selves(
            [g.link.organisation_id], g.partnership.id, today=day_of(clock.now())
        ).get(g.link.organisation_id, ())
    }:
        abort(404)
    return booking


def own_standing_booking(reference: str) -> Booking:
    """As `own_booking`; of one that was cancelled, its page, which says so and what there is instead."""
    booking = own_booking(reference)
    if booking.ended_at is not None:
        _lead_to("school.booked", booking)
    return booking


def own_coming_booking(reference: str) -> Booking:
    """As `own_booking`; of a show that has ended, the page on which one says how it went."""
    booking = own_booking(reference)
    if booking.ended_at is None and booking.performance.ends_at <= clock.now():
        _lead_to("school.report", booking)
    return booking


def _lead_to(page: str, booking: Booking) -> NoReturn:
    token = (request.view_args or {})["token"]
    abort(redirect(url_for(page, token=token, reference=booking.reference), 303))


# Made once: every page of a school asks it first.
_LINKED = (
    select(links.PersonalLink, Programme, Partnership, Organisation)
    .join(Programme, Programme.id == links.PersonalLink.programme_id)
    .join(Partnership, Partnership.id == Programme.partnership_id)
    .join(Organisation, Organisation.organisation_id == links.PersonalLink.organisation_id)
    .where(links.PersonalLink.token_hash == bindparam("token_hash"))
)


class SignedIn(UserMixin):  # type: ignore[misc]  # flask_login carries no types
    """A coordinator in a session. `seen_lately`: that they are here was put down a moment ago."""

    def __init__(self, person: coordinators.Coordinator, session: SignInSession, token: str) -> None:
        self.person_id = person.id
        self.name = person.name
        self.partnership_id = person.partnership_id
        self.single_keys = person.single_keys
        self.role = person.role
        self.company_id = person.company_id
        self.session_id = session.id
        self.by_link = session.by_link
        self.has_second_factor = person.has_second_factor or session.factor_at_provider
        self.seen_lately = session.seen_lately(now=clock.now())
        self._token = token

    def get_id(self) -> str:
        return self._token


class SignedOutMeanwhile(Exception):
    """A form was sent by a person whose session is over; `why`, in words."""

    def __init__(self, person_id: int, why: str) -> None:
        super().__init__(why)
        self.person_id, self.why = person_id, why


def _load(token: str) -> SignedIn | None:
    found = coordinators.of_session(token)
    if found is None:
        return None
    person, session = found
    now = clock.now()
    left = sign_in_sessions.LEFT if person.has_left(day_of(now)) else ""
    over = left or session.why_over(sign_in_sessions.lifetime(), now=now)
    if over:
        g.signed_out = (person.id, over)
        return None
    return SignedIn(person, session, token)


def _ask_to_sign_in() -> Any:
    """The sign-in, which leads back; who was signed out meanwhile is told why."""
    person_id, over = g.get("signed_out", (0, ""))
    why = _why_signed_out(over)
    if person_id and request.method == "POST":
        raise SignedOutMeanwhile(person_id, why)
    flash(why, "confirm")
    return redirect(login_url("public.sign_in", request.url))


login.user_loader(_load)
login.unauthorized_handler(_ask_to_sign_in)


def _why_signed_out(over: str) -> str:
    lasts = sign_in_sessions.lifetime()
    return {
        sign_in_sessions.IDLE: "You were signed out, because nothing was done here for "
        f"{count(lasts.idle // timedelta(minutes=1), 'minute')}.",
        sign_in_sessions.OVER: f"You were signed out: after {count(lasts.absolute // timedelta(hours=1), 'hour')} "
        "everybody signs in again.",
        sign_in_sessions.ENDED: "You were signed out here from another browser of yours.",
        sign_in_sessions.PASSWORD_CHANGED: "You were signed out, because your password was changed.",
        sign_in_sessions.RIGHTS_CHANGED: "You were signed out, because what you may do here was changed.",
    }.get(over, "Sign in to see that page.")


def _note_seen() -> None:
    """That they are here: the one thing that reading a page of the desk writes, every five minutes at most, in a
    transaction of its own before the page reads. A database that takes no writing just now keeps no page back. What a
    page asks for by itself, its person having gone home, does not tell that they are here."""
    if current_user.seen_lately or ASKED_BY_PAGE in request.args:
        return
    try:
        _write_seen(current_user.session_id)
    except DBAPIError as error:
        db.session.rollback()
        if not is_unavailable(error):
            raise


def _write_seen(session_id: int) -> None:
    with transaction(patience=PATIENCE_FOR_SEEN):
        sign_in_sessions.seen(session_id, now=clock.now())


PATIENCE_FOR_SEEN = 0.5
"""Seconds."""

ASKED_BY_PAGE = "asked_by_page"
"""In the query of an address that a page asks for again and again without its person."""


def our_organisation(organisation_id: int) -> Organisation:
    """The school or body of that number, open or closed, of the coordinator's partnership; else a 404. The page speaks
    of it as what it is."""
    found = organisations.get(organisation_id, g.partnership.id)
    noted.is_about(found.organisation_id)
    spoken.of_asked(who_asked.of_halves({found.is_body}))
    return found


def named_here(organisation_id: int) -> tuple[Organisation, bool]:
    """The same, and True; or a school that was ours and went to another authority, and False: what a page says of it
    is our own, the bookings, offers and waits of our programmes."""
    try:
        return our_organisation(organisation_id), True
    except organisations.NoSuchOrganisation:
        found = lines.once_ours(organisation_id, g.partnership.id)
        if found is None:
            raise
    noted.is_about(organisation_id)
    spoken.of_asked(who_asked.of_halves({found.is_body}))
    return found, False


def our_school(organisation_id: int) -> School:
    """The school of that URN, open or closed, in an authority of the coordinator's partnership; else a 404."""
    found = our_organisation(organisation_id)
    return found if isinstance(found, School) else abort(404)


def our_body(body_id: int) -> Body:
    """The body of that number, open or closed, of the coordinator's partnership; else a 404."""
    found = bodies.get(body_id, g.partnership.id)
    noted.is_about(found.organisation_id)
    return found


def our_venue(venue_id: int) -> Venue:
    """The venue of that number, retired or not, of the coordinator's partnership; else a 404."""
    return venues.get(venue_id, g.partnership.id)


def our_booking(reference: str) -> Booking:
    """The Booking of that reference in one of the partnership's programmes; else a 404. A venue's own leads to its
    session."""
    found = promises.get(reference)
    if spoken.of(found.programme).partnership_id != g.partnership.id:
        abort(404)
    noted.is_about(found.organisation_id)
    spoken.of_asked(who_asked.of_halves({found.organisation.is_body}))
    if found.programme.for_adults and found.organisation.is_venue:
        abort(redirect(url_for("coordinator.session", performance_id=found.performance_id), 303))
    return found


def our_plan(plan_id: int, *, readable: bool = False) -> TourPlan:
    """The partnership's plan of that number, and finished where its days and lines are looked at; else a
    404."""
    found = orders.get(g.partnership.id, plan_id)
    spoken.of(found.programme)
    if readable and not found.is_readable:
        abort(404)
    return found


def programme_in_hand() -> Programme | None:
    """The partnership's programme of ?programme=ID (a 404 for another's), else the one in hand today, if
    any."""
    wanted = request.values.get("programme", "")
    if not wanted:
        current = programmes.current(g.partnership.id, day_of(clock.now()))
        return current and spoken.of(current)
    programme_id = row_number(wanted)
    if programme_id is None:
        abort(404)
    return spoken.of(programmes.get(g.partnership.id, programme_id))


def the_programme() -> Programme:
    """The programme in hand; a 404 where there is none."""
    return programme_in_hand() or abort(404)


def who() -> str:
    """The signed-in coordinator's name, for the history."""
    return str(current_user.name)


LONGEST_FORM = 2 * 1024 * 1024
"""Bytes of what is sent without a file: the longest is a list that is put right line by line."""


def _readable() -> None:
    """What no browser sends: a form that does not say how long it is, or is longer than any of ours (20 MB take 800 MB
    to read, and Werkzeug 3.1 bounds the parts of a file's form alone); NUL in an address, which PostgreSQL takes in no
    text."""
    if "Transfer-Encoding" in request.headers and request.content_length is None:
        abort(411)
    if request.mimetype != "multipart/form-data" and (request.content_length or 0) > LONGEST_FORM:
        abort(413)
    _ = request.form  # bounds the parts of a file's form, which are told by their own 413
    if "\0" in request.path or any("\0" in v for pair in request.args.items(multi=True) for v in pair):
        abort(400)


def _session_first() -> Any:
    """Of a page of the desk: whoever is not signed in is asked to, whatever the token of the form."""
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "guard", "") == "coordinator" and not current_user.is_authenticated:
        return login.unauthorized()
    return None


def token_holds() -> bool:
    """Whether our own page sent this form, where a page of its own does not say so."""
    try:
        if current_app.config["WTF_CSRF_ENABLED"]:
            csrf.protect()
    except CSRFError:
        return False
    return True


def _whose() -> dict[str, Any]:
    return {
        "partnership": g.get("partnership"),
        "inbox_waiting": inbox_waiting,
        "drawing": Drawing(),
        "whom": whom(),
        "spoken": spoken.words_of_page(),
        "may_open": deeds.may_open,
    }


def whom() -> str:
    """What whoever holds a personal link is called: 'school' or 'organisation'; 'school' where there is none."""
    return audience.whom(g.organisation.organisation_id if "organisation" in g else 0)


def inbox_waiting() -> int:
    """How much mail waits for this partnership's coordinators: the number in the menu, asked once a page."""
    if "inbox_waiting" not in g:
        g.inbox_waiting = sum(inbox.count_waiting(g.partnership.id).values())
    return int(g.inbox_waiting)
