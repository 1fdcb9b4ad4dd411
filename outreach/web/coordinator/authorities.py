"""The partnership's authorities, and the term dates and INSET days of each."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for

from outreach.booking import limits
from outreach.county import authorities, partnerships, term_files
from outreach.county.authorities import LinesWrong, TermsRead
from outreach.county.partnerships import Authority
from outreach.county.term_files import FileLines
from outreach.county.term_lines import LONGEST_PASTED, TermLine
from outreach.ground import clock, workbooks
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.row_numbers import row_number
from outreach.ground.school_year import year_of
from outreach.web import forms
from outreach.web.coordinator import term_words
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
    lines = forms.lines("Term dates", at_most=LONGEST_PASTED)
    file = forms.upload("Or a file", hint="CSV, Excel, a calendar (.ics) or plain text")
    problems: tuple[str, ...] = ()
    """What is wrong with single lines."""

    def refuse(self, refusal: Refusal) -> None:
        super().refuse(refusal)
        if isinstance(refusal, LinesWrong):
            self.problems = refusal.problems
            if len(self.problems) > 1:
                self.lines.errors = [f"{len(self.problems)} lines cannot be added. Nothing was changed."]


class UndoForm(forms.Form):
    change = forms.text("Change")


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
    """The authority's dates. What is pasted or sent in is looked at first; the look's own button adds it."""
    here = _authority(la_code)
    form = TermDatesForm()
    if form.validate_on_submit():
        deed = request.form.get("deed")
        if deed == "add":
            with transaction():
                added = authorities.add_lines(here, form.lines.data, who=who(), now=clock.now())
            flash(term_words.told(added))
            return redirect(url_for("coordinator.authority", la_code=la_code), 303)
        if deed != "change":
            sent = _sent(form)
            return _look(here, authorities.look_at(here, sent.text), sent)
    return _page(here, form), status()


@coordinator.post("/setup/authorities/<la_code>/undo")
@coordinators_only
def undo_term_dates(la_code: str) -> Any:
    """The change that the form names is put back."""
    here, back = _authority(la_code), url_for("coordinator.authority", la_code=la_code)
    number = row_number(UndoForm().change.data or "")
    with back_to(back), transaction():
        if number is None:
            raise authorities.CannotUndo("There is no such change of these dates.")
        authorities.undo(here, number, who=who(), now=clock.now())
    flash("Undone. The dates are as they were before.")
    return redirect(back, 303)


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
        change=authorities.newest_change(here),
        kinds=term_files.KINDS,
        words=term_words,
        schools=authorities.schools_in_register([here.la_code]).get(here.la_code, 0),
    )


def _look(here: Authority, read: TermsRead, sent: FileLines) -> str:
    years: dict[int, list[TermLine]] = {}
    for line in sorted(read.new, key=lambda line: (line.first, not line.is_term)):
        years.setdefault(year_of(line.last), []).append(line)
    return render_template(
        "coordinator/term_dates_preview.html",
        authority=here,
        read=read,
        years=sorted(years.items()),
        text=sent.text,
        passed_over=sent.passed_over,
        words=term_words,
    )


def _sent(form: TermDatesForm) -> FileLines:
    """The pasted lines, and under them those of the file, which needs no line of column names."""
    pasted = str(form.lines.data)
    if not form.file.data:
        return FileLines(text=pasted)
    of_file = term_files.lines_of(form.file.data.read(workbooks.MOST_BYTES + 1))
    return FileLines(text=f"{pasted}\n{of_file.text}".lstrip("\n"), passed_over=of_file.passed_over)


def _authority(la_code: str) -> Authority:
    return authorities.get(g.partnership.id, la_code)
