"""Whose an address is, by the school's website."""

import pytest
from flask import Flask

import make
from outreach.county.addresses import host_of, is_its_own, is_office_form
from outreach.ground.db import transaction


@pytest.mark.parametrize(
    ("website", "host"),
    [
        ("http://www.redmere.example/", "redmere.example"),
        ("https://REDMERE.example/home?x=1", "redmere.example"),
        ("www.redmere.example", "redmere.example"),
        ("redmere.example:8080/a", "redmere.example"),
        ("redmere.example.", "redmere.example"),
        ("http://www.redmere.oxon.sch.uk", "redmere.oxon.sch.uk"),
        ("", ""),
        ("none", ""),
        ("http://[broken", ""),
        ("not yet known", ""),
    ],
)
def test_host_of_a_website_as_the_register_writes_it(website: str, host: str) -> None:
    assert host_of(website) == host


@pytest.mark.parametrize(
    "local",
    [
        "office",
        "Admin",
        "head",
        "head.teacher",
        "headteacher",
        "reception",
        "enquiries",
        "info",
        "dsl",
        "safeguarding",
        "school-office",
        "office.3241",
        "admin.1001",
    ],
)
def test_office_forms(local: str) -> None:
    assert is_office_form(local)


@pytest.mark.parametrize(
    "local",
    ["j.fell", "21smithj", "head.2027", "office2", "office+joe", "offices", "heads", "", "admin.12345"],
)
def test_other_names_are_no_office_forms(local: str) -> None:
    assert not is_office_form(local)


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("redmere.example", True),
        ("REDMERE.example", True),
        ("mail.redmere.example", False),
        ("edmere.example", False),
        ("redmere.example.evil.example", False),
        ("", False),
        ("%", False),
    ],
)
def test_host_is_the_schools_own_only_when_it_is_exactly_its_websites(
    app: Flask, host: str, own: bool
) -> None:
    with transaction():
        school = make.school(website="http://www.redmere.example/")
        make.school(website="http://www.redmere.example.other.example/")
        make.school(website="")
    assert is_its_own(host, school) is own


def test_host_that_another_open_school_uses_is_nobodys_own(app: Flask) -> None:
    with transaction():
        one = make.school(website="https://trust.example/north")
        make.school(website="http://www.trust.example/south")
    assert not is_its_own("trust.example", one)


def test_host_that_only_a_closed_school_shared_is_the_schools_own(app: Flask) -> None:
    with transaction():
        one = make.school(website="https://redmere.example")
        make.school(website="https://redmere.example", status="Closed")
    assert is_its_own("redmere.example", one)


@pytest.mark.parametrize("host", ["facebook.com", "sites.google.com", "marlshire.gov.uk", "outlook.com"])
def test_host_where_anybody_has_an_address_is_no_schools_own(app: Flask, host: str) -> None:
    with transaction():
        school = make.school(website=f"https://{host}/redmere")
    assert not is_its_own(host, school)
