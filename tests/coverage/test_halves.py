"""Schools and bodies side by side: figures of random targets, held to counts that go through the list once for each."""

from dataclasses import replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from how_many import so_many
from outreach.county.bodies import KINDS
from outreach.coverage import figures, gaps, lists
from outreach.coverage.figures import Totals
from outreach.coverage.lists import ListFilters
from outreach.coverage.standings import DISTRICT_UNKNOWN, NINE, WHOLE_AREA, Standing
from outreach.ground.school_year import STAFF

DISTRICTS = {"E1": "Fenwold", "E2": "Northmoor", "": ""}
PHASES = ("Primary", "Secondary", "Special and alternative provision")


@st.composite
def targets(draw: st.DrawFn) -> list[Standing]:
    return [_somebody(draw, n) for n in range(draw(st.integers(0, 25)))]


def _somebody(draw: st.DrawFn, n: int) -> Standing:
    kind = draw(st.sampled_from(("", "", *KINDS[:3])))
    word = draw(st.sampled_from(NINE))
    staff = draw(st.one_of(st.none(), st.integers(1, 60)))
    trained = draw(st.integers(0, 60)) if word in ("seen", "part seen") else 0
    code = draw(st.sampled_from(sorted(DISTRICTS)))
    gap = word not in ("seen", "booked")
    phase = kind or draw(st.sampled_from(PHASES))
    return Standing(
        organisation_id=100_000 + n,
        name=f"Somebody {n}",
        district_code=code,
        district_name=DISTRICTS[code] or (WHOLE_AREA if kind else DISTRICT_UNKNOWN),
        phase=phase,
        type=kind or "Academy",
        standing=word,
        year_groups={STAFF: "open"},
        is_gap=gap,
        kind=draw(st.sampled_from(gaps.CAUSES)) if gap else "",
        detail="",
        since=date(2027, 1, 11),
        target_pupils=staff,
        estimated=False,
        seen_pupils=trained,
        seen_estimated=False,
        evidence="",
        ages_unknown=False,
        easting=None if kind or draw(st.booleans()) else 1,
        northing=None if kind else 1,
        town="" if kind else draw(st.sampled_from(("Kestermere", ""))),
        pupils_by_year={STAFF: staff},
        seen_by_year={STAFF: trained} if trained else {},
        kind_of_body=kind,
    )


def _hold(found: Totals, counted: list[Standing]) -> None:
    """The slow count: each number goes through the list for itself."""
    with_number = [s for s in counted if s.target_pupils is not None]
    assert found.organisations == len(counted)
    assert found.by == {word: len([s for s in counted if s.standing == word]) for word in NINE}
    assert found.gaps == len([s for s in counted if s.is_gap])
    assert found.seen_pupils == sum(s.seen_pupils for s in counted)
    assert found.unknown == len(counted) - len(with_number)
    assert found.target_pupils == sum(s.target_pupils or 0 for s in with_number)
    assert found.seen_of_known == sum(s.seen_pupils for s in with_number)
    if not with_number:
        assert found.pupil_share is None


@settings(max_examples=so_many(150), deadline=None)
@given(target=targets())
def test_each_half_and_both_are_what_a_slow_count_says(target: list[Standing]) -> None:
    halves = figures.halves(target, county="Marlshire")
    schools = [s for s in target if s.kind_of_body == ""]
    bodies = [s for s in target if s.kind_of_body != ""]
    for half, counted in ((halves.schools, schools), (halves.bodies, bodies), (halves.both, target)):
        _hold(half.county, counted)
        assert {t.key for t in half.districts} == {s.district_code for s in counted}
        for t in half.districts:
            _hold(t, [s for s in counted if s.district_code == t.key])
        assert {t.key for t in half.phases} == {s.phase for s in counted}
        for t in half.phases:
            _hold(t, [s for s in counted if s.phase == t.key])
        assert sum(n for _, n in half.causes) == half.county.gaps
    assert (
        halves.both.county.organisations
        == halves.schools.county.organisations + halves.bodies.county.organisations
    )
    named = [t.key in KINDS for t in halves.both.phases]
    assert named == sorted(named), "the phases of schools come before the kinds of bodies"
    assert halves.both.place_unknown == len([s for s in schools if s.easting is None or s.northing is None])


@settings(max_examples=so_many(60), deadline=None)
@given(target=targets())
def test_what_bodies_have_none_of_counts_schools_alone(target: list[Standing]) -> None:
    schools = [s for s in target if s.kind_of_body == ""]
    for by in figures.OF_SCHOOLS_ALONE:
        rows = figures.by(target, by)
        assert sum(t.organisations for t in rows) == len(schools)
    for t in figures.by(target, figures.TOWN):
        _hold(t, [s for s in schools if s.town == t.key])


@settings(max_examples=so_many(60), deadline=None)
@given(target=targets(), who=st.sampled_from(("schools", "bodies")), data=st.data())
def test_the_list_of_a_half_has_its_rows(target: list[Standing], who: str, data: st.DataObject) -> None:
    half = [s for s in target if bool(s.kind_of_body) == (who == "bodies")]
    assert lists.matching(target, ListFilters(who=who)) == half
    code = data.draw(st.sampled_from(sorted(DISTRICTS)))
    there = lists.matching(target, ListFilters(who=who, district=code or lists.NO_DISTRICT))
    assert there == [s for s in half if s.district_code == code]
    kind = data.draw(st.sampled_from((*KINDS[:3], *PHASES)))
    assert lists.matching(target, ListFilters(phase=kind)) == [s for s in target if s.phase == kind]
    without = lists.matching(target, ListFilters(place_unknown=True))
    assert without == [s for s in target if not s.kind_of_body and (s.easting is None or s.northing is None)]


def _one(kind: str = "") -> Standing:
    where = WHOLE_AREA if kind else DISTRICT_UNKNOWN
    return replace(_EMPTY, kind_of_body=kind, phase=kind or "Primary", district_name=where)


_EMPTY = Standing(
    organisation_id=1,
    name="",
    district_code="",
    district_name=DISTRICT_UNKNOWN,
    phase="",
    type="",
    standing="not asked",
    year_groups={},
    is_gap=True,
    kind=gaps.NOT_ASKED,
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
)


def test_a_body_of_no_one_district_is_of_the_whole_area_and_a_schools_is_not_known() -> None:
    def names(*target: Standing) -> list[str]:
        first = [t.name for t in figures.figures_of_target(target, county="x").districts]
        assert first == [t.name for t in figures.by(target, figures.DISTRICT)]
        return first

    police, school = _one("Police"), _one()
    assert names(police) == ["whole area"]
    assert names(school) == ["district not known"]
    assert names(police, school) == names(school, police, school)
    assert names(school, police) == ["whole area, or district not known"]
