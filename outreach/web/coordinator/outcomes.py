"""Outcomes of a programme: what its pupils answered before, after and three months later, and how sure that is."""

from typing import Any

from flask import g, render_template, request

from outreach.ground import clock
from outreach.outcomes import findings, releases, researchers, wave_means
from outreach.outcomes.closed_answers import counts_by_item
from outreach.outcomes.item_figures import DISTRICT
from outreach.outcomes.referrals import district_numbers, reported
from outreach.outcomes.referrals import releases as referral_releases
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
    rows: list[list[Any]] = [*outcomes_words.csv_rows(found)]
    return downloads.csv_file(
        f"outcomes-{programme.id}.csv", outcomes_words.CSV_HEAD, rows, notice=title, end="the figures"
    )


@coordinator.get("/outcomes-researchers.zip")
@coordinators_only
def outcomes_researchers() -> Any:
    """The rows for researchers and released referrals, and the codebook beside them."""
    programme = the_programme()
    released = releases.of_programme(programme)
    gone = released.rows_for_researchers()
    ids = [wave.id for wave in released.waves]
    items = wave_means.items_asked(ids)
    found = researchers.rows(
        gone, released.numbers, counts_by_item(ids), released.shows, released.waves, items
    )
    name = f"outcomes-{programme.id}-researchers"
    files = {f"{name}.csv": researchers.as_csv(found)}
    codebook = [*researchers.codebook(items)]
    referrals = referral_releases.newest(g.partnership.id)
    if referrals.day is not None:
        _, residents = district_numbers.by_district(district_numbers.standing(g.partnership.id))
        names = district_numbers.districts_of(g.partnership.id)
        files["referrals.csv"] = reported.as_csv(referrals.blocks, residents, names)
        codebook += reported.codebook(referrals.day)
    files["codebook.txt"] = "\r\n".join([*codebook, ""])
    return downloads.zip_file(f"{name}.zip", files)
