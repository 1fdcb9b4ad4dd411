"""The second wall between partnerships: PostgreSQL gives the service the rows of one at a time, though the
application's own check is switched off."""

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import UniqueConstraint, func, select, text, update
from sqlalchemy.exc import ProgrammingError

import make
from every_address import link_to
from how_many import is_drawn
from outreach.asking import short_codes
from outreach.booking import promises
from outreach.booking.promises import Booking
from outreach.cli import database_roles
from outreach.county import coordinators
from outreach.county.partnerships import Partnership
from outreach.county.schools import School
from outreach.ground import erasures, walls, whose
from outreach.ground.db import db, transaction
from outreach.ground.history import History, record
from outreach.outcomes import waves
from outreach.outcomes.waves import WaveCode
from outreach.post import troupe_links
from outreach.post.feeds import addresses, tokens
from outreach.post.feeds.addresses import Feed
from outreach.post.incoming.inbox import Incoming
from outreach.post.outbox import SENT, DeadAddress, Letter
from outreach.privacy import erasing
from outreach.tour.programmes import Programme
from walled import as_service, walled
from web.test_two_partnerships import everything, routes, year

# SQLite has the application's wall alone.
pytestmark = [
    pytest.mark.usefixtures("stopped"),
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]


@pytest.fixture
def two(app: Flask) -> dict[str, Any]:
    with transaction():
        person, ours = year("931", "Openly")
        other, theirs = year("932", "Secretly")
    return {
        "person": person,
        "ours": ours,
        "theirs": theirs,
        "ids": (person.partnership_id, other.partnership_id),
    }


def tells(answer: Any) -> bool:
    """Whether it fails, or says anything of the other partnership but its schools' names, which the register has."""
    said = answer.get_data().decode("utf-8", "replace").lower()
    for name in ("academy", "grange"):
        said = said.replace(f"secretly {name}", "")
    return answer.status_code >= 500 or "secretly" in said


def seen_by(one: int) -> dict[str, list[Any]]:
    """All that a partnership sees, table by table."""
    with as_service(), whose.bound(one):
        return everything()


def counted() -> dict[str, int]:
    """How many rows of each table are seen now."""
    named = [t.name for t in db.metadata.sorted_tables if t.name not in walls.NOBODYS]
    return {name: db.session.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in named}


SEEN_BY_ALL = {
    "authority",
    "authority_covered",
    "partnership",
    "term",
    "inset_day",
    "correction",
    "own_number",
    "school_day",
    "school_hours",
    "school_lunch",
    "school_term",
}
"""Who partnerships are, and facts of schools: read by all, written by whose they are."""


def test_every_table_has_a_wall_or_is_nobodys(app: Flask) -> None:
    ruled = set(
        db.session.scalars(
            text(
                "SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid WHERE c.relrowsecurity"
            )
        )
    )
    tables = set(db.metadata.tables)
    assert tables - ruled - set(walls.NOBODYS) == set(), (
        "say in a migration whose its rows are: ground/walls.py"
    )
    assert set(walls.NOBODYS) & ruled == set()
    assert set(walls.NOBODYS) - tables == {"alembic_version"}


def test_a_transaction_sees_and_changes_the_rows_of_whom_it_is_bound_to_and_unbound_none(
    app: Flask, two: dict[str, Any]
) -> None:
    whole = counted()
    with walled(app), as_service():
        unbound = counted()
        seen = []
        for one in two["ids"]:
            with whose.bound(one):
                seen.append(counted())
                changed = {
                    t.name: db.session.execute(
                        update(t).values({c.name: c for c in t.primary_key}).returning(*t.primary_key)
                    ).all()
                    for t in db.metadata.sorted_tables
                    if t.name in ("person", "letter", "programme", "booking", "feed", "partnership", "term")
                }
                assert {name: len(rows) for name, rows in changed.items() if name not in SEEN_BY_ALL} == {
                    name: seen[-1][name] for name in changed if name not in SEEN_BY_ALL
                }
                assert [row.id for row in changed["partnership"]] == [one]
            db.session.rollback()
        with whose.bound(two["ids"][0]), pytest.raises(ProgrammingError, match="row-level security"):
            db.session.execute(update(Letter).values(partnership_id=two["ids"][1]))
    schools = db.session.scalar(select(func.count()).select_from(School)) or 0
    assert {name: n for name, n in unbound.items() if n and name not in SEEN_BY_ALL} == {
        "organisation": schools
    }
    shared = SEEN_BY_ALL | {"organisation", "history_link"}
    together = {name: sum(one[name] for one in seen) for name in whole if name not in shared}
    assert together == {name: n for name, n in whole.items() if name not in shared}
    assert sum(n > 0 for name, n in together.items()) > 60, "the tables have rows of both"


def test_no_route_of_the_desk_tells_or_changes_anything_of_another_with_the_own_check_off(
    app: Flask, client: FlaskClient, two: dict[str, Any]
) -> None:
    make.signed_in(client, two["person"])
    told = []
    with walled(app, own_check_off=True):
        before = seen_by(two["ids"][1])
        for method, address in routes(app, two["theirs"], two["ours"], one_in=6):
            data = (
                {"deed": "agree", "decision": "grant", "reason": "x", "text": "x"}
                if method == "POST"
                else None
            )
            answer = client.open(address, method=method, data=data)
            if tells(answer):
                told.append((method, address, answer.status_code))
        for rule in app.url_map.iter_rules():
            guard = getattr(app.view_functions[rule.endpoint], "guard", "")
            is_page = guard == "coordinator" and not rule.arguments and "GET" in rule.methods
            if is_page and is_drawn(str(rule), one_in=6):
                answer = client.get(str(rule))
                if tells(answer):
                    told.append(("GET", str(rule), answer.status_code))
        after = seen_by(two["ids"][1])
    assert told == []
    assert [name for name in before if before[name] != after[name]] == []


def test_no_link_or_token_tells_or_changes_anything_of_another_with_the_own_check_off(
    app: Flask, client: FlaskClient, two: dict[str, Any]
) -> None:
    ours, of = two["ours"], two["ids"][0]
    with transaction():
        programme = db.session.get_one(Programme, ours["programme_id"][0])
        token = link_to(programme, db.session.get_one(School, ours["organisation_id"][0]))
        link = troupe_links.make(ours["troupe_id"][0], partnership_id=of, who="Priya", now=make.NOW)
        troupe = troupe_links.token_of(link, app.config["SECRET_KEY"])
        bearer = tokens.make(of, "council", who="Priya", now=make.NOW)[1]
    doors = [("personal link", token, {}), ("troupe", troupe, {})]
    doors += [("token", "", {"Authorization": f"Bearer {bearer}"})]
    told = []
    with walled(app, own_check_off=True):
        before = seen_by(two["ids"][1])
        own = [f"/i/{token}/booked/{ours['reference'][0]}", f"/t/{troupe}/days/{ours['day_id'][0]}"]
        assert {client.get(address).status_code for address in own} == {200}
        assert client.get("/api/v1/", headers=doors[-1][2]).status_code == 200
        for guard, secret, headers in doors:
            one_in = 3 if guard == "personal link" else 1
            tried = routes(app, two["theirs"], ours, guard, secret, one_in=one_in)
            assert tried, guard
            for method, address in tried:
                data = {"text": "x", "reason": "x", "deed": "yes"} if method == "POST" else None
                answer = client.open(address, method=method, headers=headers, data=data)
                if tells(answer):
                    told.append((method, address.replace(secret or "?", "…"), answer.status_code))
        after = seen_by(two["ids"][1])
    assert told == []
    assert [name for name in before if before[name] != after[name]] == []


def test_without_the_wall_the_same_would_be_told(
    app: Flask, client: FlaskClient, two: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    make.signed_in(client, two["person"])
    address = f"/desk/letters/{two['theirs']['letter_id'][0]}"
    with walled(app, own_check_off=True):
        monkeypatch.setattr("walled.SERVICE", "none")
        assert "secretly" in client.get("/desk/letters").text.lower()
        assert client.get(address).status_code == 404, "what Python compares is checked all the same"


def test_what_opens_by_itself_opens_behind_the_wall(
    app: Flask, client: FlaskClient, two: dict[str, Any]
) -> None:
    """A calendar, a pupil's code, a body at the open door, a booking's reference, a one-time link."""
    theirs = two["theirs"]
    with transaction():
        feed = db.session.get_one(Feed, theirs["feed_id"][0])
        feed.nonce = "0123456789abcdef"
        poster = db.session.get_one(WaveCode, theirs["code_id"][0])
        code, typed = poster.in_address, poster.code
        person = make.person(db.session.get_one(Partnership, two["ids"][1]))
        token = coordinators.sign_in_link(person, now=make.NOW)
        made = short_codes.give_to_read_out(
            db.session.get_one(Programme, theirs["programme_id"][0]),
            db.session.get_one(School, theirs["organisation_id"][0]),
            name="",
            who="Priya",
            now=make.NOW,
        )
        postcode = db.session.get_one(School, theirs["organisation_id"][0]).postcode
        calendar = addresses.token_of(feed, app.config["SECRET_KEY"])
    opened = [
        f"/calendar/{calendar}.ics",
        f"/q/{code}",
        f"/find/{theirs['body_id'][0]}",
        "/find?q=Secretly+Unit",
        f"/b/{theirs['reference'][0]}",
        f"/sign-in/{token}",
        "/health",
        "/",
    ]
    without = {address: client.get(address).status_code for address in opened}
    with walled(app):
        assert {address: client.get(address).status_code for address in opened} == without
        assert b"Secretly Unit" in client.get("/find?q=Secretly+Unit").data
        assert b"BEGIN:VCALENDAR" in client.get(opened[0]).data
        assert client.get(f"/q?code={typed}").location == f"/q/{code}"
        assert client.get("/q?code=AAAAAAA").status_code == 422, "and is counted"
        form = re.search(r'name="form" value="([^"]+)"', client.get(f"/q/{code}/questions").text)
        assert form, "which a pupil sends, and it is kept"
        sent = client.post(f"/q/{code}/questions", data={"form": form[1], "a1": "3"})
        assert sent.headers["Location"].endswith("kept=yes")
        entered = client.post("/code", data={"postcode": postcode, "code": made})
        assert entered.status_code == 303, entered.text
        assert client.get(entered.location).status_code == 200
        assert client.post(f"/sign-in/{token}").status_code == 303
        assert client.get("/desk/letters").status_code == 200
        assert "secretly" in client.get("/desk/letters").text.lower()
        assert client.post("/sign-out").status_code == 303
        assert client.get("/desk/letters").status_code == 302
    assert set(without.values()) == {200}


def test_the_post_the_round_and_the_sweep_see_to_each_partnership_and_to_none_twice(
    app: Flask, two: dict[str, Any]
) -> None:
    runner, ids = app.test_cli_runner(), dict[int, str]()
    app.config["HISTORY_KEY"] = "0123456789abcdef0123456789abcdef"
    with transaction():
        for one in two["ids"]:
            for n in range(2):
                made = make.letter(f"{n}@of{one}.example", None, partnership_id=one)
                ids[one] = made.message_id
    with walled(app, own_check_off=True), as_service():
        sent = runner.invoke(args=["post", "send"])
        assert sent.exit_code == 0, sent.output
        done = runner.invoke(args=["asking", "chase"])
        assert done.exit_code == 0, done.output
        planned = runner.invoke(args=["planner", "work", "--once"])
        assert planned.exit_code == 0, planned.output
        for of in (*two["ids"], 0):
            raw = f"From: a@b.example\r\nMessage-ID: <{of}@b.example>\r\nIn-Reply-To: {ids.get(of, '<x@y>')}\r\n\r\nYes."
            for _ in range(2):  # the same once more is the same
                taken = runner.invoke(args=["post", "receive"], input=raw.encode())
                assert taken.exit_code == 0, taken.output
    came = db.session.scalars(select(Incoming.partnership_id).where(Incoming.sender == "a@b.example")).all()
    assert sorted(came, key=str) == sorted([*two["ids"], None], key=str)
    assert db.session.scalar(text("SELECT count(*) FROM history")) == db.session.scalar(
        text("SELECT count(*) FROM history_link")
    )
    letters = db.session.scalars(select(Letter).where(Letter.recipient.like("%@of%"))).all()
    assert {(one.partnership_id, one.status) for one in letters} == {(one, SENT) for one in two["ids"]}
    folder = Path(app.config["MAIL_FOLDER"])
    assert len([*folder.glob("*of*.example.eml")]) == 4
    swept = db.session.execute(text("SELECT partnership_id FROM privacy_sweep")).scalars().all()
    assert sorted(swept) == sorted(two["ids"])
    assert db.session.scalar(text("SELECT count(*) FROM plan WHERE state = 'waiting'")) == 0


COUNTED = "TABLE(kind text, many bigint, moment timestamp with time zone)"
"""How many of what there are, and a moment of all of them."""


def test_what_goes_past_the_walls_answers_ids_numbers_or_yes_and_no_and_is_not_for_everybody(
    app: Flask,
) -> None:
    found = db.session.execute(
        text(
            "SELECT p.proname, p.proconfig, has_function_privilege('public', p.oid, 'EXECUTE'), "
            "pg_get_function_result(p.oid), p.prosrc FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
            "WHERE n.nspname = 'public' AND p.prosecdef"
        )
    ).all()
    assert {name for name, *_ in found} >= set(database_roles.BY_THE_FINDER)
    for name, settings, for_everybody, answers, source in found:
        assert settings == ["search_path=public, pg_temp"], name
        assert not for_everybody, name
        if name not in ("outreach_open_wave", "outreach_close_wave"):
            assert answers in ("integer", "SETOF integer", "boolean", "trigger", COUNTED), name
            assert "EXECUTE" not in source.upper(), name


def test_what_was_erased_is_erased_again_of_each_partnership_before_the_service_begins(
    app: Flask, client: FlaskClient, two: dict[str, Any], tmp_path: Path
) -> None:
    app.config["ERASURES_FILE"] = str(tmp_path / "erasures")
    gone, stays = "gone@redmere.example", "stays@redmere.example"
    with transaction():
        make.dead_address(gone)
        for one in two["ids"]:
            for address in (gone, stays):
                make.letter(address, make.NOW, partnership_id=one)
                made = make.person(db.session.get_one(Partnership, one), email=f"{one}.{address}")
                record("wrote", made, who="Priya", now=make.NOW, after={"to": address})
    with pytest.raises(ZeroDivisionError), transaction():  # the list has it, and the database does not
        for one in two["ids"]:
            erasing.erase(one, [gone], now=make.NOW)
        erasures.write()
        raise ZeroDivisionError
    db.session.rollback()
    assert erasures.is_behind()
    with walled(app):
        assert client.get("/").status_code == 200
        app.extensions.pop("outreach: erased again")
    assert not erasures.is_behind()
    for written in (Letter.recipient, DeadAddress.address):
        assert gone not in db.session.scalars(select(written)).all()
    kept = select(Letter.partnership_id).where(Letter.recipient == stays).order_by(Letter.partnership_id)
    assert db.session.scalars(kept).all() == sorted(two["ids"])
    said = db.session.execute(
        select(History.partnership_id, History.after).where(History.what == "wrote").order_by(History.id)
    ).all()
    assert said == [(one, told) for one in two["ids"] for told in (None, {"to": stays})]


def test_an_address_that_another_partnership_writes_to_stays_known_as_dead(
    app: Flask, two: dict[str, Any]
) -> None:
    both, ours = "both@redmere.example", "ours@redmere.example"
    with transaction():
        for address in (both, ours):
            make.dead_address(address)
            make.letter(address, make.NOW, partnership_id=two["ids"][0])
        make.letter(both, make.NOW, partnership_id=two["ids"][1])
    with walled(app), as_service(), whose.bound(two["ids"][0]), transaction():
        erasing.erase(two["ids"][0], [both, ours], now=make.NOW)
    known = db.session.scalars(select(DeadAddress.address)).all()
    assert (both in known, ours in known) == (True, False)
    theirs = select(Letter.recipient).where(Letter.partnership_id == two["ids"][1])
    assert both in db.session.scalars(theirs).all()


def test_no_reference_and_no_code_is_given_that_another_partnership_has(
    app: Flask, two: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are short enough to meet by chance, and behind the wall nobody sees what another gave out."""
    with transaction():
        theirs = db.session.scalars(select(Booking).where(Booking.partnership_id == two["ids"][1])).first()
        assert theirs
        theirs.reference = "MRL-7K4P"
    code = db.session.scalars(select(WaveCode.code).where(WaveCode.partnership_id == two["ids"][1])).first()
    assert code

    def chooser(*chosen: str) -> None:
        drawn = iter(chosen)
        monkeypatch.setattr("secrets.choice", lambda _among: next(drawn))

    with walled(app), as_service(), whose.bound(two["ids"][0]):
        chooser(*"7K4P", *"2222")
        assert promises.fresh_reference("MRL") == "MRL-2222"
        chooser(*code, *"AAAAAAA")
        assert waves._fresh() == "AAAAAAA"


MET_BY_CHANCE_OR_BROUGHT = {
    "booking.reference": "asked for as 'booking'",
    "person.email": "asked for as 'address'",
    "wave_code.code": "asked for as 'wave code'",
    "passkey.credential_id": "asked for as 'passkey'",
    "provider_account.issuer, subject": "asked for as 'account'",
    "incoming.digest": "the mail binds to whose it was before, as 'mail'",
    "call_off.key": "drawn by the form that sends it",
    "partnership.name": "named by the operator, who sees them all",
    "troupe_link.troupe_id": "one's own troupe",
    "change_of_hands.predecessor_id, successor_id": "the row is of both",
    "feed_entry.kind, subject, uid": "its subject is one's own",
    "letter.stream, recipient, kind, method, sequence, dtstamp": "the stream has a UID or a row of one's own",
}
"""Values that no two partnerships may have alike, and how one that another has is known, though its row is not seen."""

DRAWN = {
    "agreement_code.code_hash",
    "api_token.token_hash",
    "asking_draw.seed",
    "board_date.uid",
    "booking.organizer_token",
    "booking.uid",
    "digest.stop_hash",
    "feed.nonce",
    "file_to_read.token",
    "letter.message_id",
    "list_upload.token",
    "performance.organizer_token",
    "performance.uid",
    "person_invitation.token_hash",
    "personal_link.token_hash",
    "proposal.organizer_token",
    "proposal.uid",
    "register_upload.token",
    "sign_in_session.token_hash",
    "troupe_event.organizer_token",
    "troupe_link.nonce",
    "visit_reminder.stop_hash",
    "webhook_delivery.uid",
}
"""The same of what is drawn from 80 bits or more, so that no two meet."""


def test_of_every_value_that_all_partnerships_share_it_is_said_how_anothers_is_known(app: Flask) -> None:
    named = set()
    for table in db.metadata.sorted_tables:
        if table.name in walls.NOBODYS:
            continue
        keys = [index.columns for index in table.indexes if index.unique]
        keys += [one.columns for one in table.constraints if isinstance(one, UniqueConstraint)]
        for columns in keys:
            if not any(column.name == "partnership_id" or column.foreign_keys for column in columns):
                named.add(f"{table.name}.{', '.join(column.name for column in columns)}")
    assert named == MET_BY_CHANCE_OR_BROUGHT.keys() | DRAWN, "ask whose.is_known, or say why nobody need"
