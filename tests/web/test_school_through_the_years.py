"""The school's page as a story: year by year with former selves, letters and what came in, notes, corrections
and closing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from school_story import said

import make
from outreach.asking import notes, owners
from outreach.booking.promises import Booking
from outreach.county import corrections
from outreach.county.coordinators import Coordinator
from outreach.county.partnerships import Partnership
from outreach.county.register.decisions import RegisterChange
from outreach.county.schools import RegisterImport, School
from outreach.ground.db import db, transaction
from outreach.post.incoming.inbox import Incoming
from outreach.tour.programmes import Programme

pytestmark = pytest.mark.any_database

LAST_YEAR = datetime(2025, 10, 1, tzinfo=UTC)


@dataclass
class Desk:
    """Redmere Academy, which came from Redmere School, where Years 8 and 9 saw it last year."""

    client: FlaskClient
    ours: Partnership
    person: Coordinator
    this: Programme
    last: Programme
    old: School
    new: School
    seen: Booking

    def page(self, of: School | None = None, rest: str = "") -> str:
        answer = self.client.get(f"/desk/schools/{(of or self.new).organisation_id}{rest}")
        assert answer.status_code == 200
        return said(answer)

    def text(self) -> str:
        return self.client.get(f"/desk/schools/{self.new.organisation_id}").text


def add(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row


@pytest.fixture
def desk(client: FlaskClient, stopped: Any) -> Desk:
    with transaction():
        ours = make.partnership(("931",))
        person = make.person(ours)
        last = make.programme(
            ours,
            title="Chosen Words",
            academic_year=2025,
            reply_by=date(2026, 2, 5),
            created_at=datetime(2025, 9, 3, tzinfo=UTC),
        )
        this = make.programme(ours)
        old = make.school(
            name="Redmere School",
            recorded_at=datetime(2025, 9, 1, tzinfo=UTC),
            status="Closed",
            close_date=date(2026, 8, 31),
        )
        make.record(old, datetime(2025, 9, 1, tzinfo=UTC), status="Open", close_date=None)
        make.record(old, datetime(2026, 9, 2, tzinfo=UTC))
        new = make.school(
            name="Redmere Academy", recorded_at=datetime(2026, 9, 2, tzinfo=UTC), open_date=date(2026, 9, 1)
        )
        make.succession(old, new, at=datetime(2026, 9, 2, tzinfo=UTC))
        make.contact(new, address="j.fell@redmere.example")
        seen = make.booking(
            make.show(last, old, datetime(2026, 3, 9, 9, tzinfo=UTC)),
            {8: 120, 9: 110},
            at=LAST_YEAR,
            reference="MRL-OLD1",
        )
        make.report(seen, "school", datetime(2026, 3, 10, tzinfo=UTC), {8: 120, 9: 110})
    make.signed_in(client, person)
    return Desk(client, ours, person, this, last, old, new, seen)


def test_each_year_stands_with_the_former_self_and_its_pupils(desk: Desk) -> None:
    page = desk.page()
    assert "Came from Redmere School, opened 1 September 2026." in page
    assert "Someone to Tell 2026/27 Not asked" in page
    assert (
        "Chosen Words 2025/26, as of 31 August 2026 as Redmere School Seen One side 230 of 300 estimate"
        in page
    )
    assert "Closed on 31 August 2026. Became Redmere Academy." in desk.page(desk.old)


@pytest.mark.both_databases
def test_the_page_of_a_past_year_shows_that_year(desk: Desk) -> None:
    page = desk.page(desk.old, f"?programme={desk.last.id}")
    assert "Redmere School Seen" in page and "Chosen Words, 2025/26" in page
    assert desk.client.get(f"/desk/schools/{desk.new.organisation_id}?programme=99999").status_code == 404


def test_bookings_of_the_school_it_came_from_stand_with_its_name(desk: Desk) -> None:
    assert "9 March 2026, 9:00am past Chosen Words 2025/26, as Redmere School 230 MRL-OLD1" in desk.page()


def test_a_show_that_still_stands_under_the_closed_school_leads_to_what_can_be_done(desk: Desk) -> None:
    with transaction():
        make.booking(make.show(desk.this, desk.old, make.NOW + timedelta(days=50)), {8: 100, 9: 100})
    page = desk.page()
    assert "Stands under a school that is not there then: what to do" in page
    assert "Booked for 10 March 2027" in page
    assert "Invite…" not in page


def test_letters_and_what_came_in_stand_with_what_became_of_them(desk: Desk) -> None:
    with transaction():
        for of, kind, stream, status in (
            (desk.ours, "invitation", f"invitation/{desk.this.id}/{desk.new.organisation_id}", "sent"),
            (
                desk.ours,
                "link notice",
                f"link notice/{desk.this.id}/{desk.new.organisation_id}/x@y.example",
                "bounced",
            ),
            (desk.ours, "booked", desk.seen.uid, "failed"),
            (
                make.partnership(("932",)),
                "raised",
                f"raised/{desk.this.id}/{desk.new.organisation_id}",
                "sent",
            ),
        ):
            make.letter(
                "j.fell@redmere.example",
                make.NOW,
                kind=kind,
                stream=stream,
                status=status,
                partnership_id=of.id,
            )
        make.letter(
            "else@ash.example",
            make.NOW,
            stream=f"invitation/{desk.this.id}/{desk.new.organisation_id}1",
            kind="other school",
            partnership_id=desk.ours.id,
        )
        for n, (sender, stream) in enumerate(
            (("J.Fell@redmere.example", ""), ("x@y.example", desk.seen.uid), ("x@y.example", "other"))
        ):
            add(
                Incoming(
                    partnership_id=desk.ours.id,
                    digest=f"{n}",
                    raw=b"",
                    received_at=make.NOW,
                    kind="person",
                    sender=sender,
                    subject=f"Mail number {n}",
                    stream=stream,
                    authenticated="none",
                    task="",
                    why="",
                )
            )
    page = desk.page()
    for words in (
        "Invitation, to j.fell@redmere.example Someone to Tell",
        "Link notice, to j.fell@redmere.example; came back",
        "Booked, to j.fell@redmere.example; could not be delivered",
    ):
        assert words in page, words
    assert "Raised" not in page and "Other school" not in page
    assert "Mail number 0" in page and "Mail number 1" in page and "Mail number 2" not in page


def test_empty_parts_say_what_will_stand_there(desk: Desk) -> None:
    page = desk.page()
    for words in ("Not asked", "INSET days and days it cannot do stand here"):
        assert words in page, words
    assert "Nothing of that kind yet." in desk.page(rest="?log=letters")


@pytest.mark.both_databases
def test_a_note_is_kept_read_and_taken_back_for_good(desk: Desk) -> None:
    where = f"/desk/schools/{desk.new.organisation_id}/notes"
    assert desk.client.post(where, data={"kind": "phone", "text": "Ring <after> ten"}).status_code == 303
    page = desk.page()
    assert "Tue 19 Jan Call Ring &lt;after&gt; ten Priya Nandakumar, 9:00am" in page
    (note,) = notes.of_organisation(desk.new.organisation_id, partnership_id=desk.ours.id)
    assert note.programme_id == desk.this.id
    assert desk.client.post(f"{where}/{note.id}/take-back").status_code == 303
    page = desk.page()
    assert "its words are gone" in page and "Ring &lt;after" not in page
    assert desk.client.post(f"{where}/{note.id}/take-back").status_code == 303
    assert "That note was taken back already." in desk.page()


@pytest.mark.both_databases
def test_an_empty_note_is_refused_with_a_page_of_its_own(desk: Desk) -> None:
    refused = desk.client.post(
        f"/desk/schools/{desk.new.organisation_id}/notes", data={"kind": "note", "text": " "}
    )
    assert refused.status_code == 422 and "Write the note first." in refused.text
    long = desk.client.post(
        f"/desk/schools/{desk.new.organisation_id}/notes", data={"kind": "note", "text": "x" * 1001}
    )
    assert long.status_code == 422 and "x" * 1001 in long.text


def test_notes_about_the_school_it_came_from_are_told_apart(desk: Desk) -> None:
    with transaction():
        notes.write(
            desk.old.organisation_id, "Hall is small", partnership_id=desk.ours.id, who="Owen", now=make.NOW
        )
    assert "Hall is small Owen, 9:00am, at Redmere School" in desk.page()


def test_whoever_looks_after_the_gap_is_named(desk: Desk) -> None:
    assert "nobody looks after it yet" in desk.page()
    with transaction():
        owners.assign(desk.this, [desk.new.organisation_id], desk.person, who="Priya", now=make.NOW)
    assert "looked after by Priya Nandakumar" in desk.page()


def test_a_correction_stands_beside_the_register_and_says_when_both_agree(desk: Desk) -> None:
    with transaction():
        corrections.correct(
            desk.new.organisation_id, "number_of_pupils", 900, reason="census day", who="Owen", now=make.NOW
        )
    assert "900 The register says 1,050. Corrected by Owen, 19 January 2027: census day" in desk.page()
    with transaction():
        make.record(desk.new, make.NOW, number_of_pupils=900)
    assert "The register says the same by now. Corrected by Owen" in desk.page()


def test_a_change_that_waits_leads_to_the_list_of_changes(desk: Desk) -> None:
    with transaction():
        imported = add(RegisterImport(recorded_at=make.NOW, who="Owen", file_name="x.csv", la_codes="931"))
        add(
            RegisterChange(
                urn=desk.new.organisation_id,
                import_id=imported.id,
                la_code="931",
                kind="named",
                field="name",
                before="A",
                after="B",
                recorded_at=make.NOW,
            )
        )
    assert "1 change of the register waits to be decided." in desk.page()


def test_another_partnership_sees_nothing_of_it(desk: Desk) -> None:
    with transaction():
        note = notes.write(
            desk.new.organisation_id, "Hall is small", partnership_id=desk.ours.id, who="Owen", now=make.NOW
        )
        note_id = note.id
        stranger = make.person(make.partnership(("932",)))
    make.signed_in(desk.client, stranger)
    for path in ("", "/notes"):
        assert desk.client.get(f"/desk/schools/{desk.new.organisation_id}{path}").status_code == 404
    assert (
        desk.client.post(
            f"/desk/schools/{desk.new.organisation_id}/notes", data={"kind": "note", "text": "x"}
        ).status_code
        == 404
    )
    assert (
        desk.client.post(f"/desk/schools/{desk.new.organisation_id}/notes/{note_id}/take-back").status_code
        == 404
    )


def test_the_page_takes_the_same_queries_whatever_there_is_to_tell(
    desk: Desk, count_queries: Callable[..., Any]
) -> None:
    taken = []
    with transaction():
        # Where anything is to come it is asked, in a dozen statements, whether the school has left the target since.
        make.booking(
            make.show(desk.this, desk.new, make.NOW + timedelta(days=60)), {9: 10}, reference="MRL-CM1N"
        )
    for more in range(3):
        with transaction():
            for n in range(2 * more):
                at = datetime(2020 + n + 2 * more, 9, 3, tzinfo=UTC)
                programme = make.programme(
                    desk.ours, title=f"Play {n}", academic_year=at.year, created_at=at, reply_by=at.date()
                )
                booking = make.booking(
                    make.show(programme, desk.new, at + timedelta(days=90)), {8: 10}, at=at
                )
                make.letter("j.fell@redmere.example", at, stream=booking.uid, partnership_id=desk.ours.id)
                notes.write(
                    desk.new.organisation_id,
                    f"Note {n} {more}",
                    partnership_id=desk.ours.id,
                    who="Owen",
                    now=at,
                )
                make.contact(desk.new)
                earlier = make.school(status="Closed")
                make.succession(earlier, desk.old)
        desk.page()
        with count_queries() as queries:
            desk.client.get(f"/desk/schools/{desk.new.organisation_id}")
        taken.append(len(queries))
    assert len(set(taken)) == 1, taken
    assert taken[0] <= 84


def test_a_school_that_something_was_split_off_from_counts_and_keeps_what_is_its_own(desk: Desk) -> None:
    with transaction():
        stays = make.school(name="Kester School")
        split = make.school(name="Kester Studio School")
        make.succession(stays, split)
        make.contact(split)
        booking = make.booking(
            make.show(desk.this, stays, make.NOW + timedelta(days=50)), {8: 100, 9: 100}, reference="MRL-OWN1"
        )
        notes.write(
            stays.organisation_id,
            "Asked for a morning.",
            partnership_id=desk.ours.id,
            who="Priya",
            now=make.NOW,
        )
    of_it, of_the_other = desk.page(stays), desk.page(split)
    assert "Open. The register names Kester Studio School as what came of it: each counts for itself" in of_it
    assert booking.reference in of_it and "Stands under a school that is not there" not in of_it
    assert "Came out of Kester School, which is open still and keeps what is its own." in of_the_other
    assert booking.reference not in of_the_other and "Asked for a morning" not in of_the_other
    assert "Not asked" in of_the_other
    assert "Nothing waits for you" in said(desk.client.get("/desk/register/changes"))


def test_a_closed_school_cannot_be_taken_in_and_the_page_says_why(desk: Desk) -> None:
    address = f"/desk/schools/{desk.old.organisation_id}/target"
    answer = desk.client.post(address, data={"kind": "include", "year_groups": ["8"], "reason": "Asked"})
    assert answer.status_code == 422
    assert "Redmere School cannot be taken in: the register says ‘Closed’." in said(answer)


def test_what_was_taken_in_and_cannot_count_says_why(desk: Desk) -> None:
    with transaction():
        make.decision(desk.this, desk.new, "include", year_groups=(8,))
        make.own_number(desk.new, 8, 0)
    assert "It cannot count all the same: its own number of pupils in Year 8 is 0." in desk.page()
