"""Since when a school stands where it stands, and the edges of the rules: one promise or two, told in short."""

from datetime import date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete

import make
from make import NOW
from outreach.asking import invitations
from outreach.booking import promises
from outreach.booking.holds import FormBegun
from outreach.booking.proposals import Proposal
from outreach.county.contacts import Contact
from outreach.county.partnerships import Partnership
from outreach.county.schools import Correction, OrganisationRecord, School
from outreach.coverage import as_of, facts, figures, gaps, standings
from outreach.coverage.asking import AskedByDay
from outreach.coverage.desk import actions
from outreach.coverage.standings import Standing
from outreach.ground.db import db, transaction
from outreach.ground.school_year import STAFF
from outreach.ground.timespans import end_of_day, wall
from outreach.tour.adults import LEADS, PICKED, SOME, AdultTarget
from outreach.tour.programmes import ProgrammeTarget
from outreach.visits.reports import VisitReport
from outreach.visits.verdicts import Verdict

FIRST, SECOND, THIRD = date(2026, 10, 6), date(2026, 11, 10), date(2026, 12, 8)
TOOK, FAILED, MISSING = "took place", "failed", "missing"


@pytest.fixture
def programme(app: Flask) -> Any:
    with transaction():
        return make.programme(make.partnership(), audience_ceiling=400)


@pytest.fixture
def school(programme: Any) -> School:
    """A hundred pupils in Year 8 and a hundred in Year 9, by the register; asked on 3 September."""
    with transaction():
        found = make.school(number_of_pupils=700)
        make.invitation(programme, found, address=make.contact(found).address)
        return found


def noon(day: date) -> datetime:
    return wall(day, time(12))


def played(programme: Any, school: School, day: date, pupils: dict[int, int], came_to: str = TOOK) -> Any:
    """A show of these pupils, and what it came to by the evening."""
    with transaction():
        show = make.booking(make.show(programme, school, noon(day)), pupils)
        if came_to == TOOK:
            make.report(show, "school", noon(day) + timedelta(hours=6), pupils)
        elif came_to == FAILED:
            told = {"took_place": False, "why_not": "Snow"}
            make.report(show, "company", noon(day) + timedelta(hours=6), **told)
        return show


def found(programme: Any, school: School, as_of: date = NOW.date()) -> Standing:
    reckoned = standings.standings_of_programme(programme.id, as_of=as_of, now=NOW)
    return next(s for s in reckoned.target if s.organisation_id == school.organisation_id)


def said(s: Standing) -> tuple[str, str, date | None]:
    return s.standing, s.cause, s.since


def test_what_was_seen_counts_from_the_last_show_that_took_place(programme, school) -> None:
    played(programme, school, FIRST, {8: 100})
    played(programme, school, SECOND, {9: 100}, FAILED)
    assert said(found(programme, school)) == ("part seen", "Year 9 missing", FIRST)
    assert found(programme, school).uncounted == ()


def test_a_report_is_missing_since_its_own_show(programme, school) -> None:
    played(programme, school, FIRST, {8: 100})
    played(programme, school, SECOND, {9: 50}, MISSING)
    played(programme, school, THIRD, {9: 50}, MISSING)
    missing = "report missing, show on 10 November 2026"
    assert said(found(programme, school)) == ("part seen", missing, SECOND)


def test_a_show_for_other_year_groups_says_nothing_of_since_when(programme, school) -> None:
    played(programme, school, FIRST, {8: 100, 9: 100})
    played(programme, school, SECOND, {7: 30})
    assert said(found(programme, school)) == ("seen", "", FIRST)


def test_a_count_takes_the_place_of_an_estimate_and_of_no_number_that_the_school_gave(
    programme, school
) -> None:
    with transaction():
        make.own_number(school, 8, 100)
    played(programme, school, FIRST, {8: 120, 9: 120})
    assert found(programme, school).pupils_by_year == {8: 100, 9: 120}


@pytest.mark.parametrize(("came", "standing"), [(50, "part seen"), (51, "seen")])
def test_a_show_that_fell_is_made_good_once_fewer_than_half_of_its_pupils_are_left(
    programme, school, came: int, standing: str
) -> None:
    with transaction():
        for year_group in (8, 9):
            make.own_number(school, year_group, 100)
    played(programme, school, FIRST, {8: came, 9: 100})
    played(programme, school, SECOND, {8: 100}, FAILED)
    assert found(programme, school).standing == standing


def test_silence_counts_from_the_first_invitation_of_the_school_or_of_the_one_that_it_was(
    programme, school
) -> None:
    with transaction():
        make.invitation(programme, school, noon(FIRST))
    assert said(found(programme, school)) == ("asked", "silent since 3 September 2026", date(2026, 9, 3))
    with transaction():
        heir = make.school(number_of_pupils=700)
        make.invitation(programme, heir, noon(SECOND), address=make.contact(heir).address)
        make.record(school, make.EARLIER, status="Closed", close_date=FIRST)
        make.succession(school, heir, day=FIRST)
    assert said(found(programme, heir)) == ("asked", "silent since 3 September 2026", date(2026, 9, 3))


def test_a_school_has_closed_on_the_day_that_the_register_names(programme, school) -> None:
    with transaction():
        make.record(school, make.EARLIER, status="Closed", close_date=FIRST)
    closed = [
        standings.standings_of_programme(programme.id, as_of=day, now=NOW).closed_by_then
        for day in (FIRST - timedelta(days=1), FIRST)
    ]
    assert closed == [frozenset(), {school.organisation_id}]


def test_a_report_counts_from_the_moment_after_it_came(programme, school) -> None:
    show = played(programme, school, FIRST, {8: 100, 9: 100}, MISSING)
    with transaction():
        make.report(show, "school", end_of_day(SECOND), {8: 100, 9: 100})
    assert found(programme, school, SECOND).standing == "to confirm"
    assert found(programme, school, SECOND + timedelta(days=1)).standing == "seen"


def test_the_register_is_known_from_the_first_day_that_it_told_of_one_of_our_schools(
    programme, school
) -> None:
    assert as_of.first_day(programme) == make.EARLIER.date()
    with transaction():
        other = make.programme(make.partnership(("932",)))
    assert as_of.first_day(other) is None


def test_of_no_moment_nothing_is_reckoned(programme) -> None:
    assert facts.registers([]) == standings.by_cuts([], [], NOW.date()) == []


def test_who_booked_from_elsewhere_belongs_to_the_partnership_that_it_booked_with_alone(programme) -> None:
    with transaction():
        guest, theirs = make.school(la_code="933"), make.programme(make.partnership(("932",)))
    played(programme, guest, FIRST, {8: 100})
    scopes = [as_of.scope_of_all(each.partnership_id) for each in (programme, theirs)]
    assert [guest.organisation_id in db.session.scalars(scope).all() for scope in scopes] == [True, False]


# Asked, and nothing promised that counts


def after(hours: int) -> datetime:
    """So long after the school was asked."""
    return make.EARLIER + timedelta(hours=hours)


def promise(**changes: Any) -> Any:
    shown = {"starts_at": after(10), "ends_at": after(11)}
    return SimpleNamespace(
        **{"created_at": make.EARLIER, "ended_at": None, "ended_by": None} | shown | changes
    )


def verdict(word: str, **changes: Any) -> Verdict:
    return Verdict(promise=promise(**changes), word=word, year_groups=(8,))


def stands(
    *booked: Verdict, begun: int | None = None, answered: int | None = None, asked: bool = True
) -> tuple[str, date | None]:
    """Why a school is a gap that was asked at once, and began the form and answered so many hours after it."""
    told = facts.AskedAndSaid(
        contacts={1: True},
        invited={1: facts.Invited(1, make.EARLIER, make.EARLIER, alive=1, on_paper=0)} if asked else {},
        answers={}
        if answered is None
        else {1: facts.Answered(1, invitations.OTHER_DATE, "", after(answered))},
        proposals={},
        offered={},
        begun={} if begun is None else {1: after(begun)},
        days_of_waiting=0,
    )
    where = AskedByDay(told, THIRD).standing([1], list(booked))
    return where.kind, where.since


@pytest.mark.parametrize(
    ("booked", "more", "kind"),
    [
        ([], {}, "silent"),
        ([], {"begun": 1}, "started"),
        ([], {"begun": 0}, "silent"),  # the newest word is the invitation
        ([], {"begun": 1, "answered": 1}, "wants another date"),
        ([], {"begun": 2, "answered": 1}, "started"),
        ([], {"answered": 1}, "wants another date"),
        ([], {"asked": False}, "not asked"),
        ([], {"asked": False, "begun": 0}, "started"),
        ([verdict(promises.FAILED)], {}, "did not take place"),
        ([verdict(promises.FAILED, created_at=after(1))], {"begun": 1}, "did not take place"),
        ([verdict(promises.FAILED)], {"begun": 20}, "started"),
        ([verdict(promises.BOOKED)], {"begun": 1}, "silent"),  # it has booked, other year groups as it may be
        ([verdict(promises.TOOK_PLACE)], {"begun": 1}, "started"),
        ([verdict(promises.TOOK_PLACE, created_at=after(1))], {"begun": 1}, "silent"),
        ([verdict(promises.CANCELLED, ended_at=after(2), ended_by="company")], {}, "cancelled"),
        (
            [verdict(promises.CANCELLED, ended_at=after(2), ended_by="company")],
            {"answered": 3},
            "wants another date",
        ),
    ],
)
def test_the_newest_word_is_the_cause(booked: list[Verdict], more: dict[str, Any], kind: str) -> None:
    assert stands(*booked, **more)[0] == kind


def test_a_schools_name_is_as_its_own_partnership_corrected_it_until_that_is_withdrawn(
    programme, school
) -> None:
    was = school.name

    def names() -> list[str]:
        register = standings.standings_of_programme(programme.id, as_of=NOW.date(), now=NOW)
        return [found(programme, school).name, *(each.name for each in register.also_seen)]

    with transaction():
        guest = make.school(la_code="933", name="Overmoor School")
    played(programme, guest, FIRST, {8: 100})
    assert names() == [was, "Overmoor School"]
    for withdrawn, said in ((False, "St Brannoc’s"), (True, was)):
        with transaction():
            for organisation_id in (school.organisation_id, guest.organisation_id):
                facts = {"recorded_at": make.EARLIER, "who": "Priya", "reason": "It says so itself"}
                db.session.add(
                    Correction(
                        urn=organisation_id,
                        field="name",
                        value="St Brannoc’s",
                        withdrawn=withdrawn,
                        **facts,
                    )
                )
        assert names() == [said, "Overmoor School"]


@pytest.mark.parametrize(("by", "said"), [("company", "company"), ("host", "host school"), (None, "")])
def test_a_cancellation_says_whose_it_was(by: str | None, said: str) -> None:
    told = facts.AskedAndSaid(
        contacts={1: True}, invited={}, answers={}, proposals={}, offered={}, begun={}, days_of_waiting=0
    )
    ended = verdict(promises.CANCELLED, ended_at=after(2), ended_by=by)
    assert AskedByDay(told, THIRD).standing([1], [ended]).detail == said


def test_one_living_address_that_was_asked_is_enough_to_be_reached() -> None:
    def told(*alive: int) -> str:
        asked = {n: facts.Invited(n, None, None, alive=one, on_paper=0) for n, one in enumerate(alive)}
        said = facts.AskedAndSaid(
            contacts={0: False},
            invited=asked,
            answers={},
            proposals={},
            offered={},
            begun={},
            days_of_waiting=0,
        )
        return AskedByDay(said, THIRD).standing([0, 1], []).standing

    assert (told(0, 0), told(0, 1), told(1, 1)) == ("unreachable", "not asked", "not asked")


def test_a_contact_counts_on_the_day_that_is_its_last(programme, school) -> None:
    with transaction():
        db.session.query(Contact).one().ended_at = end_of_day(SECOND)
    standing = [found(programme, school, SECOND + timedelta(days=n)).detail for n in (0, 1)]
    assert standing == ["", "no contact"]


@pytest.fixture
def bounced(programme: Any, school: School) -> str:
    """Its only address bounced on the second day."""
    with transaction():
        return make.dead_address(db.session.query(Contact).one().address, noon(SECOND)).address


BOUNCED = "no address: every address bounced"


def test_a_no_comes_before_an_address_that_bounced_until_an_offer_ends_it(programme, school, bounced) -> None:
    with transaction():
        make.answer(programme, school, invitations.DECLINED, noon(FIRST), "exams")
    assert said(found(programme, school, SECOND)) == ("declined", "declined: exams", FIRST)
    withdrawn = {"ended_at": noon(THIRD), "ended_as": "withdrawn"}
    with transaction():
        proposal(programme, school, noon(THIRD), **withdrawn)
    assert said(found(programme, school, THIRD)) == ("unreachable", BOUNCED, None)


@pytest.mark.parametrize(
    ("kind", "reason", "words"),
    [
        (invitations.OTHER_DATE, "June", "wants another date: June"),
        (invitations.WAITING_LIST, "", "on the waiting list"),
        (invitations.REFUSED_SLOT, "9 March", "refused the slot of 9 March"),
    ],
)
def test_another_answer_stands_in_the_cause_of_a_school_that_cannot_be_reached(
    programme, school, bounced, kind: str, reason: str, words: str
) -> None:
    with transaction():
        make.answer(programme, school, kind, noon(FIRST), reason)
    told = found(programme, school, SECOND)
    assert said(told) == ("unreachable", f"{BOUNCED}; {words}", FIRST)
    assert actions._unreachable([told]).detail == "every address bounced"


@pytest.mark.parametrize("days", [0, 1])
def test_bounces_and_ended_contacts_count_until_the_last_day_of_the_programme(
    programme, school, days: int
) -> None:
    last = date(2027, 8, 31)
    contact = db.session.query(Contact).one()
    with transaction():
        contact.ended_at = noon(last + timedelta(days=days))
        make.dead_address(contact.address, noon(last + timedelta(days=days)))
    later = standings.standings_of_programme(
        programme.id, as_of=last + timedelta(days=60), now=noon(last + timedelta(days=90))
    )
    assert later.target[0].standing == ("asked" if days else "unreachable")


OFFICE = "office@redmere.example"


def booked(programme: Any, school: School, at: datetime) -> Any:
    return make.booking(make.show(programme, school, noon(THIRD)), {8: 100, 9: 100}, at)


def proposal(programme: Any, school: School, at: datetime, **changes: Any) -> Proposal:
    times = {"starts_at": noon(THIRD), "reply_by": THIRD - timedelta(days=7)}
    found = Proposal(
        **{"programme_id": programme.id, "organisation_id": school.organisation_id, "recorded_at": at}
        | times
        | changes
    )
    db.session.add(found)
    return found


def correction(school: School, at: datetime) -> None:
    told = {
        "urn": school.urn,
        "field": "name",
        "value": "Redmere Academy",
        "reason": "Its sign",
        "who": "Priya",
    }
    db.session.add(Correction(recorded_at=at, **told))


def attended(programme: Any, school: School, at: datetime, seen: int = 100) -> VisitReport:
    """A show of the first day, of which the school says at that instant that so many of each hundred saw it."""
    booking = make.booking(make.show(programme, school, noon(FIRST)), {8: 100, 9: 100})
    return make.report(booking, "school", at, {8: seen, 9: seen})


def moved(programme: Any, school: School, at: datetime) -> None:
    of = booked(programme, school, noon(FIRST))
    starts = noon(THIRD + timedelta(days=1))
    make.revision(of, {8: 100, 9: 100}, at=at, starts_at=starts, ends_at=starts + timedelta(hours=1))


def enough(programme: Any, school: School, at: datetime) -> None:
    attended(programme, school, noon(FIRST + timedelta(days=1)), seen=60)
    ours = db.session.get_one(Partnership, programme.partnership_id)
    make.counted_share(ours, 1.0)
    make.counted_share(ours, 0.5, at)


def retargeted(programme: Any, _school: School, at: datetime) -> None:
    db.session.add(ProgrammeTarget(programme_id=programme.id, year_groups=(8,), recorded_at=at))


def leaves(programme: Any, _school: School, at: datetime) -> None:
    make.covered(db.session.get_one(Partnership, programme.partnership_id), "931", False, at)


def follows(programme: Any, school: School, at: datetime) -> None:
    closed = make.school(number_of_pupils=700, status="Closed", close_date=FIRST)
    make.answer(programme, closed, "declined", noon(FIRST))
    make.succession(closed, school, at, FIRST)


OF_CONTACTS = {
    "a contact is written down": lambda p, s, at: make.contact(s, created_at=at),
    "the last contact ends": lambda p, s, at: make.contact(s, ended_at=at),
    "its address is found dead": lambda p, s, at: make.dead_address(make.contact(s).address, at),
    "its address is alive again": lambda p, s, at: make.dead_address(
        make.contact(s).address, noon(FIRST), ended_at=at
    ),
    "a letter is posted": lambda p, s, at: make.posted_letter(p, s, FIRST, noon(FIRST), posted_at=at),
    "a letter is said to be posted": lambda p, s, at: make.posted_letter(p, s, FIRST, at),
}
HAPPENS = OF_CONTACTS | {
    "it is invited": lambda p, s, at: make.invitation(p, s, at, address=OFFICE),
    "its letter is handed over": lambda p, s, at: make.invitation(
        p, s, noon(FIRST), address=OFFICE, handed_at=at
    ),
    "it answers": lambda p, s, at: make.answer(p, s, "declined", at, "Exams"),
    "it begins the form": lambda p, s, at: db.session.add(
        FormBegun(programme_id=p.id, organisation_id=s.organisation_id, recorded_at=at)
    ),
    "a time is kept for it": proposal,
    "its time is given up": lambda p, s, at: proposal(p, s, noon(FIRST), ended_at=at, ended_as="withdrawn"),
    "it books": booked,
    "it cancels": lambda p, s, at: make.cancellation(booked(p, s, noon(FIRST)), at),
    "it tells its pupils": lambda p, s, at: make.own_number(s, 8, 7, at),
    "it is left out": lambda p, s, at: make.decision(p, s, "exclude", at),
    "the register has another name": lambda p, s, at: make.record(s, at, name="Redmere Academy"),
    "its name is put right": lambda p, s, at: correction(s, at),
    "it follows another": follows,
    "it moves": moved,
    "it reports": attended,
    "a report is taken back": lambda p, s, at: make.withdrawal(
        attended(p, s, noon(FIRST + timedelta(days=1))), at
    ),
    "a smaller share is enough": enough,
    "the target is another": retargeted,
    "its authority leaves": leaves,
}


@pytest.mark.any_database
@pytest.mark.parametrize("happens", HAPPENS)
def test_what_happens_at_midnight_is_of_the_day_that_begins(programme: Any, happens: str) -> None:
    def on(day: date) -> list[Standing]:
        db.session.expire_all()
        reckoned = standings.standings_of_programme(programme.id, as_of=day, now=NOW)
        return [
            s for s in [*reckoned.target, *reckoned.excluded] if s.organisation_id == school.organisation_id
        ]

    def told(at: datetime) -> list[Any]:
        with db.session.begin_nested() as nested:
            HAPPENS[happens](programme, school, at)
            db.session.flush()
            found = [on(day) for day in (SECOND, SECOND + timedelta(days=1))]
            nested.rollback()
        return found

    with transaction():
        school = make.school(number_of_pupils=700)
        if happens not in OF_CONTACTS:
            make.contact(school, address=OFFICE)
        midnight, noon_after = end_of_day(SECOND), noon(SECOND + timedelta(days=1))
        the_day, the_next = told(midnight)
        assert the_day == told(noon_after)[0]
        assert the_day != the_next


def test_who_saw_it_from_elsewhere_is_named_with_its_district(programme) -> None:
    with transaction():
        guest = make.school(la_code="933", district_name="Overmoor")
        nowhere = make.school(la_code="933", district_name=None)
    for school in (guest, nowhere):
        played(programme, school, FIRST, {8: 100})
    told = standings.standings_of_programme(programme.id, as_of=NOW.date(), now=NOW).also_seen
    assert [(s.organisation_id, s.district_name, s.pupils) for s in told] == [
        (guest.organisation_id, "Overmoor", 100),
        (nowhere.organisation_id, "district not known", 100),
    ]


def test_every_cause_is_said_in_words_with_what_to_do_next() -> None:
    on = date(2026, 11, 3)
    said = {cause: gaps.words(cause, detail="the detail", since=on) for cause in gaps.CAUSES}
    assert said == {
        "not asked": "the detail",
        "due again": "the detail",
        "asked, waiting": "the detail",
        "silent": "silent since 3 November 2026",
        "started": "form begun on 3 November 2026, not sent",
        "wants another date": "wants another date: the detail",
        "on the waiting list": "on the waiting list: the detail",
        "named somebody else": "named somebody else: the detail",
        "refused a slot": "refused the slot of the detail",
        "let a time lapse": "a time was kept until the detail, and nobody answered",
        "cancelled": "cancelled by the the detail on 3 November 2026",
        "did not take place": "the detail on 3 November 2026",
        "waiting for an answer": "waiting for an answer since 3 November 2026",
        "declined": "declined: the detail",
        "no address": "no address: the detail",
        "report missing": "report missing, show on 3 November 2026",
        "reports disagree": "reports disagree, show on 3 November 2026",
        "year group missing": "the detail",
        "year group not booked": "the detail",
        "too few counted": "the detail",
        "nobody counted": "the detail",
        "predecessor did not see it": "the detail",
    }
    assert set(gaps.NEXT) == set(gaps.CAUSES)


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("not asked", "not asked"),
        ("wants another date", "wants another date"),
        ("refused a slot", "refused a slot on 3 November 2026"),
        ("declined", "declined, no reason given"),
    ],
)
def test_a_cause_of_which_nothing_more_is_known_is_said_by_its_name(cause: str, words: str) -> None:
    assert gaps.words(cause, detail="", since=date(2026, 11, 3)) == words


def test_a_training_that_failed_once_is_part_trained_since_then(app: Flask) -> None:
    with transaction():
        training = make.programme(make.partnership(), year_groups=(), for_adults=True)
        school = make.school()
    played(training, school, FIRST, {STAFF: 12})
    played(training, school, SECOND, {STAFF: 15}, FAILED)
    assert said(found(training, school)) == (
        "part seen",
        "did not take place on 10 November 2026",
        SECOND,
    )


SECONDARY = AdultTarget(schools=SOME, phases=("Secondary",))


def _meant(training: Any, day: date) -> list[int]:
    reckoning = standings.standings_of_programme(training.id, as_of=day, now=noon(date(2027, 3, 1)))
    return [s.organisation_id for s in reckoning.target]


def test_a_training_counts_the_schools_that_it_chose_by_that_day(app: Flask) -> None:
    with transaction():
        training = make.programme(make.partnership(), (), SECONDARY, for_adults=True)
        secondary = make.school(phase_of_education="Secondary").organisation_id
        primary = make.school(phase_of_education="Primary")
        make.school(phase_of_education="Nursery", type_of_establishment="Local authority nursery school")
        make.target(training, noon(FIRST), (), AdultTarget(schools=PICKED))
        make.decision(training, primary, "include", noon(FIRST), (STAFF,))
        make.target(training, noon(SECOND))
    picked = primary.organisation_id
    assert _meant(training, FIRST - timedelta(days=1)) == [secondary]
    assert _meant(training, FIRST) == [picked]
    assert _meant(training, SECOND) == [secondary, picked]


def test_whom_a_training_was_for_is_said_as_of_that_day(app: Flask) -> None:
    with transaction():
        training = make.programme(make.partnership(), (), SECONDARY, for_adults=True)
        make.target(training, noon(SECOND), (), AdultTarget(roles=(LEADS,)))

    def whom(day: date) -> str:
        return standings.standings_of_programme(training.id, as_of=day, now=noon(date(2027, 3, 1))).whom

    assert whom(FIRST) == "staff of secondary schools"
    assert whom(SECOND) == "safeguarding leads of all schools"


def test_whoever_follows_a_picked_school_is_trained_in_its_place(app: Flask) -> None:
    with transaction():
        training = make.programme(make.partnership(), (), AdultTarget(schools=PICKED), for_adults=True)
        school, other = make.school(), make.school()
        make.decision(training, school, "include", noon(FIRST), (STAFF,))
    assert _meant(training, FIRST) == [school.organisation_id]
    (heir,) = follow(training, school, other)
    assert _meant(training, SECOND) == [heir.organisation_id]
    with transaction():
        make.decision(training, heir, "exclude", noon(SECOND))
    assert _meant(training, SECOND) == []


def test_of_a_training_half_of_the_known_staff_must_be_counted_and_where_it_is_unknown_any_count_will_do(
    app: Flask,
) -> None:
    with transaction():
        training = make.programme(make.partnership(), year_groups=(), for_adults=True)
        known, unknown = make.school(), make.school()
        make.own_number(known, STAFF, 40)
    for school in (known, unknown):
        played(training, school, FIRST, {STAFF: 19})
    part, whole = found(training, known), found(training, unknown)
    assert said(part) == ("part seen", "19 of 40 counted", FIRST)
    assert (part.target_pupils, part.seen_pupils, part.pupils_by_year) == (40, 19, {STAFF: 40})
    assert (whole.standing, whole.target_pupils, whole.seen_pupils) == ("seen", None, 19)
    with transaction():
        make.own_number(known, STAFF, 38, noon(SECOND))
    assert found(training, known).standing == "seen"
    shares = figures.whole([found(training, s) for s in (known, unknown)], county="x")
    assert (shares.seen_pupils, shares.pupil_share, shares.unknown) == (38, 50, 1)


def test_a_training_that_nobody_counted_is_trained_where_both_sides_agree_and_its_number_stays_unknown(
    app: Flask,
) -> None:
    with transaction():
        training = make.programme(make.partnership(), year_groups=(), for_adults=True)
        school = make.school()
        before = make.booking(make.show(training, school, noon(FIRST)), {})  # as once: no number was asked
        for side in ("school", "company"):
            make.report(before, side, noon(FIRST) + timedelta(hours=6))
    seen = found(training, school)
    assert (*said(seen), seen.uncounted) == ("seen", gaps.AGREED_NOT_COUNTED, FIRST, (STAFF,))
    assert (seen.seen_pupils, seen.seen_by_year) == (0, {})
    with transaction():
        make.report(
            before, "school", noon(FIRST) + timedelta(hours=7), 40
        )  # a total, as reports of adults once were
    assert found(training, school).seen_by_year == {STAFF: 40}


def test_one_pupil_is_a_promise_for_the_year_group(programme, school) -> None:
    with transaction():
        make.booking(make.show(programme, school, noon(date(2027, 3, 9))), {8: 1, 9: 100})
    assert said(found(programme, school)) == ("booked", "booked for 9 March 2027", date(2027, 3, 9))


def test_where_nobody_counted_one_year_group_that_is_said_of_what_was_seen(programme, school) -> None:
    played(programme, school, FIRST, {8: 100})
    with transaction():
        agreed = make.booking(make.show(programme, school, noon(SECOND)), {9: 100})
        for side in ("school", "company"):
            make.report(agreed, side, noon(SECOND) + timedelta(hours=6))
    seen = found(programme, school)
    assert (*said(seen), seen.uncounted) == ("seen", gaps.AGREED_NOT_COUNTED, SECOND, (9,))


def test_a_year_group_of_which_nobody_counted_a_part_is_told_of_as_not_counted(programme, school) -> None:
    played(programme, school, FIRST, {8: 100, 9: 30})
    with transaction():
        rest = make.booking(make.show(programme, school, noon(SECOND)), {9: 70})
        make.report(rest, "school", noon(SECOND) + timedelta(hours=6))
    assert said(found(programme, school)) == ("part seen", "Year 9: nobody counted", SECOND)


def follow(programme: Any, *closed: School, heirs: int = 1) -> list[School]:
    """The schools that follow some which closed on the second day."""
    with transaction():
        found = [make.school(number_of_pupils=700) for _ in range(heirs)]
        for school in closed:
            make.record(school, noon(SECOND), status="Closed", close_date=SECOND)
            for heir in found:
                make.succession(school, heir, noon(SECOND), SECOND)
    return found


def test_what_became_of_one_school_alone_is_told_its_own_count(programme, school) -> None:
    played(programme, school, FIRST, {8: 30, 9: 30})
    (heir,) = follow(programme, school)
    told = "Year 8: 30 of 100 counted; Year 9: 30 of 100 counted"
    assert said(found(programme, heir)) == ("part seen", told, FIRST)


def test_what_was_split_off_a_school_that_saw_a_part_is_told_its_own_count(programme, school) -> None:
    played(programme, school, FIRST, {8: 30, 9: 30})
    heir, _ = follow(programme, school, heirs=2)
    told = "Year 8: 0 of 100 counted; Year 9: 0 of 100 counted"
    assert said(found(programme, heir))[:2] == ("part seen", told)


def test_a_merger_names_who_did_not_see_a_training_though_no_register_shows_it(app: Flask) -> None:
    with transaction():
        training = make.programme(make.partnership(), year_groups=(), for_adults=True)
        school, unknown = make.school(), make.school()
    played(training, school, FIRST, {STAFF: 12})
    (heir,) = follow(training, school, unknown)
    assert said(found(training, heir))[:2] == ("part seen", f"not trained at {unknown.name}")
    with transaction():
        db.session.execute(
            delete(OrganisationRecord).where(OrganisationRecord.organisation_id == unknown.organisation_id)
        )
    assert said(found(training, heir))[:2] == ("part seen", f"not trained at URN {unknown.organisation_id}")


def test_a_merger_with_an_infant_school_has_seen_it_when_those_with_the_year_groups_did(
    programme, school
) -> None:
    played(programme, school, FIRST, {8: 100, 9: 100})
    with transaction():
        infants = make.school(statutory_low_age=4, statutory_high_age=7)
    (heir,) = follow(programme, school, infants)
    assert found(programme, heir).standing == "seen"


def test_a_show_promised_after_one_that_fell_makes_it_good_whatever_was_promised_before(
    programme, school
) -> None:
    with transaction():
        make.own_number(school, 9, 100)
    played(programme, school, FIRST, {8: 100, 9: 10})
    played(programme, school, SECOND, {9: 40}, FAILED)
    assert found(programme, school).standing == "part seen"
    with transaction():
        again = make.booking(
            make.show(programme, school, noon(THIRD)), {9: 60}, noon(SECOND) + timedelta(days=1)
        )
        make.report(again, "school", noon(THIRD) + timedelta(hours=6), {9: 60})
    assert found(programme, school).standing == "seen"


def test_a_year_group_that_is_not_booked_is_named(programme, school) -> None:
    with transaction():
        make.booking(make.show(programme, school, noon(date(2027, 3, 9))), {8: 100})
    assert said(found(programme, school)) == ("booked", "Year 9 not booked", date(2027, 3, 9))


def test_a_cause_begins_a_line_with_a_capital() -> None:
    assert gaps.title("asked, waiting") == "Asked, waiting"


@pytest.mark.parametrize("missing", [(), ("easting",), ("northing",)])
def test_a_place_is_known_by_both_its_figures(programme, missing: tuple[str, ...]) -> None:
    with transaction():
        school = make.school(**dict.fromkeys(missing))
    assert found(programme, school).place_known is not bool(missing)


def test_a_school_of_unknown_ages_has_the_year_groups_promised_to_it_and_not_those_cancelled(
    programme,
) -> None:
    facts = {"statutory_low_age": None, "phase_of_education": "Not applicable"}
    with transaction():
        school = make.school(type_of_establishment="Community special school", **facts)
        for year_group in (8, 9):
            show = make.show(programme, school, noon(date(2027, 3, year_group)))
            booking = make.booking(show, {year_group: 12})
        make.cancellation(booking, NOW - timedelta(days=1))
    assert list(found(programme, school).year_groups) == [8]


def test_of_two_times_kept_the_one_that_may_be_answered_longest_counts(programme, school) -> None:
    with transaction():
        for days in (2, 20):
            proposal(programme, school, noon(FIRST), reply_by=THIRD - timedelta(days=days))
    assert found(programme, school, THIRD - timedelta(days=10)).standing == "proposed"
    assert found(programme, school, THIRD).standing == "asked"


def test_where_two_disagree_it_is_to_confirm_and_for_those_split_off_too(programme, school) -> None:
    show = played(programme, school, FIRST, {8: 100, 9: 100})
    with transaction():
        told = {"took_place": False, "why_not": "Snow"}
        make.report(show, "company", noon(FIRST) + timedelta(hours=7), **told)
    assert said(found(programme, school)) == (
        "to confirm",
        "reports disagree, show on 6 October 2026",
        FIRST,
    )
    heir, _ = follow(programme, school, heirs=2)
    assert found(programme, heir).standing == "to confirm"
    assert found(programme, heir).cause.startswith("reports disagree")


def test_a_total_that_was_shared_out_over_year_groups_is_said_to_be_an_estimate(programme, school) -> None:
    with transaction():
        show = make.booking(make.show(programme, school, noon(FIRST)), {8: 100, 9: 100})
        make.report(show, "school", noon(FIRST) + timedelta(hours=6), 150)
    seen = found(programme, school)
    assert (seen.standing, seen.seen_by_year, seen.seen_estimated) == ("seen", {8: 75, 9: 75}, True)
