"""The worked examples of the trade, A to M, as one story with the numbers of the table."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

import make
from outreach.county.schools import School
from outreach.coverage import standings
from outreach.coverage.standings import Reckoning, Standing
from outreach.ground.db import transaction
from outreach.tour.programmes import Programme

FIRST_DAY = date(2026, 9, 1)
NOW = datetime(2027, 8, 1, 12, tzinfo=UTC)


def at(day: date, hour: int = 10) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


@dataclass
class Story:
    programme: Programme
    school: dict[str, School] = field(default_factory=dict)

    def as_of(self, day: date) -> Reckoning:
        return standings.standings_of_programme(self.programme.id, as_of=day, now=NOW)

    def of(self, letter: str, day: date) -> Standing | None:
        organisation_id = self.school[letter].organisation_id
        return next((s for s in self.as_of(day).target if s.organisation_id == organisation_id), None)


@pytest.fixture
def story(app: Flask) -> Story:
    """Everything that happens to schools A to M in the year, put down at once with its dates."""
    with transaction():
        county = make.partnership()
        programme = make.programme(county, audience_ceiling=250)
        told = Story(programme)
        school = told.school

        def opened(letter: str, invited: bool = True, **facts) -> School:
            school[letter] = make.school(name=f"School {letter}", **facts)
            if invited:
                contact = make.contact(school[letter])
                make.invitation(programme, school[letter], address=contact.address)
            return school[letter]

        a = opened("A", statutory_low_age=11, statutory_high_age=18, number_of_pupils=1050)
        first_show = make.show(programme, a, at(date(2026, 11, 10)))
        year_8 = make.booking(first_show, {8: 150}, at(date(2026, 10, 1)))
        second_show = make.show(programme, a, at(date(2026, 11, 17)))
        year_9 = make.booking(second_show, {9: 150}, at(date(2026, 10, 1)))
        e = opened(
            "E",
            type_of_establishment="Community special school",
            phase_of_education="Not applicable",
            statutory_low_age=2,
            statutory_high_age=19,
            number_of_pupils=None,
        )
        guest = make.booking(first_show, {8: 4, 9: 5}, at(date(2026, 10, 5)), of=e)
        make.report(year_8, "school", at(date(2026, 11, 10), 16), {8: 148})
        make.report(guest, "school", at(date(2026, 11, 10), 16), {8: 4, 9: 5})
        make.report(year_8, "company", at(date(2026, 11, 10), 17), 157)
        make.report(year_9, "school", at(date(2026, 11, 17), 16), {9: 151})
        make.report(year_9, "company", at(date(2026, 11, 17), 17), 149)

        b = opened("B", statutory_low_age=11, statutory_high_age=16, number_of_pupils=900)
        shown = make.booking(make.show(programme, b, at(date(2026, 12, 1))), {8: 180}, at(date(2026, 10, 2)))
        make.report(shown, "company", at(date(2026, 12, 1), 18), 176)

        opened("C", phase_of_education="Primary", statutory_low_age=4, statutory_high_age=11)

        d = opened(
            "D",
            phase_of_education="Middle deemed secondary",
            statutory_low_age=9,
            statutory_high_age=13,
            number_of_pupils=480,
        )
        make.booking(make.show(programme, d, at(date(2027, 3, 3))), {8: 120}, at(date(2026, 12, 3)))

        f = opened(
            "F",
            invited=False,
            type_of_establishment="Independent school",
            phase_of_education="Not applicable",
            statutory_low_age=None,
            statutory_high_age=None,
            number_of_pupils=None,
        )
        make.contact(f, address="office@f.example")
        make.invitation(programme, f, at(date(2026, 10, 1)), address="Office@f.example")
        make.dead_address("office@f.example", at(date(2026, 10, 2)))

        g = opened("G", number_of_pupils=700)
        both = make.booking(
            make.show(programme, g, at(date(2026, 10, 13))), {8: 98, 9: 97}, at(date(2026, 9, 20))
        )
        make.report(both, "school", at(date(2026, 10, 13), 16), {8: 95, 9: 96})
        make.record(g, at(date(2027, 1, 4)), status="Closed", close_date=date(2026, 12, 31))
        h = opened("H", invited=False, recorded_at=at(date(2027, 1, 4)), number_of_pupils=700)
        make.succession(g, h, at(date(2027, 1, 4)), date(2027, 1, 1))

        i = opened("I", number_of_pupils=700)
        make.answer(programme, i, "declined", at(date(2026, 11, 2)), "exams until July")

        j = opened("J", number_of_pupils=700)
        make.booking(make.show(programme, j, at(date(2027, 3, 8))), {8: 100, 9: 100}, at(date(2026, 12, 3)))

        k = opened("K", number_of_pupils=700)
        off = make.booking(
            make.show(programme, k, at(date(2027, 2, 2))), {8: 100, 9: 100}, at(date(2026, 12, 3))
        )
        make.cancellation(off, at(date(2027, 2, 1)), "company", "The cast is ill")

        l_ = opened("L", number_of_pupils=1500)
        make.own_number(l_, 8, 300)
        make.own_number(l_, 9, 0)
        only = make.booking(make.show(programme, l_, at(date(2027, 1, 12))), {8: 250}, at(date(2026, 12, 3)))
        make.report(only, "school", at(date(2027, 1, 12), 16), {8: 20})

        m = opened("M", number_of_pupils=700)
        late = make.booking(make.show(programme, m, at(_day(98))), {8: 100, 9: 100}, at(date(2026, 9, 20)))
        make.report(late, "school", at(_day(103), 16), {8: 90, 9: 90})
    return told


def _day(number: int) -> date:
    """The nth day of the academic year."""
    return FIRST_DAY + timedelta(days=number - 1)


NINTH_OF_MARCH = date(2027, 3, 9)


def test_a_is_part_seen_between_its_two_shows(story):
    a = story.of("A", date(2026, 11, 12))
    assert (a.standing, a.cause, a.is_gap) == ("part seen", "rest booked on 17 November 2026", False)
    assert (a.seen_pupils, a.target_pupils, a.estimated) == (148, 300, True)


def test_a_is_seen_after_both_shows_counted_by_both(story):
    a = story.of("A", NINTH_OF_MARCH)
    assert (a.standing, a.is_gap, a.evidence) == ("seen", False, "counted by both")
    assert (a.seen_pupils, a.target_pupils, a.estimated) == (299, 300, True)


def test_b_misses_year_9(story):
    b = story.of("B", NINTH_OF_MARCH)
    assert (b.standing, b.cause, b.is_gap, b.evidence) == ("part seen", "Year 9 missing", True, "one side")
    assert (b.seen_pupils, b.target_pupils, b.seen_estimated) == (176, 360, False)


def test_c_a_primary_is_not_in_the_target(story):
    assert story.of("C", NINTH_OF_MARCH) is None


def test_d_a_middle_school_is_booked_for_its_only_year_group(story):
    d = story.of("D", date(2027, 3, 2))
    assert (d.standing, d.is_gap, d.year_groups) == ("booked", False, {8: "booked"})
    assert (d.seen_pupils, d.target_pupils) == (0, 120)


def test_e_is_seen_as_a_guest_of_a(story):
    e = story.of("E", date(2026, 11, 12))
    assert (e.standing, e.seen_pupils, e.target_pupils, e.is_gap) == ("seen", 9, None, False)


def test_f_is_unreachable_with_ages_unknown(story):
    f = story.of("F", NINTH_OF_MARCH)
    assert (f.standing, f.ages_unknown, f.seen_pupils, f.target_pupils) == ("unreachable", True, 0, None)
    assert (f.is_gap, f.cause) == (True, "no address: every address bounced")


def test_g_closed_and_h_takes_over_what_it_saw(story):
    before = story.of("G", date(2026, 11, 12))
    assert (before.standing, before.seen_pupils) == ("seen", 191)
    assert story.of("G", NINTH_OF_MARCH) is None
    h = story.of("H", NINTH_OF_MARCH)
    assert (h.standing, h.seen_pupils, h.target_pupils) == ("seen", 191, 200)


def test_i_declined_with_its_reason(story):
    i = story.of("I", NINTH_OF_MARCH)
    assert (i.standing, i.cause, i.is_gap) == ("declined", "declined: exams until July", True)
    assert (i.seen_pupils, i.target_pupils) == (0, 200)


def test_j_whose_show_was_yesterday_is_to_confirm(story):
    j = story.of("J", NINTH_OF_MARCH)
    assert (j.standing, j.kind, j.is_gap, j.since) == ("to confirm", "report missing", True, date(2027, 3, 8))
    assert (j.seen_pupils, j.target_pupils) == (0, 200)


def test_k_was_cancelled_by_the_company(story):
    k = story.of("K", NINTH_OF_MARCH)
    assert (k.standing, k.cause, k.is_gap) == ("asked", "cancelled by the company on 1 February 2027", True)
    assert (k.seen_pupils, k.target_pupils) == (0, 200)


def test_l_had_20_of_300_counted(story):
    lonely = story.of("L", NINTH_OF_MARCH)
    assert (lonely.standing, lonely.cause, lonely.is_gap) == ("part seen", "20 of 300 counted", True)
    assert (lonely.seen_pupils, lonely.target_pupils, lonely.estimated) == (20, 300, False)
    assert lonely.year_groups == {8: "part seen"}


def test_m_is_to_confirm_until_the_day_of_its_report(story):
    assert story.of("M", _day(97)).standing == "booked"
    assert story.of("M", _day(100)).standing == "to confirm"
    assert story.of("M", _day(102)).standing == "to confirm"
    assert story.of("M", _day(103)).standing == "seen"


def test_the_story_sums_to_its_target(story):
    reckoning = story.as_of(NINTH_OF_MARCH)
    assert sorted(s.name for s in reckoning.target) == [f"School {x}" for x in "ABDEFHIJKLM"]
    assert (reckoning.excluded, reckoning.also_seen) == ([], [])
