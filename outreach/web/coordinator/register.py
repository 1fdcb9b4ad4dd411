"""The register: upload a file, which the daily job reads; look at what it would change, apply it. Between the two it
waits for a day."""

from contextlib import AbstractContextManager
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for

from outreach.booking import limits
from outreach.county import files_to_read, partnerships, register, schools
from outreach.county.corrections import FIELDS
from outreach.county.files_to_read import FILE, POSTCODES, REGISTER
from outreach.county.register import (
    Became,
    Changes,
    WaitingUpload,
    decisions,
    doubts,
    hands,
    postcodes,
    sent_in,
    waiting,
)
from outreach.coverage import conversions, leavers
from outreach.ground import clock, wording
from outreach.ground.db import transaction
from outreach.ground.row_numbers import row_number, row_numbers
from outreach.web import downloads, forms
from outreach.web.coordinator import reading_shown
from outreach.web.gate import coordinator, coordinators_only, who
from outreach.web.refusals import back_to, status

FACTS = FIELDS | {"la_code": "Authority"}
SHOWN = 200
"""Schools of each kind that the preview lists; the CSV has them all."""


class UploadForm(forms.Form):
    file = forms.upload(
        "The register’s file",
        required="Choose the register’s file.",
        hint="A .csv or .zip from Get Information about Schools: best ‘All establishment data’, with its links.",
    )
    links = forms.upload("Links file, if you have it", hint="Tells which school came after which.")
    code_point = forms.upload(
        "Code-Point Open file, if you have it",
        hint="Places and districts that the register's file lacks. Its postcodes are kept, too.",
    )


class PostcodesForm(forms.Form):
    postcodes = forms.upload(
        "Code-Point Open file", required="Choose the file.", hint="As it is downloaded, .zip or .csv"
    )


class ApplyForm(forms.Form):
    seen = forms.text("Looked at")
    sure = forms.tick("I have read this, and the file is meant")


@coordinator.route("/register", methods=["GET", "POST"], endpoint="register")
@coordinators_only
def register_files() -> Any:
    form = UploadForm()
    if form.validate_on_submit():
        return _to_be_read(
            REGISTER, {field.name: field for field in (form.file, form.links, form.code_point)}
        )
    return _page(form, PostcodesForm(formdata=None)), status()


@coordinator.post("/register/postcodes")
@coordinators_only
def register_postcodes() -> Any:
    """The postcodes of the areas in which schools of this partnership are, kept for whoever types one."""
    form = PostcodesForm()
    if form.validate_on_submit():
        sent_in.areas_here(g.partnership.id)
        return _to_be_read(POSTCODES, {FILE: form.postcodes})
    return _page(UploadForm(formdata=None), form), status()


def _to_be_read(kind: str, parts: dict[str, Any]) -> Any:
    token = reading_shown.put_down(kind, parts)
    return redirect(url_for("coordinator.register_preview", token=token), 303)


def _page(form: UploadForm, of_postcodes: PostcodesForm) -> str:
    return render_template(
        "coordinator/register.html",
        form=form,
        of_postcodes=of_postcodes,
        wrong=form if form.errors else of_postcodes,
        kept=postcodes.number_kept(),
        authorities=partnerships.authorities(g.partnership.id),
        count=schools.count(_la_codes()),
        newest=register.newest_import(_la_codes()),
        to_decide=decisions.waiting(g.partnership.id),
        left=len(leavers.left(g.partnership.id, now=clock.now())),
        asked_of=hands.count_asked_of(g.partnership.id),
    )


@coordinator.route("/register/<token>", methods=["GET", "POST"])
@coordinators_only
def register_preview(token: str) -> Any:
    """How far the reading of a file is, then what it would change."""
    form, file = ApplyForm(), files_to_read.find(token, partnership_id=g.partnership.id)
    if file is not None and (file.why or not file.finished_at):
        return reading_shown.page(file, url_for("coordinator.register_drop", token=token))
    if file is not None and file.kind == POSTCODES:
        flash(file.told, "done")
        return redirect(url_for("coordinator.register"), 303)
    with _while_it_waits():
        if form.validate_on_submit():
            flash(_apply(token, form.seen.data, sure=form.sure.data))
            return redirect(url_for("coordinator.register"), 303)
        upload, changes = _look(token)
    page = render_template(
        "coordinator/register_preview.html",
        form=form,
        token=token,
        name=upload.file_name,
        told=file.told if file else "",
        changes=changes,
        doubts=doubts.about(upload.file, changes, register.newest_day(_la_codes())),
        pair_of=_pair,
        ticked=request.form.getlist("became"),
        left=leavers.left(g.partnership.id, now=clock.now(), changes=changes),
        newest=register.newest_import(_la_codes()),
        said=_said,
        fact_names=FACTS,
        shown=SHOWN,
    )
    return page, 422 if form.errors else 200


@coordinator.post("/register/<token>/drop")
@coordinators_only
def register_drop(token: str) -> Any:
    with transaction():
        waiting.forget(token, partnership_id=g.partnership.id)
        files_to_read.discard(token, partnership_id=g.partnership.id)
    flash("The file was laid aside. Nothing was changed.")
    return redirect(url_for("coordinator.register"), 303)


@coordinator.get("/register/<token>/changes.csv")
@coordinators_only
def register_changes(token: str) -> Any:
    """All that the preview holds, a line for each fact."""
    with _while_it_waits():
        _, changes = _look(token)
    head = ("What", "URN", "School", "Fact", "Before", "After")
    return downloads.csv_file("register-changes.csv", head, _lines(changes))


@coordinator.get("/register/hands")
@coordinators_only
def register_hands() -> Any:
    """Schools that change hands: what others ask of this partnership, what it asks of others, and what came
    to it."""
    asked = hands.asked_of(g.partnership.id)
    return render_template(
        "coordinator/register_hands.html",
        asked=asked,
        live=leavers.live(g.partnership.id, now=clock.now(), organisation_ids=[row.urn for row in asked]),
        waiting=hands.asked_by(g.partnership.id),
        received=hands.received(g.partnership.id),
    )


@coordinator.post("/register/hands")
@coordinators_only
def register_hand_over() -> Any:
    """Hand over, or keep, what is ticked of the list that was shown: one word for all of it."""
    ids = {*row_numbers(request.form.getlist("asked"))}
    if not hands.were_asked_of(g.partnership.id, ids):
        abort(404)
    deed, back = request.form.get("deed"), url_for("coordinator.register_hands")
    with back_to(back), transaction():
        register.lock()
        if deed == "agree":
            said = _handed(hands.agree(ids, giver_id=g.partnership.id, who=who(), now=clock.now()))
            limits.write_everywhere(now=clock.now())
        elif deed == "keep":
            kept = hands.keep(ids, giver_id=g.partnership.id, who=who(), now=clock.now())
            said = wording.count(kept, "school or link stays as it is.", "schools or links stay as they are.")
        else:
            raise hands.NothingAsked
    flash(said)
    return redirect(back, 303)


def _handed(done: hands.HandsChanged) -> str:
    said = []
    if done.schools:
        said.append(
            f"{wording.count(done.schools, 'school')} handed over. Bookings, contacts, letters and history stay here."
        )
    if done.links:
        said.append(f"{wording.count(done.links, 'link')} agreed to.")
    if done.overtaken:
        said.append(
            f"{wording.count(done.overtaken, 'line')} did not hold any more, and nothing was done about it."
        )
    return " ".join(said)


def _while_it_waits() -> AbstractContextManager[None]:
    """A file that waits no longer leads back to the register."""
    return back_to(url_for("coordinator.register"), "confirm", register.NoLongerWaiting)


def _look(token: str) -> tuple[WaitingUpload, Changes]:
    upload = waiting.get(token, partnership_id=g.partnership.id, now=clock.now())
    return upload, register.preview(upload.file, _la_codes())


def _apply(token: str, seen: str, *, sure: bool) -> str:
    """Apply what was looked at; what was done, in words. Raises NoLongerWaiting, AppliedSince and NotSure."""
    la_codes, now = _la_codes(), clock.now()
    with transaction():
        register.lock()
        upload = waiting.get(token, partnership_id=g.partnership.id, now=now)
        register.still(row_number(seen), la_codes)
        changes = register.preview(upload.file, la_codes)
        doubts.settle(doubts.about(upload.file, changes, register.newest_day(la_codes)), sure=sure)
        became = _confirmed(changes)
        register.apply(
            changes,
            file_name=upload.file_name,
            la_codes=la_codes,
            who=who(),
            now=now,
            file_day=upload.file.day,
            became=became,
        )
        limits.write_everywhere(changes.urns, now=now)
        conversions.settle_everywhere(now=now)
        waiting.forget(token, partnership_id=g.partnership.id)
    if changes.nothing:
        return "Nothing was new in that file. Nothing was changed."
    asked = " The partnership that holds them is asked to hand them over." if changes.to_ask else ""
    followed = (
        f" {wording.count(len(became), 'school')} followed by a new one, as you ticked." if became else ""
    )
    return f"The register is applied: {changes.summary}.{followed}{asked}"


def _confirmed(changes: Changes) -> list[tuple[int, int]]:
    """The pairs of 'probably became' that were ticked, one by one or all."""
    ticked = request.form.getlist("became")
    return [each.pair for each in changes.became if "all" in ticked or _pair(each) in ticked]


def _pair(each: Became) -> str:
    return f"{each.old.urn}-{each.new.urn}"


def _lines(changes: Changes) -> Any:
    for what in ("closed", "new", "changed", "reopened"):
        for change in getattr(changes, what):
            facts = change.after
            for fact in change.fields or [None]:
                told = (
                    ("", "", "")
                    if fact is None
                    else (FACTS[fact.field], _said(fact.before), _said(fact.after))
                )
                yield what, facts.urn, facts.name, *told
    for each in changes.became:
        yield "probably became", each.old.urn, each.old.name, "Became", each.new.urn, each.new.name
    for held in changes.held:
        yield "held by another partnership", held.urn, held.name, "", "", ""
    for link in changes.held_links:
        ends = f"{link.link.predecessor} to {link.link.successor}"
        yield "link to another partnership’s school", link.urn, "", "Link", "", ends
    for facts in changes.staying:
        yield "stays yours", facts.urn, facts.name, "Authority", "", facts.la_code
    for facts in changes.absent:
        yield "not in this file", facts.urn, facts.name, "", "", ""
    for line in changes.unreadable:
        yield "unreadable", "", f"line {line.number}", line.reason, "", ""


def _said(value: Any) -> str:
    """A fact in words."""
    if value is None or value == "":
        return "unknown"
    if isinstance(value, int):
        return wording.number(value)
    return value if isinstance(value, str) else wording.day_short(value)


def _la_codes() -> list[str]:
    return partnerships.la_codes(g.partnership.id)
