"""Cells of a list as long as somebody likes, and lists that take long to recognise."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

import make
from county.lists.sent import lines, send
from outreach.county.lists import list_layout
from outreach.county.lists.headings import CONTACTS
from outreach.ground import clock
from outreach.ground.db import transaction


def _sent(client: FlaskClient, *written: str) -> str:
    """The address of the preview of a list."""
    with transaction():
        partnership = make.partnership()
        make.signed_in(client, make.person(partnership))
        token = send(lines("School,Email,Name", *written), partnership.id, CONTACTS).row.token
    return f"/desk/contacts/{token}"


def test_the_rest_of_a_long_cell_is_not_read_and_said_where_it_stands(
    app: Flask, client: FlaskClient
) -> None:
    kept = "a@redmere.example; " + "x" * (list_layout.LONGEST_CELL - 19)
    written = [f"Redmere,{kept},Jo", f"Elmstead,{kept}; late@redmere.example,Jo"]
    page = client.get(_sent(client, *written)).text
    assert "Only the first 1,000 characters are read of 1 long cell: line 3, column B." in page
    assert "late@" not in page


@pytest.mark.parametrize("way", ["", "/to-mend.xlsx"])
def test_a_list_that_takes_long_to_recognise_is_refused_in_words(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    page = _sent(client, *["Redmere,a@redmere.example,Jo"] * 20)
    steps = iter(range(10_000))
    monkeypatch.setattr(clock, "processor_seconds", lambda: float(next(steps)))
    answer = client.get(page + way)
    monkeypatch.undo()
    assert answer.status_code == 303
    assert "takes too long to read" in client.get("/desk/contacts").text
