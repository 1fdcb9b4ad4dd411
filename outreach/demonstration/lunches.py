"""The made-up lunches: what some schools said of theirs as they booked or were rung; of most it is not known."""

from datetime import datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import select

from outreach.county import partnerships, school_lunch
from outreach.county.partnerships import Partnership
from outreach.county.school_lunch import Lunch
from outreach.county.schools import School
from outreach.demonstration import cast
from outreach.demonstration.cast import Cast
from outreach.ground.db import db
from outreach.tour import over_lunch, performances
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme

EVERY = 4
"""Of so many schools that have a part, one has said."""


class Said(NamedTuple):
    begins: time
    ends: time
    is_dining_hall: bool
    set_may_stay: bool


SAID = (
    Said(time(12, 15), time(13, 15), is_dining_hall=True, set_may_stay=False),
    Said(time(12, 15), time(13, 15), is_dining_hall=False, set_may_stay=False),
    Said(time(11, 45), time(12, 35), is_dining_hall=False, set_may_stay=False),
    Said(time(12, 30), time(13, 20), is_dining_hall=True, set_may_stay=True),
    Said(time(12, 0), time(12, 50), is_dining_hall=True, set_may_stay=False),
)
"""One after the other, as far as the shows that a school has to come keep out of it."""


def say(programme: Programme, parts: Cast, *, now: datetime) -> None:
    """Each of some schools said it some days ago; what it has to come is held to it from then on."""
    partnership = partnerships.get(programme.partnership_id)
    asked = [school for school in parts.everybody if school not in parts.playing(cast.AGES_UNKNOWN)]
    for n, school in enumerate(asked[1::EVERY]):
        shows = _to_come(school, now=now)
        turn = n % len(SAID)
        for said in SAID[turn:] + SAID[:turn]:
            kept_out = over_lunch.kept_out(_lunch(said, partnership))
            if all(performances.is_clear_of(show, kept_out) for show in shows):
                when, who = now - timedelta(days=2 + n % 9), f"{school.name} (school)"
                school_lunch.say(school, **said._asdict(), who=who, now=when)
                for show in shows:
                    performances.hold_to(show, kept_out)
                break


def _lunch(said: Said, partnership: Partnership) -> Lunch:
    return Lunch(**said._asdict(), tables=partnership.lunch_tables)


def _to_come(school: School, *, now: datetime) -> list[Performance]:
    return list(
        db.session.scalars(
            select(Performance)
            .where(
                Performance.organisation_id == school.organisation_id,
                Performance.released_at.is_(None),
                Performance.starts_at > now,
            )
            .order_by(Performance.starts_at)
        )
    )
