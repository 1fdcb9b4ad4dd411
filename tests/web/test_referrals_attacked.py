"""A reader who keeps every page, file, report and answer of the feed of ten releases of referrals, reads them in any
order and solves them in whole numbers."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import product
from random import Random
from typing import Any

import highspy
import pytest
from flask import Flask
from flask.testing import FlaskClient

import make
from how_many import so_many
from outreach.county.partnerships import Partnership
from outreach.coverage.board import content as board_content
from outreach.coverage.board import publishing
from outreach.ground.db import transaction
from outreach.outcomes.referrals import blocks, district_numbers, joining, releases
from outreach.outcomes.referrals.before_and_after import NOT_REACHED
from outreach.outcomes.referrals.district_numbers import NO_KIND, REFERRALS, RESIDENTS, Cell
from outreach.post.feeds import tokens
from outreach.tour.programmes import Programme

pytestmark = [pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

KINDS = ("criminal exploitation", "sexual exploitation", "modern slavery")
DISTRICTS = {f"E0700000{n}": name for n, name in enumerate(("Ashby", "Brent", "Cole", "Dunwich"), start=1)}
FIRST_MONTH = 2025 * 12 + 9
Unit = tuple[str, str, int]
"""One number: of a district, a kind and a month."""
Said = tuple[int, frozenset[Unit], int | None]
"""In which release, the numbers that a figure is the sum of, and what it says; None: hidden."""


class County:
    """Counts as they truly are, day by day: months come in, late or corrected, and releases are made of them."""

    def __init__(self, of: Partnership, random: Random) -> None:
        self.of, self.random = of, random
        self.means = {unit: random.choice([0.3, 1.5, 3, 9]) for unit in product(DISTRICTS, KINDS)}
        self.in_force: dict[Unit, int] = {}
        self.releases: list[dict[Unit, int]] = []

    def goes_on(self, months: Iterable[int], now: datetime) -> None:
        """Returns of these months, some of which come late; corrections; new estimates; another percent."""
        new = {}
        for code, kind, month in product(DISTRICTS, KINDS, months):
            if (code, kind, month) not in self.in_force and self.random.random() < 0.97:
                new[code, kind, month] = self._number(code, kind)
        for unit in self.random.sample(sorted(self.in_force), min(6, len(self.in_force))):
            new[unit] = self._number(*unit[:2])
        self.in_force |= new
        cells = {cell_of(unit): number for unit, number in new.items()}
        aged = {
            Cell(district_code=code, kind=NO_KIND, period=self.random.choice([2024, 2025, 2026])): number
            for code in DISTRICTS
            for number in [self.random.randint(3_000, 9_000)]
        }
        for about, numbers in ((REFERRALS, cells), (RESIDENTS, aged)):
            district_numbers.take_in(
                self.of, about, numbers, source="s", source_date=date(2026, 9, 1), who="P", now=now
            )
        district_numbers.set_percent(self.of, self.random.choice([30, 50, 60]), who="P", now=now)

    def release(self, now: datetime) -> bool:
        cut = releases.cut_today(self.of.id, releases.newest(self.of.id), now=now)
        if cut.says_more:
            releases.release(self.of, as_shown=releases.fingerprint(cut), who="P", now=now)
            self.releases.append(dict(self.in_force))
        return cut.says_more

    def _number(self, code: str, kind: str) -> int:
        mean = self.means[code, kind]
        return sum(self.random.random() < mean / 20 for _ in range(20))


def cell_of(unit: Unit) -> Cell:
    code, kind, month = unit
    return Cell(district_code=code, kind=kind, period=month // 12 * 100 + month % 12 + 1)


def month_of(said: str) -> int:
    return int(said[:4]) * 12 + int(said[5:7]) - 1


def toured(of: Partnership, random: Random) -> list[Programme]:
    """Two programmes that reached districts at other times."""
    schools = {
        code: make.school(district_code=code, district_name=name, number_of_pupils=700)
        for code, name in DISTRICTS.items()
    }
    programmes = [make.programme(of), make.programme(of, title="Another")]
    for programme in programmes:
        for code in random.sample(sorted(DISTRICTS), 3):
            at = make.EARLIER + timedelta(days=random.randint(5, 200))
            booking = make.booking(make.show(programme, schools[code], at), {8: 100, 9: 100})
            make.report(booking, "school", at + timedelta(days=1), {8: 70, 9: 70})
    return programmes


def units(
    codes: Iterable[str], kinds: Iterable[str], months: Iterable[int], known: Mapping[Unit, int]
) -> frozenset[Unit]:
    return frozenset(unit for unit in product(codes, kinds, months) if unit in known)


class Kept:
    """All that stands anywhere after one release."""

    def __init__(self, n: int, county: County, programmes: list[Programme], client: FlaskClient) -> None:
        self.n, self.county, self.client = n, county, client
        self.known = county.releases[n]
        self.blocks = releases.newest(county.of.id).blocks
        self.told = {block.district_code for block in self.blocks}
        self.said: list[Said] = []
        for programme in programmes:
            self.of_file_and_pages(programme)
        self.of_researchers(programmes[0])

    def of_file_and_pages(self, programme: Programme) -> None:
        text = self.client.get("/desk/referrals.csv", query_string={"programme": programme.id}).text
        lines = [line for line in csv.reader(io.StringIO(text.removeprefix("\ufeff"))) if len(line) == 10][1:]
        own = {line[0] for line in lines} - {"Not reached yet"}
        sides: dict[tuple[str, str, str], set[int]] = {}
        in_file = set()
        for name, kind, first, last, where, number, months, *_ in lines:
            codes = [code for code, one in DISTRICTS.items() if one == name] or [
                code for code in self.told if DISTRICTS[code] not in own
            ]
            kinds = KINDS if kind == "All kinds" else [kind]
            if first:
                span = range(month_of(first), month_of(last) + 1)
                side = where.rpartition(" ")[2]
                sides.setdefault((name, kind, side), set()).update(span)
            else:
                span_of_side = sides[
                    name, kind, {"all before": "before", "all after": "after"}.get(where, "")
                ]
                span = sorted(span_of_side)  # type: ignore[assignment]
            assert len(span) == int(months)
            shown = None if number == "hidden" else int(number)
            self.said.append((self.n, units(codes, kinds, span, self.known), shown))
            in_file.add(number)
        for kind in ("", *KINDS):
            page = self.client.get(
                "/desk/referrals", query_string={"programme": programme.id, "kind": kind}
            ).text
            words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
            for number in re.findall(r"(\d+|hidden) in \d+ months?", words):
                assert number in in_file
            table = re.findall(r'<td class="num">([\d,]+|hidden)(?:<span|</td>)', page)
            assert table and {number.replace(",", "") for number in table} <= in_file

    def of_researchers(self, programme: Programme) -> None:
        content = self.client.get(
            "/desk/outcomes-researchers.zip", query_string={"programme": programme.id}
        ).data
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            lines = list(csv.DictReader(archive.read("referrals.csv").decode().splitlines()))
        assert len(lines) == len(self.blocks)
        for line in lines:
            span = range(month_of(line["from"]), month_of(line["to"]) + 1)
            shown = None if line["referrals"] == "hidden" else int(line["referrals"])
            of = units([line["district code"]], line["kinds"].split(" + "), span, self.known)
            self.said.append((self.n, of, shown))

    def of_report(self, report: Any) -> None:
        """Of all kinds, by district as the report tells of it."""
        lines = report["referrals"]["lines"]
        own = {line["district"] for line in lines} - {NOT_REACHED}
        for line in lines:
            codes = {line["district"]}
            if line["district"] == NOT_REACHED:
                codes = self.told & set(board_content.pupils_said(report)) - own
            spans = joining.summed([block for block in self.blocks if block.district_code in codes], "")
            for side, name in ((-1, "before"), (1, "after")):
                if line[name] is None:
                    continue
                if line["reached"] is None:
                    of_side = joining.newest(spans)
                else:
                    of_side = [
                        one for one in spans if joining.side_of(one.span, month_of(line["reached"])) == side
                    ]
                months = [month for one in of_side for month in one.span.months]
                assert len(months) == line[name]["months"]
                self.said.append((self.n, units(codes, KINDS, months, self.known), line[name]["number"]))


class Reader:
    """What a reader knows of all releases together: every number is whole and not negative, which of them were
    corrected between two releases (more than anybody tells him), and what every figure says."""

    def __init__(self, states: list[dict[Unit, int]], said: Iterable[Said]) -> None:
        self.model = highspy.Highs()
        self.model.setOptionValue(
            "threads", 1
        )  # as the planner asks: HiGHS has one pool of threads for the process
        self.model.setOptionValue("output_flag", False)
        self.numbers: list[dict[Unit, Any]] = []
        for n, state in enumerate(states):
            before = states[n - 1] if n else {}
            self.numbers.append(
                {
                    unit: self.numbers[n - 1][unit]
                    if before.get(unit) == number
                    else self.model.addIntegral(lb=0, ub=5_000)
                    for unit, number in state.items()
                }
            )
        for n, of, number in said:
            assert number == (None if number is None else sum(states[n][unit] for unit in of))
            if number is not None:
                self.model.addConstr(sum(self.numbers[n][unit] for unit in of) == number)

    def range_of(self, n: int, of: Iterable[Unit]) -> tuple[int, int]:
        what = sum(self.numbers[n][unit] for unit in of)
        self.model.minimize(what)
        least = round(self.model.getObjectiveValue())
        self.model.maximize(what)
        return least, round(self.model.getObjectiveValue())


def ten_releases(client: FlaskClient, stopped: Any, random: Random) -> tuple[County, list[Kept]]:
    with transaction():
        of = make.partnership()
        programmes = toured(of, random)
        make.signed_in(client, make.person(of))
        bearer = tokens.make(of.id, "Board", who="P", now=make.EARLIER)[1]
        county = County(of, random)
    kept: list[Kept] = []
    month = FIRST_MONTH + 9
    now = datetime(2026, 11, 5, 9, tzinfo=UTC)
    while len(kept) < 10:
        stopped.now = now
        with transaction():
            county.goes_on(range(FIRST_MONTH, month), now)
        with transaction():
            is_new = county.release(now)
        if is_new:
            kept.append(Kept(len(kept), county, programmes, client))
        stopped.now = now + timedelta(days=1)
        for programme in programmes:
            with transaction():
                report = publishing.publish(programme, now.date(), who="P", now=stopped.now).content
            fed = client.get(
                f"/api/v1/programmes/{programme.id}/figures?as_of={now.date()}",
                headers={"Authorization": f"Bearer {bearer}"},
            ).get_json()
            assert fed["referrals"] == report["referrals"]
            kept[-1].of_report(report)
        now, month = now + timedelta(days=31), month + 1
    return county, kept


@pytest.mark.parametrize("seed", range(so_many(2, least=1)))
def test_ten_releases_in_any_order_determine_nothing_hidden(
    app: Flask, client: FlaskClient, stopped: Any, seed: int
) -> None:
    random = Random(seed)
    county, kept = ten_releases(client, stopped, random)
    said = [one for some in kept for one in some.said]
    random.shuffle(said)
    reader = Reader(county.releases, said)
    may_be_known = {(n, of) for n, of, number in said if number is not None}
    assert all(number is None or number >= 5 or not of for _, of, number in said)
    hidden = {(n, of) for n, of, number in said if number is None} - may_be_known
    single = {
        (n, frozenset([unit]))
        for n, state in enumerate(county.releases)
        for unit in state
        if (n, frozenset([unit])) not in may_be_known
        and (not n or county.releases[n - 1].get(unit) != state[unit])
    }
    known_later = {of for _, of in may_be_known}
    looked_at = sorted(hidden | single, key=lambda one: (one[0], sorted(one[1])))
    for n, of in random.sample(looked_at, so_many(len(looked_at), least=20)):
        if of and not (len(of) == 1 and of in known_later):
            least, most = reader.range_of(n, of)
            assert least < most, (n, of)
    assert len(hidden) > 10 and len(single) > 100 and len(may_be_known) > 300


def test_a_reader_would_solve_quarters_that_are_cut_anew_when_a_number_is_corrected(app: Flask) -> None:
    """Why a block stays as it was cut: parted once, it tells what was joined before."""
    code, kinds = "E07000001", KINDS[:2]
    first = {
        (code, kinds[0]): {24312: 9, 24313: 9, 24314: 2},
        (code, kinds[1]): {24312: 6, 24313: 6, 24314: 6},
    }
    second = {
        (code, kinds[0]): {24312: 9, 24313: 9, 24314: 7},
        (code, kinds[1]): {24312: 6, 24313: 6, 24314: 6},
    }
    states = [
        {(code, kind, month): number for (_, kind), of in counts.items() for month, number in of.items()}
        for counts in (first, second)
    ]
    stays: list[blocks.Block] = []
    for earlier, solved in ((None, True), (stays, False)):
        said: list[Said] = []
        known: list[blocks.Block] = []
        for n, counts in enumerate((first, second)):
            cut = blocks.cut(counts, known, kinds, day=date(2027, 1, n + 1), this_month=30_000)
            known = [] if earlier is None else list(cut.blocks)
            said += [
                (n, units([code], block.kinds, block.months, states[n]), block.number) for block in cut.blocks
            ]
        least, most = Reader(states, said).range_of(0, [(code, kinds[0], 24314)])
        assert (least == most == 2) is solved
