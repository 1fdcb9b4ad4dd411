"""A walk by keyboard and by the accessibility tree through booking, gaps, diary and plan, in every way of looking:
at 400 % zoom, in forced colours, with reduced motion. docs/accessibility.md says what else was tried, and how.
"""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

import make
from browser import Site
from every_address import link_to, told_year
from outreach.demonstration import cast, story
from outreach.ground.db import db, transaction
from outreach.planning.orders import TourPlan
from worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

CONTROLS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]"

_STOP = """() => {
    const at = document.activeElement;
    if (!at || at === document.body) return null;
    at.dataset.stop = at.dataset.stop || String(document.querySelectorAll('[data-stop]').length);
    const style = getComputedStyle(at), box = at.getBoundingClientRect();
    const label = at.labels && at.labels[0] ? at.labels[0] : at;
    const looks = () => [at, ...at.children, at.nextElementSibling].filter(Boolean).flatMap(e => ['', '::before'].map(part => {
        const s = getComputedStyle(e, part || undefined);
        return [s.outlineStyle, s.outlineWidth, s.boxShadow, s.stroke, s.strokeWidth, s.fill, s.backgroundColor, s.borderTopWidth];
    })).join();
    const focused = looks();
    at.blur();
    const seen = looks() !== focused;
    at.focus({preventScroll: true, focusVisible: true});
    const [x, y] = [Math.min(box.left + box.width / 2, innerWidth - 1), box.top + Math.min(box.height / 2, 20)];
    const on = document.elementFromPoint(x, y);
    return {
        stop: Number(at.dataset.stop), what: at.outerHTML.slice(0, 160), seen,
        covered: box.width > 1 && box.height > 1 && on && !at.contains(on) && !on.contains(at) && !label.contains(on)
            ? on.outerHTML.slice(0, 120) : '',
        inside: box.bottom > 0 && box.top < innerHeight,
    };
}"""

_NOT_REACHED = """controls => [...document.querySelectorAll(controls)].filter(e => {
    if (e.dataset.stop !== undefined || e.disabled || e.tabIndex < 0 || !e.checkVisibility({visibilityProperty: true}))
        return false;
    // Of the radios of one question Tab reaches one.
    return !(e.type === 'radio' && document.querySelector(`[data-stop][name="${CSS.escape(e.name)}"]`));
}).map(e => e.outerHTML.slice(0, 160))"""

_BACKWARDS = """() => {
    const stops = [...document.querySelectorAll('[data-stop]')];
    const met = stops.slice().sort((a, b) => a.dataset.stop - b.dataset.stop);
    return stops.filter((e, n) => e !== met[n]).map(e => e.outerHTML.slice(0, 120)).slice(0, 3);
}"""


def walked(page: Page) -> list[dict[str, Any]]:
    """Each stop of the Tab key from the top of the page to its end; and it stops nowhere twice."""
    page.wait_for_load_state("load")
    page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")
    stops: list[dict[str, Any]] = []
    while True:
        page.keyboard.press("Tab")
        stop = page.evaluate(_STOP)
        if stop is None or stops and stop["stop"] < len(stops):
            return stops
        stops.append(stop)


def hold_by_keyboard(page: Page) -> None:
    """Every control is reached, in reading order, and whoever is there sees it."""
    stops = walked(page)
    assert page.evaluate(_NOT_REACHED, CONTROLS) == [], f"Tab does not reach these of {page.url}"
    assert page.evaluate(_BACKWARDS) == [], f"Tab jumps about on {page.url}"
    assert [s["what"] for s in stops if not s["seen"]] == [], f"the focus is not seen on {page.url}"
    assert [s["what"] for s in stops if not s["inside"]] == [], (
        f"the focus is outside the window on {page.url}"
    )
    hidden = [(s["what"], s["covered"]) for s in stops if s["covered"]]
    assert hidden == [], f"the focus hides under something on {page.url}"


ROLES = re.compile(r"- '?(?P<role>[a-z]+)(?: \"(?P<name>(?:[^\"\\]|\\.)*)\")?(?P<rest>.*)")
NAMED = {
    "link",
    "button",
    "textbox",
    "searchbox",
    "combobox",
    "checkbox",
    "radio",
    "spinbutton",
    "img",
    "switch",
}


def hold_as_read_out(page: Page) -> None:
    """As a screen reader is told it: one main part and one heading of the first rank, no rank left out, and every
    control and picture has a name."""
    told = [m for line in page.locator("body").aria_snapshot().splitlines() if (m := ROLES.search(line))]
    nameless = [
        m[0].strip()
        for m in told
        if m["role"] in NAMED and not (m["name"] or "").strip() and "/" not in m["rest"]
    ]
    assert nameless == [], f"without a name on {page.url}"
    for landmark in ("banner", "main", "contentinfo"):
        assert sum(m["role"] == landmark for m in told) == 1, f"{landmark} of {page.url}"
    ranks = [int(re.search(r"level=(\d)", m["rest"])[1]) for m in told if m["role"] == "heading"]  # type: ignore[index]
    assert ranks.count(1) == 1, f"{page.url}: headings {ranks}"
    assert all(after <= before + 1 for before, after in zip(ranks, ranks[1:], strict=False)), (
        f"{page.url}: {ranks}"
    )


def hold_zoomed(page: Page) -> None:
    """At 400 % a desk's window is 320 by 256: nothing scrolls sideways, and what stays in place leaves half of it."""
    before = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 256})
    wide = page.evaluate(
        """() => [...document.body.querySelectorAll('*')].filter(e => e.checkVisibility() &&
        e.getBoundingClientRect().right > 320).map(e => e.outerHTML.slice(0, 120))"""
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, (
        f"{page.url} scrolls sideways: {wide[:4]}"
    )
    stays = page.evaluate(
        """() => { scrollTo(0, 600); return [...document.querySelectorAll('body *')].filter(e => e.checkVisibility({visibilityProperty: true})
        && ['fixed', 'sticky'].includes(getComputedStyle(e).position)).map(e => e.getBoundingClientRect())
        .filter(b => b.bottom > 0 && b.top < innerHeight && b.width > 160).map(b => Math.min(b.bottom, innerHeight) - Math.max(b.top, 0)); }"""
    )
    assert sum(stays) <= 128, f"{page.url}: what stays in place covers {stays} px of 256"
    page.set_viewport_size(before or {"width": 1280, "height": 844})


def hold_in_forced_colours(page: Page) -> None:
    """Buttons and boxes keep an edge, and the focus is seen, when the reader's own colours are all there is."""
    page.emulate_media(forced_colors="active")
    edgeless = page.evaluate(
        """() => [...document.querySelectorAll('main button, main input[type=text], main select, main textarea')]
        .filter(e => e.checkVisibility({visibilityProperty: true})).filter(e => { const s = getComputedStyle(e);
            const line = s.textDecorationLine.includes('underline');
            return !line && !['Top', 'Bottom', 'Left'].some(w => s[`border${w}Style`] !== 'none' && parseFloat(s[`border${w}Width`]) > 0)
                && s.outlineStyle === 'none'; }).map(e => e.outerHTML.slice(0, 140))"""
    )
    page.emulate_media(forced_colors="none")
    assert edgeless == [], f"without an edge in forced colours on {page.url}"


def hold_still(page: Page) -> None:
    """Who asked for less motion sees none."""
    page.emulate_media(reduced_motion="reduce")
    moving = page.evaluate(
        """() => [...document.querySelectorAll('*')].filter(e => { const s = getComputedStyle(e);
        return s.transitionDuration.split(',').some(t => parseFloat(t) > 0.01) || s.animationName !== 'none'
            && parseFloat(s.animationDuration) > 0.01 || s.scrollBehavior === 'smooth'; }).map(e => e.outerHTML.slice(0, 120)).slice(0, 3)"""
    )
    page.emulate_media(reduced_motion="no-preference")
    assert moving == [], f"moves on {page.url} though less motion was asked for"


def hold(page: Page) -> None:
    page.wait_for_load_state("load")
    hold_by_keyboard(page)
    hold_as_read_out(page)
    hold_zoomed(page)
    hold_in_forced_colours(page)
    hold_still(page)


@pytest.fixture
def told(stopped: Any, world: World) -> story.Told:
    return world(told_year, make.NOW)


@pytest.mark.parametrize(
    "which", ["desk", "coverage", "gaps", "diary", "plans", "plan", "school", "letters", "setup"]
)
def test_the_desk_is_walked_by_keyboard_and_read_out(
    told: story.Told, site: Site, wide_page: Page, which: str
) -> None:
    plan = db.session.scalars(
        select(TourPlan.id).where(TourPlan.state == "done").order_by(TourPlan.id)
    ).first()
    organisation_id = told.cast.playing(cast.SILENT)[0].organisation_id
    assert plan is not None
    addresses = {"plan": f"/desk/plans/{plan}", "school": f"/desk/schools/{organisation_id}"}
    site.sign_in(wide_page, told.coordinator)
    site.open(wide_page, addresses.get(which, f"/desk/{which}" if which != "desk" else "/desk"))
    hold(wide_page)


ANSWERS = {
    "pupils": "40",
    "hall": "Main hall",
    "name": "Joanna Fell",
    "address": "j.fell@marlshire.example",
    "phone": "01632 960 771",
    "begins": "12:15",
    "ends": "13:00",
}
"""What is typed into a box, by a word of its name."""

CHOSEN: dict[str | None, str] = {"dines": "no"}
"""What is chosen where the first could be refused: a lunch in the hall may lie across the time that was picked."""


def fill_by_keyboard(page: Page) -> None:
    """Of each question of this step without an answer the first is chosen; then whatever is not known yet is typed."""
    for name in {
        radio.get_attribute("name") for radio in page.locator("main input[type=radio]:visible").all()
    }:
        if not page.locator(f"input[name='{name}']:checked").count():
            chosen = f"[value={CHOSEN[name]}]" if name in CHOSEN else ""
            page.locator(f"input[name='{name}']{chosen}").first.focus()
            page.keyboard.press("Space")
    for box in page.locator(
        "main input:visible:not([type=radio]):not([type=checkbox]):not([type=hidden])"
    ).all():
        name = box.get_attribute("name") or ""
        if not box.input_value() and (known := [word for word in ANSWERS if word in name]):
            box.focus()
            page.keyboard.type(ANSWERS[known[0]])


def press_by_keyboard(page: Page, button: Any) -> None:
    at = page.url
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url != at)
    page.wait_for_load_state("load")


def test_a_school_books_by_keyboard_alone_and_every_page_on_the_way_is_read_out(
    told: story.Told, site: Site, page: Page
) -> None:
    with transaction():
        token = link_to(told.programme, told.cast.playing(cast.SILENT)[0])
    site.open(page, f"/i/{token}")
    hold(page)
    press_by_keyboard(page, page.locator("button.slot").first)
    for _ in range(4):
        hold(page)
        if page.get_by_role("button", name=re.compile("^Book ")).count():
            break
        fill_by_keyboard(page)
        press_by_keyboard(
            page, page.get_by_role("button", name=re.compile("Carry on|Confirm these numbers")).first
        )
    press_by_keyboard(page, page.get_by_role("button", name=re.compile("^Book ")).first)
    expect(page.get_by_role("heading", level=1)).to_contain_text("You are booked")
    hold(page)


def test_what_happened_is_read_out_where_one_is(told: story.Told, site: Site, page: Page) -> None:
    """A step that is wrong says so at its top, has the focus there, and leads to the box; what was done says so as a
    status."""
    with transaction():
        token = link_to(told.programme, told.cast.playing(cast.SILENT)[0])
    site.open(page, f"/i/{token}")
    press_by_keyboard(page, page.locator("button.slot").first)
    box = page.locator("main input[name^='pupils']").first
    box.fill("a hundred")
    page.get_by_role("button", name=re.compile("Carry on|Confirm these numbers")).first.click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("There is a problem")
    assert page.evaluate("document.activeElement.closest('.govuk-error-summary') !== null"), (
        "the focus is elsewhere"
    )
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name").startswith("pupils")
    described = page.locator("main input[name^='pupils']").first.get_attribute("aria-describedby") or ""
    assert "error" in described
