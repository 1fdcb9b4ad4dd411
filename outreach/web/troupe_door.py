"""The company's door: who holds a troupe's link may see its days and say when it can play. No account, no
other troupe."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import wraps
from typing import Any

from flask import Blueprint, abort, current_app, g, render_template, request
from sqlalchemy import select

from outreach.county.partnerships import Partnership
from outreach.ground import clock
from outreach.ground.db import db
from outreach.ground.telling import Teller, told_by
from outreach.ground.timespans import day_of
from outreach.ground.whose import bind_to
from outreach.post import troupe_links
from outreach.post.troupe_links import TroupeLink
from outreach.tour.companies import Company, Troupe
from outreach.web import subscribing

company = Blueprint("company", __name__)

COMPANY_MENU = (
    ("Coming days", "company.days"),
    ("Week", "company.week"),
    ("Availability", "company.availability"),
    ("We cannot play", "company.call_off"),
)
"""The pages of a troupe's link, side by side on each of them: (name, endpoint)."""


def by_troupe_link(view: Callable[..., Any]) -> Callable[..., Any]:
    """Holders of a troupe's open link; `token` stands in the address.

    What it opens is in g.troupe (its company with it) and g.partnership; who holds it, for the history, in
    g.who. A token that never was is a 404; an expired or withdrawn one gets a page that says whom to ask
    (410).
    """

    @wraps(view)
    def guarded(token: str, *args: Any, **kwargs: Any) -> Any:
        nonce = troupe_links.nonce_of(token, subscribing.keys())
        if nonce:
            bind_to("troupe link", nonce)
        found = (
            nonce
            and db.session.execute(
                select(TroupeLink, Troupe, Partnership)
                .join(Troupe, Troupe.id == TroupeLink.troupe_id)
                .join(Company, Company.id == Troupe.company_id)
                .join(Partnership, Partnership.id == Company.partnership_id)
                .where(TroupeLink.nonce == nonce)
            ).one_or_none()
        )
        if not found:
            abort(404)
        g.troupe_link, g.troupe, g.partnership = found
        if not g.troupe_link.open_at(clock.now()):
            return render_template(
                "company/expired.html", partnership=g.partnership, ended_link=g.troupe_link.id
            ), 410
        g.who = f"{g.troupe.company.name}, {g.troupe.name}"
        with told_by(Teller(who=g.who, page=page_without_key(token), partnership_id=g.partnership.id)):
            return view(token, *args, **kwargs)

    guarded.guard = "troupe link"  # type: ignore[attr-defined]  # a function may carry names of ours
    return guarded


def page_without_key(token: str) -> str:
    """The address of the page that is open, for the history: the token is a key, and stands in no deed."""
    return request.path.replace(token, "…")


def whose() -> dict[str, Any]:
    """What every page of this door shows of it."""
    return {"company_menu": COMPANY_MENU, "troupe": g.get("troupe")}


company.context_processor(whose)


@dataclass(frozen=True, kw_only=True)
class LinkOffer:
    """A troupe's link as a coordinator sees it: its address, whether it works, and the last day on which it
    does."""

    row: TroupeLink
    address: str
    open: bool
    last_day: date


def offer(troupe: Troupe) -> LinkOffer | None:
    """The link of a troupe that was not taken back; None where there is none."""
    row = troupe_links.newest(troupe.id)
    if row is None:
        return None
    token = troupe_links.token_of(row, subscribing.keys()[0])
    return LinkOffer(
        row=row,
        address=troupe_links.address(current_app.config["PUBLIC_URL"], token),
        open=row.open_at(clock.now()),
        last_day=day_of(row.expires_at - timedelta(seconds=1)),
    )
