"""What a school has to book: by a coordinator's word, its ages, its phase, its own numbers."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

import make
from outreach.booking import accounts, holds, promises
from outreach.booking.accounts import Expected
from outreach.ground.db import db, transaction
from outreach.ground.school_year import STAFF
from outreach.tour import target_decisions
from outreach.tour.adults import PICKED, SOME, AdultTarget

SHOW = datetime(2027, 3, 15, 9, 30, tzinfo=UTC)


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    c = SimpleNamespace()
    with transaction():
        c.partnership = make.partnership()
        c.programme = make.programme(c.partnership)
    return c


def account(
    c, count_queries, *, decided: tuple[str, tuple[int, ...]] | None = None, own=(), **facts
) -> accounts.PromiseAccount:
    with transaction():
        school = make.school(**facts)
        for year_group, pupils in own:
            make.own_number(school, year_group, pupils)
        if decided:
            make.decision(c.programme, school, decided[0], year_groups=decided[1])
    accounts.account(c.programme, school, now=make.NOW)
    with count_queries() as queries:
        found = accounts.account(c.programme, school, now=make.NOW)
    assert len(queries) == 1
    return found


def test_accounts_of_many_schools_are_each_ones_own_and_take_one_query(c, count_queries) -> None:
    with transaction():
        schools = [make.school(number_of_pupils=n) for n in (1050, 700, None)]
        make.own_number(schools[0], 9, 40)
        make.own_number(schools[0], 9, 60)
        make.decision(c.programme, schools[1], "include", year_groups=(9,))
        make.booking(make.show(c.programme, schools[0], SHOW), {8: 100})
        make.booking(make.show(c.programme, schools[1], SHOW), {9: 30})
        make.booking(make.show(c.programme, schools[1], SHOW), {9: 25})
    singly = {s.organisation_id: accounts.account(c.programme, s, now=make.NOW) for s in schools}
    with count_queries() as queries:
        assert accounts.of_organisations(c.programme, schools, now=make.NOW) == singly
    assert len(queries) == 1
    assert [singly[s.organisation_id].promised for s in schools] == [{8: 100}, {9: 55}, {}]
    assert [singly[s.organisation_id].still_open for s in schools] == [{9: 60}, {}, {8: None, 9: None}]
    assert accounts.of_organisations(c.programme, [], now=make.NOW) == {}


def test_a_primary_that_was_included_books_for_the_year_groups_named(c, count_queries) -> None:
    primary = {"statutory_low_age": 4, "statutory_high_age": 11, "number_of_pupils": 240}
    assert account(c, count_queries, **primary).is_open is False
    included = account(c, count_queries, decided=("include", (8,)), **primary)
    assert included.expected == {8: Expected(pupils=30, estimated=True)}
    assert included.is_open is True


def test_an_inclusion_that_names_one_year_group_leaves_the_other_out(c, count_queries) -> None:
    found = account(c, count_queries, decided=("include", (9,)), number_of_pupils=1050)
    assert found.expected == {9: Expected(pupils=150, estimated=True)}


def test_an_inclusion_that_was_withdrawn_names_nothing(c, count_queries) -> None:
    found = account(c, count_queries, decided=("withdraw", ()), number_of_pupils=1050)
    assert set(found.expected) == {8, 9}


def test_a_school_without_ages_goes_by_its_phase(c, count_queries) -> None:
    no_ages = {"statutory_low_age": None, "statutory_high_age": None, "number_of_pupils": 480}
    middle = account(c, count_queries, phase_of_education="Middle deemed secondary", **no_ages)
    assert middle.expected == {8: Expected(pupils=120, estimated=True)}
    nobody_knows = account(c, count_queries, phase_of_education="Not applicable", **no_ages)
    assert nobody_knows.expected == {y: Expected(pupils=None, estimated=True) for y in (8, 9)}


def test_a_year_group_that_is_nought_by_its_own_number_is_not_offered(c, count_queries) -> None:
    found = account(c, count_queries, own=((8, 300), (9, 0)), number_of_pupils=1050)
    assert found.expected == {8: Expected(pupils=300, estimated=False)}


@pytest.mark.parametrize(("pupils", "at_most"), [(100, 110), (101, 112), (0, 0), (148, 163)])
def test_an_estimate_holds_a_tenth_more_and_an_own_number_nothing_more(pupils: int, at_most: int) -> None:
    assert Expected(pupils=pupils, estimated=True).at_most == at_most
    assert Expected(pupils=pupils, estimated=False).at_most == pupils


def test_an_estimate_is_rounded_half_up(c, count_queries) -> None:
    two_years = {"statutory_low_age": 12, "statutory_high_age": 14}
    for pupils, each in ((300, 150), (301, 151), (302, 151)):
        found = account(c, count_queries, number_of_pupils=pupils, **two_years)
        assert found.expected[8] == Expected(pupils=each, estimated=True), pupils


def test_alternative_provision_is_never_estimated(c, count_queries) -> None:
    kind = {"type_of_establishment": "Academy alternative provision converter", "number_of_pupils": 70}
    assert account(c, count_queries, **kind).still_open == {8: None, 9: None}


def test_a_year_group_is_open_until_the_counted_share_of_it_is_promised(c) -> None:
    with transaction():
        school = make.school(number_of_pupils=1050)
        make.booking(make.show(c.programme, school, SHOW), {8: 74, 9: 75})
    found = accounts.account(c.programme, school, now=make.NOW)
    assert (found.promised, found.still_open) == ({8: 74, 9: 75}, {8: 76})
    with transaction():
        make.counted_share(c.partnership, 1.0, make.NOW)
    assert accounts.account(c.programme, school, now=make.NOW).still_open == {8: 76, 9: 75}


def test_a_promise_left_out_counts_for_nothing(c) -> None:
    with transaction():
        school = make.school(number_of_pupils=1050)
        first = make.booking(make.show(c.programme, school, SHOW), {8: 74})
        make.booking(make.show(c.programme, school, SHOW), {8: 30})
    assert accounts.account(c.programme, school, leaving_out=first.id, now=make.NOW).promised == {8: 30}


def test_what_came_counts_in_the_place_of_what_was_promised(c) -> None:
    with transaction():
        school = make.school(number_of_pupils=1050)
        booking = make.booking(make.show(c.programme, school, SHOW), {8: 150})
        booking.outcome = promises.TOOK_PLACE
        promises.put_what_came(booking, {8: 60})
    found = accounts.account(c.programme, school, now=make.NOW)
    assert (found.promised, found.still_open) == ({8: 60}, {8: 90, 9: 150})


def test_what_a_school_before_it_told_counts_where_that_one_was_ours(c) -> None:
    with transaction():
        make.partnership(("932",))
        for la_code in ("931", "932"):
            before = make.school(la_code=la_code, status="Closed", close_date=make.EARLIER.date())
            make.own_number(before, 8, 40)
            after = make.school(number_of_pupils=1050)
            make.succession(before, after)
            found = accounts.account(c.programme, after, now=make.NOW)
            assert found.expected[8] == Expected(
                pupils=40 if la_code == "931" else 150, estimated=la_code == "932"
            )


def test_all_that_is_promised_of_a_year_group_that_a_school_has_no_more_is_too_much(c) -> None:
    with transaction():
        school = make.school(number_of_pupils=1050)
        make.booking(make.show(c.programme, school, SHOW), {8: 30, 9: 30})
        make.own_number(school, 8, 0)
    assert accounts.account(c.programme, school, now=make.NOW).excess == {8: 30}


def test_a_training_is_open_until_it_is_booked(c) -> None:
    with transaction():
        training = make.programme(c.partnership, (), for_adults=True)
        school = make.school()
    assert accounts.account(training, school, now=make.NOW).is_open is True
    with transaction():
        make.booking(make.show(training, school, SHOW), {})
    assert accounts.account(training, school, now=make.NOW).is_open is False
    with transaction():
        make.own_number(school, STAFF, 40)
    uncounted = accounts.account(
        training, school, now=make.NOW
    )  # how many come is not known, so nothing is missing
    assert (uncounted.is_open, uncounted.still_open) == (False, {})


def test_a_training_is_open_for_the_staff_that_were_promised_no_place_where_they_are_too_many(c) -> None:
    with transaction():
        training = make.programme(c.partnership, (), for_adults=True)
        school = make.school()
        make.own_number(school, STAFF, 40)
        first = make.booking(make.show(training, school, SHOW), {STAFF: 19})
    account = accounts.account(training, school, now=make.NOW)
    assert (account.is_open, account.still_open, account.promised) == (True, {STAFF: 21}, {STAFF: 19})
    assert account.expected[STAFF] == Expected(pupils=40, estimated=False)
    with transaction():
        make.revision(
            first,
            {STAFF: 20},
            at=make.NOW,
            starts_at=first.performance.starts_at,
            ends_at=first.performance.ends_at,
        )
    assert accounts.account(training, school, now=make.NOW).is_open is False


@pytest.mark.both_databases
def test_a_training_is_open_to_the_schools_that_it_chose(c, count_queries) -> None:
    with transaction():
        training = make.programme(c.partnership, (), for_adults=True)
        secondary, primary, heir = (
            make.school(phase_of_education="Secondary", type_of_establishment="Free schools"),
            make.school(phase_of_education="Primary"),
            make.school(phase_of_education="Primary"),
        )

    def is_open(*target: AdultTarget) -> list[bool]:
        with transaction():
            for to in target:
                make.target(training, adults=to)
        with count_queries() as queries:
            found = accounts.of_organisations(training, [secondary, primary, heir], now=make.NOW)
        assert sum("family" in query for query in queries) == 1
        return [found[s.organisation_id].is_open for s in (secondary, primary, heir)]

    assert is_open() == [True, True, True]
    assert is_open(AdultTarget(schools=SOME, phases=("Secondary",))) == [True, False, False]
    assert is_open(AdultTarget(schools=SOME, types=("Free schools",))) == [True, False, False]
    assert is_open(AdultTarget(schools=SOME, phases=("Primary",))) == [False, True, True]
    assert is_open(AdultTarget(schools=PICKED)) == [False, False, False]
    with transaction():
        not_meant = accounts.account(training, primary, now=make.NOW)
        assert isinstance(holds.why_nothing(training, primary, not_meant), holds.NotForYou)
    with transaction():
        target_decisions.include(training, primary, (), reason="Asked us", who="Priya", now=make.NOW)
    assert is_open() == [False, True, False]
    with transaction():
        make.succession(primary, heir)
        primary.status, primary.close_date = "Closed", make.NOW.date()
    assert is_open() == [False, True, True]
    with transaction():
        make.decision(training, heir, "exclude")
    assert is_open() == [False, True, False]


@pytest.mark.parametrize(
    ("still_open", "shows", "two"),
    [
        ({}, 1, False),
        ({8: None, 9: None}, 1, False),
        ({8: 150, 9: 150}, 1, False),
        ({8: 300, 9: None}, 1, False),
        ({8: 150, 9: 151}, 2, True),
        ({8: 301, 9: None}, 2, True),
        ({8: 300, 9: 301}, 3, True),
    ],
)
def test_as_many_shows_as_what_is_open_fills(
    c, still_open: dict[int, int | None], shows: int, two: bool
) -> None:
    c.programme.audience_ceiling = 300
    assert accounts.shows_needed(c.programme, still_open) == shows
    assert accounts.needs_two_shows(c.programme, still_open) is two


OF_ENGLAND = 100_000
"""Rows that PostgreSQL takes each table below to have."""


def read_whole(plan: dict[str, Any]) -> set[str]:
    """The tables that a plan reads from end to end."""
    here = {plan["Relation Name"]} if plan["Node Type"] == "Seq Scan" else set()
    return here.union(*map(read_whole, plan.get("Plans", ())))


@pytest.mark.own_database
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("many", (1, 60))
def test_an_account_looks_up_its_own_rows_however_many_others_have(c, many: int) -> None:
    """By what PostgreSQL itself reckons: others' rows are not there, it takes them to be."""
    with transaction():
        schools = [make.school(la_code=str(n)) for n in range(800, 860)]
        for school in schools:
            make.own_number(school, 9, 40)
        for former, school in zip(schools[:20], schools[20:], strict=False):
            make.succession(former, school)
    accounts.of_organisations(c.programme, schools, now=make.NOW)  # all read that stands in them
    connection = db.session.connection()
    for table in ("organisation", "own_number", "succession"):
        connection.exec_driver_sql(f"ANALYZE {table}")
        connection.exec_driver_sql(
            f"UPDATE pg_class SET reltuples = {OF_ENGLAND}, relpages = 1 WHERE relname = '{table}'"
        )
    asked: list[tuple[str, Any]] = []
    event.listen(
        connection, "before_cursor_execute", lambda _c, _x, said, values, *_more: asked.append((said, values))
    )
    accounts.of_organisations(c.programme, schools[-many:], now=make.NOW)
    [(statement, values)] = asked
    plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values).scalar_one()
    assert read_whole(plan[0]["Plan"]) & {"organisation", "own_number", "succession"} == set()
    db.session.rollback()
