"""Words of the outcomes page: what is said of figures that are shown, hidden, beyond, low, or not there."""

from dataclasses import replace
from datetime import date

import pytest

from outreach.outcomes.findings import (
    HIDDEN,
    NOTHING,
    OVER,
    SHOWN,
    UNDER,
    ChangeFigure,
    Findings,
    ItemFindings,
    Rate,
    Row,
    SameMonths,
    WaveFigure,
)
from outreach.outcomes.items import QuestionItem
from outreach.outcomes.wave_changes import AFTER, BEFORE, LATER, Change, Level
from outreach.web.coordinator import outcomes_words as words

TELL = QuestionItem(id=1, words="I would know who to tell.", kind="scale", whom_to_tell=True)
GIFTS = QuestionItem(id=2, words="Gifts are always kind.", kind="true or false", right_answer=0)


def level(mean: float, half: float | None = 0.04, schools: int = 30) -> Level:
    low, high = (None, None) if half is None else (mean - half, mean + half)
    return Level(mean=mean, low=low, high=high, performances=33, schools=schools, answers=1210)


def wave(
    mean: float | None = 0.58, *, status: str = SHOWN, rate: int | str = 71, performances: int = 33
) -> WaveFigure:
    said = Rate(status=SHOWN, percent=rate) if isinstance(rate, int) else Rate(status=rate)
    shown = status == SHOWN and mean is not None
    return WaveFigure(
        status=status,
        rate=said,
        performances=performances,
        asked=33,
        schools=30,
        answers=None if status in (HIDDEN, NOTHING) else 1210,
        level=level(mean) if shown and mean is not None else None,
    )


def change(
    difference: float = 0.26, half: float | None = 0.04, performances: int = 24, schools: int = 20
) -> ChangeFigure:
    return ChangeFigure(
        status=SHOWN,
        change=Change(
            first=0.5,
            second=0.5 + difference,
            difference=difference,
            low=None if half is None else difference - half,
            high=None if half is None else difference + half,
            performances=performances,
            schools=schools,
            schools_a_side=schools,
            answers=999,
        ),
    )


NO_CHANGE = ChangeFigure(status=NOTHING)


def same_months(figure: ChangeFigure) -> SameMonths:
    later = wave(rate=28, performances=24)
    return SameMonths(change=figure, sides={BEFORE: wave(), LATER: later} if figure.change else {})


def findings(
    before: WaveFigure | None = None,
    after: WaveFigure | None = None,
    later: WaveFigure | None = None,
    *,
    rise: ChangeFigure | None = None,
    lasts: ChangeFigure | None = None,
    months: SameMonths | None = None,
) -> Findings:
    whole = Row(
        key="",
        name="",
        schools=30,
        waves={
            BEFORE: before or wave(0.58),
            AFTER: after or wave(0.84),
            LATER: later or wave(0.77),
        },
        changes={(BEFORE, AFTER): rise or change(), (BEFORE, LATER): lasts or change(0.19)},
    )
    return Findings(
        items=[ItemFindings(item=TELL, whole=whole)],
        released_on=date(2027, 1, 19),
        months=months or same_months(NO_CHANGE),
    )


NOT_YET = wave(None, status=NOTHING, performances=0)
KEPT = wave(None, status=HIDDEN, rate=HIDDEN)


TOO_FEW = "too few to say whether more would know whom to tell."
BEYOND = wave(None, status=OVER)
UNSHOWN = ChangeFigure(status=HIDDEN)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            findings(),
            "Of pupils who answered at 20 schools, 76% would know whom to tell straight after, up from 50%: between 22 and "
            "30 points more.",
        ),
        (
            findings(rise=change(-0.1)),
            "Of pupils who answered at 20 schools, 40% would know whom to tell straight after, down from 50%: between 6 "
            "and 14 points less.",
        ),
        (
            findings(rise=change(0.01)),
            "Of pupils who answered at 20 schools, no clear change: 51% would know whom to tell straight after, 50% "
            "before; between 3 points less and 5 points more.",
        ),
        (
            findings(rise=change(half=None)),
            "Of pupils who answered at 20 schools, 76% would know whom to tell straight after, 50% before; all 20 schools "
            "alike: no interval.",
        ),
        (findings(rise=change(half=None, schools=9)), f"Only 9 schools can be compared, {TOO_FEW}"),
        (findings(before=wave(rate=29)), f"Under 30% of pupils answered, {TOO_FEW}"),
        (findings(after=wave(rate=UNDER)), f"Under 30% of pupils answered, {TOO_FEW}"),
        (
            findings(after=wave(rate=HIDDEN)),
            "How many of the pupils answered is hidden, so no change is said.",
        ),
        (
            findings(after=replace(BEYOND, schools=9), rise=UNSHOWN),
            "Of pupils who answered at 9 schools, over 95% would know whom to tell straight after.",
        ),
        (
            findings(after=wave(None, status=OVER, rate=28), rise=UNSHOWN),
            "Of pupils who answered at 30 schools, over 95% would know whom to tell straight after; under 30% of pupils "
            "answered.",
        ),
        (
            findings(after=BEYOND, rise=UNSHOWN),
            "Of pupils who answered at 30 schools, over 95% would know whom to tell straight after.",
        ),
        (findings(after=KEPT, rise=UNSHOWN), ""),
        (
            findings(before=BEYOND, rise=UNSHOWN),
            "Of pupils who answered at 30 schools, over 95% would know whom to tell before.",
        ),
        (findings(after=NOT_YET, rise=NO_CHANGE), ""),
    ],
)
def test_the_lead_is_the_change_of_the_same_schools_with_its_interval_in_words(
    found: Findings, said: str
) -> None:
    assert words.lead(found) == said
    assert words.of_what(found, "Someone to Tell") == (
        "‘Someone to Tell’, 33 performances, as of 19 January 2027."
    )


MONTHS = same_months(change(0.2))
SAME_DAY = "Straight after is the same day: what was just heard. Three months later "


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (findings(after=NOT_YET, later=NOT_YET), None),
        (findings(), "is described, not tested."),
        (findings(months=same_months(ChangeFigure(status=HIDDEN))), "is described, not tested."),
        (findings(months=same_months(change(half=None))), "is described, not tested."),
        (findings(later=wave(rate=28), months=MONTHS), "is described, not tested."),
        (findings(before=wave(rate=UNDER), months=MONTHS), "is described, not tested."),
        (findings(later=wave(rate=HIDDEN), months=MONTHS), "is described, not tested."),
        (
            findings(months=MONTHS),
            "is suggestive: more would know than at schools not yet reached in the same months.",
        ),
        (
            findings(months=same_months(change(-0.2))),
            "is suggestive: fewer would know than at schools not yet reached in the same months.",
        ),
        (
            findings(months=same_months(change(0.01))),
            "shows no clear change beside schools not yet reached in the same months.",
        ),
        (findings(later=NOT_YET, months=MONTHS), "is not asked yet."),
    ],
)
def test_it_is_suggestive_at_best_and_that_in_the_same_months_alone(
    found: Findings, said: str | None
) -> None:
    expected = (
        "Straight after is not asked yet. Three months later is not asked yet."
        if said is None
        else SAME_DAY + said
    )
    assert words.evidence(found) == expected


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (findings(), "clearly up straight after, clearly up three months later"),
        (findings(lasts=NO_CHANGE), "clearly up straight after"),
        (
            findings(rise=change(-0.2), lasts=change(0.01)),
            "clearly down straight after, not clear three months later",
        ),
        (findings(rise=change(half=None), lasts=NO_CHANGE), None),
    ],
)
def test_the_heading_speaks_of_the_primary_question(found: Findings, said: str | None) -> None:
    assert words.finding(found) == (f"Would know whom to tell: {said}" if said else "What pupils answered")


def test_the_other_questions_are_counted_up_down_and_not_clear() -> None:
    moved = [(0.2, 0.03), (0.2, -0.2), (0.2, 0.2), (-0.2, 0.2), (0.01, 0.2)]
    rows = [findings(rise=change(a), lasts=change(b, 0.05)).items[0].whole for a, b in moved]
    rows.append(findings(rise=change(half=None)).items[0].whole)
    found = findings()
    assert words.others(found) == ""
    found.items.extend(ItemFindings(item=GIFTS, whole=row) for row in rows)
    assert words.others(found) == (
        "Of 5 other questions, 3 clearly up, 1 clearly down, 1 not clear straight after. Of 3 that rose, 1 clearly up, 1 "
        "clearly down, 1 not clear three months later. One in twenty moves by chance."
    )
    assert "Every" not in words.finding(found)


def test_a_mark_has_a_shape_of_its_own_and_its_figures_in_words() -> None:
    found = findings(later=wave(rate=28)).first
    assert found is not None
    before, after, later = words.marks(found.whole)
    assert [one.shape for one in (before, after, later)] == ["ring", "disc", "diamond"]
    assert (after.said, after.interval, after.at, after.low, after.high) == ("84%", "(80 to 88)", 84, 80, 88)
    assert before.answers == "33, 1,210, 71%"
    assert later.answers == "33, 1,210, 28%, low"


def test_what_is_hidden_beyond_or_not_there_is_never_blank_and_has_no_number() -> None:
    found = findings(
        KEPT, wave(None, status=UNDER, rate=OVER), NOT_YET, rise=ChangeFigure(status=HIDDEN)
    ).first
    assert found is not None
    before, after, later = words.marks(found.whole)
    assert [(m.said, m.at, m.low, m.interval) for m in (before, after, later)] == [
        ("hidden", None, None, ""),
        ("under 5%", None, None, ""),
        ("no answers yet", None, None, ""),
    ]
    assert (before.answers, after.answers, later.answers) == ("", "33, 1,210, over 95%", "")
    assert after.change == "hidden"
    assert words.under(found.whole.waves[BEFORE]) == ""


def test_no_interval_is_said_and_points_have_signs() -> None:
    assert words.change_said(change(half=None, schools=9)) == "+26 (no interval)"
    assert words.change_said(change(half=None)) == "+26 (all 20 schools alike: no interval)"
    assert words.change_said(change(-0.03, 0.05)) == "−3 (−8 to 2)"
    assert words.change_said(change(0.001)) == "0 (−4 to 4)"
    assert words.change_said(NO_CHANGE) == ""
    without = WaveFigure(
        status=SHOWN,
        rate=Rate(status=HIDDEN),
        performances=9,
        asked=12,
        answers=94,
        level=level(0.76, None, schools=9),
    )
    assert words.under(without) == "no interval, 9 of 12 shows, 94 answers, hidden"
    assert words.shows_said(without) == "9 of 12" and words.shows_said(wave()) == "33"


def test_bounds_beyond_none_and_all_are_drawn_on_the_axis() -> None:
    assert words.interval_said(wave(0.94)) == "(90 to 98)"
    assert words.percent(1.02) == 100 and words.percent(-0.01) == 0


def test_the_same_months_say_how_much_more_than_where_the_play_had_not_been() -> None:
    def said(figure: ChangeFigure) -> tuple[str, str]:
        return words.months_said(same_months(figure))

    assert said(change(0.24, 0.05)) == (
        "24 points more",
        " (19 to 29) than where the play had not been, over 20 schools.",
    )
    assert said(change(-0.01))[0] == "1 point less"
    assert said(change(0.0))[0] == "No more"
    assert said(change(half=None, schools=9))[1].startswith(" (no interval: under 10 schools on a side) than")
    assert said(change(half=None))[1].startswith(" (all 20 schools alike: no interval) than")
    assert said(ChangeFigure(status=HIDDEN)) == ("", "Hidden.")
    assert said(NO_CHANGE)[1].startswith("Nothing to compare yet.")


def test_the_same_months_say_who_answered_beside_each_side() -> None:
    assert [(m.name, m.shape, m.said, m.answers) for m in words.month_marks(MONTHS)] == [
        ("Not yet reached", "square", "50%", "33 shows, 1,210 answers, 71%"),
        ("Three months after", "diamond", "70%", "24 of 33 shows, 1,210 answers, 28%, low"),
    ]
    kept = SameMonths(change=MONTHS.change, sides={BEFORE: KEPT, LATER: wave()})
    assert words.month_marks(kept)[0].answers == "33 shows, answers hidden"
    lines = list(words.csv_rows(findings(months=kept)))[-2:]
    assert [line[3:] for line in lines] == [
        ["Before, in the same months", 50, "", "", "hidden", 33, 33, "", "hidden", "", "", "", ""],
        ["Three months later, in the same months", 70, "", "", 1210, 33, 33, "", 71, "", "", "", ""],
    ]


def test_what_waits_and_what_will_stand_here() -> None:
    waits = Findings(items=[], to_ask=[date(2027, 1, 26)] * 9, next_show=date(2027, 3, 9))
    assert words.to_ask(waits) == "9 performances to ask three months later, the next on 26 January 2027"
    assert words.to_ask(findings()) == ""
    assert words.nothing_yet(waits).endswith(
        "three schools are in. The first are asked by the show on 9 March 2027."
    )
    assert words.nothing_yet(Findings(items=[])).endswith("No show with a code is to come.")


def test_of_true_or_false_it_is_said_what_is_right() -> None:
    assert words.question(GIFTS) == "Gifts are always kind. (False)"
    assert words.question(TELL) == TELL.words


def test_the_file_has_what_the_page_has_and_hides_what_it_hides() -> None:
    found = findings(KEPT, wave(0.84, rate=28), wave(None, status=OVER), rise=ChangeFigure(status=HIDDEN))
    rows = list(words.csv_rows(found))
    assert {len(row) for row in rows} == {len(words.CSV_HEAD)}
    assert rows[0][4:8] == ["hidden"] * 4 and rows[0][11] == "hidden"
    assert rows[1][4:8] == [84, 80, 88, 1210] and rows[1][11:] == [28, "hidden", "", "", ""]
    assert rows[2][4:8] == ["over 95%", "", "", 1210] and rows[2][12:] == [19, 15, 23, 24]
