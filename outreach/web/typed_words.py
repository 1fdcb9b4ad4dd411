"""Words of what was typed into a form that could not be taken: those that stand at its boxes."""

import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from flask import current_app, request
from flask_wtf import FlaskForm
from wtforms import BooleanField
from wtforms.fields.core import UnboundField

from outreach.booking.told import ACCESS_NEEDS
from outreach.ground.audience import box_of_group
from outreach.ground.wording import capfirst

_Box = Any
"""A box as a form's class has it, of no form yet."""

_PUPILS = re.compile(r"pupils-[0-9]-([0-9]{1,3})")
_ACCESS = re.compile(r"access-[0-9]-([a-z_]+)")


def typed() -> list[tuple[str, str]]:
    """What was sent just now, without the token and without passwords."""
    return [pair for pair in request.form.items(multi=True) if not _is_secret(pair[0])]


def _is_secret(name: str) -> bool:
    return name == "csrf_token" or any(word in name for word in ("password", "old", "again"))


def in_words(typed: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """(words at the box, what was typed) for the form of the page that was asked for.

    What no form of ours asks for, as the number of a row behind a button, is not shown.
    """
    values: dict[str, list[str]] = {}
    for name, value in typed:
        values.setdefault(name, []).append(value)
    boxes = _boxes(set(values))
    shown = []
    for name, given in values.items():
        label = _made_on_the_spot(name) or (_label(boxes[name]) if name in boxes else "")
        said = " ".join(filter(None, (_said(boxes.get(name), value) for value in given)))
        if label and said:
            shown.append((label, said))
    return shown


def _boxes(names: set[str]) -> dict[str, _Box]:
    """The box of each name, from the form that has the most of them: of the page's own module, else of its room."""
    page = current_app.view_functions.get(request.endpoint or "")
    module = page.__module__ if page is not None else ""
    forms = sorted(
        (
            (form, _fields(form))
            for form in _every(FlaskForm)
            if form.__module__.rpartition(".")[0] == module.rpartition(".")[0]
        ),
        key=lambda found: (
            -len(names & found[1].keys()),
            found[0].__module__ != module,
            found[0].__qualname__,
        ),
    )
    return {name: of[name] for _, of in reversed(forms) for name in names & of.keys()}


def _every(form: type[Any]) -> Iterator[type]:
    """The forms under one, but for those that are made with the boxes of one request."""
    for kind in form.__subclasses__():
        if vars(sys.modules[kind.__module__]).get(kind.__name__) is kind:
            yield kind
        yield from _every(kind)


def _fields(form: type) -> dict[str, _Box]:
    return {
        name: field for kind in reversed(form.__mro__) for name, field in vars(kind).items() if _is_box(field)
    }


def _is_box(field: object) -> bool:
    return isinstance(field, UnboundField)


def _label(box: _Box) -> str:
    return str(box.args[0]) if box.args else str(box.kwargs.get("label", ""))


def _said(box: _Box | None, value: str) -> str:
    """What was chosen, in its words; else as it was typed."""
    if box is None:
        return value
    if box.field_class is BooleanField:
        return "yes" if value else ""
    choices = {str(choice.value): str(choice.label) for choice in box.kwargs.get("choices") or ()}
    return choices.get(value, value)


def _made_on_the_spot(name: str) -> str:
    """The words of boxes that a form has for each year group, or for each need."""
    if found := _PUPILS.fullmatch(name):
        return box_of_group(int(found[1]))
    if (found := _ACCESS.fullmatch(name)) and found[1] in ACCESS_NEEDS:
        return capfirst(ACCESS_NEEDS[found[1]])
    return ""
