"""Every component under our identity, on a page that exists in this test alone."""

from pathlib import Path

import pytest
from flask import Flask, g, render_template_string
from playwright.sync_api import Page

import make
from browser import Site
from outreach.ground.db import transaction

pytestmark = [pytest.mark.browser, pytest.mark.own_app, pytest.mark.any_database]

COMPONENTS = (Path(__file__).parent / "components.html").read_text()


@pytest.fixture(params=["base.html", "coordinator/base.html"])
def components(request: pytest.FixtureRequest, app: Flask) -> str:
    with transaction():
        make.partnership()

    def page() -> str:
        g.partnership = None
        return render_template_string(COMPONENTS, base=request.param)

    app.add_url_rule("/components", view_func=page)
    return "/components"


@pytest.mark.look
def test_components_have_no_accessibility_violation_and_fit(components: str, site: Site, page: Page) -> None:
    site.check(page, components, widths=(320, 390, 1280))


@pytest.mark.look
def test_components_in_forced_colours_have_no_accessibility_violation(
    components: str, site: Site, page: Page
) -> None:
    page.emulate_media(forced_colors="active")
    site.check(page, components)
