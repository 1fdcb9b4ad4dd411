"""Recall of a letter that chases and still waits, when its reason has gone: right before the post would send
it."""

from datetime import datetime

from sqlalchemy import select

from outreach.asking import invitations
from outreach.asking.chasing import askings
from outreach.asking.chasing.chases import Chase
from outreach.asking.chasing.reminders import THE_SERVICE
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.post import letterbook
from outreach.post.letterbook import LetterGone
from outreach.post.outbox import WAITING, Letter
from outreach.tour.programmes import Programme


def withdraw_one(*, now: datetime) -> bool:
    """Take back what waits to a school that has answered, or is not in today, or must not be asked any more.

    Whether anything was taken back. In the caller's transaction; one that is in a postman's hands goes.
    """
    waiting: dict[int, list[tuple[Chase, Letter]]] = {}
    for chase, letter in db.session.execute(
        select(Chase, Letter)
        .join(Letter, Letter.id == Chase.letter_id)
        .where(Letter.status == WAITING, Letter.lease_until.is_(None), Chase.withdrawn_at.is_(None))
        .order_by(Chase.id)
    ):
        waiting.setdefault(chase.programme_id, []).append((chase, letter))
    done = False
    for programme_id, rows in waiting.items():
        why = _why_not(db.session.get_one(Programme, programme_id), [chase for chase, _ in rows], now=now)
        for chase, letter in rows:
            if chase.id in why and _take_back(chase, letter, why[chase.id], now=now):
                done = True
    return done


def _why_not(programme: Programme, rows: list[Chase], *, now: datetime) -> dict[int, str]:
    """Why some of these letters must not go now, by the chase's id."""
    try:
        invitations.still_asks(programme, now=now)
    except Refusal as refusal:
        return {chase.id: refusal.message for chase in rows}
    found, left_out = askings.read(programme, {chase.organisation_id for chase in rows}, now=now)
    still = {asking.organisation.organisation_id: asking for asking in found}
    said = {left.organisation.organisation_id: left.why for left in left_out}
    why: dict[int, str] = {}
    for chase in rows:
        asking = still.get(chase.organisation_id)
        if asking is None or asking.id != chase.asking_id:
            why[chase.id] = said.get(chase.organisation_id) or "the school was asked anew"
        elif closed := asking.calendar.why_closed(day_of(now)):
            why[chase.id] = f"no school day there ({closed.replace('your', 'its')})"
    return why


def _take_back(chase: Chase, letter: Letter, why: str, *, now: datetime) -> bool:
    try:
        letterbook.withdraw(letter, who=THE_SERVICE, now=now)
    except LetterGone:
        return False
    chase.withdrawn_at, chase.withdrawn_why = now, why
    db.session.flush()
    return True
