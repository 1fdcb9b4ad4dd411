"""Term dates in the ways in which authorities write them: each shape gives the same terms and INSET days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.county.term_lines import read_lines

AUTUMN = [(date(2026, 9, 1), date(2026, 10, 23)), (date(2026, 11, 2), date(2026, 12, 18))]
SPRING = [(date(2027, 1, 4), date(2027, 2, 12)), (date(2027, 2, 22), date(2027, 3, 25))]
INSET = [date(2026, 9, 1), date(2027, 1, 4)]

SHAPES = {
    "ranges with week days": """
        Autumn Term 2026: Tuesday 1 September to Friday 23 October
        and Monday 2 November to Friday 18 December
        Spring Term 2027: Monday 4 January – Friday 12 February
        Monday 22 February - Thursday 25 March
        INSET days: Tuesday 1 September 2026 and Monday 4 January 2027
    """,
    "numbered terms of a school year": """
        School term dates 2026 to 2027
        Term 1: 1 September to 23 October (38 days)
        Term 2: 2 November to 18 December (35 days)
        Term 3: 4 January to 12 February
        Term 4: 22 February to 25 March
        Inset days
        1 September
        4 January
    """,
    "starts, half term and ends, a line each": """
        Academic year 2026/27
        Autumn term 2026
        Term starts: Tuesday 1st September 2026
        Half term: Monday 26th October 2026 to Friday 30th October 2026
        Term ends: Friday 18th December 2026
        End of term holiday: Monday 21 December 2026 to Friday 1 January 2027
        Spring term 2027
        Term starts: Monday 4th January 2027
        Half term: Monday 15th February 2027 to Friday 19th February 2027
        Term ends: Thursday 25th March 2027
        Early May bank holiday: Monday 3 May 2027
        Training days: Tuesday 1 September 2026, Monday 4 January 2027
    """,
    "starts and ends in one line": """
        Autumn Term
        Starts: Tuesday 1 Sept 2026 Ends: Friday 18 Dec 2026
        Half Term: 26 - 30 October 2026
        Spring Term
        Starts: Monday 4 Jan 2027 Ends: Thursday 25 Mar 2027
        Half Term: 15 - 19 February 2027
        INSET: 1 Sept 2026 & 4 Jan 2027
    """,
    "a sentence": """
        Autumn term 2026 starts on Tuesday 1 September 2026 and ends on Friday 18 December 2026 (half term from Monday 26 \
October to Friday 30 October 2026)
        Spring term 2027 starts on Monday 4 January 2027 and ends on Thursday 25 March 2027 (half term from Monday 15 \
February to Friday 19 February 2027)
        Staff training day: Tuesday 1 September 2026
        Staff training day: Monday 4 January 2027
    """,
    "a table of starts, half terms and ends": (
        "Term\tStarts\tHalf term\tEnds\n"
        "Autumn 2026\tTuesday 1 September\tMonday 26 to Friday 30 October\tFriday 18 December\n"
        "Spring 2027\tMonday 4 January\tMonday 15 to Friday 19 February\tThursday 25 March\n"
        "INSET days\t1 September 2026\t4 January 2027\n"
    ),
    "a table with a column for each term": (
        "\tAutumn 2026\tSpring 2027\n"
        "Starts\t1 September 2026\t4 January 2027\n"
        "Half term\t26 October to 30 October 2026\t15 to 19 February 2027\n"
        "Ends\t18 December 2026\t25 March 2027\n"
        "INSET\t1 September 2026\t4 January 2027\n"
    ),
    "a table of two halves": """
        2026/27 | First half | Second half
        Autumn | Sept 1st to Oct 23rd | Nov 2nd to Dec 18th
        Spring | Jan 4th to Feb 12th | Feb 22nd to Mar 25th
        Inset days | September 1st, January 4th
    """,
    "a table whose cells stand under each other": """
        Training Day |
        Tuesday 1st September 2026 |
        Autumn Term Starts |
        Tuesday 1st September 2026 |
        Half-Term |
        Monday 26th October-Friday 30th October 2026 |
        Autumn Term Ends | Friday 18th December 2026 |
        Training Day |
        Monday 4th January 2027 |
        Spring Term Starts |
        Monday 4th January 2027 |
        Spring Half Term |
        15th February - 19th February 2027 |
        Spring Term Ends |
        Thursday 25th March 2027 |
    """,
    "a list in capitals": """
        TERM DATES 2026 - 2027
        STAFF DEVELOPMENT DAY 1 | Tuesday 1st September 2026
        START OF TERM 1 | Tuesday 1st September 2026
        END OF TERM 1 | Friday 23rd October 2026
        START OF TERM 2 | Monday 2nd November 2026
        END OF TERM 2 | Friday 18th December 2026
        STAFF DEVELOPMENT DAY 2 | Monday 4th January 2027
        START OF TERM 3 | Monday 4th January 2027
        END OF TERM 3 | Friday 12th February 2027
        START OF TERM 4 | Monday 22nd February 2027
        END OF TERM 4 | Thursday 25th March 2027
    """,
    "when schools open and close": """
        2026/27
        Schools open: Tuesday 1 September
        Schools close for half term: Friday 23 October at 3.15pm
        Schools re-open: Monday 2 November
        Schools break up for Christmas: Friday 18 December at 1:30pm
        Christmas holiday: 21 December - 1 January
        First day of term: Monday 4 January
        Last day before half term: Friday 12 February
        First day after half term: Monday 22 February
        Last day of term: Thursday 25 March
        Good Friday: 26 March
        Non-pupil days: 1 September, 4 January
    """,
    "half terms by their first and last day": """
        Autumn term starts 1/9/2026
        Half term starts 26/10/2026
        Half term ends 30/10/2026
        Autumn term ends 18/12/2026
        Spring term starts 04.01.27
        Half term begins 15.02.27
        Half term ends 19.02.27
        Spring term ends 25.03.27
        1/9/2026 (INSET)
        4/1/2027 (INSET)
    """,
    "rows of days alone": """
        Autumn 2026, 1/9/26, 26/10/26, 30/10/26, 18/12/26
        Spring 2027, 2027-01-04, 2027-02-12, 2027-02-22, 2027-03-25
        INSET, 1/9/26, 4/1/27
    """,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_terms_and_inset_days_are_read_however_an_authority_writes_them(shape: str) -> None:
    lines, problems = read_lines(SHAPES[shape])
    assert problems == []
    assert sorted((line.first, line.last) for line in lines if line.is_term) == AUTUMN + SPRING
    assert sorted(line.first for line in lines if not line.is_term) == INSET


def test_each_line_that_cannot_be_read_is_named_and_the_others_are_read() -> None:
    lines, problems = read_lines(
        "Term dates\n"
        "4 January to 12 February\n"
        "Page updated 3 March 2026\n"
        "Ring 01632 960118\n"
        "Monday 22 February 2027 to Friday 25 March 2027\n"
        "12 April 2027 to 28 May 2027\n"
        "Term ends 21 July 2027\n"
    )
    assert [(line.number, line.first) for line in lines] == [(6, date(2027, 4, 12))]
    assert problems == [
        (2, "say of which year ‘12 February’ is, here or in a line above, like 2026/27."),
        (3, "write the first and the last day of a term, or one INSET day, with its year."),
        (4, "write the first and the last day of a term, or one INSET day, with its year."),
        (5, "25 March 2027 is a Thursday, not a Friday."),
        (7, "no day is given on which that term starts."),
    ]


def test_a_training_week_is_its_weekdays_and_a_summer_away_is_no_term() -> None:
    lines, problems = read_lines(
        "2026/27\nINSET: Thursday 3 to Monday 7 September\nSummer: 22 July to 31 August 2027\nAutumn half term: 26 to 30 "
        "October 2026"
    )
    assert problems == []
    assert [(line.first.day, line.is_term) for line in lines] == [(3, False), (4, False), (7, False)]


def said(day: date) -> list[str]:
    """A day in all the ways with a year."""
    nth = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}.get(day.day, "th")
    return [
        f"{day.day} {day:%B %Y}",
        f"{day:%A} {day.day}{nth} {day:%B %Y}",
        f"{day:%a} {day.day} {day:%b %Y}",
        f"{day:%B} {day.day}{nth}, {day.year}",
        f"{day:%d/%m/%Y}",
        f"{day:%d.%m.%y}",
        day.isoformat(),
    ]


@given(
    st.dates(date(2001, 1, 1), date(2098, 1, 1)),
    st.integers(1, 120),
    st.sampled_from(range(7)),
    st.sampled_from([" to ", " - ", "–", " until ", "; ", "\t"]),
)
def test_a_term_is_read_as_it_was_written(first: date, days: int, way: int, between: str) -> None:
    last = first + timedelta(days=days)
    lines, problems = read_lines(f"Term 3: {said(first)[way]}{between}{said(last)[way]}")
    summer = first < date(first.year, 8, 1) and last > date(first.year, 8, 24)
    assert problems == []
    assert [(line.first, line.last, line.is_term) for line in lines] == (
        [] if summer else [(first, last, True)]
    )


@given(st.text("0123456789/.- |\tajfTtermseptINSETholidaystartsendsMonday\n", max_size=120))
def test_whatever_is_pasted_is_read_or_said(text: str) -> None:
    lines, problems = read_lines(text)
    assert all(line.first <= line.last or line.is_term for line in lines)
    assert all(message for _, message in problems)
