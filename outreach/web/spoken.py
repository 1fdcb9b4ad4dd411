"""Words in which a page speaks: those of the programme that it is about."""

from collections.abc import Iterable

from flask import Flask, g
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from outreach.ground import audience
from outreach.ground.audience import OF_PUPILS, Words
from outreach.tour.programmes import Programme


def init_app(app: Flask) -> None:
    app.jinja_env.filters["spoken"] = _said


@pass_context
def _said(_page: Context, sentence: str) -> str:
    """A sentence that is written of pupils and shows, in the words of the page.

    It takes the page's context so that Jinja does not work it out beforehand, once for all pages."""
    said = words_of_page().said(sentence)
    return Markup(said) if isinstance(sentence, Markup) else said


def of(programme: Programme) -> Programme:
    """The page being made is about this one."""
    g.words_of_page = audience.words(programme.for_adults)
    return programme


def words_of_page() -> Words:
    """Of pupils until something says of which programme it is."""
    found: Words = g.get("words_of_page", OF_PUPILS)
    return found


def of_all(programmes: Iterable[Programme]) -> None:
    """The page being made is about all of these: it speaks of adults where each is for adults."""
    for_adults = {programme.for_adults for programme in programmes}
    g.words_of_page = audience.words(for_adults == {True})
