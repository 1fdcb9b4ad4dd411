"""What a promise came to, case by case, without a database: words, evidence, and who was counted."""

from datetime import UTC, datetime, timedelta

import pytest

from outreach.booking.promises import BOOKED, CANCELLED, DISAGREE, FAILED, MISSING, TOOK_PLACE
from outreach.ground.school_year import STAFF
from outreach.visits import verdicts
from outreach.visits.reports import COMPANY, SCHOOL, SETTLED, too_far_apart
from outreach.visits.verdicts import (
    BOTH_AGREE,
    COUNTED_BY_BOTH,
    NOT_COUNTED,
    ONE_SIDE,
    SETTLED_WORD,
    Promised,
    ReportTold,
    Verdict,
    shared_out,
)

STARTS = datetime(2027, 3, 9, 9, 30, tzinfo=UTC)
ENDS = STARTS + timedelta(minutes=75)
EVENING = STARTS + timedelta(hours=9)


def promise(
    n: int = 1, pupils: dict[int, int] | None = None, *, ended: bool = False, show: int = 7
) -> Promised:
    return Promised(
        id=n,
        organisation_id=900_000 + n,
        performance_id=show,
        created_at=STARTS - timedelta(days=50),
        starts_at=STARTS,
        ends_at=ENDS,
        ended_at=STARTS - timedelta(days=3) if ended else None,
        ended_by="school" if ended else None,
        pupils={8: 100} if pupils is None else pupils,
    )


def word(
    side: str,
    count: int | dict[int, int] | None = None,
    *,
    of: int = 1,
    took: bool = True,
    at: datetime = EVENING,
    n: int = 1,
    filled_in: datetime | None = None,
) -> ReportTold:
    return ReportTold(
        id=n,
        performance_id=7,
        booking_id=None if side == COMPANY else of,
        side=side,
        took_place=took,
        total=count if isinstance(count, int) else None,
        recorded_at=at,
        filled_in_at=filled_in,
        nobody_came=False,
        split=count if isinstance(count, dict) else {},
    )


def judged(
    promises: list[Promised], *words: ReportTold, at: datetime = EVENING, for_adults: bool = False
) -> list[Verdict]:
    return verdicts.verdicts_on_promises(promises, words, moment=at, for_adults=for_adults)


def said(
    *words: ReportTold, pupils: dict[int, int] | None = None
) -> tuple[str, str, dict[int, int] | None, bool]:
    (found,) = judged([promise(pupils=pupils)], *words)
    return found.word, found.evidence, found.counted, found.estimated


def test_until_its_end_it_is_booked_and_from_then_on_its_report_is_missing() -> None:
    assert [judged([promise()], at=at)[0].word for at in (ENDS - timedelta(seconds=1), ENDS)] == [
        BOOKED,
        MISSING,
    ]
    other = [promise(), promise(2)]  # where the other school of the show has said something already
    told = word(SCHOOL, 50, of=2, at=STARTS)
    for at, own in ((ENDS - timedelta(seconds=1), BOOKED), (ENDS, MISSING)):
        assert [v.word for v in judged(other, told, at=at)] == [own, TOOK_PLACE]


def test_what_was_said_before_the_show_begins_tells_of_an_earlier_time() -> None:
    early = STARTS - timedelta(seconds=1)
    for side in (SCHOOL, COMPANY, SETTLED):
        assert said(word(side, 90, at=early))[0] == MISSING, side
        assert said(word(side, 90, at=STARTS))[0] == TOOK_PLACE, side


def test_of_a_sides_words_the_one_filled_in_last_holds_whichever_came_last() -> None:
    hour = timedelta(hours=1)
    newer = word(COMPANY, 97, n=1, at=EVENING)
    for waited, wanted in ((2 * hour, 97), (hour, 96), (hour / 2, 96)):
        late = word(COMPANY, 96, n=2, at=EVENING + hour, filled_in=EVENING + hour - waited)
        (found,) = judged([promise()], newer, late, at=EVENING + 2 * hour)
        assert sum((found.counted or {}).values()) == wanted, waited


def test_what_was_cancelled_stays_so_whatever_is_told_and_takes_no_part_in_its_show() -> None:
    gone, stays = judged([promise(ended=True), promise(2)], word(SCHOOL, 50), word(COMPANY, 80))
    assert (gone.word, gone.year_groups, gone.counted, gone.evidence) == (CANCELLED, (8,), None, "")
    assert (stays.word, stays.counted) == (TOOK_PLACE, {8: 80})


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ([word(SCHOOL, 90)], (TOOK_PLACE, ONE_SIDE, {8: 90}, False)),
        ([word(COMPANY, 90)], (TOOK_PLACE, ONE_SIDE, {8: 90}, False)),
        ([word(SCHOOL), word(COMPANY)], (TOOK_PLACE, NOT_COUNTED, None, False)),
        ([word(SCHOOL)], (TOOK_PLACE, ONE_SIDE, None, False)),
        ([word(SETTLED)], (TOOK_PLACE, NOT_COUNTED, None, False)),
        ([word(SETTLED, 90)], (TOOK_PLACE, SETTLED_WORD, {8: 90}, False)),
        ([word(SCHOOL, 90), word(COMPANY)], (TOOK_PLACE, BOTH_AGREE, {8: 90}, False)),
        ([word(SCHOOL), word(COMPANY, 90)], (TOOK_PLACE, BOTH_AGREE, {8: 90}, False)),
        ([word(SCHOOL, 90), word(COMPANY, 95)], (TOOK_PLACE, COUNTED_BY_BOTH, {8: 90}, False)),
        ([word(SCHOOL, 90), word(COMPANY, 96)], (DISAGREE, "", None, False)),
        ([word(SCHOOL, 90), word(COMPANY, took=False)], (DISAGREE, "", None, False)),
        ([word(SCHOOL, took=False)], (FAILED, "", None, False)),
        ([word(SCHOOL, took=False), word(COMPANY, took=False)], (FAILED, "", None, False)),
        (
            [word(SETTLED, 80), word(SCHOOL, 90), word(COMPANY, 200)],
            (TOOK_PLACE, SETTLED_WORD, {8: 80}, False),
        ),
        ([word(SETTLED), word(SCHOOL, 90)], (TOOK_PLACE, SETTLED_WORD, {8: 90}, False)),
        ([word(SETTLED, took=False), word(SCHOOL, 90)], (FAILED, "", None, False)),
    ],
)
def test_what_both_sides_and_the_coordinator_say(
    words: list[ReportTold], wanted: tuple[str, str, dict[int, int] | None, bool]
) -> None:
    found = said(*words)
    if found[0] == FAILED:  # how strong a word is, is asked of what took place
        found = FAILED, "", *found[2:]
    assert found == wanted


def test_the_newest_word_of_a_side_holds() -> None:
    assert said(word(SCHOOL, 90), word(SCHOOL, 70))[2] == {8: 70}
    assert said(word(COMPANY, 90), word(COMPANY, 70))[2] == {8: 70}


@pytest.mark.parametrize(
    ("by_schools", "by_company", "apart"),
    [
        (50, 55, False),
        (50, 56, True),
        (50, 45, False),
        (50, 44, True),
        (200, 210, False),
        (200, 211, True),
        (0, 5, False),
    ],
)
def test_two_counts_are_apart_by_more_than_five_or_five_per_cent(
    by_schools: int, by_company: int, apart: bool
) -> None:
    assert too_far_apart(by_schools, by_company) is apart


def test_a_count_is_shared_out_over_the_year_groups_promised_and_says_that_it_was() -> None:
    assert said(word(SCHOOL, 101), pupils={8: 50, 9: 50})[2:] == ({8: 51, 9: 50}, True)
    assert said(word(COMPANY, 101), pupils={8: 50, 9: 50})[2:] == ({8: 51, 9: 50}, True)
    assert said(word(SCHOOL, {8: 60, 9: 41}), pupils={8: 50, 9: 50})[2:] == ({8: 60, 9: 41}, False)
    assert said(word(COMPANY, {8: 60, 9: 41}), pupils={8: 50, 9: 50})[2:] == ({8: 60, 9: 41}, False)


def test_year_groups_that_came_count_beside_those_promised() -> None:
    (found,) = judged([promise()], word(SCHOOL, {10: 3, 7: 20, 9: 0}))
    assert (found.year_groups, found.counted) == ((7, 8, 10), {10: 3, 7: 20, 9: 0})


# Host and guests


def test_who_gave_no_number_gets_its_part_of_what_the_others_leave() -> None:
    three = [promise(1, {8: 100}), promise(2, {8: 20}), promise(3, {8: 10})]
    host, guest, small = judged(three, word(SCHOOL, 95), word(COMPANY, 128))
    assert (host.counted, host.estimated, host.evidence) == ({8: 95}, False, BOTH_AGREE)
    assert (guest.counted, guest.estimated, guest.evidence) == ({8: 22}, True, ONE_SIDE)
    assert (small.counted, small.estimated) == ({8: 11}, True)


def test_it_is_shared_out_year_group_by_year_group_where_the_company_counted_so() -> None:
    both = [promise(1, {8: 100}), promise(2, {8: 20, 9: 10})]
    host, guest = judged(both, word(SCHOOL, {8: 90, 9: 5}), word(COMPANY, {8: 112, 9: 13}))
    assert (host.counted, guest.counted, guest.estimated) == ({8: 90, 9: 5}, {8: 22, 9: 8}, True)


def test_nobody_gets_a_part_of_a_year_group_that_was_not_promised() -> None:
    three = [promise(1, {8: 100}), promise(2, {8: 20}), promise(3, {9: 10})]
    _, guest, small = judged(three, word(SCHOOL, {8: 90}), word(COMPANY, {8: 112, 9: 13}))
    assert [(v.counted or {}).get(y, 0) for v in (guest, small) for y in (8, 9)] == [22, 0, 0, 13]


def test_nobody_is_left_less_than_none() -> None:
    host, guest = judged([promise(1), promise(2, {8: 20})], word(SCHOOL, 95), word(COMPANY, 80))
    assert (host.counted, guest.counted) == ({8: 95}, {8: 0})


def test_who_did_not_come_is_nought_and_leaves_its_part_to_the_others() -> None:
    away, host = judged(
        [promise(1), promise(2)], word(SCHOOL, took=False), word(SETTLED, took=False), word(COMPANY, 80)
    )
    assert (away.word, away.counted) == (FAILED, None)
    assert (host.word, host.counted) == (TOOK_PLACE, {8: 80})


def test_all_counts_of_a_show_are_held_against_the_head_count_together() -> None:
    both = [promise(1), promise(2, {8: 20})]
    words = word(SCHOOL, 95), word(SCHOOL, 20, of=2)
    assert [v.evidence for v in judged(both, *words, word(COMPANY, 120))] == [COUNTED_BY_BOTH] * 2
    assert [v.word for v in judged(both, *words, word(COMPANY, 121))] == [DISAGREE] * 2
    settled = judged(both, *words, word(SETTLED, 95), word(COMPANY, 200))
    assert [(v.word, v.evidence) for v in settled] == [(TOOK_PLACE, SETTLED_WORD), (DISAGREE, "")]


def test_a_company_that_says_it_did_not_take_place_counted_nobody() -> None:
    (found,) = judged([promise()], word(SETTLED), word(COMPANY, 50, took=False))
    assert (found.word, found.counted) == (TOOK_PLACE, None)


def test_shows_are_judged_apart_and_come_back_in_the_order_given() -> None:
    other = promise(2, show=8)
    found = judged([other, promise()], word(COMPANY, 80))
    assert [(v.promise.id, v.word, v.counted) for v in found] == [
        (2, MISSING, None),
        (1, TOOK_PLACE, {8: 80}),
    ]


def test_adults_are_one_group_that_is_counted_whether_or_not_a_number_was_promised() -> None:
    gone, came = judged(
        [promise(1, {}, ended=True), promise(2, {})], word(SETTLED, of=2), word(COMPANY, 9), for_adults=True
    )
    assert (gone.year_groups, came.year_groups) == ((STAFF,), (STAFF,))
    assert (came.word, came.evidence, came.counted) == (TOOK_PLACE, SETTLED_WORD, {STAFF: 9})
    assert not came.estimated
    (silent,) = judged([promise(1, {STAFF: 12})], word(SETTLED), for_adults=True)
    assert (silent.year_groups, silent.counted, silent.evidence) == ((STAFF,), None, NOT_COUNTED)


def test_two_groups_of_staff_share_a_head_count_as_they_promised() -> None:
    host, guest = judged(
        [promise(1, {STAFF: 30}), promise(2, {STAFF: 10})], word(COMPANY, 20), for_adults=True
    )
    assert (host.counted, guest.counted) == ({STAFF: 15}, {STAFF: 5})
    assert host.estimated and guest.estimated


# In whole parts


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (10, {}, {}),
        (10, {"a": 1}, {"a": 10}),
        (10, {"a": 1, "b": 1, "c": 1}, {"a": 4, "b": 3, "c": 3}),
        (11, {"a": 1, "b": 1, "c": 1}, {"a": 4, "b": 4, "c": 3}),
        (10, {"a": 1, "b": 2}, {"a": 3, "b": 7}),
        (10, {"a": 0, "b": 2}, {"a": 0, "b": 10}),
        (5, {"a": 0, "b": 0}, {"a": 3, "b": 2}),
        (0, {"a": 3, "b": 1}, {"a": 0, "b": 0}),
    ],
)
def test_a_whole_number_is_shared_in_whole_parts(
    total: int, weights: dict[str, int], parts: dict[str, int]
) -> None:
    assert shared_out(total, weights) == parts
