"""Words in which a page speaks: those of the programme that it is about, and of whom that asks."""

from collections.abc import Iterable

from flask import Flask, g
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from outreach.coverage import who_asked
from outreach.coverage.who_asked import OF_SCHOOLS, Asked
from outreach.ground import audience
from outreach.ground.audience import OF_PUPILS, Words
from outreach.tour.programmes import Programme


def init_app(app: Flask) -> None:
    app.jinja_env.filters["spoken"] = _said
    app.jinja_env.filters["asked"] = _asked


@pass_context
def _said(_page: Context, sentence: str) -> str:
    """A sentence that is written of pupils and shows, in the words of the page.

    It takes the page's context so that Jinja does not work it out beforehand, once for all pages."""
    said = words_of_page().said(sentence)
    return Markup(said) if isinstance(sentence, Markup) else said


@pass_context
def _asked(_page: Context, sentence: str) -> str:
    """A sentence that is written of schools, in the words of whom the programme of the page asks."""
    return asked_on_page().said(sentence)


def of(programme: Programme) -> Programme:
    """The page being made is about this one."""
    of_all([programme])
    return programme


def of_asked(asked: Asked) -> None:
    """The page being made is about these, whoever else its programme asks."""
    g.asked_on_page = asked


def asked_on_page() -> Asked:
    """Whom the page is about, or its programme asks; schools until something says of which programme it is."""
    if "asked_on_page" in g or "programmes_of_page" not in g:
        found: Asked = g.get("asked_on_page", OF_SCHOOLS)
        return found
    if "asked_of_programmes" not in g:
        about = g.programmes_of_page
        g.asked_of_programmes = (
            who_asked.of_programme(about[0]) if len(about) == 1 else who_asked.of_programmes(about)
        )
    found = g.asked_of_programmes
    return found


def words_of_page() -> Words:
    """Of pupils until something says of which programme it is."""
    found: Words = g.get("words_of_page", OF_PUPILS)
    return found


def of_all(programmes: Iterable[Programme]) -> None:
    """The page being made is about all of these: it speaks of adults where each is for adults."""
    g.programmes_of_page = list(programmes)
    g.words_of_page = audience.words({one.for_adults for one in g.programmes_of_page} == {True})
    g.pop("asked_of_programmes", None)
