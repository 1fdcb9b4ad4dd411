"""A day's sheet on paper and on a phone: one page of A4 whatever was typed, nothing sideways, nothing that
axe finds."""

import re
from datetime import date, time, timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page

import make
from booking import sheet_days
from browser import Site
from outreach.ground.db import transaction
from outreach.post import troupe_links

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

LONG = "St Augustine of Canterbury and the Blessed Virgin Mary Roman Catholic Voluntary Aided Upper School and Sixth Form"
ALL_NEEDS = {
    "wheelchair": 2,
    "step_free": 3,
    "hearing_loop": 1,
    "interpreter": 1,
    "sight": 2,
    "quiet": 4,
    "assistant": 6,
}
NOTE = "Second gate, by the sports hall; the first is for buses alone until 9am. Bay kept for the van. Ring at the barrier. "


@pytest.fixture
def c(app: Flask, stopped: Any) -> Any:
    with transaction():
        c = sheet_days.lay()
        link = troupe_links.make(c.troupe.id, partnership_id=c.partnership.id, who="Priya", now=make.NOW)
        c.token = troupe_links.token_of(link, "for tests")
        person = make.person(c.partnership)
    c.person, stopped.now = person, c.now
    return c


def busy(
    c: Any, shows: int, *, note: str, guests: int = 0, needs: dict[str, int] | None = None, name: str = ""
) -> Any:
    """A day with so many shows, each with as much as a school may say."""
    with transaction():
        day = make.tour_day(
            c.programme, c.troupe, date(2027, 3, 17), leaves=time(6), returns=time(20), shows_at_most=shows
        )
        for n in range(shows):
            host = make.school(
                name=name or f"Kestermere {n}",
                street="The Old Schoolhouse, 114 Upper Kestermere Road",
                locality="Nether Stowbridge",
                town="Kestermere",
                postcode="KM4 5BD",
                telephone="01632 960 300",
                northing=210000 + 100 * n,
            )
            show = sheet_days.show_on(
                day, host, (make.datetime(2027, 1, 1, 9) + timedelta(hours=3.5 * n)).time()
            )
            booking = make.booking(
                show,
                {8: 108, 9: 104},
                hall=("Main hall, ground floor, past reception " * 3)[:120] if note else "Main hall",
                entrance=note[:120],
                parking=note[:120],
                arrival_note=note,
                access_needs=needs or {},
                step_free=True,
            )
            sheet_days.person(booking, "Samuel Okonkwo-Whitfield", "on the day", "01632 960 204")
            sheet_days.person(booking, "Joanna Fell", "safeguarding lead", "01632 960 205")
            for _ in range(guests):
                guest = make.booking(
                    show,
                    {8: 6, 9: 4},
                    of=make.school(name=name or "Hollybank Special School"),
                    access_needs=needs or {},
                )
                sheet_days.travelling(guest)
                sheet_days.person(guest, "Derek Stubbs", "safeguarding lead", "01632 960 312")
    return day


def pages(paper: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page[^s]", paper))


@pytest.mark.parametrize("shows", [1, 2, 3])
@pytest.mark.parametrize("much", ["usual", "much", "many guests", "all that can be typed"])
def test_a_day_prints_on_one_sheet_of_a4(c: Any, site: Site, wide_page: Page, shows: int, much: str) -> None:
    said: dict[str, Any] = {
        "usual": {"note": "Second gate. Bay kept for the van.", "needs": {"wheelchair": 2}},
        "much": {"note": NOTE, "guests": 1, "needs": {"wheelchair": 2, "quiet": 3}},
        "many guests": {"note": NOTE, "guests": 3, "needs": {"wheelchair": 2, "quiet": 3}},
        "all that can be typed": {"note": (NOTE * 6)[:500], "guests": 1, "needs": ALL_NEEDS, "name": LONG},
    }[much]
    day = busy(c, shows, **said)
    for path in (f"/t/{c.token}/days/{day.id}", f"/desk/tour/days/{day.id}/sheet"):
        site.sign_in(wide_page, c.person)
        site.open(wide_page, path)
        assert wide_page.locator(".ds-stop").count() == shows
        assert pages(wide_page.pdf(prefer_css_page_size=True)) == 1


@pytest.mark.look
def test_a_sheet_reads_on_a_phone_and_on_a_desk(c: Any, site: Site, page: Page) -> None:
    day = busy(c, 3, note=(NOTE * 6)[:500], guests=2, needs=ALL_NEEDS, name=LONG)
    for path in (f"/t/{c.token}", f"/t/{c.token}/days/{day.id}", f"/t/{c.token}/days/{c.day.id}"):
        site.check(page, path)
    site.sign_in(page, c.person)
    for path in (f"/desk/tour/days/{day.id}/sheet", f"/desk/troupes/{c.troupe.id}"):
        site.check(page, path)


@pytest.mark.look
def test_a_day_without_shows_and_an_ended_link_have_no_fault(
    c: Any, site: Site, page: Page, stopped: Any
) -> None:
    with transaction():
        empty = make.tour_day(c.programme, c.troupe, date(2027, 3, 18))
        gone = make.tour_day(c.programme, c.troupe, date(2027, 3, 19), ended_at=make.NOW)
    site.check(page, f"/t/{c.token}/days/{empty.id}")
    site.check(page, f"/t/{c.token}/days/{gone.id}")
    stopped.after(days=300)
    site.check(page, f"/t/{c.token}")
