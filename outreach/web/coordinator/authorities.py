"""The partnership's authorities, and the term dates and INSET days of each."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for

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


@coordinator.route("/setup/authorities", methods=["GET", "POST"], endpoint="authorities")
@coordinators_only
def all_authorities() -> Any:
    form = AuthorityForm()
    if form.validate_on_submit():
        try:
            with transaction():
                authorities.add(g.partnership, form.la_code.data, form.name.data, who=who(), now=clock.now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
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
    return page, _status()


@coordinator.route("/setup/authorities/<la_code>", methods=["GET", "POST"])
@coordinators_only
def authority(la_code: str) -> Any:
    here = _authority(la_code)
    form = TermDatesForm()
    problems: tuple[str, ...] = ()
    if form.validate_on_submit():
        try:
            text = _text_of(form)
            with transaction():
                added = authorities.add_lines(here, text, who=who(), now=clock.now())
        except LinesWrong as wrong:
            problems = wrong.problems
            form.lines.errors = [
                problems[0]
                if len(problems) == 1
                else f"{len(problems)} lines cannot be added. Nothing was changed."
            ]
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_told(added))
            return redirect(url_for("coordinator.authority", la_code=la_code), 303)
    return _page(here, form, problems), _status()


@coordinator.post("/setup/authorities/<la_code>/terms/<int(max=2147483647):term_id>/remove")
@coordinators_only
def remove_term(la_code: str, term_id: int) -> Any:
    here = _authority(la_code)
    try:
        with transaction():
            authorities.remove_term(here, term_id, who=who(), now=clock.now())
    except authorities.NoSuchTermDate:
        abort(404)
    except Refusal as refusal:
        flash(refusal.message, "confirm")
    else:
        flash("The term is removed.")
    return redirect(url_for("coordinator.authority", la_code=la_code), 303)


@coordinator.post("/setup/authorities/<la_code>/inset-days/<int(max=2147483647):inset_id>/remove")
@coordinators_only
def remove_inset_day(la_code: str, inset_id: int) -> Any:
    here = _authority(la_code)
    try:
        with transaction():
            authorities.remove_inset_day(here, inset_id, who=who(), now=clock.now())
    except authorities.NoSuchTermDate:
        abort(404)
    except Refusal as refusal:
        flash(refusal.message, "confirm")
    else:
        flash("The INSET day is removed.")
    return redirect(url_for("coordinator.authority", la_code=la_code), 303)


@coordinator.post("/setup/authorities/<la_code>/remove")
@coordinators_only
def remove_authority(la_code: str) -> Any:
    here = _authority(la_code)
    name = here.name
    try:
        with transaction():
            authorities.remove(here, who=who(), now=clock.now())
    except Refusal as refusal:
        flash(refusal.message, "stop")
        return redirect(url_for("coordinator.authority", la_code=la_code), 303)
    flash(f"{name} is removed.")
    return redirect(url_for("coordinator.authorities"), 303)


def _page(here: Authority, form: TermDatesForm, problems: tuple[str, ...]) -> str:
    years: dict[int, dict[str, list[Any]]] = {}
    for term in authorities.terms_of([here.la_code]):
        years.setdefault(year_of(term.last_day), {"terms": [], "inset_days": []})["terms"].append(term)
    for inset in authorities.inset_days_of([here.la_code]):
        years.setdefault(year_of(inset.day), {"terms": [], "inset_days": []})["inset_days"].append(inset)
    return render_template(
        "coordinator/authority.html",
        form=form,
        authority=here,
        problems=problems,
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
    try:
        return authorities.get(g.partnership.id, la_code)
    except Refusal:
        abort(404)


def _status() -> int:
    return 422 if request.method == "POST" else 200
