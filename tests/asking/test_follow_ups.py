"""Follow-ups: one for a school in a programme, whose and when; moved, done, taken back, and in one's own
calendar."""

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

import make
from outreach.asking import follow_ups
from outreach.asking.follow_ups import (
    CannotFollowUp,
    DayCannotBe,
    FollowUp,
    FollowUpGone,
    NoSuchFollowUp,
    WordsUnfit,
)
from outreach.county.coordinators import Coordinator
from outreach.county.partnerships import Partnership
from outreach.county.schools import School
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.post.feeds import entries
from outreach.post.feeds.entries import COORDINATOR, OWN
from outreach.tour.programmes import Programme

PRIYA: dict[str, Any] = {"who": "Priya Nandakumar", "now": make.NOW}
TODAY = make.NOW.date()
MONDAY = TODAY + timedelta(days=(7 - TODAY.weekday()) % 7 or 7)
LATER: dict[str, Any] = {"who": "Owen Bright", "now": make.NOW + timedelta(hours=3)}


class County:
    """A programme with two coordinators and three schools."""

    def __init__(self) -> None:
        self.ours: Partnership = make.partnership()
        self.programme: Programme = make.programme(self.ours)
        self.priya: Coordinator = make.person(self.ours, name="Priya Nandakumar")
        self.owen: Coordinator = make.person(self.ours, name="Owen Bright")
        self.schools: list[School] = [make.school(name=name) for name in ("Ash", "Beech", "Cedar")]
        self.organisation_ids = [school.organisation_id for school in self.schools]

    def set(self, *organisation_ids: int, day: date = MONDAY, what: str = "", **more: Any) -> list[int]:
        said = {"person": self.priya, **PRIYA, **more}
        return follow_ups.set_follow_ups(
            self.programme, organisation_ids or [self.organisation_ids[0]], day, what, **said
        )

    def stands(self) -> dict[int, tuple[date, str, str]]:
        found = follow_ups.follow_ups_of_programme(self.programme.id)
        return {organisation_id: (one.day, one.what, one.name) for organisation_id, one in found.items()}

    def row(self, organisation_id: int | None = None) -> FollowUp:
        found = follow_ups.follow_ups_of_programme(self.programme.id)[
            organisation_id or self.organisation_ids[0]
        ]
        return follow_ups.get(found.follow_up_id, partnership_id=self.ours.id)

    def calendar(self, person: Coordinator) -> str:
        pieces = entries.body(COORDINATOR, self.ours.id, "All shows", now=make.NOW, holder=person.id)
        return b"".join(pieces).decode().replace("\r\n ", "")


@pytest.fixture
def county(app: Flask) -> County:
    with transaction():
        return County()


def test_a_day_is_set_for_several_schools_moved_for_one_and_stays_where_nothing_changes(
    county: County,
) -> None:
    with transaction():
        assert county.set(*county.organisation_ids, what=" Ring  the office ") == sorted(
            county.organisation_ids
        )
        assert county.set(*county.organisation_ids, what="Ring the office") == []
    first, *rest = county.organisation_ids
    with transaction():
        assert county.set(first, day=MONDAY + timedelta(days=1), person=county.owen, **LATER) == [first]
    assert county.stands() == {
        first: (MONDAY + timedelta(days=1), "Ring the school", "Owen Bright"),
        **dict.fromkeys(rest, (MONDAY, "Ring the office", "Priya Nandakumar")),
    }
    newest, older = follow_ups.of_organisations([first], partnership_id=county.ours.id)
    assert (older.ended_as, older.ended_by, older.what, older.day) == ("moved", "Owen Bright", "", MONDAY)
    assert (newest.ended_as, newest.set_by) == (None, "Owen Bright")
    assert [deed.what for deed in history.history_of("school", first)] == ["follow-up moved", "follow-up set"]
    assert "office" not in str([deed.after for deed in history.history_of("school", first)])


def test_it_stands_in_the_calendar_of_whoever_does_it_and_in_nobody_elses(county: County) -> None:
    with transaction():
        county.set(day=date(2027, 2, 2))
    mine = county.calendar(county.priya)
    assert "SUMMARY:Follow up Ash\r\n" in mine
    assert "DTSTART;VALUE=DATE:20270202\r\nDTEND;VALUE=DATE:20270203\r\n" in mine
    assert "TRANSP:TRANSPARENT" in mine and "ATTENDEE" not in mine
    assert f"/desk/schools/{county.organisation_ids[0]}\r\n" in mine
    assert "VEVENT" not in county.calendar(county.owen)
    assert "VEVENT" not in b"".join(entries.body(COORDINATOR, county.ours.id, "Shows", now=make.NOW)).decode()
    with transaction():
        county.set(day=date(2027, 2, 3), person=county.owen, **LATER)
    assert "SUMMARY:Cancelled: Follow up Ash" in county.calendar(county.priya)
    assert "DTSTART;VALUE=DATE:20270203" in county.calendar(county.owen)
    uids = {
        line for who in (county.priya, county.owen) for line in county.calendar(who).split() if "UID:" in line
    }
    assert len(uids) == 1


def test_what_was_done_says_so_in_the_calendar_and_can_stand_again(county: County) -> None:
    with transaction():
        county.set()
    row = county.row()
    with transaction():
        follow_ups.finish(follow_ups.get(row.id, partnership_id=county.ours.id), **LATER)
    assert county.stands() == {}
    assert "SUMMARY:Done: Follow up Ash\r\n" in county.calendar(county.priya)
    with pytest.raises(FollowUpGone), transaction():
        follow_ups.withdraw(db.session.get_one(FollowUp, row.id), **LATER)
    with transaction():
        follow_ups.undo_done(db.session.get_one(FollowUp, row.id), **LATER)
    assert county.stands() == {county.organisation_ids[0]: (MONDAY, "Ring the school", "Priya Nandakumar")}
    assert "SUMMARY:Follow up Ash\r\n" in county.calendar(county.priya)


def test_what_was_done_does_not_stand_again_beside_another(county: County) -> None:
    with transaction():
        county.set()
    row_id = county.row().id
    with transaction():
        follow_ups.finish(db.session.get_one(FollowUp, row_id), **LATER)
        county.set(day=MONDAY + timedelta(days=7))
    with pytest.raises(FollowUpGone), transaction():
        follow_ups.undo_done(db.session.get_one(FollowUp, row_id), **LATER)


def test_what_is_taken_back_loses_its_words_everywhere(county: County) -> None:
    with transaction():
        county.set(what="Ask about Kayleigh")
    assert "Kayleigh" not in county.calendar(county.priya)
    with transaction():
        follow_ups.withdraw(county.row(), **LATER)
    assert [
        (one.what, one.ended_as)
        for one in follow_ups.of_organisations(county.organisation_ids, partnership_id=county.ours.id)
    ] == [("", "withdrawn")]
    assert "SUMMARY:Cancelled: Follow up Ash" in county.calendar(county.priya)
    assert "Kayleigh" not in str(
        [(d.before, d.after) for d in history.history_of("school", county.organisation_ids[0])]
    )


def test_what_is_settled_ends_and_says_so(county: County) -> None:
    with transaction():
        county.set(*county.organisation_ids)
        assert follow_ups.settle(county.programme, county.organisation_ids[:2], **LATER) == 2
        assert follow_ups.settle(county.programme, county.organisation_ids[:2], **LATER) == 0
    assert list(county.stands()) == county.organisation_ids[2:]
    assert "SUMMARY:Settled: Follow up Ash" in county.calendar(county.priya)


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("ahead", "said"), [(-1, "is past"), (367, "more than a year ahead. Check the year")]
)
def test_a_day_that_cannot_be_is_refused(county: County, ahead: int, said: str) -> None:
    with pytest.raises(DayCannotBe, match=said), transaction():
        county.set(day=TODAY + timedelta(days=ahead))
    with transaction():
        county.set(day=TODAY)
        county.set(day=TODAY + timedelta(days=366))


@pytest.mark.any_database
def test_words_that_cannot_be_kept_are_refused(county: County) -> None:
    with pytest.raises(WordsUnfit, match="120 characters; this has 121"), transaction():
        county.set(what="x" * 121)
    with pytest.raises(WordsUnfit), transaction():
        county.set(what="ring\x07")


def test_nobody_of_another_partnership_nor_who_has_left_is_the_one_who_does_it(county: County) -> None:
    with transaction():
        stranger = make.person(make.partnership(("932",)), name="Jo Vane")
        left = make.person(county.ours, name="Lee Fox", ended_at=make.NOW)
    for person in (stranger, left):
        with pytest.raises(CannotFollowUp), transaction():
            county.set(person=person)
    # Nor by hand: the database keeps a row, its programme and its person in one partnership.
    with pytest.raises(IntegrityError), transaction() as session:
        county.set()
        session.execute(db.update(FollowUp).values(person_id=stranger.id))


def test_another_partnership_finds_and_reads_none(county: County) -> None:
    with transaction():
        county.set()
        other = make.partnership(("932",)).id
    row_id = county.row().id
    with pytest.raises(NoSuchFollowUp):
        follow_ups.get(row_id, partnership_id=other)
    with pytest.raises(NoSuchFollowUp):
        follow_ups.get(10**12, partnership_id=other)
    assert follow_ups.of_organisations(county.organisation_ids, partnership_id=other) == []


def test_whoever_left_is_named_so(county: County) -> None:
    with transaction():
        county.set()
        county.priya.ended_at = make.NOW
    assert [one.left for one in follow_ups.follow_ups_of_programme(county.programme.id).values()] == [True]


def test_the_database_holds_one_that_stands_for_a_school_and_its_words(county: County) -> None:
    def second(**more: Any) -> FollowUp:
        facts = {"what": "Ring", "day": MONDAY, "uid": "u", "who": "Jo", "recorded_at": make.NOW} | more
        return FollowUp(
            partnership_id=county.ours.id,
            programme_id=county.programme.id,
            organisation_id=county.organisation_ids[0],
            person_id=county.priya.id,
            **facts,
        )

    with transaction():
        county.set()
    broken: list[dict[str, Any]] = [
        {},
        {"what": "", "ended_at": make.NOW, "ended_as": "done", "ended_by": "Jo"},
        {"ended_at": make.NOW, "ended_as": "withdrawn", "ended_by": "Jo"},
        {"ended_at": make.NOW, "ended_by": "Jo"},
        {"ended_at": make.NOW, "ended_as": "lost", "ended_by": "Jo"},
        {"ended_as": "done"},
    ]
    for more in broken:
        with pytest.raises(IntegrityError), transaction() as session:
            session.add(second(**more))
            session.flush()


def test_two_who_set_the_same_school_at_once_go_one_after_the_other(app: Flask, county: County) -> None:
    def go(person_id: int, days: int) -> None:
        with app.app_context(), transaction() as session:
            follow_ups.set_follow_ups(
                session.get_one(Programme, programme_id),
                [organisation_id],
                MONDAY + timedelta(days=days),
                "",
                session.get_one(Coordinator, person_id),
                **PRIYA,
            )

    programme_id, organisation_id = county.programme.id, county.organisation_ids[0]
    who = [county.priya.id, county.owen.id]
    db.session.rollback()
    both = [threading.Thread(target=go, args=(person, n)) for n, person in enumerate(who)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    rows = follow_ups.of_organisations([organisation_id], partnership_id=county.ours.id)
    assert [row.ended_as for row in rows] == [None, "moved"]


def test_a_day_is_set_in_a_constant_number_of_queries(county: County, count_queries: Any) -> None:
    counted = []
    for organisation_ids in (county.organisation_ids[:1], county.organisation_ids):
        with transaction(), count_queries() as queries:
            county.set(*organisation_ids, day=MONDAY + timedelta(days=len(organisation_ids)))
        counted.append(len([q for q in queries if not q.startswith("INSERT")]))
    assert counted[0] <= 6 and counted[1] <= counted[0] + 2


@pytest.mark.parametrize("whose", ["priya", "owen"])
def test_what_gave_way_to_one_that_is_taken_back_stands_again(county: County, whose: str) -> None:
    """Though its day is past by then; and whoever had it has it in the calendar, nobody else."""
    after: dict[str, Any] = {"who": "Owen Bright", "now": make.NOW + timedelta(days=20)}
    with transaction():
        county.set(day=MONDAY, what="Ring Mr Hale")
    with transaction():
        county.set(day=MONDAY + timedelta(days=30), person=getattr(county, whose), **LATER)
    with transaction():
        row = follow_ups.take_back(county.row(), **after)
        assert row is not None and row.day == MONDAY
    assert county.stands() == {county.organisation_ids[0]: (MONDAY, "Ring the school", "Priya Nandakumar")}
    mine, his = county.calendar(county.priya), county.calendar(county.owen)
    assert "SUMMARY:Follow up Ash" in mine and f"DTSTART;VALUE=DATE:{MONDAY:%Y%m%d}" in mine
    assert his.count("SUMMARY:Cancelled: Follow up Ash") == his.count("VEVENT") / 2 == (whose == "owen")
    for follow_up_id in follow_ups.every():
        with transaction():
            assert follow_ups.show(db.session.get_one(FollowUp, follow_up_id), now=make.NOW) == 0
    with transaction():
        assert follow_ups.take_back(county.row(), **after) is None
    assert county.stands() == {}
    with pytest.raises(FollowUpGone), transaction():
        follow_ups.take_back(row, **after)


def test_many_are_handed_over_in_as_many_queries_as_one(county: County, count_queries: Any) -> None:
    """Each entry of the one before is called off in its place, and of nobody else's."""
    first, *rest = county.organisation_ids
    counted = []
    with transaction():
        county.set(*county.organisation_ids)
    kept = county.calendar(county.priya)
    for organisation_ids in ([first], rest):
        with transaction(), count_queries() as queries:
            county.set(*organisation_ids, person=county.owen, **LATER)
        counted.append(len([q for q in queries if not q.startswith("INSERT")]))
    assert counted[0] == counted[1] == 9
    mine, his = county.calendar(county.priya), county.calendar(county.owen)
    assert kept.count("BEGIN:VEVENT") == mine.count("SUMMARY:Cancelled: Follow up") == 3
    assert mine.count("SEQUENCE:1") == his.count("SEQUENCE:1") == 3 and "Cancelled" not in his


def test_every_entry_is_made_anew_as_it_stands(county: County) -> None:
    with transaction():
        county.set(*county.organisation_ids)
        county.set(day=MONDAY + timedelta(days=1))
    before = county.calendar(county.priya)
    with transaction() as session:
        session.execute(db.delete(entries.FeedEntry).where(entries.FeedEntry.kind == OWN))
    for follow_up_id in follow_ups.every():
        with transaction():
            assert follow_ups.show(db.session.get_one(FollowUp, follow_up_id), now=make.NOW) == 1
    assert sorted(county.calendar(county.priya).split()) == sorted(before.split())
