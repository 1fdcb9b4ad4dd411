"""What people type into boxes is read or said to be wrong, whatever it is."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask

from outreach.ground.typed_days import Which
from outreach.web import forms

pytestmark = pytest.mark.any_database


class BoxesForm(forms.Form):
    at = forms.clock("At", required="Enter a time.")
    on = forms.day("On", required="Enter a day.")
    many = forms.number("How many", required="Enter a number.")
    share = forms.decimal("Share", required="Enter a share.")


LONG = "9" * 30


@pytest.mark.parametrize(
    "at", [LONG, f"{LONG}:00", f"9:{LONG}", f"{LONG}pm", "-1", "9:-5", "٣:00", "1e3", "9" * 6000]
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_times_that_no_clock_has_are_said_to_be_none(app: Flask, at: str) -> None:
    typed = {"at": at, "on": LONG, "many": LONG, "share": LONG}
    with app.test_request_context(method="POST", data=typed):
        form = BoxesForm()
        assert not form.validate()
        assert form.at.errors == ["That is not a time. Enter it like 9:30 or 1:15pm."] or at == "٣:00"
        assert form.on.errors and form.many.errors and form.share.errors


class DaysForm(forms.Form):
    coming = forms.day("Coming", required="Enter a day.")
    been = forms.day("Been", which=Which.LAST)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_day_is_typed_as_it_is_said_and_stands_there_in_full(app: Flask, stopped: Any) -> None:
    stopped.now = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
    typed = {"coming": " next Monday", "been": "2 Nov"}
    with app.test_request_context(method="POST", data=typed):
        form = DaysForm(meta={"csrf": False})
        assert form.validate(), form.errors
        assert (form.coming.data, form.been.data) == (date(2026, 11, 30), date(2026, 11, 2))
        box = str(form.coming())
        assert 'value="30 November 2026"' in box and 'data-calendar="2026-11-26"' in box


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_no_day_stays_as_it_was_typed(app: Flask) -> None:
    for typed, said in (
        ("soon", "That is not a date. Enter it like 2 Nov, Monday or 15/2/2027."),
        ("31/2/2027", "That is not a date. Enter it like 2 Nov, Monday or 15/2/2027."),
        ("Monday 10 March 2027", "10 March 2027 is a Wednesday, not a Monday. Check the day."),
    ):
        with app.test_request_context(method="POST", data={"coming": typed}):
            form = DaysForm(meta={"csrf": False})
            assert not form.validate()
            assert form.coming.errors == [said] and f'value="{typed}"' in str(form.coming())
    with app.test_request_context(method="POST", data={"coming": " "}):
        form = DaysForm(meta={"csrf": False})
        assert not form.validate() and form.coming.errors == ["Enter a day."]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_three_boxes_of_a_page_from_before_are_still_read(app: Flask) -> None:
    with app.test_request_context(method="POST", data={"coming": ["9", "3", "2027"]}):
        form = DaysForm(meta={"csrf": False})
        assert form.validate() and form.coming.data == date(2027, 3, 9)
    with app.test_request_context(method="POST", data={"coming": ["", "", ""]}):
        assert not DaysForm(meta={"csrf": False}).validate()
