"""Leave for a company's phone to keep some of its pages for halls without signal: which, until when, and no other."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Response, g, get_flashed_messages, make_response, request

from outreach.ground.timespans import day_of
from outreach.ground.wording import date_and_time
from outreach.visits.reports import VisitReport
from outreach.web.headers import POLICY
from outreach.web.refusals import status

KEEP_UNTIL = "Outreach-Keep-Until"
"""The header without which the phone keeps no page."""

LET_GO = "Outreach-Let-Go"
"""The header of a page that is not kept any more: the phone lets go of what it has under the same address."""

AFTER_THE_SHOW = timedelta(weeks=1)
AHEAD = timedelta(weeks=1)
"""A day further off is not kept: it is looked at again before."""

DAYS_BESIDE = 2
"""So many days with shows, today's the first, are fetched beside the page that is open."""


@dataclass(frozen=True, kw_only=True)
class OnPhone:
    """What a page's script is told. `link`: the troupe's link, 0 for who is signed in, whose phone keeps nothing that
    would outlive the session. `until`: when the phone lets go of it, None where it keeps none; `beside`: the addresses
    that are kept with it."""

    link: int
    until: datetime | None
    beside: tuple[str, ...]


def on_phone(until: datetime | None, beside: Iterable[str] = ()) -> OnPhone:
    if g.troupe_link is None:
        return OnPhone(link=0, until=None, beside=())
    return OnPhone(link=g.troupe_link.id, until=until, beside=tuple(beside))


def until_after(
    ends_at: datetime | None, *, now: datetime, begins_at: datetime | None = None
) -> datetime | None:
    """A week after a show's end; None of a show that is far off, or was over a week ago. `begins_at`: of several
    shows, the first of them."""
    if ends_at is None or now >= ends_at + AFTER_THE_SHOW:
        return None
    return None if day_of(begins_at or ends_at) > day_of(now + AHEAD) else ends_at + AFTER_THE_SHOW


def answer(page: str, phone: OnPhone) -> Response:
    """The page, which may set the worker to work, and be kept: but not what was said once on top of it, nor a form
    that was refused. One that has nothing to keep any more takes along what the phone kept of it before."""
    response = make_response(page, status())
    response.headers["Content-Security-Policy"] = WITH_A_WORKER
    if response.status_code == 200 and not get_flashed_messages():
        if phone.until is None:
            return let_go(response)
        response.headers[KEEP_UNTIL] = phone.until.isoformat()
    return response


def let_go(response: Response) -> Response:
    """The same, for the phone to keep nothing under its address."""
    response.headers[LET_GO] = "1"
    return response


def sent_by_script() -> bool:
    """Whether the phone's script sends a form that it kept, and wants no page to go to."""
    accepts: Any = request.accept_mimetypes
    return bool(accepts.best_match(["text/html", "application/json"]) == "application/json")


def filled_in_at(now: datetime) -> datetime | None:
    """When the form that comes in was filled in, by the seconds that it waited on the phone, whose clock may be wrong;
    None of one that did not wait."""
    waited = request.form.get("waited", "")
    if not re.fullmatch(r"[0-9]{1,7}", waited, re.ASCII) or not int(waited):
        return None
    return now - timedelta(seconds=int(waited))


def newer(stands: VisitReport | None, sent: VisitReport) -> str:
    """What somebody is told whose report came late, and under a newer one of the same company; '' else."""
    if stands is None or stands.id == sent.id:
        return ""
    at = date_and_time(stands.said_at)
    return f"A report that was filled in later, on {at}, stands. Yours is kept beneath it."


WITH_A_WORKER = POLICY.replace("worker-src 'none'", "worker-src 'self'")
