"""Who is missing: how long each gap waits, whose it is, whether it was ever seen, and the last contact with
it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

import make
from outreach.asking import notes, owners
from outreach.asking.own_letters import drafts, sending
from outreach.asking.own_letters.drafts import Typed
from outreach.asking.paper import PaperPosting
from outreach.coverage.gaplist import ever_seen, last_contact, missing
from outreach.coverage.gaplist.last_contact import LastContact
from outreach.coverage.gaplist.missing import Gap
from outreach.ground.db import db, transaction
from outreach.ground.timespans import day_of
from outreach.post.outbox import SENT, Letter
from outreach.tour.adults import NO_SCHOOLS, AdultTarget

NOW = make.NOW
DAY = timedelta(days=1)
LAST_YEAR = datetime(2026, 3, 10, 10, tzinfo=UTC)
PRIYA: dict[str, Any] = {"who": "Priya Nandakumar", "now": NOW}


def gaps(programme: Any, **more: Any) -> dict[int, Gap]:
    return {
        gap.organisation_id: gap for gap in missing.missing_from_programme(programme, now=NOW, **more).gaps
    }


def seen_show(programme: Any, school: Any, at: datetime, side: str = "school", **word: Any) -> Any:
    """A show with its report on the day after."""
    booking = make.booking(make.show(programme, school, at), {8: 100, 9: 100}, at=at - 30 * DAY)
    make.report(booking, side, at + DAY, {8: 100, 9: 100} if word.get("took_place", True) else None, **word)
    return booking


def test_a_gap_waits_since_its_standing_holds_else_since_it_could_have_been_asked(app: Flask) -> None:
    with transaction():
        partnership = make.partnership()
        programme = make.programme(partnership, created_at=make.EARLIER)
        silent, never, opened = (make.school() for _ in range(3))
        make.contact(silent)
        make.contact(never)
        make.contact(opened)
        make.invitation(programme, silent, at=NOW - 20 * DAY)
        opened.open_date = date(2027, 1, 1)
        booked = make.school()
        make.booking(make.show(programme, booked, NOW + 40 * DAY), {8: 100, 9: 100})
        one_year = make.school()
        make.booking(make.show(programme, one_year, NOW + 40 * DAY), {8: 100})
    found = gaps(programme)
    assert {organisation_id: gap.waits_since for organisation_id, gap in found.items()} == {
        silent.organisation_id: date(2026, 12, 30),
        never.organisation_id: date(2026, 9, 3),
        opened.organisation_id: date(2027, 1, 1),
        one_year.organisation_id: date(2026, 9, 3),  # not since the show of the other year, which is to come
    }


def test_a_body_waits_from_the_day_on_which_it_was_added(app: Flask) -> None:
    with transaction():
        partnership = make.partnership()
        target = AdultTarget(schools=NO_SCHOOLS, kinds=("Police",))
        programme = make.programme(partnership, (), target, for_adults=True, created_at=make.EARLIER)
        from_the_first = make.body(partnership, make.EARLIER - 9 * DAY)
        later = make.body(partnership, NOW - 20 * DAY)
        make.body_record(later, NOW - 2 * DAY, name="Fen Team")
    found = gaps(programme)
    assert {organisation_id: gap.waits_since for organisation_id, gap in found.items()} == {
        from_the_first.organisation_id: date(2026, 9, 3),
        later.organisation_id: date(2026, 12, 30),
    }
    only = gaps(programme, only=[later.organisation_id])
    assert {gap.waits_since for gap in only.values()} == {date(2026, 12, 30)}


def test_the_owner_of_a_school_is_its_predecessors_until_it_has_one_of_its_own(app: Flask) -> None:
    with transaction():
        partnership = make.partnership()
        programme = make.programme(partnership)
        priya, owen = make.person(partnership), make.person(partnership, name="Owen Bright")
        old, new = make.school(status="Closed"), make.school()
        make.succession(old, new)
        owners.assign(programme, [old.organisation_id], priya, **PRIYA)
    assert gaps(programme)[new.organisation_id].owner.name == "Priya Nandakumar"  # type: ignore[union-attr]
    with transaction():
        owners.assign(programme, [new.organisation_id], owen, **PRIYA)
    assert gaps(programme)[new.organisation_id].owner.name == "Owen Bright"  # type: ignore[union-attr]


def test_never_seen_is_in_no_year_of_no_programme_of_the_partnership_under_no_former_name(app: Flask) -> None:
    with transaction():
        partnership = make.partnership()
        this = make.programme(partnership)
        last = make.programme(partnership, academic_year=2025, created_at=LAST_YEAR - 100 * DAY)
        training = make.programme(
            partnership, (), academic_year=2025, for_adults=True, created_at=LAST_YEAR - 100 * DAY
        )
        theirs = make.programme(make.partnership(("932",)), academic_year=2025)
        ever, by_former, at_training, elsewhere, cancelled, denied, never = (make.school() for _ in range(7))
        former = make.school(status="Closed")
        make.succession(former, by_former)
        seen_show(last, ever, LAST_YEAR)
        seen_show(last, former, LAST_YEAR, side="company")
        seen_show(training, at_training, LAST_YEAR)
        seen_show(theirs, elsewhere, LAST_YEAR)
        make.cancellation(seen_show(last, cancelled, LAST_YEAR), LAST_YEAR - 2 * DAY)
        seen_show(last, denied, LAST_YEAR, took_place=False, why_not="snow")
    found = gaps(this)
    assert {organisation_id for organisation_id, gap in found.items() if not gap.never_seen} == {
        ever.organisation_id,
        by_former.organisation_id,
    }
    assert {gap.family for gap in found.values() if len(gap.family) > 1} == {
        (by_former.organisation_id, former.organisation_id)
    }


def test_a_disputed_show_was_seen_only_if_the_coordinator_says_so(app: Flask) -> None:
    with transaction():
        partnership = make.partnership()
        this = make.programme(partnership)
        last = make.programme(partnership, academic_year=2025, created_at=LAST_YEAR - 100 * DAY)
        schools = [make.school() for _ in range(6)]
        for programme, at, (told_yes, told_no, untold) in (
            (last, LAST_YEAR, schools[:3]),
            (this, NOW - 30 * DAY, schools[3:]),
        ):
            for school, word in ((told_yes, True), (told_no, False), (untold, None)):
                booking = seen_show(programme, school, at)
                make.report(booking, "company", at + 2 * DAY, took_place=False, why_not="snow")
                if word is not None:
                    make.report(
                        booking, "settled", at + 3 * DAY, took_place=word, why_not="" if word else "snow"
                    )
    assert ever_seen.read(this).saw == {schools[0].organisation_id}
    assert ever_seen.read(this, [schools[2].organisation_id]).saw == set()
    assert ever_seen.read(last).saw == {schools[3].organisation_id}
    never = {organisation_id for organisation_id, gap in gaps(this).items() if gap.never_seen}
    assert never == {schools[n].organisation_id for n in (1, 2, 4, 5)}


def test_what_took_place_this_year_was_seen_by_whoever_came_from_that_school_too(app: Flask) -> None:
    with transaction():
        programme = make.programme(make.partnership())
        merged, half, other = make.school(), make.school(), make.school()
        for n in range(2):
            former = make.school(status="Closed")
            make.succession(former, merged)
            if n:
                seen_show(programme, former, NOW - 30 * DAY)
        booking = make.booking(make.show(programme, half, NOW - 30 * DAY), {8: 100})
        make.report(booking, "company", NOW - 29 * DAY)
    found = gaps(programme)
    assert {organisation_id: gap.never_seen for organisation_id, gap in found.items()} == {
        merged.organisation_id: False,
        half.organisation_id: False,
        other.organisation_id: True,
    }


def test_of_some_schools_the_same_is_said_as_of_all(app: Flask) -> None:
    with transaction():
        partnership = make.partnership()
        programme = make.programme(partnership)
        person = make.person(partnership)
        schools = [make.school() for _ in range(6)]
        former = make.school(status="Closed")
        make.succession(former, schools[0])
        seen_show(programme, former, NOW - 30 * DAY)
        seen_show(programme, schools[1], NOW - 30 * DAY, took_place=False, why_not="snow")
        owners.assign(programme, [schools[2].organisation_id], person, **PRIYA)
    whole = gaps(programme)
    for school in schools:
        assert gaps(programme, only=[school.organisation_id]) == {
            u: g for u, g in whole.items() if u == school.organisation_id
        }


def test_the_queries_are_as_many_for_three_schools_as_for_thirty(app: Flask, count_queries: Any) -> None:
    with transaction():
        partnership = make.partnership()
        programme = make.programme(partnership)
        person = make.person(partnership)
        schools = [make.school() for _ in range(3)]
    counts = []
    for more in (0, 27):
        with transaction():
            new = [make.school() for _ in range(more)]
            schools += new
            for school in new[:5]:
                make.invitation(programme, school)
                seen_show(programme, school, NOW - 30 * DAY)
            owners.assign(programme, [s.organisation_id for s in new[5:9]], person, **PRIYA)
        assert programme.created_at and schools[0].organisation_id  # read anew after the commit
        with count_queries() as sent:
            missing.missing_from_programme(programme, now=NOW)
        counts.append(len(sent))
    assert counts == [27, 27]
    with count_queries() as sent:
        missing.missing_from_programme(programme, now=NOW, only=[schools[0].organisation_id])
    assert len(sent) == 28


def contact_of(programme: Any, *family: int) -> LastContact | None:
    return last_contact.last_contact_of_organisations(programme, {family[0]: family}).get(family[0])


def test_a_letter_in_own_words_is_a_contact_once_it_went(app: Flask) -> None:
    with transaction():
        programme = make.programme(make.partnership())
        school = make.school()
        contact = make.contact(school)
        letter = drafts.keep(
            programme,
            [school.organisation_id],
            Typed(subject="Hall", words="Free?"),
            form_key="k",
            who="Priya",
            now=NOW - DAY,
        )
        seen = {school.organisation_id: contact.address}
        sending.send(programme, letter, edition=1, seen=seen, who="Priya", now=NOW - DAY)
    assert contact_of(programme, school.organisation_id) is None
    with transaction():
        gone = db.session.query(Letter).one()
        gone.status, gone.handed_at = SENT, NOW - DAY
    assert contact_of(programme, school.organisation_id) == LastContact(NOW - DAY, "letter")


def test_the_last_contact_is_the_newest_of_all_that_passed_and_says_what_it_was(app: Flask) -> None:
    with transaction():
        partnership = make.partnership()
        programme, mine = make.programme(partnership), partnership.id
        school = make.school()
        organisation_id = school.organisation_id
    assert contact_of(programme, organisation_id) is None
    with transaction():
        make.invitation(programme, school, at=NOW - 50 * DAY)
        make.invitation(programme, school, at=NOW - 2 * DAY, handed_at=None)  # waits: nobody has it
    assert contact_of(programme, organisation_id) == LastContact(NOW - 50 * DAY, "letter")
    with transaction():
        make.answer(programme, school, "other date", at=NOW - 40 * DAY, reason="May")
    assert contact_of(programme, organisation_id) == LastContact(NOW - 40 * DAY, "answer")
    with transaction():
        booking = make.booking(make.show(programme, school, NOW - 5 * DAY), {8: 100}, at=NOW - 30 * DAY)
    assert contact_of(programme, organisation_id) == LastContact(NOW - 30 * DAY, "booking")
    with transaction():
        make.letter("x@redmere.example", NOW - 29 * DAY, stream=booking.uid, kind="booked")
    assert contact_of(programme, organisation_id) == LastContact(NOW - 29 * DAY, "letter")
    with transaction():
        make.report(booking, "company", NOW - 3 * DAY)
        make.report(booking, "school", NOW - 4 * DAY)
    assert contact_of(programme, organisation_id) == LastContact(NOW - 4 * DAY, "report")
    with transaction():
        talk = notes.write(
            organisation_id, "Rings back", partnership_id=mine, kind=notes.PHONE, who="Owen", now=NOW - DAY
        )
        notes.write(organisation_id, "For ourselves", partnership_id=mine, who="Owen", now=NOW)
    assert contact_of(programme, organisation_id) == LastContact(NOW - DAY, "phone")
    with transaction():
        notes.withdraw(talk, who="Owen", now=NOW)
        coming = make.booking(make.show(programme, school, NOW + 5 * DAY), {9: 100}, at=NOW - 2 * DAY)
        make.cancellation(coming, NOW - DAY / 2)
    assert contact_of(programme, organisation_id) == LastContact(NOW - DAY / 2, "cancellation")


def test_a_letter_on_paper_is_contact_from_its_day_and_none_once_it_did_not_go(app: Flask) -> None:
    with transaction():
        programme, school = make.programme(make.partnership()), make.school()
        past = make.posted_letter(programme, school, day_of(NOW - 20 * DAY), NOW - 10 * DAY)
    assert contact_of(programme, school.organisation_id) == LastContact(past.posted_at, "letter")
    with transaction():
        make.posted_letter(programme, school, day_of(NOW + 5 * DAY), NOW - DAY)
    assert contact_of(programme, school.organisation_id) == LastContact(NOW - DAY, "letter")
    with transaction():
        for posting in db.session.scalars(select(PaperPosting)):
            posting.withdrawn_at, posting.withdrawn_by = NOW, "Owen"
    assert contact_of(programme, school.organisation_id) is None


def test_a_letter_that_came_back_and_what_other_partnerships_wrote_is_no_contact(app: Flask) -> None:
    with transaction():
        programme = make.programme(make.partnership())
        other = make.partnership(("932",))
        theirs = make.programme(other)
        school = make.school()
        gone = make.invitation(programme, school, at=NOW - 50 * DAY)
        make.invitation(theirs, school, at=NOW - 10 * DAY)
        notes.write(school.organisation_id, "Theirs", partnership_id=other.id, kind=notes.PHONE, **PRIYA)
        db.session.get_one(Letter, gone.letter_id).status = "bounced"
    assert contact_of(programme, school.organisation_id) is None


def test_what_passed_with_the_former_school_is_contact_with_the_school(app: Flask) -> None:
    with transaction():
        partnership = make.partnership()
        programme = make.programme(partnership)
        last = make.programme(partnership, academic_year=2025)
        old, new = make.school(), make.school()
        make.invitation(programme, new, at=NOW - 60 * DAY)
        make.answer(last, old, "declined", at=NOW - 20 * DAY, reason="exams")
    assert contact_of(programme, new.organisation_id, old.organisation_id) == LastContact(
        NOW - 20 * DAY, "answer"
    )
    assert contact_of(programme, new.organisation_id) == LastContact(NOW - 60 * DAY, "letter")
