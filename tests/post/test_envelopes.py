"""Mail around typed words: nothing typed becomes a header, and every word comes back as it was."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.parser import BytesParser

import pytest
from hypothesis import given, settings

from how_many import so_many
from outreach.post import calendars, copies, envelopes
from outreach.post.envelopes import CannotWriteTo, Envelope, Invite
from post.test_calendars import AWKWARD, TYPED

HEADERS = [
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
]


def envelope(sender_name: str = "Marlshire", **changes: str) -> Envelope:
    facts = {
        "sender_name": sender_name,
        "sender_address": "bookings+a1b2@outreach.example",
        "recipient": "j.fell@stbrannocs.example",
        "message_id": "<abc@outreach.example>",
    }
    return Envelope(**(facts | changes), written_at=datetime(2027, 1, 19, 14, 6, tzinfo=UTC))  # type: ignore[arg-type]


@settings(max_examples=so_many(200), deadline=None, derandomize=True)
@given(name=TYPED, subject=TYPED, text=TYPED)
def test_nothing_that_people_type_adds_or_breaks_a_header(name: str, subject: str, text: str) -> None:
    name, subject = calendars.one_line(name), calendars.one_line("Book " + subject)
    raw = envelopes.seal(envelope(name), subject=subject, text=text, html=f"<p>{text}</p>")
    assert raw.isascii()
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", raw) is None
    mail = BytesParser(policy=policy.SMTP).parsebytes(raw)
    assert mail.keys() == HEADERS
    assert mail.defects == []
    assert mail["Subject"] == subject
    (sender,) = mail["From"].addresses
    assert sender.addr_spec == "bookings+a1b2@outreach.example"
    # The newer parser puts a space between two encoded words; the older reads RFC 2047.
    said = str(message_from_bytes(raw)["From"]).rpartition(" <")[0]
    assert str(make_header(decode_header(said.replace("\r\n", "").replace("\n", "")))) == name
    (to,) = mail["To"].addresses
    assert to.addr_spec == "j.fell@stbrannocs.example"
    plain, html = mail.iter_parts()
    whole = text.encode("utf-8", "replace").decode()
    assert plain.get_content().split() == whole.split()
    assert copies.read(raw).text == plain.get_content()


def test_the_calendar_part_comes_last_and_byte_for_byte() -> None:
    ics = b"BEGIN:VCALENDAR\r\nX:\xe2\x80\x99\r\nEND:VCALENDAR\r\n"
    raw = envelopes.seal(
        envelope(), subject="Show", text="a", html="b", invite=Invite(method="CANCEL", ics=ics)
    )
    copy = copies.read(raw)
    assert (copy.calendar, copy.method) == (ics, "CANCEL")
    assert (
        b"Content-Type: text/calendar; charset=UTF-8; method=CANCEL\r\nContent-Transfer-Encoding: base64\r\n"
        in raw
    )


def test_a_masked_copy_differs_in_its_link_alone() -> None:
    token = "Yu4APInXLyiS6La-laKbspo6JNqZaZFl"
    words = f"Siân, open http://outreach.example/i/{token}#somebody-else, not /i/short or {token}"
    raw = envelopes.seal(
        envelope(),
        subject="Shöw",
        text=words,
        html=f'<a href="/i/{token}">é</a>',
        invite=Invite(method="REQUEST", ics=b"BEGIN:VCALENDAR\r\n"),
    )
    before, after = copies.read(raw), copies.read(copies.masked(raw))
    assert after.text == before.text.replace(f"/i/{token}", "/i/hidden-once-sent")
    assert after.html == '<a href="/i/hidden-once-sent">é</a>\r\n'
    assert (after.headers, after.calendar, after.method) == (before.headers, before.calendar, before.method)
    assert copies.masked(copies.masked(raw)) == copies.masked(raw)


def test_a_domain_in_other_letters_is_written_in_ascii() -> None:
    assert envelopes.plain_address(" head@ysgol-glantâf.example ") == "head@xn--ysgol-glantf-zbb.example"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "x",
        "@x.example",
        "x@",
        "é@x.example",
        "a b@x.example",
        "a@x.example\r\nBcc: c@x",
        "a@b@c.example",
        "a@" + "x" * 70 + ".example",
        "a,b@x.example",
        *AWKWARD,
    ],
)
def test_an_address_that_no_server_takes_is_refused_in_words(address: str) -> None:
    with pytest.raises(CannotWriteTo, match="No letter can be sent to"):
        envelopes.seal(envelope(recipient=address), subject="s", text="t", html="h")


def test_the_same_revision_has_the_same_message_id_and_any_other_has_another() -> None:
    facts = {
        "stream": "u",
        "recipient": "a@x",
        "kind": "booked",
        "method": "REQUEST",
        "sequence": 0,
        "dtstamp": datetime(2027, 1, 19, tzinfo=UTC),
    }
    changes = [
        {},
        {"stream": "v"},
        {"recipient": "b@x"},
        {"method": "CANCEL"},
        {"sequence": 1},
        {"kind": "moved"},
        {"dtstamp": datetime(2027, 1, 20, tzinfo=UTC)},
    ]
    ids = [envelopes.message_id("outreach.example", **(facts | change)) for change in changes]  # type: ignore[arg-type]
    assert len(set(ids)) == len(changes)
    assert ids[0] == envelopes.message_id("outreach.example", **facts)  # type: ignore[arg-type]


def test_where_it_is_wanted_the_invite_comes_a_second_time_as_a_file() -> None:
    ics = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"
    token = "t" * 43
    raw = envelopes.seal(
        replace(envelope(), attach_invite=True),
        subject="Show",
        text=f"/i/{token}",
        html=f"<p>/i/{token}</p>",
        invite=envelopes.Invite(method="REQUEST", ics=ics),
    )
    mail = message_from_bytes(raw, policy=policy.default)
    assert mail.get_content_type() == "multipart/mixed" and not mail.defects
    both, file = mail.iter_parts()
    assert [part.get_content_type() for part in both.iter_parts()] == [
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    assert (file.get_content_type(), file.get_filename()) == ("application/ics", "invite.ics")
    assert file.get_content_disposition() == "attachment" and file.get_content() == ics
    assert copies.read(raw).calendar == ics and copies.read(raw).method == "REQUEST"
    hidden = copies.masked(raw)
    assert token.encode() not in hidden.replace(b"=\r\n", b"") and hidden.endswith(raw[-400:])
    plain = envelopes.seal(replace(envelope(), attach_invite=True), subject="Show", text="t", html="h")
    assert message_from_bytes(plain, policy=policy.default).get_content_type() == "multipart/alternative"
