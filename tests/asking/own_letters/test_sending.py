"""Letters in a coordinator's own words: drafts, who gets them and who not, kept back, taken back, never twice."""

import email
import email.policy
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

import make
from begun import begun_and_done
from outreach.asking import invitations
from outreach.asking.own_letters import drafts, sending
from outreach.asking.own_letters.drafts import (
    LetterHasGone,
    NobodyMeant,
    NoSuchOwnLetter,
    OwnLetter,
    OwnLetterTo,
    Typed,
    WordsMissing,
    WordsUnfit,
)
from outreach.asking.own_letters.sending import ChangedSinceLook, NobodyReadsIt, OwnLetterIsGoing
from outreach.county.contacts import Contact
from outreach.county.schools import School
from outreach.coverage import standings
from outreach.ground.db import db, transaction
from outreach.ground.history import History
from outreach.ground.timespans import day_of, end_of_day
from outreach.post import letterbook, letters, links, outbox
from outreach.post.incoming import matching
from outreach.post.links import PersonalLink, find
from outreach.post.outbox import Letter, LetterMail
from outreach.post.outgoing import claims
from outreach.post.placeholders import PlaceholderUnfit
from outreach.tour.programmes import Programme

ROOT = Path(__file__).resolve().parents[3]
SHOW = datetime(2027, 3, 15, 9, 30, tzinfo=UTC)
PRIYA: dict[str, Any] = {"who": "Priya Nandakumar", "now": make.NOW}
PLAIN = Typed(subject="The hall at {school}", words="Is the hall free?\n\nThank you.")


@dataclass
class County:
    programme: Programme
    schools: list[School]
    contacts: list[Contact]

    @property
    def organisation_ids(self) -> list[int]:
        return [s.organisation_id for s in self.schools]


def county(schools: int = 3, codes: tuple[str, ...] = ("931",)) -> County:
    partnership = make.partnership(codes)
    programme = make.programme(partnership)
    rows = [make.school(name=f"Redmere {n:03}", la_code=codes[0]) for n in range(schools)]
    return County(programme, rows, [make.contact(s, name=f"Joanna Fell {n}") for n, s in enumerate(rows)])


def draft(c: County, typed: Typed = PLAIN, key: str = "key") -> OwnLetter:
    with transaction():
        letter = drafts.keep(c.programme, c.organisation_ids, typed, form_key=key, **PRIYA)
    return letter


def shown(c: County, letter: OwnLetter, now: datetime = make.NOW) -> dict[int, str]:
    found = sending.preview(c.programme, letter, now=now)
    return {reader.organisation.organisation_id: reader.contact.address for reader in found.readers}


def send(
    c: County, letter: OwnLetter, seen: Mapping[int, str] | None = None, now: datetime = make.NOW
) -> bool:
    seen = shown(c, letter) if seen is None else seen
    with transaction():
        return sending.send(c.programme, letter, edition=letter.edition, seen=seen, who="Priya", now=now)


def left_out(found: sending.OwnLetterPreview) -> dict[str, str]:
    return {one.organisation.name: one.why for one in found.left_out}


def mails() -> list[Any]:
    raw = db.session.scalars(db.select(LetterMail.raw).join(Letter).order_by(Letter.id))
    return [email.message_from_bytes(one, policy=email.policy.default) for one in raw]


def open_link(programme: Programme, school: School) -> PersonalLink:
    """The link of an invitation that went."""
    return links.mint(
        organisation_id=school.organisation_id,
        programme_id=programme.id,
        partnership_id=programme.partnership_id,
        address="office@redmere.example",
        now=make.EARLIER,
        expires_at=invitations.invitation_expiry(programme),
    ).link


def text_of(mail: Any) -> str:
    return str(mail.get_body(("plain",)).get_content()).replace("\r\n", "\n")


def due(at: datetime) -> int:
    return len(claims.turn("postman", [], at, most=100))


def test_each_school_gets_the_words_with_what_is_its_own(app: Flask) -> None:
    with transaction():
        c = county(2)
        make.booking(make.show(c.programme, c.schools[0], SHOW), {8: 100, 9: 100})
        make.booking(make.show(c.programme, c.schools[1], SHOW + timedelta(days=1)), {8: 100})
        make.booking(make.show(c.programme, c.schools[1], SHOW + timedelta(days=2)), {9: 100})
    words = "Dear {first name},\n\n‘{programme}’ comes to {school}:\n{show date}.\n\nSee https://x.example/a."
    letter = draft(c, Typed(subject="{school}: the hall", words=words))
    assert send(c, letter)
    one, two = mails()
    assert (one["Subject"], one["To"]) == ("Redmere 000: the hall", c.contacts[0].address)
    assert "Dear Joanna,\n\n‘Someone to Tell’ comes to Redmere 000:\nMonday 15 March at 9:30am.\n" in text_of(
        one
    )
    assert "Tuesday 16 March at 9:30am and Wednesday 17 March at 9:30am." in text_of(two)
    assert text_of(one).count("Dear") == 1
    html = one.get_body(("html",)).get_content().replace("\r\n", "\n")
    assert "comes to Redmere 000:<br>\nMonday" in html
    assert '<a href="https://x.example/a" style="color:#5d2350">https://x.example/a</a>.' in html
    # As the others have it: who answers, that no machine need answer, and why one is written to.
    assert (one["Reply-To"], one["Auto-Submitted"]) == ("priya@marlshire.example", "auto-generated")
    assert "We write to you as the designated safeguarding lead of Redmere 000." in " ".join(
        text_of(one).split()
    )
    assert {row.kind for row in db.session.query(Letter)} == {"own letter"}
    assert (
        letterbook.of_organisations([c.organisation_ids[0]], [], c.programme.partnership_id, most=9)[
            0
        ].subject
        == one["Subject"]
    )


def test_words_without_a_greeting_are_greeted_by_name(app: Flask) -> None:
    with transaction():
        c = county(1)
    assert send(c, draft(c))
    assert "Dear Joanna Fell 0,\n\nIs the hall free?\n\nThank you.\n" in text_of(mails()[0])


def test_what_stands_in_a_name_is_said_as_it_is(app: Flask) -> None:
    with transaction():
        c = county(1)
        c.schools[0].name = "St <b>Mary</b> {name} & Co"
    assert send(
        c, draft(c, Typed(subject="Hall", words="At {school}: {{ 7*7 }}".replace("{{ 7*7 }}", "<i>1</i>")))
    )
    (mail,) = mails()
    assert "At St <b>Mary</b> {name} & Co: <i>1</i>" in text_of(mail)
    assert (
        "At St &lt;b&gt;Mary&lt;/b&gt; {name} &amp; Co: &lt;i&gt;1&lt;/i&gt;"
        in mail.get_body(("html",)).get_content()
    )


def test_who_gets_none_is_named_with_the_reason(app: Flask) -> None:
    with transaction():
        c = county(5)
        c.schools[1].status = "Closed"
        outbox.mark_dead(c.contacts[2].address.upper(), "550", make.NOW)
        make.answer(c.programme, c.schools[3], "declined", make.EARLIER, "exams")
        make.answer(c.programme, c.schools[4], "declined", make.EARLIER, "exams")
        make.booking(
            make.show(c.programme, c.schools[4], SHOW), {8: 100}, at=make.EARLIER + timedelta(days=1)
        )
        bare = make.school(name="Without")
    c.schools.append(bare)
    letter = draft(c)
    found = sending.preview(c.programme, letter, now=make.NOW)
    assert [r.organisation.name for r in found.readers] == ["Redmere 000", "Redmere 004"]
    assert left_out(found) == {
        "Redmere 001": "closed in the register",
        "Redmere 002": f"mail to {c.contacts[2].address} came back",
        "Redmere 003": "declined: exams",
        "Without": "no contact on file",
    }
    with transaction():
        drafts.change(letter, Typed(subject="Hall", words="Free?", to_declined=True), **PRIYA)
    found = sending.preview(c.programme, letter, now=make.NOW)
    assert [r.organisation.name for r in found.readers] == ["Redmere 000", "Redmere 003", "Redmere 004"]
    assert send(c, letter)
    assert {o.organisation.name: (o.status, o.why) for o in sending.outcomes(letter)} == {
        "Redmere 000": ("waiting", ""),
        "Redmere 001": ("", "closed in the register"),
        "Redmere 002": ("", f"mail to {c.contacts[2].address} came back"),
        "Redmere 003": ("waiting", ""),
        "Redmere 004": ("waiting", ""),
        "Without": ("", "no contact on file"),
    }


def test_a_school_without_a_value_is_named_before_and_gets_no_letter_with_a_hole_in_it(app: Flask) -> None:
    with transaction():
        c = county(3)
        c.contacts[0].name = ""
        c.contacts[1].name = "Mrs Fell"
    letter = draft(c, Typed(subject="For {name}", words="{first name}, we come."))
    found = sending.preview(c.programme, letter, now=make.NOW)
    assert left_out(found) == {
        "Redmere 000": "no name on file for {name}; no first name on file for {first name}",
        "Redmere 001": "no first name on file for {first name}",
    }
    assert send(c, letter)
    assert [m["Subject"] for m in mails()] == ["For Joanna Fell 2"]


def test_the_booking_link_is_each_schools_own_and_only_where_its_invitation_is_open(app: Flask) -> None:
    with transaction():
        c = county(4)
        opened = [open_link(c.programme, school) for school in c.schools[:3]]
        db.session.flush()
        make.invitation(c.programme, c.schools[0], link_id=opened[0].id)
        make.invitation(c.programme, c.schools[1], link_id=opened[1].id)
        opened[1].withdrawn_at = make.NOW
        make.invitation(c.programme, c.schools[2], handed_at=None, link_id=opened[2].id)
        before = {link.id for link in db.session.query(PersonalLink)}
        earlier = db.session.query(Letter).count()
    letter = draft(c, Typed(subject="Book", words="Choose a time: {booking link}\n\nSoon."))
    found = sending.preview(c.programme, letter, now=make.NOW)
    assert [r.organisation.name for r in found.readers] == ["Redmere 000"]
    assert set(left_out(found).values()) == {"no open invitation for {booking link}"}
    assert found.letter is not None and "/i/a-link-of-its-own" in found.letter.text
    assert send(c, letter)
    (link,) = [x for x in db.session.query(PersonalLink) if x.id not in before]
    assert (link.organisation_id, link.address, link.programme_id) == (
        c.organisation_ids[0],
        c.contacts[0].address,
        c.programme.id,
    )
    # As an invitation's: 30 days after the day to reply by.
    assert link.expires_at == end_of_day(c.programme.reply_by + timedelta(days=30))
    text = text_of(mails()[earlier])
    token = text.split("/i/")[1].split()[0]
    assert find(token) is link
    assert f"/i/{token}/somebody-else" in text
    with transaction():
        sending.withdraw(c.programme, letter, who="Owen", now=make.NOW)
    assert find(token).withdrawn_at == make.NOW
    assert token not in text_of(mails()[earlier]), "what is kept of it opens nothing"


def test_nothing_that_is_written_counts_as_asked(app: Flask) -> None:
    with transaction():
        c = county(2)
    assert send(c, draft(c))
    later = make.NOW + timedelta(minutes=5)
    with transaction():
        for row in db.session.query(Letter):
            row.status, row.handed_at = outbox.SENT, make.NOW + timedelta(minutes=1)
    found = standings.standings_of_programme(c.programme.id, as_of=day_of(later), now=later)
    assert {s.standing for s in found.target} == {"not asked"}


def test_it_is_kept_back_for_a_minute_and_then_goes(app: Flask) -> None:
    with transaction():
        c = county()
    letter = draft(c)
    assert send(c, letter)
    assert sending.seconds_left(letter, now=make.NOW + timedelta(seconds=20)) == 40
    assert due(make.NOW + timedelta(seconds=59)) == 0
    assert due(make.NOW + timedelta(seconds=60)) == 3
    assert sending.seconds_left(letter, now=make.NOW + timedelta(seconds=60)) == 0


def test_taken_back_none_of_it_goes_and_each_school_tells_both(app: Flask) -> None:
    with transaction():
        c = county(2)
    letter = draft(c)
    assert send(c, letter)
    with transaction():
        assert sending.withdraw(c.programme, letter, who="Owen", now=make.NOW + timedelta(seconds=30)) == 2
    with transaction():
        assert sending.withdraw(c.programme, letter, who="Owen", now=make.NOW + timedelta(seconds=31)) == 0
    assert due(make.NOW + timedelta(days=1)) == 0
    assert {o.status for o in sending.outcomes(letter)} == {outbox.WITHDRAWN}
    assert sending.seconds_left(letter, now=make.NOW) == 0
    told = (
        db.session.query(History)
        .filter_by(subject="school", subject_id=str(c.organisation_ids[0]))
        .order_by(History.id)
    )
    assert [(row.what, row.who, row.after) for row in told] == [
        ("wrote", "Priya", f"‘The hall at Redmere 000’ to {c.contacts[0].address}"),
        ("took back what was written", "Owen", "‘The hall at {school}’"),
    ]


def test_one_that_was_taken_back_by_itself_does_not_keep_the_rest(app: Flask) -> None:
    with transaction():
        c = county(3)
    letter = draft(c)
    assert send(c, letter)
    with transaction():
        letterbook.withdraw(db.session.query(Letter).order_by(Letter.id).first(), who="Owen", now=make.NOW)
    with transaction():
        assert sending.withdraw(c.programme, letter, who="Owen", now=make.NOW) == 3
    assert {row.status for row in db.session.query(Letter)} == {outbox.WITHDRAWN}


def test_an_answer_to_it_is_known_by_the_school(app: Flask) -> None:
    with transaction():
        c = county(1)
    assert send(c, draft(c))
    found = matching.letter_of_ids([mails()[0]["Message-ID"]])
    assert found is not None and letters.school_of(found.stream) == c.organisation_ids[0]


def test_once_a_letter_is_in_hand_nothing_is_taken_back(app: Flask) -> None:
    with transaction():
        c = county()
    letter = draft(c)
    assert send(c, letter)
    later = make.NOW + timedelta(seconds=61)
    assert len(claims.turn("postman", [], later, most=1)) == 1
    with pytest.raises(OwnLetterIsGoing), transaction():
        sending.withdraw(c.programme, letter, who="Owen", now=later)
    assert {row.status for row in db.session.query(Letter)} == {outbox.WAITING}
    assert letter.withdrawn_at is None


def test_sent_twice_at_once_each_school_gets_one_letter(app: Flask) -> None:
    with transaction():
        c = county(5)
    letter = draft(c)
    letter_id, programme_id, edition, seen = letter.id, c.programme.id, letter.edition, shown(c, letter)
    db.session.remove()
    ready, did = threading.Barrier(4), []

    def one() -> None:
        with app.app_context():
            ready.wait(120)
            with transaction():
                mine = db.session.get_one(OwnLetter, letter_id)
                programme = db.session.get_one(Programme, programme_id)
                did.append(sending.send(programme, mine, edition=edition, seen=seen, **PRIYA))

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(did) == [False, False, False, True]
    assert db.session.query(Letter).count() == 5


KILLED = """
import os, signal, sys
from datetime import datetime
from outreach import create_app
from outreach.asking.own_letters import sending
from outreach.asking.own_letters.drafts import OwnLetter
from outreach.ground.db import db, transaction
from outreach.post import own_letter
from outreach.tour.programmes import Programme

url, letter_id, at, now, folder = sys.argv[1:6]
app = create_app(
    {"SQLALCHEMY_DATABASE_URI": url, "SECRET_KEY": "x", "OUTREACH_FOLDER": folder, "MAIL_FOLDER": folder}
)
with app.app_context():
    now, done, put_down = datetime.fromisoformat(now), [], own_letter.put_down

    def killed(*said, **more):
        done.append(1)
        if len(done) == int(at):
            db.session.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        return put_down(*said, **more)

    own_letter.put_down = killed
    letter = db.session.get_one(OwnLetter, int(letter_id))
    programme = db.session.get_one(Programme, letter.programme_id)
    found = sending.preview(programme, letter, now=now)
    seen = {reader.organisation.organisation_id: reader.contact.address for reader in found.readers}
    with transaction():
        sending.send(programme, letter, edition=letter.edition, seen=seen, who="Priya", now=now)
"""


@pytest.mark.long
@pytest.mark.any_database("postgresql")
def test_killed_in_the_middle_nothing_was_sent_and_the_next_click_sends_once(
    app: Flask, tmp_path: Path
) -> None:
    """With -9, after the first letters were put down and before the last."""
    with transaction():
        c = county(4)
    letter_id = draft(c).id
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    db.session.remove()

    def run(at: int) -> int:
        return begun_and_done(
            ["-c", KILLED, url, str(letter_id), str(at), make.NOW.isoformat(), str(tmp_path)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        ).returncode

    assert run(3) == -9
    assert db.session.query(Letter).count() == 0
    assert db.session.get_one(OwnLetter, letter_id).sent_at is None
    db.session.remove()
    assert run(99) == 0
    assert run(99) == 0
    assert db.session.query(Letter).count() == 4


def test_one_form_sent_twice_at_once_is_one_draft(app: Flask) -> None:
    with transaction():
        c = county(2)
    programme_id, organisation_ids = c.programme.id, c.organisation_ids
    db.session.remove()
    ready = threading.Barrier(3)

    def one() -> None:
        with app.app_context():
            ready.wait(120)
            with transaction():
                programme = db.session.get_one(Programme, programme_id)
                drafts.keep(programme, organisation_ids, PLAIN, form_key="same", **PRIYA)

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    (listed,) = drafts.drafts(db.session.get_one(Programme, programme_id).partnership_id)
    assert (listed.schools, listed.letter.edition) == (2, 1)


def test_what_a_colleague_changed_since_the_look_is_not_sent_unread(app: Flask) -> None:
    with transaction():
        c = county()
    letter = draft(c)
    edition, seen = letter.edition, shown(c, letter)
    with transaction():
        drafts.change(letter, Typed(subject="Hall", words="Quite another"), who="Owen Bright", now=make.NOW)
    with (
        pytest.raises(ChangedSinceLook, match="Owen Bright changed this letter since you looked"),
        transaction(),
    ):
        sending.send(c.programme, letter, edition=edition, seen=seen, **PRIYA)
    assert db.session.query(Letter).count() == 0


def test_nobody_gets_it_whom_the_list_did_not_show_with_that_address(app: Flask) -> None:
    with transaction():
        c = county(3)
    letter = draft(c)
    seen = shown(c, letter)
    with transaction():
        c.contacts[0].address = "new@redmere.example"
        make.answer(c.programme, c.schools[1], "declined", make.NOW, "exams")
    assert send(c, letter, seen)
    assert [(o.organisation.name, o.status, o.why) for o in sending.outcomes(letter)] == [
        ("Redmere 000", "", "the address changed since the list was shown"),
        ("Redmere 001", "", "declined: exams"),
        ("Redmere 002", "waiting", ""),
    ]


def test_a_letter_that_nobody_would_get_is_not_sent(app: Flask) -> None:
    with transaction():
        c = county(1)
    letter = draft(c)
    with pytest.raises(NobodyReadsIt), transaction():
        sending.send(c.programme, letter, edition=letter.edition, seen={}, **PRIYA)
    assert letter.sent_at is None


def test_what_was_sent_stays_as_it_was_sent(app: Flask) -> None:
    with transaction():
        c = county(1)
    letter = draft(c)
    assert send(c, letter)
    typed, nothing = "What you typed is kept here; write a new letter for it", "Nothing of it was changed"
    for verb, rest in (
        (lambda: drafts.change(letter, Typed(subject="x", words="y"), **PRIYA), typed),
        (lambda: drafts.leave_out(letter, c.organisation_ids[0]), nothing),
        (lambda: drafts.remove(letter), nothing),
        (
            lambda: drafts.keep(
                c.programme, c.organisation_ids, Typed(subject="x", words="y"), form_key="key", **PRIYA
            ),
            typed,
        ),
    ):
        with pytest.raises(LetterHasGone, match=rf"Priya has sent this letter\. {rest}\."), transaction():
            verb()
    assert (letter.subject, letter.words) == (PLAIN.subject, PLAIN.words)
    assert drafts.drafts(c.programme.partnership_id) == []
    (listed,) = drafts.sent(c.programme.partnership_id)
    assert (listed.letter, listed.schools) == (letter, 1)


@pytest.mark.parametrize(
    ("typed", "refusal", "field"),
    [
        (Typed(subject="", words="x"), WordsMissing, "subject"),
        (Typed(subject="x", words="  "), WordsMissing, "words"),
        (Typed(subject="x", words="{shool}"), PlaceholderUnfit, "words"),
        (Typed(subject="{shool}", words="x"), PlaceholderUnfit, "subject"),
        (Typed(subject="x", words="https://outreach.example/i/" + "a" * 32), WordsUnfit, "words"),
    ],
)
def test_a_draft_is_kept_unfinished_and_is_no_letter_until_it_is_fit(
    app: Flask, typed: Typed, refusal: type[Any], field: str
) -> None:
    with transaction():
        c = county(1)
    letter = draft(c, typed)
    with pytest.raises(refusal) as no:
        sending.preview(c.programme, letter, now=make.NOW)
    assert no.value.field == field
    with pytest.raises(refusal), transaction():
        sending.send(
            c.programme, letter, edition=1, seen={c.organisation_ids[0]: c.contacts[0].address}, **PRIYA
        )
    assert db.session.query(Letter).count() == 0


def test_what_cannot_be_kept_is_refused(app: Flask) -> None:
    with transaction():
        c = county(1)
        theirs = make.school(la_code="999")
    for typed, words in (
        (Typed(subject="x" * 151, words="x"), "Keep it to 150 characters; this has 151."),
        (Typed(subject="x", words="x" * 5001), "Keep it to 5,000 characters; this has 5,001."),
        (Typed(subject="x", words="a\x07b"), "It holds characters that cannot be read."),
    ):
        with pytest.raises(WordsUnfit, match=words), transaction():
            drafts.keep(c.programme, c.organisation_ids, typed, form_key="k", **PRIYA)
    for organisation_ids in ([], [theirs.organisation_id]):
        with pytest.raises(NobodyMeant, match="at least one school"), transaction():
            drafts.keep(c.programme, organisation_ids, PLAIN, form_key="k", **PRIYA)
    assert db.session.query(OwnLetter).count() == 0


def test_a_school_is_left_out_of_a_draft_but_not_the_last(app: Flask) -> None:
    with transaction():
        c = county(2)
    letter = draft(c)
    with transaction():
        drafts.leave_out(letter, c.organisation_ids[0])
    assert (drafts.organisation_ids_of(letter), letter.edition) == ([c.organisation_ids[1]], 2)
    with pytest.raises(NobodyMeant, match="the only school"), transaction():
        drafts.leave_out(letter, c.organisation_ids[1])


def test_a_draft_that_is_thrown_away_is_gone(app: Flask) -> None:
    with transaction():
        c = county(2)
    letter = draft(c)
    with transaction():
        drafts.remove(letter)
    assert (db.session.query(OwnLetter).count(), db.session.query(OwnLetterTo).count()) == (0, 0)


def test_another_partnerships_letter_is_not_there_and_no_row_joins_two(app: Flask) -> None:
    with transaction():
        c, other = county(1), county(1, ("999",))
        theirs = make.letter("x@y.example", None, partnership_id=other.programme.partnership_id)
    letter = draft(c)
    with pytest.raises(NoSuchOwnLetter):
        drafts.find(letter.id, other.programme.partnership_id)
    assert drafts.drafts(other.programme.partnership_id) == []
    with pytest.raises(IntegrityError), transaction():
        db.session.query(OwnLetterTo).one().letter_id = theirs.id
        db.session.flush()
    with pytest.raises(IntegrityError), transaction():
        db.session.get_one(OwnLetter, letter.id).programme_id = other.programme.id
        db.session.flush()


@pytest.mark.parametrize(
    "broken",
    [
        {"sent_at": make.NOW},
        {"withdrawn_at": make.NOW},
        {"sent_at": make.NOW, "sent_by": "Priya", "goes_at": make.NOW, "words": ""},
    ],
)
def test_the_database_refuses_a_letter_that_makes_no_sense(app: Flask, broken: dict[str, Any]) -> None:
    with transaction():
        c = county(1)
    letter = draft(c)
    with pytest.raises(IntegrityError), transaction():
        for name, value in broken.items():
            setattr(letter, name, value)
        db.session.flush()


def test_a_look_and_a_sending_ask_as_often_for_many_schools_as_for_few(
    app: Flask, count_queries: Any
) -> None:
    looked, wrote = [], []
    for n, codes in ((2, ("931",)), (12, ("932",))):
        with transaction():
            c = county(n, codes)
        letter = draft(c, key=f"key {n}")
        seen, last = shown(c, letter), c.organisation_ids[-1]
        db.session.expire_all()
        with count_queries() as queries:
            sending.preview(c.programme, letter, last, now=make.NOW)
        looked.append(len(queries))
        with count_queries() as queries, transaction():
            sending.send(c.programme, letter, edition=1, seen=seen, **PRIYA)
        wrote.append(len([said for said in queries if not said.startswith("INSERT")]))
        assert len(queries) - wrote[-1] <= 2 + 2 * n, "the letter, and the line of the history"
    assert looked == [10, 10] and wrote[0] == wrote[1] <= 14


def test_the_letter_of_each_is_paged_through(app: Flask) -> None:
    with transaction():
        c = county(3)
    letter = draft(c)
    first = sending.preview(c.programme, letter, now=make.NOW)
    middle = sending.preview(c.programme, letter, c.organisation_ids[1], now=make.NOW)
    assert (first.place(), middle.place()) == (1, 2)
    assert middle.letter is not None and middle.letter.subject == "The hall at Redmere 001"
    before, after = middle.beside()
    assert before is not None and after is not None
    assert (before.organisation.name, after.organisation.name, first.beside()[0]) == (
        "Redmere 000",
        "Redmere 002",
        None,
    )
    nobody = sending.OwnLetterPreview(readers=(), left_out=(), shown=None, letter=None)
    assert (nobody.place(), nobody.beside()) == (0, (None, None))
