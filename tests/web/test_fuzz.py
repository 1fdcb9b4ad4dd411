"""Garbage of every kind over every route, role and method: answered in words, never with a fault of ours.

Four hundred requests with --everything, twenty thousand with --long, those half on each database, from fixed seeds.
"""

import io
import re
from random import Random
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

import make
from every_address import NOW, County, people_at_every_door, told_year
from outreach.ground.db import db
from worlds import World

HALF_OF_ALL, HALF_OF_LONG = 400, 10_000

METHODS = ["GET"] * 4 + ["POST"] * 8 + ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "BREW"]
GARBAGE = [
    "",
    " ",
    "0",
    "-1",
    "1",
    "8",
    "30",
    "1e9",
    "9" * 9,
    "9" * 12,
    "9" * 40,
    "9" * 6000,
    "9:30",
    "25:00",
    f"{'9' * 30}:00",
    "9:",
    ":",
    "٣",
    "1.5",
    "-0",
    "+5",
    "NaN",
    "inf",
    "1,000",
    "on",
    "yes",
    "true",
    "None",
    "null",
    "[]",
    "{}",
    "x" * 300,
    "x" * 70_000,
    "é" * 2100,
    "\U0001f600",
    "\u202e",
    "\ud7ff",
    "\u0000",
    "a\u0000b",
    "\r\n",
    "%00",
    "%s",
    "{{7*7}}",
    "<b>",
    "' OR 1=1 --",
    "../../etc/passwd",
    "2027-01-20",
    "2027-02-30",
    "0000-00-00",
    "20270120",
    "9999-12-31",
    "31 12 2027",
    "jo@b.example",
    "jo@",
    "@",
    "Jo <jo@b.example>",
    "8:10",
    "8:10,9:20",
    "1-0930",
    "99999999999-0930",
    "1-9999",
    "1-0930+1-0930",
    "+",
    "-",
    ",",
    ";",
    "=cmd()",
    "https://evil.example/",
]
NASTY = [
    "9" * 30,
    f"{'9' * 30}:00",
    "-1",
    "a\u0000b",
    "٣",
    "9" * 6000,
    "2147483648",
    "9999-12-31",
    "é" * 2100,
    "",
]
"""What has broken something, here or elsewhere: every second box gets one of these."""

PARTS = [
    "0",
    "1",
    "-1",
    "2147483647",
    "2147483648",
    "9" * 30,
    "x",
    "x" * 3000,
    "é",
    "%00",
    "%F0%9F%98%80",
    "..",
    "%2e%2e%2f",
    "MRL-0000",
    "",
]
TYPES = [
    "application/x-www-form-urlencoded",
    "application/json",
    "text/plain",
    "multipart/form-data; boundary=b",
    "multipart/form-data",
    "x",
    "",
]
BODIES = [
    b"",
    b"{}",
    b"[1",
    b"\x00\xff\xfe",
    b"a=1&a=2&=&&&%",
    b"--b\r\n\r\n",
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n--b--',
    b"x" * 100_000,
]
FILES = [
    b"",
    b"URN\n",
    b"URN,Email\n1,a@b.example\n",
    b"PK\x03\x04nonsense",
    b"\x00" * 50,
    b"\xff\xfe\x00",
    b'"',
    b"x," * 5000,
    b"<xml/>",
    b"{}",
]
HEADERS = [
    {"If-None-Match": '"'},
    {"If-None-Match": "W/" * 500},
    {"Accept-Encoding": "gzip;q=x, *;q=2"},
    {"Range": "bytes=-1-5"},
    {"Cookie": "outreach=x; =; ;"},
    {"Authorization": "Bearer "},
    {"Authorization": "Basic x"},
    {"Authorization": "Bearer outreach_" + "x" * 5000},
    {"Referer": "x" * 3000},
    {"If-Modified-Since": "yesterday"},
    {"X-Forwarded-For": "x, y"},
    {"Accept": "*/*;q=" + "9" * 50},
    {"Sec-Fetch-Site": "x"},
    {"Host": "outreach.example:x"},
]


class Fuzzer:
    """One garbage request after another; what each page's own boxes are called is learnt by looking at it."""

    def __init__(self, app: Flask, client: FlaskClient, county: County, seed: int) -> None:
        self.client, self.county, self.random = client, county, Random(seed)
        self.rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]
        self.weights = [3 if {"GET", "POST"} <= (rule.methods or set()) else 1 for rule in self.rules]
        self.boxes: dict[str, list[str]] = {}

    def send(self) -> tuple[int, str]:
        """(status, what was sent) of one request."""
        rule, random = self.random.choices(self.rules, self.weights)[0], self.random
        if random.random() < 0.15:
            self._change_person()
        path = self._path(rule)
        method = random.choice(METHODS)
        sent: dict[str, Any] = {
            "method": method,
            "headers": random.choice(HEADERS) if random.random() < 0.15 else {},
        }
        names = self._boxes(path)
        if random.random() < 0.4:
            sent["query_string"] = self._typed(names)
        if method in ("POST", "PUT", "PATCH", "DELETE"):
            kind = random.random()
            if kind < 0.7:
                sent["data"] = self._typed(names)
                if random.random() < 0.2:
                    sent["data"] |= {
                        n: (io.BytesIO(random.choice(FILES)), random.choice(["a.csv", "b.xlsx", "", "../c"]))
                        for n in ("file", "links")
                    }
            elif kind < 0.8:
                sent["json"] = random.choice(
                    [[], {}, None, 1, "x", {"a": [1]}, [[]], {n: None for n in names}]
                )
            else:
                sent["data"], sent["content_type"] = random.choice(BODIES), random.choice(TYPES)
        try:
            answer = self.client.open(path, **sent)
            answer.get_data()
            status = answer.status_code
            answer.close()
        finally:
            db.session.rollback()
        return status, f"{path} {sent}"[:2000]

    def _change_person(self) -> None:
        with self.client.session_transaction() as session:
            session.clear()
        if self.random.random() < 0.85:
            make.signed_in(self.client, self.county.told.coordinator)

    def _path(self, rule: Rule) -> str:
        whole = list(self.county.addresses(rule, each=3)) or [re.sub("<[^>]+>", "1", rule.rule)]
        path = self.random.choice(whole)
        if self.random.random() < 0.3:
            parts = path.split("/")
            parts[self.random.randrange(1, len(parts))] = self.random.choice(PARTS)
            path = "/".join(parts) or "/"
        return path

    def _boxes(self, path: str) -> list[str]:
        if path not in self.boxes:
            answer = self.client.get(path)
            found = re.findall(r'name="([^"]+)"', answer.text) if answer.mimetype == "text/html" else []
            answer.close()
            self.boxes[path] = sorted(set(found) - {"csrf_token", "viewport", "robots"}) or [
                "q",
                "slot",
                "slots",
                "page",
                "programme",
                "as_of",
            ]
        return self.boxes[path]

    def _typed(self, names: list[str]) -> dict[str, list[str]]:
        chosen = [n for n in names if self.random.random() < 0.8] + self.random.choices(
            ["page", "sort", "by", "as_of", "x[]", "é"], k=1
        )
        return {n: [self._garbage() for _ in range(self.random.choice((1, 1, 1, 1, 3)))] for n in chosen[:60]}

    def _garbage(self) -> str:
        return self.random.choice(NASTY if self.random.random() < 0.5 else GARBAGE)


def _fuzz(app: Flask, client: FlaskClient, world: World, requests: int, seed: int) -> None:
    county = people_at_every_door(world(told_year, NOW), now=NOW)
    app.config["TESTING"] = False
    fuzzer = Fuzzer(app, client, county, seed)
    make.signed_in(client, county.told.coordinator)
    statuses: dict[int, int] = {}
    faults = []
    for _ in range(requests):
        status, sent = fuzzer.send()
        statuses[status] = statuses.get(status, 0) + 1
        if status >= 500:
            faults.append(f"{status}: {sent}")
    assert faults == [], f"{len(faults)} faults"
    assert statuses[200] > requests / 20 and statuses[422] > requests / 50 and statuses[404] > requests / 50


@pytest.mark.browser
def test_garbage_over_every_route_role_and_method_finds_no_fault(
    app: Flask, client: FlaskClient, stopped: Any, world: World
) -> None:
    _fuzz(app, client, world, HALF_OF_ALL, seed=1)


@pytest.mark.long
def test_ten_thousand_times(app: Flask, client: FlaskClient, stopped: Any, world: World) -> None:
    _fuzz(app, client, world, HALF_OF_LONG, seed=2)
