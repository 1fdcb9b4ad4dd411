"""A troupe's own link: made for the company, taken anew when it went to the wrong person, taken back."""

from typing import Any

from flask import abort, flash, g, redirect, url_for

from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.post import troupe_links
from outreach.tour import companies
from outreach.tour.companies import NoSuchCompany
from outreach.web.gate import coordinator, coordinators_only, who


@coordinator.post("/troupes/<int:troupe_id>/link")
@coordinators_only
def make_troupe_link(troupe_id: int) -> Any:
    with transaction():
        troupe_links.make(_ours(troupe_id), partnership_id=g.partnership.id, who=who(), now=clock.now())
    return _back(troupe_id, "The link is made. Copy it and send it to the company.")


@coordinator.post("/troupes/<int:troupe_id>/link/renew")
@coordinators_only
def renew_troupe_link(troupe_id: int) -> Any:
    """A new one, even where the old one has expired or somebody has just taken it back."""
    with transaction():
        standing = troupe_links.newest(_ours(troupe_id))
        if standing is None:
            troupe_links.make(troupe_id, partnership_id=g.partnership.id, who=who(), now=clock.now())
        else:
            troupe_links.renew(standing, who=who(), now=clock.now())
    return _back(
        troupe_id, "This is a new link. The old one opens nothing any more: send the company the new one."
    )


@coordinator.post("/troupes/<int:troupe_id>/link/withdraw")
@coordinators_only
def withdraw_troupe_link(troupe_id: int) -> Any:
    with transaction():
        standing = troupe_links.newest(_ours(troupe_id))
        if standing is not None:
            troupe_links.withdraw(standing, who=who(), now=clock.now())
    return _back(troupe_id, "The link is taken back. Shows and calendar entries stay as they are.")


def _ours(troupe_id: int) -> int:
    try:
        return companies.get_troupe(g.partnership.id, troupe_id).id
    except NoSuchCompany:
        abort(404)


def _back(troupe_id: int, said: str) -> Any:
    flash(said, "done")
    return redirect(url_for("coordinator.troupe", troupe_id=troupe_id, _anchor="link"), 303)
