"""Line of all that was said and done about a school, newest first: calls, letters, bookings, mail and deeds. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask import url_for

from outreach.asking.invitations import Answer
from outreach.asking.notes import PHONE, NoteOnOrganisation
from outreach.ground.history import History
from outreach.ground.school_year import year_of
from outreach.ground.timespans import day_of, local
from outreach.ground.wording import capfirst, clock
from outreach.post.incoming.inbox import Incoming
from outreach.post.outbox import FAILED, SENT, Letter
from outreach.web.coordinator import school_words
from outreach.web.coordinator.school_told import Deed

CALLS, LETTERS, BOOKINGS = "calls", "letters", "bookings"
PARTS = {"": "All", CALLS: "Calls and notes", LETTERS: "Letters", BOOKINGS: "Bookings"}
"""What the line can be narrowed to, by its word in the address."""
SHOWN = 12
"""How many stand open; what is older is folded."""

TOLD_OTHERWISE = ("invited", "reminded", "reminded again", "noted", "spoke on the phone")
"""Deeds whose letter or note stands in the line itself; with them every answer, and what was raised."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line. `part` is one of PARTS; `address`, `link`: what can be read; `note_id`: whose words can be taken
    back; `typed`, `typed_id`: where the words stand that somebody typed, `said`, which can be erased."""

    at: datetime
    when: str
    part: str
    glyph: str
    kind: str
    words: str
    beneath: str
    address: str = ""
    link: str = ""
    note_id: int | None = None
    typed: str = ""
    typed_id: int | None = None
    said: str = ""
    lost: bool = False
    waits: bool = False


def line(
    *,
    notes: Iterable[NoteOnOrganisation],
    letters: Iterable[Letter],
    answers: Iterable[Answer],
    deeds: Iterable[Deed],
    mails: Iterable[Incoming],
    organisation_id: int,
    names: Mapping[int, str],
    today: date,
) -> list[Entry]:
    """All of it, the newest first; of the same moment, what was done before what was written of it."""
    entries = [
        *(_deed(d, today) for d in deeds if not _told_otherwise(d.row)),
        *(_answer(a, today) for a in answers),
        *(_mail(m, today) for m in mails),
        *(_letter(one, today) for one in letters),
        *(_note(n, organisation_id, names, today) for n in notes),
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def narrowed(entries: Sequence[Entry], part: str) -> list[Entry]:
    return [entry for entry in entries if not part or entry.part == part]


def day_of_line(at: datetime, today: date) -> str:
    """'Mon 18 Jan'; with its year where that is another school year."""
    day = local(at)
    if year_of(day_of(at)) == year_of(today):
        return f"{day:%a} {day.day} {day:%b}"
    return f"{day.day} {day:%b} {day.year}"


def _told_otherwise(row: History) -> bool:
    return row.what in TOLD_OTHERWISE or row.what.startswith(("answered: ", "raised to the "))


def _note(note: NoteOnOrganisation, organisation_id: int, names: Mapping[int, str], today: date) -> Entry:
    phone = note.kind == PHONE
    other = "" if note.organisation_id == organisation_id else f", at {names[note.organisation_id]}"
    return Entry(
        at=note.recorded_at,
        when=day_of_line(note.recorded_at, today),
        part=CALLS,
        glyph="call" if phone else "note",
        kind="Call" if phone else "Note",
        words=note.text,
        beneath=f"{note.who}, {_time(note.recorded_at)}{other}",
        note_id=note.id,
        typed="note.text",
        typed_id=note.id,
        said=note.text,
    )


def _answer(answer: Answer, today: date) -> Entry:
    return Entry(
        at=answer.recorded_at,
        when=day_of_line(answer.recorded_at, today),
        part=CALLS,
        glyph="note",
        kind="Answer",
        words=school_words.answered(answer),
        beneath=f"{answer.who}, {_time(answer.recorded_at)}",
        typed="answer.reason",
        typed_id=answer.id,
        said=answer.reason,
    )


def _letter(letter: Letter, today: date) -> Entry:
    at = letter.handed_at or letter.created_at
    fate = "" if letter.status == SENT else f"; {school_words.LETTERS.get(letter.status, letter.status)}"
    return Entry(
        at=letter.created_at,
        when=day_of_line(at, today),
        part=LETTERS,
        glyph="mail",
        kind="Letter",
        words=f"{capfirst(letter.kind)}, to {letter.recipient}{fate}",
        beneath=letter.subject,
        address=url_for("coordinator.letter", letter_id=letter.id),
        link="Read it",
        lost=letter.status == FAILED or school_words.is_lost(letter),
    )


def _mail(mail: Incoming, today: date) -> Entry:
    return Entry(
        at=mail.received_at,
        when=day_of_line(mail.received_at, today),
        part=LETTERS,
        glyph="mail",
        kind="Came in",
        words=mail.subject or "No subject",
        beneath=f"{mail.sender_name or mail.sender or 'sender unknown'}, {_time(mail.received_at)}",
        address=url_for("coordinator.inbox_mail", mail_id=mail.id),
        link="Read it",
        waits=bool(mail.task and not mail.settled_at),
    )


def _deed(deed: Deed, today: date) -> Entry:
    row = deed.row
    part, glyph, kind, address, link = "", "note", "Done", "", ""
    if row.subject == "booking":
        part, glyph, kind, link = BOOKINGS, "booked", "Booking", str(row.subject_id)
        address = url_for("coordinator.booking", reference=row.subject_id)
    elif "letter on paper" in row.what:
        part, glyph, kind = LETTERS, "mail", "On paper"
    elif row.what.startswith("read out "):
        part, glyph, kind = CALLS, "call", "Call"
    said = f"{capfirst(row.what)}: {deed.words}" if deed.words else capfirst(row.what)
    return Entry(
        at=row.recorded_at,
        when=day_of_line(row.recorded_at, today),
        part=part,
        glyph=glyph,
        kind=kind,
        words=said,
        beneath=f"{row.who}, {_time(row.recorded_at)}" + (f", at {deed.at}" if deed.at else ""),
        address=address,
        link=link,
    )


def _time(at: datetime) -> str:
    return clock(local(at))


__all__ = ["PARTS", "SHOWN", "Entry", "day_of_line", "line", "narrowed"]
