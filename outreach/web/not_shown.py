"""Pages without what one's role may not do: its links, buttons and forms are taken out before a page of the desk goes.

The rule is the one by which the page behind them refuses (deeds.py), so that none leads to a refusal, and no template
has to know of roles. Whoever may all gets the page as it is.
"""

import re
from functools import cache

from flask import Response, request, url_for
from flask_login import current_user

from outreach.web import deeds

_LINK = re.compile(r'<a\b[^>]*?\bhref="([^"]*)"[^>]*>(.*?)</a>', re.S)
_IS_BUTTON = re.compile(r'class="btn\b')
_FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.S)
_BUTTON = re.compile(r"<button\b([^>]*)>.*?</button>", re.S)
_TICK = re.compile(r'<input\b[^>]*type="checkbox"[^>]*>', re.S)
_ATTRIBUTE = re.compile(r'\b(method|action|formaction|type)="([^"]*)"')

_GONE = "\0"
"""Stands where something was; an element that held nothing else goes too. No page of ours has it."""
_HELD_IT = re.compile(rf"<(p|li|ul|nav)\b[^>]*>\s*{_GONE}[\s{_GONE}]*</\1>")


def without_what_one_may_not(response: Response) -> Response:
    """After each request: pages of the desk, for those whose role may not all of it."""
    if request.blueprint != "coordinator" or response.mimetype != "text/html" or response.is_streamed:
        return response
    if current_user.is_authenticated and not deeds.may_all():
        response.set_data(shown(response.get_data(as_text=True)))
    return response


def shown(page: str) -> str:
    """The page with only what may be done from it. A form around a list leaves the list; a link in a sentence leaves
    its words."""
    may = cache(lambda address, method: deeds.may_send_to(address.replace("&amp;", "&"), method))

    def link(found: re.Match[str]) -> str:
        # To a place on the page, and to the desk, which leads whoever has none to where they begin.
        if found[1].startswith("#") or found[1] == url_for("coordinator.desk") or may(found[1], "GET"):
            return found[0]
        before = found.string[max(0, found.start() - 80) : found.start()].rstrip()
        alone = before.endswith(">") and found.string[found.end() : found.end() + 80].lstrip().startswith("<")
        if _IS_BUTTON.search(found[0].partition(">")[0]) or found[2].rstrip().endswith("…"):
            return _GONE
        return _GONE if alone and not deeds.is_seen(found[1]) else f"<span>{found[2]}</span>"

    def form(found: re.Match[str]) -> str:
        said = dict(_ATTRIBUTE.findall(found[1]))
        method = said.get("method", "get").upper()
        if method not in ("GET", "POST") or may(said.get("action", ""), method):
            return found[0]
        if "<table" not in found[2]:
            return _GONE
        return f"<form{found[1]}>{_TICK.sub(_GONE, _BUTTON.sub(button, found[2]))}</form>"

    def button(found: re.Match[str]) -> str:
        said = dict(_ATTRIBUTE.findall(found[1]))
        goes_to = said.get("formaction")
        return found[0] if said.get("type") == "button" or (goes_to and may(goes_to, "POST")) else _GONE

    page = _LINK.sub(link, _FORM.sub(form, page))
    while (less := _HELD_IT.sub(_GONE, page)) != page:
        page = less
    return page.replace(_GONE, "")
