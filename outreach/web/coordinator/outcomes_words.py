"""Words and marks of the outcomes page: the headline, and every figure as it stands there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from outreach.ground.wording import capfirst, count, day_short, number
from outreach.outcomes import figure_words
from outreach.outcomes.figure_words import (
    NAMES,
    change_interval,
    change_said,
    interval_said,
    no_interval,
    percent,
    points,
    rate_alone,
    rate_said,
    share_said,
)
from outreach.outcomes.figure_words import WHEN as WHEN
from outreach.outcomes.figure_words import evidence as evidence
from outreach.outcomes.findings import (
    HIDDEN,
    NOTHING,
    ChangeFigure,
    Findings,
    Row,
    SameMonths,
    WaveFigure,
)
from outreach.outcomes.item_figures import DISTRICT, QUARTER, SCHOOL_TYPE, WAVES, YEAR_GROUP
from outreach.outcomes.items import SCALE, QuestionItem
from outreach.outcomes.wave_changes import AFTER, BEFORE, LATER

SHAPES = {BEFORE: "ring", AFTER: "disc", LATER: "diamond"}
TABLES = {DISTRICT: "District", QUARTER: "Quarter", YEAR_GROUP: "Year group", SCHOOL_TYPE: "Type of school"}

HOW = (
    "Share: who said ‘yes, definitely’ or ‘yes, I think so’, or chose what is right.",
    "Each school counts alike, with the mean of its performances, however many answered. A performance counts in a "
    "wave with 10 answers or more.",
    "Change: the mean of each school’s own change, over its performances with both waves. So it can differ a little "
    "from one share less the other.",
    "Interval: mean ± t · s / √k, with s the standard deviation over k schools and t Student’s at 95% with k − 1 "
    "degrees of freedom. None under 10 schools, or where all are alike.",
    "The same months: months are weighted by n₁n₀ / (n₁ + n₀) schools; the interval leaves out one school at a "
    "time. None under 10 schools a side.",
    "Figures are renewed weekly, once three more schools are in, two weeks after a wave. One that could not be renewed "
    "without telling of few stays as it was.",
    "No figure knows of those who did not answer. If they differ, it is wrong by that, and no interval says so.",
    "What pupils know changes over a year by itself. ‘Before’ against ‘three months later’ holds that too.",
)
"""The estimator, as docs/outcomes.md has it at length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One figure on the axis from 0 to 100, with what stands beside it. `at` None: nothing is drawn."""

    name: str
    shape: str
    said: str
    interval: str = ""
    at: int | None = None
    low: int | None = None
    high: int | None = None
    change: str = ""
    answers: str = ""


def lead(found: Findings) -> str:
    """The change of the one primary question, before any chart."""
    assert found.first is not None
    return figure_words.lead(found.first.whole)


def of_what(found: Findings, title: str) -> str:
    """'‘Someone to Tell’, 33 performances, as of 19 January 2027.'"""
    assert found.first is not None and found.released_on is not None
    shows = count(max(figure.asked for figure in found.first.whole.waves.values()), "performance")
    return f"‘{title}’, {shows}, as of {day_short(found.released_on)}."


UP, DOWN, NOT_CLEAR = "clearly up", "clearly down", "not clear"


def _went(row: Row, kind: str) -> str:
    """How a question moved from before; '' without an interval."""
    change = row.changes[BEFORE, kind].change
    if change is None or change.low is None:
        return ""
    return (UP if change.difference > 0 else DOWN) if change.is_clear else NOT_CLEAR


def finding(found: Findings) -> str:
    """What the chart says of the primary question, over it."""
    assert found.first is not None
    said = [f"{went} {when}" for kind, when in WHEN.items() if (went := _went(found.first.whole, kind))]
    return f"Would know whom to tell: {', '.join(said)}" if said else "What pupils answered"


def others(found: Findings) -> str:
    """How the other questions moved, of those with an interval; '' where none has one."""
    rows = [one.whole for one in found.items[1:] if _went(one.whole, AFTER)]
    if not rows:
        return ""
    said = f"Of {count(len(rows), 'other question')}, {_tally(rows, AFTER)} straight after."
    if risen := [row for row in rows if _went(row, AFTER) == UP and _went(row, LATER)]:
        said += (
            f" Of {count(len(risen), 'that rose', 'that rose')}, {_tally(risen, LATER)} three months later."
        )
    return f"{said} One in twenty moves by chance."


def _tally(rows: Sequence[Row], kind: str) -> str:
    went = [_went(row, kind) for row in rows]
    return ", ".join(f"{went.count(word)} {word}" for word in (UP, DOWN, NOT_CLEAR))


def answers_said(figure: WaveFigure) -> str:
    return "" if figure.answers is None else number(figure.answers)


def shows_said(figure: WaveFigure) -> str:
    """'24 of 33', or '33' where every performance that was asked counts."""
    if figure.performances == figure.asked:
        return number(figure.asked)
    return f"{figure.performances:,} of {figure.asked:,}"


def under(figure: WaveFigure) -> str:
    """Under a share in a table: '(54 to 62), 9 of 12 shows, 1,210 answers, 28%, low'."""
    said = [interval_said(figure), "" if figure.answers is None else who_answered(figure)]
    return ", ".join(one for one in said if one)


def marks(row: Row) -> list[Mark]:
    """Before, after and three months later, as they are drawn and said."""
    return [_mark(kind, row) for kind in WAVES]


def _mark(kind: str, row: Row) -> Mark:
    figure, level = row.waves[kind], row.waves[kind].level
    return Mark(
        name=NAMES[kind],
        shape=SHAPES[kind],
        said=share_said(figure),
        interval=interval_said(figure),
        at=percent(level.mean) if level else None,
        low=percent(level.low) if level and level.low is not None else None,
        high=percent(level.high) if level and level.high is not None else None,
        change="" if kind == BEFORE else change_said(row.changes[BEFORE, kind]),
        answers=", ".join([shows_said(figure), answers_said(figure), rate_said(figure.rate)])
        if figure.answers
        else "",
    )


def month_marks(months: SameMonths) -> list[Mark]:
    """The two sides of the same months, each with who answered."""
    change = months.change.change
    assert change is not None
    return [
        Mark(
            name=name,
            shape=shape,
            said=f"{percent(share)}%",
            at=percent(share),
            answers=who_answered(months.sides[kind]),
        )
        for name, shape, share, kind in (
            ("Not yet reached", "square", change.first, BEFORE),
            ("Three months after", "diamond", change.second, LATER),
        )
    ]


def who_answered(figure: WaveFigure) -> str:
    """'9 of 12 shows, 1,210 answers, 28%, low'; 'answers hidden'."""
    shows = f"{shows_said(figure)} {'show' if figure.asked == 1 else 'shows'}"
    if figure.answers is None:
        return f"{shows}, answers hidden"
    return f"{shows}, {count(figure.answers, 'answer')}, {rate_said(figure.rate)}"


def months_said(months: SameMonths) -> tuple[str, str]:
    """What is said in bold, and what goes on."""
    figure, change = months.change, months.change.change
    if figure.status == NOTHING:
        return "", (
            "Nothing to compare yet. It takes answers three months after a show, and answers before a show in the same "
            "month at other schools."
        )
    if change is None:
        return "", "Hidden."
    if change.low is None or change.high is None:
        why = no_interval(change.schools, change.schools_a_side)
        bounds = f" ({why if ':' in why else 'no interval: under 10 schools on a side'})"
    else:
        bounds = change_interval(change)
    return capfirst(points(change)), (
        f"{bounds} than where the play had not been, over {count(change.schools, 'school')}."
    )


def hidden_means() -> str:
    """The one note on what is hidden; it never says why a figure is."""
    return (
        "Hidden: too few schools or answers, or answers nearly all alike, or another hidden figure could be worked out "
        "from it. All are in the figure of the programme, unless that is hidden too."
    )


CAVEAT = (
    "Schools were reached in an order that somebody chose, so part of it may be the schools. If those in need came "
    "first, it is too low; if keen schools came first, it is too high (by 3 to 11 points where that was simulated)."
)
"""What the comparison in the same months cannot know."""


def to_ask(found: Findings) -> str:
    """'9 performances to ask three months later, the next on 26 January 2027'; '' where none waits."""
    if not found.to_ask:
        return ""
    shows, first = count(len(found.to_ask), "performance"), day_short(found.to_ask[0])
    return f"{shows} to ask three months later, the next on {first}"


def nothing_yet(found: Findings) -> str:
    """Before the first answers: what will stand here, and when the first are asked."""
    what = (
        "How many would know whom to tell before the play, after it and three months later will stand here, "
        "from two weeks after the answers of three schools are in."
    )
    if found.next_show is None:
        return f"{what} No show with a code is to come."
    return f"{what} The first are asked by the show on {day_short(found.next_show)}."


def question(item: QuestionItem) -> str:
    """The words that pupils read; of what is true or false, that what is right is counted."""
    if item.kind == SCALE:
        return item.words
    return f"{item.words} ({'True' if item.right_answer else 'False'})"


def csv_title(found: Findings, title: str) -> str:
    day = f", as of {day_short(found.released_on)}" if found.released_on else ""
    return f"‘{title}’{day}. {hidden_means()}"


CSV_HEAD = [
    "By",
    "Row",
    "Question",
    "Wave",
    "Share, %",
    "From, %",
    "To, %",
    "Answers",
    "Performances counted",
    "Performances asked",
    "Schools",
    "Response rate, %",
    "Change from before, points",
    "Change from",
    "Change to",
    "Performances compared",
]


def csv_rows(found: Findings) -> Iterator[list[str | int]]:
    """A line for each wave of each row; the same figures as on the page, hidden where they are hidden there."""
    for one in found.items:
        yield from _csv_of("Programme", "", one.item, one.whole)
    if found.first is not None:
        for by, rows in found.rows.items():
            for row in rows:
                yield from _csv_of(TABLES[by], row.name, found.first.item, row)
        change = found.months.change.change
        figures = _change_cells(found.months.change)
        yield [
            "Programme",
            "",
            question(found.first.item),
            "Three months later against before in the same months",
            *[""] * 6,
            "" if change is None else change.schools,
            "",
            *figures,
        ]
        yield from _csv_of_months(found.first.item, found.months)


def _csv_of_months(item: QuestionItem, months: SameMonths) -> Iterator[list[str | int]]:
    if months.change.change is None:
        return
    for mark, (kind, side) in zip(month_marks(months), months.sides.items(), strict=True):
        yield [
            "Programme",
            "",
            question(item),
            f"{NAMES[kind]}, in the same months",
            mark.at if mark.at is not None else "",
            "",
            "",
            "hidden" if side.answers is None else side.answers,
            side.performances,
            side.asked,
            "",
            side.rate.percent if side.rate.percent is not None else rate_alone(side.rate),
            *[""] * 4,
        ]


def _csv_of(by: str, name: str, item: QuestionItem, row: Row) -> Iterator[list[str | int]]:
    for kind in WAVES:
        figure, level = row.waves[kind], row.waves[kind].level
        hidden = "hidden" if figure.status == HIDDEN else ""
        yield [
            by,
            name,
            question(item),
            NAMES[kind],
            percent(level.mean) if level else share_said(figure),
            percent(level.low) if level and level.low is not None else hidden,
            percent(level.high) if level and level.high is not None else hidden,
            figure.answers if figure.answers is not None else hidden,
            figure.performances,
            figure.asked,
            row.schools,
            figure.rate.percent if figure.rate.percent is not None else rate_alone(figure.rate),
            *(["", "", "", ""] if kind == BEFORE else _change_cells(row.changes[BEFORE, kind])),
        ]


def _change_cells(figure: ChangeFigure) -> list[str | int]:
    change = figure.change
    if change is None:
        return ["hidden" if figure.status == HIDDEN else "", "", "", ""]
    low, high = ("", "") if change.low is None or change.high is None else (change.low, change.high)
    return [
        round(100 * change.difference),
        *(round(100 * one) if isinstance(one, float) else one for one in (low, high)),
        change.performances,
    ]
