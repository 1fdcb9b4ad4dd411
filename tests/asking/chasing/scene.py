"""Schools that were asked, and the days that go by."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import make
from outreach.asking import rounds
from outreach.asking.chasing import reminders, settings
from outreach.asking.chasing.settings import Schedule
from outreach.county.contacts import Contact
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.post.outbox import Letter
from outreach.tour.programmes import Programme

ASKED = date(2027, 1, 5)
"""A Tuesday; the first reminder is due ten days on, Friday 15 January, the second on Monday 25 January."""

PRIYA: dict[str, Any] = {"who": "Priya Nandakumar"}
ON = Schedule(reminders_on=True)


def at(day: date, hour: int = 8) -> datetime:
    return wall(day, time(hour))


@dataclass
class County:
    programme: Programme
    schools: list[School]
    contacts: list[Contact]

    @property
    def organisation_ids(self) -> list[int]:
        return [s.organisation_id for s in self.schools]


def county(schools: int = 1, *, asked: date | None = ASKED, plan: Schedule = ON) -> County:
    """Schools with one contact each, all asked by a round on `asked`, the letters handed over an hour
    later."""
    partnership = make.partnership()
    programme = make.programme(partnership, reply_by=date(2027, 3, 19))
    make.tour_day(programme, make.troupe(partnership), date(2027, 3, 9))
    rows = [make.school(name=f"Redmere {n:03}") for n in range(schools)]
    here = County(programme, rows, [make.contact(s) for s in rows])
    settings.settle(programme, plan, who="Priya", now=make.EARLIER)
    if asked is not None:
        rounds.send_round(programme, here.organisation_ids, who="Priya", now=at(asked))
        posted(at(asked, 9))
    return here


def posted(now: datetime) -> None:
    """The postman has been: what waited was handed over."""
    for letter in db.session.query(Letter).filter_by(status="waiting"):
        letter.status, letter.handed_at = "sent", now
    db.session.flush()


def run(programme: Programme, day: date, *, post: bool = True) -> list[int]:
    """The day's run at eight and the postman at nine: which schools were reminded."""
    written = []
    due = [reminder.organisation.organisation_id for reminder in reminders.due(programme, now=at(day))]
    for organisation_id in due:
        with transaction():
            if reminders.send_due(programme, organisation_id, now=at(day)):
                written.append(organisation_id)
    if post:
        with transaction():
            posted(at(day, 9))
    return written
