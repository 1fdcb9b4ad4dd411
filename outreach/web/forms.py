"""The form base and its fields: GOV.UK widgets, plain words, shape only (the domain checks sense)."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from flask_wtf.form import _Auto
from govuk_frontend_wtf.wtforms_widgets import (
    GovCheckboxesInput,
    GovCheckboxInput,
    GovFileInput,
    GovPasswordInput,
    GovRadioInput,
    GovSelect,
    GovTextArea,
    GovTextInput,
)
from wtforms import (
    BooleanField,
    DecimalField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are of wtforms 3.2
from wtforms.i18n import DummyTranslations
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from outreach.ground.audience import OF_PUPILS
from outreach.ground.errors import Refusal
from outreach.web import fields
from outreach.web.refusals import refused
from outreach.web.spoken import asked_on_page, words_of_page


class _Words(DummyTranslations):
    """What WTForms itself would say of a choice that a page older than the form sends, in our words."""

    def gettext(self, string: str) -> str:
        return NOT_A_CHOICE if "valid choice" in string else string

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return self.gettext(singular)


NOT_A_CHOICE = "Not a valid choice any more: choose again."


NO_PUPIL = "No pupil’s name, nor what a pupil said."
"""Beside every box for free text, in the same words; audience.py has those of a programme for adults."""


class Form(FlaskForm):
    """A form whose refusals show beside the field they speak of, and in the error summary.

    `of_asked`: a school in what it says is whoever the programme of the page asks."""

    of_asked = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self if self.of_asked or words_of_page() is not OF_PUPILS else ():
            field.label.text, field.description = self._said(field.label.text), self._said(field.description)
            if getattr(field, "choices", None):  # those of the form itself; what people named comes later
                field.choices = [replace(one, label=self._said(one.label)) for one in field.choices]

    def _said(self, sentence: str) -> str:
        """In the words of the programme that the page is about, and of whom it asks."""
        said = words_of_page().said(sentence)
        return asked_on_page().said(said) if self.of_asked else said

    class Meta(FlaskForm.Meta):
        def get_translations(self, form: FlaskForm) -> DummyTranslations:
            return _Words()

        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            """A body of JSON is no form of ours: the form came empty, and says what it wants."""
            if formdata is _Auto and request.is_json:
                return request.form
            return super().wrap_formdata(form, formdata)

    def validate(self, extra_validators: Any = None) -> bool:
        fine: bool = super().validate(extra_validators)
        for field in () if fine else self:
            field.errors = [self._said(str(error)) for error in field.errors]
        return fine

    def validate_on_submit(self, extra_validators: Any = None) -> bool:
        return self.is_submitted() and valid(self)

    def asks(self, field: str | None) -> bool:
        """Whether what a refusal speaks of is asked in this form."""
        return field in self._fields

    def refuse(self, refusal: Refusal) -> None:
        """Show a domain's no at its field, else at the first field of the form; of one that has none, its template
        does."""
        if not self._fields:
            self.form_errors.append(refusal.message)
            return
        name = refusal.field if refusal.field in self._fields else next(iter(self._fields))
        field = self._fields[name]
        field.errors = [*field.errors, refusal.message]


def valid(*sent: Form) -> bool:
    """Whether all the forms of a page are; each says what is wrong with it. Shown again with a Refusal they are
    not: the form with the field it speaks of says so, else the first."""
    if not all([form.validate() for form in sent]):
        return False
    refusal = refused()
    if refusal is None:
        return True
    next((form for form in sent if form.asks(refusal.field)), sent[0]).refuse(refusal)
    return False


def text(label: str, *, required: str = "", at_most: int = 200, hint: str = "", **kwargs: Any) -> fields.Line:
    """One line. `required` is the sentence shown when it is left empty; '' lets it be empty."""
    return fields.Line(
        label,
        description=hint,
        widget=GovTextInput(),
        validators=[
            *([InputRequired(required), fields.said(required)] if required else [Optional()]),
            Length(max=at_most, message=f"{fields.subject(label)} must be {at_most} characters or fewer."),
        ],
        **kwargs,
    )


def address(label: str, *, required: str = "", hint: str = "", **kwargs: Any) -> fields.Line:
    """A mail address: its shape is checked, nothing is looked up. Data is '' or the address as typed,
    trimmed."""
    return fields.Line(
        label,
        description=hint,
        widget=fields.AddressInput(),
        validators=[
            *([InputRequired(required), fields.said(required)] if required else [Optional()]),
            Length(max=254, message=f"{fields.subject(label)} must be 254 characters or fewer."),
            fields.reachable,
        ],
        **kwargs,
    )


def words(
    label: str, *, required: str = "", at_most: int = 2000, hint: str = "", **kwargs: Any
) -> fields.Lines:
    """Some lines of somebody's own words; beside them stands that they are to name no pupil."""
    return lines(label, required=required, at_most=at_most, hint=named_nobody(hint), **kwargs)


def remark(label: str, *, hint: str = "", **kwargs: Any) -> fields.Line:
    """One line of somebody's own words, with the same beside it."""
    return text(label, hint=named_nobody(hint), **kwargs)


def named_nobody(hint: str) -> str:
    return f"{hint} {NO_PUPIL}".strip() if not hint or hint.endswith((".", "?")) else f"{hint}. {NO_PUPIL}"


def lines(
    label: str, *, required: str = "", at_most: int = 2000, hint: str = "", **kwargs: Any
) -> fields.Lines:
    """Some lines that are no words of somebody's own: numbers, places, a list."""
    return fields.Lines(
        label,
        description=hint,
        widget=GovTextArea(),
        validators=[
            *([InputRequired(required), fields.said(required)] if required else [Optional()]),
            Length(max=at_most, message=f"{fields.subject(label)} must be {at_most} characters or fewer."),
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
    return fields.WholeNumber(
        label,
        description=hint,
        widget=fields.SizedInput("govuk-input--width-4"),
        validators=[
            *([fields.answered(required)] if required else [Optional()]),
            NumberRange(
                at_least, at_most, f"{fields.subject(label)} must be between {at_least:,} and {at_most:,}."
            ),
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
    return fields.Fraction(
        label,
        description=hint,
        places=None,
        widget=fields.SizedInput("govuk-input--width-4"),
        validators=[
            *([fields.answered(required)] if required else [Optional()]),
            NumberRange(
                at_least, at_most, f"{fields.subject(label)} must be between {at_least:g} and {at_most:g}."
            ),
        ],
        render_kw={"inputmode": "decimal"},
        **kwargs,
    )


def pounds(
    label: str,
    *,
    required: str = "",
    at_least: int = 0,
    at_most: int = 1_000_000,
    hint: str = "",
    **kwargs: Any,
) -> fields.Pounds:
    """An amount of money in pounds; bounds in whole pounds. Data is whole pence."""
    bounds = f"{fields.subject(label)} must be between {at_least:,} and {at_most:,}."
    return fields.Pounds(
        label,
        description=hint,
        validators=[
            *([fields.answered(required)] if required else [Optional()]),
            NumberRange(100 * at_least, 100 * at_most, bounds),
        ],
        **kwargs,
    )


def day(label: str, *, required: str = "", hint: str = "", **kwargs: Any) -> fields.DayField:
    """A day in one box, as people type it: 2 Nov, next Monday, 15/2/2027."""
    return fields.DayField(
        label, required=required, description=hint or "Like 2 Nov or next Monday.", **kwargs
    )


def clock(label: str, *, required: str = "", hint: str = "", **kwargs: Any) -> fields.ClockField:
    """A time of day."""
    return fields.ClockField(
        label,
        description=hint,
        validators=[fields.answered(required)] if required else [Optional()],
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
        # No Optional: it passes over what else was sent where the first is empty, and so over what is no choice.
        validators=[InputRequired(required)] if required else [],
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


__all__ = [
    "Form",
    "address",
    "choice",
    "clock",
    "day",
    "decimal",
    "number",
    "password",
    "pick",
    "set_choices",
    "text",
    "tick",
    "ticks",
    "upload",
    "valid",
    "words",
]
