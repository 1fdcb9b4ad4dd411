"""Bound on how often the holder of one link may change something, as the history counts it."""

from datetime import timedelta
from typing import Any

from flask import g, render_template, request

from outreach.ground import clock, history
from outreach.web import typed_words

AN_HOUR = 120
"""Changes: many times what a school or a company does at its busiest. Each may write letters, and somebody may have
found the link."""


def refused(who: str) -> Any:
    """A page that says so, with what was sent in it, to be sent later by one press; None where the form is taken, and
    for whoever only reads."""
    if request.method != "POST":
        return None
    done = history.changes(of=g.partnership.id, who=who, since=clock.now() - timedelta(hours=1))
    if done < AN_HOUR:
        return None
    typed = typed_words.typed()
    page = render_template(
        "problem.html", code=429, kind="often", typed=typed, said=typed_words.in_words(typed)
    )
    return page, 429, {"Retry-After": "3600"}
