"""flask asking: the day's run of reminders, of who was asked and of visits that are near, times offered to who waits,
and what is asked after a show; files that were sent in are read meanwhile."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from functools import partial
from time import monotonic
from typing import TypeVar

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from outreach.asking import follow_ups, waits_for_places
from outreach.asking.chasing import offers, raising, reminders, settings, withdrawing
from outreach.asking.chasing.reminders import THE_SERVICE
from outreach.booking import limits, subscribed
from outreach.booking.sessions import places
from outreach.cli import history, reading
from outreach.cli.privacy import erase_due
from outreach.cli.rounds import Rounds, say
from outreach.cli.stopping import StopSignal
from outreach.county import coordinators, files_to_read
from outreach.county.lists import uploads
from outreach.county.openid import attempts
from outreach.county.register import waiting as register_waiting
from outreach.coverage import standings
from outreach.coverage.gaplist import follow_ups as gap_follow_ups
from outreach.ground import clock, errands, job_rounds, whose
from outreach.ground.db import db, transaction
from outreach.ground.history_chain import NoKey
from outreach.ground.timespans import day_of, wall
from outreach.ground.turns import Turns
from outreach.ground.wording import clock as clock_time
from outreach.ground.wording import count, day_short
from outreach.outcomes import reminding as open_waves
from outreach.outcomes import staff_letters, waves
from outreach.post.webhooks import deliveries
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.visits import asking_companies, pledge_letters, reminding
from outreach.visits.before import reminding as before_visits
from outreach.visits.reminding import Missing

T = TypeVar("T")

asking = AppGroup("asking", help="Asking: what the service writes to schools by itself.")


@asking.command("chase")
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
@click.option(
    "--loop",
    is_flag=True,
    help="Come once a day, by six in the morning, ask for reports in the evening, and read the files that are sent "
    "in, until told to stop (SIGTERM).",
)
def chase(dry_run: bool, loop: bool) -> None:
    """Put into the post what is due today: reminders, also of visits, offers to the waiting list, missing reports, what
    was done.

    Once a day, on any day: letters go only on school days of the school that gets them, and running it twice
    writes nothing twice. Only what is switched on under Gaps, Reminders goes. Files that were sent in are read.
    Status 1 when something could not be written.
    """
    if loop:
        _day_by_day()
        return
    faults, turns = _round(dry_run=dry_run), Turns()
    while not dry_run and reading.read_next(turns):
        pass
    if faults:
        raise SystemExit(1)


FROM = time(6)
"""When the day's round comes: before schools open."""
LOOK_EVERY = 60.0
"""Seconds between looks whether a round is due."""
FILES_EVERY = 2.0
"""Seconds between looks whether a file waits to be read."""
SEAL_EVERY = timedelta(minutes=10)
"""A deed that somebody takes out of the database before it is sealed is not missed."""


def _day_by_day() -> None:
    """A round whenever none has come since six o'clock this morning; started later in the day, it comes at
    once. In the evening, whoever was at the day's shows is asked how they went. Files are read meanwhile."""
    turns = Turns()
    stop, gave_up, sealed_at = StopSignal(), set[str](), clock.now() - SEAL_EVERY
    say(f"The day's round comes at {clock_time(FROM)}.")
    while not stop.is_set():
        try:
            if settings.is_due(now=clock.now(), at=FROM):
                db.session.rollback()
                _round(dry_run=False)
            elif clock.now() >= wall(day_of(clock.now()), reminding.FROM):
                with errands.round_of(job_rounds.CHASE):
                    _of_each(lambda: _evening(gave_up), "asking how the day went")
            db.session.rollback()
            if clock.now() - sealed_at >= SEAL_EVERY:
                sealed_at = clock.now()
                _seal(now=sealed_at)
            _read_files(stop, turns)
        except OperationalError as error:
            db.session.rollback()
            say(f"The database cannot be reached: {error.orig}", err=True)
            stop.wait(LOOK_EVERY)
    say("Stopped.")


def _read_files(stop: StopSignal, turns: Turns) -> None:
    """Whatever is sent in until the next look whether a round is due."""
    until = monotonic() + LOOK_EVERY
    while not stop.is_set() and monotonic() < until:
        if not reading.read_next(turns, stop.is_set):
            db.session.rollback()
            stop.wait(FILES_EVERY)


def _seal(*, now: datetime) -> None:
    """Add to the history's chain. Without a key it has none, as flask check says; a fault keeps no letter back."""
    try:
        history.seal(now=now)
    except NoKey:
        pass
    except OperationalError:
        raise
    except Exception:
        current_app.logger.exception("the history could not be sealed")


def _of_each(do: Callable[[], T], what: str) -> list[T]:
    """What is done for each partnership, one after the other. What broke off for one, or was refused by the database,
    keeps no other back: it is logged, and the first of that is raised once all are through."""
    found, first = list[T](), None
    for one in whose.everybody():
        try:
            with whose.bound(one):
                found.append(do())
        except Exception as error:
            db.session.rollback()
            first = first or error
            current_app.logger.exception("%s of partnership %s broke off", what, one)
    if first is not None:
        raise first
    return found


def _evening(gave_up: set[str]) -> None:
    """Ask how the shows of today went, a transaction for each letter. `gave_up`: what failed before and
    is not tried again, which this adds to."""
    now = clock.now()
    due: list[tuple[str, Callable[[], bool]]] = []
    for programme in reminders.open_programmes(now=now):
        of = programme.id
        for booking_id in [one.booking.id for one in reminding.due_this_evening(programme, now=now)]:
            due.append((f"asking for report {booking_id}", partial(_ask_for_report, of, booking_id, now=now)))
        for day_id in [one.tour_day_id for one in asking_companies.due(programme, now=now)]:
            due.append((f"asking about day {day_id}", partial(_ask_company, of, day_id, now=now)))
    due = [(what, ask) for what, ask in due if what not in gave_up]
    gave_up.update(what for what, ask in due if _once(ask, what) is None)
    if due:
        say(f"{count(len(due), 'report')} asked for this evening.")


def _ask_for_report(programme_id: int, booking_id: int, *, now: datetime) -> bool:
    return reminding.send_due(db.session.get_one(Programme, programme_id), booking_id, now=now)


def _ask_company(programme_id: int, tour_day_id: int, *, now: datetime) -> bool:
    return asking_companies.send_due(db.session.get_one(Programme, programme_id), tour_day_id, now=now)


def _reports(programme: Programme, *, now: datetime) -> list[Missing]:
    """Whom to ask for a report now, this evening's shows last."""
    return [*reminding.due(programme, now=now), *reminding.due_this_evening(programme, now=now)]


def _round(*, dry_run: bool) -> int:
    """One day's round of every programme; how many letters could not be written."""
    now = clock.now()
    if dry_run:
        return sum(_of_each(lambda: _round_of_one(dry_run=True, now=now), "the day's round"))
    with Rounds(job_rounds.CHASE).one() as this:
        this.faults = sum(_of_each(lambda: _round_of_one(dry_run=False, now=now), "the day's round"))
        this.faults += erase_due(now=now, say=say)
        with transaction():  # last, so that a round that broke off is not said to have come
            settings.ran(now=now)
        _seal(now=now)
    return this.faults


def _round_of_one(*, dry_run: bool, now: datetime) -> int:
    """The programmes of one partnership, or of all where no wall stands between them."""
    faults = 0
    if not dry_run:
        with transaction():
            uploads.sweep(now=now)
            register_waiting.sweep(now=now)
            files_to_read.sweep(now=now)
            deliveries.forget_old(now=now)
            attempts.sweep(now=now)
            withdrawing.withdraw_one(now=now)
            reminding.withdraw_one(now=now)
            pledge_letters.withdraw_waiting(now=now)
            before_visits.withdraw_one(now=now)
            open_waves.withdraw_one(now=now)
            staff_letters.withdraw_waiting(now=now)
            limits.write_everywhere(now=now)  # a school that closed today passes its numbers on
            waves.follow_shows(now=now)
        faults += _once(partial(_end_who_left, now=now), "who left yesterday") is None
        for programme_id in follow_ups.programmes_with_some():
            faults += _once(partial(_settle, programme_id, now=now), f"follow-ups of {programme_id}") is None
        for performance_id in subscribed.lately_over(now=now):
            faults += _once(partial(_over, performance_id, now=now), f"calendars of {performance_id}") is None
    for programme in reminders.open_programmes(now=now):
        programme_id, title = programme.id, programme.title
        target = standings.target_of(programme_id, now=now)
        if dry_run:
            _say_what_would_go(programme, target, now=now)
        else:
            written, failed = _write(programme_id, target, now=now)
            faults += failed
            say(f"{title}: {', '.join(written)}." if written else f"{title}: nothing is due today.")
        waiting = len(raising.waiting(db.session.get_one(Programme, programme_id), now=now, target=target))
        if waiting:
            say(f"  {count(waiting, 'school')} wait for a coordinator's word before anybody else is told.")
        db.session.rollback()
    return faults


def _write(programme_id: int, target: set[int], *, now: datetime) -> tuple[list[str], int]:
    """One transaction for each letter, so that an end in the middle leaves whole letters. What was done; how
    many faults."""

    def programme() -> Programme:
        return db.session.get_one(Programme, programme_id)

    def remind(organisation_id: int) -> bool:
        return reminders.send_due(programme(), organisation_id, target=target, now=now)

    def ask_what_was_done(organisation_id: int) -> bool:
        return pledge_letters.send_due(programme(), organisation_id, now=now)

    def ask_staff(organisation_id: int) -> bool:
        return staff_letters.send_due(programme(), organisation_id, now=now)

    def remind_of_visit(booking_id: int) -> bool:
        return before_visits.send_due(programme(), booking_id, now=now)

    def say_pupils_can_answer(booking_id: int) -> bool:
        return open_waves.send_due(programme(), booking_id, now=now)

    def give_out(performance_id: int) -> bool:
        return bool(places.give_out(performance_id, now=now))

    schools = [r.organisation.organisation_id for r in reminders.due(programme(), now=now, target=target)]
    reports = dict.fromkeys(m.booking.id for m in _reports(programme(), now=now))
    days = [one.tour_day_id for one in asking_companies.due(programme(), now=now)]
    besides = dict.fromkeys(
        one.organisation.organisation_id for one in pledge_letters.due(programme(), now=now)
    )
    staff = dict.fromkeys(one.organisation.organisation_id for one in staff_letters.due(programme(), now=now))
    visits = [r.booking.id for r in before_visits.due(programme(), now=now)]
    open_for = dict.fromkeys(one.booking.id for one in open_waves.due(programme(), now=now))
    waited_for = places.waited_for(programme_id, now=now) if programme().for_adults else []
    over = waits_for_places.over(programme_id, now=now) if programme().for_adults else []
    ended = [
        _once(partial(waits_for_places.end, one, who=THE_SERVICE, now=now), f"ending wait {one}")
        for one in over
    ]
    tried: set[int] = set()
    reminded = [
        _once(partial(remind, organisation_id), f"reminding {organisation_id}") for organisation_id in schools
    ]
    asked = [
        _once(partial(_ask_for_report, programme_id, one, now=now), f"asking for report {one}")
        for one in reports
    ] + [_once(partial(_ask_company, programme_id, day, now=now), f"asking about day {day}") for day in days]
    asked_besides = [
        _once(partial(ask_what_was_done, organisation_id), f"asking {organisation_id} what was done")
        for organisation_id in besides
    ]
    asked_staff = [
        _once(partial(ask_staff, organisation_id), f"asking staff of {organisation_id} what they say")
        for organisation_id in staff
    ]
    near = [_once(partial(remind_of_visit, one), f"reminding of visit {one}") for one in visits]
    told = [_once(partial(say_pupils_can_answer, one), f"telling {one} of its wave") for one in open_for]
    offered: list[bool | None] = []
    while True:
        done = _once(
            lambda: offers.offer_next(programme(), who=THE_SERVICE, now=now, passed_over=tried) is not None,
            "offering a time",
        )
        if not done:
            offered += [None] if done is None else []
            break
        offered.append(done)
    moved_up = [_once(partial(give_out, one), f"giving out places of {one}") for one in waited_for]
    said = [
        count(sum(map(bool, found)), one, many)
        for found, one, many in (
            (reminded, "school reminded", "schools reminded"),
            (offered, "time offered", "times offered"),
            (moved_up, "waiting list moved up", "waiting lists moved up"),
            (ended, "wait ended with its session", "waits ended with their sessions"),
            (asked, "report asked for", "reports asked for"),
            (asked_besides, "school asked what was done", "schools asked what was done"),
            (asked_staff, "school’s staff asked", "schools’ staff asked"),
            (near, "school reminded of its visit", "schools reminded of their visits"),
            (told, "school told that pupils can answer", "schools told that pupils can answer"),
        )
        if any(found)
    ]
    tried_all = (*reminded, *asked, *asked_besides, *asked_staff, *near, *told, *offered, *moved_up, *ended)
    return said, sum(done is None for done in tried_all)


def _over(performance_id: int, *, now: datetime) -> bool:
    """What calendars that people subscribe to say of a show that is past; False where they say so already."""
    return bool(subscribed.show(db.session.get_one(Performance, performance_id), now=now))


def _settle(programme_id: int, *, now: datetime) -> bool:
    """Follow-ups of schools that are missing no more; whether there were any."""
    return bool(gap_follow_ups.settle(db.session.get_one(Programme, programme_id), who=THE_SERVICE, now=now))


def _once(do: Callable[[], bool], what: str) -> bool | None:
    """Whether it was done; None when it could not be. One fault does not keep the others' letters back: it is
    logged."""
    try:
        with transaction():
            return do()
    except OperationalError:
        raise
    except Exception:
        current_app.logger.exception("%s failed", what)
        return None


def _end_who_left(*, now: datetime) -> bool:
    coordinators.end_who_left(who=THE_SERVICE, now=now)
    return True


def _say_what_would_go(programme: Programme, target: set[int], *, now: datetime) -> None:
    click.echo(f"{programme.title}:")
    due = reminders.due(programme, now=now, target=target)
    for reminder in due:
        nth = "a first time" if reminder.nth == 1 else "a second time"
        click.echo(f"  would remind {reminder.organisation.name} ({reminder.contact.address}) {nth}")
    missing = _reports(programme, now=now)
    for one in missing:
        shown = day_short(one.booking.performance.starts_at)
        click.echo(f"  would ask {one.organisation.name} ({one.person.address}) for the report of {shown}")
    days = asking_companies.due(programme, now=now)
    for played in days:
        click.echo(
            f"  would ask {played.troupe.name} ({played.troupe.calendar_address}) for its reports of the day"
        )
    besides = pledge_letters.due(programme, now=now)
    for visit in besides:
        shown = day_short(visit.booking.performance.starts_at)
        click.echo(
            f"  would ask {visit.organisation.name} ({visit.person.address}) what was done besides {shown}"
        )
    staff = staff_letters.due(programme, now=now)
    for show in staff:
        shown = day_short(show.booking.performance.starts_at)
        click.echo(f"  would ask staff of {show.organisation.name} ({show.person.address}) about {shown}")
    near = before_visits.due(programme, now=now)
    for coming in near:
        shown = day_short(coming.booking.performance.starts_at)
        to = ", ".join(person.address for person in coming.people)
        click.echo(f"  would remind {coming.organisation.name} ({to}) of its visit on {shown}")
    open_now = open_waves.due(programme, now=now)
    for one_wave in open_now:
        to = one_wave.person.address
        click.echo(f"  would tell {one_wave.organisation.name} ({to}) that its pupils can answer")
    offered = _would_offer(programme.id, now=now)
    for line in offered:
        click.echo(line)
    if not (due or missing or days or besides or staff or near or open_now or offered):
        click.echo("  nothing is due today")


class _OnlyTried(Exception):
    """Everything is rolled back."""


def _would_offer(programme_id: int, *, now: datetime) -> list[str]:
    """One line for each time that would be offered: done as the run does it, each with those before it, and
    rolled back."""
    said: list[str] = []
    try:
        with transaction():
            programme, tried = db.session.get_one(Programme, programme_id), set[int]()
            while (
                offer := offers.offer_next(programme, who=THE_SERVICE, now=now, passed_over=tried)
            ) is not None:
                slot = f"{day_short(offer.slot.day)} at {clock_time(offer.slot.starts_at)}"
                said.append(
                    f"  would offer {slot} to {offer.organisation.name}, until {day_short(offer.reply_by)}"
                )
            raise _OnlyTried
    except _OnlyTried:
        return said
