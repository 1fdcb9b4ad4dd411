"""Figures for Prometheus: of pages by the rule of their address, of jobs, letters and plans; and the files that use them."""

import json
import re
import time
from pathlib import Path

import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from test_behind_a_proxy import served

import make
from outreach.cli.rounds import Rounds
from outreach.ground import job_rounds
from outreach.ground.db import db, transaction
from outreach.post.incoming import inbox
from outreach.post.outgoing import pauses
from walled import walled

pytestmark = pytest.mark.any_database

ROOT = Path(__file__).resolve().parents[2]

TOKEN = "Q7kM2xR9pL4vN8sT1wZ6"
BEARER = {"Authorization": f"Bearer {TOKEN}"}

Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def figures(text: str) -> Figures:
    """{(name, labels): value}, read as Prometheus reads them; a figure that comes twice is refused."""
    found: Figures = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found, key
            found[key] = sample.value
    return found


@pytest.fixture
def measured(app: Flask) -> Flask:
    """Whoever shows the token reads the figures, which begin anew."""
    app.config["METRICS_TOKEN"] = TOKEN
    app.extensions["outreach: measures"].begin_anew()
    return app


def asked(client: FlaskClient) -> Figures:
    answer = client.get("/metrics", headers=BEARER)
    assert answer.status_code == 200
    return figures(answer.text)


def of(found: Figures, name: str, **labels: str) -> float | None:
    return found.get((name, tuple(sorted(labels.items()))))


def test_requests_are_counted_by_the_rule_of_their_address(measured: Flask, client: FlaskClient) -> None:
    for path in ("/", "/", "/i/AbC", "/i/DeF", "/nowhere/at/all", "/Joanna-Fell"):
        client.get(path)
    client.open("/", method="JOANNA")
    answer = client.get("/metrics", headers=BEARER).text
    found = figures(answer)
    counted = {key: value for key, value in found.items() if key[0] == "outreach_requests_total"}
    assert counted == {
        ("outreach_requests_total", (("method", method), ("route", route), ("status", status))): many
        for method, route, status, many in (
            ("GET", "/", "200", 2),
            ("GET", "/i/<token>", "404", 2),
            ("GET", "no such page", "404", 2),
            ("other", "no such page", "405", 1),
        )
    }
    assert of(found, "outreach_request_seconds_count", route="/i/<token>") == 2
    assert of(found, "outreach_request_seconds_bucket", route="/", le="+Inf") == 2
    assert not re.search("AbC|DeF|Joanna|JOANNA|nowhere", answer)


@pytest.mark.both_databases
def test_statements_and_their_time_are_counted_by_page(measured: Flask, client: FlaskClient) -> None:
    before = asked(client)
    assert of(before, "outreach_statements_total", route="/") is None
    for _ in range(3):
        client.get("/health")
        client.get("/")
    found = asked(client)
    # Where nothing is set up each asks one thing: whether there is a partnership.
    assert of(found, "outreach_statements_total", route="/") == 3
    assert (of(found, "outreach_database_seconds_total", route="/") or 0) > 0
    assert of(found, "outreach_statements_total", route="/health") is None
    assert (of(found, "outreach_pool_connections", state="most") or 0) >= 5


def test_what_nobody_may_read_is_not_measured(measured: Flask, client: FlaskClient) -> None:
    measured.config["METRICS_TOKEN"] = ""
    client.get("/")
    measured.config["METRICS_TOKEN"] = TOKEN
    assert of(asked(client), "outreach_requests_total", route="/", method="GET", status="200") is None


@pytest.mark.both_databases
def test_each_job_says_when_it_last_came_to_its_end_and_what_it_did(
    measured: Flask, client: FlaskClient
) -> None:
    runner = measured.test_cli_runner()
    with transaction():
        for n in range(3):
            make.letter(f"{n}@redmere.example", None)
    for command in (["post", "send"], ["post", "send"], ["asking", "chase"], ["planner", "work", "--once"]):
        done = runner.invoke(args=command)
        assert done.exit_code == 0, done.output
    taken = runner.invoke(
        args=["post", "receive"], input=b"From: a@b.example\r\nMessage-ID: <1@b>\r\n\r\nYes."
    )
    assert taken.exit_code == 0, taken.output
    found = asked(client)
    jobs = {name: of(found, "outreach_job_rounds_total", job=name) for name in ("post", "chase", "sweep")}
    assert jobs == {"post": 2, "chase": 1, "sweep": 1}
    done_by = {
        name: of(found, "outreach_job_done_total", job=name) for name in ("post", "receive", "planner")
    }
    assert done_by == {"post": 3, "receive": 1, "planner": 0}
    assert of(found, "outreach_job_done_total", job="chase") is None
    for job in ("post", "chase", "sweep", "receive", "planner"):
        ended = of(found, "outreach_job_ended_timestamp_seconds", job=job)
        assert ended is not None and abs(time.time() - ended) < 300
        assert of(found, "outreach_job_faults", job=job) == 0
        assert (of(found, "outreach_job_seconds", job=job) or 0) >= 0


def test_an_idle_job_does_not_write_at_every_look(app: Flask) -> None:
    rounds = Rounds(job_rounds.POST)
    for _ in range(5):
        with rounds.one():
            pass
    assert [row.rounds for row in job_rounds.last_of_each()] == [1]
    db.session.rollback()
    with rounds.one() as this:
        this.done = 2
    assert [(row.rounds, row.done) for row in job_rounds.last_of_each()] == [(6, 2)]


@pytest.mark.both_databases
def test_a_round_that_breaks_off_is_not_said_to_have_come(app: Flask) -> None:
    with pytest.raises(ZeroDivisionError), Rounds(job_rounds.CHASE).one():
        raise ZeroDivisionError
    assert list(job_rounds.last_of_each()) == []


@pytest.mark.walled
@pytest.mark.both_databases
def test_the_service_behind_the_wall_tells_the_figures_of_all(measured: Flask, client: FlaskClient) -> None:
    with transaction():
        for n in range(2):
            partnership = make.partnership((f"93{n}",))
            make.letter("a@redmere.example", None, partnership_id=partnership.id)
            make.letter("b@redmere.example", make.EARLIER, partnership_id=partnership.id, status="bounced")
    with walled(measured):
        found = asked(client)
    assert [of(found, "outreach_letters", status=one) for one in ("waiting", "bounced", "failed")] == [
        2,
        2,
        0,
    ]
    assert of(found, "outreach_letters_due") == 2


NEVER_YET = {"outreach_slow_statements_total"}
"""What there is only once something was slow."""


def named(text: str) -> set[str]:
    return {re.sub("_(bucket|sum|count)$", "", name) for name in re.findall(r"\boutreach_[a-z_]+", text)}


def test_dashboard_alarms_and_page_name_the_figures_that_there_are(
    measured: Flask, client: FlaskClient
) -> None:
    measured.config |= {"SLOW_STATEMENT_MS": 0, "IMAP_URL": "imaps://joe:secret@mail.example/INBOX"}
    with transaction() as session:
        make.letter("a@redmere.example", make.EARLIER)
        pauses.hold_up(pauses.UNREACHABLE, "away", now=make.NOW)
        for job in (job_rounds.POST, job_rounds.POLL):
            session.add(
                job_rounds.JobRound(
                    job=job, errand="1", ended_at=make.NOW, seconds=1, faults=0, rounds=1, done=1
                )
            )
        inbox.looked(problem="", now=make.NOW)
    client.get("/")
    there = {name for name, _ in asked(client) if not name.endswith("_created")}
    there = {re.sub("_(bucket|sum|count)$", "", name) for name in there} | NEVER_YET
    files = {
        "docs/watching.md": named((ROOT / "docs/watching.md").read_text().split("## The log")[0]),
        "dashboard": set[str](),
        "alarms": set[str](),
    }
    dashboard = json.loads((ROOT / "deploy/grafana/outreach.json").read_text())
    for panel in dashboard["panels"]:
        files["dashboard"] |= named(" ".join(target["expr"] for target in panel["targets"]))
    rules = yaml.safe_load((ROOT / "deploy/prometheus/outreach.rules.yml").read_text())
    heads = re.findall("^### (.+)$", (ROOT / "docs/watching.md").read_text(), re.MULTILINE)
    anchors = {head.lower().replace(" ", "-") for head in heads}
    for rule in (rule for group in rules["groups"] for rule in group["rules"]):
        files["alarms"] |= named(rule["expr"])
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert page == "docs/watching.md" and anchor in anchors, rule["alert"]
    assert files["docs/watching.md"] == there
    assert files["dashboard"] == there, "a figure that nobody looks at, or one that is not there"
    assert files["alarms"] <= there and len(files["alarms"]) > 8
    assert yaml.safe_load((ROOT / "deploy/prometheus/scrape.yml").read_text())["scrape_configs"]


def test_an_alarm_fires_for_what_never_came_too(measured: Flask, client: FlaskClient) -> None:
    """A fresh installation tells every figure that an alarm asks for: from what is not there nothing is subtracted."""
    measured.config["IMAP_URL"] = "imaps://joe:secret@mail.example/INBOX"
    rules = yaml.safe_load((ROOT / "deploy/prometheus/outreach.rules.yml").read_text())
    client.get("/sign-in")  # by a page it is known how many connections there may be
    told, since = asked(client), 0
    for rule in (rule for group in rules["groups"] for rule in group["rules"]):
        since += "time() - max(" in rule["expr"]
        for name, label, value in re.findall(r'\b(outreach_\w+)(?:\{(\w+)="([^"]+)"\})?', rule["expr"]):
            if name.endswith(("_total", "_bucket", "_faults")):  # nothing was asked, no round had one
                continue
            found = [
                labels
                for of_name, labels in told
                if of_name == name and (not label or (label, value) in labels)
            ]
            assert found, f"{rule['alert']} never fires: {name}"
    assert since == 3


@pytest.mark.browser
def test_the_processes_of_one_gunicorn_are_told_together_and_begin_anew(app: Flask, tmp_path: Path) -> None:
    url = db.engine.url.render_as_string(hide_password=False)
    folder = tmp_path / "figures"
    folder.mkdir()
    (folder / "counter_1.db").write_bytes(b"left by another")
    settings = {
        "METRICS_TOKEN": TOKEN,
        "PROMETHEUS_MULTIPROC_DIR": str(folder),
        "GUNICORN_CMD_ARGS": "--workers 2",
        "OUTREACH_LOG": "json",
    }
    with served(url, tmp_path, **settings) as here:
        many, until, processes = 0, time.monotonic() + 120, set[str]()
        while len(processes) < 2 and time.monotonic() < until:
            assert here.get("/health")[0].status == 200
            many += 1
            processes = {re.findall(r"_(\d+)\.db", file.name)[0] for file in folder.glob("*.db")}
        seen = figures(here.get("/metrics", **BEARER)[1])
        asked_for = of(seen, "outreach_requests_total", route="/health", method="GET", status="200")
    assert asked_for is not None and asked_for >= many
    assert len(processes) == 2 and not (folder / "counter_1.db").exists()
    assert of(seen, "outreach_pool_connections", state="most") in (15, 30)
