"""Reports to the board: the list, a report before it is published, publishing it, and the page that stays."""

from datetime import date
from functools import partial
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for

from outreach.coverage import gaps
from outreach.coverage.board import corrections, publishing, sheets
from outreach.coverage.board.content import Content
from outreach.coverage.board.publishing import AlreadyPublished, BoardReport
from outreach.coverage.lists import BODIES, NO_DISTRICT, NONE, SCHOOLS
from outreach.coverage.standings import NINE
from outreach.ground import audience, clock
from outreach.ground.db import transaction
from outreach.ground.errors import Refusal
from outreach.ground.row_numbers import row_number
from outreach.ground.timespans import day_of
from outreach.ground.typed_days import iso_day
from outreach.ground.wording import date_and_time, day_short
from outreach.post.feeds import tokens
from outreach.tour import programmes
from outreach.tour.programmes import Programme
from outreach.visits import board_dates
from outreach.visits.board_dates import BoardDate
from outreach.web import downloads, spoken
from outreach.web.coordinator import board_words
from outreach.web.coordinator.as_of import view
from outreach.web.coordinator.bars import bar_of
from outreach.web.gate import coordinator, coordinators_only, who
from outreach.web.refusals import refused


@coordinator.get("/reports")
@coordinators_only
def board_reports() -> Any:
    reports = publishing.of_partnership(g.partnership.id)
    told = {r.board_date_id: r for r in reports if r.board_date_id is not None}
    return render_template(
        "coordinator/board_reports.html",
        reports=reports,
        told=told,
        dates=board_dates.coming(g.partnership.id, today=day_of(clock.now())),
        any_programme=bool(programmes.of_partnership(g.partnership.id)),
        tokens=len(tokens.live(g.partnership.id)),
    )


@coordinator.get("/reports/new")
@coordinators_only
def board_draft() -> Any:
    """A report as it would be published now. Nothing is kept."""
    asked = view(g.partnership.id, clock.now())
    if asked.programme is None:
        return render_template("coordinator/coverage_none.html")
    day = asked.as_of if request.args.get("as_of") and not asked.wrong else None
    return _draft(
        asked.programme, day, asked.wrong.get("as_of", ""), asked.programmes, _for(request.args.get("for"))
    )


@coordinator.post("/reports/new")
@coordinators_only
def publish_report() -> Any:
    wanted = row_number(request.form.get("programme", "")) or abort(400)
    try:
        day = iso_day(request.form.get("as_of", ""))
    except ValueError:
        abort(400)
    if (no := refused()) is not None:
        found = programmes.of_partnership(g.partnership.id)
        return _draft(programmes.get(g.partnership.id, wanted), day, no.message, found, None)
    try:
        with transaction():
            programme = programmes.get(g.partnership.id, wanted)
            report = publishing.publish(
                programme, day, of=_for(request.form.get("for")), who=who(), now=clock.now()
            )
            report_id = report.id
    except AlreadyPublished as refusal:
        flash(refusal.message, "confirm")
        return redirect(url_for("coordinator.board_report", report_id=refusal.report_id), 303)
    flash("The report is published. It stays as it is; what is corrected later is shown beside it.", "done")
    return redirect(url_for("coordinator.board_report", report_id=report_id), 303)


@coordinator.get("/reports/<int:report_id>")
@coordinators_only
def board_report(report_id: int) -> Any:
    report = _report(report_id)
    spoken.of(report.programme)
    return render_template(
        "coordinator/board_report.html",
        report=report,
        since=corrections.since(report, now=clock.now()),
        today=day_of(clock.now()),
        **_shown(report.content, report.programme_id),
    )


@coordinator.get("/reports/<int:report_id>.csv")
@coordinators_only
def board_report_csv(report_id: int) -> Any:
    report = _report(report_id)
    rows = [*sheets.lines(report.content), [], ["Why there are gaps", "Schools"]]
    rows += [*sheets.causes(report.content), []]
    for _, head, lines in sheets.further(report.content):
        rows += [head, *lines, []]
    rows += [["Word", "Meaning"], *report.content["definitions"]]
    return downloads.csv_file(
        f"{_file(report)}.csv", _head(report), rows, notice=_title(report), end="the report"
    )


@coordinator.get("/reports/<int:report_id>.xlsx")
@coordinators_only
def board_report_xlsx(report_id: int) -> Any:
    report = _report(report_id)
    return downloads.workbook(
        f"{_file(report)}.xlsx",
        [
            ("Figures", _head(report), sheets.lines(report.content)),
            ("Why there are gaps", ["Cause", "Schools"], sheets.causes(report.content)),
            *sheets.further(report.content),
            (
                "Definitions",
                ["Word", "Meaning"],
                [["Report", _title(report)], *report.content["definitions"]],
            ),
        ],
        end="the report",
    )


def _draft(
    programme: Programme, day: date | None, wrong: str, found: list[Programme], of: BoardDate | None
) -> Any:
    """The form, and under it the report of a day that can be reported."""
    draft = None
    published: int | None = None
    if day is not None and not wrong:
        try:
            draft = publishing.draft(programme, day, now=clock.now())
        except AlreadyPublished as refusal:
            wrong, published = refusal.message, refusal.report_id
        except Refusal as refusal:
            wrong = refusal.message
    shown = _shown(draft.content, programme.id) | {"given_away": draft.given_away} if draft else {}
    return render_template(
        "coordinator/board_draft.html",
        programme=programme,
        programmes=found,
        day=day,
        wrong=wrong,
        published=published,
        of=of,
        **shown,
    ), 422 if wrong else 200


def _shown(content: Content, programme_id: int) -> dict[str, Any]:
    """What the report's own template needs."""

    both = content.get("bodies") is not None

    def everyone(**filters: Any) -> str:
        """The list behind a number, as of the report's day: it holds what was recorded by then, and stays."""
        words = {"programme": programme_id, "as_of": content["as_of"]} | filters
        return url_for("coordinator.schools", **words)

    def schools(**filters: Any) -> str:
        return everyone(**({"who": SCHOOLS} if both else {}), **filters)

    def bodies(**filters: Any) -> str:
        return everyone(who=BODIES, **filters)

    def of_row(table: str, row: dict[str, Any], **filters: Any) -> str:
        if table == "all":
            return schools(**filters)
        missing = NO_DISTRICT if table == "district" else NONE
        return schools(**{table: row["key"] or missing}, **filters)

    def of_body(table: str, row: dict[str, Any], **filters: Any) -> str:
        """The same of bodies; what they are stands among the phases."""
        if table == "all":
            return bodies(**filters)
        return bodies(
            **({"phase": row["key"]} if table == "kind" else {"district": row["key"] or NO_DISTRICT}),
            **filters,
        )

    def of_half(half: dict[str, Any], **filters: Any) -> str:
        return everyone(programme=half["programme"], who=half["who"], **filters)

    return {
        "said": content,
        "on": iso_day(content["as_of"]),
        "target_on": iso_day(content["target_as_of"]),
        "everyone": everyone,
        "schools": schools,
        "bodies": bodies,
        "of_row": of_row,
        "of_body": of_body,
        "halves": board_words.halves(content, of_half),
        "halves_title": board_words.halves_title(content),
        "cells_of_bodies": board_words.cells_of_bodies(content),
        "concerns_by_district": sheets.concerns_by_district(content),
        "nine": NINE,
        "named": partial(gaps.named, for_adults=content["for_adults"]),
        "bar_of": bar_of,
        "off_paper": {
            table["key"]: board_words.off_paper(table)
            for table in (
                *content["tables"],
                *content.get("places", ()),
                *board_words.tables_of_bodies(content),
            )
        },
        "off_paper_said": board_words.off_paper_said,
        "helped_said": board_words.helped_said(content),
        "marks": board_words.marks(content),
    }


def _for(text: str | None) -> BoardDate | None:
    """The date of the board that a report is for, if one is named that stands."""
    number = row_number(text or "")
    if number is None:
        return None
    try:
        return board_dates.get(g.partnership.id, number)
    except Refusal:
        return None


def _report(report_id: int) -> BoardReport:
    return publishing.get(g.partnership.id, report_id)


def _title(report: BoardReport) -> str:
    said = report.content
    return (
        f"{said['partnership']}: ‘{said['title']}’, report {report.number} of {said['academic_year']}, as of "
        f"{day_short(report.as_of)}, published {date_and_time(report.published_at)}. Counts of people "
        f"under 5 are hidden, and what would give them away: a hidden count need not be small."
    )


def _head(report: BoardReport) -> list[str]:
    return audience.head_of(sheets.HEAD, for_adults=report.content["for_adults"])


def _file(report: BoardReport) -> str:
    return f"board-report-{report.programme_id}-{report.as_of.isoformat()}"
