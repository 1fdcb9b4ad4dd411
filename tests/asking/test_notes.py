"""Notes about a school: a partnership's own, true of one programme or of all, and gone for good when taken
back."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

import make
from outreach.asking import notes
from outreach.asking.notes import LONGEST, NoteEmpty, NoteGone, NoteOnOrganisation, NoteUnfit
from outreach.ground import history
from outreach.ground.db import db, transaction

PRIYA: dict[str, Any] = {"who": "Priya Nandakumar", "now": make.NOW}


def texts(organisation_id: int, partnership_id: int) -> list[str]:
    return [note.text for note in notes.of_organisation(organisation_id, partnership_id=partnership_id)]


def test_notes_of_a_school_are_read_newest_first_whichever_programme_they_are_about(app: Flask) -> None:
    with transaction():
        partnership = make.partnership()
        programme, school = make.programme(partnership), make.school()
        mine = partnership.id
        notes.write(
            school.organisation_id, " Hall closed until May.\r\n  Ask again. ", partnership_id=mine, **PRIYA
        )
        later = make.NOW + timedelta(hours=1)
        spoken = notes.write(
            school.organisation_id,
            "Ms Fell rings back",
            programme,
            partnership_id=mine,
            kind=notes.PHONE,
            who="Owen Bright",
            now=later,
        )
    assert texts(school.organisation_id, mine) == [
        "Ms Fell rings back",
        "Hall closed until May.\n  Ask again.",
    ]
    assert (spoken.kind, spoken.programme_id, spoken.recorded_at) == ("phone", programme.id, later)
    assert texts(make_other(), mine) == []


def make_other() -> int:
    with transaction():
        return make.school().organisation_id


def test_another_partnership_reads_and_finds_none_of_them(app: Flask) -> None:
    with transaction():
        mine, theirs = make.partnership(), make.partnership(("932",))
        school = make.school()
        note = notes.write(school.organisation_id, "Rings back", partnership_id=mine.id, **PRIYA)
    assert texts(school.organisation_id, theirs.id) == []
    assert notes.find(note.id, partnership_id=theirs.id) is None
    assert notes.find(note.id, partnership_id=mine.id) is note


def test_a_form_sent_twice_makes_one_note_but_the_same_words_next_day_make_another(app: Flask) -> None:
    with transaction():
        mine, school = make.partnership().id, make.school()
        once = notes.write(school.organisation_id, "No answer", partnership_id=mine, **PRIYA)
        assert notes.write(school.organisation_id, "No answer ", partnership_id=mine, **PRIYA) is once
        notes.write(school.organisation_id, "No answer", partnership_id=mine, who="Owen Bright", now=make.NOW)
        notes.write(
            school.organisation_id,
            "No answer",
            partnership_id=mine,
            who=PRIYA["who"],
            now=make.NOW + timedelta(days=1),
        )
    assert texts(school.organisation_id, mine) == ["No answer"] * 3


def test_one_note_about_many_schools_stands_at_each(app: Flask) -> None:
    with transaction():
        mine = make.partnership().id
        schools = [make.school().organisation_id for _ in range(3)]
        written = notes.write_many(schools, "Letter went to the trust", partnership_id=mine, **PRIYA)
    assert [note.organisation_id for note in written] == schools
    assert [texts(organisation_id, mine) for organisation_id in schools] == [["Letter went to the trust"]] * 3


def test_a_note_taken_back_loses_its_words_for_good(app: Flask) -> None:
    with transaction():
        mine, school = make.partnership().id, make.school()
        note = notes.write(school.organisation_id, "a pupil's name by mistake", partnership_id=mine, **PRIYA)
        notes.withdraw(note, **PRIYA)
    assert texts(school.organisation_id, mine) == []
    kept = db.session.scalars(db.select(NoteOnOrganisation)).one()
    assert (kept.text, kept.withdrawn_at, kept.withdrawn_by) == ("", make.NOW, "Priya Nandakumar")
    deeds = history.history_of("school", school.organisation_id)
    assert [deed.what for deed in deeds] == ["note taken back", "noted"]
    assert "by mistake" not in str([(deed.before, deed.after) for deed in deeds])
    with pytest.raises(NoteGone), transaction():
        notes.withdraw(db.session.get_one(NoteOnOrganisation, kept.id), **PRIYA)


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [(" \n ", NoteEmpty), ("x" * (LONGEST + 1), NoteUnfit), ("bell\x07", NoteUnfit)],
)
def test_an_empty_or_unreadable_note_is_refused(app: Flask, typed: str, refusal: type[Exception]) -> None:
    with transaction():
        mine, school = make.partnership().id, make.school()
    with pytest.raises(refusal), transaction():
        notes.write(school.organisation_id, typed, partnership_id=mine, **PRIYA)
    assert texts(school.organisation_id, mine) == []


@pytest.mark.parametrize("changes", [{"text": ""}, {"withdrawn_at": make.NOW}, {"kind": "gossip"}])
def test_the_database_refuses_a_note_without_words_or_words_taken_back(
    app: Flask, changes: dict[str, Any]
) -> None:
    with transaction():
        mine, school = make.partnership().id, make.school().organisation_id
    row = {
        "partnership_id": mine,
        "organisation_id": school,
        "text": "x",
        "who": "x",
        "recorded_at": make.NOW,
    }
    with pytest.raises(IntegrityError), transaction() as session:
        session.add(NoteOnOrganisation(**row | changes))
