"""Notes in the history of pages of the desk that change nothing else: what was taken out, and looks at personal details
beyond one's own work list.

The two writes of a page that is opened, but for when its person was last seen (gate.py): each in a transaction of its
own, beside the reading, once the page is made and before it is handed over.
"""

from datetime import timedelta
from typing import Any

from flask import current_app, g, request
from flask_login import current_user
from sqlalchemy import ColumnElement, false
from sqlalchemy.exc import DBAPIError

from outreach.asking import owners
from outreach.ground import clock, history
from outreach.ground.db import is_unavailable
from outreach.web import deeds

ONCE_IN = timedelta(hours=1)
"""One look by a person at the people of a school or body, or at a page of many: a note of every page that is turned
would hide what matters. docs/audit.md."""

FILES_AN_HOUR = 300
"""What one person takes out; whoever would copy everything a piece at a time is seen before they are done."""

SHOWN = (200, 422, 429)
"""Statuses of pages that show what they are about; a form that is refused shows its page again."""

PATIENCE_SECONDS = 0.5
"""How long a look that is to be written waits for another writer."""


def is_about(organisation_id: int) -> None:
    """The page is that of this school or body: a look at it is one at its people."""
    g.page_is_about = organisation_id


def of_page(answer: Any) -> None:
    """Of a page that is handed out: opened, asked for by a form, or shown again because of what was sent to it."""
    if request.method in ("HEAD", "OPTIONS") or _status(answer) not in SHOWN:
        return
    endpoint = str(request.endpoint)
    if deeds.takes_out(endpoint):
        took_out(request.path, who=str(current_user.name))
    elif deeds.shows_people(endpoint) or _is_shown_again():
        _looked()


def took_too_much(endpoint: str) -> bool:
    """Whether the page hands something out, and its person has had FILES_AN_HOUR within the hour."""
    return deeds.takes_out(endpoint) and FILES_AN_HOUR <= history.times(
        history.TOOK_OUT,
        history.FILE,
        of=g.partnership.id,
        who=str(current_user.name),
        since=clock.now() - timedelta(hours=1),
    )


def _is_shown_again() -> bool:
    """Whether it is the page of a school or body, which holds a form that was refused."""
    return request.method == "POST" and "page_is_about" in g


def _status(answer: Any) -> int:
    """Of what a page's function gives back: a page, a page with its status, or a response."""
    status = answer[1] if isinstance(answer, tuple) else getattr(answer, "status_code", 200)
    return int(status)


def took_out(path: str, *, who: str) -> None:
    """Who took it and what was asked for. What cannot be written down is not handed out."""
    asked = {key: ", ".join(values) for key, values in request.args.lists()}
    about = history.Subject(history.FILE, path, g.partnership.id)
    history.note(history.TOOK_OUT, about, who=who, now=clock.now(), after=asked or None)


def page_without_key(token: str) -> str:
    """The address of the page that is open, for the history: the token is a key, and stands in no deed."""
    return request.path.replace(token, "…")


def read_by_program(label: str) -> None:
    """Of the JSON feed, once a day for each token and address: a dashboard asks every minute."""
    about = history.Subject(history.FILE, request.path, g.partnership.id)
    who, now = f"token ‘{label}’", clock.now()
    if not history.is_known(history.TOOK_OUT, about, who=who, since=now - timedelta(days=1), now=now):
        took_out(request.path, who=who)


def _looked() -> None:
    """Of a school or body that is theirs to look after, nothing. Where the database takes no writing just now, whoever
    looks for whom to ring is not kept waiting: then it stands in the log."""
    organisation_id: int | None = g.get("page_is_about")
    now, person = clock.now(), current_user
    about = history.Subject(history.LOOK, organisation_id or request.path, g.partnership.id)
    own: ColumnElement[bool] = false()
    if organisation_id is not None:
        own = owners.is_own(organisation_id, person.person_id, g.partnership.id)
    who = str(person.name)
    if history.is_known(history.LOOKED, about, who=who, since=now - ONCE_IN, now=now, unless=own):
        return
    try:
        history.note(history.LOOKED, about, who=who, now=now, patience=PATIENCE_SECONDS)
    except DBAPIError as error:
        if not is_unavailable(error):
            raise
        current_app.logger.warning(
            "not written to the history: person %s looked at %s", person.person_id, about.key
        )
