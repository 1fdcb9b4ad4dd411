"""The public pages in a real browser."""

import pytest
from browser import Site
from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_first_page_has_no_accessibility_violation(site: Site, page: Page) -> None:
    site.check(page, "/")
