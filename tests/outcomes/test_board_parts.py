"""Reports to the board with whether it helped, commitments and what it cost; kept as published."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

import answered
import make
from answered import Answered, Show
from drawn_by_lot import lay_draw
from outreach.coverage.board import publishing, sheets
from outreach.coverage.board.publishing import BoardReport
from outreach.ground.db import db, transaction
from outreach.outcomes import releases, waves
from outreach.outcomes.cost import budgets, spending
from outreach.outcomes.cost.budgets import RECKONED
from outreach.outcomes.cost.spending import Spent
from outreach.visits import pledges

EVEN = {"before": (12, 12), "after": (18, 6)}
DAY = date(2027, 1, 19)
MORNING_AFTER = datetime(2027, 1, 20, 9, 14, tzinfo=UTC)


COUNTED = {8: 55, 9: 54}


def lay(shows: int, late: int = 0, counted: dict[int, int] = COUNTED) -> Answered:
    """Shows of November at schools of their own, counted; what pupils answered there is released in December, and that
    of `late` in February."""
    told = answered.lay([Show(said=EVEN, pupils={8: 60, 9: 60}) for _ in range(shows + late)], released=False)
    closed = []
    for n, show in enumerate(told.shows):
        (booking,) = db.session.scalars(
            db.select(make.Booking).where(make.Booking.performance_id == show.id)
        ).all()
        make.report(booking, "school", show.ends_at + timedelta(hours=2), counted)
        for wave in waves.of_performance(show.id):
            if wave.closed_at is not None:
                wave.closed_at = None if n >= shows else datetime(2026, 11, 10, tzinfo=UTC)
                closed.append(wave)
    db.session.flush()
    releases.release(told.programme, now=datetime(2026, 12, 15, tzinfo=UTC))
    for wave in closed:
        wave.closed_at = wave.closed_at or datetime(2027, 2, 1, tzinfo=UTC)
    db.session.flush()
    releases.release(told.programme, now=datetime(2027, 2, 15, tzinfo=UTC))
    return told


def published(told: Answered, day: date = DAY, now: datetime = MORNING_AFTER) -> BoardReport:
    return publishing.publish(told.programme, day, who="Priya", now=now)


def priced(told: Answered) -> None:
    for show in told.shows:
        show.tour_day.troupe.cost_day_pence = 64_000
    budgets.set_budget(told.programme, 1_000_000, RECKONED, who="Priya", now=make.EARLIER)
    spending.enter(
        told.programme,
        Spent(day=date(2026, 12, 1), words="Leaflets", pence=10_000),
        entry="one",
        who="Priya",
        now=make.EARLIER,
    )


@pytest.mark.both_databases
def test_a_report_says_whether_it_helped_what_schools_did_and_what_it_cost(app: Flask) -> None:
    with transaction():
        told = lay(10)
        priced(told)
        said = published(told).content
    assert said["lead"][-1] == (
        "Under 30% of pupils answered, too few to say whether more would know whom to tell."
    )
    before, after, _ = said["outcomes"]["waves"]
    assert (before["share"], after["share"], after["answers"]) == (50, 75, 240)
    assert said["outcomes"]["order"] == "Schools were not chosen by lot."
    assert said["followed"]["schools"] == 10
    assert {row["promise"] for row in said["followed"]["promises"]} == set(pledges.PLEDGES)
    assert said["cost"]["spent_pence"] == 650_000
    assert said["cost"]["a_pupil_pence"] == round(650_000 / said["whole"]["pupils_seen"]["number"])
    assert said["cost"]["said"] == (
        "About £6,500 of £10,000 spent: £650 a performance, £650 a school reached and "
        f"£{650_000 / said['whole']['pupils_seen']['number'] / 100:.2f} a pupil seen."
    )


def test_a_report_says_for_how_many_schools_a_lot_drew_who_was_asked_first(app: Flask) -> None:
    with transaction():
        told = lay(10)
        schools = [show.organisation_id for show in told.shows]
        lay_draw(told.programme, schools[:3], schools[3:7])
        lay_draw(told.programme, schools[7:8], schools[8:], now=MORNING_AFTER)
        said = published(told).content["outcomes"]
    assert said["order"] == "Who was asked first was drawn by lot for 7 of 10 schools."


@pytest.mark.both_databases
def test_commitments_are_counted_by_the_reports_day_expected_and_agreed(app: Flask) -> None:
    """All four had a lesson or not, only the last two agreed to one; the last had none."""
    with transaction():
        told = lay(4)
        for n, show in enumerate(told.shows):
            (booking,) = db.session.scalars(
                db.select(make.Booking).where(make.Booking.performance_id == show.id)
            ).all()
            if n > 1:
                pledges.promise(booking, [pledges.LESSON], who="x", now=show.starts_at - timedelta(days=9))
            for pledge, done in ((pledges.LESSON, n < 3), (pledges.STAFF_BRIEFED, True)):
                db.session.add(
                    pledges.PledgeAnswer(
                        partnership_id=booking.partnership_id,
                        booking_id=booking.id,
                        pledge=pledge,
                        said=pledges.DONE if done else pledges.NOT_DONE,
                        side="school",
                        recorded_at=show.ends_at + timedelta(days=1 if n < 2 else 90),
                        who="Joanna Fell",
                    )
                )
        db.session.flush()
        first = published(told)
        later = published(told, date(2027, 2, 19), datetime(2027, 2, 20, 9, tzinfo=UTC)).content["followed"]

    def lesson(said: dict[str, Any], which: str) -> list[int]:
        (row,) = (row for row in said["promises"] if row["promise"] == pledges.LESSON)
        return list(row[which].values())

    said = first.content["followed"]
    assert lesson(said, "expected") == [4, 2, 0, 0, 0, 2] and lesson(said, "agreed") == [2, 0, 0, 0, 0, 2]
    assert lesson(later, "expected") == [4, 3, 0, 1, 0, 0] and lesson(later, "agreed") == [2, 1, 0, 1, 0, 0]
    row = next(row for row in later["promises"] if row["promise"] == pledges.LESSON)
    assert [row[name] for name in ("due", "kept", "not_kept", "not_answered")] == [2, 1, 1, 0]
    assert later["said"] == (
        "Of what is expected of schools besides the performance, 29% is said to be done. Of what they agreed to, it is "
        "50%. Least often done: safeguarding lead present, 0 of 4 schools."
    )
    (sheet,) = (rows for name, _, rows in sheets.further({"followed": later}) if name == "Commitments")
    assert [pledges.LESSON, "that agreed to it", 2, 1, 0, 1, 0, 0] in sheet


def test_the_next_report_says_that_the_definition_changed_and_those_before_stay(app: Flask) -> None:
    with transaction():
        told = lay(4)
        made = publishing.draft(told.programme, DAY, now=MORNING_AFTER)
        row = {"promise": pledges.LESSON, "due": 4, "kept": 2, "not_kept": 1, "not_answered": 1}
        said = {"schools": 4, "promises": [row], "said": "48% is said to be done"}
        old = BoardReport(
            partnership_id=told.programme.partnership_id,
            programme_id=told.programme.id,
            number=1,
            as_of=DAY,
            published_at=MORNING_AFTER,
            published_by="Priya",
            content={**made.content, "followed": said},
            basis=made.basis,
        )
        db.session.add(old)
        db.session.flush()
        second = published(told, date(2027, 2, 1), datetime(2027, 2, 2, 9, tzinfo=UTC)).content["followed"]
        third = published(told, date(2027, 2, 19), datetime(2027, 2, 20, 9, tzinfo=UTC)).content["followed"]
    assert made.content["followed"]["changed"] == third["changed"] == ""
    assert second["changed"].startswith("The definition changed: ")
    assert ["Commitments", [[second["changed"]]]] in [
        [name, rows[-1:]] for name, _, rows in sheets.further({"followed": second})
    ]
    db.session.expire_all()
    assert old.content["followed"] == said
    assert ("Promises kept", [[pledges.LESSON, 4, 2, 1, 1]]) in [
        (name, rows) for name, _, rows in sheets.further({"followed": old.content["followed"]})
    ]


def test_where_pupils_seen_are_hidden_a_price_for_each_is_not_said(app: Flask) -> None:
    with transaction():
        told = lay(3, counted={8: 1, 9: 0})
        priced(told)
        said = published(told).content
    assert said["whole"]["pupils_seen"]["status"] == "hidden"
    assert said["cost"]["a_pupil_pence"] is None and "pupil" not in said["cost"]["said"]


@pytest.mark.parametrize(("late", "answers"), [(1, 144), (3, 216)])
def test_a_report_of_a_month_ago_stays_and_that_of_today_gives_no_single_school_away(
    app: Flask, late: int, answers: int
) -> None:
    with transaction():
        told = lay(6, late=late)
        first = published(told)
        was = dict(first.content)
    with transaction():
        second = published(told, date(2027, 2, 19), datetime(2027, 2, 20, 9, tzinfo=UTC))
    assert db.session.get_one(BoardReport, first.id).content == was
    one, other = first.content["outcomes"], second.content["outcomes"]
    assert (one["waves"][1]["answers"], one["as_of"]) == (144, "2026-12-15"), "nothing of after its day"
    assert other["waves"][1]["answers"] == answers, "168 less 144 would be one school's 24"


def test_before_any_answer_and_any_money_a_report_says_so_or_is_silent(app: Flask) -> None:
    with transaction():
        told = answered.lay([Show(said={}) for _ in range(3)])
        said = published(told).content
    assert said["outcomes"]["waves"] == [] and said["outcomes"]["evidence"] == (
        "Nothing can be said yet of whether it helped: too few pupils have been asked."
    )
    assert "cost" not in said
    assert said["followed"]["said"] == "Nothing is due yet of what schools do besides the performance."
    assert list(sheets.further(said))[0][2] == [
        ["What it is worth", "Nothing can be said yet of whether it helped: too few pupils have been asked."]
    ]


def test_adults_have_neither_answers_nor_promises(app: Flask) -> None:
    with transaction():
        programme = make.programme(make.partnership(), (), for_adults=True)
        make.school()
        said = publishing.publish(programme, DAY, who="Priya", now=MORNING_AFTER).content
    assert not {"outcomes", "followed", "cost"} & set(said)
    assert list(sheets.further(said)) == []


def test_a_report_takes_as_many_queries_for_more_shows(app: Flask, count_queries: Any) -> None:
    counts = []
    for n, code in ((3, "931"), (9, "932")):
        with transaction():
            told = answered.lay([Show(said=EVEN) for _ in range(n)], la_code=code, released=False)
            releases.release(told.programme, now=datetime(2026, 12, 15, tzinfo=UTC))
            priced(told)
        db.session.expire_all()
        with transaction(), count_queries() as queries:
            publishing.draft(told.programme, DAY, now=MORNING_AFTER)
        counts.append(len(queries))
    assert counts[0] == counts[1], counts
