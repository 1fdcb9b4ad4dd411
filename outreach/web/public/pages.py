"""Pages that everybody may read: the first page, the notices."""

from typing import Any

from flask import current_app, g, render_template

from outreach.county import partnerships
from outreach.ground import clock, whose
from outreach.ground.timespans import day_of
from outreach.privacy import kept
from outreach.tour import programmes
from outreach.web.gate import open_to_all, public
from outreach.web.way_in import CodeForm


@public.get("/")
@open_to_all
def home() -> Any:
    """With one partnership and a programme in hand it says what the play is; else what the service is."""
    is_set_up = _is_set_up()
    programme = programmes.current(g.partnership.id, day_of(clock.now())) if g.partnership else None
    year_groups = programmes.target_year_groups(programme.id) if programme else ()
    return render_template(
        "public/home.html",
        is_set_up=is_set_up,
        programme=programme,
        year_groups=year_groups,
        code_form=CodeForm(),
    )


@public.get("/contact")
@open_to_all
def contact() -> Any:
    """The page that names every partnership, to which the notices of several lead."""
    _is_set_up()
    whose = [g.partnership] if g.partnership else partnerships.every()
    return render_template("public/contact.html", whose=whose)


@public.get("/accessibility")
@open_to_all
def accessibility() -> Any:
    return render_template("public/accessibility.html", is_set_up=_is_set_up())


@public.get("/privacy")
@open_to_all
def privacy() -> Any:
    return render_template(
        "public/privacy.html",
        is_set_up=_is_set_up(),
        kept=kept.KEPT,
        how_long=lambda one: kept.how_long(one, current_app.config),
    )


@public.get("/cookies")
@open_to_all
def cookies() -> Any:
    return render_template(
        "public/cookies.html",
        cookie=current_app.config["SESSION_COOKIE_NAME"],
        hours=int(current_app.permanent_session_lifetime.total_seconds() // 3600),
    )


def _is_set_up() -> bool:
    """Whether the service serves anybody yet; if it is one partnership, the page is its own."""
    there = partnerships.first_two()
    g.partnership = there[0] if len(there) == 1 else None
    if g.partnership:
        whose.bind(g.partnership.id)
    return bool(there)
