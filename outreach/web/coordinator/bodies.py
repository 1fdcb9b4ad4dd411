"""Bodies beside schools: their list; added, changed, closed and merged by hand. Each has the page that a school has."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from outreach.asking import waits_for_places
from outreach.asking.waits_for_places import WaitsTakenOver
from outreach.booking import bookings, limits
from outreach.booking.desk import handing_on
from outreach.booking.desk.handing_on import TakenOver
from outreach.booking.promises import COORDINATOR
from outreach.county import bodies, contacts, partnerships
from outreach.county.bodies import KINDS, Body, BodyFacts
from outreach.county.contacts import Contact
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.timespans import day_of
from outreach.ground.typed_days import Which
from outreach.ground.wording import words_of
from outreach.web import downloads, forms, heard, opened
from outreach.web.coordinator import body_words
from outreach.web.coordinator.as_of import page_asked
from outreach.web.forms import Form
from outreach.web.gate import coordinator, coordinators_only, our_body, who
from outreach.web.refusals import back_to, status

PAGE = 50
OPEN, CLOSED, ALL = "open", "closed", "all"
STATES = ((OPEN, "Open"), (CLOSED, "Closed"), (ALL, "All"))
LAST_DAY = "Like 2 Nov or last Monday."
NOTHING = "0"
"""Nothing took the place of a body that closed."""

COLUMNS = (
    "Name",
    "Kind",
    "District",
    "Front-line staff",
    "Counted on",
    "Contact name",
    "Role",
    "Email",
    "Phone",
    "Closed on",
)

_Order = Callable[[tuple[Body, list[Contact]]], Any]
SORTS: dict[str, tuple[str, _Order]] = {
    "name": ("Name", lambda row: ()),
    "kind": ("Kind", lambda row: KINDS.index(row[0].type_of_establishment)),
    "district": ("District", lambda row: (row[0].district_name is None, row[0].district_name)),
    "staff": (
        "Front-line staff, most first",
        lambda row: (row[0].front_line_staff is None, -(row[0].front_line_staff or 0)),
    ),
    "contacts": ("Without contacts first", lambda row: len(row[1])),
}
"""What the list can be sorted by; alike there, by name."""


class BodyForm(Form):
    name = forms.text(
        "Name", required="Enter the name of the body.", hint="For example: Redmere Response Team"
    )
    kind = forms.choice("What is it?", [(kind, kind) for kind in KINDS], required="Choose what it is.")
    district = forms.pick("District")
    front_line_staff = forms.number(
        "How many front-line staff?",
        hint="Those who meet the public. Leave it empty if that is not known.",
        at_most=bodies.MOST_STAFF,
    )
    staff_counted_on = forms.day("Counted on", hint=LAST_DAY, which=Which.LAST)

    def facts(self) -> BodyFacts:
        return BodyFacts(
            name=self.name.data,
            kind=self.kind.data,
            district=self.district.data or "",
            front_line_staff=self.front_line_staff.data,
            staff_counted_on=self.staff_counted_on.data,
        )


class CloseForm(Form):
    day = forms.day(
        "Since when is it there no more?", required="Enter the day.", hint=LAST_DAY, which=Which.LAST
    )
    successor = forms.pick(
        "What took its place?", hint="That body is then asked in its place, and its contacts are written to."
    )
    give_up = forms.tick("Give up what nothing takes over")


class MergeForm(Form):
    joining = forms.ticks("Which bodies joined it?", required="Tick at least one body.")
    day = forms.day("Since when?", required="Enter the day.", hint=LAST_DAY, which=Which.LAST)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the address of the list asks for."""

    find: str
    kind: str
    district: str
    state: str
    sort: str

    @property
    def narrows(self) -> bool:
        return bool(self.find or self.kind or self.district or self.state != OPEN)


@coordinator.get("/bodies", endpoint="bodies")
@coordinators_only
def all_bodies() -> Any:
    wanted, every = _wanted(), bodies.of_partnership(g.partnership.id)
    rows = _rows(wanted, every)
    pages = max(1, -(-len(rows) // PAGE))
    left_out: list[str] = []
    page = page_asked(pages, left_out)
    return render_template(
        "coordinator/bodies.html",
        every=every,
        rows=rows[(page - 1) * PAGE : page * PAGE],
        found=body_words.found([body for body, _ in rows]),
        how_many=len(rows),
        wanted=wanted,
        kinds=KINDS,
        districts=sorted({body.district_name for body in every if body.district_name}),
        states=STATES,
        sorts=[(key, words) for key, (words, _) in SORTS.items()],
        page=page,
        pages=pages,
        left_out=left_out,
        here=_here,
        words=body_words,
    )


@coordinator.get("/bodies.csv")
@coordinators_only
def bodies_csv() -> Any:
    """The same list, a line for each contact: a list that can be filled in and taken in again."""
    rows = _rows(_wanted(), bodies.of_partnership(g.partnership.id))
    return downloads.csv_file("bodies.csv", COLUMNS, _lines(rows))


@coordinator.route("/bodies/new", methods=["GET", "POST"])
@coordinators_only
def new_body() -> Any:
    form = _body_form(BodyForm())
    today = day_of(clock.now())
    if form.validate_on_submit():
        with transaction():
            made = bodies.add(g.partnership.id, form.facts(), who=who(), now=clock.now(), today=today)
            limits.write(g.partnership.id, [made.organisation_id], now=clock.now())
        return _done(made, f"{made.name} is added. Say whom to write to there.")
    if request.method != "POST":
        form.staff_counted_on.data = today
    return _page(None, form, "Add a body", "Add this body")


@coordinator.get("/bodies/<int:body_id>")
@coordinators_only
def body(body_id: int) -> Any:
    """A body has the page that a school has."""
    return redirect(url_for("coordinator.school", organisation_id=our_body(body_id).organisation_id), 303)


@coordinator.route("/bodies/<int:body_id>/change", methods=["GET", "POST"])
@coordinators_only
def body_change(body_id: int) -> Any:
    here = our_body(body_id)
    form = _body_form(BodyForm(data=_typed(here)), here)
    stands = opened.over(
        lambda: opened.words_of(_body_form(BodyForm(formdata=None, data=_typed(here)), here)), here, "changed"
    )
    if form.validate_on_submit():
        with transaction():
            stands.unchanged(_lock)
            bodies.change(here, form.facts(), who=who(), now=clock.now(), today=day_of(clock.now()))
            limits.write(g.partnership.id, [body_id], now=clock.now())
        return _done(here, f"{here.name} is known so from now on. What was known before stays as it was.")
    return _page(here, form, f"Change {here.name}", "Save")


@coordinator.route("/bodies/<int:body_id>/close", methods=["GET", "POST"])
@coordinators_only
def body_close(body_id: int) -> Any:
    here, form, today = our_body(body_id), CloseForm(), day_of(clock.now())
    others = [other for other in _open_ones() if other is not here]
    coming = handing_on.to_come([body_id], now=clock.now())
    if not coming:
        del form.give_up
    forms.set_choices(
        form.successor,
        [(NOTHING, "Nothing"), *((str(other.organisation_id), _named(other)) for other in others)],
    )
    if form.validate_on_submit():
        with transaction():
            follows = form.successor.data
            successor = None if follows == NOTHING else our_body(int(follows))
            bodies.close(
                our_body(body_id),
                form.day.data or today,
                successor=successor,
                who=who(),
                now=clock.now(),
                today=today,
            )
            limits.write(g.partnership.id, [body_id], now=clock.now())
            went, waits = _hand_on([our_body(body_id)], successor)
            stand = handing_on.to_come([body_id], now=clock.now())
            gives_up = "give_up" in form and form.give_up.data
            if gives_up:
                for booking in stand:
                    why = f"{here.name} is closed."
                    bookings.cancel(booking, reason=why, by=COORDINATOR, who=who(), now=clock.now())
        taken = "" if successor is None else f" {successor.name} has its place."
        left = body_words.given_up(stand) if gives_up else body_words.handed_on(TakenOver(0, went.left))
        if successor is None and not gives_up:
            left = body_words.stands(stand)
        went_on = body_words.handed_on(TakenOver(went.handed, ()))
        return _done(here, f"{here.name} is closed.{taken}{went_on}{left}{body_words.waits(waits)}")
    if request.method != "POST":
        form.day.data = today
    return _page(
        here,
        form,
        f"Close {here.name}",
        "Close it",
        intro="It is asked no more. What was known and done until that day stays, and it can be opened again.",
        affected=_affected([body_id]),
        becomes=f"{body_words.GOES_ALONG} Where nothing takes its place, it stands until you give it up.",
    )


@coordinator.post("/bodies/<int:body_id>/open")
@coordinators_only
def body_open(body_id: int) -> Any:
    here = our_body(body_id)
    with back_to(url_for("coordinator.school", organisation_id=body_id)), transaction():
        bodies.reopen(our_body(body_id), who=who(), now=clock.now())
        limits.write(g.partnership.id, [body_id], now=clock.now())
    return _done(here, f"{here.name} is open again.")


@coordinator.route("/bodies/<int:body_id>/merge", methods=["GET", "POST"])
@coordinators_only
def body_merge(body_id: int) -> Any:
    here, form, today = our_body(body_id), MergeForm(), day_of(clock.now())
    others = [other for other in _open_ones() if other is not here]
    forms.set_choices(form.joining, [(str(other.organisation_id), _named(other)) for other in others])
    if form.validate_on_submit():
        with transaction():
            joining = [our_body(int(number)) for number in form.joining.data or ()]
            bodies.merge(
                joining,
                our_body(body_id),
                form.day.data or today,
                who=who(),
                now=clock.now(),
                today=today,
            )
            limits.write(g.partnership.id, [b.organisation_id for b in joining], now=clock.now())
            went, waits = _hand_on(joining, our_body(body_id))
        said = body_words.joined([other.name for other in joining], here.name)
        return _done(here, said + body_words.handed_on(went) + body_words.waits(waits))
    if request.method != "POST":
        form.day.data = today
    return _page(
        here,
        form,
        f"Merge others into {here.name}",
        "Merge them",
        intro="Those that you tick close, and this body has their place. Put its staff right afterwards."
        if others
        else "There is no other open body.",
        affected=_affected([other.organisation_id for other in others], of_each=True),
        becomes=body_words.GOES_ALONG,
    )


def _wanted() -> Wanted:
    asked = request.args
    return Wanted(
        find=asked.get("find", "").strip()[:100],
        kind=asked.get("kind", "") if asked.get("kind") in KINDS else "",
        district=asked.get("district", "")[:200],
        state=asked.get("state", OPEN) if asked.get("state") in dict(STATES) else OPEN,
        sort=asked.get("sort", "name") if asked.get("sort") in SORTS else "name",
    )


def _rows(wanted: Wanted, every: Sequence[Body]) -> list[tuple[Body, list[Contact]]]:
    """The bodies that are asked for, each with its contacts; one query."""
    words = words_of(wanted.find).split()
    shown = [
        body
        for body in every
        if all(f" {word}" in f"{body.found_by} " for word in words)
        and wanted.kind in ("", body.type_of_establishment)
        and (not wanted.district or body.district_name == wanted.district)
        and (wanted.state == ALL or body.is_open == (wanted.state == OPEN))
    ]
    on_file = contacts.of_organisations([body.organisation_id for body in shown], g.partnership.id)
    rows = [(body, on_file.get(body.organisation_id, [])) for body in shown]
    return sorted(rows, key=SORTS[wanted.sort][1])


def _lines(rows: Sequence[tuple[Body, list[Contact]]]) -> Iterator[Sequence[Any]]:
    for body, on_file in rows:
        counted, closed = body.staff_counted_on, body.close_date
        known = (
            body.name,
            body.type_of_establishment,
            body.district_name or "",
            "" if body.front_line_staff is None else body.front_line_staff,
            counted.isoformat() if counted else "",
        )
        for name, role, address, phone in [(c.name, c.role, c.address, c.phone) for c in on_file] or [
            ("",) * 4
        ]:
            yield (*known, name, role, address, phone, closed.isoformat() if closed else "")


def _here(**changes: Any) -> str:
    """The list's address with some words changed; any change starts at page 1."""
    kept = {name: value for name, value in heard.heard().items() if value and name != "page"}
    endpoint = changes.pop("endpoint", "coordinator.bodies")
    query = urlencode({name: value for name, value in (kept | changes).items() if value is not None})
    return url_for(endpoint) + (f"?{query}" if query else "")


def _body_form(form: BodyForm, here: Body | None = None) -> BodyForm:
    """With the districts that there are, and the one that it is in."""
    there = dict.fromkeys(bodies.districts(g.partnership.id))
    if here is not None and here.district_name:
        there.setdefault(here.district_name)
    forms.set_choices(form.district, [("", body_words.WHOLE_AREA), *((name, name) for name in sorted(there))])
    return form


def _typed(here: Body) -> dict[str, Any]:
    return dict(vars(bodies.facts_of(here)))


def _open_ones() -> list[Body]:
    return [body for body in bodies.of_partnership(g.partnership.id) if body.is_open]


def _named(body: Body) -> str:
    return f"{body.name} ({body.type_of_establishment})"


def _lock() -> None:
    partnerships.lock(g.partnership.id)


def _affected(body_ids: Sequence[int], *, of_each: bool = False) -> list[tuple[str, str]]:
    now = clock.now()
    bookings, waits = handing_on.to_come(body_ids, now=now), waits_for_places.to_come(body_ids, now=now)
    return body_words.affected(bookings, waits, of_each=of_each)


def _hand_on(joining: Sequence[Body], into: Body | None) -> tuple[TakenOver, WaitsTakenOver]:
    """The bookings to come of those that closed, and their waits, are those of the one that has their place."""
    now = clock.now()
    each = [handing_on.hand_all_on(body, into, who=who(), now=now) for body in joining if into is not None]
    waits = [waits_for_places.close(body, into, who=who(), now=now) for body in joining]
    went = TakenOver(
        handed=sum(one.handed for one in each), left=tuple(left for one in each for left in one.left)
    )
    return went, WaitsTakenOver(
        handed=sum(one.handed for one in waits), ended=sum(one.ended for one in waits)
    )


def _page(
    here: Body | None,
    form: Form,
    title: str,
    does: str,
    *,
    intro: str = "",
    affected: Sequence[tuple[str, str]] = (),
    becomes: str = "",
) -> Any:
    page = render_template(
        "coordinator/body_form.html",
        body=here,
        form=form,
        title=title,
        does=does,
        intro=intro,
        affected=affected,
        becomes=becomes,
    )
    return page, status()


def _done(here: Body, said: str) -> Response:
    flash(said)
    return redirect(url_for("coordinator.school", organisation_id=here.organisation_id), 303)
