"""Lines of numbers as people paste and send them: read as they are meant, or told in a sentence."""

from datetime import date

import pytest

from outreach.outcomes.referrals import number_lines
from outreach.outcomes.referrals.district_numbers import NO_KIND, REFERRALS, RESIDENTS, Cell
from outreach.outcomes.referrals.number_lines import LinesWrong, month_said

DISTRICTS = {"E07000001": "Kestermere", "E07000002": "North Marl", "E07000003": "Saxby Downs"}
TODAY = date(2027, 1, 19)
CSE, CCE = "child sexual exploitation", "Child Criminal Exploitation"


def counts(text: str, **given: object) -> dict[Cell, int]:
    return number_lines.read(text, REFERRALS, DISTRICTS, today=TODAY, **given).numbers  # type: ignore[arg-type]


def residents(text: str) -> number_lines.ReadNumbers:
    return number_lines.read(text, RESIDENTS, DISTRICTS, today=TODAY)


def told(text: str, of: str = REFERRALS) -> tuple[str, ...]:
    with pytest.raises(LinesWrong) as wrong:
        number_lines.read(text, of, DISTRICTS, today=TODAY)
    return wrong.value.problems


KESTERMERE = Cell(district_code="E07000001", kind=CSE, period=202609)


@pytest.mark.parametrize(
    "text",
    [
        f"Kestermere, {CSE}, Sept 2026, 8",
        f"KESTERMERE\t{CSE}\t2026-09\t8",
        f"E07000001; {CSE}; 1 September 2026; 8",
        f"District,Kind,Month,Number\nKestermere,{CSE},09/2026,8",
        f"Referrals of 2026\n\nMonth,Referrals,Area,Type of concern\nSep-26,8,kestermere,{CSE}",
        f"LAD23CD;LAD23NM;Category;Date;Count\nE07000001;Kestermere;{CSE};01/09/2026;8.0",
        f"District\tKind\tSept 2026\nKestermere\t{CSE}\t8",
    ],
)
def test_a_number_is_read_in_the_ways_it_is_written(text: str) -> None:
    assert counts(text) == {KESTERMERE: 8}


def test_a_column_for_each_month() -> None:
    found = counts(
        f"District,Kind,Sept 2026,Oct 2026,Nov 2026\nKestermere,{CSE},8,,11\nNorth Marl,{CSE},0,1,2"
    )
    assert [(c.district_code[-1], c.period, n) for c, n in found.items()] == [
        ("1", 202609, 8),
        ("1", 202611, 11),
        ("2", 202609, 0),
        ("2", 202610, 1),
        ("2", 202611, 2),
    ]


def test_the_spelling_of_a_kind_that_is_known_holds() -> None:
    found = counts(f"Kestermere, {CCE}, Sept 2026, 8", kinds=["child criminal exploitation"])
    assert [c.kind for c in found] == ["child criminal exploitation"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f"Kestermer, {CSE}, Sept 2026, 8", "‘Kestermer’ is no district of yours. Did you mean Kestermere?"),
        (f"Kestermere, {CSE}, soon, 8", "‘soon’ is no month. Write it like Sept 2026."),
        (f"Kestermere, {CSE}, Jan 2027, 8", "that month is not over yet."),
        (f"Kestermere, {CSE}, Sept 2026, eight", "‘eight’ is no whole number."),
        (f"Kestermere, {CSE}, Sept 2026, -8", "‘-8’ is no whole number."),
        (f"Kestermere, {CSE}, Sept 2026, <5", "Give the true number; nothing under 5 is shown on the page."),
        ("Kestermere, Sept 2026, 8", "it needs"),
        (f"Kestermere, {CSE}, Sept 2026, 1,024", "Write numbers without commas."),
    ],
)
def test_what_is_wrong_is_told_by_line(line: str, why: str) -> None:
    (problem,) = told(f"North Marl, {CSE}, Sept 2026, 5\n\n{line}")
    assert problem.startswith(f"Line 3, ‘{line.split(',')[0]}") and why in problem


def test_two_lines_that_contradict_each_other() -> None:
    same = f"Kestermere, {CSE}, Sept 2026, 8"
    assert counts(f"{same}\n{same}") == {KESTERMERE: 8}
    (problem,) = told(f"{same}\n{same[:-1]}9")
    assert "Line 2" in problem and "line 1 says 8 of the same" in problem


def test_many_problems_are_told_as_many_and_nothing_to_read_as_nothing() -> None:
    lines = "\n".join(f"Nowhere, {CSE}, Sept 2026, {n}" for n in range(30))
    problems = told(lines)
    assert len(problems) == 21 and problems[-1] == "10 more lines are wrong."
    assert told("District, Kind, Month, Number") == (
        "There is no number in these lines. Write them like: Fenwold, child criminal exploitation, Sept 2026, 8.",
    )


def test_residents_by_year_and_the_official_file_by_age() -> None:
    kestermere = Cell(district_code="E07000001", kind=NO_KIND, period=2025)
    assert residents("Kestermere, 2025, 9840").numbers == {kestermere: 9840}
    assert residents('Area code,Year,Population\nE07000001,Mid-2025,"9,840"').numbers == {kestermere: 9840}
    ages = ",".join(str(age) for age in range(91))
    ours, other = (",".join(["1000"] * 91) for _ in range(2))
    found = residents(
        f"Mid-year estimates\nCode,Name,Year,All ages,{ages}\n"
        f"E07000001,Kestermere,2025,91000,{ours}\nE07000099,Elsewhere,2025,91000,{other}"
    )
    assert found.numbers == {kestermere: 8000}, "ages 10 to 17 alone"
    assert found.elsewhere == 1


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("Kestermere, last year, 9840", "it needs the year of the estimate"),
        ("Kestermere, 2040, 9840", "2040 is no year of an estimate."),
        ("Kestermere, 2025, 0", "a district without residents of that age has no rate."),
    ],
)
def test_residents_that_make_no_sense(line: str, why: str) -> None:
    (problem,) = told(line, RESIDENTS)
    assert why in problem


@pytest.mark.parametrize("said", ["", "2026", "13/2026", "Sept", "8", "week 3", "2026-00"])
def test_what_is_no_month(said: str) -> None:
    assert month_said(said) == 0


def test_what_is_written_down_reads_as_the_same() -> None:
    numbers = counts(f"Kestermere, {CSE}, Sept 2026, 8\nNorth Marl, {CCE}, Oct 2026, 0")
    again = number_lines.read(
        number_lines.written(numbers, DISTRICTS), REFERRALS, DISTRICTS, today=TODAY
    ).numbers
    assert again == numbers
