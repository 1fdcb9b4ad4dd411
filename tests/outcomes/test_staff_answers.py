"""What staff say of a show: kept once, of a show that was, and erased for good where it names a child."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

import make
from outreach.booking.promises import FAILED, Booking
from outreach.ground import history
from outreach.ground.db import broken_guard, db, transaction
from outreach.outcomes import staff_answers
from outreach.outcomes.staff_answers import (
    LATER,
    LESSON,
    SOON,
    EnoughOfStaff,
    NotAsked,
    NothingSaid,
    Said,
    StaffAnswer,
)

START = datetime(2027, 1, 12, 10, tzinfo=UTC)
AFTER = START + timedelta(hours=6)
WORDS = Said(
    impact=4, used=[LESSON], used_words=" We read a scene again. ", change_words="Earlier in the day"
)


@pytest.fixture
def booking(app: Flask) -> Booking:
    with transaction():
        programme = make.programme(make.partnership())
        return make.booking(make.show(programme, make.school(), START), {8: 125})


def kept() -> list[StaffAnswer]:
    db.session.expire_all()
    return list(db.session.scalars(select(StaffAnswer).order_by(StaffAnswer.id)))


def test_it_is_kept_as_it_was_said_without_a_name(booking: Booking) -> None:
    with transaction():
        staff_answers.answer(booking, WORDS, form_key="a", now=AFTER)
        staff_answers.answer(booking, Said(used=[LESSON]), form_key="b", now=START + timedelta(weeks=13))
    first, second = kept()
    assert (first.impact, first.used(), first.used_words, first.change_words, first.moment) == (
        4,
        [LESSON],
        "We read a scene again.",
        "Earlier in the day",
        SOON,
    )
    assert (second.impact, second.moment) == (None, LATER)
    assert history.history_of("booking", booking.reference) == []


def test_one_visit_takes_so_many_forms_and_the_next_weeks_of_asking_their_own(
    booking: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staff_answers, "MOST_OF_A_VISIT", 2)
    with transaction():
        for key in ("a", "b", "b"):
            staff_answers.answer(booking, WORDS, form_key=key, now=AFTER)
    with transaction(), pytest.raises(EnoughOfStaff, match="all we can take"):
        staff_answers.answer(booking, WORDS, form_key="c", now=AFTER)
    with transaction():
        staff_answers.answer(booking, WORDS, form_key="a", now=AFTER)
        staff_answers.answer(booking, WORDS, form_key="c", now=START + timedelta(weeks=13))
    assert [row.form_key for row in kept()] == ["a", "b", "c"]


def test_a_form_sent_twice_is_kept_once_even_at_the_same_moment(app: Flask, booking: Booking) -> None:
    booking_id, together = booking.id, Barrier(2)
    db.session.remove()

    def send() -> None:
        with app.app_context():
            ours = db.session.get_one(Booking, booking_id)
            db.session.rollback()
            together.wait(30)
            with transaction():
                staff_answers.answer(
                    db.session.get_one(Booking, booking_id), WORDS, form_key="same", now=AFTER
                )
            del ours

    threads = [Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(kept()) == 1


@pytest.mark.parametrize("said", [Said(), Said(used_words="  ", change_words="\n")])
def test_who_says_nothing_is_told_so(booking: Booking, said: Said) -> None:
    with transaction(), pytest.raises(NothingSaid):
        staff_answers.answer(booking, said, form_key="a", now=AFTER)
    assert kept() == []


def test_before_it_begins_when_it_failed_and_when_it_was_cancelled_nobody_is_asked(booking: Booking) -> None:
    with transaction(), pytest.raises(NotAsked):
        staff_answers.answer(booking, WORDS, form_key="a", now=START - timedelta(seconds=1))
    booking.outcome = FAILED
    assert not staff_answers.is_asked(booking, now=AFTER)
    booking.outcome, booking.ended_at = None, AFTER
    assert not staff_answers.is_asked(booking, now=AFTER)
    db.session.rollback()
    assert staff_answers.is_asked(booking, now=START)


def test_what_names_a_child_is_erased_for_good_and_what_was_chosen_stays(booking: Booking) -> None:
    with transaction():
        staff_answers.answer(booking, Said(impact=2, used_words="Jo Smith cried"), form_key="a", now=AFTER)
    (row,) = kept()
    for n in range(2):
        with transaction():
            staff_answers.erase(
                row.id, partnership_id=row.partnership_id, who="Priya", now=AFTER + timedelta(days=n)
            )
    (row,) = kept()
    assert (row.used_words, row.change_words, row.impact, row.erased_by) == ("", "", 2, "Priya")
    assert row.erased_at == AFTER
    (deed,) = history.history_of("booking", booking.reference)
    assert (deed.what, deed.who) == ("erased what a member of staff wrote", "Priya")
    assert "Jo" not in str(vars(deed))


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("UPDATE staff_answer SET impact = 1", "staff_answer_stands"),
        ("UPDATE staff_answer SET used_words = 'better'", "staff_answer_stands"),
        ("UPDATE staff_answer SET erased_at = recorded_at, erased_by = 'x'", "ck_staff_answer_erased"),
        ("UPDATE staff_answer SET erased_at = recorded_at, used_words = '', change_words = ''", "erased_by"),
    ],
)
def test_the_database_lets_nobody_change_what_was_said(booking: Booking, change: str, guard: str) -> None:
    with transaction():
        staff_answers.answer(booking, WORDS, form_key="a", now=AFTER)
    with pytest.raises(IntegrityError) as refused:
        db.session.execute(text(change))
    assert guard in broken_guard(refused.value)
    db.session.rollback()


def test_an_answer_cannot_be_another_partnerships(booking: Booking, app: Any) -> None:
    with transaction():
        other = make.partnership(("933",), name="Another")
    with pytest.raises(IntegrityError), transaction():
        db.session.add(
            StaffAnswer(
                partnership_id=other.id,
                booking_id=booking.id,
                form_key="a",
                moment=SOON,
                recorded_at=AFTER,
                impact=3,
                used_lesson=False,
                used_tutor_time=False,
                used_assembly=False,
                used_one_to_one=False,
                used_words="",
                change_words="",
            )
        )
