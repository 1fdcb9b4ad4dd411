"""What everybody may read: the first page, the notices, the health of the service."""

from typing import Any

from flask import render_template
from sqlalchemy import text

from outreach.ground.db import db
from outreach.web.gate import open_to_all, public


@public.get("/")
@open_to_all
def home() -> Any:
    return render_template("public/home.html")


@public.get("/contact")
@open_to_all
def contact() -> Any:
    return render_template("public/contact.html")


@public.get("/accessibility")
@open_to_all
def accessibility() -> Any:
    return render_template("public/accessibility.html")


@public.get("/privacy")
@open_to_all
def privacy() -> Any:
    return render_template("public/privacy.html")


@public.get("/cookies")
@open_to_all
def cookies() -> Any:
    return render_template("public/cookies.html")


@public.get("/health")
@open_to_all
def health() -> Any:
    """For a monitor: 200 'ok' when the database answers."""
    db.session.execute(text("SELECT 1"))
    return {"status": "ok"}
