"""Beside whatever somebody typed, on the page of the desk that shows it, stands the way to erase those very words."""

import html
import re
from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import inspect, select, update
from sqlalchemy.exc import DBAPIError

import make
from every_address import NOW, people_at_every_door, told_year
from outreach.asking import draws
from outreach.asking.draws import Due
from outreach.asking.own_letters.drafts import OwnLetter
from outreach.booking.calling_off.call_offs import CallOff, CallOffLine
from outreach.booking.promises import Booking
from outreach.county.roles import READER
from outreach.county.schools import Correction, SchoolDay
from outreach.demonstration import cast
from outreach.ground.db import db, models, transaction
from outreach.outcomes.waves import WaveCode
from outreach.privacy import typed
from outreach.visits.reports import ReportWithdrawal, VisitReport
from worlds import World

pytestmark = pytest.mark.any_database


def school(row: Any) -> str:
    return f"/desk/schools/{getattr(row, 'organisation_id', None) or row.urn}"


def booking(row: Any) -> str:
    if hasattr(row, "booking_id"):
        row = db.session.get_one(Booking, row.booking_id)
    return f"/desk/bookings/{row.reference}"


def report(row: Any) -> str:
    if isinstance(row, ReportWithdrawal):
        row = db.session.get_one(VisitReport, row.report_id)
    of = Booking.id == row.booking_id if row.booking_id else Booking.performance_id == row.performance_id
    return f"{booking(db.session.scalars(select(Booking).where(of).order_by(Booking.id)).first())}/report"


BESIDE = {
    "answer.reason": school,
    "answers_set_aside.reason": lambda row: (
        f"/desk/shows/{db.session.get_one(WaveCode, row.code_id).performance_id}/codes"
    ),
    "asking_draw.why_again": lambda row: f"/desk/invitations/draws/{row.id}",
    "booking.arrival_note": booking,
    "booking.entrance": booking,
    "booking.hall": booking,
    "booking.parking": booking,
    "call_off.reason": lambda row: f"/desk/tour/called-off/{row.id}",
    "call_off_line.why_none": lambda row: f"/desk/tour/called-off/{row.call_off_id}",
    "cancellation.reason": booking,
    "correction.reason": school,
    "follow_up.what": school,
    "guest_place.message": lambda row: f"/desk/guests/{row.id}",
    "guest_place.said": lambda row: booking(row) if row.booking_id else f"/desk/guests/{row.id}",
    "guest_place.travel_note": lambda row: f"/desk/guests/{row.id}",
    "invitation_round.note": lambda row: f"/desk/invitations/{row.id}",
    "note.text": school,
    "numbers_entry.source": lambda row: f"/desk/referrals/numbers/{row.about}",
    "own_letter.subject": lambda row: f"/desk/letters/own/{row.id}",
    "own_letter.words": lambda row: f"/desk/letters/own/{row.id}",
    "report_withdrawal.reason": report,
    "school_day.reason": school,
    "spending.words": lambda row: "/desk/cost",
    "target_decision.reason": school,
    "tour_day.stays_at": lambda row: f"/desk/tour/days/{row.id}",
    "training_session.joining": lambda row: f"/desk/sessions/{row.performance_id}",
    "visit_report.why_not": report,
}
"""Columns of typed words -> the page on which each row's stand, from the row."""

NOT_SHOWN = {
    "guest_seats.terms": "stands in the box of its own form",
    "not_raised.reason": "no page shows it",
    "performance.lunch_overruled": "no page shows it but as a deed",
    "proposal_move.note": "no page shows it",
}
"""Columns whose words no page of the desk shows beside others: they stand on the list of all, which has its way to
erase each."""


def test_each_column_of_typed_words_is_on_a_page_or_says_why_not() -> None:
    assert {f"{one.table.name}.{one.name}" for one in typed.columns()} == BESIDE.keys() | NOT_SHOWN.keys()


@pytest.fixture
def here(app: Flask, client: FlaskClient, stopped: Any, world: World) -> SimpleNamespace:
    county = people_at_every_door(world(told_year, NOW), now=NOW)
    with transaction():
        _rows_that_the_year_lacks(county)
        there = dict(_marked())
    client = make.signed_in(client, county.told.coordinator)
    return SimpleNamespace(client=client, there=there, of=county.told.partnership)


def _rows_that_the_year_lacks(county: Any) -> None:
    told, pupils = county.told, db.session.scalars(select(Booking).order_by(Booking.id)).first()
    assert pupils is not None
    of = {"recorded_at": NOW, "who": "Priya"}
    urn = pupils.organisation_id
    off = CallOff(
        partnership_id=told.partnership.id,
        troupe_id=pupils.performance.troupe_id,
        part="day",
        first=NOW.date(),
        last=NOW.date(),
        reason="Ill",
        what="A day",
        key="k",
        **of,
    )
    db.session.add_all(
        [
            Correction(urn=urn, field="website", value="https://x.example", reason="They rang", **of),
            SchoolDay(urn=urn, day=date(2027, 2, 9), is_open=False, reason="A trip"),
            off,
        ]
    )
    db.session.flush()
    twice = [one.organisation_id for one in told.cast.playing(cast.SILENT)[:3]]
    due = {one: Due(tier=1, words="Never seen, in any year") for one in twice}
    seen = dict.fromkeys(twice, 1)
    draws.draw(told.programme, due, first=1, seen=seen, why_again="One was shut", who="P", now=NOW)
    letter = db.session.scalars(select(OwnLetter).order_by(OwnLetter.id)).first()
    last = db.session.scalars(
        select(VisitReport).where(VisitReport.booking_id.is_not(None)).order_by(VisitReport.id.desc())
    ).first()
    assert letter is not None and last is not None
    letter.sent_at, letter.goes_at, letter.sent_by = NOW, NOW, "Priya"
    db.session.add(ReportWithdrawal(report_id=last.id, reason="It was another day", **of))
    db.session.add(
        CallOffLine(
            call_off_id=off.id,
            booking_id=pupils.id,
            organisation_id=urn,
            starts_at=pupils.performance.starts_at,
            why_none="No day",
        )
    )


def _marked() -> Iterator[tuple[str, tuple[str, str, str]]]:
    """Words of its own in each column of each row that people type into: words -> column, key, page."""
    for column in typed.columns():
        name = f"{column.table.name}.{column.name}"
        model = models()[column.table.name]
        if name not in BESIDE:
            continue
        rows = db.session.scalars(select(model).order_by(*inspect(model).primary_key)).all()
        said = [row for row in rows if getattr(row, column.name)]
        for row in [*said[-4:], *rows[-2:]]:
            key = ",".join(map(str, inspect(row).identity))
            words = f"Typed {name.replace('.', ' ').replace('_', ' ')} {key.replace(',', ' ')} by somebody"
            chosen = [
                one == told
                for one, told in zip(inspect(model).primary_key, inspect(row).identity, strict=True)
            ]
            page = BESIDE[name](row)
            try:
                with db.session.begin_nested():
                    db.session.execute(update(model).where(*chosen).values({column.name: words}))
            except DBAPIError:  # a row that stands for ever
                words = getattr(row, column.name)
            if words:
                yield words, (name, key, page)
    db.session.expire_all()


def test_where_the_desk_shows_them(here: SimpleNamespace) -> None:
    shown = dict[str, int]()
    missing = []
    pages = dict[str, str]()
    for words, (name, key, address) in here.there.items():
        if address not in pages:
            pages[address] = here.client.get(address).text
        page = pages[address]
        heard = re.sub(r'<[^>]*aria-label="([^"]*)"[^>]*>', r"\1", page)
        if words not in html.unescape(re.sub(r"<(textarea|title).*?</\1>|<[^>]*>", "", heard, flags=re.S)):
            continue
        shown[name] = shown.get(name, 0) + 1
        if f"/desk/words/{name.replace('.', '/')}/{key}/erase?" not in page:
            missing.append((name, key, address))
    assert missing == []
    assert shown.keys() == BESIDE.keys() - NO_ROW_IN_THE_YEAR


NO_ROW_IN_THE_YEAR = {"answers_set_aside.reason"}


def test_the_way_leads_to_those_words_and_back_to_their_page_and_a_reader_has_none(
    here: SimpleNamespace,
) -> None:
    words, (_, _, address) = next((w, of) for w, of in here.there.items() if of[0] == "note.text")
    (way,) = re.findall(
        r'href="(/desk/words/note/text/[^"]+)"\s+aria-label="Erase… these words: ' + words[:30],
        here.client.get(address).text,
    )
    way = html.unescape(way)
    asks = here.client.get(way).text
    assert words in asks and f'href="{address}' in asks
    erased = here.client.post(way)
    assert (erased.status_code, erased.location.partition("?")[0]) == (303, address)
    page = here.client.get(address).text
    assert words not in page and way.partition("?")[0] not in page
    _, (name, key, _) = next((w, of) for w, of in here.there.items() if of[0] == "answer.reason")
    for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example", "/desk\n//evil.example"):
        asks = here.client.get(
            f"/desk/words/{name.replace('.', '/')}/{key}/erase", query_string={"back": elsewhere}
        )
        assert re.findall(r'href="([^"]*)">(?:Back|Keep them)<', asks.text) == ["/desk", "/desk"]
    with transaction():
        reader = make.person(db.session.merge(here.of), READER, name="Rea Der", email="r@x.example")
    assert "Erase…" not in make.signed_in(here.client, reader).get(address).text
