"""Every number of the desk's pages, files and feed, held to the slow reference.

A number on a page is a link; the words of its address say which schools it counts. The reference is asked for
the same schools, and the list behind the link is read to its last page. A number that leads where nobody
checks is a fault.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from html import unescape
from html.parser import HTMLParser
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import openpyxl
from flask.testing import FlaskClient
from reference import (
    ADULTS,
    Booking,
    GapOwner,
    Proposal,
    ReportWithdrawal,
    VisitReport,
    World,
    WorldOfAdults,
    read_all,
)
from slow_sums import DIMENSIONS, NINE, STATES, Row, Sums, Total, is_body, percent, percent_cell

from outreach.coverage import gaps
from outreach.ground.db import db
from outreach.tour.programmes import Programme

A_NUMBER = re.compile(r"\d[\d,]*(?= |$)")
NO_NUMBER = re.compile(
    r"\d+ (January|February|March|April|May|June|July|August|September|October|November|December)"
)
OF_THE_LIST = ("programme", "as_of", "sort", "page")
SCHOOL_LINK = re.compile(r'href="/desk/schools/(\d+)[^"]*"')
TABLES = {
    "District": "district",
    "Town": "town",
    "Urban or rural": "urban_rural",
    "Phase": "phase",
    "Type": "type",
    "Trust": "trust",
    "Phase or kind": "phase",
    "Kind": "phase",
}
NO_ONE_DISTRICT = "whole area, or district not known"
UNKNOWN = {
    "town": "town not known",
    "urban_rural": "not known whether urban or rural",
    "district": "district not known",
    "type": "type not known",
    "trust": "in no trust",
}


OF_STAFF = {
    "Staff trained": "Pupils seen",
    "Front-line staff": "Target pupils",
    "Front-line staff where known": "Target pupils where known",
    "Front-line staff are": "Target pupils are",
    "Schools trained %": "Schools seen %",
    "Trained": "Seen",
    "Part trained": "Part seen",
    "Groups": "Year groups",
    "Schools and bodies": "Schools",
    "Bodies": "Schools",
}
"""Columns of files of a training -> what they are called for pupils."""


class Links(HTMLParser):
    """[address, words] of every link of a page's main part."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._address: str | None = None
        self.feed(page[page.index("<main") :])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._address, self._words = dict(attrs).get("href"), ""

    def handle_data(self, data: str) -> None:
        if self._address is not None:
            self._words += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._address is not None:
            self.found.append((self._address, " ".join(self._words.split())))
            self._address = None


class Numbers:
    """The pages of one programme as its coordinator reads them at a moment, and the reference beside them.

    `look` is called with the address of each page, for whoever wants to see it too. `held` counts the
    numbers.
    """

    def __init__(
        self,
        client: FlaskClient,
        programme_id: int,
        bearer: str,
        look: Callable[[str], None] = lambda _address: None,
    ) -> None:
        self.client, self.programme_id, self.bearer, self.look = client, programme_id, bearer, look
        self.held = 0

    def hold(self, now: datetime, today: date, reports: Iterable[int] = ()) -> None:
        """Everything at this moment of `today`, after which nothing more is recorded on it; `reports` are
        published ones."""
        db.session.rollback()
        db.session.expire_all()
        self.rows = read_all()
        self.programme = db.session.get_one(Programme, self.programme_id)
        self.now, self.today = now, today
        self.sums: dict[date, Sums] = {}
        self.read: dict[str, list[int]] = {}
        mine = self.at(today)
        assert sum(mine.total().by.values()) == len(mine.rows), "the nine standings sum to the target"
        of = f"programme={self.programme_id}"
        pages = [
            f"/desk?{of}",
            f"/desk/gaps?{of}",
            f"/desk/schools?{of}",
            f"/desk/bookings?{of}",
            f"/desk/invitations?{of}",
        ]
        pages += [f"/desk/coverage?{of}&by={by}" for by in (*DIMENSIONS, "year")]
        pages += [f"/desk/reports/{number}" for number in reports]
        for path in pages:
            self.hold_page(path)
        self.hold_gap_filters()
        self.hold_files()
        self.hold_feed()
        db.session.rollback()

    def at(self, day: date) -> Sums:
        if day not in self.sums:
            world = WorldOfAdults if self.programme.for_adults else World
            self.sums[day] = Sums(world(self.programme, day, self.rows))
        return self.sums[day]

    # --- pages

    def hold_page(self, path: str) -> None:
        self.look(path)
        answer = self.client.get(path)
        assert answer.status_code == 200, path
        for href, words in Links(answer.text).found:
            number = A_NUMBER.match(words)
            if number and not NO_NUMBER.match(words):
                self.hold_number(path, urljoin(path, href), int(number[0].replace(",", "")))

    def hold_number(self, page: str, address: str, number: int) -> None:
        parts = urlsplit(address)
        words = dict(parse_qsl(parts.query, keep_blank_values=True))
        assert len(words) == len(parse_qsl(parts.query, keep_blank_values=True)), (
            f"{address} says a word twice"
        )
        where = f"{page} says {number} at {address}"
        if parts.path == "/desk/schools":
            self.hold_schools(where, words, number, address)
        elif parts.path == "/desk/gaps":
            owner = words.pop("owner", "")
            assert owner in ("", "nobody"), where
            rows = [r for r in self.at(self.today).picked(_schools_words(words)) if r.gap]
            rows = [r for r in rows if not owner or not self.has_an_owner(r.organisation_id)]
            assert number == len(rows), where
            assert self.list_behind(address) == sorted(r.organisation_id for r in rows), where
        elif parts.path == "/desk/bookings":
            assert number == len(self.bookings(words)) == self.rows_behind(address), where
        elif parts.path == "/desk/offers":
            assert (
                number == self.kept_until(date.fromisoformat(words["until"])) == self.rows_behind(address)
            ), where
        elif re.fullmatch(
            (
                r"/desk/(news|letters|inbox|requests|invitations/\d+|register/changes|chasing(/schools|"
                r"/waiting-list)?|phone-list)"
            ),
            parts.path,
        ):
            assert number == self.rows_behind(address), where
        else:
            raise AssertionError(f"{where}: nobody holds that number to anything")
        self.held += 1

    def hold_schools(self, where: str, words: dict[str, str], number: int, address: str) -> None:
        sums = self.at(date.fromisoformat(words["as_of"]) if words.get("as_of") else self.today)
        if words.get("list") == "also":
            assert number == len(sums.also_seen), where
            assert self.list_behind(address) == sorted(sums.also_seen), where
            return
        rows = sums.picked(_schools_words(words))
        y = int(words["year"]) if words.get("year") else None
        if "absent" in words:
            missed = [r.absent if y is None else {y: r.absent[y]} if y in r.absent else {} for r in rows]
            all_of, caught = (sum(m[n] for each in missed for m in each.values()) for n in (0, 1))
            wanted = {"any": all_of, "caught-up": caught, "waiting": all_of - caught}[words["absent"]]
        elif "counted" in words:
            wanted = sum(r.seen if y is None else r.seen_by.get(y, 0) for r in rows)
        elif words.get("number") == "known":
            wanted = sum((r.pupils if y is None else r.pupils_by[y]) or 0 for r in rows)
        else:
            wanted = len(rows)
        assert number == wanted, where
        assert self.list_behind(address) == sorted(r.organisation_id for r in rows), where

    def has_an_owner(self, organisation_id: int) -> bool:
        """Whether a coordinator looks after a school now, or after one that it came from."""
        owned = {
            o.organisation_id
            for o in self.rows[GapOwner]
            if o.ended_at is None and o.programme_id == self.programme_id
        }
        return not owned.isdisjoint({organisation_id, *self.at(self.today).world.ancestors(organisation_id)})

    # --- lists

    def list_behind(self, address: str) -> list[int]:
        """The URNs of the schools of a list, over all its pages."""
        if address not in self.read:
            found: list[int] = []
            for page in self.pages_of(address):
                rows = re.findall(r'<tr class="school">.*?(?=<tr|</tbody>)', page, re.S)
                found += [int(SCHOOL_LINK.search(row)[1]) for row in rows]  # type: ignore[index]
            self.read[address] = sorted(found)
        return self.read[address]

    def rows_behind(self, address: str) -> int:
        """How many rows a list has that is not of schools, over all its pages; of a section of a page (#…)
        its own."""
        found, section = 0, urlsplit(address).fragment
        pages = self.pages_of(address)
        # A section stands on the first page of the list below it.
        for page in islice(pages, 1) if section else pages:
            part = page[page.index("<main") :]
            if section:
                part = part[part.index(f'id="{section}"') :]
                part = part[: part.index("</section>")]
            bodies = re.findall(r"<tbody>(.*?)</tbody>", part, re.S)
            rows = sum(len(re.findall(r"<tr\b(?! class=.week)", body)) for body in bodies)
            found += rows or part.count('class="panel ask"') or (part.count("<li>") if section else 0)
        return found

    def pages_of(self, address: str) -> Iterable[str]:
        n = 1
        while True:
            bare = address.partition("#")[0]
            answer = self.client.get(f"{bare}{'&' if '?' in bare else '?'}page={n}")
            assert answer.status_code == 200, address
            yield answer.text
            if 'rel="next"' not in answer.text and f'name="page" value="{n + 1}"' not in answer.text:
                return
            n += 1

    # --- what is no school

    def bookings(self, words: dict[str, str]) -> list[Any]:
        world = self.at(self.today).world
        told: dict[tuple[int, int | None], datetime] = {}
        back = {taken.report_id for taken in self.rows[ReportWithdrawal]}
        for r in self.rows[VisitReport]:
            if r.id in back:
                continue
            of_which = r.performance_id, r.booking_id
            told[of_which] = max(r.recorded_at, told.get(of_which, r.recorded_at))
        found = []
        for b in self.of_programme():
            ended = world.cancelled(b) is not None
            over = world.newest_revision(b).ends_at <= self.now
            kind = "cancelled" if ended else "past" if over else "coming"
            # What was said before a show began tells of an earlier time of it.
            began = world.newest_revision(b).starts_at
            silent = not any(
                told.get((b.performance_id, who), datetime.min.replace(tzinfo=UTC)) >= began
                for who in (None, b.id)
            )
            if kind == words.get("when", "coming") and (silent or words.get("unreported") != "1"):
                found.append(b)
        return found

    def of_programme(self) -> list[Any]:
        """Its bookings; those of a training that it was copied from stand in lists of their own."""
        return [b for b in self.rows[Booking] if b.programme_id == self.programme_id]

    def kept_until(self, until: date) -> int:
        return len(
            [p for p in self.rows[Proposal] if p.ended_at is None and self.today <= p.reply_by <= until]
        )

    # --- the counts beside the filters of the gaps list

    def hold_gap_filters(self) -> None:
        gaps = [r for r in self.at(self.today).rows if r.gap]
        text = self.client.get(f"/desk/gaps?programme={self.programme_id}").text
        assert len(gaps) == len(self.list_behind(f"/desk/gaps?programme={self.programme_id}"))
        beside = re.findall(
            r'name="(\w+)" value="([^"]*)"[^>]*><span>[^<]*</span><span class="s2">([\d,]+)</span>', text
        )
        for kind in (
            "standing",
            "cause",
            "district",
            "phase",
            *(() if self.programme.for_adults else ("size",)),
        ):
            assert sum(int(n.replace(",", "")) for k, _, n in beside if k == kind) == len(gaps), kind
        for kind, value, number in beside:
            value = unescape(value)
            keys: dict[str, Any] = {
                "standing": lambda r: r.standing,
                "cause": lambda r: r.cause,
                "district": lambda r: r.district or "-",
                "phase": lambda r: r.phase,
                "size": _size,
            }
            if kind in keys:
                wanted = len([r for r in gaps if keys[kind](r) == value])
                assert int(number.replace(",", "")) == wanted, f"{kind} {value}"
                self.held += 1

    # --- files

    def hold_files(self) -> None:
        of, sums = f"programme={self.programme_id}", self.at(self.today)
        lines = self.sheet(f"/desk/coverage.csv?{of}")
        book = self.sheet(f"/desk/coverage.xlsx?{of}")
        assert [_filled(line) for line in book] == [_filled(line) for line in lines]
        head = lines[0]
        for line in lines[1:]:
            if line and (line[0].partition(",")[0] in TABLES or line[0].startswith("All")):
                self.hold_line(dict(zip(head, line, strict=True)), sums)
        first = next((n for n, line in enumerate(lines) if line and "do not sum" in line[0]), None)
        if first is not None:
            self.hold_years(lines[first + 1], lines[first + 2 :], sums)
        self.hold_school_lines(f"/desk/schools.csv?{of}", sums.rows)
        self.hold_school_lines(f"/desk/schools.csv?{of}&list=excluded", sums.excluded)
        gaps = [r for r in sums.rows if r.gap]
        self.hold_school_lines(f"/desk/gaps.csv?{of}", gaps)
        book, sheet = self.sheet(f"/desk/gaps.xlsx?{of}"), self.sheet(f"/desk/gaps.csv?{of}")
        assert [_filled(line) for line in book[:-1]] == [_filled(line) for line in sheet[:-1]]
        # A workbook has its notice above the heads, a CSV in its last line.
        assert sheet[-1][0].startswith(book[-1][0])

    def sheet(self, address: str) -> list[list[str]]:
        """The lines of a CSV or workbook without what says that it is not for publication: the last line or the first."""
        answer = self.client.get(address)
        assert answer.status_code == 200, address
        if ".xlsx" in address:
            # Our own reader leaves out the line that says where a file ends.
            page = openpyxl.load_workbook(io.BytesIO(answer.data)).worksheets[0]
            lines = [[_cell(value) for value in row] for row in page.iter_rows(values_only=True)]
        else:
            lines = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
        assert "Not for publication" in (lines[0] if ".xlsx" in address else lines[-1])[0], address
        if ".xlsx" in address:
            del lines[0]
        if lines[-1] and lines[-1][0].startswith("End of ") and "End of the list:" not in lines[-1][0]:
            lines.pop()
        lines = [line for line in lines if any(line)]
        return [[OF_STAFF.get(cell, cell) for cell in lines[0]], *lines[1:]] if lines else lines

    def hold_line(self, line: dict[str, str], sums: Sums) -> None:
        """A row of the coverage sheet."""
        table, rows = line["Table"], sums.rows
        if table.endswith(("schools", "bodies")):
            rows = sums.half(bodies=table.endswith("bodies"))
        if not table.startswith("All"):
            dimension = TABLES[table.partition(",")[0]]
            name = "district_name" if dimension == "district" else dimension
            if dimension not in ("district", "phase"):
                rows = [r for r in rows if not is_body(r.organisation_id)]
            if line["Name"] == NO_ONE_DISTRICT:
                rows = [r for r in rows if not r.district]
            else:
                rows = [r for r in rows if (getattr(r, name) or UNKNOWN.get(dimension, "")) == line["Name"]]
        total = sums.total(rows)
        said = {word: int(line[word.capitalize()]) for word in NINE}
        assert said == total.by, line
        share = percent_cell(total.by["seen"], total.organisations)
        columns = {
            "Schools": total.organisations,
            "Gaps": total.gaps,
            "Schools seen %": share,
            "Pupils seen": total.seen_pupils,
            "Target pupils where known": total.target_pupils,
            "Schools with own number": total.own,
            "Schools estimated": total.estimated,
            "Schools with number unknown": total.unknown,
            "Absent": sum(n for r in rows for n, _ in r.absent.values()),
            "Caught up": sum(n for r in rows for _, n in r.absent.values()),
        }
        assert {name: line[name] for name in columns} == {
            k: "" if v is None else str(v) for k, v in columns.items()
        }
        self.held += len(columns) + len(said)

    def hold_years(self, head: list[str], lines: list[list[str]], sums: Sums) -> None:
        found = {line[1]: dict(zip(head, line, strict=True)) for line in lines}
        assert list(found) == [f"Year {y}" for y in sums.year_groups()]
        for y in sums.year_groups():
            line, total = found[f"Year {y}"], sums.year_group(y)
            assert {s: int(line[s.capitalize()]) for s in STATES} == total.by
            assert (int(line["Schools"]), int(line["Gaps"])) == (total.organisations, total.gaps)
            assert int(line["Pupils seen"]) == total.seen_pupils
            assert int(line["Target pupils where known"]) == total.target_pupils
            self.held += len(STATES) + 4

    def hold_school_lines(self, address: str, rows: list[Row]) -> None:
        lines = self.sheet(address)
        # A body has no URN: its name and its kind are its own.
        told = [dict(zip(lines[0], line, strict=True)) for line in lines[1:-1]]
        found = {line["URN"] or (line["School"], line["Kind of body"]): line for line in told}
        keys = {
            r.organisation_id: (r.name, r.type) if is_body(r.organisation_id) else str(r.organisation_id)
            for r in rows
        }
        assert lines[-1][0].startswith(f"End of the list: {len(rows)} "), address
        assert len(told) == len(rows) and found.keys() == set(keys.values()), address
        for r in rows:
            line, body = found[keys[r.organisation_id]], is_body(r.organisation_id)
            wanted = {
                "School": r.name,
                "District": r.district_name,
                "Phase": "" if body else r.phase,
                "Type": "" if body else r.type,
                "Trust": r.trust,
                "Standing": r.standing.replace("seen", "trained") if ADULTS in r.states else r.standing,
                "Pupils seen": str(r.seen),
                "Target pupils are": r.number,
                "Target pupils": "unknown" if r.pupils is None else str(r.pupils),
                "Year groups": "; ".join(f"Year {y} {state}" for y, state in r.states.items() if y != ADULTS),
                "Ages": "unknown" if r.ages_unknown else "",
            }
            if "Absent" in line:
                missed = r.absent.values()
                wanted["Absent"] = str(sum(n for n, _ in missed)) if missed else ""
                wanted["Caught up"] = str(sum(n for _, n in missed)) if missed else ""
            if "Gap" in line:
                wanted["Gap"] = "yes" if r.gap else "no"
            if r.standing != "excluded" and "Since" in line:
                wanted["Since"] = r.since.isoformat() if r.since else ""
            assert {name: line[name] for name in wanted} == wanted, address
            self.held += len(wanted)

    # --- the JSON feed

    def hold_feed(self) -> None:
        sums, at = self.at(self.today), f"/api/v1/programmes/{self.programme_id}"
        figures = self.fed(f"{at}/figures")
        mine, bodies = sums.half(bodies=False), sums.half(bodies=True)
        self.hold_told(figures["whole"], sums.total(mine))
        for table, dimension in (
            ("districts", "district"),
            ("phases", "phase"),
            ("types", "type"),
            ("towns", "town"),
            ("urban_rural", "urban_rural"),
        ):
            rows = {row["key"]: row for row in figures[table]}
            assert rows.keys() == sums.by(dimension, mine).keys()
            for key, total in sums.by(dimension, mine).items():
                self.hold_told(rows[key], total)
        assert {c["cause"]: c["schools"] for c in figures["causes"]} == self.said_of(sums.causes(mine))
        out = [is_body(r.organisation_id) for r in sums.excluded], [is_body(u) for u in sums.also_seen]
        assert [figures["excluded"], figures["also_seen_by"]] == [found.count(False) for found in out]
        if bodies:
            told = figures["bodies"]
            self.hold_told(told["whole"], sums.total(bodies))
            for table, dimension in (("districts", "district"), ("kinds", "phase")):
                rows = {row["key"]: row for row in told[table]}
                assert rows.keys() == sums.by(dimension, bodies).keys()
                for key, total in sums.by(dimension, bodies).items():
                    self.hold_told(rows[key], total)
            assert {c["cause"]: c["bodies"] for c in told["causes"]} == self.said_of(sums.causes(bodies))
            assert [told["excluded"], told["also_trained"]] == [found.count(True) for found in out]
        else:
            assert figures["bodies"] is None
        schools = self.fed(f"{at}/standings")["standings"] + [
            body | {"urn": body["id"]} for body in self.fed(f"{at}/bodies")["bodies"]
        ]
        assert [(s["urn"], s["standing"], s["gap"], s["cause"]) for s in schools] == [
            (r.organisation_id, self.said(r.standing), r.gap, self.said(r.cause)) for r in sums.rows
        ]
        bookings = self.fed(f"{at}/bookings")["bookings"] + self.fed(f"{at}/bodies/bookings")["bookings"]
        world = sums.world
        assert sorted(b["reference"] for b in bookings) == sorted(b.reference for b in self.of_programme())
        outcomes = {b["reference"]: b["outcome"] for b in bookings}
        words = {
            "took": "took place",
            "failed": "did not take place",
            "differ": "reports disagree",
            "silent": "report missing",
            "coming": "booked",
        }
        for b in self.of_programme():
            wanted = "cancelled" if world.cancelled(b) else words[world.outcome(b)]
            assert outcomes[b.reference] == wanted, b.reference
            self.held += 1

    def fed(self, address: str) -> Any:
        answer = self.client.get(address, headers={"Authorization": f"Bearer {self.bearer}"})
        assert answer.status_code == 200, answer.text
        return json.loads(answer.text)

    def said(self, word: str) -> str:
        """A standing or a cause as files and the feed say it."""
        return gaps.named(word, for_adults=self.programme.for_adults)

    def said_of(self, numbers: dict[str, int]) -> dict[str, int]:
        return {self.said(word): number for word, number in numbers.items()}

    def hold_told(self, row: dict[str, Any], total: Total) -> None:
        many = row.get("schools", row.get("bodies"))
        by = self.said_of(total.by)
        assert (many, row["standings"], row["gaps"]) == (total.organisations, by, total.gaps), row
        assert row["share"] == percent(total.by["seen"], total.organisations)
        self.held += 3 + len(NINE)


def _schools_words(words: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in words.items() if name not in OF_THE_LIST}


def _cell(value: Any) -> str:
    """What a cell of a workbook says, as a CSV says it."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    return "" if value is None else str(value)


def _filled(line: list[str]) -> list[str]:
    """A line without the empty cells at its end, which a CSV has and a workbook has not."""
    while line and not line[-1]:
        line = line[:-1]
    return line


def _size(r: Row) -> str:
    if r.pupils is None:
        return "unknown"
    return next((key for key, most in (("49", 49), ("149", 149), ("249", 249)) if r.pupils <= most), "250")
