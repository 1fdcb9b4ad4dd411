"""Ten reports of a county in any order of days, attacked with all that anybody could read. Pure: no
database."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from attacker import Attacker, Seen

from how_many import so_many
from outreach.coverage.board import content, publishing, sheets
from outreach.coverage.standings import AlsoSeen, Reckoning, Standing
from outreach.ground import suppression
from outreach.ground.school_year import STAFF
from outreach.ground.suppression import Release

RELEASES = 10


class County:
    """A made-up county from day to day: few schools, many of them small, so that there is much to hide."""

    def __init__(self, seed: int) -> None:
        self.random = r = Random(seed)
        self.day = date(2027, 1, 4)
        self.districts = r.randint(1, 4)
        self.schools = [self._school(n) for n in range(r.randint(3, 16))]
        self.gone: dict[int, int | None] = {}

    def _school(self, n: int) -> dict[str, Any]:
        r = self.random
        small = r.random() < 0.45
        years = r.choice(((8, 9), (8, 9), (8,), (9,)))
        each = {y: r.randint(1, 9) if small else r.randint(40, 160) for y in years}
        kind = r.choice(("own", "own", "estimate", "estimate", "unknown"))
        return {
            "organisation_id": 100_000 + n,
            "district": r.randrange(self.districts),
            "type": r.randint(1, 3),
            "years": years,
            "phase": "Special" if small else r.choice(("Secondary", "All-through")),
            "kind": kind,
            "there": each,
            "saw": {},
        }

    def some_days_on(self) -> None:
        r = self.random
        self.day += timedelta(days=r.randint(1, 20))
        for s in self.schools:
            lot = r.random()
            if lot < 0.25:
                for y in s["years"]:
                    if y not in s["saw"] and r.random() < 0.7:
                        s["saw"][y] = min(
                            s["there"][y], max(0, s["there"][y] - r.choice((0, 0, 1, 2, 3, 7, 30)))
                        )
            elif lot < 0.3 and s["saw"]:
                y = r.choice(sorted(s["saw"]))
                s["saw"][y] = max(0, s["saw"][y] + r.choice((-2, -1, 1, 3)))
            elif lot < 0.34:
                y = r.choice(s["years"])
                s["there"][y] = max(1, s["there"][y] + r.choice((-3, -1, 1, 2, 6)))
            elif lot < 0.36 and s["kind"] == "unknown":
                s["kind"] = "own"
            elif lot < 0.38 and len(self.schools) > 3:
                self.gone[s["organisation_id"]] = sum(s["saw"].values()) if s["saw"] else None
                self.schools = [other for other in self.schools if other is not s]
                break
        if r.random() < 0.1:
            self.schools.append(self._school(900 + len(self.schools) + 50 * len(self.gone)))

    def reckoning(self) -> Reckoning:
        programme: Any = SimpleNamespace(title="Someone to Tell", academic_year=2026, for_adults=False)
        also = [
            AlsoSeen(u, f"School {u}", "District 1", "closed", n)
            for u, n in self.gone.items()
            if n is not None
        ]
        return Reckoning(
            programme=programme,
            as_of=self.day,
            day=self.day,
            year_groups=(8, 9),
            target=[_standing(s) for s in self.schools],
            excluded=[],
            also_seen=also,
        )

    def concerns(self) -> dict[int, int]:
        return {
            s["organisation_id"]: (s["organisation_id"] * 7 + sum(s["saw"].values())) % 4
            for s in self.schools
            if s["saw"]
        }


class Training(County):
    """The same of staff: schools, and bodies of few kinds in few districts, most of them small."""

    def _school(self, n: int) -> dict[str, Any]:
        r = self.random
        body = r.choice(("", "Police", "Social work", "Health"))
        small = r.random() < (0.7 if body else 0.4)
        return {
            "organisation_id": (10_000_000 if body else 100_000) + n,
            "district": r.randrange(self.districts),
            "type": r.randint(1, 3),
            "years": (STAFF,),
            "phase": body or r.choice(("Secondary", "Primary")),
            "kind": r.choice(("own", "own", "unknown")),
            "there": {STAFF: r.randint(1, 9) if small else r.randint(20, 90)},
            "saw": {},
            "body": body,
        }

    def some_days_on(self) -> None:
        """Some send more than they are said to have."""
        super().some_days_on()
        r = Random(f"{self.day} {len(self.schools)}")  # of its own, so that what else a seed brings stays
        for s in self.schools:
            if s["saw"] and r.random() < 0.1:
                s["saw"][STAFF] = s["there"][STAFF] + r.choice((1, 3, 20))

    def reckoning(self) -> Reckoning:
        found = super().reckoning()
        programme: Any = SimpleNamespace(title="All staff", academic_year=2026, for_adults=True)
        bodies = {s["organisation_id"]: s["body"] for s in self.schools}
        away: Any = {
            "absent_by_year": {},
            "caught_up_by_year": {},
            "absent_worked_out": (),
        }  # nobody says it of staff
        target = [
            replace(s, kind_of_body=kind, type=kind or s.type, **away)
            for s in found.target
            for kind in [bodies[s.organisation_id]]
        ]
        return replace(found, programme=programme, year_groups=(STAFF,), target=target)

    def concerns(self) -> dict[int, int]:
        return {}


def _standing(s: dict[str, Any]) -> Standing:
    """The numbers as the reckoning puts them together: an estimate gives way to a larger count, an own number
    does not."""
    years, saw = s["years"], dict(s["saw"])
    there: dict[int, int | None] = {y: None if s["kind"] == "unknown" else s["there"][y] for y in years}
    number = None if s["kind"] == "unknown" else sum(s["there"].values())
    if s["kind"] == "estimate":
        there = {y: max(s["there"][y], saw.get(y, 0)) for y in years}
        number = max(sum(s["there"].values()), sum(saw.values()))
    states = {
        y: "open" if y not in saw else "seen" if saw[y] and 2 * saw[y] >= (there[y] or 0) else "part seen"
        for y in years
    }
    whole = (
        "seen"
        if set(states.values()) == {"seen"}
        else "asked"
        if set(states.values()) == {"open"}
        else "part seen"
    )
    away = Random(
        f"{s['organisation_id']} {sorted(saw.items())}"
    )  # of its own, so that what else a seed brings stays
    absent, caught_up, worked_out = {}, {}, []
    for y in years:
        rest = None if there[y] is None or y not in saw else max(0, there[y] - saw[y])
        told = away.random() < 0.4
        if states[y] != "seen" or rest is None and not told:
            continue
        if told:
            absent[y] = away.choice((0, 1, 3, 8, 30))
            absent[y] = min(absent[y], rest) if rest is not None and s["kind"] == "own" else absent[y]
        else:
            absent[y] = rest or 0
            worked_out.append(y)
        if absent[y] and away.random() < 0.5:
            caught_up[y] = away.randint(1, absent[y])
    return Standing(
        absent_by_year=absent,
        caught_up_by_year=caught_up,
        absent_worked_out=tuple(worked_out),
        organisation_id=s["organisation_id"],
        name=f"School {s['organisation_id']}",
        district_code=f"E{s['district']}",
        district_name=f"District {s['district']}",
        phase=s["phase"],
        type=f"Type {s['type']}",
        standing=whole,
        year_groups=states,
        is_gap=whole != "seen",
        kind="" if whole == "seen" else "silent",
        detail="",
        since=None,
        target_pupils=number,
        estimated=s["kind"] == "estimate",
        seen_pupils=sum(saw.values()),
        seen_estimated=False,
        evidence="",
        ages_unknown=False,
        easting=1,
        northing=1,
        pupils_by_year=there,
        seen_by_year=saw,
    )


def released(
    seed: int, releases: int = RELEASES, of: type[County] = County
) -> tuple[list[Seen], list[content.Drawn]]:
    """Some days of a county, published in shuffled order; each release is kept and read back as a database
    would."""
    county = of(seed)
    days = []
    for _ in range(releases):
        county.some_days_on()
        days.append((county.reckoning(), county.concerns()))
    Random(seed + 1).shuffle(days)
    kept: list[Any] = []
    seen, drawn = [], []
    for reckoning, concerns in days:
        earlier: list[Release] = [publishing.unpacked(day, json.loads(text)) for day, text in kept]
        found = content.draw(reckoning, concerns, county="Marlshire", partnership="MSCP", earlier=earlier)
        kept.append((reckoning.as_of, json.dumps(publishing.packed(found.release))))
        drawn.append(found)
        seen.append(
            Seen(
                day=reckoning.as_of,
                target=reckoning.target,
                also={a.organisation_id: a.pupils for a in reckoning.also_seen},
                concerns=concerns,
                head=sheets.HEAD,
                lines=sheets.lines(found.content),
                beyond={
                    name: sheets.said(half["whole"]["beyond_staff"])
                    for name, half in (("All", found.content), ("All bodies", found.content["bodies"]))
                    if half
                },
            )
        )
    return seen, drawn


@pytest.mark.parametrize("block", range(so_many(10, least=1)))
def test_nothing_under_five_is_known_to_who_reads_ten_reports_in_any_order(block: int) -> None:
    shown = 0
    for seed in range(10 * block, 10 * block + so_many(10, least=4)):
        seen, drawn = released(seed)
        assert Attacker(seen, seed).known() == [], seed
        assert [d.given_away for d in drawn if d.given_away] == [], seed
        shown += sum(isinstance(line[15], int) for s in seen for line in s.lines)
    assert shown > 100, "nothing is known to anybody where nothing is said"


@pytest.mark.parametrize("block", range(so_many(5, least=1)))
def test_nothing_under_five_is_known_of_the_staff_of_schools_and_bodies(block: int) -> None:
    """Bodies of one kind in one district are few: reports of a training, in any order, attacked as the others are."""
    shown = cells = 0
    beyond: set[Any] = set()
    for seed in range(10 * block, 10 * block + 10):
        seen, drawn = released(seed, 6, Training)
        beyond |= {said for s in seen for said in s.beyond.values()}
        assert Attacker(seen, seed).known() == [], seed
        assert [d.given_away for d in drawn if d.given_away] == [], seed
        lines = [line for s in seen for line in s.lines if line[-1] == "bodies"]
        shown += sum(isinstance(line[15], int) for line in lines)
        cells += sum(isinstance(line[15], int) and "by district" in line[0] for line in lines)
    assert shown > 100 and cells > 10, "nothing is known to anybody where nothing is said"
    assert {"hidden", "unknown"} <= beyond, "in some reports more came than the staff that there are"


def test_a_count_of_nobody_is_hidden_whatever_earlier_reports_say() -> None:
    """A county where 0 seen, which three reports of other days let nobody work out, was shown outright by the fourth."""
    seen, _ = released(1003, 10)
    assert Attacker(seen, 1003).known() == []


@pytest.mark.parametrize("seed", [1100, 1242, 1265, 1269])
def test_that_nobody_was_absent_is_not_told_by_days_on_either_side(seed: int) -> None:
    """Counties in which a part without people was lost from one release to the next, or (1100) both numbers changed
    between two releases, each on a day of its own: 0 absent, or 0 seen, was known."""
    assert Attacker(released(seed)[0], seed).known() == []


@pytest.mark.long
@pytest.mark.parametrize("block", range(200))
def test_nothing_under_five_is_known_of_two_thousand_counties(block: int) -> None:
    for seed in range(1_000 + 10 * block, 1_010 + 10 * block):
        seen, drawn = released(seed)
        assert Attacker(seen, seed).known() == [], seed
        assert [d.given_away for d in drawn if d.given_away] == [], seed


@pytest.fixture
def only_the_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports as they would be if small numbers were hidden and nothing besides."""
    monkeypatch.setattr(suppression, "_worse", lambda *_: set())
    monkeypatch.setattr(suppression._Work, "next_move", _only_the_small)


def test_what_earlier_reports_may_give_away_is_what_their_reader_can_work_out(only_the_small: None) -> None:
    """All that is listed, but for a few that rest on nobody having come for one who went."""
    told = confirmed = 0
    for seed in range(25):
        seen, drawn = released(seed, 3)
        listed = suppression.given_away([d.release for d in drawn])
        found = Attacker(seen, seed).confirms([(g.number, g.units, g.days) for g in listed])
        told += len(found)
        confirmed += sum(found)
    assert told > 60 and confirmed >= 0.95 * told, (told, confirmed)


def test_a_report_is_the_same_in_every_process() -> None:
    """What a draft showed is what is published, by whichever process: sets of words have another order in
    each."""
    here = Path(__file__).parent
    script = "from test_attacked import released\nfor seed in (4, 10): print([s.lines for s in released(seed, 3)[0]])"
    paths = [str(here), str(here.parents[1]), str(here.parents[2])]
    said = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(paths)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for hash_seed in "12"
    }
    assert len(said) == 1 and len(said.pop()) > 1_000


def test_the_attacker_finds_what_is_not_hidden(only_the_small: None) -> None:
    """Were only small numbers hidden, and nothing besides, the attacker would know some in most counties."""
    known = [Attacker(released(seed)[0], seed).known(until=1) for seed in range(6)]
    assert sum(map(bool, known)) >= 4, known
    of_staff = [Attacker(released(seed, 6, Training)[0], seed).known(until=1) for seed in range(6)]
    assert sum(map(bool, of_staff)) >= 4, of_staff


def _only_the_small(work: Any) -> set[Any]:
    return {key for key in work.shown if work.people_of[key] < 5}
