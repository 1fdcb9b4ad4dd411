"""Referrals in a report to the board, and in the file for researchers: sums of released blocks, and what they can say.

That a district was reached, and when, tells of its pupils, too: with 100 percent of 80 seen, nobody was absent. So it
is said in a report only of districts whose pupils the report says, and where it does not hang on fewer than 5 who had
seen it, or had not.
"""

import csv
import io
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from statistics import fmean
from typing import Any

from outreach.coverage.reached import DistrictReached
from outreach.coverage.standings import Reckoning
from outreach.ground.suppression import AT_LEAST
from outreach.ground.wording import count
from outreach.outcomes.referrals import before_and_after, joining
from outreach.outcomes.referrals.before_and_after import ALL_KINDS, Counted, Line, Referrals, Residents
from outreach.outcomes.referrals.blocks import Block

MEANING = (
    "Counts may rise because more is uncovered. They cannot say that the play did it: districts were not reached by "
    "chance."
)
NEITHER_SIDE = "No district has a before and an after yet."
HIDDEN = "hidden"


def part(reckoning: Reckoning, pupils_said: Collection[str], *, now: datetime) -> dict[str, Any] | None:
    """What a report says of all kinds together; None where nothing was released by its day. `pupils_said`: districts of
    which it says how many pupils saw it, of how many."""
    found = before_and_after.of_reckoning(
        reckoning, now=now, but=lambda district, percent: not _may_be_said(district, percent, pupils_said)
    )
    if found.released_on is None:
        return None
    said = _said(found)
    return {
        "released_on": found.released_on.isoformat(),
        "percent": found.percent,
        "said": said or NEITHER_SIDE,
        "meaning": MEANING if said else "",
        "lines": [_line(line) for line in found.lines],
    }


def _may_be_said(district: DistrictReached, percent: int, pupils_said: Collection[str]) -> bool:
    enough = -(-percent * district.pupils // 100)
    return district.code in pupils_said and AT_LEAST <= enough <= district.pupils - AT_LEAST + 1


def _line(line: Line) -> dict[str, Any]:
    view = line.views[ALL_KINDS]
    return {
        "district": line.key,
        "name": line.name,
        "reached": None if line.zero is None else _iso(line.zero),
        "residents": line.residents,
        "before": _counted(view.before),
        "after": _counted(view.after),
    }


def _counted(counted: Counted | None) -> dict[str, Any] | None:
    if counted is None:
        return None
    rate = None if counted.rate is None else round(counted.rate, 2)
    return {"number": counted.number, "months": counted.months, "rate": rate}


def _said(found: Referrals) -> str:
    """'A month for every 1,000 aged 10 to 17, the mean of 2 districts reached: 1.36 before, 1.41 after; 1.37 where not
    reached yet.'; '' where no district has both sides."""
    sides = []
    waiting = ""
    for line in found.lines:
        before, after = line.views[ALL_KINDS].before, line.views[ALL_KINDS].after
        if line.zero is None:
            if before is not None and before.rate is not None:
                waiting = f"; {before.rate:.2f} where not reached yet"
        elif before and after and before.rate is not None and after.rate is not None:
            sides.append((before.rate, after.rate))
    if not sides:
        return ""
    was, now = (fmean(side) for side in zip(*sides, strict=True))
    of = f"the mean of {len(sides)} districts" if len(sides) > 1 else count(1, "district")
    return f"A month for every 1,000 aged 10 to 17, {of} reached: {was:.2f} before, {now:.2f} after{waiting}."


HEAD = [
    "district code",
    "district",
    "kinds",
    "from",
    "to",
    "referrals",
    "residents aged 10 to 17",
    "corrected on",
]


def as_csv(blocks: Iterable[Block], residents: Residents, names: Mapping[str, str]) -> str:
    """Every released block as a line."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEAD)
    in_order = sorted(blocks, key=lambda block: (block.district_code, block.first, block.kinds))
    writer.writerows(_cells(block, residents, names) for block in in_order)
    return out.getvalue()


def _cells(block: Block, residents: Residents, names: Mapping[str, str]) -> Sequence[str | int]:
    years = residents.get(block.district_code, {})
    return [
        block.district_code,
        names.get(block.district_code, ""),
        " + ".join(block.kinds),
        _iso(block.first),
        _iso(block.last),
        HIDDEN if block.number is None else block.number,
        before_and_after.residents_in(years, block.first // 12) if years else "",
        "" if block.corrected_on is None else block.corrected_on.isoformat(),
    ]


def codebook(released_on: date) -> Iterator[str]:
    """What the lines of referrals mean."""
    yield ""
    yield f"referrals.csv: the partnership's referrals by district, as released on {released_on.isoformat()}"
    yield "kinds: one, or several that are known together alone; from, to: months, both in it"
    yield "referrals: no two lines hold the same ones, so that lines add up; hidden: under 5 by a correction"
    yield "residents aged 10 to 17: the newest estimate of a year not after the first month's, else the oldest"
    yield MEANING


def _iso(month: int) -> str:
    return f"{joining.first_day(month):%Y-%m}"
