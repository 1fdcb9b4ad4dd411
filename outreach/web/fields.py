"""The fields that forms are made of: how dates, times and numbers are read as people type them, and said when
wrong."""

import re
from datetime import date, time
from decimal import Decimal
from typing import Any, TypeVar

from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import GovTextInput
from wtforms import (
    DecimalField,
    Field,
    IntegerField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional, StopValidation, ValidationError

from outreach.county.contacts import find_address
from outreach.ground import clock
from outreach.ground.row_numbers import row_number
from outreach.ground.timespans import day_of, typed_time
from outreach.ground.typed_days import NotADay, Which, read_day, written
from outreach.ground.wording import pounds
from outreach.web.gate import whom

_Value = TypeVar("_Value")


def given(value: _Value | None) -> _Value:
    """What a required field holds, once its form was found valid."""
    assert value is not None
    return value


class Line(StringField):
    """A line as it was typed, trimmed; '' where nothing was typed or sent."""

    data: str

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, filters=[tidy], **kwargs)


class Lines(TextAreaField):
    """The same of some lines."""

    data: str

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, filters=[tidy], **kwargs)


class SizedInput(GovTextInput):
    """A box as wide as what is typed into it: a class of GOV.UK's inputs."""

    def __init__(self, classes: str) -> None:
        super().__init__()
        self.classes = classes

    def map_gov_params(self, field: Any, **kwargs: Any) -> dict[str, Any]:
        return {"classes": self.classes, **super().map_gov_params(field, **kwargs)}


class DayInput(SizedInput):
    """One box; a script puts the button of a calendar beside it, which has to know what day it is."""

    def __init__(self) -> None:
        super().__init__("govuk-input--width-10")

    def map_gov_params(self, field: Any, **kwargs: Any) -> dict[str, Any]:
        seen = {"autocomplete": "off", "data-calendar": f"{day_of(clock.now())}"}
        return super().map_gov_params(field, **seen, **kwargs)


class DayField(Field):
    """A day as people type it into one box: 2 Nov, next Monday, 15/2/2027. What was read stands there in full."""

    data: date | None
    widget = DayInput()

    def __init__(self, label: str, *, required: str, which: Which = Which.NEXT, **kwargs: Any) -> None:
        validators = [answered(required)] if required else [Optional()]
        super().__init__(label, validators=validators, **kwargs)
        self.which = which

    def _value(self) -> str:
        if self.data is not None:
            return written(self.data)
        return tidy(" ".join(self.raw_data or []))

    def process_formdata(self, valuelist: list[str]) -> None:
        # A page from before there was one box sends three.
        typed = tidy(" ".join(valuelist))
        self.data = None
        if not typed:
            return
        try:
            self.data = read_day(typed, today=day_of(clock.now()), which=self.which)
        except NotADay as no:
            raise ValueError(no.message) from no


class ClockField(Field):
    """A time of day as people type it: 9:30, 09.30, 9.30am, 1pm."""

    data: time | None
    widget = SizedInput("govuk-input--width-5")

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return f"{self.data:%H:%M}" if isinstance(self.data, time) else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        text = (valuelist[0] if valuelist else "").strip()
        self.data = None
        if not text:
            return
        try:
            self.data = typed_time(text)
        except (ValueError, OverflowError) as error:
            raise ValueError("That is not a time. Enter it like 9:30 or 1:15pm.") from error


class AddressInput(GovTextInput):
    input_type = "email"


class Fraction(DecimalField):
    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.data:g}"

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = (valuelist[0] if valuelist else "").strip()
        self.data = None
        if not typed:
            return
        if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", typed):
            raise ValueError(f"{self.label.text}: enter a number, for example 1.25.")
        self.data = Decimal(typed)


class Pounds(Field):
    """An amount as people type it: 640, £1,250.50. Data is whole pence, or None."""

    data: int | None
    widget = SizedInput("govuk-input--width-10")

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else pounds(self.data).replace("£", "")

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = tidy(valuelist[0] if valuelist else "").replace("£", "").replace(",", "").replace(" ", "")
        self.data = None
        if not typed:
            return
        if not re.fullmatch(r"[-−]?[0-9]{1,7}(\.[0-9]{1,2})?", typed, re.ASCII):
            raise ValueError(f"{self.label.text}: enter an amount, for example 1,250 or 12.50.")
        self.data = int(Decimal(typed.replace("−", "-")) * 100)


def subject(label: str) -> str:
    """What a box is called where something is wrong with it: 'Places', and of a question 'How many come? It'."""
    called = label.removesuffix(" (optional)")
    return f"{called} It" if called.endswith("?") else called


def asks(label: str) -> str:
    """'Places: enter', 'How many come? Enter'."""
    return f"{label} Enter" if label.endswith("?") else f"{label}: enter"


class WholeNumber(IntegerField):
    def process_formdata(self, valuelist: list[str]) -> None:
        typed = (valuelist[0] if valuelist else "").strip().replace(",", "")
        self.data = None
        if not typed:
            return
        if (number := row_number(typed.removeprefix("-"))) is None:
            raise ValueError(f"{asks(self.label.text)} a whole number in figures.")
        self.data = -number if typed.startswith("-") else number


def tidy(value: str | None) -> str:
    """Trimmed, and without control characters other than line breaks."""
    kept = (c for c in (value or "").replace("\r\n", "\n") if c in "\n\t" or (c.isprintable() or c.isspace()))
    return "".join(kept).strip()


def reachable(_form: FlaskForm, field: StringField) -> None:
    if field.data and find_address(field.data) is None:
        raise ValidationError(
            f"{field.label.text}: that is not an address. Enter it like name@{whom()}.example."
        )


def answered(message: str) -> Any:
    """Something was made of what was typed. Boxes of blanks alone are no answer; what made no sense was said
    already."""

    def check(_form: FlaskForm, field: Any) -> None:
        if field.process_errors:
            raise StopValidation()
        if field.data is None:
            raise StopValidation(message)

    return check


def said(message: str) -> Any:
    def check(_form: FlaskForm, field: StringField) -> None:
        if not field.data:
            raise ValidationError(message)

    return check
