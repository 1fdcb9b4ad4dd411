"""What a report says, over random counties: rows sum to the whole, and nothing small is shown or can be taken
from the rest."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from how_many import so_many
from outreach.coverage.board import content, sheets
from outreach.coverage.board.content import Drawn
from outreach.coverage.standings import NINE, AlsoSeen, Reckoning, Standing, Word

DAY = date(2027, 1, 19)


def school(r: Random, n: int) -> Standing:
    """A school of one of five districts; few are seen by a handful of pupils, some have no number."""
    word = r.choice(NINE)
    small = r.random() < 0.2
    number = None if r.random() < 0.15 else r.randint(4, 12) if small else r.randint(120, 400)
    seen = {}
    if word in (Word.SEEN, Word.PART_SEEN) and r.random() < 0.9:
        seen = {y: r.randint(0, 4) if small else r.randint(60, 200) for y in (8, 9)}
    return Standing(
        organisation_id=100_000 + n,
        name=f"School {n}",
        district_code=f"E{n % 5}" if n % 9 else "",
        district_name=f"District {n % 5}",
        phase="Special" if small else r.choice(("Secondary", "All-through")),
        type=f"Type {r.randint(1, 3)}",
        standing=word,
        year_groups={8: str(word) if word in content.STATES else "open", 9: "open"},
        is_gap=word != Word.SEEN,
        kind="" if word == Word.SEEN else "silent",
        detail="",
        since=None,
        target_pupils=number,
        estimated=r.random() < 0.5,
        seen_pupils=sum(seen.values()),
        seen_estimated=False,
        evidence="",
        ages_unknown=False,
        easting=1,
        northing=1,
        pupils_by_year={8: None, 9: None} if number is None else {8: number // 2, 9: number - number // 2},
        seen_by_year=seen,
    )


def drawn(target: list[Standing], concerns: dict[int, int], *earlier: Drawn) -> Drawn:
    programme: Any = SimpleNamespace(title="Someone to Tell", academic_year=2026, for_adults=False)
    reckoning = Reckoning(
        programme=programme,
        as_of=DAY,
        day=DAY,
        year_groups=(8, 9),
        target=target,
        excluded=[],
        also_seen=[AlsoSeen(1, "Elsewhere", "District 1", "closed", 3)],
    )
    return content.draw(
        reckoning, concerns, county="Marlshire", partnership="MSCP", earlier=[e.release for e in earlier]
    )


@pytest.mark.parametrize("seed", range(25))
def test_a_random_county_sums_and_gives_nobody_away(seed: int) -> None:
    r = Random(seed)
    target = [school(r, n) for n in range(r.randint(1, 60))]
    concerns = {s.organisation_id: r.randint(0, 3) for s in target if s.seen_pupils}
    first = drawn(target, concerns)
    later = [school(r, n) if r.random() < 0.2 else s for n, s in enumerate(target)]
    for found, schools in ((first, target), (drawn(later, concerns, first), later)):
        said = found.content
        whole = said["whole"]
        assert whole["schools"] == len(schools) == sum(whole["standings"].values())
        for table in said["tables"]:
            for name in ("schools", "gaps", "schools_estimated"):
                assert sum(row[name] for row in table["rows"]) == whole[name]
            assert {row["concerns"]["status"] for row in table["rows"]} == {"hidden"}
            for measure in ("pupils_seen", "target_pupils"):
                counts = [row[measure] for row in table["rows"]]
                hidden = [c for c in counts if c["status"] == "hidden"]
                shown = [c["number"] for c in counts if c["status"] == "shown"]
                # 0 is shown only where everybody knows that no school there has seen it.
                assert all(n >= 5 or n == 0 for n in shown), (table["key"], measure)
                if whole[measure]["status"] == "shown":
                    left = whole[measure]["number"] - sum(shown)
                    assert left == 0 if not hidden else left >= 5, (table["key"], measure)
            assert all(
                row["pupil_share"] is None
                for row in table["rows"]
                if row["target_pupils"]["status"] != "shown"
            )
        assert said["also_seen"]["pupils"] == {"status": "hidden", "number": None}
        assert (
            len(sheets.lines(said)) == sum(len(t["rows"]) for t in (*said["tables"], *said["places"])) + 2 + 1
        )
        assert {len(line) for line in sheets.lines(said)} == {len(sheets.HEAD)}


def test_no_school_is_named_in_a_report() -> None:
    r = Random(3)
    target = [school(r, n) for n in range(40)]
    said = str(drawn(target, {}).content)
    assert not any(str(s.organisation_id) in said or s.name in said for s in target)


def test_a_county_that_is_done_says_so_first() -> None:
    r = Random(1)
    target = [s for n in range(200) if (s := school(r, n)).standing == Word.SEEN][:3]
    assert drawn(target, {}).content["lead"] == ["All 3 schools of Marlshire had seen it by 19 January 2027."]


def test_towns_and_urban_and_rural_tell_schools_and_never_pupils() -> None:
    """A town may have one school: of that nothing is said but schools."""
    r = Random(5)
    places = (("Kestermere", "Urban"), ("Drovecote", "Rural"), ("", ""))
    target = [replace(school(r, n), town=places[n % 3][0], urban_rural=places[n % 3][1]) for n in range(40)]
    told = drawn(target, {}).content["places"]
    assert [table["key"] for table in told] == ["town", "urban_rural"]
    for table in told:
        assert sum(row["schools"] for row in table["rows"]) == 40
        for row in table["rows"]:
            assert row.keys() == {"key", "name", "schools", "standings", "gaps", "share", "share_said"}
    assert [row["name"] for row in told[0]["rows"]][-1] == "town not known"
    assert told[1]["rows"][-1]["name"] == "not known whether urban or rural"
    lines = [line for line in sheets.lines(drawn(target, {}).content) if line[0] == "Towns"]
    assert [line[-8:] for line in lines] == [[*[""] * 7, "schools"]] * 3


_DRAWN_IN_A_PROCESS = """
import sys
sys.path[:0] = ["tests", "tests/coverage", "tests/coverage/board", "."]
from random import Random
from test_content import drawn, school

for seed in range(3):
    r = Random(seed)
    print(drawn([school(r, n) for n in range(60)], {}).content)
"""


def test_what_is_hidden_is_the_same_in_every_process() -> None:
    """What a coordinator looks at in one worker is what the next one publishes: sets have another order in
    each."""
    found = {
        subprocess.run(
            [sys.executable, "-c", _DRAWN_IN_A_PROCESS],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            cwd=Path(__file__).parents[3],
        ).stdout
        for seed in range(so_many(3, least=2))
    }
    assert len(found) == 1
