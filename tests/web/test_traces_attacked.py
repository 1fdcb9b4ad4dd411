"""A lead coordinator who wants what they did gone: looks that leave nothing, another's name, erasing, a clock that is set
back, looks by the thousand. What they did stands, and `flask history verify` finds it as it was sealed."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

import make
from how_many import so_many
from outreach.asking import notes
from outreach.cli.history import seal
from outreach.county import coordinators, roles
from outreach.ground import history, history_chain
from outreach.ground.db import db, transaction
from outreach.ground.history import History

KEY = "7d1f0c4e92a85b36e0b7c41d8f2a6953"
MALLORY = "Mallory Vane"


@pytest.fixture
def c(app: Flask, client: FlaskClient, stopped: Any) -> Iterator[SimpleNamespace]:
    """Mallory and another lead; a school; Mallory changed a role, and that is sealed."""
    app.config["HISTORY_KEY"] = KEY
    with transaction():
        of = make.partnership()
        make.programme(of)
        school = make.school(name="Ashdown School")
        make.contact(school, partnership_id=of.id)
        make.person(of, name="Priya Nandakumar", email="priya@marlshire.example")
        reader = make.person(of, roles.READER, name="Rea Reader", email="rea@marlshire.example")
        mallory = make.person(of, name=MALLORY, email="mallory@marlshire.example")
        coordinators.change_role(reader, roles.COORDINATOR, who=MALLORY, now=stopped.now)
    stopped.now += timedelta(hours=1)
    seal(now=stopped.now)
    yield SimpleNamespace(
        of=of.id,
        school=f"/desk/schools/{school.organisation_id}",
        organisation_id=school.organisation_id,
        clock=stopped,
        client=make.signed_in(client, mallory, began_at=stopped.now, last_seen_at=stopped.now),
        other_tab=make.signed_in(app.test_client(), mallory, began_at=stopped.now, last_seen_at=stopped.now),
    )
    app.config["HISTORY_KEY"] = ""


def deeds(what: str) -> list[History]:
    db.session.rollback()
    return list(db.session.scalars(select(History).where(History.what == what).order_by(History.id)))


def hold_as_sealed(c: SimpleNamespace) -> None:
    """The deed that Mallory wants gone still says who, and from what to what; and the chain closes over all."""
    (deed,) = deeds("role changed")
    told = (deed.who, deed.before, deed.after)
    assert told == (MALLORY, {"role": roles.READER}, {"role": roles.COORDINATOR})
    seal(now=c.clock.now + timedelta(minutes=10))
    db.session.rollback()
    assert history_chain.verify().faults == ()


@pytest.mark.any_database
def test_looks_by_the_thousand_bury_nothing_and_none_is_without_a_trace(c: SimpleNamespace) -> None:
    assert c.client.head(c.school).data == b""
    assert deeds(history.LOOKED) == [], "nothing was shown"
    for n in range(so_many(1000)):
        assert c.client.get(f"{c.school}?n={n}" if n < 20 else "/desk/letters?page=1").status_code == 200
        db.session.rollback()
    looks = Counter(deed.subject_id for deed in deeds(history.LOOKED))
    assert looks == {str(c.organisation_id): 1, "/desk/letters": 1}
    hold_as_sealed(c)


@pytest.mark.any_database
def test_a_clock_that_is_set_back_hides_no_look(c: SimpleNamespace) -> None:
    """What was written by a clock that was ahead lies ahead: it is no look of now."""
    assert c.client.get(c.school).status_code == 200
    person = db.session.scalars(
        select(coordinators.Coordinator).where(coordinators.Coordinator.name == MALLORY)
    ).one()
    for back in (timedelta(minutes=30), timedelta(days=2)):
        c.clock.now -= back
        make.signed_in(c.client, person, began_at=c.clock.now, last_seen_at=c.clock.now)
        assert c.client.get(c.school).status_code == 200
    looks = [deed.recorded_at for deed in deeds(history.LOOKED)]
    assert len(looks) == 3 and looks == sorted(looks, reverse=True)


def test_two_tabs_at_once_leave_a_look_or_two_and_never_none(c: SimpleNamespace, app: Flask) -> None:
    answered: list[int] = []

    def look(tab: FlaskClient) -> None:
        with app.app_context():
            answered.append(tab.get(c.school).status_code)

    tabs = [Thread(target=look, args=(tab,)) for tab in (c.client, c.other_tab)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert answered == [200, 200] and len(deeds(history.LOOKED)) in (1, 2)


@pytest.mark.any_database
def test_nobody_goes_by_the_name_of_somebody_who_is_or_was_here(c: SimpleNamespace) -> None:
    for name in ("Priya Nandakumar", "  priya  nandakumar ", "Ｐriya Nandakumar"):
        sent = {"name": name, "email": "new@marlshire.example", "role": roles.LEAD}
        refused = c.client.post("/desk/people/new", data=sent)
        assert refused.status_code == 422 and "the history says by name who did what" in refused.text, name
    assert coordinators.find("new@marlshire.example") is None
    with transaction():
        sam = coordinators.add(c.of, "Sam Poole", "sam@marlshire.example", password=None, now=c.clock.now)
        token = coordinators.invite(sam, who=MALLORY, now=c.clock.now).token
    chosen = {"name": "priya nandakumar", "password": "lantern gravel otter", "again": "lantern gravel otter"}
    refused = c.client.post(f"/sign-in/invited/{token}", data=chosen)
    assert refused.status_code == 422 and "the history says by name who did what" in refused.text
    db.session.rollback()
    assert coordinators.get("sam@marlshire.example").name == "Sam Poole"


@pytest.mark.parametrize("name", [MALLORY, "mallory  vane", "MALLORY VANE"])
def test_a_contact_of_ones_own_name_takes_ones_deeds_not_with_it_when_it_is_erased(
    c: SimpleNamespace, name: str
) -> None:
    with transaction():
        notes.write(c.organisation_id, "Rang them", partnership_id=c.of, who=MALLORY, now=c.clock.now)
    sent = {"name": name, "role": "Head teacher", "address": "m@redmere.example", "source": "told"}
    added = c.client.post(f"{c.school}/contacts/add", data=sent)
    assert added.status_code == 303, added.text
    for by_name in ({}, {"by_name": "1"}):
        gone = {
            "address": "m@redmere.example",
            "sure": "1",
            "asked_by": "ourselves",
            "asked_on": "18 January 2027",
        }
        c.client.post("/desk/people/held/erase", data=gone | by_name)
    assert deeds("erased a person")[0].who == MALLORY
    hold_as_sealed(c)
    assert db.session.scalars(select(notes.NoteOnOrganisation.who)).all() == [MALLORY]


@pytest.mark.any_database
def test_words_that_are_erased_take_nothing_out_of_deeds_of_before_they_were_typed(
    c: SimpleNamespace,
) -> None:
    with transaction():
        note = notes.write(c.organisation_id, "role", partnership_id=c.of, who=MALLORY, now=c.clock.now)
        key = note.id
    assert c.client.post(f"/desk/words/note/text/{key}/erase").status_code == 303
    (erased,) = deeds("erased words")
    assert (erased.who, erased.after["row"]) == (MALLORY, str(key))
    hold_as_sealed(c)
