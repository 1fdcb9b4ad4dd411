"""Gaps: who is missing and why, since when, whose it is, and the next thing to do; filtered, sorted, ticked,
exported.

An address without a word in it shows the filter that was used last; any word in it stands for itself, so that
a number elsewhere leads to exactly its list when it names the programme.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Response, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from outreach.coverage.gaplist import kept, missing, sheets
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.timespans import day_of
from outreach.tour.programmes import Programme
from outreach.web import downloads
from outreach.web.coordinator.as_of import view
from outreach.web.coordinator.gaps_query import (
    TICKS_AT_MOST,
    filters_alone,
    in_form,
    list_address,
    organisation_ids_in,
    query_from_address,
)
from outreach.web.coordinator.gaps_shown import page_of
from outreach.web.gate import coordinator, coordinators_only
from outreach.web.spoken import asked_on_page

LIST = "gaps"
BOOK_AT_MOST = 10_000
"""Schools of one workbook, which is made as a whole; the CSV has no end."""


@coordinator.get("/gaps", endpoint="gaps")
@coordinators_only
def gap_list() -> Any:
    if not request.args and (last := kept.remembered_filter(current_user.person_id, LIST)):
        return redirect(f"{url_for('coordinator.gaps')}?{last}")
    seen = view(g.partnership.id, clock.now())
    if seen.programme is None:
        return render_template("coordinator/gaps_none.html")
    found = missing.missing_from_programme(seen.programme, now=seen.now)
    return page_of(found, query_from_address(request.args, found), seen.programmes, seen.left_out)


@coordinator.post("/gaps/filter")
@coordinators_only
def gap_filter() -> Any:
    """Keep a filter for next time, take one tag of it away, or clear it; then show the list."""
    seen = view(g.partnership.id, clock.now())
    if seen.programme is None:
        return redirect(url_for("coordinator.gaps"), 303)
    found = missing.missing_from_programme(seen.programme, now=seen.now)
    cleared = MultiDict({"cols": request.form["cols"]} if "cols" in request.form else {})
    own = query_from_address(cleared if request.form.get("clear") else request.form, found)
    kind, _, value = request.form.get("drop", "").partition(":")
    own = replace(own, filters=own.filters.without(kind, value))
    with transaction():
        kept.keep(current_user.person_id, LIST, own.address(), now=clock.now())
    return redirect(list_address(found, own), 303)


@coordinator.post("/gaps/turn")
@coordinators_only
def gap_turn() -> Any:
    """Another page, and what is ticked on this one goes along. Changes nothing."""
    seen = view(g.partnership.id, clock.now())
    if seen.programme is None:
        return redirect(url_for("coordinator.gaps"), 303)
    found = missing.missing_from_programme(seen.programme, now=seen.now)
    ticked = organisation_ids_in(request.form.get("picked", ""), *request.form.getlist("organisation_id"))
    return redirect(
        list_address(
            found,
            query_from_address(in_form(), found),
            page=request.form.get("page", "1")[:10],
            picked=",".join(str(organisation_id) for organisation_id in ticked[:TICKS_AT_MOST]) or None,
            whole="1" if request.form.get("whole") else None,
            many="1" if len(ticked) > TICKS_AT_MOST else None,
        ),
        303,
    )


@coordinator.get("/gaps.csv")
@coordinators_only
def gaps_csv() -> Any:
    """The gaps that match, by name. They are read and sent some hundred at a time, however many there are."""
    now = clock.now()
    programme, rows = _asked_for()
    if programme is None:
        return rows
    name = f"gaps-{day_of(now).isoformat()}.csv"
    return downloads.csv_file(name, (), rows, notice=sheets.title(programme, now=now), end="")


@coordinator.get("/gaps.xlsx")
@coordinators_only
def gaps_xlsx() -> Any:
    """The same as a workbook."""
    now = clock.now()
    programme, rows = _asked_for()
    if programme is None:
        return rows
    lines: list[Sequence[Any]] = []
    for line in rows:
        lines.append(line)
        if len(lines) > BOOK_AT_MOST + 2:
            words = f"A workbook holds up to {asked_on_page().count(BOOK_AT_MOST)}. Take the CSV, or narrow the list."
            return Response(words, 422, mimetype="text/plain")
    name, notice = f"gaps-{day_of(now).isoformat()}.xlsx", sheets.title(programme, now=now)
    return downloads.workbook(name, [("Gaps", (), lines)], notice=notice, end="")


def _asked_for() -> tuple[Programme | None, Any]:
    """The programme and the lines of its export; else None and what is said instead."""
    seen = view(g.partnership.id, clock.now())
    if seen.programme is None:
        return None, Response("There is no programme yet.", 404, mimetype="text/plain")
    if request.args.get("as_of"):
        words = (
            "This file is of today, and knows no ‘as_of’. The list of schools, schools.csv, is of any day."
        )
        return None, Response(words, 400, mimetype="text/plain")
    filters, left_out = filters_alone(request.args)
    if left_out or seen.left_out:
        return None, Response(" ".join([*seen.left_out, *left_out]), 422, mimetype="text/plain")
    only = (
        set(organisation_ids_in(request.args.get("organisation_id", "")))
        if "organisation_id" in request.args
        else None
    )
    # Nothing is held while the browser takes its time; the next part is read as of the same moment.
    rows = sheets.lines(seen.programme, filters, only, now=seen.now, between=db.session.rollback)
    return seen.programme, rows
