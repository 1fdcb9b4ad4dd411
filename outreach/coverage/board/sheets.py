"""The tables of a board report as lines for a spreadsheet, under one head. Pure."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from outreach.coverage.board.content import Content
from outreach.coverage.standings import NINE, OPEN

Row = list[Any]

HEAD: Row = [
    "Table",
    "Name",
    "Schools",
    *(word.capitalize() for word in NINE),
    "Open",
    "Gaps",
    "Schools seen %",
    "Pupils seen",
    "Target pupils where known",
    "Pupils seen % where known",
    "Concerns raised",
    "Schools with own number",
    "Schools estimated",
    "Schools with number unknown",
    "Absent",
    "Caught up",
    "Counts",
]
"""'Counts': schools, or bodies, which stand in the places of schools. 'Open' is said of year groups alone: neither seen
nor booked."""


def lines(content: Content) -> list[Row]:
    """Every row of every table, the whole last, then the same of bodies; what is hidden is 'hidden', what nobody knows
    'unknown'."""
    concerns = concerns_by_district(content)
    found = [_line(t["title"], row, concerns) for t in content["tables"] for row in t["rows"]]
    found += [_place(t["title"], row) for t in content.get("places", ()) for row in t["rows"]]
    found += [_year(year) for year in content["years"]]
    found.append(_line("All", content["whole"], True))
    counted = [[*line, "schools"] for line in found]
    if (bodies := content.get("bodies")) is not None:
        tables = [*bodies["tables"], bodies["cells"]]
        of_bodies = [_line(t["title"], row, concerns) for t in tables for row in t["rows"]]
        of_bodies.append(_line("All bodies", bodies["whole"], True))
        counted += [[*line, "bodies"] for line in of_bodies]
    return counted


def concerns_by_district(content: Content) -> bool:
    """Whether a report says concerns by district, as those of the first kind did and still do."""
    return int(content["version"]) < 2


NO_LONGER_JUDGED = "Reports from later on make no comparison by lot, and call no result fair or strong."


def judged_otherwise(content: Mapping[str, Any]) -> bool:
    """Whether a report may call a result of outcomes fair or strong, as no newer one does."""
    return int(content["version"]) < 6


def causes(content: Content) -> list[Row]:
    """Why there are gaps, of schools and then of bodies."""
    of_bodies = (content.get("bodies") or {"causes": []})["causes"]
    rows = [[cause["words"], cause["schools"]] for cause in content["causes"]]
    return rows + [[f"{cause['words']} (bodies)", cause["schools"]] for cause in of_bodies]


def further(content: Content) -> Iterator[tuple[str, Row, list[Row]]]:
    """(name, head, lines) of what a report says besides who has seen it, as far as it does; as it stands there, hidden
    where that is hidden."""
    if rows := content.get("side_by_side"):
        yield "Side by side", SIDE_BY_SIDE, [_half(row) for row in rows]
    if helped := content.get("outcomes"):
        lines = [[wave["name"], *(_or_words(wave, name) for name in WAVE)] for wave in helped["waves"]]
        lines += [
            [f"Change from {one['from']} to {one['to']}", one["said"], *[""] * (len(WAVE) - 1)]
            for one in helped["changes"]
        ]
        lines += [
            [name, helped[key]]
            for name, key in (("What it is worth", "evidence"), ("Order", "order"))
            if key in helped
        ]
        lines += [[NO_LONGER_JUDGED]] if judged_otherwise(content) else []
        yield "Did it help", [helped.get("question", "Whom to tell"), *WAVE.values()], lines
    if referred := content.get("referrals"):
        lines = [
            [
                line["name"],
                line["reached"] or "not yet",
                line["residents"] or "",
                *_side(line, "before"),
                *_side(line, "after"),
            ]
            for line in referred["lines"]
        ]
        words = [[referred[name]] for name in ("said", "meaning") if referred[name]]
        yield "Referrals", REFERRED, [*lines, *words]
    if kept := content.get("followed"):
        if told_apart := [row for row in kept["promises"] if "agreed" in row]:
            rows = [
                [row["promise"], said, *(row[key][name] for name in COMMITMENT)]
                for row in told_apart
                for key, said in (("expected", "where it is expected"), ("agreed", "that agreed to it"))
            ]
            rows += [[kept["changed"]]] if kept["changed"] else []
            yield "Commitments", ["Commitment", "Schools", *COMMITMENT.values()], rows
        else:
            rows = [[row[name] for name in PROMISE] for row in kept["promises"]]
            yield "Promises kept", list(PROMISE.values()), rows
    if cost := content.get("cost"):
        money = MONEY | (MONEY_OF_STAFF if content["for_adults"] else {})
        pence = [[words, _pounds(cost[name])] for name, words in money.items()]
        yield "Cost", ["Cost", "Pounds"], [*pence, ["Estimate", "yes" if cost["is_estimate"] else "no"]]


SIDE_BY_SIDE: Row = [
    "Programme",
    "Counts",
    "How many",
    *(word.capitalize() for word in NINE),
    "Gaps",
    "Seen or trained %",
    "People seen or trained",
    "Of those counted",
    "People %",
    "People as of",
]


def _half(row: Mapping[str, Any]) -> Row:
    people: Row = ["not reported", "not reported", ""]
    if row["people_as_of"] is not None:
        people = [said(row["pupils_seen"]), said(row["target_pupils"]), _share(row, "pupil_share")]
    return [
        row["title"],
        row["who"],
        row["schools"],
        *(row["standings"][word] for word in NINE),
        row["gaps"],
        _share(row, "share"),
        *people,
        row["people_as_of"] or "",
    ]


WAVE = {
    "share": "Said yes, %",
    "low": "From, %",
    "high": "To, %",
    "answers": "Answers",
    "response_rate": "Answered, %",
    "performances": "Performances counted",
    "performances_asked": "Performances asked",
}
REFERRED: Row = [
    "District",
    "Reached",
    "Aged 10 to 17",
    *(
        f"{side}: {words}"
        for side in ("Before", "After")
        for words in ("referrals", "months", "a month for every 1,000")
    ),
]
COMMITMENT = {
    "due": "Schools due",
    "done": "Done",
    "partly": "Partly",
    "not_done": "Not done",
    "sides_differ": "Sides differ",
    "not_answered": "Not answered",
}
PROMISE = {
    "promise": "Promise",
    "due": "Schools due",
    "kept": "Kept",
    "not_kept": "Not kept",
    "not_answered": "Not said",
}
"""Of reports that did not tell apart who agreed."""

MONEY = {
    "budget_pence": "Budget",
    "spent_pence": "Spent",
    "a_show_pence": "One performance",
    "a_school_pence": "One school reached",
    "a_pupil_pence": "One pupil seen",
}
MONEY_OF_STAFF = {
    "a_show_pence": "One session",
    "a_school_pence": "One school or body reached",
    "a_pupil_pence": "One member of staff trained",
}


def _or_words(wave: Mapping[str, Any], name: str) -> Any:
    """The figure, or in its place what is said of it."""
    return wave.get(f"{name}_said", "") if wave[name] is None else wave[name]


def _side(line: Mapping[str, Any], side: str) -> Row:
    """Of referrals: number, months and rate, as far as they are said."""
    counted = line[side]
    if counted is None:
        return ["", "", ""]
    number, rate = counted["number"], counted["rate"]
    return ["hidden" if number is None else number, counted["months"], "" if rate is None else rate]


def _pounds(pence: int | None) -> Decimal | str:
    return "" if pence is None else Decimal(pence) / 100


def said(number: Mapping[str, Any]) -> Any:
    """The number, or why there is none, in one word."""
    return number["number"] if number["status"] == "shown" else number["status"]


def _line(table: str, row: Mapping[str, Any], concerns: bool) -> Row:
    return [
        table,
        row["name"],
        row["schools"],
        *(row["standings"][word] for word in NINE),
        "",
        row["gaps"],
        _share(row, "share"),
        said(row["pupils_seen"]),
        said(row["target_pupils"]),
        _share(row, "pupil_share"),
        said(row["concerns"]) if concerns else "",
        row["schools_with_own_number"],
        row["schools_estimated"],
        row["schools_with_number_unknown"],
        *(said(row[name]) if name in row else "" for name in ("absent", "caught_up")),
    ]


def _place(table: str, row: Mapping[str, Any]) -> Row:
    """A town, or urban or rural: of schools alone."""
    standings = [row["standings"][word] for word in NINE]
    return [table, row["name"], row["schools"], *standings, "", row["gaps"], _share(row, "share"), *[""] * 9]


def _year(year: Mapping[str, Any]) -> Row:
    states = year["states"]
    return [
        "Year groups",
        year["name"],
        year["schools"],
        *(states.get(word, "") for word in NINE),
        states[OPEN],
        "",
        _share(year, "share"),
        said(year["pupils_seen"]),
        said(year["target_pupils"]),
        _share(year, "pupil_share"),
        *[""] * 6,
    ]


def _share(row: Mapping[str, Any], name: str) -> Any:
    """Whole percent as a number, or the words where 0 and 100 would not be exact ('over 99'); '' where it is
    not said."""
    share, words = row[name], row.get(f"{name}_said", "").rstrip("%")
    return "" if share is None else share if words in ("", str(share)) else words
