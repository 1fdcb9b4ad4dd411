"""The way from a calendar to a day's sheet: a member of the company who is signed in goes on at once, everybody else is
asked for the troupe's link and learns nothing of the day."""

from typing import Any

from flask import redirect, render_template, url_for

from outreach.ground.errors import Refusal
from outreach.post import troupe_links
from outreach.web import forms, troupe_door
from outreach.web.gate import open_to_all, public


class NoLink(Refusal):
    field = "link"

    def __init__(self) -> None:
        super().__init__("Paste the whole link of your troupe, as it was given to you.")


class LinkForm(forms.Form):
    link = forms.text(
        "Your troupe’s link",
        required="Paste the link of your troupe.",
        hint="The address that the coordinator gave you. It begins with http.",
    )


@public.get("/company/days/<int:day_id>")
@open_to_all
def company_day(day_id: int) -> Any:
    """The same for every number, whether there is such a day or not, but for who is signed in and whose day it is."""
    troupe_id = troupe_door.own_troupe_of_day(day_id)
    if troupe_id is not None:
        return redirect(url_for("company.sheet", token=troupe_id, day_id=day_id), 303)
    return _page(LinkForm(), day_id)


@public.post("/company/days/<int:day_id>")
@open_to_all
def open_company_day(day_id: int) -> Any:
    """On to the sheet by the link that was pasted, whose page says what it opens."""
    form = LinkForm()
    token = troupe_links.token_in(form.link.data or "") if form.validate_on_submit() else None
    if token is not None:
        return redirect(url_for("company.sheet", token=token, day_id=day_id), 303)
    if not form.errors:
        form.refuse(NoLink())
    return _page(form, day_id), 422


def _page(form: LinkForm, day_id: int) -> str:
    return render_template("public/company_day.html", form=form, day_id=day_id)
