"""A list of past shows: kept as earlier visits, never twice, taken back whole; and every line has its
fate."""

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import make
from county.lists.sent import lines, send
from county.lists.shapes import book
from outreach.booking.promises import Booking
from outreach.county.lists import cells, past_shows
from outreach.county.lists.entries import LEFT, NEW, REPAIR, SAME, TWICE
from outreach.county.lists.headings import VISITS
from outreach.county.lists.past_shows import NoSuchList
from outreach.coverage.gaplist import ever_seen, missing
from outreach.coverage.newyear import first_round
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme


def look(content: bytes, partnership_id: int):
    return past_shows.look(send(content, partnership_id, VISITS), ["931"], now=make.NOW)


def take_in(content: bytes, partnership_id: int):
    return past_shows.take_in(send(content, partnership_id, VISITS), ["931"], who="Priya", now=make.NOW)


def kept(urn: int, partnership_id: int) -> list[tuple[int, date | None, int | None]]:
    return [(v.academic_year, v.day, v.pupils) for v in past_shows.of_schools([urn], partnership_id)]


def test_every_line_is_new_known_merged_left_out_or_to_be_put_right(app: Flask) -> None:
    with transaction():
        ours = make.partnership()
        urn = make.school(name="Redmere").urn
        found = look(
            lines(
                "Past shows as told",
                "URN,School,Date of performance,Academic year,No. of pupils",
                f"{urn},,9/3/2024,,210",
                f"{urn},,,2022/23,",
                f"{urn},,Sat 9th Mar 24,2023-24,",
                ",Redmere,March 2022,,about 180 pupils",
                f"{urn},,9/3/2024,2022/23,",
                f"{urn},,soon,,",
                f"{urn},,,2023,",
                f"{urn},,,,",
                f"{urn},,9/3/2028,,",
                f"{urn},,,2021/22,Y8 100 and Y9 90",
                "777777,,9/3/2024,,",
                "Total,,,,",
                f"{urn},,,2026/27,",
            ),
            ours.id,
        )
    assert [(e.line, e.year, e.day, e.pupils) for e in found.with_fate(NEW)] == [
        (3, 2023, date(2024, 3, 9), 210),
        (4, 2022, None, None),
        (6, 2021, None, 180),
        (15, 2026, None, None),
    ]
    assert [(e.line, e.into) for e in found.with_fate(TWICE)] == [(5, "line 3")]
    assert [(e.line, e.field, e.reason) for e in found.with_fate(REPAIR)] == [
        (7, "day", "9 March 2024 is not in 2022/23"),
        (8, "day", "‘soon’ is not a day. Write it like 9/3/2024, or leave it empty"),
        (9, "year", "‘2023’ is not a school year. Write it like 2023/24"),
        (10, "year", "No year is said. Write it like 2023/24"),
        (11, "day", "9 March 2028 is still to come"),
        (12, "pupils", "‘Y8 100 and Y9 90’ is not one number of pupils"),
        (13, "school", "URN 777777 is not in the register here"),
    ]
    assert [e.line for e in found.with_fate(LEFT)] == [14]
    assert found.lines == sum(found.sums.values()) == 13


def test_another_number_on_the_same_day_is_asked_and_so_are_sundays_and_what_is_no_number_of_pupils(
    app: Flask,
) -> None:
    with transaction():
        ours = make.partnership()
        urn, other = make.school(name="Redmere").urn, make.school(name="Garrick").urn
        found = look(
            lines(
                "URN,Date,Year,Pupils",
                f"{urn},8/3/2024,,120",
                f"{urn},8/3/2024,,95",
                f"{urn},8/3/2024,,120",
                f"{urn},,2022/23,60",
                f"{urn},,2022/23,70",
                f"{other},8/3/2024,,",
                f"{other},8/3/2024,,80 pupils",
                f"{other},10/3/2024,,90",
                f"{other},6/3/2024,,2 forms",
                f"{other},6/3/2024,,-5",
                f"{other},6/3/2024,,0",
                f"{other},6/3/2024,,Year 8",
            ),
            ours.id,
        )
        years = look(lines("School,2022/23", "Redmere,2 forms", "Garrick,Mar 2023"), ours.id)
    assert [(e.line, e.pupils) for e in found.with_fate(NEW)] == [(2, 120), (5, 60), (7, 80)]
    assert [(e.line, e.into) for e in found.with_fate(TWICE)] == [(4, "line 2"), (8, "line 7")]
    assert [(e.line, e.field, e.reason) for e in found.with_fate(REPAIR)] == [
        (3, "second", "Line 2 says 120 of this school on 8 March 2024, this one 95"),
        (6, "second", "Line 5 says 60 of this school in 2022/23, this one 70"),
        (9, "sunday", "10 March 2024 was a Sunday"),
        (10, "pupils", "‘2 forms’ is not one number of pupils"),
        (11, "pupils", "‘-5’ is not one number of pupils"),
        (12, "pupils", "No pupils is no visit. Enter how many saw it, or leave the line out"),
        (13, "pupils", "‘Year 8’ is not one number of pupils"),
    ]
    assert [(e.school.name, e.year, e.pupils) for e in years.with_fate(NEW) if e.school] == [
        ("Garrick", 2022, None)
    ]
    assert [e.reason for e in years.with_fate(REPAIR)] == ["‘2 forms’ is not one number of pupils"]


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("Telford j.telford@redmere.example", "Telford"),
        ("Mobley (DSL) m@redmere.example", "Mobley"),
        ("Tel 01632 960001: a@redmere.example", ""),
        ("Telephone: a@redmere.example", ""),
    ],
)
def test_a_name_that_begins_like_a_label_is_a_name(cell: str, name: str) -> None:
    assert [(p.name, p.doubt) for p in cells.people_in_cell(cell)] == [(name, "")]


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("250", 250),
        ("about 250 pupils", 250),
        ("1,080", 1080),
        ("c. 90", 90),
        ("~90 (estimated)", 90),
        ("Pupils: 90", 90),
        ("120.0", 120),
        ("12 FTE", 12),
        ("2 forms", None),
        ("Year 8", None),
        ("-5", None),
        ("– 5", None),
        ("5%", None),
        ("2 x 90", None),
        ("90 or so classes", None),
        ("1.5", None),
        ("", None),
    ],
)
def test_a_number_of_people_is_one_and_of_nothing_else(cell: str, number: int | None) -> None:
    assert cells.number(cell) == number


def test_a_column_for_each_year_and_sheets_named_by_years_are_understood(app: Flask) -> None:
    with transaction():
        ours = make.partnership()
        a, b, c = (make.school(name=name).urn for name in ("Redmere", "Garrick", "Elmstead"))
        take_in(
            lines(
                "School,2021/22,2022/23,2023/24", "Redmere,x,,180", "Garrick,no,yes,5/2/2024", "Elmstead,,,"
            ),
            ours.id,
        )
        assert kept(a, ours.id) == [(2023, None, 180), (2021, None, None)]
        assert kept(b, ours.id) == [(2023, date(2024, 2, 5), None), (2022, None, None)]
        assert kept(c, ours.id) == []
        take_in(book({"2019-20": [["School", "Number attended"], ["Elmstead", 90]]}), ours.id)
        assert kept(c, ours.id) == [(2019, None, 90)]


def test_the_same_list_adds_nothing_and_a_closer_word_stands_for_the_vaguer(app: Flask) -> None:
    with transaction():
        ours, urn = make.partnership(), make.school().urn
        take_in(lines("URN,Year", f"{urn},2023/24"), ours.id)
        assert take_in(lines("URN,Year", f"{urn},2023/24"), ours.id).sums[SAME] == 1
        take_in(lines("URN,Date,Pupils", f"{urn},9/3/2024,210"), ours.id)
        assert take_in(lines("URN,Year", f"{urn},2023/24"), ours.id).sums[SAME] == 1
        assert kept(urn, ours.id) == [(2023, date(2024, 3, 9), 210)]
        assert len(past_shows.lists(ours.id)) == 2


def test_a_list_is_taken_back_whole_by_its_own_partnership_once(app: Flask) -> None:
    with transaction():
        ours, theirs, urn = make.partnership(("931",)), make.partnership(("999",)), make.school().urn
        take_in(lines("URN,Year", f"{urn},2021/22"), ours.id)
        take_in(lines("URN,Year", f"{urn},2022/23", f"{urn},2023/24"), ours.id)
        newest = past_shows.lists(ours.id)[0].row.id
        with pytest.raises(NoSuchList):
            past_shows.withdraw(newest, partnership_id=theirs.id, who="Sam", now=make.NOW)
        past_shows.withdraw(newest, partnership_id=ours.id, who="Priya", now=make.NOW)
        with pytest.raises(NoSuchList):
            past_shows.withdraw(newest, partnership_id=ours.id, who="Priya", now=make.NOW)
        assert kept(urn, ours.id) == [(2021, None, None)]
        assert kept(urn, theirs.id) == []
        assert take_in(lines("URN,Year", f"{urn},2023/24"), ours.id).sums[NEW] == 1
    assert [h.what for h in history.history_of("partnership", ours.id)][:2] == [
        "past shows taken in",
        "past shows taken back",
    ]


def test_earlier_visits_count_for_never_seen_and_whom_to_ask_first_and_make_no_standing(
    app: Flask, count_queries
) -> None:
    with transaction():
        ours, theirs = make.partnership(("931",)), make.partnership(("999",))
        programme, adults = make.programme(ours), make.programme(ours, (), for_adults=True)
        seen, heir, never = make.school(), make.school(), make.school()
        closed = make.school(status="Closed", close_date=date(2025, 8, 31))
        make.succession(closed, heir)
        for school in (seen, heir, never):
            make.contact(school)
        before = {
            g.organisation_id: (g.standing.standing, g.never_seen)
            for g in missing.missing_from_programme(programme, now=make.NOW).gaps
        }
        with count_queries() as plain:
            ever_seen.read(programme)
        take_in(lines("URN,Year", f"{seen.urn},2021/22", f"{closed.urn},2022/23"), ours.id)
        with count_queries() as queries:
            assert ever_seen.read(programme).saw == {seen.urn, closed.urn}
        assert len(queries) == len(plain)
        assert ever_seen.read(programme, [never.urn, seen.urn]).saw == {seen.urn}
        assert ever_seen.read(adults).saw == set()
        assert ever_seen.read(make.programme(theirs)).saw == set()
        after = {
            g.organisation_id: (g.standing.standing, g.never_seen)
            for g in missing.missing_from_programme(programme, now=make.NOW).gaps
        }
        assert {urn: standing for urn, (standing, _) in before.items()} == {
            urn: standing for urn, (standing, _) in after.items()
        }
        assert {urn for urn, (_, is_never) in before.items() if is_never} == {seen.urn, heir.urn, never.urn}
        assert {urn for urn, (_, is_never) in after.items() if is_never} == {never.urn}
        assert [
            c.organisation_id
            for c in first_round.first_round_of_programme(programme, None, now=make.NOW).in_group(
                first_round.NEVER
            )
        ] == [never.urn]
        assert db.session.query(Programme).count() == 3
        assert db.session.query(Booking).count() == db.session.query(Performance).count() == 0
        past_shows.withdraw(
            past_shows.lists(ours.id)[0].row.id, partnership_id=ours.id, who="Priya", now=make.NOW
        )
        assert ever_seen.read(programme).saw == set()


def _two_lists() -> tuple[int, int, int]:
    ours, theirs, urn = make.partnership(("931",)), make.partnership(("999",)), make.school().urn
    take_in(lines("URN,Date,Pupils", f"{urn},9/3/2024,210"), ours.id)
    return ours.id, theirs.id, past_shows.lists(ours.id)[0].row.id


@pytest.mark.parametrize(
    "wrong",
    [
        (
            "INSERT INTO earlier_visit (list_id, partnership_id, urn, academic_year) SELECT list_id, "
            "{theirs}, urn, 2020 FROM earlier_visit"
        ),
        (
            "INSERT INTO earlier_visit (list_id, partnership_id, urn, academic_year, day) SELECT list_id, "
            "partnership_id, urn, 2023, day FROM earlier_visit"
        ),
        "UPDATE earlier_visit SET pupils = -1",
        "UPDATE earlier_visit SET academic_year = 20",
        "UPDATE earlier_list SET withdrawn_at = recorded_at",
        (
            "INSERT INTO list_heading (partnership_id, kind, heading, taken_as, recorded_at, who) SELECT "
            "{ours}, 'contacts', 'x', 'urn', recorded_at, 'P' FROM earlier_list UNION ALL SELECT {ours}, "
            "'contacts', 'x', 'name', recorded_at, 'P' FROM earlier_list"
        ),
    ],
)
def test_the_database_refuses_what_must_never_be(app: Flask, wrong: str) -> None:
    with transaction():
        ours, theirs, _ = _two_lists()
    with pytest.raises(DBAPIError), transaction():
        db.session.execute(text(wrong.format(ours=ours, theirs=theirs)))
