"""The company's door: who holds a troupe's link, or is signed in as a member of its company, may see its days and say
when it can play. The pages are the same: where a link has its token, the troupe's number stands for who is signed in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import wraps
from typing import Any

from flask import abort, current_app, g, render_template
from flask_login import current_user
from sqlalchemy import Select, select

from outreach.county.partnerships import Partnership
from outreach.ground import clock
from outreach.ground.db import db
from outreach.ground.row_numbers import row_number
from outreach.ground.telling import Teller, told_by
from outreach.ground.timespans import day_of
from outreach.ground.whose import bind_to
from outreach.post import troupe_links
from outreach.post.troupe_links import TroupeLink
from outreach.tour.companies import Company, Troupe
from outreach.tour.days import TourDay
from outreach.web import gate, noted, subscribing, too_often
from outreach.web.gate import company

COMPANY_MENU = (
    ("Coming days", "company.days"),
    ("Week", "company.week"),
    ("Availability", "company.availability"),
    ("We cannot play", "company.call_off"),
)
"""The pages of a troupe, side by side on each of them: (name, endpoint)."""


def by_troupe(view: Callable[..., Any]) -> Callable[..., Any]:
    """Holders of a troupe's open link, of which `token` stands in the address; and its company's members, signed in,
    with the troupe's number there.

    What it opens is in g.troupe (its company with it) and g.partnership, the link in g.troupe_link (None for who is
    signed in); who comes, for the history, in g.who. A token that never was, and another company's troupe, is a 404; an
    expired or withdrawn link gets a page that says whom to ask (410).
    """

    @wraps(view)
    def guarded(token: str, *args: Any, **kwargs: Any) -> Any:
        number = row_number(token)
        if number is None or str(number) != token:
            return by_link(token, *args, **kwargs)
        return gate.by_session(lambda: signed_in(number, *args, **kwargs))

    def signed_in(number: int, *args: Any, **kwargs: Any) -> Any:
        g.troupe_link, g.troupe = None, db.session.scalar(_own().where(Troupe.id == number)) or abort(404)
        g.who = gate.who()
        return view(str(number), *args, **kwargs)

    def by_link(token: str, *args: Any, **kwargs: Any) -> Any:
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
        if (too_many := too_often.refused(g.who)) is not None:
            return too_many
        with told_by(Teller(who=g.who, page=noted.page_without_key(token), partnership_id=g.partnership.id)):
            return view(token, *args, **kwargs)

    guarded.guard, guarded.first = "troupe", by_troupe  # type: ignore[attr-defined]  # it may carry names of ours
    return guarded


def members_only(view: Callable[..., Any]) -> Callable[..., Any]:
    """Members of a company, signed in, for a page of no troupe."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        return gate.by_session(lambda: view(*args, **kwargs))

    guarded.guard = "company member"  # type: ignore[attr-defined]
    return guarded


def own_troupes() -> list[Troupe]:
    """All troupes of the company of whoever is signed in, by name."""
    return list(db.session.scalars(_own().order_by(Troupe.name, Troupe.id)))


def own_troupe_of_day(tour_day_id: int) -> int | None:
    """The troupe, by number, whose day that is or was; None where it is not of the company of whoever asks, and of who
    is signed in as nobody's member."""
    if getattr(current_user, "company_id", None) is None:
        return None
    found: int | None = db.session.scalar(
        _own()
        .join(TourDay, TourDay.troupe_id == Troupe.id)
        .where(TourDay.id == tour_day_id)
        .with_only_columns(Troupe.id)
    )
    return found


def _own() -> Select[Troupe]:
    """Of another partnership's company, and of none, nothing: a role that ended meanwhile has no company."""
    return (
        select(Troupe)
        .join(Company, Company.id == Troupe.company_id)
        .where(Company.id == current_user.company_id, Company.partnership_id == current_user.partnership_id)
    )


def whose() -> dict[str, Any]:
    """What every page of this door shows of it; `by_link`: no account stands behind it. `other_troupes`: whether the
    company has others, for who is signed in."""
    by_link = g.get("troupe_link") is not None
    return {
        "company_menu": COMPANY_MENU,
        "troupe": g.get("troupe"),
        "by_link": by_link,
        "other_troupes": lambda: not by_link and len(own_troupes()) > 1,
    }


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
