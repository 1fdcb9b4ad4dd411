"""The digest: on the days that one chose, once a day, with the desk's own figures; stopped, and begun again."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

import make
from begun import Begun
from outreach.asking import follow_ups, invitations, owners
from outreach.cli import post
from outreach.county import coordinators
from outreach.county.coordinators import Coordinator
from outreach.coverage.digest import days, said, sending
from outreach.coverage.digest.days import DigestCannotComeBack, DigestDays
from outreach.coverage.digest.sending import Digest
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.post import copies
from outreach.post.outbox import Letter

TUESDAY = datetime(2027, 1, 19, 7, tzinfo=UTC)
MONDAY = TUESDAY - timedelta(days=1)
EVERY_DAY = range(7)
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    """A programme with two coordinators, of whom Priya has chosen Tuesdays and Thursdays."""
    with transaction():
        ours = make.partnership()
        found = SimpleNamespace(
            ours=ours,
            programme=make.programme(ours),
            priya=make.person(ours, name="Priya Nandakumar"),
            owen=make.person(ours, name="Owen Bright"),
        )
        days.choose(found.priya, [1, 3], who="Priya", now=MONDAY)
    return found


def something(c: SimpleNamespace, name: str = "No Contact School") -> Any:
    """A school that cannot be reached: something to do this week."""
    return make.school(name=name)


def round_(now: datetime = TUESDAY) -> list[bool]:
    """What a postman's round does."""
    due = sending.due(now=now)
    found = []
    for person_id in due:
        with transaction():
            found.append(sending.send(person_id, now=now))
    return found


def letters(person: Coordinator | None = None) -> list[Letter]:
    db.session.rollback()
    query = select(Letter).where(Letter.kind == "digest").order_by(Letter.id)
    return [row for row in db.session.scalars(query) if person is None or row.recipient == person.email]


def text_of(letter: Letter) -> str:
    return " ".join(copies.read(letter.raw).text.split())


def token_of(letter: Letter) -> str:
    headers = dict(copies.read(letter.raw).headers)
    return headers["List-Unsubscribe"].strip("<>").rpartition("/")[2]


# When it goes


def test_it_is_off_until_chosen_and_goes_once_on_each_chosen_day(c: SimpleNamespace) -> None:
    with transaction():
        something(c)
    assert round_(TUESDAY) == [True]
    assert round_(TUESDAY + timedelta(minutes=1)) == []
    (letter,) = letters()
    assert letter.recipient == c.priya.email and letter.partnership_id == c.ours.id
    assert round_(TUESDAY + timedelta(days=1)) == []
    assert round_(TUESDAY + timedelta(days=2)) == [True]
    assert round_(TUESDAY + timedelta(days=4)) == []


@pytest.mark.parametrize(
    ("now", "goes"),
    [
        (datetime(2027, 1, 19, 6, 59, 59, tzinfo=UTC), False),
        (datetime(2027, 1, 19, 7, tzinfo=UTC), True),
        (datetime(2027, 1, 19, 11, 59, 59, tzinfo=UTC), True),
        (datetime(2027, 1, 19, 12, tzinfo=UTC), False),
        (datetime(2027, 6, 15, 5, 59, 59, tzinfo=UTC), False),  # the clock in London is an hour ahead
        (datetime(2027, 6, 15, 6, tzinfo=UTC), True),
    ],
)
@pytest.mark.any_database
def test_it_goes_in_the_morning_by_the_clock_in_london(c: SimpleNamespace, now: datetime, goes: bool) -> None:
    with transaction():
        something(c)
    assert round_(now) == [True] * goes


@pytest.mark.any_database
def test_who_chooses_today_gets_it_from_the_next_chosen_morning_on(c: SimpleNamespace) -> None:
    with transaction():
        something(c)
        days.choose(c.owen, EVERY_DAY, who="Owen", now=TUESDAY)
    assert round_(TUESDAY + timedelta(hours=1)) == [True] and letters(c.owen) == []
    assert round_(TUESDAY + timedelta(days=1)) == [True] and len(letters(c.owen)) == 1


def test_a_day_with_nothing_to_say_is_done_without_a_letter(c: SimpleNamespace) -> None:
    assert round_() == [False]
    with transaction():
        something(c)
    assert round_(TUESDAY + timedelta(hours=1)) == [] and letters() == []
    assert round_(TUESDAY + timedelta(days=2)) == [True]


@pytest.mark.any_database
def test_nobody_who_left_or_whose_address_is_dead_is_written_to(c: SimpleNamespace) -> None:
    with transaction():
        something(c)
        days.choose(c.owen, EVERY_DAY, who="Owen", now=MONDAY)
        make.dead_address(c.owen.email.upper(), at=MONDAY)
        coordinators.end(db.session.get_one(Coordinator, c.priya.id), who="command line", now=MONDAY)
    assert sending.due(now=TUESDAY) == [c.owen.id]
    assert round_() == [False] and letters() == []


@pytest.mark.any_database
def test_no_digest_is_written_where_no_programme_is_open(c: SimpleNamespace) -> None:
    with transaction():
        something(c)
        db.session.get_one(type(c.programme), c.programme.id).closed_at = MONDAY
    assert round_() == [False]


def test_two_postmen_at_once_write_one(app: Flask, c: SimpleNamespace) -> None:
    with transaction():
        something(c)
    person_id, wrote = c.priya.id, []
    db.session.rollback()

    def go() -> None:
        with app.app_context(), transaction():
            wrote.append(sending.send(person_id, now=TUESDAY))

    both = [threading.Thread(target=go) for _ in range(4)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(wrote) == [False, False, False, True] and len(letters()) == 1


def test_who_dies_in_the_middle_leaves_nothing_and_the_next_writes_it(c: SimpleNamespace) -> None:
    with transaction():
        something(c)
    with pytest.raises(KeyboardInterrupt), transaction():
        assert sending.send(c.priya.id, now=TUESDAY)
        raise KeyboardInterrupt
    assert letters() == [] and sending.due(now=TUESDAY) == [c.priya.id]
    assert round_() == [True] and len(letters()) == 1


POSTMAN = """
import os, sys
from datetime import UTC, datetime
from outreach import create_app
from outreach.cli import post
from outreach.coverage.digest import sending
from outreach.ground import clock

clock.now = lambda: datetime(2027, 1, 19, 7, tzinfo=UTC)
wrote = sending.send
def dies(*args, **more):
    wrote(*args, **more)
    os.kill(os.getpid(), 9)
if sys.argv[1] == "dies":
    sending.send = dies
with create_app().app_context():
    post._see_to_what_is_due()
"""


def postman(database_url: str, folder: Path, how: str) -> "subprocess.Popen[bytes]":
    """A postman's look at what is due, in a process of its own; `how` 'dies': killed as soon as a digest is
    written, before it stands for good."""
    here = os.environ | {"DATABASE_URL": database_url, "OUTREACH_FOLDER": str(folder)}
    return Begun(["-c", POSTMAN, how], env=here, cwd=ROOT)


@pytest.mark.long
@pytest.mark.any_database("postgresql")
def test_killed_processes_and_several_at_once_leave_one_letter(
    c: SimpleNamespace, database_url: str, tmp_path: Path
) -> None:
    with transaction():
        something(c)
        days.choose(c.owen, EVERY_DAY, who="Owen", now=MONDAY)
    assert postman(database_url, tmp_path, "dies").wait() == -signal.SIGKILL
    assert letters() == []
    several = [postman(database_url, tmp_path, how) for how in ("lives", "dies", "lives")]
    assert [one.wait() for one in several][0] == 0
    assert postman(database_url, tmp_path, "lives").wait() == 0
    assert (len(letters(c.priya)), len(letters(c.owen))) == (1, 1)


def test_a_fault_with_one_keeps_nobody_elses_back(
    app: Flask, c: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction():
        something(c)
        days.choose(c.owen, EVERY_DAY, who="Owen", now=MONDAY)
    made = sending.said.digest_of

    def broken(person: Coordinator, **more: Any) -> Any:
        if person.name.startswith("Priya"):
            raise ValueError("a fault of ours")
        return made(person, **more)

    monkeypatch.setattr("outreach.ground.clock.now", lambda: TUESDAY)
    with monkeypatch.context() as patch:
        patch.setattr(sending.said, "digest_of", broken)
        post._see_to_what_is_due()
    assert (len(letters(c.priya)), len(letters(c.owen))) == (0, 1)
    post._see_to_what_is_due()
    assert (len(letters(c.priya)), len(letters(c.owen))) == (1, 1)


def _row(c: SimpleNamespace, **changes: Any) -> Digest:
    said = {"partnership_id": c.ours.id, "person_id": c.priya.id, "day": TUESDAY.date(), "made_at": TUESDAY}
    return Digest(**said | changes)


def test_the_database_takes_one_a_day_and_nothing_across_the_wall(c: SimpleNamespace) -> None:
    with transaction():
        something(c)
        theirs = make.partnership(("999",))
    assert round_() == [True]
    (letter,) = letters()
    tomorrow = TUESDAY.date() + timedelta(days=1)
    wrong: list[Callable[[], Any]] = [
        lambda: _row(c),
        lambda: _row(c, day=tomorrow, stop_hash="x"),
        lambda: _row(c, day=tomorrow, letter_id=letter.id),
        lambda: _row(c, day=tomorrow, partnership_id=theirs.id),
        lambda: _row(
            c,
            day=tomorrow,
            person_id=make.person(theirs).id,
            partnership_id=theirs.id,
            letter_id=letter.id,
            stop_hash="y",
        ),
        lambda: DigestDays(partnership_id=c.ours.id, person_id=c.priya.id, days=1, recorded_at=TUESDAY),
        lambda: DigestDays(partnership_id=c.ours.id, person_id=c.owen.id, days=0, recorded_at=TUESDAY),
        lambda: DigestDays(partnership_id=c.ours.id, person_id=c.owen.id, days=128, recorded_at=TUESDAY),
        lambda: DigestDays(partnership_id=theirs.id, person_id=c.owen.id, days=1, recorded_at=TUESDAY),
        lambda: DigestDays(
            partnership_id=c.ours.id, person_id=c.owen.id, days=1, recorded_at=TUESDAY, ended_at=MONDAY
        ),
    ]
    for row in wrong:
        with pytest.raises(IntegrityError), transaction() as session:
            session.add(row())
            session.flush()


# What it says


def shown(c: SimpleNamespace, *, since: datetime = MONDAY, now: datetime = TUESDAY) -> dict[str, list[str]]:
    found = said.digest_of(db.session.get_one(Coordinator, c.priya.id), since=since, now=now)
    assert found is not None
    return {
        part.heading: [one.what + (f": {one.said}" if one.said else "") for one in part.lines]
        for part in found.parts
    }


@pytest.mark.any_database
def test_it_says_what_went_wrong_what_is_due_and_what_is_new_ones_own_first(c: SimpleNamespace) -> None:
    earlier = MONDAY + timedelta(hours=1)
    with transaction():
        make.letter("a@redmere.example", None, status="failed", partnership_id=c.ours.id, last_error="550")
        something(c)
        for name, owner in (("Ash", c.owen), ("Beech", None), ("Cedar", c.priya)):
            school = make.school(name=name)
            make.contact(school)
            make.answer(c.programme, school, invitations.OTHER_DATE, earlier)
            if owner:
                owners.assign(c.programme, [school.organisation_id], owner, who="P", now=earlier)
                follow_ups.set_follow_ups(
                    c.programme,
                    [school.organisation_id],
                    date(2027, 1, 19),
                    "Ring Mr Hale",
                    owner,
                    who="P",
                    now=earlier,
                )
    assert shown(c) == {
        "To put right or answer": ["1 letter did not go: each says why · nobody"],
        "Today": [
            "2 schools to follow up today: you and Owen Bright",
            "3 schools want another date: Ash, since 18 January · you and Owen Bright, some nobody’s",
        ],
        "This week": ["1 school cannot be reached: nobody to write to · nobody"],
        "What is new": ["3 answers"],
    }
    with transaction():
        assert sending.send(c.priya.id, now=TUESDAY)
    (letter,) = letters()
    assert letter.subject == "Your desk: 1 to put right or answer, 2 for today, 1 for this week, 3 new"
    words = text_of(letter)
    assert "Hale" not in letter.raw.decode() and "Ring" not in words
    assert "/desk?programme=" in words and "/desk/news?programme=1&since=20270112T070000Z" in words
    assert "since Tuesday 12 January" in words and "it comes on Tuesdays and Thursdays" in words


@pytest.mark.any_database
def test_what_others_look_after_is_not_told_and_what_has_time_is_counted(c: SimpleNamespace) -> None:
    with transaction():
        unknown = {"statutory_low_age": None, "statutory_high_age": None, "phase_of_education": None}
        make.contact(make.school(name="Ages Unknown", **unknown))
        theirs = something(c, "Owen’s")
        make.letter("a@x.example", None, status="failed", partnership_id=c.ours.id, last_error="550")
        owners.assign(c.programme, [theirs.organisation_id], c.owen, who="P", now=MONDAY)
    assert shown(c) == {"To put right or answer": ["1 letter did not go: each says why · nobody"]}
    found = said.digest_of(c.priya, since=MONDAY, now=TUESDAY)
    assert found is not None and found.more == "1 more thing waits on the desk, with time."


def test_what_is_new_is_told_once_to_the_second(c: SimpleNamespace) -> None:
    """The digest's moment ends with its second, so that nothing is told twice and nothing falls between two."""
    odd = TUESDAY + timedelta(minutes=3, microseconds=600_000)
    with transaction():
        school = make.school(name="Redmere")
        make.contact(school)
        for at in (odd - timedelta(seconds=1), odd - timedelta(microseconds=1)):
            make.answer(c.programme, school, invitations.WAITING_LIST, at)
    assert round_(odd) == [True]
    assert "* 1 answer http" in text_of(letters()[0])
    assert round_(odd + timedelta(days=2)) == [True]
    assert "* 1 answer http" in text_of(letters()[1])
    assert round_(odd + timedelta(days=7)) == [False]


def test_it_has_the_desks_own_numbers_and_nothing_of_another_partnership(
    c: SimpleNamespace, client: Any
) -> None:
    with transaction():
        for n in range(3):
            something(c, f"Silent {n}")
        theirs = make.partnership(("999",), name="Otherton Partnership")
        make.programme(theirs, title="Their Play")
        make.school(name="Otherton School", la_code="999")
        make.letter("b@otherton.example", None, status="failed", partnership_id=theirs.id, last_error="550")
        jo = make.person(theirs, name="Jo Otherton")
        days.choose(jo, EVERY_DAY, who="Jo", now=MONDAY)
    assert round_() == [True, True]
    ours, other = letters(c.priya)[0], letters(jo)[0]
    assert "3 schools cannot be reached" in text_of(ours) and "Otherton" not in ours.raw.decode()
    assert "1 school cannot be reached" in text_of(other) and "1 letter did not go" in text_of(other)
    assert ours.partnership_id != other.partnership_id == theirs.id


def test_one_takes_as_many_queries_for_many_schools_as_for_few(
    c: SimpleNamespace, count_queries: Any
) -> None:
    counted = []
    for many in (1, 12):
        with transaction():
            for n in range(many):
                school = make.school(name=f"School {many} {n}")
                make.contact(school)
                make.answer(c.programme, school, invitations.OTHER_DATE, MONDAY)
                something(c, f"Unreachable {many} {n}")
        with transaction(), count_queries() as queries:
            sending.send(c.priya.id, now=TUESDAY + timedelta(days=many))
        counted.append(len(queries))
    with count_queries() as queries:
        sending.due(now=TUESDAY)
    assert (counted, len(queries)) == ([53, 53], 1)


@pytest.mark.any_database
def test_no_query_asks_for_it_but_in_the_morning(c: SimpleNamespace, count_queries: Any) -> None:
    with count_queries() as queries:
        assert sending.due(now=TUESDAY + timedelta(hours=6)) == []
    assert queries == []


# Stopping it


def test_days_are_chosen_anew_stopped_and_begun_again(c: SimpleNamespace) -> None:
    with transaction():
        something(c)
    assert round_() == [True]
    (waits,) = letters()
    with transaction():
        days.choose(c.priya, [1, 3], who="Priya", now=TUESDAY)
        assert len(db.session.scalars(select(DigestDays)).all()) == 1
        days.stop(c.priya, who="the link", now=TUESDAY)
        days.stop(c.priya, who="the link", now=TUESDAY)
    db.session.rollback()
    assert days.chosen(c.priya.id) == [] and days.named([]) == ""
    assert waits.status == "withdrawn" and round_(TUESDAY + timedelta(days=2)) == []
    with transaction():
        days.begin_again(c.priya, who="the link", now=TUESDAY + timedelta(days=2))
        days.begin_again(c.priya, who="the link", now=TUESDAY + timedelta(days=2))
    assert days.named(days.chosen(c.priya.id)) == "on Tuesdays and Thursdays"
    assert round_(TUESDAY + timedelta(days=7)) == [True]
    said_of = [deed.what for deed in history.history_of("person", c.priya.id) if "digest" in deed.what]
    assert said_of == ["digest days chosen", "digest stopped", "digest days chosen"]
    with transaction():
        days.choose(c.priya, EVERY_DAY, who="Priya", now=TUESDAY + timedelta(days=8))
    assert days.named(days.chosen(c.priya.id)) == "every day"
    with transaction():
        days.stop(c.priya, who="the link, a moment sooner", now=TUESDAY + timedelta(days=8, milliseconds=-1))
    assert days.chosen(c.priya.id) == []
    with pytest.raises(DigestCannotComeBack), transaction():
        days.begin_again(c.owen, who="the link", now=TUESDAY)


@pytest.mark.any_database
def test_a_link_is_known_by_its_hash_alone_and_hidden_once_the_letter_went(c: SimpleNamespace) -> None:
    with transaction():
        something(c)
    assert round_() == [True]
    (letter,) = letters()
    token = token_of(letter)
    assert f"/digest/{token}" in text_of(letter)
    assert sending.whose(token) == c.priya and sending.whose("another") is None
    assert token not in str(db.session.scalars(select(Digest.stop_hash)).all())
    assert token not in copies.masked(letter.raw).replace(b"=\r\n", b"").decode()
    assert dict(copies.read(letter.raw).headers)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
