"""Which pupils come to which show, and what is asked about: pure."""

from outreach.booking import seats
from outreach.booking.accounts import Expected
from outreach.ground.school_year import STAFF


def test_split_keeps_year_groups_together_when_each_fits_a_show() -> None:
    assert seats.proposed({8: 150, 9: 148}, 2, 250) == [{8: 150, 9: 0}, {8: 0, 9: 148}]


def test_split_of_one_large_year_group_makes_shows_of_one_size() -> None:
    assert seats.proposed({8: 301}, 2, 250) == [{8: 151}, {8: 150}]


def test_split_of_three_year_groups_puts_the_largest_alone() -> None:
    assert seats.proposed({7: 90, 8: 200, 9: 110}, 2, 250) == [{7: 90, 8: 0, 9: 110}, {7: 0, 8: 200, 9: 0}]


def test_split_of_more_pupils_than_all_shows_seat_leaves_the_rest_out() -> None:
    assert seats.proposed({8: 300, 9: 300}, 2, 250) == [{8: 250, 9: 0}, {8: 50, 9: 200}]


def test_split_of_an_unknown_number_proposes_nothing() -> None:
    assert seats.proposed({8: 150, 9: None}, 2, 250) is None
    assert seats.proposed({}, 2, 250) is None


def test_question_comes_above_the_estimate_and_a_tenth_only() -> None:
    known = {8: Expected(pupils=108, estimated=True)}
    assert seats.beyond_count({8: 119}, known, {}) == {}
    assert seats.beyond_count({8: 1080}, known, {}) == {
        8: "Your school has 108 pupils in Year 8 by our count; you entered 1,080. Is that right?"
    }


def test_question_counts_what_is_promised_elsewhere() -> None:
    known = {8: Expected(pupils=108, estimated=False)}
    assert seats.beyond_count({8: 60}, known, {8: 48}) == {}
    assert list(seats.beyond_count({8: 61}, known, {8: 48})) == [8]


def test_question_is_not_asked_of_a_number_we_do_not_know() -> None:
    assert seats.beyond_count({8: 900}, {8: Expected(pupils=None, estimated=True)}, {}) == {}


def test_ceiling_says_what_fits_and_how_many_are_left() -> None:
    assert seats.over_ceiling([{8: 250}, {8: 200, 9: 112}], 250) == {
        1: "One show holds at most 250 pupils and you entered 312. "
        "Bring 250 to this one and choose another time for the other 62."
    }
    assert seats.over_ceiling([{STAFF: 999}], 60) == {
        0: "One session holds at most 60 staff and you entered 999. Let some of them come to another."
    }
