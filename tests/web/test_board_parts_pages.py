"""A report to the board on the desk, in its files and in the feed: whether it helped, commitments, cost."""

import csv
import io
import re
import zipfile
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient

import answered
import make
from answered import Answered, Show
from outreach.county.partnerships import Partnership
from outreach.coverage.board import publishing, sheets
from outreach.coverage.board.publishing import BoardReport
from outreach.ground.db import db, transaction
from outreach.outcomes import releases, waves
from outreach.outcomes.cost import budgets
from outreach.outcomes.cost.budgets import RECKONED
from outreach.outcomes.referrals import district_numbers
from outreach.outcomes.referrals import releases as referral_releases
from outreach.outcomes.referrals.district_numbers import NO_KIND, REFERRALS, RESIDENTS, Cell
from outreach.post.feeds import tokens

pytestmark = [pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

DAY = "2027-01-18"


@pytest.fixture
def told(app: Flask, client: FlaskClient) -> Answered:
    """Ten shows that were counted and whose pupils answered, at ten schools; a budget."""
    with transaction():
        told = answered.lay(
            [
                Show(said={"before": (12, 12), "after": (18, 6)}, pupils={8: 60, 9: 60}, weeks=n % 2)
                for n in range(10)
            ],
            released=False,
        )
        for show in told.shows:
            show.tour_day.troupe.cost_day_pence = 64_000
            (booking,) = db.session.scalars(
                db.select(make.Booking).where(make.Booking.performance_id == show.id)
            ).all()
            make.report(booking, "school", show.ends_at + timedelta(hours=2), {8: 55, 9: 54})
            for wave in waves.of_performance(show.id):
                if wave.closed_at is not None:
                    wave.closed_at = datetime(2026, 12, 1, tzinfo=UTC)
        releases.release(told.programme, now=datetime(2026, 12, 15, tzinfo=UTC))
        budgets.set_budget(told.programme, 1_000_000, RECKONED, who="Priya", now=make.EARLIER)
    make.signed_in(client, told.person)
    return told


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).split())


def publish(client: FlaskClient, told: Answered) -> int:
    answer = client.post("/desk/reports/new", data={"programme": told.programme.id, "as_of": DAY})
    assert answer.status_code == 303, answer.text
    return int(answer.location.rsplit("/", 1)[1])


def test_a_report_answers_who_saw_it_and_whether_it_helped_before_any_figure(
    client: FlaskClient, told: Answered
) -> None:
    draft = words(client.get(f"/desk/reports/new?programme={told.programme.id}&as_of={DAY}").text)
    page = words(client.get(f"/desk/reports/{publish(client, told)}").text)
    for said in (draft, page):
        assert "‘Someone to Tell’: who has seen it, and did it help" in said
        assert "Under 30% of pupils answered, too few to say whether more would know whom to tell." in said
        for sentence in (
            "Straight after is the same day: what was just heard. Three months later is not asked yet.",
            "25 points more (all 10 schools alike: no interval) straight after than before; in brackets 95% intervals, by school. "
            "Schools were not chosen by lot.",
            "Before 50% all 10 schools alike: no interval 22%, low",
            "After 75% all 10 schools alike: no interval 22%, low",
            "Three months later no answers yet",
            "What schools did besides Of what is expected of schools besides the performance, 0% is said to be done.",
            "About £6,400 of £10,000 spent: £640 a performance, £640 a school reached and £5.87 a pupil seen.",
        ):
            assert sentence in said, sentence
    assert page.index("too few to say") < page.index("schools seen") < page.index("Districts")


def test_its_files_say_the_same_and_hide_the_same(client: FlaskClient, told: Answered) -> None:
    report_id = publish(client, told)
    rows = list(csv.reader(io.StringIO(client.get(f"/desk/reports/{report_id}.csv").text.lstrip("\ufeff"))))
    by_name = {row[0]: row for row in rows if row}
    assert by_name["After"][1:6] == ["75", "", "", "240", "22"]
    assert by_name["Three months later"][1:5] == ["no answers yet", "", "", ""]
    assert by_name["What it is worth"][1].startswith("Straight after is the same day")
    assert by_name["Spent"] == ["Spent", "6400"] and by_name["Estimate"] == ["Estimate", "yes"]
    heads = ["Done", "Partly", "Not done", "Sides differ", "Not answered"]
    assert ["Commitment", "Schools", "Schools due", *heads] in rows
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"/desk/reports/{report_id}.xlsx").data))
    assert book.sheetnames == [
        "Figures",
        "Why there are gaps",
        "Did it help",
        "Commitments",
        "Cost",
        "Definitions",
    ]


def test_the_feed_carries_all_of_it_from_the_newest_report_alone(client: FlaskClient, told: Answered) -> None:
    with transaction():
        token = tokens.make(told.programme.partnership_id, "council", who="Priya", now=make.NOW)[1]

    def read(path: str) -> Any:
        return client.get(path, headers={"Authorization": f"Bearer {token}"}).json

    figures = f"/api/v1/programmes/{told.programme.id}/figures"
    parts = ("outcomes", "followed", "cost")
    assert [read(figures)[part] for part in parts] == [None, None, None]
    report_id = publish(client, told)
    kept = db.session.get_one(BoardReport, report_id).content
    assert [read(figures)[part] for part in parts] == [kept[part] for part in parts]
    assert read(f"/api/v1/reports/{report_id}")["content"] == kept
    assert [read(f"{figures}?as_of=2027-01-10")[part] for part in parts] == [None, None, None]
    assert "'heard'" not in str(read(f"/api/v1/reports/{report_id}")), "what it rests on stays in the house"


def test_a_report_of_before_these_parts_stays_as_it_was(client: FlaskClient, told: Answered) -> None:
    report_id = publish(client, told)
    old = db.session.get_one(BoardReport, report_id)
    said = {name: part for name, part in old.content.items() if name not in ("outcomes", "followed", "cost")}
    with transaction():
        row = BoardReport(
            partnership_id=old.partnership_id,
            programme_id=old.programme_id,
            number=2,
            as_of=datetime(2026, 12, 2, tzinfo=UTC).date(),
            published_at=make.NOW,
            published_by="Priya",
            content=said,
            basis=old.basis,
        )
        db.session.add(row)
        db.session.flush()
        earlier_id = row.id
    page = words(client.get(f"/desk/reports/{earlier_id}").text)
    assert "who has seen it" in page and "did it help" not in page and "did besides" not in page
    for ending in ("csv", "xlsx"):
        assert client.get(f"/desk/reports/{earlier_id}.{ending}").status_code == 200


def test_a_report_that_was_judged_otherwise_keeps_it_and_says_that_no_newer_one_is(
    client: FlaskClient, told: Answered
) -> None:
    report_id = publish(client, told)
    newer = client.get(f"/desk/reports/{report_id}").text
    assert sheets.NO_LONGER_JUDGED not in newer and "How strong is this?" not in newer
    with transaction():
        kept = publishing.draft(told.programme, date(2027, 1, 17), now=make.NOW).content
        judged = {"evidence": "Strong for three months later, as chance alone chose who was asked first."}
        older = BoardReport(
            partnership_id=told.programme.partnership_id,
            programme_id=told.programme.id,
            number=2,
            as_of=date(2027, 1, 17),
            published_at=make.NOW,
            published_by="Priya",
            content={**kept, "version": 5, "outcomes": {**kept["outcomes"], **judged}},
            basis=db.session.get_one(BoardReport, report_id).basis,
        )
        db.session.add(older)
    for ending in ("", ".csv"):
        said = client.get(f"/desk/reports/{older.id}{ending}").text
        assert judged["evidence"] in said and sheets.NO_LONGER_JUDGED in said


def referred(told: Answered) -> None:
    """Twelve referrals a month of two years, released before the report's day, of 4,000 young people. Three in ten are
    enough."""
    of = db.session.get_one(Partnership, told.programme.partnership_id)
    kinds = ("criminal exploitation", "sexual exploitation")
    counts = {
        Cell(district_code="E07000001", kind=kind, period=month): 6
        for kind in kinds
        for month in [*range(202501, 202513), *range(202601, 202613)]
    }
    aged = {Cell(district_code="E07000001", kind=NO_KIND, period=2025): 4_000}
    for about, numbers in ((REFERRALS, counts), (RESIDENTS, aged)):
        district_numbers.take_in(
            of, about, numbers, source="s", source_date=make.EARLIER.date(), who="P", now=make.EARLIER
        )
    district_numbers.set_percent(of, 30, who="P", now=make.EARLIER)
    at = datetime(2027, 1, 5, 9, tzinfo=UTC)
    cut = referral_releases.cut_today(of.id, referral_releases.newest(of.id), now=at)
    referral_releases.release(of, as_shown=referral_releases.fingerprint(cut), who="P", now=at)


def test_referrals_stand_in_a_report_its_files_and_the_feed_with_what_they_cannot_say(
    client: FlaskClient, told: Answered
) -> None:
    with transaction():
        referred(told)
        token = tokens.make(told.programme.partnership_id, "council", who="Priya", now=make.NOW)[1]
    report_id = publish(client, told)
    page = words(client.get(f"/desk/reports/{report_id}").text)
    assert (
        "Referrals A month for every 1,000 aged 10 to 17, 1 district reached: 3.00 before, 3.00 after. Counts may rise "
        "because more is uncovered. They cannot say that the play did it: districts were not reached by chance."
    ) in page
    rows = list(csv.reader(io.StringIO(client.get(f"/desk/reports/{report_id}.csv").text.lstrip("\ufeff"))))
    (line,) = [row for row in rows if row[:2] == ["Kestermere", "2026-11"]]
    assert line[2:9] == ["4000", "144", "12", "3.0", "12", "1", "3.0"]
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"/desk/reports/{report_id}.xlsx").data))
    assert "Referrals" in book.sheetnames
    fed = client.get(
        f"/api/v1/programmes/{told.programme.id}/figures", headers={"Authorization": f"Bearer {token}"}
    ).json
    kept = db.session.get_one(BoardReport, report_id).content["referrals"]
    assert fed is not None and fed["referrals"] == kept and kept["lines"][0]["before"]["number"] == 144


def test_the_file_for_researchers_holds_released_referrals_and_no_newer_ones(
    client: FlaskClient, told: Answered
) -> None:
    address = {"programme": told.programme.id}

    def files() -> dict[str, str]:
        content = client.get("/desk/outcomes-researchers.zip", query_string=address).data
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: archive.read(name).decode() for name in archive.namelist()}

    assert "referrals.csv" not in files() and "referrals" not in files()["codebook.txt"]
    with transaction():
        referred(told)
        of = db.session.get_one(Partnership, told.programme.partnership_id)
        newer = {Cell(district_code="E07000001", kind="criminal exploitation", period=202612): 77}
        district_numbers.take_in(
            of, REFERRALS, newer, source="s", source_date=make.EARLIER.date(), who="P", now=make.NOW
        )
    found = files()
    lines = list(csv.DictReader(found["referrals.csv"].splitlines()))
    assert len(lines) == 48 and {line["referrals"] for line in lines} == {"6"}
    assert lines[0] == {
        "district code": "E07000001",
        "district": "Kestermere",
        "kinds": "criminal exploitation",
        "from": "2025-01",
        "to": "2025-01",
        "referrals": "6",
        "residents aged 10 to 17": "4000",
        "corrected on": "",
    }
    assert "as released on 2027-01-05" in found["codebook.txt"]
    assert "They cannot say that the play did it" in found["codebook.txt"]
