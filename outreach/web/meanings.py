"""Words of the desk and what they mean: from one file, for pages, the guide and docs/glossary.md."""

import tomllib
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from outreach.ground.audience import OF_STAFF
from outreach.web.spoken import words_of_page

FOLDER = Path("templates") / "guide"

_OF_PUPILS = {"seen", "part seen", "absent", "caught up", "estimate"}
"""Words that no page of a programme for adults says."""


def init_app(app: Flask) -> None:
    app.jinja_env.globals |= {"meaning_of": lambda word: _glossary().get(word, ""), "explained": _explained}
    app.jinja_env.filters["dotted"] = _dotted


def told(name: str) -> dict[str, Any]:
    """A file of the guide, {name: words}; read when it is asked for."""
    file = Path(current_app.root_path).parent / FOLDER / f"{name}.toml"
    return tomllib.loads(file.read_text("utf-8"))


@pass_context
def _dotted(_page: Context, words: str, word: str = "") -> str:
    """The words as they are; with a dotted line where `word`, or else they themselves, have a meaning: pressed, by
    whatever means, they show it. What is shown stands once on the page (`explained`), however often it is asked for.

    It takes the page's context so that Jinja does not work it out beforehand, once for all pages."""
    word = next((each for each in _spellings(word or words) if each in _glossary()), "")
    if not word:
        return words
    _explained()[word] = _glossary()[word]
    button = '<button class="word" type="button" popovertarget="means-{}">{}</button>'
    return Markup(button).format(word.replace(" ", "-"), words)


def _explained() -> dict[str, str]:
    """The words with a dotted line on the page that is being made, and their meanings."""
    if "explained" not in g:
        g.explained = {}
    said: dict[str, str] = g.explained
    return said


def _spellings(words: str) -> tuple[str, ...]:
    """'Gaps' stands in a head and means a gap."""
    small = words.casefold()
    return small, small.removesuffix("s")


def _glossary() -> dict[str, str]:
    words = words_of_page()
    if g.get("glossary_of") is not words:
        said = told("glossary")
        if words is OF_STAFF:
            said = {word: words.said(meaning) for word, meaning in said.items() if word not in _OF_PUPILS}
            said |= told("glossary_of_adults")
        g.glossary, g.glossary_of = said, words
    found: dict[str, str] = g.glossary
    return found
