"""A list of contacts against what is on file: every line has its fate, the sum adds up, nothing is dropped in
silence."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import make
from county.lists.sent import lines, send, take_in
from how_many import so_many
from outreach.county import contacts
from outreach.county.contacts import Contact, SourceMissing
from outreach.county.lists import contact_lists, uploads
from outreach.county.lists.entries import CHANGED, LEFT, NEW, OUTSIDE, REPAIR, SAME, TWICE
from outreach.county.lists.headings import CONTACTS
from outreach.ground.db import db, transaction
from outreach.ground.tabular import write_book
from outreach.web.coordinator import list_words


def add(
    urn: int,
    address: str,
    *,
    name: str = "Joanna Fell",
    role: str = "DSL",
    phone: str = "",
    source: str = "a list",
) -> Contact:
    return contacts.add(
        urn,
        name=name,
        role=role,
        address=address,
        phone=phone,
        source=source,
        source_date=make.EARLIER.date(),
        who="Priya",
        now=make.EARLIER,
    )


def on_file(urn: int) -> list[tuple[str, str, str]]:
    return [(c.name, c.role, c.address) for c in contacts.contacts_of_organisation(urn)]


def test_every_line_is_new_changed_the_same_merged_left_out_or_to_be_put_right(app: Flask) -> None:
    with transaction():
        ours = make.partnership(("931",))
        make.partnership(("999",))
        school, other = make.school(name="Redmere"), make.school(la_code="999", name="Elsewhere")
        closed = make.school(name="Old Redmere", status="Closed")
        add(school.urn, "same@redmere.example", name="Sam", role="Office")
        add(school.urn, "was@redmere.example", name="Was", role="Office")
        gone = add(school.urn, "gone@redmere.example")
        contacts.end(gone, who="the school", now=make.EARLIER)
        found = contact_lists.look(
            send(
                lines(
                    "School,URN,E-mail,Name,Role",
                    f"Redmere,{school.urn},New@redmere.example,New,DSL",
                    f"Redmere,{school.urn},new@REDMERE.example,,",
                    f"Redmere,{school.urn},SAME@redmere.example,Sam,",
                    f"Redmere,{school.urn},was@redmere.example,Is,",
                    f"Elsewhere,{other.urn},a@b.example,,",
                    "Nowhere,123,a@b.example,,",
                    f"Old Redmere,{closed.urn},a@b.example,,",
                    ",,a@b.example,,",
                    f"Redmere,{school.urn},,Nobody,",
                    f"Redmere,{school.urn},nobody at all,,",
                    f"Redmere,{school.urn},jo fell@redmere.example,,",
                    f"Redmere,{school.urn},c@redmere.example,Jo\x07,",
                    f"Redmere,{school.urn},gone@redmere.example,,",
                    f"Quite Another,{school.urn},a@b.example,,",
                    "School,URN,E-mail,Name,Role",
                    "Kept by the council,,,,",
                ),
                ours.id,
            ),
            ["931"],
        )
    assert [(e.line, e.details.address) for e in found.with_fate(NEW) if e.details] == [
        (2, "New@redmere.example")
    ]
    assert [(e.line, e.into) for e in found.with_fate(TWICE)] == [(3, "line 2")]
    assert [e.line for e in found.with_fate(SAME)] == [4]
    assert [
        (e.line, e.on_file.name, e.details.name) for e in found.with_fate(CHANGED) if e.on_file and e.details
    ] == [(5, "Was", "Is")]
    assert [(e.line, e.field, e.reason) for e in found.with_fate(REPAIR)] == [
        (6, "school", f"URN {other.urn} is not in the register here"),
        (7, "school", "URN 123 is not in the register here"),
        (8, "school", "Old Redmere is closed in the register"),
        (9, "school", "No school is named"),
        (10, "address", "No email address"),
        (
            11,
            "address",
            "‘nobody at all’ is not an email address. It should look like office@school.example.",
        ),
        (12, "address", "‘jo fell@redmere.example’ has a blank in it"),
        (13, "name", "Name holds characters that cannot be read."),
        (14, "again", "gone@redmere.example was taken off this school on 3 September 2026"),
        (15, "school", "Its number is that of Redmere, but the line says ‘Quite Another’."),
    ]
    assert [(e.line, e.reason) for e in found.with_fate(LEFT)] == [
        (16, "The headings once more"),
        (17, "A title or a note, nothing to take in"),
    ]
    assert found.lines == len(found.entries) == sum(found.sums.values()) == 16


def test_only_the_partnerships_own_schools_are_looked_at(app: Flask) -> None:
    """Nothing tells whether another partnership has a school of that number, name, or place."""
    with transaction():
        ours = make.partnership(("931",))
        make.partnership(("999",))
        theirs = make.school(la_code="999", name="Garrick College", postcode="ZZ9 9ZZ")
        make.school(name="Redmere")
        upload = send(
            lines(
                "URN,School,Postcode,Email",
                f"{theirs.urn},,,a@b.example",
                "777777,,,a@b.example",
                ",Garrick College,ZZ9 9ZZ,a@b.example",
                ",No Such School,ZZ9 9ZZ,a@b.example",
            ),
            ours.id,
        )
        found = contact_lists.look(upload, ["931"])
    assert [e.reason for e in found.with_fate(REPAIR)] == [
        f"URN {theirs.urn} is not in the register here",
        "URN 777777 is not in the register here",
        "No school here is called ‘Garrick College’",
        "No school here is called ‘No Such School’",
    ]
    for entry in found.entries:
        assert entry.said is not None
        assert theirs.urn not in {s.urn for s in found.ours.likely(entry.said)}
    assert found.ours.by_text(str(theirs.urn)) is None


def test_two_schools_of_one_name_are_told_apart_by_their_place_or_asked_about(app: Flask) -> None:
    with transaction():
        ours = make.partnership()
        near = make.school(name="Elmstead School", town="North Marl", postcode="ZZ1 1AA")
        far = make.school(name="Elmstead School", town="South Marl", postcode="ZZ2 2BB")
        upload = send(
            lines(
                "School,Postcode,Town,Email",
                "ELMSTEAD SCHOOL,zz11aa,,a@b.example",
                "Elmstead School,,South Marl,b@b.example",
                "Elmstead Sch.,,,c@b.example",
                "Elmstead School,ZZ3 3CC,,d@b.example",
                "Elmsted Scool,,,e@b.example",
            ),
            ours.id,
        )
        found = contact_lists.look(upload, ["931"])
    assert [e.school.urn for e in found.with_fate(NEW) if e.school] == [near.urn, far.urn]
    assert [e.reason for e in found.with_fate(REPAIR)] == [
        "Two schools are called Elmstead School",
        "Two schools are called Elmstead School",
        "No school here is called ‘Elmsted Scool’",
    ]
    for entry in found.with_fate(REPAIR):
        assert entry.said is not None
        assert {s.urn for s in found.ours.likely(entry.said)} == {near.urn, far.urn}


def test_a_closed_school_is_not_written_to_and_the_one_after_it_is_offered(app: Flask) -> None:
    with transaction():
        ours = make.partnership()
        closed, heir = make.school(name="Old Garrick", status="Closed"), make.school(name="Garrick Academy")
        make.succession(closed, heir)
        found = contact_lists.look(send(lines("URN,Email", f"{closed.urn},a@b.example"), ours.id), ["931"])
    (entry,) = found.with_fate(REPAIR)
    assert entry.reason == "Old Garrick is closed in the register; Garrick Academy came after it"
    assert entry.said is not None and [s.urn for s in found.ours.find(entry.said).likely] == [heir.urn]


def test_what_is_put_right_counts_and_only_for_the_line_it_was_said_of(app: Flask) -> None:
    with transaction():
        ours, school = make.partnership(), make.school(name="Redmere Academy")
        upload = send(
            lines(
                "School,Email",
                "Redmare,a@b.example",
                "Redmere Academy,m.lund@coldbrook",
                "Redmere Academy,ok@coldbrook.example",
                "Gone,x@b.example",
            ),
            ours.id,
        )
        found = contact_lists.look(upload, ["931"])
        first, second, gone = found.with_fate(REPAIR)
        assert (
            contact_lists.suggested(second, ["b.example", "coldbrook.example"]) == "m.lund@coldbrook.example"
        )
        upload.choices.put_right = {
            first.key: {"of": first.mark, "school": str(school.urn)},
            second.key: {"of": second.mark, "address": "m.lund@coldbrook.example", "name": "Margit Lund"},
            gone.key: {"of": gone.mark, "out": "1"},
        }
        uploads.say(upload)
        again = uploads.get(upload.row.token, kind=CONTACTS, partnership_id=ours.id, now=make.NOW)
        done = take_in(again)
    assert sorted(on_file(school.urn)) == [
        ("", "", "a@b.example"),
        ("", "", "ok@coldbrook.example"),
        ("Margit Lund", "", "m.lund@coldbrook.example"),
    ]
    assert [(e.line, e.reason) for e in done.with_fate(LEFT)] == [(5, "Left out by you")]
    again.choices.put_right[first.key]["of"] = "00000000"
    assert [e.line for e in contact_lists.look(again, ["931"]).with_fate(REPAIR)] == [2]


def test_what_the_school_itself_gave_wins(app: Flask) -> None:
    with transaction():
        ours, school = make.partnership(), make.school()
        for n, source in enumerate(
            (
                contacts.given_by(1),
                contacts.confirmed_by(1),
                "booking MRL-7Q2K",
                contacts.named_there(1, "Jo Fell"),
                "the school's website",
            )
        ):
            add(school.urn, f"a{n}@b.example", name="As told", role="", source=source)
        upload = send(
            lines("URN,Name,Role,Email", *(f"{school.urn},Another,DSL,a{n}@b.example" for n in range(5))),
            ours.id,
        )
        done = take_in(upload)
    assert {a: (n, r) for n, r, a in on_file(school.urn)} == {
        **{f"a{n}@b.example": ("As told", "DSL") for n in range(4)},
        "a4@b.example": ("Another", "DSL"),
    }
    assert [e.note for e in done.with_fate(CHANGED)] == ["the school’s own word stands"] * 4 + [""]


def seen(app: Flask, heading: str, *cells: str) -> tuple[Any, list[tuple[str, str, str]]]:
    """A list of one school with these cells behind its URN, looked at: (name, address, phone) of each new contact."""
    with transaction():
        ours, school = make.partnership(("931",)), make.school(name="Redmere")
        rows = [f"Redmere,{school.urn},{cell}" for cell in cells]
        found = contact_lists.look(send(lines(f"School,URN,{heading}", *rows), ours.id), ["931"])
    return found, [
        (e.details.name, e.details.address, e.details.phone) for e in found.with_fate(NEW) if e.details
    ]


@pytest.mark.parametrize("label", ["MAILTO: ", "mailto:", "E: ", "Email - ", "M: ", "E-mail address: "])
def test_a_label_before_an_address_is_nobodys_name(app: Flask, label: str) -> None:
    assert seen(app, "E-mail,Name", f"{label}j.fell@redmere.example,Joanna Fell")[1] == [
        ("Joanna Fell", "j.fell@redmere.example", "")
    ]


@pytest.mark.parametrize("name", ["Joanna Fell", ""])
def test_a_column_of_names_wins_over_what_stands_before_the_address(app: Flask, name: str) -> None:
    _, ((kept, _, _),) = seen(app, "E-mail,Name", f"Lee Day <j.fell@redmere.example>,{name}")
    assert kept == (name or "Lee Day")


def test_a_phone_number_that_was_kept_as_a_number_gets_its_0_back(app: Flask) -> None:
    found, kept = seen(
        app,
        "E-mail,Telephone",
        "a@redmere.example,1865123456",
        "b@redmere.example,7700900123.0",
        "c@redmere.example,01865 123456",
        "d@redmere.example,123456",
    )
    assert [phone for _, _, phone in kept] == ["01865123456", "07700900123", "01865 123456", "123456"]
    assert list_words.zeros(found.layouts) == (
        "2 phone numbers were kept as numbers and have lost the 0 at the beginning. It is put back."
    )


@pytest.mark.parametrize("between", [", ", "; ", " / ", " and "])
@pytest.mark.parametrize("addresses", [("j.fell", "s.day"), ("s.day", "j.fell"), ("head", "office")])
def test_two_names_of_a_cell_go_to_the_addresses_that_they_fit(
    app: Flask, between: str, addresses: tuple[str, str]
) -> None:
    cell = "; ".join(f"{one}@redmere.example" for one in addresses)
    _, kept = seen(app, "E-mail,Name", f'{cell},"Jo Fell{between}Sam Day"')
    names = [name for name, _, _ in kept]
    assert names == (["Sam Day", "Jo Fell"] if addresses[0] == "s.day" else ["Jo Fell", "Sam Day"])


def test_a_column_of_notes_is_read_only_when_somebody_says_so(app: Flask) -> None:
    with transaction():
        ours, school = make.partnership(), make.school()
        upload = send(lines("URN,Email,Notes", f"{school.urn},a@b.example,or b@b.example"), ours.id)
        assert [
            e.details.address for e in contact_lists.look(upload, ["931"]).with_fate(NEW) if e.details
        ] == ["a@b.example"]
        upload.choices.columns = {"notes": "address"}
        found = contact_lists.look(upload, ["931"])
    assert [e.details.address for e in found.with_fate(NEW) if e.details] == ["a@b.example", "b@b.example"]


def test_what_a_heading_was_taken_as_is_remembered_for_the_partnership_alone(app: Flask) -> None:
    with transaction():
        ours, theirs = make.partnership(("931",)), make.partnership(("999",))
        urn = make.school().urn
        content = lines("Kennung,Wer,Post", f"{urn},Jo,a@b.example")
        uploads.remember(
            CONTACTS, {"kennung": "urn", "wer": "name"}, partnership_id=ours.id, who="Priya", now=make.NOW
        )
        uploads.remember(CONTACTS, {"wer": "role"}, partnership_id=ours.id, who="Priya", now=make.NOW)
        found = contact_lists.look(send(content, ours.id), ["931"])
        assert [(e.details.role, e.details.address) for e in found.with_fate(NEW) if e.details] == [
            ("Jo", "a@b.example")
        ]
        assert contact_lists.look(send(content, theirs.id), ["999"]).layouts[0].complete is False


def test_a_list_taken_in_twice_adds_nothing_the_second_time(app: Flask) -> None:
    with transaction():
        ours, urn = make.partnership(), make.school().urn
        add(urn, "was@redmere.example", name="Was", role="Office", phone="1")
        upload = send(
            lines(
                "urn;First name;Surname;Role;Email;Tel",
                f"{urn};Zoë;Fell;DSL;z@redmere.example;",
                f"{urn};Is;;;was@redmere.example;",
            ),
            ours.id,
        )
        assert take_in(upload).sums | {REPAIR: 0} == {
            REPAIR: 0,
            NEW: 1,
            CHANGED: 1,
            SAME: 0,
            TWICE: 0,
            OUTSIDE: 0,
            LEFT: 0,
        }
    assert on_file(urn) == [("Zoë Fell", "DSL", "z@redmere.example"), ("Is", "Office", "was@redmere.example")]
    assert contacts.contacts_of_organisation(urn)[1].phone == "1"
    with transaction():
        assert take_in(upload).sums[SAME] == 2
    assert db.session.query(Contact).count() == 3


def test_a_list_without_source_is_refused_and_nothing_is_written(app: Flask) -> None:
    with transaction():
        ours, urn = make.partnership(), make.school().urn
        upload = send(lines("URN,Email", f"{urn},a@b.example"), ours.id)
    with pytest.raises(SourceMissing), transaction():
        take_in(upload, source="")
    assert contacts.contacts_of_organisation(urn) == []


@pytest.mark.any_database
def test_ten_thousand_lines_take_as_few_queries_as_one(app: Flask, count_queries) -> None:
    with transaction():
        ours = make.partnership()
        urns = [make.school().urn for _ in range(3)]
        upload = send(
            lines("URN,Email", *(f"{urns[n % 3]},a{n}@b.example" for n in range(10_000)), "1,a@b.example"),
            ours.id,
        )
        with count_queries() as queries:
            found = contact_lists.look(upload, ["931"])
    assert (found.sums[NEW], found.sums[REPAIR], len(queries)) == (10_000, 1, 4)


def test_two_lists_at_once_put_each_contact_on_file_once(app: Flask) -> None:
    with transaction():
        ours, urn = make.partnership(), make.school().urn
        upload = send(lines("URN,Email", *(f"{urn},a{n}@b.example" for n in range(50))), ours.id)
        token, partnership_id = upload.row.token, ours.id

    def one() -> None:
        with app.app_context(), transaction():
            take_in(uploads.get(token, kind=CONTACTS, partnership_id=partnership_id, now=make.NOW))

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert db.session.query(Contact).count() == 50


def test_a_list_waits_for_a_day_for_its_own_partnership_and_is_then_swept(app: Flask) -> None:
    with transaction():
        ours, theirs = make.partnership(("931",)), make.partnership(("999",))
        token = send(lines("URN,Email", "1,a@b.example"), ours.id).row.token
        for whose, at in ((theirs.id, make.NOW), (ours.id, make.NOW + timedelta(hours=24))):
            with pytest.raises(uploads.NoLongerWaiting):
                uploads.get(token, kind=CONTACTS, partnership_id=whose, now=at)
        assert uploads.sweep(now=make.NOW + timedelta(hours=23)) == 0
        assert uploads.sweep(now=make.NOW + timedelta(hours=24)) == 1
    assert db.session.query(uploads.ListSheet).count() == 0


CELLS = st.sampled_from(
    [
        "",
        "Redmere Academy",
        "a@b.example",
        "Jo Fell <c@d.example>; x@y.example",
        "broken@",
        "n/a",
        "School",
        "Email",
        "URN",
        "DSL email",
        "900001",
        "Notes",
        "1/2/2024",
        "two\nlines@b.example",
        "Head",
        "@",
        "a@b@c",
        "Total",
        "ZZ1 1AA",
        "Town",
    ]
)


@settings(
    max_examples=so_many(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.lists(st.lists(CELLS, max_size=5), max_size=8), min_size=1, max_size=3))
def test_whatever_a_workbook_holds_no_line_is_lost(app: Flask, sheets: list[list[list[str]]]) -> None:
    """Lines of the file = lines above the lists + lines of sheets not read + lines read, each of which has
    its fate."""
    content = write_book([(f"S{n}", [], [*rows]) for n, rows in enumerate(sheets)])
    with transaction():
        ours = make.partnership((f"{make.school().urn}",))
        try:
            upload = send(content, ours.id)
        except Exception as refused:
            assert type(refused).__name__ == "CannotRead" and not any(
                any(row) for rows in sheets for row in rows
            )
            return
        found = contact_lists.look(upload, ["931"])
    in_file = sum(any(cell.strip() for cell in row) for rows in sheets for row in rows)
    assert in_file == sum(x.above + x.lines for x in found.layouts)
    assert found.lines == sum(x.lines for x in found.layouts if x.read)
    assert len({(e.sheet, e.line) for e in found.entries}) == found.lines
    assert sum(found.sums.values()) == len(found.entries) >= found.lines
    # An address in a sheet that is not read, or in a column that is not, is told of.
    for x in found.layouts:
        if x.addresses and not x.complete:
            assert x.wanted
