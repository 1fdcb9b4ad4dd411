"""Beside every box for free text stands, in the same words, that no pupil is to be named."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from flask import Flask, g
from govuk_frontend_wtf.wtforms_widgets import GovTextArea

from outreach.ground.audience import OF_STAFF
from outreach.web.forms import NO_PUPIL, Form

ROOT = Path(__file__).resolve().parents[2]

LISTS = {"picked", "school_provides", "points", "lines"}
"""Boxes for a list: numbers of schools, things the school has ready, points of a water, pasted rows."""


def forms() -> list[type[Form]]:
    for path in sorted((ROOT / "outreach" / "web").rglob("*.py")):
        import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    found, waiting = set[type[Form]](), [Form]
    while waiting:
        below = waiting.pop().__subclasses__()
        found |= set(below)
        waiting += below
    return sorted(
        (one for one in found if one.__module__.startswith("outreach.")), key=lambda one: one.__name__
    )


def boxes(form: type[Form]) -> list[tuple[str, str]]:
    """(name, hint) of each box for several lines."""
    fields = ((name, getattr(form, name)) for name in dir(form) if not name.startswith("_"))
    return [
        (name, str(field.kwargs.get("description", "")))
        for name, field in fields
        if isinstance(getattr(field, "kwargs", {}).get("widget"), GovTextArea)
    ]


@pytest.mark.any_database
def test_every_box_for_words_of_ones_own_says_that_no_pupil_is_named(app: Flask) -> None:
    every = [(form.__name__, name, hint) for form in forms() for name, hint in boxes(form)]
    assert len(every) > 25
    assert [
        (form, name) for form, name, hint in every if name not in LISTS and not hint.endswith(NO_PUPIL)
    ] == []
    assert {name for _, name, hint in every if not hint.endswith(NO_PUPIL)} == LISTS


def test_no_template_draws_a_box_of_its_own() -> None:
    """So that the forms' words stand beside each; what is drawn by hand is read only, or carries what was read."""
    drawn = [
        box
        for path in sorted((ROOT / "templates").rglob("*.html"))
        for box in re.findall(r"<textarea[^>]*>", path.read_text())
    ]
    assert [box for box in drawn if "readonly" not in box and "hidden" not in box] == []


@pytest.mark.any_database
def test_a_programme_for_adults_says_it_in_its_own_words(app: Flask) -> None:
    from outreach.web.school.staff_say import StaffForm  # type: ignore[attr-defined]

    with app.test_request_context():
        g.words_of_page = OF_STAFF
        assert str(StaffForm().change_words.description) == "Nobody’s name, nor what anybody said."
