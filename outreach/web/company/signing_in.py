"""The page on which a company says by its link who comes with the troupe and in which vehicle."""

from typing import Any

from flask import g, redirect, render_template, url_for

from outreach.web.gate import company
from outreach.web.refusals import status
from outreach.web.sign_in import SignInForm, settle
from outreach.web.troupe_door import by_troupe


@company.route("/t/<token>/who-comes", methods=["GET", "POST"])
@by_troupe
def who_comes(token: str) -> Any:
    form = SignInForm(obj=g.troupe)
    if settle(g.troupe, form, g.who):
        return redirect(url_for("company.days", token=token), 303)
    return render_template("company/who_comes.html", token=token, form=form), status()
