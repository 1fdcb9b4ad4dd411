"""Who is in the target, and how many pupils that is."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete

import make
from outreach.booking.proposals import Proposal
from outreach.county import establishments, register
from outreach.county.partnerships import Partnership
from outreach.county.schools import OrganisationRecord
from outreach.coverage import figures, standings
from outreach.coverage.charts import county_map
from outreach.ground.db import db, transaction

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
DAY = date(2027, 3, 1)


@pytest.fixture
def programme(app: Flask):
    with transaction():
        return make.programme(make.partnership())


def reckon(programme, day: date = DAY):
    return standings.standings_of_programme(programme.id, as_of=day, now=NOW)


def only(programme):
    (school,) = reckon(programme).target
    return school


@pytest.mark.parametrize(
    ("facts", "in_target", "ages_unknown"),
    [
        ({}, True, False),
        ({"status": "Open, but proposed to close"}, True, False),
        ({"status": "Proposed to open"}, False, False),
        ({"la_code": "999"}, False, False),
        ({"statutory_low_age": 4, "statutory_high_age": 11}, False, False),
        ({"statutory_low_age": None, "phase_of_education": "SECONDARY"}, True, False),
        ({"statutory_low_age": None, "phase_of_education": "Middle-deemed  secondary"}, True, False),
        ({"statutory_low_age": None, "phase_of_education": "Primary"}, False, False),
        ({"statutory_low_age": None, "phase_of_education": "16 plus"}, False, False),
        ({"statutory_low_age": None, "phase_of_education": "Not applicable"}, True, True),
        ({"statutory_high_age": None, "phase_of_education": ""}, True, True),
        (
            {"statutory_low_age": None, "phase_of_education": None, "type_of_establishment": "A new kind"},
            True,
            True,
        ),
        ({"type_of_establishment": "Further education"}, True, False),
        ({"type_of_establishment": "Further education", "statutory_low_age": 16}, False, False),
        (
            {
                "type_of_establishment": "Academy 16 to 19 sponsor led",
                "phase_of_education": None,
                "statutory_low_age": None,
            },
            False,
            False,
        ),
        ({"type_of_establishment": "Higher education institutions"}, False, False),
        ({"type_of_establishment": "Adult learning provider"}, False, False),
        ({"type_of_establishment": "Local authority nursery school", "phase_of_education": ""}, False, False),
        ({"type_of_establishment": "Children\u2019s centre"}, False, False),
        ({"type_of_establishment": "British schools overseas"}, False, False),
        ({"type_of_establishment": "Online provider"}, False, False),
        ({"type_of_establishment": "Welsh establishment"}, False, False),
    ],
)
def test_a_school_is_in_by_ages_else_phase_else_type(programme, facts, in_target, ages_unknown):
    with transaction():
        make.school(**facts)
    found = reckon(programme).target
    assert [s.ages_unknown for s in found] == ([ages_unknown] if in_target else [])


@pytest.mark.parametrize(
    ("kind", "facts", "in_target"),
    [
        ("Further education", {"statutory_low_age": 16, "statutory_high_age": 99}, True),
        ("Special post 16 institution", {"statutory_low_age": 16, "statutory_high_age": 25}, True),
        ("Academy 16-19 converter", {"statutory_low_age": 16, "statutory_high_age": 19}, True),
        ("Free schools 16 to 19", {"statutory_low_age": None, "phase_of_education": "16 plus"}, True),
        ("Sixth form centres", {"statutory_low_age": 16, "statutory_high_age": 19}, True),
        ("Sixth form centres", {"statutory_low_age": None, "phase_of_education": "Not applicable"}, False),
        ("Higher education institutions", {"statutory_low_age": 16, "statutory_high_age": 99}, False),
    ],
)
def test_institutions_for_ages_16_to_19_are_in_where_their_ages_or_phase_say_so(app, kind, facts, in_target):
    with transaction():
        programme = make.programme(make.partnership(), (12, 13))
        make.school(type_of_establishment=kind, **facts)
    found = reckon(programme).target
    assert [s.year_groups for s in found] == ([{12: "open", 13: "open"}] if in_target else [])


@pytest.mark.parametrize(
    ("facts", "own", "expected"),
    [
        ({"number_of_pupils": 1050}, {}, (300, True)),
        ({"number_of_pupils": 1049}, {}, (300, True)),  # 299.71
        ({"number_of_pupils": 7, "statutory_high_age": 15}, {}, (4, True)),  # exactly 3.5
        ({"number_of_pupils": 1050}, {8: 100, 9: 90}, (190, False)),
        ({"number_of_pupils": 1050}, {8: 100}, (250, True)),
        ({"number_of_pupils": 1050}, {9: 0}, (175, True)),  # six year groups are left
        ({"number_of_pupils": None}, {}, (None, False)),
        ({"number_of_pupils": None}, {8: 100}, (None, False)),
        ({"type_of_establishment": "Pupil referral unit"}, {}, (None, False)),
        ({"type_of_establishment": "Pupil referral unit"}, {8: 4, 9: 5}, (9, False)),
        ({"name": "The Hospital School"}, {}, (None, False)),
    ],
)
def test_target_pupils_are_own_numbers_else_an_estimate_else_unknown(programme, facts, own, expected):
    with transaction():
        school = make.school(**facts)
        for year_group, pupils in own.items():
            make.own_number(school, year_group, pupils)
    s = only(programme)
    assert (s.target_pupils, s.estimated) == expected


@pytest.mark.parametrize(("counted", "target"), [(299, 300), (310, 310)])
def test_a_count_above_the_estimate_replaces_it(programme, counted, target):
    with transaction():
        school = make.school(number_of_pupils=1050)
        show = make.show(programme, school, NOW - timedelta(days=9))
        booking = make.booking(show, {8: 125, 9: 125})
        make.report(booking, "school", NOW - timedelta(days=8), {8: 150, 9: counted - 150})
    s = only(programme)
    assert (s.seen_pupils, s.target_pupils) == (counted, target)


def test_both_own_numbers_at_nought_take_a_school_out(programme):
    with transaction():
        school = make.school(statutory_low_age=None, phase_of_education="")
        for year_group in (8, 9):
            make.own_number(school, year_group, 0)
    assert reckon(programme).target == []


def test_an_excluded_school_is_listed_apart_with_its_reason_until_it_is_withdrawn(programme):
    with transaction():
        school = make.school()
        make.decision(programme, school, "exclude", NOW - timedelta(days=9), reason="Runs its own")
        make.decision(programme, school, "withdraw", NOW - timedelta(days=2))
    before = reckon(programme, DAY - timedelta(days=5))
    assert before.target == []
    assert [(s.standing, s.detail, s.is_gap) for s in before.excluded] == [
        ("excluded", "Runs its own", False)
    ]
    after = reckon(programme)
    assert (len(after.target), after.excluded) == (1, [])


def test_an_included_primary_offers_the_year_groups_named(programme):
    with transaction():
        school = make.school(statutory_low_age=4, statutory_high_age=11, number_of_pupils=800)
        make.decision(programme, school, "include", year_groups=(8,))
    s = only(programme)
    assert (s.year_groups, s.target_pupils) == ({8: "open"}, 100)


def test_an_excluded_school_that_saw_it_is_also_seen_and_in_no_share(programme):
    with transaction():
        school = make.school()
        booking = make.booking(make.show(programme, school, NOW - timedelta(days=9)), {8: 90})
        make.report(booking, "school", NOW - timedelta(days=8), {8: 90})
        make.decision(programme, school, "exclude")
    found = reckon(programme)
    assert [(a.pupils, a.why) for a in found.also_seen] == [(90, "excluded: Agreed")]
    assert figures.figures_of_target(found.target, county="Marlshire").county.seen_pupils == 0


def test_on_a_split_each_successor_has_seen_it_and_nobody_is_counted_twice(programme):
    with transaction():
        old, one, two = make.school(status="Closed"), make.school(), make.school()
        booking = make.booking(make.show(programme, old, NOW - timedelta(days=90)), {8: 150, 9: 100})
        make.report(booking, "school", NOW - timedelta(days=89), {8: 150, 9: 100})
        for new in (one, two):
            make.succession(old, new, NOW - timedelta(days=50))
    found = reckon(programme)
    assert [(s.organisation_id, s.standing, s.seen_pupils) for s in found.target] == [
        (one.organisation_id, "seen", 0),
        (two.organisation_id, "seen", 0),
    ]
    assert [(a.organisation_id, a.pupils, a.why) for a in found.also_seen] == [
        (old.organisation_id, 250, "split into several schools")
    ]


def test_a_visitor_from_elsewhere_that_was_split_there_is_told_of_as_split(programme):
    with transaction():
        old, *new = (make.school(la_code="999") for _ in range(3))
        saw_it(programme, old)
        make.record(old, NOW - timedelta(days=50), status="Closed", close_date=date(2027, 1, 1))
        for heir in new:
            make.succession(old, heir, NOW - timedelta(days=50))
    assert [(a.organisation_id, a.why) for a in reckon(programme).also_seen] == [
        (old.organisation_id, "split into several schools")
    ]


def test_a_school_of_unknown_ages_has_the_year_groups_that_it_told_of(programme):
    with transaction():
        facts = {"statutory_low_age": None, "phase_of_education": "Not applicable"}
        school = make.school(type_of_establishment="Community special school", **facts)
        make.own_number(school, 8, 12)
    (found,) = reckon(programme).target
    assert (found.ages_unknown, found.pupils_by_year) == (True, {8: 12})


def test_an_authority_that_came_went_and_came_again_was_not_ours_before(programme):
    with transaction():
        make.school()
        ours = db.session.get_one(Partnership, programme.partnership_id)
        for days, came in ((30, True), (20, False), (10, True)):
            make.covered(ours, "931", came, NOW - timedelta(days=days))
    assert [len(reckon(programme, DAY - timedelta(days=n)).target) for n in (35, 25, 15, 5)] == [0, 1, 0, 1]


def saw_it(programme, school, days: int = 90, pupils: int = 150) -> None:
    booking = make.booking(make.show(programme, school, NOW - timedelta(days=days)), {8: 125, 9: 125})
    make.report(booking, "school", NOW - timedelta(days=days - 1), {8: pupils, 9: pupils})


def test_an_open_school_that_something_was_split_off_from_stays_and_keeps_what_is_its_own(programme):
    with transaction():
        old, new = make.school(), make.school()
        saw_it(programme, old)
        make.own_number(old, 8, 150)
        make.contact(old)
        make.decision(programme, make.school(name="Elsewhere"), "exclude")
        make.succession(old, new, NOW - timedelta(days=50), day=date(2015, 9, 1))
    found = reckon(programme)
    assert [(s.organisation_id, s.standing, s.seen_pupils) for s in found.target] == [
        (old.organisation_id, "seen", 300),
        (new.organisation_id, "unreachable", 0),
    ]
    assert found.also_seen == []


def test_what_was_split_off_does_not_inherit_an_exclusion_nor_take_one_back(programme):
    with transaction():
        old, new = make.school(), make.school()
        make.decision(programme, old, "exclude")
        make.succession(old, new, NOW - timedelta(days=50))
    found = reckon(programme)
    assert ([s.organisation_id for s in found.target], [s.organisation_id for s in found.excluded]) == (
        [new.organisation_id],
        [old.organisation_id],
    )


@pytest.mark.parametrize(
    ("facts", "link", "out_from"),
    [
        ({"status": "Closed", "close_date": date(2027, 2, 20)}, None, date(2027, 2, 20)),
        ({"status": "Open, but proposed to close", "close_date": date(2027, 2, 20)}, None, date(2027, 2, 20)),
        ({"status": "Open", "close_date": date(2027, 2, 20)}, None, date(2027, 2, 20)),
        ({"status": "Closed"}, date(2027, 2, 20), date(2027, 2, 20)),
        ({"status": "Closed"}, None, date(2027, 2, 10)),
    ],
)
def test_a_predecessor_is_out_once_it_is_closed(programme, facts, link, out_from):
    """By its closing date, else the link's, else from the import that showed it."""
    with transaction():
        old, new = make.school(), make.school()
        make.succession(old, new, day=link)
        make.record(old, datetime(2027, 2, 10, 9, tzinfo=UTC), **facts)
    before, then = (
        [s.organisation_id for s in reckon(programme, day).target]
        for day in (out_from - timedelta(days=1), out_from)
    )
    assert (before, then) == ([old.organisation_id, new.organisation_id], [new.organisation_id])


def test_behind_a_school_that_stays_open_nothing_is_passed_on(programme):
    """Closed, then open, then split off: what the first saw is the second's, and not the third's."""
    with transaction():
        first, second, third = make.school(status="Closed"), make.school(), make.school()
        saw_it(programme, first)
        make.succession(first, second, NOW - timedelta(days=60))
        make.succession(second, third, NOW - timedelta(days=50))
        make.contact(third)
    found = reckon(programme)
    assert [(s.organisation_id, s.standing) for s in found.target] == [
        (second.organisation_id, "seen"),
        (third.organisation_id, "not asked"),
    ]


def test_a_predecessor_that_no_file_showed_passes_on(programme):
    with transaction():
        first, last = make.school(status="Closed"), make.school()
        saw_it(programme, first)
        unknown = make.school()
        make.succession(first, unknown, NOW - timedelta(days=60))
        make.succession(unknown, last, NOW - timedelta(days=60))
        db.session.execute(
            delete(OrganisationRecord).where(OrganisationRecord.organisation_id == unknown.organisation_id)
        )
    assert [(s.organisation_id, s.standing) for s in reckon(programme).target] == [
        (last.organisation_id, "seen")
    ]


def test_also_seen_never_says_closed_of_an_open_school(programme):
    with transaction():
        kinds = {
            "closed": {"status": "Closed"},
            "its closing date, 20 February 2027, has come": {
                "status": "Open, but proposed to close",
                "close_date": date(2027, 2, 20),
            },
            "another authority's school": {"la_code": "999"},
            "not in the target": {"statutory_low_age": 4, "statutory_high_age": 11},
            "not open yet": {"status": "Proposed to open"},
        }
        for facts in kinds.values():
            school = make.school()
            saw_it(programme, school)
            make.record(school, NOW - timedelta(days=3), **facts)
            if facts.get("close_date"):
                make.succession(school, make.school(name="Heir", statutory_high_age=4))
    assert sorted(a.why for a in reckon(programme).also_seen) == sorted(kinds)


def test_a_coordinators_inclusion_holds_or_is_told_why_it_cannot(programme):
    with transaction():
        split = make.school(status="Open, but proposed to close", close_date=date(2027, 2, 20))
        primary = make.school(statutory_low_age=4, statutory_high_age=11)
        nursery = make.school(type_of_establishment="Local authority nursery school")
        held = (split, primary, nursery)
        make.succession(split, make.school(statutory_high_age=4))
        closed, none, others = make.school(status="Closed"), make.school(), make.school()
        make.own_number(none, 8, 0)
        for school in (*held, closed, none):
            make.decision(programme, school, "include", year_groups=(8,))
        make.decision(programme, others, "include", year_groups=(12,))
    found = reckon(programme)
    assert {s.organisation_id for s in found.target} == {s.organisation_id for s in held}
    assert found.not_held == {
        closed.organisation_id: "closed",
        none.organisation_id: "its own number of pupils in Year 8 is 0",
        others.organisation_id: "the programme is for Years 8 and 9",
    }


def test_a_merger_has_seen_it_when_every_predecessor_did_and_adds_up_own_numbers(programme):
    with transaction():
        seen, unseen = make.school(status="Closed"), make.school(status="Closed")
        merged = make.school()
        for school, pupils in ((seen, 100), (unseen, 60)):
            make.succession(school, merged, NOW - timedelta(days=50))
            for year_group in (8, 9):
                make.own_number(school, year_group, pupils)
        for school, told in ((seen, NOW - timedelta(days=89)), (unseen, NOW - timedelta(days=10))):
            booking = make.booking(make.show(programme, school, NOW - timedelta(days=90)), {8: 100, 9: 100})
            make.report(booking, "school", told, {8: 60, 9: 60}, took_place=True)
    early, late = reckon(programme, DAY - timedelta(days=20)).target, reckon(programme).target
    assert [(s.organisation_id, s.standing, s.target_pupils) for s in early] == [
        (merged.organisation_id, "to confirm", 320)
    ]
    assert [(s.standing, s.seen_pupils, s.target_pupils) for s in late] == [("seen", 240, 320)]


def test_a_merger_with_one_predecessor_that_saw_nothing_is_part_seen(programme):
    with transaction():
        seen, unseen = make.school(status="Closed"), make.school(status="Closed")
        merged = make.school()
        for school in (seen, unseen):
            make.succession(school, merged, NOW - timedelta(days=50))
        booking = make.booking(make.show(programme, seen, NOW - timedelta(days=90)), {8: 125, 9: 125})
        make.report(booking, "school", NOW - timedelta(days=89), {8: 140, 9: 140})
    s = only(programme)
    assert (s.standing, s.is_gap, s.seen_pupils) == ("part seen", True, 280)


@pytest.mark.parametrize(("counted", "standing"), [(75, "seen"), (74, "part seen")])
def test_half_of_a_year_group_is_enough_and_one_pupil_fewer_is_not(programme, counted, standing):
    with transaction():
        booking = make.booking(make.show(programme, make.school(), NOW - timedelta(days=9)), {8: 125, 9: 125})
        make.report(booking, "school", NOW - timedelta(days=8), {8: 150, 9: counted})
    assert only(programme).standing == standing


@pytest.mark.parametrize(("counted", "standing"), [(1, "seen"), (None, "seen"), ({8: 3, 9: 0}, "part seen")])
def test_where_the_number_is_unknown_any_count_will_do_but_nobody_is_nobody(programme, counted, standing):
    with transaction():
        school = make.school(number_of_pupils=None)
        groups = {8: 5, 9: 5} if isinstance(counted, dict) else {8: 5}
        booking = make.booking(make.show(programme, school, NOW - timedelta(days=9)), groups)
        make.decision(programme, school, "include", year_groups=tuple(groups))
        make.report(booking, "school", NOW - timedelta(days=8), counted)
    assert only(programme).standing == standing


def test_a_merger_is_booked_while_a_predecessors_show_is_to_come(programme):
    with transaction():
        one, two = make.school(status="Closed"), make.school(status="Closed")
        merged = make.school()
        for school in (one, two):
            make.succession(school, merged, NOW - timedelta(days=50))
        make.booking(make.show(programme, one, NOW + timedelta(days=9)), {8: 125, 9: 125})
    s = only(programme)
    assert (s.organisation_id, s.standing, s.is_gap) == (merged.organisation_id, "booked", False)


def test_pupils_counted_before_a_split_do_not_make_up_half_of_a_successor(programme):
    with transaction():
        old, one, two = make.school(status="Closed"), make.school(), make.school()
        for new in (one, two):
            make.succession(old, new, NOW - timedelta(days=50))
        for school, days, pupils in ((old, 90, 60), (one, 9, 20)):
            booking = make.booking(make.show(programme, school, NOW - timedelta(days=days)), {8: 125, 9: 125})
            make.report(booking, "school", NOW - timedelta(days=days - 1), {8: pupils, 9: pupils})
    assert [(s.standing, s.seen_pupils) for s in reckon(programme).target] == [
        ("part seen", 40),
        ("part seen", 0),
    ]


def test_a_school_is_reachable_while_one_address_it_was_asked_at_is_alive(programme):
    with transaction():
        school = make.school()
        address = make.contact(school).address
        make.dead_address(address, NOW - timedelta(days=9))
        make.invitation(programme, school, NOW - timedelta(days=8), address="head@redmere.example")
    assert only(programme).standing == "asked"
    with transaction():
        make.dead_address("Head@redmere.example", NOW - timedelta(days=1))
    assert only(programme).standing == "unreachable"


def test_a_slot_is_proposed_until_its_reply_by_day_is_over(programme):
    with transaction():
        school = make.school()
        make.contact(school)
        db.session.add(
            Proposal(
                programme_id=programme.id,
                organisation_id=school.organisation_id,
                starts_at=NOW,
                reply_by=date(2027, 2, 20),
                recorded_at=datetime(2027, 2, 10, tzinfo=UTC),
            )
        )
    days = [date(2027, 2, n) for n in (9, 10, 20, 21)]
    assert [reckon(programme, day).target[0].standing for day in days] == [
        "not asked",
        "proposed",
        "proposed",
        "asked",
    ]
    over = "a time was kept until 20 February 2027, and nobody answered"
    assert reckon(programme, days[3]).target[0].cause == over
    assert reckon(programme, days[1]).target[0].cause == "waiting for an answer since 10 February 2027"


def test_a_programme_is_not_asked_later_than_31_august_but_for_reports(programme):
    with transaction():
        programme.academic_year = 2025
        school = make.school(datetime(2025, 9, 1, tzinfo=UTC))
        show = make.show(programme, school, datetime(2026, 7, 1, 10, tzinfo=UTC))
        programme.created_at = datetime(2025, 9, 1, tzinfo=UTC)
        booking = make.booking(show, {8: 125, 9: 125}, datetime(2026, 6, 1, tzinfo=UTC))
        make.report(booking, "school", datetime(2026, 11, 1, tzinfo=UTC), {8: 140, 9: 140})
        make.record(school, datetime(2026, 9, 5, tzinfo=UTC), status="Closed", close_date=date(2026, 8, 31))
    assert [s.standing for s in reckon(programme, date(2026, 10, 31)).target] == ["to confirm"]
    assert [s.standing for s in reckon(programme).target] == ["seen"]


def test_the_last_minute_of_a_day_counts_and_the_next_does_not(programme):
    with transaction():
        school = make.school()
        make.contact(school)
        # London is an hour ahead of UTC: this is 23:59 on 1 June there.
        make.answer(programme, school, "declined", datetime(2027, 6, 1, 22, 59, tzinfo=UTC), "exams")
        make.answer(programme, school, "waiting list", datetime(2027, 6, 1, 23, 0, tzinfo=UTC))
    later = datetime(2027, 7, 1, tzinfo=UTC)
    found = [
        standings.standings_of_programme(programme.id, as_of=date(2027, 6, n), now=later).target[0]
        for n in (1, 2)
    ]
    assert [s.standing for s in found] == ["declined", "asked"]


def test_phases_are_named_as_the_register_does_and_special_schools_stand_together():
    assert establishments.phase_name("SECONDARY", "x") == "Secondary"
    assert establishments.phase_name("all-through", "x") == "All-through"
    assert establishments.phase_name("16 Plus", "x") == "16 plus"
    assert (
        establishments.phase_name("Not applicable", "Academy special converter")
        == "Special and alternative provision"
    )
    assert establishments.phase_name("", "Other independent school") == "Independent, phase not given"
    assert establishments.phase_name(None, "Miscellaneous") == "Phase not given"


def test_a_register_gives_its_open_schools_with_years_8_and_9_and_those_without_ages(
    programme, published: Path
):
    """Of the real one 76 by ages and 31 without, of the other 32 by ages, one by its phase and one without; the closed
    are out."""
    with transaction():
        with (published / "register" / "oxfordshire_full_derived.csv").open("rb") as source:
            file = register.read(source, la_codes=["931"], also=register.urns_of(["931"]))
        register.lock()
        changes = register.preview(file, ["931"])
        register.apply(changes, file_name="register.csv", la_codes=["931"], who="Priya", now=NOW)
    found = standings.standings_of_programme(
        programme.id, as_of=date(2027, 3, 2), now=NOW + timedelta(days=3)
    )
    assert (len(found.target), sum(s.ages_unknown for s in found.target)) == {
        "data": (107, 31),
        "made": (34, 1),
    }[published.name]


def test_schools_stand_in_their_own_district_on_the_map(programme, published: Path):
    outlines = (published / "geography" / "oxfordshire_districts.geojson").read_text()
    with transaction():
        make.school(easting=451300, northing=206200, district_code="E07000178", district_name="Oxford")
    found = reckon(programme).target
    drawn = county_map.draw(outlines, figures.figures_of_target(found, county="x").districts, found)
    oxford = next(shape for shape in drawn.shapes if shape.code == "E07000178")
    (mark,) = drawn.marks
    xs, ys = _corners(oxford.path)
    assert min(xs) < mark.x + 6 < max(xs) and min(ys) < mark.y + 6 < max(ys)
    assert len(drawn.shapes) == 5 and sum(len(shape.path) for shape in drawn.shapes) < 20_000


def _corners(path: str) -> tuple[list[int], list[int]]:
    start, _, steps = path.removeprefix("M").removesuffix("z").partition("l")
    x, y = (int(n) for n in start.split(","))
    xs, ys = [x], [y]
    for step in steps.split("z")[0].split():
        dx, dy = (int(n) for n in step.split(","))
        x, y = x + dx, y + dy
        xs.append(x)
        ys.append(y)
    return xs, ys
