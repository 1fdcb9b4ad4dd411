"""Outcomes of a programme: what its pupils answered before, after and three months later, and how sure that is."""

from typing import Any

from flask import render_template, request

from outreach.ground import clock
from outreach.outcomes import findings
from outreach.outcomes.item_figures import DISTRICT
from outreach.web import downloads
from outreach.web.coordinator import outcomes_words
from outreach.web.gate import coordinator, coordinators_only, programme_in_hand, the_programme


@coordinator.get("/outcomes")
@coordinators_only
def outcomes() -> Any:
    """The programme in hand, and its rows by what ?by= asks for."""
    programme = programme_in_hand()
    if programme is None:
        return render_template("coordinator/outcomes_none.html")
    found = findings.of_programme(programme, now=clock.now())
    by = request.args.get("by", "")
    return render_template(
        "coordinator/outcomes.html",
        programme=programme,
        found=found,
        by=by if by in outcomes_words.TABLES else DISTRICT,
        words=outcomes_words,
    )


@coordinator.get("/outcomes.csv")
@coordinators_only
def outcomes_csv() -> Any:
    programme = the_programme()
    found = findings.of_programme(programme, now=clock.now())
    title = outcomes_words.csv_title(found, programme.title)
    rows: list[list[Any]] = [outcomes_words.CSV_HEAD, *outcomes_words.csv_rows(found)]
    return downloads.csv_file(f"outcomes-{programme.id}.csv", [title], rows, end="the figures")
