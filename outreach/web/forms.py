"""The form base and its fields: GOV.UK widgets, plain words, shape only (the domain checks sense)."""

import re
from collections.abc import Iterable
from datetime import date, time
from decimal import Decimal
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from govuk_frontend_wtf.wtforms_widgets import (
    GovCheckboxesInput,
    GovCheckboxInput,
    GovDateInput,
    GovFileInput,
    GovPasswordInput,
    GovRadioInput,
    GovSelect,
    GovTextArea,
    GovTextInput,
)
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional, StopValidation, ValidationError

from outreach.ground.errors import Refusal


class Form(FlaskForm):
    """A form whose refusals show beside the field they speak of, and in the error summary."""

    def refuse(self, refusal: Refusal) -> None:
        """Show a domain's no at its field, else at the first field of the form."""
        name = refusal.field if refusal.field in self._fields else next(iter(self._fields))
        field = self._fields[name]
        field.errors = [*field.errors, refusal.message]


class _DateInput(GovDateInput):
    """Three boxes; unlike its parent it bears a POST without exactly three values, and its error link takes focus."""

    def map_gov_params(self, field: Any, **kwargs: Any) -> dict[str, Any]:
        if field.raw_data is not None and len(field.raw_data) != 3:
            field.raw_data = [*field.raw_data, "", "", ""][:3]
        params = super().map_gov_params(field, **kwargs)
        # The error link leads to the field's id: that must be the first box, and nothing else on the page.
        params["id"], params["items"][0]["id"] = f"{field.id}-boxes", field.id
        return params


class _DayField(DateField):
    """A day in three boxes, in figures; says in words what is wrong."""

    widget = _DateInput()

    def __init__(self, label: str, *, required: str, **kwargs: Any) -> None:
        validators = [_answered(required)] if required else [Optional()]
        super().__init__(label, validators=validators, format=["%d %m %Y"], **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        parts = [v.strip() for v in valuelist]
        if not any(parts):
            self.data = None
            return
        try:
            day, month, year = (int(v) for v in parts)
            self.data = date(year, month, day)
            if not 1900 <= year <= 2200:
                raise ValueError
        except (ValueError, OverflowError) as error:
            self.data = None
            raise ValueError(
                "That is not a date. Enter a day, a month and a year in figures, for example 9 3 2027."
            ) from error


class _SizedInput(GovTextInput):
    """A box as wide as what is typed into it: a class of GOV.UK's inputs."""

    def __init__(self, classes: str) -> None:
        super().__init__()
        self.classes = classes

    def map_gov_params(self, field: Any, **kwargs: Any) -> dict[str, Any]:
        return {"classes": self.classes} | super().map_gov_params(field, **kwargs)


class _ClockField(StringField):
    """A time of day as people type it: 9:30, 09.30, 9.30am, 1pm. Data is a `time`."""

    widget = _SizedInput("govuk-input--width-5")

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return f"{self.data:%H:%M}" if isinstance(self.data, time) else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        text = (valuelist[0] if valuelist else "").strip().lower().replace(".", ":").replace(" ", "")
        self.data = None
        if not text:
            return
        after_noon = text.endswith("pm")
        before_noon = text.endswith("am")
        hours, _, minutes = text.removesuffix("pm").removesuffix("am").partition(":")
        try:
            hour = int(hours)
            if after_noon and hour < 12:
                hour += 12
            if before_noon and hour == 12:
                hour = 0
            self.data = time(hour, int(minutes or 0))
        except ValueError as error:
            raise ValueError("That is not a time. Enter it like 9:30 or 1:15pm.") from error


def text(label: str, *, required: str = "", at_most: int = 200, hint: str = "", **kwargs: Any) -> StringField:
    """One line. `required` is the sentence shown when it is left empty; '' lets it be empty."""
    return StringField(
        label,
        description=hint,
        widget=GovTextInput(),
        filters=[_tidy],
        validators=[
            *([InputRequired(required), _said(required)] if required else [Optional()]),
            Length(max=at_most, message=f"{label} must be {at_most} characters or fewer."),
        ],
        **kwargs,
    )


def address(label: str, *, required: str = "", hint: str = "", **kwargs: Any) -> StringField:
    """A mail address: its shape is checked, nothing is looked up. Data is '' or the address as typed, trimmed."""
    return StringField(
        label,
        description=hint,
        widget=_AddressInput(),
        filters=[_tidy],
        validators=[
            *([InputRequired(required), _said(required)] if required else [Optional()]),
            Length(max=254, message=f"{label} must be 254 characters or fewer."),
            _reachable,
        ],
        **kwargs,
    )


class _AddressInput(GovTextInput):
    input_type = "email"


def words(
    label: str, *, required: str = "", at_most: int = 2000, hint: str = "", **kwargs: Any
) -> TextAreaField:
    """Some lines."""
    return TextAreaField(
        label,
        description=hint,
        widget=GovTextArea(),
        filters=[_tidy],
        validators=[
            *([InputRequired(required), _said(required)] if required else [Optional()]),
            Length(max=at_most, message=f"{label} must be {at_most} characters or fewer."),
        ],
        **kwargs,
    )


def number(
    label: str,
    *,
    required: str = "",
    at_least: int = 0,
    at_most: int = 100_000,
    hint: str = "",
    **kwargs: Any,
) -> IntegerField:
    """A whole number in figures."""
    return _WholeNumber(
        label,
        description=hint,
        widget=_SizedInput("govuk-input--width-4"),
        validators=[
            *([_answered(required)] if required else [Optional()]),
            NumberRange(at_least, at_most, f"{label} must be between {at_least:,} and {at_most:,}."),
        ],
        render_kw={"inputmode": "numeric"} | kwargs.pop("render_kw", {}),
        **kwargs,
    )


def decimal(
    label: str,
    *,
    required: str = "",
    at_least: float = 0,
    at_most: float = 100,
    hint: str = "",
    **kwargs: Any,
) -> DecimalField:
    """A number that may have a fraction. Data is a Decimal."""
    return _Fraction(
        label,
        description=hint,
        places=None,
        widget=_SizedInput("govuk-input--width-4"),
        validators=[
            *([_answered(required)] if required else [Optional()]),
            NumberRange(at_least, at_most, f"{label} must be between {at_least:g} and {at_most:g}."),
        ],
        render_kw={"inputmode": "decimal"},
        **kwargs,
    )


class _Fraction(DecimalField):
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


class _WholeNumber(IntegerField):
    def process_formdata(self, valuelist: list[str]) -> None:
        typed = (valuelist[0] if valuelist else "").strip().replace(",", "")
        self.data = None
        if not typed:
            return
        if not typed.isascii() or not typed.removeprefix("-").isdigit() or len(typed) > 9:
            raise ValueError(f"{self.label.text}: enter a whole number in figures.")
        self.data = int(typed)


def day(label: str, *, required: str = "", hint: str = "", **kwargs: Any) -> DateField:
    """A day in three boxes."""
    return _DayField(label, required=required, description=hint, **kwargs)


def clock(label: str, *, required: str = "", hint: str = "", **kwargs: Any) -> StringField:
    """A time of day."""
    return _ClockField(
        label,
        description=hint,
        validators=[_answered(required)] if required else [Optional()],
        **kwargs,
    )


def choice(
    label: str, choices: Iterable[tuple[str, str]] = (), *, required: str = "", hint: str = "", **kwargs: Any
) -> RadioField:
    """One of a few, as radios; nothing is chosen in advance. Choices are (value, words)."""
    return RadioField(
        label,
        choices=[SelectChoice(v, w) for v, w in choices],
        description=hint,
        widget=GovRadioInput(),
        validators=[InputRequired(required)] if required else [Optional()],
        validate_choice=True,
        **kwargs,
    )


def pick(
    label: str, choices: Iterable[tuple[str, str]] = (), *, hint: str = "", **kwargs: Any
) -> SelectField:
    """One of many, as a select."""
    return SelectField(
        label,
        choices=[SelectChoice(v, w) for v, w in choices],
        description=hint,
        widget=GovSelect(),
        **kwargs,
    )


def ticks(
    label: str, choices: Iterable[tuple[str, str]] = (), *, required: str = "", hint: str = "", **kwargs: Any
) -> SelectMultipleField:
    """Any of some, as checkboxes."""
    return SelectMultipleField(
        label,
        choices=[SelectChoice(v, w) for v, w in choices],
        description=hint,
        widget=GovCheckboxesInput(),
        option_widget=None,
        validators=[InputRequired(required)] if required else [Optional()],
        **kwargs,
    )


def tick(label: str, **kwargs: Any) -> BooleanField:
    return BooleanField(label, widget=GovCheckboxInput(), **kwargs)


def password(label: str, *, required: str) -> PasswordField:
    return PasswordField(
        label, widget=GovPasswordInput(), validators=[InputRequired(required), Length(max=1000)]
    )


def upload(label: str, *, required: str = "", hint: str = "", **kwargs: Any) -> FileField:
    return FileField(
        label,
        description=hint,
        widget=GovFileInput(),
        validators=[InputRequired(required)] if required else [Optional()],
        **kwargs,
    )


def set_choices(field: Any, choices: Iterable[tuple[str, str]]) -> None:
    """Give a field its choices, (value, words), at the time of the request."""
    field.choices = [SelectChoice(v, w) for v, w in choices]


def _tidy(value: str | None) -> str:
    """Trimmed, and without control characters other than line breaks."""
    kept = (c for c in (value or "").replace("\r\n", "\n") if c in "\n\t" or (c.isprintable() or c.isspace()))
    return "".join(kept).strip()


def _reachable(_form: Form, field: StringField) -> None:
    if not field.data:
        return
    try:
        validate_email(field.data, check_deliverability=False)
    except EmailNotValidError as error:
        raise ValidationError(
            f"{field.label.text}: that is not an address. Enter it like name@school.example."
        ) from error


def _answered(message: str) -> Any:
    """Something was made of what was typed. Boxes of blanks alone are no answer; what made no sense was said already."""

    def check(_form: Form, field: Any) -> None:
        if field.process_errors:
            raise StopValidation()
        if field.data is None:
            raise StopValidation(message)

    return check


def _said(message: str) -> Any:
    def check(_form: Form, field: StringField) -> None:
        if not field.data:
            raise ValidationError(message)

    return check


__all__ = [
    "Form", "address", "choice", "clock", "day", "decimal", "number", "password", "pick", "set_choices", "text", "tick", "ticks",
    "upload", "words",
]  # fmt: skip
