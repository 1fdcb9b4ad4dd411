"""A mail from outside, made fit to be read: plain words whatever it holds, and it never raises."""

import unicodedata
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from how_many import so_many
from outreach.post.incoming import showing
from outreach.post.incoming.showing import LONGEST, show


def mail(*lines: str) -> bytes:
    return "\r\n".join(lines).encode()


def test_what_a_person_wrote_stands_apart_from_the_older_mail_below() -> None:
    shown = show(
        mail(
            "From: Sam <sam@x.example>",
            "Subject: Parking",
            "Content-Type: text/plain; charset=utf-8",
            "",
            "Can the van come in at the back?",
            "",
            "Sam",
            "",
            "On Tue, 19 Jan 2027, Marlshire wrote:",
            "> You are booked.",
        )
    )
    assert shown.words == "Can the van come in at the back?\n\nSam"
    assert shown.quoted.startswith("On Tue, 19 Jan 2027") and "> You are booked." in shown.quoted
    assert shown.headers == (("From", "Sam <sam@x.example>"), ("Subject", "Parking"))


@pytest.mark.parametrize(
    "top", ["-----Original Message-----", "________________________________", "From: Marlshire <b@x.example>"]
)
def test_outlooks_ways_of_quoting_are_known(top: str) -> None:
    shown = show(mail("Content-Type: text/plain", "", "Thank you.", "", top, "Sent: Tuesday", "Old words"))
    assert (shown.words, "Old words" in shown.quoted) == ("Thank you.", True)


def test_a_mail_that_begins_with_what_it_answers_is_left_whole() -> None:
    shown = show(mail("Content-Type: text/plain", "", "> Can you come?", "Yes, we can."))
    assert (shown.words, shown.quoted) == ("> Can you come?\nYes, we can.", "")


def test_of_html_alone_the_words_are_read_and_nothing_runs() -> None:
    html = (
        "<html><head><title>No</title><style>p{color:red}</style><body><p>Dear Priya,<br>see you "
        "<b>soon</b> &amp; thanks</p>"
        "<script>alert(1)</script><img src='https://evil.example/x.gif' alt='x'><a "
        "href='javascript:alert(2)'>here</a></body></html>"
    )
    shown = show(mail("Content-Type: text/html; charset=utf-8", "", html))
    assert shown.words == "Dear Priya,\nsee you soon & thanks\nhere"


def test_an_empty_text_beside_the_html_gives_way_to_it() -> None:
    both = EmailMessage()
    both.set_content("  \n")
    both.add_alternative("<p>The words</p>", subtype="html")
    assert show(both.as_bytes()).words == "The words"


def test_attachments_are_named_and_not_opened() -> None:
    it = EmailMessage()
    it.set_content("See the plan.")
    it.add_attachment(
        b"%PDF-" + b"x" * 2000, maintype="application", subtype="pdf", filename="Hall\u202efdp.exe"
    )
    it.add_attachment("hidden", filename="notes.txt")
    shown = show(it.as_bytes())
    assert shown.words == "See the plan."
    assert [(a.name, a.kind) for a in shown.attached] == [
        ("Hallfdp.exe", "application/pdf"),
        ("notes.txt", "text/plain"),
    ]
    assert shown.attached[0].size == 2005


@pytest.mark.parametrize(
    ("head", "body", "words"),
    [
        ("charset=iso-8859-1", b"caf\xe9", "café"),
        ("charset=no-such-thing", "Siân".encode(), "Siân"),
        ("charset=base64", "Siân".encode(), "Siân"),
        ("charset=utf-8", b"half \xff of it", "half \ufffd of it"),
        ("charset=utf-16", b"odd", ""),
    ],
)
def test_any_character_set_or_none_is_read_as_well_as_can_be(head: str, body: bytes, words: str) -> None:
    shown = show(b"Content-Type: text/plain; " + head.encode() + b"\r\n\r\n" + body)
    assert words in shown.words


def test_what_misleads_the_eye_is_taken_out() -> None:
    shown = show(
        mail(
            "Subject: =?utf-8?q?pay=E2=80=AE_now=00?=",
            "Content-Type: text/plain; charset=utf-8",
            "",
            "a\x00b\x1b[31mc\u202ed",
        )
    )
    assert (dict(shown.headers)["Subject"], shown.words) == ("pay now", "ab[31mcd")


def test_a_long_mail_is_cut_and_says_so() -> None:
    shown = show(b"Content-Type: text/plain\r\n\r\n" + b"word " * LONGEST)
    assert (len(shown.words) <= LONGEST, shown.cut) == (True, True)


def test_mails_in_mails_without_end_are_no_trouble() -> None:
    deep = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(3000)
    )
    shown = show(deep + b"Content-Type: text/plain\r\n\r\nhello")
    assert isinstance(shown.words, str)
    wide = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\nx\r\n" * 5000
    assert len(show(wide + b"--b--").attached) <= showing.PARTS_AT_MOST


@settings(deadline=None, max_examples=so_many(300))
@given(
    st.binary(max_size=400),
    st.sampled_from(
        [
            b"",
            b"Content-Type: text/html\r\n\r\n",
            b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n",
            b'Content-Transfer-Encoding: base64\r\nContent-Type: text/plain; charset="',
            b"Subject: =?utf-8?b?",
            b"Content-Disposition: attachment; filename*=utf-8''%",
            b"From: ",
        ]
    ),
)
def test_no_mail_whatever_makes_it_fall(rest: bytes, head: bytes) -> None:
    shown = show(head + rest)
    for words in (shown.words, shown.quoted, *(value for _, value in shown.headers)):
        assert all(c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs") for c in words)


def test_every_mail_of_others_is_shown_with_its_words_or_said_to_have_none(published: Path) -> None:
    files = sorted((published / "mail").glob("*.eml"))
    assert len(files) > 20
    said = {file.name: show(file.read_bytes()) for file in files}
    assert all(shown.headers for shown in said.values())
    assert "You're not invited ;)" in said["mozilla-message-non-invite.eml"].words
    assert said["own-oof-autoreply.eml"].words == "The school office is closed for half term."
    assert "I'm sorry to have to inform you" in said["apple-dsn_failure_no_ics.eml"].words
