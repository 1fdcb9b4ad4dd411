"""Answers to a rule's no: no such page, the page that was sent once more, words on another page or one of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, abort, current_app, flash, g, redirect, request
from werkzeug.exceptions import NotFound

from outreach.ground.errors import NoSuch, Refusal
from outreach.web import problems
from outreach.web.spoken import asked_on_page, words_of_page


def init_app(app: Flask) -> None:
    app.register_error_handler(NoSuch, _no_such_page)
    app.register_error_handler(Refusal, _shown_again)


def refused() -> Refusal | None:
    """The no with which this page is shown again; None where nothing was tried yet. Forms ask this when they
    are validated. Whoever asks gives no other answer to a Refusal, and does its deed only where this is None."""
    g.says_why_not = True
    refusal: Refusal | None = g.get("refusal")
    return refusal


def status() -> int:
    """Of a page with a form: 422 where it was sent and is shown again, else 200."""
    return 422 if request.method == "POST" else 200


@contextmanager
def back_to(
    where: str, category: str = "confirm", *kinds: type[Refusal], said: str | None = None
) -> Iterator[None]:
    """A Refusal inside, or one of those kinds, becomes words on the page at `where`: its own, or what is
    `said` there of it, '' where that page says it by itself. Used around the transaction."""
    try:
        yield
    except Refusal as refusal:
        spoken(refusal)
        if isinstance(refusal, NoSuch) or not isinstance(refusal, kinds or Refusal):
            raise
        if said != "":
            flash(said or refusal.message, category)
        abort(redirect(where, 303))


def spoken(refusal: Refusal) -> Refusal:
    """In the words of the programme that the page is about."""
    refusal.message = words_of_page().said(refusal.message)
    if refusal.of_asked:
        refusal.message = asked_on_page().said(refusal.message)
    return refusal


def _no_such_page(_refusal: NoSuch) -> Any:
    return problems.problem(NotFound())


def _shown_again(refusal: Refusal) -> Any:
    """The view once more, for the same request: its transaction was rolled back, it reads what stands now, and
    its forms hold what was typed and the refusal. A view that asks for none has a page say it."""
    spoken(refusal)
    if "refusal" in g or not g.get("says_why_not"):
        return problems.not_done(refusal)
    g.refusal = refusal
    try:
        return current_app.dispatch_request()
    except Exception as error:
        return current_app.handle_user_exception(error)
