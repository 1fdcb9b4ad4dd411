"""Twelve small schools want the last seats of one show at the same moment, through gunicorn, on both
databases."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time, timedelta
from http.client import HTTPConnection
from pathlib import Path
from threading import Barrier
from urllib.parse import urlencode, urlsplit

import pytest
from flask import Flask
from processes import running

import make
from outreach.booking import promises
from outreach.county import school_days
from outreach.county.partnerships import Authority
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.school_year import year_of
from outreach.ground.timespans import wall
from outreach.post import links

SCHOOLS, EACH, OFFERED = 12, 18, 40


def lay(now: datetime) -> tuple[int, list[str]]:
    """A show with 40 seats for whoever comes first, and twelve schools near it that would take 18 each."""
    day = now.date() + timedelta(days=30)
    while day.weekday() >= 5 or school_days.bank_holiday(day):
        day += timedelta(days=1)
    with transaction():
        partnership = make.partnership(la_codes=())
        db.session.add(Authority(la_code="931", name="Marlshire", partnership_id=partnership.id))
        programme = make.programme(partnership, academic_year=year_of(day), reply_by=day)
        show = make.show(programme, make.school(), wall(day, time(9, 30)))
        make.booking(show, {8: 148})
        make.consent(show, OFFERED, how="open")
        schools = [make.school(easting=451000 + n, number_of_pupils=63) for n in range(SCHOOLS)]
        tokens = [
            links.mint(
                organisation_id=s.organisation_id,
                programme_id=programme.id,
                partnership_id=programme.partnership_id,
                address=f"office@s{s.organisation_id}.example",
                now=now,
                expires_at=now + timedelta(days=90),
            ).token
            for s in schools
        ]
    return show.id, tokens


@pytest.mark.browser
@pytest.mark.any_database("postgresql")
def test_twelve_schools_race_for_seats_and_as_many_get_in_as_fit(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    show_id, tokens = lay(clock.now())
    db.session.remove()
    together = Barrier(SCHOOLS)

    def join(url: str, token: str) -> tuple[int, str]:
        connection = HTTPConnection(urlsplit(url).netloc, timeout=120)
        path = f"/i/{token}/hosts/{show_id}"
        connection.request("GET", path)
        response = connection.getresponse()
        page, cookie = response.read().decode(), (response.getheader("Set-Cookie") or "").split(";")[0]
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert response.status == 200 and found, page[:300]
        typed = {
            "csrf_token": found[1],
            "why": "few pupils",
            "pupils-0-8": "9",
            "pupils-0-9": "9",
            "travels_by": "foot",
            "lead_name": "Ann Lea",
            "lead_address": f"a.lea@s{tokens.index(token)}.example",
            "lead_phone": "01632 960 300",
        }
        together.wait(120)
        connection = HTTPConnection(urlsplit(url).netloc, timeout=120)
        connection.request(
            "POST",
            path,
            urlencode(typed),
            {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie},
        )
        response = connection.getresponse()
        return response.status, (response.getheader("Location") or "") + response.read().decode()

    with running(database_url, tmp_path) as service, ThreadPoolExecutor(SCHOOLS) as pool:
        answers = list(pool.map(lambda token: join(service.url, token), tokens))
    booked = [said for status, said in answers if status == 303 and "/booked/" in said]
    refused = [said for status, said in answers if status == 422 and "You need 18 seats" in said]
    # whoever came when fewer than 18 were left may also have been led back to the shows that are left
    led_back = [said for status, said in answers if status == 303 and "/booked/" not in said]
    others = [
        (status, said[-1500:]) for status, said in answers if said not in (*booked, *refused, *led_back)
    ]
    assert others == []
    assert (len(booked), len(refused) + len(led_back)) == (OFFERED // EACH, SCHOOLS - OFFERED // EACH)
    live = promises.of_performance(show_id)
    assert sum(b.seats for b in live if b.role == "guest") == OFFERED // EACH * EACH
