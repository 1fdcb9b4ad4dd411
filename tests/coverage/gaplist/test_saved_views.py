"""Views of the gaps list under a name: one's own or all coordinators', and what the database refuses."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

import make
from outreach.county.coordinators import Coordinator
from outreach.coverage.gaplist import saved_views
from outreach.coverage.gaplist.saved_views import MOST, NoSuchView, SavedView, TooManyViews, ViewName
from outreach.ground.db import db, transaction

NOW = make.NOW


class People:
    def __init__(self) -> None:
        ours = make.partnership()
        self.ours = ours.id
        self.priya = make.person(ours)
        self.owen = make.person(ours, name="Owen Bright")
        theirs = make.partnership(("932",))
        self.theirs, self.stranger = theirs.id, make.person(theirs, name="Jo Vane")

    def save(
        self, person: Coordinator, name: str, address: str = "never=1", *, shared: bool = False
    ) -> SavedView:
        return saved_views.save(person, name, address, shared=shared, now=NOW)

    def seen_by(self, person: Coordinator) -> list[tuple[str, str, str]]:
        found = saved_views.views_of(person.id, partnership_id=person.partnership_id)
        return [(view.name, view.address, view.whose) for view in found]


@pytest.fixture
def people(app: Flask) -> People:
    with transaction():
        return People()


def test_a_name_stands_once_among_ones_own_and_once_among_those_all_share(people: People) -> None:
    with transaction():
        people.save(people.priya, "Silent", "cause=silent")
        people.save(people.priya, " Silent ", "cause=silent&sort=name")
        people.save(people.owen, "Silent", "never=1", shared=True)
        people.save(people.stranger, "Silent", "", shared=True)
    assert people.seen_by(people.priya) == [
        ("Silent", "cause=silent&sort=name", ""),
        ("Silent", "never=1", "Owen Bright"),
    ]
    assert people.seen_by(people.owen) == [("Silent", "never=1", "")]
    assert people.seen_by(people.stranger) == [("Silent", "", "")]
    with pytest.raises(ViewName, match="a view called ‘Silent’ already"), transaction():
        people.save(people.priya, "Silent", shared=True)


@pytest.mark.any_database
def test_a_name_that_cannot_be_is_refused(people: People) -> None:
    for name, said in (("  ", "Give the view a name"), ("x" * 61, "60 characters; this one has 61")):
        with pytest.raises(ViewName, match=said), transaction():
            people.save(people.priya, name)
    with transaction():
        for n in range(MOST):
            people.save(people.priya, f"View {n}")
        people.save(people.priya, "View 7")
    with pytest.raises(TooManyViews), transaction():
        people.save(people.priya, "One more")


def test_what_was_removed_comes_back_unless_its_name_was_taken(people: People) -> None:
    with transaction():
        kept = people.save(people.priya, "North", shared=True)
        saved_views.end(kept, now=NOW + timedelta(hours=1))
        saved_views.end(kept, now=NOW + timedelta(hours=2))
    assert people.seen_by(people.owen) == [] and kept.ended_at == NOW + timedelta(hours=1)
    with transaction():
        saved_views.restore(kept, now=NOW)
        saved_views.restore(db.session.get_one(SavedView, kept.id + 1), now=NOW)
    assert [name for name, *_ in people.seen_by(people.owen)] == ["North"]
    with transaction():
        saved_views.end(saved_views.get(kept.id + 1, people.owen.id, partnership_id=people.ours), now=NOW)
        people.save(people.owen, "North", shared=True)
    with pytest.raises(ViewName), transaction():
        saved_views.restore(db.session.get_one(SavedView, kept.id), now=NOW)


def test_nobody_finds_anothers_own_nor_another_partnerships(people: People) -> None:
    with transaction():
        own = people.save(people.priya, "Mine").id
        shared = people.save(people.priya, "Ours", shared=True).id
    assert saved_views.find(shared, people.owen.id, partnership_id=people.ours) is not None
    for view_id, person, partnership_id in (
        (own, people.owen, people.ours),
        (own, people.stranger, people.theirs),
        (shared, people.stranger, people.theirs),
        (10**12, people.priya, people.ours),
    ):
        with pytest.raises(NoSuchView):
            saved_views.get(view_id, person.id, partnership_id=partnership_id)


def test_the_database_refuses_two_of_a_name_none_and_a_person_of_another_partnership(people: People) -> None:
    with transaction():
        people.save(people.priya, "North", shared=True)
        people.save(people.owen, "Mine")
    broken: list[dict[str, Any]] = [
        {"person_id": people.priya.id, "name": "North", "shared": False},
        {"person_id": people.owen.id, "name": "North", "shared": True},
        {"person_id": people.owen.id, "name": "", "shared": False},
        {"person_id": people.stranger.id, "name": "Else", "shared": False},
    ]
    for facts in broken:
        with pytest.raises(IntegrityError), transaction() as session:
            session.add(SavedView(partnership_id=people.ours, address="", recorded_at=NOW, **facts))
            session.flush()
    with transaction() as session:  # the same name, not shared, by somebody else: no clash
        session.add(
            SavedView(
                partnership_id=people.ours,
                person_id=people.owen.id,
                name="North",
                shared=False,
                address="",
                recorded_at=NOW,
            )
        )
