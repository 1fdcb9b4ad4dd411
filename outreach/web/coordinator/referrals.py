"""Referrals before and after districts were reached; and the numbers behind them, typed or brought in."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for

from outreach.ground import clock, workbooks
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.timespans import day_of
from outreach.ground.typed_days import Which, written
from outreach.ground.wording import day_short
from outreach.outcomes.referrals import before_and_after, district_numbers, drawn, number_lines, releases
from outreach.outcomes.referrals.district_numbers import REFERRALS, RESIDENTS, Compared, Numbers
from outreach.outcomes.referrals.number_lines import LONGEST_PASTED, LinesWrong, ReadNumbers
from outreach.web import downloads, forms
from outreach.web.coordinator import referrals_words
from outreach.web.fields import given
from outreach.web.gate import coordinator, coordinators_only, programme_in_hand, the_programme, who
from outreach.web.refusals import back_to, status


class PercentForm(forms.Form):
    percent = forms.number(
        "Percent of target pupils", required="Enter a percentage from 1 to 100.", at_least=1, at_most=100
    )


class NumbersForm(forms.Form):
    """Numbers of districts: typed for one month, pasted or in a file; all that is given is looked at together."""

    period = forms.text("Month", at_most=40)
    kind = forms.text("Kind of referral", at_most=number_lines.LONGEST_KIND)
    lines = forms.lines("Or paste lines", at_most=LONGEST_PASTED)
    file = forms.upload("Or a file", hint="CSV or Excel")
    source = forms.remark(
        "Where do these numbers come from?", required="Say where these numbers come from.", at_most=200
    )
    source_date = forms.day(
        "As of which day?",
        required="Enter the day of the source.",
        hint="Like 2 Nov or last Monday.",
        which=Which.LAST,
    )
    problems: tuple[str, ...] = ()
    """What is wrong with single lines."""

    def refuse(self, refusal: Refusal) -> None:
        super().refuse(refusal)
        if isinstance(refusal, LinesWrong):
            self.problems = refusal.problems

    def typed(self, districts: dict[str, str]) -> Iterator[tuple[str, str]]:
        """The numbers that stand in the boxes of districts: the district's name, and a line."""
        for code, name in districts.items():
            if number := _in_box(code):
                parts = [code, *([self.kind.data] if self.kind else []), self.period.data, number]
                yield name, "\t".join(" ".join(str(part or "").split()) for part in parts)


@dataclass(frozen=True, kw_only=True)
class _Looked:
    """What a form's numbers would do."""

    read: ReadNumbers
    done: Compared
    text: str


@coordinator.get("/referrals")
@coordinators_only
def referrals() -> Any:
    """Of the programme in hand, all kinds together or the one that ?kind= names."""
    return _page(PercentForm(formdata=None))


@coordinator.post("/referrals")
@coordinators_only
def reached_percent() -> Any:
    """With which percent of its target pupils a district is reached."""
    the_programme()
    form = PercentForm()
    if form.validate_on_submit():
        with transaction():
            district_numbers.set_percent(g.partnership, given(form.percent.data), who=who(), now=clock.now())
        flash(referrals_words.reached_means(given(form.percent.data)), "done")
        return redirect(url_for("coordinator.referrals", programme=request.args.get("programme")), 303)
    return _page(form), status()


def _page(form: PercentForm) -> str:
    programme = programme_in_hand()
    if programme is None:
        return render_template("coordinator/referrals_none.html")
    found = before_and_after.of_programme(programme, now=clock.now())
    kind = request.args.get("kind", "")
    kind = kind if kind in found.kinds else before_and_after.ALL_KINDS
    highest = drawn.height_of(line.views[kind] for line in found.lines)
    if not form.is_submitted():
        form.percent.data = found.percent
    return render_template(
        "coordinator/referrals.html",
        programme=programme,
        found=found,
        to_release=_to_release(),
        kind=kind,
        pictures={line.key: drawn.draw(line, line.views[kind], highest) for line in found.lines},
        drawn=drawn,
        form=form,
        words=referrals_words,
    )


@coordinator.get("/referrals.csv")
@coordinators_only
def referrals_csv() -> Any:
    programme, now = the_programme(), clock.now()
    found = before_and_after.of_programme(programme, now=now)
    title = f"‘{programme.title}’, as recorded by {day_short(now)}. {referrals_words.HIDING}"
    rows: list[list[Any]] = [referrals_words.CSV_HEAD, *referrals_words.csv_rows(found)]
    return downloads.csv_file(f"referrals-{programme.id}.csv", (), rows, notice=title, end="the referrals")


@coordinator.route("/referrals/numbers/<about>", methods=["GET", "POST"])
@coordinators_only
def referral_numbers(about: str) -> Any:
    """Counts of referrals, or residents. What is typed, pasted or sent in is looked at first; the look's own button
    takes it in."""
    if about not in (REFERRALS, RESIDENTS):
        abort(404)
    form, districts = NumbersForm(), district_numbers.districts_of(g.partnership.id)
    if "lines_read" in g:
        form.lines.data = g.lines_read
    if about == RESIDENTS:
        del form.kind
        form.period.label.text = "Year of the estimate"
    if form.validate_on_submit() and request.form.get("deed") != "change":
        looked = _look(form, about, districts)
        if request.form.get("deed") != "take":
            return render_template(
                "coordinator/district_numbers_preview.html",
                about=about,
                looked=looked,
                source=form.source.data,
                source_date=written(given(form.source_date.data)),
                districts=districts,
                fingerprint=district_numbers.fingerprint(looked.done),
                words=referrals_words,
            )
        with transaction():
            done = district_numbers.take_in(
                g.partnership,
                about,
                looked.read.numbers,
                source=form.source.data,
                source_date=given(form.source_date.data),
                as_shown=request.form.get("shown", ""),
                who=who(),
                now=clock.now(),
            )
        flash(referrals_words.taken(done), "done")
        return redirect(url_for("coordinator.referral_numbers", about=about), 303)
    page = render_template(
        "coordinator/district_numbers.html",
        about=about,
        other=RESIDENTS if about == REFERRALS else REFERRALS,
        form=form,
        problems=form.problems,
        typed={code: _in_box(code) for code in districts},
        districts=districts,
        kinds=_kinds(district_numbers.standing(g.partnership.id)),
        entries=district_numbers.entries(g.partnership.id, about),
        to_release=_to_release() if about == REFERRALS else "",
        words=referrals_words,
    )
    return page, status()


@coordinator.route("/referrals/release", methods=["GET", "POST"])
@coordinators_only
def release_referrals() -> Any:
    """What a release would say, district by district; the page's own button lets it out."""
    if request.method == "POST":
        with back_to(url_for("coordinator.release_referrals")), transaction():
            made = releases.release(
                g.partnership, as_shown=request.form.get("shown", ""), who=who(), now=clock.now()
            )
        flash(referrals_words.released(made), "done")
        return redirect(url_for("coordinator.referrals"), 303)
    earlier = releases.newest(g.partnership.id)
    return render_template(
        "coordinator/referrals_release.html",
        earlier=earlier,
        cut=releases.cut_today(g.partnership.id, earlier, now=clock.now()),
        fingerprint=releases.fingerprint,
        districts=district_numbers.districts_of(g.partnership.id),
        words=referrals_words,
    )


def _to_release() -> str:
    cut = releases.cut_today(g.partnership.id, releases.newest(g.partnership.id), now=clock.now())
    return referrals_words.to_release(cut)


@coordinator.get("/referrals/numbers/<about>.csv")
@coordinators_only
def referral_numbers_csv(about: str) -> Any:
    """Every number with its source, those that were corrected too. For coordinators: small counts stand in it."""
    if about not in (REFERRALS, RESIDENTS):
        abort(404)
    districts = district_numbers.districts_of(g.partnership.id)
    rows = district_numbers.with_sources(g.partnership.id, about)
    told: list[list[Any]] = [
        referrals_words.NUMBERS_HEAD,
        *(referrals_words.numbers_row(row, districts) for row in rows),
    ]
    return downloads.csv_file(
        f"{about}.csv", (), told, notice=referrals_words.NOT_TO_PUBLISH, end="the numbers"
    )


@coordinator.post("/referrals/entries/<int(max=2147483647):entry_id>/undo")
@coordinators_only
def undo_numbers(entry_id: int) -> Any:
    """What an entry brought goes, and what it replaced stands again."""
    about = district_numbers.entry_of(entry_id, partnership_id=g.partnership.id).about
    back = url_for("coordinator.referral_numbers", about=about)
    with back_to(back), transaction():
        district_numbers.undo(entry_id, partnership_id=g.partnership.id, who=who(), now=clock.now())
    flash("Undone. The numbers are as they were before.", "done")
    return redirect(back, 303)


def _look(form: NumbersForm, about: str, districts: dict[str, str]) -> _Looked:
    """Raises LinesWrong and, of a file, CannotRead."""
    text, stands = str(form.lines.data or ""), district_numbers.standing(g.partnership.id)
    if form.file.data:
        of_file = number_lines.lines_of(form.file.data.read(workbooks.MOST_BYTES + 1))
        text = f"{text}\n{of_file}" if text.strip() else of_file
        g.lines_read = text  # shown again, the page has them to be put right
    read = number_lines.read(
        text,
        about,
        districts,
        kinds=_kinds(stands),
        today=day_of(clock.now()),
        also=form.typed(districts),
    )
    return _Looked(
        read=read,
        done=district_numbers.compare(read.numbers, stands),
        text=number_lines.written(read.numbers, districts),
    )


def _kinds(stands: Numbers) -> list[str]:
    return sorted({cell.kind for cell in stands if cell.kind}, key=str.casefold)


def _in_box(code: str) -> str:
    return request.form.get(f"number-{code}", "").strip()[:20]
