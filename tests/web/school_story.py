"""A school with a link to a programme, for the tests of its pages: one call lays the rows, the clock stands
still."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import make
from outreach.booking import limits
from outreach.county.partnerships import Partnership
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.post import links
from outreach.tour.companies import Troupe
from outreach.tour.programmes import Programme

TUESDAY = date(2027, 3, 9)
HALL = {"hall": "Main hall", "step_free": "yes", "access-0-wheelchair": "2"}
PEOPLE = {"lead_name": "Joanna Fell", "lead_address": "j.fell@redmere.example", "lead_phone": "01632 960 204"}
PUPILS = {"pupils-0-8": "108", "pupils-0-9": "104"}


@dataclass
class Story:
    """What the rows are, and the doors of one school."""

    client: FlaskClient
    partnership: Partnership
    programme: Programme
    troupe: Troupe
    school: School
    token: str

    def path(self, rest: str = "") -> str:
        return f"/i/{self.token}{rest}"

    def get(self, rest: str = "", **kwargs: Any) -> TestResponse:
        return self.client.get(self.path(rest), **kwargs)

    def post(self, rest: str, **typed: str) -> TestResponse:
        return self.client.post(self.path(rest), data={k.replace("__", "-"): v for k, v in typed.items()})

    def send(self, rest: str, typed: dict[str, str]) -> TestResponse:
        return self.client.post(self.path(rest), data=typed)

    def keys(self) -> list[str]:
        """The slot keys of the page, in its order."""
        return re.findall(r'name="slot" value="([^"]+)"', self.get("/times").text)

    def choose(self, key: str | None = None) -> str:
        """Keep the first slot, or the one named; returns its key."""
        key = key or self.keys()[0]
        answer = self.post("/choose", slot=key)
        assert (answer.status_code, answer.headers["Location"]) == (303, self.path("/form"))
        return key

    def fill(
        self, pupils: dict[str, str] | None = None, *, at: str = "", people: dict[str, Any] = PEOPLE
    ) -> None:
        """All three steps; `at`: of a time that is kept, '/kept/3'."""
        for step, typed in (("/pupils", pupils or PUPILS), ("/hall", HALL), ("/people", people)):
            answer = self.send(at + step, typed)
            assert answer.status_code == 303, said(answer)

    def accept(self, proposal_id: int, pupils: dict[str, str] | None = None, **more: Any) -> TestResponse:
        """The yes to a time that is kept, by its steps and the check."""
        at = f"/kept/{proposal_id}"
        self.fill(pupils, at=at, **more)
        assert "Book this performance" in said(self.get(f"{at}/check"))
        return self.send(f"{at}/book", {})

    def book(self, key: str | None = None, pupils: dict[str, str] | None = None) -> str:
        """Book from beginning to end; returns the reference."""
        key = self.choose(key)
        self.fill(pupils)
        answer = self.post("/book", slots=key)
        assert answer.status_code == 303, said(answer)
        return answer.headers["Location"].rpartition("/")[2]

    def another_school(self, **facts: Any) -> "Story":
        """A second school with a link of its own, in the same programme."""
        with transaction():
            school = make.school(**facts)
            token = link_to(self.programme, school)
        return Story(self.client, self.partnership, self.programme, self.troupe, school, token)


def link_to(programme: Programme, school: School, **changes: Any) -> str:
    """A personal link's token, open until the summer; inside a transaction."""
    minted = links.mint(
        organisation_id=school.organisation_id,
        programme_id=programme.id,
        partnership_id=programme.partnership_id,
        address="j.fell@redmere.example",
        name="Joanna Fell",
        now=make.EARLIER,
        expires_at=datetime(2027, 7, 1, tzinfo=UTC),
    )
    for name, value in changes.items():
        setattr(minted.link, name, value)
    db.session.flush()
    return minted.token


def lay(
    client: FlaskClient, *, days: int = 3, school: dict[str, Any] | None = None, **programme: Any
) -> Story:
    """A partnership, a programme, a troupe with `days` tour days from Tuesday 9 March 2027 on, a school, its
    link."""
    with transaction():
        partnership = make.partnership()
        production = make.programme(partnership, **programme)
        troupe = make.troupe(partnership)
        of = make.school(**({"number_of_pupils": 742} | (school or {})))
        limits.write(partnership.id, now=make.NOW)
        token = link_to(production, of)
        day = TUESDAY
        while days:
            if day.weekday() < 5:
                make.tour_day(production, troupe, day)
                days -= 1
            day += timedelta(days=1)
    return Story(client, partnership, production, troupe, of, token)


def said(answer: TestResponse) -> str:
    """What a page says, without its tags, blanks made one."""
    main = answer.text[answer.text.find("<main") : answer.text.find("</main")] or answer.text
    words = re.sub(r"<[^>]+>", " ", main).replace("&#39;", "'").replace("\u00a0", " ")
    return re.sub(r" ([.,?:)])", r"\1", re.sub(r"\s+", " ", words)).replace("( ", "(")
