"""Kinds of letters whose words a partnership can write: for each what can be put in, what must stand in it, and the
words to begin with. Pure.

Letters of sign-in and of one's account are ours alone; the letter before a visit has a page of its own.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ORIGINALS = Path(__file__).resolve().parents[2] / "templates" / "letters" / "words"
"""One file a kind: the subject, an empty line, the words."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """What stands on a line of its own and is ours: a table, a list, a button. `file` is its template; `lacks` says
    what would be wrong without it, '' where it can be left out."""

    name: str
    file: str
    means: str
    lacks: str = ""


@dataclass(frozen=True, kw_only=True)
class LetterKind:
    """`kind` names it in addresses and among the versions; `sent_as` are the outbox's names of letters in these words.
    `values` can stand in a sentence, and `needed` of them must (with what would be wrong). `heads`: its mail has the
    subject of the entry in the calendar, so the first line of its words is the letter's heading.
    `always`: the template of what is added under the words."""

    kind: str
    group: str
    title: str
    goes: str
    values: tuple[str, ...]
    parts: tuple[Part, ...]
    sent_as: tuple[str, ...]
    needed: tuple[tuple[str, str], ...] = ()
    heads: bool = False
    always: str = ""

    def means(self) -> dict[str, str]:
        """All that can be put in, and what each becomes."""
        return {name: MEANS[name] for name in self.values} | {part.name: part.means for part in self.parts}

    def in_subject(self) -> list[str]:
        """What can stand in the subject: never what may be empty."""
        return [name for name in self.values if name not in MAY_BE_EMPTY]

    def files(self) -> dict[str, str]:
        """The template of each part, by its name."""
        return {part.name: part.file for part in self.parts}


MEANS = {
    "name": "whom it goes to: the name, else the role, else ‘colleague’",
    "school": "the name of the school or organisation it goes to",
    "your school": "‘your school’ or ‘your organisation’",
    "schools": "‘schools’ or ‘organisations’",
    "play": "the play’s title",
    "for whom": "the year groups that are left, or which staff",
    "summary": "what the play is, as the programme says it",
    "length": "how long it lasts, with its discussion",
    "where": "where it is: ‘at …’, ‘online’; when asking, who comes to whom",
    "cost": "what it costs, or that it costs nothing",
    "reply by": "the day to reply by",
    "first asked": "the day on which we first wrote",
    "written to": "to whom we wrote before",
    "written on": "the days on which we wrote",
    "what it is": "what the play is, how long it lasts, what it costs",
    "other address": "the address that the link went to",
    "tell us": "‘tell us’, with whom to ring",
    "year": "the school year",
    "place": "where it is held: the school or the venue",
    "day": "the day of it",
    "time": "when it begins",
    "reference": "the booking’s reference",
    "visit": "‘visit’; ‘session’ where staff are trained",
    "show": "‘show’; ‘session’ where staff are trained",
    "seats": "‘seats’; ‘places’ where staff are trained",
    "see": "‘see’; ‘join’ where staff are trained",
    "they see": "‘pupils see’; ‘staff come to’",
    "they saw": "‘pupils saw’; ‘staff came to’",
    "hall": "‘hall’; ‘room’ where staff are trained",
    "company": "‘company’; ‘trainer’ where staff are trained",
    "how many": "‘how many pupils saw it’; ‘how many staff came’",
    "had before": "that a calendar may ask again, for who had the entry before",
    "note": "what a coordinator adds to this one letter, if anything",
    "host": "the school that is the host",
    "places": "how many places: ‘12 places’",
    "places kept": "that places are kept and one may leave, where somebody else is the host",
    "old day": "the day of it before",
    "old time": "when it began before",
    "old place": "when and where it was before",
    "old name": "the name that it stood under",
    "new name": "the name that it stands under now",
    "goes ahead": "‘it goes ahead with’, and who is on it now",
    "who": "who cancelled it",
    "given up": "‘are given up, by you’, or by whom they were cancelled",
    "reason": "the reason, where one was given",
    "company cannot": "‘: the company cannot play’, where it is the company that cannot",
    "wished day": "the day that was asked for in the calendar",
    "wished time": "the time that was asked for in the calendar",
    "other times": "that other times are free, while it can be moved",
    "comment": "‘and wrote …’, where something came with the answer",
    "having": "‘having’; ‘coming to’ where staff are trained",
    "what we ask": "what we ask for",
    "numbers only": "that we want numbers and no name, and what to do if somebody has spoken up",
    "numbers please": "that we want numbers and no name, and what to do if somebody has spoken up",
    "take place": "‘be shown at your school’; ‘take place’",
    "how many came": "the question how many came, with what was booked",
    "lead there": "the question for the safeguarding lead, where pupils see it",
    "when we ask again": "whether we ask once more",
    "name nobody": "to name nobody, nor what somebody said",
    "until": "the last day to answer",
    "number": "how many",
    "nobody has to": "that nobody has to answer, nor whose family said no",
    "on the list": "that the place on the waiting list stays, where it does",
    "other school": "the other school",
    "who comes": "how many come, and of which years",
    "number of seats": "how many seats: ‘9 seats’",
    "they say": "what the other school says, if anything",
    "what it is about": "what has become of the wait, in a few words",
    "news": "what has become of the wait",
    "in your tour": "‘this visit is in your tour’; ‘this session is yours’",
    "arrive": "when the company arrives",
    "leave": "when the company leaves",
    "ring": "the school’s number on the day, where there is one",
}
"""All values, and what each becomes."""

MAY_BE_EMPTY = {
    "summary", "had before", "note", "places kept", "reason", "company cannot", "other times", "comment", "lead there",
    "on the list", "they say", "ring",
}  # fmt: skip

_NO_WAY = "Nobody could answer"
_FACTS = Part(
    name="facts",
    file="facts",
    means="when and where it is, who comes, what to have ready, the reference",
    lacks="Nobody could see when and where it is",
)
_CHANGE = Part(
    name="change",
    file="change",
    means="the button to the booking, and until when it can be moved or cancelled",
    lacks="Nobody could move or cancel it",
)
_PROMISED = Part(name="promised", file="promised", means="the link that asks what the school will do besides")
_CHANGES = Part(
    name="changes",
    file="changes",
    means="what has changed, line by line",
    lacks="Nobody would see what changed",
)
_OFFER = Part(
    name="offer", file="offer", means="what it is, for whom, what it costs, and the times that fit best"
)
_SHEET = Part(
    name="day sheet",
    file="day_sheet",
    means="the button to the day sheet",
    lacks="Nobody could open the day sheet",
)
_INSTEAD = Part(
    name="instead",
    file="instead",
    means="what is kept or left instead, and the way to choose",
    lacks="Nobody could choose another time",
)
_NOTE = (("note", "What a coordinator adds would be lost"),)
_REASON = (("reason", "Nobody would read the reason"),)


def _answer(file: str, means: str, name: str = "answer") -> Part:
    return Part(name=name, file=file, means=means, lacks=_NO_WAY)


ASKING, BOOKING, KEPT, GUESTS, AFTER, COMPANY = (
    "Asking", "Bookings", "Times kept for a school", "Guests and hosts", "After the show", "The company",
)  # fmt: skip
_ASKED = ("name", "school", "play", "for whom", "summary", "length", "where", "cost", "reply by")
_TIMES = Part(
    name="three times",
    file="three_times",
    means="the times that fit best, the button, and why there are none while there are none",
    lacks="Nobody could book",
)
_OF_VISIT = ("name", "play", "place", "where", "day", "time", "visit", "show", "your school")


def _asking(kind: str, title: str, goes: str, *more: str) -> LetterKind:
    return LetterKind(
        kind=kind,
        group=ASKING,
        title=title,
        goes=goes,
        values=(*_ASKED, *more),
        parts=(_TIMES,),
        sent_as=(kind,),
        always="asking_always",
    )


def _of_visit(
    kind: str,
    title: str,
    goes: str,
    *more: str,
    parts: tuple[Part, ...] = (_FACTS, _CHANGE),
    needed: tuple[tuple[str, str], ...] = (),
    sent_as: str = "",
    group: str = BOOKING,
    heads: bool = True,
) -> LetterKind:
    return LetterKind(
        kind=kind,
        group=group,
        title=title,
        goes=goes,
        values=(*_OF_VISIT, *(("reference",) if group != KEPT else ()), *more),
        parts=parts,
        sent_as=(sent_as or kind,),
        needed=needed,
        heads=heads,
    )


_BOOKED = ("hall", "seats", "they see", "how many", "had before", "note")
_BOOKED_PARTS = (_FACTS, _PROMISED, _CHANGE)
_ENDED = _answer("proposal_page", "the link to the school’s page", "page")
_KEPT_ANSWER = _answer(
    "proposal_answer", "the button to say yes or no, until when, and what the entry in the calendar means"
)
_NOTE_OF_GUEST = (
    "name",
    "play",
    "school",
    "other school",
    "day",
    "time",
    "show",
    "seats",
    "see",
    "who comes",
)


def _kept(
    kind: str,
    title: str,
    goes: str,
    *more: str,
    parts: tuple[Part, ...] = (_FACTS, _KEPT_ANSWER),
    needed: tuple[tuple[str, str], ...] = (),
    sent_as: str = "",
) -> LetterKind:
    sent_as = sent_as or kind
    more = ("reply by", *more)
    return _of_visit(kind, title, goes, *more, parts=parts, needed=needed, sent_as=sent_as, group=KEPT)


def _guest(kind: str, title: str, goes: str, *more: str, to_host: bool, sent_as: str) -> LetterKind:
    says = "why, how they come, what they say"
    of_host = (
        Part(name="what they say", file="guest_says", means=says, lacks="What they say would be lost"),
        _answer("guest_page", "the button to the page of who comes"),
    )
    of_guest = (
        Part(name="nearest", file="nearest", means="what the school could have instead, where it could"),
        _answer("guest_page", "the button to the school’s page"),
    )
    return LetterKind(
        kind=kind,
        group=GUESTS,
        title=title,
        goes=goes,
        values=(*_NOTE_OF_GUEST, *more, *(() if to_host else ("they say",))),
        parts=of_host if to_host else of_guest,
        sent_as=(sent_as,),
        needed=() if to_host else (("they say", "What the other school says would be lost"),),
    )


def _after(
    kind: str,
    title: str,
    goes: str,
    *more: str,
    parts: tuple[Part, ...],
    needed: tuple[tuple[str, str], ...] = (),
    sent_as: str = "",
) -> LetterKind:
    return _of_visit(
        kind, title, goes, *more, parts=parts, needed=needed, sent_as=sent_as, group=AFTER, heads=False
    )


_NAME_NOBODY = (("name nobody", "Nobody would be told to name nobody"),)
_NUMBERS_ONLY = (("numbers only", "Nobody would be told to name nobody"),)

ALL = (
    _asking("invitation", "Invitation", "asks to book"),
    _asking("reminder", "First reminder", "asks again", "first asked"),
    _asking("second reminder", "Last reminder", "asks for the last time", "first asked"),
    LetterKind(
        kind="raised to head",
        group=ASKING,
        title="To the head",
        goes="to who leads the school, when nobody answers",
        values=(*_ASKED, "your school", "written to", "written on"),
        parts=(
            _OFFER,
            _answer("raised_answer", "the button to answer, and until when"),
            _answer("raised_else", "the way to say who else should have it, or no", "somebody else"),
        ),
        sent_as=("raised to head",),
    ),
    LetterKind(
        kind="raised to trust",
        group=ASKING,
        title="To the trust",
        goes="to the school’s trust, when nobody answers",
        values=("name", "school", "play", "for whom", "reply by", "what it is", "written to", "written on"),
        parts=(_answer("way_to_answer", "how the school answers", "way to answer"),),
        sent_as=("raised to trust",),
    ),
    LetterKind(
        kind="link",
        group=ASKING,
        title="Link that was asked for",
        goes="to who asked for the school’s link",
        values=(*_ASKED, "your school"),
        parts=(
            _OFFER,
            _answer("link_answer", "the button to the page, and until when to reply"),
            _answer("say_no", "the way to say no", "no"),
        ),
        sent_as=("link",),
    ),
    LetterKind(
        kind="link notice",
        group=ASKING,
        title="Link sent to somebody else",
        goes="to an address on file, when a link went to another",
        values=("name", "school", "play", "your school", "other address", "tell us"),
        parts=(),
        needed=(
            ("other address", "Nobody would know to whom the link went"),
            ("tell us", "Nobody would know whom to tell"),
        ),
        sent_as=("link notice",),
    ),
    LetterKind(
        kind="still right",
        group=ASKING,
        title="Are these the right people?",
        goes="once a year, before we ask",
        values=("name", "school", "your school", "schools", "play", "year", "reply by"),
        parts=(
            Part(name="people", file="people", means="the people on file", lacks="Nobody could see who is on file"),
            _answer("still_right_answer", "the button to say who is right, and until when"),
        ),
        sent_as=("question about contacts",),
    ),
    _of_visit(
        "booked", "Booked", "when a school has booked", *_BOOKED, parts=_BOOKED_PARTS, needed=_NOTE
    ),
    _of_visit(
        "booked as a guest", "Booked as a guest", "when it comes to another school’s show", *_BOOKED, "host",
        parts=_BOOKED_PARTS, needed=_NOTE, sent_as="booked",
    ),
    _of_visit(
        "booked at a session", "Booked at a session", "when it has places at a venue or online", *_BOOKED,
        parts=_BOOKED_PARTS, needed=_NOTE, sent_as="booked",
    ),
    _of_visit("moved", "Moved", "when the time is another", "old day", "old time", "note", needed=_NOTE),
    _of_visit(
        "moved as a guest", "Moved, to a guest", "when the host’s show moves", "old day", "old time", "note", "host",
        "seats", needed=_NOTE, sent_as="moved",
    ),
    _of_visit(
        "moved at a session", "Moved session", "when a session moves", "old day", "old time", "note", "places kept",
        needed=_NOTE, sent_as="moved",
    ),
    _of_visit(
        "same time", "Comes another way", "when the company changes and the time stays", "company", "note",
        needed=_NOTE, sent_as="moved",
    ),
    _of_visit(
        "same time as a guest", "Comes another way, to a guest", "the same, to a guest", "company", "note", "host",
        needed=_NOTE, sent_as="moved",
    ),
    _of_visit(
        "moved places", "Places moved", "when places are at another session", "places", "old place",
        needed=(("old place", "Nobody would know which places moved"),),
    ),
    _of_visit(
        "moved in short", "Time in the calendar", "beside words of a coordinator’s own",
        parts=(_answer("booking_link", "the link to the booking", "booking"),),
    ),
    _of_visit("as it stands", "As it stands", "when somebody asks, or a letter was lost"),
    _of_visit("handed on", "Handed on", "when it stands under another school", "old name", "new name"),
    _of_visit(
        "handed on elsewhere", "Handed on, another place", "the same, at another place", "old name", "new name",
        sent_as="handed on",
    ),
    _of_visit("changed", "Changed", "when details change", parts=(_CHANGES, _FACTS, _CHANGE)),
    _of_visit("colleague added", "Colleague added", "to a colleague who is named", "had before"),
    _of_visit("colleague removed", "Colleague taken off", "to who is named no more", "goes ahead", parts=(_FACTS,)),
    _of_visit(
        "cancelled", "Cancelled", "when it is called off", "who", "reason", parts=(_FACTS, _INSTEAD), needed=_REASON
    ),
    _of_visit(
        "cancelled at a session", "Session cancelled", "when places or a session are given up", "given up", "reason",
        parts=(_FACTS, _INSTEAD), needed=_REASON, sent_as="cancelled",
    ),
    _of_visit(
        "time stays", "The time stays", "when a time asked for by calendar cannot be", "wished day", "wished time",
        "note", "other times", needed=_NOTE, heads=False,
    ),
    _of_visit("move or cancel", "Move or cancel?", "to who declined in the calendar", "comment", heads=False),
    _kept("proposed", "A time kept", "when we keep a time"),
    _kept("proposed from the list", "Kept, from the waiting list", "when one comes free", sent_as="proposed"),
    _kept(
        "proposed instead", "Kept, for one called off", "in place of another", "old day", "old time", "reason",
        "company cannot", needed=_REASON, sent_as="proposed",
    ),
    _kept(
        "proposal moved", "Another time kept", "when the kept time is another", "old day", "old time", "note",
        needed=_NOTE,
    ),
    _kept(
        "proposal moved in short", "Kept time in the calendar", "beside words of a coordinator’s own",
        parts=(_answer("proposal_link", "the link to say yes or no"),),
    ),
    *(
        _kept(
            f"proposal {how}", title, goes, *(("reason",) if needed else ()), "on the list", parts=(_ENDED,),
            needed=needed, sent_as="proposal ended",
        )
        for how, title, goes, needed in (
            ("refused", "Kept time refused", "after a no", _REASON),
            ("withdrawn", "Kept time withdrawn", "when we keep it no more", _REASON),
            ("lapsed", "Kept time lapsed", "when nobody answered", ()),
            ("overtaken", "Kept time overtaken", "when another was booked", ()),
            ("called off", "Kept time called off", "when the company cannot", _REASON),
        )
    ),
    _guest("guest asks", "A guest asks", "to the host", to_host=True, sent_as="guest asks"),
    _guest("guest joined", "A guest joins", "to the host", to_host=True, sent_as="guest joined"),
    _guest("guest changed", "A guest changes", "to the host", to_host=True, sent_as="guest changed"),
    _guest("guest left", "A guest leaves", "to the host", "number", to_host=True, sent_as="guest left"),
    _guest("guest withdrawn", "A guest asks no more", "to the host", to_host=True, sent_as="guest withdrawn"),
    _guest(
        "fewer seats", "Fewer seats", "to who asked", "number", "number of seats", to_host=False,
        sent_as="seats: fewer",
    ),
    _guest("seats refused", "Seats refused", "to who asked", to_host=False, sent_as="seats: refused"),
    _guest("host left", "No show to join", "to who asked", to_host=False, sent_as="seats: host left"),
    _guest("host moved", "The host moved", "to who asked", to_host=False, sent_as="seats: host moved"),
    LetterKind(
        kind="waiting for places",
        group=GUESTS,
        title="Waiting for places",
        goes="to who waits for a session",
        values=("name", "play", "school", "day", "what it is about", "news", "they say"),
        parts=(
            Part(name="nearest", file="nearest", means="what there is instead, where there is something"),
            _answer("guest_page", "the button to its page"),
        ),
        needed=(("news", "Nobody would know what became of it"), ("they say", "What the other says would be lost")),
        sent_as=("seats: handed on", "seats: wait ended"),
    ),
    _after(
        "how did it go", "How did it go?", "on the evening, to who was there", "having", "what we ask",
        "numbers only", parts=(_answer("report_button", "the button to the report", "report"),), needed=_NUMBERS_ONLY,
    ),
    _after(
        "report missing", "Did it take place?", "while nobody has told us", "take place", "how many came",
        "lead there", "numbers please", parts=(_answer("report_link", "the link to the report", "report"),),
        needed=(("numbers please", "Nobody would be told to name nobody"),),
    ),
    LetterKind(
        kind="since the show",
        group=AFTER,
        title="What was done besides?",
        goes="two weeks and six weeks after",
        values=(*_OF_VISIT, "reference", "when we ask again"),
        parts=(
            Part(name="what we ask", file="asks", means="what is still open", lacks="Nobody could see what we ask"),
            _answer("promised_button", "the button to the page"),
        ),
        sent_as=("since the show, first", "since the show, last"),
    ),
    *(
        _after(
            kind, title, goes, "they saw", "name nobody",
            parts=(_answer("staff_say", "the button to the four questions"),), needed=_NAME_NOBODY, sent_as=sent_as,
        )
        for kind, title, goes, sent_as in (
            ("staff questions", "Questions for staff", "soon after", "staff asked, soon"),
            ("staff questions later", "Questions for staff, later", "three months after", "staff asked, later"),
        )
    ),
    *(
        _after(
            kind, title, goes, "number", "until", "nobody has to",
            parts=(
                _answer("poster", "the poster with the code", "poster"),
                _answer("slide", "the slide, the form on paper, and the way to say ‘not our pupils’", "slide"),
            ),
            needed=(("nobody has to", "Nobody would know that no pupil has to answer"),),
            sent_as="questions for pupils",
        )
        for kind, title, goes in (
            ("questions open", "Questions for pupils", "when they can be answered"),
            ("questions open later", "Questions for pupils, later", "three months after"),
        )
    ),
    *(
        _of_visit(
            kind, title, goes, "in your tour", "arrive", "leave", "ring", parts=(*changes, _FACTS, _SHEET),
            sent_as="troupe", group=COMPANY,
        )
        for kind, title, goes, changes in (
            ("troupe", "In the tour", "when a visit is in the tour", ()),
            ("troupe changed", "Changed in the tour", "when it changes", (_CHANGES,)),
        )
    ),
    _of_visit(
        "troupe cancelled", "Cancelled in the tour", "when it is off", parts=(_FACTS,), sent_as="troupe",
        group=COMPANY,
    ),
    _of_visit(
        "troupe left", "With another troupe", "when another troupe takes it over", "goes ahead", parts=(_FACTS,),
        sent_as="troupe", group=COMPANY,
    ),
    _of_visit(
        "how the day went", "How did the day go?", "on the evening of a day", "what we ask",
        parts=(Part(name="shows", file="shows", means="the shows of the day", lacks="Nobody could see which"), _SHEET),
        group=COMPANY,
    ),
)  # fmt: skip

KINDS = {one.kind: one for one in ALL}


@cache
def original(kind: str) -> tuple[str, str]:
    """Subject and words to begin with, which say what ours say. In its file a paragraph is broken to be read."""
    subject, _, words = (ORIGINALS / f"{kind.replace(' ', '-')}.txt").read_text().strip().partition("\n\n")
    return subject, "\n\n".join(_joined(words))


def _joined(words: str) -> Iterable[str]:
    return (" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", words))
