"""Words before a visit: two reminders, the letter for families and the note for staff, written with a preview of one
real show; and the pages of one booking, to print."""

from datetime import datetime
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for

from outreach.booking.promises import Booking
from outreach.county import partnerships
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.visits.before import previews, sheets, texts
from outreach.visits.before.texts import FAMILIES, LONGEST, LONGEST_TITLE, NAMES, ORIGINALS, STAFF, Words
from outreach.web import forms, opened
from outreach.web.gate import coordinator, coordinators_only, our_booking, who
from outreach.web.refusals import status

SHOW_IT = "show"
"""What the button says that shows what is typed and keeps nothing."""


class TextForm(forms.Form):
    title = forms.text("Title", at_most=LONGEST_TITLE)
    words = forms.words(
        "Words",
        at_most=LONGEST,
        hint="An empty line begins a paragraph, ‘# ’ a heading, ‘* ’ a point of a list.",
    )

    def typed(self) -> Words:
        return Words(title=self.title.data or "", words=self.words.data or "")


@coordinator.get("/visit-texts")
@coordinators_only
def visit_texts() -> Any:
    return render_template(
        "coordinator/visit_texts.html",
        names=NAMES,
        holds=texts.all_of(g.partnership.id),
        newest=texts.newest(g.partnership.id),
    )


@coordinator.route("/visit-texts/<text_kind>", methods=["GET", "POST"])
@coordinators_only
def visit_text(text_kind: str) -> Any:
    """One text, with a preview. `?again=` begins with an older version, 0 with the words that came with the
    service."""
    kind, now = texts.check_kind(text_kind), clock.now()
    form = TextForm() if request.method == "POST" else TextForm(data=vars(_begin_with(kind)))
    only_shown = request.form.get("then") == SHOW_IT
    stands = opened.over(lambda: _stands(kind), g.partnership, texts.deed(kind))
    if form.validate_on_submit():
        if only_shown:
            texts.fit(form.typed())
        else:
            with transaction():
                stands.unchanged(lambda: partnerships.lock(g.partnership.id))
                texts.write(g.partnership, kind, form.typed(), who=who(), now=now)
            flash("Kept. The next letters say it so; what was sent stays as it was.", "done")
            return redirect(url_for("coordinator.visit_text", text_kind=kind), 303)
    coming = previews.coming(g.partnership.id, now=now)
    page = render_template(
        "coordinator/visit_text.html",
        kind=kind,
        name=NAMES[kind],
        form=form,
        is_page=kind in (FAMILIES, STAFF),
        coming=coming,
        found=previews.preview(kind, form.typed(), _shown(coming), now=now) if not form.errors else None,
        versions=texts.versions(g.partnership.id, kind),
        placeholders=texts.PLACEHOLDERS,
        show_it=SHOW_IT,
    )
    return page, 200 if only_shown and not form.errors else status()


@coordinator.get("/bookings/<reference>/families")
@coordinators_only
def booking_families(reference: str) -> Any:
    """The letter for families of one booking, as the school prints it."""
    return _page(reference, FAMILIES, clock.now())


@coordinator.get("/bookings/<reference>/staff")
@coordinators_only
def booking_staff(reference: str) -> Any:
    return _page(reference, STAFF, clock.now())


def _page(reference: str, kind: str, now: datetime) -> str:
    booking = our_booking(reference)
    sheet = sheets.of_booking(booking, kind, now=now)
    if sheet is None:
        abort(404)
    return render_template(
        "coordinator/before_visit.html", booking=booking, sheet=sheet, name=NAMES[kind], kind=kind
    )


def _begin_with(kind: str) -> Words:
    again = request.args.get("again", "")
    if again == "0":
        return ORIGINALS[kind]
    for one in texts.versions(g.partnership.id, kind) if again else ():
        if str(one.id) == again:
            return Words(title=one.title, words=one.words)
    return texts.all_of(g.partnership.id)[kind]


def _shown(coming: list[Booking]) -> Booking | None:
    """The show that was chosen for the preview, else the next one."""
    wanted = request.values.get("for", "")
    return next((one for one in coming if one.reference == wanted), coming[0] if coming else None)


def _stands(kind: str) -> dict[str, str]:
    return opened.words_of(TextForm(formdata=None, data=vars(texts.all_of(g.partnership.id)[kind])))
