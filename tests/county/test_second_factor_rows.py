"""Rows of second factors: what two who come at once get, and what the database refuses, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

import make
from outreach.county import coordinators, second_factors
from outreach.county.second_factors import RecoveryCode, SecondFactor
from outreach.ground.db import broken_guard, db, transaction


def set_up() -> tuple[int, pyotp.TOTP, list[str]]:
    with transaction():
        person = make.person(make.partnership())
        factor = second_factors.begin(person.id, partnership_id=person.partnership_id, now=make.EARLIER)
        totp = pyotp.TOTP(factor.key())
        drawn = second_factors.draw_codes(factor)
        codes = second_factors.confirm(person.id, totp.at(make.EARLIER), drawn, who="Priya", now=make.EARLIER)
        return person.id, totp, codes


def at_once(app: Flask, person_id: int, code: str, count: int = 6) -> list[bool]:
    """Whether each of some who send the same code at the same moment was let through."""
    ready = Barrier(count)

    def send(_n: int) -> bool:
        with app.app_context():
            typed = second_factors.typed(person_id, code)
            db.session.rollback()
            ready.wait(timeout=30)
            with transaction():
                taken = second_factors.take(person_id, typed, who="Priya", now=make.NOW)
            db.session.remove()
            return taken is not None

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(send, range(count)))


def test_recovery_code_sent_by_six_at_once_lets_one_in(app: Flask) -> None:
    person_id, _totp, codes = set_up()
    assert sorted(at_once(app, person_id, codes[0])) == [False] * 5 + [True]
    db.session.rollback()
    assert len(db.session.scalars(select(RecoveryCode).where(RecoveryCode.used_at.is_not(None))).all()) == 1
    factor = second_factors.standing(person_id)
    assert factor is not None and second_factors.codes_left(factor) == 9


def test_code_of_the_app_sent_by_six_at_once_lets_one_in(app: Flask) -> None:
    person_id, totp, _codes = set_up()
    assert sorted(at_once(app, person_id, totp.at(make.NOW))) == [False] * 5 + [True]


def test_wrong_codes_sent_by_six_at_once_are_all_counted(app: Flask) -> None:
    person_id, totp, _codes = set_up()
    wrong = next(
        f"{n:06}"
        for n in range(9)
        if f"{n:06}" not in {totp.at(make.NOW, counter_offset=o) for o in (-1, 0, 1)}
    )
    assert at_once(app, person_id, wrong) == [False] * 6
    db.session.rollback()
    factor = second_factors.standing(person_id)
    assert factor is not None and factor.wrong_codes == 6


@pytest.mark.parametrize(
    ("statement", "guard"),
    [
        ("UPDATE second_factor SET last_step = last_step - 1", "second_factor_stays_used"),
        ("UPDATE second_factor SET last_step = NULL, confirmed_at = NULL", "second_factor_stays_used"),
        ("UPDATE second_factor SET ended_at = began_at", "second_factor_secret"),
        ("UPDATE second_factor SET secret = NULL", "second_factor_secret"),
        ("UPDATE recovery_code SET used_at = NULL WHERE used_at IS NOT NULL", "recovery_code_stays_used"),
        ("UPDATE recovery_code SET code_hash = 'x'", "recovery_code_stays_used"),
        ("UPDATE partnership SET second_factor = 'some'", "partnership_second_factor"),
    ],
)
def test_database_refuses_a_code_twice_and_a_secret_that_is_gone(
    app: Flask, statement: str, guard: str
) -> None:
    person_id, _totp, codes = set_up()
    typed = second_factors.typed(person_id, codes[0])
    with transaction():
        second_factors.take(person_id, typed, who="Priya", now=make.NOW)
    with pytest.raises(IntegrityError) as refused, transaction():
        db.session.execute(text(statement))
    assert guard in str(broken_guard(refused.value))


def test_database_refuses_two_that_are_asked_and_one_that_came_back(app: Flask) -> None:
    person_id, totp, _codes = set_up()
    with pytest.raises(IntegrityError), transaction():
        person = db.session.get_one(coordinators.Coordinator, person_id)
        db.session.add(
            SecondFactor(
                partnership_id=person.partnership_id,
                person_id=person_id,
                secret="x",
                salt="00",
                began_at=make.NOW,
                confirmed_at=make.NOW,
                last_step=1,
            )
        )
    with transaction():
        second_factors.end(person_id, who="Priya", now=make.NOW)
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(text("UPDATE second_factor SET ended_at = NULL, secret = 'x'"))


@pytest.mark.any_database
def test_codes_that_were_drawn_for_a_factor_that_went_meanwhile_are_not_kept(app: Flask) -> None:
    """Their hashes are of another salt: none of them would ever let anybody in."""
    person_id, _totp, _codes = set_up()
    older = second_factors.draw_codes(second_factors.standing(person_id))
    with transaction():
        second_factors.end(person_id, who="Priya", now=make.NOW)
        partnership_id = db.session.get_one(coordinators.Coordinator, person_id).partnership_id
        anew = second_factors.begin(person_id, partnership_id=partnership_id, now=make.NOW)
        code = pyotp.TOTP(anew.key()).at(make.NOW)
    with pytest.raises(second_factors.NoSuchSecondFactor), transaction():
        second_factors.confirm(person_id, code, older, who="Priya", now=make.NOW)
    assert second_factors.standing(person_id) is None
