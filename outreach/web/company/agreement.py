"""That a troupe tours for another partnership too, as its company says by its link or signed in."""

from typing import Any

from flask import g, url_for

from outreach.web import agreement as pages
from outreach.web.gate import company
from outreach.web.troupe_door import by_troupe


@company.get("/t/<token>/agreement")
@by_troupe
def agreement(token: str) -> Any:
    return pages.page(g.troupe, _door(token))


@company.post("/t/<token>/agreement/code")
@by_troupe
def agreement_code(token: str) -> Any:
    return pages.make_code(g.troupe, _door(token))


@company.route("/t/<token>/agreement/end", methods=["GET", "POST"])
@by_troupe
def agreement_end(token: str) -> Any:
    return pages.end(g.troupe, _door(token))


def _door(token: str) -> pages.Door:
    return pages.Door(
        folder="company",
        who=g.who,
        page=url_for("company.agreement", token=token),
        code=url_for("company.agreement_code", token=token),
        end=url_for("company.agreement_end", token=token),
        more={"token": token},
    )
