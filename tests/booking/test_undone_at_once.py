"""A move in the diary that is undone at once is always taken back, whatever has changed since the show got its
place: nights, roads, minutes, days that the school rules out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, time
from itertools import pairwise
from random import Random
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import make
from how_many import so_many
from outreach.booking import bookings, colleagues, holds
from outreach.booking.agenda import moving, swapping
from outreach.booking.colleagues import Colleague
from outreach.booking.desk import proposing
from outreach.booking.desk.proposing import ProposalDraft, ReplyByWrong
from outreach.booking.numbers import Promise
from outreach.booking.proposals import Proposal
from outreach.county import school_days
from outreach.ground.db import db
from outreach.tour import slots
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme

NOW = make.NOW
DATES = [date(2027, 3, day) for day in (8, 9, 10, 11)]
POINTS = [(450000 + 9000 * east, 210000 + 7000 * north) for east in range(5) for north in range(4)]


@dataclass
class Tour:
    """A programme, its two troupes' days on following dates, and what stands on them."""

    programme: Programme
    partnership: Any
    days: list[TourDay]
    shows: list[Performance] = field(default_factory=list)
    kept: list[Proposal] = field(default_factory=list)


@contextmanager
def tour(dice: Random) -> Iterator[Tour]:
    """One made up of what the dice say; nothing of it is left behind."""
    try:
        yield _with_shows(_laid(dice), dice)
    finally:
        db.session.rollback()


def _laid(dice: Random) -> Tour:
    whose = make.partnership(slot_step_minutes=dice.choice((5, 15, 30)))
    programme = make.programme(whose, shows_a_day=3, get_in_minutes=dice.choice((30, 60)), running_minutes=40)
    days = []
    for _ in range(2):
        base = dice.choice((None, *POINTS[:6]))
        troupe = make.troupe(
            whose,
            rest_hours=dice.choice((0, 11, 13, 14)),
            lunch_minutes=dice.choice((0, 30, 60)),
            latest_return=dice.choice((None, None, time(16))),
            base_easting=base and base[0],
            base_northing=base and base[1],
        )
        for day in DATES:
            hours = {
                "leaves": dice.choice((time(6), time(7, 30))),
                "returns": dice.choice((time(17), time(20))),
            }
            days.append(make.tour_day(programme, troupe, day, **hours))
            _night(days[-1], dice)
    return Tour(programme, whose, days)


def _night(day: TourDay, dice: Random) -> None:
    stays = dice.choice((None, *POINTS))
    day.stays_at = "Inn" if stays else ""
    day.stays_easting, day.stays_northing = stays or (None, None)
    db.session.flush()


def _with_shows(made: Tour, dice: Random) -> Tour:
    for n in range(6):
        place = dice.choice((None, *POINTS))
        school = make.school(easting=place and place[0], northing=place and place[1])
        free = [
            slot
            for day in slots.offers(made.programme, school, now=NOW).days
            if day.gaps
            for slot in day.slots
        ]
        if not free:
            continue
        slot = dice.choice(free)
        if n % 3:
            person = Colleague(
                name="Jo Fell", address=f"j{school.organisation_id}@a.example", duty=colleagues.LEAD
            )
            [hold] = holds.hold(made.programme, school, [slot], who="Jo", now=NOW)
            promise = Promise(pupils={8: 100}, hall="Hall", people=(person,))
            [booked] = bookings.book(made.programme, school, [(hold.id, promise)], who="Jo", now=NOW)
            made.shows.append(booked.performance)
        else:
            draft = ProposalDraft(
                programme=made.programme,
                organisation=school,
                slot=slot,
                people=[make.contact(school)],
                reply_by=date(2027, 2, 5),
            )
            made.kept.append(proposing.propose(draft, who="Priya", now=NOW))
            made.shows.append(made.kept[-1].performance)
    return made


def since(made: Tour, what: str, dice: Random) -> None:
    """Something is not as it was when the shows got their places."""
    if what == "a night":
        _night(dice.choice(made.days), dice)
    elif what == "a shorter day":
        dice.choice(made.days).leaves = time(9)
    elif what == "longer roads":
        made.partnership.road_base_minutes = 40
    elif what == "longer shows":
        made.programme.running_minutes = 55
    elif what == "other starts":
        made.partnership.slot_step_minutes = 20
    elif what == "more rest":
        dice.choice(made.days).troupe.rest_hours = 16
    elif what == "a day ruled out":
        show = dice.choice(made.shows)
        if school_days.load_one(show.host).why_closed(show.tour_day.day) == "":
            school_days.rule_out(show.host, show.tour_day.day, who="Jo", now=NOW)
    db.session.flush()


CHANGES = (
    "a night",
    "a shorter day",
    "longer roads",
    "longer shows",
    "other starts",
    "more rest",
    "a day ruled out",
)
_NOT_ITS_PLACE = {
    "easting",
    "northing",
    "sequence",
    "uid",
    "organizer_token",
    "road_from_organisation_id",
    "road_from_minutes",
    "road_to_organisation_id",
    "road_to_minutes",
}


def as_it_stands(made: Tour) -> Any:
    """Every show and every time kept, but for the names and numbers of their calendar events."""
    db.session.expire_all()
    return (
        [
            {c.key: getattr(s, c.key) for c in Performance.__table__.columns if c.key not in _NOT_ITS_PLACE}
            for s in made.shows
        ],
        [(kept.starts_at, kept.reply_by, kept.ended_at) for kept in made.kept],
    )


DRAWN = settings(
    deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), derandomize=True
)


@settings(DRAWN, max_examples=so_many(20, least=2))
@given(st.randoms(use_true_random=False), st.lists(st.sampled_from(CHANGES), max_size=3, unique=True))
def _taken_back(dice: Random, changes: list[str]) -> None:
    with tour(dice) as made:
        for what in changes:
            if made.shows:
                since(made, what, dice)
        for show in made.shows:
            places = moving.places_to_move_to(moving.find(show, now=NOW), now=NOW)
            to = [place.key_at(start) for place in places for start in place.starts]
            if not to:
                continue
            stood = as_it_stands(made)
            try:
                done = moving.move(show, dice.choice(to), who="Priya", now=NOW)
            except ReplyByWrong:
                continue
            moving.undo(done, who="Priya", now=NOW)
            assert as_it_stands(made) == stood


def test_a_move_undone_at_once_is_always_taken_back(app: Flask) -> None:
    _taken_back()


@settings(DRAWN, max_examples=so_many(10, least=2))
@given(st.randoms(use_true_random=False), st.lists(st.sampled_from(CHANGES), max_size=2, unique=True))
def _swapped_back(dice: Random, changes: list[str]) -> None:
    with tour(dice) as made:
        for what in changes:
            if made.shows:
                since(made, what, dice)
        for one, other in pairwise(made.shows):
            stood = as_it_stands(made)
            pair = moving.find(one, now=NOW), moving.find(other, now=NOW)
            try:
                look = swapping.look(*pair, now=NOW)
                both = swapping.swap(one, other, look.key, who="Priya", now=NOW)
            except (swapping.CannotSwap, ReplyByWrong):
                assert as_it_stands(made) == stood
                continue
            assert tuple(show.starts_at for show in (one, other)) == tuple(
                h.slot.starts_at for h in look.halves
            )
            moving.undo(dice.choice(both), who="Priya", now=NOW)
            assert as_it_stands(made) == stood


def test_a_swap_undone_at_once_is_always_taken_back(app: Flask) -> None:
    _swapped_back()
