"""Counts of the desk apart from schools: what is new since somebody last looked, and the times kept for
schools."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import g, render_template, request

from outreach.booking import holds, proposals
from outreach.coverage.desk import news as told
from outreach.ground import clock
from outreach.ground.timespans import day_of, wall
from outreach.ground.typed_days import iso_day
from outreach.tour import programmes
from outreach.tour.programmes import Programme
from outreach.web import spoken
from outreach.web.coordinator.as_of import page_asked
from outreach.web.gate import coordinator, coordinators_only

PAGE = 50
LATELY = timedelta(days=7)


@coordinator.get("/news")
@coordinators_only
def news() -> Any:
    """`?since=` an instant or a day, `?kind=`, `?programme=`, `?page=`; what makes no sense is said."""
    now, left_out = clock.now(), []  # type: datetime, list[str]
    programme = _programme(now, left_out)
    if programme is None:
        return render_template("coordinator/desk_none.html", step=None)
    since = _since(now, left_out)
    kind = request.args.get("kind", "")
    if kind and kind not in told.KINDS:
        left_out.append(f"There is no news of the kind ‘{kind[:40]}’. This is all of it.")
        kind = ""
    counts = told.counts(programme.id, since=since, now=now)
    found = counts.get(kind, 0) if kind else sum(counts.values())
    pages = max(1, -(-found // PAGE))
    page = page_asked(pages, left_out)
    return render_template(
        "coordinator/news.html",
        programme=programme,
        since=since,
        stamp=since.strftime("%Y%m%dT%H%M%SZ"),
        kind=kind,
        kinds=told.KINDS,
        counts=counts,
        found=found,
        page=page,
        pages=pages,
        left_out=left_out,
        rows=told.listing(programme, since=since, now=now, kind=kind, first=(page - 1) * PAGE, most=PAGE),
    )


@coordinator.get("/offers")
@coordinators_only
def offers() -> Any:
    """`?until=` a day: only what lapses by then."""
    now, left_out = clock.now(), []  # type: datetime, list[str]
    programme = _programme(now, left_out)
    if programme is None:
        return render_template("coordinator/desk_none.html", step=None)
    until = _until(left_out)
    rows, held = proposals.still_open(programme.id, now=now), holds.in_hand(programme.id, now=now)
    return render_template(
        "coordinator/offers.html",
        programme=programme,
        until=until,
        left_out=left_out,
        found=len(rows) + len(held),
        held=held,
        today=day_of(now),
        rows=[p for p in rows if until is None or p.reply_by <= until],
    )


def _programme(now: datetime, left_out: list[str]) -> Programme | None:
    """The programme that the address names, else the one in hand; another partnership's is as none."""
    wanted = request.args.get("programme", "").strip()
    every = programmes.of_partnership(g.partnership.id)
    chosen = next((p for p in every if str(p.id) == wanted), None)
    if wanted and chosen is None:
        left_out.append("There is no such programme here. This is the one in hand.")
    found = chosen or programmes.current(g.partnership.id, day_of(now)) or next(iter(every), None)
    return found and spoken.of(found)


def _since(now: datetime, left_out: list[str]) -> datetime:
    text = request.args.get("since", "").strip()
    week_ago = now.replace(microsecond=0) - LATELY
    if not text:
        return week_ago
    try:
        found = wall(iso_day(text), datetime.min.time()) if len(text) == 10 else datetime.fromisoformat(text)
        found = found.astimezone(UTC) if found.tzinfo is not None else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        left_out.append(f"‘{text[:40]}’ is not a date. This is what came in the last seven days.")
        return week_ago
    if found > now:
        left_out.append("That day is still to come. This is what came in the last seven days.")
        return week_ago
    return found


def _until(left_out: list[str]) -> date | None:
    text = request.args.get("until", "").strip()
    try:
        return iso_day(text) if text else None
    except ValueError:
        left_out.append(f"‘{text[:40]}’ is not a date. These are all the times that are kept.")
        return None
