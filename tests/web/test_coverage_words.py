"""Words of the coverage page: one and many, then and now, nothing, and the lists behind the numbers."""

from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from outreach.coverage.figures import CoverageFigures, Halves, Totals, YearTotals
from outreach.coverage.standings import Reckoning, Standing
from outreach.coverage.who_asked import OF_BOTH
from outreach.tour.programmes import Programme
from outreach.web.coordinator.as_of import View
from outreach.web.coordinator.coverage_words import WIDE_LINE, CoverageWords, NameOnLine, SpreadWords
from outreach.web.coordinator.schools import pupils_said
from outreach.web.sentences import Sentence, plain

TODAY = date(2027, 1, 19)
THEN = date(2026, 12, 1)
LIST = "schools?programme=1&as_of=2027-01-19"


def programme(*, for_adults: bool = False, id: int = 1, year: int = 2026) -> Programme:
    return Programme(id=id, title="Someone to Tell", academic_year=year, for_adults=for_adults)


def totals(
    seen: int, schools: int, gaps: int = 0, *, key: str = "", name: str = "Marlshire", **rest: Any
) -> Totals:
    made = Totals(key, name, organisations=schools, gaps=gaps, **rest)
    made.by["seen"] = seen
    return made


def figures(county: Totals, districts: list[Totals] | None = None, **counted: int) -> CoverageFigures:
    return CoverageFigures(
        county=county,
        districts=districts or [],
        phases=[],
        causes=[],
        ages_unknown=counted.get("ages_unknown", 0),
        place_unknown=counted.get("place_unknown", 0),
    )


def words(
    county: Totals,
    *,
    before: CoverageFigures | None = None,
    narrowed: dict[str, str] | None = None,
    of: Programme | None = None,
    beside: Programme | None = None,
    day: date = TODAY,
    excluded: int = 0,
    also_seen: int = 0,
    found: CoverageFigures | None = None,
) -> CoverageWords:
    of = of or programme()
    view = View(
        programmes=[of],
        programme=of,
        as_of=TODAY,
        compare=THEN if before else None,
        beside=(beside or of) if before else None,
        narrowed=narrowed or {},
        wrong={},
        left_out=[],
        now=datetime(2027, 1, 19, 12, tzinfo=UTC),
    )
    none: list[Any] = [None]
    reckoning = Reckoning(
        programme=of,
        as_of=TODAY,
        day=day,
        year_groups=(8, 9),
        target=[],
        excluded=none * excluded,
        also_seen=none * also_seen,
    )
    return CoverageWords(view=view, reckoning=reckoning, found=found or figures(county), before=before)


def lists(said: Sentence) -> list[str]:
    return [piece.href.removeprefix(LIST) for piece in said if piece.href]


@pytest.mark.parametrize(
    ("seen", "schools", "gaps", "said"),
    [
        (3, 3, 0, "All 3 schools have seen it."),
        (1, 3, 2, "1 of 3 schools has seen it. 2 gaps need something done."),
        (0, 1, 1, "0 of 1 school have seen it. 1 gap needs something done."),
        (1_000, 1_200, 0, "1,000 of 1,200 schools have seen it. No gap is left."),
    ],
)
def test_the_page_begins_with_how_many_have_seen_it(seen: int, schools: int, gaps: int, said: str) -> None:
    assert plain(words(totals(seen, schools, gaps)).lead) == said


def test_each_number_of_the_beginning_leads_to_its_list() -> None:
    now = words(totals(2, 3, 1), before=figures(totals(1, 2)))
    assert plain(now.lead) == "2 of 3 schools have seen it. Then it was 1 of 2. 1 gap needs something done."
    then = "schools?programme=1&as_of=2026-12-01"
    assert lists(now.lead) == ["&standing=seen", "", f"{then}&standing=seen", then, "&gap=1"]
    nobody = words(totals(2, 3), before=figures(totals(0, 0)))
    assert "Then no school was in the target. No gap is left." in plain(nobody.lead)


def test_adults_attend() -> None:
    staff = words(totals(1, 2, 1), of=programme(for_adults=True))
    assert plain(staff.lead) == "1 of 2 schools has been trained. 1 gap needs something done."
    assert plain(staff.introduction).startswith(
        "Someone to Tell, for staff of all schools, 2026/27. As of 19 January 2027"
    )
    assert [column.label for column in staff.columns] == [
        "Schools",
        "Trained",
        "Share",
        "Standings",
        "Gaps",
        "Staff trained",
        "Of those counted",
    ]
    some = words(
        totals(1, 2, 1, seen_pupils=30, seen_of_known=30, target_pupils=40), of=programme(for_adults=True)
    )
    assert "30 of 40 staff are trained, 75%" in plain(some.pupil_numbers)


def both(schools: Totals, bodies: Totals) -> Halves:
    """Two districts of schools, one of bodies."""
    together = replace(schools, by=dict(schools.by))
    together += bodies
    return Halves(
        schools=figures(
            schools, [totals(3, 8, key="E1", name="Fenwold"), totals(1, 2, key="E2", name="Northmoor")]
        ),
        bodies=figures(bodies, [totals(1, 2, key="E1", name="Fenwold")]),
        both=figures(together),
    )


def side_by_side(*, by: str = "district", before: Halves | None = None) -> CoverageWords:
    halves = both(totals(4, 10, 6), totals(1, 2, 1))
    made = words(
        halves.both.county,
        of=programme(for_adults=True),
        found=halves.both,
        before=before.both if before else None,
    )
    return replace(made, asked=OF_BOTH, halves=halves, halves_before=before, by=by)


def test_schools_and_bodies_begin_the_page_side_by_side_each_with_its_list() -> None:
    said = side_by_side()
    assert (
        plain(said.lead) == "4 of 10 schools and 1 of 2 bodies have been trained. 7 gaps need something done."
    )
    assert lists(said.lead) == [
        "&who=schools&standing=seen",
        "&who=schools",
        "&who=bodies&standing=seen",
        "&who=bodies",
        "&gap=1",
    ]
    then = side_by_side(before=both(totals(1, 9), totals(0, 2)))
    assert "Then it was 1 of 9 and 0 of 2. " in plain(then.lead)


def test_a_district_has_a_cell_for_its_schools_and_one_for_its_bodies() -> None:
    said = side_by_side()
    assert [column.label for column in said.columns] == [
        "Schools trained",
        "Bodies trained",
        "Standings",
        "Gaps",
        "Staff trained",
        "Of those counted",
    ]
    fenwold = said.row(totals(4, 10, 6, key="E1", name="Fenwold"), "district", None)
    assert [(plain(cell.words), plain(cell.small)) for cell in fenwold.cells[:2]] == [
        ("3 of 8", "38%"),
        ("1 of 2", "50%"),
    ]
    assert lists(fenwold.cells[1].words) == [
        "&district=E1&who=bodies&standing=seen",
        "&district=E1&who=bodies",
    ]
    northmoor = said.row(totals(1, 2, key="E2", name="Northmoor"), "district", None)
    assert plain(northmoor.cells[1].words) == "none"
    all_of_them = said.row(said.whole[0], None, said.whole[1])
    assert [plain(cell.words) for cell in all_of_them.cells[:2]] == ["4 of 10", "1 of 2"]
    then = side_by_side(before=both(totals(1, 9), totals(0, 2)))
    assert plain(then.row(then.whole[0], None, then.whole[1]).cells[1].small) == "50%, then 0 of 2"


def test_a_share_of_staff_is_of_those_counted_and_says_how_many_it_leaves_out() -> None:
    said = side_by_side(by="phase")
    kind = totals(
        1, 3, key="Police", name="Police", seen_pupils=45, seen_of_known=30, target_pupils=40, unknown=1
    )
    *_, trained, of_counted = said.row(kind, "phase", None).cells
    assert (plain(trained.words), plain(of_counted.words)) == ("45", "30 of 40")
    assert plain(of_counted.small) == "75%, 1 not counted"
    assert lists(of_counted.words) == ["&phase=Police&counted=1&number=known", "&phase=Police&number=known"]
    assert lists(of_counted.small) == ["&phase=Police&number=unknown"]
    nobody = totals(0, 2, key="Health", name="Health", unknown=2)
    assert plain(said.row(nobody, "phase", None).cells[-1].words) == "unknown"
    none_at_all = totals(0, 1, key="Health", name="Health", target_pupils=0)
    assert plain(said.row(none_at_all, "phase", None).cells[-1].small) == ""


def test_what_bodies_have_none_of_counts_schools_and_leads_to_schools() -> None:
    said = side_by_side(by="town")
    assert said.columns[0].label == "Schools"
    row = said.row(totals(1, 2, key="", name="town not known"), "town", None)
    assert lists(row.cells[0].words) == ["&town=-&who=schools"]
    assert said.whole[0].organisations == 10


def test_bodies_stand_beside_the_map_by_district_and_by_name_where_it_is_one() -> None:
    def body(name: str, code: str, word: str) -> Standing:
        return Standing(
            organisation_id=10_000_000 + len(name),
            name=name,
            district_code=code,
            district_name="Fenwold" if code else "whole area",
            phase="Police",
            type="Police",
            standing=word,
            year_groups={},
            is_gap=False,
            kind="",
            detail="",
            since=None,
            target_pupils=None,
            estimated=False,
            seen_pupils=0,
            seen_estimated=False,
            evidence="",
            ages_unknown=False,
            easting=None,
            northing=None,
            kind_of_body="Police",
        )

    counted = [body("Fenwold Police", "E1", "seen"), body("County Health", "", "asked")]
    said = side_by_side()
    beside = said.beside_map(counted, "")
    assert plain(beside) == (
        "Bodies trained, which have no place on the map: Fenwold 1 of 1, whole area 0 of 1."
    )
    assert lists(beside) == [
        "&district=E1&who=bodies&standing=seen",
        "&district=E1&who=bodies",
        "&district=-&who=bodies&standing=seen",
        "&district=-&who=bodies",
    ]
    named = said.beside_map(counted, "E1")
    assert plain(named) == "Bodies, which have no place on the map: Fenwold Police (trained)."
    assert [piece.href for piece in named if piece.href] == ["schools/10000014"]
    assert said.beside_map([], "") == []


def test_the_introduction_says_as_of_when_and_beside_what() -> None:
    before = figures(totals(1, 2))
    ended = words(totals(1, 2), day=date(2026, 12, 31), before=before, beside=programme(id=2, year=2025))
    assert plain(ended.introduction) == (
        "Someone to Tell, Years 8 and 9, 2026/27. As of 19 January 2027, from what was recorded by the end of that "
        "day. Who is in the target is as it was on 31 December 2026, the programme’s last day. Beside it Someone to "
        "Tell, 2025/26, as of 1 December 2026."
    )
    same = words(totals(1, 2), before=before)
    assert plain(same.introduction).endswith("that day. Beside it as of 1 December 2026.")


def test_a_row_has_a_cell_for_each_column() -> None:
    teal = totals(1, 2, 1, key="E1", name="teal valley", seen_pupils=90, target_pupils=200, unknown=1)
    now = words(teal, before=figures(totals(0, 2)))
    row = now.row(teal, "district", totals(0, 1, key="E1"))
    assert (row.name, row.href) == ("Teal valley", f"{LIST}&district=E1")
    assert [(cell.column.label, plain(cell.words) + plain(cell.small)) for cell in row.cells] == [
        ("Schools", "2"),
        ("Seen", "1"),
        ("Share", "50%"),
        ("Seen then", "0 of 1, 0%"),
        ("Standings", ""),
        ("Gaps", "1"),
        ("Pupils seen", "90"),
        ("of", "200"),
    ]
    assert row.cells[4].bar == [("seen", 50)] and row.cells[4].bar_said == "Seen 1"
    new = now.row(totals(0, 0, key="", name="none"), "district", None)
    assert plain(new.cells[2].words) == "unknown" and plain(new.cells[-1].words) == "unknown"
    assert plain(new.cells[3].small) == "no school then"
    assert lists(new.cells[0].words) == ["&district=-"]


def test_a_year_group_leads_to_its_own_lists() -> None:
    row = words(totals(0, 1)).row(YearTotals("8", "Year 8", organisations=1, gaps=1), "year", None)
    assert lists(row.cells[1].words) == ["&year=8&state=seen"]
    assert lists(row.cells[4].words) == ["&year=8&state=gap"]


def test_what_was_there_then_is_named_up_to_twelve() -> None:
    now = words(totals(0, 1), before=figures(totals(1, 2)))
    assert now.gone([], "town") == []
    one = [totals(1, 2, key="Eel", name="Eel")]
    assert plain(now.gone(one, "town")) == (
        "Then there was also Eel (1 of 2): no school of the target is there now."
    )
    many = [totals(1, 2, key=f"T{n}", name=f"T{n}") for n in range(14)]
    said = plain(now.gone(many, "town"))
    assert said.startswith("Then there were also T0 (1 of 2), T1 (1 of 2), ")
    assert said.endswith("T11 (1 of 2) and 2 more: no school of the target is there now.")


def test_pupil_numbers_say_where_they_come_from_and_what_they_leave_out() -> None:
    county = totals(1, 3, own=1, unknown=1, seen_of_known=50, target_pupils=110, uncounted_pupils=10)
    assert plain(words(county).pupil_numbers) == (
        "Pupil numbers: 1 from schools, 1 unknown and in no share. Where the number is known, 50 of 110 pupils have "
        "seen it, 50%, leaving out 10 in year groups that nobody counted."
    )
    estimated = totals(0, 1, estimated=1, target_pupils=100)
    assert plain(words(estimated).pupil_numbers) == (
        "Pupil numbers: 1 estimated, none unknown. Where the number is known, 0 of 100 pupils have seen it, 0%. "
        "Estimates rest on the register’s numbers, whose census date is not known."
    )
    assert plain(words(totals(0, 0)).pupil_numbers) == "Pupil numbers: none unknown."


def test_evidence_says_what_there_is_with_its_list_the_strongest_first() -> None:
    county = totals(1, 1)
    assert words(county).evidence == []
    county.evidence["one side"] = 2
    said = words(county).evidence
    assert plain(said) == "How strong that is, by schools that saw any of it: 2 one side."
    assert len(lists(said)) == 1
    county.evidence |= {"counted by both": 30, "agreed, not counted": 1}
    said = words(county).evidence
    assert plain(said) == (
        "How strong that is, by schools that saw any of it: 30 counted by both; 1 agreed, not counted; 2 one side."
    )
    assert [href.split("evidence=")[1] for href in lists(said)] == [
        "counted%20by%20both",
        "agreed%2C%20not%20counted",
        "one%20side",
    ]


def test_what_is_counted_apart_is_said_only_where_there_is_any() -> None:
    assert words(totals(0, 1)).asides(on_map=True) == []
    county = totals(0, 1)
    some = words(county, excluded=2, also_seen=1, found=figures(county, ages_unknown=3, place_unknown=4))
    assert [plain(said) for said in some.asides(on_map=True)] == [
        "2 excluded by a coordinator, listed apart",
        "Also seen by 1 outside the target, in no share",
        "3 with ages unknown: include or exclude each",
        "4 with place unknown, drawn at the middle of the district",
    ]
    assert plain(some.asides(on_map=False)[-1]) == "4 with place unknown"


def test_where_there_is_no_school_the_page_says_why_and_what_to_do() -> None:
    ways = {"every school": "/all", "first day": "/first", "register": "/register"}
    narrowed = words(totals(0, 0), narrowed={"phase": "Primary"}).nothing(None, addresses=ways)
    assert (narrowed.title, narrowed.href) == ("No school of the target is of that kind", "/all")
    early = words(totals(0, 0)).nothing(date(2027, 2, 1), addresses=ways)
    assert (early.title, early.button) == ("Nothing was known yet on 19 January 2027", "Show 1 February 2027")
    empty = words(totals(0, 0), excluded=1).nothing(date(2026, 9, 1), addresses=ways)
    assert empty.words == (
        "Every open school of Marlshire that offers Years 8 and 9 will stand here. Bring the register in, or look at "
        "a later day."
    )
    assert plain(empty.aside) == "1 school excluded" and lists(empty.aside) == ["&list=excluded"]
    staff = words(totals(0, 0), of=programme(for_adults=True)).nothing(None, addresses=ways)
    assert staff.words.startswith(
        "Open schools of Marlshire that it is for, staff of all schools, will stand here."
    )
    assert staff.aside == []


def test_the_form_offers_what_there_is_to_choose_and_keeps_what_it_has_no_box_for() -> None:
    choices: dict[str, list[tuple[str, str]]] = {
        "who": [],
        "district": [("E1", "teal"), ("E2", "fen")],
        "town": [],
        "urban_rural": [],
        "phase": [("Secondary", "Secondary")],
        "type": [("A", "a"), ("B", "b")],
        "trust": [],
    }
    asked = words(totals(1, 2), narrowed={"phase": "Secondary", "type": "Gone", "town": "Eel"})
    picks = {pick.name: pick for pick in asked.picks(choices)}
    assert list(picks) == ["district", "phase", "type"]
    assert picks["district"].choices == [("E1", "Teal"), ("E2", "Fen")] and not picks["district"].chosen
    assert picks["type"].choices[-1] == ("Gone", "Gone") and picks["type"].chosen == "Gone"
    assert asked.kept(choices) == [("town", "Eel")]
    assert asked.narrowed_to(choices) == [("phase", "Secondary"), ("type", "Gone"), ("town", "Eel")]


def test_the_spread_says_how_far_the_districts_are_apart() -> None:
    def spread(best: int, behind: int, of: int = 100) -> Any:
        districts = [
            totals(best, of, key="E1", name="Teal Valley"),
            totals(behind, of, key="E2", name="Fenwold"),
        ]
        county = totals(best + behind, 2 * of)
        return words(county, found=figures(county, districts)).spread

    assert words(totals(1, 2), found=figures(totals(1, 2), [totals(1, 2, key="E1")])).spread is None
    apart = spread(58, 9)
    assert apart.title == "Spread: 49 points between the best and the furthest behind"
    assert apart.read_out == "Fenwold 9%, Marlshire 34%, Teal Valley 58%"
    assert [(dot.share, dot.names, dot.is_end) for dot in apart.dots] == [
        (58, "Teal Valley 58%", True),
        (9, "Fenwold 9%", True),
    ]
    assert spread(10, 9).title == "Spread: 1 point between the best and the furthest behind"
    assert spread(9, 9).title == "Spread: every district stands at 9%"
    assert spread(995, 990, 1000).title == "Spread: every district stands within a point"


@pytest.mark.parametrize(
    ("behind", "best", "rows"),
    [
        (NameOnLine(words="Fenwold 9%", share=9), NameOnLine(words="Teal Valley 98%", share=98), ""),
        (NameOnLine(words="Fenwold 9%", share=9), NameOnLine(words="Teal Valley 44%", share=44), "narrow"),
        (NameOnLine(words="Fenwold 9%", share=9), NameOnLine(words="Teal Valley 12%", share=12), "wide"),
        (NameOnLine(words="Fenwold 98%", share=98), NameOnLine(words="Teal Valley 100%", share=100), "wide"),
    ],
)
def test_names_over_the_line_stand_in_two_rows_where_they_would_meet(
    behind: NameOnLine, best: NameOnLine, rows: str
) -> None:
    said = SpreadWords(title="", words="", behind=behind, middle=behind, best=best, dots=[])
    assert said.stacked == rows
    for name in (behind, best):
        left, right = name.reaches(WIDE_LINE)
        assert 0 <= left < right <= WIDE_LINE and left <= name.share / 100 * WIDE_LINE <= right


def test_the_map_is_read_out_as_what_it_shows() -> None:
    assert words(totals(1, 2)).map_title("", 2) == (
        "Map of Marlshire by district: share of schools seen, and each school’s standing"
    )
    assert words(totals(1, 2)).map_title("Fenwold", 0) == "Map of Fenwold: share of schools seen"


def test_the_head_of_a_list_tells_the_pupils_seen_where_the_number_is_known_apart() -> None:
    def school(seen: int, of: int | None) -> Any:
        return SimpleNamespace(seen_pupils=seen, target_pupils=of)

    assert pupils_said([], None) == ""
    assert pupils_said([school(0, None)], None) == ", 0 pupils seen"
    assert pupils_said([school(90, 100), school(0, 1_000)], None) == ", 90 pupils seen of 1,100"
    assert pupils_said([school(90, 100), school(31, None)], None) == (
        ", 121 pupils seen; where the number is known, 90 of 100"
    )
