"""A report to the board: what it says, that it is published once and stays as it was, and what it hides."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import make
from outreach.booking.promises import Booking
from outreach.county.partnerships import Partnership
from outreach.county.schools import School
from outreach.coverage import standings
from outreach.coverage.board import corrections, publishing
from outreach.coverage.board.publishing import (
    AfterTheYear,
    AlreadyPublished,
    BeforeTheProgramme,
    BoardReport,
    DayNotOver,
    GivesSomebodyAway,
    NobodyToReportOn,
    NoSuchReport,
)
from outreach.ground import history, suppression
from outreach.ground.db import db, transaction
from outreach.tour.programmes import Programme

DAY = date(2027, 1, 19)
MORNING_AFTER = datetime(2027, 1, 20, 9, 14, tzinfo=UTC)
FENWOLD = {"district_code": "E07000009", "district_name": "Fenwold"}


def seen(programme: Programme, school: School, pupils: dict[int, int], day: int, **said: Any) -> None:
    """A show in January 2027 that the school reported the same evening."""
    at = datetime(2027, 1, day, 9, 30, tzinfo=UTC)
    booking = make.booking(make.show(programme, school, at), pupils)
    make.report(booking, "school", at + timedelta(hours=8), pupils, **said)


def county() -> tuple[Partnership, Programme]:
    """Three schools of Kestermere, two of them seen; three of Fenwold: one seen by 3 pupils, one booked, one
    asked."""
    ours = make.partnership()
    programme = make.programme(ours)
    for day, pupils, concerns in ((11, 100, 4), (12, 90, 7)):
        school = make.school(number_of_pupils=1050)
        seen(programme, school, {8: pupils, 9: pupils + 1}, day, concerns=concerns)
    make.school()
    special = make.school(
        name="Fen Hospital School",
        type_of_establishment="Foundation special school",
        phase_of_education="Not applicable",
        number_of_pupils=None,
        statutory_low_age=11,
        statutory_high_age=16,
        **FENWOLD,
    )
    seen(programme, special, {8: 2, 9: 1}, 13, concerns=1)
    booked = make.school(**FENWOLD)
    make.booking(make.show(programme, booked, datetime(2027, 3, 9, 9, 30, tzinfo=UTC)), {8: 100, 9: 100})
    make.invitation(programme, make.school(**FENWOLD))
    return ours, programme


def published(programme: Programme, day: date = DAY, now: datetime = MORNING_AFTER) -> BoardReport:
    return publishing.publish(programme, day, who="Priya Nandakumar", now=now)


def test_a_report_says_who_has_seen_it_by_district_and_hides_what_is_small(app: Flask) -> None:
    with transaction():
        _, programme = county()
        said = published(programme).content
    assert said["lead"] == [
        "3 of Marlshire’s 6 schools had seen it by 19 January 2027.",
        "1 more is booked.",
        "Fenwold is furthest behind: 1 of 3 schools.",
    ]
    kestermere, fenwold = said["tables"][0]["rows"]
    assert (
        kestermere["name"],
        kestermere["schools"],
        kestermere["standings"]["seen"],
        kestermere["share"],
    ) == (
        "Kestermere",
        3,
        2,
        67,
    )
    # 3 pupils at Fenwold, and what would give them away: Kestermere's number, since the county's is shown.
    assert said["whole"]["pupils_seen"] == {"status": "shown", "number": 385}
    assert fenwold["pupils_seen"] == kestermere["pupils_seen"] == {"status": "hidden", "number": None}
    # The number of those whose school's own number is known would do it as well.
    assert kestermere["pupil_share"] is None
    assert said["whole"]["concerns"] == {"status": "shown", "number": 12}
    # Concerns are said of the programme and year alone.
    assert {row["concerns"]["status"] for table in said["tables"] for row in table["rows"]} == {"hidden"}


def test_the_rows_of_every_table_sum_to_the_whole(app: Flask) -> None:
    with transaction():
        _, programme = county()
        said = published(programme).content
        target = standings.standings_of_programme(programme.id, as_of=DAY, now=MORNING_AFTER).target
    whole = said["whole"]
    assert whole["schools"] == len(target) == sum(whole["standings"].values())
    for table in said["tables"]:
        assert sum(row["schools"] for row in table["rows"]) == whole["schools"], table["key"]
        assert sum(row["gaps"] for row in table["rows"]) == whole["gaps"], table["key"]
        for word, number in whole["standings"].items():
            assert sum(row["standings"][word] for row in table["rows"]) == number, (table["key"], word)
    assert sum(cause["schools"] for cause in said["causes"]) == whole["gaps"]
    for year in said["years"]:
        assert sum(year["states"].values()) == year["schools"]


def test_a_report_stays_as_it_was_whatever_is_recorded_later(app: Flask) -> None:
    with transaction():
        _, programme = county()
        report = published(programme)
        before = dict(report.content)
    with transaction():
        school = make.school(recorded_at=MORNING_AFTER)
        seen(programme, school, {8: 100, 9: 100}, 14)
        programme.title = "Renamed"
    db.session.expire_all()
    assert db.session.get_one(BoardReport, report.id).content == before


@pytest.mark.parametrize("change", ["UPDATE board_report SET published_by = 'x'", "DELETE FROM board_report"])
def test_the_database_itself_refuses_to_change_a_report(app: Flask, change: str) -> None:
    with transaction():
        _, programme = county()
        published(programme)
    with pytest.raises(DBAPIError, match="board_report_only_grows"), transaction():
        db.session.execute(text(change))
    assert db.session.query(BoardReport).one().published_by == "Priya Nandakumar"


def test_a_report_is_published_once_for_a_day(app: Flask) -> None:
    with transaction():
        _, programme = county()
        first = published(programme)
        assert (first.number, history.history_of("board report", first.id)[0].what) == (1, "published")
    with pytest.raises(AlreadyPublished) as refused, transaction():
        published(programme, now=MORNING_AFTER + timedelta(hours=1))
    assert refused.value.message == (
        "The report as of 19 January 2027 was published on 20 January 2027 at 9:14am by Priya Nandakumar. "
        "It stays as it is; publish a later day for later figures."
    )
    assert refused.value.report_id == first.id
    with transaction():
        assert published(programme, DAY + timedelta(days=1), MORNING_AFTER + timedelta(days=1)).number == 2


def test_a_day_that_is_not_over_is_not_reported(app: Flask) -> None:
    with transaction():
        _, programme = county()
    with pytest.raises(DayNotOver, match="19 January 2027 is not over yet"), transaction():
        published(programme, now=make.NOW)


def test_a_day_before_the_programme_is_not_reported(app: Flask) -> None:
    with transaction():
        _, programme = county()
    with pytest.raises(BeforeTheProgramme, match="was set up on 3 September 2026"), transaction():
        published(programme, date(2026, 9, 2))


def test_a_day_long_after_the_programme_is_not_reported(app: Flask) -> None:
    with transaction():
        _, programme = county()
    with pytest.raises(AfterTheYear, match="until 31 August 2028"), transaction():
        published(programme, date(2028, 9, 1), datetime(2029, 1, 1, tzinfo=UTC))


def test_a_county_without_a_school_is_not_reported(app: Flask) -> None:
    with transaction():
        programme = make.programme(make.partnership())
    with (
        pytest.raises(NobodyToReportOn, match="No school was in the target on 19 January 2027"),
        transaction(),
    ):
        published(programme)


def test_another_partnerships_report_is_none(app: Flask) -> None:
    with transaction():
        _, programme = county()
        report = published(programme)
        other = make.partnership(("850",))
    with pytest.raises(NoSuchReport):
        publishing.get(other.id, report.id)


def test_what_three_pupils_added_since_the_last_report_cannot_be_worked_out(app: Flask) -> None:
    """A small school saw it between two reports: taken from each other they would say how many of it came."""
    with transaction():
        _, programme = county()
        first = published(programme).content
        small = make.school(type_of_establishment="Foundation special school", number_of_pupils=None)
        seen(programme, small, {8: 2, 9: 2}, 20)
        second = published(programme, date(2027, 1, 20), datetime(2027, 1, 21, 9, tzinfo=UTC)).content
    assert first["whole"]["pupils_seen"]["number"] == 385
    assert second["whole"]["standings"]["seen"] == 4
    assert second["whole"]["pupils_seen"] == {"status": "hidden", "number": None}


def test_what_would_give_somebody_away_whatever_is_hidden_is_refused_by_the_figures_name(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last look at a report is its own: whatever chose what to hide."""
    with transaction():
        _, programme = county()
    monkeypatch.setattr(suppression._Work, "next_move", lambda _work: set())
    with pytest.raises(GivesSomebodyAway) as refused, transaction():
        published(programme)
    assert "would give away a count of fewer than 5 people" in refused.value.message
    assert "‘pupils seen, Year 8’" in refused.value.message and "Leave out" in refused.value.message
    assert db.session.query(BoardReport).count() == 0


def test_reports_of_the_first_kind_are_judged_by_and_what_they_give_away_is_told(app: Flask) -> None:
    """Each measure had been judged by itself; places stand for the sums that were shown."""
    with transaction():
        ours, programme = county()
        organisation_ids = [
            s.organisation_id
            for s in standings.standings_of_programme(programme.id, as_of=DAY, now=MORNING_AFTER).target
        ]
        seen_units = [
            [f"{organisation_id}.{y}", 1 if n < 2 else 2, 100]
            for n, organisation_id in enumerate(organisation_ids[:3])
            for y in (8, 9)
        ]
        seen_units[-1][2] = 2
        seen_units[-2][2] = 1
        basis = {
            "standings": {},
            "releases": {
                "seen": {"units": seen_units},
                "target": {
                    "units": [[str(organisation_id), 1, 300] for organisation_id in organisation_ids[:3]]
                },
                "target by year": {
                    "units": [
                        [f"{organisation_id}.{y}", 0, 150]
                        for organisation_id in organisation_ids[:3]
                        for y in (8, 9)
                    ]
                },
                "concerns": {"units": [[str(organisation_ids[0]), 1, 7]]},
                "also seen": {"units": []},
            },
        }
        db.session.add(
            BoardReport(
                partnership_id=ours.id,
                programme_id=programme.id,
                number=1,
                as_of=date(2027, 1, 10),
                published_at=MORNING_AFTER,
                published_by="Priya",
                content={"version": 1},
                basis=basis,
            )
        )
        db.session.flush()
        found = publishing.draft(programme, DAY, now=MORNING_AFTER)
    assert len(found.given_away) == 1
    assert found.given_away[0].endswith("3 (pupils seen), by the report as of 10 January 2027.")


def test_a_training_counts_schools_alone(app: Flask) -> None:
    with transaction():
        training = make.programme(make.partnership(), year_groups=(), for_adults=True)
        school = make.school()
        make.school()
        at = datetime(2027, 1, 11, 9, 30, tzinfo=UTC)
        make.report(
            make.booking(make.show(training, school, at), {-1: 12}),
            "company",
            at + timedelta(hours=3),
        )
        said = published(training).content
    assert said["lead"][0] == "1 of Marlshire’s 2 schools had been trained by 19 January 2027."
    assert said["years"] == [] and said["for_adults"] is True


@pytest.mark.parametrize("schools", [1, 3])
def test_drawing_a_report_takes_the_same_queries_for_any_number_of_schools(
    app: Flask, count_queries: Any, schools: int
) -> None:
    with transaction():
        programme = make.programme(make.partnership())
        for n in range(schools):
            seen(programme, make.school(), {8: 100, 9: 100}, 11 + n)
    with count_queries() as queries:
        publishing.draft(programme, DAY, now=MORNING_AFTER)
    assert len(queries) == 51


def test_a_report_that_came_later_is_shown_beside_and_the_report_stays(app: Flask) -> None:
    with transaction():
        _, programme = county()
        late = make.school(name="Redmere Academy")
        at = datetime(2027, 1, 15, 9, 30, tzinfo=UTC)
        booking = make.booking(make.show(programme, late, at), {8: 120, 9: 120})
        # A show to come is no correction, whatever is reported of it once it is past.
        coming = make.booking(make.show(programme, make.school(), at + timedelta(days=6)), {8: 120, 9: 120})
        report = published(programme)
        assert report.content["whole"]["standings"]["to confirm"] == 1
        assert not corrections.since(report, now=MORNING_AFTER)
    with transaction():
        make.report(booking, "school", MORNING_AFTER + timedelta(days=3), {8: 110, 9: 115})
        make.report(coming, "school", MORNING_AFTER + timedelta(days=3), {8: 110, 9: 115})
    found = corrections.since(report, now=MORNING_AFTER + timedelta(days=4))
    assert [(m.name, m.reported, m.now) for m in found.moved] == [("Redmere Academy", "to confirm", "seen")]
    assert found.by == {"seen": (3, 4), "to confirm": (1, 0)}
    assert found.pupils_now - found.pupils_reported == 225
    assert report.content["whole"]["standings"]["seen"] == 3


def test_another_count_of_a_school_that_was_seen_is_a_correction_too(app: Flask) -> None:
    with transaction():
        _, programme = county()
        school = make.school()
        seen(programme, school, {8: 100, 9: 100}, 14)
        report = published(programme)
        booking = db.session.query(Booking).filter_by(organisation_id=school.organisation_id).one()
        make.report(booking, "settled", MORNING_AFTER, {8: 100, 9: 130})
    found = corrections.since(report, now=MORNING_AFTER + timedelta(hours=1))
    assert (found.moved, found.by, found.counts) == ([], {}, 1)
    assert found.pupils_now - found.pupils_reported == 30
