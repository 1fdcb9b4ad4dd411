"""Lists of the JSON feed: schools, shows and plans a page at a time, kept by ETag; a company's own; described as OpenAPI,
which every answer holds."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator
from sqlalchemy import select

import make
from outreach.coverage.board import publishing
from outreach.ground.db import db, transaction
from outreach.ground.school_year import STAFF
from outreach.planning.orders import PlanLine, TourPlan
from outreach.planning.plan_figures import PlanFigures
from outreach.planning.rules import PlanRules, pack
from outreach.post.feeds import tokens
from outreach.tour.adults import AdultTarget
from outreach.tour.performances import Performance
from outreach.web import api_pages
from worlds import World

pytestmark = [pytest.mark.any_database, pytest.mark.usefixtures("stopped")]

NUMBERS = (
    "needed reached in_part guests shows pupils pupils_unknown driving booked_driving days_used days_given "
    "bound_schools bound_driving seconds kept moved unplaced"
).split()


def county() -> SimpleNamespace:
    """Three schools, one that was seen, one booked by the first company, one whose show was called off; a body trained
    at a venue; a plan with two lines; a report."""
    with transaction():
        of = make.partnership()
        programme = make.programme(of)
        schools = [make.school() for _ in range(3)]
        for n, (school, day) in enumerate(zip(schools, (11, 29, 30), strict=True)):
            booking = make.booking(
                make.show(programme, school, datetime(2027, 1, day, 9, 30, tzinfo=UTC)), {8: 90, 9: 91}
            )
            if n == 0:
                make.report(booking, "school", datetime(2027, 1, 12, tzinfo=UTC), {8: 90, 9: 91})
            if n == 2:
                make.cancellation(booking, make.EARLIER)
                booking.performance.released_at = make.EARLIER
        training = make.programme(of, (), AdultTarget(kinds=("Police",)), title="Staff", for_adults=True)
        police = make.body(of, name="Fenwold Police", kind="Police")
        session = make.session(training, make.venue(of), datetime(2027, 2, 2, 9, tzinfo=UTC))
        session.performance.troupe.name = "Sally Trainer"
        make.booking(session.performance, {STAFF: 12}, of=police, role="guest")
        plan, of_training = (
            TourPlan(
                programme_id=of_plan.id,
                name="Words that somebody typed",
                asked_by="Priya",
                asked_at=make.EARLIER,
                rules=pack(PlanRules()),
                state="done",
                finished_at=make.EARLIER,
                figures=PlanFigures(
                    **dict.fromkeys(NUMBERS, 2), ended="proven", complete=True, words=[], unplayable=[]
                ),
            )
            for of_plan in (programme, training)
        )
        db.session.add_all([plan, of_training])
        db.session.flush()
        for n, of_line in enumerate((plan, plan, of_training)):
            starts = datetime(2027, 3, 9 + n, 9, 30, tzinfo=UTC)
            db.session.add(
                PlanLine(
                    plan_id=of_line.id,
                    troupe_name="Sally Trainer" if of_line is of_training else "Red van",
                    day=starts.date(),
                    organisation_id=schools[n].organisation_id,
                    starts_at=starts,
                    get_in_at=starts - timedelta(hours=1),
                    away_at=starts + timedelta(hours=2),
                    pupils=203,
                )
            )
        db.session.flush()
        publishing.publish(programme, datetime(2027, 1, 18).date(), who="Priya", now=make.NOW)
        company_id = (
            db.session.scalars(select(Performance).order_by(Performance.id)).all()[1].troupe.company_id
        )
        whole = tokens.make(of.id, "Data team", who="Priya", now=make.NOW)[1]
        own = tokens.make(of.id, "Diary", company_id=company_id, who="Priya", now=make.NOW)[1]
        return SimpleNamespace(
            of=of, programme=programme, training=training, schools=schools, plan=plan, whole=whole, own=own
        )


@pytest.fixture
def c(app: Flask, world: World, stopped: Any) -> Any:
    return world(county)


def read(client: FlaskClient, token: str, path: str, **headers: str) -> Any:
    return client.get(path, headers={"Authorization": f"Bearer {token}"} | headers)


def addresses(c: SimpleNamespace) -> list[str]:
    return [
        *(f"/api/v1/{name}" for name in ("", "schools", "shows", "plans", "reports", "reports/1")),
        *(f"/api/v1/plans/{plan_id}/shows" for plan_id in (c.plan.id, c.plan.id + 1)),
        *(
            f"/api/v1/programmes/{p.id}/{what}"
            for p in (c.programme, c.training)
            for what in ("figures", "standings", "bookings", "bodies", "bodies/bookings")
        ),
    ]


def test_adults_are_trained_in_the_feed_as_in_the_files(c: SimpleNamespace, client: FlaskClient) -> None:
    at = f"/api/v1/programmes/{c.training.id}"
    sums = read(client, c.whole, f"{at}/figures").json["bodies"]["whole"]["standings"]
    assert (sums["booked"], sums["trained"], sums["part trained"], "seen" in sums) == (1, 0, 0, False)
    of_pupils = read(client, c.whole, f"/api/v1/programmes/{c.programme.id}/figures").json["whole"][
        "standings"
    ]
    assert of_pupils["seen"] == 1 and "trained" not in of_pupils


def rows_of(answer: dict[str, Any]) -> list[Any]:
    return next(
        v for k, v in answer.items() if k in ("schools", "shows", "plans", "standings", "bookings", "bodies")
    )


def all_of(client: FlaskClient, token: str, path: str) -> Iterator[Any]:
    following: str | None = path
    while following:
        answer = read(client, token, following)
        assert answer.status_code == 200, answer.text
        following = answer.json["next"]
        assert answer.headers.get("Link") == (f'<{following}>; rel="next"' if following else None)
        yield from rows_of(answer.json)


# What stands in them
# ---------------------------------------------------------------------------------------


@pytest.mark.both_databases
@pytest.mark.walled
def test_shows_stand_by_start_with_place_and_troupe_and_what_was_called_off(
    client: FlaskClient, c: SimpleNamespace
) -> None:
    answer = read(client, c.whole, "/api/v1/shows").json
    assert [(s["kind"], s["status"], s["starts_at"]) for s in answer["shows"]] == [
        ("show", "booked", "2027-01-11T09:30:00+00:00"),
        ("show", "booked", "2027-01-29T09:30:00+00:00"),
        ("show", "called off", "2027-01-30T09:30:00+00:00"),
        ("session", "booked", "2027-02-02T09:00:00+00:00"),
    ]
    first, venue = answer["shows"][0], answer["shows"][3]["host"]
    assert first["host"]["urn"] == first["host"]["id"] == c.schools[0].urn
    assert first["get_in_at"] < first["starts_at"] < first["ends_at"] < first["away_at"]
    assert (venue["kind"], venue["urn"]) == ("venue", None)
    assert first["uid"] == db.session.scalars(select(Performance.uid).order_by(Performance.starts_at)).first()
    narrowed = read(
        client, c.whole, f"/api/v1/shows?from=2027-01-29&until=2027-01-29&programme={c.programme.id}"
    )
    assert [s["starts_at"][:10] for s in narrowed.json["shows"]] == ["2027-01-29"]


@pytest.mark.both_databases
@pytest.mark.walled
def test_a_companys_token_reads_its_own_shows_and_nothing_else(
    client: FlaskClient, c: SimpleNamespace
) -> None:
    shows = read(client, c.own, "/api/v1/shows").json["shows"]
    assert [s["starts_at"][:10] for s in shows] == ["2027-01-29"]
    assert {s["company"]["id"] for s in shows} == {tokens.find(c.own).company_id}  # type: ignore[union-attr]
    statuses = {path: read(client, c.own, path).status_code for path in addresses(c)}
    assert {path for path, status in statuses.items() if status == 200} == {"/api/v1/", "/api/v1/shows"}
    assert set(statuses.values()) == {200, 403}
    start = read(client, c.own, "/api/v1/").json
    assert (start["programmes"], start["reports"], start["plans"]) == ([], None, None)
    assert (start["shows"], start["scopes"]) == ("/api/v1/shows", ["shows"])


def test_another_partnerships_token_reads_none_of_it(client: FlaskClient, c: SimpleNamespace) -> None:
    with transaction():
        theirs = tokens.make(make.partnership(("850",)).id, "Theirs", who="T", now=make.NOW)[1]
    for path in ("schools", "shows", "plans"):
        assert rows_of(read(client, theirs, f"/api/v1/{path}").json) == []
    assert read(client, theirs, f"/api/v1/plans/{c.plan.id}/shows").json["error"]["code"] == "no_such_plan"
    other = read(client, theirs, f"/api/v1/shows?programme={c.programme.id}")
    assert other.json["error"]["code"] == "no_such_programme"


def test_nobody_and_nothing_that_was_typed_stands_in_any_of_it(
    client: FlaskClient, c: SimpleNamespace
) -> None:
    for path in addresses(c):
        said = re.sub(r'"uid":"[^"]*"', "", read(client, c.whole, path).text)
        for word in ("Priya", "Words that somebody typed", "Joanna", "Sally", "@", "01632", "203"):
            assert word not in said, (path, word)


# Pages
# ---------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_list_read_in_small_pages_is_the_list_read_at_once(client: FlaskClient, c: SimpleNamespace) -> None:
    for path in addresses(c):
        whole = read(client, c.whole, path).json
        if "next" not in whole:
            continue
        assert list(all_of(client, c.whole, f"{path}?limit=1")) == rows_of(whole), path
        assert whole["next"] is None, path


@pytest.mark.both_databases
def test_rows_that_move_or_are_added_meanwhile_come_once_each(
    client: FlaskClient, c: SimpleNamespace
) -> None:
    """The first goes behind all others and the last before them while the second page is still to be read."""
    for path, of in (
        ("/api/v1/shows", "uid"),
        (f"/api/v1/programmes/{c.programme.id}/bookings", "reference"),
    ):
        before = [row[of] for row in rows_of(read(client, c.whole, path).json)]
        first = read(client, c.whole, f"{path}?limit=1").json
        with transaction():
            shows = db.session.scalars(
                select(Performance)
                .where(Performance.programme_id == c.programme.id)
                .order_by(Performance.starts_at)
            ).all()
            for show, by in ((shows[0], timedelta(days=60)), (shows[-1], timedelta(days=-60))):
                for name in ("get_in_at", "starts_at", "ends_at", "away_at"):
                    setattr(show, name, getattr(show, name) + by)
            early = make.show(c.programme, make.school(), datetime(2027, 1, 5, 9, 30, tzinfo=UTC))
            make.booking(early, {8: 20})
        walked = [row[of] for row in (*rows_of(first), *all_of(client, c.whole, first["next"]))]
        assert walked[: len(before)] == before and len(walked) == len(before) + 1, path


NONSENSE = {
    "schools?limit=0": "bad_limit",
    "schools?limit=501": "bad_limit",
    "schools?limit=ten": "bad_limit",
    "schools?cursor=nonsense": "bad_cursor",
    "schools?cursor=" + api_pages.behind("plans", (1,)): "bad_cursor",
    "schools?cursor=" + api_pages.behind("schools", (True,)): "bad_cursor",
    "schools?cursor=" + api_pages.behind("schools", (2**40,)): "bad_cursor",
    "schools?cursor=NQ==": "bad_cursor",
    "shows?cursor=" + api_pages.behind("shows", ("2027-01-29T09:30:00+00:00", 1)): "bad_cursor",
    "shows?from=tomorrow": "bad_date",
    "shows?from=20270119": "bad_date",
    "shows?until=2027-W03-2": "bad_date",
    "shows?until=%202027-01-19": "bad_date",
    "shows?colour=red": "unknown_parameter",
    "schools?as_of=2027-01-19": "unknown_parameter",
    "?limit=5": "unknown_parameter",
    "shows?programme=x": "no_such_programme",
    "plans?programme=999": "no_such_programme",
    "plans/999/shows": "no_such_plan",
}


def test_what_makes_no_sense_is_told(client: FlaskClient, c: SimpleNamespace) -> None:
    for path, code in NONSENSE.items():
        answer = read(client, c.whole, f"/api/v1/{path}")
        assert (answer.status_code in (400, 404, 422), answer.json["error"]["code"]) == (True, code), path


EXTREMES = {
    "integer": (
        "0",
        "-1",
        "1",
        "500",
        "501",
        "2147483647",
        "2147483648",
        "0" * 30 + "1",
        "000000001000",
        "9" * 5000,
    ),
    "date": ("0001-01-01", "1989-12-31", "9999-12-31", "0000-00-00", "10000-01-01"),
    "string": ("x" * 5000, "AA==", "\U0001f469"),
}


@pytest.mark.both_databases
def test_both_extremes_of_all_that_may_be_asked_have_an_answer(
    client: FlaskClient, c: SimpleNamespace
) -> None:
    said = described(client)
    for path in addresses(c):
        operation = said["paths"][_pattern(said, path)]["get"]
        for asked in (p for p in operation["parameters"] if p["in"] == "query"):
            of = asked["schema"].get("format", asked["schema"]["type"])
            for value in EXTREMES[of]:
                status = read(client, c.whole, f"{path}?{urlencode({asked['name']: value})}").status_code
                assert status < 500 and str(status) in operation["responses"], (path, asked["name"], value)
    for pattern in (p for p in said["paths"] if "{" in p):
        for number in ("0", "2147483647", "2147483648", "9" * 3000):
            answer = read(client, c.whole, re.sub(r"{\w+}", number, pattern))
            assert (answer.status_code, answer.mimetype) == (404, "application/problem+json"), pattern
    for limit, status in {"500": 200, "501": 422, "0" * 30 + "1": 422, "000000001000": 422}.items():
        assert read(client, c.whole, f"/api/v1/shows?limit={limit}").status_code == status, limit
    assert len(read(client, c.whole, "/api/v1/shows?from=0001-01-01&until=9999-12-31").json["shows"]) == 4


@pytest.mark.both_databases
def test_each_list_asks_as_often_for_one_row_as_for_four(
    client: FlaskClient, c: SimpleNamespace, count_queries: Any
) -> None:
    counted = []
    for more in (0, 3):
        with transaction():
            for n in range(more):
                make.booking(
                    make.show(c.programme, make.school(), datetime(2027, 2, 8 + n, 9, 30, tzinfo=UTC)),
                    {8: 90},
                )
        for path in ("schools", "shows", "plans", f"plans/{c.plan.id}/shows"):
            db.session.expire_all()
            with count_queries() as queries:
                assert read(client, c.whole, f"/api/v1/{path}").status_code == 200
            counted.append(len(queries))
    assert counted[:4] == counted[4:] == [4, 6, 4, 5]


# As HTTP has it
# ---------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_an_answer_is_kept_until_it_says_something_else(client: FlaskClient, c: SimpleNamespace) -> None:
    for path in addresses(c):
        first = read(client, c.whole, path)
        tag = first.headers["ETag"]
        assert re.fullmatch(r'"[0-9a-f]{32}"', tag)
        assert "Last-Modified" not in first.headers and first.headers["Cache-Control"] == "private, no-cache"
        again = read(client, c.whole, path, **{"If-None-Match": tag})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
        assert (
            read(client, c.whole, path, **{"If-None-Match": f"W/{tag}"}).status_code == 304
        )  # nginx packed it
    before = read(client, c.whole, "/api/v1/schools").headers["ETag"]
    with transaction():
        make.school()
    assert read(client, c.whole, "/api/v1/schools", **{"If-None-Match": before}).status_code == 200


def test_a_look_without_a_body_says_the_same(client: FlaskClient, c: SimpleNamespace) -> None:
    for path in addresses(c):
        whole = read(client, c.whole, path)
        head = client.head(path, headers={"Authorization": f"Bearer {c.whole}"})
        assert (head.status_code, head.data) == (200, b"")
        for name in ("ETag", "Content-Type", "Content-Length"):
            assert head.headers[name] == whole.headers[name], (path, name)


def test_json_alone_is_spoken_and_nothing_is_taken(client: FlaskClient, c: SimpleNamespace) -> None:
    assert read(client, c.whole, "/api/v1/shows", Accept="text/csv").json["error"]["code"] == "not_acceptable"
    for accepted in ("*/*", "application/*", "application/json;q=0.1, text/html"):
        assert read(client, c.whole, "/api/v1/shows", Accept=accepted).mimetype == "application/json"
    for send in (client.post, client.put, client.delete, client.patch):
        refused = send("/api/v1/shows", headers={"Authorization": f"Bearer {c.whole}"})
        assert (refused.status_code, set(refused.allow)) == (405, {"GET", "HEAD"})


def test_whatever_is_refused_is_a_problem_that_a_program_reads(
    client: FlaskClient, c: SimpleNamespace
) -> None:
    whole = {"Authorization": f"Bearer {c.whole}"}
    for path, method, headers, status in (
        ("/api", "GET", {}, 404),
        ("/api/v1", "GET", {}, 308),
        ("/api//v1/shows", "GET", {}, 308),
        ("/api/v1/shows/", "GET", {}, 404),
        ("/api/v1/shows?limit=%00", "GET", {}, 400),
        ("/api/v1/shows?cursor=" + "x" * 4000, "GET", {}, 414),
        ("/api/v1/shows", "OPTIONS", {}, 405),
        ("/api/openapi.json", "OPTIONS", {}, 405),
        ("/api/v1/nothing", "OPTIONS", {}, 405),
        ("/api/v1/shows", "POST", {}, 405),
        ("/api/v1/shows", "GET", {"If-Match": '"another"'}, 412),
        ("/api/v1/shows", "GET", {"Accept": "text/html"}, 406),
        ("/api/v1/shows", "GET", {"Authorization": "Basic eDp5"}, 401),
    ):
        answer = client.open(path, method=method, headers=whole | headers, follow_redirects=False)
        found = (answer.status_code, answer.mimetype, answer.json["status"])
        assert found == (status, "application/problem+json", status), (path, method)
    assert client.get("/api/v1", headers=whole).headers["Location"].endswith("/api/v1/")


# As it is described
# ---------------------------------------------------------------------------------------


def described(client: FlaskClient) -> Any:
    return client.get("/api/openapi.json").json


def test_the_description_is_one_that_openapi_knows_and_is_kept(client: FlaskClient) -> None:
    answer = client.get("/api/openapi.json")
    assert list(OpenAPIV31SpecValidator(answer.json).iter_errors()) == []
    again = client.get("/api/openapi.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_every_address_of_the_feed_is_described_and_no_other(app: Flask, client: FlaskClient) -> None:
    said = described(client)
    rules = {
        re.sub(r"<int:(\w+)>", r"{\1}", rule.rule): rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and rule.rule != "/api/openapi.json"
    }
    assert said["paths"].keys() == rules.keys() and len(rules) == 12
    for path, rule in rules.items():
        (method, told) = next(iter(said["paths"][path].items()))
        assert (method, rule.methods) == ("get", {"GET", "HEAD", "OPTIONS"})
        (security,) = told["security"]
        assert security["token"] == [s for s in [app.view_functions[rule.endpoint].scope] if s]
        in_path = {p["name"] for p in told["parameters"] if p["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path))
    for scope in tokens.SCOPES:
        assert f"`{scope}`" in said["components"]["securitySchemes"]["token"]["description"]


def test_every_answer_is_as_it_is_described(client: FlaskClient, c: SimpleNamespace) -> None:
    said = described(client)
    held = set()
    for path in addresses(c):
        pattern = _pattern(said, path)
        told = said["paths"][pattern]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        _hold(said, told, read(client, c.whole, path).json, path)
        held.add(pattern)
    assert held == said["paths"].keys()


def test_every_problem_is_as_it_is_described(client: FlaskClient, c: SimpleNamespace) -> None:
    said = described(client)
    for path in addresses(c):
        whole = f"Bearer {c.whole}"
        for headers in (
            {},
            {"Authorization": f"Bearer {c.own}"},
            {"Authorization": whole, "Accept": "text/csv"},
        ):
            answer = client.get(path, headers=headers)
            if answer.status_code == 200:
                continue
            told = said["paths"][_pattern(said, path)]["get"]["responses"][str(answer.status_code)]
            schema = told["content"][answer.mimetype]["schema"]
            _hold(said, schema, answer.json, path)


def test_what_may_be_asked_is_described_and_nothing_else_is_heard(
    client: FlaskClient, c: SimpleNamespace
) -> None:
    """A value that no word allows is refused by each view that says that it hears the word; any other refuses the word."""
    said = described(client)
    nonsense = {
        "limit": "x",
        "cursor": "x",
        "as_of": "x",
        "from": "x",
        "until": "x",
        "programme": "x",
        "page": "x",
    }
    for path in addresses(c):
        said_to = {name: read(client, c.whole, f"{path}?{name}={value}") for name, value in nonsense.items()}
        heard = {name for name, answer in said_to.items() if answer.status_code in (404, 422)}
        for name, answer in said_to.items():
            if answer.status_code == 400:
                assert (
                    answer.json["error"]["code"] == "unknown_parameter"
                    and f"‘{name}’" in answer.json["detail"]
                )
        assert {name for name, answer in said_to.items() if answer.status_code == 200} <= {"cursor"}
        told = said["paths"][_pattern(said, path)]["get"]["parameters"]
        of_empty = {"cursor"} if rows_are_none(client, c, path) else set()
        assert heard == {p["name"] for p in told if p["in"] == "query"} - of_empty, path


def rows_are_none(client: FlaskClient, c: SimpleNamespace, path: str) -> bool:
    answer = read(client, c.whole, path).json
    return "page" in answer and not rows_of(answer)


def _pattern(said: Any, path: str) -> str:
    return next(p for p in said["paths"] if re.fullmatch(re.sub(r"{\w+}", r"\\d+", p), path))


def _hold(said: Any, schema: Any, answer: Any, path: str) -> None:
    """Against the schema, and strictly: what is not described stands in no answer."""
    strict = json.loads(json.dumps({"components": said["components"], **schema}), object_hook=_closed)
    checker = Draft202012Validator(strict, format_checker=FormatChecker())
    assert [f"{e.json_path}: {e.message}"[:300] for e in checker.iter_errors(answer)] == [], path


def _closed(shape: dict[str, Any]) -> dict[str, Any]:
    return shape | {"additionalProperties": False} if "required" in shape and "properties" in shape else shape
