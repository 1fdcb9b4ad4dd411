"""Contacts by hand and from a file: merged, checked, never another partnership's."""

import threading
from datetime import date, timedelta

import pytest
from flask import Flask

import make
from outreach.county import contact_files, contacts
from outreach.county.contacts import BadAddress, BadText, Contact, ContactOnFile, SourceMissing
from outreach.ground import history, tabular
from outreach.ground.db import db, transaction
from outreach.ground.tabular import NoSuchColumn, Table
from outreach.post import links

SOURCE = {"source": "the leads' list", "source_date": date(2027, 1, 4), "who": "Priya", "now": make.NOW}


def add(urn: int, address: str, **changes: str) -> Contact:
    said = {"name": "Joanna Fell", "role": "DSL", "phone": "", "source": "the school's website"} | changes
    return contacts.add(
        urn, said["name"], said["role"], address, said["phone"], said["source"], date(2027, 1, 4),
        who="Priya", now=make.NOW,
    )  # fmt: skip


def table(*lines: str) -> Table:
    return tabular.read("contacts.csv", "\n".join(lines).encode())


def on_file(urn: int) -> list[tuple[str, str, str]]:
    return [(c.name, c.role, c.address) for c in contacts.of(urn)]


def test_an_address_is_kept_with_its_domain_in_small_letters(app: Flask) -> None:
    with transaction():
        school = make.school()
        add(school.urn, "  mailto:J.Fell@Redmere.EXAMPLE ")
    assert on_file(school.urn) == [("Joanna Fell", "DSL", "J.Fell@redmere.example")]
    assert [h.what for h in history.of("school", school.urn)] == ["contact added"]


@pytest.mark.parametrize("address", ["", "office", "a@b", "a b@c.example", "a@b.example, c@d.example", "a@b.example\x00", "ü@"])  # fmt: skip
def test_what_is_no_address_is_refused(app: Flask, address: str) -> None:
    with pytest.raises(BadAddress), transaction():
        add(make.school().urn, address)


@pytest.mark.parametrize("name", ["Jo\x07", "x" * 201])
def test_text_that_cannot_be_kept_is_refused(app: Flask, name: str) -> None:
    with pytest.raises(BadText), transaction():
        add(make.school().urn, "a@b.example", name=name)


def test_an_address_that_is_on_file_is_refused_whatever_its_capitals(app: Flask) -> None:
    with transaction():
        school = make.school()
        add(school.urn, "Office@redmere.example")
    with pytest.raises(ContactOnFile), transaction():
        add(school.urn, "office@Redmere.example")
    with transaction():
        add(make.school().urn, "office@redmere.example")


def test_an_address_without_source_is_refused(app: Flask) -> None:
    with pytest.raises(SourceMissing), transaction():
        add(make.school().urn, "a@b.example", source=" ")


def test_two_adds_at_once_leave_one_contact_and_one_refusal(app: Flask) -> None:
    with transaction():
        urn = make.school().urn
    ends: list[str] = []

    def one(address: str) -> None:
        with app.app_context():
            try:
                with transaction():
                    add(urn, address)
                ends.append("added")
            except ContactOnFile:
                ends.append("refused")

    threads = [threading.Thread(target=one, args=(a,)) for a in ("Office@b.example", "office@b.example")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["added", "refused"]
    assert len(contacts.of(urn)) == 1


def test_the_safeguarding_lead_is_written_to_first_and_the_head_last(app: Flask) -> None:
    with transaction():
        school = make.school()
        for n, role in enumerate(
            ["Headteacher", "Office", "Deputy DSL", "PSHE lead", "Designated safeguarding lead"]
        ):
            add(school.urn, f"a{n}@b.example", role=role)  # fmt: skip
    assert [c.role for c in contacts.of(school.urn)] == [
        "Designated safeguarding lead", "Deputy DSL", "PSHE lead", "Office", "Headteacher",
    ]  # fmt: skip


def test_a_contact_ends_once_and_stays_in_the_records(app: Flask) -> None:
    with transaction():
        school = make.school()
        contact = add(school.urn, "a@b.example")
        contacts.end(contact, who="Priya", now=make.NOW)
        contacts.end(contact, who="Priya", now=make.NOW)
    assert contacts.of(school.urn) == []
    assert [h.what for h in history.of("school", school.urn)] == ["contact ended", "contact added"]
    assert db.session.query(Contact).count() == 1
    with transaction():
        add(school.urn, "a@b.example")
    assert len(contacts.of(school.urn)) == 1


def test_links_of_a_contact_that_ends_are_closed_and_those_of_others_are_not(app: Flask) -> None:
    later = make.NOW + timedelta(days=30)
    with transaction():
        school, other = make.school(), make.school()
        contact = add(school.urn, "a@b.example")
        closed, colleagues, elsewhere = (
            links.mint(urn=urn, programme_id=1, address=address, now=make.EARLIER, expires_at=later).token
            for urn, address in ((school.urn, "A@b.example"), (school.urn, "c@b.example"), (other.urn, "a@b.example"))
        )
        contacts.end(contact, who="Priya", now=make.NOW)
    assert [links.find(t).open_at(make.NOW) for t in (closed, colleagues, elsewhere)] == [False, True, True]


def test_every_line_of_a_file_is_new_changed_unchanged_merged_or_wrong(app: Flask) -> None:
    with transaction():
        make.partnership(("931",))
        make.partnership(("999",))
        ours, other = make.school(name="Redmere"), make.school(la_code="999")
        closed = make.school(name="Old Redmere", status="Closed")
        add(ours.urn, "same@redmere.example", name="Sam", role="Office")
        add(ours.urn, "was@redmere.example", name="Was", role="Office")
    found = contact_files.preview_import(
        table(
            "School,URN,E-mail,Name,Role",
            f"Redmere,{ours.urn},New@redmere.example,New,DSL",
            f"Redmere,{ours.urn},new@REDMERE.example,,",
            f"Redmere,{ours.urn},SAME@redmere.example,Sam,",
            f"Redmere,{ours.urn},was@redmere.example,Is,",
            f"Elsewhere,{other.urn},a@b.example,,",
            "Nowhere,123,a@b.example,,",
            f"Old,{closed.urn},a@b.example,,",
            ",,a@b.example,,",
            "Word,abc,a@b.example,,",
            f"None,{ours.urn},,Nobody,",
            f"Bad,{ours.urn},nobody at all,,",
            f"Ctrl,{ours.urn},c@redmere.example,Jo\x07,",
        ),
        ["931"],
    )
    assert [(x.line, x.details.address) for x in found.new] == [(2, "New@redmere.example")]
    assert [(x.line, x.into_line) for x in found.merged] == [(3, 2)]
    assert [x.line for x in found.unchanged] == [4]
    assert [(x.line, x.on_file.name, x.details.name) for x in found.changed] == [(5, "Was", "Is")]
    assert [(x.line, x.reason) for x in found.wrong] == [
        (6, f"URN {other.urn} is a school of another authority"),
        (7, "URN 123 is not in the register here"),
        (8, "Old Redmere is closed in the register"),
        (9, "no URN"),
        (10, "the URN is not a number of up to 7 figures"),
        (11, "no email address"),
        (12, "‘nobody at all’ is not an email address. It should look like office@school.example."),
        (13, "Name holds characters that cannot be read."),
    ]


def test_a_file_applied_twice_adds_nothing_the_second_time(app: Flask) -> None:
    with transaction():
        urn = make.school().urn
        make.partnership()
        add(urn, "was@redmere.example", name="Was", role="Office", phone="1")
    lines = table("urn;First name;Surname;Role;Email;Tel", f"{urn};Zoë;Fell;DSL;z@redmere.example;", f"{urn};Is;;;was@redmere.example;")  # fmt: skip
    with transaction():
        done = contact_files.apply_import(lines, ["931"], **SOURCE)
    assert (len(done.new), len(done.changed)) == (1, 1)
    assert on_file(urn) == [("Zoë Fell", "DSL", "z@redmere.example"), ("Is", "Office", "was@redmere.example")]
    assert contacts.of(urn)[1].phone == "1"
    with transaction():
        again = contact_files.apply_import(lines, ["931"], **SOURCE)
    assert (len(again.new), len(again.changed), len(again.unchanged)) == (0, 0, 2)
    assert db.session.query(Contact).count() == 3


def test_a_file_without_urn_or_address_column_names_what_is_missing(app: Flask) -> None:
    with pytest.raises(NoSuchColumn, match="'URN'"):
        contact_files.preview_import(table("School,Email", "a,b@c.example"), ["931"])
    with pytest.raises(NoSuchColumn, match="‘Email’ or ‘Address’"):
        contact_files.preview_import(table("URN,Name", "1,b"), ["931"])


def test_an_import_without_source_is_refused_and_nothing_is_written(app: Flask) -> None:
    with transaction():
        make.partnership()
        urn = make.school().urn
    with pytest.raises(SourceMissing), transaction():
        contact_files.apply_import(
            table("URN,Email", f"{urn},a@b.example"), ["931"], **(SOURCE | {"source": ""})
        )
    assert contacts.of(urn) == []


def test_ten_thousand_lines_take_three_queries_to_look_at(app: Flask, count_queries) -> None:
    with transaction():
        make.partnership()
        urns = [make.school().urn for _ in range(3)]
    lines = table("URN,Email", *(f"{urns[n % 3]},a{n}@b.example" for n in range(10_000)), "1,a@b.example")
    with count_queries() as queries:
        found = contact_files.preview_import(lines, ["931"])
    assert (len(found.new), len(found.wrong), len(queries)) == (10_000, 1, 3)


def test_two_imports_at_once_put_each_contact_on_file_once(app: Flask) -> None:
    with transaction():
        make.partnership()
        urn = make.school().urn
    lines = table("URN,Email", *(f"{urn},a{n}@b.example" for n in range(50)))

    def one() -> None:
        with app.app_context(), transaction():
            contact_files.apply_import(lines, ["931"], **SOURCE)

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(contacts.of(urn)) == 50
    assert db.session.query(Contact).count() == 50


def test_an_address_with_a_domain_in_other_letters_is_kept_as_mail_and_calendars_write_it() -> None:
    assert contacts.clean_address("Office@Schule-MÜLLER.example") == "Office@xn--schule-mller-klb.example"
    with pytest.raises(BadAddress):
        contacts.clean_address("séan@redmere.example")
