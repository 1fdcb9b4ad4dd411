"""Deeds that no verb tells: whoever changes a row by a page stands in the history, be it only by the page's name.

A verb that says what it did, from what to what, writes its own deed (`history.record`). Where a transaction of a page
changed a row and put down none, the page is put down at its end, in it: no door that is added later can be forgotten.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from outreach.ground import clock, history
from outreach.ground.db import db
from outreach.ground.history import History, Subject

NOTED = "changed"
"""The mark of a transaction that changes something."""
_TOLD = "told"

PAGE = "page"
"""What such a deed is about: a page, by its address."""
SENT = "sent a form"

UNTOLD = {
    "kept_filter": "how a list is narrowed for the next look is nobody's but one's own",
    "draft": "words that are typed and not sent yet",
    "list_upload": "a file that is looked at and not taken in yet; taking it in is told",
    "list_sheet": "a sheet of one",
    "register_upload": "a register file that is looked at and not applied yet; applying it is told",
    "file_to_read": "a file that waits to be read; what comes of it is told",
    "file_piece": "a piece of one",
    "list_heading": "how a column of one is read",
    "report_sending": "the key of a form that came in; the report that it makes is told",
    "sign_in_failure": "tries that are counted for an hour; a wrong password is told by its own deed",
    "sign_in_session": "when somebody was last here; beginning and end are told by their own deeds",
    "passkey_challenge": "what a browser is to sign within minutes; a passkey that is added or goes is told",
    "webhook_delivery": "what a program is told of a deed, which is told itself",
    "plan_figures": "what the planner reckons of a plan, whose asking is told",
}
"""Tables in which a row is no change of anybody's that is to be told, and why."""


@dataclass(frozen=True, kw_only=True)
class Teller:
    """Who sends a form to a page: the name for the history, the page's address, and whose it is."""

    who: str
    page: str
    partnership_id: int


_teller: ContextVar[Teller | None] = ContextVar("teller", default=None)


@contextmanager
def told_by(teller: Teller) -> Iterator[None]:
    """Whatever is changed inside, and told by no verb, is told as theirs."""
    token = _teller.set(teller)
    try:
        yield
    finally:
        _teller.reset(token)


def tell() -> None:
    """At the end of a transaction that changed something, inside it."""
    teller = _teller.get()
    if teller is not None and _TOLD not in db.session.info:
        of = Subject(PAGE, teller.page, teller.partnership_id)
        history.record(SENT, of, who=teller.who, now=clock.now())


def timed(deed: Callable[..., None]) -> Callable[[], None]:
    """A deed at the end of a transaction that is told what time it is."""
    return lambda: deed(now=clock.now())


def _flushed(session: Session, _context: Any) -> None:
    if _teller.get() is None:
        return
    for row in (*session.new, *session.deleted, *(one for one in session.dirty if session.is_modified(one))):
        _changed(session, row.__tablename__)


def _executed(state: ORMExecuteState) -> Any:
    if _teller.get() is None or not (state.is_insert or state.is_update or state.is_delete):
        return None
    done = state.invoke_statement()
    if getattr(done, "rowcount", 1) != 0:
        _changed(state.session, str(getattr(state.statement, "table", "")))
    return done


def _changed(session: Session, table: str) -> None:
    if table == History.__tablename__:
        session.info[_TOLD] = True
    elif table not in UNTOLD:
        session.info[NOTED] = True


event.listen(Session, "after_flush", _flushed)
event.listen(Session, "do_orm_execute", _executed)
