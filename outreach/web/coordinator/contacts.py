"""Contacts from a file: uploaded, looked at, applied. Between the look and the click the file waits in a folder."""

import json
import re
import secrets
from pathlib import Path
from typing import Any

from flask import current_app, flash, g, redirect, render_template, request, url_for

from outreach.county import contact_files, contacts, partnerships
from outreach.county.contact_files import Import
from outreach.coverage import standings
from outreach.ground import clock, tabular
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.tabular import Table
from outreach.ground.timespans import day_of
from outreach.ground.wording import and_list, count
from outreach.tour import programmes
from outreach.web import downloads, forms
from outreach.web.gate import coordinator, coordinators_only, who

KEPT_SECONDS = 24 * 3600
SHOWN = 100
"""Lines of each kind that the preview lists."""

COLUMNS = ("URN", "School", "Name", "Role", "Email", "Phone")


class UploadForm(forms.Form):
    file = forms.upload(
        "CSV or Excel file", required="Choose a file.", hint="Up to 10 MB and 20,000 lines; .csv or .xlsx."
    )


class ApplyForm(forms.Form):
    source = forms.text(
        "Where do these addresses come from?",
        required="Say where the addresses come from.",
        hint="Each letter tells the person so. For example: the safeguarding leads’ list of the council.",
    )
    source_date = forms.day("When was that list made?", required="Enter the date of the list.")


@coordinator.route("/contacts", methods=["GET", "POST"], endpoint="contacts")
@coordinators_only
def upload() -> Any:
    form = UploadForm()
    if form.validate_on_submit():
        try:
            content = form.file.data.read(tabular.MOST_BYTES + 1)
            contact_files.preview_import(tabular.read(form.file.data.filename, content), _la_codes())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            token = _keep(form.file.data.filename, content)
            return redirect(url_for("coordinator.contacts_preview", token=token), 303)
    schools = contacts.reach(_la_codes())
    programme = programmes.current(g.partnership.id, day_of(clock.now()))
    page = render_template("coordinator/contacts.html", form=form, reach=schools, programme=programme)
    return page, _status()


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
        target = {s.urn for s in standings.of(programme.id, as_of=day_of(now), now=now).target}
        missing = [s for s in missing if s.urn in target]
    rows = [(s.urn, s.name, "", "", "", "") for s in missing]
    return downloads.csv_file("schools-without-contact.csv", COLUMNS, rows)


@coordinator.route("/contacts/<token>", methods=["GET", "POST"])
@coordinators_only
def contacts_preview(token: str) -> Any:
    kept = _kept(token)
    if kept is None:
        flash("That file was applied or laid aside. Upload it again to see what it would do now.", "confirm")
        return redirect(url_for("coordinator.contacts"), 303)
    name, table = kept
    form = ApplyForm()
    if form.validate_on_submit():
        try:
            with transaction():
                done = contact_files.apply_import(
                    table, _la_codes(), source=form.source.data, source_date=form.source_date.data,
                    who=who(), now=clock.now(),
                )  # fmt: skip
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            _forget(token)
            flash(_told(done))
            return redirect(url_for("coordinator.contacts"), 303)
    elif request.method != "POST":
        form.source_date.data = day_of(clock.now())
    found = contact_files.preview_import(table, _la_codes())
    page = render_template(
        "coordinator/contacts_preview.html", form=form, name=name, found=found, token=token, shown=SHOWN
    )
    return page, _status()


@coordinator.post("/contacts/<token>/drop")
@coordinators_only
def contacts_drop(token: str) -> Any:
    _forget(token)
    flash("The file was laid aside. Nothing was changed.")
    return redirect(url_for("coordinator.contacts"), 303)


def _told(done: Import) -> str:
    parts = [
        count(len(rows), *words)
        for rows, words in (
            (done.new, ("contact added", "contacts added")),
            (done.changed, ("changed", "changed")),
            (done.unchanged, ("unchanged", "unchanged")),
            (done.wrong, ("line left out", "lines left out")),
        )
        if rows
    ]
    return and_list(parts)[:1].upper() + and_list(parts)[1:] + "."


def _la_codes() -> list[str]:
    return [a.la_code for a in partnerships.authorities(g.partnership.id)]


def _status() -> int:
    return 422 if request.method == "POST" else 200


def _folder() -> Path:
    """This partnership's own folder: a token opens nothing of another's."""
    folder = Path(current_app.config["OUTREACH_FOLDER"]) / "contact-files" / str(g.partnership.id)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _keep(name: str | None, content: bytes) -> str:
    """Lay a file down for a day; what is older goes."""
    for old in _folder().iterdir():
        if old.stat().st_mtime < clock.now().timestamp() - KEPT_SECONDS:
            old.unlink(missing_ok=True)
    token = secrets.token_hex(16)
    (_folder() / token).write_bytes(content)
    (_folder() / f"{token}.json").write_text(json.dumps({"name": (name or "file")[:200]}))
    return token


def _kept(token: str) -> tuple[str, Table] | None:
    if not re.fullmatch(r"[0-9a-f]{32}", token):
        return None
    try:
        name = json.loads((_folder() / f"{token}.json").read_text())["name"]
        return name, tabular.read(name, (_folder() / token).read_bytes())
    except OSError:
        return None


def _forget(token: str) -> None:
    if re.fullmatch(r"[0-9a-f]{32}", token):
        for path in (_folder() / token, _folder() / f"{token}.json"):
            path.unlink(missing_ok=True)
