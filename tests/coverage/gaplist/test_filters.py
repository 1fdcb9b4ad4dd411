"""Filters of the gaps list: the count beside each is the list that ticking it shows."""

from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.asking.owners import Owner
from outreach.coverage.gaplist import filters
from outreach.coverage.gaplist.filters import KINDS, NOBODY, SORTS, GapFilters
from outreach.coverage.gaplist.missing import Gap
from outreach.coverage.standings import Standing

DAY = date(2027, 1, 19)
PRIYA, OWEN = Owner(1, "Priya Nandakumar", False), Owner(2, "Owen Bright", True)


def gap(
    organisation_id: int = 900001,
    *,
    name: str = "Redmere Academy",
    district: str = "E1",
    phase: str = "Secondary",
    standing: str = "asked",
    kind: str = "silent",
    pupils: int | None = 200,
    owner: Owner | None = None,
    never_seen: bool = True,
    days: int = 10,
) -> Gap:
    since = DAY - timedelta(days=days)
    s = Standing(
        organisation_id=organisation_id,
        name=name,
        district_code=district,
        district_name=district or "district not known",
        phase=phase,
        type="",
        standing=standing,
        year_groups={8: "open"},
        is_gap=True,
        kind=kind,
        detail="",
        since=since,
        target_pupils=pupils,
        estimated=False,
        seen_pupils=0,
        seen_estimated=False,
        evidence="",
        ages_unknown=False,
        easting=None,
        northing=None,
    )
    return Gap(s, since, owner, never_seen, (organisation_id,))


def organisation_ids(found: list[Gap]) -> list[int]:
    return [g.organisation_id for g in found]


def narrowed(found: list[Gap], **asked: Any) -> list[int]:
    never, find = asked.pop("never_seen", False), asked.pop("find", "")
    return organisation_ids(filters.narrow(found, GapFilters(ticked=asked, never_seen=never, find=find)).gaps)


def test_within_a_kind_any_may_hold_and_between_kinds_all_must() -> None:
    found = [
        gap(1, district="E1", standing="asked", owner=PRIYA),
        gap(2, district="E2", standing="asked"),
        gap(3, district="E2", standing="declined", kind="declined", never_seen=False),
        gap(4, district="", standing="declined", kind="declined", pupils=None),
    ]
    assert narrowed(found) == [1, 2, 3, 4]
    assert narrowed(found, district=("E1", "E2")) == [1, 2, 3]
    assert narrowed(found, district=("E2", "-"), standing=("declined",)) == [3, 4]
    assert narrowed(found, owner=(NOBODY,), cause=("declined",)) == [3, 4]
    assert narrowed(found, owner=("1",)) == [1]
    assert narrowed(found, size=("unknown", "249")) == [1, 2, 3, 4]
    assert narrowed(found, never_seen=True, standing=("declined",)) == [4]


def test_a_school_is_found_by_how_its_words_begin_or_by_its_urn() -> None:
    found = [gap(900001, name="St Mary’s Coldbrook"), gap(900002, name="D’Oyly-Château School")]
    assert narrowed(found, find="cold mary") == [900001]
    assert narrowed(found, find="doyly chateau") == [900002]
    assert narrowed(found, find="900002") == [900002]
    assert narrowed(found, find="brook") == []


def test_sizes_meet_without_gap_or_overlap_and_unknown_is_a_size_of_its_own() -> None:
    assert [filters.size_of(n) for n in (0, 49, 50, 149, 150, 249, 250, 4000, None)] == [
        "49",
        "49",
        "149",
        "149",
        "249",
        "249",
        "250",
        "250",
        "unknown",
    ]


def test_the_longest_wait_comes_first_and_the_name_decides_among_equals() -> None:
    found = [gap(1, name="B", days=3), gap(2, name="A", days=3), gap(3, name="C", days=9)]
    assert organisation_ids(filters.ordered(found, "since")) == [3, 2, 1]
    assert organisation_ids(filters.ordered(found, "name")) == [2, 1, 3]


def test_each_order_sorts_by_what_it_is_called_after() -> None:
    found = [
        gap(1, district="", pupils=None, owner=PRIYA, standing="declined", kind="declined"),
        gap(2, district="E2", pupils=90, owner=OWEN, standing="asked", kind="silent"),
        gap(3, district="E1", pupils=300, standing="asked", kind="started"),
    ]
    assert {
        key: organisation_ids(filters.ordered(found, key))
        for key in ("district", "pupils", "owner", "standing")
    } == {
        "district": [3, 2, 1],
        "pupils": [3, 2, 1],
        "owner": [3, 2, 1],
        "standing": [2, 3, 1],
    }


def test_one_filter_is_taken_away_and_the_others_stay() -> None:
    f = GapFilters(ticked={"district": ("E1", "E2"), "standing": ("asked",)}, never_seen=True, find="cold")
    assert f.address() == "standing=asked&district=E1&district=E2&never=1&find=cold"
    assert f.without("district", "E1").address() == "standing=asked&district=E2&never=1&find=cold"
    assert (
        f.without("never", "1").without("find", "cold").address() == "standing=asked&district=E1&district=E2"
    )
    assert not GapFilters().any() and f.any()


GAPS = st.lists(
    st.builds(
        gap,
        organisation_id=st.integers(1, 10**6),
        district=st.sampled_from(["E1", "E2", ""]),
        phase=st.sampled_from(["Secondary", "All-through"]),
        standing=st.sampled_from(["asked", "not asked", "declined"]),
        kind=st.sampled_from(["silent", "started", "declined"]),
        pupils=st.sampled_from([None, 10, 100, 200, 400]),
        owner=st.sampled_from([None, PRIYA, OWEN]),
        never_seen=st.booleans(),
    ),
    max_size=25,
    unique_by=lambda g: g.organisation_id,
)
TICKED = st.fixed_dictionaries(
    {},
    optional={
        "district": st.lists(st.sampled_from(["E1", "E2", "-"]), max_size=2, unique=True).map(tuple),
        "standing": st.lists(st.sampled_from(["asked", "declined"]), max_size=2, unique=True).map(tuple),
        "owner": st.lists(st.sampled_from(["1", NOBODY]), max_size=2, unique=True).map(tuple),
        "size": st.lists(st.sampled_from(["49", "unknown"]), max_size=2, unique=True).map(tuple),
    },
)


@settings(deadline=None)
@given(GAPS, TICKED, st.booleans())
def test_the_count_beside_a_filter_is_the_list_that_ticking_it_alone_of_its_kind_shows(
    found: list[Gap], ticked: dict[str, tuple[str, ...]], never_seen: bool
) -> None:
    now = filters.narrow(found, GapFilters(ticked=ticked, never_seen=never_seen))
    for kind in KINDS:
        for value in {
            "E1",
            "E2",
            "-",
            "asked",
            "declined",
            "1",
            "2",
            NOBODY,
            "silent",
            "Secondary",
            "49",
            "unknown",
        }:
            alone = GapFilters(ticked=ticked | {kind: (value,)}, never_seen=never_seen)
            assert now.counts[kind][value] == len(filters.narrow(found, alone).gaps)
        if not ticked.get(kind):
            assert sum(now.counts[kind].values()) == len(now.gaps)
    assert now.never_seen == len(filters.narrow(found, GapFilters(ticked=ticked, never_seen=True)).gaps)
    for sort in SORTS:
        assert sorted(organisation_ids(filters.ordered(now.gaps, sort))) == sorted(organisation_ids(now.gaps))
