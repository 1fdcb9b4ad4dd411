"""Letters in a partnership's own words: what is written is checked, filled in, and laid out. Pure.

Why we write and where the address came from are no part of these words: the frame of letters adds them always.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from outreach.ground.errors import Refusal
from outreach.ground.wording import capfirst
from outreach.post import letter_kinds, placeholders
from outreach.post.letter_kinds import KINDS, Part
from outreach.post.placeholders import Line, Paragraph, Run


@dataclass(frozen=True, kw_only=True)
class Worded:
    """A letter in the partnership's own words, with placeholders in braces; `subject` is the heading of a letter whose
    mail bears the subject of the entry in the calendar."""

    subject: str
    words: str


class WordsUnfit(Refusal):
    """Something that must stand in the words is missing, or stands where it cannot."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A paragraph of one's own; or a part of ours, by its template."""

    paragraph: Paragraph = ()
    file: str = ""


@dataclass(frozen=True, kw_only=True)
class LaidOut:
    """The words of one letter. `greets`: a greeting of their own."""

    subject: str
    pieces: tuple[Piece, ...]
    greets: bool


def original(kind: str) -> Worded:
    """Words to begin with, which say what ours say."""
    subject, words = letter_kinds.original(kind)
    return Worded(subject=subject, words=words)


def check(kind: str, words: Worded) -> None:
    """Raises PlaceholderUnfit or WordsUnfit, which say what to write instead."""
    of = KINDS[kind]
    subject, plain = placeholders.plainly(words.subject), placeholders.plainly(words.words)
    for part in of.parts:
        if f"{{{part.name}}}" in subject:
            raise WordsUnfit(f"{{{part.name}}} cannot stand in the subject.", "subject")
    placeholders.check(words.subject, "subject", of.in_subject())
    placeholders.check(words.words, "words", list(of.means()))
    for part in of.parts:
        _check_part(part, _paragraphs(plain))
    for name, lacks in of.needed:
        if f"{{{name}}}" not in plain:
            raise WordsUnfit(f"{lacks}: put {{{name}}} into the words.", "words")


def _check_part(part: Part, paragraphs: list[str]) -> None:
    braced = f"{{{part.name}}}"
    found = [paragraph for paragraph in paragraphs if braced in paragraph]
    if not found and not part.lacks:
        return
    if not found:
        raise WordsUnfit(
            f"{part.lacks}: put {braced} on a line of its own, with an empty line before and after it.",
            "words",
        )
    if len(found) > 1 or found[0].strip() != braced:
        raise WordsUnfit(
            f"{braced} stands once, on a line of its own, with an empty line before and after it.", "words"
        )


def laid_out(kind: str, words: Worded, values: Mapping[str, str]) -> LaidOut:
    """The words for one reader; check() has passed them. A paragraph of which nothing is left is left out."""
    of = KINDS[kind]
    files, pieces = of.files(), []
    for text in _paragraphs(words.words):
        alone = placeholders.plainly(text).strip()
        file = files.get(alone[1:-1], "") if alone.startswith("{") else ""
        if file:
            pieces.append(Piece(file=file))
        elif paragraph := _paragraph(text, values):
            pieces.append(Piece(paragraph=paragraph))
    if of.always:
        pieces.append(Piece(file=of.always))
    return LaidOut(
        subject=" ".join("".join(run.text for run in _line(words.subject, values)).split()),
        pieces=tuple(pieces),
        greets=placeholders.greets(words.words),
    )


def _paragraphs(text: str) -> list[str]:
    return [p for p in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip("\n")) if p.strip()]


def _paragraph(text: str, values: Mapping[str, str]) -> Paragraph:
    lines = (_line(line, values) for line in text.split("\n"))
    return tuple(line for line in lines if "".join(run.text for run in line).strip())


def _line(text: str, values: Mapping[str, str]) -> Line:
    """A value that is empty, or begins with a stop, takes the blank before it along; a placeholder that begins with a
    capital makes its value do so."""
    runs: list[Run] = []
    for piece in placeholders.pieces(text):
        if piece.name is None:
            runs.extend(placeholders.with_addresses(piece.text))
            continue
        value = values[piece.name]
        if runs and not runs[-1].leads_to and (not value or value[0] in ",.:;"):
            runs[-1] = Run(text=runs[-1].text.rstrip(" "))
        runs.append(Run(text=capfirst(value) if piece.text[:1].isupper() else value))
    return tuple(runs)
