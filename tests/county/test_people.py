"""Coordinators: added, signed in, let in once by a link."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

import make
from outreach.county import coordinators, passwords
from outreach.ground import history
from outreach.ground.db import db, transaction
from worlds import World

PASSWORD = "lantern gravel otter"


def with_a_password() -> coordinators.Coordinator:
    with transaction():
        return coordinators.add(
            make.partnership().id, "Priya", " Priya@Marlshire.example ", password=PASSWORD, now=make.NOW
        )


@pytest.fixture
def priya(world: World) -> coordinators.Coordinator:
    return world(with_a_password)


def test_password_is_kept_as_scrypt_and_history_tells_who_was_added(priya: coordinators.Coordinator) -> None:
    assert priya.password_hash is not None and priya.password_hash.startswith("scrypt:32768:8:1$")
    assert [row.what for row in history.history_of("person", priya.id)] == ["added"]


def test_address_is_known_whatever_its_case(priya: coordinators.Coordinator) -> None:
    assert coordinators.holder("PRIYA@marlshire.EXAMPLE", PASSWORD).id == priya.id


def test_second_person_with_an_address_is_refused(priya: coordinators.Coordinator) -> None:
    with pytest.raises(coordinators.AddressTaken), transaction():
        coordinators.add(priya.partnership_id, "P", "PRIYA@marlshire.example", password=None, now=make.NOW)


def test_short_password_is_refused(app: Flask) -> None:
    with pytest.raises(passwords.PasswordTooShort), transaction():
        coordinators.add(
            make.partnership().id, "P", "p@marlshire.example", password="elevenchars", now=make.NOW
        )
    assert db.session.scalar(select(coordinators.Coordinator)) is None


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("priya@marlshire.example", "not the password"),
        ("nobody@marlshire.example", PASSWORD),
        ("priya@marlshire.example", ""),
    ],
)
def test_wrong_pair_is_refused_in_the_same_words(
    priya: coordinators.Coordinator, email: str, password: str
) -> None:
    with pytest.raises(coordinators.CannotSignIn) as refused:
        coordinators.holder(email, password)
    assert (
        refused.value.message == "That address and password do not belong together. Check both and try again."
    )


def test_unknown_address_costs_one_scrypt_as_a_wrong_password_does(
    priya: coordinators.Coordinator, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []
    real = passwords.check_password_hash
    monkeypatch.setattr(
        passwords, "check_password_hash", lambda h, p: compared.append(h.split("$")[0]) or real(h, p)
    )
    for email in ("priya@marlshire.example", "nobody@marlshire.example"):
        with pytest.raises(coordinators.CannotSignIn):
            coordinators.holder(email, "wrong")
    assert compared == ["scrypt:32768:8:1", "scrypt:32768:8:1"]


def test_person_without_a_password_cannot_sign_in_by_one(app: Flask) -> None:
    with transaction():
        coordinators.add(make.partnership().id, "P", "p@marlshire.example", password=None, now=make.NOW)
    with pytest.raises(coordinators.CannotSignIn):
        coordinators.holder("p@marlshire.example", "")


def test_person_who_has_left_cannot_sign_in(priya: coordinators.Coordinator) -> None:
    with transaction():
        coordinators.add(priya.partnership_id, "Owen", "owen@marlshire.example", password=None, now=make.NOW)
        token = coordinators.sign_in_link(priya, now=make.NOW)
        coordinators.end(priya, who="set-up", now=make.NOW)
    with pytest.raises(coordinators.CannotSignIn):
        coordinators.holder(priya.email, PASSWORD)
    with pytest.raises(coordinators.LinkUsed), transaction():
        coordinators.use_link(token, now=make.NOW)
    with pytest.raises(coordinators.NoSuchCoordinator):
        coordinators.get(priya.email)


def test_link_lets_in_once(priya: coordinators.Coordinator) -> None:
    with transaction():
        token = coordinators.sign_in_link(priya, now=make.NOW)
    assert coordinators.link_is_open(token, now=make.NOW)
    with transaction():
        assert coordinators.use_link(token, now=make.NOW).id == priya.id
    assert not coordinators.link_is_open(token, now=make.NOW)
    with pytest.raises(coordinators.LinkUsed), transaction():
        coordinators.use_link(token, now=make.NOW)


def test_link_runs_out_after_a_day(priya: coordinators.Coordinator) -> None:
    with transaction():
        token = coordinators.sign_in_link(priya, now=make.NOW)
    with pytest.raises(coordinators.LinkUsed), transaction():
        coordinators.use_link(token, now=make.NOW + timedelta(hours=24))


def test_token_itself_is_nowhere_in_the_database(priya: coordinators.Coordinator) -> None:
    with transaction():
        token = coordinators.sign_in_link(priya, now=make.NOW)
    kept = db.session.scalars(select(coordinators.SignInLink.token_hash)).all()
    assert len(kept) == 1 and token not in kept[0]


def test_new_password_ends_the_sessions_and_the_links_of_the_old_one(
    priya: coordinators.Coordinator,
) -> None:
    token = make.session_of(priya)
    with transaction():
        link = coordinators.sign_in_link(priya, now=make.NOW)
        person = coordinators.get(priya.email)
        coordinators.change_password(
            person, coordinators.hash_of(person, "another lantern gravel"), now=make.NOW
        )
    found = coordinators.of_session(token)
    assert found is not None and found[1].why_ended == "password changed"
    assert coordinators.holder(priya.email, "another lantern gravel").id == priya.id
    with pytest.raises(coordinators.CannotSignIn):
        coordinators.holder(priya.email, PASSWORD)
    with pytest.raises(coordinators.LinkUsed), transaction():
        coordinators.use_link(link, now=make.NOW)


def test_last_visit_is_the_newest_on_a_day_before_today(priya: coordinators.Coordinator) -> None:
    """Not this morning's sign-in: who looks a second time today is still told what came since the day
    before."""
    assert coordinators.last_here(priya.id, now=make.NOW) is None
    for back in (timedelta(days=4), timedelta(days=3, microseconds=7), timedelta(hours=1), timedelta()):
        with transaction():
            coordinators.let_in(priya, now=make.NOW - back)
    assert coordinators.last_here(priya.id, now=make.NOW) == make.NOW - timedelta(days=3, seconds=1)
    assert coordinators.last_here(priya.id, now=make.NOW + timedelta(days=1)) == make.NOW


def test_last_visit_is_a_persons_own_and_a_link_makes_one_too(priya: coordinators.Coordinator) -> None:
    with transaction():
        other = make.person(make.partnership(("999",)))
        coordinators.use_link(coordinators.sign_in_link(other, now=make.NOW), now=make.NOW)
    tomorrow = make.NOW + timedelta(days=1)
    assert coordinators.last_here(other.id, now=tomorrow) == make.NOW
    assert coordinators.last_here(priya.id, now=tomorrow) is None
