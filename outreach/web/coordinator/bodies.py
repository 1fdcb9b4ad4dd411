"""Bodies beside schools: their list, and one of them with its contacts; added, changed, closed and merged by hand."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from outreach.county import bodies, contacts, partnerships
from outreach.county.bodies import KINDS, Body, BodyFacts
from outreach.county.contacts import Contact
from outreach.ground import clock, history
from outreach.ground.db import transaction
from outreach.ground.timespans import day_of
from outreach.ground.typed_days import Which
from outreach.ground.wording import words_of
from outreach.post import outbox
from outreach.web import downloads, forms, opened
from outreach.web.coordinator import body_words, contact_forms, school_words
from outreach.web.coordinator.as_of import page_asked
from outreach.web.coordinator.contact_forms import ContactForm
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
        return _done(made, f"{made.name} is added. Say whom to write to there.")
    if request.method != "POST":
        form.staff_counted_on.data = today
    return _page(None, form, "Add a body", "Add this body")


@coordinator.get("/bodies/<int:body_id>")
@coordinators_only
def body(body_id: int) -> Any:
    here = our_body(body_id)
    on_file = contacts.to_write_to([body_id], g.partnership.id).get(body_id, [])
    dead = outbox.dead_addresses([contact.address for contact in on_file])
    return render_template(
        "coordinator/body.html",
        body=here,
        became=bodies.became(here),
        came_from=bodies.came_from(here),
        contacts=school_words.contact_lines(on_file, body_id, dead),
        log=body_words.log(history.history_of("school", body_id)),
        words=body_words,
    )


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
        return _done(here, f"{here.name} is known so from now on. What was known before stays as it was.")
    return _page(here, form, f"Change {here.name}", "Save")


@coordinator.route("/bodies/<int:body_id>/close", methods=["GET", "POST"])
@coordinators_only
def body_close(body_id: int) -> Any:
    here, form, today = our_body(body_id), CloseForm(), day_of(clock.now())
    others = [other for other in _open_ones() if other is not here]
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
        taken = "" if successor is None else f" {successor.name} has its place."
        return _done(here, f"{here.name} is closed.{taken}")
    if request.method != "POST":
        form.day.data = today
    return _page(
        here,
        form,
        f"Close {here.name}",
        "Close it",
        intro="It is asked no more. What was known and done until that day stays, and it can be opened again.",
    )


@coordinator.post("/bodies/<int:body_id>/open")
@coordinators_only
def body_open(body_id: int) -> Any:
    here = our_body(body_id)
    with back_to(url_for("coordinator.body", body_id=body_id)), transaction():
        bodies.reopen(our_body(body_id), who=who(), now=clock.now())
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
        return _done(here, body_words.joined([other.name for other in joining], here.name))
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
    )


@coordinator.route("/bodies/<int:body_id>/contacts/add", methods=["GET", "POST"])
@coordinators_only
def body_contact_add(body_id: int) -> Any:
    here, form = our_body(body_id), ContactForm()
    if form.validate_on_submit():
        with transaction():
            contact_forms.put_on_file(body_id, form)
        return _done(here, f"{form.named} is on file.")
    return _page(here, form, "Add a contact", "Put on file", intro="Work details only.")


@coordinator.route("/bodies/<int:body_id>/contacts/<int:contact_id>", methods=["GET", "POST"])
@coordinators_only
def body_contact(body_id: int, contact_id: int) -> Any:
    """What is known of one contact, to be put right: a new row in its place, with where it comes from."""
    here = our_body(body_id)
    form = contact_forms.filled_in(body_id, contact_id)
    stands = contact_forms.as_opened(body_id, contact_id)
    if form.validate_on_submit():
        with transaction():
            contact_forms.put_right(body_id, contact_id, form, stands)
        return _done(here, f"{form.named} is on file so from now on.")
    return _page(here, form, "Change a contact", "Keep this")


@coordinator.post("/bodies/<int:body_id>/contacts/<int:contact_id>/end")
@coordinators_only
def body_contact_end(body_id: int, contact_id: int) -> Any:
    here = our_body(body_id)
    with transaction():
        told = contact_forms.end(body_id, contact_id)
    return _done(here, told)


@coordinator.post("/bodies/<int:body_id>/contacts/<int:contact_id>/works")
@coordinators_only
def body_contact_works(body_id: int, contact_id: int) -> Any:
    """Somebody says that an address, from which mail came back, is right after all."""
    here = our_body(body_id)
    with transaction():
        told = contact_forms.works_again(body_id, contact_id)
    return _done(here, told)


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
    on_file = contacts.of_schools([body.organisation_id for body in shown], g.partnership.id)
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
    kept = {name: value for name, value in request.args.items() if value and name != "page"}
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


def _page(here: Body | None, form: Form, title: str, does: str, *, intro: str = "") -> Any:
    page = render_template(
        "coordinator/body_form.html", body=here, form=form, title=title, does=does, intro=intro
    )
    return page, status()


def _done(here: Body, said: str) -> Response:
    flash(said)
    return redirect(url_for("coordinator.body", body_id=here.organisation_id), 303)
