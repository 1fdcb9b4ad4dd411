"""What an import changes and matters waits for a coordinator: the register's word is taken or ours kept,
once, and back again."""

from datetime import date, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from test_register import bring
from test_register_files import LINKS, school, written

import make
from outreach.county import corrections, schools
from outreach.county.partnerships import Partnership
from outreach.county.register import deciding, decisions, hands, lines
from outreach.county.register.deciding import AlreadyDecided, ChangedSince, NothingToKeep
from outreach.county.register.decisions import NoSuchChange, RegisterChange
from outreach.coverage import in_parts
from outreach.coverage.as_of import scope_of_all
from outreach.ground import history
from outreach.ground.db import db, transaction

DAY = timedelta(days=1)


@pytest.fixture
def ours(app: Flask) -> Partnership:
    with transaction():
        return make.partnership(("999",))


def first(*more: Any, **facts: str) -> None:
    """The register as it was in September."""
    bring(written([school(**facts), *more]), now=make.EARLIER)


def later(*more: Any, days: int = 0, **facts: str) -> None:
    bring(written([school(**facts), *more]), now=make.NOW + days * DAY)


def waiting(of: Partnership) -> list[tuple[str, str, str, str]]:
    return [(c.kind, c.field, c.before, c.after) for c in decisions.to_decide(of.id)]


def only(of: Partnership) -> RegisterChange:
    (change,) = decisions.to_decide(of.id)
    return change


def decide(do: Any, change: RegisterChange, days: int = 1, who: str = "Priya") -> None:
    with transaction():
        do(
            decisions.get(change.id, db.session.scalars(select(Partnership.id)).first()),
            who=who,
            now=make.NOW + days * DAY,
        )


def test_a_first_file_is_no_news_and_new_numbers_of_pupils_are_none(ours) -> None:
    first(school(URN="900002"))
    assert waiting(ours) == []
    later(school(URN="900002"), NumberOfPupils="1080", Town="Marl", Telephone="01632960999")
    assert waiting(ours) == []


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"status": "Closed", "CloseDate": "31-12-2026"}, ("closing", "status", "Open", "Closed")),
        (
            {"status": "Open, but proposed to close"},
            ("closing", "status", "Open", "Open, but proposed to close"),
        ),
        ({"CloseDate": "31-08-2027"}, ("closing", "close_date", "", "2027-08-31")),
        ({"StatutoryHighAge": "16"}, ("target", "statutory_high_age", "18", "16")),
        ({"name": "Redmere School"}, ("named", "name", "Redmere Academy", "Redmere School")),
        ({"DistrictAdministrative (name)": "Fenwold"}, ("named", "district_name", "Kestermere", "Fenwold")),
    ],
)
def test_what_matters_is_put_down_with_before_and_after(ours, facts: dict, said: tuple) -> None:
    first()
    later(**facts)
    assert waiting(ours) == [said]


def test_a_new_school_and_one_that_opens_again_are_news(ours) -> None:
    first(school(URN="900002", status="Closed"))
    later(school(URN="900002"), school(URN="900003", name="Ash School"))
    assert waiting(ours) == [("opening", "opened", "", "Open"), ("opening", "status", "Closed", "Open")]


def test_nurseries_and_schools_long_closed_are_no_news(ours) -> None:
    nursery = "TypeOfEstablishment (name)"
    first(school(URN="900002", status="Closed"), **{nursery: "Local authority nursery school"})
    later(
        school(URN="900002", status="Closed", name="Another name"),
        school(URN="900003", **{nursery: "Local authority nursery school"}),
        **{nursery: "Local authority nursery school", "name": "Little Redmere"},
    )
    assert waiting(ours) == []


def test_a_school_that_goes_to_an_authority_of_nobody_here_is_told(ours) -> None:
    first()
    bring(written([school(**{"LA (code)": "998"})]), ("999", "998"))
    assert waiting(ours) == [("leaving", "la_code", "999", "998")]


def test_a_school_of_another_partnership_is_no_change_of_anybodys_until_it_is_agreed_to(ours) -> None:
    with transaction():
        theirs = make.partnership(("998",))
    bring(written([school(), school(URN="900002", **{"LA (code)": "998"})]), ("999", "998"), make.EARLIER)
    bring(
        written([school(**{"LA (code)": "998"}), school(URN="900002", **{"LA (code)": "998"})]),
        ("999", "998"),
    )
    assert (waiting(ours), waiting(theirs)) == ([], [])
    assert [row.urn for row in hands.asked_of(ours.id)] == [900001]


def test_accepting_leaves_the_registers_word_and_says_who(ours, count_queries) -> None:
    first()
    later(name="Redmere School")
    ours_id = ours.id
    with count_queries() as queries:
        assert (decisions.waiting(ours_id), len(decisions.to_decide(ours_id))) == (1, 1)
    assert len(queries) == 2
    change = only(ours)
    decide(deciding.accept, change)
    assert (waiting(ours), schools.get(900001).name) == ([], "Redmere School")
    (done,) = decisions.decided(ours.id)
    assert (done.outcome, done.settled_by, done.settled_at) == ("accepted", "Priya", make.NOW + DAY)
    assert history.history_of("school", 900001)[0].what == "accepted the register’s change"


@pytest.mark.parametrize("deed", [deciding.accept, deciding.keep])
def test_what_was_decided_is_not_decided_again(ours, deed) -> None:
    first()
    later(name="Redmere School")
    change = only(ours)
    decide(deciding.accept, change)
    with pytest.raises(AlreadyDecided, match="Priya decided that already, on 20 January 2027: accepted."):
        decide(deed, change, 2, "Owen")


def test_keeping_ours_is_a_correction_that_survives_and_can_be_taken_back(ours) -> None:
    first()
    later(StatutoryHighAge="16")
    change = only(ours)
    decide(deciding.keep, change)
    assert schools.get(900001).statutory_high_age == 18
    assert corrections.in_force(900001)["statutory_high_age"].who == "Priya"
    later(StatutoryHighAge="16", NumberOfPupils="900", days=2)
    assert (waiting(ours), schools.get(900001).statutory_high_age) == ([], 18)
    decide(deciding.withdraw, change, 3)
    assert (schools.get(900001).statutory_high_age, corrections.in_force(900001)) == (16, {})
    assert len(waiting(ours)) == 1


def test_keeping_a_school_open_keeps_its_closing_day_out_too(ours) -> None:
    first()
    later(status="Closed", CloseDate="31-12-2026")
    change = only(ours)
    decide(deciding.keep, change)
    redmere = schools.get(900001)
    assert (redmere.is_open, redmere.close_date) == (True, None)
    decide(deciding.withdraw, change, 2)
    assert (redmere.status, redmere.close_date) == ("Closed", date(2026, 12, 31))


def test_a_district_is_kept_with_its_code(ours) -> None:
    first()
    was = schools.get(900001).district_code
    later(**{"DistrictAdministrative (name)": "Fenwold", "DistrictAdministrative (code)": "E07000099"})
    decide(deciding.keep, only(ours))
    assert (schools.get(900001).district_name, schools.get(900001).district_code) == ("Kestermere", was)


def test_a_word_against_a_correction_is_asked_and_accepting_withdraws_the_correction(ours) -> None:
    first()
    with transaction():
        corrections.correct(
            900001, "number_of_pupils", 900, reason="census", who="Priya", now=make.EARLIER + DAY
        )
    later(NumberOfPupils="1200")
    assert waiting(ours) == [("corrected", "number_of_pupils", "1050", "1200")]
    assert schools.get(900001).number_of_pupils == 900
    change = only(ours)
    decide(deciding.accept, change)
    assert (schools.get(900001).number_of_pupils, corrections.in_force(900001)) == (1200, {})
    decide(deciding.withdraw, change, 2)
    assert schools.get(900001).number_of_pupils == 900
    decide(deciding.keep, change, 3)
    assert (schools.get(900001).number_of_pupils, waiting(ours)) == (900, [])


def test_a_register_that_says_what_we_said_all_along_asks_nothing(ours) -> None:
    first()
    with transaction():
        corrections.correct(
            900001, "name", "Redmere School", reason="sign", who="Priya", now=make.EARLIER + DAY
        )
    later(name="Redmere School")
    assert waiting(ours) == []


def test_a_change_changed_again_is_one_and_changed_back_is_none(ours) -> None:
    first()
    later(name="Redmere School")
    later(name="Redmere Trust School", days=1)
    assert waiting(ours) == [("named", "name", "Redmere Academy", "Redmere Trust School")]
    overtaken = decisions.decided(ours.id)[0]
    assert (overtaken.outcome, overtaken.settled_by) == ("overtaken", "Priya")
    with pytest.raises(AlreadyDecided, match="A later register file took the place"):
        decide(deciding.withdraw, overtaken)
    later(days=2)
    assert waiting(ours) == []


def test_a_new_school_has_nothing_of_ours_to_keep(ours) -> None:
    first()
    later(school(URN="900003", name="Ash School"))
    with pytest.raises(NothingToKeep, match="A new school has no word of ours"):
        decide(deciding.keep, only(ours))


def test_a_decision_overtaken_by_a_correction_or_a_later_file_stays(ours) -> None:
    first()
    later(name="Redmere School")
    change = only(ours)
    decide(deciding.accept, change)
    with transaction():
        corrections.correct(900001, "name", "The Redmere", reason="sign", who="Owen", now=make.NOW + 2 * DAY)
    with pytest.raises(ChangedSince):
        decide(deciding.withdraw, change, 3)
    later(name="Redmere Trust School", days=4)
    with pytest.raises(ChangedSince):
        decide(deciding.withdraw, change, 5)


def test_another_partnerships_change_is_not_there(ours) -> None:
    first()
    later(name="Redmere School")
    change = only(ours)
    with transaction():
        theirs = make.partnership(("998",))
    assert (
        decisions.waiting(theirs.id),
        decisions.to_decide(theirs.id),
        decisions.count_decided(theirs.id),
    ) == (0, [], 0)
    with pytest.raises(NoSuchChange):
        decisions.get(change.id, theirs.id)


def test_an_authority_that_nobody_covers_keeps_no_list(app: Flask) -> None:
    first()
    later(name="Redmere School")
    assert db.session.query(RegisterChange).count() == 0


def test_the_database_keeps_one_open_change_for_a_fact_and_none_half_decided(ours) -> None:
    first()
    later(name="Redmere School")
    row = only(ours)
    again = f"INSERT INTO register_change (urn, import_id, la_code, kind, field, before, after, recorded_at) SELECT urn, {row.import_id - 1}, la_code, kind, field, before, after, recorded_at FROM register_change"
    for statement in (
        again,
        "UPDATE register_change SET outcome = 'accepted'",
        "UPDATE register_change SET settled_at = recorded_at, outcome = 'x'",
    ):
        with pytest.raises(IntegrityError), transaction():
            db.session.execute(text(statement))


def test_two_coordinators_at_once_decide_once(ours, app: Flask) -> None:
    first()
    later(name="Redmere School")
    change_id, ours_id, start = only(ours).id, ours.id, Barrier(2)
    db.session.rollback()
    came: list[str] = []

    def press(do: Any) -> None:
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    do(decisions.get(change_id, ours_id), who="Priya", now=make.NOW + DAY)
                came.append("done")
            except AlreadyDecided:
                came.append("refused")
            finally:
                db.session.remove()

    threads = [Thread(target=press, args=(do,)) for do in (deciding.accept, deciding.keep)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came) == ["done", "refused"]


def test_lines_lead_to_whoever_came_before_and_after_however_far_and_out_of_circles(
    ours, count_queries
) -> None:
    links = LINKS + b"".join(
        f"{a},{b},Later,Successor,\r\n".encode()
        for a, b in ((900001, 900002), (900002, 900003), (900003, 900001))
    )
    bring(
        written(
            [school(), school(URN="900002", status="Closed"), school(URN="900003"), school(URN="900004")]
        ),
        links=links,
    )
    ours_id = ours.id
    with count_queries() as queries:
        assert [s.urn for s in lines.after([900001, 900004], ours_id)[900001]] == [900003, 900002]
        assert [s.urn for s in lines.before([900001], ours_id)[900001]] == [900003, 900002]
        assert in_parts.with_kin(scope_of_all(ours_id), [900002]) == {900001, 900002, 900003}
    assert len(queries) == 3
    assert in_parts.with_kin(scope_of_all(ours_id), [900004]) == {900004}
    assert lines.after([], ours_id) == {}
