"""Doors without a role: whoever brings nothing, or what opens another door, opens none, with whatever method."""

from typing import Any

import pytest
from flask import Flask
from test_roles_at_the_desk import at
from test_two_partnerships import everything, year

import make
from every_address import link_to
from how_many import so_many, some_of
from outreach.county import who_may
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.post import troupe_links
from outreach.post.feeds import tokens
from outreach.tour.programmes import Programme

pytestmark = pytest.mark.usefixtures("stopped")

SHUT = {401, 404, 405, 410}
"""What a guard answers to whoever brings something else; a page for who is signed in leads to the sign-in."""


@pytest.mark.any_database
def test_nothing_is_open_to_whoever_brings_nothing_or_what_opens_another_door(app: Flask) -> None:
    """Every page behind a guard, its own ids in the address; as nobody, and with what opens each of the other doors."""
    app.config["METRICS_TOKEN"] = "of the monitor"  # noqa: S105 - nobody monitors a test
    with transaction():
        person, own = year("931", "Openly")
        programme = db.session.get_one(Programme, own["programme_id"][0])
        school = link_to(programme, db.session.get_one(School, own["organisation_id"][0]))
        link = troupe_links.make(
            own["troupe_id"][0], partnership_id=person.partnership_id, who="Priya", now=make.NOW
        )
        troupe = troupe_links.token_of(link, app.config["SECRET_KEY"])
        program = tokens.make(person.partnership_id, "council", who="Priya", now=make.NOW)[1]
    brought = {
        "nothing": "",
        who_may.SCHOOL: school,
        who_may.TROUPE: troupe,
        who_may.PROGRAM: program,
        who_may.MONITOR: "of the monitor",
    }
    before, wrong, tried = everything(), [], 0
    for rule in some_of(app.url_map.iter_rules(), one_in=8):
        guard = getattr(app.view_functions[rule.endpoint], "guard", who_may.ANYBODY)
        if guard == who_may.ANYBODY:
            continue
        for what, secret in brought.items():
            if what == guard:
                continue
            address = at(app, rule, own)
            if "token" in rule.arguments and (
                secret or guard != who_may.TROUPE
            ):  # a troupe's number asks to sign in
                address = address.replace(f"/{_token(rule, own)}", f"/{secret or 'none'}", 1)
            headers = {"Authorization": f"Bearer {secret}"} if secret else {}
            for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
                answer = app.test_client().open(address, method=method, headers=headers)
                tried += 1
                to_sign_in = answer.status_code == 302 and answer.location.startswith("/sign-in")
                if not (answer.status_code in SHUT or to_sign_in) or "openly" in answer.text.lower():
                    wrong.append((what, method, rule.rule, answer.status_code))
    assert wrong == []
    assert everything() == before
    assert tried > so_many(5000, least=1000)


def _token(rule: Any, own: dict[str, list[Any]]) -> str:
    return str(own["troupe_id"][0]) if rule.endpoint.startswith("company.") else "none"
