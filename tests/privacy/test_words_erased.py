"""Words that name a child go with every copy of theirs, however a mail wrote it; what says the same by chance stays."""

import base64
import quopri
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.header import Header
from typing import Any

import pytest
from flask import Flask

import make
from outreach.asking import notes
from outreach.booking.promises import Booking
from outreach.county.partnerships import Partnership
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.ground.history import History, Subject
from outreach.post.incoming.inbox import CalendarAnswer, Incoming, IncomingMail
from outreach.post.outbox import Letter, LetterMail
from outreach.privacy import comparing, typed, typed_copies, typed_erasing
from outreach.privacy.typed_erasing import CopiesCame

SENTENCE = "Zoë Smith of 8B, “Ellie”, fainted in the hall & cried"
LATER = make.NOW + timedelta(days=1)


def text(
    body: str, *heads: str, encoding: str = "8bit", charset: str = "utf-8", kind: str = "plain"
) -> bytes:
    encode = {
        "8bit": lambda told: told,
        "quoted-printable": quopri.encodestring,
        "base64": base64.encodebytes,
    }[encoding]
    told = body.encode(charset)
    return "\r\n".join(
        [
            "Subject: A mail",
            *heads,
            f"Content-Type: text/{kind}; charset={charset}",
            f"Content-Transfer-Encoding: {encoding}",
            "",
            "",
        ]
    ).encode() + encode(told).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def mixed(*parts: bytes) -> bytes:
    inside = b"".join(b"--=_x\r\n" + part + b"\r\n" for part in parts)
    return b'Content-Type: multipart/mixed; boundary="=_x"\r\n\r\n' + inside + b"--=_x--\r\n"


AS_HTML = SENTENCE.replace("&", "&amp;").replace("ë", "&euml;").replace("fainted", "f&#97;int<b>ed</b>")
ICS = f"BEGIN:VEVENT\r\nCOMMENT:{SENTENCE}".replace(",", "\\,").replace("in the", "in\r\n  the")

DISGUISES = {
    "as it is": text(SENTENCE),
    "capitals": text(SENTENCE.upper()),
    "broken lines": text(SENTENCE.replace(" ", "\r\n")),
    "quoted": text("> " + SENTENCE.replace(" in", "\r\n> in")),
    "quoted twice": text(">> " + SENTENCE.replace(" in", "\r\n> > in")),
    "quoted-printable": text(SENTENCE, encoding="quoted-printable"),
    "quoted-printable, lines broken in a word": text(
        "Dear all, we write because of something sad that we saw: " + SENTENCE, encoding="quoted-printable"
    ),
    "every letter quoted-printable": text("x").replace(b"8bit", b"quoted-printable")[:-1]
    + b"".join(b"=%02X" % sign for sign in SENTENCE.encode()),
    "base64": text(SENTENCE, encoding="base64"),
    "base64 in a part": mixed(text("Hello"), text(SENTENCE, encoding="base64")),
    "Latin 1": text(SENTENCE.replace("“", '"').replace("”", '"'), charset="iso-8859-1"),
    "UTF-16": text(SENTENCE, encoding="base64", charset="utf-16"),
    "letters and marks apart": text(unicodedata.normalize("NFD", SENTENCE)),
    "full width": text("".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isalpha() else c for c in SENTENCE)),
    "signs nobody sees": text(SENTENCE.replace("fainted", "fain\u00adt\u200bed")),
    "HTML alone": text(f"<p>{AS_HTML}</p>", kind="html"),
    "HTML beside a text": mixed(text("See below"), text(f"<div>{AS_HTML}</div>", kind="html")),
    "an answer from a calendar": mixed(text("Declined"), text(ICS, kind="calendar")),
    "subject": text("Hello").replace(b"A mail", Header(SENTENCE, "utf-8").encode(linesep="\r\n").encode()),
    "name of a file": mixed(
        text("Hello"),
        text("x", f'Content-Disposition: attachment; filename="{Header(SENTENCE, "utf-8").encode()}"'),
    ),
}


@pytest.fixture
def here(app: Flask) -> Partnership:
    with transaction():
        return make.partnership()


def came(of: int, raw: bytes, **changes: Any) -> int:
    with transaction():
        mail = Incoming(
            partnership_id=of,
            digest=f"{len(raw)}-{db.session.query(Incoming).count()}",
            received_at=make.NOW,
            sender="head@redmere.example",
            raw=raw,
            **{"kind": "person"} | changes,
        )
        db.session.add(mail)
        db.session.flush()
        return mail.id


def sent(of: int, raw: bytes, *, at: datetime = LATER, **changes: Any) -> int:
    with transaction():
        return make.letter("head@redmere.example", at, partnership_id=of, raw=raw, **changes).id


def note(of: int, words: str) -> str:
    with transaction():
        school = make.school()
        return str(
            notes.write(school.organisation_id, words, partnership_id=of, who="Priya", now=make.NOW).id
        )


def erase(
    of: int,
    table: str,
    column: str,
    key: object,
    *,
    also: Sequence[str] = (),
    shown: Sequence[str] | None = None,
) -> typed_copies.Copies:
    """As the page does it that was shown just now, with the boxes that it ticks, and some more."""
    with transaction():
        words = typed.get(of, table, column, str(key))
        found = typed_copies.find(words, of)
        listed = {one.name for one in found.alike}
        return typed_erasing.erase(
            words,
            found,
            chosen={*(listed if found.is_likely else ()), *also},
            shown=listed if shown is None else shown,
            partnership_id=of,
            who="Priya",
            now=LATER,
        )


@pytest.mark.any_database
def test_a_mail_that_says_them_is_found_however_it_was_written(here: Partnership) -> None:
    of = here.id
    ids = {came(of, raw): name for name, raw in DISGUISES.items()}
    other = came(of, text("The hall is free from 9, Zoe Smith of the office says."))
    erase(of, "note", "text", note(of, SENTENCE))
    kept = {one.incoming_id: bytes(one.raw) for one in db.session.query(IncomingMail)}
    assert [name for key, name in ids.items() if kept[key]] == []
    assert kept[other]


@pytest.mark.any_database
@pytest.mark.parametrize(
    "words",
    ["role", "Year", "10:30", "May", "Young", "Redmere Primary School", "a.*", "(?i)r.le", "%", "____"],
)
def test_mails_and_deeds_that_say_a_short_or_a_common_word_stay(here: Partnership, words: str) -> None:
    of = here.id
    with transaction():
        school = make.school(name="Redmere Primary School")
        make.contact(school, address="may@redmere.example", name="May Young", partnership_id=of)
    key = note(of, words)
    said = f"Your role in Year 8: Redmere Primary School, 10:30 in May. Ask May Young for a parole. {words}"
    letters = [sent(of, text(said)), sent(of, text(f"{words}\r\n"))]
    mail = came(of, text(said))
    with transaction():
        about = Subject("school", school.organisation_id, of)
        history.record("changed its role", about, who="Priya", now=LATER, after={"role": said})
        history.record("said more", about, who="Priya", now=LATER, after={words: "8"})
    found = typed_copies.find(typed.get(of, "note", "text", key), of)
    assert found.own == () and "Priya said more" not in {one.about for one in found.alike}
    erase(of, "note", "text", key)
    assert [db.session.get_one(LetterMail, one).raw != b"" for one in letters] == [True, True]
    assert db.session.get_one(IncomingMail, mail).raw
    deeds = {one.what: one.after for one in db.session.query(History).where(History.recorded_at == LATER)}
    assert deeds["changed its role"] == {"role": said} and deeds["said more"] == {words: "8"}
    assert typed.newest(of, find=said) == []


@pytest.mark.any_database
def test_what_is_ticked_of_a_short_word_goes_and_no_more(here: Partnership) -> None:
    of = here.id
    key = note(of, "Ellie")
    hers, parole = sent(of, text("We saw ELLIE cry.")), sent(of, text("Mrs Elliens comes."))
    second = came(of, text("Ellie is better."), subject="Ellie", task="mail", why="Mail to read.")
    answer = came(of, b"", kind="answer")
    with transaction():
        db.session.add(
            CalendarAnswer(
                incoming_id=answer,
                uid="x",
                address="a@b.example",
                sequence=0,
                dtstamp=make.NOW,
                partstat="DECLINED",
                comment="Ellie is ill",
                authenticated=True,
                recorded_at=make.NOW,
            )
        )
        words = typed.get(of, "note", "text", key)
    found = typed_copies.find(words, of)
    assert not found.is_likely and found.own == ()
    assert {one.name for one in found.alike} == {f"letter/{hers}", f"mail/{second}", f"mail/{answer}"}
    assert next(one.said for one in found.alike if one.name == f"mail/{answer}") == "Ellie is ill"
    erase(of, "note", "text", key, also=[f"mail/{second}", f"mail/{answer}", f"letter/{parole}"])
    assert {one.letter_id for one in db.session.query(LetterMail)} == {hers, parole}
    mail = db.session.get_one(Incoming, second)
    assert (bytes(mail.raw), mail.subject, mail.why) == (b"", "", "Its words were erased.")
    assert db.session.query(CalendarAnswer.comment).all() == [("",)]


def booked(of: Partnership, **changes: Any) -> Booking:
    show = make.show(make.programme(of), make.school(), datetime(2027, 1, 26, 10, tzinfo=UTC))
    return make.booking(show, {8: 90}, **changes)


@pytest.mark.any_database
def test_what_came_from_a_short_word_goes_by_where_it_came_from(here: Partnership) -> None:
    of = here.id
    with transaction():
        ours, other = booked(db.session.merge(here), parking="For Ellie"), booked(db.session.merge(here))
        uid, theirs, key = ours.uid, other.uid, ours.id
        for one, said in ((ours, "For Ellie"), (other, "For Ellie"), (ours, "Not for Ellie, for Tom")):
            history.record("changed", one, who="Priya", now=LATER, after={"parking": said})
    told = sent(of, text("Dear Jo,\r\n* Parking: For Ellie\r\nThe time stands."), stream=uid)
    chance = sent(of, text("Have a chair ready for Ellie’s teacher."), stream=uid, sequence=1)
    elsewhere = sent(of, text("* Parking: For Ellie"), stream=theirs)
    gone = erase(of, "booking", "parking", key)
    assert {one.name.split("/")[0] for one in gone.own} == {"deed", "letter"} and gone.alike == ()
    assert {one.letter_id for one in db.session.query(LetterMail)} == {chance, elsewhere}
    assert told not in {chance, elsewhere}
    deeds = db.session.query(History.after).where(History.what == "changed").order_by(History.id).all()
    assert deeds == [(None,), ({"parking": "For Ellie"},), ({"parking": "Not for Ellie, for Tom"},)]


@pytest.mark.any_database
def test_letters_of_before_the_words_were_typed_are_none_of_theirs(here: Partnership) -> None:
    of = here.id
    before = sent(of, text(SENTENCE), at=make.NOW - timedelta(days=30))
    after = sent(of, text(SENTENCE), subject=SENTENCE)
    erase(of, "note", "text", note(of, SENTENCE))
    assert {one.letter_id for one in db.session.query(LetterMail)} == {before}
    assert db.session.get_one(Letter, after).subject == "erased"


@pytest.mark.any_database
def test_a_copy_that_came_since_the_list_was_shown_is_shown_first(here: Partnership) -> None:
    of = here.id
    key, mail = note(of, SENTENCE), came(of, text(SENTENCE))
    with pytest.raises(CopiesCame, match="stand in more places than you were shown"):
        erase(of, "note", "text", key, shown=[])
    assert typed.get(of, "note", "text", key).words == SENTENCE
    assert db.session.get_one(IncomingMail, mail).raw
    erase(of, "note", "text", key)
    assert db.session.get_one(IncomingMail, mail).raw == b""


@pytest.mark.any_database
def test_a_phrase_that_every_letter_says_takes_none_with_it_unless_it_is_ticked(here: Partnership) -> None:
    of = here.id
    key = note(of, "To move, change or cancel it, open your page")
    with transaction():
        for n in range(typed_copies.COMMON + 1):
            raw = text("To move, change or cancel it, open your page: https://outreach.example")
            make.letter(f"{n}@b.example", LATER, partnership_id=of, raw=raw)
    assert erase(of, "note", "text", key).alike == ()
    assert db.session.query(LetterMail).count() == typed_copies.COMMON + 1


@pytest.mark.any_database
def test_nothing_of_another_partnership_is_shown_or_goes(here: Partnership) -> None:
    of = here.id
    with transaction():
        other = make.partnership(("932",), name="Otherwick").id
    theirs = [sent(other, text(SENTENCE)), came(other, text(SENTENCE)), note(other, SENTENCE)]
    gone = erase(of, "note", "text", note(of, SENTENCE), also=[f"letter/{theirs[0]}", f"mail/{theirs[1]}"])
    assert gone.own == gone.alike == ()
    assert db.session.get(LetterMail, theirs[0]) and db.session.get_one(IncomingMail, theirs[1]).raw
    assert typed.get(other, "note", "text", str(theirs[2])).words == SENTENCE


def test_words_are_compared_as_whole_words_and_as_a_reader_would() -> None:
    stands = comparing.stands_in("role")
    assert stands("Your ROLE.") and stands("role") and stands("role-play")
    assert not stands("parole") and not stands("roles")
    value = comparing.is_a_value_in("For Ellie.")
    assert (
        value("* Parking: For Ellie\r\nMore") and value("for ellie.") and not value("Wait for Ellie then go")
    )
    assert comparing.around("Ellie", "x" * 200 + " Ellie " + "y" * 200, signs=5) == "…xxxx Ellie yyyy…"
