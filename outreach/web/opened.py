"""Forms that write over what stands: with what each was opened, so that no change made meanwhile is lost.

A page whose form overwrites says what stands; each form of it carries that along, and in the transaction, behind a
lock, it is compared with what stands by then.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from flask import Flask, g, request
from markupsafe import Markup
from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField

from outreach.ground import clock, from_outside, history
from outreach.ground.db import db
from outreach.ground.errors import Refusal
from outreach.ground.history import HasHistory, Subject
from outreach.ground.wording import date_and_time
from outreach.web.forms import Form

NOTHING = "nothing"
"""An empty box, in words."""


class ChangedMeanwhile(Refusal):
    """Somebody else changed what this form would write over."""


class Opened:
    """What stands where a form would write: {what: words}, read anew each time. `of`, `deeds`: in whose history, and
    by which deeds, it is told who changed it."""

    def __init__(
        self, stands: Callable[[], Mapping[str, str]], of: Subject | HasHistory, deeds: Collection[str]
    ) -> None:
        self._stands, self._of, self._deeds = stands, of, deeds

    def sent_along(self) -> str:
        """What stood when the page was opened; once a no has told what changed, what stands by now."""
        sent = request.form.get("opened") if request.method == "POST" else None
        if sent is not None and not isinstance(g.get("refusal"), ChangedMeanwhile):
            return sent[:20_000]
        return json.dumps({"at": clock.now().isoformat(), "stood": dict(self._stands())})

    def unchanged(self, lock: Callable[[], None], typed: Mapping[str, str] | None = None) -> None:
        """In the transaction, before the deed: what stands is what the form was opened with, and stays so until the
        transaction ends. `typed`: what the form would write, by the same names; what stands so already is no change,
        as where the button was pressed twice. Raises ChangedMeanwhile. A form that carries nothing along was not opened
        here."""
        sent = request.form.get("opened")
        if sent is None:
            return
        lock()
        db.session.expire_all()
        at, stood = _read(sent)
        stands, wanted = self._stands(), typed or {}
        changed = [w for w in stands if stands[w] not in (stood.get(w), wanted.get(w))]
        if changed:
            raise ChangedMeanwhile(self._told(changed, stood, stands, at))

    def _told(
        self, changed: Iterable[str], stood: Mapping[str, str], stands: Mapping[str, str], at: datetime | None
    ) -> str:
        subject, key = self._named()
        done = (row for row in history.history_of(subject, key) if row.what in self._deeds)
        row = next(done, None)
        by = "Somebody changed this after you opened it."
        if row is not None and (at is None or row.recorded_at >= at):
            by = f"{row.who} changed this after you opened it: {date_and_time(row.recorded_at)}."
        what = "; ".join(
            f"{name}: {stands[name] or NOTHING}"
            + (f", was {stood[name] or NOTHING}" if name in stood else "")
            for name in changed
        )
        return f"{by} {what}. What you typed is kept: press again to put yours in its place."

    def _named(self) -> tuple[str, object]:
        if isinstance(self._of, Subject):
            return self._of.word, self._of.key
        word, column = self._of.in_history
        return word, getattr(self._of, column)


def over(stands: Callable[[], Mapping[str, str]], of: Subject | HasHistory, *deeds: str) -> Opened:
    """For a page whose form writes over this: every form of the page carries along what stands."""
    g.opened = found = Opened(stands, of, deeds)
    return found


def words_of(*shown: Form) -> dict[str, str]:
    """What forms say that were filled from what stands, as a person reads them."""
    return {
        field.label.text: _words(field)
        for form in shown
        for field in form
        if field.name not in ("csrf_token", "sure")
    }


def init_app(app: Flask) -> None:
    app.jinja_env.globals["opened_with"] = _hidden


def _hidden() -> Markup:
    """The hidden box that each form of such a page has beside its token."""
    opened: Opened | None = g.get("opened")
    if opened is None:
        return Markup()
    return Markup('<input type="hidden" name="opened" value="{}">').format(opened.sent_along())


def _words(field: Any) -> str:
    if isinstance(field, BooleanField):
        return "yes" if field.data else "no"
    if isinstance(field, RadioField | SelectField | SelectMultipleField):
        chosen = {str(value) for value in (field.data if isinstance(field.data, list) else [field.data])}
        return ", ".join(str(label) for value, label, *_ in field.iter_choices() if str(value) in chosen)
    return " ".join(str(field._value()).split())


def _read(sent: str) -> tuple[datetime | None, dict[str, str]]:
    """When it was opened, and what stood; what makes no sense stands for nothing."""
    try:
        found = from_outside.json_of(sent)
        return datetime.fromisoformat(found["at"]), {str(k): str(v) for k, v in found["stood"].items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return None, {}
