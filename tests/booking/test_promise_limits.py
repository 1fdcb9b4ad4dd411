"""The stored number that a school's promises are held to: who writes it, when, and what tells of what is beyond it."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

import make
from outreach.booking import accounts, limits, promises
from outreach.booking.promises import PromiseLimit
from outreach.county.schools import School, set_own_numbers
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.tour.programmes import Programme
from stored_numbers import held_to_the_rule

COLUMNS = (
    "URN,LA (code),EstablishmentName,TypeOfEstablishment (name),EstablishmentStatus (name),PhaseOfEducation (name),"
    "StatutoryLowAge,StatutoryHighAge,NumberOfPupils,Town,Postcode"
)
NINE = wall(make.date(2027, 3, 9), make.time(9))


@pytest.fixture
def c(app: Flask, client: FlaskClient) -> Any:
    """A school with 150 pupils a year group by estimate, its numbers written, and a coordinator at the desk."""
    c = SimpleNamespace(app=app, client=client)
    with time_machine.travel(make.NOW, tick=False):
        with transaction():
            c.partnership = make.partnership()
            c.programme = make.programme(c.partnership)
            c.school = make.school(name="Redmere Academy")
            limits.write(c.partnership.id, now=make.NOW)
            person = make.person(c.partnership)

        def primary() -> School:
            """One that was taken into the target with a year group which it has not by its ages."""
            with transaction():
                school = make.school(statutory_low_age=4, statutory_high_age=11)
                make.decision(c.programme, school, "include", year_groups=(8,))
            return school

        c.primary = primary
        make.signed_in(client, person)
        yield c


def stored(school: School, programme: Any = None) -> dict[int, tuple[int | None, int | None]]:
    db.session.expire_all()
    rows = (
        db.session.query(PromiseLimit)
        .filter_by(organisation_id=school.organisation_id)
        .order_by(PromiseLimit.year_group)
    )
    found = rows.filter_by(programme_id=programme.id) if programme else rows
    return {row.year_group: (row.has, row.at_most) for row in found}


def at_desk(c: Any, path: str, **data: Any) -> None:
    answer = c.client.post(f"/desk{path}", data=data)
    assert answer.status_code == 303, answer.text


def test_a_number_is_the_estimate_and_a_tenth_and_nothing_where_a_year_group_is_not_offered(c) -> None:
    with transaction():
        middle = make.school(statutory_low_age=9, statutory_high_age=13, number_of_pupils=480)
        nobody_knows = make.school(number_of_pupils=None)
        primary = make.school(statutory_low_age=4, statutory_high_age=11)
        assert limits.write(c.partnership.id, now=make.NOW) == 3
    assert stored(c.school) == {8: (165, 165), 9: (165, 165)}
    assert (stored(middle), stored(primary)) == ({8: (132, 132)}, {})
    assert stored(nobody_knows) == {8: (None, None), 9: (None, None)}
    with transaction():
        assert limits.write(c.partnership.id, now=make.NOW) == 0


@pytest.mark.parametrize("promised", [0, 150])
def test_a_schools_own_number_is_written_but_never_below_what_is_promised(c, promised: int) -> None:
    with transaction():
        make.booking(make.show(c.programme, c.school, NINE), {8: promised})
    at_desk(c, f"/schools/{c.school.organisation_id}/numbers?programme={c.programme.id}", y8=120)
    assert stored(c.school) == {8: (120, max(120, promised)), 9: (165, 165)}
    with transaction():
        found = limits.beyond(c.partnership.id, now=make.NOW)
    assert [(b.organisation.organisation_id, dict(b.excess)) for b in found] == (
        [(c.school.organisation_id, {8: 30})] if promised else []
    )


EVENTS: dict[str, tuple[Callable[[Any], None], dict[int, tuple[int | None, int | None]]]] = {
    "a correction of its pupils": (
        lambda c: at_desk(
            c, f"/schools/{c.school.organisation_id}/facts/number_of_pupils", value=700, reason="Its word"
        ),
        {8: (110, 110), 9: (110, 110)},
    ),
    "a correction of its ages": (
        lambda c: at_desk(
            c, f"/schools/{c.school.organisation_id}/facts/statutory_high_age", value=13, reason="Its word"
        ),
        {8: (578, 578), 9: (0, 0)},
    ),
    "an inclusion": (
        lambda c: at_desk(
            c,
            f"/schools/{c.school.organisation_id}/target",
            kind="include",
            year_groups=["8"],
            reason="It asked",
        ),
        {8: (165, 165), 9: (0, 0)},
    ),
}


@pytest.mark.parametrize("event", EVENTS)
def test_what_a_coordinator_says_of_a_school_writes_its_numbers(c, event: str) -> None:
    happens, expected = EVENTS[event]
    happens(c)
    assert stored(c.school) == expected


def test_a_correction_that_is_withdrawn_gives_the_registers_number_back(c) -> None:
    with transaction():
        make.record(c.school, make.EARLIER)
    fact = f"/schools/{c.school.organisation_id}/facts/number_of_pupils"
    at_desk(c, fact, value=700, reason="Its word")
    at_desk(c, f"{fact}/withdraw")
    assert stored(c.school) == {8: (165, 165), 9: (165, 165)}


def test_a_new_programme_has_its_numbers_written(c) -> None:
    at_desk(c, f"/new-year/copy/{c.programme.id}", title="The play again", reply_by="4/2/2028")
    copy = db.session.query(Programme).filter_by(title="The play again").one()
    assert stored(c.school, copy) == {8: (165, 165), 9: (165, 165)}


def test_what_is_carried_over_to_a_new_programme_later_writes_its_numbers(c) -> None:
    primary = c.primary()
    at_desk(c, f"/new-year/copy/{c.programme.id}", title="The play again", reply_by="4/2/2028")
    copy = db.session.query(Programme).filter_by(title="The play again").one()
    assert stored(primary, copy) == {}
    at_desk(c, f"/new-year/rest/{c.programme.id}?year=2027", with_decisions="y")
    assert stored(primary, copy) == {8: (145, 145)}


def test_a_school_that_the_gaps_list_takes_out_of_the_target_has_nothing_to_promise_any_more(c) -> None:
    primary = c.primary()
    limits.write(c.partnership.id, now=make.NOW)
    db.session.commit()
    assert stored(primary) == {8: (145, 145)}
    ticked = {"programme": c.programme.id, "deed": "exclude", "organisation_id": primary.organisation_id}
    page = c.client.post("/desk/gaps/do", data=ticked).text
    shown = re.findall(r'name="to" value="([^"]*)"', page)
    at_desk(c, "/gaps/exclude", programme=c.programme.id, to=shown, at="", reason="It changed its mind")
    assert stored(primary) == {8: (0, 0)}


def test_who_gets_an_authority_has_the_numbers_of_its_schools(c) -> None:
    with transaction():
        other = make.partnership(("932",))
        theirs = make.programme(other)
    given = c.app.test_cli_runner().invoke(
        args=["register", "hand-over-authority", "931", "--to", other.name]
    )
    assert given.exit_code == 0, given.output
    assert stored(c.school, theirs) == {8: (165, 165), 9: (165, 165)}


def test_a_successor_inherits_its_predecessors_own_numbers_on_the_day_that_one_closes(c) -> None:
    closes = date(2027, 2, 12)
    with transaction():
        old = make.school(close_date=closes, status="Open, but proposed to close")
        make.own_number(old, 8, 200)
        make.succession(old, c.school, day=closes)
        assert limits.write(c.partnership.id, now=make.NOW) == 2  # of the old one alone: it is open
    assert stored(c.school)[8] == (165, 165)
    then = make.NOW + timedelta(days=30)
    with transaction():
        assert [
            (d.organisation_id, d.year_group, d.right) for d in limits.differences(c.partnership.id, now=then)
        ] == [(c.school.organisation_id, 8, (200, 200))]
        limits.write(c.partnership.id, [old.organisation_id], now=then)  # whoever follows is written too
    assert stored(c.school)[8] == (200, 200)


def test_a_promise_writes_what_its_school_has_where_that_is_more_by_now(c) -> None:
    with transaction():
        make.own_number(c.school, 8, 200)
        account = accounts.account(c.programme, c.school, now=make.NOW)
        limits.allow(c.programme, c.school, account, [8])
        make.booking(make.show(c.programme, c.school, NINE), {8: 200})
    assert stored(c.school) == {8: (200, 200), 9: (165, 165)}


def test_the_command_tells_of_each_difference_and_mends_it(c) -> None:
    runner = c.app.test_cli_runner()
    told = runner.invoke(args=["promises", "limits"])
    assert (told.exit_code, told.output) == (0, "Every number is what the rule says.\n")
    with transaction():
        c.school.number_of_pupils = 700
    told = runner.invoke(args=["promises", "limits"])
    line = f"{c.school.organisation_id}, Year 8, {c.programme.title}: 165 is stored, 110 is right"
    assert told.exit_code == 1 and line in told.output and "2 differences, of which 2 matter" in told.output
    told = runner.invoke(args=["promises", "limits", "--write"])
    assert told.exit_code == 0 and "2 numbers written." in told.output
    assert stored(c.school) == {8: (110, 110), 9: (110, 110)}
    assert runner.invoke(args=["promises", "limits"]).exit_code == 0


def test_what_was_allowed_for_a_promise_that_has_ended_is_told_and_is_no_fault(c) -> None:
    with transaction():
        booking = make.booking(make.show(c.programme, c.school, NINE), {8: 150})
        make.own_number(c.school, 8, 100)
        limits.write(c.partnership.id, now=make.NOW)
        make.cancellation(booking, make.NOW)
    assert stored(c.school)[8] == (100, 150)
    told = c.app.test_cli_runner().invoke(args=["promises", "limits"])
    assert told.exit_code == 0 and "1 difference, of which 0 matter" in told.output
    with transaction():
        assert limits.beyond(c.partnership.id, now=make.NOW) == []


def test_a_file_that_lowers_a_number_below_what_is_promised_goes_through_and_the_desk_says_so(
    c, tmp_path: Path
) -> None:
    with transaction():
        make.record(c.school, make.EARLIER)
        booking = make.booking(make.show(c.programme, c.school, NINE), {8: 150, 9: 100})
    file = tmp_path / "register.csv"
    file.write_text(
        f"{COLUMNS}\n{c.school.organisation_id},931,Redmere Academy,Academy converter,Open,Secondary,11,18,350,Kestermere,ZZ1 1AA\n"
    )
    done = c.app.test_cli_runner().invoke(args=["register", "apply", str(file), "--authority", "931"])
    assert done.exit_code == 0, done.output
    assert stored(c.school) == {8: (55, 150), 9: (55, 100)}
    page = c.client.get("/desk/register/changes").text
    assert "95 pupils more of Year 8, 45 pupils more of Year 9" in page
    assert "school promised more than it has" in c.client.get("/desk").text
    page = c.client.get(f"/desk/schools/{c.school.organisation_id}?programme={c.programme.id}").text
    assert "95 pupils more of Year 8 promised than it has." in page
    with transaction():
        promises.put_what_came(booking, {8: 150, 9: 100})
        booking.outcome = promises.TOOK_PLACE
        assert limits.beyond(c.partnership.id, now=make.NOW) == []  # counted: no promise any more


@pytest.mark.numbers_astray
@pytest.mark.any_database
def test_a_door_that_changes_a_number_and_does_not_write_it_is_found(c) -> None:
    with held_to_the_rule() as wrong:
        with transaction():
            set_own_numbers(c.school.organisation_id, 2026, {8: 120}, who="A test", now=make.NOW)
        assert wrong == [], "no door: a test makes its world"
        with c.app.test_request_context(), transaction():
            set_own_numbers(c.school.organisation_id, 2026, {9: 100}, who="A door", now=make.NOW)
    assert wrong == [
        f"{(c.programme.id, c.school.organisation_id, 9)}: stored {(165, 165)}, by the rule {(100, 100)}"
    ]
