"""Statements that are sent to the database: counted and timed for the errand at hand; a slow one stands in the log.

Its text goes there without the values that it was sent with, which may be somebody's.
"""

import logging
from time import perf_counter
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

from outreach.ground import errands, the_app

LONGEST_TEXT = 2000
"""Characters of a slow statement's text in the log."""

NEVER_SLOW = 0.005
"""Seconds below which nobody asks what is slow."""

log = logging.getLogger(__name__)


@event.listens_for(Engine, "before_cursor_execute")
def _sent(_connection: Any, _cursor: Any, _statement: str, _values: Any, context: Any, _many: bool) -> None:
    context.outreach_sent_at = perf_counter()


@event.listens_for(Engine, "after_cursor_execute")
def _answered(
    _connection: Any, _cursor: Any, statement: str, _values: Any, context: Any, _many: bool
) -> None:
    _took(statement, perf_counter() - context.outreach_sent_at)


@event.listens_for(Engine, "handle_error")
def _failed(context: ExceptionContext) -> None:
    sent_at = getattr(context.execution_context, "outreach_sent_at", None)
    if sent_at is not None:
        _took(context.statement or "", perf_counter() - sent_at)


def _took(statement: str, seconds: float) -> None:
    errand = errands.at_hand()
    if errand is not None:
        errand.statements += 1
        errand.seconds += seconds
    if seconds < NEVER_SLOW:
        return
    bound = the_app.setting("SLOW_STATEMENT_MS", 0)
    if not bound or seconds * 1000 < bound:
        return
    # SQLite has one who writes at a time: whoever begins to waits for the other, which no index would mend.
    waited = statement.startswith("BEGIN")
    if errand is not None:
        errand.slow += not waited
        if errand.untold:
            return
    text = " ".join(statement.split())[:LONGEST_TEXT]
    fields = {"milliseconds": round(seconds * 1000), "statement": text}
    if waited:
        log.info("waited to write", extra={"fields": fields})
    else:
        log.warning("a slow statement", extra={"fields": fields})
