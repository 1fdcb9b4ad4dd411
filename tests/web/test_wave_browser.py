"""Posters, slides and paper forms as a browser prints them: one sheet each."""

import re
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page

import asked
from asked import Asked
from browser import Site
from outreach.ground.db import transaction

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("stopped"),
]


@pytest.fixture
def show(app: Flask, stopped: Any) -> Asked:
    with transaction():
        return asked.lay()


@pytest.mark.parametrize("what", ["poster", "slide", "paper"])
def test_it_is_one_sheet_and_its_code_is_large(site: Site, wide_page: Page, show: Asked, what: str) -> None:
    site.sign_in(wide_page, show.approver)
    site.open(wide_page, f"/desk/waves/{show.waves['after'].id}/{what}")
    pdf = wide_page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    width, height = map(float, re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf)[0])
    assert (width > height) == (what == "slide")
    if what != "paper":
        wide_page.emulate_media(media="print")
        size = wide_page.locator(".poster .qr").bounding_box()
        assert size is not None and size["width"] >= 65 * 96 / 25.4, "65 mm without its quiet zone"
        code = wide_page.locator(".poster .code").evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
        assert code >= 34 * 96 / 72 - 0.1, "34 points"
