"""Rows that bear their partnership's number bear the right one: the database takes no other, on both engines."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

import make
from outreach.asking.open_door import LinkRequest
from outreach.asking.own_letters.drafts import OwnLetter
from outreach.county import partnerships
from outreach.coverage.board.publishing import BoardReport
from outreach.ground import history
from outreach.ground.db import Base, broken_guard, db, transaction
from outreach.outcomes.cost import spending
from outreach.outcomes.cost.spending import Spent
from outreach.post import links, troupe_links
from outreach.post.feeds import addresses, tokens
from outreach.post.incoming.inbox import Incoming
from outreach.post.webhooks import subscriptions
from outreach.visits import board_dates

WRONG = {
    "a show of another's programme": (
        "UPDATE performance SET partnership_id = :other WHERE id = :bare",
        "performance_programme_id",
    ),
    "a show of nobody": ("UPDATE performance SET partnership_id = NULL WHERE id = :bare", "partnership_id"),
    "a booking that is another's": ("UPDATE booking SET partnership_id = :other", "booking_p"),
    "a booking of another's show": (
        "UPDATE booking SET performance_id = :their_show",
        "booking_performance_id",
    ),
    "a booking of another's programme": (
        "UPDATE booking SET programme_id = :their_programme",
        "booking_programme_id",
    ),
    "a booking of nobody": ("UPDATE booking SET partnership_id = NULL", "partnership_id"),
    "a link to another's programme": (
        "UPDATE personal_link SET partnership_id = :other",
        "personal_link_programme_id",
    ),
    "a link of nobody": ("UPDATE personal_link SET partnership_id = NULL", "partnership_id"),
    "a letter of a partnership that is not there": (
        "UPDATE letter SET partnership_id = 999 WHERE id = :their_letter",
        "letter_partnership_id",
    ),
    "a letter of nobody": (
        "UPDATE letter SET partnership_id = NULL WHERE id = :their_letter",
        "partnership_id",
    ),
    "a mail that answers another's letter": (
        "UPDATE incoming SET letter_id = :their_letter",
        "incoming_letter_id",
    ),
    "a mail to a partnership that is not there": (
        "UPDATE incoming SET partnership_id = 999",
        "incoming_partnership_id",
    ),
    "a deed of a partnership that is not there": (
        "INSERT INTO history (recorded_at, who, what, subject, subject_id, partnership_id)"
        " VALUES ('2027-01-19 09:00:00', 'x', 'x', 'x', 'x', 999)",
        "history_partnership_id",
    ),
    "a deed of nobody": (
        "INSERT INTO history (recorded_at, who, what, subject, subject_id)"
        " VALUES ('2027-01-19 09:00:00', 'x', 'x', 'x', 'x')",
        "history_partnership",
    ),
}


@pytest.fixture
def rows(app: Flask) -> dict[str, Any]:
    """One row of each kind of a partnership, and what another has of them."""
    with transaction() as session:
        programme, theirs = (make.programme(make.partnership((code,))) for code in ("931", "932"))
        school = make.school()
        make.booking(make.show(programme, school, make.NOW), {8: 100})
        links.mint(
            organisation_id=school.organisation_id,
            programme_id=programme.id,
            partnership_id=programme.partnership_id,
            address="j.fell@redmere.example",
            now=make.NOW,
            expires_at=make.NOW,
        )
        make.letter("j.fell@redmere.example", make.NOW, partnership_id=programme.partnership_id)
        their_show = make.show(theirs, make.school(), make.NOW).id
        their_letter = make.letter("x@y.example", None, partnership_id=theirs.partnership_id).id
        session.add(
            Incoming(
                partnership_id=programme.partnership_id,
                digest="1",
                raw=b"",
                received_at=make.NOW,
                kind="person",
            )
        )
        return {
            "other": theirs.partnership_id,
            "bare": make.show(programme, make.school(), make.NOW).id,
            "their_show": their_show,
            "their_programme": theirs.id,
            "their_letter": their_letter,
        }


@pytest.mark.parametrize("what", WRONG)
def test_the_database_refuses(rows: dict[str, Any], what: str) -> None:
    statement, key = WRONG[what]
    given = {name: value for name, value in rows.items() if f":{name}" in statement}
    with pytest.raises(IntegrityError) as refused, transaction():
        db.session.execute(text(statement), given)
    said = str(refused.value.orig)
    assert key in said or "FOREIGN KEY constraint failed" in said


def test_a_mail_of_which_nobody_knows_whose_it_is_may_name_none(rows: dict[str, Any]) -> None:
    with transaction():
        db.session.execute(text("UPDATE incoming SET partnership_id = NULL"))


@pytest.fixture
def subjects(app: Flask) -> list[history.HasHistory]:
    """One row of each kind that the history knows; of those who are asked, and who host, several have one word."""
    with transaction() as session:
        partnership = make.partnership()
        programme, school, of = make.programme(partnership), make.school(), partnership.id
        booking = make.booking(make.show(programme, school, make.NOW), {8: 100})
        troupe = make.troupe(partnership)
        person, at = make.person(partnership), make.NOW
        rows: list[Any] = [
            Incoming(partnership_id=of, digest="1", raw=b"", received_at=at, kind="person"),
            LinkRequest(
                programme_id=programme.id,
                organisation_id=school.organisation_id,
                address="x@y.example",
                recorded_at=at,
            ),
            addresses.make("board", of, partnership_id=of, label="The board", who="Priya", now=at),
            tokens.make(of, "The board", who="Priya", now=at)[0],
            subscriptions.make(
                of, "The case system", "https://x.example", ["booking.made"], who="Priya", now=at
            )[0],
            troupe_links.make(troupe.id, partnership_id=of, who="Priya", now=at),
            board_dates.add(of, "Spring", at.date(), programme=None, who="Priya", now=at),
            BoardReport(
                partnership_id=of,
                programme_id=programme.id,
                number=1,
                as_of=at.date(),
                published_at=at,
                published_by="Priya",
                content={},
                basis={},
            ),
            OwnLetter(
                partnership_id=of,
                programme_id=programme.id,
                form_key="one form",
                subject="The hall",
                words="Is it free?",
                to_declined=False,
                recorded_at=at,
                who="Priya",
                changed_at=at,
                changed_by="Priya",
            ),
        ]
        rows.append(
            spending.enter(
                programme,
                Spent(day=at.date(), words="Posters", pence=100),
                entry="one form",
                who="Priya",
                now=at,
            )
        )
        session.add_all(rows)
        session.flush()
        rows += [partnership, programme, booking, troupe, troupe.company, person]
        rows += [make.tour_day(programme, troupe), partnerships.authorities(of)[0], make.body(partnership)]
        rows += [make.venue(partnership), make.letter("x@y.example", None, partnership_id=of)]
        return rows


def test_a_deed_is_its_subjects_partnerships(subjects: list[history.HasHistory]) -> None:
    known = {mapper.class_ for mapper in Base.registry.mappers if hasattr(mapper.class_, "in_history")}
    assert {type(row) for row in subjects} == known, "each kind is tried"
    whose = [row.partnership_id for row in subjects]
    with transaction():
        other = make.partnership(("932",)).id
        for row in subjects:
            history.record("tried", row, who="Priya", now=make.NOW)
    for of, row in zip(whose, subjects, strict=True):
        word, column = row.in_history
        deed = history.history_of(word, getattr(row, column))[0]
        assert (deed.what, deed.partnership_id) == ("tried", of)
        with pytest.raises(IntegrityError) as refused, transaction():
            history.record("tried", history.Subject(word, getattr(row, column), other), who="x", now=make.NOW)
        name = "ck_history_own" if word == "partnership" else "history_of_another_partnership"
        assert broken_guard(refused.value) == name, word
