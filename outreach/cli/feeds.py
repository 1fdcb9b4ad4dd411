"""flask feeds: calendars to subscribe to, made anew from the bookings and the board's dates."""

from collections.abc import Callable, Sequence

import click
from flask.cli import AppGroup

from outreach.asking import follow_ups
from outreach.asking.follow_ups import FollowUp
from outreach.booking import subscribed
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.wording import count
from outreach.tour import performances
from outreach.tour.performances import Performance
from outreach.visits import board_dates
from outreach.visits.board_dates import BoardDate

feeds = AppGroup("feeds", help="Calendars to subscribe to.")


@feeds.command("rebuild")
def rebuild() -> None:
    """Make every entry anew, as after an upgrade or when a programme has another title.

    What says the same as before is left alone, so that nobody's calendar fetches it again. People may book
    meanwhile: each show is a transaction of its own, in the queue of its school and its day.
    """
    changed = _each("Shows", subscribed.shows(), _show) + _each(
        "Dates of reports", board_dates.every(), _date
    )
    changed += _each("Follow-ups", follow_ups.every(), _follow_up)
    click.echo(f"{count(changed, 'entry', 'entries')} changed.")


def _each(words: str, ids: Sequence[int], put: Callable[[int], int]) -> int:
    """The sum over all ids of what `put` changed, each in a transaction of its own."""
    db.session.rollback()
    changed = 0
    with click.progressbar(ids, label=words) as going:
        for row_id in going:
            with transaction():
                changed += put(row_id)
    return changed


def _show(performance_id: int) -> int:
    performance = db.session.get_one(Performance, performance_id)
    performances.lock_organisation(performance.organisation_id)
    performances.lock_days_of(performance)
    return subscribed.show(performance, now=clock.now())


def _date(date_id: int) -> int:
    return board_dates.show(db.session.get_one(BoardDate, date_id), now=clock.now())


def _follow_up(follow_up_id: int) -> int:
    return follow_ups.show(db.session.get_one(FollowUp, follow_up_id), now=clock.now())
