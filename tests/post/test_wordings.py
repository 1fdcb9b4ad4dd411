"""Versions of a wording: which is in use, back to an older one, and what nobody may change any more."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

import make
from outreach.ground.db import db, transaction
from outreach.ground.errors import NoSuch
from outreach.ground.history import History
from outreach.post import wordings
from outreach.post.stationery import Worded
from outreach.post.wordings import LetterWording

KIND = "reminder"


def words(n: int) -> Worded:
    return Worded(subject=f"Subject {n}", words=f"Words {n}\n\n{{three times}}")


def keep(partnership_id: int, n: int, *, hours: int = 0) -> int:
    with transaction():
        now = make.NOW + timedelta(hours=hours)
        return wordings.keep_draft(partnership_id, KIND, words(n), who="Priya", now=now).number


def use(partnership_id: int, n: int, *, hours: int) -> None:
    number = keep(partnership_id, n, hours=hours)
    with transaction():
        now = make.NOW + timedelta(hours=hours)
        wordings.use_draft(partnership_id, KIND, number=number, who="Priya", now=now)


@pytest.fixture
def mine(app: Flask) -> int:
    with transaction():
        return make.partnership(la_codes=()).id


def test_a_draft_changes_nothing_until_it_is_used_and_stays_one(mine: int) -> None:
    assert keep(mine, 1) == keep(mine, 2) == 2
    assert wordings.in_use(mine) == {}
    with transaction():
        wordings.use_draft(mine, KIND, number=2, who="Priya", now=make.NOW)
    assert wordings.in_use(mine) == {KIND: words(2)}
    assert wordings.draft(mine, KIND) is None
    with pytest.raises(NoSuch), transaction():
        wordings.use_draft(mine, KIND, number=2, who="Owen", now=make.NOW)


def test_back_to_an_older_version_and_to_the_original_each_as_a_version_of_its_own(mine: int) -> None:
    use(mine, 1, hours=1)
    use(mine, 2, hours=2)
    with transaction():
        wordings.use_again(mine, KIND, 2, who="Priya", now=make.NOW + timedelta(hours=3))
    assert wordings.in_use(mine) == {KIND: words(1)}
    with transaction():
        wordings.use_again(mine, KIND, None, who="Priya", now=make.NOW + timedelta(hours=4))
        wordings.use_again(mine, KIND, None, who="Owen", now=make.NOW + timedelta(hours=5))  # pressed twice
    assert wordings.in_use(mine) == {}
    found = wordings.versions(mine, KIND)
    assert [one.row.number if one.row else 1 for one in found] == [5, 4, 3, 2, 1]
    assert [one.until is None for one in found] == [True, False, False, False, False]
    with pytest.raises(NoSuch), transaction():
        wordings.use_again(mine, KIND, 99, who="Priya", now=make.NOW)
    assert db.session.query(History).filter(History.what == "changed the wording").count() == 4


def test_another_partnership_says_what_it_said(mine: int) -> None:
    use(mine, 1, hours=1)
    with transaction():
        other = make.partnership(la_codes=()).id
    assert wordings.in_use(other) == {}
    assert len(wordings.versions(other, KIND)) == 1
    with pytest.raises(NoSuch), transaction():
        wordings.use_again(other, KIND, 2, who="Owen", now=make.NOW)


def test_letters_are_counted_by_the_version_in_which_they_were_written(mine: int) -> None:
    for hours, recipient in ((0, "a"), (1, "b"), (1, "c"), (3, "d")):
        with transaction():
            now = make.NOW + timedelta(hours=hours, minutes=30)
            make.letter(f"{recipient}@redmere.example", None, kind=KIND, partnership_id=mine, created_at=now)
    use(mine, 1, hours=1)
    use(mine, 2, hours=2)
    assert [one.letters for one in wordings.versions(mine, KIND)] == [1, 2, 1]


def test_what_was_used_nobody_changes_or_removes_and_there_is_one_draft(mine: int) -> None:
    use(mine, 1, hours=1)
    keep(mine, 2)
    for statement in (
        "UPDATE letter_wording SET words = 'We never wrote that' WHERE used_at IS NOT NULL",
        "UPDATE letter_wording SET used_at = NULL, used_by = NULL WHERE used_at IS NOT NULL",
        "DELETE FROM letter_wording WHERE used_at IS NOT NULL",
    ):
        with pytest.raises(DBAPIError, match="letter_wording_kept"), db.engine.begin() as another:
            another.execute(text(statement))
    with pytest.raises(IntegrityError), transaction():
        row = LetterWording(
            partnership_id=mine,
            kind=KIND,
            number=9,
            subject="A second draft",
            words="{three times}",
            recorded_at=make.NOW,
            recorded_by="Owen",
        )
        db.session.add(row)
