"""First page of a company's member: the one troupe of the company, or a choice of them."""

from typing import Any

from flask import redirect, render_template, url_for

from outreach.web.gate import company
from outreach.web.troupe_door import members_only, own_troupes


@company.get("/company")
@members_only
def troupes() -> Any:
    mine = own_troupes()
    if len(mine) == 1:
        return redirect(url_for("company.days", token=mine[0].id), 303)
    return render_template("company/troupes.html", troupes=mine)
