"""Minutes on the road: the rule, or a table that is brought in; how much of it is filled, and the gaps to
fill."""

import io
from typing import Any

from flask import abort, flash, g, redirect, render_template, url_for

from outreach.ground import clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.wording import count
from outreach.tour import road_table
from outreach.tour.road_table import MOST_BYTES, BadLines
from outreach.web import downloads, forms
from outreach.web.gate import coordinator, coordinators_only, who
from outreach.web.refusals import status

COLUMNS = ("From", "From name", "To", "To name", "Minutes")


class TableForm(forms.Form):
    file = forms.upload(
        "CSV file", required="Choose a file.", hint="The columns From, To and Minutes; up to 30 MB."
    )
    wrong: tuple[str, ...] = ()
    more = 0

    def refuse(self, refusal: Refusal) -> None:
        super().refuse(refusal)
        if isinstance(refusal, BadLines):
            self.wrong, self.more = refusal.lines, refusal.more
            self.file.errors = [refusal.in_short]


@coordinator.route("/setup/roads", methods=["GET", "POST"])
@coordinators_only
def road_minutes() -> Any:
    form = TableForm()
    if form.validate_on_submit():
        content = form.file.data.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise road_table.NoTable("This file is larger than 30 MB. Nothing was changed.")
        with transaction():
            brought = road_table.bring_in(g.partnership, io.BytesIO(content), who=who(), now=clock.now())
        flash(_told(brought))
        return redirect(url_for("coordinator.road_minutes"), 303)
    page = render_template(
        "coordinator/roads.html",
        form=form,
        wrong=form.wrong,
        more=form.more,
        state=road_table.state(g.partnership),
    )
    return page, status()


@coordinator.post("/setup/roads/remove")
@coordinators_only
def remove_road_minutes() -> Any:
    with transaction():
        road_table.remove(g.partnership, who=who(), now=clock.now())
    flash("The table is removed. Every road goes by the rule.")
    return redirect(url_for("coordinator.road_minutes"), 303)


@coordinator.get("/setup/roads/<which>.csv")
@coordinators_only
def road_minutes_csv(which: str) -> Any:
    """`table`: the pairs that stand in it; `gaps`: those that go by the rule, ready to be filled in and
    brought back."""
    if which not in ("table", "gaps"):
        abort(404)
    lines = list(road_table.lines(g.partnership, gaps=which == "gaps"))
    return downloads.csv_file(f"roads-{which}.csv", COLUMNS, lines)


def _told(brought: road_table.Brought) -> str:
    said = [f"{count(brought.pairs, 'road goes', 'roads go')} by the table."]
    if brought.unequal:
        said.append(f"{count(brought.unequal, 'road')} had two different times; the longer one counts.")
    if brought.not_ours:
        said.append(
            f"{count(brought.not_ours, 'line is', 'lines are')} about places that are not yours, and passed over."
        )
    return " ".join(said)
