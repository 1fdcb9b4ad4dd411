"""Whatever people are called and wherever they are: no letter and no entry breaks, and nothing gets into one.

Hundreds of awkward words through every letter that carries an entry, down to the octets of its headers.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from email.header import decode_header
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.ground.db import db, transaction
from outreach.post import calendars, envelopes, letters, proposing
from outreach.post.calendars import Attendee
from outreach.post.feeds import entries
from outreach.post.feeds.entries import Entry
from outreach.post.outbox import SENT, Letter
from post.facts import EXPIRES, JOANNA, NOW, OFFICE, sender, visit
from post.strict import events_of, feed_problems, plain
from post.strict_mail import invite_of, mail_problems, revision_of

AWKWARD = [
    'O’Brien-Ŵyn, Siân; "Sam" ^n',
    "a\r\nATTACH:http://evil.example/x",
    "x\r\nBcc: all@evil.example\r\n\r\nHello",
    "x\nEND:VEVENT\nBEGIN:VALARM",
    "\\n\\N\\,\\;\\",
    "a\\",
    "\u2028\u2029\x85\x0b\x0c\x1c",
    "\x00\x07\x1b\x7f",
    "👩🏽‍🏫" * 40,
    "é" * 300,
    "e\u0301" * 150,
    "\ud800",
    "\u202egnp.exe",
    "مدرسة الملك",
    "学校" * 150,
    "a" * 74 + "é",
    "\ufeffHall",
    " ",
    "",
    ";",
    ":",
    '"',
    "^^'",
    "\t",
    "BEGIN:VEVENT",
    "a" * 300,
    "x" * 77 + " " + "y" * 77,
    "=?utf-8?q?=41?=",
    "=?utf-8?b?",
    "<b>&amp;",
    "\ufffe\uffff\ufdd0\U0001fffe",
    "\u00ad\u200b\u200d\u200e\u2060",
    "{{ 7 * 7 }}{% x %}",
    "mailto:x@y.example",
    "a@b, c@d",
    "(comment)",
    "ẞß İı ﬁ ǅ",
    "\U000e0001\U000e0041",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
    "Z̸̧̢͍̗͓̙̲̬̱͔͎̞̹̝͙͇͖̫̰̗̪͗̿̆̂͑͋̈́͛̕͠͝",
    ".",
    "..",
    "--=_",
    "%0d%0aX: y",
    "\r",
    "\n\n\n",
]
TYPED = st.one_of(
    st.sampled_from(AWKWARD),
    st.text(max_size=300),
    st.text(st.sampled_from('\r\n\\;,:"^nN=?<>@ é👩\u2028\t'), max_size=80),
    st.lists(st.sampled_from(AWKWARD), max_size=3).map("".join),
)
STORED = TYPED.map(lambda said: said.replace("\0", "").encode("utf-8", "ignore").decode())
"""What a database can hold: pages let no NUL and no half character through."""
BOUNDED = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

WORDS = ("programme_title", "place_name", "place_address", "hall", "school_provides")


@st.composite
def facts(draw: Any) -> tuple[letters.LetterVisit, letters.Sender, letters.Addressee, str]:
    """A visit, who signs, to whom, and a reason: all of it awkward."""
    said = {name: draw(TYPED) for name in WORDS}
    to = replace(JOANNA, name=draw(STORED), role=draw(TYPED), source=draw(TYPED))
    people = (Attendee(name=to.name, address=to.address), Attendee(name=draw(TYPED), address=OFFICE.address))
    signs = sender(partnership_name=draw(TYPED), contact_name=draw(TYPED), contact_role=draw(TYPED))
    return visit(attendees=people, access=(draw(TYPED),), **said), signs, to, draw(TYPED)


Write = Callable[[letters.LetterVisit, letters.Sender, letters.Addressee, str], Letter]
WRITE: dict[str, Write] = {
    "booked": lambda v, s, to, _: letters.booked(v, to, s, now=NOW, expires_at=EXPIRES),
    "moved": lambda v, s, to, _: letters.moved(v, to, s, now=NOW, was_starts_at=NOW, expires_at=EXPIRES),
    "changed": lambda v, s, to, _: letters.changed(v, to, s, now=NOW, expires_at=EXPIRES),
    "colleague added": lambda v, s, to, _: letters.colleague_added(v, to, s, now=NOW, expires_at=EXPIRES),
    "colleague removed": lambda v, s, to, _: letters.colleague_removed(v, to, s, now=NOW),
    "cancelled": lambda v, s, to, why: letters.cancelled(v, to, s, now=NOW, reason=why, by="company"),
    "troupe": lambda v, s, to, _: letters.for_troupe(v, to, s, method="REQUEST", now=NOW),
    "troupe cancelled": lambda v, s, to, _: letters.for_troupe(v, to, s, method="CANCEL", now=NOW),
    "proposed": lambda v, s, to, _: proposing.proposed(
        replace(v, reply_by=date(2027, 2, 5)), to, s, now=NOW, expires_at=EXPIRES
    ),
    "proposal ended": lambda v, s, to, why: proposing.ended(
        replace(v, reply_by=date(2027, 2, 5)), to, s, how="lapsed", reason=why, now=NOW, expires_at=EXPIRES
    ),
}


@BOUNDED
@given(said=facts(), kind=st.sampled_from(sorted(WRITE)))
def test_nothing_that_people_type_breaks_a_letter_or_adds_to_it(app: Flask, said: Any, kind: str) -> None:
    about, signs, to, why = said
    try:
        letters.booked(about, to, signs, now=NOW - timedelta(days=1), expires_at=EXPIRES).status = SENT
        letter = WRITE[kind](about, signs, to, why)
        assert mail_problems(letter.raw) == []
        event = revision_of(letter.raw).event
        named = {p.value: p.params["CN"] for p in event.all("ATTENDEE")}
        assert named["mailto:" + to.address] == (_cn(to.name) or to.address)
        assert _from(letter.raw).strip(' "') == calendars.one_line(signs.partnership_name).strip(' "')
        assert plain(event.one("LOCATION")) == calendars.one_line(
            ", ".join(part for part in (about.place_name, about.hall, about.place_address) if part.strip())
        )
    finally:
        db.session.rollback()


def _cn(name: str) -> str:
    return calendars.one_line(name.replace('"', "").replace("^", ""))


def _from(raw: bytes) -> str:
    """The name in From, decoded as RFC 2047 says (the standard library's own mail parser puts blanks into
    it)."""
    head = re.sub(rb"\r\n(?=[ \t])", b"", raw.partition(b"\r\n\r\n")[0]).decode()
    said = re.findall(r"^From: (.*) <[^<>]+>\r?$", head, re.M)[0]
    return "".join(
        p if isinstance(p, str) else p.decode(charset or "ascii") for p, charset in decode_header(said)
    )


@pytest.mark.any_database
@pytest.mark.parametrize("words", AWKWARD, ids=ascii)
def test_a_feed_holds_awkward_words(words: str, app: Flask) -> None:
    about, signs = (
        visit(place_name=words, programme_title=words, hall=words, school_provides=words),
        sender(),
    )
    shown = [
        Entry(kind="school", subject=1, appointment=letters.appointment(about, signs, now=NOW)),
        Entry(
            kind="school",
            subject=1,
            cancelled_at=NOW,
            appointment=letters.appointment(replace(about, uid="other@outreach.example"), signs, now=NOW),
        ),
    ]
    text = entries.head(f"Visits, {words}") + "".join(map(entries.text_of, shown)) + "END:VCALENDAR\r\n"
    assert feed_problems(text.encode()) == []
    summaries = [plain(event.one("SUMMARY")) for event in events_of(text.encode())]
    assert summaries[0] == calendars.one_line(f"‘{words}’ at {words}")


ADDRESSES = {
    "head@schule-müller.example": "head@xn--schule-mller-klb.example",
    "o'brien+awareness@redmere.example": "o'brien+awareness@redmere.example",
    "J.FELL@Redmere.Example": "J.FELL@Redmere.Example",
    "x_%y@redmere.example": "x_%y@redmere.example",
    "head@学校.example": "head@xn--48s290a.example",
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_invite_names_the_very_address_that_it_goes_to(app: Flask, address: str) -> None:
    to = replace(JOANNA, address=address)
    about = visit(attendees=(Attendee(name="Joanna Fell", address=address),))
    with transaction():
        letter = letters.booked(about, to, sender(), now=NOW, expires_at=EXPIRES)
    assert mail_problems(letter.raw) == []
    method, ics = invite_of(letter.raw)
    (event,) = events_of(ics)
    assert (method, event.one("ATTENDEE")) == ("REQUEST", f"mailto:{ADDRESSES[address]}")
    assert re.search(rb"^To: (.*)\r$", letter.raw, re.M)[1].decode() == ADDRESSES[address]


@pytest.mark.parametrize(
    "address",
    [
        "séan@redmere.example",
        "a@b\r\nBcc: x@evil.example",
        "a b@redmere.example",
        "a@",
        "@b.example",
        "a@b@c.example",
        "",
    ],
)
def test_an_address_that_no_header_can_hold_is_refused(app: Flask, address: str) -> None:
    to = replace(JOANNA, address=address)
    about = visit(attendees=(Attendee(name="Joanna Fell", address=address),))
    with pytest.raises(envelopes.CannotWriteTo):
        letters.booked(about, to, sender(), now=NOW, expires_at=EXPIRES)
