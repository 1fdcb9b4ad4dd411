"""Wording of a letter in a real browser: what is typed stands in the letter a moment later, and nothing is kept."""

import pytest
from playwright.sync_api import Page, expect

import make
from browser import Site
from outreach.ground.db import transaction

pytestmark = [pytest.mark.browser, pytest.mark.any_database, pytest.mark.usefixtures("stopped")]


def test_the_letter_follows_what_is_typed_and_the_way_back_leads_out(site: Site, wide_page: Page) -> None:
    with transaction():
        site.sign_in(wide_page, make.person(make.partnership()))
    site.check(wide_page, "/desk/letters/wording")
    wide_page.get_by_role("link", name="Booked", exact=True).click()
    site.check(wide_page)
    before = wide_page.evaluate("history.length")
    letter = wide_page.frame_locator("iframe[name=letter-shown]")
    words = wide_page.get_by_role("textbox", name="Letter")
    expect(letter.get_by_text("A made-up school on")).to_be_visible()
    words.fill(words.input_value().replace("comes to", "is on its way to"))
    expect(letter.get_by_text("is on its way to A made-up school")).to_be_visible()
    words.fill(words.input_value().replace("{facts}", "{fact}"))
    expect(letter.get_by_text("There is no {fact}. Did you mean {facts}?")).to_be_visible()
    words.fill("<script>parent.document.title='gone'</script>\n\n{note}\n\n{facts}\n\n{change}")
    expect(letter.get_by_text("<script>parent.document.title='gone'</script>")).to_be_visible()
    assert wide_page.title() != "gone"
    assert wide_page.evaluate("history.length") == before
    wide_page.reload()
    expect(letter.get_by_text("comes to A made-up school")).to_be_visible()
