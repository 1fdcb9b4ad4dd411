"""Letters that ask, in a partnership's own words: their placeholders checked, filled, and laid out. Pure.

How to say no, why we write and where the address came from are no part of these words: the template adds them always.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from outreach.ground import wording
from outreach.ground.errors import Refusal
from outreach.post import placeholders
from outreach.post.own_letter import Paragraph
from outreach.post.stationery import Addressee, LetterAsking, Worded

NAME, SCHOOL, PLAY, FOR_WHOM, SUMMARY = "name", "school", "play", "for whom", "summary"
LENGTH, WHERE, COST, REPLY_BY, FIRST_ASKED = "length", "where", "cost", "reply by", "first asked"
TIMES = "three times"

MEANS = {
    NAME: "whom it goes to: the name, else the role, else ‘colleague’",
    SCHOOL: "the school’s name",
    PLAY: "the play’s title",
    FOR_WHOM: "the year groups that are left, or which staff",
    SUMMARY: "what the play is, as the programme says it",
    LENGTH: "how long it lasts, with its discussion",
    WHERE: "who comes to whom",
    COST: "what it costs, or that it costs nothing",
    REPLY_BY: "the day to reply by",
    FIRST_ASKED: "the day on which we first wrote",
    TIMES: "the times that fit best, the button, and why there are none while there are none",
}
"""All that can be put in, and what each becomes."""

ASKED_AGAIN = ("reminder", "second reminder")
KINDS = {"invitation": "Invitation", "reminder": "First reminder", "second reminder": "Last reminder"}
"""The letters whose words can be edited, by the kind that the outbox knows them by."""


class WordsUnfit(Refusal):
    """Something that must stand in the words is missing, or stands where it cannot."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, kw_only=True)
class LaidOut:
    """The words of one letter: the paragraphs before the times and after them. `greets`: a greeting of their own."""

    subject: str
    before: tuple[Paragraph, ...]
    after: tuple[Paragraph, ...]
    greets: bool


def known(kind: str) -> list[str]:
    """The placeholders of a kind of letter."""
    return [name for name in MEANS if name != FIRST_ASKED or kind in ASKED_AGAIN]


def check(kind: str, words: Worded) -> None:
    """Raises PlaceholderUnfit or WordsUnfit, which say what to write instead."""
    if f"{{{TIMES}}}" in placeholders.plainly(words.subject):
        raise WordsUnfit(f"{{{TIMES}}} cannot stand in the subject.", "subject")
    in_subject = [name for name in known(kind) if name not in (TIMES, SUMMARY)]
    placeholders.check(words.subject, "subject", in_subject)
    placeholders.check(words.words, "words", known(kind))
    times = [p for p in _paragraphs(words.words) if f"{{{TIMES}}}" in placeholders.plainly(p)]
    if not times:
        raise WordsUnfit(
            f"Nobody could book: put {{{TIMES}}} on a line of its own, with an empty line before and after it.",
            "words",
        )
    if len(times) > 1 or placeholders.plainly(times[0]).strip() != f"{{{TIMES}}}":
        raise WordsUnfit(
            f"{{{TIMES}}} stands once, on a line of its own, with an empty line before and after it.", "words"
        )


def laid_out(
    words: Worded,
    asking: LetterAsking,
    to: Addressee,
    *,
    audience: str,
    free: bool,
    asked_on: date | None,
    today: date,
) -> LaidOut:
    """The words for one school; check() has passed them."""
    values = _values(asking, to, audience=audience, free=free, asked_on=asked_on, today=today)
    text = _paragraphs(words.words)
    at = next(n for n, p in enumerate(text) if placeholders.plainly(p).strip() == f"{{{TIMES}}}")
    before, after = text[:at], text[at + 1 :]
    return LaidOut(
        subject=placeholders.filled(words.subject, values),
        before=placeholders.paragraphs("\n\n".join(before), values) if before else (),
        after=placeholders.paragraphs("\n\n".join(after), values) if after else (),
        greets=placeholders.greets(words.words),
    )


def original(kind: str) -> Worded:
    """Words to begin with, which say what ours say."""
    again = {
        "invitation": "",
        "reminder": "We wrote to you on {first asked} and have no answer yet.\n\n",
        "second reminder": "We wrote to you on {first asked} and have no answer yet. This is the last reminder.\n\n",
    }[kind]
    subject = {"invitation": "Book", "reminder": "Reminder: book", "second reminder": "Last reminder: book"}[
        kind
    ]
    return Worded(
        subject=f"{subject} {{play}} for your {{for whom}}",
        words=f"Dear {{name}},\n\n{again}{{summary}} It lasts {{length}}. {{where}} {{cost}}\n\n"
        f"We would like all your {{for whom}} to see it.\n\n{{three times}}",
    )


def _paragraphs(text: str) -> list[str]:
    return [p for p in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip("\n")) if p.strip()]


def _values(
    asking: LetterAsking, to: Addressee, *, audience: str, free: bool, asked_on: date | None, today: date
) -> Mapping[str, str]:
    """None of them is ever empty but the summary, which a programme may lack."""
    minutes = wording.count(asking.running_minutes, "minute")
    talk = asking.discussion_minutes
    one = " ".join
    return {
        NAME: one((to.name or to.role or "colleague").split()),
        SCHOOL: one(asking.organisation_name.split()),
        PLAY: f"‘{one(asking.programme_title.split())}’",
        FOR_WHOM: audience,
        SUMMARY: f"{one(asking.summary.split()).rstrip('.')}." if asking.summary.strip() else "",
        LENGTH: minutes + (f", with a {talk}-minute discussion after it" if talk else ""),
        WHERE: asking.where,
        COST: "It costs you nothing." if free else f"Cost: {one(asking.cost.split()).rstrip('.')}.",
        REPLY_BY: wording.day(asking.reply_by, today=today),
        FIRST_ASKED: wording.day(asked_on, today=today) if asked_on else "",
    }
