"""Words that people typed, of a school or of all, and their erasing where they name a child."""

from collections import Counter
from collections.abc import Set
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for

from outreach.county.schools import Organisation
from outreach.ground import clock, erasures
from outreach.ground.db import db, transaction
from outreach.ground.row_numbers import row_number
from outreach.ground.wording import count
from outreach.privacy import typed, typed_copies, typed_erasing
from outreach.privacy.typed import Words
from outreach.privacy.typed_copies import Copies
from outreach.privacy.typed_erasing import CopiesCame
from outreach.web.gate import coordinator, coordinators_only, our_organisation, who
from outreach.web.onward import onward


@coordinator.route("/words", methods=["GET", "POST"], endpoint="typed_words")
@coordinators_only
def typed_words() -> Any:
    """The newest of a school, or of all; those in which some words stand. What is looked for is sent: it may be a
    name, and stands in no address."""
    of = _school()
    find = request.form.get("find", "").strip()[:200]
    return render_template(
        "coordinator/typed.html",
        school=of,
        find=find,
        found=typed.newest(g.partnership.id, organisation_id=of.organisation_id if of else None, find=find),
    )


@coordinator.route("/words/<text_table>/<text_column>/<text_row>/erase", methods=["GET", "POST"])
@coordinators_only
def typed_erase(text_table: str, text_column: str, text_row: str) -> Any:
    """Asks first: nothing brings them back."""
    of = typed.get(g.partnership.id, text_table, text_column, text_row)
    found = typed_copies.find(of, g.partnership.id)
    if request.method != "POST":
        ticked = {one.name for one in found.alike if found.is_likely}
        return _asks(of, found, ticked)
    chosen, shown = set(request.form.getlist("copy")), set(request.form.getlist("shown"))
    db.session.rollback()
    try:
        with transaction():
            there = typed.get(g.partnership.id, text_table, text_column, text_row)
            gone = typed_erasing.erase(
                there,
                found if there.words == of.words else Copies(),
                chosen=chosen,
                shown=shown,
                partnership_id=g.partnership.id,
                who=who(),
                now=clock.now(),
            )
    except CopiesCame as refused:
        new = {one.name for one in found.alike if one.name not in shown}
        return _asks(of, found, chosen | new, wrong=str(refused)), 422
    copies = len(gone.own) + len(gone.alike)
    flash(
        "Erased"
        + (f", with {count(copies, 'copy', 'copies')}" if copies else "")
        + ". That something was said, by whom and when, stays.",
        "done",
    )
    return redirect(_back(), 303)


def _asks(of: Words, found: Copies, ticked: Set[str], *, wrong: str = "") -> str:
    kinds = Counter(one.kind for one in found.own)
    return render_template(
        "coordinator/typed_erase.html",
        words=of,
        found=found,
        own=[count(kinds[kind], *words) for kind, words in _KINDS.items() if kinds[kind]],
        ticked=ticked,
        back=_back(),
        is_listed=erasures.path() is not None,
        wrong=wrong,
    )


_KINDS = {
    typed_copies.DEED: ("line of the history", "lines of the history"),
    typed_copies.LETTER: ("letter of ours", "letters of ours"),
    typed_copies.MAIL: ("mail that answered one", "mails that answered one"),
}


def _back() -> str:
    """The page on which the words stood, where it says so; else the list of them."""
    if back := request.args.get("back", ""):
        return onward(back)
    return url_for("coordinator.typed_words", organisation_id=request.args.get("organisation_id"))


def _school() -> Organisation | None:
    asked = row_number(request.args.get("organisation_id", ""))
    return None if asked is None else our_organisation(asked)
