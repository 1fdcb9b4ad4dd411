"""A link renewed by whoever holds it, to the address that it went to; the answer is the same whatever comes of it."""

from typing import Any

from flask import g, redirect, render_template, request, url_for

from outreach.asking import open_door
from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.web.gate import by_link_that_was, by_personal_link, reread, school
from outreach.web.way_in import origin_of


@school.get("/i/<token>/new-link")
@by_personal_link
def new_link(token: str) -> Any:
    return render_template("school/new_link.html", token=token)


@school.post("/i/<token>/new-link", endpoint="new_link_ask")
@by_link_that_was
def ask_for_new_link(token: str) -> Any:
    """Of a link that has ended, too; a programme that is over leads to what the school could book now."""
    with transaction():
        reread()
        now = clock.now()
        programme = g.programme
        if programme.closed_at is not None:
            programme = open_door.programme_for(g.organisation, g.partnership.id, now=now)
        if programme is not None:
            origin = origin_of(request.remote_addr or "")
            open_door.renew(g.link, programme, g.organisation, now=now, origin=origin)
    return redirect(url_for(".new_link_asked", token=token), 303)


@school.get("/i/<token>/new-link/asked")
@by_link_that_was
def new_link_asked(token: str) -> Any:
    return render_template("school/new_link_asked.html", token=token)
