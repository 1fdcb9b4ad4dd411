"""A list of contacts that was taken in is taken back whole: everything is as before it, but for what somebody
changed since."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

import make
from county.lists.sent import SOURCE, lines, send
from outreach.county import contacts
from outreach.county.contacts import Contact
from outreach.county.lists import contact_lists
from outreach.county.lists.contact_lists import ContactList, NoSuchList
from outreach.county.partnerships import Partnership
from outreach.county.schools import School
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.ground.wording import day_short
from outreach.post import links
from outreach.post.links import PersonalLink

LATER = make.NOW + timedelta(hours=3)


def scene() -> tuple[Partnership, School]:
    ours = make.partnership(("931",))
    school = make.school(name="Redmere")
    for address, name in (
        ("kept@redmere.example", "Kept"),
        ("was@redmere.example", "Was"),
        ("old@redmere.example", "Old"),
    ):
        contacts.add(
            school.urn,
            name=name,
            role="DSL",
            address=address,
            phone="01632 960 118",
            source="their page",
            source_date=make.EARLIER.date(),
            who="Priya",
            now=make.EARLIER,
        )
    return ours, school


def take_in(school: School, ours: Partnership) -> ContactList:
    sent = send(
        lines(
            "URN,Email,Name,Role",
            f"{school.urn},kept@redmere.example,Kept,DSL",
            f"{school.urn},was@redmere.example,Is,Head",
            f"{school.urn},old@redmere.example,Older,Head",
            f"{school.urn},new@redmere.example,New,Office",
            f"{school.urn},gone@redmere.example,Gone,Office",
            f"{school.urn},NEW@redmere.example,,",
            "123,a@b.example,,",
        ),
        ours.id,
    )
    row = contact_lists.take_in(sent, ["931"], **SOURCE)[1]
    assert row is not None
    return row


def on_file(urn: int) -> list[tuple[str, ...]]:
    return sorted(
        (c.name, c.role, c.address, c.phone, c.source) for c in contacts.contacts_of_organisation(urn)
    )


def back(row: ContactList, **changes: Any) -> list[contact_lists.Back]:
    given = {"partnership_id": row.partnership_id, "who": "Owen", "now": LATER} | changes
    return contact_lists.withdraw(row.id, ["931"], **given)


def test_a_list_taken_back_at_once_leaves_everything_as_it_was(app: Flask) -> None:
    with transaction():
        ours, school = scene()
        before = on_file(school.urn)
        row = take_in(school, ours)
        assert (row.lines, row.named, row.made, row.changed, row.unchanged, row.merged, row.left_out) == (
            7,
            7,
            2,
            2,
            1,
            1,
            1,
        )
        assert on_file(school.urn) != before
    with transaction():
        done = back(row)
        assert [b.since for b in done] == ["", "", "", ""]
    assert on_file(school.urn) == before
    said = [(r.what, r.who) for r in history.history_of("school", school.urn)]
    assert (
        said.count(("contact as before its list", "Owen")) == 2
        and said.count(("contact ended with its list", "Owen")) == 2
    )
    assert (row.withdrawn_at, row.withdrawn_by) == (LATER, "Owen")
    with transaction(), pytest.raises(NoSuchList):
        back(row)
    assert on_file(school.urn) == before


def test_what_somebody_changed_since_stays_and_is_named(app: Flask) -> None:
    with transaction():
        ours, school = scene()
        row = take_in(school, ours)
    at = make.NOW + timedelta(hours=1)
    with transaction():
        rows = {c.name: c for c in contacts.contacts_of_organisation(school.urn)}
        contacts.end(rows["Gone"], who="the school", now=at)
        kept = contacts.details("Isabel", "DSL", "was@redmere.example", "")
        contacts.put_many(
            [(school.urn, rows["Is"], kept)],
            source=contacts.confirmed_by(1),
            source_date=at.date(),
            who="the school",
            now=at,
        )
    look = {b.contact.name: (b.before.name if b.before else "", b.since) for b in contact_lists.backing(row)}
    assert look == {
        "Gone": ("", f"taken off on {day_short(at)}"),
        "Is": ("Was", f"changed on {day_short(at)}, from {contacts.confirmed_by(1)}"),
        "New": ("", ""),
        "Older": ("Old", ""),
    }
    with transaction():
        done = back(row)
    assert {b.contact.name: bool(b.since) for b in done} == {
        "Gone": True,
        "Is": True,
        "New": False,
        "Older": False,
    }
    assert sorted(name for name, *_ in on_file(school.urn)) == ["Isabel", "Kept", "Old"]


def test_what_went_out_stays_links_too(app: Flask) -> None:
    with transaction():
        ours, school = scene()
        row = take_in(school, ours)
        programme = make.programme(ours)
        links.mint(
            organisation_id=school.urn,
            programme_id=programme.id,
            partnership_id=programme.partnership_id,
            address="new@redmere.example",
            now=make.NOW,
            expires_at=make.NOW + timedelta(days=60),
        )
        make.letter("New@Redmere.example", make.NOW + timedelta(minutes=5), partnership_id=ours.id)
        make.letter("old@redmere.example", make.EARLIER, partnership_id=ours.id)
        theirs = make.partnership(("850",)).id
        make.letter("was@redmere.example", make.NOW + timedelta(minutes=5), partnership_id=theirs)
    assert contact_lists.written_to(row, contact_lists.backing(row)) == 1
    with transaction():
        back(row)
    link = db.session.scalars(select(PersonalLink)).one()
    assert link.open_at(LATER)


def test_a_list_is_its_partnerships_own(app: Flask) -> None:
    with transaction():
        ours, school = scene()
        row = take_in(school, ours)
        theirs = make.partnership(("850",), name="Theirs")
    assert (
        contact_lists.find_list(ours.id, row.id) is not None
        and contact_lists.find_list(theirs.id, row.id) is None
    )
    assert contact_lists.lists(theirs.id) == [] and contact_lists.lists(ours.id) == [row]
    assert contact_lists.find_list(ours.id, 2**40) is None
    with transaction(), pytest.raises(NoSuchList):
        back(row, partnership_id=theirs.id)


def test_of_a_school_in_no_target_only_what_is_on_file_is_changed(app: Flask) -> None:
    with transaction():
        ours, school = scene()
        primary = make.school(name="Primary")
        contacts.add(
            primary.urn,
            name="Was",
            role="",
            address="was@primary.example",
            phone="",
            source="x",
            source_date=make.EARLIER.date(),
            who="P",
            now=make.EARLIER,
        )
        sent = send(
            lines(
                "URN,Email,Name",
                f"{primary.urn},was@primary.example,Is",
                f"{primary.urn},new@primary.example,New",
                f"{primary.urn},bad,Bad",
                f"{school.urn},new@redmere.example,New",
            ),
            ours.id,
        )
        done, row = contact_lists.take_in(sent, ["931"], target={school.urn}, **SOURCE)
        assert row is not None
        assert (row.named, row.made, row.changed, row.not_in_target, row.left_out) == (4, 1, 1, 2, 0)
        assert [e.fate for e in done.entries] == ["changed", "outside", "outside", "new"]
    assert [c.name for c in contacts.contacts_of_organisation(primary.urn)] == ["Is"]


def test_a_list_that_does_nothing_is_not_kept(app: Flask) -> None:
    with transaction():
        ours, school = scene()
        sent = send(lines("URN,Email,Name,Role", f"{school.urn},kept@redmere.example,Kept,DSL"), ours.id)
        assert contact_lists.take_in(sent, ["931"], **SOURCE)[1] is None
    assert contact_lists.lists(ours.id) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "UPDATE contact_list SET made = made + 1",
        "UPDATE contact_list SET withdrawn_at = recorded_at",
        "UPDATE contact_list_line SET replaced_id = contact_id",
        "UPDATE contact_list_line SET contact_id = (SELECT min(contact_id) FROM contact_list_line)",
        "UPDATE contact_list_line SET partnership_id = partnership_id + 1",
        "DELETE FROM contact WHERE id = (SELECT min(contact_id) FROM contact_list_line)",
    ],
)
def test_the_database_refuses_sums_that_do_not_add_up_and_lines_of_nobody(app: Flask, wrong: str) -> None:
    with transaction():
        ours, school = scene()
        take_in(school, ours)
        make.partnership(("850",), name="Theirs")
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(text(wrong))
    assert db.session.scalar(select(Contact).limit(1)) is not None


def test_looking_at_a_list_takes_the_same_queries_whatever_its_length(app: Flask, count_queries: Any) -> None:
    taken = []
    with transaction():
        ours, school = scene()
    for n in (1, 30):
        with transaction():
            sent = send(
                lines("URN,Email", *(f"{school.urn},a{n}x{k}@redmere.example" for k in range(n))), ours.id
            )
            row = contact_lists.take_in(sent, ["931"], **SOURCE)[1]
        assert row is not None
        found = contact_lists.find_list(ours.id, row.id)
        assert found is not None
        with count_queries() as queries:
            assert len(contact_lists.backing(found)) == n
        taken.append(len(queries))
    assert taken == [2, 2]
