"""The form of a letter in a coordinator's own words, new or a draft. No page of its own."""

import secrets
from collections.abc import Sequence
from typing import Any

from flask import g, render_template, request

from outreach.asking import invitations
from outreach.asking.invitations import DECLINED
from outreach.asking.own_letters import drafts
from outreach.asking.own_letters.drafts import LONGEST, LONGEST_SUBJECT, OwnLetter, Typed
from outreach.county.schools import Organisation
from outreach.post.placeholders import PLACEHOLDERS
from outreach.tour.programmes import Programme
from outreach.web import forms, spoken
from outreach.web.refusals import status

CHECK = "check"
"""What the button says that leads on to each school's letter; the other keeps the draft."""


class OwnLetterForm(forms.Form):
    of_asked = True
    subject = forms.text("Subject", at_most=LONGEST_SUBJECT)
    words = forms.words(
        "Your letter",
        at_most=LONGEST,
        hint="An empty line begins a paragraph. ‘Dear …’ is put before it unless you greet, and who "
        "signs below it.",
    )
    to_declined = forms.tick("Also to schools that said no")

    def typed(self) -> Typed:
        return Typed(
            subject=self.subject.data or "",
            words=self.words.data or "",
            to_declined=bool(self.to_declined and self.to_declined.data),
        )


def form_for(
    programme: Programme,
    organisations: Sequence[Organisation],
    typed: Typed | None = None,
    *,
    sent: bool = True,
) -> OwnLetterForm:
    """Whether schools that said no get it, too, is asked where there are any. Not `sent`: the request is another
    form's."""
    form = OwnLetterForm() if sent else OwnLetterForm(formdata=None)
    if typed is not None and request.method != "POST":
        form.subject.data, form.words.data = typed.subject, typed.words
        form.to_declined.data = typed.to_declined
    newest = invitations.newest_answers(
        programme.id, [organisation.organisation_id for organisation in organisations]
    )
    if not any(answer.kind == DECLINED for answer in newest.values()):
        del form.to_declined
    return form


def new_page(
    programme: Programme, organisation_ids: Sequence[int], *, form: OwnLetterForm | None = None
) -> Any:
    """A letter to begin, to some schools, typed so far or empty; changes nothing."""
    organisations = drafts.our_organisations(g.partnership.id, organisation_ids)
    wrong = form is not None
    page = _page(
        programme,
        form or form_for(programme, organisations, sent=False),
        organisations,
        form_key=form_key_sent() if wrong else secrets.token_hex(16),
    )
    return page, status() if wrong else 200


def form_key_sent() -> str:
    """The key of the form that was sent, by which pressing twice keeps one draft; a fresh one where it bore none."""
    sent = "".join(sign for sign in request.form.get("form_key", "") if sign.isprintable())
    return sent[:64] or secrets.token_hex(16)


def draft_page(
    programme: Programme, letter: OwnLetter, organisations: Sequence[Organisation], form: OwnLetterForm
) -> Any:
    return _page(programme, form, organisations, letter=letter), status()


def _page(
    programme: Programme, form: OwnLetterForm, organisations: Sequence[Organisation], **more: Any
) -> str:
    asked = spoken.asked_on_page()
    return render_template(
        "coordinator/own_letter_form.html",
        programme=programme,
        form=form,
        schools=organisations,
        title=f"Write to {organisations[0].name if len(organisations) == 1 else asked.count(len(organisations))}",
        placeholders={asked.said(f"{{{name}}}"): asked.said(words) for name, words in PLACEHOLDERS.items()},
        check=CHECK,
        **more,
    )
