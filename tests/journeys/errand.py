"""An errand at the desk, counted by the page itself as it is done: what is pressed, what is filled in, and the
words that stand to be read on the way."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from browser import Site

_COUNTED = """
if (window.top === window) {
    const told = (what, of) => window.errand(what, of);
    const button = 'a, button, summary, input[type=checkbox], input[type=radio], input[type=submit], input[type=image]';
    addEventListener('click', e => e.target.closest(button) && told('click', location.pathname), true);
    addEventListener('change', e => e.target.matches('select, input[type=file]') && told('click', location.pathname), true);
    const filled = new Set();
    addEventListener('input', e => {
        if (e.target.matches('select, [type=checkbox], [type=radio], [type=file]') || filled.has(e.target)) return;
        filled.add(e.target);
        told('typed', location.pathname);
    }, true);
    addEventListener('load', () => {
        const main = document.querySelector('main');
        const apart = 'tbody, svg, nav, .dg, option, textarea, script, style, [hidden], [aria-hidden=true]';
        const walk = document.createTreeWalker(main || document.body, NodeFilter.SHOW_TEXT);
        let words = 0;
        while (walk.nextNode()) {
            const on = walk.currentNode.parentElement;
            if (!on.closest(apart) && on.checkVisibility({visibilityProperty: true}))
                words += (walk.currentNode.textContent.match(/[\\p{L}\\p{N}]\\S*/gu) || []).length;
        }
        told('words', [location.pathname + location.search, words]);
    });
}
"""
"""Words of a page's own part that are shown: no menu, no rows of a list and no shows of the diary (one looks for one's
own there), nothing that is folded away."""


@dataclass
class Errand:
    """`clicks`: links, buttons, ticks, choices and files; `typed`: boxes filled in; `words`: of each page met."""

    site: Site
    page: Page
    clicks: int = 0
    typed: int = 0
    words: int = 0
    way: list[str] = field(default_factory=list)
    """Each page met, with its words: where they stand when there are too many."""

    def __post_init__(self) -> None:
        self.page.expose_function("errand", self._count)
        self.page.add_init_script(_COUNTED)

    def _count(self, what: str, of: Any) -> None:
        if what == "words":
            path, words = of
            self.words += words
            self.way.append(f"{path}: {words} words")
        elif what == "typed":
            self.typed += 1
        else:
            self.clicks += 1
            self.way.append(f"  click on {of}")

    def open(self, path: str) -> None:
        """Where the errand begins is a page that stands open."""
        self.site.open(self.page, path)

    def follow(self, name: str | re.Pattern[str], within: str = "main") -> None:
        with self._led():
            self.page.locator(within).get_by_role("link", name=name).first.click()

    def press(self, name: str | re.Pattern[str], within: str = "main") -> None:
        with self._led():
            self.page.locator(within).get_by_role("button", name=name).first.click()

    def tick(self, name: str | re.Pattern[str]) -> None:
        box = self.page.locator("main").get_by_label(name).first
        box.check()
        expect(box).to_be_checked()

    def choose(self, name: str | re.Pattern[str], option: str) -> None:
        self.page.locator("main").get_by_label(name).first.select_option(option)

    def type(self, name: str | re.Pattern[str], words: str, within: str = "main") -> None:
        self.page.locator(within).get_by_label(name).first.fill(words)

    def give(self, name: str | re.Pattern[str], file: Path) -> None:
        self.page.locator("main").get_by_label(name).first.set_input_files(file)

    def sees(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.locator("main")).to_contain_text(words)

    @contextmanager
    def _led(self) -> Iterator[None]:
        yield
        self.page.wait_for_load_state("load")
        assert self.page.locator(".govuk-error-summary, .errs").count() == 0, self.page.inner_text("main")
