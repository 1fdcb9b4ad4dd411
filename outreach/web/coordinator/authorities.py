"""The partnership's authorities, and the term dates and INSET days of each."""

from typing import Any

from flask import flash, g, redirect, render_template, url_for

from outreach.booking import limits
from outreach.county import authorities, partnerships
from outreach.county.authorities import Added, LinesWrong
from outreach.county.partnerships import Authority
from outreach.ground import clock, tabular, workbooks
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.school_year import year_of
from outreach.ground.wording import and_list, count
from outreach.web import forms
from outreach.web.gate import coordinator, coordinators_only, who
from outreach.web.refusals import back_to, status


class AuthorityForm(forms.Form):
    la_code = forms.text(
        "Code in the register",
        required="Enter the three-figure code of the authority.",
        at_most=3,
        hint="Three figures: the column LA (code) of the register",
        render_kw={"inputmode": "numeric"},
    )
    name = forms.text("Name", required="Enter the name of the authority.", at_most=100)


class TermDatesForm(forms.Form):
    lines = forms.words("Term dates", at_most=20_000)
    file = forms.upload("Or a file", hint="CSV or Excel, the same two columns")
    problems: tuple[str, ...] = ()
    """What is wrong with single lines."""

    def refuse(self, refusal: Refusal) -> None:
        super().refuse(refusal)
        if isinstance(refusal, LinesWrong):
            self.problems = refusal.problems
            if len(self.problems) > 1:
                self.lines.errors = [f"{len(self.problems)} lines cannot be added. Nothing was changed."]


@coordinator.route("/setup/authorities", methods=["GET", "POST"], endpoint="authorities")
@coordinators_only
def all_authorities() -> Any:
    form = AuthorityForm()
    if form.validate_on_submit():
        with transaction():
            authorities.add(g.partnership, form.la_code.data, form.name.data, who=who(), now=clock.now())
            limits.write(g.partnership.id, now=clock.now())
        flash(f"{form.name.data} is added. Its term dates come next.")
        return redirect(url_for("coordinator.authority", la_code=form.la_code.data), 303)
    here = partnerships.authorities(g.partnership.id)
    codes = [a.la_code for a in here]
    terms = [t.la_code for t in authorities.terms_of(codes)]
    page = render_template(
        "coordinator/authorities.html",
        form=form,
        authorities=here,
        schools=authorities.schools_in_register(codes),
        terms={code: terms.count(code) for code in codes},
    )
    return page, status()


@coordinator.route("/setup/authorities/<la_code>", methods=["GET", "POST"])
@coordinators_only
def authority(la_code: str) -> Any:
    here = _authority(la_code)
    form = TermDatesForm()
    if form.validate_on_submit():
        text = _text_of(form)
        with transaction():
            added = authorities.add_lines(here, text, who=who(), now=clock.now())
        flash(_told(added))
        return redirect(url_for("coordinator.authority", la_code=la_code), 303)
    return _page(here, form), status()


@coordinator.post("/setup/authorities/<la_code>/terms/<int(max=2147483647):term_id>/remove")
@coordinators_only
def remove_term(la_code: str, term_id: int) -> Any:
    back = url_for("coordinator.authority", la_code=la_code)
    with back_to(back), transaction():
        authorities.remove_term(_authority(la_code), term_id, who=who(), now=clock.now())
    flash("The term is removed.")
    return redirect(back, 303)


@coordinator.post("/setup/authorities/<la_code>/inset-days/<int(max=2147483647):inset_id>/remove")
@coordinators_only
def remove_inset_day(la_code: str, inset_id: int) -> Any:
    back = url_for("coordinator.authority", la_code=la_code)
    with back_to(back), transaction():
        authorities.remove_inset_day(_authority(la_code), inset_id, who=who(), now=clock.now())
    flash("The INSET day is removed.")
    return redirect(back, 303)


@coordinator.post("/setup/authorities/<la_code>/remove")
@coordinators_only
def remove_authority(la_code: str) -> Any:
    here = _authority(la_code)
    name = here.name
    with back_to(url_for("coordinator.authority", la_code=la_code), "stop"), transaction():
        authorities.remove(here, who=who(), now=clock.now())
        limits.write(g.partnership.id, now=clock.now())
    flash(f"{name} is removed.")
    return redirect(url_for("coordinator.authorities"), 303)


def _page(here: Authority, form: TermDatesForm) -> str:
    years: dict[int, dict[str, list[Any]]] = {}
    for term in authorities.terms_of([here.la_code]):
        years.setdefault(year_of(term.last_day), {"terms": [], "inset_days": []})["terms"].append(term)
    for inset in authorities.inset_days_of([here.la_code]):
        years.setdefault(year_of(inset.day), {"terms": [], "inset_days": []})["inset_days"].append(inset)
    return render_template(
        "coordinator/authority.html",
        form=form,
        authority=here,
        problems=form.problems,
        years=sorted(years.items(), reverse=True),
        schools=authorities.schools_in_register([here.la_code]).get(here.la_code, 0),
    )


def _text_of(form: TermDatesForm) -> str:
    """The pasted lines, and under them those of the file, which needs no line of column names."""
    text = str(form.lines.data)
    if not form.file.data:
        return text
    content: bytes = form.file.data.read(workbooks.MOST_BYTES + 1)
    if form.file.data.filename.lower().endswith(".xlsx"):
        table = tabular.read(form.file.data.filename, content)
        rows = [table.header, *(row.cells for row in table.rows)]
        return text + "\n" + "\n".join(", ".join(cells) for cells in rows)
    try:
        return text + "\n" + content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return text + "\n" + content.decode("cp1252", errors="replace")


def _told(added: Added) -> str:
    new = [
        count(number, word)
        for number, word in ((added.terms, "term"), (added.inset_days, "INSET day"))
        if number
    ]
    known = f" {count(added.known, 'line')} stood here already." if added.known else ""
    return (f"Added {and_list(new)}." if new else "Nothing was new.") + known


def _authority(la_code: str) -> Authority:
    return authorities.get(g.partnership.id, la_code)
