"""Random counties beside the law of a tour: no slot, move, proposal or plan that breaks a rule, and no slot hidden
that the rules allow."""

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, time
from random import Random

import pytest
from flask import Flask
from law import County, Day, Hall, Lunch, Show, Van
from sqlalchemy import select

import make
from how_many import so_many
from little_tour import weekdays
from outreach.booking import bookings, holds
from outreach.booking.agenda import moving
from outreach.booking.colleagues import Colleague
from outreach.booking.desk import proposing
from outreach.booking.numbers import Promise
from outreach.county import school_lunch
from outreach.county.contacts import Contact
from outreach.county.partnerships import Partnership
from outreach.county.school_days import rule_out, set_hours
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.ground.errors import Refusal
from outreach.ground.timespans import local
from outreach.planning.drawing_up import Drawn, draw
from outreach.planning.rules import PlanRules
from outreach.tour import slots
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance, Slot
from outreach.tour.planning.plan import Plan
from outreach.tour.planning.planner import solve
from outreach.tour.planning.problem import CannotPlan
from outreach.tour.programmes import Programme
from outreach.tour.roads import RoadMinutes

MONDAY = date(2027, 3, 1)
PRIYA = "Priya Nandakumar"
PLAIN, LONG = range(so_many(40, least=8)), range(40, 500)
"""Counties that are looked at in each run, and in the longest one only."""
WHAT = "booked in pairs, booked, proposed, moved, planned, guests, kept, shows, tables, nights".split(", ")
"""What must be met in the counties of each run."""


@dataclass
class Laid:
    """A random county in the database, and what the law knows of it."""

    dice: Random
    partnership: Partnership
    programme: Programme
    schools: list[School] = field(default_factory=list)
    days: list[TourDay] = field(default_factory=list)
    law: County = None  # type: ignore[assignment]
    seen: Counter[str] = field(default_factory=Counter)

    def shows(self) -> list[Performance]:
        return list(
            db.session.scalars(
                select(Performance)
                .where(Performance.programme_id == self.programme.id, Performance.released_at.is_(None))
                .order_by(Performance.id)
            )
        )

    def standing(self) -> dict[int, list[Show]]:
        """What stands on each tour day now, as the tables say."""
        found: dict[int, list[Show]] = {day.id: [] for day in self.days}
        for row in self.shows():
            at = local(row.starts_at)
            show = Show(hall=row.organisation_id, day=row.tour_day_id, starts=at.hour * 60 + at.minute)
            found[row.tour_day_id].append(show)
        return found


def minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def clock(at: int) -> time:
    return time(at // 60, at % 60)


def lay(seed: int) -> Laid:
    """Four to six schools, one or two troupes, three to six days, and settings of every kind."""
    dice = Random(seed)
    pick, sometimes = dice.choice, lambda share: dice.random() < share
    step = pick([5, 15, 15, 30])
    code, tables = f"county {seed}", pick([10, 15])
    usual = pick([None, (12 * 60, 13 * 60), (12 * 60 + 15, 13 * 60 + 15)])
    partnership = make.partnership(
        (code,),
        slot_step_minutes=step,
        lunch_begins=usual and clock(usual[0]),
        lunch_ends=usual and clock(usual[1]),
        lunch_tables=tables,
        road_base_minutes=pick([3.0, 6.0]),
        road_minutes_per_km=pick([0.8, 1.25]),
    )
    programme = make.programme(
        partnership,
        earliest_start=pick([time(8, 30), time(9)]),
        latest_finish=pick([time(15), time(15, 30), time(17)]),
        running_minutes=pick([30, 45]),
        discussion_minutes=pick([20, 30]),
        get_in_minutes=pick([30, 45, 60]),
        get_out_minutes=pick([15, 30]),
        turn_minutes=pick([15, 30, 30, 50]),
        shows_a_day=pick([2, 2, 3]),
        audience_ceiling=pick([150, 250]),
    )
    laid = Laid(dice, partnership, programme)

    def point() -> tuple[int, int]:
        return 440000 + dice.randrange(40) * 1000, 200000 + dice.randrange(30) * 1000

    halls, vans, days = {}, {}, {}
    dates = list(weekdays(MONDAY, 5))
    for _ in range(dice.randint(4, 6)):
        at = point()
        school = make.school(
            la_code=code,
            easting=at[0],
            northing=at[1],
            number_of_pupils=pick([90, 300, 500, 900]),
            statutory_low_age=11,
            statutory_high_age=16,
        )
        make.contact(school)
        opens, closes = time(9), time(15)
        if sometimes(0.3):
            opens, closes = pick([time(8, 30), time(9, 20)]), pick([time(14, 30), time(15, 40)])
            set_hours(school, opens, closes, who="The school", now=make.EARLIER)
        shut = frozenset(day for day in dates if sometimes(0.15))
        for day in shut:
            rule_out(school, day, who="The school", now=make.EARLIER)
        lunch = Lunch(begins=usual[0], ends=usual[1]) if usual else None
        if sometimes(0.6):
            begins, lasts = pick([11 * 60 + 40, 12 * 60, 12 * 60 + 30, 13 * 60]), pick([40, 60])
            hall, stands = pick([(False, False), (True, False), (True, True)])
            lunch = Lunch(begins=begins, ends=begins + lasts, hall=hall, stands=stands)
            school_lunch.say(
                school,
                clock(lunch.begins),
                clock(lunch.ends),
                is_dining_hall=hall,
                set_may_stay=stands,
                who="The school",
                now=make.EARLIER,
            )
        halls[school.organisation_id] = Hall(
            number=school.organisation_id,
            at=at,
            opens=minutes(opens),
            closes=minutes(closes),
            shut=shut,
            lunch=lunch,
        )
        laid.schools.append(school)
    for _ in range(dice.randint(1, 2)):
        base, latest = pick([None, point(), point()]), pick([None, None, time(16, 30)])
        eats, rest = pick([0, 0, 30, 45]), pick([0, 11, 14])
        troupe = make.troupe(
            partnership,
            base_easting=base and base[0],
            base_northing=base and base[1],
            latest_return=latest,
            rest_hours=rest,
            lunch_minutes=eats,
        )
        vans[troupe.id] = Van(
            number=troupe.id,
            base=base,
            rest=rest * 60,
            lunch=eats,
            latest=minutes(latest) if latest else 24 * 60,
        )
        for on in sorted(dice.sample(dates, dice.randint(2, 4))):
            leaves, returns = pick([time(6, 30), time(7), time(8)]), pick([time(16), time(18), time(20)])
            night = point() if sometimes(0.2) else None
            row = make.tour_day(
                programme,
                troupe,
                on,
                leaves=leaves,
                returns=returns,
                shows_at_most=dice.randint(1, programme.shows_a_day),
                stays_easting=night and night[0],
                stays_northing=night and night[1],
            )
            laid.days.append(row)
            days[row.id] = Day(
                number=row.id,
                on=on,
                van=troupe.id,
                leaves=minutes(leaves),
                returns=minutes(returns),
                most=row.shows_at_most,
                night=night,
            )
    table = {}
    if sometimes(0.5):
        places = sorted([*halls, *(-number for number, van in vans.items() if van.base)])
        for nth, one in enumerate(places):
            for other in places[nth + 1 :]:
                if sometimes(0.6):
                    table[one, other] = dice.randint(5, 70)
        for (one, other), road in table.items():
            db.session.add(RoadMinutes(partnership_id=partnership.id, one=one, other=other, minutes=road))
        partnership.road_table = uuid.uuid4().hex
    db.session.flush()
    laid.law = County(
        step=step,
        play=programme.show_minutes,
        get_in=programme.get_in_minutes,
        get_out=programme.get_out_minutes,
        turn=programme.turn_minutes,
        earliest=minutes(programme.earliest_start),
        latest=minutes(programme.latest_finish),
        tables=tables,
        road_base=partnership.road_base_minutes,
        road_per_km=partnership.road_minutes_per_km,
        halls=halls,
        vans=vans,
        days=days,
        table=table,
    )
    return laid


def told(laid: Laid, school: School, *, instead_of: int | None = None) -> dict[int, list[int]]:
    """The starts that the service says a school could have, by tour day."""
    found = slots.offers(
        laid.programme, school, now=make.NOW, instead_of=instead_of, whatever_the_notice=True
    )
    return {day.tour_day_id: sorted(slot.start_minute for slot in day.slots) for day in found.days}


def lawful(laid: Laid, school: School, stands: dict[int, list[Show]]) -> dict[int, list[int]]:
    law = laid.law
    return {
        day: [
            at for at in range(0, 24 * 60, law.step) if law.may(school.organisation_id, day, at, stands[day])
        ]
        for day in law.days
    }


def nothing_is_wrong(laid: Laid) -> None:
    stands = laid.standing()
    assert [said for day in laid.law.days for said in laid.law.wrong(day, stands[day])] == []


def slots_are_the_lawful_ones(laid: Laid) -> None:
    stands = laid.standing()
    for school in laid.schools:
        said, right = told(laid, school), lawful(laid, school, stands)
        found = [difference(laid, school, day, said[day], right[day], stands) for day in said]
        assert not any(found), "\n".join(filter(None, found))


def difference(
    laid: Laid, school: School, day: int, said: list[int], right: list[int], stands: dict[int, list[Show]]
) -> str:
    """In words: what is hidden, and what is offered against the law."""
    hidden, wrong = sorted({*right} - {*said}), sorted({*said} - {*right})
    if not hidden and not wrong:
        return ""
    first = Show(hall=school.organisation_id, day=day, starts=(wrong or hidden)[0])
    return (
        f"{laid.law.halls[school.organisation_id]}, {laid.law.days[day]}: hidden {hidden}, against the law {wrong}: "
        f"{laid.law.wrong(day, [*stands[day], first])}; stands {stands[day]}; "
        f"{laid.law.vans[laid.law.days[day].van]}, play {laid.law.play}, in {laid.law.get_in}, out {laid.law.get_out}"
    )


def propose(laid: Laid, school: School) -> None:
    """A random slot is kept for a school, if it has one; a refusal in words is as good."""
    offer = slots.offers(laid.programme, school, now=make.NOW, whatever_the_notice=True)
    starts = [slot for day in offer.days for slot in day.slots]
    if not starts:
        return
    people = db.session.scalars(
        select(Contact).where(Contact.organisation_id == school.organisation_id)
    ).all()
    draft = proposing.ProposalDraft(
        programme=laid.programme,
        organisation=school,
        slot=laid.dice.choice(starts),
        people=people,
        reply_by=date(2027, 2, 5),
    )
    try:
        with transaction():
            proposing.propose(draft, who=PRIYA, now=make.NOW)
    except Refusal:
        return
    laid.seen["proposed"] += 1


def book(laid: Laid, school: School) -> None:
    """A random slot becomes a promise; two of one day where the school is too big for one show."""
    offer = slots.offers(laid.programme, school, now=make.NOW, two_shows=laid.dice.random() < 0.9)
    chosen: list[Slot] = []
    if offer.first and len(offer.first[0]) == 2:
        chosen = list(laid.dice.choice(offer.first))
    elif starts := [slot for day in offer.days for slot in day.slots]:
        chosen = [laid.dice.choice(starts)]
    who = Colleague(name="Joanna Fell", address="j.fell@redmere.example", duty="safeguarding lead", phone="1")
    try:
        with transaction():
            held = holds.hold(laid.programme, school, chosen, who="x", now=make.NOW)
            promises = [(each.id, Promise(pupils={8: 10, 9: 10}, people=(who,))) for each in held]
            bookings.book(laid.programme, school, promises, who="x", now=make.NOW)
    except Refusal:
        return
    laid.seen["booked"] += 1
    laid.seen["booked in pairs"] += len(chosen) == 2


def move(laid: Laid) -> None:
    """One of what stands goes to a random lawful place; the places that the diary knows are the lawful ones."""
    shows = laid.shows()
    if not shows:
        return
    show = laid.dice.choice(shows)
    found = moving.find(show, now=make.NOW)
    here = next(s for s in laid.schools if s.organisation_id == show.organisation_id)
    stands = laid.standing()
    at = local(show.starts_at)
    own = Show(hall=show.organisation_id, day=show.tour_day_id, starts=at.hour * 60 + at.minute)
    stands[show.tour_day_id].remove(own)
    places = moving.places_to_move_to(found, now=make.NOW)
    allowed = lawful(laid, here, stands)
    listed = {(place.tour_day_id, start) for place in places if not place.breaks for start in place.starts}
    assert listed == {(d, start) for d, starts in allowed.items() for start in starts} - {
        (own.day, own.starts)
    }
    if listed:
        day, start = laid.dice.choice(sorted(listed))
        laid.seen["moved"] += 1
        with transaction():
            moving.move(show, f"{day}-{clock(start):%H%M}", who=PRIYA, now=make.NOW)


def plan(laid: Laid) -> None:
    """A plan of what is missing, with all that may move: on paper it breaks no rule."""
    for rules in (PlanRules(seconds=60), PlanRules(seconds=60, moves=True, guests=True)):
        try:
            drawn = draw(laid.programme, rules, now=make.NOW)
        except CannotPlan:
            return
        found = solve(drawn.problem, seconds=60)
        laid.seen["planned"] += 1
        laid.seen["guests"] += sum(visit.guest_of is not None for visit in found.visits)
        laid.seen["kept"] += len(drawn.problem.kept)
        laid.seen["shows"] += len(found.visits)
        paper = {} if rules.moves else laid.standing()
        if rules.moves:
            movable = {each.performance_id for each in drawn.movable}
            paper = {day.id: [] for day in laid.days}
            for row in laid.shows():
                if row.id not in movable:
                    at = local(row.starts_at)
                    paper[row.tour_day_id].append(
                        Show(
                            hall=row.organisation_id,
                            day=row.tour_day_id,
                            starts=at.hour * 60 + at.minute,
                        )
                    )
        for visit in found.visits:
            day = drawn.days[visit.day].tour_day_id
            if visit.guest_of is None:
                paper[day].append(Show(hall=visit.school, day=day, starts=visit.starts))
        for visit in found.visits:
            if visit.guest_of is not None:
                day = drawn.days[visit.day].tour_day_id
                show = next(s for s in paper[day] if (s.hall, s.starts) == (visit.guest_of, visit.starts))
                assert laid.law.guest_may(visit.school, show, laid.partnership.guest_minutes)
        assert [said for day in paper for said in laid.law.wrong(day, paper[day])] == []
        nobody_could_still_come(laid, drawn, found, paper)


def nobody_could_still_come(laid: Laid, drawn: Drawn, found: Plan, paper: dict[int, list[Show]]) -> None:
    """Whoever a plan leaves out has no lawful start beside it: any is worth more than the road to it."""
    law, gaps = laid.law, {gap.school: gap for gap in drawn.problem.gaps}
    planned = {day.tour_day_id for day in drawn.days.values()}
    for out in found.left_out:
        there = {law.days[day].on for day, shows in paper.items() if any(s.hall == out.school for s in shows)}
        for number in planned & law.days.keys():
            day = law.days[number]
            if day.on in gaps[out.school].dates and (
                day.on not in there or any(show.hall == out.school for show in paper[number])
            ):
                starts = range(0, 24 * 60, law.step)
                free = [at for at in starts if law.may(out.school, number, at, paper[number])]
                assert not free, (
                    f"{law.halls[out.school]} is left out ({out.cause}), and could at {free} on {day}"
                )
                laid.seen["left out"] += 1


def live(laid: Laid) -> None:
    """A little life of a county, judged after each deed."""
    slots_are_the_lawful_ones(laid)
    for school in laid.schools:
        laid.dice.choice([propose, propose, book, lambda *_: None])(laid, school)
    nothing_is_wrong(laid)
    slots_are_the_lawful_ones(laid)
    for _ in range(3):
        move(laid)
        nothing_is_wrong(laid)
    plan(laid)


def of_seeds(seeds: Iterable[int]) -> Counter[str]:
    """What was seen in these counties."""
    seen: Counter[str] = Counter()
    for seed in seeds:
        with transaction():
            laid = lay(seed)
        try:
            live(laid)
        except AssertionError as wrong:
            raise AssertionError(f"county {seed}: {wrong}") from wrong
        seen += laid.seen
        seen["tables"] += bool(laid.law.table)
        seen["nights"] += sum(day.night is not None for day in laid.law.days.values())
    return seen


def test_no_slot_move_proposal_or_plan_breaks_a_rule_and_no_slot_is_hidden(app: Flask) -> None:
    seen = of_seeds(PLAIN)
    assert min(seen[what] for what in WHAT) >= len(PLAIN) // 5, seen


@pytest.mark.long
def test_none_does_in_five_hundred_counties(app: Flask) -> None:
    of_seeds(LONG)
