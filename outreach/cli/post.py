"""flask post: letters that wait sent, links asked for at the open door answered, proposals that lapsed ended, digests
written, waves of answers that are over closed."""

from collections.abc import Callable
from datetime import datetime, timedelta

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from outreach.asking import open_door
from outreach.asking.chasing import withdrawing
from outreach.booking.desk import proposing
from outreach.cli.rounds import Rounds, say
from outreach.cli.stopping import StopSignal
from outreach.coverage.digest import sending as digests
from outreach.ground import clock, job_rounds, whose
from outreach.ground.db import db, transaction, write_file_anew
from outreach.ground.turns import Turns
from outreach.outcomes import closing, releases
from outreach.outcomes import reminding as open_waves
from outreach.post import letterbook
from outreach.post.outgoing import claims, duty, postman
from outreach.post.outgoing.claims import LetterTurns
from outreach.post.ranks import IN_TURN
from outreach.visits import reminding
from outreach.visits.before import reminding as before_visits

A_MOMENT = 2.0
"""Seconds."""

HELD_UP_EVERY = 15.0
"""Seconds between looks while nothing can go."""

A_WHILE = timedelta(seconds=5)
"""For so long letters go before it is looked again at what else is due."""

SEEN_TO_EVERY = timedelta(minutes=1)
"""How often it is looked for each of many partnerships whether anything is due besides letters."""

post = AppGroup("post", help="Letters: send what waits.")


@post.command("send")
@click.option(
    "--loop", is_flag=True, help="Go on until told to stop (SIGTERM ends after the letter in hand)."
)
@click.option("--every", default=5.0, show_default=True, help="With --loop: seconds between looks.")
def send(loop: bool, every: float) -> None:
    """Send the letters that are due: over SMTP_URL, or into MAIL_FOLDER while that is empty."""
    try:
        door = postman.post_of(current_app.config)
    except postman.BadMailServer as error:
        raise click.ClickException(str(error)) from error
    name, rounds = postman.new_name(door.key), Rounds(job_rounds.POST)
    stop = StopSignal()
    if not loop:
        _once(door, name, stop, rounds)
        return
    say(f"Sending letters {_where(door)}.")
    said, on_duty, broken_off, turns = "", False, False, _Rounds(door, name, stop)
    while not stop.is_set():
        again = False
        try:
            with rounds.one() as this:
                if not on_duty:
                    duty.begin(name, clock.now())
                    on_duty = True
                postman.take_over(name, clock.now(), own=broken_off)
                broken_off = False
                done = turns.next()
                this.done, this.faults = done.sent, done.failed
                held_up, again = _say(done, unless=said), done.more or turns.left
                duty.look_in(name, clock.now())
        except OperationalError as error:
            db.session.rollback()
            held_up, broken_off = f"The database cannot be reached: {error.orig}", True
            say(held_up, err=True)
        said = held_up
        stop.wait(max(every, HELD_UP_EVERY) if held_up else 0 if again else every)
    _go_home(name)
    say("Stopped. No letter is left half sent.")


def _go_home(name: str) -> None:
    try:
        duty.end(name, clock.now())
    except OperationalError:
        db.session.rollback()


def _once(door: postman.Post, name: str, stop: StopSignal, rounds: Rounds) -> None:
    """One round; status 1 when the mail server held it up, so that a timer's log shows it."""
    with rounds.one() as this:
        duty.begin(name, clock.now())
        postman.take_over(name, clock.now())
        _see_to_what_is_due()
        done = postman.send_waiting(door, clock=clock.now, name=name, stop=stop.is_set)
        this.done, this.faults = done.sent, done.failed
        held_up = _say(done)
        duty.end(name, clock.now())
    waiting = sum(whose.of_each(lambda: letterbook.waiting_before(clock.now())))
    db.session.rollback()
    say(f"{waiting} due {'letter waits' if waiting == 1 else 'letters wait'}.")
    if held_up:
        raise SystemExit(1)


class _Rounds:
    """What a postman does a while at a time, so that no partnership waits for another's: he answers asks at the open
    door, sees to some partnerships, sends letters."""

    def __init__(self, door: postman.Post, name: str, stop: StopSignal) -> None:
        self.door, self.name, self.stop = door, name, stop
        self.turns, self.taken_back = LetterTurns(), Turns()
        self.to_see_to: list[int | None] = []
        self.began: datetime | None = None

    @property
    def left(self) -> bool:
        """Whether partnerships are still to be seen to."""
        return bool(self.to_see_to)

    def next(self) -> postman.Round:
        self._answer()
        self._see_to_some()
        self.turns.to_many_of = self._take_back()
        until = clock.now() + A_WHILE
        return postman.send_waiting(
            self.door,
            clock=clock.now,
            name=self.name,
            stop=self.stop.is_set,
            turns=self.turns,
            until=until,
        )

    def _answer(self) -> None:
        """Somebody waits for the link."""
        asked = whose.having_asked_for_links()
        db.session.rollback()
        for one in asked:
            with whose.bound(one):
                _each(open_door.answer_next, "an ask at the open door could not be answered")

    def _see_to_some(self) -> None:
        """As many as a moment is enough for; all are begun anew once all were seen to and some time has gone."""
        now = clock.now()
        if not self.to_see_to:
            everybody = whose.everybody()
            db.session.rollback()
            if len(everybody) == 1 or self.began is None or now - self.began >= SEEN_TO_EVERY:
                self.to_see_to, self.began = everybody, now
        while self.to_see_to and clock.now() - now < timedelta(seconds=A_MOMENT) and not self.stop.is_set():
            with whose.bound(self.to_see_to.pop(0)):
                _see_to_what_is_due_to_one()

    def _take_back(self) -> list[int] | None:
        """Of whom letters to many may go now: what has lost its reason was taken back, of as many as a moment is enough
        for. None, of all, where no wall stands between them: then it was as they were seen to."""
        if not whose.stands():
            db.session.rollback()
            return None
        now, done = clock.now(), list[int]()
        due = self.taken_back.order(claims.having_due(IN_TURN, now))
        db.session.rollback()
        for one in due:
            with whose.bound(one):
                _take_back()
            self.taken_back.served(one)
            done.append(one)
            if clock.now() - now >= timedelta(seconds=A_MOMENT):
                break
        return done


def _say(done: postman.Round, *, unless: str = "") -> str:
    """What a round did, in the log; what holds the post up is said once, not at every look."""
    if done.sent or done.later or done.failed:
        say(f"Sent {done.sent}, to be tried again {done.later}, failed {done.failed}.")
    if done.held_up and done.held_up != unless:
        say(done.held_up, err=True)
    return done.held_up


def _where(door: postman.Post) -> str:
    return f"into {door.folder}" if door.server is None else f"through {door.server.host}"


def _see_to_what_is_due() -> None:
    """Answer what came in at the open door; end proposals that nobody answered in time; write the digests of the
    morning. Their letters go now.

    A letter that chases an answer, and waits though the answer came, is taken back: before the post goes,
    every time.
    """
    everybody = whose.everybody()
    db.session.rollback()
    for one in everybody:
        with whose.bound(one):
            _see_to_what_is_due_to_one()


def _see_to_what_is_due_to_one() -> None:
    _take_back()
    _each(open_door.answer_next, "an ask at the open door could not be answered")
    _each(proposing.end_next, "a proposal could not be ended")
    _digests()
    _each(closing.close_next, "a wave of answers could not be closed")
    _lose_orders()
    _each(releases.release_next, "outcomes could not be released")


def _take_back() -> None:
    """What waits and has lost its reason."""
    _each(withdrawing.withdraw_one, "reminders that have lost their reason could not be taken back")
    _each(reminding.withdraw_one, "letters about reports that came could not be taken back")
    _each(
        before_visits.withdraw_one, "reminders of visits that have lost their reason could not be taken back"
    )
    _each(open_waves.withdraw_one, "letters about waves that are not open could not be taken back")


def _lose_orders() -> None:
    """After a wave was closed: the order of its answers goes from the database's files too; what reads on for longer
    than a moment is waited for at the next look."""
    now = clock.now()
    if closing.any_order_left() and write_file_anew(patience=A_MOMENT):
        with transaction():
            closing.note_order_gone(closed_by=now, now=clock.now())
    db.session.rollback()


def _each(do_next: Callable[..., bool], fault: str) -> None:
    """Until nothing is left, each in a transaction of its own.

    A fault with one must not keep everybody's letters back: it is logged, and tried again next time.
    """
    try:
        while True:
            with transaction():
                if not do_next(now=clock.now()):
                    return
    except OperationalError:
        raise
    except Exception:
        current_app.logger.exception(fault)


def _digests() -> None:
    """Each in a transaction of its own: a fault with one keeps nobody else's back."""
    waiting = digests.due(now=clock.now())
    db.session.rollback()
    for person_id in waiting:
        try:
            with transaction():
                digests.send(person_id, now=clock.now())
        except OperationalError:
            raise
        except Exception:
            current_app.logger.exception("the digest of coordinator %s could not be written", person_id)
