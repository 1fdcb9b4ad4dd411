"""Findings of a programme, against the database and against a slow reckoning from single answers."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from statistics import fmean, stdev
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

import answered
import make
from answered import ALL_CLOSED, RELEASED, Answered, Show
from how_many import so_many
from outreach.ground.db import db, transaction
from outreach.outcomes import (
    declines,
    findings,
    items,
    questionnaires,
    releases,
    tallies,
    wave_means,
    waves,
)
from outreach.outcomes.asked_shows import AskedShow, HeldWave
from outreach.outcomes.findings import HIDDEN, NOTHING, OVER, SHOWN, Findings
from outreach.outcomes.item_figures import DISTRICT, QUARTER, SCHOOL_TYPE, YEAR_GROUP, quarter_of
from outreach.outcomes.items import ItemWords, QuestionItem
from outreach.outcomes.judged_releases import Shown, judged
from outreach.outcomes.wave_changes import AFTER, BEFORE, LATER, WaveMean, t_quantile

TODAY = date(2027, 8, 20)


def item(item_id: int = 1) -> QuestionItem:
    return QuestionItem(id=item_id, words="I would know who to tell.", kind="scale", whom_to_tell=True)


def even(number: int, said: tuple[int, int] = (12, 12), **other: Any) -> list[Show]:
    return [Show(said={BEFORE: said, AFTER: (18, 6), LATER: (15, 9)}, **other) for _ in range(number)]


def found_of(shows: list[Show]) -> Findings:
    with transaction():
        told = answered.lay(shows)
    return findings.of_programme(told.programme, now=ALL_CLOSED)


def in_one_release(
    shows: Sequence[AskedShow], held: Sequence[HeldWave], means: Sequence[WaveMean]
) -> Findings:
    shown = judged({1: means}, shows, held, [], day=TODAY)
    release = Shown(day=TODAY, waves=frozenset(wave.id for wave in held), items=shown)
    return findings.findings([item()], {1: means}, shows, held, [release])


def test_before_after_and_later_with_changes_answers_and_response_rates(app: Flask) -> None:
    found = found_of(even(10))
    assert [one.item.words[:2] for one in found.items] == ["If", "If", "I ", "I ", "If", "If"]
    assert found.first is not None and found.first.item.whom_to_tell
    before, after, later = (found.first.whole.waves[kind] for kind in (BEFORE, AFTER, LATER))
    for figure, mean in ((before, 0.5), (after, 0.75), (later, 0.625)):
        assert figure.status == SHOWN and figure.level is not None
        assert figure.level.mean == pytest.approx(mean)
        assert (figure.answers, figure.performances, figure.asked) == (240, 10, 10)
        assert (figure.rate.percent, figure.rate.is_low) == (24, True)
    change = found.first.whole.changes[BEFORE, LATER].change
    assert change is not None and change.difference == pytest.approx(0.125)
    assert (change.low, change.schools) == (None, 10), "all alike: no interval of no width"
    rights = found.items[4].whole.waves[AFTER].level
    assert rights is not None and rights.mean == pytest.approx(0.75), "what is right is counted, not 'true'"


def test_a_wave_that_is_open_is_in_no_figure_and_before_any_is_closed_there_is_nothing(app: Flask) -> None:
    with transaction():
        told = answered.lay([Show(said={}) for _ in range(3)])
    found = findings.of_programme(told.programme, now=make.NOW)
    assert (found.items, found.rows, found.months.change.status) == ([], {}, NOTHING)
    assert len(found.to_ask) == 3 and found.next_show is None
    assert findings.of_programme(told.programme, now=make.EARLIER).next_show == date(2026, 11, 3)


def test_rows_are_by_district_quarter_year_group_and_type_and_never_by_school(app: Flask) -> None:
    kestermere = even(3, school={"district_name": "Kestermere"})
    fenwold = even(3, school={"district_code": "E07000002", "district_name": "Fenwold"}, pupils={9: 100})
    nowhere = even(
        3,
        school={"district_code": None, "district_name": None, "type_of_establishment": "Special"},
        pupils={8: 50, 9: 50},
        weeks=9,
    )
    found = found_of([*kestermere, *fenwold, *nowhere])
    assert set(found.rows) == {DISTRICT, QUARTER, YEAR_GROUP, SCHOOL_TYPE}
    names = {by: [(row.name, row.schools) for row in rows] for by, rows in found.rows.items()}
    assert names == {
        DISTRICT: [("Fenwold", 3), ("Kestermere", 3), ("District not known", 3)],
        QUARTER: [("October to December 2026", 6), ("January to March 2027", 3)],
        YEAR_GROUP: [("Year 8", 3), ("Years 8 and 9", 3), ("Year 9", 3)],
        SCHOOL_TYPE: [("Academy converter", 6), ("Special", 3)],
    }
    assert all(row.waves[AFTER].status == SHOWN for rows in found.rows.values() for row in rows)
    assert found.first is not None
    without = found.first.whole.changes[BEFORE, AFTER].change
    assert without is not None and without.low is None, "under 10 schools: no interval, and said"


def test_a_small_district_is_hidden_with_its_numbers_and_one_more_beside_it(app: Flask) -> None:
    places = [("Kestermere", "1", 4), ("Fenwold", "2", 3), ("North Marl", "3", 1)]
    shows = [
        show
        for name, code, number in places
        for show in even(number, school={"district_name": name, "district_code": f"E0700000{code}"})
    ]
    rows = found_of(shows).rows[DISTRICT]
    status = {row.name: row.waves[AFTER].status for row in rows}
    assert status == {"Kestermere": SHOWN, "Fenwold": HIDDEN, "North Marl": HIDDEN}
    for row in rows:
        if row.name != "Kestermere":
            assert all((f.answers, f.level, f.rate.percent) == (None,) * 3 for f in row.waves.values())
            assert all(c.change is None for c in row.changes.values())


def released(told: Answered) -> Findings:
    """What is found once it is released."""
    with transaction():
        releases.release(told.programme, now=RELEASED)
    return findings.of_programme(told.programme, now=RELEASED)


def test_paper_joins_the_sums_and_what_is_set_aside_or_declined_does_not(app: Flask) -> None:
    with transaction():
        told = answered.lay([*even(3), *even(1, aside=10)], released=False)
        first = waves.of_performance(told.shows[0].id)[1]
        item_id = wave_means.items_asked([first.id])[0].id
        tallies.count(first, {(item_id, 5): 6, (item_id, 1): 4}, who="P", now=told.shows[0].ends_at)
        declines.decline(told.programme, told.shows[1].organisation_id, who="P", now=ALL_CLOSED)
    found = released(told)
    assert found.first is not None and found.first.item.id == item_id
    after = found.first.whole.waves[AFTER]
    assert after.answers == 4 * 24 + 10 - 10
    assert after.rate.percent == round(100 * 96 / 324), "of who declined those who answered"
    assert found.items[1].whole.waves[AFTER].answers == 4 * 24 - 10, "by item alone"


@pytest.mark.parametrize(("shows", "status"), [(4, HIDDEN), (5, OVER)])
def test_a_response_rate_over_95_per_cent_is_said_from_100_pupils_on(
    app: Flask, shows: int, status: str
) -> None:
    found = found_of(even(shows, pupils={8: 24})).first
    assert found is not None and found.whole.waves[BEFORE].rate.status == status


def test_a_show_that_did_not_take_place_is_in_no_figure(app: Flask) -> None:
    with transaction():
        told = answered.lay(even(4), released=False)
        told.shows[0].released_at = told.shows[0].starts_at - timedelta(days=3)
    found = released(told).first
    assert found is not None and found.whole.waves[BEFORE].asked == 3


def test_a_school_that_declined_is_not_among_those_asked_and_one_of_which_nobody_answered_is(
    app: Flask,
) -> None:
    nobody = Show(said={AFTER: (0, 0)}, pupils={8: 28})
    with transaction():
        told = answered.lay([*even(3), nobody, nobody], released=False)
        declines.decline(told.programme, told.shows[3].organisation_id, who="P", now=make.NOW)
    found = released(told).first
    assert found is not None
    after = found.whole.waves[AFTER]
    assert (after.performances, after.asked) == (3, 4)
    assert after.rate.percent == round(100 * 72 / 328)


def test_it_takes_as_many_queries_for_one_show_as_for_many(app: Flask, count_queries: Any) -> None:
    sent = []
    for number, la_code in ((1, "931"), (12, "932")):
        with transaction():
            told = answered.lay(even(number), la_code=la_code)
        db.session.expire_all()
        programme = db.session.merge(told.programme)
        assert programme.id
        with count_queries() as queries:
            findings.of_programme(programme, now=ALL_CLOSED)
        sent.append(len(queries))
    assert sent == [8, 8]


def test_the_primary_question_is_that_of_the_first_questionnaire(app: Flask) -> None:
    with transaction():
        told = answered.lay(even(1))
        programme = told.programme
        second = make.person(db.session.get_one(make.Partnership, programme.partnership_id), name="Al Fox")
        ours = questionnaires.items_of(waves.of_performance(told.shows[0].id)[0].questionnaire_id)
        assert ours[0].whom_to_tell
        words = ItemWords(words="I know who can help.", whom_to_tell=True)
        newer = items.add(programme.partnership_id, words, who="P", now=make.NOW)
        asked = []
        for chosen in ([*ours[1:], ours[0]], [newer, *ours]):
            draft = questionnaires.draft(programme, [one.id for one in chosen], told.person, now=make.NOW)
            questionnaires.approve(draft, second, now=make.NOW)
            show = make.show(programme, make.school(), answered.FIRST_SHOW + timedelta(weeks=20 + len(asked)))
            make.booking(show, {8: 100})
            asked.append(waves.make(show, who="P", now=make.EARLIER)[0].id)
    assert wave_means.items_asked(asked[1:])[0] == newer
    assert wave_means.items_asked(asked)[0] == ours[0]


Answers = list[tuple[int, str, bool]]
"""(performance, wave, whether yes), one for each pupil."""


@st.composite
def programmes(draw: st.DrawFn) -> tuple[list[AskedShow], Answers]:
    number = draw(st.integers(1, 14))
    shows = [
        AskedShow(
            performance=n,
            organisation_id=draw(st.integers(1, 12)),
            day=date(2026, 10, 1) + timedelta(days=draw(st.integers(0, 200))),
            district_code="",
            district=draw(st.sampled_from(["", "Fenwold", "Kestermere"])),
            school_type="Special",
            year_groups=(8,),
            pupils=draw(st.integers(0, 90)),
        )
        for n in range(number)
    ]
    said: Answers = []
    for show in shows:
        for wave in (BEFORE, AFTER, LATER):
            yes, no = draw(st.tuples(st.integers(0, 25), st.integers(0, 25)))
            said += [(show.performance, wave, n < yes) for n in range(yes + no)]
    return shows, said


def month_of(show: AskedShow) -> date:
    return show.day.replace(day=1)


def slow_level(said: Answers, shows: dict[int, int], wave: str) -> tuple[float, float | None, int] | None:
    """Mean, half the interval's width, and answers; from single pupils, each school alike."""
    by_show = defaultdict(list)
    for show, at, yes in said:
        if at == wave and show in shows:
            by_show[show].append(yes)
    schools = defaultdict(list)
    for show, answers in by_show.items():
        if len(answers) >= 10:
            schools[shows[show]].append(fmean(answers))
    means = [fmean(its) for its in schools.values()]
    number = sum(len(answers) for answers in by_show.values() if len(answers) >= 10)
    if not means:
        return None
    half = t_quantile(len(means) - 1) * stdev(means) / len(means) ** 0.5 if len(means) >= 10 else None
    return fmean(means), half or None, number


@given(programmes())
@settings(max_examples=so_many(60), deadline=None)
def test_what_is_shown_is_what_single_answers_come_to(told: tuple[list[AskedShow], Answers]) -> None:
    shows, said = told
    means, held = [], []
    for show in shows:
        for n, wave in enumerate((BEFORE, AFTER, LATER)):
            answers = [yes for at, kind, yes in said if (at, kind) == (show.performance, wave)]
            wave_id = show.performance * 3 + n
            facts = {"performance": show.performance, "month": month_of(show)}
            held.append(HeldWave(id=wave_id, kind=wave, **facts))
            if answers:
                means.append(
                    WaveMean(
                        school=show.organisation_id,
                        wave=wave,
                        answers=len(answers),
                        mean=fmean(answers),
                        **facts,
                    )
                )
    found = in_one_release(shows, held, means)
    if not said:
        assert found.items == []
        return
    assert found.first is not None
    everything = {show.performance: show.organisation_id for show in shows}
    rows = [(found.first.whole, everything)] + [
        (
            row,
            {
                s.performance: s.organisation_id
                for s in shows
                if (s.district or "District not known") == row.name
            },
        )
        for row in found.rows[DISTRICT]
    ]
    for row, within in rows:
        assert row.schools == len({show.organisation_id for show in shows if show.performance in within})
        for wave, figure in row.waves.items():
            slow = slow_level(said, within, wave)
            assert (figure.status == NOTHING) == (slow is None)
            if figure.level is None or slow is None:
                continue
            mean, half, answers = slow
            assert figure.level.mean == pytest.approx(mean) and figure.answers == answers
            assert (figure.level.low is None) == (half is None)
            if half is not None:
                assert figure.level.high == pytest.approx(mean + half)
            if figure.rate.percent is not None:
                could = sum(
                    max(s.pupils, n if n >= 10 else 0)
                    for s in shows
                    if s.performance in within
                    for n in [sum(1 for at, kind, _ in said if (at, kind) == (s.performance, wave))]
                )
                assert figure.rate.percent == round(100 * answers / could)


def test_quarters_are_those_of_the_calendar() -> None:
    assert [quarter_of(date(2026, month, 9)).month for month in range(1, 13)] == [1] * 3 + [4] * 3 + [
        7
    ] * 3 + [10] * 3


def in_march(waiting: int, later: int, *, elsewhere: int = 0) -> Findings:
    """In March so many schools answer before their show, so many others three months after theirs; one of each side does
    with 5 answers alone. `elsewhere`: schools that answered before in another month."""
    shows, means, held = [], [], []
    sides = [(BEFORE, 3)] * (waiting + 1) + [(LATER, 3)] * (later + 1) + [(BEFORE, 5)] * elsewhere
    for n, (kind, month) in enumerate(sides):
        few = n in (waiting, waiting + later + 1)
        facts: dict[str, Any] = {"performance": n, "month": date(2027, month, 1)}
        shows.append(
            AskedShow(
                performance=n,
                organisation_id=n,
                day=date(2027, 3, 1),
                district_code="",
                district="",
                school_type="Special",
                year_groups=(8,),
                pupils=50,
            )
        )
        held.append(HeldWave(id=n, kind=kind, **facts))
        means.append(WaveMean(school=n, wave=kind, answers=5 if few else 20, mean=0.6, **facts))
    return in_one_release(shows, held, means)


def test_each_side_of_the_same_months_says_its_shows_answers_and_response_rate() -> None:
    found = in_march(10, 12).months
    assert found.change.change is not None
    said = {kind: (f.performances, f.asked, f.answers, f.rate.percent) for kind, f in found.sides.items()}
    assert said == {
        BEFORE: (10, 11, 200, round(100 * 200 / 550)),
        LATER: (12, 13, 240, round(100 * 240 / 650)),
    }


def test_a_side_that_leaves_out_few_schools_of_its_wave_hides_its_number_of_answers() -> None:
    found = in_march(10, 10, elsewhere=2).months
    assert found.change.change is not None and found.sides[BEFORE].answers is None
    assert found.sides[BEFORE].rate.status == HIDDEN
    assert in_march(10, 10, elsewhere=3).months.sides[BEFORE].answers == 200
    assert in_march(9, 10, elsewhere=2).months.change.status == HIDDEN
