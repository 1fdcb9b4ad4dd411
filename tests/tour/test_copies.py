"""A programme carried into another year: what goes along, what does not, and only once."""

from datetime import date, time
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

import make
from outreach.county import partnerships
from outreach.county.partnerships import Partnership, Term
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.tour import days, itinerary, programmes, target_decisions
from outreach.tour.adults import LEADS, PICKED, AdultTarget
from outreach.tour.programmes import Programme, ProgrammeClosed, ProgrammeTwice, ReplyByOutsideTheYear
from outreach.tour.target_decisions import TargetDecision
from outreach.tour.yearly import copies
from outreach.tour.yearly.copies import Copied, CopiedAlready, NotALaterYear, ProgrammeCopy

WHO = "Priya Nandakumar"
NEW_TERMS = [
    (date(2027, 9, 6), date(2027, 10, 22)),
    (date(2027, 11, 1), date(2027, 12, 17)),
    (date(2028, 1, 5), date(2028, 2, 11)),
    (date(2028, 2, 21), date(2028, 3, 31)),
    (date(2028, 4, 18), date(2028, 5, 26)),
    (date(2028, 6, 5), date(2028, 7, 21)),
]


@pytest.fixture
def programme(app: Flask) -> Programme:
    """Last year's: four tour days of one troupe, one of which has no like in the new terms; one school out,
    one in."""
    with transaction():
        ours = make.partnership()
        for first, last in NEW_TERMS:
            db.session.add(Term(la_code="931", first_day=first, last_day=last))
        row = make.programme(ours, audience_ceiling=180, summary="A play", school_provides="Two sockets")
        troupe = make.troupe(ours)
        for day in (date(2027, 1, 4), date(2027, 3, 2), date(2027, 3, 3)):
            make.tour_day(row, troupe, day)
        make.tour_day(row, troupe, date(2027, 3, 4), leaves=time(8), returns=time(16), shows_at_most=1)
        make.decision(row, make.school(name="Out"), "exclude", reason="Hospital school")
        make.decision(row, make.school(name="In", phase_of_education="Primary"), "include", year_groups=(8,))
        make.decision(row, make.school(name="Closed", status="Closed"), "exclude")
    return row


def copied(programme: Programme, **changes: object) -> Copied:
    asked = {
        "title": programme.title,
        "reply_by": date(2028, 2, 4),
        "with_days": False,
        "with_decisions": False,
    }
    with transaction():
        return copies.copy(programme, 2027, **asked | changes, who=WHO, now=make.NOW)  # type: ignore[arg-type]


def test_the_plan_moves_the_dates_and_writes_nothing(programme: Programme) -> None:
    plan = copies.plan(programme, 2027, now=make.NOW)
    assert (plan.production.academic_year, plan.production.reply_by) == (2027, date(2028, 2, 4))
    assert [(m.was.day, m.day, m.why_not) for m in plan.days] == [
        (date(2027, 1, 4), None, "its term has no such day in the new year"),
        (date(2027, 3, 2), date(2028, 2, 29), ""),
        (date(2027, 3, 3), date(2028, 3, 1), ""),
        (date(2027, 3, 4), date(2028, 3, 2), ""),
    ]
    assert [(row.kind, name) for row, name in plan.decisions] == [("include", "In"), ("exclude", "Out")]
    assert db.session.scalar(select(func.count(Programme.id))) == 1


def test_the_copy_has_the_same_rules_and_no_day_unless_asked(programme: Programme) -> None:
    new = copied(programme).programme
    was, now = programmes.production_of(programme), programmes.production_of(new)
    told = ("academic_year", "reply_by")
    assert {k: v for k, v in vars(was).items() if k not in told} == {
        k: v for k, v in vars(now).items() if k not in told
    }
    assert (now.academic_year, now.reply_by) == (2027, date(2028, 2, 4))
    assert days.of_programme(new.id) == [] and target_decisions.decisions(new.id) == {}
    assert copies.original_of(new.id) is programme and len(days.of_programme(programme.id)) == 4


def test_days_go_along_with_their_hours_when_asked_and_the_others_are_named(programme: Programme) -> None:
    done = copied(programme, with_days=True)
    found = days.of_programme(done.programme.id)
    assert [(d.day, d.leaves, d.shows_at_most) for d in found] == [
        (date(2028, 2, 29), time(7), 2),
        (date(2028, 3, 1), time(7), 2),
        (date(2028, 3, 2), time(8), 1),
    ]
    assert done.days == 3 and [m.was.day for m in done.left_out] == [date(2027, 1, 4)]


def test_a_day_on_which_the_troupe_plays_elsewhere_by_now_is_named_and_the_others_are_added(
    programme: Programme,
) -> None:
    with transaction():
        other = make.programme(
            _ours(programme), academic_year=2027, title="Another", reply_by=date(2028, 1, 14)
        )
        make.tour_day(other, days.of_programme(programme.id)[0].troupe, date(2028, 3, 1))
    done = copied(programme, with_days=True)
    assert done.days == 2
    assert [(m.was.day, m.why_not) for m in done.left_out] == [
        (date(2027, 1, 4), "its term has no such day in the new year"),
        (date(2027, 3, 3), "plays Another that day"),
    ]


def _ours(programme: Programme) -> Partnership:
    return partnerships.get(programme.partnership_id)


def test_decisions_about_single_schools_go_along_when_asked(programme: Programme) -> None:
    done = copied(programme, with_decisions=True)
    decided = target_decisions.decisions(done.programme.id).values()
    assert done.decisions == 2
    assert sorted((row.kind, row.reason, row.year_groups) for row in decided) == [
        ("exclude", "Hospital school", ()),
        ("include", "Agreed", (8,)),
    ]


def all_the_rest(programme: Programme, new: Programme, **changes: bool) -> Copied:
    with transaction():
        return copies.copy_rest(
            programme, new, **{"with_days": True, "with_decisions": True} | changes, who=WHO, now=make.NOW
        )


def test_what_was_not_copied_is_copied_later_and_twice_adds_nothing_twice(programme: Programme) -> None:
    new = copied(programme).programme
    left = copies.rest(programme, new, now=make.NOW)
    assert ([m.day for m in left.possible], len(left.decisions)) == (
        [date(2028, 2, 29), date(2028, 3, 1), date(2028, 3, 2)],
        2,
    )
    done = all_the_rest(programme, new, with_decisions=False)
    assert (done.days, done.decisions, [m.was.day for m in done.left_out]) == (3, 0, [date(2027, 1, 4)])
    done = all_the_rest(programme, new)
    assert (done.days, done.decisions) == (0, 2)
    done = all_the_rest(programme, new)
    assert (done.days, done.decisions) == (0, 0)
    assert not copies.rest(programme, new, now=make.NOW)
    assert len(days.of_programme(new.id)) == 3
    assert db.session.scalar(select(func.count()).where(TargetDecision.programme_id == new.id)) == 2


def test_what_was_taken_back_in_the_new_year_is_not_carried_over_again(programme: Programme) -> None:
    new = copied(programme, with_days=True, with_decisions=True).programme
    with transaction():
        itinerary.end_day(days.of_programme(new.id)[0], who=WHO, now=make.NOW)
        for organisation_id in target_decisions.decisions(new.id):
            target_decisions.withdraw_decision(
                new, db.session.get_one(School, organisation_id), reason="It asked", who=WHO, now=make.NOW
            )
    done = all_the_rest(programme, new)
    assert (done.days, done.decisions, target_decisions.decisions(new.id)) == (0, 0, {})


def test_a_day_and_a_decision_of_last_year_that_came_after_the_copy_go_along_later(
    programme: Programme,
) -> None:
    new = copied(programme, with_days=True, with_decisions=True).programme
    with transaction():
        make.tour_day(programme, days.of_programme(programme.id)[0].troupe, date(2027, 3, 9))
        make.decision(programme, make.school(name="Late"), "exclude", reason="Merging")
    done = all_the_rest(programme, new)
    assert (done.days, done.decisions) == (1, 1)


def test_nothing_is_carried_over_to_a_closed_programme(programme: Programme) -> None:
    new = copied(programme).programme
    with transaction():
        new.closed_at = make.NOW
    with pytest.raises(ProgrammeClosed):
        all_the_rest(programme, new)


def test_a_programme_is_copied_once_for_each_year(programme: Programme) -> None:
    new = copied(programme).programme
    with pytest.raises(CopiedAlready) as refused:
        copied(programme)
    assert refused.value.programme is new and "was copied to 2027/28 already" in refused.value.message
    assert copies.copies_of([programme], 2027) == {programme.id: new}
    assert copies.copies_of([programme], 2028) == {}


def test_one_of_the_same_title_made_by_hand_counts_as_the_copy(programme: Programme) -> None:
    with transaction():
        by_hand = make.programme(_ours(programme), academic_year=2027, reply_by=date(2028, 2, 4))
    assert copies.copy_of(programme, 2027) is by_hand
    with pytest.raises(CopiedAlready):
        copied(programme)


@pytest.mark.parametrize("with_decisions", [True, False])
def test_a_training_goes_along_with_the_schools_and_staff_that_it_chose(
    app: Flask, with_decisions: bool
) -> None:
    picked = AdultTarget(schools=PICKED, roles=(LEADS,))
    with transaction():
        training = make.programme(make.partnership(), (), picked, for_adults=True)
        into, out, closed = make.school(name="In"), make.school(name="Out"), make.school(name="Was in")
        for school in (into, closed):
            target_decisions.include(training, school, (), reason="Picked", who=WHO, now=make.NOW)
        closed.status = "Closed"
        target_decisions.exclude(training, out, reason="Has its own", who=WHO, now=make.NOW)
    done = copied(training, with_decisions=with_decisions)
    assert programmes.adult_target(done.programme.id) == picked
    kept = target_decisions.decisions(done.programme.id)
    assert [s.name for s in target_decisions.taken_in(done.programme)] == ["In", "Was in"]
    assert len(kept) == done.decisions == (3 if with_decisions else 2)


def test_a_training_takes_along_what_was_decided_of_bodies(app: Flask) -> None:
    with transaction():
        county = make.partnership()
        training = make.programme(county, (), AdultTarget(kinds=("Police",)), for_adults=True)
        out, into = make.body(county), make.body(county, kind="Health")
        target_decisions.exclude(training, out, reason="Has its own", who=WHO, now=make.NOW)
        target_decisions.include(training, into, (), reason="Wanted", who=WHO, now=make.NOW)
    done = copied(training, with_decisions=True)
    assert done.decisions == 2
    kept = target_decisions.decisions(done.programme.id)
    assert {u: d.kind for u, d in kept.items()} == {
        out.organisation_id: "exclude",
        into.organisation_id: "include",
    }


def test_what_makes_no_sense_is_refused_and_nothing_half_done(programme: Programme) -> None:
    with transaction():
        make.programme(_ours(programme), academic_year=2027, title="Taken", reply_by=date(2028, 2, 4))
    for refusal, change in (
        (ReplyByOutsideTheYear, {"reply_by": date(2027, 2, 4)}),
        (ProgrammeTwice, {"title": "Taken"}),
    ):
        with pytest.raises(refusal):
            copied(programme, with_days=True, **change)
    with pytest.raises(NotALaterYear):
        copies.plan(programme, 2026, now=make.NOW)
    assert db.session.scalar(select(func.count(Programme.id))) == 2
    assert db.session.scalar(select(func.count()).select_from(ProgrammeCopy)) == 0


def test_two_clicks_at_once_make_one_copy(app: Flask, programme: Programme) -> None:
    programme_id = programme.id
    db.session.remove()
    ready, came = Barrier(2), []

    def click() -> None:
        with app.app_context():
            ready.wait(timeout=120)
            try:
                copied(db.session.get_one(Programme, programme_id), with_days=True)
                came.append("made")
            except CopiedAlready:
                came.append("refused")
            db.session.remove()

    clicks = [Thread(target=click) for _ in range(2)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join(timeout=120)
    assert sorted(came) == ["made", "refused"]
    assert db.session.scalar(select(func.count(Programme.id))) == 2


def test_the_database_refuses_a_second_copy_in_a_year(programme: Programme) -> None:
    new = copied(programme).programme
    with transaction():
        other = make.programme(_ours(programme), academic_year=2027, title="Other", reply_by=date(2028, 2, 4))
    assert new.id != other.id
    with pytest.raises(IntegrityError), transaction():
        db.session.add(
            ProgrammeCopy(
                programme_id=other.id,
                from_programme_id=programme.id,
                academic_year=2027,
                recorded_at=make.NOW,
                who=WHO,
            )
        )
