"""Placeholders of letters whose words people write: found, checked, filled. A fixed set of names in braces, and
no language: what stands in a value is never read again. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from outreach.ground.errors import Refusal
from outreach.ground.wording import and_list

SCHOOL, NAME, FIRST_NAME, PROGRAMME = "school", "name", "first name", "programme"
REPLY_BY, SHOW_DATE, BOOKING_LINK = "reply by", "show date", "booking link"
ORGANISATION = "organisation"
"""The same as SCHOOL, where bodies are written to."""

PLACEHOLDERS = {
    SCHOOL: "the school’s name",
    NAME: "whom it goes to",
    FIRST_NAME: "their first name",
    PROGRAMME: "the play’s title",
    REPLY_BY: "the day to reply by",
    SHOW_DATE: "day and time of the school’s next show",
    BOOKING_LINK: "the school’s own link, where its invitation is open",
}
"""All that there are, and what each becomes."""

NO_VALUE = {
    NAME: "no name on file",
    FIRST_NAME: "no first name on file",
    SHOW_DATE: "no show to come",
    BOOKING_LINK: "no open invitation",
}
"""What is said of a school that has nothing to stand for one."""

_BRACED = re.compile(r"\{([^{}]*)\}")
_ADDRESS = re.compile(r"https?://[^\s<>\"“”]+[^\s<>\"“”.,;:!?)\]’']")
_TITLES = {
    "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "rev", "revd", "reverend", "sir", "dame", "fr",
    "father", "sister", "canon",
}  # fmt: skip
_GREETINGS = ("dear", "hello", "hi", "good morning", "good afternoon")


@dataclass(frozen=True, kw_only=True)
class Run:
    """Some words of a line; `leads_to` is an address, '' of plain words."""

    text: str
    leads_to: str = ""


Line = tuple[Run, ...]
Paragraph = tuple[Line, ...]


class PlaceholderUnfit(Refusal):
    """Unknown, unfinished, or in a place where it cannot stand; `field` is where."""

    of_asked = True

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


def check(text: str, field: str, known: Collection[str] = PLACEHOLDERS.keys()) -> None:
    """Raises PlaceholderUnfit for the first placeholder that is none of `known`, or that was left unfinished."""
    for typed in _BRACED.findall(text):
        if _plain(typed) not in known:
            raise PlaceholderUnfit(_unknown(typed, known), field)
    # Blanked and not left out, so that what is shown is what was typed.
    if (lone := re.search(r"[{}]", _BRACED.sub(lambda found: " " * len(found[0]), text))) is not None:
        rest = text[lone.start() : lone.start() + 21].partition("\n")[0].strip()
        raise PlaceholderUnfit(
            f"A brace stands alone at ‘{rest}’. Write a placeholder with one on each side: {{school}}.", field
        )
    if field == "subject" and BOOKING_LINK in used(text):
        raise PlaceholderUnfit(
            "A link cannot stand in the subject. Put {booking link} into the words.", field
        )


def used(*texts: str) -> set[str]:
    """The placeholders that stand in some texts, by their plain names."""
    return {_plain(typed) for text in texts for typed in _BRACED.findall(text)} & PLACEHOLDERS.keys()


def plainly(text: str) -> str:
    """The text with each placeholder by its plain name: '{Three_times}' is '{three times}'."""
    return _BRACED.sub(lambda found: f"{{{_plain(found[1])}}}", text)


def missing(wanted: Iterable[str], values: Mapping[str, str]) -> str:
    """Why a school cannot get the letter: what it has no value for; '' where it has all."""
    return "; ".join(
        f"{NO_VALUE[name]} for {{{name}}}" for name in PLACEHOLDERS if name in wanted and not values.get(name)
    )


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with each placeholder's value in its place; check() has passed it, and missing() found nothing."""
    return _BRACED.sub(lambda found: values[_plain(found[1])], text)


def paragraphs(text: str, values: Mapping[str, str]) -> tuple[Paragraph, ...]:
    """The words as a letter has them: paragraphs of lines, each of runs; addresses and the link lead somewhere."""
    blocks = re.split(r"\n\s*\n", text.strip("\n"))
    return tuple(tuple(tuple(_runs(line, values)) for line in block.split("\n")) for block in blocks)


def greets(text: str) -> bool:
    """Whether the words begin with a greeting of their own."""
    first = text.strip().casefold()
    return any(re.match(rf"{greeting}\b", first) for greeting in _GREETINGS)


def first_name(name: str) -> str:
    """'Joanna' of 'Mrs Joanna Fell'; '' of 'Mrs Fell', 'J. Fell' and nobody."""
    words = name.split()
    titled = bool(words) and _is_title(words[0])
    while words and _is_title(words[0]):
        words = words[1:]
    if not words or (titled and len(words) == 1) or len(words[0].strip(".")) < 2:
        return ""
    return words[0]


def listed(known: Iterable[str] = PLACEHOLDERS.keys()) -> str:
    """All of them in a sentence's row."""
    return and_list(f"{{{name}}}" for name in known)


@dataclass(frozen=True, kw_only=True)
class Typed:
    """Some words of a line as they were typed; of a placeholder, what stood in its braces, and its plain `name`."""

    text: str
    name: str | None = None


def pieces(line: str) -> Iterable[Typed]:
    """A line, cut at its placeholders."""
    at = 0
    for found in _BRACED.finditer(line):
        yield Typed(text=line[at : found.start()])
        yield Typed(text=found[1].strip(), name=_plain(found[1]))
        at = found.end()
    yield Typed(text=line[at:])


def with_addresses(text: str) -> Iterable[Run]:
    """Words without placeholders; an address among them leads where it says."""
    at = 0
    for found in _ADDRESS.finditer(text):
        if found.start() > at:
            yield Run(text=text[at : found.start()])
        yield Run(text=found[0], leads_to=found[0])
        at = found.end()
    if text[at:]:
        yield Run(text=text[at:])


def _runs(line: str, values: Mapping[str, str]) -> Iterable[Run]:
    for piece in pieces(line):
        if piece.name is None:
            yield from with_addresses(piece.text)
        else:
            value = values[piece.name]
            yield Run(text=value, leads_to=value if piece.name == BOOKING_LINK else "")


def _unknown(typed: str, known: Collection[str]) -> str:
    near = get_close_matches(_plain(typed), [*known, ORGANISATION], n=1)
    shown = typed.strip()[:40]
    if near:
        return f"There is no {{{shown}}}. Did you mean {{{near[0]}}}?"
    return f"There is no {{{shown}}}. There are {listed(known)}."


def _plain(typed: str) -> str:
    name = " ".join(typed.replace("_", " ").casefold().split())
    return SCHOOL if name == ORGANISATION else name


def _is_title(word: str) -> bool:
    return word.strip(".").casefold() in _TITLES
