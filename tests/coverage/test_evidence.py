"""How strong the word is that a school has seen it, and causes that are so: nobody counted, which
predecessor, made good."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

import make
from outreach.coverage import figures, lists, standings
from outreach.coverage.board import content, corrections, publishing
from outreach.coverage.lists import ListFilters
from outreach.coverage.standings import Standing
from outreach.ground.db import db, transaction
from outreach.ground.school_year import STAFF
from outreach.visits import reports
from outreach.visits.reports import ReportAccount

NOW = datetime(2027, 6, 1, 12, tzinfo=UTC)
DAY = datetime(2027, 3, 2, 10, tzinfo=UTC)


@pytest.fixture
def programme(app: Flask):
    with transaction():
        return make.programme(make.partnership(), (8,), audience_ceiling=400)


def found(programme, school) -> Standing:
    return next(
        s
        for s in standings.standings_of_programme(programme.id, as_of=NOW.date(), now=NOW).target
        if s.organisation_id == school.organisation_id
    )


def played(programme, school, day: datetime, pupils: int = 150, at: datetime = make.EARLIER):
    return make.booking(make.show(programme, school, day), {8: pupils}, at)


def later(day: datetime) -> datetime:
    return day + timedelta(hours=5)


def test_both_agree_and_nobody_counted_is_seen_its_number_unknown_and_in_no_share(programme) -> None:
    with transaction():
        school = make.school(number_of_pupils=1050, census_date=date(2026, 1, 15))
        make.record(school, make.EARLIER)
        booking = played(programme, school, DAY)
        for side in ("school", "company"):
            make.report(booking, side, later(DAY))
    s = found(programme, school)
    assert (s.standing, s.is_gap, s.kind, s.evidence) == ("seen", False, "", "agreed, not counted")
    assert s.cause == "both sides agree, nobody counted: ask for the number"
    assert (s.seen_pupils, s.seen_by_year, s.uncounted, s.target_pupils) == (0, {}, (8,), 150)
    totals = figures.whole([s], county="x")
    assert (totals.pupil_share, totals.uncounted_pupils, totals.target_pupils) == (None, 150, 150)
    assert totals.evidence["agreed, not counted"] == 1
    assert totals.census_said == "the register’s census of 15 January 2026"


@pytest.mark.parametrize(
    ("counted", "strong"),
    [
        ({}, ["agreed, not counted", "agreed, not counted", "one side"]),
        ({STAFF: 40}, ["settled by the coordinator", "counted by both", "one side"]),
    ],
)
def test_a_training_is_as_strong_as_whoever_says_that_it_took_place_and_who_counted(
    app: Flask, counted: dict[int, int], strong: list[str]
) -> None:
    with transaction():
        training = make.programme(make.partnership(), (), for_adults=True)
        settled, agreed, told = (make.school() for _ in range(3))
        for school, sides in ((settled, ("settled",)), (agreed, ("school", "company")), (told, ("company",))):
            booking = make.booking(make.show(training, school, DAY), {})
            for side in sides:
                make.report(booking, side, later(DAY), counted)
    assert [found(training, school).evidence for school in (settled, agreed, told)] == strong


def test_one_side_alone_that_counted_nobody_is_asked_for_the_number(programme) -> None:
    with transaction():
        school = make.school(number_of_pupils=1050)
        make.report(played(programme, school, DAY), "school", later(DAY))
    s = found(programme, school)
    assert (s.standing, s.kind, s.cause) == ("part seen", "nobody counted", "nobody counted")
    assert s.next_action == "Ask for the number"


def test_a_merged_school_names_the_predecessor_that_did_not_see_it(programme) -> None:
    with transaction():
        saw, missed = make.school(name="Redmere School"), make.school(name="Fenwold School")
        make.report(played(programme, saw, DAY), "school", later(DAY), {8: 140})
        merged = make.school(DAY + timedelta(days=30))
        for one in (saw, missed):
            make.record(one, DAY + timedelta(days=30), status="Closed", close_date=date(2027, 4, 1))
            make.succession(one, merged, DAY + timedelta(days=30), date(2027, 4, 1))
    s = found(programme, merged)
    assert (s.standing, s.kind) == ("part seen", "predecessor did not see it")
    assert s.cause == "not seen at Fenwold School"


def test_a_split_heir_with_none_of_its_own_pupils_counted_says_so(programme) -> None:
    with transaction():
        old = make.school()
        make.report(played(programme, old, DAY), "school", later(DAY), {8: 140})
        make.record(old, DAY + timedelta(days=30), status="Closed", close_date=date(2027, 4, 1))
        heirs = [make.school(DAY + timedelta(days=30)) for _ in range(2)]
        for heir in heirs:
            make.succession(old, heir, DAY + timedelta(days=30), date(2027, 4, 1))
    for heir in heirs:
        s = found(programme, heir)
        assert (s.standing, s.cause, s.seen_pupils) == (
            "seen",
            "seen before the split, none of its own pupils counted",
            0,
        )


def test_a_show_made_good_before_another_one_failed_counts(programme) -> None:
    """148 of 150 saw it; that one more show fell, to which the same year group was to come, takes nothing
    from that."""
    with transaction():
        school, big = make.school(number_of_pupils=1050), make.school(number_of_pupils=2100)
        make.report(played(programme, school, DAY), "school", later(DAY), {8: 148})
        for one in (school, big):
            fell = played(programme, one, DAY + timedelta(days=14))
            make.report(fell, "company", later(DAY + timedelta(days=14)), took_place=False, why_not="Snow")
        make.report(played(programme, big, DAY), "school", later(DAY), {8: 150})
    assert found(programme, school).standing == "seen"
    assert found(programme, big).standing == "part seen"  # half of it was at the show that fell


def test_how_strong_a_total_is_adds_up_leads_to_its_schools_and_stands_in_the_report(programme) -> None:
    with transaction():
        for school_said, company_said in (({8: 140}, None), ({8: 140}, 141), (None, 150), ({8: 140}, 0)):
            school = make.school(number_of_pupils=1050)
            booking = played(programme, school, DAY)
            if school_said:
                make.report(booking, "school", later(DAY), school_said)
            if company_said:
                make.report(booking, "company", later(DAY), company_said)
    reckoning = standings.standings_of_programme(programme.id, as_of=NOW.date(), now=NOW)
    totals = figures.whole(reckoning.target, county="x")
    strong = {grade: n for grade, n in totals.evidence.items() if n}
    assert strong == {"one side": 3, "counted by both": 1}
    for grade, n in totals.evidence.items():
        assert len(lists.pick(reckoning, ListFilters(evidence=grade))) == n
    told = content.draw(reckoning, {}, county="x", partnership="x").content["whole"]
    assert told["evidence"] == totals.evidence
    assert told["census"] == "the register’s numbers, whose census date is not known"


def test_what_changed_a_past_day_is_said_report_register_setting_and_rule(programme) -> None:
    morning = datetime(2027, 3, 10, 9, tzinfo=UTC)
    with transaction():
        partnership = db.session.get_one(make.Partnership, programme.partnership_id)
        make.counted_share(partnership, 0.5)
        names = ("By a report", "By the register", "By a setting", "By a rule", "As it was")
        by = {name: make.school(name=name, number_of_pupils=1050) for name in names}
        for name, school in by.items():
            booking = played(programme, school, DAY)
            if name != "By a report":
                make.report(booking, "school", later(DAY), {8: 100 if name != "As it was" else 150})
        report = publishing.publish(programme, date(2027, 3, 9), who="Priya", now=morning)
        told = dict(report.basis["standings"])
        told[str(by["By a rule"].organisation_id)] = ["part seen", "By a rule", 100]
        report.basis = {**report.basis, "standings": told}
        db.session.expunge(report)
    after = morning + timedelta(days=9)
    with transaction():
        booking = (
            db.session.query(make.Booking).filter_by(organisation_id=by["By a report"].organisation_id).one()
        )
        reports.report(
            booking, "school", ReportAccount(took_place=True, pupils={8: 150}), who="School", now=after
        )
        make.record(by["By the register"], after, status="Closed", close_date=date(2027, 3, 5))
        make.own_number(by["By a rule"], 8, 101, make.EARLIER)
        make.counted_share(partnership, 0.9, after)
    changed = corrections.since(report, now=after + timedelta(days=1))
    assert [(m.name, m.reported, m.now, m.why) for m in changed.moved] == [
        ("By a report", "to confirm", "seen", ("a report",)),
        ("By a rule", "part seen", "seen", ("rule changed",)),
        ("By a setting", "seen", "part seen", ("a setting",)),
        ("By the register", "seen", "", ("the register",)),
    ]
    assert report.content["whole"]["standings"]["to confirm"] == 1
