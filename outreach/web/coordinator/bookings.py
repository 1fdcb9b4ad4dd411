"""The bookings, coming and past: searched, ordered, each a link to its page."""

from typing import Any

from flask import g, render_template, request

from outreach.booking import diary
from outreach.ground import clock
from outreach.tour import programmes, sessions
from outreach.visits import unreported
from outreach.web import spoken
from outreach.web.gate import coordinator, coordinators_only

PAGE = 50
SHOWN = {diary.COMING: "Coming", diary.PAST: "Past", diary.CANCELLED: "Cancelled"}
ORDERS = {"date": "Date of the show", "school": "School", "booked": "Newest booking first"}


@coordinator.get("/bookings")
@coordinators_only
def bookings() -> Any:
    """`?when=`, `?unreported=1` (past, and no report yet), `?find=`, `?order=`, `?programme=`, `?page=`; what
    makes no sense is passed over."""
    now, here = clock.now(), g.partnership.id
    when = request.args.get("when", diary.COMING)
    when = when if when in SHOWN else diary.COMING
    order = request.args.get("order", "date")
    order = order if order in ORDERS else "date"
    find = request.args.get("find", "").strip()[:200]
    offered = programmes.of_partnership(here)
    only = request.args.get("programme", type=int)
    only = only if only in {p.id for p in offered} else None
    spoken.of_all(p for p in offered if only in (None, p.id))
    silent = when == diary.PAST and request.args.get("unreported") == "1"
    missing = unreported.condition() if silent else None
    counts = diary.counts(here, programme_id=only, find=find, now=now)
    if silent:
        counts[when] = diary.counts(here, programme_id=only, find=find, only=missing, now=now)[when]
    pages = max(1, -(-counts[when] // PAGE))
    page = min(max(1, request.args.get("page", 1, type=int)), pages)
    rows = diary.listing(
        here,
        when,
        programme_id=only,
        find=find,
        only=missing,
        order=order,
        now=now,
        first=(page - 1) * PAGE,
        most=PAGE,
    )
    return render_template(
        "coordinator/bookings.html",
        rows=rows,
        whose=sessions.whose,
        counts=counts,
        when=when,
        unreported=silent,
        order=order,
        find=find,
        only=only,
        programmes=offered,
        page=page,
        pages=pages,
        shown=SHOWN,
        orders={
            key: spoken.asked_on_page().said(spoken.words_of_page().said(words))
            for key, words in ORDERS.items()
        },
    )
