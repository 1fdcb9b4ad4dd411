"""Deeds on many gaps: done to each that stands as it was shown; whoever changed meanwhile is left and
named."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

import make
from outreach.asking import notes, owners
from outreach.asking.notes import NoteEmpty
from outreach.asking.owners import CannotOwn
from outreach.county.partnerships import Partnership
from outreach.county.schools import School
from outreach.coverage.gaplist import deeds, kept, missing
from outreach.coverage.gaplist.deeds import MOST, Done, GapAsShown, NobodyChosen, TooMany
from outreach.ground.db import db, transaction
from outreach.tour import target_decisions
from outreach.tour.programmes import Programme
from outreach.tour.target_decisions import DecisionReasonMissing

PRIYA: dict[str, Any] = {"who": "Priya Nandakumar", "now": make.NOW}


def county(schools: int = 3) -> tuple[Programme, Any, list[School]]:
    """A programme, a coordinator, and schools that nobody asked yet."""
    partnership = make.partnership()
    programme, person = make.programme(partnership), make.person(partnership)
    rows = [make.school(name=f"Redmere {n:03}") for n in range(schools)]
    for row in rows:
        make.contact(row)
    return programme, person, rows


def shown(programme: Programme) -> list[GapAsShown]:
    found = sorted(
        missing.missing_from_programme(programme, now=make.NOW).gaps, key=lambda gap: gap.organisation_id
    )
    return [deeds.shown(gap) for gap in found]


def test_many_gaps_are_given_to_a_coordinator_and_one_that_somebody_took_meanwhile_is_left(
    app: Flask,
) -> None:
    with transaction():
        programme, priya, (a, b, c) = county()
        owen = make.person(db.session.get_one(Partnership, programme.partnership_id), name="Owen")
        seen = shown(programme)
        owners.assign(programme, [b.organisation_id], owen, **PRIYA)
    with transaction():
        assert deeds.assign(programme, seen, priya, **PRIYA) == Done(
            done=[a.organisation_id, c.organisation_id], changed=[b.organisation_id]
        )
    named = {
        organisation_id: owner.name
        for organisation_id, owner in owners.owners_of_programme(programme.id).items()
    }
    assert named == {
        a.organisation_id: "Priya Nandakumar",
        b.organisation_id: "Owen",
        c.organisation_id: "Priya Nandakumar",
    }
    with transaction():  # the same click once more: done already is no change
        assert deeds.assign(programme, [seen[0]], priya, **PRIYA) == Done(
            done=[a.organisation_id], changed=[]
        )


def test_a_school_that_took_over_an_owner_is_given_to_nobody_for_good(app: Flask) -> None:
    with transaction():
        programme, priya, (new,) = county(1)
        old = make.school(status="Closed")
        make.succession(old, new)
        owners.assign(programme, [old.organisation_id], priya, **PRIYA)
        seen = shown(programme)
        assert seen == [GapAsShown(new.organisation_id, "not asked", "not asked", priya.id)]
        assert deeds.assign(programme, seen, None, **PRIYA) == Done(done=[new.organisation_id], changed=[])
    assert [gap.owner for gap in missing.missing_from_programme(programme, now=make.NOW).gaps] == [None]


def test_many_gaps_are_excluded_with_a_reason_and_whoever_was_asked_or_booked_meanwhile_is_left(
    app: Flask,
) -> None:
    with transaction():
        programme, _, (a, b, c) = county()
        seen = shown(programme)
        make.invitation(programme, a)
        make.booking(make.show(programme, b, make.NOW + timedelta(days=9)), {8: 99, 9: 99})
    with transaction():
        done = deeds.exclude(programme, seen, "Runs its own", **PRIYA)
    assert done == Done(done=[c.organisation_id], changed=[a.organisation_id, b.organisation_id])
    assert {
        organisation_id: d.reason for organisation_id, d in target_decisions.decisions(programme.id).items()
    } == {c.organisation_id: "Runs its own"}
    with transaction():  # sent twice: it is no gap any more
        assert deeds.exclude(programme, [seen[2]], "Runs its own", **PRIYA) == Done(
            done=[], changed=[c.organisation_id]
        )


def test_of_two_of_one_name_who_exclude_in_one_instant_each_undoes_only_what_was_their_own(
    app: Flask,
) -> None:
    with transaction():
        programme, _, (a, b, c) = county()
        seen = shown(programme)
    mine, theirs = deeds.new_lot(), deeds.new_lot()
    with transaction():
        deeds.exclude(programme, seen[:1], "Runs its own", lot=mine, **PRIYA)
        deeds.exclude(programme, seen[1:], "Runs its own", lot=theirs, **PRIYA)
    assert deeds.taken_out(programme, theirs, who="Owen") == []
    assert deeds.taken_out(programme, "", **{"who": PRIYA["who"]}) == []
    with transaction():
        assert deeds.take_back_in(programme, mine, **PRIYA) == [a.organisation_id]
        assert deeds.take_back_in(programme, mine, **PRIYA) == []
    assert sorted(target_decisions.decisions(programme.id)) == sorted([b.organisation_id, c.organisation_id])
    assert deeds.taken_out(programme, theirs, who=PRIYA["who"]) == [b.organisation_id, c.organisation_id]


def test_one_note_is_written_about_each_and_sent_twice_it_stands_once(app: Flask) -> None:
    with transaction():
        programme, _, (a, b, _c) = county()
        seen = shown(programme)[:2]
    for _ in range(2):
        with transaction():
            done = deeds.note(programme, seen, "Trust was rung", kind=notes.PHONE, **PRIYA)
            assert done == Done(done=[a.organisation_id, b.organisation_id], changed=[])
    for organisation_id in (a.organisation_id, b.organisation_id):
        (note,) = notes.of_organisation(organisation_id, partnership_id=programme.partnership_id)
        assert (note.text, note.kind, note.programme_id) == ("Trust was rung", "phone", programme.id)


def test_schools_of_another_partnership_are_never_touched(app: Flask) -> None:
    with transaction():
        programme, priya, _ = county(1)
        make.partnership(("932",))
        theirs = make.school(la_code="932")
        seen = [
            GapAsShown(theirs.organisation_id, "unreachable", "no address", 0),
            GapAsShown(theirs.organisation_id, "not asked", "not asked", 0),
        ]
    for line in seen:
        with transaction():
            assert deeds.exclude(programme, [line], "x", **PRIYA) == Done(
                done=[], changed=[theirs.organisation_id]
            )
            assert deeds.assign(programme, [line], priya, **PRIYA) == Done(
                done=[], changed=[theirs.organisation_id]
            )
            assert deeds.note(programme, [line], "x", kind=notes.NOTE, **PRIYA).done == []
    assert (target_decisions.decisions(programme.id), owners.owners_of_programme(programme.id)) == ({}, {})


@pytest.mark.parametrize(
    ("verb", "refusal"),
    [
        (lambda p, seen, who: deeds.exclude(p, seen, " ", **PRIYA), DecisionReasonMissing),
        (lambda p, seen, who: deeds.note(p, seen, " ", kind="note", **PRIYA), NoteEmpty),
        (lambda p, seen, who: deeds.assign(p, seen, who, **PRIYA), CannotOwn),
        (lambda p, seen, who: deeds.assign(p, [], None, **PRIYA), NobodyChosen),
        (lambda p, seen, who: deeds.exclude(p, [seen[0]] * (MOST + 1), "x", **PRIYA), TooMany),
    ],
)
def test_a_deed_that_makes_no_sense_is_refused_and_nothing_is_done(
    app: Flask, verb: Any, refusal: type[Exception]
) -> None:
    with transaction():
        programme, _, _ = county(2)
        stranger = make.person(make.partnership(("932",)))
        seen = shown(programme)
    with pytest.raises(refusal), transaction():
        verb(programme, seen, stranger)
    assert (target_decisions.decisions(programme.id), owners.owners_of_programme(programme.id)) == ({}, {})


def test_two_who_exclude_the_same_schools_at_once_decide_each_once(app: Flask) -> None:
    with transaction():
        programme, _, _ = county(4)
        seen, programme_id = shown(programme), programme.id
    ready = threading.Barrier(2)
    done: list[int] = []

    def one() -> None:
        with app.app_context():
            ready.wait()
            with transaction() as session:
                mine = session.get_one(Programme, programme_id)
                done.append(len(deeds.exclude(mine, seen, "Runs its own", **PRIYA).done))

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [0, 4]
    db.session.rollback()
    assert db.session.scalar(db.select(db.func.count()).select_from(target_decisions.TargetDecision)) == 4


def test_what_a_form_carries_is_read_back_as_it_was_shown() -> None:
    seen = [
        GapAsShown(900001, "part seen", "year group missing", 0),
        GapAsShown(900002, "asked", "silent", 7),
    ]
    assert deeds.read([line.said() for line in seen]) == seen
    assert deeds.read(["", "x:y", "900001:asked", "9999999999:asked:silent:0", "900001:asked:silent:²"]) == []


def test_a_filter_is_remembered_for_its_person_until_cleared(app: Flask) -> None:
    with transaction():
        partnership = make.partnership()
        priya, owen = make.person(partnership), make.person(partnership)
        kept.keep(priya.id, "gaps", "standing=asked", now=make.NOW)
        kept.keep(priya.id, "gaps", "standing=declined", now=make.NOW)
    assert (kept.remembered_filter(priya.id, "gaps"), kept.remembered_filter(owen.id, "gaps")) == (
        "standing=declined",
        "",
    )
    with transaction():
        kept.keep(priya.id, "gaps", "", now=make.NOW)
    assert kept.remembered_filter(priya.id, "gaps") == ""


def test_a_person_with_two_windows_keeps_one_filter(app: Flask) -> None:
    with transaction():
        person_id = make.person(make.partnership()).id
    ready = threading.Barrier(2)

    def one(address: str) -> None:
        with app.app_context():
            ready.wait()
            with transaction():
                kept.keep(person_id, "gaps", address, now=make.NOW)

    threads = [threading.Thread(target=one, args=(f"find={n}",)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept.remembered_filter(person_id, "gaps") in ("find=0", "find=1")
