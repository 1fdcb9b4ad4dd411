"""Search from every page: pages, schools, people, bookings, letters. A URN or a reference that was typed whole
leads straight there."""

from dataclasses import dataclass
from typing import Any

from flask import g, redirect, render_template, request, url_for

from outreach.county import bodies
from outreach.coverage.search import bookings, everywhere, organisations
from outreach.coverage.search.everywhere import BOOKINGS, KINDS, LETTERS, PEOPLE, SCHOOLS
from outreach.coverage.search.typed import wanted
from outreach.coverage.who_asked import OF_BOTH
from outreach.ground import clock
from outreach.ground.wording import day_short
from outreach.web import doors, spoken
from outreach.web.coordinator.as_of import page_asked
from outreach.web.gate import coordinator, coordinators_only, our_organisation

FEW, PAGE, OPTIONS = 5, 50, 4
"""How many of each kind show at first, on a page of one kind, and among what is chosen from while one types."""

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
    if not kind and (organisation_id := organisations.organisation_of_number(here, want)) is not None:
        return redirect(url_for("coordinator.school", organisation_id=organisation_id))
    if not kind and (reference := bookings.booking_of_reference(here, want)) is not None:
        return redirect(url_for("coordinator.booking", reference=reference))
    if bodies.are_kept(here):
        spoken.of_asked(OF_BOTH)
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
        pages_found=[] if kind else doors.find(typed[:LONGEST]),
        kind=kind,
        kinds=KINDS,
        titles=TITLES | {SCHOOLS: spoken.asked_on_page().said(TITLES[SCHOOLS])},
        few=FEW,
        page=page,
        pages=pages,
        now=clock.now(),
    )


@dataclass(frozen=True)
class Option:
    """What can be gone to: its address, its name, and what it is."""

    address: str
    name: str
    what: str


@coordinator.get("/search/options")
@coordinators_only
def search_options() -> Any:
    """What `?q=` finds, a few of each kind, to be chosen from while one types; a part of a page."""
    typed, here = request.args.get("q", "").strip()[:LONGEST], g.partnership.id
    want = wanted(typed)
    options = [
        Option(row.address(), row.words, f"Page of {door.words}" if door.words != row.words else "Page")
        for door, row in doors.find(typed)[: 2 * OPTIONS]
    ]
    organisation_id = organisations.organisation_of_number(here, want)
    if organisation_id is not None:
        options.append(
            Option(
                url_for("coordinator.school", organisation_id=organisation_id),
                our_organisation(organisation_id).name,
                f"URN {organisation_id}",
            )
        )
    found = everywhere.overview(here, want, OPTIONS)
    options += [
        Option(
            url_for("coordinator.school", organisation_id=hit.organisation.organisation_id),
            hit.organisation.name,
            " · ".join(
                part
                for part in (
                    hit.organisation.type_of_establishment if hit.organisation.is_body else "School",
                    hit.organisation.town,
                )
                if part
            ),
        )
        for hit in found.schools
    ]
    options += [
        Option(
            url_for("coordinator.school", organisation_id=p.organisation_id),
            p.name or p.role or p.address,
            p.organisation_name,
        )
        for p in found.people
    ]
    options += [
        Option(
            url_for("coordinator.booking", reference=b.reference),
            f"{b.reference} {b.organisation.name}",
            f"Booking · {day_short(b.performance.starts_at)}",
        )
        for b in found.bookings
    ]
    return render_template("coordinator/search_options.html", options=options)
