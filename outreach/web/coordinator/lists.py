"""Lists that councils keep, of contacts and of past shows: sent in, looked at, columns said, lines put right,
taken in."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for

from outreach.county import bodies, contacts, partnerships
from outreach.county.lists import (
    body_lists,
    contact_lists,
    entries,
    headings,
    list_layout,
    past_shows,
    uploads,
)
from outreach.county.lists.contact_lists import ContactList
from outreach.county.lists.entries import (
    CHANGED,
    FATES,
    LEFT,
    NEW,
    OUTSIDE,
    REPAIR,
    SAME,
    TWICE,
    Entry,
    ListPreview,
)
from outreach.county.lists.headings import BODIES, CONTACTS, KINDS, OF_PEOPLE, SKIP, VISITS
from outreach.county.lists.list_layout import Layout
from outreach.county.lists.uploads import Upload
from outreach.county.schools import Organisation
from outreach.coverage import standings
from outreach.ground import clock, workbooks
from outreach.ground.db import transaction
from outreach.ground.row_numbers import row_number, whole_number
from outreach.ground.school_year import year_name, year_of
from outreach.ground.timespans import day_of
from outreach.ground.typed_days import Which
from outreach.ground.wording import and_list, count
from outreach.tour import programmes
from outreach.web import downloads, forms
from outreach.web.coordinator import list_words
from outreach.web.gate import coordinator, coordinators_only, who
from outreach.web.refusals import back_to

SHOWN = 25
"""Lines of a list on one page."""
FEW = 3
"""Changed contacts that stand beside the sums, old and new."""

FIELDS = {
    CONTACTS: ("address", "name", "role", "phone"),
    VISITS: ("year", "day", "pupils"),
    BODIES: ("body", "body_kind", "district", "staff", "counted", "address"),
}
LABELS = {
    "school": "School",
    "address": "Email address",
    "name": "Name",
    "role": "Role",
    "phone": "Telephone",
    "year": "School year",
    "day": "Day",
    "pupils": "How many saw it",
    "body": "Body",
    "body_kind": "Kind",
    "district": "District",
    "staff": "Front-line staff",
    "counted": "Counted on",
}
TICKS = {
    "again": "Put it on file again",
    "sunday": "It was on that Sunday",
    "second": "It was another performance: add the pupils",
}
"""By which a line is right as it stands."""
WORDS = {
    CONTACTS: {
        REPAIR: "Need repair",
        NEW: "New contacts",
        CHANGED: "Changed",
        SAME: "The same already",
        TWICE: "Said twice, merged",
        OUTSIDE: "School not in the target",
        LEFT: "Left out",
    },
    VISITS: {
        REPAIR: "Need repair",
        NEW: "New visits",
        CHANGED: "Changed",
        SAME: "Known already",
        TWICE: "Said twice, merged",
        LEFT: "Left out",
    },
    BODIES: {
        REPAIR: "Need repair",
        NEW: "New bodies",
        CHANGED: "Changed",
        SAME: "The same already",
        TWICE: "Said twice, merged",
        LEFT: "Left out",
    },
}
ADDED = {
    CONTACTS: ("contact added", "contacts added"),
    VISITS: ("visit added", "visits added"),
    BODIES: ("body added", "bodies added"),
}
HEADS = {
    REPAIR: "Need repair",
    NEW: "New",
    CHANGED: "Changed",
    SAME: "The same already",
    TWICE: "Said twice",
    OUTSIDE: "School not in the target",
    LEFT: "Left out",
}
PAGES = {CONTACTS: "contacts", VISITS: "past_shows", BODIES: "body_list"}
FIRST = {CONTACTS: "contacts", VISITS: "past_shows_page", BODIES: "body_lists"}
FIRST_WORDS = {CONTACTS: "Contacts", VISITS: "Past shows", BODIES: "Lists of bodies"}
OF_CONTACTS, OF_VISITS, OF_BODIES = {"kind": CONTACTS}, {"kind": VISITS}, {"kind": BODIES}
"""Which kind of list a page is of, where one page is for all."""

COLUMNS = ("URN", "School", "Name", "Role", "Email", "Phone")


class UploadForm(forms.Form):
    file = forms.upload(
        "CSV or Excel file",
        required="Choose a file.",
        hint=f"Up to 10 MB and {workbooks.MOST_LINES:,} lines; .csv or .xlsx.",
    )


class ApplyForm(forms.Form):
    source = forms.text(
        "Where do these addresses come from?",
        required="Say where the addresses come from.",
        hint="Each letter tells the person so. For example: the safeguarding leads’ list of the council.",
    )
    source_date = forms.day(
        "When was that list made?",
        required="Enter the date of the list.",
        hint="Like 2 Nov or last Monday.",
        which=Which.LAST,
    )


class TakeInForm(forms.Form):
    """Past shows need no source: nobody is written to because of them."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One heading of the list as the page asks for it: over all sheets that have it."""

    key: str
    heading: str
    kind: str
    filled: int
    addresses: int
    notes: bool
    sure: bool
    block: str


@coordinator.route("/contacts", methods=["GET", "POST"], endpoint="contacts")
@coordinators_only
def contacts_page() -> Any:
    form = UploadForm()
    if form.validate_on_submit():
        return _taken(form, CONTACTS)
    page = render_template(
        "coordinator/contacts.html",
        form=form,
        reach=contacts.reach(_la_codes()),
        programme=programmes.current(g.partnership.id, day_of(clock.now())),
        lists=contact_lists.lists(g.partnership.id),
        list_page=PAGES[CONTACTS],
        recent=uploads.recent(CONTACTS, partnership_id=g.partnership.id, now=clock.now()),
    )
    return page, 422 if form.errors else 200


@coordinator.get("/contacts/missing.csv")
@coordinators_only
def contacts_missing() -> Any:
    """The open schools without anybody to write to, ready to be filled in and uploaded here.

    With `target`, only those of the programme in hand: most schools of a county are never asked.
    """
    missing = contacts.schools_without(_la_codes())
    now = clock.now()
    programme = programmes.current(g.partnership.id, day_of(now))
    if programme and request.args.get("target") == str(programme.id):
        target = standings.target_of(programme.id, now=now)
        missing = [s for s in missing if s.organisation_id in target]
    rows = [(s.organisation_id, s.name, "", "", "", "") for s in missing]
    return downloads.csv_file("schools-without-contact.csv", COLUMNS, rows)


@coordinator.post("/contacts/<token>/outside")
@coordinators_only
def contacts_outside(token: str) -> Any:
    """Schools that no programme is for are taken in, too; or not after all."""
    with _while_it_waits(CONTACTS), transaction():
        upload = _upload(token, CONTACTS, changing=True)
        upload.choices.outside = bool(request.form.get("outside"))
        uploads.say(upload)
    return redirect(_at(CONTACTS, "preview", token=token), 303)


@coordinator.get("/contacts/lists/<int:list_id>")
@coordinators_only
def contact_list(list_id: int) -> Any:
    """What a list that was taken in came to: its sum, and each of its contacts."""
    row = _list(list_id)
    found = contact_lists.backing(row)
    pages = max(1, -(-len(found) // SHOWN))
    page = min(max(1, request.args.get("page", 1, type=int)), pages)
    return render_template(
        "coordinator/contact_list.html",
        row=row,
        rows=found[(page - 1) * SHOWN : page * SHOWN],
        page=page,
        pages=pages,
    )


@coordinator.route("/contacts/lists/<int:list_id>/take-back", methods=["GET", "POST"])
@coordinators_only
def contact_list_take_back(list_id: int) -> Any:
    """What it would do first: what ends, what stands again, what stays since somebody changed it; and what it
    leaves alone."""
    row = _list(list_id)
    if request.method == "POST":
        back = url_for("coordinator.contact_list", list_id=list_id)
        with back_to(back), transaction():
            done = contact_lists.withdraw(
                list_id, _la_codes(), partnership_id=g.partnership.id, who=who(), now=clock.now()
            )
            flash(_told_back(row.file_name, done))
        return redirect(back, 303)
    if row.withdrawn_at is not None:
        return redirect(url_for("coordinator.contact_list", list_id=list_id))
    found = contact_lists.backing(row)
    return render_template(
        "coordinator/contact_list_back.html",
        row=row,
        written=contact_lists.written_to(row, found),
        ends=[b for b in found if not b.since and b.before is None],
        restored=[b for b in found if not b.since and b.before is not None],
        stays=[b for b in found if b.since],
    )


@coordinator.route("/past-shows", methods=["GET", "POST"])
@coordinators_only
def past_shows_page() -> Any:
    form = UploadForm()
    if form.validate_on_submit():
        return _taken(form, VISITS)
    page = render_template(
        "coordinator/past_shows.html",
        form=form,
        lists=past_shows.lists(g.partnership.id),
        list_page=PAGES[VISITS],
        recent=uploads.recent(VISITS, partnership_id=g.partnership.id, now=clock.now()),
    )
    return page, 422 if form.errors else 200


@coordinator.post("/past-shows/lists/<int:list_id>/take-back")
@coordinators_only
def past_shows_take_back(list_id: int) -> Any:
    if not past_shows.was_of(g.partnership.id, list_id):
        abort(404)
    back = url_for("coordinator.past_shows_page")
    with back_to(back), transaction():
        row = past_shows.withdraw(list_id, partnership_id=g.partnership.id, who=who(), now=clock.now())
        flash(f"‘{row.file_name}’ is taken back whole. Its visits count no more.")
    return redirect(back, 303)


@coordinator.route("/bodies/lists", methods=["GET", "POST"], endpoint="body_lists")
@coordinators_only
def body_lists_page() -> Any:
    form = UploadForm()
    if form.validate_on_submit():
        return _taken(form, BODIES)
    page = render_template(
        "coordinator/body_lists.html",
        form=form,
        kinds=bodies.KINDS,
        lists=body_lists.lists(g.partnership.id),
        list_page=PAGES[BODIES],
        recent=uploads.recent(BODIES, partnership_id=g.partnership.id, now=clock.now()),
    )
    return page, 422 if form.errors else 200


@coordinator.post("/bodies/lists/<int:list_id>/take-back")
@coordinators_only
def body_list_take_back(list_id: int) -> Any:
    if not body_lists.was_of(g.partnership.id, list_id):
        abort(404)
    back = url_for("coordinator.body_lists")
    with back_to(back), transaction():
        row, done = body_lists.withdraw(list_id, partnership_id=g.partnership.id, who=who(), now=clock.now())
        flash(list_words.bodies_back(row.file_name, done))
    return redirect(back, 303)


def _list(list_id: int) -> ContactList:
    return contact_lists.find_list(g.partnership.id, list_id) or abort(404)


def _told_back(file_name: str, done: Sequence[contact_lists.Back]) -> str:
    ended = sum(not b.since and b.before is None for b in done)
    restored = sum(not b.since and b.before is not None for b in done)
    left = len(done) - ended - restored
    parts = [f"{count(ended, 'contact')} ended"] if ended else []
    parts += [f"{restored:,} as before"] if restored else []
    parts += [f"{left:,} left as somebody changed {'it' if left == 1 else 'them'} since"] if left else []
    return f"‘{file_name}’ is taken back: {and_list(parts)}."


def _taken(form: UploadForm, kind: str) -> Any:
    """The way on to the look at a file that was read."""
    sheets = workbooks.read(form.file.data.read(workbooks.MOST_BYTES + 1))
    with transaction():
        row = uploads.keep(
            kind,
            form.file.data.filename or "file",
            sheets,
            partnership_id=g.partnership.id,
            who=who(),
            now=clock.now(),
        )
        token = row.token
    return redirect(_at(kind, "preview", token=token), 303)


@coordinator.route(
    "/contacts/<token>", methods=["GET", "POST"], endpoint="contacts_preview", defaults=OF_CONTACTS
)
@coordinator.route(
    "/past-shows/<token>", methods=["GET", "POST"], endpoint="past_shows_preview", defaults=OF_VISITS
)
@coordinator.route(
    "/bodies/lists/<token>", methods=["GET", "POST"], endpoint="body_list_preview", defaults=OF_BODIES
)
@coordinators_only
def list_preview(token: str, kind: str) -> Any:
    form = ApplyForm() if kind in OF_PEOPLE else TakeInForm()
    with _while_it_waits(kind):
        if form.validate_on_submit():
            told, then = _take_in(token, kind, form)
            flash(told)
            return redirect(then, 303)
        if request.method != "POST" and kind in OF_PEOPLE:
            form.source_date.data = day_of(clock.now())
        upload = _upload(token, kind)
        shown = _shown(upload, _look(upload))
    return render_template("coordinator/list_preview.html", form=form, **shown), 422 if form.errors else 200


def _shown(upload: Upload, looked: ListPreview[Any]) -> dict[str, Any]:
    """What the page of a list shows: its sums, and one kind of its lines over pages."""
    kind, sums = upload.kind, looked.sums
    show = request.args.get("show", "")
    if show not in FATES or not sums[show]:
        show = next((fate for fate in FATES if sums[fate]), NEW)
    of_kind = looked.with_fate(show)
    pages = max(1, -(-len(of_kind) // SHOWN))
    page = min(max(1, request.args.get("page", 1, type=int)), pages)
    rows = of_kind[(page - 1) * SHOWN : page * SHOWN]
    to_reach = _reached(looked) if kind == CONTACTS else None
    taken = upload.row.taken_at is not None
    ask = [x for x in looked.layouts if x.wanted and not x.complete and x.lines]
    unread = bool(ask) and not looked.lines
    domains = _domains(looked) if kind == CONTACTS and show == REPAIR else []
    return {
        "upload": upload,
        "kind": kind,
        "looked": looked,
        "sums": sums,
        "show": show,
        "page": page,
        "pages": pages,
        "rows": [(e, list_words.cells(e, show)) for e in rows] if show != REPAIR or taken else rows,
        "title": list_words.title(
            sums, taken=taken, unread=unread, lines=0 if len(looked.entries) != looked.lines else looked.lines
        ),
        "steps": [] if taken else list_words.steps(sums, unread=unread),
        "take_in": list_words.take_in(sums),
        "how_many": list_words.how_many(show, sums[show], kind),
        "words": WORDS[kind],
        "heads": HEADS,
        "labels": LABELS,
        "fields": FIELDS[kind],
        "ticks": TICKS,
        "at": _at,
        "first": _first(kind),
        "first_words": FIRST_WORDS[kind],
        "noun": list_words.NOUNS[kind][0],
        "nouns": list_words.NOUNS[kind][1],
        "likely": {e.key: _likely(e, looked) for e in rows if show == REPAIR and e.field == "school"},
        "suggested": {
            e.key: contact_lists.suggested(e, domains) for e in rows if domains and e.field == "address"
        },
        "choices": [(c, *_note_of(c, kind)) for c in _choices_of(looked.layouts, kind)],
        "kinds": KINDS[kind],
        "changed": [(e, list_words.differences(e)) for e in looked.with_fate(CHANGED)[:FEW]]
        if kind == CONTACTS and not taken
        else [],
        "came_in": Counter(e.sheet for e in looked.entries if e.fate in (NEW, CHANGED, SAME, TWICE)),
        "letters": list_layout.letters,
        "cut": list_words.cut(looked.layouts),
        "zeros": list_words.zeros(looked.layouts),
        "hidden": list_words.hidden(looked.layouts, read=upload.choices.hidden),
        "reach": to_reach,
        "several": len(looked.entries) != looked.lines,
        "ask": ask,
        "years": [
            (y, year_name(y)) for y in range(year_of(day_of(clock.now())), past_shows.FIRST_YEAR + 9, -1)
        ],
        "without": _named_without(upload, looked) if kind == CONTACTS else 0,
    }


@coordinator.post("/contacts/<token>/columns", endpoint="contacts_columns", defaults=OF_CONTACTS)
@coordinator.post("/past-shows/<token>/columns", endpoint="past_shows_columns", defaults=OF_VISITS)
@coordinator.post("/bodies/lists/<token>/columns", endpoint="body_list_columns", defaults=OF_BODIES)
@coordinators_only
def list_columns(token: str, kind: str) -> Any:
    """Which sheets are read, where their headings stand, which column is what: kept, and remembered for the
    next list."""
    with _while_it_waits(kind), transaction():
        upload = _upload(token, kind, changing=True)
        choices, layouts = upload.choices, list_layout.laid_out(upload)
        chosen: dict[str, str] = {}
        for choice in _choices_of(layouts, kind):
            said = request.form.get(f"column-{choice.key}", "")
            if said in KINDS[kind] and (said != choice.kind or (not choice.sure and said != SKIP)):
                chosen[choice.key] = said
        for layout in layouts:
            if f"sheet-{layout.number}" in request.form:
                choices.sheets[layout.number] = f"read-{layout.number}" in request.form
            line = row_number(request.form.get(f"headings-{layout.number}", ""))
            if line is not None and line != layout.heading_line:
                choices.first_line[layout.number] = line
        choices.hidden = "hidden" in request.form
        if kind == VISITS and "year" in request.form:
            choices.year = whole_number(request.form["year"], 1000, 9999)
        choices.columns |= chosen
        if chosen:
            uploads.remember(kind, chosen, partnership_id=g.partnership.id, who=who(), now=clock.now())
        uploads.say(upload)
    return redirect(_at(kind, "preview", token=token), 303)


@coordinator.post("/contacts/<token>/repair", endpoint="contacts_repair", defaults=OF_CONTACTS)
@coordinator.post("/past-shows/<token>/repair", endpoint="past_shows_repair", defaults=OF_VISITS)
@coordinator.post("/bodies/lists/<token>/repair", endpoint="body_list_repair", defaults=OF_BODIES)
@coordinators_only
def list_repair(token: str, kind: str) -> Any:
    """What was put right on one page of lines: each field that says something else than what was read."""
    with _while_it_waits(kind), transaction():
        upload = _upload(token, kind, changing=True)
        for key in request.form.getlist("line"):
            _put_right(upload, key, kind)
        uploads.say(upload)
    page = row_number(request.form.get("page", "")) or 1
    return redirect(_at(kind, "preview", token=token, show=REPAIR, page=page), 303)


def _put_right(upload: Upload, key: str, kind: str) -> None:
    mark = request.form.get(f"of-{key}", "")[:20]
    said: dict[str, str] = {"of": mark}
    said.update(
        (name, value)
        for name in FIELDS[kind]
        if f"{name}-{key}" in request.form
        and (value := " ".join(request.form[f"{name}-{key}"].split())[:300])
        != " ".join(request.form.get(f"was-{name}-{key}", "").split())[:300]
    )
    # What is typed is meant; what is only chosen from the list counts where nothing is typed.
    school = (request.form.get(f"typed-{key}", "") or request.form.get(f"school-{key}", "")).strip()[:200]
    if school:
        said["school"] = school
    for tick in ("out", *TICKS):
        if request.form.get(f"{tick}-{key}"):
            said[tick] = "1"
    kept = upload.choices.put_right
    before = kept.get(key, {})
    if before.get("of") == mark:
        said = {**{name: value for name, value in before.items() if name not in ("out", "again")}, **said}
    if len(said) > 1:
        kept[key] = said
    else:
        kept.pop(key, None)


@coordinator.get("/contacts/<token>/to-mend.xlsx", endpoint="contacts_to_mend", defaults=OF_CONTACTS)
@coordinator.get("/past-shows/<token>/to-mend.xlsx", endpoint="past_shows_to_mend", defaults=OF_VISITS)
@coordinator.get("/bodies/lists/<token>/to-mend.xlsx", endpoint="body_list_to_mend", defaults=OF_BODIES)
@coordinators_only
def list_to_mend(token: str, kind: str) -> Any:
    """The lines that cannot be taken, as they stand in the file, each with its reason: to be mended and sent
    in again."""
    with _while_it_waits(kind):
        upload = _upload(token, kind)
        looked = _look(upload)
    wrong: dict[tuple[int, int], list[str]] = {}
    for entry in looked.entries:
        if entry.fate == REPAIR or entry.reason == entries.BY_YOU:
            wrong.setdefault((entry.sheet, entry.line), []).append(entry.reason)
    lines: dict[int, list[Sequence[Any]]] = {}
    for record in list_layout.records(upload, looked.layouts):
        reasons = wrong.get((record.sheet, record.line))
        if reasons:
            lines.setdefault(record.sheet, []).append(
                ("; ".join(dict.fromkeys(reasons)), str(record.line), *record.cells)
            )
    sheets = [
        (
            _sheet_name(layout, looked.layouts),
            ("What is wrong", "Line", *_headings_of(layout, kind)),
            lines[layout.number],
        )
        for layout in looked.layouts
        if layout.number in lines
    ] or [("Lines to mend", ("What is wrong", "Line"), [])]
    return downloads.workbook("lines-to-mend.xlsx", sheets, end="the lines to mend")


def _sheet_name(layout: Layout, others: Sequence[Layout]) -> str:
    """A sheet's name, with its number where another has a name that could be taken for the same."""
    name = layout.name or "Lines to mend"
    plain = [re.sub(r"[^0-9a-z]", "", x.name.casefold())[:25] for x in others]
    alone = plain.count(plain[layout.number]) == 1 and plain[layout.number] not in ("", "history")
    return name if alone or not layout.name else f"{layout.number + 1} {name}"


def _headings_of(layout: Layout, kind: str) -> list[str]:
    """The headings of a sheet so that they are known again: a list without any gets what its columns were
    taken as."""
    if layout.heading_line:
        return [column.heading for column in layout.columns]
    return [KINDS[kind][c.kind] if c.kind != SKIP else c.heading for c in layout.columns]


@coordinator.post("/contacts/<token>/drop", endpoint="contacts_drop", defaults=OF_CONTACTS)
@coordinator.post("/past-shows/<token>/drop", endpoint="past_shows_drop", defaults=OF_VISITS)
@coordinator.post("/bodies/lists/<token>/drop", endpoint="body_list_drop", defaults=OF_BODIES)
@coordinators_only
def list_drop(token: str, kind: str) -> Any:
    with transaction():
        uploads.remove(token, partnership_id=g.partnership.id)
    flash("The file was laid aside. Nothing was changed.")
    return redirect(_first(kind), 303)


def _take_in(token: str, kind: str, form: Any) -> tuple[str, str]:
    """Take in what was looked at; what was done, in words that add up, and the page that shows it. Raises
    NoLongerWaiting and SourceMissing."""
    now, then = clock.now(), _first(kind)
    with transaction():
        upload = _upload(token, kind, changing=True)
        if upload.row.taken_at is not None:
            raise uploads.NoLongerWaiting
        done: ListPreview[Any]
        if kind == CONTACTS:
            done, row = contact_lists.take_in(
                upload,
                _la_codes(),
                target=_target(),
                source=form.source.data,
                source_date=form.source_date.data,
                who=who(),
                now=now,
            )
            then = url_for("coordinator.contact_list", list_id=row.id) if row is not None else then
        elif kind == BODIES:
            done, _ = body_lists.take_in(
                upload,
                source=form.source.data,
                source_date=form.source_date.data,
                who=who(),
                now=now,
            )
            then = url_for("coordinator.bodies")
        else:
            done = past_shows.take_in(upload, _la_codes(), who=who(), now=now)
        told = _told(done, kind)
        uploads.taken(upload, told, now=now)
    return told, then


def _target() -> set[int] | None:
    """The schools that some programme of this or a coming year is for; None while there is none."""
    now = clock.now()
    running = [
        p
        for p in programmes.of_partnership(g.partnership.id)
        if p.closed_at is None and p.academic_year >= year_of(day_of(now))
    ]
    if not running:
        return None
    return {organisation_id for p in running for organisation_id in standings.target_of(p.id, now=now)}


def _told(done: ListPreview[Any], kind: str) -> str:
    sums = done.sums
    left = sums[LEFT] + sums[REPAIR]
    added = ADDED[kind]
    parts = [
        count(number, *words)
        for number, words in (
            (sums[NEW], added),
            (sums[CHANGED], ("changed", "changed")),
            (sums[SAME], ("unchanged", "unchanged")),
            (sums[TWICE], ("said twice and merged", "said twice and merged")),
            (sums[OUTSIDE], ("not in the target", "not in the target")),
            (
                left,
                ("line left out", "lines left out")
                if len(done.entries) == done.lines
                else ("left out", "left out"),
            ),
        )
        if number
    ]
    read = f" {count(done.lines, 'line')} read" + (
        f", which name {len(done.entries):,}." if len(done.entries) != done.lines else "."
    )
    return and_list(parts)[:1].upper() + and_list(parts)[1:] + "." + read


def _upload(token: str, kind: str, *, changing: bool = False) -> Upload:
    return uploads.get(token, kind=kind, partnership_id=g.partnership.id, now=clock.now(), changing=changing)


def _look(upload: Upload) -> ListPreview[Any]:
    if upload.kind == CONTACTS:
        return contact_lists.look(upload, _la_codes(), target=_target())
    if upload.kind == BODIES:
        return body_lists.look(upload, today=day_of(clock.now()))
    return past_shows.look(upload, _la_codes(), now=clock.now())


def _while_it_waits(kind: str) -> AbstractContextManager[None]:
    """A list that waits no longer, or is too much, leads back to where lists are sent in."""
    return back_to(_first(kind), "confirm", uploads.NoLongerWaiting, entries.TooMuch, workbooks.CannotRead)


def _first(kind: str) -> str:
    return url_for(f"coordinator.{FIRST[kind]}")


def _at(kind: str, what: str, **more: Any) -> str:
    """The address of one of the pages of a list of this kind."""
    return url_for(f"coordinator.{PAGES[kind]}_{what}", **more)


def _likely(entry: Entry, looked: ListPreview[Any]) -> tuple[Organisation, ...]:
    if entry.said is None or looked.ours is None:
        return ()
    return looked.ours.find(entry.said).likely or looked.ours.likely(entry.said)


def _choices_of(layouts: Sequence[Layout], kind: str) -> list[Choice]:
    """The headings of all sheets that are, or want to be, read: one that several have is asked for once."""
    found: dict[str, Choice] = {}
    for layout in layouts:
        if not layout.wanted or not layout.lines:
            continue
        for at, (column, under) in enumerate(zip(layout.columns, layout.under, strict=True)):
            key = headings.key_of(column.heading)
            shown = layout.heading_line and at not in layout.hidden.columns
            if not key or not (under.filled or shown):
                continue
            before: Mapping[str, int] | Choice | None = found.get(key)
            assert before is None or isinstance(before, Choice)
            found[key] = Choice(
                key=key,
                heading=column.heading,
                kind=column.kind,
                notes=column.notes,
                sure=column.sure,
                block=column.role or column.block,
                filled=under.filled + (before.filled if before else 0),
                addresses=under.addresses + (before.addresses if before else 0),
            )
    return list(found.values())


def _note_of(choice: Choice, kind: str) -> tuple[str, bool]:
    return list_words.of_column(
        skipped=choice.kind == SKIP,
        notes=choice.notes,
        addresses=choice.addresses,
        filled=choice.filled,
        block=choice.block,
        contacts=kind in OF_PEOPLE,
    )


def _reached(looked: ListPreview[Any]) -> tuple[str, str]:
    """Of the schools of the target, or of all while there is none: who has somebody to write to afterwards, and
    now."""
    reach, target = contacts.reach(_la_codes()), _target()
    without = {school.organisation_id for school in contacts.schools_without(_la_codes())}
    of = reach.schools
    if target is not None:
        without, of = without & target, len(target)
    new = {e.school.organisation_id for e in looked.with_fate(NEW) if e.school is not None} & without
    before = of - len(without)
    return list_words.reached(before + len(new), before, of, target=target is not None)


def _domains(looked: ListPreview[Any]) -> list[str]:
    return sorted({e.details.address.partition("@")[2] for e in looked.entries if e.details is not None}) or [
        "example"
    ]


def _named_without(upload: Upload, looked: ListPreview[Any]) -> int:
    """How many people are named without an address in lines that name somebody else with one."""
    return sum(len(r.without) for r in list_layout.records(upload, looked.layouts) if r.people)


def _la_codes() -> list[str]:
    return [a.la_code for a in partnerships.authorities(g.partnership.id)]
