"""From plan to promise: lines struck, pinned, moved, accepted; what no longer fits is named and the others
go."""

from datetime import date, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

import make
from little_tour import MONDAY, QUICK, Tour, draw_up, stands
from outreach.asking import invitations
from outreach.asking.invitations import Invitation
from outreach.booking import bookings, holds
from outreach.booking.colleagues import Colleague
from outreach.booking.desk import proposing
from outreach.booking.desk.proposing import ReplyByWrong
from outreach.booking.numbers import Promise
from outreach.booking.proposals import Proposal
from outreach.county import school_days, school_lunch
from outreach.coverage import standings
from outreach.ground.db import db, transaction
from outreach.ground.timespans import local, wall
from outreach.planning import ordering, orders
from outreach.planning.orders import ACCEPTED, DRAWN, REFUSED, STRUCK, PlanLine, TourPlan
from outreach.planning.plan_figures import PlanFigures, PlanUnplacedProposal
from outreach.planning.promising import accepting, day_by_day, deciding, looking, room
from outreach.planning.promising.accepting import Accepted
from outreach.planning.rules import PlanRules, pack
from outreach.post import copies
from outreach.post.outbox import Letter
from outreach.tour import slots
from outreach.tour.performances import Performance

REPLY_BY = date(2027, 2, 12)
TUESDAY = MONDAY + timedelta(days=1)
LATER = make.NOW + timedelta(hours=1)
PRIYA = "Priya Nandakumar"


@pytest.fixture
def t(app: Flask) -> SimpleNamespace:
    """Four schools, three days; the plan has two shows on Monday and one on Tuesday, and the fourth school as
    a guest."""
    with transaction():
        tour = Tour(schools=4, days=3)
        tour.schools[3].number_of_pupils = 40
        plan = a_plan(tour)
        one = line(plan, tour, 0, time(9, 30))
        two = line(plan, tour, 1, time(12, 30))
        three = line(plan, tour, 2, time(10), day=1)
        guest = line(plan, tour, 3, time(9, 30), guest_of=one.id, pupils=16)
    return SimpleNamespace(tour=tour, plan=plan, one=one, two=two, three=three, guest=guest)


def a_plan(tour: Tour, **changes: Any) -> TourPlan:
    row = TourPlan(
        **{
            "programme_id": tour.programme.id,
            "name": "Plan A",
            "asked_by": PRIYA,
            "asked_at": make.EARLIER,
            "rules": pack(PlanRules()),
            "state": "done",
            "finished_at": make.EARLIER,
        }
        | changes
    )
    db.session.add(row)
    db.session.flush()
    return row


def figures(*, dropped: Proposal) -> PlanFigures:
    """Of a plan in which a proposal has no place any more."""
    numbers = "needed reached in_part guests shows pupils pupils_unknown driving booked_driving days_used days_given "
    numbers += "bound_schools bound_driving seconds kept moved"
    return PlanFigures(
        **dict.fromkeys(numbers.split(), 0),
        ended="proven",
        complete=True,
        words=[],
        unplayable=[],
        unplaced=1,
        unplaced_proposals=[PlanUnplacedProposal(proposal_id=dropped.id)],
    )


def line(plan: TourPlan, tour: Tour, school: int, at: time, *, day: int = 0, **changes: Any) -> PlanLine:
    tour_day = tour.days[day]
    starts = wall(tour_day.day, at)
    row = PlanLine(
        **{
            "plan_id": plan.id,
            "tour_day_id": tour_day.id,
            "troupe_id": tour_day.troupe_id,
            "troupe_name": "Red van",
            "day": tour_day.day,
            "organisation_id": tour.schools[school].organisation_id,
            "starts_at": starts,
            "get_in_at": starts - timedelta(minutes=60),
            "away_at": starts + timedelta(minutes=105),
            "pupils": 200,
        }
        | changes
    )
    db.session.add(row)
    db.session.flush()
    return row


def accept(
    t: SimpleNamespace, *lines: PlanLine, now=LATER, reply_by=REPLY_BY, plan=None, **more: Any
) -> Accepted:
    with transaction():
        return accepting.accept(
            plan or t.plan, [each.id for each in lines], reply_by=reply_by, who=PRIYA, now=now, **more
        )


def do(verb: Any, *args: Any, **more: Any) -> Any:
    with transaction():
        return verb(*args, who=PRIYA, now=LATER, **more)


def promise(address: str, pupils: dict[int, int] | None = None) -> Promise:
    who = Colleague(name="Joanna Fell", address=address, duty="safeguarding lead", phone="01632 960 204")
    return Promise(pupils=pupils or {8: 100, 9: 100}, hall="Main hall", people=(who,))


def says_yes(proposal: Proposal, now=LATER) -> bookings.Booking:
    with transaction():
        return proposing.accept(proposal, promise(proposal.people[0].address), who="Joanna Fell", now=now)


def states(t: SimpleNamespace) -> list[str]:
    return [each.state for each in orders.lines(t.plan)]


def standing(t: SimpleNamespace, school: int, now) -> tuple[str, str]:
    found = standings.standings_of_programme(t.tour.programme.id, as_of=now.date(), now=now)
    here = next(s for s in found.target if s.organisation_id == t.tour.schools[school].organisation_id)
    return here.standing, here.cause


# Accepting


def test_accepted_lines_are_proposals_that_keep_their_times_and_nobody_is_booked(t) -> None:
    done = accept(t, t.one, t.two)
    assert [each.organisation_id for each in done.proposed] == [t.one.organisation_id, t.two.organisation_id]
    made = db.session.query(Proposal).order_by(Proposal.id).all()
    assert [(p.organisation_id, p.starts_at, p.reply_by) for p in made] == [
        (t.one.organisation_id, t.one.starts_at, REPLY_BY),
        (t.two.organisation_id, t.two.starts_at, REPLY_BY),
    ]
    assert (t.one.state, t.one.proposal_id, t.three.state) == (ACCEPTED, made[0].id, DRAWN)
    assert db.session.query(bookings.Booking).count() == 0
    letters = db.session.query(Letter).order_by(Letter.id).all()
    assert [(x.kind, x.method, x.sequence) for x in letters] == [("proposed", "REQUEST", 0)] * 2
    assert standing(t, 0, LATER + timedelta(minutes=1))[0] == "proposed"


def test_a_set_that_stays_over_lunch_is_planned_offered_and_promised_with_its_set_up_before_it(
    app: Flask,
) -> None:
    """The hall is free until noon and from 13:30, school from 11:30 to 15:00, and a show takes 60, 75 and 30 minutes:
    only from 13:30 to 13:45 can it begin, if the set is up by noon."""
    with transaction():
        tour = Tour(schools=1, days=2)
        (school,) = tour.schools
        tour.days[0].leaves = time(11)  # there at 11:13, an hour before 12:13
        school_days.set_hours(school, time(11, 30), time(15), who="Jo", now=make.NOW)
        school_lunch.say(
            school, time(12, 15), time(13, 15), is_dining_hall=True, set_may_stay=True, who="Jo", now=make.NOW
        )
        ordering.order(tour.programme, QUICK, who=PRIYA, now=make.NOW)
    assert draw_up()
    plan = db.session.scalars(select(TourPlan)).one()
    (drawn,) = orders.lines(plan)
    offered = slots.offers(tour.programme, school, now=make.NOW).days
    assert [[slot.start_minute for slot in day.slots] for day in offered] == [[], [810, 825]]
    assert (drawn.tour_day_id, local(drawn.starts_at).time()) == (tour.days[1].id, time(13, 30))
    assert local(drawn.get_in_at).time() == time(11)
    assert accept(SimpleNamespace(plan=plan), drawn).proposed == [drawn]
    show = db.session.scalars(select(Performance)).one()
    assert (local(show.get_in_at).time(), local(show.away_at).time()) == (time(11), time(15, 15))


def test_the_preview_says_what_accepting_then_does_and_writes_nothing(t, count_queries) -> None:
    with count_queries() as queries:
        found = looking.look(t.plan, orders.lines(t.plan)[:1], reply_by=REPLY_BY, now=LATER)
    few = len(queries)
    lines = looking.chosen(t.plan, [each.id for each in orders.lines(t.plan)])
    db.session.expire_all()
    with count_queries() as queries:
        found = looking.look(
            t.plan, looking.chosen(t.plan, [x.id for x in lines]), reply_by=REPLY_BY, now=LATER
        )
    assert len(queries) <= few + 6
    assert [(each.what, each.why) for each in found] == [
        ("propose", ""),
        ("waits", "it waits until School 1 has been asked and said yes"),
        ("propose", ""),
        ("propose", ""),
    ]
    letter = looking.letter(found[0], t.tour.programme, who=PRIYA, now=LATER)
    assert "We keep Monday 1 March at 9:30am for School 1" in letter.text
    assert db.session.query(Letter).count() == db.session.query(Proposal).count() == 0
    accept(t, *lines)
    sent = db.session.query(Letter).order_by(Letter.id).first()
    assert sent.subject == letter.subject
    assert [x for x in copies.read(sent.raw).text.split() if "/i/" not in x] == [
        x for x in letter.text.split() if "/i/" not in x
    ]


def test_a_form_sent_twice_proposes_once(t) -> None:
    accept(t, t.one)
    with pytest.raises(looking.NothingChosen):
        accept(t, t.one)
    assert db.session.query(Proposal).count() == 1


def test_the_lines_that_no_longer_fit_are_named_with_why_and_the_others_go(t) -> None:
    with transaction():
        key = f"{t.tour.days[0].id}-1300"
        found = slots.find(t.tour.programme, t.tour.schools[2], key, now=make.NOW)
        (show,) = holds.hold(t.tour.programme, t.tour.schools[2], [found], who="Office", now=make.NOW)
        bookings.book(
            t.tour.programme,
            t.tour.schools[2],
            [(show.id, promise("office@third.example"))],
            who="Office",
            now=make.NOW,
        )
    done = accept(t, t.one, t.two, t.three)
    assert [each.organisation_id for each in done.proposed] == [t.one.organisation_id]
    assert {(each.organisation_id, why) for each, why in done.left} == {
        (t.two.organisation_id, "the day has all the shows that it takes"),
        (t.three.organisation_id, "the school has booked meanwhile"),
    }
    assert (t.two.state, t.two.refused_why) == (REFUSED, "the day has all the shows that it takes")


def test_a_tour_day_taken_back_a_closed_day_and_a_time_in_between_are_each_told_in_words(t) -> None:
    with transaction():
        t.tour.days[1].ended_at = make.NOW
    with transaction():
        key = f"{t.tour.days[0].id}-1000"
        other = t.tour.school(6, name="Early School")
        holds.hold(
            t.tour.programme,
            other,
            [slots.find(t.tour.programme, other, key, now=make.NOW)],
            who="Office",
            now=LATER,
        )
    done = accept(t, t.one, t.three)
    told = {each.organisation_id: why for each, why in done.left}
    assert told[t.three.organisation_id] == "the troupe does not play that day any more, or the day is past"
    assert told[t.one.organisation_id].startswith("9:30am is not free any more that day, ")
    assert done.proposed == []


def test_a_school_without_an_address_is_named_and_its_line_stays_drawn(t) -> None:
    with transaction():
        lost = t.tour.school(7, name="Lost School")
        t.tour.schools.append(lost)
        db.session.query(make.Contact).filter_by(
            organisation_id=lost.organisation_id
        ).one().ended_at = make.NOW
        nobody = line(t.plan, t.tour, 4, time(10), day=2)
        back = db.session.query(make.Contact).filter_by(organisation_id=t.two.organisation_id).one()
        make.dead_address(back.address)
    done = accept(t, t.one, t.two, nobody)
    assert {(each.organisation_id, why) for each, why in done.left} == {
        (lost.organisation_id, "no contact on file"),
        (t.two.organisation_id, f"mail to {back.address} came back"),
    }
    assert (nobody.state, t.two.state, len(done.proposed)) == (DRAWN, DRAWN, 1)


def test_an_address_that_changed_since_the_list_was_shown_is_left(t) -> None:
    contact = db.session.query(make.Contact).filter_by(organisation_id=t.one.organisation_id).one()
    seen = {t.one.id: "old@school.example", t.two.id: "x"}
    done = accept(t, t.one, seen=seen)
    assert [why for _, why in done.left] == ["the address changed since the list was shown"]
    assert t.one.state == DRAWN
    done = accept(t, t.one, seen={t.one.id: contact.address})
    assert len(done.proposed) == 1


def test_the_day_to_reply_by_lies_before_the_show_and_not_in_the_past(t) -> None:
    accept(t, t.one, reply_by=TUESDAY)
    assert db.session.query(Proposal).one().reply_by == date(
        2027, 2, 12
    )  # ten days before lies in the half term
    with pytest.raises(ReplyByWrong):
        accept(t, t.two, reply_by=make.NOW.date() - timedelta(days=1))
    assert db.session.query(Proposal).count() == 1


def test_a_day_that_is_only_supposed_cannot_be_promised(t) -> None:
    with transaction():
        paper = line(t.plan, t.tour, 2, time(13), day=2, tour_day_id=None, troupe_id=None)
    done = accept(t, t.one, paper)
    assert [why for _, why in done.left] == [
        "its day is only supposed: add it to the tour first, then plan again"
    ]
    assert len(done.proposed) == 1


def test_a_school_that_needs_two_shows_has_both_kept(t) -> None:
    with transaction():
        t.tour.programme.audience_ceiling = 150
        again = line(t.plan, t.tour, 0, time(10), day=2)
    done = accept(t, t.one, again)
    assert [each.organisation_id for each in done.proposed] == [t.one.organisation_id] * 2
    assert len({p.id for p in db.session.query(Proposal)}) == 2


# A guest


def test_a_guest_waits_until_its_host_has_booked_and_is_then_invited_to_that_show(t) -> None:
    done = accept(t, t.one, t.guest)
    assert [(each.organisation_id, why) for each, why in done.left] == [
        (t.guest.organisation_id, "it waits until School 1 has been asked and said yes")
    ]
    assert t.guest.state == DRAWN
    says_yes(db.session.query(Proposal).one())
    done = accept(t, t.guest, now=LATER + timedelta(hours=1))
    assert ([each.organisation_id for each in done.invited], t.guest.state) == (
        [t.guest.organisation_id],
        ACCEPTED,
    )
    invitation = db.session.query(Invitation).one()
    letter = copies.read(db.session.get_one(Letter, invitation.letter_id).raw).text
    assert "As the guests of School 1, which has seats left for you; it is asked first" in letter
    assert db.session.query(bookings.Booking).count() == 1


def at_a_booked_show(t) -> PlanLine:
    """The small school as a guest at a show that stood before the plan."""
    with transaction():
        show = stands(t.tour, t.tour.schools[2], time(12), t.tour.days[2].day)
        make.booking(show, {8: 100, 9: 100})
        join(t.guest, show)
    return t.guest


def join(guest: PlanLine, show: Performance) -> None:
    guest.guest_of, guest.guest_at = None, show.id
    guest.starts_at, guest.get_in_at, guest.away_at = show.starts_at, show.get_in_at, show.away_at
    guest.tour_day_id, guest.day = show.tour_day_id, local(show.starts_at).date()


def test_a_guest_at_a_show_that_stands_is_invited_to_it_at_once(t) -> None:
    guest = at_a_booked_show(t)
    done = accept(t, guest)
    assert (done.left, done.invited, guest.state) == ([], [guest], ACCEPTED)
    letter = copies.read(db.session.get_one(Letter, db.session.query(Invitation).one().letter_id).raw).text
    assert "As the guests of School 3, which has seats left for you; it is asked first" in letter


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"released_at": make.NOW}, "the show at School 3 is not there any more"),
        (
            {"starts_at": wall(MONDAY + timedelta(days=2), time(12, 5))},
            "the show at School 3 has another time now",
        ),
    ],
)
def test_a_guest_is_not_invited_where_the_show_is_not_there_as_it_was(
    t, changes: dict[str, Any], why: str
) -> None:
    guest = at_a_booked_show(t)
    with transaction():
        for booking in db.session.query(bookings.Booking) if "released_at" in changes else ():
            booking.ended_at = make.NOW
        for name, value in changes.items():
            setattr(guest.show, name, value)
    done = accept(t, guest)
    assert [(each, said) for each, said in done.left] == [(guest, why)]
    assert (guest.state, guest.refused_why, db.session.query(Invitation).count()) == (REFUSED, why, 0)


def test_a_guest_at_a_show_with_too_few_seats_left_is_not_invited(t) -> None:
    guest = at_a_booked_show(t)
    with transaction():
        make.consent(guest.show, 15, how="open")
    assert accept(t, guest).left == [(guest, "School 3 has 15 seats left")]


def test_a_guest_at_a_time_that_is_only_kept_waits_until_that_school_says_yes(t) -> None:
    accept(t, t.two)
    kept, guest = db.session.query(Proposal).one(), t.guest
    with transaction():
        join(guest, kept.performance)
    assert accept(t, guest).left == [(guest, "it waits until School 2 has said yes")]
    assert guest.state == DRAWN
    says_yes(kept)
    assert accept(t, guest, now=LATER + timedelta(hours=1)).invited == [guest]


def test_a_guest_at_a_show_that_stands_is_shown_there_and_moves_with_nobody(t) -> None:
    guest = at_a_booked_show(t)
    found = day_by_day.day_of_plan(t.plan, guest.day, now=LATER)
    ((stop,),) = [troupe.stops for troupe in found.troupes]
    assert (stop.what, stop.organisation.name, stop.guests) == (day_by_day.BOOKED, "School 3", (guest,))
    with pytest.raises(deciding.GoesWithItsHost):
        do(deciding.move, guest, f"{t.tour.days[1].id}-1000")
    do(deciding.strike, guest)
    do(deciding.put_back, guest)
    assert guest.state == DRAWN


def test_the_database_lets_no_line_be_a_guest_at_two_shows(t) -> None:
    guest = at_a_booked_show(t)
    with pytest.raises(IntegrityError), transaction():
        guest.guest_of = t.one.id
        db.session.flush()


# Looking through


def test_a_struck_line_takes_its_guests_out_and_is_not_accepted(t) -> None:
    do(deciding.strike, t.one)
    do(deciding.strike, t.one)
    assert (t.one.state, t.guest.state) == (STRUCK, STRUCK)
    with pytest.raises(looking.NothingChosen):
        accept(t, t.one)
    with pytest.raises(deciding.IsStruck):
        do(deciding.put_back, t.guest)
    with pytest.raises(deciding.IsStruck):
        do(deciding.pin, t.one, pinned=True)
    do(deciding.put_back, t.one)
    do(deciding.put_back, t.guest)
    assert (t.one.state, t.guest.state) == (DRAWN, DRAWN)


def test_what_was_accepted_is_neither_struck_nor_moved_on_paper(t) -> None:
    accept(t, t.one)
    with pytest.raises(deciding.AlreadyProposed):
        do(deciding.strike, t.one)
    with pytest.raises(deciding.AlreadyProposed):
        do(deciding.move, t.one, f"{t.tour.days[2].id}-1000")


def test_a_line_moves_to_a_time_that_fits_beside_the_tour_and_the_plan_and_its_guests_go_along(t) -> None:
    offers = {offer.day: offer for offer in deciding.elsewhere(t.one, now=LATER)}
    assert {slot.starts for slot in offers[MONDAY].slots} >= {time(9, 30)}
    assert offers[TUESDAY].shows == 1  # the plan's own line counts
    do(deciding.move, t.one, f"{t.tour.days[2].id}-1100")
    assert local(t.one.starts_at).time() == local(t.guest.starts_at).time() == time(11)
    assert (t.one.day, t.guest.day, t.one.road_minutes > 0) == (t.tour.days[2].day, t.tour.days[2].day, True)
    for key in (f"{t.tour.days[1].id}-1000", "nonsense", f"{t.tour.days[1].id}-0200"):
        with pytest.raises(deciding.DoesNotFit):
            do(deciding.move, t.two, key)
    with pytest.raises(deciding.GoesWithItsHost):
        do(deciding.move, t.guest, f"{t.tour.days[2].id}-1000")


def test_another_partnership_finds_no_line_of_ours(t) -> None:
    with transaction():
        theirs = make.partnership(("932",))
    assert deciding.get(t.tour.partnership.id, t.plan.id, t.one.id).id == t.one.id
    for where in ((theirs.id, t.plan.id, t.one.id), (t.tour.partnership.id, t.plan.id + 1, t.one.id)):
        with pytest.raises(deciding.NoSuchLine):
            deciding.get(*where)


# What comes back, and what moves


def test_refused_and_lapsed_proposals_are_gaps_again_with_their_cause(t) -> None:
    accept(t, t.one, t.two)
    first, second = db.session.query(Proposal).order_by(Proposal.id).all()
    with transaction():
        invitations.refuse_slot(first, reason="Mock exams", who="Joanna Fell", now=LATER + timedelta(hours=1))
    after = wall(REPLY_BY + timedelta(days=1), time(9))
    more = True
    while more:
        with transaction():
            more = proposing.end_next(now=after)
    assert second.ended_as == "lapsed"
    said = standing(t, 0, after + timedelta(hours=1))
    assert said[0] == "asked" and said[1].startswith(
        "refused the slot of 1 March 2027 at 9:30am (Mock exams)"
    )
    said = standing(t, 1, after + timedelta(hours=1))
    assert said == ("asked", "a time was kept until 12 February 2027, and nobody answered")
    with transaction():
        again = ordering.again(t.plan, who=PRIYA, now=after)
    assert again.based_on == t.plan.id


def test_moves_go_one_after_another_however_they_stand_in_each_others_way(t) -> None:
    """School 1 goes where School 2 stands, and School 2 to Tuesday's free half."""
    accept(t, t.one, t.two)
    first, second = db.session.query(Proposal).order_by(Proposal.id).all()
    with transaction():
        plan = a_plan(t.tour, name="Plan A, again", based_on=t.plan.id)
        one = line(
            plan, t.tour, 0, time(12, 30), was="moved", was_starts_at=first.starts_at, proposal_id=first.id
        )
        two = line(
            plan,
            t.tour,
            1,
            time(10),
            day=2,
            was="moved",
            was_starts_at=second.starts_at,
            proposal_id=second.id,
        )
    done = accept(t, one, two, plan=plan, now=LATER + timedelta(hours=1))
    assert {each.organisation_id for each in done.moved} == {
        one.organisation_id,
        two.organisation_id,
    } and done.left == []
    assert (first.starts_at, second.starts_at) == (one.starts_at, two.starts_at)
    assert (first.sequence, second.sequence) == (1, 1)
    assert [x.kind for x in db.session.query(Letter).order_by(Letter.id)][2:] == ["proposal moved"] * 2


def test_two_that_would_change_places_stay_and_are_named(t) -> None:
    accept(t, t.one, t.two)
    first, second = db.session.query(Proposal).order_by(Proposal.id).all()
    was = first.starts_at, second.starts_at
    with transaction():
        plan = a_plan(t.tour, name="Plan A, again", based_on=t.plan.id)
        one = line(plan, t.tour, 0, time(12, 30), was="moved", was_starts_at=was[0], proposal_id=first.id)
        two = line(plan, t.tour, 1, time(9, 30), was="moved", was_starts_at=was[1], proposal_id=second.id)
    done = accept(t, one, two, plan=plan, now=LATER + timedelta(hours=1))
    assert done.moved == [] and len(done.left) == 2
    assert "another school stands where it would go" in done.left[0][1]
    assert (first.starts_at, second.starts_at) == was


def test_what_a_school_said_yes_to_is_never_moved(t) -> None:
    accept(t, t.one)
    proposal = db.session.query(Proposal).one()
    booking = says_yes(proposal)
    was = booking.performance.starts_at
    with transaction():
        plan = a_plan(t.tour, name="Plan A, again", based_on=t.plan.id)
        one = line(plan, t.tour, 0, time(11), day=2, was="moved", was_starts_at=was, proposal_id=proposal.id)
    done = accept(t, one, plan=plan, now=LATER + timedelta(hours=1))
    assert [why for _, why in done.left] == ["the school has answered meanwhile, or its time has lapsed"]
    assert booking.performance.starts_at == was


def test_what_has_no_place_any_more_is_taken_back_only_when_it_is_ticked(t) -> None:
    accept(t, t.one, t.two)
    first, second = db.session.query(Proposal).order_by(Proposal.id).all()
    with transaction():
        plan = a_plan(t.tour, name="Plan A, again", based_on=t.plan.id, figures=figures(dropped=second))
        three = line(plan, t.tour, 2, time(13))
    done = accept(t, three, plan=plan, dropping=[first.id, second.id], now=LATER + timedelta(hours=1))
    assert (done.fell, [each.organisation_id for each in done.proposed]) == (
        [t.two.organisation_id],
        [three.organisation_id],
    )
    assert (first.ended_as, second.ended_as) == ("", "withdrawn")


def test_whom_proposals_went_to_is_read_with_them_however_many(t, count_queries) -> None:
    accept(t, t.one, t.two)
    ids = [proposal.id for proposal in db.session.query(Proposal)]
    db.session.expire_all()
    with count_queries() as queries:
        found = room.proposals(ids)
        told = [[person.address for person in proposal.people] for proposal in found.values()]
    assert len(queries) == 2 and len(told) == 2 and all(len(addresses) == 1 for addresses in told)


# A day of the plan


def test_a_day_has_what_stands_and_what_is_drawn_in_order_with_the_road(t) -> None:
    accept(t, t.one)
    says_yes(db.session.query(Proposal).one())
    found = day_by_day.day_of_plan(t.plan, MONDAY, now=LATER)
    (van,) = found.troupes
    assert [(stop.what, stop.organisation.name, stop.road) for stop in van.stops] == [
        ("booked", "School 1", 13),
        ("drawn", "School 2", 13),
    ]
    assert [guest.organisation_id for guest in van.stops[0].guests] == [t.guest.organisation_id]
    assert (van.leaves_from, van.back, van.driving, van.late) == ("Marlford", 19, 45, 0)
    assert local(van.home_at).time() == time(14, 34)
    assert (found.before, found.after) == (None, TUESDAY)


def test_a_day_of_a_plan_takes_the_same_queries_however_full_it_is(t, count_queries) -> None:
    def asked(day: date) -> int:
        db.session.expire_all()
        plan = db.session.get_one(TourPlan, t.plan.id)
        with count_queries() as queries:
            day_by_day.day_of_plan(plan, day, now=LATER)
        return len(queries)

    one, two = asked(TUESDAY), asked(MONDAY)
    assert abs(one - two) <= 1 and two <= 16
