"""Two partnerships, one of them a told year: each tries every route with every id of the other, gets 404,
changes and learns nothing."""

import itertools
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

import make
from asked import ask
from every_address import ROWS, but_noted, by_lot, column_of, link_to, told_year
from how_many import is_drawn, so_many
from outreach.asking import follow_ups, notes
from outreach.asking.open_door import LinkRequest
from outreach.asking.own_letters import drafts
from outreach.asking.own_letters.drafts import Typed
from outreach.asking.rounds import InvitationRound
from outreach.booking.agenda.moves import DiaryMove
from outreach.booking.calling_off.call_offs import CallOff, CallOffLine
from outreach.booking.guest_places import GuestPlace
from outreach.booking.named import NamedPerson
from outreach.booking.proposals import Proposal
from outreach.county.lists.body_lists import BodyList
from outreach.county.lists.contact_lists import ContactList, ContactListLine
from outreach.county.lists.past_shows import EarlierList
from outreach.county.partnerships import InsetDay, Term
from outreach.county.passkeys import Passkey
from outreach.county.register.decisions import RegisterChange
from outreach.county.schools import RegisterImport, School
from outreach.county.sign_in_sessions import SignInSession
from outreach.coverage.board.publishing import BoardReport
from outreach.coverage.gaplist import saved_views
from outreach.ground.db import db, transaction
from outreach.outcomes import questionnaires, staff_answers, tallies
from outreach.outcomes.cost import spending
from outreach.outcomes.cost.spending import Spent
from outreach.outcomes.referrals.district_numbers import DistrictNumber, NumbersEntry
from outreach.outcomes.referrals.releases import ReferralRelease
from outreach.outcomes.staff_answers import Said, StaffAnswer
from outreach.planning.orders import PlanLine, TourPlan
from outreach.post import troupe_links
from outreach.post.feeds import tokens
from outreach.post.feeds.addresses import Feed
from outreach.post.feeds.tokens import ApiToken
from outreach.post.incoming.inbox import Incoming
from outreach.post.webhooks.deliveries import WebhookDelivery
from outreach.post.webhooks.subscriptions import Webhook
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.visits.before import texts
from outreach.visits.board_dates import BoardDate
from worlds import World

pytestmark = pytest.mark.usefixtures("stopped")
SOON = datetime(2027, 3, 9, 9, 30, tzinfo=UTC)


def add(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row


def year(code: str, secret: str) -> tuple[Any, dict[str, list[Any]]]:
    """A coordinator of a partnership that has one of everything, and its ids by the names that routes give
    them."""
    of = make.partnership((code,))
    programme = make.programme(of, title=f"Play {secret}")
    school, guest = (make.school(la_code=code, name=f"{secret} {n}") for n in ("Academy", "Grange"))
    contact = make.contact(school, address=f"lead@{secret.lower()}.example")
    person = make.person(of, name=f"Priya {secret}")
    team = make.body(of, name=f"{secret} Unit")
    # Its number is none of a colleague's in a booking, who are asked for by the same word.
    of_team = make.contact(team, id=10 * int(code), address=f"unit@{secret.lower()}.example")
    hall = make.venue(of, name=f"{secret} Hall")
    training = make.programme(of, (), for_adults=True, title=f"Training {secret}", academic_year=2025)
    session = make.session(training, hall, SOON)
    show = make.show(programme, school, SOON)
    booking = make.booking(show, {8: 100}, reference=f"{secret[:3].upper()}-00001")
    named = add(
        make.visit_contact(
            booking,
            id=20 * int(code),  # nobody's contact has that number
            name=secret,
            duty="colleague",
            address=contact.address,
            added_at=make.EARLIER,
        )
    )
    past = make.booking(make.show(programme, guest, make.NOW - timedelta(days=7)), {8: 90})
    make.report(past, "school", make.NOW - timedelta(days=6), {8: 90})
    place = add(
        GuestPlace(
            programme_id=programme.id,
            organisation_id=guest.organisation_id,
            performance_id=show.id,
            why="other",
            pupils={9: 9},
            seats=9,
            recorded_at=make.EARLIER,
            who=secret,
        )
    )
    waits = add(
        GuestPlace(
            programme_id=training.id,
            organisation_id=guest.organisation_id,
            performance_id=session.performance_id,
            why="other",
            adults=2,
            seats=2,
            recorded_at=make.EARLIER,
            who=secret,
        )
    )
    kept = add(
        Proposal(
            programme_id=programme.id,
            organisation_id=guest.organisation_id,
            starts_at=SOON,
            uid=f"{secret}@outreach.example",
            organizer_token=secret,
            reply_by=date(2027, 2, 5),
            recorded_at=make.EARLIER,
            ended_at=make.NOW,
            ended_as="withdrawn",
        )
    )
    letter = make.letter(contact.address, make.EARLIER, partnership_id=of.id, subject=secret)
    asked = make.invitation(programme, school)
    plan = add(
        TourPlan(
            programme_id=programme.id,
            name=secret,
            asked_by=secret,
            asked_at=make.EARLIER,
            rules={},
            state="waiting",
        )
    )
    line = add(
        PlanLine(
            plan_id=plan.id,
            day=SOON.date(),
            organisation_id=school.organisation_id,
            starts_at=SOON,
            get_in_at=SOON,
            away_at=SOON + timedelta(hours=2),
        )
    )
    note = notes.write(
        school.organisation_id,
        f"{secret} said so",
        programme,
        partnership_id=of.id,
        kind=notes.NOTE,
        who=secret,
        now=make.EARLIER,
    )
    follow_ups.set_follow_ups(
        programme,
        [school.organisation_id],
        SOON.date(),
        f"{secret} rings",
        person,
        who=secret,
        now=make.EARLIER,
    )
    saved = saved_views.save(person, f"{secret} view", "never=1", shared=True, now=make.EARLIER)
    own_letter = drafts.keep(
        programme,
        [school.organisation_id],
        Typed(subject=secret, words=f"{secret} writes"),
        form_key=secret,
        who=secret,
        now=make.EARLIER,
    )
    follow_up = follow_ups.follow_ups_of_programme(programme.id)[school.organisation_id]
    imported = add(RegisterImport(recorded_at=make.EARLIER, who=secret, file_name="a.csv", la_codes=code))
    change = add(
        RegisterChange(
            urn=school.organisation_id,
            import_id=imported.id,
            la_code=code,
            kind="named",
            field="name",
            before="x",
            after="y",
            recorded_at=make.EARLIER,
        )
    )
    mail = add(
        Incoming(
            partnership_id=of.id,
            digest=secret,
            raw=b"Subject: x\r\n\r\nx",
            received_at=make.NOW,
            sender=f"me@{secret}.example",
            subject=secret,
            task="mail",
            why=secret,
            kind="person",
        )
    )
    report = add(
        BoardReport(
            programme_id=programme.id,
            partnership_id=of.id,
            number=1,
            as_of=make.NOW.date(),
            published_at=make.NOW,
            published_by=secret,
            content={},
            basis={},
        )
    )
    board_date = add(
        BoardDate(
            partnership_id=of.id,
            programme_id=programme.id,
            day=date(2027, 3, 1),
            title=secret,
            uid=f"b{secret}",
            created_at=make.EARLIER,
        )
    )
    token = add(
        ApiToken(
            partnership_id=of.id,
            token_hash=secret,
            label=secret,
            ending="1234",
            created_at=make.EARLIER,
            created_by=secret,
        )
    )
    hook = add(
        Webhook(
            partnership_id=of.id,
            label=secret,
            address=f"https://{secret}.example/",
            events=("booking.made",),
            created_at=make.EARLIER,
            created_by=secret,
        )
    )
    delivery = add(
        WebhookDelivery(
            partnership_id=of.id,
            webhook_id=hook.id,
            uid=f"msg_{secret}",
            event="booking.made",
            body=secret,
            created_at=make.EARLIER,
            status="dead",
            not_before=make.EARLIER,
            ended_at=make.EARLIER,
            attempts=10,
            answer=secret,
        )
    )
    feed = add(
        Feed(
            partnership_id=of.id,
            kind="troupe",
            subject=show.troupe_id,
            label=secret,
            nonce=secret,
            created_at=make.EARLIER,
            created_by=secret,
        )
    )
    move = add(
        DiaryMove(
            programme_id=programme.id,
            performance_id=show.id,
            sequence=1,
            recorded_at=make.NOW,
            who=secret,
            was_tour_day_id=show.tour_day_id,
            was_starts_at=SOON,
            starts_at=SOON,
            minutes_saved=0,
            told=True,
        )
    )
    called = add(
        CallOff(
            partnership_id=of.id,
            troupe_id=show.troupe_id,
            first=SOON.date(),
            last=SOON.date(),
            part="day",
            reason=secret,
            what=secret,
            who=secret,
            key=secret,
            recorded_at=make.NOW,
        )
    )
    add(
        CallOffLine(
            call_off_id=called.id,
            proposal_id=kept.id,
            organisation_id=guest.organisation_id,
            starts_at=SOON,
            to_ring=True,
        )
    )
    request = add(
        LinkRequest(
            programme_id=programme.id,
            organisation_id=school.organisation_id,
            address=f"r@{secret}.example",
            why_waiting=secret,
            recorded_at=make.NOW,
        )
    )
    staff_answers.answer(past, Said(change_words=secret), form_key=secret, now=make.NOW)
    staff = db.session.scalars(select(StaffAnswer).where(StaffAnswer.booking_id == past.id)).one()
    lot = by_lot(programme, [school.organisation_id, guest.organisation_id], now=make.EARLIER)
    asked_round = add(InvitationRound(programme_id=programme.id, recorded_at=make.EARLIER, who=secret))
    list_id = 30 * int(code)  # each kind of list is asked for by one number, which no list of a told year has
    earlier = add(
        EarlierList(id=list_id, partnership_id=of.id, file_name=secret, recorded_at=make.EARLIER, who=secret)
    )
    taken = add(
        ContactList(
            id=list_id,
            partnership_id=of.id,
            file_name=secret,
            recorded_at=make.EARLIER,
            who=secret,
            lines=1,
            named=1,
            made=1,
            changed=0,
            unchanged=0,
            merged=0,
            left_out=0,
            not_in_target=0,
        )
    )
    add(
        BodyList(
            id=list_id,
            partnership_id=of.id,
            file_name=secret,
            recorded_at=make.EARLIER,
            who=secret,
            made=1,
            changed=0,
        )
    )
    add(ContactListLine(list_id=taken.id, partnership_id=of.id, contact_id=contact.id))
    waiting = add(
        NamedPerson(
            door="contacts",
            organisation_id=school.organisation_id,
            programme_id=programme.id,
            name=secret,
            address=f"n@{secret}.example",
            named_by=secret,
            recorded_at=make.EARLIER,
        )
    )
    pupils_code = ask(show, person, now=make.EARLIER)["before"]
    item = questionnaires.items_of(pupils_code.wave.questionnaire_id)[0]
    pile = tallies.count(pupils_code.wave, {(item.id, 5): 3}, who=secret, now=make.NOW)
    texts.write(of, "families", texts.Words(title=secret, words=secret), who=secret, now=make.EARLIER)
    entry = add(
        NumbersEntry(
            partnership_id=of.id,
            about="referrals",
            source=secret,
            source_date=date(2027, 1, 4),
            recorded_at=make.EARLIER,
            who=secret,
        )
    )
    add(
        DistrictNumber(
            partnership_id=of.id,
            entry_id=entry.id,
            district_code=f"E{code}",
            kind=secret,
            period=202609,
            number=7,
        )
    )
    add(
        ReferralRelease(
            partnership_id=of.id,
            number=1,
            made_at=make.EARLIER,
            made_by=secret,
            blocks=[[f"E{code}", [secret], 2026 * 12 + 8, 2026 * 12 + 8, 7, None]],
        )
    )
    paid = spending.enter(
        programme, Spent(day=SOON.date(), words=secret, pence=100), entry=secret, who=secret, now=make.EARLIER
    )
    make.session_of(person, device=f"{secret} phone")
    signed_in = db.session.scalars(select(SignInSession.id).where(SignInSession.person_id == person.id)).one()
    passkey = add(
        Passkey(
            partnership_id=person.partnership_id,
            person_id=person.id,
            credential_id=f"key of {person.id}",
            public_key="x",
            sign_count=0,
            name="Blue key",
            added_at=make.NOW,
        )
    )
    inset = add(InsetDay(la_code=code, day=date(2027, 1, 4)))
    term = db.session.scalars(select(Term.id).where(Term.la_code == code).order_by(Term.id)).first()
    return person, {
        "programme_id": [programme.id],
        "organisation_id": [school.organisation_id, guest.organisation_id],
        "reference": [booking.reference, past.reference],
        "contact_id": [contact.id, named.id, of_team.id],
        "body_id": [team.organisation_id],
        "venue_id": [hall.organisation_id],
        "performance_id": [show.id, session.performance_id],
        "place_id": [place.id, waits.id],
        "proposal_id": [kept.id],
        "letter_id": [letter.id, asked.letter_id],
        "session_id": [signed_in],
        "passkey_id": [passkey.id],
        "plan_id": [plan.id],
        "line_id": [line.id],
        "note_id": [note.id],
        "text_row": [note.id],
        "absence_id": [make.absence(programme, guest, "missed", 8, 4).id],
        "follow_up_id": [follow_up.follow_up_id],
        "view_id": [saved.id],
        "own_letter_id": [own_letter.id],
        "item_id": [item.id],
        "questionnaire_id": [pupils_code.wave.questionnaire_id],
        "wave_id": [pupils_code.wave_id],
        "code_id": [pupils_code.id],
        "tally_id": [pile.id],
        "entry_id": [entry.id],
        "spending_id": [paid.id],
        "change_id": [change.id],
        "mail_id": [mail.id],
        "report_id": [report.id],
        "date_id": [board_date.id],
        "token_id": [token.id],
        "webhook_id": [hook.id],
        "delivery_id": [delivery.id],
        "colleague_id": [person.id],
        "feed_id": [feed.id],
        "move_id": [move.id],
        "call_off_id": [called.id],
        "request_id": [request.id],
        "inset_id": [inset.id],
        "term_id": [term],
        "la_code": [code],
        "round_id": [asked_round.id],
        "draw_id": [lot.id],
        "answer_id": [staff.id],
        "person_id": [waiting.id],
        "named_id": [waiting.id],
        "list_id": [earlier.id],
        "troupe_id": [show.troupe_id],
        "company_id": [show.tour_day.troupe.company_id],
        "day_id": [show.tour_day_id],
    }


WORDS = {
    "said": ["other-days"],
    "field": ["name"],
    "day": ["2027-03-09"],
    "which": ["used"],
    "text_kind": ["families"],
    "wave": ["before"],
    "what": ["poster"],
    "kind": ["free"],
    "side": ["school"],
    "page": [1],
    "column": ["email"],
    "about": ["referrals"],
    "letter": ["invitation"],
    "text_table": ["note"],
    "text_column": ["text"],
}
"""What stands in an address beside ids."""


def everything() -> dict[str, list[Any]]:
    """All that stands in the database, table by table."""
    db.session.rollback()
    return {t.name: sorted(map(repr, db.session.execute(select(t)).all())) for t in db.metadata.sorted_tables}


def routes(
    app: Flask,
    theirs: dict[str, list[Any]],
    ours: dict[str, list[Any]],
    guard: str = "coordinator",
    token: str = "",
    *,
    one_in: int = 1,
) -> list[tuple[str, str]]:
    """(method, address) of every route behind a door that names anything, or outside the longest run of one in so many,
    with the other's ids; and with one's own, but for one id that is the other's."""
    found = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        names = sorted(rule.arguments - WORDS.keys() - {"token"} - set(rule.defaults or ()))
        if getattr(view, "guard", "") != guard or not names or not is_drawn(str(rule), one_in=one_in):
            continue
        assert set(names) <= theirs.keys(), f"{rule}: no id of {set(names) - theirs.keys()} in the test"
        mixed = [[theirs[n] if n == other else ours[n] for n in names] for other in names]
        choices = [[theirs[n] for n in names], *(mixed if len(names) > 1 else [])]
        for ids in {each for choice in choices for each in itertools.product(*choice)}:
            given = dict(zip(names, ids, strict=True)) | {
                w: v[0] for w, v in WORDS.items() if w in rule.arguments
            }
            given |= {"token": token} if "token" in rule.arguments else {}
            if "day" in rule.arguments and str(rule).endswith("/days/<day>/take-back"):
                given["day"] = "2027-03-09"
            with app.test_request_context():
                address = app.url_map.bind("outreach.example").build(rule.endpoint, given)
            found += [(method, address) for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]
    return found


@pytest.mark.any_database
def test_every_route_with_every_id_of_the_other_is_404_and_changes_and_tells_nothing(
    app: Flask, client: FlaskClient
) -> None:
    with transaction():
        person, ours = year("931", "Openly")
        _, theirs = year("932", "Secretly")
    make.signed_in(client, person)
    tried = routes(app, theirs, ours)
    assert len(tried) > 150
    before = everything()
    wrong = []
    for method, address in tried:
        answer = client.open(
            address,
            method=method,
            data={"deed": "agree", "decision": "grant", "reason": "x", "text": "x"}
            if method == "POST"
            else None,
        )
        if answer.status_code != 404 or "secretly" in answer.text.lower():
            wrong.append((method, address, answer.status_code))
    assert wrong == []
    # Ids in forms and in the address after the question mark; and pages that name nothing.
    for rule in app.url_map.iter_rules():
        if (
            getattr(app.view_functions[rule.endpoint], "guard", "") == "coordinator"
            and not rule.arguments
            and "GET" in rule.methods
        ):
            answer = client.get(str(rule))
            assert "secretly" not in answer.get_data(as_text=False).decode("utf-8", "replace").lower(), rule
            assert client.get(f"{rule}?programme={theirs['programme_id'][0]}").status_code in (
                200,
                400,  # a file that does not ask for it
                302,
                303,
                404,
                422,
            ), rule
    assert but_noted(everything()) == before


@pytest.mark.any_database
def test_every_link_and_token_with_every_id_of_the_other_is_404_and_changes_and_tells_nothing(
    app: Flask, client: FlaskClient
) -> None:
    """The doors of schools, companies and programs: a link or token of one partnership, the ids of the
    other."""
    with transaction():
        person, ours = year("931", "Openly")
        _, theirs = year("932", "Secretly")
        programme = db.session.get_one(Programme, ours["programme_id"][0])
        schools = [
            link_to(programme, db.session.get_one(School, organisation_id))
            for organisation_id in ours["organisation_id"]
        ]
        link = troupe_links.make(
            ours["troupe_id"][0], partnership_id=person.partnership_id, who="Priya", now=make.NOW
        )
        troupe = troupe_links.token_of(link, app.config["SECRET_KEY"])
        bearer = tokens.make(person.partnership_id, "council", who="Priya", now=make.NOW)[1]
        their_day = db.session.get_one(TourDay, theirs["day_id"][0])
        slot = f"{their_day.id}-0930"
    doors = [("personal link", token, {}) for token in schools]
    doors += [("troupe", troupe, {}), ("token", "", {"Authorization": f"Bearer {bearer}"})]
    before = everything()
    wrong = []
    for guard, token, headers in doors:
        tried = routes(app, theirs, ours, guard, token)
        assert len(tried) >= {"personal link": 60, "troupe": 5, "token": 4}[guard]
        for method, address in tried:
            for how in {method, *(("HEAD", "PUT", "DELETE") if is_drawn(address, one_in=3) else ())}:
                data = {"text": "x", "reason": "x", "deed": "yes", "slot": slot} if how == "POST" else None
                answer = client.open(address, method=how, headers=headers, data=data)
                if (
                    answer.status_code not in ((404,) if how == method else (404, 405))
                    or "secretly" in answer.text.lower()
                ):
                    wrong.append((how, address.replace(token or "?", "…"), answer.status_code))
    assert wrong == []
    assert everything() == before
    # Each door opens at its own ids, so that it was not the token that was refused; and what names nothing
    # tells nothing.
    own = [f"/i/{schools[0]}/booked/{ours['reference'][0]}", f"/t/{troupe}/days/{ours['day_id'][0]}"]
    assert {client.get(address).status_code for address in own} == {200}
    standings = f"/api/v1/programmes/{ours['programme_id'][0]}/standings"
    assert client.get(standings, headers=doors[-1][2]).status_code == 200
    for guard, token, headers in doors[:-1]:  # the made-up report has nothing that a feed could list
        for rule in app.url_map.iter_rules():
            if (
                getattr(app.view_functions[rule.endpoint], "guard", "") == guard
                and rule.arguments <= {"token"}
                and "GET" in rule.methods
            ):
                answer = client.get(str(rule).replace("<token>", token), headers=headers)
                assert answer.status_code < 500 and "secretly" not in answer.text.lower(), rule
    # Ids in forms: a slot on the other's tour day, and a line of the other's that was rung.
    for address in (f"/i/{schools[1]}/choose", f"/i/{schools[0]}/booked/{ours['reference'][0]}/move/to"):
        answer = client.post(address, data={"slot": slot})
        assert answer.status_code != 500 and "secretly" not in answer.text.lower()
    lines = db.session.scalars(select(CallOffLine).order_by(CallOffLine.id)).all()
    client.post(f"/t/{troupe}/rung", data={"rung": [str(line.id) for line in lines]})
    db.session.expire_all()
    assert [line.rung_at is None for line in lines] == [False, True]
    assert db.session.scalar(select(func.count()).where(Performance.tour_day_id == their_day.id)) == 1


OF_A_YEAR = {name: (column,) for name, column in ROWS.items()} | {
    "contact_id": ("visit_contact.id", "contact.id"),
    "inset_id": ("inset_day.id",),
    "round_id": ("invitation_round.id",),
    "person_id": ("named_person.id",),
    "named_id": ("named_person.id",),
    "list_id": ("earlier_list.id", "body_list.id"),
    "la_code": ("authority.la_code",),
}
"""The names that routes give to ids, and the columns that these stand in."""

AT_LEAST = so_many(12, least=2)
"""Ids of each kind that every route is tried with."""


class Drawn:
    """Ids of each kind, dealt out in a seeded order: every route has AT_LEAST so many, and each id its
    turn."""

    def __init__(self, ids: dict[str, list[Any]]) -> None:
        random = Random(7)
        self.all = {name: random.sample(values, len(values)) for name, values in ids.items()}
        self._decks = {name: itertools.cycle(values) for name, values in self.all.items() if values}
        self.tried: dict[str, set[Any]] = {name: set() for name in ids}

    def of(self, name: str) -> Any:
        value = next(self._decks[name])
        self.tried[name].add(value)
        return value


def hands(
    app: Flask, drawn: Drawn, ours: dict[str, list[Any]], guard: str, token: str = ""
) -> list[tuple[str, str]]:
    """(method, address) as `routes`, AT_LEAST so many of the other's ids in each."""
    found = set()
    for rule in app.url_map.iter_rules():
        names = sorted(rule.arguments - WORDS.keys() - {"token"} - set(rule.defaults or ()))
        if getattr(app.view_functions[rule.endpoint], "guard", "") != guard or not names:
            continue
        for foreign in [names] if len(names) == 1 else [names, *([name] for name in names)]:
            for _ in range(AT_LEAST):
                given = {n: drawn.of(n) if n in foreign else ours[n][0] for n in names}
                given |= {w: v[0] for w, v in WORDS.items() if w in rule.arguments} | (
                    {"token": token} if "token" in rule.arguments else {}
                )
                with app.test_request_context():
                    address = app.url_map.bind("outreach.example").build(rule.endpoint, given)
                found |= {(method, address) for method in rule.methods - {"HEAD", "OPTIONS"}}
    return sorted(found)


@pytest.mark.any_database
def test_every_id_of_a_told_year_opens_nothing_to_another_partnership_and_the_year_opens_nothing_of_the_others(
    app: Flask, world: World
) -> None:
    """A whole year as the demonstration tells it, with hundreds of letters, bookings, reports and answers, is
    attacked from the desk, the links and the token of a partnership beside it, and attacks that one from its
    own."""
    told = world(told_year, make.NOW)
    names = [school.name for school in told.cast.everybody]
    of_the_year = {
        name: list(dict.fromkeys(value for column in columns for value in column_of(column)))
        for name, columns in OF_A_YEAR.items()
    }
    with transaction():
        person, ours = year("931", "Openly")
        _, rest = year("932", "Secretly")
        programme = db.session.get_one(Programme, ours["programme_id"][0])
        schools = [
            link_to(programme, db.session.get_one(School, organisation_id))
            for organisation_id in ours["organisation_id"]
        ]
        theirs_link = link_to(told.programme, told.cast.everybody[0])
        link = troupe_links.make(
            ours["troupe_id"][0], partnership_id=person.partnership_id, who="Priya", now=make.NOW
        )
        troupe = troupe_links.token_of(link, app.config["SECRET_KEY"])
        bearer = {
            "Authorization": f"Bearer {tokens.make(person.partnership_id, 'council', who='Priya', now=make.NOW)[1]}"
        }
    # What nobody made in that year, a third partnership has.
    missing = {name for name, values in of_the_year.items() if not values}
    assert missing <= {
        "draw_id",
        "item_id",
        "questionnaire_id",
        "wave_id",
        "code_id",
        "tally_id",
        "change_id",
        "move_id",
        "call_off_id",
        "token_id",
        "webhook_id",
        "delivery_id",
        "feed_id",
        "person_id",
        "named_id",
        "inset_id",
        "request_id",
        "venue_id",
        "session_id",
        "passkey_id",
    }
    drawn = Drawn({name: values or rest[name] for name, values in of_the_year.items()})
    own = {name: [of_the_year[name][0]] if of_the_year[name] else rest[name] for name in of_the_year}
    doors = [
        ("coordinator", person, "", {}, drawn, ours, names),
        ("personal link", None, schools[0], {}, drawn, ours, names),
        ("troupe", None, troupe, {}, drawn, ours, names),
        ("token", None, "", bearer, drawn, ours, names),
        ("coordinator", told.coordinator, "", {}, Drawn(ours), own, ["Openly"]),
        ("personal link", None, theirs_link, {}, Drawn(ours), own, ["Openly"]),
    ]
    wrong: list[Any] = []
    count = 0
    visitors = [make.signed_in(app.test_client(), who) if who else app.test_client() for _, who, *_ in doors]
    before = everything()
    for at_the_door, (guard, _, token, headers, foreign, own_ids, secrets) in zip(
        visitors, doors, strict=True
    ):
        for method, address in hands(app, foreign, own_ids, guard, token):
            count += 1
            data = (
                {"text": "x", "reason": "x", "deed": "agree", "decision": "grant"}
                if method == "POST"
                else None
            )
            answer = at_the_door.open(address, method=method, headers=headers, data=data)
            told_of = [name for name in secrets if name in answer.text]
            if answer.status_code != 404 or told_of:
                wrong.append((guard, method, address.replace(token or "?", "…"), answer.status_code, told_of))
        assert everything() == before, guard
    assert wrong == []
    assert count > so_many(2000, least=300)
    assert [
        name for name, values in drawn.all.items() if len(drawn.tried[name]) < min(AT_LEAST, len(values))
    ] == []
