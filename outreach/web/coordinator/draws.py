"""Draws by lot: whom a round asks first among schools equally due, seen by tiers, drawn once and kept."""

from typing import Any

from flask import g, redirect, render_template, request, url_for

from outreach.asking import draws
from outreach.asking.draws import Drawn
from outreach.coverage import standings
from outreach.coverage.newyear import tiers
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.row_numbers import row_number
from outreach.ground.timespans import day_of
from outreach.tour import programmes
from outreach.tour.programmes import Programme
from outreach.web import downloads, forms, spoken
from outreach.web.coordinator import draw_words
from outreach.web.coordinator.framing import organisation_ids_sent
from outreach.web.fields import given
from outreach.web.gate import coordinator, coordinators_only, the_programme, who
from outreach.web.refusals import back_to


class DrawForm(forms.Form):
    first = forms.number("How many are asked first?", required="Enter how many are asked first.", at_least=1)
    why = forms.remark("Why are they drawn again?")


@coordinator.post("/invitations/lot")
@coordinators_only
def lot_preview() -> Any:
    """Changes nothing: which schools of those ticked, or of the whole list, can be drawn, and how due they are."""
    organisation_ids = organisation_ids_sent("organisation_id") or organisation_ids_sent("all")
    return _to_draw_page(organisation_ids, DrawForm(formdata=None))


@coordinator.post("/invitations/lot/draw")
@coordinators_only
def lot_draw() -> Any:
    """The list that was shown, and no other, is drawn."""
    programme, form, now = the_programme(), DrawForm(), clock.now()
    seen = _seen()
    if not form.validate_on_submit() or not seen:
        return _to_draw_page(list(seen), form, 422)
    with transaction():
        found = tiers.to_draw(programme, seen, now=now)
        draw_id = draws.draw(
            programme,
            found.due,
            first=given(form.first.data),
            seen=seen,
            why_again=form.why.data or "",
            who=who(),
            now=now,
        ).id
    return redirect(url_for("coordinator.asking_draw", draw_id=draw_id), 303)


@coordinator.get("/invitations/draws/<int:draw_id>")
@coordinators_only
def asking_draw(draw_id: int) -> Any:
    """One draw: who is asked first and who later, and how anybody can check it."""
    found, now = draws.get(draw_id, partnership_id=g.partnership.id), clock.now()
    programme = _programme(found)
    standing = {
        one.organisation_id: one.standing
        for one in standings.standings_of_programme(programme.id, as_of=day_of(now), now=now).target
    }
    return render_template(
        "coordinator/asking_draw.html",
        programme=programme,
        found=found,
        standing=standing,
        words=draw_words,
        asked=spoken.asked_on_page(),
    )


@coordinator.get("/invitations/draws/<int:draw_id>.csv")
@coordinators_only
def asking_draw_csv(draw_id: int) -> Any:
    """All that is needed to do a draw once more without us."""
    found = draws.get(draw_id, partnership_id=g.partnership.id)
    _programme(found)
    said = spoken.asked_on_page().said
    title = f"{said(draw_words.title(found.draw))}. {draw_words.drawn_on(found.draw)} Seed {found.draw.seed}"
    head = [said(column) for column in draw_words.CSV_HEAD]
    return downloads.csv_file(f"draw-{draw_id}.csv", head, _lines(found), notice=title, end="the draw")


def _programme(found: Drawn) -> Programme:
    return spoken.of(programmes.get(found.draw.partnership_id, found.draw.programme_id))


def _lines(found: Drawn) -> list[list[str | int]]:
    return [
        [
            one.place,
            "first" if one.asked_first else "later",
            one.tier,
            one.due,
            one.organisation_id,
            one.name,
            draws.digest(found.draw.seed, one.organisation_id),
        ]
        for one in found.places
    ]


def _to_draw_page(organisation_ids: list[int], form: DrawForm, status: int = 200) -> Any:
    programme = the_programme()
    with back_to(url_for("coordinator.invitations", programme=programme.id)):
        found = tiers.to_draw(programme, organisation_ids, now=clock.now())
    page = render_template(
        "coordinator/lot.html",
        programme=programme,
        form=form,
        found=found,
        tiers=draws.tiers_of(found.due, 0),
        before=draws.drawn_before(programme.id, found.due),
        words=draw_words,
    )
    return page, status


def _seen() -> dict[int, int]:
    """The schools that the page showed, each with its tier: {URN: tier}."""
    lines = [line.split() for line in request.form.getlist("drawn")]
    pairs = ((row_number(line[0]), row_number(line[1])) for line in lines if len(line) == 2)
    return {urn: tier for urn, tier in pairs if urn is not None and tier is not None}
