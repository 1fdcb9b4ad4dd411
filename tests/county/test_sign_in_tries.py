"""Wrong tries to sign in: how long the next waits, whom they hold up and whom not."""

from datetime import datetime, timedelta
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import delete, func, select

import make
from outreach.county import sign_in_tries
from outreach.county.sign_in_tries import (
    COUNTED_FOR,
    FREE,
    FROM_ANYWHERE,
    LONGEST_WAIT,
    SignInFailure,
    Source,
    TooManyTries,
)
from outreach.ground.db import db, transaction

PRIYA, OWEN = "priya@marlshire.example", "owen@marlshire.example"
PROXY, CAFE = Source(origin="proxy", device=""), Source(origin="cafe", device="")
HER_LAPTOP = Source(origin="proxy", device="laptop")


def tries(source: Source, count: int = 1, *, email: str = PRIYA, now: datetime = make.NOW) -> None:
    for _ in range(count):
        with transaction():
            sign_in_tries.begin(email, source, now=now)


def wait(source: Source, *, email: str = PRIYA, now: datetime = make.NOW) -> timedelta:
    """How long a try from there has to wait."""
    try:
        with transaction() as session:
            sign_in_tries.begin(email, source, now=now)
            session.rollback()
    except TooManyTries as refusal:
        return refusal.wait
    return timedelta()


def counted() -> int:
    return db.session.scalar(select(func.count()).select_from(SignInFailure)) or 0


def test_five_wrong_tries_cost_no_waiting_and_each_more_doubles_it_up_to_a_quarter_of_an_hour() -> None:
    seconds = [sign_in_tries.wait_after(n).total_seconds() for n in (0, 4, 5, 6, 7, 8, 9, 10, 1000)]
    assert seconds == [0, 0, 30, 60, 120, 240, 480, 900, 900]


def test_a_guesser_waits_in_words_and_then_may_try_once_more(app: Flask) -> None:
    tries(PROXY, FREE)
    with pytest.raises(TooManyTries) as refused:
        tries(PROXY)
    assert "Wait 30 seconds before the next" in refused.value.message
    assert counted() == FREE, "who is refused is not held up longer by it"
    later = make.NOW + timedelta(seconds=30)
    tries(PROXY, now=later)
    with pytest.raises(TooManyTries) as refused:
        tries(PROXY, now=later + timedelta(seconds=1))
    assert "Wait 59 seconds" in refused.value.message
    assert wait(PROXY, now=later + timedelta(seconds=60)) == timedelta()


def test_a_day_of_guessing_from_one_place_is_less_than_a_hundred_tries(app: Flask) -> None:
    now, made = make.NOW, 0
    while now < make.NOW + timedelta(hours=24):
        waits = wait(PROXY, now=now)
        if waits:
            now += waits
        else:
            tries(PROXY, now=now)
            made += 1
    assert made == FREE + 5 + 94, "five at once, five while the wait doubles, then one a quarter of an hour"


def test_one_persons_wrong_tries_hold_up_nobody_else_behind_the_same_proxy(app: Flask) -> None:
    for guess in range(100):
        tries(PROXY, now=make.NOW + guess * LONGEST_WAIT)
    last = make.NOW + 99 * LONGEST_WAIT
    assert wait(PROXY, now=last) == LONGEST_WAIT
    for n in range(100):
        assert wait(PROXY, email=f"p{n}@marlshire.example", now=last) == timedelta()


def test_a_strangers_tries_do_not_hold_up_who_signed_in_on_this_device_before(app: Flask) -> None:
    """From the very network she is in, and from everywhere else."""
    tries(PROXY, FREE)
    for n in range(FROM_ANYWHERE - FREE):
        tries(Source(origin=f"bot {n}", device=""))
    assert wait(CAFE) == LONGEST_WAIT and wait(PROXY) > timedelta() and wait(HER_LAPTOP) == timedelta()


def test_guesses_on_a_known_device_wait_too_and_hold_up_no_other(app: Flask) -> None:
    tries(HER_LAPTOP, FREE)
    assert wait(HER_LAPTOP) == timedelta(seconds=30)
    assert wait(Source(origin="", device="phone")) == wait(PROXY) == wait(CAFE) == timedelta()


def test_a_hundred_tries_from_everywhere_at_one_account_make_every_new_device_wait(app: Flask) -> None:
    """NIST SP 800-63B 3.2.2: no more than a hundred in a row."""
    for n in range(FROM_ANYWHERE):
        tries(Source(origin=f"bot {n}", device=""))
    assert wait(CAFE) == LONGEST_WAIT
    assert wait(CAFE, email=OWEN) == timedelta()
    assert wait(CAFE, now=make.NOW + LONGEST_WAIT) == timedelta()


def test_whoever_gets_in_is_held_up_no_more_there_and_a_guesser_elsewhere_is(app: Flask) -> None:
    tries(PROXY, FREE)
    tries(CAFE, FREE)
    with transaction():
        sign_in_tries.forget(PRIYA, CAFE)
    assert wait(CAFE) == timedelta() and wait(PROXY) == timedelta(seconds=30)


def test_tries_count_for_a_day_and_are_then_removed(app: Flask) -> None:
    tries(PROXY, FREE)
    next_day = make.NOW + COUNTED_FOR
    assert wait(PROXY, now=next_day) == timedelta()
    with transaction():
        removed(next_day - timedelta(seconds=1))
    assert counted() == FREE
    with transaction():
        removed(next_day)
    assert counted() == 0


def removed(now: datetime) -> None:
    db.session.execute(delete(SignInFailure).where(sign_in_tries.counted_no_more(now=now)))


def test_of_two_connections_that_race_for_the_last_try_one_waits_and_is_refused(app: Flask) -> None:
    tries(PROXY, FREE - 1)
    told: list[timedelta] = []

    def races() -> None:
        with app.app_context():
            told.append(wait(PROXY))

    db.session.remove()
    other = Thread(target=races)
    with transaction():
        sign_in_tries.begin(PRIYA, PROXY, now=make.NOW)
        other.start()
        other.join(0.5)
    other.join(60)
    assert told == [timedelta(seconds=30)]


def test_tries_by_a_clock_that_was_ahead_hold_nobody_up(app: Flask) -> None:
    tries(PROXY, FREE, now=make.NOW + timedelta(days=300))
    assert wait(PROXY) == timedelta()


def test_a_try_that_was_put_down_while_another_waited_for_its_turn_counts(app: Flask) -> None:
    """Each takes its time when it comes in, and they are put down in the order of their turns."""
    for n in range(FREE):
        tries(PROXY, now=make.NOW + timedelta(milliseconds=100 * (n + 1)))
    with pytest.raises(TooManyTries):
        tries(PROXY, now=make.NOW)
