"""Search from every page: schools, people, bookings, letters. A URN or a reference that was typed whole leads
straight there."""

from typing import Any

from flask import g, redirect, render_template, request, url_for

from outreach.coverage.search import bookings, everywhere, schools
from outreach.coverage.search.everywhere import BOOKINGS, KINDS, LETTERS, PEOPLE, SCHOOLS
from outreach.coverage.search.typed import wanted
from outreach.ground import clock
from outreach.web.coordinator.as_of import page_asked
from outreach.web.gate import coordinator, coordinators_only

FEW, PAGE = 5, 50
"""How many of each kind show at first, and on a page of one kind."""

TITLES = {
    SCHOOLS: "Schools",
    PEOPLE: "People",
    BOOKINGS: "Bookings",
    LETTERS: "Letters, by the address they went to",
}
LONGEST = 200


@coordinator.get("/search")
@coordinators_only
def search() -> Any:
    """`?q=` what is looked for, `?in=` one kind alone, `?page=`."""
    typed, here = request.args.get("q", "").strip(), g.partnership.id
    said = [f"Only the first {LONGEST} characters were looked for."] if len(typed) > LONGEST else []
    want = wanted(typed[:LONGEST])
    kind = request.args.get("in", "")
    if kind and kind not in KINDS:
        said.append(f"There is no list ‘{kind[:40]}’, so everything is shown.")
        kind = ""
    if not kind and (urn := schools.school_of_urn(here, want)) is not None:
        return redirect(url_for("coordinator.school", urn=urn))
    if not kind and (reference := bookings.booking_of_reference(here, want)) is not None:
        return redirect(url_for("coordinator.booking", reference=reference))
    page = pages = 1
    if kind:
        counts = everywhere.counts(here, want)
        pages = max(1, -(-counts[kind] // PAGE))
        page = page_asked(pages, said)
        found = everywhere.one_kind(here, want, kind, counts, (page - 1) * PAGE, PAGE)
    else:
        found = everywhere.overview(here, want, FEW)
    return render_template(
        "coordinator/search.html",
        typed=typed[:LONGEST],
        want=want,
        said=said,
        found=found,
        kind=kind,
        kinds=KINDS,
        titles=TITLES,
        few=FEW,
        page=page,
        pages=pages,
        now=clock.now(),
    )
