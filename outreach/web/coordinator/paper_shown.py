"""Letters on paper as they are shown: before they are made, and with what every letter says. No page of its own."""

import re
from typing import Any

from flask import g, render_template, url_for

from outreach.asking import paper, rounds
from outreach.booking import told
from outreach.coverage import standings
from outreach.ground import clock
from outreach.ground.timespans import day_of
from outreach.post import links, stationery
from outreach.post.letters import PREVIEW_TOKEN
from outreach.tour.programmes import Programme
from outreach.web.qr import qr_svg
from outreach.web.refusals import back_to

SAMPLE_CODE = "XXXX XXXX"
"""Stands for the code in a letter that is only shown: the real one is made when the letter is."""


def preview_page(programme: Programme, organisation_ids: list[int]) -> Any:
    """What would be printed for some schools. Refused as `paper.whom_to_print_for` is."""
    now = clock.now()
    with back_to(url_for("coordinator.paper_letters", programme=programme.id)):
        to, left_out = paper.whom_to_print_for(
            programme, organisation_ids, standings.target_of(programme.id, now=now), now=now
        )
    shown = None
    if to:
        page = links.school_page(stationery.settings().public_url, PREVIEW_TOKEN)
        asking = rounds.words_for(programme, [to[0].organisation_id], now=now)[to[0].organisation_id]
        shown = paper.MadeLetter(organisation=to[0], asking=asking, page=page, code=SAMPLE_CODE)
    return render_template(
        "coordinator/paper_preview.html",
        programme=programme,
        to=to,
        left_out=left_out,
        shown=shown,
        **letterhead(),
    )


def letterhead() -> dict[str, Any]:
    """What every letter says besides its own facts."""
    here = stationery.settings().public_url
    return {
        "sender": told.sender_of(g.partnership),
        "today": day_of(clock.now()),
        "first_page": re.sub(r"^https?://", "", here).rstrip("/"),
        "privacy": re.sub(r"^https?://", "", links.privacy_page(here)),
        "qr": qr_svg,
    }
