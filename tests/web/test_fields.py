"""What people type into boxes is read or said to be wrong, whatever it is."""

import pytest
from flask import Flask

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
