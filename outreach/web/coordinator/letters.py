"""Letters that were written: waiting, sent, failed, come back; each mail as it went, and what can be done
about it."""

import re
from itertools import groupby
from pathlib import Path
from typing import Any

from flask import (
    abort,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)

from outreach.asking.confirming import corrected_addresses
from outreach.booking import undelivered
from outreach.ground import clock, wording
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.wording import and_list
from outreach.post import again, calendars, copies, letterbook, outbox
from outreach.post.letterbook import OVER
from outreach.post.outbox import BOUNCED, FAILED, SENT, SUPERSEDED, WAITING, WITHDRAWN, Letter
from outreach.post.outgoing import pauses, postman
from outreach.web import forms
from outreach.web.coordinator.framing import framing, in_frame
from outreach.web.forms import Form
from outreach.web.gate import coordinator, coordinators_only, our_organisation, who
from outreach.web.refusals import back_to, status
from outreach.web.wording import sent_again

PAGE = 50
SHOWN = {
    WAITING: "Waiting",
    SENT: "Sent",
    FAILED: "Failed",
    OVER: "Failed, no longer needed",
    BOUNCED: "Came back",
    SUPERSEDED: "Not needed",
    WITHDRAWN: "Withdrawn",
}
"""The letter's own HTML runs nothing, loads nothing, sends nothing, and leads nowhere."""


class AddressForm(Form):
    address = forms.text(
        "The right email address", required="Enter the email address that is right.", at_most=254
    )
    source = forms.text(
        "Where does it come from?",
        required="Say where the address came from.",
        hint="Letters tell the person so. For example: a call from the office.",
    )


@coordinator.get("/letters")
@coordinators_only
def letters() -> Any:
    status = request.args.get("status", "")
    status = status if status in SHOWN else ""
    find = request.args.get("find", "").strip()[:200]
    page = max(1, request.args.get("page", 1, type=int))
    here, over = g.partnership.id, undelivered.over(clock.now())
    counts = letterbook.counts(here, over)
    found = (
        letterbook.how_many(here, over, status, written_to=find)
        if find
        else sum(n for s, n in counts.items() if status in ("", s))
    )
    pages = max(1, -(-found // PAGE))
    page = min(page, pages)
    listed = letterbook.letters(here, over, status, written_to=find, first=(page - 1) * PAGE, most=PAGE)
    return render_template(
        "coordinator/letters.html",
        letters=listed,
        by_day=[(day, list(those)) for day, those in groupby(listed, _day)],
        counts=counts,
        found=found,
        status=status,
        find=find,
        page=page,
        pages=pages,
        shown=SHOWN,
        pause=pauses.standing(),
        folder=_folder(),
    )


def _day(letter: Letter) -> str:
    return wording.day(letter.created_at)


@coordinator.post("/letters/resume")
@coordinators_only
def resume_letters() -> Any:
    with transaction():
        pauses.resume(who=who(), now=clock.now())
    flash("The post goes on. If the mail server still refuses us, it says so here.")
    back = "status" if request.form.get("from") == "status" else "letters"
    return redirect(url_for(f"coordinator.{back}"), 303)


@coordinator.post("/letters/again")
@coordinators_only
def letters_again() -> Any:
    """After a long trouble with the mail server: all at once."""
    with transaction():
        now = clock.now()
        tried = again.try_all_again(g.partnership.id, undelivered.over(now), who=who(), now=now)
    flash(
        f"{wording.count(tried, 'letter')} will be sent again in a moment."
        if tried
        else "None of them can be sent again as they are. Each says why on its own page."
    )
    return redirect(url_for("coordinator.letters"), 303)


@coordinator.get("/letters/<int:letter_id>")
@coordinators_only
def letter(letter_id: int) -> Any:
    found = _letter(letter_id)
    copy = copies.read(found.raw or b"")
    page = render_template(
        "coordinator/letter.html",
        letter=found,
        shown=SHOWN,
        folder=_folder(),
        file=_file(found),
        text=copies.mask(copy.text),
        headers=copy.headers,
        entry=calendars.in_words(copy.calendar) if copy.calendar else [],
        dead=found.status in (FAILED, BOUNCED) and outbox.is_dead(found.recipient),
        can_go=_can_go(found),
        lost=_lost(found),
        erased=not found.raw,
    )
    return framing(page)


@coordinator.get("/letters/<int:letter_id>/html")
@coordinators_only
def letter_html(letter_id: int) -> Any:
    """The letter as mail readers show it, for the frame on its page; links are cut."""
    html = copies.mask(copies.read(_letter(letter_id).raw or b"").html)
    return in_frame(re.sub(r'<a href="[^"]*"', "<a", html))


@coordinator.get("/letters/<int:letter_id>.eml")
@coordinators_only
def letter_file(letter_id: int) -> Any:
    """The file that stands for the mail while there is no mail server; its link is the true one."""
    file = _file(_letter(letter_id))
    if file is None:
        abort(404)
    return send_file(file, mimetype="message/rfc822", as_attachment=True, download_name=file.name)


@coordinator.post("/letters/<int:letter_id>/again")
@coordinators_only
def letter_again(letter_id: int) -> Any:
    with back_to(url_for("coordinator.letter", letter_id=letter_id), "stop"), transaction():
        goes = again.try_again(_letter(letter_id), who=who(), now=clock.now())
        said = sent_again(goes) if goes.method else "This letter is sent again in a moment."
    flash(said)
    return redirect(url_for("coordinator.letter", letter_id=goes.id), 303)


@coordinator.route("/letters/<int:letter_id>/address", methods=["GET", "POST"])
@coordinators_only
def letter_address(letter_id: int) -> Any:
    """The address is put right: on file, in the calendars, and what did not arrive is written anew."""
    found, form = _letter(letter_id), AddressForm()
    lost = corrected_addresses.lost_with(found, now=clock.now())
    if lost is None:
        abort(404)
    our_organisation(lost.organisation.organisation_id)
    if form.validate_on_submit():
        with transaction():
            done = corrected_addresses.put_right(
                _letter(letter_id), form.address.data, source=form.source.data, who=who(), now=clock.now()
            )
        flash(_righted(done))
        return redirect(url_for("coordinator.school", organisation_id=lost.organisation.organisation_id), 303)
    page = render_template("coordinator/letter_address.html", letter=found, lost=lost, form=form)
    return page, status()


def _righted(done: corrected_addresses.Righted) -> str:
    said = [f"{done.address} has taken its place."]
    if done.goes:
        goes = and_list(done.goes)
        said.append(f"{goes[0].upper()}{goes[1:]} {'is' if len(done.goes) == 1 else 'are'} on the way there.")
    if done.not_asked:
        said.append(f"The invitation was not written again: {done.not_asked}")
    return " ".join(said)


@coordinator.post("/letters/<int:letter_id>/works")
@coordinators_only
def letter_works(letter_id: int) -> Any:
    """Somebody says that the address is right after all: it is written to again, and this letter goes once
    more."""
    with transaction():
        found, now = _letter(letter_id), clock.now()
        corrected_addresses.say_it_works(found, who=who(), now=now)
        going = None
        try:
            if found.status == FAILED:
                going = again.try_again(found, who=who(), now=now)
            elif found.method:
                going = again.resend(found.stream, found.recipient, now=now)
        except Refusal as refusal:
            flash(refusal.message, "stop")
        went = " Write to the school anew from its page."
        if going is not None:
            said = {found.id: "This letter goes once more."}
            went = " " + said.get(going.id, "What stands now is on its way there.")
        flash(f"{found.recipient} is written to again.{went}")
    return redirect(url_for("coordinator.letter", letter_id=letter_id), 303)


@coordinator.post("/letters/<int:letter_id>/withdraw")
@coordinators_only
def letter_withdraw(letter_id: int) -> Any:
    back = url_for("coordinator.letter", letter_id=letter_id)
    with back_to(back, "stop"), transaction():
        letterbook.withdraw(_letter(letter_id), who=who(), now=clock.now())
    flash("This letter is withdrawn. It is not sent.")
    return redirect(back, 303)


def _can_go(letter: Letter) -> bool:
    try:
        letterbook.can_go(letter)
    except Refusal:
        return False
    return True


def _lost(letter: Letter) -> corrected_addresses.Lost | None:
    """What hangs on the address of a letter that did not arrive; None for one that is on its way, or went to
    no school."""
    return (
        corrected_addresses.lost_with(letter, now=clock.now()) if letter.status in (FAILED, BOUNCED) else None
    )


def _letter(letter_id: int) -> Letter:
    found = letterbook.get(letter_id, g.partnership.id)
    if found is None:
        abort(404)
    return found


def _folder() -> str:
    """Where letters go while there is no mail server; '' when there is one."""
    return "" if current_app.config["SMTP_URL"] else str(current_app.config["MAIL_FOLDER"])


def _file(letter: Letter) -> Path | None:
    folder = _folder()
    if not folder or letter.status != SENT:
        return None
    file = Path(folder) / postman.file_name(letter.id, letter.kind, letter.recipient)
    return file if file.is_file() else None
