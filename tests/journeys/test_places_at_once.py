"""Two hundred bodies and schools (fifty but in the longest run) press for the last places of one session at the same
moment, through gunicorn, on both databases: as many get in as fit, each once, and whoever asked to wait is on the list."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time, timedelta
from http.client import HTTPConnection
from pathlib import Path
from threading import Barrier
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

import pytest
from flask import Flask
from processes import running

import make
from how_many import so_many
from outreach.booking import bookings, guest_places, promises
from outreach.booking.promises import COORDINATOR
from outreach.county import school_days
from outreach.county.partnerships import Authority
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.school_year import STAFF, year_of
from outreach.ground.timespans import wall
from outreach.post import links
from outreach.tour.adults import AdultTarget

AT_ONCE, TWICE, EACH, LEFT = so_many(200, least=50), so_many(10), 3, 20
"""Presses; bodies of which two staff press; staff of each; and places that are there for all of them."""


class Press(NamedTuple):
    """Somebody at the button: whose link, and whether they would wait."""

    token: str
    waits: bool


def lay(now: datetime) -> tuple[int, list[Press]]:
    day = now.date() + timedelta(days=30)
    while day.weekday() >= 5 or school_days.bank_holiday(day):
        day += timedelta(days=1)
    with transaction():
        partnership = make.partnership(la_codes=())
        db.session.add(Authority(la_code="931", name="Marlshire", partnership_id=partnership.id))
        programme = make.programme(
            partnership,
            (STAFF,),
            AdultTarget(kinds=("Police",)),
            for_adults=True,
            academic_year=year_of(day),
            reply_by=day,
        )
        session = make.session(programme, make.venue(partnership), wall(day, time(9, 30)), places=LEFT)
        asked = [
            make.school()
            if n % 2
            else make.body(partnership, front_line_staff=9, staff_counted_on=make.EARLIER.date())
            for n in range(AT_ONCE - TWICE)
        ]
        tokens = [
            links.mint(
                organisation_id=one.organisation_id,
                programme_id=programme.id,
                partnership_id=partnership.id,
                address=f"desk@o{one.organisation_id}.example",
                now=now,
                expires_at=now + timedelta(days=90),
            ).token
            for one in asked
        ]
    presses = [Press(token, waits=n % 3 == 0) for n, token in enumerate(tokens)]
    return session.performance_id, presses + [Press(p.token, p.waits) for p in presses[:TWICE]]


@pytest.mark.browser
@pytest.mark.any_database("postgresql")  # for one time they race on both: test_race.py
def test_two_hundred_race_for_the_last_places_and_as_many_get_in_as_fit(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    show_id, presses = lay(clock.now())
    db.session.remove()
    together = Barrier(AT_ONCE)

    def press(url: str, one: Press) -> tuple[int, str]:
        path = f"/i/{one.token}/sessions/{show_id}"
        connection = HTTPConnection(urlsplit(url).netloc, timeout=300)
        connection.request("GET", path)
        response = connection.getresponse()
        page, cookie = response.read().decode(), (response.getheader("Set-Cookie") or "").split(";")[0]
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert response.status == 200 and found, page[:300]
        typed = {
            "csrf_token": found[1],
            f"pupils-0-{STAFF}": str(EACH),
            "entry_name": "Ann Lea",
            "entry_address": f"ann{presses.index(one)}@police.example",
            "go": "book",
        } | ({"wait": "1"} if one.waits else {})
        together.wait(300)
        connection = HTTPConnection(urlsplit(url).netloc, timeout=300)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
        connection.request("POST", path, urlencode(typed), headers)
        response = connection.getresponse()
        return response.status, (response.getheader("Location") or "") + response.read().decode()

    with running(database_url, tmp_path) as service, ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda one: press(service.url, one), presses))
    refused = [said for status, said in answers if status == 422 and f"You need {EACH} places" in said]
    led = [said for status, said in answers if status == 303]
    others = [(status, said[-1500:]) for status, said in answers if said not in (*refused, *led)]
    assert others == []
    guests = [b for b in promises.of_performance(show_id) if b.role == "guest"]
    assert [b.seats for b in guests] == [EACH] * (LEFT // EACH)
    assert len({b.organisation_id for b in guests}) == len(guests)
    assert len([said for said in led if "/booked/" in said]) >= len(guests)
    waiting = guest_places.asked_of(show_id)
    assert len({place.organisation_id for place in waiting}) == len(waiting)
    assert {place.organisation_id for place in waiting}.isdisjoint(b.organisation_id for b in guests)
    would = len({one.token for one in presses if one.waits})
    assert would - len(guests) <= len(waiting) <= would
    first, next_in_line = guests[0], waiting[0].organisation_id
    with transaction():
        bookings.cancel(first, reason="Duty", by=COORDINATOR, who="Priya", now=clock.now())
    coming = [b.organisation_id for b in promises.of_performance(show_id) if b.role == "guest"]
    assert len(coming) == LEFT // EACH and coming[-1] == next_in_line
