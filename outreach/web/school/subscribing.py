"""The school's own calendar address: made, renewed, stopped, from its booking's page."""

from typing import Any

from flask import abort, flash, g, redirect, url_for

from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.wording import capfirst
from outreach.post.feeds import addresses
from outreach.post.feeds.addresses import Feed
from outreach.post.feeds.entries import SCHOOL
from outreach.web.gate import by_personal_link, own_booking, school


@school.post("/i/<token>/booked/<reference>/subscribe")
@by_personal_link
def subscribe(token: str, reference: str) -> Any:
    """An address for all of the school's shows; sent twice, the same."""
    own_booking(reference)
    with transaction():
        addresses.make(
            SCHOOL,
            g.organisation.organisation_id,
            partnership_id=g.partnership.id,
            label=f"{capfirst(g.programme.words.performance)}s at {g.organisation.name}",
            who=g.who,
            now=clock.now(),
        )
    return redirect(url_for("school.booked", token=token, reference=reference, _anchor="subscribe"), 303)


@school.post("/i/<token>/booked/<reference>/subscribe/renew")
@by_personal_link
def renew_subscription(token: str, reference: str) -> Any:
    with transaction():
        addresses.renew(_standing(token, reference), who=g.who, now=clock.now())
    flash("This is a new address. The old one has stopped: whoever used it subscribes again.", "done")
    return _back(token, reference)


@school.post("/i/<token>/booked/<reference>/subscribe/stop")
@by_personal_link
def stop_subscription(token: str, reference: str) -> Any:
    with transaction():
        addresses.withdraw(_standing(token, reference), who=g.who, now=clock.now())
    flash("The calendar address has stopped. Your bookings and invites stay as they are.", "done")
    return _back(token, reference)


def _standing(token: str, reference: str) -> Feed:
    """The school's feed, which is asked for on the page of a booking of its own; back to it where it was stopped
    meanwhile."""
    own_booking(reference)
    feed = addresses.live(SCHOOL, g.organisation.organisation_id, partnership_id=g.partnership.id)
    if feed is None:
        flash("The calendar address has stopped already.", "confirm")
        abort(_back(token, reference))
    return feed


def _back(token: str, reference: str) -> Any:
    """To the top of the page, where it is said what was done."""
    return redirect(url_for("school.booked", token=token, reference=reference), 303)
