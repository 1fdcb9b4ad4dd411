"""Letters on paper: who gets one, from when a posted one counts, and what is taken back."""

from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

import make
from outreach.asking import paper, rounds, short_codes
from outreach.asking.paper import DayPostedUnfit, NobodyToPrintFor, NoLetterTicked, PaperLetter, PaperPosting
from outreach.county.schools import School
from outreach.coverage import gaps, standings
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.ground.timespans import day_of
from outreach.post import links

NOW = make.NOW
TODAY = day_of(NOW)
PRIYA = {"who": "Priya"}


class County:
    """A school without an address, one whose address bounced, one that can be written to."""

    def __init__(self) -> None:
        with transaction():
            self.partnership = make.partnership()
            self.programme = make.programme(self.partnership, created_at=make.EARLIER)
            make.tour_day(self.programme, make.troupe(self.partnership))
            self.none = make.school(name="No Address School", postcode="ZZ9 3AB")
            self.bounced = make.school(name="Bounced School", postcode="ZZ9 3AC")
            make.contact(self.bounced, address="gone@redmere.example")
            make.dead_address("gone@redmere.example", make.EARLIER)
            self.mailed = make.school(name="Mailed School", postcode="ZZ9 3AD")
            make.contact(self.mailed)
        self.target = {s.organisation_id for s in (self.none, self.bounced, self.mailed)}

    def make(self, *schools: School, now: datetime = NOW) -> list[paper.MadeLetter]:
        organisation_ids = [school.organisation_id for school in schools]
        with transaction():
            words = rounds.words_for(self.programme, organisation_ids, now=now)
            return paper.make(self.programme, organisation_ids, self.target, words=words, now=now, **PRIYA)

    def ids(self) -> list[int]:
        return list(db.session.scalars(select(PaperLetter.id).order_by(PaperLetter.id)))

    def post(self, on: date, *, now: datetime = NOW) -> int:
        with transaction():
            return paper.post(self.programme, self.ids(), on, now=now, **PRIYA)

    def take_back(self, *, now: datetime = NOW) -> int:
        with transaction():
            return paper.withdraw_posting(self.programme, self.ids(), now=now, **PRIYA)

    def standing(
        self, school: School, on: date = TODAY, *, now: datetime = NOW
    ) -> tuple[str, str, date | None]:
        found = standings.standings_of_programme(self.programme.id, as_of=on, now=now)
        one = next(s for s in found.target if s.organisation_id == school.organisation_id)
        return one.standing, one.kind, one.since

    def whom(self, *schools: School) -> tuple[list[str], list[str]]:
        to, left_out = paper.whom_to_print_for(
            self.programme, [s.organisation_id for s in schools], self.target, now=NOW
        )
        return [s.name for s in to], [one.why for one in left_out]


@pytest.fixture
def c(app: Flask) -> County:
    return County()


def days(n: int) -> timedelta:
    return timedelta(days=n)


def test_letter_bears_a_link_and_a_code_that_both_open_the_school(c: County) -> None:
    made, other = c.make(c.none, c.bounced)
    assert [made.organisation.name, other.organisation.name] == ["Bounced School", "No Address School"]
    token = made.page.rpartition("/")[2]
    link = links.find(token)
    assert link is not None and link.organisation_id == c.bounced.organisation_id and link.open_at(NOW)
    with transaction():
        opened = short_codes.open_with("ZZ9 3AC", made.code, now=NOW)
    assert opened is not None and links.find(opened).organisation_id == c.bounced.organisation_id  # type: ignore[union-attr]


def test_letter_that_was_only_made_counts_for_nothing(c: County) -> None:
    before = c.standing(c.none)
    assert before[0] == "unreachable"
    c.make(c.none)
    assert c.standing(c.none) == before


@pytest.mark.parametrize("which", ["none", "bounced"])
def test_posted_it_counts_as_asked_from_the_day_that_was_named(c: County, which: str) -> None:
    school = getattr(c, which)
    c.make(school)
    assert c.post(TODAY + days(3)) == 1
    later = NOW + days(10)
    assert c.standing(school, TODAY + days(2), now=later)[0] == "unreachable"
    standing, kind, since = c.standing(school, TODAY + days(3), now=later)
    assert (standing, kind, since) == ("asked", gaps.ASKED_LATELY, TODAY + days(3))


def test_silence_is_told_from_the_day_it_was_posted(c: County) -> None:
    c.make(c.none)
    c.post(TODAY)
    assert c.standing(c.none, TODAY + days(60), now=NOW + days(60)) == ("asked", gaps.SILENT, TODAY)


def test_taken_back_the_school_stands_as_before_and_the_day_between_stays_as_it_was(c: County) -> None:
    c.make(c.none)
    c.post(TODAY)
    assert c.take_back(now=NOW + days(2)) == 1
    later = NOW + days(5)
    assert c.standing(c.none, TODAY + days(1), now=later)[0] == "asked"
    assert c.standing(c.none, TODAY + days(2), now=later)[0] == "unreachable"
    assert c.take_back(now=later) == 0


def test_posted_twice_is_posted_once(c: County) -> None:
    c.make(c.none)
    assert (c.post(TODAY), c.post(TODAY)) == (1, 0)
    assert db.session.scalar(select(func.count()).select_from(PaperPosting)) == 1


def test_who_has_a_posted_letter_gets_no_second_until_it_is_taken_back(c: County) -> None:
    c.make(c.none)
    assert c.whom(c.none) == (["No Address School"], [])
    c.post(TODAY)
    assert c.whom(c.none) == ([], ["a letter on paper was posted on 19 January 2027"])
    with pytest.raises(NobodyToPrintFor):
        c.make(c.none)
    c.take_back()
    assert c.whom(c.none) == (["No Address School"], [])


def test_new_letter_ends_the_code_of_the_old(c: County) -> None:
    (old,), (new,) = c.make(c.none), c.make(c.none)
    with transaction():
        assert short_codes.open_with("ZZ9 3AB", old.code, now=NOW) is None
        assert short_codes.open_with("ZZ9 3AB", new.code, now=NOW) is not None


def test_who_said_no_is_out_of_the_target_or_is_anothers_gets_none(c: County) -> None:
    with transaction():
        make.answer(c.programme, c.none, "declined", NOW, reason="exams")
        outside = make.school(name="Outside School")
        make.partnership(("999",))
        others = make.school(name="Another County's", la_code="999")
    names, why = c.whom(c.none, c.mailed, outside, others)
    assert names == ["Mailed School"]
    assert why == ["declined: exams", "not in the target of this programme"]


@pytest.mark.parametrize("on", [TODAY - days(1), TODAY + days(15)])
def test_day_before_the_letter_was_made_or_far_ahead_is_refused_and_nothing_is_kept(
    c: County, on: date
) -> None:
    c.make(c.none)
    with pytest.raises(DayPostedUnfit):
        c.post(on)
    assert c.standing(c.none)[0] == "unreachable"


def test_letters_of_another_programme_are_not_ones_own(c: County) -> None:
    c.make(c.none)
    with transaction():
        other = make.programme(make.partnership(("999",)))
    with pytest.raises(NoLetterTicked), transaction():
        paper.post(other, c.ids(), TODAY, now=NOW, **PRIYA)


def test_every_deed_stands_in_the_schools_history(c: County) -> None:
    c.make(c.none)
    c.post(TODAY)
    c.take_back()
    deeds = [(row.what, row.partnership_id) for row in history.history_of("school", c.none.organisation_id)]
    assert deeds == [
        ("took back that a letter on paper was posted", c.partnership.id),
        ("posted a letter on paper", c.partnership.id),
        ("made a letter on paper", c.partnership.id),
    ]


def test_mail_may_still_go_to_a_school_that_was_asked_on_paper_once_it_has_an_address(c: County) -> None:
    c.make(c.none)
    c.post(TODAY)
    with transaction():
        make.contact(c.none)
    assert [
        r.organisation.name
        for r in rounds.preview_round(c.programme, [c.none.organisation_id], now=NOW).recipients
    ] == ["No Address School"]


def test_database_keeps_one_standing_posting_of_a_letter(c: County) -> None:
    c.make(c.none)
    c.post(TODAY)
    with pytest.raises(IntegrityError), transaction():
        db.session.add(PaperPosting(paper_letter_id=c.ids()[0], posted_at=NOW, recorded_at=NOW, who="Owen"))
        db.session.flush()
